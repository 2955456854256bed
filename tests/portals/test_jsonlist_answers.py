"""Lists that are JSON: the forms of answers, what is none, and notices."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.errors import LayoutError
from monitor.models import Listing, Notice, Request, SourceState
from tests.portals.captures import make_capture
from tests.portals.jsonreading import ROW, give, give_first, make_reader, wrap

TEXT = json.dumps([ROW], ensure_ascii=False)


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        ({"rows": ""}, TEXT),
        ({"rows": "."}, TEXT),
        ({"rows": "data|."}, TEXT),
        ({"rows": "data|."}, {"data": [ROW]}),
        ({"rows": "."}, "\ufeff" + TEXT),
        ({"rows": "."}, f"callback_1({TEXT});"),
        ({"rows": ".", "decode": ["."]}, json.dumps(TEXT)),
        ({"rows": "result", "decode": ["result"]}, {"result": TEXT}),
        ({"rows": "result", "decode": ["result"]}, {"result": json.dumps(TEXT)}),
        ({"rows": "result", "decode": ["result"]}, {"result": [ROW]}),
        (
            {"rows": "a.result.rows", "decode": ["a.result"]},
            {"a": {"result": f'{{"rows":{TEXT}}}'}},
        ),
        ({"rows": "@key", "decode": ["@key"]}, {TEXT: "<div>共1条</div>"}),
        ({"rows": "list.1.rows"}, {"list": [{}, {"rows": [ROW]}]}),
    ],
)
def test_rows_are_found_in_every_wrapping(options: dict[str, Any], answer: Any) -> None:
    reader = make_reader(**options)
    capture = give_first(reader, answer)
    assert reader.refused(capture) is None
    assert [row.listing_id for row in reader.read_listing(capture).listings] == ["7"]


@pytest.mark.parametrize(
    ("total", "count"),
    [(12, 12), ("12", 12), ("<td>共12条数据</td>", 12), ("共 12 条 共 2 页", 12)],
)
def test_a_count_may_be_a_number_or_stand_in_a_text(total: Any, count: int) -> None:
    reader = make_reader(total="data.total")
    assert reader.read_listing(give_first(reader, wrap(ROW, total=total))).total == count


@pytest.mark.parametrize("total", [None, "", "many", True, [], -1])
def test_rows_without_a_number_of_them_are_a_layout_error(total: Any) -> None:
    reader = make_reader(total="data.total")
    with pytest.raises(LayoutError, match=r"data\.total"):
        reader.read_listing(give_first(reader, wrap(ROW, total=total)))


def test_no_rows_at_all_may_be_null_where_the_total_says_so() -> None:
    reader = make_reader(total="data.total")
    page = reader.read_listing(give_first(reader, {"data": {"rows": None, "total": 0}}))
    assert (page.listings, page.total) == ((), 0)


@pytest.mark.parametrize(
    "answer", [{}, {"data": None}, {"data": {"rows": {}}}, [], "7", wrap() | {}]
)
def test_an_answer_without_its_rows_is_a_layout_error(answer: Any) -> None:
    reader = make_reader(ok={"code": "200"})
    with pytest.raises(LayoutError):
        reader.read_listing(give_first(reader, answer))


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ({"code": 200, **wrap()}, None),
        ({"code": "200", **wrap(ROW)}, None),
        ({"code": 429, "msg": "访问过于频繁", **wrap()}, SourceState.BLOCKED),
        ({"code": 301, "msg": "需要签名"}, SourceState.BLOCKED),
        ({"code": 500, "msg": "系统异常"}, SourceState.UNREACHABLE),
        ({"code": 999, "message": "请稍后重试"}, SourceState.UNREACHABLE),
        ({"code": 404, "message": "no such call"}, SourceState.DRIFTED),
        ({"code": 200, "data": {"code": 999, "message": "请稍后重试"}}, SourceState.UNREACHABLE),
        ("<html><title>安全验证</title>请完成验证</html>", SourceState.BLOCKED),
        ("<html>首页</html>", SourceState.BLOCKED),
        ("", SourceState.EMPTY),
        ('{"code": 200, "data": {"rows": [{"id"', SourceState.PARTIAL),
    ],
)
def test_an_answer_is_judged_by_its_form_and_its_codes(
    answer: Any, state: SourceState | None
) -> None:
    reader = make_reader(ok={"code": "200"})
    refusal = reader.refused(give_first(reader, answer))
    assert (refusal.state if refusal else None) is state


def test_a_soft_error_inside_http_200_is_no_empty_list() -> None:
    reader = make_reader(rows="data|.")
    refusal = reader.refused(
        give_first(reader, {"status": 500, "message": "系统异常", "data": None})
    )
    assert refusal is not None
    assert (refusal.state, refusal.cause) == (SourceState.UNREACHABLE, "code 500: 系统异常")


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        ({"status": 500, "message": "系统异常", "data": []}, True),
        ({"code": 403, "data": []}, True),
        ({"code": 999, "message": "请稍后重试", "data": []}, True),
        ({"code": 404, "message": "没有符合条件的公告", "data": []}, False),
        ({"code": "20000", "data": []}, False),
        ({"data": []}, False),
        ({"code": 500, "data": [ROW]}, False),
    ],
)
def test_an_empty_list_beside_a_code_of_failure_is_no_day_without_notices(
    answer: Any, refused: bool
) -> None:
    reader = make_reader(rows="data")
    assert (reader.refused(give_first(reader, answer)) is not None) is refused


BODY = "<p>采购人：样例市公安局</p><p>项目编号：S-1</p><p><a href='/f/1.pdf'>附件</a></p>"
LISTING = Listing("7", "http://json.example/n?id=a%2B&c=1", "样例市公安局硬盘采购中标公告")
DETAIL = "http://api.example/j/{c}?id={id}"


def test_a_notice_is_asked_for_by_what_its_address_and_id_hold() -> None:
    reader = make_reader(url="/n?id={id}&c={c}", detail=DETAIL)
    assert (
        reader.ask_notice(replace(LISTING, listing_id="a+")).url == "http://api.example/j/1?id=a%2B"
    )
    assert make_reader().ask_notice(LISTING) == Request(LISTING.url)


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        ({"detail_body": "data.body"}, {"data": {"body": BODY}}),
        (
            {"detail_body": "body", "detail_base64": True},
            {"body": base64.b64encode(BODY.encode()).decode()},
        ),
        (
            {"detail_body": "body", "detail_base64": True},
            {"body": base64.b64encode(BODY.encode("gb18030")).decode()},
        ),
        ({"detail_body": "data.*.text"}, {"data": [{"text": BODY, "title": "其他"}]}),
        (
            {"detail_body": "data.*.text"},
            {"data": [
                {"text": "<p>采购人：样例小学</p>", "title": "样例招标公告"},
                {"text": BODY, "title": "样例市公安局<b>硬盘</b>采购中标公告"},
            ]},
        ),
        ({"detail_body": "body", "decode": ["data"]}, "\ufeff" + json.dumps({"body": BODY})),
    ],
)  # fmt: skip
def test_a_notice_is_found_in_a_detail_answer(options: dict[str, Any], answer: Any) -> None:
    reader = make_reader(url="/n?id={id}&c={c}", detail=DETAIL, **options)
    capture = give(reader.ask_notice(LISTING), answer)
    assert reader.refused(capture) is None
    notice = reader.read_notice(capture, LISTING)
    assert (notice.buyer, notice.project_number) == ("样例市公安局", "S-1")
    assert (notice.url, notice.title) == (LISTING.url, LISTING.title)
    assert [found.url for found in notice.documents] == ["http://api.example/f/1.pdf"]


def test_what_an_answer_knows_beside_its_text_is_read_too() -> None:
    lines = {"项目编号": "p.number", "采购人": "p.buyer", "采购代理机构": "p.agent"}
    reader = make_reader(detail_body="text", detail_lines=lines, detail_date="time")
    answer = {
        "text": "<p>采购内容：硬盘一批</p>", "time": "2026-06-01 10:00:00",
        "p": {"number": "S-2", "buyer": "样例县公安局", "agent": "样例招标代理有限公司"},
    }  # fmt: skip
    notice = reader.read_notice(give(Request(LISTING.url), answer), LISTING)
    assert (notice.buyer, notice.project_number) == ("样例县公安局", "S-2")
    assert notice.procuring_entity == "样例招标代理有限公司"
    assert notice.published_at == datetime(2026, 6, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "answer",
    [
        {"data": {}}, {"data": {"body": ""}}, {"data": {"body": None}}, {"data": []},
        {"data": {"body": "no base64!"}},
    ],
)  # fmt: skip
def test_a_detail_answer_without_its_text_is_a_layout_error(answer: Any) -> None:
    reader = make_reader(detail_body="data.body", detail_base64=True)
    with pytest.raises(LayoutError, match=r"data\.body"):
        reader.read_notice(give(Request(LISTING.url), answer), LISTING)


@pytest.mark.parametrize(
    ("shown", "kinds"),
    [
        ("样例市公安局硬盘采购中标公告", []),
        ("样例市公安局 硬盘采购中标公告（第一包）", []),
        ("样例市公安局硬盘采购…", []),
        ("", []),
        ("样例市公安局硬盘采购公开招标公告", ["another title"]),
    ],
)
def test_the_only_notice_of_a_purchase_is_read_and_another_title_said(
    shown: str, kinds: list[str]
) -> None:
    reader = make_reader(detail=DETAIL, detail_body="data.*.summary")
    row = replace(LISTING, published_raw="2026-06-01")
    capture = give(reader.ask_notice(row), {"data": [{"title": shown, "summary": BODY}]})
    notice = reader.read_notice(capture, row)
    assert notice.project_number == "S-1"
    assert [issue.kind for issue in notice.issues] == kinds


def test_several_notices_without_the_row_s_title_are_a_layout_error() -> None:
    reader = make_reader(detail_body="data.*.text")
    answer = {"data": [{"text": BODY, "title": "甲"}, {"text": BODY, "title": "乙"}]}
    with pytest.raises(LayoutError, match="of this notice"):
        reader.read_notice(give(Request(LISTING.url), answer), LISTING)


SCRIPTED = {
    "base": {"number": "S-3"},
    "content": "<p>采购人：样例市公安局</p>#detail#硬盘#_@_@希捷#_@_@ST8000#filename#",
}


def read_scripted(script: str) -> Notice:
    reader = make_reader(
        detail_script="announced", detail_body="content", detail_lines={"项目编号": "base.number"},
        detail_breaks=["#detail#", "#_@_@", "#filename#"],
    )  # fmt: skip
    page = f"<html><script>{script}</script><body><p>采购人：样例学校</p></body></html>"
    capture = make_capture(page, url=LISTING.url)
    assert reader.refused(capture) is None
    return reader.read_notice(capture, LISTING)


def test_a_notice_may_stand_in_a_variable_of_its_page_s_script() -> None:
    notice = read_scripted(f"var announced = {json.dumps(SCRIPTED)}; show(announced);")
    assert (notice.buyer, notice.project_number) == ("样例市公安局", "S-3")
    text = [part for zone in notice.zones for part in zone.text.splitlines()]
    assert {"希捷", "ST8000"} <= set(text)


def test_a_page_without_that_variable_is_read_as_a_page() -> None:
    assert read_scripted("var other = {}; var announcedLater = 1;").buyer == "样例学校"


def test_a_variable_that_holds_no_json_is_a_layout_error() -> None:
    with pytest.raises(LayoutError, match="variable announced"):
        read_scripted("var announced = {content: '…'};")


def test_a_row_with_its_whole_notice_is_read_from_the_row() -> None:
    reader = make_reader(content="text")
    capture = give_first(reader, wrap({**ROW, "text": BODY}))
    (row,) = reader.read_listing(capture).listings
    assert reader.read_notice(capture, row).buyer == "样例市公安局"


def test_a_detail_page_of_html_is_judged_and_read_as_a_page() -> None:
    reader = make_reader()
    page = make_capture(f"<html><body>{BODY}</body></html>", url=LISTING.url)
    assert reader.refused(page) is None
    assert reader.read_notice(page, LISTING).buyer == "样例市公安局"
    refusal = reader.refused(make_capture("<html><body>正文没有完", url=LISTING.url))
    assert refusal is not None
    assert refusal.state is SourceState.PARTIAL
