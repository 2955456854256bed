"""The list calls of a stanza: texts with {places}, filled in to ask, matched to know the answer.

A place is {page}, {page-1}, {offset}, {size}, {since}, {until}, {since_ms}, {until_ms} or a name
that the stanza gives values for. Days are China's; {since:%Y/%m/%d} writes a day otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product
from urllib.parse import parse_qsl, unquote, urlencode

from monitor.models import Capture, Request, Span
from monitor.portals.days import cover_days
from monitor.text.dates import CHINA

# JSON has no brace before a bare word, so its own braces are no places.
_PLACE = re.compile(r"\{([^\s{}\":,\[\]]+)(?::([^{}\"]*))?\}")
_DIRECTIVES = {"Y": r"\d{4}", "m": r"\d\d", "d": r"\d\d", "H": r"\d\d", "M": r"\d\d", "S": r"\d\d"}
_DAY = "%Y-%m-%d"
COUNTS = ("page", "page-1", "offset", "size")
DATES = ("since", "until")
STAMPS = ("since_ms", "until_ms")
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
_SHORTEST, _TICK = timedelta(minutes=30), timedelta(microseconds=1)
_FORM_TYPE = "application/x-www-form-urlencoded; charset=UTF-8"
_JSON_TYPE = "application/json; charset=UTF-8"


@dataclass(frozen=True)
class Turn:
    """Which page of a list is asked for, counted from 1, and of which time; UTC."""

    page: int = 1
    since: datetime | None = None
    until: datetime | None = None

    def span(self, now: datetime) -> Span | None:
        """Return the time as a span, to `now` where it has no end; None without a beginning."""
        return Span(self.since, self.until or now) if self.since else None


def find_places(text: str) -> list[tuple[str, str]]:
    """Return the places of a text: name and how a day is written."""
    return [(found[1], found[2] or "") for found in _PLACE.finditer(text)]


def find_wrong_place(text: str, names: Mapping[str, object]) -> str:
    """Return what is wrong with the places of a text, '' for nothing."""
    known = (*COUNTS, *DATES, *STAMPS, *names)
    for name, form in find_places(text):
        if name not in known:
            return f"unknown placeholder '{{{name}}}'"
        if form and name not in DATES:
            return f"'{{{name}}}' takes no format"
        if wrong := [found for found in re.findall(r"%(.?)", form) if found not in _DIRECTIVES]:
            return f"'%{wrong[0]}' in '{{{name}:{form}}}' is not known"
    return ""


@dataclass(frozen=True)
class ListCall:
    """One list: how each of its pages is asked for. `chosen` are the values that single it out."""

    url: str
    method: str = "GET"
    form: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    size: int = 0
    chosen: Mapping[str, str] = field(default_factory=dict)

    def names(self) -> frozenset[str]:
        """Return the names of its places."""
        texts = (self.url, *self.form.values(), self.body)
        return frozenset(name for text in texts for name, _ in find_places(text))

    def is_dated(self) -> bool:
        """Return whether the site is asked for certain days."""
        return not self.names().isdisjoint((*DATES, *STAMPS))

    def is_timed(self) -> bool:
        """Return whether a time of day can be asked for."""
        texts = (self.url, *self.form.values(), self.body)
        forms = [form for text in texts for name, form in find_places(text) if name in DATES]
        return "since_ms" in self.names() or any("%M" in form for form in forms)

    def is_paged(self) -> bool:
        """Return whether a page can be asked for by its number."""
        return not self.names().isdisjoint(("page", "page-1", "offset"))

    def make_request(self, turn: Turn) -> Request:
        """Return what asks for a page."""
        url = self._fill(self.url, turn)
        if self.method == "GET":
            return Request(url)
        kind = _JSON_TYPE if self.body else _FORM_TYPE
        fields = {name: self._fill(text, turn) for name, text in self.form.items()}
        sent = self._fill(self.body, turn) if self.body else urlencode(fields)
        return Request(url, self.method, sent.encode(), (("Content-Type", kind),))

    def recall(self, capture: Capture) -> Turn | None:
        """Return which page of this list a capture was asked for; None for other requests."""
        if capture.method != self.method:
            return None
        found = _match(unquote(self.url), unquote(capture.url))
        for pattern, text in self._pair_sent(capture.sent):
            more = _match(pattern, text)
            found = None if found is None or more is None else found | more
        return None if found is None else self._read_turn(found)

    def _pair_sent(self, sent: bytes) -> Iterator[tuple[str, str]]:
        text = sent.decode("utf-8", "replace")
        if self.body:
            yield self.body, text
        elif self.method == "POST":
            fields = dict(parse_qsl(text, keep_blank_values=True))
            yield ",".join(sorted(self.form)), ",".join(sorted(fields))
            yield from ((pattern, fields.get(name, "")) for name, pattern in self.form.items())

    def _fill(self, text: str, turn: Turn) -> str:
        return _PLACE.sub(lambda found: self._fill_place(found, turn), text)

    def _fill_place(self, found: re.Match[str], turn: Turn) -> str:
        name, form = found[1], found[2] or _DAY
        match name:
            case "page" | "page-1" | "offset" | "size":
                first = turn.page - 1
                counts = (turn.page, first, first * self.size, self.size)
                return str(dict(zip(COUNTS, counts, strict=True))[name])
            case "since" | "since_ms":
                moment = turn.since or _EARLIEST
            case "until" | "until_ms":
                moment = turn.until or _LATEST
            case _:
                return found[0]
        if name in STAMPS:
            return str(int(moment.timestamp() * 1000))
        return moment.astimezone(CHINA).strftime(form)

    def _read_turn(self, found: Mapping[tuple[str, str], str]) -> Turn | None:
        page, times = 1, dict[str, datetime]()
        for (name, form), text in found.items():
            try:
                if name in ("page", "page-1"):
                    page = int(text) + (name == "page-1")
                elif name == "offset":
                    page = int(text) // max(self.size, 1) + 1
                elif name in STAMPS:
                    moment = datetime.fromtimestamp(int(text) / 1000, UTC)
                    times[name.removesuffix("_ms")] = moment
                elif name in DATES:
                    times[name] = _read_moment(text, form or _DAY, last=name == "until")
            except (ValueError, OverflowError, OSError):
                return None
        return Turn(page, times.get("since"), times.get("until"))


def make_calls(
    urls: list[str],
    method: str = "GET",
    form: Mapping[str, str] | None = None,
    body: str = "",
    size: int = 0,
    each: Mapping[str, list[str]] | None = None,
) -> tuple[ListCall, ...]:
    """Return a call for each address and each combination of the values of `each`."""
    each = each or {}
    calls = []
    for url in urls:
        for values in product(*each.values()):
            chosen = dict(zip(each, values, strict=True))
            fields = {name: _choose(text, chosen) for name, text in (form or {}).items()}
            calls.append(
                ListCall(_choose(url, chosen), method, fields, _choose(body, chosen), size, chosen)
            )
    return tuple(calls)


def cut_days(span: Span, most: int = 0) -> Iterator[Turn]:
    """Yield turns for the days of a span in China, the newest first; `most` at once, 0: all."""
    since, until = (moment.astimezone(CHINA).date() for moment in (span.since, span.until))
    while until >= since:
        first = max(since, until - timedelta(days=most - 1)) if most else since
        days = cover_days(first, until)
        yield Turn(1, days.since, days.until)
        until = first - timedelta(days=1)


def halve_turn(turn: Turn, call: ListCall) -> tuple[Turn, ...]:
    """Return both halves of a turn's time, the newer first; () where a call cannot say them."""
    if turn.since is None or turn.until is None:
        return ()
    first, last = (moment.astimezone(CHINA).date() for moment in (turn.since, turn.until))
    if first < last:
        newer = first + (last - first + timedelta(days=1)) // 2
        middle = cover_days(newer, last).since
    elif call.is_timed() and turn.until - turn.since > _SHORTEST:
        middle = turn.since + (turn.until - turn.since) // 2
        middle = middle.replace(second=0, microsecond=0)
    else:
        return ()
    return Turn(1, middle, turn.until), Turn(1, turn.since, middle - _TICK)


def _choose(text: str, chosen: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda found: chosen.get(found[1], found[0]), text)


def _match(pattern: str, text: str) -> dict[tuple[str, str], str] | None:
    """Return the texts that stand in a pattern's places, by name and form; None if it differs."""
    places, parts, end = [], [], 0
    for found in _PLACE.finditer(pattern):
        places.append((found[1], found[2] or ""))
        parts += [re.escape(pattern[end : found.start()]), f"({_shape(*places[-1])})"]
        end = found.end()
    whole = re.fullmatch("".join(parts) + re.escape(pattern[end:]), text)
    return dict(zip(places, whole.groups(), strict=True)) if whole else None


def _shape(name: str, form: str) -> str:
    """Return a regular expression for what stands in a place."""
    if name not in DATES:
        return r"-?\d{1,16}"
    pieces = re.split(r"%(\w)", form or _DAY)
    return "".join(
        _DIRECTIVES.get(piece, "") if index % 2 else re.escape(piece)
        for index, piece in enumerate(pieces)
    )


def _read_moment(text: str, form: str, *, last: bool) -> datetime:
    """Return the first or last moment that a text in some form stands for."""
    read = datetime.strptime(text, form).replace(tzinfo=CHINA)
    if last and "%H" not in form:
        return cover_days(read.date(), read.date()).until
    return (read.replace(microsecond=999_999) if last and "%S" in form else read).astimezone(UTC)
