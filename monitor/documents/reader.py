"""Read attachments in a process of its own, which may die of what it reads: the watch does not."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Sequence
from dataclasses import replace

from monitor.confined import LOOK, Pause, Talk, end_child, name_command, start_child
from monitor.documents import ocr
from monitor.documents.parts import Fault, Flaw, Limits, ReadDocument
from monitor.documents.wire import read_answer, read_noise, write_header
from monitor.text.privacy import mask_private

log = logging.getLogger(__name__)

WORKER = name_command("monitor.documents.worker")
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
        while not turn.acquire(timeout=LOOK):
            if self._stop.is_set():
                return ReadDocument("unknown", flaws=(_STOPPED,))
        try:
            return self._run_worker(body, name, limits)
        except OSError as error:
            log.warning("no worker to read %r could be started: %s", mask_private(name), error)
            flaw = Flaw(Fault.BROKE_READER, detail=f"no worker could be started: {error.strerror}")
            return ReadDocument("unknown", flaws=(flaw,))
        finally:
            turn.release()

    def _run_worker(self, body: bytes, name: str, limits: Limits) -> ReadDocument:
        with start_child(self._command) as worker:
            talk, patience = Talk(worker, write_header(name, limits, len(body)), body), 0.0
            try:
                most = _MOST_PER_CHARACTER * limits.text + _MOST_AROUND
                if (pause := talk.hold(limits.wall, most, self._stop)) is Pause.CLOSED:
                    patience = LOOK
            finally:
                code = end_child(worker, patience)
        flaw = _explain_pause(pause, limits)
        answer = read_answer(bytes(talk.answer))
        if flaw is None and not answer.is_whole:
            flaw = _explain_death(code, bytes(talk.answer))
        flaws = (replace(flaw, where=answer.place),) if flaw else ()
        return replace(answer.document, flaws=(*answer.document.flaws, *flaws))


_STOPPED = Flaw(Fault.OUT_OF_TIME, detail="stopped")


def _explain_pause(pause: Pause, limits: Limits) -> Flaw | None:
    """Return why a worker had to be ended, None where it ended by itself."""
    if pause is Pause.LATE:
        return Flaw(Fault.OUT_OF_TIME, detail=f"after {limits.wall:g} s")
    if pause is Pause.FLOODED:
        return Flaw(Fault.TOO_LARGE, detail="its text as told by the worker")
    return _STOPPED if pause is Pause.STOPPED else None


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
