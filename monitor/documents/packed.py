"""List what is inside archives: nothing is written to disk, and names are only labels."""

from __future__ import annotations

import posixpath
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from email import message_from_bytes

from monitor.documents.parts import DocumentError, Fault, Flaw, Limits
from monitor.documents.rar import list_rar
from monitor.documents.zips import inflate, list_zip

_LONGEST_NAME = 200
_DRIVE = re.compile(r"^[A-Za-z]:")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
# What systems leave in archives; it holds no text.
_LITTER = re.compile(
    r"(?:^|.*/)(?:__MACOSX/.*|\.DS_Store|Thumbs\.db|desktop\.ini|~\$[^/]*)", re.IGNORECASE
)
Found = tuple[str, bytes] | Flaw


def list_files(body: bytes, kind: str, limits: Limits) -> Iterator[Found]:
    """Yield cleaned name and content of each file of an archive, and a flaw for what is not had.

    A name that leads outside is told as a flaw, and its file still given. Raises DocumentError
    where the archive as a whole cannot be read, or has more files than `limits.files`.
    """
    seen: Counter[str] = Counter()
    for found in ARCHIVES[kind](body, limits):
        raw = found.where if isinstance(found, Flaw) else found[0]
        name = clean_name(raw)
        if _LITTER.fullmatch(name):
            continue
        if seen.total() == limits.files:
            raise DocumentError(Fault.TOO_MANY, f"more than {limits.files} files")
        seen[name] += 1
        label = f"{name} ({seen[name]})" if seen[name] > 1 else name
        if is_unsafe(raw):
            yield Flaw(Fault.UNSAFE_NAME, label, "its name leads outside the archive")
        yield replace(found, where=label) if isinstance(found, Flaw) else (label, found[1])


def clean_name(raw: str) -> str:
    """Return a name as a path of plain steps, without what could hide or mislead.

    Only no name at all gives none, as gzip has it.
    """
    path = _DRIVE.sub("", _CONTROL.sub("", raw).replace("\\", "/"))
    steps = [step.strip() for step in path.split("/")]
    plain = "/".join(step for step in steps if step not in ("", ".", ".."))
    return plain[-_LONGEST_NAME:] or ("?" if raw else "")


def is_unsafe(raw: str) -> bool:
    """Return whether a name, taken as a path, leads out of its folder."""
    path = raw.replace("\\", "/")
    inside = posixpath.normpath(path)
    return bool(_DRIVE.match(path)) or inside.startswith(("/", "../")) or inside == ".."


def _list_gzip(body: bytes, limits: Limits) -> Iterator[Found]:
    yield "", inflate(memoryview(body), zlib.MAX_WBITS | 16, limits, limits.unfolded)


def _list_mhtml(body: bytes, limits: Limits) -> Iterator[Found]:
    """Yield the pages of a web page saved as one file, which Word can name .doc."""
    for part in message_from_bytes(body).walk():
        if part.get_content_type() == "text/html":
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                yield "page.html", content[: limits.unfolded]


# One row per kind of archive.
ARCHIVES: dict[str, Callable[[bytes, Limits], Iterator[Found]]] = {
    "zip": list_zip,
    "rar": list_rar,
    "gzip": _list_gzip,
    "mhtml": _list_mhtml,
}
