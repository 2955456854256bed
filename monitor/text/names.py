"""Names of bodies and firms as printed under labels: repeated per lot, with tails of all kinds."""

from __future__ import annotations

import re
from collections.abc import Iterable

from monitor.text.labels import find_label
from monitor.text.markup import squeeze
from monitor.text.privacy import EMAIL, PHONE, mask_private

# A dash, a reference, a number, or words about a rate instead of a name.
_NO_NAME = re.compile(
    r"^(?:.*[:：%].*|[/\\\-—.·…*\s]+|无|暂无|详见.*|见附件.*|见.{0,6}公告.*|.*公告原文|\d+)$"
)
_LOT = re.compile(
    r"^[(（]?(?:合同包|采购包|分包|标包|标段|标项|包|第)?\s*[\dA-Z一二三四五六七八九十]{1,2}\s*"
    r"(?:包|标段)?[)）]?\s*[:：.、]\s*"
)
_SEPARATOR = re.compile(
    r"(?<=公司)\s+(?=[\u4e00-\u9fff]{4,30}公司)|[,，;；、|/]\s*(?=[\u4e00-\u9fff])"
)
# What follows a name without a separator of its own.
_TAIL = re.compile(
    r"(?<=公司)[(（](?!中国|集团|上海|北京|深圳|广州|香港|本部|总部)[\u4e00-\u9fff〇]{2,3}[)）]$|"
    r"[(（](?=[^()（）]*(?:路|街|大道|巷|楼|室|\d号)[^()（）]*[)）]?$)|\s{1,}(?=[\u4e00-\u9fff]{2,8}[:：])|"
    r"[(（](?:联系|地址|排名|统一社会|社会信用|信用代码|单位|签章|盖章|"
    r"甲方|乙方|以下简称|牵头|成员|联合体|小型|微型|中型)|\s+\d{1,2}\s*[.、]|\s+(?:地址|联系|电话|邮编)|"
    r"(?:代理机构|采购人|采购单位|招标人|项目)?(?:联系人|联系方式|联系电话|地址|电话|经办人)\s*[:：]|[。；;]"
)
_BODY_END = re.compile(
    r"(?:公司|厂|店|社|部|中心|院|所|局|队|站|校|园|学|会|委|府|办|厅|处|馆|台|监狱|集团|商行|行|"
    r"基地|大厦|署|酒店|宾馆|饭店|协会|联盟|股份|[室场坊铺庄城居屋网]|Ltd\.?|Inc\.?|GmbH|LLC|Co\.?)(?:[(（][^()（）]{1,20}[)）])?$",
    re.IGNORECASE,
)
_PERSON = re.compile(r"^[\u4e00-\u9fff〇·]{1,2}(?:警官|先生|女士|老师|主任|工|科长|小姐)$")


def is_name(value: str) -> bool:
    """Return whether a value may name something: no dash, no 详见附件, no essay."""
    return bool(value) and len(value) <= 120 and not _NO_NAME.match(value)


def pick_names(values: Iterable[str]) -> list[str]:
    """Return the names that values hold, each once; parts that are no body are left out.

    The first part of a value always counts; a later one only where it ends like a body's
    name: 甲局、乙局 are two, the address after a firm is none.
    """
    names: list[str] = []
    for value in values:
        parts = _SEPARATOR.split(_LOT.sub("", value))
        for number, part in enumerate(parts):
            name = trim_name(part)
            same = any(_key(name) == _key(other) for other in names)
            if is_name(name) and not same and (number == 0 or is_body(name)):
                names.append(name)
    return names


def _key(name: str) -> str:
    return re.sub(r"\s", "", name)


def trim_name(text: str) -> str:
    """Return a name without its lot before it and its address, code or remark after it."""
    name = _TAIL.split(_LOT.sub("", squeeze(text)), maxsplit=1)[0]
    name = squeeze(name).strip("。.；;，,：: ")
    masked = mask_private(name)
    if masked != name:
        name = re.split(re.escape(PHONE) + "|" + re.escape(EMAIL), masked)[0].strip("。；;，, ")
    name = _drop_person(name).rstrip("（( ")
    return "" if find_label(name) is not None or _PERSON.match(name) else name


def _drop_person(name: str) -> str:
    """Return the body alone where a person stands beside it: 样例公司 王某某."""
    first = name.split(" ", maxsplit=1)[0]
    return first if is_body(first) and not is_body(name) else name


def is_body(name: str) -> bool:
    """Return whether a name ends like that of a body or firm."""
    return 4 <= len(name) <= 120 and _BODY_END.search(name) is not None
