"""Mask what identifies private persons: telephone numbers, mailboxes, identity numbers, names.

They stand in the archived bytes only. Project, part and model numbers stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import quote, unquote

from monitor.text.surnames import COMMON_WORDS, FIRST_SYLLABLES, SURNAMES

PHONE = "[telephone]"
EMAIL = "[e-mail]"
IDENTITY = "[ID number]"
ACCOUNT = "[account]"
NAME = "[name]"

_DIGIT = "[0-9０-９]"
_HAN = "\u4e00-\u9fff〇"
# A number that goes on in Latin letters, digits, hyphens or slashes is a longer number; one
# before the ending of a file's name is not.
_BEFORE = rf"(?<![0-9０-９A-Za-z.])(?<![^{_HAN}\]]/)(?<![0-9０-９A-Za-z][-－_])"
_ENDINGS = "pdf|docx?|xlsx?|pptx?|wps|et|ofd|rtf|txt|csv|zip|rar|7z|jpe?g|png|tiff?|s?html?"
_AFTER = (
    r"(?![0-9０-９A-Za-z])(?![-－/_][0-9０-９A-Za-z])"
    rf"(?!\.(?!(?i:{_ENDINGS})(?![0-9A-Za-z]))[0-9０-９A-Za-z])(?!\s?(?:[元万亿吨㎡]|美元|平方|平米|立方|公里|公斤|千克))"
)
_GAP = r"[-－–—‐ \u3000.．]?"
_EMAIL = re.compile(
    r"[0-9A-Za-z０-９Ａ-Ｚａ-ｚ._%+-]{1,64}\s?(?:[@＠﹫]|[(（\[]at[)）\]]|#(?=(?:qq|163|126)\.))\s?"
    r"(?:[0-9A-Za-z０-９Ａ-Ｚａ-ｚ-]{1,63}\s?(?:[.．]|[(（\[](?:dot|点)[)）\]])\s?){1,6}"
    r"[A-Za-zＡ-Ｚａ-ｚ]{2,24}",
    re.IGNORECASE,
)
_LABELLED_EMAIL = re.compile(
    r"((?:邮\s*箱|电子邮件|E[-_ ]?mail)(?:地址)?\s*[:：为]\s*)[\w.+-]{2,40}\s?(?:[#＃*]|\bat\b)\s?"
    r"(?:[A-Za-z0-9-]{1,63}\s?[.．]\s?){1,6}[A-Za-z]{2,24}",
    re.IGNORECASE,
)
_IDENTITY = re.compile(
    rf"{_BEFORE}{_DIGIT}{{6}}([ -]?){_DIGIT}{{8}}\1{_DIGIT}{{3}}[0-9０-９XxＸｘ]{_AFTER}"
)
_LABELLED_IDENTITY = re.compile(
    r"((?:(?:身\s*份|军\s*官|士\s*兵)\s*(?:证|(?=号))|证\s*件|护\s*照|通\s*行\s*证|警\s*官\s*证|驾\s*驶\s*证|警\s*号"
    r"|ID\s*card|passport)(?:\s*(?:编?号码?|No\.?|number))?\s*[)）]?\s*[:：为是]?\s*)"
    r"((?:[武军警政][\u4e00-\u9fff]?字第?)?[A-Za-zＡ-Ｚａ-ｚ]{0,3}[0-9０-９*＊〇]"
    r"[0-9０-９A-Za-z*＊〇 -]{3,24}[0-9０-９A-Za-z*＊〇])"
    r"(?![0-9０-９A-Za-z*＊〇])",
    re.IGNORECASE,
)
_PHONE = re.compile(
    rf"{_BEFORE}(?:[+＋]?(?:00)?86{_GAP}|[(（]?[+＋]?86[)）]?{_GAP})?(?:"
    rf"[1１][3-9３-９]{_DIGIT}(?:{_GAP}{_DIGIT}{{4}}){{2}}"
    rf"|(?<=86[-  －)）])(?:10|2\d|[3-9]\d\d){_GAP}[2-8]\d{{2,3}}{_GAP}\d{{4}}"
    rf"|[(（]?[0０](?:[1１][0０]|[2２]{_DIGIT}|[3-9３-９]{_DIGIT}{{2}})[)）]?{_GAP}"
    rf"[2-8２-８](?:{_DIGIT}{{6,7}}|{_DIGIT}{{2,3}}{_GAP}{_DIGIT}{{4}})"
    rf"(?:(?:{_GAP}[(（]?(?:转|分机|ext\.?){_GAP}[:：]?|[-－—]|[(（]){_DIGIT}{{1,5}}[)）]?)?"
    rf"(?:[/、][2-8]{_DIGIT}{{6,7}}(?!{_DIGIT}))?"
    rf"|[48４８][0０][0０](?:{_GAP}{_DIGIT}{{3,4}}){{2}}"
    rf"){_AFTER}"
)
_LABELLED_PHONE = re.compile(
    r"((?:电\s*话|手\s*机|传\s*真|座\s*机|固\s*话|热\s*线|联系方式|联系号码|"
    r"Tel(?:ephone)?|Fax|Mobile|Phone)(?:号码?)?"
    r"(?:[(（][^()（）]{0,8}[)）])?\s*[:：.|]?\s*)"
    rf"((?:0{_DIGIT}{{2,3}}/)?[(（]?{_DIGIT}[0-9０-９()（）\-－–— ]{{5,20}}{_DIGIT}"
    rf"(?:{_GAP}(?:转|分机){_GAP}{_DIGIT}{{1,5}})?)"
    rf"(?:([、,，;；/ ]\s*)[(（]?{_DIGIT}[0-9０-９()（）\-－–—]{{5,20}}{_DIGIT})?",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(
    r"((?:(?:企业)?微\s*信(?:\s*号码?)?|QQ(?:\s*(?:号码?|群号?))?|钉钉号?|"
    r"(?<![A-Za-z])(?:VX|WeChat)(?:\s*ID)?)\s*[:：为]\s*|微\s*信\s*号\s*)"
    r"([A-Za-z0-9][-A-Za-z0-9_]{4,24})|((?<![A-Za-z])QQ群?号?\s?)([1-9]\d{5,10})(?!\w)",
    re.IGNORECASE,
)
# The account of a firm is public; that of a person is not.
_BANK = re.compile(
    r"((?:(?<!SIM)(?<!IC)卡\s*号(?:码)?|\[name\][^\n\[]{0,40}?[账帐]\s*号)\s*[:：为]?\s*)"
    r"(\d(?:[ -]?\d){14,20})(?![\w-])",
    re.IGNORECASE,
)
_PERSON = (
    "联\\s*系\\s*人|经\\s*办\\s*人|负\\s*责\\s*人|责任人|收件人|收货人|签收人|接收人|对接人|记录人|主持人|审核人|审批人|"
    "签发人|填表人|制表人|编制人|监督人员?|监标人|唱标人|评审人员|(?:被)?授权人|受托人|委托代理人|受理人|"
    "(?:采购人|业主|授权|招标人|甲方|乙方|供应商|法人|法定)代表人?|法定代表人|项目经理|建造师|"
    "总监(?:理工程师)?|公证员|拍卖师|(?:承办|办案|经办)民警|评委|"
    "(?:(?:评审|评标|论证|咨询|资深|行业|技术)?专家|"
    "(?:评审|评标|谈判|磋商|询价|资格审查)(?:委员会|小组))(?:组)?(?:成员|组长|组员|人员)?|"
    "小组成员|组长|组员|(?i:(?<![a-z])contacts?(?:\\s+(?:person|name))?|(?<![a-z])attn)"
)
_LABEL = (
    rf"(?:{_PERSON})(?:姓\s*名|名\s*单|信\s*息|\d{{1,2}}|[(（][^()（）:：]{{0,12}}[)）]){{0,2}}"
)
# Behind these stand things as well: what follows must begin with a surname.
_LOOSE = (
    "经\\s*办|审\\s*核|复\\s*核|校\\s*[核对]|审\\s*[定批]|编\\s*制|拟\\s*稿|制\\s*单|签\\s*[字名]|姓\\s*名|"
    "户\\s*名|[收付]款人|经营者|买受人|竞得人|承租人|人员名单|人\\s*员|成员|(?:小组|委员会)组成|代表|(?<![购标交货应])人|"
    "(?:安全|施工|质量|质检|资料|材料|测量|造价|采购|监督|联络|值班)(?:生产)?(?:管理)?(?:人员|员)"
)
_STOP = (
    "电话|手机|传真|地址|邮箱|姓名|职务|职称|单位|部门|签字|签名|盖章|名称|要求|详见|见附|如下|"
    "联系|或者|以及|应当|须具|需具|具备|具有|不得|必须|为本|负责|采购|投标|招标|中标|公告|项目|"
    rf"无|暂无|另行|本项|同上|各|由|及|的|和(?![{_HAN}]{{1,2}}(?![{_HAN}]))|"
    "[一二三四五六七八九十两]+[人名位]"
)
_TITLES = (
    "先生|女士|小姐|老师|同志|警官|科长|处长|局长|股长|所长|队长|部长|主任|主管|经理|干事|教授|"
    "工程师"
)
_WORD = rf"(?!{_STOP})[{_HAN}*＊×某]"
_DOTTED = rf"{_WORD}[{_HAN}]{{0,6}}(?:\s?[·•・．]\s?[{_HAN}]{{1,8}}){{1,3}}"
_LONG = rf"[{FIRST_SYLLABLES}](?!\w{{0,6}}[局处科室队部院校司所厅委站会])[{_HAN}]{{3,6}}"
_SPACED = rf"(?:{SURNAMES})[ \u3000]{{1,3}}[{_HAN}*＊×](?![{_HAN}])"
_SHORT = rf"{_WORD}[{_HAN}*＊×]{{1,3}}"
_NEXT = "Tel|E-?mail|Phone|Fax|Mobile|Add|Address"
_BODY = (
    "Bureau|Ministry|Office|Department|Cent(?:er|re)|Company|Co|Ltd|Inc|Group|University|Hospital|"
    "Division|Section|Public|Security|Procurement|Sales|Support|Service|Customer|Information|"
    "Details|Us|The|City|Software"
)
_LATIN_WORD = rf"(?!(?:{_NEXT}|{_BODY})\b)[A-Z〇][A-Za-z'’〇-]{{0,15}}"
_LATIN_END = rf"(?![A-Za-z])(?!\s(?!(?:{_NEXT})\b)[A-Z&])"
_LATIN_NAME = rf"{_LATIN_WORD}(?:\s{_LATIN_WORD}){{1,2}}{_LATIN_END}"
_MISTER = rf"(?:Mrs?|Ms|Miss)\b\.?\s?{_LATIN_WORD}(?:\s{_LATIN_WORD}){{0,2}}{_LATIN_END}"
_ANY = (
    rf"(?:(?:{SURNAMES})[{_HAN}]{{1,2}}(?:{_TITLES})(?![{_HAN}])|"
    rf"(?:{_DOTTED}|{_SPACED}|{_LONG}|{_SHORT})(?![{_HAN}]))(?!\s*\d{{0,2}}\s*[:：])"
)
_NOTE = r"(?:\s?[(（][^()（）]{1,12}[)）])?"
_LABELLED_NAME = re.compile(
    rf"({_LABEL}\s*(?:[:：]|为[:：]?)\s*(?:\d{{1,2}}[、.．]\s*)?)"
    rf"((?:{_ANY}|{_LATIN_NAME}){_NOTE}"
    rf"(?:(?:\s*[、,，;；/]\s*|\s+)(?:\d{{1,2}}[、.．]\s*)?{_ANY}{_NOTE})*)",
)
# Without a colon only what begins with a surname is a name: 联系人 电话 is the head of a table.
_THING = (
    rf"(?:{_STOP}|{COMMON_WORDS})|[{_HAN}]{{1,2}}[局处科室队部院校所馆办厅委站股厂店社](?![{_HAN}])"
)
_GIVEN = rf"(?!{_THING})(?:{SURNAMES})(?:[{_HAN}*＊×]{{1,2}}|[ \u3000][{_HAN}])"
_BARE = rf"{_GIVEN}(?![{_HAN}])(?!\s*[:：])"
_LABELLED_CELL = re.compile(
    rf"((?:{_LABEL}(?:\s{{0,9}}[|｜\t]\s{{0,9}}|[ \u3000]+|\s*[(（/])|"
    rf"(?:{_LOOSE})(?:姓\s*名|[(（][^()（）:：]{{0,12}}[)）])?\s{{0,9}}[:：|｜\t]\s{{0,9}}))"
    rf"((?:{_DOTTED}|{_BARE}){_NOTE}(?:[、,，;；]\s?(?:{_DOTTED}|{_BARE}){_NOTE})*)"
)
_SIGNED = re.compile(
    rf"((?:签\s*[字名]|名单|成员|人员|组成)\s*[:：]\s*){_BARE}(?:[ \u3000、,，]+{_BARE})+"
)
_COLUMN = re.compile(rf"\s*(?:{_LABEL}|[{_HAN}]{{0,6}}姓\s*名)\s*")
_IN_COLUMN = re.compile(rf"(\s*)(?:{_DOTTED}|{_LONG}|{_BARE})(?:[、,， ](?:{_DOTTED}|{_BARE}))*\s*")
_ADDRESSED = re.compile(
    rf"(?<![{_HAN}])((?:请|找|联系|咨询|致电|接洽|与)*)"
    rf"(?:{SURNAMES})[{_HAN}*＊×]{{0,2}}?"
    rf"(?=先生|女士|小姐|(?:警官|老师|同志)(?![{_HAN}]))"
)
_CALLED = r"(?:(?<=请)|(?<=联系)|(?<=致电)|(?<=咨询)|(?<=[找与由]))"
_TITLED = re.compile(rf"{_CALLED}(?!{_THING})(?:{SURNAMES})[{_HAN}*＊×]{{0,2}}?(?={_TITLES})")
_CALL_NAME = (
    rf"(?!{_THING}|电话|手机|传真|热线|咨询|客服|固话|座机|联系|总机|转|号码|人员)"
    rf"(?:{_DOTTED}|(?:{SURNAMES}|[{FIRST_SYLLABLES}])[{_HAN}*＊×]{{1,2}})"
)
_NAMED_PHONE = re.compile(
    rf"(?:(?<![{_HAN}])|{_CALLED})(?:{_CALL_NAME}[、,，/]){{0,9}}{_CALL_NAME}"
    rf"(?=(?:{_TITLES})?[\s:：,，/(（_-]*\[telephone\])"
)
# A person as a party: 样某某（自然人）, 样某某，身份证号…
_PARTY = re.compile(
    rf"(?<![{_HAN}]){_BARE}(?=\s*[(（](?:自然人|个人|个体户|个体工商户)[)）]|"
    rf"[，,、（(\s]+(?:性别|[男女][，,]|住址|(?:居民)?身份证|\[ID number\]))"
)
_POSTED = re.compile(rf"(?<=[，,、\s]){_GIVEN}(?=[(（]?收[)）]?(?![{_HAN}]))")
_ENGLISH = re.compile(
    r"((?i:\b(?:contact(?:s|\s+(?:person|name)s?)?|att(?:n|ention)|"
    r"(?:project|legal|authori[sz]ed)\s+(?:manager|leader|representative))\s*[:：]\s*))"
    rf"(?:{_MISTER}|{_LATIN_NAME})"
    rf"(?:(?:\s?[,，、/;]\s?|\s(?:and|or)\s){_LATIN_NAME})*"
    rf"|((?i:\bcontact)\s)(?:{_MISTER}"
    rf"|{_LATIN_NAME}(?=[\s,(（]+(?:at\b|on\b|by\b|\[(?:telephone|e-mail)\])))"
)
_CELL_END = re.compile(r"(\s?[|｜\t]\s?)")
_NUMBER_LABEL = re.compile(
    r"(?:编\s*[号码]|[型货文料图批]\s*号|条\s*码|序列号|备案号)[^0-9]{0,3}$|"
    rf"[{_HAN}](?<![话机真信络系线账帐])号\s*[:：]\s*$"
)
# What every mailbox, telephone number and labelled name has: most texts have none of it.
_AT = re.compile(r"[@＠﹫#＃]|[(（\[]at[)）\]]|(?:邮箱|邮件|mail)", re.IGNORECASE)
_SEVEN_DIGITS = re.compile(f"{_DIGIT}[0-9０-９()（）\\-－–—‐.． \u3000转分机XxＸｘ*＊〇]{{4}}")
_HINT = re.compile(
    "[人员家表师长理监组警信会委者办核对定批制稿单字名号收户生任管事授成]|QQ|VX|WeChat|钉钉|"
    "(?i:att|contact|project|legal|authori)|女士|小姐|同志"
)
_PERSON_LABEL = re.compile(f"{_PERSON}|{_LOOSE}")
_TITLE = re.compile(_TITLES)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_WIDTH = {0xFF01 + n: 0x21 + n for n in range(94)}
_PIECE = re.compile(r"([/?&=;#]+)")
_TELLING_PIECE = re.compile(rf"[@＠{_HAN}]")
_ADDRESSES = ("url", "address", "link")
_EXACT = ("id", "sha256", "record_id", "fingerprint")


def mask_private(text: str) -> str:
    """Return a text with telephone numbers, mailboxes, identity numbers and labelled names masked.

    An 18-digit number counts as an identity number when its birthday and check digit fit
    (GB 11643) or its label says so; a number after 编号, 型号 and the like is left alone.
    """
    if _AT.search(text):
        text = _LABELLED_EMAIL.sub(lambda m: f"{m[1]}{EMAIL}", _EMAIL.sub(EMAIL, text))
    if _SEVEN_DIGITS.search(text):
        text = _mask_numbers(text)
    return _mask_names(text) if _HINT.search(text) else text


def _mask_numbers(text: str) -> str:
    text = _IDENTITY.sub(lambda m: IDENTITY if is_identity(m.group()) else m.group(), text)
    text = _LABELLED_IDENTITY.sub(lambda m: f"{m[1]}{IDENTITY}", text)
    text = _LABELLED_PHONE.sub(lambda m: f"{m[1]}{PHONE}{m[3] + PHONE if m[3] else ''}", text)
    text = _PHONE.sub(lambda m: m.group() if _follows_label(m) else PHONE, text)
    return _NAMED_PHONE.sub(NAME, text) if PHONE in text else text


def _mask_names(text: str) -> str:
    text = _ACCOUNT.sub(lambda m: f"{m[1] or m[3]}{ACCOUNT}", text)
    text = _ENGLISH.sub(lambda m: f"{m[1] or m[2]}{NAME}", text)
    if _PERSON_LABEL.search(text):
        text = _LABELLED_NAME.sub(lambda m: f"{m[1]}{NAME}", text)
        text = _SIGNED.sub(lambda m: f"{m[1]}{NAME}", text)
        text = _LABELLED_CELL.sub(lambda m: f"{m[1]}{NAME}", text)
        text = _mask_columns(text)
    text = _PARTY.sub(NAME, text)
    if "寄" in text:
        text = _POSTED.sub(NAME, text)
    if _TITLE.search(text):
        text = _TITLED.sub(NAME, _ADDRESSED.sub(lambda m: f"{m[1]}{NAME}", text))
    return _BANK.sub(lambda m: f"{m[1]}{ACCOUNT}", text)


def _mask_columns(text: str) -> str:
    """Mask the names beneath the head of a column of persons, in rows of as many cells."""
    if "\n" not in text or not _CELL_END.search(text):
        return text
    rows = text.split("\n")
    heads: list[int] = []
    width = 0
    for place, row in enumerate(rows):
        cells = _CELL_END.split(row)
        found = [n for n in range(0, len(cells), 2) if _COLUMN.fullmatch(cells[n])]
        if found and NAME not in row:
            heads, width = found, len(cells)
        elif len(cells) == width:
            for n in heads:
                cells[n] = (
                    _IN_COLUMN.sub(rf"\1{NAME}", cells[n])
                    if _IN_COLUMN.fullmatch(cells[n])
                    else cells[n]
                )
            rows[place] = "".join(cells)
        else:
            heads, width = [], 0
    return "\n".join(rows)


def mask_address(url: str) -> str:
    """Return an address without what identifies persons, as in the name of a file.

    Numbers alone are ids of notices and stay; an address without private parts is unchanged.
    """
    pieces = _PIECE.split(url)
    return "".join(_mask_piece(piece) for piece in pieces)


def _mask_piece(piece: str) -> str:
    plain = unquote(piece)
    if not _TELLING_PIECE.search(plain):
        return piece
    masked = mask_private(plain)
    return piece if masked == plain else quote(masked, safe="[]@:")


def mask_values(value: Any, key: str = "") -> Any:
    """Return a plain value, as of JSON, with all its texts masked; ids and hashes stay."""
    if isinstance(value, str):
        if key in _EXACT:
            return value
        return mask_address(value) if key in _ADDRESSES else mask_private(value)
    if isinstance(value, Mapping):
        return {name: mask_values(one, str(name)) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [mask_values(one, key) for one in value]
    return value


def is_identity(number: str) -> bool:
    """Return whether 18 characters are a resident identity number by birthday and check digit."""
    folded = number.translate(_WIDTH).upper().replace(" ", "").replace("-", "")
    try:
        born = date(int(folded[6:10]), int(folded[10:12]), int(folded[12:14]))
    except ValueError:
        return False
    total = sum(int(d) * w for d, w in zip(folded[:17], _WEIGHTS, strict=True))
    return born.year >= 1900 and folded[17] == _CHECKS[total % 11]


def _follows_label(found: re.Match[str]) -> bool:
    return _NUMBER_LABEL.search(found.string, 0, found.start()) is not None
