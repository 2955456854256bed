"""Read members of a zip and XML inside it: capped before they unfold, without a DOCTYPE."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import IO, Protocol
from xml.etree.ElementTree import ParseError, XMLParser

from monitor.documents.parts import DocumentError, Fault, Limits

_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_CHUNK = 64 * 1024
# Short members may fold far better than the ratio allows, and cost nothing.
_ALWAYS_READ = 1024 * 1024
_MOST_MEMBERS = 10_000
_MOST_NESTED = 1000
_ENCRYPTED_FLAG = 0x1
# What zipfile and zlib raise over damaged bytes; NotImplementedError is of unknown methods.
_ZIP_ERRORS = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, LookupError, RuntimeError,
    NotImplementedError, ArithmeticError,
)  # fmt: skip
Attributes = Mapping[str, str]


class XmlTarget(Protocol):
    """What takes the elements of an XML file as they come; names are without namespaces."""

    def start(self, name: str, attributes: Attributes) -> None:
        """Take the opening of an element."""

    def end(self, name: str) -> None:
        """Take the closing of an element."""

    def data(self, text: str) -> None:
        """Take text."""


class Package:
    """A zip whose members are read within the limits of one attachment."""

    def __init__(self, body: bytes, limits: Limits) -> None:
        """Open a zip; raise DocumentError where it is damaged, encrypted or has too many files."""
        if body.startswith(_OLE_MAGIC) and _ENCRYPTED_STREAM in body:
            raise DocumentError(Fault.ENCRYPTED, "needs a password")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(body))
        except _ZIP_ERRORS as error:
            raise DocumentError(Fault.DAMAGED, f"no zip: {error}") from error
        self._limits, self._left = limits, limits.unfolded
        members = self._zip.infolist()
        if len(members) > _MOST_MEMBERS:
            raise DocumentError(Fault.TOO_MANY, f"{len(members)} files inside")
        self._members = {member.filename.lstrip("/"): member for member in members}

    @property
    def names(self) -> list[str]:
        """The paths of all members."""
        return list(self._members)

    def claim(self, name: str) -> None:
        """Count a member's unfolded size against the limits, before it is read.

        Raises DocumentError BOMB or ENCRYPTED. zipfile reads no more than the size it states.
        """
        member = self._members[name]
        if member.flag_bits & _ENCRYPTED_FLAG:
            raise DocumentError(Fault.ENCRYPTED, f"{name} needs a password")
        size = member.file_size
        if size > _ALWAYS_READ and size > self._limits.ratio * max(member.compress_size, 1):
            raise DocumentError(Fault.BOMB, f"{name} unfolds more than {self._limits.ratio} times")
        if size > self._left:
            raise DocumentError(Fault.BOMB, f"unfolds to more than {self._limits.unfolded} bytes")
        self._left -= size

    def read_chunks(self, name: str) -> Iterator[bytes]:
        """Yield a member in pieces; raise DocumentError where it is damaged or too large."""
        if name not in self._members:
            raise DocumentError(Fault.DAMAGED, f"{name} is missing")
        self.claim(name)
        try:
            with self._zip.open(self._members[name]) as file:
                yield from iter_chunks(file)
        except _ZIP_ERRORS as error:
            raise DocumentError(Fault.DAMAGED, f"{name}: {error}") from error

    def read_member(self, name: str) -> bytes:
        """Return a whole member; raises as `read_chunks` does."""
        return b"".join(self.read_chunks(name))

    def feed_xml(self, name: str, target: XmlTarget) -> Iterator[None]:
        """Give the XML of a member to a target; yield after each piece of it.

        Raises DocumentError where it is not well-formed, nests too deep or declares a DOCTYPE,
        which no office format has and which is the way to bombs and foreign files.
        """
        # The gate refuses a DOCTYPE, and with it the entities that ruff's rule is about.
        parser = XMLParser(target=_Gate(target, name))  # noqa: S314
        try:
            for chunk in self.read_chunks(name):
                parser.feed(chunk)
                yield
            parser.close()
        except (ParseError, ValueError, LookupError) as error:
            raise DocumentError(Fault.DAMAGED, f"{name}: {error}") from error
        yield

    def read_xml(self, name: str, target: XmlTarget) -> None:
        """Give all XML of a member to a target; raises as `feed_xml` does."""
        for _ in self.feed_xml(name, target):
            pass


def iter_chunks(file: IO[bytes]) -> Iterator[bytes]:
    """Yield what a file holds in pieces of bounded size."""
    while chunk := file.read(_CHUNK):
        yield chunk


class _Gate:
    """Stands before a target: strips namespaces, refuses what could be a bomb."""

    def __init__(self, target: XmlTarget, name: str) -> None:
        self._target, self._name, self._depth = target, name, 0
        self.data = target.data

    def start(self, tag: str, attributes: Attributes) -> None:
        """Pass the opening of an element on."""
        self._depth += 1
        if self._depth > _MOST_NESTED:
            raise DocumentError(Fault.BOMB, f"{self._name} nests deeper than {_MOST_NESTED}")
        bare = {strip_namespace(key): value for key, value in attributes.items()}
        self._target.start(strip_namespace(tag), bare)

    def end(self, tag: str) -> None:
        """Pass the closing of an element on."""
        self._depth -= 1
        self._target.end(strip_namespace(tag))

    def doctype(self, *_: str | None) -> None:
        """Refuse a DOCTYPE."""
        raise DocumentError(Fault.BOMB, f"{self._name} declares a DOCTYPE")

    def close(self) -> None:
        """End the file."""


def strip_namespace(tag: str) -> str:
    """Return the local name of a {namespace}name."""
    return tag.rpartition("}")[2]


def join_path(holder: str, location: str) -> str:
    """Return the path of a member that another names, from the root or from its own folder."""
    if location.startswith("/"):
        return posixpath.normpath(location).lstrip("/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(holder), location)).lstrip("/")
