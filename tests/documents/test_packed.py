from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.documents.packed import clean_name, list_files
from monitor.documents.parts import DocumentError, Fault, Flaw, Limits
from tests.documents import bombs

LIMITS = Limits()
TEXT = "采购清单".encode()


def list_all(body: bytes, kind: str = "zip", limits: Limits = LIMITS) -> list[tuple[str, object]]:
    """Return names with contents, or with the faults that keep them from being had."""
    found = list_files(body, kind, limits)
    return [(f.where, f.fault) if isinstance(f, Flaw) else f for f in found]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (bombs.make_gbk_zip("招标文件/清单.txt", TEXT), "zip"),
        (bombs.make_zip(("招标文件/清单.txt", TEXT)), "zip"),
        (bombs.make_zip(("招标文件/清单.txt", TEXT), packed=False), "zip"),
        (bombs.make_rar(("招标文件/清单.txt", TEXT)), "rar"),
        (bombs.make_rar(("招标文件/清单.txt", TEXT), format="rar29"), "rar"),
        (bombs.make_old_rar("招标文件\\清单.txt".encode("gbk"), TEXT), "rar"),
    ],
    ids=["gbk zip", "utf-8 zip", "stored zip", "rar 5", "rar 3", "gbk rar"],
)
def test_chinese_names_are_read_whatever_made_the_archive(body: bytes, kind: str) -> None:
    assert list_all(body, kind) == [("招标文件/清单.txt", TEXT)]


def test_a_solid_rar_gives_every_file() -> None:
    files = [(f"{n}.txt", TEXT * n) for n in range(1, 30)]
    assert list_all(bombs.make_rar(*files, solid=True), "rar") == files


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("a/../../b.txt", "a/b.txt"),
        ("..\\..\\windows\\x.txt", "windows/x.txt"),
        ("/etc/passwd", "etc/passwd"),
        ("C:\\x.txt", "x.txt"),
        ("..", "?"),
    ],
)
def test_a_name_that_leads_outside_is_told_and_its_file_read(raw: str, name: str) -> None:
    body = bombs.make_zip((raw, TEXT))
    assert list_all(body) == [(name, Fault.UNSAFE_NAME), (name, TEXT)]


def test_the_same_holds_for_a_rar() -> None:
    body = bombs.make_old_rar(b"..\\..\\x.txt", TEXT)
    assert list_all(body, "rar") == [("x.txt", Fault.UNSAFE_NAME), ("x.txt", TEXT)]


@given(st.text(max_size=300))
def test_a_cleaned_name_is_a_short_plain_path(raw: str) -> None:
    name = clean_name(raw)
    assert len(name) <= 200
    assert bool(name) == bool(raw)
    assert not name.startswith("/") or len(raw) > 200
    assert ".." not in name.split("/")
    assert name.isprintable() or not raw.isprintable()
    assert name.encode().decode() == name


def test_files_of_the_same_name_are_told_apart() -> None:
    body = bombs.make_zip(("a.txt", b"1"), ("a.txt", b"2"), ("./a.txt", b"3"))
    assert list_all(body) == [("a.txt", b"1"), ("a.txt (2)", b"2"), ("a.txt (3)", b"3")]


def test_what_systems_leave_behind_is_no_file() -> None:
    litter = ("__MACOSX/._a.txt", ".DS_Store", "x/Thumbs.db", "~$a.docx")
    body = bombs.make_zip(*((name, b"x") for name in litter), ("a.txt", TEXT))
    assert list_all(body) == [("a.txt", TEXT)]


def test_a_bomb_costs_itself_and_not_its_neighbours() -> None:
    body = bombs.make_zip(("a.txt", bombs.ZEROS), ("b.txt", TEXT))
    assert list_all(body) == [("a.txt", Fault.BOMB), ("b.txt", TEXT)]


def test_files_are_read_until_they_unfold_too_far_together() -> None:
    files = [(f"{n}.txt", b"%d" % n * 1000) for n in range(9)]
    found = list_files(bombs.make_zip(*files), "zip", Limits(unfolded=2500))
    assert [next(found), next(found)] == files[:2]
    flaw = next(found)
    assert isinstance(flaw, Flaw)
    assert (flaw.fault, flaw.where) == (Fault.BOMB, "2.txt")
    with pytest.raises(DocumentError, match="unfolds to more than 2500 bytes"):
        next(found)


def test_a_header_that_lies_about_sizes_changes_nothing() -> None:
    body = bytearray(bombs.make_zip(("a.txt", bombs.ZEROS)))
    for magic, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = body.index(magic) + place
        body[start : start + 4] = b"\x01\0\0\0"
    assert list_all(bytes(body)) == [("a.txt", Fault.BOMB)]


def test_a_damaged_file_is_told_and_the_others_read() -> None:
    body = bytearray(bombs.make_zip(("a.txt", TEXT), ("b.txt", TEXT), packed=False))
    body[body.index(TEXT)] ^= 1
    found = list_all(bytes(body))
    assert found[0] == ("a.txt", Fault.DAMAGED)
    assert found[-1] == ("b.txt", TEXT)


@pytest.mark.parametrize(
    ("body", "kind", "fault"),
    [
        (bombs.lock_zip(bombs.make_zip(("a.txt", TEXT))), "zip", Fault.ENCRYPTED),
        (bombs.make_rar(("a.txt", TEXT), password="x"), "rar", Fault.ENCRYPTED),
        (bombs.make_linked_zip(), "zip", Fault.UNSAFE_NAME),
    ],
)
def test_a_file_that_cannot_be_had_is_a_flaw_of_its_own(
    body: bytes, kind: str, fault: Fault
) -> None:
    assert [what for _, what in list_all(body, kind)] == [fault]


@pytest.mark.parametrize(
    ("body", "kind", "fault"),
    [
        (b"PK\x03\x04 and nothing", "zip", Fault.DAMAGED),
        (bombs.make_overlapping_zip(50), "zip", Fault.BOMB),
        (bombs.make_zip(*((f"{n}", b"x") for n in range(200))), "zip", Fault.TOO_MANY),
        (bombs.make_rar(("a", b"x"), password="x", encrypt_headers=True), "rar", Fault.ENCRYPTED),
        (b"Rar!\x1a\x07\x00 and nothing", "rar", Fault.DAMAGED),
        (
            bombs.make_zip(("a.zip", bombs.make_zip(("a.txt", TEXT))), packed=False)[:-40],
            "zip",
            Fault.DAMAGED,
        ),
        (gzip.compress(TEXT)[:-9], "gzip", Fault.DAMAGED),
        (gzip.compress(bombs.ZEROS), "gzip", Fault.BOMB),
    ],
)
def test_an_archive_that_cannot_be_read_raises(body: bytes, kind: str, fault: Fault) -> None:
    with pytest.raises(DocumentError) as raised:
        list_all(body, kind)
    assert raised.value.fault is fault


def test_gzip_holds_one_file() -> None:
    assert list_all(gzip.compress(TEXT), "gzip") == [("", TEXT)]


def test_the_pages_of_a_saved_web_page_are_its_files() -> None:
    head = "Content-Type: multipart/related; boundary=b\r\n\r\n"
    folded = "Content-Transfer-Encoding: base64\r\n\r\nPHA+eDwvcD4=\r\n"
    page = f"--b\r\nContent-Type: text/html\r\n{folded}"
    image = "--b\r\nContent-Type: image/png\r\n\r\nxx\r\n--b--\r\n"
    assert list_all(f"{head}{page}{image}".encode(), "mhtml") == [("page.html", b"<p>x</p>")]


@given(st.data())
def test_a_damaged_archive_gives_files_or_flaws_and_no_other_error(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["zip", "rar"]))
    make = bombs.make_zip if kind == "zip" else bombs.make_rar
    body = bytearray(make(("a.txt", TEXT * 9), ("b.txt", bytes(99))))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(4, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = list_all(bytes(body), kind)
    except DocumentError:
        return
    assert sum(len(what) for _, what in found if isinstance(what, bytes)) <= LIMITS.unfolded
