"""A few processes that read pages, shared by all sources, each of which may die of a page."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Sequence

from monitor.confined import LOOK, Pause, Talk, end_child, name_command, start_child
from monitor.errors import FetchCause, FetchError, MonitorError
from monitor.parsing.seats import QUICK, Seat, Seats, Stopped
from monitor.parsing.wire import (
    MOST_ANSWER,
    TOO_MUCH,
    Answer,
    Found,
    PageError,
    Question,
    is_answer,
    read_answer,
    write_question,
)
from monitor.parsing.worker import OUT_OF_MEMORY

WORKER = name_command("monitor.parsing.worker")
_WORKERS = 2
# An idle machine needs a second to load the program, one that is swapping many.
_LONGEST_START = 60.0
Child = subprocess.Popen[bytes]


class NoWorkerError(MonitorError):
    """No process to read pages can be started: the machine's trouble, not the page's."""


class _PutOffError(Exception):
    """The page is a slow one, and as many of these as may be are being read."""


class Pool:
    """A few workers, started when they are needed and used again; safe from any thread.

    `command` starts a worker, tests give others; `size` is how many quick pages, and how many slow
    ones, are read at once.
    """

    def __init__(self, command: Sequence[str] = WORKER, size: int = _WORKERS) -> None:
        self._command, self._size = tuple(command), size
        self._seats, self._lock = Seats(size), threading.Lock()
        self._idle: list[Child] = []
        self._others: list[Child] = []
        os.register_at_fork(after_in_child=self._forget)

    def ask(self, question: Question, wall: float, stop: threading.Event) -> Found:
        """Return what a worker finds in a response, within `wall` seconds.

        Raise LayoutError as the portal does, PageError for a response that cannot be read within
        the limits, FetchError (STOPPING) once `stop` is set, and NoWorkerError.
        """
        try:
            with self._seats.take(stop) as seat:
                try:
                    answer = self._ask_twice(seat, question, wall, stop)
                except _PutOffError:
                    seat.wait(stop)
                    answer = self._ask_twice(seat, question, wall, stop)
        except Stopped as error:
            raise _make_stop(question.capture.url) from error
        if answer is None:
            raise PageError(question.capture.url, "its reader ended without an answer")
        if answer.error is not None:
            raise answer.error
        return answer.found

    def close(self) -> None:
        """End all workers that wait for a page."""
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            _end_worker(worker)

    def _forget(self) -> None:
        """Leave its workers to the process that this one was forked from."""
        self._seats, self._lock = Seats(self._size), threading.Lock()
        self._others, self._idle = [*self._others, *self._idle], []

    def _ask_twice(
        self, seat: Seat, question: Question, wall: float, stop: threading.Event
    ) -> Answer | None:
        """Ask a worker, and a new one where the first had gone: it had nothing to do for long."""
        answer = self._ask_one(self._find_idle(), seat, question, wall, stop)
        return answer or self._ask_one(None, seat, question, wall, stop)

    def _ask_one(
        self,
        worker: Child | None,
        seat: Seat,
        question: Question,
        wall: float,
        stop: threading.Event,
    ) -> Answer | None:
        """Return a worker's answer, None where it ended in peace before it got the question."""
        worker = worker or self._start(question.capture.url, stop)
        talk, answer, pause = Talk(worker, *write_question(question)), None, Pause.STOPPED
        try:
            pause = _hold(talk, seat, wall, stop)
            if pause is Pause.ANSWERED:
                answer = read_answer(talk.answer, question.capture.url)
        finally:
            if answer is not None and not answer.tired:
                self._put_back(worker)
            else:
                code = _end_worker(worker, LOOK if pause is Pause.CLOSED else 0.0)
        if answer is None and (pause, code, bytes(talk.answer)) != (Pause.CLOSED, 0, b""):
            raise _explain_end(pause, code, question, wall)
        return answer

    def _find_idle(self) -> Child | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _put_back(self, worker: Child) -> None:
        with self._lock:
            self._idle.append(worker)

    def _start(self, url: str, stop: threading.Event) -> Child:
        """Start a worker and wait until it is ready; raise NoWorkerError where it never is."""
        try:
            worker = start_child(self._command)
        except OSError as error:
            why = f"no process to read pages could be started: {error.strerror}"
            raise NoWorkerError(why) from error
        talk = Talk(worker)
        pause = talk.hold(_LONGEST_START, MOST_ANSWER, stop, is_answer)
        if pause is Pause.ANSWERED:
            return worker
        code = _end_worker(worker, LOOK if pause is Pause.CLOSED else 0.0)
        if pause is Pause.STOPPED:
            raise _make_stop(url)
        noise = bytes(talk.answer).decode("utf-8", "replace").strip()
        last = noise.splitlines()[-1][:200] if noise else f"exit code {code}"
        raise NoWorkerError(f"the process that reads pages does not start: {last}")


def _hold(talk: Talk, seat: Seat, wall: float, stop: threading.Event) -> Pause:
    """Talk to a worker; a page that turns out slow changes its seat, or raises _PutOffError."""
    if seat.is_slow or wall <= QUICK:
        return talk.hold(wall, MOST_ANSWER, stop, is_answer)
    pause = talk.hold(QUICK, MOST_ANSWER, stop, is_answer)
    if pause is not Pause.LATE:
        return pause
    if not seat.move():
        raise _PutOffError
    return talk.hold(wall - QUICK, MOST_ANSWER, stop, is_answer)


def _end_worker(worker: Child, patience: float = 0.0) -> int:
    with worker:
        return end_child(worker, patience)


def _make_stop(url: str) -> FetchError:
    return FetchError(url, FetchCause.STOPPING, "the program is stopping")


def _explain_end(pause: Pause, code: int, question: Question, wall: float) -> MonitorError:
    """Return the error for a worker that was ended or died on a page."""
    url = question.capture.url
    if pause is Pause.STOPPED:
        return _make_stop(url)
    if pause is Pause.LATE:
        return PageError(url, f"page takes more than {wall:g} s to read", costly=True)
    if pause is Pause.FLOODED:
        return PageError(url, TOO_MUCH, costly=True)
    if code in (-signal.SIGPROF, -signal.SIGXCPU):
        return PageError(url, f"page costs more than {question.cpu:g} s to read", costly=True)
    # The kernel kills where memory runs out; libraries abort.
    if code in (-signal.SIGKILL, -signal.SIGABRT):
        return PageError(url, OUT_OF_MEMORY, costly=True)
    name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    return PageError(url, f"page broke its reader ({name})")
