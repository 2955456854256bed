"""Saved notices are found in every kind of file, each with a name that stays and a way to read."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import LayoutError
from monitor.models import Tag
from monitor.reading import savedfiles
from monitor.reading.savedfiles import UnreadableError, find_saved
from monitor.reading.savednotices import Form
from tests.kit.program import run_once, write_config
from tests.portals.sites.base import Fact
from tests.portals.sites.ocds import make_package, write_package
from tests.portals.sites.sam import make_row as make_sam_row
from tests.portals.sites.ted import make_row as make_ted_row
from tests.portals.sites.worldbank import make_row as make_bank_row
from tests.reading.saving import FACT, NOON, PAGE, find_all


@pytest.mark.parametrize("name", ["a.html", "a.HTM", "a.shtml"])
@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_a_page_is_named_by_its_content_and_read(tmp_path: Path, name: str, charset: str) -> None:
    path = tmp_path / name
    path.write_bytes(PAGE.encode(charset))
    [saved] = find_saved(path)
    assert saved.id == f"sha256:{hashlib.sha256(PAGE.encode(charset)).hexdigest()}"
    assert (saved.url, saved.place, saved.listing.title) == ("", str(path), "")
    notice = saved.read()
    assert (notice.buyer, notice.tag, notice.items[0].brand) == ("样例市公安局", Tag.AWARD, "希捷")


def test_a_page_that_a_browser_saved_tells_its_address(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    comment = "<!-- saved from url=(0031)https://people.example/7.htm -->"
    path.write_text(f"<!DOCTYPE html>\n{comment}\n{PAGE}", "utf-8")
    [saved] = find_saved(path)
    assert saved.id == saved.url == "https://people.example/7.htm"


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_a_plain_text_keeps_its_lines_and_its_bytes(tmp_path: Path, charset: str) -> None:
    path = tmp_path / "a.txt"
    lines = (FACT.title, "采购人：样例市公安局", "供应商名称：样例科技有限公司")
    body = "\n".join(lines).encode(charset)
    path.write_bytes(body)
    [saved] = find_saved(path)
    assert (saved.form, saved.body) == (Form.TEXT, body)
    notice = saved.read()
    assert (notice.buyer, notice.suppliers) == ("样例市公安局", ("样例科技有限公司",))


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (f"\ufeff\n  {FACT.title}  \n采购人：样例市公安局\n", FACT.title),
        ("采购人：样例市公安局\n品牌：希捷\n", ""),
        ("中" * 201, ""),
        ("", ""),
    ],
)
def test_a_plain_text_has_its_first_line_for_title(tmp_path: Path, text: str, title: str) -> None:
    (tmp_path / "a.txt").write_text(text, "utf-8")
    [saved] = find_saved(tmp_path / "a.txt")
    assert saved.listing.title == title


def test_the_same_hit_is_printed_once(tmp_path: Path) -> None:
    write_config(tmp_path, "  local: {portal: ccgp, lists: ['http://127.0.0.1:1/x/']}")
    path = tmp_path / "a.txt"
    path.write_text(f"{FACT.title}\n采购人：样例市公安局\n标的：希捷硬盘、希捷硬盘\n", "utf-8")
    _, out, _ = run_once(tmp_path, "screen", "--json", str(path))
    assert len(json.loads(out)["brands"]) > 1
    _, out, _ = run_once(tmp_path, "screen", str(path))
    hits = [line for line in out.splitlines() if "「" in line]
    assert hits
    assert len(hits) == len(set(hits))
    run_once(tmp_path, "import", str(path))
    _, out, _ = run_once(tmp_path, "alerts", "--json")
    _, out, _ = run_once(tmp_path, "why", json.loads(out)["id"])
    places = [line.partition("」")[0] for line in out.splitlines() if "  hit " in line]
    assert places
    assert len(places) == len(set(places))


def test_a_portals_answer_is_one_notice(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"data": {"title": FACT.title, "content": FACT.body()}}), "utf-8")
    [saved] = find_saved(path)
    assert saved.read().buyer == "样例市公安局"


@pytest.mark.parametrize(
    ("make", "ids"),
    [
        (lambda: write_package(make_package([Fact(1), Fact(2)])), ["r1", "r2"]),
        (lambda: json.dumps(make_package([Fact(1)])["releases"][0]).encode(), ["r1"]),
        (lambda: json.dumps(make_package([Fact(1)])["releases"]).encode("utf-8-sig"), ["r1"]),
        (lambda: _write_records([Fact(1), Fact(2)]), ["r1", "r2"]),
        (lambda: _write_lines([Fact(1), Fact(2)]), ["r1", "r2"]),
    ],
    ids=["package", "one release", "list with a mark", "records", "lines"],
)
def test_each_release_of_a_json_file_is_a_notice(tmp_path: Path, make: Any, ids: list[str]) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(make())
    found = list(find_saved(path))
    assert [saved.id for saved in found] == [f"ocds-sample-SAMPLE-2026-001/{name}" for name in ids]
    row = found[0].listing
    assert (row.listing_id, row.title, row.buyer) == (found[0].id, FACT.title, "样例市公安局")
    assert row.published_at == NOON
    notice = found[0].read()
    assert (notice.tag, notice.suppliers) == (Tag.AWARD, ("样例云帆科技有限公司",))
    assert b"example.invalid" not in found[0].body


def _write_records(facts: list[Fact]) -> bytes:
    releases = make_package(facts)["releases"]
    return json.dumps({"records": [{"ocid": "x", "releases": releases}]}).encode()


def _write_lines(facts: list[Fact]) -> bytes:
    return b"".join(json.dumps(r).encode() + b"\n" for r in make_package(facts)["releases"])


def test_a_package_in_latin_letters_is_read(tmp_path: Path) -> None:
    release = {"ocid": "o", "id": "1", "date": "2026-11-22T04:00:00Z", "tag": ["tender"],
               "tender": {"title": "Café, £5"}}  # fmt: skip
    path = tmp_path / "a.json"
    path.write_bytes(json.dumps({"releases": [release]}, ensure_ascii=False).encode("latin-1"))
    assert [saved.listing.title for saved in find_saved(path)] == ["Café, £5"]


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        ({"totalRecords": 1, "opportunitiesData": [make_sam_row(Fact(7))]}, f"{7:032x}"),
        ({"totalNoticeCount": 1, "notices": [make_ted_row(Fact(7))]}, "7-2026"),
        ({"total": "1", "procnotices": {"OP7": make_bank_row(Fact(7))}}, "OP00000007"),
    ],
    ids=["sam", "ted", "worldbank"],
)
def test_rows_that_are_whole_notices_are_read_from_their_list(
    tmp_path: Path, answer: Any, name: str
) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(answer), "utf-8")
    [saved] = find_saved(path)
    assert (saved.id, saved.listing.title) == (name, FACT.title)
    assert saved.read().suppliers == ("样例云帆科技有限公司",)


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("a.html", b"%PDF-1.4", "neither a saved page nor JSON"),
        ("a.bin", b"PK\x03\x04", "neither a saved page nor JSON"),
        ("a.warc", b"nothing of the kind", "a.warc"),
        ("a.jsonl.gz", b"nothing of the kind", "a.jsonl.gz:1: damaged gzip"),
        ("missing.html", None, "missing.html: No such file"),
        ("missing.jsonl", None, "missing.jsonl: No such file"),
    ],
)
def test_a_file_without_notices_is_an_error_that_names_it(
    tmp_path: Path, name: str, body: bytes | None, said: str
) -> None:
    if body is not None:
        (tmp_path / name).write_bytes(body)
    with pytest.raises(UnreadableError) as caught:
        list(find_saved(tmp_path / name))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    found, tally = find_all(tmp_path / name)
    assert (found, [str(error) for error in tally.unreadable]) == ([], [str(caught.value)])


def test_a_file_beyond_the_limit_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(savedfiles, "LARGEST_FILE", 10)
    (tmp_path / "a.html").write_text(PAGE, "utf-8")
    with pytest.raises(UnreadableError, match="larger than 10 bytes"):
        list(find_saved(tmp_path / "a.html"))


def test_a_folder_is_read_in_the_order_of_names_and_says_what_it_leaves(tmp_path: Path) -> None:
    for name in ("b/2.html", "b/1.html", "a.html", "c.jsonl", ".hidden.html", "d.pdf", "e"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(PAGE, "utf-8")
    (tmp_path / "c.jsonl").write_text('{"id": "1", "text": "x"}\n{"id": "2", "text": "y"}', "utf-8")
    (tmp_path / ".git").mkdir()
    (tmp_path / "z.html").symlink_to(tmp_path / "a.html")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "f.html").write_bytes(b"%PDF-1.4")
    found, tally = find_all(tmp_path)
    assert [saved.place.removeprefix(f"{tmp_path}/") for saved in found] == [
        "a.html", "b/1.html", "b/2.html", "c.jsonl:1", "c.jsonl:2",
    ]  # fmt: skip
    assert dict(tally.skipped) == {"hidden": 2, ".pdf file": 1, "no suffix file": 1, "a link": 2}
    assert [str(error) for error in tally.unreadable] == [
        f"{tmp_path}/f.html: neither a saved page nor JSON; attachments are not read"
    ]


def test_a_link_that_is_named_itself_is_followed(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(PAGE, "utf-8")
    (tmp_path / "b.html").symlink_to(tmp_path / "a.html")
    assert len(list(find_saved(tmp_path / "b.html"))) == 1


def test_screen_takes_folders_and_says_what_it_left_out(tmp_path: Path) -> None:
    write_config(tmp_path, "  local: {portal: ccgp, lists: ['http://127.0.0.1:1/x/']}")
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "a.html").write_text(PAGE, "utf-8")
    (folder / "b.json").write_bytes(write_package(make_package([Fact(1)])))
    (folder / "c.pdf").write_bytes(b"%PDF-1.4")
    code, out, err = run_once(tmp_path, "screen", "--json", str(folder))
    rows = [json.loads(line) for line in out.splitlines()]
    assert (code, [row["verdict"] for row in rows]) == (0, ["alert", "alert"])
    assert rows[1]["id"] == "ocds-sample-SAMPLE-2026-001/r1"
    assert rows[1]["value"] == {"amount": 66720.0, "currency": "CNY"}
    assert err == "skipped: 1 x .pdf file\n"
    _, out, _ = run_once(tmp_path, "screen", str(folder / "a.html"))
    assert str(folder / "a.html") in out


def test_screen_says_of_each_attachment_that_it_was_not_fetched(tmp_path: Path) -> None:
    write_config(tmp_path, "  local: {portal: ccgp, lists: ['http://127.0.0.1:1/x/']}")
    row = {"id": "1", "html": FACT.body(), "title": FACT.title, "attachments": ["清单.pdf"]}
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(row), "utf-8")
    _, out, _ = run_once(tmp_path, "screen", "--json", str(path))
    expected = [{"name": "清单.pdf", "read": False, "why": "not fetched"}]
    assert json.loads(out)["attachments"] == expected


STARTS = [b"", b"{", b"[", b"\x1f\x8b\x08\x00", b"WARC/1.0\r\nWARC-Type: response\r\n", b"<p>"]


@given(
    st.sampled_from(["a.html", "a.txt", "a.json", "a.jsonl", "a.jsonl.gz", "a.warc", "a.warc.gz"]),
    st.sampled_from(STARTS),
    st.binary(max_size=200),
)
def test_any_bytes_in_any_file_end_in_notices_or_errors(
    name: str, start: bytes, rest: bytes
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(start + rest)
        found, tally = find_all(path)
    for saved in found:
        assert saved.listing.listing_id == saved.id
        with suppress(LayoutError):
            saved.read()
    assert all(str(error).startswith(str(path)) for error in tally.unreadable)
