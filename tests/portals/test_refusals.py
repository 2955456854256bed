"""An answer that is no answer is known as one; an ordinary page never is."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import LayoutError
from monitor.models import SourceState, Span
from monitor.portals import PORTALS
from monitor.portals.base import Portal
from monitor.portals.refusals import (
    find_json_refusal,
    find_refusal,
    find_truncation,
    refuse_code,
)
from monitor.sample.notices import Publication, load_notices
from monitor.sample.pages import render_detail, render_list
from monitor.stanzas import (
    CmsOptions,
    JsonListOptions,
    RowSelectors,
    SourceConfig,
    TedOptions,
    ZcyOptions,
)
from tests.portals import ordinary_pages
from tests.portals.blocked_forms import FOLDER, FORMS, MEANINGS, page
from tests.portals.captures import NOW, make_capture

HERE = Path(__file__).parent
# A page that its script fills: only the portal that knows the variable may read it.
SCRIPTED = {"shipped_hebei_detail.html"}
SAVED = sorted(
    path
    for folder in (HERE / "pages", HERE.parent / "cases" / "pages")
    for path in folder.iterdir()
    if path.suffix in (".html", ".json") and path.name not in SCRIPTED
)
PUBLISHED = [Publication(notice, NOW) for notice in load_notices()]
STATUSES_WITH_STATES = {
    **dict.fromkeys((401, 403, 405, 412, 418, 429, 521), SourceState.BLOCKED),
    **dict.fromkeys((404, 410), SourceState.DRIFTED),
    **dict.fromkeys((204, 304, 500, 502, 503), SourceState.UNREACHABLE),
}


def make_source(portal: str) -> SourceConfig:
    """Return a stanza of any portal, with the parts that some cannot do without."""
    return SourceConfig(
        portal=portal,
        lists=["http://portal.example/cggg/"],
        site="http://portal.example",
        row=RowSelectors(row="li"),
        freecms=CmsOptions(site_id="1", channel="1"),
        gpcms=CmsOptions(site_id="1", channel="1"),
        zcy=ZcyOptions(parent="1", codes={"C1": "采购公告"}, year=NOW.year),
        jsonlist=JsonListOptions(rows="rows", id="id", title="title", date="date", url="url"),
        ted=TedOptions(query="buyer-country = DEU"),
    )


@pytest.mark.parametrize("name", FORMS)
def test_an_answer_that_is_none_is_refused_with_its_cause(name: str) -> None:
    form = FORMS[name]
    refusal = find_refusal(form.capture())
    assert refusal is not None
    assert refusal.state is form.state
    assert form.word in refusal.cause
    assert refusal.advice
    assert "\n" not in refusal.cause
    assert form.status == 200 or f"HTTP {form.status}" in refusal.cause


@pytest.mark.parametrize("status", STATUSES_WITH_STATES)
def test_a_status_decides_whatever_the_page_says(status: int) -> None:
    refusal = find_refusal(make_capture(page("正文" * 500), status=status))
    assert refusal is not None
    assert refusal.state is STATUSES_WITH_STATES[status]
    assert str(status) in refusal.cause


@pytest.mark.parametrize("body", ["", " ", "\r\n\t ", "\n" * 5000])
def test_an_empty_body_is_empty_and_no_page(body: str) -> None:
    refusal = find_refusal(make_capture(body))
    assert refusal is not None
    assert refusal.state is SourceState.EMPTY


def test_a_block_page_in_an_old_encoding_that_no_header_names_is_blocked() -> None:
    body = page("您的访问过于频繁，请稍后再试。").encode("gb18030")
    refusal = find_refusal(make_capture(body, content_type="text/html"))
    assert refusal is not None
    assert refusal.state is SourceState.BLOCKED


@pytest.mark.parametrize("name", FORMS)
def test_the_same_answer_is_refused_where_json_was_due(name: str) -> None:
    assert find_json_refusal(FORMS[name].capture()) is not None


def test_every_page_in_the_folder_of_blocks_has_a_meaning() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == MEANINGS.keys()


@pytest.mark.parametrize("kind", PORTALS)
@pytest.mark.parametrize("name", FORMS)
def test_no_portal_makes_listings_of_an_answer_that_is_none(kind: str, name: str) -> None:
    portal: Portal = PORTALS[kind](make_source(kind))
    requests = portal.ask_lists(Span(NOW - timedelta(days=1), NOW))
    assert requests
    for request in requests[:3]:
        capture = FORMS[name].capture(request.url)
        if portal.refused(capture) is None:
            with pytest.raises(LayoutError):
                portal.read_listing(capture)


@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.name)
def test_a_saved_page_is_never_refused(path: Path) -> None:
    body = path.read_bytes()
    assert find_refusal(make_capture(body, content_type="text/html")) is None
    if path.suffix == ".json":
        assert find_json_refusal(make_capture(body)) is None


@pytest.mark.parametrize("publication", PUBLISHED, ids=lambda p: str(p.notice.id))
def test_an_ordinary_notice_is_never_refused(publication: Publication) -> None:
    text = render_detail(publication, PUBLISHED[:5])
    assert find_refusal(make_capture(text)) is None
    assert find_truncation(text) is None


@pytest.mark.parametrize("text", [render_list(PUBLISHED[:20], 0, 3), render_list([], 0, 1)])
def test_an_ordinary_list_is_never_refused(text: str) -> None:
    assert find_refusal(make_capture(text)) is None


@pytest.mark.parametrize("name", ordinary_pages.PAGES)
def test_a_page_that_only_speaks_of_blocks_is_never_refused(name: str) -> None:
    assert find_refusal(make_capture(ordinary_pages.PAGES[name])) is None


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("http://portal.example/a", "https://www.portal.example/a"),
        ("http://portal.example/login/list", "http://portal.example/login/list/"),
        ("http://cas.example/list", "http://www.cas.example/list"),
        ("http://portal.example/a", "http://portal.example/plugins/design-index/blogindex.html"),
        ("http://portal.example/a", "http://portal.example/a?from=login"),
    ],
)
def test_a_redirect_that_stays_with_the_site_is_no_detour(asked: str, shown: str) -> None:
    capture = make_capture(page("<a href=1>样例市公安局安检门采购公告</a>"), url=asked)
    assert find_refusal(replace(capture, final_url=shown)) is None


def test_a_page_cut_off_before_its_end_is_partial() -> None:
    whole = render_list(PUBLISHED[:20], 0, 3)
    refusal = find_truncation(whole[: len(whole) // 2])
    assert refusal is not None
    assert refusal.state is SourceState.PARTIAL
    assert find_truncation("<p>片段</p>") is None


@pytest.mark.parametrize(
    ("body", "state", "cause"),
    [
        ("", SourceState.EMPTY, "HTTP 200 with an empty body"),
        (page("", "访问查询"), SourceState.BLOCKED, "HTML page '访问查询' where JSON was due"),
        ("<div>采购公告</div>", SourceState.BLOCKED, "HTML page where JSON was due"),
        ("nsssjss is null", SourceState.BLOCKED, "text 'nsssjss is null' where JSON was due"),
        ('{"rows":[{"id":1},{"id"', SourceState.PARTIAL, "JSON cut short"),
        ('{"rows":[{"id":1}', SourceState.PARTIAL, "JSON cut short"),
        ("[", SourceState.PARTIAL, "JSON cut short"),
        ('{"rows":[1 2],"n":3}', SourceState.PARTIAL, "damaged JSON at character 11"),
        ("[" * 100_000, SourceState.DRIFTED, "JSON nested too deep"),
        ("%PDF-1.4", SourceState.DRIFTED, "PDF file where JSON was due"),
        (gzip.compress(b"{}"), SourceState.DRIFTED, "gzip file where JSON was due"),
    ],
)
def test_what_is_no_json_is_named(body: str | bytes, state: SourceState, cause: str) -> None:
    refusal = find_json_refusal(make_capture(body))
    assert refusal is not None
    assert (refusal.state, refusal.cause) == (state, cause)


@pytest.mark.parametrize(
    "body",
    [
        '{"code":200,"data":[]}',
        '\ufeff\r\n {"code":200,"data":{"rows":[],"total":0},"msg":"操作成功"}',
        'jQuery183_1({"rows":[1]});',
        '{"value":1e9999}',
        "[]",
        "null",
        '"text"',
        '{"msg":"您的访问过于频繁","rows":[{"id":1}]}',
        json.dumps({"title": "样例市公安局人机验证系统采购公告", "content": "请完成安全验证"}),
        json.dumps({"title": "登录超时", "content": "正文" * 2500}),
        '{"code":999,"message":"系统异常"}',
    ],
)
def test_json_is_left_to_its_portal(body: str) -> None:
    assert find_json_refusal(make_capture(body)) is None


def test_json_that_its_portal_mends_is_no_damage() -> None:
    capture = make_capture('{"value": 000,"rows":[]}')
    assert find_json_refusal(capture) is not None

    def mend(text: str) -> object:
        return json.loads(text.replace(" 000,", "0,"))

    assert find_json_refusal(capture, parse=mend) is None


@pytest.mark.parametrize(
    "body",
    [
        page("您的IP地址 192.0.2.77 已被封禁"),
        page("休息一下 http://evil.example/a www.evil.example 13800138000", ""),
        "see http://evil.example/ 13800138000 admin@portal.example",
    ],
)
def test_a_cause_quotes_no_address_and_no_number(body: str) -> None:
    for refusal in (find_refusal(make_capture(body)), find_json_refusal(make_capture(body))):
        assert refusal is not None
        assert not any(part in refusal.cause for part in ("evil", "192.0", "13800", "@"))


def test_a_code_means_what_its_portal_says() -> None:
    table = {"829": SourceState.BLOCKED, "801": SourceState.DRIFTED}
    refusal = refuse_code(829, "需要验证码", table)
    assert refusal is not None
    assert (refusal.state, refusal.cause) == (SourceState.BLOCKED, "code 829: 需要验证码")
    assert refuse_code("801", "", table) is not None
    assert refuse_code(200, "", table) is None


def _list_pieces() -> list[str]:
    pieces = [form.body for form in FORMS.values() if isinstance(form.body, str)]
    odd = ("<a", "<!--", "<script", '{"a":[', "\ufeff", "\0")
    return [*pieces, *ordinary_pages.PAGES.values(), *odd]


@given(
    st.one_of(
        st.binary(max_size=400),
        st.lists(st.sampled_from(_list_pieces()), max_size=4).map(lambda p: "".join(p).encode()),
    ),
    st.integers(min_value=100, max_value=599),
    st.text(max_size=40),
    st.dictionaries(st.sampled_from(["Content-Type", "punish-type", "X"]), st.text(max_size=20)),
)
@settings(max_examples=200, deadline=None)
def test_any_answer_gets_a_verdict(
    body: bytes, status: int, url: str, headers: dict[str, str]
) -> None:
    made = make_capture(body, status=status)
    capture = replace(made, final_url=url, headers=tuple(headers.items()))
    for refusal in (find_refusal(capture), find_json_refusal(capture)):
        assert refusal is None or (refusal.cause and refusal.advice)
        assert status in (200, 203) or refusal is not None


@pytest.mark.parametrize(
    "piece",
    [
        "<a ",
        "<!--",
        "<script>",
        "<",
        "<title",
        "<a>",
        "&#35775;",
        "<meta ",
        "{",
        "公安局",
        "<!--a-->",
        "采购",
    ],
)
def test_a_page_of_one_piece_over_and_over_is_judged(piece: str) -> None:
    for size in (60, 1400, 499_000):
        refusal = find_refusal(make_capture(piece * (size // len(piece))))
        assert refusal is None or refusal.cause
    assert find_refusal(make_capture(piece * (1_000_000 // len(piece)))) is None
