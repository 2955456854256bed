"""What was fetched can be had back, byte for byte, or its damage is named."""

from __future__ import annotations

import hashlib
import os
import random
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from monitor.archive import Archive
from monitor.errors import StoreError
from monitor.models import Capture
from monitor.warc import pack_capture, unpack_capture

NOON = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
FIRST = "captures/ccgp/2026-11-22.warc.gz"
SECOND = "captures/ccgp/2026-11-22-2.warc.gz"


def make_capture(body: bytes = b"<html>\xe5\x85\xac\xe5\x91\x8a</html>", **more: object) -> Capture:
    plain = Capture(
        url="http://portal.example/go",
        final_url="http://portal.example/list?页=1",
        fetched_at=NOON,
        status=200,
        headers=(
            ("Content-Type", "text/html; charset=gb2312"),
            ("Content-Encoding", "gzip"),
            ("Transfer-Encoding", "chunked"),
            ("Set-Cookie", "a=1"),
            ("Set-Cookie", "b=2"),
            ("X-Raw", "\xb9\xab\xb8\xe6"),
            ("X-Folded", "one\r\n two"),
        ),
        body=body,
        sha256=hashlib.sha256(body).hexdigest(),
        tls="ca file",
        peer="1.2.3.4:443",
    )
    return replace(plain, **more)  # type: ignore[arg-type]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "state")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.mark.parametrize("body", [b"", b"x", b"\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", bytes(3_000_000)])
@pytest.mark.parametrize("status", [200, 304, 503, 799])
def test_a_kept_capture_comes_back_whole(body: bytes, status: int, archive: Archive) -> None:
    kept = archive.keep(make_capture(body, status=status), "ccgp")
    assert archive.read(kept.record_id) == kept
    assert replace(kept, record_id="", packed="") == make_capture(body, status=status)
    assert list(archive.verify()) == []


_TEXT = st.text(st.characters(codec="latin-1"), max_size=30)


@given(st.binary(max_size=500), st.lists(st.tuples(_TEXT, _TEXT), max_size=5), st.text(max_size=40))
@settings(max_examples=150, deadline=None)
def test_any_capture_is_packed_and_unpacked(
    body: bytes, headers: list[tuple[str, str]], url: str
) -> None:
    final_url = f"https://portal.example/{url}"
    capture = make_capture(body, headers=tuple(headers), url=url, final_url=final_url)
    assert unpack_capture(pack_capture(capture)) == capture


@given(st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_other_bytes_are_refused_in_one_line(found: bytes) -> None:
    with pytest.raises(ValueError, match=r"\A[^\n]+\Z"):
        unpack_capture(found)


def test_another_tool_can_replay_the_file(archive: Archive, root: Path) -> None:
    for number in range(3):
        archive.keep(make_capture(b"page %d" % number), "ccgp")
    with (root / FIRST).open("rb") as file:
        found = [
            (entry.rec_type, entry.content_stream().read(), entry)
            for entry in ArchiveIterator(file, check_digests="raise")
        ]
    assert [kind for kind, _, _ in found] == ["response", "metadata"] * 3
    assert [body for kind, body, _ in found if kind == "response"] == [
        b"page 0",
        b"page 1",
        b"page 2",
    ]
    response, metadata = found[0][2], found[1][2]
    assert response.http_headers.get_header("X-Archive-Orig-Content-Encoding") == "gzip"
    assert response.http_headers.get_header("Content-Length") == "6"
    assert response.rec_headers.get_header("WARC-Payload-Digest").startswith("sha256:")
    assert response.rec_headers.get_header("WARC-Date") == "2026-11-22T12:00:00.123456Z"
    assert metadata.rec_headers.get_header("WARC-Concurrent-To") == response.rec_headers.get_header(
        "WARC-Record-ID"
    )


def test_files_are_for_their_owner_alone(archive: Archive, root: Path) -> None:
    archive.keep(make_capture(), "ccgp")
    modes = {path: path.stat().st_mode & 0o777 for path in [root, *root.rglob("*")]}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    assert len(modes) == 5


def test_a_capture_is_on_the_disk_before_keep_returns(
    archive: Archive, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real: Callable[[int], None] = os.fsync

    def note(descriptor: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        synced.append(f"{path.name} {path.stat().st_size if path.is_file() else 'folder'}")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    kept = archive.keep(make_capture(), "ccgp")
    size = kept.record_id.rpartition("+")[2]
    index_size = (root / f"{FIRST}.index").stat().st_size
    assert synced[-4:] == [
        f"2026-11-22.warc.gz {size}", "ccgp folder", f"2026-11-22.warc.gz.index {index_size}",
        "ccgp folder",
    ]  # fmt: skip


def test_a_day_and_a_source_have_a_file_of_their_own(archive: Archive, root: Path) -> None:
    shanghai = datetime.fromisoformat("2026-11-23T07:59:00+08:00")
    for source, moment in [("ccgp", NOON), ("ccgp", shanghai), ("zcy", NOON), ("ccgp", NOON)]:
        archive.keep(make_capture(fetched_at=moment), source)
    archive.keep(make_capture(fetched_at=NOON + timedelta(days=1)), "ccgp")
    archive.keep(make_capture(), "ccgp")
    found = sorted(p.relative_to(root).as_posix() for p in root.rglob("*.gz"))
    assert found == [
        FIRST, "captures/ccgp/2026-11-23.warc.gz", "captures/zcy/2026-11-22.warc.gz",
    ]  # fmt: skip
    assert list(archive.verify()) == []


def test_a_restart_goes_on_in_the_same_file(archive: Archive, root: Path) -> None:
    first = archive.keep(make_capture(b"one"), "ccgp")
    second = Archive(root).keep(make_capture(b"two"), "ccgp")
    assert second.record_id.startswith(FIRST)
    assert [Archive(root).read(k.record_id).body for k in (first, second)] == [b"one", b"two"]


def cut_file(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])


@pytest.mark.parametrize("cut", [1, 5, 100, 400, "index", "index line", "no index"])
def test_nothing_is_appended_behind_a_torn_tail(
    cut: int | str, archive: Archive, root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = archive.keep(make_capture(b"one"), "ccgp")
    archive.keep(make_capture(b"two"), "ccgp")
    path, index = root / FIRST, root / f"{FIRST}.index"
    lines = index.read_bytes().splitlines(keepends=True)
    if isinstance(cut, int):
        cut_file(path, path.stat().st_size - cut)
    elif cut == "no index":
        index.unlink()
    else:
        cut_file(index, len(lines[0]) + (20 if cut == "index line" else 0))
    torn = path.read_bytes()

    later = Archive(root)
    third, fourth = (later.keep(make_capture(body), "ccgp") for body in (b"three", b"four"))
    assert path.read_bytes() == torn
    assert third.record_id.startswith(SECOND)
    assert fourth.record_id.startswith(SECOND)
    assert [later.read(k.record_id).body for k in (first, third)] == [b"one", b"three"]
    assert "does not end with a whole capture" in caplog.text
    assert len(list(later.verify())) == 1
    assert Archive(root).keep(make_capture(), "ccgp").record_id.startswith(SECOND)


def test_every_flipped_bit_is_found(archive: Archive, root: Path) -> None:
    kept = [archive.keep(make_capture(b"page %d" % n), "ccgp") for n in range(3)]
    path, chance = root / FIRST, random.Random(7)  # noqa: S311
    whole = path.read_bytes()
    starts = [int(k.record_id.split("#")[1].split("+")[0]) for k in kept]
    missed = []
    for _ in range(500):
        at, bit = chance.randrange(len(whole)), chance.randrange(8)
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :])
        start = max(s for s in starts if s <= at)
        problems = list(archive.verify())
        if len(problems) != 1 or f"at {start}:" not in problems[0]:
            missed.append((at, bit, problems))
    assert missed == []


@pytest.mark.parametrize("at", [0, 4, 9, 60, -1, -5, -40])
def test_a_damaged_capture_is_not_read(at: int, archive: Archive, root: Path) -> None:
    archive.keep(make_capture(b"before"), "ccgp")
    kept = archive.keep(make_capture(b"page"), "ccgp")
    offset = int(kept.record_id.split("#")[1].split("+")[0])
    whole = bytearray((root / FIRST).read_bytes())
    whole[offset + at if at >= 0 else at] ^= 0xFF
    (root / FIRST).write_bytes(whole)
    with pytest.raises(StoreError, match=rf"^{FIRST} at {offset}: [^\n]+$"):
        archive.read(kept.record_id)


def test_a_capture_swapped_for_another_is_found(archive: Archive, root: Path) -> None:
    ids = [archive.keep(make_capture(body), "ccgp").record_id for body in (b"aaa", b"bbb")]
    sizes = [int(i.rpartition("+")[2]) for i in ids]
    whole = (root / FIRST).read_bytes()
    (root / FIRST).write_bytes(whole[sizes[0] :] + whole[: sizes[0]])
    assert len(list(archive.verify())) == 2


def test_a_removed_capture_is_found(archive: Archive, root: Path) -> None:
    for body in (b"one", b"two", b"three"):
        archive.keep(make_capture(body), "ccgp")
    index = root / f"{FIRST}.index"
    lines = index.read_text().splitlines(keepends=True)
    index.write_text(lines[0] + lines[2])
    assert "the index leaves out what lies at" in next(archive.verify())
    index.write_text("".join(lines))
    (root / FIRST).unlink()
    assert list(archive.verify()) == [f"{FIRST}.index: the captures of this index are missing"]


@pytest.mark.parametrize(
    "record_id",
    [
        "", "x", f"{FIRST}#0", f"{FIRST}#-1+5", f"/{FIRST}#0+5", "captures/../a.warc.gz#0+5",
        "captures/ccgp/../../../etc/passwd#0+5", f"{FIRST}#0+5\n", f"{FIRST}#0+{'9' * 40}",
    ],
)  # fmt: skip
def test_what_is_no_record_id_is_refused(record_id: str, archive: Archive) -> None:
    with pytest.raises(StoreError, match="not a record id"):
        archive.read(record_id)


@pytest.mark.parametrize("record_id", [f"{FIRST}#0+5", f"{FIRST}#999999+5", f"{SECOND}#0+5"])
def test_a_record_id_that_names_nothing_is_an_error(record_id: str, archive: Archive) -> None:
    archive.keep(make_capture(), "ccgp")
    with pytest.raises(StoreError, match=record_id.split("#")[0]):
        archive.read(record_id)


@pytest.mark.parametrize("source", ["", "..", ".hidden", "a/b", "../x", "a\0b", "x" * 101])
def test_a_source_cannot_name_another_folder(source: str, archive: Archive, root: Path) -> None:
    with pytest.raises(StoreError):
        archive.keep(make_capture(), source)
    with pytest.raises(StoreError):
        archive.drop_source(source)
    assert not root.exists()


@pytest.mark.parametrize("wrong", [{"sha256": "0" * 64}, {"final_url": "file:///a"}])
def test_a_capture_that_contradicts_itself_is_not_kept(
    wrong: dict[str, str], archive: Archive, root: Path
) -> None:
    with pytest.raises(StoreError):
        archive.keep(make_capture(b"x", **wrong), "ccgp")
    assert not root.exists()


def test_one_source_can_be_dropped(archive: Archive, root: Path) -> None:
    kept = archive.keep(make_capture(), "ccgp")
    archive.keep(make_capture(), "sample")
    assert (archive.drop_source("sample"), archive.drop_source("sample")) == (1, 0)
    assert archive.read(kept.record_id) == kept
    again = archive.keep(make_capture(), "sample")
    assert archive.read(again.record_id) == again


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "captures").write_text("in the way")
    with pytest.raises(StoreError):
        Archive(tmp_path).keep(make_capture(), "ccgp")


def test_a_failed_write_is_left_behind(
    archive: Archive, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.keep(make_capture(b"one"), "ccgp")
    real: Callable[[int], None] = os.fsync

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StoreError, match="No space left"):
        archive.keep(make_capture(b"two"), "ccgp")
    monkeypatch.setattr(os, "fsync", real)
    assert archive.keep(make_capture(b"three"), "ccgp").record_id.startswith(SECOND)


def test_many_threads_keep_at_once(archive: Archive) -> None:
    kept: list[Capture] = []

    def write(number: int) -> None:
        body = b"page %d" % number
        kept.append(archive.keep(make_capture(body), f"source{number % 2}"))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [archive.read(k.record_id).body for k in kept] == [k.body for k in kept]
    assert (len(kept), list(archive.verify())) == (24, [])


def test_a_file_is_looked_through_place_by_place(archive: Archive, root: Path) -> None:
    kept = [archive.keep(make_capture(b"page %d" % n), "ccgp") for n in range(3)]
    assert archive.list_files() == [FIRST]
    looks = list(archive.look_through(FIRST))
    assert [(one.record_id, one.digest, one.flaw) for one in looks] == [
        (one.record_id, one.packed, "") for one in kept
    ]
    assert [archive.hash_bytes(one.record_id) for one in kept] == [one.packed for one in kept]
    size = (root / FIRST).stat().st_size
    assert (archive.measure(FIRST), archive.find_tail(FIRST)) == (size, (size, 0))


def test_a_file_that_was_dropped_is_begun_anew(archive: Archive, root: Path) -> None:
    archive.keep(make_capture(b"old"), "ccgp")
    archive.drop_file(FIRST)
    archive.drop_file(FIRST)
    assert (archive.list_files(), archive.measure(FIRST)) == ([], None)
    kept = archive.keep(make_capture(b"new"), "ccgp")
    assert kept.record_id.startswith(f"{FIRST}#0+")
    assert archive.read(kept.record_id) == kept


@pytest.mark.parametrize("name", ["", "monitor.db", "captures/../a.warc.gz", f"/{FIRST}", "a/b"])
def test_what_is_no_file_of_captures_is_refused(name: str, archive: Archive) -> None:
    for ask in (archive.measure, archive.drop_file, archive.list_places, archive.find_tail):
        with pytest.raises(StoreError, match="not a file of captures"):
            ask(name)


def test_what_else_lies_in_the_folder_is_no_file_of_captures(archive: Archive, root: Path) -> None:
    archive.keep(make_capture(), "ccgp")
    (root / "captures" / "ccgp" / "notes.txt").write_text("mine")
    assert archive.list_files() == [FIRST]
    assert list(archive.verify()) == []
