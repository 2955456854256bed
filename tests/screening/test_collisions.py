"""Warnings about words that mean something else too, each with its place and its cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.screening.watchlist import load_watchlists

ACME = """\
kind: brands
entries:
  - id: acme
    name: Acme
    category: [storage]
    aliases: {strong: [艾克美]}
    products:
      - {what: drive, pattern: 'AC[0-9]{2}', strength: strong, seen: [AC40]}
    seen: [艾克美硬盘]
"""
OTHER = """\
  - id: other
    name: Other
    category: [storage]
    aliases: {strong: [另一家, 另一], medium: [大艾克美]}
    exclude: [另一方面]
    seen: [另一家硬盘, 另一硬盘]
"""
CATEGORIES = "kind: categories\nentries: [{id: storage, name: Storage, nouns: [硬盘]}]\n"
AGENCY = """\
kind: agencies
entries:
  - id: guard
    name: Guard
    zh: 公安局
    group: other
    severity: core
    patterns: ['公安']
    seen: [样例市公安局]
    not_seen: [样例市人民医院]
  - id: firms
    name: Firms
    zh: 企业
    group: other
    severity: never
    patterns: ['公安(?=设备)']
    seen: [公安设备厂]
"""


def list_lines(folder: Path, **bodies: str) -> list[str]:
    """Return the warnings of watchlists, without their folder."""
    for name, body in {"categories": CATEGORIES, "brands": ACME, **bodies}.items():
        (folder / f"{name}.yaml").write_text(body, encoding="utf-8")
    return [line.removeprefix(f"{folder}/") for line in load_watchlists(folder).warnings]


def with_alias(alias: str) -> str:
    return ACME.replace("[艾克美]", f"[艾克美, {alias}]").replace(
        "[艾克美硬盘]", f"[艾克美{alias}]"
    )


def test_a_clean_entry_of_five_lines_has_no_warning(tmp_path: Path) -> None:
    entry = ACME.replace(ACME[ACME.index("    products") : ACME.index("    seen")], "")
    assert len(entry.splitlines()) - 2 == 5
    assert list_lines(tmp_path, brands=entry) == []


@pytest.mark.parametrize(
    ("brands", "warning"),
    [
        (with_alias("东城区"), "brands.yaml:6:29: the strong alias '东城区' also stands in the"
         " region 东城区 (make it medium)"),
        (with_alias("石景"), "brands.yaml:6:29: the strong alias '石景' also stands in the region"
         " 石景山区 (make it medium, or add '石景山区' to exclude)"),
        (with_alias("服务器"), "the strong alias '服务器' also stands in the common word"
         " 服务器 (server)"),
        (with_alias("另一家店"), "brands.yaml:13:24: the strong alias '另一家' also stands in"
         " the alias '另一家店' of 'acme' (brands.yaml:6)"),
        (with_alias("另一"), "brands.yaml:13:29: the alias '另一' also belongs to 'acme'"
         " (brands.yaml:6) (delete one, unless both shall be told)"),
        (ACME, "brands.yaml:6:24: the strong alias '艾克美' also stands in the alias '大艾克美' of"
         " 'other' (brands.yaml:13) (make it medium, or add '大艾克美' to exclude)"),
        (with_alias("方面"), "brands.yaml:6:29: the strong alias '方面' also stands in the exclude"
         " '另一方面' of 'other'"),
        (ACME.replace("'AC[0-9]{2}'", "'AC40|硬盘'"), "brands.yaml:8:32: the pattern also fits"
         " '硬盘' in the common word 硬盘 (hard disk) and"),
        (ACME.replace("'AC[0-9]{2}'", "'AC40|另.硬'"), "brands.yaml:8:32: the pattern also fits"
         " '另一硬' in the seen line '另一硬盘' of 'other' (brands.yaml:15) (make it narrower"),
    ],
)  # fmt: skip
def test_a_word_that_means_something_else_is_warned_of(
    tmp_path: Path, brands: str, warning: str
) -> None:
    lines = list_lines(tmp_path, brands=brands + OTHER)
    assert any(warning in line for line in lines), lines


def test_an_exclude_ends_the_warning_that_asked_for_it(tmp_path: Path) -> None:
    cured = ACME.replace("    seen:", "    exclude: [大艾克美]\n    seen:")
    assert list_lines(tmp_path, brands=cured + OTHER) == []


def test_a_makers_name_that_another_excludes_is_no_collision(tmp_path: Path) -> None:
    apart = OTHER.replace("大艾克美", "艾克").replace("[另一方面]", "[艾克美]")
    assert list_lines(tmp_path, brands=ACME + apart) == []


def test_a_noun_of_the_category_supports_no_other_word(tmp_path: Path) -> None:
    brands = ACME.replace("{strong: [艾克美]}", "{strong: [艾克美], medium: [硬盘]}")
    assert list_lines(tmp_path, brands=brands) == [
        "brands.yaml:6:39: the medium alias '硬盘' is itself a noun of 'storage' (make it weak)"
    ]


def test_an_organ_that_fits_a_region_or_a_body_that_is_none_is_warned_of(tmp_path: Path) -> None:
    lines = list_lines(tmp_path, agencies=AGENCY)
    assert lines == [
        "agencies.yaml:8:16: the pattern also fits '公安' in the region 公安县"
        " (make it narrower, or add '公安县' to exclude)"
    ]
    narrow = AGENCY.replace("'公安'", "'公安(?!县)'").replace("'公安(?=设备)'", "'设备厂'")
    assert list_lines(tmp_path, agencies=narrow) == [
        "agencies.yaml:8:16: the pattern also fits '公安' in the buyer '公安设备厂' of 'firms'"
        " (agencies.yaml:17) (make it narrower, or add '公安设备厂' to exclude)"
    ]
