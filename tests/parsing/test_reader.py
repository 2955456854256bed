from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from monitor.errors import FetchCause, FetchError, LayoutError
from monitor.parsing.reader import NoWorkerError, Pool
from monitor.parsing.wire import Ask, Found, PageError, Question
from tests.parsing.test_wire import CAPTURE, URL

QUESTION = Question(Ask.LIST, '{"portal": "ccgp"}', CAPTURE)
READ = "import os, resource, struct, sys, time; say = lambda line: print(line, flush=True); "
TAKE = "size = struct.unpack('!II', sys.stdin.buffer.read(8)); sys.stdin.buffer.read(sum(size)); "
BEGIN = READ + """say('{"ready": true}'); """
ASKED = BEGIN + TAKE
ANSWER = """say('{"nothing": null, "tired": false}')"""


def repeat(answer: str) -> str:
    """Return a worker that gives the same answer until it is ended."""
    return f"{BEGIN}\nwhile True:\n    {TAKE}{answer}"


def tell_pid(*, tired: bool) -> str:
    """Return an answer that holds the worker's number."""
    said = f'{{"layout": ["%s", ""], "tired": {str(tired).lower()}}}'
    return f"say('{said}' % os.getpid())"


@contextmanager
def run_python(script: str, size: int = 1) -> Iterator[Pool]:
    """Give a pool whose workers are a few lines of Python."""
    with closing(Pool((sys.executable, "-I", "-B", "-c", script), size)) as pool:
        yield pool


def ask(pool: Pool, wall: float = 30.0, stop: threading.Event | None = None) -> Found:
    return pool.ask(QUESTION, wall, stop or threading.Event())


@pytest.mark.parametrize(("tired", "workers"), [(False, 1), (True, 3)])
def test_a_worker_is_used_again_until_it_says_that_it_is_tired(tired: bool, workers: int) -> None:
    with run_python(repeat(tell_pid(tired=tired))) as pool:
        pids = set()
        for _ in range(3):
            with pytest.raises(LayoutError) as caught:
                ask(pool)
            pids.add(caught.value.url)
    assert len(pids) == workers


@pytest.mark.parametrize(
    ("script", "why", "costly"),
    [
        ("os.kill(os.getpid(), 27)", "page costs more than 10 s to read", True),
        ("os.kill(os.getpid(), 24)", "page costs more than 10 s to read", True),
        ("os.kill(os.getpid(), 9)", "page needs more than 256 MiB to read", True),
        ("os.abort()", "page needs more than 256 MiB to read", True),
        ("os.kill(os.getpid(), 11)", r"page broke its reader \(SIGSEGV\)", False),
        ("sys.exit(3)", r"page broke its reader \(exit code 3\)", False),
        ("print('x'); sys.exit(0)", r"page broke its reader \(exit code 0\)", False),
        ("sys.exit(0)", "its reader ended without an answer", False),
        ("print('{\"a\": 1}', flush=True); time.sleep(60)", "no valid answer", False),
    ],
)  # fmt: skip
def test_a_worker_that_dies_of_a_page_is_an_error_of_the_page(
    script: str, why: str, costly: bool
) -> None:
    limit = "resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); "
    with run_python(ASKED + limit + script) as pool:
        with pytest.raises(PageError, match=why) as caught:
            ask(pool)
        assert (caught.value.url, caught.value.costly) == (URL, costly)


@pytest.mark.parametrize("script", [ASKED, BEGIN], ids=["which asks", "which does not"])
def test_a_worker_that_takes_too_long_is_ended(script: str) -> None:
    with run_python(script + "time.sleep(600)") as pool:
        with pytest.raises(PageError, match=r"page takes more than 0\.3 s to read") as caught:
            ask(pool, 0.3)
        assert caught.value.costly


def test_a_flood_of_answers_is_cut() -> None:
    script = ASKED + "exec('while True: print(\"x\" * 100000)')"
    with run_python(script) as pool, pytest.raises(PageError, match="more than can be kept"):
        ask(pool)


def test_a_worker_that_left_in_peace_is_replaced(tmp_path: Path) -> None:
    script = ASKED + f"open('{tmp_path}/starts', 'a').write('x'); " + ANSWER
    with run_python(script) as pool:
        # Its process ends behind each answer; whoever asks next is not to notice.
        for _ in range(3):
            assert ask(pool) is None
    assert (tmp_path / "starts").read_text() == "xxx"


@pytest.mark.parametrize("script", [ASKED + "time.sleep(600)", READ + "time.sleep(600)"])
def test_a_stop_ends_reading_early(script: str) -> None:
    stop = threading.Event()
    stop.set()
    with run_python(script) as pool, pytest.raises(FetchError) as caught:
        ask(pool, stop=stop)
    assert caught.value.cause is FetchCause.STOPPING


def test_a_stop_ends_waiting_for_a_worker(tmp_path: Path) -> None:
    script = ASKED + f"open('{tmp_path}/asked', 'w').close(); time.sleep(600)"
    first, second = threading.Event(), threading.Event()
    second.set()
    with run_python(script) as pool:
        thread = threading.Thread(target=_ask_in_vain, args=(pool, first))
        thread.start()
        while not (tmp_path / "asked").exists():
            first.wait(0.02)
        with pytest.raises(FetchError, match="stopping"):
            ask(pool, stop=second)
        first.set()
        thread.join()


def _ask_in_vain(pool: Pool, stop: threading.Event) -> None:
    with pytest.raises(FetchError):
        ask(pool, stop=stop)


def test_a_quick_page_waits_for_no_slow_ones_and_these_wait_for_each_other(tmp_path: Path) -> None:
    # A page is as slow as the file says that is there when it is asked.
    script = f"""import os, pathlib, uuid
{BEGIN}
place = pathlib.Path({str(tmp_path)!r})
while True:
    {TAKE}
    slow = (place / 'slow').exists()
    if slow:
        (place / f'begun-{{uuid.uuid4()}}').touch()
    while slow and not (place / 'end').exists():
        time.sleep(0.02)
    {ANSWER}"""
    (tmp_path / "slow").touch()
    pause, read = threading.Event(), []
    with run_python(script) as pool:
        slow = [threading.Thread(target=lambda: read.append(ask(pool))) for _ in range(2)]
        for thread in slow:
            thread.start()
        # The second is begun, put off, and not begun again while the first is read.
        while len(list(tmp_path.glob("begun-*"))) < 2:
            pause.wait(0.02)
        (tmp_path / "slow").unlink()
        assert ask(pool) is None
        assert (read, [thread.is_alive() for thread in slow]) == ([], [True, True])
        (tmp_path / "end").touch()
        for thread in slow:
            thread.join()
    assert read == [None, None]


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("/nowhere",), "No such file"),
        ((sys.executable, "-c", "import nowhere"), "No module named 'nowhere'"),
        ((sys.executable, "-c", ""), "exit code 0"),
    ],
)
def test_a_worker_that_does_not_start_is_no_fault_of_the_page(
    command: tuple[str, ...], why: str
) -> None:
    with pytest.raises(NoWorkerError, match=why):
        ask(Pool(command))


def test_a_copy_of_the_program_starts_workers_of_its_own() -> None:
    with run_python(repeat(ANSWER)) as pool:
        assert ask(pool) is None
        idle = list(pool._idle)
        child = os.fork()
        if child == 0:  # pragma: no cover - ends without pytest
            os._exit(0 if not pool._idle and ask(pool) is None and pool._idle != idle else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert (ask(pool), pool._idle) == (None, idle)
