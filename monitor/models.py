"""The words of the trade as frozen dataclasses and enums; no behaviour beyond their own fields.

Times are aware datetimes in UTC unless a field says otherwise. Money is in yuan.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Tag(StrEnum):
    """Stage of a notice: OCDS release tags, with one word of our own.

    CANCELLATION stands for tenderCancellation and awardCancellation: 废标 and 终止
    notices do not say which (docs/decisions/0003-cancellation-tag.md).
    """

    PLANNING = "planning"
    TENDER = "tender"
    TENDER_AMENDMENT = "tenderAmendment"
    AWARD = "award"
    CONTRACT = "contract"
    IMPLEMENTATION = "implementation"
    CANCELLATION = "cancellation"


class ZoneKind(StrEnum):
    """Where in a notice a piece of text stands."""

    SUBJECT = "subject"
    FIELD = "field"
    ITEM = "item"
    SPECIFICATION = "specification"
    SUPPLIER = "supplier"
    BOILERPLATE = "boilerplate"
    DOCUMENT = "document"


class Stance(StrEnum):
    """What the text does with a product."""

    SUPPLIED = "supplied"
    SPECIFIED = "specified"
    SERVICED = "serviced"
    VENDOR = "vendor"
    REFERENCE = "reference"
    MINIMUM = "minimum"
    AMBIGUOUS = "ambiguous"
    COMPATIBLE = "compatible"
    EXCLUDED = "excluded"
    REPLACED = "replaced"
    NAME = "name"


class Verdict(StrEnum):
    """What becomes of a notice."""

    ALERT = "alert"
    REVIEW = "review"
    NONE = "none"


class Strength(StrEnum):
    """How much an alias proves alone."""

    STRONG = "strong"
    MEDIUM = "medium"
    WEAK = "weak"


class Severity(StrEnum):
    """What a pattern of an agency entry makes of a buyer; CORE and MEDIUM make an organ."""

    CORE = "core"
    MEDIUM = "medium"
    REFINE = "refine"
    CONTEXT = "context"
    NEVER = "never"


class Reason(StrEnum):
    """Why a notice was told or not; stored with every decision."""

    FIRST_MATCH = "FIRST_MATCH"
    MATCH_CHANGED = "MATCH_CHANGED"
    ALREADY_TOLD = "ALREADY_TOLD"
    SAME_NOTICE = "SAME_NOTICE"
    NO_ORGAN = "NO_ORGAN"
    NO_PRODUCT = "NO_PRODUCT"
    HARMLESS_MENTION = "HARMLESS_MENTION"
    NOT_CHECKABLE = "NOT_CHECKABLE"
    CANCELLED = "CANCELLED"
    UNPROVEN_MENTION = "UNPROVEN_MENTION"
    NO_ROUTE = "NO_ROUTE"
    MUTED = "MUTED"
    JUDGED_NEGATIVE = "JUDGED_NEGATIVE"


class SourceState(StrEnum):
    """What is known of a source; EMPTY to UNREACHABLE are never 'no news'."""

    NEW = "new"
    CURRENT = "current"
    PARTIAL = "partial"
    EMPTY = "empty"
    BLOCKED = "blocked"
    DRIFTED = "drifted"
    UNREACHABLE = "unreachable"
    LATE = "late"


@dataclass(frozen=True)
class Issue:
    """Something that could not be understood, with the raw value kept."""

    kind: str
    field: str
    raw: str
    url: str = ""


@dataclass(frozen=True)
class Listing:
    """One row of a list page or feed.

    `listing_id` is made of raw source values only. `published_raw` is as shown;
    `published_at` is None where it could not be read. `date_only` says that the
    source gave no time of day.
    """

    listing_id: str
    url: str
    title: str
    published_raw: str = ""
    published_at: datetime | None = None
    date_only: bool = False
    region: str = ""
    buyer: str = ""
    notice_type: str = ""
    content: str = ""


@dataclass(frozen=True)
class Span:
    """A stretch of time; both ends are UTC and belong to it."""

    since: datetime
    until: datetime


@dataclass(frozen=True)
class Request:
    """What a site is asked for; `headers` are those that the usual ones lack, never a secret."""

    url: str
    method: str = "GET"
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Capture:
    """The bytes of one response and how they came.

    `body` is after transfer and content decoding; `sha256` is of `body`.
    `tls` is "", "verified" or the name of the opt-out. `record_id` is set once archived.
    `method` and `sent` are what was asked besides `url`. `packed` is the SHA-256 of the archived
    records, set once archived.
    """

    url: str
    final_url: str
    fetched_at: datetime
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    sha256: str
    tls: str = ""
    peer: str = ""
    record_id: str = ""
    method: str = "GET"
    sent: bytes = b""
    packed: str = ""

    def header(self, name: str) -> str:
        """Return the first header of that name, case-insensitive, or ''."""
        return next((v for k, v in self.headers if k.lower() == name.lower()), "")


@dataclass(frozen=True)
class Zone:
    """A piece of a notice's own text; `field` names it for a reader, e.g. items[0].brand.

    `place` is the attachment and page that it stands on, "" for the notice itself.
    """

    kind: ZoneKind
    field: str
    text: str
    place: str = ""


@dataclass(frozen=True)
class Value:
    """An amount of money in yuan, with the string it was read from."""

    amount: float
    raw: str
    currency: str = "CNY"


@dataclass(frozen=True)
class Item:
    """One thing bought; strings as printed, numbers parsed. `unit_price` is in yuan."""

    name: str = ""
    brand: str = ""
    model: str = ""
    quantity: float | None = None
    unit: str = ""
    unit_price: float | None = None


@dataclass(frozen=True)
class Document:
    """An attachment that a notice links to.

    `read` is None as long as nobody tried; `why` says why it was not read, or not whole.
    `record_id` and `sha256` are of its capture, "" without one.
    """

    name: str
    url: str
    read: bool | None = None
    why: str = ""
    record_id: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class Notice:
    """One published announcement, parsed. `published_at` is UTC."""

    url: str
    title: str
    tag: Tag | None = None
    notice_type: str = ""
    published_raw: str = ""
    published_at: datetime | None = None
    date_only: bool = False
    region: str = ""
    buyer: str = ""
    end_user: str = ""
    procuring_entity: str = ""
    suppliers: tuple[str, ...] = ()
    project_number: str = ""
    project_name: str = ""
    value: Value | None = None
    items: tuple[Item, ...] = ()
    zones: tuple[Zone, ...] = ()
    documents: tuple[Document, ...] = ()
    items_elsewhere: bool = False
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True)
class Hit:
    """One alias or product pattern found at one place.

    `start` and `end` are offsets into the original text of the zone.
    """

    entry: str
    alias: str
    strength: Strength
    kind: ZoneKind
    field: str
    start: int
    end: int
    quote: str
    stance: Stance
    why: str
    place: str = ""


@dataclass(frozen=True)
class Feature:
    """One reason of a verdict, in the open."""

    name: str
    weight: float
    why: str


@dataclass(frozen=True)
class Organ:
    """The security organ that buys or uses; `where` is the field that named it."""

    name: str
    name_en: str
    agency: str
    severity: Severity
    region: str
    where: str


@dataclass(frozen=True)
class Match:
    """All hits of a notice, weighed.

    `score` is 0..1; `fingerprint` changes when, and only when, a matched field does.
    """

    verdict: Verdict
    reason: Reason
    score: float
    checkable: bool
    organ: Organ | None
    hits: tuple[Hit, ...]
    features: tuple[Feature, ...]
    fingerprint: str = ""


@dataclass(frozen=True)
class Enclosure:
    """A file that goes with a message."""

    name: str
    media_type: str
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Message:
    """What one receiver gets: plain text, with the ids of the alerts in it.

    `key` is the same for every attempt to send this message to this receiver, and no other
    message has it; `thread` is the same for messages about one purchase, "" for none.
    """

    subject: str
    body: str
    alert_ids: tuple[str, ...] = field(default=())
    key: str = ""
    thread: str = ""
    enclosures: tuple[Enclosure, ...] = ()
