from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.documents.formats import READERS
from monitor.documents.parts import DocumentError, Fault, Limits, Part, ReadDocument
from monitor.documents.reading import read_bytes
from monitor.text.markup import Line, Table
from tests.documents import bombs

FILES = Path(__file__).parent / "files"
GOOD = sorted(FILES.glob("good.*"))
# Over damaged sheets their native reader may end the process, which only a worker can afford.
TAME_GOOD = [path for path in GOOD if path.suffix not in (".xls", ".xlsx", ".ods")]
TEXT = "采购清单：希捷硬盘".encode()
TAME = [hostile for hostile in bombs.HOSTILE if not hostile.is_deadly]


def list_faults(document: ReadDocument) -> list[tuple[Fault, str]]:
    """Return faults with where they are."""
    return [(flaw.fault, flaw.where) for flaw in document.flaws]


def count_characters(document: ReadDocument) -> int:
    """Return how much text was read."""
    lines = [b.text for part in document.parts for b in part.blocks if isinstance(b, Line)]
    cells = [
        cell
        for part in document.parts
        for block in part.blocks
        if isinstance(block, Table)
        for row in block.rows
        for cell in row
    ]
    return sum(map(len, lines + cells))


@pytest.mark.parametrize("hostile", TAME, ids=lambda hostile: hostile.title)
def test_a_hostile_file_ends_in_a_typed_flaw(hostile: bombs.Hostile) -> None:
    limits = Limits()
    document = read_bytes(hostile.make(), hostile.name, limits)
    found = {flaw.fault for flaw in document.flaws}
    assert found & hostile.faults or not hostile.faults
    assert count_characters(document) <= limits.text
    assert len(document.flaws) <= limits.files + limits.depth + 1


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_a_good_file_is_read_without_a_flaw_alone_and_packed(path: Path) -> None:
    body = path.read_bytes()
    alone = read_bytes(body, path.name, Limits())
    packed = read_bytes(bombs.make_gbk_zip(f"附件/{path.name}", body), "附件.zip", Limits())
    assert (alone.kind, alone.flaws, packed.flaws) == (path.suffix[1:], (), ())
    assert [part.file for part in packed.parts] == [f"附件/{path.name}"] * len(alone.parts)
    assert [part.blocks for part in packed.parts] == [part.blocks for part in alone.parts]


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_half_a_file_is_read_in_part_or_said_to_be_damaged(path: Path) -> None:
    body = path.read_bytes()
    document = read_bytes(body[: len(body) // 2], path.name, Limits())
    # Half a text looks whole; any other format shows that its end is missing.
    assert document.flaws or document.kind in ("csv", "txt", "html")


@pytest.mark.parametrize("path", sorted(FILES.glob("damaged.*")), ids=lambda path: path.name)
def test_a_damaged_file_is_told_as_one(path: Path) -> None:
    document = read_bytes(path.read_bytes(), path.name, Limits())
    assert {flaw.fault for flaw in document.flaws} == {Fault.DAMAGED}


def test_a_page_in_place_of_a_pdf_is_read_as_what_it_is() -> None:
    document = read_bytes(b"<html><body><p>please log in</p></body></html>", "a.pdf", Limits())
    assert document.kind == "html"
    assert document.parts[0].blocks == (Line("please log in"),)


def test_files_are_found_through_archives_of_every_kind() -> None:
    inner = bombs.make_rar(("清单.txt", TEXT))
    body = bombs.make_zip(("甲.rar", inner), ("乙.gz", bombs.fold_gzip(TEXT)))
    document = read_bytes(body, "附件.zip", Limits())
    assert [part.file for part in document.parts] == ["甲.rar/清单.txt", "乙.gz"]
    assert document.flaws == ()


def test_one_bad_file_does_not_cost_the_others() -> None:
    files = (
        ("锁.zip", bombs.lock_zip(bombs.make_zip(("a.txt", TEXT)))),
        ("坏.docx", bombs.make_docx("<w:p/>")[:500]),
        ("图.png", b"\x89PNG\r\n\x1a\n"),
        ("图.dwg", b"AC1032\x00\x00\x00"),
        ("空.txt", b""),
        ("好.txt", TEXT),
    )
    document = read_bytes(bombs.make_zip(*files), "附件.zip", Limits())
    assert list_faults(document) == [
        (Fault.ENCRYPTED, "锁.zip/a.txt"),
        (Fault.DAMAGED, "坏.docx"),
        (Fault.SCANNED, "图.png"),
        (Fault.UNKNOWN_TYPE, "图.dwg"),
    ]
    assert [part.file for part in document.parts] == ["好.txt"]


@pytest.mark.parametrize(
    ("limits", "fault"),
    [
        (Limits(text=100), Fault.TOO_LARGE),
        (Limits(files=3), Fault.TOO_MANY),
        (Limits(unfolded=700), Fault.BOMB),
        (Limits(size=500), Fault.TOO_LARGE),
        (Limits(depth=1), Fault.TOO_DEEP),
    ],
)
def test_limits_are_of_the_attachment_with_all_that_is_inside(limits: Limits, fault: Fault) -> None:
    text = bytes(range(65, 91)) * 3
    packed = [bombs.make_zip((f"{n}.txt", text), (f"{n}0.txt", text)) for n in range(4)]
    body = bombs.make_zip(*((f"{n}.zip", inner) for n, inner in enumerate(packed)))
    assert read_bytes(body, "a.zip", Limits()).flaws == ()
    document = read_bytes(body, "a.zip", limits)
    assert fault in {flaw.fault for flaw in document.flaws}
    assert count_characters(document) <= min(limits.text, limits.unfolded)


@pytest.mark.parametrize("name", ["a.txt", "a.csv"])
def test_text_is_cut_at_the_limit_and_said_to_be(name: str) -> None:
    body = b"\n".join(b"line,%d" % number for number in range(1000))
    document = read_bytes(body, name, Limits(text=500))
    assert 100 < count_characters(document) <= 500
    assert list_faults(document) == [(Fault.TOO_LARGE, "")]


def _raise(error: BaseException) -> object:
    def read_nothing(body: bytes, limits: Limits) -> Iterator[Part]:
        yield Part("", "p. 1", (Line("read before"),))
        raise error

    return read_nothing


@pytest.mark.parametrize(
    ("error", "fault", "detail"),
    [
        (DocumentError(Fault.DAMAGED, "page 2"), Fault.DAMAGED, "page 2"),
        (MemoryError(), Fault.OUT_OF_MEMORY, ""),
        (RecursionError(), Fault.BROKE_READER, "RecursionError"),
        (IndexError("list index"), Fault.BROKE_READER, "IndexError"),
    ],
)
def test_what_a_reader_raises_is_a_flaw_beside_what_it_read_before(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, fault: Fault, detail: str
) -> None:
    monkeypatch.setitem(READERS, "txt", _raise(error))
    document = read_bytes(TEXT, "a.txt", Limits())
    assert [part.place for part in document.parts] == ["p. 1"]
    assert [(flaw.fault, flaw.detail) for flaw in document.flaws] == [(fault, detail)]


@pytest.mark.parametrize("make", [lambda: bombs.make_docx(""), lambda: bombs.make_xlsx("")])
def test_an_office_file_without_text_is_not_said_to_be_read(make: object) -> None:
    assert callable(make)
    document = read_bytes(make(), "a", Limits())
    assert list_faults(document) == [(Fault.SCANNED, "")]


def test_scanned_pages_are_named() -> None:
    dots = bytes(3 * 100 * 100)
    body = bombs.make_scanned_pdf(zlib.compress(dots), 100, 100)
    (flaw,) = read_bytes(body, "a.pdf", Limits()).flaws
    assert flaw.fault is Fault.SCANNED
    assert flaw.detail.startswith("p. 1: ")


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_no_damage_to_a_good_file_raises(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(TAME_GOOD))
    body = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(body)))
    document = read_bytes(bytes(body[cut:] if data.draw(st.booleans()) else body), "a", Limits())
    assert document.parts or document.flaws or document.kind in ("txt", "csv", "html")
