"""Attachments in every form that portals link to them."""

from __future__ import annotations

import pytest

from monitor.portals.links import BROKEN, BY_SCRIPT, find_documents
from monitor.portals.pages import read_page
from monitor.text.fields import PageFacts
from monitor.text.markup import parse_html, select_first

BASE = "http://portal.example/a/notice.html"
LINKS = [
    ('<a href="/f/清单.docx">清单</a>', "http://portal.example/f/清单.docx"),
    ('<a href="/d?id=3">附件1：采购需求.docx（1.2MB）</a>', "http://portal.example/d?id=3"),
    ('<p>附件：<a href="/d?id=3">附件下载</a></p>', "http://portal.example/d?id=3"),
    ('<a href="/d?f=a.docx&amp;n=1">下载</a>', "http://portal.example/d?f=a.docx&n=1"),
    ('<a href="/x/a.docm">需求</a>', "http://portal.example/x/a.docm"),
    ('<a href="/x/a.tar.gz">资料</a>', "http://portal.example/x/a.tar.gz"),
    ("<a href=\"javascript:down('/f/1.pdf')\">清单.pdf</a>", "http://portal.example/f/1.pdf"),
    ("<a onclick=\"get('/f/2.xls')\">表</a>", "http://portal.example/f/2.xls"),
    ('<p>附件：<a href="/x/scan.jpg">扫描件.jpg</a></p>', "http://portal.example/x/scan.jpg"),
    (
        '<a class="bizDownload" id="A-1">清单.pdf</a>',
        "https://download.ccgp.gov.cn/oss/download?uuid=A-1",
    ),
    ('<ul class="fjxx"><li><a href="/oss/1">一号</a></li></ul>', "http://portal.example/oss/1"),
]
NONE = [
    '<a href="/list.html">更多公告</a>',
    '<a href="http://www.site.et/">首页</a>',
    '<p>项目图片 <a href="/logo.png">标志</a></p>',
    '<a href="javascript:print()">打印</a>',
    '<a href="#top">返回</a>',
    '<a href="mailto:x@example.invalid">邮件</a>',
    '<p>采购文件在<a href="/login">这里</a>获取</p>',
]


@pytest.mark.parametrize(("html", "url"), LINKS)
def test_a_link_to_a_file_is_an_attachment_in_each_form(html: str, url: str) -> None:
    documents = find_documents(parse_html(f"<div>{html}</div>"), BASE)
    assert [document.url for document in documents] == [url]


@pytest.mark.parametrize("html", NONE)
def test_other_links_are_no_attachments(html: str) -> None:
    assert find_documents(parse_html(f"<div>{html}</div>"), BASE) == ()


def test_a_file_that_only_a_script_can_find_is_said_to_be_unread() -> None:
    html = "<p><a href=\"javascript:down('0a1b')\">报价表.xlsx</a></p>"
    (document,) = find_documents(parse_html(html), BASE)
    assert (document.name, document.url) == ("报价表.xlsx", "")
    assert (document.read, document.why) == (False, BY_SCRIPT)


@pytest.mark.parametrize("href", ["http://127.0.0.1\uff1a8080/a", "http://[::1/a"])
def test_a_file_whose_address_nobody_can_read_is_said_to_be_unread(href: str) -> None:
    [document] = find_documents(parse_html(f"<a href='{href}'>报价表.xlsx</a>"), BASE)
    assert (document.url, document.read, document.why) == ("", False, BROKEN)
    assert len(find_documents(parse_html(f"<a href='{href}.pdf'>公告正文</a>"), BASE)) == 1
    assert find_documents(parse_html(f"<a href='{href}'>首页</a>"), BASE) == ()


BESIDE = """<html><body><div class="nav"><a href="/manual.pdf">操作手册.pdf</a></div>
<div class="article"><p>采购人：样例市公安局，采购内容详见附件，请供应商按要求响应。</p></div>
<div class="attach"><a href="/f/1.docx">报价表.docx</a></div>
<p>相关文件：<a href="/f/2.pdf">清单</a></p><div class="other"><a href="/f/3.pdf">平台须知</a></div>
</body></html>"""


def test_attachments_beside_the_body_count_and_a_site_s_own_files_do_not() -> None:
    root = parse_html(BESIDE)
    body = select_first(root, "div.article")
    assert body is not None
    documents = find_documents(body, BASE, beside=root)
    assert [document.name for document in documents] == ["报价表.docx", "清单"]
    notice = read_page(BESIDE, PageFacts(BASE, "样例"), anchors=["div.article"])
    assert [document.name for document in notice.documents] == ["报价表.docx", "清单"]
