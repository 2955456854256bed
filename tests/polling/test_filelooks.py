"""Attachments of told notices looked at again: replaced, withdrawn, or nothing that can be said."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from monitor.polling.filelooks import MOST_FILES
from monitor.store.database import Row
from tests.kit.house import House, watch_site
from tests.polling.test_attachments import GOODS, LOGIN, MISSING, NAME, FileSite, make_site
from tests.polling.test_relook import later, pass_days
from tests.portals.sites.base import Answer

OTHER = GOODS.replace(b"48", b"49") + b"\n"
FILE = "application/octet-stream"
GONE = Answer(b"no such file", status=404)
DELETED = Answer("<html><p>该文件已被删除</p></html>".encode())
HOME = Answer(b"", status=302, headers=(("Location", "/"),))


@contextmanager
def tell_file(folder: Path) -> Iterator[tuple[House, FileSite]]:
    """Give a house that told a notice whose product stands in its attachment alone."""
    site = make_site(NAME)
    with watch_site(folder, site) as house:
        assert house.poll().alerts == 1
        yield house, site


def last_look(house: House) -> Row:
    """Return what is known of the looks at the one told notice."""
    row = house.rooms.store.db.first("select * from relook")
    assert row is not None
    return row


def list_fields(house: House) -> list[list[str]]:
    """Return the fields of each message of a later look, in order."""
    return [[one["field"] for one in told["later"]["differences"]] for told in later(house)]


def test_a_replaced_attachment_of_an_unchanged_page_is_told_once(tmp_path: Path) -> None:
    with tell_file(tmp_path) as (house, site):
        site.files[NAME] = Answer(OTHER, FILE)
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


@pytest.mark.parametrize(
    "answer",
    [GONE, Answer(b"", status=410), DELETED, HOME, Answer(MISSING.encode()),
     Answer("文件不存在".encode()), Answer("\ufeff抱歉\n您访问的文件不存在".encode()),
     Answer("<p>文件不存在</p>".encode("utf-16"))],
)  # fmt: skip
def test_a_withdrawn_attachment_is_told_once_after_two_days(tmp_path: Path, answer: Answer) -> None:
    with tell_file(tmp_path) as (house, site):
        site.files[NAME] = answer
        pass_days(house, 2)
        assert later(house) == []
        pass_days(house, 40)
        [told] = later(house)
        assert ", now: no longer there\n" in told["body"]
        assert told["later"]["cause"].startswith(f"attachment {NAME}: ")
        assert "\nNote: attachment " in told["body"]


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


NO_FILES = [
    Answer(b"", status=500), Answer(b"", status=403), Answer(b""), Answer(b'{"code": 500}'),
    Answer(b"<html><p>login</p></html>"), Answer(LOGIN.encode()),
    Answer(f"\ufeff{LOGIN}".encode()), Answer("\ufeff{\"code\": 500}".encode()),
    Answer(b"[]"), Answer(LOGIN.encode("utf-16")), Answer(LOGIN.encode("utf-16-le")),
    Answer(LOGIN.encode("utf-16-be")), Answer("请登录后下载".encode()),
    Answer("没有权限".encode("gbk")),
]  # fmt: skip


@pytest.mark.parametrize("answer", NO_FILES)
def test_what_is_no_file_says_nothing_of_an_attachment(tmp_path: Path, answer: Answer) -> None:
    with tell_file(tmp_path) as (house, site):
        site.files[NAME] = answer
        pass_days(house, 10)
        assert later(house) == []


@pytest.mark.parametrize("answer", [Answer(b"no", status=403), Answer(LOGIN.encode())])
def test_an_attachment_that_cannot_be_seen_is_tried_again_and_ends_unclear(
    tmp_path: Path, answer: Answer
) -> None:
    with tell_file(tmp_path) as (house, site):
        whole, site.files[NAME] = site.files[NAME], answer
        pass_days(house, 5)
        site.files[NAME] = whole
        pass_days(house, 2)
        assert (last_look(house)["state"], last_look(house)["cause"]) == ("unchanged", "")
        site.files[NAME] = answer
        asked = site.count_files()
        pass_days(house, 120)
        assert later(house) == []
        look = last_look(house)
        assert (look["state"], look["due_at"]) == ("unclear", None)
        assert look["cause"].startswith(f"attachment {NAME}: ")
        assert site.count_files() < asked + 30
        asked = site.count_files()
        pass_days(house, 30)
        assert site.count_files() == asked


def test_an_attachment_whose_told_bytes_are_lost_ends_unclear(tmp_path: Path) -> None:
    with tell_file(tmp_path) as (house, _):
        house.rooms.store.db.execute(
            "update alert set content = json_set(content, '$.exhibits[0].record_id', 'warc/no')"
        )
        pass_days(house, 100)
        assert last_look(house)["state"] == "unclear"
        assert "what was told cannot be read any more" in last_look(house)["cause"]


def test_attachments_beyond_the_first_few_are_said_not_to_be_looked_at(tmp_path: Path) -> None:
    with tell_file(tmp_path) as (house, site):
        for _ in range(MOST_FILES + 1):
            house.rooms.store.db.execute(
                "update alert set content = json_insert(content, '$.exhibits[#]', "
                "json_extract(content, '$.exhibits[0]'))"
            )
        why = "2 further attachments were not looked at"
        pass_days(house, 3)
        assert (last_look(house)["state"], last_look(house)["cause"]) == ("unchanged", why)
        site.facts = [replace(fact, supplier="样例远山科技有限公司") for fact in site.facts]
        pass_days(house, 10)
        [told] = later(house)
        assert told["later"]["cause"] == why
        assert f"Note: {why}\n" in told["body"]


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
        site.files[NAME] = Answer(OTHER, FILE)
        site.facts = [replace(fact, supplier="样例远山科技有限公司") for fact in site.facts]
        pass_days(house, 40)
        [fields] = list_fields(house)
        assert fields[0] == "suppliers"
        assert fields[-1] == f"attachment {NAME}"
        assert last_look(house)["state"] == "unchanged"


def test_a_page_that_changes_after_its_file_does_not_tell_the_file_again(tmp_path: Path) -> None:
    with tell_file(tmp_path) as (house, site):
        site.files[NAME] = Answer(OTHER, FILE)
        pass_days(house, 3)
        site.facts = [replace(fact, supplier="样例远山科技有限公司") for fact in site.facts]
        pass_days(house, 40)
        assert list_fields(house) == [[f"attachment {NAME}"], ["suppliers", "text"]]


def test_each_later_state_of_an_attachment_is_told_against_the_one_before(tmp_path: Path) -> None:
    with tell_file(tmp_path) as (house, site):
        whole = site.files[NAME]
        for answer in (Answer(OTHER, FILE), whole, GONE):
            site.files[NAME] = answer
            pass_days(house, 28)
        steps = [told["later"]["differences"] for told in later(house)]
        old, new = (f"SHA-256 {hashlib.sha256(body).hexdigest()}" for body in (GOODS, OTHER))
        assert [(one["old"], one["new"]) for [one] in steps] == [(old, new), (new, old)]
        read = house.rooms.archive.read
        kept = {one["name"]: read(one["record_id"]).body for one in later(house)[1]["exhibits"]}
        assert (kept[f"{NAME}, as told"], kept[f"{NAME}, now"]) == (OTHER, GOODS)
        pass_days(house, 30)
        [gone] = later(house)[2]["later"]["differences"]
        assert (gone["old"], gone["new"]) == (old, "no longer there")
