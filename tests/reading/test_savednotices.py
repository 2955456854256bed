"""JSON lines become saved notices, each with a name that stays; bad lines are named."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.reading import savedfiles
from monitor.reading.savedfiles import Tally, read_lines
from tests.reading.saving import FACT, NOON, PAGE, find_all, read_rows


def test_a_line_names_its_notice_and_says_what_a_list_showed() -> None:
    listing = {"title": FACT.title, "date": "2026-11-22 12:00", "region": "样例省", "buyer": "甲局"}
    row = {"id": 7, "url": "https://a.example/?x=1&copy;=2", "portal": "zcy", "listing": listing}
    [saved], errors = read_rows([row | {"html": FACT.body()}])
    assert errors == []
    assert (saved.id, saved.url, saved.portal) == ("7", row["url"], "zcy")
    found = saved.listing
    assert (found.listing_id, found.title, found.buyer) == ("7", FACT.title, "甲局")
    assert (found.published_at, found.date_only, found.region) == (NOON, False, "样例省")
    assert saved.read().published_at == NOON


def test_a_line_without_a_name_has_its_address_or_its_content_for_one() -> None:
    text = {"text": "采购人：样例市公安局"}
    rows = [{"id": "given", "url": "https://a.example/1"} | text,
            {"url": "https://a.example/1"} | text, text, text]  # fmt: skip
    found, _ = read_rows(rows)
    assert [saved.id for saved in found[:2]] == ["given", "https://a.example/1"]
    assert found[2].id == found[3].id == f"sha256:{found[2].sha256}"


def test_a_line_of_a_collection_has_its_facts_beside_the_text() -> None:
    row = {
        "id": "c-1", "source": "s", "url": "https://a.example/9", "date": "2026-11-22",
        "title": FACT.title, "buyer": "样例市公安局", "text": "", "html": FACT.body(),
        "attachments": ["/files/清单.pdf", "参数.docx", {"name": "图", "url": "https://f.example/1"}],
        "extra": {"x": 1},
    }  # fmt: skip
    [saved], _ = read_rows([row])
    assert (saved.listing.buyer, saved.listing.date_only) == ("样例市公安局", True)
    assert [(d.name, d.url) for d in saved.read().documents] == [
        ("清单.pdf", "https://a.example/files/清单.pdf"),
        ("参数.docx", ""),
        ("图", "https://f.example/1"),
    ]


def test_attachments_without_items_say_that_the_items_stand_elsewhere() -> None:
    rows = [{"id": "1", "title": "样例市公安局设备采购公告", "attachments": names}
            for names in ([], ["清单.pdf"])]  # fmt: skip
    found, _ = read_rows(rows)
    assert [saved.read().items_elsewhere for saved in found] == [False, True]


def test_a_file_of_a_line_stands_beside_it_and_one_that_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(PAGE, "utf-8")
    names = ["page.html", "none.html", str(tmp_path / "page.html"), "a\0b"]
    rows = [{"id": str(n), "file": name} for n, name in enumerate(names, 1)]
    found, errors = read_rows(rows, tmp_path)
    assert [saved.id for saved in found] == ["1", "3"]
    assert found[0].body == PAGE.encode()
    assert errors[0] == f"x.jsonl:2: {tmp_path / 'none.html'}: No such file or directory"
    assert errors[1].startswith("x.jsonl:4: ")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{broken", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[1]", "expected one object"),
        ("7", "expected one object"),
        ('{"id": 1}', "needs one of the keys file, html, text"),
        ('{"id": 1, "html": ["x"]}', "'html' is no text"),
        ('{"id": 1, "text": 7}', "'text' is no text"),
        ('{"id": 1, "listing": "x", "text": "y"}', "'listing' is no object"),
    ],
)
def test_a_bad_line_is_named_and_the_next_is_read(line: str, said: str) -> None:
    found, errors = read_rows(["", line, {"id": "good", "text": "采购人：甲局"}])
    assert [saved.id for saved in found] == ["good"]
    assert len(errors) == 1
    assert errors[0].startswith("x.jsonl:2: ")
    assert said in errors[0]


def test_what_is_wrong_with_a_line_has_its_column_and_no_second_line_number() -> None:
    _, errors = read_rows(["", '{"id": 1, "text" "x"}'])
    assert errors == ["x.jsonl:2: not JSON: Expecting ':' delimiter (column 18)"]


def test_a_line_that_is_not_utf_8_is_named_and_the_next_is_read() -> None:
    lines = b'{"id": "1", "text": "\xb2\xc9\xb9\xba"}\n{"id": "2", "text": "ok"}\n'
    tally = Tally()
    found = list(read_lines(io.BytesIO(lines), Path(), "x", tally))
    assert [saved.id for saved in found] == ["2"]
    assert [str(error).startswith("x:1: not JSON") for error in tally.unreadable] == [True]


@pytest.mark.parametrize("extra", [-1, 0, 1, 5000])
def test_a_huge_line_is_passed_over_and_named(monkeypatch: pytest.MonkeyPatch, extra: int) -> None:
    long = json.dumps({"id": "1", "text": "x" * 300})
    monkeypatch.setattr(savedfiles, "LONGEST_LINE", len(long) + 1 - extra if extra < 2 else 40)
    monkeypatch.setattr(savedfiles, "_STEP", 16)
    found, errors = read_rows([long, {"id": "2", "text": "y"}])
    whole = extra <= 0
    assert [saved.id for saved in found] == (["1", "2"] if whole else ["2"])
    assert [error.split(": ")[0] for error in errors] == ([] if whole else ["x.jsonl:1"])


def test_packed_lines_are_read_and_what_is_cut_is_named_by_its_line(tmp_path: Path) -> None:
    rows = [{"id": str(n), "text": hashlib.sha256(bytes([n])).hexdigest() * 40} for n in range(99)]
    packed = gzip.compress(b"".join(json.dumps(row).encode() + b"\n" for row in rows))
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(packed)
    assert len(find_all(path)[0]) == 99
    path.write_bytes(packed[: len(packed) // 2])
    found, tally = find_all(path)
    assert 0 < len(found) < 99
    [error] = tally.unreadable
    assert str(error).startswith(f"{path}:{len(found) + 1}: ")
    assert "gzip" in str(error)


KEYS = ["id", "url", "portal", "listing", "title", "date", "buyer", "html", "text", "attachments",
        "ocid", "tag", "tender", "releases", "records"]  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=8,
)
ROWS = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6)


@given(st.lists(ROWS | VALUES, max_size=4))
def test_any_json_lines_are_notices_or_errors_of_their_line(rows: list[Any]) -> None:
    found, errors = read_rows([json.dumps(row) for row in rows])
    lines = {saved.place for saved in found} | {error.split(": ")[0] for error in errors}
    silent = {n for n, row in enumerate(rows, 1) if _is_empty_package(row)}
    assert lines | {f"x.jsonl:{n}" for n in silent} == {
        f"x.jsonl:{n}" for n in range(1, len(rows) + 1)
    }
    for saved in found:
        assert saved.id
        assert saved.listing.listing_id == saved.id
    again, _ = read_rows([json.dumps(row) for row in rows])
    assert [saved.id for saved in again] == [saved.id for saved in found]


def _is_empty_package(row: Any) -> bool:
    """Return whether a line is a package that may hold no release."""
    return isinstance(row, dict) and any(isinstance(row.get(k), list) for k in KEYS[-2:])
