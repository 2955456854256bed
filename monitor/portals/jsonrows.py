"""JSON answers: what they hold, by which keys, what they were asked with, how to ask again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

from monitor.errors import LayoutError
from monitor.models import Capture, Document, Issue, Notice
from monitor.portals.base import join_address
from monitor.portals.decoding import parse_json, read_json
from monitor.portals.links import find_documents
from monitor.portals.pages import read_page
from monitor.portals.paths import ABSENT, find_value, write_text
from monitor.text.dates import read_date
from monitor.text.fields import PageFacts
from monitor.text.markup import inline_text, parse_html, read_blocks, squeeze

Row = Mapping[str, Any]

_MOST = 0.5
_LONGEST_RAW = 120


def read_answer(capture: Capture) -> Row:
    """Return the object of a JSON answer; it and what it holds may be JSON within a string.

    Raises LayoutError for any other value.
    """
    answer = _unpack_string(read_json(capture))
    if not isinstance(answer, dict):
        raise LayoutError(capture.url, "a JSON object")
    return {key: _unpack_string(value) for key, value in answer.items()}


def _unpack_string(value: Any) -> Any:
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return parse_json(value)
        except (ValueError, RecursionError):
            return value
    return value


def require_object(capture: Capture, answer: Any, path: str) -> Row:
    """Return the object at a path; raise LayoutError where there is none."""
    value = find_value(answer, path)
    if not isinstance(value, dict):
        raise LayoutError(capture.url, path)
    return value


def require_rows(capture: Capture, answer: Any, rows: str, total: str) -> tuple[list[Row], int]:
    """Return the rows at a path and the number of all; raise LayoutError without either.

    Null in place of rows is right only where there are none in all.
    """
    found, count = find_value(answer, rows), read_count(find_value(answer, total))
    if count is None:
        raise LayoutError(capture.url, total)
    if found is None and count == 0:
        return [], 0
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise LayoutError(capture.url, rows)
    return found, count


def read_count(value: object) -> int | None:
    """Return a number of rows or of a page, None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


def read_text(value: object) -> str:
    """Return a value as plain text, '' for what is no text or number.

    Marks of a search within words (服<font>务</font>器) leave no blank.
    """
    if isinstance(value, bool):
        return ""
    text = write_text(value)
    marked = "<" in text or "&" in text
    return inline_text(parse_html(text)) if marked else squeeze(text)


def take_text(row: Any, path: str) -> str:
    """Return the text at a path, of alternatives (title|shorttitle) the first that has any."""
    return next((text for one in path.split("|") if (text := read_text(find_value(row, one)))), "")


def check_keys(rows: Sequence[Row], paths: Iterable[str], url: str) -> list[Issue]:
    """Return an issue for each path at which a row has nothing.

    Raises LayoutError for a path at which most rows have nothing.
    """
    issues: list[Issue] = []
    for path in paths:
        missing = [row for row in rows if not take_text(row, path)]
        if len(missing) > len(rows) * _MOST:
            raise LayoutError(url, f"{path.replace('|', ' or ')} in {len(missing)} rows")
        raws = (json.dumps(row, ensure_ascii=False)[:_LONGEST_RAW] for row in missing)
        issues += [Issue("missing field", path, raw, url) for raw in raws]
    return issues


def check_date(raw: str, url: str) -> list[Issue]:
    """Return an issue for a day that cannot be read; a missing one is said by `check_keys`."""
    if not raw or read_date(raw) is not None:
        return []
    return [Issue("unreadable date", "published", raw, url)]


def has_more(number: int, size: int, shown: int, total: int) -> bool:
    """Return whether rows come after page `number`, also where pages are shorter than asked for."""
    if shown == 0 or number * shown >= total:
        return False
    return (number - 1) * size + shown != total


def label_lines(values: Iterable[tuple[str, str]], text: str) -> str:
    """Return lines of 标签：值 for what an answer knows and its text does not say."""
    missing = ((label, value) for label, value in values if value and value not in text)
    return "".join(f"<p>{label}：{escape(value)}</p>" for label, value in missing)


def read_shown(
    lines: str, text: str, facts: PageFacts, site: str, issues: Sequence[Issue]
) -> Notice:
    """Return the notice of an answer's HTML, with `lines` before it of what its other keys say.

    One that is nothing but its documents says so in its issues, as do `issues`; what is missing
    may name a product, and its items stand elsewhere. Raises LayoutError without either.
    """
    empty = not read_blocks(parse_html(text))
    if empty and not facts.documents:
        raise LayoutError(facts.url, "text of a notice")
    if empty:
        issues = [*issues, Issue("no content", "content", "", facts.url)]
        text = f"<p>{escape(facts.title)}</p>"
    notice = read_page(lines + text, facts, base_url=site)
    elsewhere = notice.items_elsewhere or bool(issues)
    return replace(notice, items_elsewhere=elsewhere, issues=(*notice.issues, *issues))


def list_files(
    files: Any, name: str, url: str, text: str, site: str
) -> tuple[tuple[Document, ...], tuple[Issue, ...]]:
    """Return the files that an answer lists, then those that its text links to.

    `name` and `url` are paths in a listed file. A file without a usable address is an issue, and
    so is an answer that does not say whether there are files, or says it in another form.
    """
    found: dict[str, Document] = {}
    files = _unpack_string(files)
    issues = [Issue("missing field", "attachments", "", site)] if files is ABSENT else []
    if files is not ABSENT and files and not isinstance(files, list):
        issues.append(Issue("unknown form", "attachments", str(files)[:_LONGEST_RAW], site))
    for file in files if isinstance(files, list) else []:
        label, address = (
            take_text(file, name),
            join_address(site, write_text(find_value(file, url))),
        )
        if not address:
            issues.append(Issue("attachment without address", url, label))
        else:
            found.setdefault(address, Document(label or address.rsplit("/", 1)[-1], address))
    for document in find_documents(parse_html(text), urljoin(site, "/")):
        found.setdefault(document.url, document)
    return tuple(found.values()), tuple(issues)


def write_body(fields: Row) -> bytes:
    """Return a JSON body as browsers write it; it is signed and sent as these bytes."""
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def read_sent(capture: Capture) -> dict[str, Any]:
    """Return the JSON object that was asked with, {} where it was none."""
    try:
        sent = parse_json(capture.sent.decode())
    except (ValueError, RecursionError):
        return {}
    return sent if isinstance(sent, dict) else {}


def make_query(fields: Mapping[str, str]) -> str:
    """Return a query; each value is percent-encoded once."""
    return urlencode(fields, quote_via=quote, safe="")


def read_query(url: str) -> dict[str, str]:
    """Return the values of an address's query, decoded once."""
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def change_query(url: str, **fields: str) -> str:
    """Return an address with other values in its query."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=make_query(read_query(url) | fields)))
