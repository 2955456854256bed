"""Screen saved notices without the store, and say what was found (design, section 5)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.errors import LayoutError, MonitorError, StoreError
from monitor.models import Match, Notice
from monitor.portals.saved import read_saved, read_saved_text
from monitor.screening.firms import name_supplier
from monitor.screening.gloss import gloss_item, gloss_title
from monitor.screening.lists import SanctionLists
from monitor.screening.score import Screener
from monitor.text.dates import CHINA
from monitor.warc import list_responses

_LIST_MARK = b"c_list_bid"
_BINARY = (b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"Rar!", b"\x1f\x8b")


class UnreadableError(MonitorError):
    """A file or line that holds no notice; names the file and line."""


@dataclass(frozen=True)
class Saved:
    """One saved notice: where it came from and how to read it."""

    id: str
    url: str
    listing: Mapping[str, str]
    body: bytes | None = None
    text: str | None = None

    def read_notice(self) -> Notice:
        """Return the notice; raise LayoutError where there is no text."""
        if self.text is not None and not self.text.lstrip().startswith(("{", "[")):
            return read_saved_text(self.text, self.listing, self.url)
        body = self.body if self.body is not None else (self.text or "").encode()
        return read_saved(body, self.listing, self.url)


def find_saved(path: Path) -> Iterator[Saved]:
    """Yield the notices of a file: .html, .json, .jsonl or .warc.gz.

    Raises UnreadableError naming file and line.
    """
    name = path.name.lower()
    if name.endswith(".jsonl"):
        lines = _read_file(path, str(path)).splitlines()
        yield from read_lines(lines, path.parent, str(path))
    elif name.endswith((".warc.gz", ".warc")):
        for url, body in _read_responses(path):
            # A list is no notice: its rows are of many buyers.
            if not url.endswith("/robots.txt") and _LIST_MARK not in body:
                yield Saved(url, url, {}, body=body)
    else:
        body = _read_file(path, str(path))
        if body.startswith(_BINARY):
            raise UnreadableError(
                f"{path}: neither a saved page nor JSON; attachments are not read"
            )
        yield Saved(path.name, "", {}, body=body)


def _read_responses(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        yield from list_responses(path)
    except StoreError as error:
        raise UnreadableError(str(error)) from None


def read_lines(lines: Iterable[bytes], folder: Path, source: str) -> Iterator[Saved]:
    """Yield the notices of JSON lines; `file` is relative to `folder`."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        place = f"{source}:{number}"
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise UnreadableError(f"{place}: not JSON: {error}") from None
        if not isinstance(row, dict):
            raise UnreadableError(f"{place}: expected one object, {{…}}")
        try:
            yield _make_saved(row, folder, place)
        except (AttributeError, TypeError, UnicodeError) as error:
            raise UnreadableError(f"{place}: not a notice: {type(error).__name__}") from None


def _make_saved(row: Mapping[str, Any], folder: Path, place: str) -> Saved:
    listing = {
        str(k): str(v) for k, v in (row.get("listing") or {}).items() if isinstance(v, str | int)
    }
    if row.get("title") and "title" not in listing:
        listing["title"] = str(row["title"])
    identity, url = str(row.get("id", place)), str(row.get("url") or "")
    if row.get("file"):
        return Saved(identity, url, listing, body=_read_file(folder / str(row["file"]), place))
    text = row.get("html") or row.get("text")
    if text is None and not listing.get("title"):
        raise UnreadableError(f"{place}: needs one of the keys file, html, text")
    return Saved(identity, url, listing, text=_as_markup(row, listing))


def _as_markup(row: Mapping[str, Any], listing: Mapping[str, str]) -> str:
    if row.get("html"):
        return str(row["html"])
    shown = str(row.get("text") or listing.get("title", ""))
    escaped = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"<p>{line}</p>" for line in escaped.splitlines())


def _read_file(path: Path, place: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        where = place if str(path) == place else f"{place}: {path}"
        raise UnreadableError(f"{where}: {error.strerror}") from None


def screen_saved(saved: Saved, screener: Screener, lists: SanctionLists) -> dict[str, Any]:
    """Return the screening row of a saved notice; an unreadable page is its own answer."""
    try:
        notice = saved.read_notice()
    except LayoutError as error:
        reason = "UNREADABLE"
        row = {"id": saved.id, "url": saved.url, "verdict": "none", "reason": reason, "score": 0.0}
        return {**row, "checkable": False, "error": str(error)}
    return describe_screened(saved, notice, screener.screen(notice), lists)


def describe_screened(
    saved: Saved, notice: Notice, match: Match, lists: SanctionLists
) -> dict[str, Any]:
    """Return a notice and its match as the object of section 5 of the design."""
    return {
        "id": saved.id,
        "url": saved.url,
        "verdict": str(match.verdict),
        "reason": str(match.reason),
        "score": match.score,
        "checkable": match.checkable,
        "tag": str(notice.tag or ""),
        "title": notice.title,
        "title_en": gloss_title(notice.title, notice.region),
        "project_number": notice.project_number,
        "published": _local_time(notice),
        "buyer": _describe_buyer(notice, match, lists),
        "brands": [
            {
                "id": hit.entry, "stance": str(hit.stance), "strength": str(hit.strength),
                "field": hit.field, "quote": hit.quote, "alias": hit.alias, "why": hit.why,
            }
            for hit in match.hits
        ],
        "suppliers": [
            {"name": name, "name_en": name_supplier(name, notice.region)}
            for name in notice.suppliers
        ],
        "value": {"amount": notice.value.amount, "currency": notice.value.currency}
        if notice.value
        else None,
        "items": [
            {
                "name": item.name, "name_en": gloss_item(item.name), "brand": item.brand,
                "model": item.model, "quantity": item.quantity, "unit": item.unit,
                "unit_price": item.unit_price,
            }
            for item in notice.items
        ],
        "attachments": [
            {"name": document.name, "read": False, "why": "attachments are not read yet"}
            for document in notice.documents
        ],
        "features": [
            {"name": f.name, "weight": f.weight, "why": f.why} for f in match.features
        ],
        "issues": [
            {"kind": issue.kind, "field": issue.field, "raw": issue.raw}
            for issue in notice.issues
        ],
    }  # fmt: skip


def _local_time(notice: Notice) -> str:
    if notice.published_at is None:
        return ""
    local = notice.published_at.astimezone(CHINA)
    return local.date().isoformat() if notice.date_only else local.isoformat()


def _describe_buyer(notice: Notice, match: Match, lists: SanctionLists) -> dict[str, Any]:
    organ = match.organ
    listed: list[str] | None = []
    if organ is not None and notice.published_at is not None:
        day = notice.published_at.astimezone(CHINA).date()
        listed = [*lists.listed_on(organ.name, organ.agency, organ.region, day)]
    elif organ is not None:
        listed = None  # the day is not known, so neither is the answer
    return {
        "name": notice.buyer,
        "name_en": name_supplier(notice.buyer, notice.region) if notice.buyer else "",
        "agency": organ.agency if organ else "",
        "severity": str(organ.severity) if organ else "",
        "region": organ.region if organ else "",
        "listed": listed,
        # The body that made the severity, where it is not the buyer on paper.
        "organ": {"name": organ.name, "name_en": organ.name_en, "where": organ.where}
        if organ and organ.name != notice.buyer
        else None,
    }
