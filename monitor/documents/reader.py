"""Read attachments in a process of its own, which may die of what it reads: the watch does not."""

from __future__ import annotations

import logging
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace

from monitor.documents import ocr
from monitor.documents.parts import Fault, Flaw, Limits, ReadDocument
from monitor.documents.wire import read_answer, read_noise, write_header

log = logging.getLogger(__name__)

# -I: no environment, no current folder; -B: the program folder may be read-only.
WORKER = (sys.executable, "-I", "-B", "-m", "monitor.documents.worker")
_CHUNK = 64 * 1024
# How often a waiting thread looks whether it shall stop.
_LOOK = 0.25
# A character of an answer takes at most six bytes as JSON, and each piece some more.
_MOST_PER_CHARACTER = 6
_MOST_AROUND = 1024 * 1024
_LONGEST_TOLD = 200
# One page takes 750 MiB and about five seconds; see monitor/documents/ocr.py.
_OCR_WALL, _OCR_MEMORY = 120.0, 1536 * 1024 * 1024


# One worker of each kind in the whole program, however many sources are polled at once.
_TURN, _OCR_TURN = threading.Lock(), threading.Lock()


class DocumentReader:
    """Reads attachments, from any thread; `command` starts a worker, tests give others."""

    def __init__(
        self,
        limits: Limits | None = None,
        stop: threading.Event | None = None,
        command: Sequence[str] = WORKER,
    ) -> None:
        self._limits = limits or Limits()
        self._stop = stop or threading.Event()
        self._command = tuple(command)

    def read(self, body: bytes, name: str) -> ReadDocument:
        """Return the text of an attachment, and flaws for what is not read; never raises for it.

        Takes `limits.wall` seconds at most, with OCR of scans two minutes more. A set stop event
        ends it early with the flaw OUT_OF_TIME.
        """
        limits = self._limits
        if len(body) > limits.size:
            flaw = Flaw(Fault.TOO_LARGE, detail=f"{len(body)} bytes, more than {limits.size}")
            return ReadDocument("unknown", flaws=(flaw,))
        first = self._read_within(body, name, replace(limits, ocr=False))
        is_scanned = any(flaw.fault is Fault.SCANNED for flaw in first.flaws)
        if not (is_scanned and limits.ocr and ocr.is_installed()):
            return first
        wider = replace(limits, wall=_OCR_WALL, cpu=2 * int(_OCR_WALL), memory=_OCR_MEMORY)
        return _join_readings(first, self._read_within(body, name, wider))

    def _read_within(self, body: bytes, name: str, limits: Limits) -> ReadDocument:
        turn = _OCR_TURN if limits.ocr else _TURN
        while not turn.acquire(timeout=_LOOK):
            if self._stop.is_set():
                return ReadDocument("unknown", flaws=(_STOPPED,))
        try:
            return self._run_worker(body, name, limits)
        except OSError as error:
            log.warning("no worker to read %r could be started: %s", name, error)
            flaw = Flaw(Fault.BROKE_READER, detail=f"no worker could be started: {error.strerror}")
            return ReadDocument("unknown", flaws=(flaw,))
        finally:
            turn.release()

    def _run_worker(self, body: bytes, name: str, limits: Limits) -> ReadDocument:
        worker = subprocess.Popen(  # noqa: S603 - our own program; the file goes through a pipe
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            # The environment holds the receivers' passwords.
            env={"LANG": "C.UTF-8"},
            start_new_session=True,
        )
        with worker:
            talk = _Talk(worker, write_header(name, limits, len(body)), body)
            patience = 0.0
            try:
                if (flaw := talk.hold(limits, self._stop)) is None:
                    patience = _LOOK
            finally:
                code = _end_worker(worker, patience)
        answer = read_answer(bytes(talk.answer))
        if flaw is None and not answer.is_whole:
            flaw = _explain_death(code, bytes(talk.answer))
        flaws = (replace(flaw, where=answer.place),) if flaw else ()
        return replace(answer.document, flaws=(*answer.document.flaws, *flaws))


class _Talk:
    """Sends a worker its file and takes its answer, without waiting for either."""

    def __init__(self, worker: subprocess.Popen[bytes], header: bytes, body: bytes) -> None:
        if worker.stdin is None or worker.stdout is None:
            raise ValueError("a worker without pipes")
        self._to, self._from = worker.stdin, worker.stdout
        self._waiting = [memoryview(header), memoryview(body)]
        self.answer = bytearray()

    def hold(self, limits: Limits, stop: threading.Event) -> Flaw | None:
        """Talk until the worker ends or must be ended; return why it must."""
        deadline = time.monotonic() + limits.wall
        most = _MOST_PER_CHARACTER * limits.text + _MOST_AROUND
        os.set_blocking(self._to.fileno(), False)
        with selectors.DefaultSelector() as selector:
            selector.register(self._to, selectors.EVENT_WRITE)
            selector.register(self._from, selectors.EVENT_READ)
            while not stop.is_set():
                left = deadline - time.monotonic()
                if left <= 0:
                    return Flaw(Fault.OUT_OF_TIME, detail=f"after {limits.wall:g} s")
                for key, _ in selector.select(min(left, _LOOK)):
                    if key.fileobj is self._to:
                        self._send(selector)
                    elif not self._take():
                        return None
                if len(self.answer) > most:
                    return Flaw(Fault.TOO_LARGE, detail="its text as told by the worker")
        return _STOPPED

    def _send(self, selector: selectors.BaseSelector) -> None:
        try:
            sent = os.write(self._to.fileno(), self._waiting[0][:_CHUNK])
            self._waiting[0] = self._waiting[0][sent:]
            self._waiting = [view for view in self._waiting if view]
        except BrokenPipeError:
            self._waiting = []
        if not self._waiting:
            selector.unregister(self._to)
            self._to.close()

    def _take(self) -> bool:
        """Take what there is of the answer; return False at its end."""
        chunk = os.read(self._from.fileno(), _CHUNK)
        self.answer += chunk
        return bool(chunk)


_STOPPED = Flaw(Fault.OUT_OF_TIME, detail="stopped")


def _end_worker(worker: subprocess.Popen[bytes], patience: float) -> int:
    """End a worker that does not end by itself; return its exit code, negative for a signal."""
    try:
        return worker.wait(timeout=patience)
    except subprocess.TimeoutExpired:
        os.killpg(worker.pid, signal.SIGKILL)
        return worker.wait()


def _explain_death(code: int, answer: bytes) -> Flaw:
    """Return what a worker died of that did not come to its end."""
    noise = read_noise(answer)
    if code >= 0:
        told = noise.splitlines()[-1] if noise else f"ended with exit code {code}"
        return Flaw(Fault.BROKE_READER, detail=told[:_LONGEST_TOLD])
    detail = f"ended by {signal.Signals(-code).name}"
    if code == -signal.SIGXCPU:
        return Flaw(Fault.OUT_OF_TIME, detail=detail)
    # The kernel kills where memory runs out; PDFium aborts in silence, Rust and C++ say why.
    if code == -signal.SIGKILL or (code == -signal.SIGABRT and _tells_memory(noise)):
        return Flaw(Fault.OUT_OF_MEMORY, detail=detail)
    return Flaw(Fault.BROKE_READER, detail=detail)


def _tells_memory(noise: str) -> bool:
    return not noise or "memory allocation" in noise or "bad_alloc" in noise


def _join_readings(first: ReadDocument, second: ReadDocument) -> ReadDocument:
    """Return a reading with OCR; where it ended too early, what was read before it too."""
    lost = tuple(part for part in first.parts if part not in second.parts)
    return replace(second, kind=first.kind, parts=(*lost, *second.parts))
