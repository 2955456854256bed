"""Read sums of money and quantities as Chinese notices print them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from monitor.models import Value
from monitor.text.normalize import normalize

# Above any purchase there is: a larger reading is a misread number.
MAX_YUAN = 1_000_000_000_000
MAX_QUANTITY = 1_000_000_000
# A sum stands at the head of its field; what follows is prose.
_LONGEST_FIELD = 500

_MULTIPLIERS = {
    "": 1,
    "百": 100,
    "佰": 100,
    "千": 1000,
    "仟": 1000,
    "万": 10_000,
    "十万": 100_000,
    "百万": 1_000_000,
    "佰万": 1_000_000,
    "千万": 10_000_000,
    "仟万": 10_000_000,
    "亿": 100_000_000,
    "万亿": 1_000_000_000_000,
}
_MULTIPLIER = "|".join(sorted(filter(None, _MULTIPLIERS), key=len, reverse=True))
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?:e\+?\d{1,2})?"
# A number starts here: no digits, letters or minus sign before it.
_START = r"(?<![\d.,a-z_])(?<!\d )(?<!\d-)(?<!¥-)(?<!^-)"
_END = r"(?!\d|[.,]\d| ?[%‰])"
_FOREIGN = r"美元|美金|欧元|港元|港币|日元|英镑|卢布|usd|eur|hkd|jpy|gbp"
_YUAN = r"元|圆|人民币|rmb|cny"
_AMOUNT = re.compile(
    rf"(?:(?P<sign>¥|人民币|rmb|cny)[ :]*|{_START})(?P<number>{_NUMBER}){_END}"
    rf"(?:[\s(]*(?P<multiplier>{_MULTIPLIER})?[\s)]*(?:(?P<foreign>{_FOREIGN})|(?P<yuan>{_YUAN}))"
    rf"|[ (]*(?P<alone>{_MULTIPLIER})(?![^\W\d_]))?"
)
_FOREIGN_BEFORE = re.compile(rf"(?:[$€£]|{_FOREIGN})[ :]*$")
_RANGE = re.compile(
    rf"\d(?:{_MULTIPLIER})?元?[ ]*(?:-|~|—|至|到)+[ ]*¥?[\d.,]+[ ]*(?:{_MULTIPLIER}|元)"
)
_UNIT = re.compile(rf"(?P<foreign>{_FOREIGN})|(?P<multiplier>{_MULTIPLIER})?元")
_UNIT_IN_BRACKETS = re.compile(rf"\((?:单位|人民币)?[:, ]*(?:{_UNIT.pattern})\)")
_RATE = re.compile(r"[%‰]|下浮|折扣|费率|优惠率")
_BARE = re.compile(rf"(?:\D*[:) ])?{_NUMBER} *")

_NUMERALS = ("零〇", "壹一", "贰二两", "叁三参", "肆四", "伍五", "陆六", "柒七", "捌八", "玖九")
_DIGITS = {c: n for n, row in enumerate(_NUMERALS) for c in row}
_TENS = {"拾": 10, "十": 10, "佰": 100, "百": 100, "仟": 1000, "千": 1000}
_DIGIT = f"[{''.join(_DIGITS)}]"
_WORDS = f"[{''.join(_DIGITS)}{''.join(_TENS)}万亿]+"
_IN_WORDS = re.compile(
    rf"(?P<yuan>{_WORDS})(?:[元圆](?:(?P<jiao>{_DIGIT})角)?(?:零?(?P<fen>{_DIGIT})分)?|[整正])"
    rf"|(?:^|[:)]|人民币|大写)(?P<whole>{_WORDS[:-1]}{{2,}})$"
)
_CUT_NUMBER = re.compile(r"[\d.,，\s(（]+$")
_QUANTITY = re.compile(
    rf"(?:数量:? ?)?(?:(?P<number>{_NUMBER})|(?P<words>{_WORDS}))"
    r" *\(?(?P<unit>m[23]|[^\W\d_]{0,6})(?:\(.*)?\)?(?P<per>/[^\W\d_]{1,4})?"
)


def read_money(text: str, unit_hint: str = "") -> Value | None:
    """Read the first positive sum, in yuan; Arabic numerals go before sums in words.

    `unit_hint` is the unit, or the label with it, that stands elsewhere: 预算金额（万元）. A unit
    beside the number goes before it. None for rates, ranges, foreign money and blanks.
    A number without any unit or sign counts only where nothing but its label is with it.
    """
    folded = _fold_field(text)
    if _RANGE.search(folded):
        return None
    sums = [*_read_numerals(folded, _fold_field(unit_hint)), *_read_words(folded)]
    amount = next((s for s in sums if 0 < s <= MAX_YUAN), None)
    return None if amount is None else Value(float(amount), text.strip())


def read_quantity(text: str) -> tuple[float | None, str]:
    """Read a count and its unit: "36块" is (36.0, "块"), "一批" is (1.0, "批")."""
    found = _QUANTITY.fullmatch(_fold_field(text))
    if found is None:
        return None, ""
    number = _parse_number(found["number"]) if found["number"] else _parse_words(found["words"])
    if number is None or not 0 < number <= MAX_QUANTITY:
        return None, ""
    return float(number), found["unit"] + (found["per"] or "")


def _fold_field(text: str) -> str:
    """Fold the head of a field, without a number that the cut would shorten."""
    field = text.strip()
    if len(field) > _LONGEST_FIELD:
        field = _CUT_NUMBER.sub("", field[:_LONGEST_FIELD])
    return normalize(field).text.strip()


def _read_numerals(text: str, hint: str) -> Iterator[Decimal]:
    """Yield each sum in Arabic numerals; 3亿5000万元 is one."""
    total, last_end, last_multiplier = Decimal(0), -1, 0
    for found in _AMOUNT.finditer(text):
        multiplier = _find_multiplier(found, text, hint)
        if multiplier is None:
            continue
        own_unit = found["alone"] or found["yuan"]
        if total and not (own_unit and found.start() == last_end and multiplier < last_multiplier):
            yield total
            total = Decimal(0)
        total += _parse_number(found["number"]) * multiplier
        last_end, last_multiplier = found.end(), multiplier
    yield total


def _find_multiplier(found: re.Match[str], text: str, hint: str) -> int | None:
    """Return what to multiply the number by to get yuan; None if it is no sum of yuan."""
    before = text[: found.start()]
    if found["foreign"] or _FOREIGN_BEFORE.search(before):
        return None
    if found["alone"]:
        return _MULTIPLIERS[found["alone"]]
    if found["yuan"] and (found["yuan"] in "元圆" or found["multiplier"]):
        return _MULTIPLIERS[found["multiplier"] or ""]
    bare = _BARE.fullmatch(text) and not _RATE.search(text)
    if not (found["sign"] or found["yuan"] or bare):
        return None
    units = [*_UNIT.finditer(hint), *_UNIT_IN_BRACKETS.finditer(before)]
    if not units:
        return 1
    return None if units[-1]["foreign"] else _MULTIPLIERS[units[-1]["multiplier"] or ""]


def _read_words(text: str) -> Iterator[Decimal]:
    """Yield each sum in numerals written as words: 陆拾叁万玖仟元整."""
    for found in _IN_WORDS.finditer(text):
        yuan = _parse_words(found["yuan"] or found["whole"])
        if yuan is not None:
            jiao, fen = (_DIGITS[found[part] or "零"] for part in ("jiao", "fen"))
            yield yuan + Decimal(jiao) / 10 + Decimal(fen) / 100


def _parse_number(number: str) -> Decimal:
    return Decimal(number.replace(",", ""))


def _parse_words(words: str) -> Decimal | None:
    """Parse numerals written as words; None where they are no number (佰拾万仟 of a blank form).

    A leading 拾, 佰 or 仟 means one of it. 亿 and 万 add up.
    """
    hundred_millions = ten_thousands = section = digit = 0
    smallest = 10_000
    for at, word in enumerate(words):
        if word in _DIGITS:
            if digit:
                return None
            digit = _DIGITS[word]
        elif word in _TENS:
            if _TENS[word] >= smallest or (not digit and at):
                return None
            smallest = _TENS[word]
            section += (digit or 1) * smallest
            digit = 0
        else:
            section += digit
            if word == "亿":
                section, ten_thousands = section + ten_thousands, 0
            if not section or (hundred_millions if word == "亿" else ten_thousands):
                return None
            if word == "亿":
                hundred_millions = section * _MULTIPLIERS["亿"]
            else:
                ten_thousands = section * _MULTIPLIERS["万"]
            section, digit, smallest = 0, 0, 10_000
    return Decimal(hundred_millions + ten_thousands + section + digit)
