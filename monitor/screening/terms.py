"""Longest-match lookup of Chinese terms, and the tables that ship with the package."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Generic, TypeVar

from monitor.text.normalize import read_traditional

T = TypeVar("T")

# NFKC would turn ™ into letters
_MARKS = str.maketrans(dict.fromkeys("™®©℠", ""))
_SPACES = re.compile(r"\s+")
_SYMBOLS = {"g", "kg", "m", "mm", "cm", "km", "m²", "m³", "L", "ml", "µl", "mg", "rpm", "annual"}
_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_DIGITS = {zh: value for value, zh in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_TRADITIONAL = str.maketrans(read_traditional())


class Lexicon(Generic[T]):
    """Words with their values; finds the longest word that starts at a place in a text.

    Words are kept folded; give texts that went through `fold_traditional`.
    """

    def __init__(self, words: Iterable[tuple[str, T]]) -> None:
        self._values: dict[str, T] = {fold_traditional(word): value for word, value in words}
        self._reach: dict[str, int] = {}
        for word in self._values:
            self._reach[word[0]] = max(self._reach.get(word[0], 0), len(word))

    def longest(self, text: str, start: int) -> tuple[str, T] | None:
        """Return the longest word beginning at `start`, with its value."""
        reach = self._reach.get(text[start : start + 1], 0)
        for length in range(reach, 0, -1):
            word = text[start : start + length]
            if word in self._values:
                return word, self._values[word]
        return None

    def get(self, word: str) -> T | None:
        """Return the value of one whole word."""
        return self._values.get(fold_traditional(word))


def read_table(name: str) -> list[Mapping[str, str]]:
    """Return the rows of a tab-separated table in `monitor/screening/data`."""
    text = files("monitor.screening").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


def fold_width(text: str) -> str:
    """Return NFKC text without trade marks, with runs of white space as one space."""
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", text.translate(_MARKS))).strip()


def fold_traditional(text: str) -> str:
    """Return the text with traditional characters as simplified ones, one for one."""
    return text.translate(_TRADITIONAL)


def count_chinese(text: str) -> int:
    """Return how many Chinese characters the text has."""
    return len(_CHINESE.findall(text))


def read_numeral(text: str) -> int | None:
    """Return the value of an Arabic or Chinese numeral below 100, else None."""
    if text.isascii() and text.isdigit():
        return int(text[:9])
    if len(text) == 1 and text in _DIGITS:
        return _DIGITS[text]
    tens, ten, units = text.partition("十")
    if not ten or len(tens) > 1 or len(units) > 1:
        return None
    high, low = _DIGITS.get(tens or "一"), _DIGITS.get(units or "零")
    return None if high is None or low is None else high * 10 + low


def write_quantity(number: str, unit: str) -> str:
    """Return a number with its unit, the unit in the plural where English wants it."""
    return f"{number} {unit if number == '1' else _write_plural(unit)}"


def _write_plural(unit: str) -> str:
    if unit in _SYMBOLS or unit.endswith("s") or "/" in unit or " " in unit:
        return unit
    if unit.endswith(("x", "ch", "sh")):
        return unit + "es"
    if unit.endswith("y"):
        return unit[:-1] + "ies"
    return unit + "s"
