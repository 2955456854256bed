"""English names of listed bodies: compared whatever their wording, and led back to Chinese.

A list writes "Turfan Municipality Public Security Bureau" where our rule for English writes
"Turpan City …"; it never prints the Chinese. A name is compared as the set of its telling words.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from monitor.screening.bodies import name_english
from monitor.screening.terms import read_table

_BRACKETED = re.compile(r"\([A-Z]{2,8}\)")
_STATE = re.compile(r"\bpeople(?:'?s)? republic of china\b|\bprc\b")
_WORD = re.compile(r"[a-z0-9]+")
_DROPPED = frozenset("the of and in for china chinese".split())
# One word for what lists and our own rule write in several ways.
_SAME = {
    "municipality": "city", "municipal": "city", "provincial": "province",
    "district": "prefecture", "department": "bureau", "uighur": "uyghur", "uygur": "uyghur",
    "mongolian": "mongol",
}  # fmt: skip
_BODY = re.compile(
    r"\b(?:public security|police|prisons?|gaols?|jails?|detention cent(?:er|re)"
    r"|drug rehabilitation|state security|national security|procuratorate"
    r"|production and construction corps)\b",
    re.I,
)
_COMPANY = re.compile(
    r"\b(?:co|ltd|inc|llc|limited|company|corporation|group|technolog\w+)\b", re.I
)
# The bodies of a province carry 厅, those below it and of the four cities 局.
_UNITS = ("公安局", "监狱管理局", "监狱", "看守所")
_PROVINCIAL_UNITS = ("公安厅", "监狱管理局")


@lru_cache(maxsize=4096)
def fold_english(name: str) -> frozenset[str]:
    """Return the telling words of an English name, without their order and usual variants."""
    text = unicodedata.normalize("NFKD", _BRACKETED.sub(" ", name)).casefold()
    text = "".join(c for c in text if not unicodedata.combining(c)).replace("’", "'")
    text = re.sub(r"'s\b", "", _STATE.sub(" ", text)).replace("'", "")
    words = (_SAME.get(word, word) for word in _WORD.findall(text))
    return frozenset(word for word in words if word not in _DROPPED)


def is_security_body(name: str) -> bool:
    """Return whether an English name is that of a police, prison or like body, no company's."""
    return bool(_BODY.search(name)) and not _COMPANY.search(name)


def find_chinese(name: str) -> tuple[tuple[str, str], ...]:
    """Return every Chinese name with its adcode that our rule would put into this English."""
    words = fold_english(name)
    found = [(zh, "") for zh, en in _load_whole() if en == words]
    for region_words, zh, adcode in _load_regions():
        if region_words <= words:
            units = _PROVINCIAL_UNITS if zh.endswith(("省", "自治区")) else _UNITS
            found += [
                (zh + unit, adcode)
                for unit in units
                if fold_english(name_english(zh + unit)) == words
            ]
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=1)
def _load_regions() -> tuple[tuple[frozenset[str], str, str], ...]:
    rows = (row for row in read_table("regions.tsv") if row["kind"] == "full")
    return tuple((fold_english(row["name_en"]), row["name_zh"], row["adcode"]) for row in rows)


@lru_cache(maxsize=1)
def _load_whole() -> tuple[tuple[str, frozenset[str]], ...]:
    rows = (row for row in read_table("bodies.tsv") if row["role"] == "whole")
    return tuple((row["zh"], fold_english(row["en"])) for row in rows)
