"""Of a crawl the notices are read, and what else it keeps is told apart and counted."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from monitor.models import Capture
from monitor.reading.savedfiles import find_saved
from monitor.warc import pack_capture
from tests.portals.sites.base import Fact
from tests.portals.sites.ocds import make_package, write_package
from tests.reading.saving import FACT, LIST, NOON, PAGE, find_all


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.html", f"<html><ul>{LIST}</ul></html>", "list page"),
        ("a.html", f"<html><ul class='c_list_bid'>{LIST[:80]}</ul></html>", "list page"),
        ("a.json", json.dumps({"rows": [{"title": "甲"}, {"title": "乙"}]}), "JSON list"),
    ],
)
def test_a_list_is_no_notice_and_is_counted(
    tmp_path: Path, name: str, text: str, reason: str
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    found, tally = find_all(tmp_path / name)
    assert (found, tally.unreadable, dict(tally.skipped)) == ([], [], {reason: 1})


def test_a_notice_beside_a_list_of_others_is_no_list(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(PAGE.replace("</body>", f"<ul>{LIST}</ul></body>"), "utf-8")
    (tmp_path / "b.html").write_text(f"<p>{FACT.body() * 3}</p><ul>{LIST}</ul>", "utf-8")
    answer = {"content": FACT.body(), "others": [{"title": "甲"}, {"title": "乙"}]}
    (tmp_path / "c.json").write_text(json.dumps(answer), "utf-8")
    found, tally = find_all(tmp_path)
    assert ([Path(saved.place).name for saved in found], dict(tally.skipped)) == (
        ["a.html", "b.html", "c.json"], {},
    )  # fmt: skip


def write_warc(path: Path, *answers: tuple[str, str, str, bytes], packed: bool = True) -> None:
    """Write a WARC file as any tool would: url, status, content type and body of each response."""
    records = (_write_response(*answer) for answer in answers)
    path.write_bytes(b"".join(gzip.compress(one) if packed else one for one in records))


def _write_response(url: str, status: str, kind: str, body: bytes) -> bytes:
    block = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n\r\n".encode() + body
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\n"
        "WARC-Date: 2026-11-22T04:00:00Z\r\nWARC-Record-ID: <urn:uuid:0-0>\r\n"
        f"Content-Type: application/http; msgtype=response\r\n"
        f"Content-Length: {len(block)}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


HTML = "text/html; charset=utf-8"
SITE = "https://site.example"


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_notices_of_a_crawl_are_read_and_the_rest_is_counted(tmp_path: Path, name: str) -> None:
    package = write_package(make_package([Fact(1), Fact(2)]))
    detail = json.dumps({"content": FACT.body()}).encode()
    block = "<html><title>频繁访问!中国政府采购网</title><body>您的访问过于频繁</body></html>"
    write_warc(
        tmp_path / name,
        (f"{SITE}/robots.txt", "200 OK", "text/plain", b"User-agent: *"),
        (f"{SITE}/list/", "200 OK", HTML, f"<html><ul>{LIST}</ul></html>".encode()),
        (f"{SITE}/1.htm", "200 OK", HTML, PAGE.encode()),
        (f"{SITE}/style.css", "200 OK", "text/css", b"a{}"),
        (f"{SITE}/gone.htm", "404 Not Found", HTML, PAGE.encode()),
        (f"{SITE}/2.htm", "200 OK", HTML, block.encode()),
        (f"{SITE}/3.htm", "200 OK", HTML, b""),
        (f"{SITE}/api/list", "200 OK", "application/json", b'[{"title": "a"}, {"title": "b"}]'),
        (f"{SITE}/api/ok", "200 OK", "application/json", b'{"code": 200, "data": null}'),
        (f"{SITE}/api/7", "200 OK", "application/json", detail),
        (f"{SITE}/releases", "200 OK", "application/json", package),
        ("dns:site.example", "200 OK", "text/plain", b"x"),
        packed=name.endswith("gz"),
    )  # fmt: skip
    found, tally = find_all(tmp_path / name)
    assert [saved.id.removeprefix(SITE) for saved in found] == [
        "/1.htm", "/api/7", "ocds-sample-SAMPLE-2026-001/r1", "ocds-sample-SAMPLE-2026-001/r2",
    ]  # fmt: skip
    assert [saved.read().buyer for saved in found] == ["样例市公安局"] * 4
    assert tally.unreadable == []
    assert dict(tally.skipped) == {
        "robots.txt": 1, "list page": 1, "text/css file": 1, "no answer: drifted": 1,
        "no answer: blocked": 1, "no answer: empty": 1, "JSON list": 1, "JSON without a notice": 1,
        "no web page": 1,
    }  # fmt: skip


def test_our_own_captures_are_read(tmp_path: Path) -> None:
    body = PAGE.encode()
    headers = (("Content-Type", HTML), ("Content-Encoding", "gzip"))
    url = f"{SITE}/7.htm"
    digest = hashlib.sha256(body).hexdigest()
    capture = Capture(url, url, NOON, 200, headers, body, digest)
    (tmp_path / "a.warc.gz").write_bytes(pack_capture(capture))
    [saved] = find_saved(tmp_path)
    assert (saved.id, saved.sha256) == (url, digest)


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
@pytest.mark.parametrize("kept", [0.9, 0.75, 0.6])
def test_a_torn_tail_is_named_and_what_stands_before_is_read(
    tmp_path: Path, name: str, kept: float
) -> None:
    pages = [(f"{SITE}/{n}.htm", "200 OK", HTML, PAGE.encode()) for n in range(2)]
    path = tmp_path / name
    write_warc(path, *pages, packed=name.endswith("gz"))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    found, tally = find_all(path)
    assert [saved.url for saved in found] == [f"{SITE}/0.htm"]
    assert [str(error).startswith(f"{path}: ") for error in tally.unreadable] == [True]
