"""Serve the sample portal on loopback: a list that shifts, details, and nothing else."""

from __future__ import annotations

import errno
import hashlib
import logging
import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import format_datetime, parsedate_to_datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Any

from monitor.sample.notices import SHANGHAI, Publication, SampleNotice, load_notices
from monitor.sample.pages import render_detail, render_list, render_plain

log = logging.getLogger(__name__)

LIST_PATH = "/cggg/dfgg/"
PAGE_SIZE = 20
_LIST_PATTERN = re.compile(re.escape(LIST_PATH) + r"(?:index(?:_([1-9]\d{0,3}))?\.htm)?")


@dataclass(frozen=True)
class Response:
    """What the portal answers; `last_modified` is UTC."""

    body: bytes = b""
    status: int = 200
    content_type: str = "text/html"
    last_modified: datetime | None = None
    headers: tuple[tuple[str, str], ...] = ()


FailWith = Callable[[str], Response | None]


class SamplePortal:
    """A portal of the true structure with invented notices, on 127.0.0.1 while entered.

    The first pass is over once every list page of the first state was read; from then on
    each reading of the first list page publishes one more of the `later` notices. So the
    list moves by what the reader does, never by a timer. If `port` is taken, or 0, a free
    one is used. `fail_with` may answer a path in the portal's place: block pages, empty
    bodies. `requests` holds the paths asked for, in order.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        port: int = 0,
        notices: Sequence[SampleNotice] | None = None,
        fail_with: FailWith | None = None,
    ) -> None:
        facts = load_notices() if notices is None else notices
        self.requests: list[str] = []
        self.fail_with = fail_with
        self._now, self._port = now, port
        self._started_at = self._changed_at = now().astimezone(UTC)
        # Dates count from the day, not from the start: a portal started again shows the same.
        self._dated_from = _find_midnight(self._started_at) if notices is None else self._started_at
        self._appeared = 0
        self._shown = sorted(
            (self._date_back(notice) for notice in facts if not notice.later),
            key=lambda publication: publication.at,
            reverse=True,
        )
        self._waiting = deque(notice for notice in facts if notice.later)
        self._unread_pages = set(range(self._count_pages()))
        self._lock = Lock()
        self._server: _LoopbackServer | None = None
        self._thread: Thread | None = None

    def __enter__(self) -> SamplePortal:
        self._server = _bind_server(self._port, partial(_SampleHandler, self))
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), name="sample-portal")
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server = self._thread = None

    @property
    def base_url(self) -> str:
        """Return e.g. http://127.0.0.1:8765; RuntimeError unless entered."""
        if self._server is None:
            raise RuntimeError("the sample portal is not running")
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def waiting(self) -> int:
        """Return how many notices are still to appear."""
        with self._lock:
            return len(self._waiting)

    def add(self, notice: SampleNotice) -> str:
        """Publish a notice now, on top of the list, and return the URL of its page."""
        with self._lock:
            publication = self._publish(notice)
        return self.base_url + publication.path

    def answer(self, path: str, headers: Message) -> Response:
        """Return what a GET of `path` with these headers receives."""
        with self._lock:
            self.requests.append(path)
        # Outside the lock, so that a hook may add a notice.
        refusal = self.fail_with(path) if self.fail_with else None
        if refusal is not None:
            return refusal
        with self._lock:
            response = self._find_page(path.partition("?")[0])
        return _spare_unchanged(response, headers)

    def _find_page(self, path: str) -> Response:
        listed = _LIST_PATTERN.fullmatch(path)
        if listed:
            return self._serve_list(int(listed[1] or 0))
        if path == "/":
            return Response(render_plain("样例政府采购网").encode(), last_modified=self._started_at)
        if path.startswith("/oss/"):
            return _serve_attachment(path, self._shown)
        for publication in self._shown:
            if publication.path == path:
                page = render_detail(publication, self._choose_related(publication))
                return Response(page.encode(), last_modified=publication.at)
        return _not_found()

    def _serve_list(self, page_index: int) -> Response:
        if page_index == 0 and self._waiting and not self._unread_pages:
            self._appeared += 1
            shown_at = self._dated_from + timedelta(minutes=self._appeared)
            shipped = self._dated_from != self._started_at
            self._publish(self._waiting.popleft(), shown_at if shipped else None)
        if page_index >= self._count_pages():
            return _not_found()
        self._unread_pages.discard(page_index)
        rows = self._shown[page_index * PAGE_SIZE :][:PAGE_SIZE]
        page = render_list(rows, page_index, self._count_pages())
        return Response(page.encode(), last_modified=self._changed_at)

    def _publish(self, notice: SampleNotice, at: datetime | None = None) -> Publication:
        publication = Publication(notice, at or self._now().astimezone(UTC))
        self._shown.insert(0, publication)
        # HTTP dates have whole seconds: two changes within one must not look like one.
        self._changed_at = max(publication.at, self._changed_at + timedelta(seconds=1))
        return publication

    def _date_back(self, notice: SampleNotice) -> Publication:
        return Publication(notice, self._dated_from - timedelta(minutes=notice.minutes_ago))

    def _choose_related(self, publication: Publication) -> list[Publication]:
        return [other for other in self._shown if other.notice.aside and other != publication]

    def _count_pages(self) -> int:
        return max(1, -(-len(self._shown) // PAGE_SIZE))


def _find_midnight(moment: datetime) -> datetime:
    local = moment.astimezone(SHANGHAI)
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def _not_found() -> Response:
    return Response(render_plain("404 页面不存在").encode(), status=404)


def _serve_attachment(path: str, shown: Sequence[Publication]) -> Response:
    names = (
        f"/oss/{publication.notice.id}-{number}.pdf"
        for publication in shown
        for number, _ in enumerate(publication.notice.attachments, 1)
    )
    if path not in names:
        return _not_found()
    return Response(_write_blank_pdf(), content_type="application/pdf")


def _write_blank_pdf() -> bytes:
    """Return a PDF of one page without text, as a scan is to whoever looks for words."""
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>>>",
        b"<</Title(SAMPLE, not a real purchase)>>",
    )
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"trailer\n<</Size %d/Root 1 0 R/Info 4 0 R>>\n" % (len(objects) + 1)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    return body + head + table + trailer + b"startxref\n%d\n%%%%EOF\n" % len(body)


def _spare_unchanged(response: Response, headers: Message) -> Response:
    """Add validators to a page, or answer 304 where the reader has it (RFC 9110, 13.2.2)."""
    if response.status != 200:
        return response
    etag = f'"{hashlib.sha256(response.body).hexdigest()[:16]}"'
    validators = [("ETag", etag)]
    if response.last_modified is not None:
        validators.append(("Last-Modified", format_datetime(response.last_modified, usegmt=True)))
    if _holds_current(headers, etag, response.last_modified):
        return Response(status=304, headers=tuple(validators))
    return replace(response, headers=(*response.headers, *validators))


def _holds_current(headers: Message, etag: str, changed_at: datetime | None) -> bool:
    known = headers.get("If-None-Match")
    if known is not None:
        return etag in (tag.strip().removeprefix("W/") for tag in known.split(","))
    since = headers.get("If-Modified-Since")
    if since is None or changed_at is None:
        return False
    try:
        return changed_at.replace(microsecond=0) <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False


class _LoopbackServer(ThreadingHTTPServer):
    # Closing waits for the threads of open requests, so that none outlives the portal.
    daemon_threads = False

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        log.debug("request of %s failed", client_address, exc_info=True)


class _SampleHandler(BaseHTTPRequestHandler):
    timeout = 5

    def __init__(self, portal: SamplePortal, *args: Any) -> None:
        self._portal = portal
        super().__init__(*args)

    def do_GET(self) -> None:
        response = self._portal.answer(self.path, self.headers)
        self.send_response(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        if response.status != 304:
            self.send_header("Content-Type", response.content_type)
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        self.wfile.write(response.body)

    def version_string(self) -> str:
        return "sample"

    def log_message(self, format: str, *args: Any) -> None:
        log.debug(format, *args)


def _bind_server(port: int, handler: Callable[..., BaseHTTPRequestHandler]) -> _LoopbackServer:
    try:
        return _LoopbackServer(("127.0.0.1", port), handler)
    except OSError as error:
        if port == 0 or error.errno != errno.EADDRINUSE:
            raise
    log.info("port %d is taken, so the sample portal uses a free one", port)
    return _LoopbackServer(("127.0.0.1", 0), handler)
