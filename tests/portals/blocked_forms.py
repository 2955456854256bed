"""Answers that are none, each as a shield, a server or a network on the way sends it."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, replace
from pathlib import Path

from monitor.models import Capture, SourceState
from tests.portals.captures import make_capture

BLOCKED, DRIFTED = SourceState.BLOCKED, SourceState.DRIFTED
EMPTY, PARTIAL, UNREACHABLE = SourceState.EMPTY, SourceState.PARTIAL, SourceState.UNREACHABLE

FOLDER = Path(__file__).with_name("blocked")
# What each page of the folder means, and a word of its cause.
MEANINGS = {
    "aliyun_405": (BLOCKED, "阻断"),
    "aliyun_challenge": (BLOCKED, "script challenge"),
    "aliyun_render_data": (BLOCKED, "script challenge"),
    "aliyun_slider": (BLOCKED, "AliyunCaptcha"),
    "apache_first_page": (DRIFTED, "empty web server"),
    "behind_frame": (BLOCKED, "次数过多"),
    "busy_search": (BLOCKED, "搜索平台"),
    "captive_portal": (UNREACHABLE, "network on the way"),
    "cdn_denied": (BLOCKED, "Access Denied"),
    "chuangyu_block": (BLOCKED, "拦截"),
    "click_words": (BLOCKED, "安全验证"),
    "cloudflare_blocked": (BLOCKED, "Attention Required"),
    "cloudflare_moment": (BLOCKED, "Just a moment"),
    "frame_of_nothing": (EMPTY, "without any text"),
    "gateway_within_200": (UNREACHABLE, "error page"),
    "geetest": (BLOCKED, "Geetest"),
    "gone_within_200": (DRIFTED, "page not found"),
    "huawei_418": (BLOCKED, "拦截"),
    "iis_403": (BLOCKED, "禁止访问"),
    "iis_first_page": (DRIFTED, "empty web server"),
    "image_code": (BLOCKED, "异常"),
    "incapsula": (BLOCKED, "_Incapsula_"),
    "jiasule_521": (BLOCKED, "script challenge"),
    "login_by_key": (BLOCKED, "login page"),
    "login_single": (BLOCKED, "login page"),
    "nc_slider": (BLOCKED, "滑块"),
    "netease": (BLOCKED, "NECaptcha"),
    "nginx_403": (BLOCKED, "403 Forbidden"),
    "nginx_first_page": (DRIFTED, "empty web server"),
    "not_registered": (UNREACHABLE, "备案"),
    "object_store_denied": (BLOCKED, "object store: AccessDenied"),
    "object_store_gone": (DRIFTED, "object store: NoSuchKey"),
    "panel_first_page": (DRIFTED, "empty web server"),
    "parked": (DRIFTED, "parked domain"),
    "ruishu_412": (BLOCKED, "script challenge"),
    "safedog_403": (BLOCKED, "拦截"),
    "script_shell": (DRIFTED, "scripts build"),
    "spoken_by_a_box": (BLOCKED, "过于频繁"),
    "strange_surroundings": (BLOCKED, "环境异常"),
    "tencent_403": (BLOCKED, "拦截"),
    "too_often_ccgp": (BLOCKED, "频繁访问"),
    "upkeep": (UNREACHABLE, "under maintenance"),
    "wangzhan_guard": (BLOCKED, "拦截"),
}


@dataclass(frozen=True)
class Form:
    """One answer that is none, the state it means, and a word of the cause that is told."""

    body: str | bytes
    state: SourceState = BLOCKED
    word: str = ""
    status: int = 200
    redirect: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    def capture(self, url: str = "http://portal.example/cggg/dfgg/") -> Capture:
        """Return the answer as it comes for an address."""
        made = make_capture(self.body, status=self.status, url=url)
        return replace(made, final_url=self.redirect or url, headers=(*made.headers, *self.headers))


def page(text: str, title: str = "提示", head: str = "") -> str:
    """Return a page with a text."""
    return f"<html><head><title>{title}</title>{head}</head><body>{text}</body></html>"


def read_form(name: str) -> str:
    """Return a page of the folder."""
    return FOLDER.joinpath(f"{name}.html").read_text("utf-8")


ORDINARY = page("<ul><li><a href='1.htm'>样例市公安局安检门采购公告</a></li></ul>" * 9)

SHORT = {
    "too often": Form(page("您的访问过于频繁，请稍后再试。"), word="过于频繁"),
    "too often, another order": Form(page("频繁访问！系统已暂停服务"), word="频繁访问"),
    "too often, in GB 18030": Form(page("您的访问过于频繁，请稍后再试。").encode("gb18030")),
    "rate": Form(page("您当前的访问频率过高")),
    "captcha": Form(page("请输入验证码后继续访问")),
    "captcha alone": Form(page("<input name=c>请输入验证码", "")),
    "slider": Form(page("<p>请拖动滑块完成验证</p>")),
    "slide check": Form(page("", "滑动验证页面", "<script src='/awsc.js'></script>")),
    "human check": Form(page("人机验证：请确认您不是机器人")),
    "safety check": Form(page("正在进行安全验证，请稍候……")),
    "refused": Form(page("拒绝访问")),
    "forbidden": Form(page("禁止访问", "403")),
    "address closed": Form(page("您的IP地址 192.0.2.1 已被封禁")),
    "address listed": Form(page("IP: 192.0.2.1 已被加入黑名单")),
    "firewall": Form(page("您的请求存在可能的威胁，已被网站防火墙阻断")),
    "access denied": Form(page("You don't have permission. Reference #18", "Access Denied")),
    "blocked": Form(page("Sorry, you have been blocked")),
    "rejected": Form(page("The requested URL: request rejected. Your support ID is 1")),
    "moment": Form(page("", "Just a moment...")),
    "checking": Form(page("Checking your browser before accessing the site.")),
    "human": Form(page("Please verify you are a human")),
    "attention": Form(page("Please complete the check", "Attention Required! | Sample")),
    "too many": Form(page("Too Many Requests")),
    "web firewall": Form(page("Web Application Firewall")),
    "script wanted": Form(page("Please enable JavaScript and reload")),
    "script wanted, without scripts": Form("<noscript>JavaScript is disabled.</noscript>"),
    "cookie challenge": Form(
        "<script>var arg1='ABC';document.cookie='acw_sc__v2=x';</script>", word="script challenge"
    ),
    "reload challenge": Form(
        "<html><script>setTimeout(function(){location.reload()},1)</script></html>"
    ),
    "packed challenge": Form("<script>eval(function(p,a,c,k,e,d){return p}('0',1))</script>"),
    "redirect by script": Form("<html><script>location.href='/waf?u=1'</script></html>"),
    "redirect by meta": Form(
        "<html><head><meta http-equiv='refresh' content='0; url=/x.html'></head></html>", DRIFTED
    ),
    "login": Form(
        page("<form><input name=u><input type='password' name=p></form>", "用户登录"),
        word="login page",
    ),
    "login wanted": Form(page("请先登录")),
    "login over": Form(page("login.timeout")),
    "upkeep": Form(page("系统维护中，给您带来不便敬请谅解"), UNREACHABLE, "maintenance"),
    "upkeep of the site": Form(page("网站维护公告：暂停服务"), UNREACHABLE, "maintenance"),
    "upkeep in the form of a notice": Form(
        page("<h1>关于样例省政府采购网系统升级维护期间暂停服务的公告</h1>", ""),
        UNREACHABLE,
        "maintenance",
    ),
    "an empty place of scripts": Form(
        page("<div id='root'>加载中</div><script src='/main.js'></script>", ""), DRIFTED, "scripts"
    ),
    "server busy": Form(page("服务器繁忙，请稍后再试"), UNREACHABLE, "error page"),
    "server failed": Form(page("系统异常，请联系管理员", "错误"), UNREACHABLE, "error page"),
    "a few words, never seen before": Form(page("休息一下，稍后再来", ""), DRIFTED, "休息一下"),
    "a few English words": Form(page("No input file specified.", ""), DRIFTED, "No input file"),
    "many words, never seen before": Form(
        page("<h2>抱歉</h2><p>" + "您的浏览触发了网站的防护规则，本次浏览已终止。" * 6, ""),
        DRIFTED,
        "says only",
    ),
    "a page for those with an account": Form(
        page("<p>当前页面需要登录后才能查看，供应商和评审专家请从各自入口进入。</p>")
    ),
    "a word without a page": Form("error", DRIFTED, "error"),
    "empty": Form("", EMPTY, "empty body"),
    "blanks": Form("\r\n\t " * 50, EMPTY, "blanks"),
    "NULs": Form(b"\0" * 4096, EMPTY, "blanks"),
    "a mark of byte order alone": Form(b"\xef\xbb\xbf", EMPTY),
    "packed without saying so": Form(gzip.compress(ORDINARY.encode()), DRIFTED, "gzip"),
    "JSON that says no": Form('{"code":403,"message":"请求过于频繁","data":null}', word="过于频繁"),
    "JSON that wants a login": Form('{"success":false,"msg":"login.timeout","data":[]}'),
    "redirect to a login": Form(
        ORDINARY, word="login page", redirect="http://portal.example/user/login?back=%2Fcggg"
    ),
    "redirect to a single sign-on": Form(
        ORDINARY, word="login page", redirect="https://sso.portal.example/cas/index"
    ),
    "redirect to a notice for guests": Form(
        ORDINARY, word="login page", redirect="http://portal.example/nologin.html"
    ),
    "redirect of a busy site": Form(
        ORDINARY, word="serverisbusy", redirect="http://portal.example/serverisbusy.html"
    ),
    "redirect to a punishment": Form(
        ORDINARY, redirect="http://portal.example/cggg/_____tmd_____/punish?x5secdata=a"
    ),
    "redirect to an error": Form(
        ORDINARY, DRIFTED, "redirect", redirect="http://portal.example/error/404.html"
    ),
    "a shield's header": Form(ORDINARY, word="punish-type", headers=(("Punish-Type", "sigchl"),)),
}  # fmt: skip

STATUSES = {
    "401": Form(page("Unauthorized"), status=401),
    "403": Form(read_form("nginx_403"), word="403 Forbidden", status=403),
    "403 of a site": Form(page("正文" * 500), status=403),
    "405": Form(
        read_form("aliyun_405"), word="阻断", status=405, headers=(("punish-type", "sigchl"),)
    ),
    "412": Form(read_form("ruishu_412"), word="script challenge", status=412),
    "418": Form(read_form("huawei_418"), word="拦截", status=418),
    "429": Form("", word="HTTP 429", status=429),
    "451": Form("", status=451),
    "521": Form(read_form("jiasule_521"), word="script challenge", status=521),
    "202 with a challenge": Form(read_form("ruishu_412"), word="script challenge", status=202),
    "503 with a challenge": Form(read_form("cloudflare_moment"), word="Just a moment", status=503),
    "500 with a block": Form(page("您的访问过于频繁"), word="过于频繁", status=500),
    "503": Form(page("Service Unavailable"), UNREACHABLE, "HTTP 503", status=503),
    "500": Form(page("系统异常"), UNREACHABLE, "HTTP 500", status=500),
    "502": Form("", UNREACHABLE, "HTTP 502", status=502),
    "202": Form("", UNREACHABLE, "HTTP 202", status=202),
    "204": Form("", UNREACHABLE, "HTTP 204", status=204),
    "304": Form("", UNREACHABLE, "HTTP 304", status=304),
    "511": Form(read_form("captive_portal"), UNREACHABLE, "HTTP 511", status=511),
    "404": Form(page("Not Found"), DRIFTED, "HTTP 404", status=404),
    "404 that leads home": Form(
        "<script>location.href='/'</script>", DRIFTED, "HTTP 404", status=404
    ),
    "410": Form(page("Gone"), DRIFTED, "HTTP 410", status=410),
}

PAGES = {name: Form(read_form(name), state, word) for name, (state, word) in MEANINGS.items()}

FORMS: dict[str, Form] = {
    **{f"short: {name}": form for name, form in SHORT.items()},
    **{f"status: {name}": form for name, form in STATUSES.items()},
    **{f"page: {name}": form for name, form in PAGES.items()},
}
