"""Watchlists: every slip in a file is told at its place, and the shipped lists find themselves."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from monitor.errors import ConfigError
from monitor.models import Severity, Strength
from monitor.screening.entries import (
    Agency,
    Aliases,
    Brand,
    alias_pattern,
    fold_text,
    is_bounded,
    is_cancelled,
)
from monitor.screening.selfcheck import find_words, list_untested
from monitor.screening.watchlist import Watchlists, load_watchlists

BROKEN = Path(__file__).parents[1] / "broken_watchlists"
SHIPPED = Path(__file__).parents[2] / "watchlists"

CATEGORIES = "kind: categories\nentries: [{id: storage, name: Storage, nouns: [硬盘]}]\n"
ACME = """\
kind: brands
entries:
  - id: acme
    name: Acme
    country: US
    category: [storage]
    aliases: {strong: [艾克美, Acme], medium: [ACM, 克美], weak: [酷盘]}
    products:
      - {what: drive, pattern: '(?<![a-z])AC[0-9]{4}', strength: strong, seen: [AC4000], not: [MAC4000]}
    exclude: [艾克美食, 酷盘子]
    exclude_patterns: ['[赖王]克美']
    seen: [艾克美硬盘, Acme硬盘]
    not_seen: [艾克美食城]
"""  # noqa: E501


@pytest.fixture(scope="module")
def shipped() -> Watchlists:
    return load_watchlists(SHIPPED)


def write_lists(folder: Path, **bodies: str) -> Path:
    for name, body in {"categories": CATEGORIES, **bodies}.items():
        (folder / f"{name}.yaml").write_text(body, encoding="utf-8")
    return folder


def load_brand(folder: Path, body: str = ACME) -> Brand:
    return load_watchlists(write_lists(folder, brands=body)).brands[0]


NO_FIT = "this entry does not find itself in "
LOOSEN = "add a spelling, or loosen an exclude"

CASES = [
    ("a_list", 1, 1, "expected 'key: value' lines, got a list", ""),
    ("agency_not_found", 9, 12, NO_FIT + "'某县公安厅'", LOOSEN),
    ("alias_bomb", 5, 8, "aliases (*) repeat more than 100 values", "write the values out"),
    ("alias_empty", 8, 21, "empty text", "write something, or delete it"),
    ("alias_invisible", 8, 21, "empty text", "write something, or delete it"),
    ("alias_spaced", 8, 21, "a space at the beginning or end", "delete the space"),
    ("alias_twice", 9, 14, "the alias 'ＡＣＭＥ' says the same as 'Acme'", "delete one"),
    ("alias_unknown", 4, 11, "a * alias without an & anchor before it", "use quotes"),
    ("aliases_without_strength", 7, 14,
     "expected 'key: value' lines, got a list",
     "its keys are strong, medium, weak"),
    ("backslash_in_double_quotes", 9, 25,
     "unknown \\ sequence in double quotes",
     "use single quotes"),
    ("bracket_open", 10, 1,
     "the [ of line 9 lacks a comma or its ]",
     "add it before this place"),
    ("bracket_open_early", 7, 12,
     "the [ of line 6 lacks a comma or its ]",
     "add it before this place"),
    ("category_in_capitals", 6, 16, "'Storage' is not an id", "use only a-z, 0-9 and _"),
    ("category_not_a_list", 6, 15, "expected a list, got 'storage'", "write [x] or a - line"),
    ("category_unknown", 6, 25, "unknown category 'storge'", "known are storage"),
    ("colon_in_text", 4, 15,
     "a ':' is not allowed here",
     "put the text in quotes, or check the indentation"),
    ("day_impossible", 9, 18, "expected a date, got '2025-02-30'", "write it like 2024-09-04"),
    ("empty", 1, 1, "the file is empty", ""),
    ("id_in_capitals", 3, 9, "'Acme' is not an id", "use only a-z, 0-9 and _"),
    ("id_twice", 10, 9, "the id 'acme' is already used in id_twice.yaml:3", ""),
    ("invisible_character", 4, 13,
     "the invisible character U+0007 is not allowed",
     "delete it"),
    ("key_missing", 3, 5, "'name' is missing", ""),
    ("key_misspelt", 7, 5, "unknown key 'alias'", "did you mean 'aliases'?"),
    ("key_twice", 6, 5, "'country' is already given on line 5", ""),
    ("kind_missing", 1, 1, "'kind' is missing", ""),
    ("kind_unknown", 1, 7,
     "expected one of brands, agencies, categories, got 'brand'",
     "did you mean 'brands'?"),
    ("list_out_of_line", 7, 6,
     "this does not fit the lines above it",
     "check indentation and quotes"),
    ("merge_key", 6, 5, "merge keys (<<) are not allowed", "write the keys out"),
    ("never_found", 3, 5, "no alias and no product: it can never be found", ""),
    ("not_seen_found", 9, 16, "'艾克美' is found in '艾克美食城'", "add an exclude"),
    ("not_utf8", 4, 11, "byte 0xB0 is not UTF-8", "save the file as UTF-8"),
    ("pattern_broken", 9, 24,
     "not a regular expression: missing ), unterminated subpattern at position 3",
     ""),
    ("pattern_fits_everything", 9, 24,
     "this pattern fits empty text, so it fits everywhere",
     ""),
    ("pattern_full_width", 9, 24, "'（' never stands in folded text", "write '('"),
    ("product_not_found", 10, 79, "the pattern does not find 'AC400'", ""),
    ("product_too_wide", 10, 86,
     "the pattern finds 'ac4000' in 'MAC4000'",
     "make the pattern narrower"),
    ("product_untested", 10, 70, "expected a list of at least 1", ""),
    ("quote_open", 4, 11, "a quote is opened and never closed", "add the closing quote"),
    ("seen_but_excluded", 10, 12, NO_FIT + "'艾克美硬盘'", LOOSEN),
    ("seen_not_found", 9, 19, NO_FIT + "'别家硬盘'", LOOSEN),
    ("severity_unknown", 7, 15,
     "expected one of core, medium, refine, context, never, got 'high'",
     ""),
    ("starts_with_at", 4, 11, "a value cannot start with '@'", "put it in quotes"),
    ("strength_unknown", 10, 56,
     "expected one of strong, medium, weak, got 'stong'",
     "did you mean 'strong'?"),
    ("tab_indent", 5, 1, "a tab in the indentation", "use spaces"),
    ("tag", 4, 11, "a tag (!) is not allowed", "put the text in quotes"),
    ("two_documents", 3, 1, "a second document starts here", "keep one per file"),
    ("value_missing", 8, 7, "'strong' has no value", "write a value, or delete the line"),
    ("verify_not_yes_or_no", 9, 13, "expected true or false, got 'perhaps'", ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "line", "column", "message", "hint"), CASES)
def test_a_broken_watchlist_is_told_with_its_place(
    tmp_path: Path, name: str, line: int, column: int, message: str, hint: str
) -> None:
    path = Path(shutil.copy(BROKEN / f"{name}.yaml", write_lists(tmp_path)))
    with pytest.raises(ConfigError) as caught:
        load_watchlists(tmp_path)
    error = caught.value
    assert (error.line, error.column, error.message, error.hint) == (line, column, message, hint)
    assert error.file == str(path)


def test_every_broken_watchlist_is_in_the_table() -> None:
    assert {path.stem for path in BROKEN.iterdir()} == {case[0] for case in CASES}


def test_an_id_is_unique_across_files(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"b\.yaml:3:9: the id 'acme' is already used in a\.yaml:3"
    ):
        load_watchlists(write_lists(tmp_path, a=ACME, b=ACME))


def test_a_folder_without_lists_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "brands.yml").write_text(ACME)
    with pytest.raises(ConfigError, match=r":1:1: no \*\.yaml file in this folder"):
        load_watchlists(tmp_path)
    with pytest.raises(ConfigError, match=r":1:1: not a folder that can be read"):
        load_watchlists(tmp_path / "none")


@pytest.mark.parametrize(
    ("body", "warning"),
    [
        (ACME.replace("[艾克美, Acme]", "[艾克美, Acme, 克]").replace("Acme硬盘", "Acme克"),
         "brands.yaml:7:35: the strong alias '克' is so short that it will hit by chance"),
        (ACME.replace("[艾克美, Acme]", "[艾克美, AC]").replace("Acme硬盘", "AC硬盘"),
         "brands.yaml:7:29: the strong alias 'AC' is so short that it will hit by chance"),
        (ACME.replace("Acme硬盘", "AC4000"),
         "brands.yaml:7:29: no seen line shows 'Acme'"),
        (ACME + ACME.split("entries:\n")[1].replace("acme", "other").replace("艾克", "他克"),
         "brands.yaml:18:29: the alias 'Acme' also belongs to 'acme'"),
        (ACME.replace("[ACM, 克美]", "[ACM, 克]"),
         "brands.yaml:7:50: the medium alias '克' is so short that it will hit by chance"),
        (ACME.replace("    seen: [艾克美硬盘, Acme硬盘]\n", ""),
         "brands.yaml:3:5: no seen line shows that 'acme' finds what it should"),
        (ACME.replace("[艾克美食, 酷盘子]", "[艾克美食，酷盘子, 艾克美食]"),
         "brands.yaml:10:15: '艾克美食，酷盘子' is one single word, with ， in it"),
    ],
)  # fmt: skip
def test_what_looks_wrong_is_a_warning(tmp_path: Path, body: str, warning: str) -> None:
    warnings = load_watchlists(write_lists(tmp_path, brands=body)).warnings
    assert any(line.startswith(f"{tmp_path}/{warning}") for line in warnings), warnings


def test_weak_words_and_products_need_no_seen_line(tmp_path: Path) -> None:
    weak = ACME.replace(
        "{strong: [艾克美, Acme], medium: [ACM, 克美], weak: [酷盘]}", "{weak: [酷盘]}"
    )
    weak = weak.replace("    seen: [艾克美硬盘, Acme硬盘]\n", "")
    assert load_watchlists(write_lists(tmp_path, brands=weak)).warnings == ()


def test_two_words_made_one_by_a_chinese_comma_are_told_as_that(tmp_path: Path) -> None:
    body = ACME.replace("[艾克美, Acme]", "[艾克美，Acme]")
    with pytest.raises(ConfigError, match="7:24: '艾克美，Acme' is one single word, with ， in it"):
        load_brand(tmp_path, body)


def test_a_company_shows_itself_in_a_seen_line(tmp_path: Path) -> None:
    body = "kind: brands\nentries:\n  - {id: sells, name: Sells, category: [storage],\n     "
    body += "companies: [样例分销], seen: [样例分销有限公司], not_seen: [样例销售有限公司]}\n"
    assert load_watchlists(write_lists(tmp_path, brands=body)).warnings == ()


def test_what_is_easily_forgotten_is_a_note(tmp_path: Path) -> None:
    weak = "  - {id: weak, name: W, category: [storage], aliases: {weak: [慧盘]}, verify: yes}\n"
    body = ACME + "    valid_until: 2024-09-04\n    verify: yes\n" + weak
    lists = load_watchlists(write_lists(tmp_path, brands=body))
    verify = "15:13: marked verify, as known only from memory: 2 entries (acme, weak)"
    forgotten = "16:55: 'weak' has only weak aliases, so it is never told"
    past = "14:18: 'acme' counts only in notices published by 2024-09-04"
    shown = [line.partition("brands.yaml:")[2] for line in lists.list_notes(date(2024, 9, 5))]
    assert shown == [past, forgotten, verify]
    shown = [line.partition("brands.yaml:")[2] for line in lists.list_notes(date(2024, 9, 4))]
    assert shown == [forgotten, verify]
    assert lists.warnings == ()


def test_other_files_in_the_folder_are_warned_of(tmp_path: Path) -> None:
    write_lists(tmp_path, brands=ACME)
    for name in ("old.yml", "notes.txt", ".swap"):
        (tmp_path / name).touch()
    (tmp_path / "schema").mkdir()
    assert load_watchlists(tmp_path).warnings == (
        f"{tmp_path}/notes.txt:1:1: not read, only *.yaml files are",
        f"{tmp_path}/old.yml:1:1: not read, only *.yaml files are",
    )


def test_the_version_changes_with_any_byte_and_only_then(tmp_path: Path) -> None:
    first = load_watchlists(write_lists(tmp_path, brands=ACME)).version
    assert load_watchlists(write_lists(tmp_path, brands=ACME)).version == first
    assert load_watchlists(write_lists(tmp_path, brands=ACME + "# x\n")).version != first


def test_an_entry_keeps_what_its_file_says(tmp_path: Path) -> None:
    brand = load_brand(tmp_path, ACME + "    valid_until: 2024-09-04\n    verify: yes\n")
    assert brand.aliases == Aliases(
        strong=("艾克美", "Acme"), medium=("ACM", "克美"), weak=("酷盘",)
    )
    assert (brand.products[0].strength, brand.products[0].not_seen) == (
        Strength.STRONG,
        ("MAC4000",),
    )
    assert (brand.valid_until, brand.verify) == (date(2024, 9, 4), True)


@pytest.mark.parametrize(
    ("phrase", "words"),
    [
        ("艾克美硬盘", ["艾克美", "克美"]),
        ("艾克美食城", []),
        ("ＡＣＭＥ硬盘", ["Acme"]),
        ("艾克美食城购艾克美硬盘", ["艾克美", "克美"]),
        ("王克美", []),
        ("acmes", []),
        ("酷盘", ["酷盘"]),
        ("酷盘子", []),
        ("型号AC4000", ["ac4000"]),
    ],
)
def test_a_hit_inside_an_exclude_is_no_hit(tmp_path: Path, phrase: str, words: list[str]) -> None:
    assert find_words(load_brand(tmp_path), phrase) == words


def test_a_weak_alias_does_not_make_a_phrase_seen(tmp_path: Path) -> None:
    assert find_words(load_brand(tmp_path), "酷盘", telling=True) == []


@pytest.mark.parametrize(
    ("alias", "text", "found"),
    [
        ("DELL", "戴尔dell电脑", True),
        ("DELL", "modell", False),
        ("DELL", "dell3070", False),
        ("DELL", "dell-3070", True),
        ("WD紫盘", "采购wd紫盘8块", True),
        ("WD紫盘", "pwd紫盘", False),
        ("贝尔407", "贝尔407直升机", True),
        ("贝尔407", "贝尔4070", False),
        ("希捷", "买希捷盘", True),
        ("BIG-IP", "f5 big-ip", True),
        ("赛默飞", fold_text("賽默飛世爾"), True),
        ("C++", "c++c", True),
    ],
)
def test_a_latin_edge_of_an_alias_may_not_touch_another(alias: str, text: str, found: bool) -> None:
    folded = fold_text(alias)
    start = text.index(folded)
    assert (alias_pattern(alias).search(text) is not None) is found
    assert is_bounded(text, start, start + len(folded)) is found


@pytest.mark.parametrize(
    ("start", "end", "cancelled"),
    [(2, 5, True), (3, 4, True), (1, 5, False), (2, 6, False), (5, 6, False)],
)
def test_only_a_hit_that_lies_inside_is_cancelled(start: int, end: int, cancelled: bool) -> None:
    assert is_cancelled(start, end, [(2, 5)]) is cancelled


# The shipped lists.

# fmt: off
BRANDS = [
    "thermo_fisher", "promega", "agilent", "waters", "sciex_danaher", "illumina_verogen", "ande",
    "biorad", "seagate", "western_digital", "sandisk", "micron", "intel", "nvidia", "amd_xilinx",
    "qualcomm", "ambarella", "cisco", "hpe", "h3c", "hp_inc", "dell", "ibm", "oracle", "microsoft",
    "vmware", "broadcom_brocade", "juniper", "f5", "fortinet_paloalto", "keysight",
    "motorola_solutions", "esri", "aws", "teledyne_flir", "l3harris_wescam", "rei", "bell_textron",
    "robinson", "enstrom", "md_helicopters", "exterro_accessdata", "oxygen_forensics",
    "opentext_encase", "magnet_grayshift", "axon", "google",
]
CATEGORY_IDS = [
    "dna", "lab", "storage", "chip", "network", "server", "software", "cloud", "radio", "thermal",
    "tscm", "aviation", "forensics", "lesslethal",
]
# fmt: on


def test_the_shipped_lists_load_without_a_warning(shipped: Watchlists) -> None:
    assert shipped.warnings == ()
    assert sorted(brand.id for brand in shipped.brands) == sorted(BRANDS)
    assert sorted(category.id for category in shipped.categories) == sorted(CATEGORY_IDS)
    assert len(shipped.agencies) == 61


def test_every_shipped_strong_alias_has_a_seen_line(shipped: Watchlists) -> None:
    untested = [(brand.id, gap.message) for brand in shipped.brands for gap in list_untested(brand)]
    assert untested == []


def test_every_shipped_agency_has_names_on_both_sides(shipped: Watchlists) -> None:
    bare = [agency.id for agency in shipped.agencies if not (agency.seen and agency.not_seen)]
    assert bare == []


def test_shipped_categories_have_enough_nouns(shipped: Watchlists) -> None:
    few = [category.id for category in shipped.categories if len(category.nouns) < 10]
    assert few == []


def find_brands(lists: Watchlists, text: str) -> set[str]:
    return {brand.id for brand in lists.brands if find_words(brand, text, telling=True)}


@pytest.mark.parametrize(
    ("text", "brands"),
    [
        ("赛默飞世尔3500xL遗传分析仪", {"thermo_fisher"}),
        ("賽默飛GlobalFiler™试剂盒", {"thermo_fisher"}),
        ("PowerPlex® 21荧光检测试剂盒", {"promega"}),
        ("ＳＴ４０００ＶＸ０１５ 监控硬盘", {"seagate"}),
        ("WD60EJRX", {"western_digital"}),
        ("思科技术支持服务", {"cisco"}),
        ("Windows Server 2019授权", {"microsoft"}),
        ("广西数字公安建设", set()),
        ("某富思科技有限公司", set()),
        ("混凝土养护至强度后拆模", set()),
        ("智慧与创新", set()),
        ("呼伦贝尔市", set()),
        ("某市易安信息技术有限公司", set()),
        ("converged adapter", set()),
    ],
)
def test_shipped_brands_tell_products_from_their_namesakes(
    shipped: Watchlists, text: str, brands: set[str]
) -> None:
    assert find_brands(shipped, text) == brands


def find_agencies(lists: Watchlists, name: str, *severities: Severity) -> set[str]:
    wanted: list[Agency] = [one for one in lists.agencies if one.severity in severities]
    return {agency.id for agency in wanted if find_words(agency, name)}


@pytest.mark.parametrize(
    ("name", "agencies"),
    [
        ("库尔勒市公安局", {"psb"}),
        ("庫爾勒市公安局", {"psb"}),
        ("公安县公安局", {"psb"}),
        ("公安县人民医院", set()),
        ("新疆维吾尔自治区公安厅特警总队", {"psd"}),
        ("某市公安局城东分局", {"psb", "psb_sub"}),
        ("新疆生产建设兵团第三师某监狱", {"prison", "xpcc_prison"}),
        ("珠海警备区", set()),
        ("某县水库移民管理局", set()),
        ("武警某部", {"pap"}),
        ("某市消防救援支队应急指挥中心", set()),
        ("监狱企业", set()),
        ("某大学司法鉴定中心", set()),
    ],
)
def test_shipped_agencies_tell_organs_from_their_namesakes(
    shipped: Watchlists, name: str, agencies: set[str]
) -> None:
    assert find_agencies(shipped, name, Severity.CORE, Severity.MEDIUM) == agencies
