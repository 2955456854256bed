"""Ways about a page's tree: what the index answers is what soupsieve would."""

from __future__ import annotations

import pytest

from monitor.text.tree import Element, parse_html, select_all, select_first, walk_elements

PAGE = """
<html><head><title>t</title><meta name="PubDate" content="x"></head><body>
<div id="zoom" class="main wide"><h1>a</h1>
<div class="main"><a class="on b" href="#">c</a></div></div>
<div class="main-not"><ul class="fjxx"><li><a name="on">d</a></li></ul></div>
<table><tr><td class="main">e</td></tr></table><p id="ZOOM">f</p>
</body></html>
"""
SELECTORS = (
    "a", ".main", "div.main", "#zoom", "div#zoom", "p#zoom", '[name="on"]', 'meta[name="PubDate"]',
    "div.main > div.main", "div > a", "body", "h2", ".MAIN", "div.main a.on", "a[href]", "td,h1",
)  # fmt: skip


@pytest.mark.parametrize("css", SELECTORS)
@pytest.mark.parametrize("start", ["page", "body", "div"])
def test_a_selector_finds_what_soupsieve_finds(css: str, start: str) -> None:
    page = parse_html(PAGE)
    root: Element | None = page if start == "page" else select_first(page, start)
    assert root is not None
    assert select_all(root, css) == list(root.select(css))


def test_the_first_selector_that_finds_anything_decides() -> None:
    found = select_first(parse_html(PAGE), "h6", "h1", "div")
    assert found is not None
    assert found.name == "h1"
    assert select_first(parse_html(PAGE), "h6") is None


def test_a_class_stays_as_written() -> None:
    (link,) = select_all(parse_html(PAGE), "a.on")
    assert link["class"] == "on b"


def test_an_undressed_page_keeps_the_words_and_what_selectors_ask_for() -> None:
    html = (
        '<p>采购<span>希<b>捷</b></span><font color="red">硬盘</font><span id="time">今天</span>'
        '<span style="display:none">旧</span></p>'
    )
    page = parse_html(html, dressed=False)
    assert page.get_text() == "采购希捷硬盘今天旧"
    assert [tag.name for tag in walk_elements(page)] == ["html", "body", "p", "span", "span"]
    assert select_first(page, "#time") is not None
