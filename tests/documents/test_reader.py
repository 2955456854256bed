from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest

from monitor.documents.parts import Fault, Flaw, Limits
from monitor.documents.reader import DocumentReader
from monitor.documents.reading import read_bytes
from tests.documents import bombs
from tests.kit.waiting import wait_until

FILES = Path(__file__).parent / "files"
DEADLY = [hostile for hostile in bombs.HOSTILE if hostile.is_deadly]
PART = r'{"file": "", "place": "p. 1", "blocks": ["read before"]}'


def run_shell(script: str) -> DocumentReader:
    """Return a reader whose worker is a few lines of shell."""
    return DocumentReader(command=("/bin/sh", "-c", f"ulimit -c 0; {script}"))


def run_python(script: str, limits: Limits | None = None) -> DocumentReader:
    """Return a reader whose worker is a few lines of Python."""
    return DocumentReader(limits, command=(sys.executable, "-I", "-B", "-c", script))


def test_a_worker_reads_what_the_same_code_reads_here() -> None:
    body = (FILES / "good.pdf").read_bytes()
    document = DocumentReader().read(bombs.make_zip(("采购文件.pdf", body)), "附件.zip")
    assert document == read_bytes(bombs.make_zip(("采购文件.pdf", body)), "附件.zip", Limits())
    assert document.parts


@pytest.mark.parametrize("hostile", DEADLY, ids=lambda hostile: hostile.title)
def test_a_deadly_file_kills_its_worker_at_most(hostile: bombs.Hostile) -> None:
    document = DocumentReader().read(hostile.make(), hostile.name)
    assert {flaw.fault for flaw in document.flaws} & hostile.faults


def test_the_file_of_an_archive_that_killed_the_worker_is_named() -> None:
    script = """echo '{"at": "甲.pdf"}'; echo '{"at": "乙.xls"}'; kill -SEGV $$"""
    (flaw,) = run_shell(script).read(b"x", "a.zip").flaws
    assert (flaw.fault, flaw.where) == (Fault.BROKE_READER, "乙.xls")


def test_processor_time_is_limited() -> None:
    body = b"1,2,3\n" * 3_000_000
    document = DocumentReader(Limits(cpu=1, text=100_000_000)).read(body, "a.csv")
    assert document.flaws[-1] == Flaw(Fault.OUT_OF_TIME, detail="ended by SIGXCPU")


@pytest.mark.parametrize(
    ("script", "fault", "detail"),
    [
        ("kill -XCPU $$", Fault.OUT_OF_TIME, "ended by SIGXCPU"),
        ("kill -KILL $$", Fault.OUT_OF_MEMORY, "ended by SIGKILL"),
        ("kill -ABRT $$", Fault.OUT_OF_MEMORY, "ended by SIGABRT"),
        ("echo std::bad_alloc; kill -ABRT $$", Fault.OUT_OF_MEMORY, "ended by SIGABRT"),
        ("echo double free; kill -ABRT $$", Fault.BROKE_READER, "ended by SIGABRT"),
        ("kill -SEGV $$", Fault.BROKE_READER, "ended by SIGSEGV"),
        ("echo Traceback; echo ImportError: x; exit 1", Fault.BROKE_READER, "ImportError: x"),
        ("exit 3", Fault.BROKE_READER, "ended with exit code 3"),
        ("exit 0", Fault.BROKE_READER, "ended with exit code 0"),
    ],
)
def test_the_death_of_a_worker_is_a_flaw_beside_what_it_had_read(
    script: str, fault: Fault, detail: str
) -> None:
    document = run_shell(f"echo '{PART}'; {script}").read(b"x", "a.pdf")
    assert [part.place for part in document.parts] == ["p. 1"]
    assert document.flaws == (Flaw(fault, detail=detail),)


def test_a_worker_that_takes_too_long_is_killed_with_all_it_started(tmp_path: Path) -> None:
    script = f"sleep 600 & echo $! > {tmp_path}/child; wait"
    reader = DocumentReader(Limits(wall=0.5), command=("/bin/sh", "-c", script))
    document = reader.read(b"x", "a.pdf")
    assert document.flaws == (Flaw(Fault.OUT_OF_TIME, detail="after 0.5 s"),)
    child = Path("/proc") / (tmp_path / "child").read_text().strip() / "stat"
    wait_until(lambda: is_gone(child), "the child's end")


def is_gone(stat: Path) -> bool:
    """Return whether a process has ended, whether or not somebody has asked how."""
    try:
        return ") Z " in stat.read_text()
    except OSError:
        return True


def test_a_worker_that_does_not_take_its_file_holds_nothing_up() -> None:
    reader = DocumentReader(Limits(wall=0.5), command=("/bin/sh", "-c", "exec sleep 600"))
    document = reader.read(bytes(bombs.MEGABYTE), "a.pdf")
    assert document.flaws[0].fault is Fault.OUT_OF_TIME


def test_a_flood_of_answers_is_cut() -> None:
    reader = DocumentReader(Limits(text=1000), command=("/bin/sh", "-c", f"yes '{PART}'"))
    (flaw,) = reader.read(b"x", "a.pdf").flaws
    assert flaw.fault is Fault.TOO_LARGE


def test_a_stop_ends_reading_early() -> None:
    stop = threading.Event()
    stop.set()
    reader = DocumentReader(stop=stop, command=("/bin/sh", "-c", "exec sleep 600"))
    assert reader.read(b"x", "a.pdf").flaws == (Flaw(Fault.OUT_OF_TIME, detail="stopped"),)


def test_a_file_over_the_limit_starts_no_worker() -> None:
    reader = DocumentReader(Limits(size=10), command=("/nowhere",))
    assert [flaw.fault for flaw in reader.read(bytes(11), "a.pdf").flaws] == [Fault.TOO_LARGE]


def test_a_worker_that_cannot_be_started_is_a_flaw() -> None:
    (flaw,) = DocumentReader(command=("/nowhere",)).read(b"x", "a.pdf").flaws
    assert flaw.fault is Fault.BROKE_READER
    assert "No such file" in flaw.detail


def test_a_worker_sees_no_secret_and_no_open_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PASSWORD", "secret")
    with (tmp_path / "open").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        (flaw,) = run_shell('echo "$PASSWORD" $PWD /proc/self/fd/*').read(b"x", "a").flaws
    folder, *files = flaw.detail.split()
    assert folder == "/"
    # 3 is the folder being listed.
    assert {Path(file).name for file in files} <= {"0", "1", "2", "3"}


CONFINE = """
import os, resource
from monitor.confined import confine_process
confine_process(256 * 1024 * 1024, 12)
"""


@pytest.mark.parametrize(
    ("script", "detail"),
    [
        ("bytearray(300_000_000)", "MemoryError"),
        ("os.write(os.open('FILE', os.O_CREAT | os.O_WRONLY), b'x')", "OSError: [Errno 27]"),
        ("print(resource.getrlimit(resource.RLIMIT_CORE))", "(0, 0)"),
        ("print(resource.getrlimit(resource.RLIMIT_NPROC))", "(0, 0)"),
        ("print(open('/proc/self/oom_score_adj').read())", "1000"),
    ],
)
def test_a_confined_process_has_given_up_what_reading_does_not_need(
    script: str, detail: str, tmp_path: Path
) -> None:
    reader = run_python(CONFINE + script.replace("FILE", str(tmp_path / "file")))
    (flaw,) = reader.read(b"x", "a").flaws
    assert flaw.detail.startswith(detail)
