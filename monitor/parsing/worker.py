"""The process that reads pages and feeds, one after another, until it is ended or unneeded.

Each page may take so much processor time and the process so much memory; it may write no file and
start no process. It keeps no state from page to page but the portals, which have none.
"""

from __future__ import annotations

import gc
import resource
import select
import signal
import sys
from functools import lru_cache
from pathlib import Path
from types import TracebackType

from monitor.confined import confine_process, take_output
from monitor.errors import LayoutError
from monitor.parsing.wire import (
    READY,
    Ask,
    Found,
    Question,
    read_question,
    write_failure,
    write_found,
    write_layout,
)
from monitor.portals import PORTALS
from monitor.portals.base import Portal
from monitor.portals.refusals import find_refusal
from monitor.stanzas import SourceConfig

MEMORY = 256 * 1024 * 1024
OUT_OF_MEMORY = f"page needs more than {MEMORY // 1024**2} MiB to read"
# A new process costs a second; one that has grown, or whose heap is in pieces, costs more.
_MOST_PAGES = 1000
_MOST_RESIDENT = 128 * 1024 * 1024
# Rounds of a source come close together or hours apart.
_REST = 60.0


def main() -> None:
    """Answer questions on standard input until there are no more, or none for a minute."""
    out, source = take_output(), sys.stdin.buffer
    confine_process(MEMORY)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    # What was imported is no garbage: it need not be looked through after each page.
    gc.freeze()
    out.write(READY)
    out.flush()
    for number in range(1, _MOST_PAGES + 1):
        if not select.select([source], [], [], _REST)[0]:
            return
        try:
            question = read_question(source)
        except ValueError:
            return
        out.write(_answer(question, last=number == _MOST_PAGES))
        out.flush()
        del question
        gc.collect()


def _answer(question: Question, *, last: bool) -> bytes:
    """Return the answer to a question; the kernel ends the process when its time is over."""
    signal.setitimer(signal.ITIMER_PROF, question.cpu)
    try:
        found = _find(question)
        return write_found(found, tired=last or _is_grown())
    except LayoutError as error:
        return write_layout(error, tired=last or _is_grown())
    except MemoryError:
        return write_failure(OUT_OF_MEMORY, tired=True, costly=True)
    except Exception as error:  # noqa: BLE001 - one bad page ends no process
        why = f"the program failed on it: {type(error).__name__} in {_find_place(error)}"
        return write_failure(why, tired=last or _is_grown())
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _find(question: Question) -> Found:
    capture, listing = question.capture, question.listing
    if question.ask is Ask.FILE_REFUSAL:
        return find_refusal(capture)
    portal = _make_portal(question.stanza)
    if question.ask is Ask.REFUSAL:
        return portal.refused(capture)
    if question.ask is Ask.LIST:
        return portal.read_listing(capture)
    if listing is None:
        raise ValueError("a notice without its row")
    return portal.read_notice(capture, listing)


@lru_cache(maxsize=64)
def _make_portal(stanza: str) -> Portal:
    source = SourceConfig.model_validate_json(stanza)
    return PORTALS[source.portal](source)


def _is_grown() -> bool:
    """Return whether the process holds more memory than reading the next page should cost."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() > _MOST_RESIDENT


def _find_place(error: BaseException) -> str:
    """Return the innermost line of the program's own that an error came from."""
    place, step = "an unknown place", error.__traceback__
    while step is not None:
        place = _name_line(step) or place
        step = step.tb_next
    return place


def _name_line(step: TracebackType) -> str:
    path = Path(step.tb_frame.f_code.co_filename)
    ours = "monitor" in path.parts and "site-packages" not in path.parts
    return f"{path.name}:{step.tb_lineno}" if ours else ""


if __name__ == "__main__":
    main()
