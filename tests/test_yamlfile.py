"""YAML files: every value as written, every mistake at its place, nothing hostile believed."""

from __future__ import annotations

import hashlib
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.errors import ConfigError
from monitor.yamlfile import (
    Day,
    Field,
    Loaded,
    Model,
    Seconds,
    field_validator,
    load_yaml,
    model_validator,
)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Shelf(Model):
    name: str
    every: Seconds = 60
    count: Annotated[int, Field(ge=1)] = 1
    weight: float = 1.0
    open: bool = False
    colour: Colour = Colour.RED
    kind: Literal["wide", "narrow"] = "wide"
    labels: tuple[str, ...] = ()
    since: Day | None = None
    url: str = ""
    api_token: int = 0


class Tree(Model):
    kind: Literal["tree"]
    height: int


class Bush(Model):
    kind: Literal["bush"]
    width: int


class House(Model):
    shelves: tuple[Shelf, ...] = ()
    by_name: dict[str, Shelf] = Field(default_factory=dict)
    plant: Annotated[Tree | Bush, Field(discriminator="kind")] | None = None
    owner: str = "nobody"

    @field_validator("owner")
    @classmethod
    def _check_owner(cls, owner: str) -> str:
        if owner == "everybody":
            raise ValueError("everybody owns nothing", "name one")
        return owner

    @model_validator(mode="after")
    def _check_shelves(self) -> House:
        if len(self.shelves) > 3:
            raise ValueError("more than 3 shelves")
        return self


def load_house(folder: Path, body: str | bytes) -> Loaded[House]:
    path = folder / "house.yaml"
    path.write_bytes(body if isinstance(body, bytes) else body.encode())
    return load_yaml(path, House)


def refuse_house(folder: Path, body: str | bytes) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load_house(folder, body)
    return caught.value


# fmt: off
TRAPS = [
    "ON", "NO", "off", "Yes", "true", "null", "~", "3500", "010", "0x1F", "0o17", "1_000", "1e3",
    "3M", "12:30", "190:20:30", "2024-01-01", "2024-13-01", ".inf", "NaN", "=", "0123",
]
# fmt: on


@pytest.mark.parametrize("quote", ["", "'", '"'])
@pytest.mark.parametrize("text", TRAPS)
def test_a_text_field_gets_what_stands_in_the_file(tmp_path: Path, text: str, quote: str) -> None:
    house = load_house(tmp_path, f"owner: {quote}{text}{quote}\n").value
    assert house.owner == text


def test_a_key_that_looks_like_a_number_or_a_truth_stays_text(tmp_path: Path) -> None:
    house = load_house(tmp_path, "by_name: {no: {name: a}, 010: {name: b}}").value
    assert list(house.by_name) == ["no", "010"]


def test_the_type_of_a_field_reads_its_text(tmp_path: Path) -> None:
    body = (
        "shelves:\n"
        "  - {name: a, every: 15m, count: '10', weight: 2.5, open: yes, colour: blue,\n"
        "     kind: narrow, labels: [x, 010], since: 2024-09-04}\n"
    )
    (shelf,) = load_house(tmp_path, body).value.shelves
    assert (shelf.every, shelf.count, shelf.weight, shelf.open) == (900, 10, 2.5, True)
    assert (shelf.colour, shelf.kind, shelf.labels) == (Colour.BLUE, "narrow", ("x", "010"))
    assert shelf.since == date(2024, 9, 4)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("20s", 20), ("15m", 900), ("6h", 21_600), ("1d", 86_400), ("2w", 1_209_600), ("0s", 0)],
)
def test_a_duration_is_read_as_seconds(tmp_path: Path, text: str, seconds: int) -> None:
    body = f"shelves: [{{name: a, every: {text}}}]"
    assert load_house(tmp_path, body).value.shelves[0].every == seconds


@pytest.mark.parametrize("text", ["20", "1.5h", "-1s", "15 m", "٣s", "1h30m", "9999999s", "[1s]"])
def test_what_is_no_duration_is_refused(tmp_path: Path, text: str) -> None:
    error = refuse_house(tmp_path, f"shelves: [{{name: a, every: {text}}}]")
    assert error.message.startswith("expected a duration, got ")
    assert (error.column, error.hint) == (28, "write it like 20s, 15m, 6h, 1d or 2w")


BROKEN = [
    ("unknown key", "owner: a\nshelfs: []", 2, 1, "unknown key 'shelfs'",
     "did you mean 'shelves'?"),
    ("unknown key far from all", "xyz: a", 1, 1, "unknown key 'xyz'", ""),
    ("unknown key below", "shelves:\n- name: a\n  evry: 1s", 3, 3, "unknown key 'evry'",
     "did you mean 'every'?"),
    ("unknown key in a mapping of models", "by_name:\n  x: {name: a, cuont: 1}", 2, 16,
     "unknown key 'cuont'", "did you mean 'count'?"),
    ("unknown key in a branch of a union", "plant: {kind: tree, height: 1, hight: 2}", 1, 32,
     "unknown key 'hight'", "did you mean 'height'?"),
    ("a misspelt key hides the missing one", "shelves:\n- nmae: a", 2, 3, "unknown key 'nmae'",
     "did you mean 'name'?"),
    ("missing key", "shelves:\n- {}\n", 2, 3, "'name' is missing", ""),
    ("whole number", "shelves: [{name: a, count: ten}]", 1, 28,
     "expected a whole number, got 'ten'", ""),
    ("too small", "shelves: [{name: a, count: 0}]", 1, 28,
     "expected a number of at least 1, got '0'", ""),
    ("number", "shelves: [{name: a, weight: nan}]", 1, 29, "expected a number, got 'nan'", ""),
    ("truth", "shelves: [{name: a, open: ja}]", 1, 27, "expected true or false, got 'ja'", ""),
    ("choice", "shelves: [{name: a, colour: bleu}]", 1, 29,
     "expected one of red, blue, got 'bleu'", "did you mean 'blue'?"),
    ("literal", "shelves: [{name: a, kind: wid}]", 1, 27,
     "expected one of wide, narrow, got 'wid'", "did you mean 'wide'?"),
    ("branch", "plant: {kind: tre}", 1, 15, "expected one of tree, bush, got 'tre'",
     "did you mean 'tree'?"),
    ("no branch", "plant: {}", 1, 8, "'kind' is missing", ""),
    ("list", "shelves: [{name: a, labels: x}]", 1, 29, "expected a list, got 'x'",
     "write [x] or a - line"),
    ("text", "owner: [a]", 1, 8, "expected text, got a list", ""),
    ("mapping", "shelves: [a]", 1, 11, "expected 'key: value' lines, got 'a'", ""),
    ("whole file a list", "- a", 1, 1, "expected 'key: value' lines, got a list", ""),
    ("day", "shelves: [{name: a, since: 2024-02-30}]", 1, 28, "expected a date, got '2024-02-30'",
     "write it like 2024-09-04"),
    ("own check of a field", "owner: everybody", 1, 8, "everybody owns nothing", "name one"),
    ("own check of the whole", "shelves: [{name: a}, {name: b}, {name: c}, {name: d}]", 1, 1,
     "more than 3 shelves", ""),
    ("first of many by line", "shelves: [{name: a, count: x}]\nowner: [b]\n", 1, 28,
     "expected a whole number, got 'x'", ""),
    ("long text is cut", f"shelves: [{{name: a, count: {'x' * 99}}}]", 1, 28,
     f"expected a whole number, got '{'x' * 59}…'", ""),
    ("no value", "owner:\n", 1, 1, "'owner' has no value", "write a value, or delete the line"),
    ("no value in a list", "shelves:\n  -\n", 2, 4, "this place has no value",
     "write a value, or delete the line"),
    ("column counts characters", "owner: [希捷, '希捷", 1, 13, "a quote is opened and never closed",
     "add the closing quote"),
    ("carriage returns", "owner: a\r\n\r\nshelfs: []\r\n", 3, 1, "unknown key 'shelfs'",
     "did you mean 'shelves'?"),
    ("alias inside itself", "owner: &a [*a]", 1, 12, "a * alias without an & anchor before it",
     "use quotes"),
    ("list as a key", "[a]: b", 1, 1, "a key must be plain text",
     "put text in brackets in quotes"),
    ("more after the end", "owner: a\n...\nb", 3, 1, "text after the end of the value",
     "check quotes and indentation"),
    ("empty file", "", 1, 1, "the file is empty", ""),
    ("tab in a block of text", "owner: |\n  \tx\n", 2, 3, "a tab in the indentation", "use spaces"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "line", "column", "message", "hint"),
    [case[1:] for case in BROKEN],
    ids=[case[0] for case in BROKEN],
)
def test_a_mistake_is_told_with_its_place(
    tmp_path: Path, body: str, line: int, column: int, message: str, hint: str
) -> None:
    error = refuse_house(tmp_path, body)
    assert (error.line, error.column, error.message, error.hint) == (line, column, message, hint)
    assert str(error).startswith(f"{tmp_path / 'house.yaml'}:{line}:{column}: {message}")


@pytest.mark.parametrize(
    "body",
    [
        "shelves: [{name: a, api_token: hunter2}]",
        "shelves: [{name: a, api_token: [hunter2]}]",
        "shelves: [{name: a, url: [hunter2]}]",
        "mailto://hunter2@example.org: x",
        "owner: 'hunter2",
        "owner: hunter2: x",
    ],
)
def test_a_secret_is_not_told(tmp_path: Path, body: str) -> None:
    assert "hunter2" not in str(refuse_house(tmp_path, body))


def test_a_later_error_about_a_secret_hides_it_too(tmp_path: Path) -> None:
    loaded = load_house(tmp_path, "shelves: [{name: a, url: 'http://u:hunter2@h/'}]")
    value = loaded.value.shelves[0].url
    error = loaded.error(("shelves", 0, "url"), f"{value!r} cannot be reached")
    assert str(error).endswith("a value that is not shown cannot be reached")


def test_an_error_can_be_placed_later(tmp_path: Path) -> None:
    loaded = load_house(tmp_path, "owner: a\nshelves:\n  - name: b\n    count: 2\n")
    at_value = loaded.error(("shelves", 0, "count"), "too few", "buy more")
    at_key = loaded.error(("shelves", 0, "count"), "too few", on_key=True)
    at_parent = loaded.error(("shelves", 0, "every"), "too often")
    assert str(at_value) == f"{loaded.path}:4:12: too few (buy more)"
    assert (at_key.line, at_key.column) == (4, 5)
    assert (at_parent.line, at_parent.column) == loaded.mark(("shelves", 0)) == (3, 5)
    assert loaded.mark(()) == (1, 1)


def test_the_hash_is_of_the_bytes(tmp_path: Path) -> None:
    body = "\ufeffowner: a\r\n".encode()
    loaded = load_house(tmp_path, body)
    assert loaded.value.owner == "a"
    assert loaded.sha256 == hashlib.sha256(body).hexdigest()


def test_a_few_aliases_are_allowed(tmp_path: Path) -> None:
    body = "shelves:\n  - &one {name: a, labels: [x]}\n  - *one\n"
    first, second = load_house(tmp_path, body).value.shelves
    assert first == second


def test_an_alias_bomb_is_refused(tmp_path: Path) -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    for before, after in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{after}: &{after} [{', '.join([f'*{before}'] * 10)}]")
    error = refuse_house(tmp_path, "\n".join(lines))
    assert (error.line, error.message) == (2, "aliases (*) repeat more than 100 values")


@pytest.mark.parametrize("opening", ["[", "- ", "{a: ", "[\n", "{a: [", "[{a: "])
def test_twenty_thousand_levels_stop_at_the_thirtieth(tmp_path: Path, opening: str) -> None:
    error = refuse_house(tmp_path, opening * 20_000)
    assert error.message == "nested deeper than 30 levels"


def test_a_flood_of_values_is_refused(tmp_path: Path) -> None:
    error = refuse_house(tmp_path, "owner: [" + "x," * 250_000 + "]")
    assert error.message == "more than 200000 values in one file"


def test_a_file_above_the_cap_is_refused(tmp_path: Path) -> None:
    error = refuse_house(tmp_path, b"#" * 5_000_001)
    assert (error.line, error.column, error.message) == (1, 1, "larger than 5 MB")


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml:1:1: file not found \(check the path\)"):
        load_yaml(tmp_path / "none.yaml", House)
    with pytest.raises(ConfigError, match=r":1:1: cannot be read: Is a directory"):
        load_yaml(tmp_path, House)


@pytest.mark.parametrize(
    ("body", "place"),
    [(b"owner: \xff", (1, 8)), ("owner: a\n# 希捷".encode() + b"\xb0", (2, 5))],
)
def test_bytes_that_are_not_utf8_are_told(
    tmp_path: Path, body: bytes, place: tuple[int, int]
) -> None:
    error = refuse_house(tmp_path, body)
    assert (error.line, error.column) == place
    assert error.hint == "save the file as UTF-8"


def test_a_loaded_model_cannot_be_changed(tmp_path: Path) -> None:
    house = load_house(tmp_path, "owner: a").value
    with pytest.raises(ValueError, match="frozen"):
        house.owner = "b"


YAML_LIKE = st.text(
    alphabet=st.sampled_from("ab:-[]{},&*!|>%@`'\"#?\n\t \\.<希\u2028\x85\r"), max_size=60
)
LINES = st.lists(
    st.sampled_from(
        ["shelves:", "- name: a", "  name: b", "  count: x", "  labels: [x", "owner: a", "---"]
    )
).map("\n".join)


ANY_BODY = st.one_of(
    st.binary(max_size=200),
    st.one_of(st.text(), YAML_LIKE, LINES).map(str.encode),
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(ANY_BODY)
def test_any_bytes_give_a_value_or_a_placed_error(tmp_path: Path, body: bytes) -> None:
    outcome = try_house(tmp_path, body)
    if isinstance(outcome, ConfigError):
        assert min(outcome.line, outcome.column) >= 1
        assert "\n" not in str(outcome)
        assert "pydantic" not in str(outcome)
    else:
        assert isinstance(outcome.value, House)


def try_house(folder: Path, body: bytes) -> Loaded[House] | ConfigError:
    try:
        return load_house(folder, body)
    except ConfigError as error:
        return error
