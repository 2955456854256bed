"""A notice that was saved: what is known of it, its bytes, and the way to a Notice."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from monitor.errors import LayoutError
from monitor.models import Document, Listing, Notice
from monitor.portals import sam, ted, worldbank
from monitor.portals.base import join_address
from monitor.portals.ocds import mend_body
from monitor.portals.releaseparts import find_own_page
from monitor.portals.releases import list_release, list_releases, name_release, read_release
from monitor.portals.releasevalues import Json, read_text, rows_of, write_content
from monitor.portals.saved import read_saved
from monitor.text.charset import decode_page
from monitor.text.dates import read_date

_FACTS = ("title", "date", "region", "buyer", "notice_type")
# Browsers write where a page came from into its first lines.
_SAVED_FROM = re.compile(rb"<!-- saved from url=\(\d{4}\)(https?://[^\s<>]{1,2000}) -->")
_LONGEST_TITLE = 200
_LABELLED = re.compile(r"[^：:]{1,12}[：:]")
# By this header of its capture an imported notice is read again.
FORM_HEADER = "X-Imported-As"


class Form(StrEnum):
    """What the bytes of a saved notice are."""

    PAGE = "page"
    TEXT = "plain text"
    RELEASE = "release"


@dataclass(frozen=True)
class Saved:
    """One saved notice. `place` is its file, with the line or number of the response.

    `facts` are what a list row showed: title, date, region, buyer, notice_type. `id` is the given
    one, else the address, else made of the content: it stays the same in every reading.
    """

    id: str
    url: str
    place: str
    body: bytes
    facts: Mapping[str, str] = field(default_factory=dict)
    portal: str = ""
    form: Form = Form.PAGE
    documents: tuple[Document, ...] = ()

    @property
    def sha256(self) -> str:
        """Return the hash of the bytes."""
        return hashlib.sha256(self.body).hexdigest()

    @property
    def listing(self) -> Listing:
        """Return what was known before the notice was read, as a row of a list."""
        if self.form is Form.RELEASE:
            row = list_release(json.loads(self.body), self.url, "", self.facts.get("region", ""))
            return replace(row, listing_id=self.id)
        raw = self.facts.get("date", "")
        date = read_date(raw)
        return Listing(
            listing_id=self.id,
            url=self.url,
            title=self.facts.get("title", ""),
            published_raw=raw,
            published_at=date.at if date else None,
            date_only=date.date_only if date else False,
            region=self.facts.get("region", ""),
            buyer=self.facts.get("buyer", ""),
            notice_type=self.facts.get("notice_type", ""),
        )

    def read(self) -> Notice:
        """Return the notice; raise LayoutError where there is no text."""
        if self.form is Form.RELEASE:
            return read_release(json.loads(self.body), self.url, self.facts.get("region", ""))
        body = self.body
        if self.form is Form.TEXT:
            body = _write_markup(decode_page(body).text).encode()
        notice = read_saved(body, self.facts, self.url)
        known = {document.url or document.name for document in notice.documents}
        more = tuple(d for d in self.documents if (d.url or d.name) not in known)
        if not more:
            return notice
        elsewhere = notice.items_elsewhere or not notice.items
        return replace(notice, documents=(*notice.documents, *more), items_elsewhere=elsewhere)


def make_page(body: bytes, place: str, url: str = "", form: Form = Form.PAGE) -> Saved:
    """Return a page, a fragment, a portal's JSON answer or a plain text as a saved notice."""
    found = _SAVED_FROM.search(body[:4096])
    url = url or (found[1].decode("ascii", "replace") if found else "")
    facts = {"title": _find_heading(decode_page(body).text)} if form is Form.TEXT else {}
    return Saved(url or _name_content(body), url, place, body, facts, form=form)


def _find_heading(text: str) -> str:
    """Return the first line of a plain text, its title; '' where a label or prose stands there."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return "" if len(line) > _LONGEST_TITLE or _LABELLED.match(line) else line


def list_saved(body: bytes, place: str) -> list[Saved] | None:
    """Return the notices of a package or of a list that holds them whole; None for other bytes."""
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"{", b"["):
        return None
    try:
        answer = json.loads(mend_body(body))
        releases = list_releases(answer)
        if releases is not None:
            return [_make_release(release, place) for release in releases]
        return list(_open_answer(answer, place)) or None
    except (ValueError, RecursionError, LayoutError):
        return None


def _open_answer(answer: Any, place: str) -> Iterator[Saved]:
    """Yield the rows of an answer of SAM, TED or the World Bank, which are whole notices."""
    told = answer if isinstance(answer, dict) else {}
    for row in rows_of(told.get("opportunitiesData")):
        page = sam.find_page(row)
        yield replace(
            _make_release(sam.make_release(row), place, page),
            id=read_text(row.get("noticeId")) or page,
        )
    for row in rows_of(told.get("notices")):
        if number := ted.find_number(row):
            saved = _make_release(ted.make_release(row), place, ted.find_page(number))
            yield replace(saved, id=number)
    for row in worldbank.list_rows(answer) or ():
        if (number := read_text(row.get("id"))) and row.get("notice_text"):
            keys = ("noticedate", "project_ctry_name", "contact_organization", "notice_type")
            shown = (worldbank.find_title(row), *(read_text(row.get(key)) for key in keys))
            body = str(row["notice_text"]).encode("utf-8", "replace")
            facts = dict(zip(_FACTS, shown, strict=True))
            yield Saved(number, worldbank.find_page(number), place, body, facts)


def _make_release(release: Json, place: str, url: str = "", region: str = "") -> Saved:
    body = write_content(release, place).encode("utf-8", "replace")
    url = url or find_own_page(release)
    identity = name_release(release) or url or _name_content(body)
    return Saved(identity, url, place, body, {"region": region}, form=Form.RELEASE)


def make_rows(
    row: Mapping[str, Any], place: str, read_file: Callable[[str], bytes]
) -> Iterator[Saved]:
    """Yield the notice of a JSON line, or the notices of a release or package in one.

    Raise ValueError for a line without any text, and whatever `read_file` raises.
    """
    releases = list_releases(row)
    if releases is not None:
        yield from (_make_release(release, place) for release in releases)
        return
    facts, url = _read_facts(row), _write_key(row.get("url"))
    form = Form.PAGE if row.get("file") or row.get("html") else Form.TEXT
    body = read_file(str(row["file"])) if row.get("file") else _find_text(row, facts)
    yield Saved(
        _write_key(row.get("id")) or url or _name_content(body),
        url,
        place,
        body,
        facts,
        _write_key(row.get("portal")),
        form,
        tuple(_read_documents(row.get("attachments"), url)),
    )


def _write_key(value: object) -> str:
    """Return an id or address as it was given."""
    known = isinstance(value, str | int) and not isinstance(value, bool)
    return str(value) if known else ""


def _read_facts(row: Mapping[str, Any]) -> dict[str, str]:
    """Return what a list showed of a notice: in `listing`, or beside the text itself."""
    listing = row.get("listing")
    if listing is not None and not isinstance(listing, dict):
        raise ValueError("not a notice: 'listing' is no object")
    told = {name: row.get(name) for name in _FACTS} | (listing or {})
    return {
        str(name): str(value)
        for name, value in told.items()
        if isinstance(value, str | int) and not isinstance(value, bool) and value != ""
    }


def _find_text(row: Mapping[str, Any], facts: Mapping[str, str]) -> bytes:
    for key in ("html", "text"):
        if row.get(key) is not None and not isinstance(row[key], str):
            raise ValueError(f"not a notice: '{key}' is no text")
    text = row.get("html") or row.get("text") or facts.get("title")
    if not text and row.get("text") is None and row.get("html") is None:
        raise ValueError("needs one of the keys file, html, text")
    return str(text or "").encode("utf-8", "replace")


def _write_markup(text: str) -> str:
    return "".join(f"<p>{html.escape(line, quote=False)}</p>" for line in text.splitlines())


def _read_documents(value: Any, base_url: str) -> Iterator[Document]:
    """Yield attachments: objects with name and url, or names or addresses alone."""
    for one in value if isinstance(value, list) else ():
        row = one if isinstance(one, dict) else {"name": one, "url": one}
        name, told = read_text(row.get("name")), read_text(row.get("url"))
        linked = told.startswith(("http://", "https://", "/"))
        url = join_address(base_url, told) if linked else ""
        label = name.rsplit("/", 1)[-1] if linked and name == told else name
        if label or url:
            yield Document(label or url.rsplit("/", 1)[-1], url)


def _name_content(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"
