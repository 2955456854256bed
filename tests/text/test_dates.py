"""Dates in the forms that lists, pages and feeds print."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.text.dates import CHINA, FIRST_YEAR, LAST_YEAR, read_date

SETTINGS = settings(max_examples=150, deadline=None)


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("2026-09-09 22:47", "2026-09-09T22:47:00+08:00"),
        ("2026-09-09 22:47:31", "2026-09-09T22:47:31+08:00"),
        ("2026.09.23 12:30:10", "2026-09-23T12:30:10+08:00"),
        ("2025年06月27日 17:52", "2025-06-27T17:52:00+08:00"),
        ("2025年6月27日17时52分", "2025-06-27T17:52:00+08:00"),
        ("2025年6月27日17时52分08秒", "2025-06-27T17:52:08+08:00"),
        ("2025 年 6 月 27 日 9 时", "2025-06-27T09:00:00+08:00"),
        ("2025年6月27日 下午 5:52", "2025-06-27T17:52:00+08:00"),
        ("2025年6月27日（星期五）09时30分", "2025-06-27T09:30:00+08:00"),
        ("２０２５－０６－２７　１７：５２", "2025-06-27T17:52:00+08:00"),
        ("20250627175208", "2025-06-27T17:52:08+08:00"),
        ("20250627 17:52", "2025-06-27T17:52:00+08:00"),
        ("1751017920", "2025-06-27T17:52:00+08:00"),
        ("1751017920000", "2025-06-27T17:52:00+08:00"),
        ("2026-09-09T22:47:00", "2026-09-09T22:47:00+08:00"),
        ("2026-09-09T14:47:00Z", "2026-09-09T22:47:00+08:00"),
        ("2026-09-09T14:47:00.250Z", "2026-09-09T22:47:00.250+08:00"),
        ("2026-09-09T22:47:00.000+0800", "2026-09-09T22:47:00+08:00"),
        ("2026-09-09T09:47:00-05:00", "2026-09-09T22:47:00+08:00"),
        ("Fri, 03 Oct 2026 08:00:00 GMT", "2026-10-03T16:00:00+08:00"),
        ("Fri, 03 Oct 2026 08:00:00 -0500", "2026-10-03T21:00:00+08:00"),
        ("03 Oct 2026 08:00:00 +0800", "2026-10-03T08:00:00+08:00"),
        ("Sat Oct 03 2026 08:00:00 GMT+0800 (CST)", "2026-10-03T08:00:00+08:00"),
        ("Thu Aug 20 16:19:39 CST 2026", "2026-08-20T16:19:39+08:00"),
        ("Sat Aug 01 00:00:00 CST 2026", "2026-08-01T00:00:00+08:00"),
        ("Thu Aug 20 16:19:39 GMT+08:00 2026", "2026-08-20T16:19:39+08:00"),
        ("Thu Aug 20 08:19:39 UTC 2026", "2026-08-20T16:19:39+08:00"),
        ("Thu Aug 20 16:19:39 2026", "2026-08-20T16:19:39+08:00"),
        ("05-Oct-2026 05:30 PM", "2026-10-05T17:30:00+08:00"),
        ("2026-09-09 09:00-17:00", "2026-09-09T09:00:00+08:00"),
        ("发布时间：2025-06-27 17:52 来源：本站", "2025-06-27T17:52:00+08:00"),
        ("2026-09-09 23:59:60", "2026-09-09T23:59:59+08:00"),
        ("2026-09-09 24:00", "2026-09-10T00:00:00+08:00"),
        ("1990-07-01 12:00", "1990-07-01T12:00:00+09:00"),  # summer time, China 1986 to 1991
    ],
)
def test_a_time_is_read_in_utc(text: str, local: str) -> None:
    read = read_date(text)
    assert read is not None
    assert read.at.tzinfo is UTC
    assert read.at == datetime.fromisoformat(local)
    assert not read.date_only
    assert read.raw == text


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026/9/9", (2026, 9, 9)),
        ("2026-09-09", (2026, 9, 9)),
        ("[2026-09-09]", (2026, 9, 9)),
        ("2026.9.9", (2026, 9, 9)),
        ("2025年06月27日", (2025, 6, 27)),
        ("2025 年 6 月 27 日", (2025, 6, 27)),
        ("20250627", (2025, 6, 27)),
        ("05-Oct-2026", (2026, 10, 5)),
        ("5 October 2026", (2026, 10, 5)),
        ("Oct 5, 2026", (2026, 10, 5)),
        ("二〇二五年六月二十七日", (2025, 6, 27)),
        ("二○二五年十月十日", (2025, 10, 10)),
        ("二零二五年十二月三十一日", (2025, 12, 31)),
        ("2024-02-29", (2024, 2, 29)),
        ("2025年06月27日 至 2025年07月04日", (2025, 6, 27)),
    ],
)
def test_a_day_alone_is_midnight_in_china(text: str, day: tuple[int, int, int]) -> None:
    read = read_date(text)
    assert read is not None
    assert read.date_only
    assert read.at == datetime(*day, tzinfo=CHINA)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "详见公告",
        "2024-13-01",
        "2025-02-30",
        "2025-00-10",
        "1989-12-31",
        "2101-01-01",
        "9999-12-31 24:00",
        "2025年6月",
        "2025-06",
        "2025-06-27 25:10",
        "2025-06-27 12:75",
        "20251301",
        "12345",
        "9999999999",
        "2025-06-2717:52",
        "二〇二五年十三月一日",
        "Fri, 03 Oct 2026 08:00:00 EST",
        "Thu Aug 20 16:19:39 EST 2026",
        "Thu Aug 32 16:19:39 CST 2026",
        "Thu Aug 20 25:19:39 CST 2026",
        "2026-09-09T22:47:00+99:00",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert read_date(text) is None


MOMENTS = st.datetimes(*map(datetime.fromisoformat, ("1990-01-02", "2100-12-30")))
FORMS = ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y年%m月%d日 %H时%M分%S秒", "%Y%m%d%H%M%S")


@SETTINGS
@given(MOMENTS, st.sampled_from(FORMS))
def test_a_printed_local_time_reads_back(moment: datetime, form: str) -> None:
    moment = moment.replace(microsecond=0)
    read = read_date(moment.strftime(form))
    assert read is not None
    assert read.at == moment.replace(tzinfo=CHINA).astimezone(UTC)


@SETTINGS
@given(MOMENTS, st.integers(-12, 14))
def test_a_printed_offset_is_obeyed(moment: datetime, hours: int) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(hours=hours)))
    read = read_date(aware.isoformat())
    assert read is not None
    assert read.at == aware


@SETTINGS
@given(
    st.text(alphabet="0123456789-/.: 年月日时分秒TZ+二〇一十OctGMT下午", max_size=30)
    | st.text(max_size=30)
)
@example("٢٠٢٥-٠٦-٢٧")
@example("2025-06-27 17:52 +9999")
def test_any_text_gives_none_or_a_date_in_range(text: str) -> None:
    read = read_date(text)
    if read is not None:
        assert read.at.tzinfo is UTC
        assert FIRST_YEAR - 1 <= read.at.year <= LAST_YEAR + 1
