"""Attachments of told notices looked at again: replaced, withdrawn, or nothing that can be said."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from tests.kit.house import House, watch_site
from tests.polling.test_attachments import GOODS, NAME, FileSite, make_site
from tests.polling.test_relook import later, pass_days
from tests.portals.sites.base import Answer

OTHER = GOODS.replace(b"48", b"49") + b"\n"
GONE = Answer(b"no such file", status=404)


@contextmanager
def tell_file(folder: Path) -> Iterator[tuple[House, FileSite]]:
    """Give a house that told a notice whose product stands in its attachment alone."""
    site = make_site(NAME)
    with watch_site(folder, site) as house:
        assert house.poll().alerts == 1
        yield house, site


def test_a_replaced_attachment_of_an_unchanged_page_is_told_once(tmp_path: Path) -> None:
    with tell_file(tmp_path) as (house, site):
        site.files[NAME] = Answer(OTHER, "application/octet-stream")
        pass_days(house, 40)
        [told] = later(house)
        assert (told["reason"], told["sent_to"]) == ("CHANGED_AT_SOURCE", 1)
        old, new = (hashlib.sha256(body).hexdigest() for body in (GOODS, OTHER))
        assert f", as told: SHA-256 {old}\n" in told["body"]
        assert f", now: SHA-256 {new}\n" in told["body"]
        read = house.rooms.archive.read
        kept = {one["name"]: read(one["record_id"]).body for one in told["exhibits"]}
        assert kept[f"{NAME}, as told"] == GOODS
        assert kept[f"{NAME}, now"] == OTHER


@pytest.mark.parametrize("status", [404, 410])
def test_a_withdrawn_attachment_is_told_once_after_two_days(tmp_path: Path, status: int) -> None:
    with tell_file(tmp_path) as (house, site):
        site.files[NAME] = Answer(b"no such file", status=status)
        pass_days(house, 2)
        assert later(house) == []
        pass_days(house, 40)
        [told] = later(house)
        assert ", now: no longer there\n" in told["body"]


def test_an_attachment_that_comes_back_was_never_withdrawn(tmp_path: Path) -> None:
    with tell_file(tmp_path) as (house, site):
        whole, site.files[NAME] = site.files[NAME], GONE
        pass_days(house, 2)
        site.files[NAME] = whole
        pass_days(house, 10)
        site.files[NAME] = GONE
        asked = site.count_files()
        pass_days(house, 19)
        assert site.count_files() == asked + 1
        site.files[NAME] = whole
        pass_days(house, 2)
        assert later(house) == []


@pytest.mark.parametrize(
    "answer",
    [Answer(b"", status=500), Answer(b"", status=403), Answer(b""), Answer(b"{\"code\": 500}"),
     Answer(b"<html><p>login</p></html>")],
)  # fmt: skip
def test_what_is_no_file_says_nothing_of_an_attachment(tmp_path: Path, answer: Answer) -> None:
    with tell_file(tmp_path) as (house, site):
        site.files[NAME] = answer
        pass_days(house, 10)
        assert later(house) == []


class Fresh(dict[str, Answer]):
    """Files that are written anew for everyone who asks."""

    numbers = count()

    def __getitem__(self, name: str) -> Answer:
        return Answer(GOODS + f"{next(self.numbers)}".encode(), "application/octet-stream")


def test_a_file_that_is_written_anew_for_everyone_is_no_change(tmp_path: Path) -> None:
    with tell_file(tmp_path) as (house, site):
        site.files = Fresh(site.files)
        before = site.count_files()
        pass_days(house, 3)
        assert site.count_files() == before + 2
        assert later(house) == []


def test_an_unchanged_attachment_is_asked_for_once_at_each_look(tmp_path: Path) -> None:
    with tell_file(tmp_path) as (house, site):
        before = site.count_files()
        pass_days(house, 40)
        assert site.count_files() == before + 3
        assert later(house) == []


def test_a_page_and_its_file_that_change_at_once_are_one_message(tmp_path: Path) -> None:
    with tell_file(tmp_path) as (house, site):
        site.files[NAME] = Answer(OTHER, "application/octet-stream")
        site.facts = [replace(fact, supplier="样例远山科技有限公司") for fact in site.facts]
        pass_days(house, 3)
        [told] = later(house)
        fields = [one["field"] for one in told["later"]["differences"]]
        assert fields[0] == "suppliers"
        assert fields[-1] == f"attachment {NAME}"
