"""What the documentation says of portals: its examples work, its tables are whole."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.config import ConfigFile
from monitor.errors import LayoutError
from monitor.models import Capture, Listing, Request, SourceState, Span
from monitor.portals import PORTALS
from monitor.portals.base import Portal
from monitor.portals.jsonlist import JsonListPortal
from monitor.stanzas import SourceConfig
from monitor.web.signing import load_sign
from monitor.yamlfile import load_yaml
from tests.kit.coverage_table import find_table, render_table
from tests.kit.docpages import list_blocks, read_page

LONGEST_TRAP = 150
NOON = datetime(2026, 5, 31, 4, tzinfo=UTC)


def test_the_worked_example_of_a_json_list_reads_its_answer(tmp_path: Path) -> None:
    page = "docs/configuration.md"
    stanza = next(block for block in list_blocks(page, "yaml") if "  some-province:" in block)
    path = tmp_path / "config.yaml"
    path.write_text(f"receivers: {{t: {{type: terminal}}}}\nsources:\n{stanza}", "utf-8")
    portal = JsonListPortal(load_yaml(path, ConfigFile).value.sources["some-province"])
    first, second = portal.ask_lists(Span(NOON, NOON))
    assert (first.url, second.url) == tuple(
        "https://zfcg.example.gov.cn/api/list"
        f"?type={kind}&from=2026-05-31&to=2026-05-31&page=1&size=20"
        for kind in "12"
    )
    answer = list_blocks(page, "json")[0].encode()
    listed = portal.read_listing(Capture(second.url, second.url, NOON, 200, (), answer, sha256=""))
    [row] = listed.listings
    assert (row.listing_id, row.buyer, row.notice_type) == ("a/7", "样例市公安局", "中标公告")
    assert row.url == "https://zfcg.example.gov.cn/notice?id=a%2F7"
    assert listed.next is not None
    url = portal.ask_notice(row).url
    assert url == "https://zfcg.example.gov.cn/api/detail?id=a%2F7"
    body = '{"code": 200, "data": {"html": "<p>采购人：样例市公安局</p>"}}'.encode()
    notice = portal.read_notice(Capture(url, url, NOON, 200, (), body, sha256=""), row)
    assert notice.buyer == "样例市公安局"


def test_the_sign_file_of_the_documentation_signs_a_request(tmp_path: Path) -> None:
    (tmp_path / "sign.py").write_text(list_blocks("docs/configuration.md", "python")[0], "utf-8")
    (tmp_path / "some-province.secret").write_bytes(b"sample\n")
    sign = load_sign(tmp_path / "sign.py")
    sent = Request("https://zfcg.example.gov.cn/portal/category", "POST", b'{"pageNo":1}')
    headers = sign(sent, NOON)
    assert headers["X-Time"] == "1780200000000"
    other = Request(sent.url, "POST", b'{"pageNo": 1}')
    assert sign(other, NOON)["X-Sign"] != headers["X-Sign"]


def load_example(tmp_path: Path) -> Portal:
    """Return the portal that docs/portals.md shows."""
    path = tmp_path / "example_portal.py"
    path.write_text(list_blocks("docs/portals.md", "python")[0], "utf-8")
    spec = importlib.util.spec_from_file_location("example_portal", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["example_portal"] = module
    spec.loader.exec_module(module)
    lists = ["http://portal.example/api/list"]
    portal: Portal = module.ExamplePortal(SourceConfig(portal="example", lists=lists))
    return portal


def make_answer(url: str, body: str) -> Capture:
    return Capture(url, url, NOON, 200, (), body.encode(), sha256="")


def test_the_portal_of_the_documentation_reads_lists_and_notices(tmp_path: Path) -> None:
    portal = load_example(tmp_path)
    [first] = portal.ask_lists(Span(NOON, NOON))
    row = {"id": "7", "url": "/7.html", "title": "样例", "time": "2026-05-31 10:00"}
    rows = [row | {"id": str(number), "unit": "样例市公安局"} for number in range(20)]
    page = portal.read_listing(make_answer(first.url, json.dumps({"total": 21, "rows": rows})))
    assert (page.total, page.issues, len(page.listings)) == (21, (), 20)
    assert page.listings[0].url == "http://portal.example/7.html"
    assert page.next == Request("http://portal.example/api/list?page=2")
    last = make_answer(page.next.url, json.dumps({"total": 21, "rows": [row]}))
    assert portal.read_listing(last).next is None
    listing = Listing("7", "http://portal.example/7.html", "样例")
    shown = "<html><body><article><p>采购人：样例市公安局</p></article></body></html>"
    notice = portal.read_notice(make_answer(listing.url, shown), listing)
    assert notice.buyer == "样例市公安局"


def test_the_portal_of_the_documentation_knows_what_is_no_answer(tmp_path: Path) -> None:
    portal = load_example(tmp_path)
    url = "http://portal.example/api/list"
    refusal = portal.refused(make_answer(url, "<html><title>频繁访问</title></html>"))
    assert refusal is not None
    assert refusal.state is SourceState.BLOCKED
    with pytest.raises(LayoutError, match="rows"):
        portal.read_listing(make_answer(url, '{"total": 3}'))


def list_portal_rows() -> list[str]:
    section = read_page("docs/portals.md").partition("\n## The portals\n")[2].split("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \|", section, re.M)


def test_every_portal_has_its_row_and_no_other() -> None:
    assert sorted(list_portal_rows()) == sorted(PORTALS)


def test_every_portal_has_traps_and_each_is_short() -> None:
    section = read_page("docs/portals.md").partition("\n## Traps\n")[2].split("\n## ")[0]
    parts = re.split(r"^\*\*(\w+)\*\*$", section, flags=re.M)[1:]
    traps = dict(zip(parts[::2], parts[1::2], strict=True))
    assert traps.keys() == PORTALS.keys() - {"sample"}
    for name, text in traps.items():
        entries = re.findall(r"^- (.+?)(?=\n- |\n*\Z)", text, re.M | re.S)
        assert entries, name
        assert [one for one in entries if len(one) > LONGEST_TRAP] == [], name


def test_the_coverage_shown_is_that_of_the_shipped_sources() -> None:
    shown = find_table(read_page("docs/portals.md"))
    assert shown == render_table(), "run `python -m tests.kit.coverage_table`"
