"""An answer that is no answer is known as one; an ordinary page never is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.models import SourceState
from monitor.portals.base import find_refusal, find_truncation
from monitor.sample.notices import Publication, load_notices
from monitor.sample.pages import render_detail, render_list
from tests.portals.captures import NOW, make_capture

BLOCKED, EMPTY = SourceState.BLOCKED, SourceState.EMPTY
PUBLISHED = [Publication(notice, NOW) for notice in load_notices()]


def page(text: str, title: str = "提示", head: str = "") -> str:
    return f"<html><head><title>{title}</title>{head}</head><body>{text}</body></html>"


BLOCK_PAGES = {
    "too often": page("您的访问过于频繁，请稍后再试。"),
    "too often, another order": page("频繁访问！系统已暂停服务"),
    "rate": page("您当前的访问频率过高"),
    "captcha": page("请输入验证码后继续访问"),
    "slider": page("<div id='nc_1_n1z'></div><p>请拖动滑块完成验证</p>"),
    "slide check": page("", "滑动验证页面", "<script src='/awsc.js'></script>"),
    "human check": page("人机验证：请确认您不是机器人"),
    "safety check": page("正在进行安全验证，请稍候……"),
    "refused": page("拒绝访问"),
    "forbidden": page("禁止访问", "403"),
    "address closed": page("您的IP地址 192.0.2.1 已被封禁"),
    "firewall": page("您的请求存在可能的威胁，已被网站防火墙阻断"),
    "upkeep": page("系统维护中，给您带来不便敬请谅解"),
    "site upkeep": page("网站维护公告：暂停服务"),
    "access denied": page("You don't have permission. Reference #18", "Access Denied"),
    "blocked": page("Sorry, you have been blocked"),
    "rejected": page("The requested URL: request rejected. Your support ID is 1"),
    "moment": page("", "Just a moment..."),
    "checking": page("Checking your browser before accessing the site."),
    "human": page("Please verify you are a human"),
    "attention": page("Please complete the security check", "Attention Required! | Sample"),
    "too many": page("Too Many Requests"),
    "web firewall": page("Web Application Firewall"),
    "script wanted": page("Please enable JavaScript and reload"),
    "cookie challenge": "<script>var arg1='ABC';document.cookie='acw_sc__v2=x';</script>",
    "reload challenge": "<html><script>setTimeout(function(){location.reload()},1)</script></html>",
    "packed challenge": "<script>eval(function(p,a,c,k,e,d){return p}('0',1))</script>",
    "redirect by script": "<html><body><script>location.href='/waf?u=1'</script></body></html>",
    "login": page("<form><input name=u><input type='password' name=p></form>", "用户登录"),
}


@pytest.mark.parametrize("name", BLOCK_PAGES)
def test_a_block_page_with_status_200_is_blocked(name: str) -> None:
    refusal = find_refusal(make_capture(BLOCK_PAGES[name]))
    assert refusal is not None
    assert refusal.state is BLOCKED
    assert refusal.cause
    assert refusal.advice


def test_a_block_page_in_an_old_encoding_is_blocked() -> None:
    body = page("您的访问过于频繁，请稍后再试。").encode("gb18030")
    refusal = find_refusal(make_capture(body, content_type="text/html"))
    assert refusal is not None
    assert refusal.state is BLOCKED


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (401, BLOCKED),
        (403, BLOCKED),
        (405, BLOCKED),
        (412, BLOCKED),
        (418, BLOCKED),
        (429, BLOCKED),
        (521, BLOCKED),
        (404, SourceState.DRIFTED),
        (410, SourceState.DRIFTED),
        (500, SourceState.UNREACHABLE),
        (502, SourceState.UNREACHABLE),
        (503, SourceState.UNREACHABLE),
        (204, SourceState.UNREACHABLE),
        (304, SourceState.UNREACHABLE),
    ],
)
def test_a_status_that_is_no_success_has_its_state(status: int, state: SourceState) -> None:
    refusal = find_refusal(make_capture(page("正文" * 500), status=status))
    assert refusal is not None
    assert refusal.state is state
    assert str(status) in refusal.cause


@pytest.mark.parametrize("body", ["", " ", "\r\n\t ", "\n" * 5000])
def test_an_empty_body_is_empty_and_no_page(body: str) -> None:
    refusal = find_refusal(make_capture(body))
    assert refusal is not None
    assert refusal.state is EMPTY


@pytest.mark.parametrize("publication", PUBLISHED, ids=lambda p: str(p.notice.id))
def test_an_ordinary_notice_is_never_refused(publication: Publication) -> None:
    text = render_detail(publication, PUBLISHED[:5])
    assert find_refusal(make_capture(text)) is None
    assert find_truncation(text) is None


@pytest.mark.parametrize(
    "text",
    [
        render_list(PUBLISHED[:20], 0, 3),
        render_list([], 0, 1),
        page(
            "<p>样例市公安局人机验证系统、滑动验证组件采购项目，详见附件。</p>"
            + "<p>采购内容</p>" * 300
        ),
        page("<h1>样例市公安局安检门采购公告</h1><p>" + "采购内容说明。" * 60 + "</p>"),
        '<?xml version="1.0"?><rss version="2.0"><channel><title>样例</title></channel></rss>',
    ],
)
def test_an_ordinary_page_is_never_refused(text: str) -> None:
    assert find_refusal(make_capture(text)) is None


def test_a_page_cut_off_before_its_end_is_partial() -> None:
    whole = render_list(PUBLISHED[:20], 0, 3)
    refusal = find_truncation(whole[: len(whole) // 2])
    assert refusal is not None
    assert refusal.state is SourceState.PARTIAL
    assert find_truncation("<p>片段</p>") is None


@given(st.binary(max_size=400), st.integers(min_value=100, max_value=599))
@settings(max_examples=150, deadline=None)
def test_any_answer_gets_a_verdict(body: bytes, status: int) -> None:
    refusal = find_refusal(make_capture(body, status=status))
    assert refusal is None or refusal.cause
