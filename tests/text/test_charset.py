"""Bytes to text: content decides over labels, and one bad byte costs one character."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.text.charset import decode_page

SIMPLE = "某某市公安局数据存储设备采购项目公开招标公告"
TRADITIONAL = "某某市警察局資料儲存設備採購案公開招標公告"
RARE = "㛃𠮷䶮"  # beyond GBK: four bytes each, or nearly so, in gb18030
HEADERS = ["", "text/html; charset=utf-8", "text/html;charset=GB2312", "text/html; charset=big5"]
HEADERS += ["text/html; charset=ISO-8859-1", "text/html; charset=no-such-thing", "charset="]


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize(
    ("text", "codec", "encoding"),
    [
        (SIMPLE, "utf-8", "utf-8"),
        (SIMPLE, "utf-8-sig", "utf-8"),
        (SIMPLE, "gb2312", "gb18030"),
        (SIMPLE + RARE, "gb18030", "gb18030"),
        (TRADITIONAL, "big5", "big5hkscs"),
        (TRADITIONAL, "utf-8", "utf-8"),
        (SIMPLE, "utf-16", "utf-16-le"),
    ],
)
def test_the_bytes_decide_whatever_the_header_says(
    text: str, codec: str, encoding: str, header: str
) -> None:
    page = f"<html><title>{text}</title></html>"
    decoded = decode_page(page.encode(codec), header)
    assert (decoded.text, decoded.encoding, decoded.replaced) == (page, encoding, 0)


@pytest.mark.parametrize("bad", [b"\xff", b"\x80", b"\xa1"])
@pytest.mark.parametrize(
    ("text", "codec", "encoding"),
    [(SIMPLE, "utf-8", "utf-8"), (SIMPLE, "gbk", "gb18030"), (TRADITIONAL, "big5", "big5hkscs")],
)
@pytest.mark.parametrize("header", HEADERS)
def test_one_bad_byte_leaves_the_page_readable(
    text: str, codec: str, encoding: str, bad: bytes, header: str
) -> None:
    page = f"<p>{text}</p>".encode(codec) + b"<p>" + bad + b"</p>" + text.encode(codec)
    decoded = decode_page(page, header)
    assert decoded.encoding == encoding
    assert decoded.text.count(text) == 2
    assert decoded.replaced == 1
    assert "1 sequences not" in decoded.note


@pytest.mark.parametrize(("codec", "text"), [("utf-8", SIMPLE), ("gbk", SIMPLE)])
def test_a_page_cut_inside_a_character_keeps_the_rest(codec: str, text: str) -> None:
    decoded = decode_page(text.encode(codec)[:-1], "text/html; charset=big5")
    assert decoded.text.startswith(text[:-1])
    assert decoded.replaced == 1


@pytest.mark.parametrize(
    "head",
    [
        '<meta charset="big5">',
        "<meta http-equiv='Content-Type' content='text/html; charset=big5'>",
        '<?xml version="1.0" encoding="Big5"?>',
    ],
)
def test_a_wrong_label_inside_the_page_is_noted(head: str) -> None:
    decoded = decode_page((head + SIMPLE).encode("gb18030"))
    assert decoded.text == head + SIMPLE
    assert decoded.note == "labelled big5hkscs, read as gb18030"


@pytest.mark.parametrize(
    ("text", "codec", "header"),
    [
        ("Avis d'attribution: équipement acheté à la préfecture", "cp1252", "iso-8859-1"),
        ("Уведомление о закупке оборудования", "cp1251", "windows-1251"),
        ("サーバ一式の調達について", "shift_jis", "shift_jis"),
        ("서버 구매 입찰 공고", "euc-kr", "euc-kr"),
    ],
)
def test_a_page_of_another_language_is_read_by_its_label(
    text: str, codec: str, header: str
) -> None:
    assert decode_page(text.encode(codec), f"text/html; charset={header}").text == text


@pytest.mark.parametrize("label", ["unicode_escape", "utf-7", "base64", "idna", "rot13", "hex"])
def test_a_label_never_names_a_codec_that_is_not_an_encoding_of_pages(label: str) -> None:
    body = b"+ADw- \\u4e2d \xff"
    assert decode_page(body, f"text/html; charset={label}").text == "+ADw- \\u4e2d \ufffd"


def test_nul_and_lone_surrogates_are_removed_and_said() -> None:
    decoded = decode_page("公\x00安\x00局".encode())
    assert (decoded.text, decoded.note) == ("公安局", "2 NUL or surrogates removed")
    half = b"\xff\xfe" + "公".encode("utf-16-le") + b"\x00\xd8" + "安".encode("utf-16-le")
    assert decode_page(half).text.encode("utf-8").decode() == "公\ufffd安"


def test_a_replacement_character_of_the_page_itself_is_not_counted() -> None:
    assert decode_page("公安\ufffd局".encode()).replaced == 0


def test_an_empty_page_is_empty_text() -> None:
    assert decode_page(b"") == decode_page(b"\xef\xbb\xbf")
    assert decode_page(b"").text == ""


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(HEADERS) | st.text(max_size=30))
def test_no_bytes_and_no_header_make_it_raise(body: bytes, header: str) -> None:
    decoded = decode_page(body, header)
    assert "\x00" not in decoded.text
    decoded.text.encode("utf-8")


@settings(max_examples=100, deadline=None)
@given(
    st.text(alphabet=st.sampled_from(SIMPLE), max_size=80),
    st.sampled_from(["utf-8", "gb18030"]),
    st.sampled_from(HEADERS),
)
def test_a_page_of_common_hanzi_tells_its_encoding_whatever_its_label(
    text: str, codec: str, header: str
) -> None:
    # A page has a few words of its trade; one character repeated could be two encodings.
    page = f"{text}采购项目中标结果公告，采购人名称及联系方式"
    assert decode_page(page.encode(codec), header).text == page


def test_an_encoding_is_found_behind_a_long_head_of_plain_letters() -> None:
    body = b"<script>" + b"x" * 200_000 + b"</script>" + "样例市公安局采购服务器".encode("gb18030")
    decoded = decode_page(body)
    assert (decoded.encoding, decoded.replaced) == ("gb18030", 0)
