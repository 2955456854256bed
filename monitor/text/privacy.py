"""Mask what identifies private persons: telephone numbers, mailboxes, identity numbers, names.

They stand in the archived bytes only. Project, part and model numbers stay as they are.
"""

from __future__ import annotations

import re
from datetime import date

PHONE = "[telephone]"
EMAIL = "[e-mail]"
IDENTITY = "[ID number]"
NAME = "[name]"

_DIGIT = "[0-9０-９]"
# A number that goes on in Latin letters, digits, hyphens or slashes is a longer number.
_BEFORE = r"(?<![0-9０-９A-Za-z_/.])(?<![0-9０-９A-Za-z][-－])"
_AFTER = r"(?![0-9０-９A-Za-z_])(?![-－/.][0-9０-９A-Za-z])"
_GAP = r"[-－ ]?"
_EMAIL = re.compile(
    r"[0-9A-Za-z０-９Ａ-Ｚａ-ｚ._%+-]{1,64}\s?[@＠﹫]\s?"
    r"(?:[0-9A-Za-z０-９Ａ-Ｚａ-ｚ-]{1,63}[.．]){1,6}[A-Za-zＡ-Ｚａ-ｚ]{2,24}"
)
_IDENTITY = re.compile(rf"{_BEFORE}{_DIGIT}{{17}}[0-9０-９XxＸｘ]{_AFTER}")
_PHONE = re.compile(
    rf"{_BEFORE}(?:[+＋]?86{_GAP}|\(?[+＋]86\)?{_GAP})?(?:"
    rf"[1１][3-9３-９]{_DIGIT}(?:{_GAP}{_DIGIT}{{4}}){{2}}"
    rf"|[(（]?[0０](?:[1１][0０]|[2２]{_DIGIT}|[3-9３-９]{_DIGIT}{{2}})[)）]?{_GAP}"
    rf"[2-8２-８]{_DIGIT}{{6,7}}(?:(?:{_GAP}(?:转|分机){_GAP}|[-－]){_DIGIT}{{1,5}})?"
    rf"|[48４８][0０][0０](?:{_GAP}{_DIGIT}{{3,4}}){{2}}"
    rf"){_AFTER}"
)
_LABELLED_PHONE = re.compile(
    r"((?:电\s*话|手\s*机|传\s*真|联系方式|Tel(?:ephone)?|Fax|Mobile)(?:号码?)?\s*[:：.]?\s*)"
    rf"({_DIGIT}[0-9０-９()（）\-－ ]{{5,20}}{_DIGIT})",
    re.IGNORECASE,
)
_LABELLED_NAME = re.compile(
    r"((?:联\s*系\s*人|经\s*办\s*人|负\s*责\s*人|采购人代表|法定代表人|(?:评审|评标)?专家(?:名单)?)"
    r"(?:姓名)?\s*[:：]\s*)"
    r"([\u4e00-\u9fff〇·]{2,4}(?:[、,，\s]+[\u4e00-\u9fff〇·]{2,4})*)(?![\u4e00-\u9fff])"
)
_NAMED_PHONE = re.compile(
    r"(?<![\u4e00-\u9fff])(?!请拨|致电|拨打|可拨|请打|电话|手机|传真|热线|咨询|客服|固话|座机|联系|总机|转)[\u4e00-\u9fff〇·]{2,3}"
    r"(?=[\s:：,，]*\[telephone\])"
)
_NUMBER_LABEL = re.compile(r"(?:编\s*号|型\s*号|货\s*号|文\s*号|订货号|序列号)[^0-9]{0,3}$")
# What every mailbox, telephone number and labelled name has: most texts have none of it.
_AT = re.compile("[@＠﹫]")
_SEVEN_DIGITS = re.compile(f"{_DIGIT}[0-9０-９()（）\\-－ 转分机XxＸｘ]{{5}}")
_COLON = re.compile("[:：]")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_WIDTH = {0xFF01 + n: 0x21 + n for n in range(94)}


def mask_private(text: str) -> str:
    """Return a text with telephone numbers, mailboxes, identity numbers and labelled names masked.

    An 18-digit number counts as an identity number when its birthday and check digit fit
    (GB 11643); a number after 编号, 型号 and the like is left alone.
    """
    if _AT.search(text):
        text = _EMAIL.sub(EMAIL, text)
    if _SEVEN_DIGITS.search(text):
        text = _IDENTITY.sub(lambda m: IDENTITY if is_identity(m.group()) else m.group(), text)
        text = _LABELLED_PHONE.sub(lambda m: f"{m[1]}{PHONE}", text)
        text = _PHONE.sub(lambda m: m.group() if _follows_label(m) else PHONE, text)
        text = _NAMED_PHONE.sub(NAME, text)
    if not _COLON.search(text):
        return text
    return _LABELLED_NAME.sub(lambda m: f"{m[1]}{NAME}", text)


def is_identity(number: str) -> bool:
    """Return whether 18 characters are a resident identity number by birthday and check digit."""
    folded = number.translate(_WIDTH).upper()
    try:
        born = date(int(folded[6:10]), int(folded[10:12]), int(folded[12:14]))
    except ValueError:
        return False
    total = sum(int(d) * w for d, w in zip(folded[:17], _WEIGHTS, strict=True))
    return born.year >= 1900 and folded[17] == _CHECKS[total % 11]


def _follows_label(found: re.Match[str]) -> bool:
    return _NUMBER_LABEL.search(found.string, 0, found.start()) is not None
