"""Read the dates of notices; a time without a zone is China's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from monitor.text.normalize import normalize

CHINA = ZoneInfo("Asia/Shanghai")
FIRST_YEAR, LAST_YEAR = 1990, 2100

_EPOCH_START = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NAME = f"(?P<month>{'|'.join(_MONTHS)})[a-z]*"
# A minus is an offset only in ISO 8601 and RFC 822: 09:00-17:00 is an opening time.
_ZONE = (
    r"(?P<zone>z\b|(?:gmt|utc)?\+\d{1,2}(?::?\d{2})?|(?<= )-\d{4}|(?(iso)-\d{2}:?\d{2}|(?!))"
    r"|(?:gmt|utc?|cst|hkt|[emp][sd]t|cdt|ces?t|bst|ist|jst|kst)\b)"
)
_TIME = (
    r"(?:(?:(?P<iso>t)|[\s,]*(?:\(?(?:星期|周)[一二三四五六日天]\)?)?\s*(?P<half>上午|下午)?\s*)"
    r"(?P<hour>\d{1,2}) ?[:时点](?: ?(?P<minute>\d{1,2}) ?(?:[:分](?: ?(?P<second>\d{1,2}))?)?)?"
    rf"(?:\.(?P<part>\d+))?秒?(?: ?(?P<noon>[ap]m)\b)?(?: ?{_ZONE})?)?"
)
_FORMS = tuple(
    re.compile(rf"(?<!\d){date}{_TIME}")
    for date in (
        r"(?P<year>\d{4})\s?[-/.年]\s?(?P<month>\d{1,2})\s?[-/.月]\s?(?P<day>\d{1,2})(?!\d)\s?日?",
        rf"(?P<day>\d{{1,2}})[- ]{_MONTH_NAME}\.?[- ,]+(?P<year>\d{{4}})(?!\d)",
        rf"\b{_MONTH_NAME}\.? (?P<day>\d{{1,2}}),? (?P<year>\d{{4}})(?!\d)",
    )
)
# Thu Aug 20 16:19:39 CST 2026: a date as Java prints it, with the year at its end.
_JAVA = re.compile(
    rf"\b{_MONTH_NAME} (?P<day>\d{{1,2}}) (?P<hour>\d{{2}}):(?P<minute>\d{{2}}):(?P<second>\d{{2}})"
    r"(?: (?P<zone>[a-z]{1,4}(?:\+\d{1,2}:?\d{2})?))? (?P<year>\d{4})(?!\d)"
)
_COMPACT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?: ?(?P<hour>\d{2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2}))?)?"
)
_EPOCH = re.compile(r"\d{10}(?:\d{3})?")
_DIGITS = {word: str(digit) for digit, word in enumerate("〇一二三四五六七八九")}
_DIGITS |= dict.fromkeys("○零", "0")
_IN_WORDS = re.compile(
    f"([{''.join(_DIGITS)}]{{4}})年([一二三四五六七八九十]{{1,3}})月([一二三四五六七八九十]{{1,3}})日"
)
_NAMED_ZONES: Mapping[str, tzinfo] = dict.fromkeys(("z", "gmt", "ut", "utc"), UTC) | dict.fromkeys(
    ("cst", "hkt"), timezone(timedelta(hours=8))
)


@dataclass(frozen=True)
class ReadDate:
    """A date as read; `at` is UTC and, where `date_only`, midnight of that day in China."""

    at: datetime
    date_only: bool
    raw: str


def read_date(text: str) -> ReadDate | None:
    """Read the first date of a text, or an epoch in seconds or milliseconds.

    None for impossible dates and times, for other countries' zone names (EST) and for years
    outside 1990 to 2100. CST is China Standard Time; 24:00 is the next midnight; a 60th second
    is the 59th.
    """
    folded = _IN_WORDS.sub(_spell_in_digits, normalize(text).text).strip()
    if _EPOCH.fullmatch(folded):
        milliseconds = int(folded) if len(folded) == 13 else int(folded) * 1000
        local = (_EPOCH_START + timedelta(milliseconds=milliseconds)).astimezone(CHINA)
        return _finish_date(local, False, text)
    searched = (form.search(folded) for form in (_JAVA, *_FORMS))
    found = _COMPACT.fullmatch(folded) or next(filter(None, searched), None)
    if found is None:
        return None
    try:
        local = _build_date(found.groupdict())
    except ValueError:
        return None
    return _finish_date(local, found["hour"] is None, text)


def _finish_date(local: datetime, date_only: bool, text: str) -> ReadDate | None:
    if not FIRST_YEAR <= local.year <= LAST_YEAR:
        return None
    return ReadDate(local.astimezone(UTC), date_only, text.strip())


def _build_date(parts: Mapping[str, str | None]) -> datetime:
    """Put the parts together; raises ValueError where they are no date."""
    year, month, day = (parts[name] or "" for name in ("year", "month", "day"))
    if int(year) > LAST_YEAR:
        raise ValueError(year)
    number = _MONTHS.index(month) + 1 if month in _MONTHS else int(month)
    zone = _read_zone(parts.get("zone") or "")
    return datetime(int(year), number, int(day), tzinfo=zone) + _read_time(parts)


def _read_time(parts: Mapping[str, str | None]) -> timedelta:
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    if parts.get("half") == "下午" or parts.get("noon") == "pm":
        hour += 12 if hour < 12 else 0
    elif parts.get("noon") == "am":
        hour %= 12
    end_of_day = (hour, minute, second) == (24, 0, 0)
    if not end_of_day and (hour > 23 or minute > 59 or second > 60):
        raise ValueError(f"{hour}:{minute}:{second}")
    microseconds = int((parts.get("part") or "0")[:6].ljust(6, "0"))
    return timedelta(hours=hour, minutes=minute, seconds=min(second, 59), microseconds=microseconds)


def _read_zone(name: str) -> tzinfo:
    if not name:
        return CHINA
    offset = re.fullmatch(r"(?:gmt|utc)?([+-])(\d{1,2}):?(\d{2})?", name)
    if offset is None:
        if name not in _NAMED_ZONES:
            raise ValueError(name)
        return _NAMED_ZONES[name]
    minutes = int(offset[2]) * 60 + int(offset[3] or 0)
    return timezone(timedelta(minutes=minutes if offset[1] == "+" else -minutes))


def _spell_in_digits(found: re.Match[str]) -> str:
    year = "".join(_DIGITS[word] for word in found[1])
    return f"{year}年{_read_tens(found[2])}月{_read_tens(found[3])}日"


def _read_tens(words: str) -> str:
    """Return 二十七 as 27; without 十, digit by digit."""
    tens, ten, ones = words.rpartition("十")
    if not ten:
        return "".join(_DIGITS[word] for word in words)
    return "".join(_DIGITS.get(word, "") for word in tens or "一") + _DIGITS.get(ones, "0")
