"""Zips with XML: nothing unfolds before its size is known, and no XML reaches outside."""

from __future__ import annotations

import zipfile

import pytest

from monitor.documents.parts import DocumentError, Fault, Limits
from monitor.documents.zipxml import Attributes, Package, join_path
from tests.documents.pages import write_zip


class Names:
    """Keeps the names of elements and their text."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def start(self, name: str, attributes: Attributes) -> None:
        self.found.append(name + "".join(f" {key}={value}" for key, value in attributes.items()))

    def end(self, name: str) -> None:
        self.found.append(f"/{name}")

    def data(self, text: str) -> None:
        self.found.append(text)


def read_names(xml: str | bytes) -> list[str]:
    names = Names()
    Package(write_zip({"a.xml": xml}), Limits()).read_xml("a.xml", names)
    return names.found


def test_names_come_without_their_namespaces() -> None:
    xml = '<w:a xmlns:w="urn:w" xmlns:r="urn:r" w:val="1" r:id="2">x</w:a>'
    assert read_names(xml) == ["a val=1 id=2", "x", "/a"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "gbk"])
@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE a SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE a [<!ENTITY b SYSTEM "http://127.0.0.1/x">]>',
        '<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;&b;&b;&b;&b;&b;&b;">]>',
    ],
)
def test_a_doctype_is_refused_in_any_encoding(doctype: str, encoding: str) -> None:
    xml = f'<?xml version="1.0" encoding="{encoding}"?>{doctype}<a/>'
    with pytest.raises(DocumentError) as raised:
        read_names(xml.encode(encoding))
    # Python's reader knows no GBK, which XML of offices never has.
    assert raised.value.fault is (Fault.DAMAGED if encoding == "gbk" else Fault.BOMB)


@pytest.mark.parametrize(
    ("members", "limits", "fault"),
    [
        ({"a": b"\0" * 5_000_000}, Limits(), Fault.BOMB),
        ({"a": b"\0" * 900_000}, Limits(), None),
        ({"a": b"\0" * 900_000}, Limits(unfolded=800_000), Fault.BOMB),
    ],
)
def test_a_member_is_measured_before_it_unfolds(
    members: dict[str, bytes], limits: Limits, fault: Fault | None
) -> None:
    package = Package(write_zip({**members}), limits)
    if fault is None:
        assert len(package.read_member("a")) == len(members["a"])
        return
    with pytest.raises(DocumentError) as raised:
        package.claim("a")
    assert raised.value.fault is fault


def test_members_together_stay_within_the_limit() -> None:
    package = Package(write_zip({"a": b"x" * 600, "b": b"y" * 600}), Limits(unfolded=1000))
    package.read_member("a")
    with pytest.raises(DocumentError, match="more than 1000 bytes"):
        package.read_member("b")


def test_a_size_that_lies_gives_no_more_than_it_states() -> None:
    body = write_zip({"a": b"x" * 5000}, zipfile.ZIP_STORED)
    place = body.index(b"PK\x01\x02") + 24
    body = body[:place] + (10).to_bytes(4, "little") + body[place + 4 :]
    with pytest.raises(DocumentError):
        Package(body, Limits()).read_member("a")


@pytest.mark.parametrize("flag", [0x0001])
def test_a_member_with_a_password_says_so(flag: int) -> None:
    body = bytearray(write_zip({"a": b"x"}))
    body[body.index(b"PK\x01\x02") + 8] |= flag
    with pytest.raises(DocumentError) as raised:
        Package(bytes(body), Limits()).read_member("a")
    assert raised.value.fault is Fault.ENCRYPTED


def test_a_zip_of_very_many_members_is_refused() -> None:
    with pytest.raises(DocumentError) as raised:
        Package(write_zip({str(n): b"" for n in range(10_001)}), Limits())
    assert raised.value.fault is Fault.TOO_MANY


@pytest.mark.parametrize(
    ("holder", "location", "path"),
    [
        ("Doc_0/Document.xml", "Pages/P.xml", "Doc_0/Pages/P.xml"),
        ("Doc_0/Document.xml", "/Doc_1/P.xml", "Doc_1/P.xml"),
        ("Doc_0/Document.xml", "../P.xml", "P.xml"),
        ("Doc_0/Document.xml", "../../../etc/passwd", "../../etc/passwd"),
        ("", "word/document.xml", "word/document.xml"),
    ],
)
def test_paths_are_of_the_package(holder: str, location: str, path: str) -> None:
    assert join_path(holder, location) == path
