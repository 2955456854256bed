"""What of a notice's text is not of this purchase: people, policy, the site, other notices.

Contact particulars and panels of experts fall with their whole sentence, so that no name is left
over; policy phrases fall with their clause, so that what stands beside them is still read.
"""

from __future__ import annotations

import re
from collections import Counter
from difflib import SequenceMatcher

from monitor.text.labels import fold_line

_POLICY = re.compile(
    r"监狱企业|残疾人福利|海关报关|信用中国|失信被执行|行贿犯罪|独立承担民事责任|重大违法记录|"
    r"公告期限|公告媒(?:体|介)|发布媒(?:体|介)|(?:建议|推荐|请使用|谷歌|火狐|最佳).{0,30}浏览器|"
    r"浏览器.{0,12}(?:访问|浏览|以上)|版权所有|(?:^|[\s|])技术支持[:：]|备案号|ICP备|代理服务费|代理费|"
    r"类似业绩|企业业绩|项目业绩|招标文件售价"
)
# Words that only contacts have, and words that goods have too: 手机取证, 传真机, IP电话.
_CONTACT = (
    r"经办人|联\s*系\s*人|联系电话|联系地址|联系方式|电子邮[箱件]|法定代表人|法人代表|采购人代表|"
    r"业务咨询|联系(?:老师|警官)?(?=[:：])|请联系|评审组长|(?:经办|复核|审核)(?=[:：])|组成(?:评审|磋商|谈判|询价)"
)
_LABELLED = (
    r"传\s*真|邮\s*箱|电\s*话|手\s*机|姓\s*名|负责人|项目经理|总监|建造师|工程师|身份证号?码?"
)
_PANEL = (
    r"(?:评审|评标|谈判|磋商|询价|审查|采购|论证|协商|评审组)\S{0,3}?(?:专家|小组|委员会|人员|组长|成员)"
    r"(?:成员|名单|姓名|组成|组长)*(?:[(（][^()（）]*[)）])?"
)
_PERSON = r"[\u4e00-\u9fff〇·*]{1,4}(?:[、,，;；\s(（。]|$)"
_PEOPLE = re.compile(
    rf"{_CONTACT}|(?<![A-Za-z])(?:{_LABELLED})\s*[:：]|(?:{_LABELLED})\s*[+(（]?\d{{3}}|{_PANEL}名单|"
    rf"(?:{_PANEL}\d?|论证意见)\s*[:：]\s*{_PERSON}|"
    rf"(?:负责人|项目经理|总监)(?!工|批准|同意|签字|审核|确认|签名|审批)[\u4e00-\u9fff〇]{{2,3}}(?:[，,。；;\s]|$)"
)
# Heads of columns and rows of persons.
_PEOPLE_HEAD = re.compile(
    rf"^(?:专家|评委|评审|成员)?(?:姓\s*名|{_PANEL}|评委|专家\d?|成员\d?|专业人员|组长|职称)[:：]?$"
)
_NAVIGATION = re.compile(
    r"^(?:上一[篇条]|下一[篇条]|(?:您|你)?(?:现在|当前)?的?位置|当前位置|友情链接|首页|责任编辑|浏览次数|分享到|"
    r"主办(?:单位)?[:：]|(?:打印|关闭|返回)(?:首页|列表|顶部|本页|窗口|上页)?[\s\]】]*$)"
)
# A bid that lost, with what it offered.
_LOST_LINE = re.compile(
    r"^[\W\d_一二三四五六七八九十]*(?:未(?:中标|成交|入围|通过\S{0,8})|落选|被?否决)的?(?:供应商|投标人|单位)\S{0,8}[:：]"
)
_SIDE_HEADING = re.compile(
    r"^[【\[]?(?:(?:最新|热点|热门|近期|更多|推荐|猜你|点击)(?:内容|信息|项目|结果|发布|采购|招标)|"
    r"(?:相关|最新|热点|热门|推荐|近期|更多|其他|其它|同类|类似|友情|猜你|点击)"
    r"(?:推荐|公告|文章|阅读|新闻|链接|资讯|动态|标讯|排行|喜欢|排名))+"
    r"\s*(?:更多|more)?\s*[>》:：\]】]*$|^(?:热点|热门|最新|推荐|热帖)$",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"^[^：:。；;|]{8,90}(?:公告|公示|意向|意向公开|通知书?|结果)"
    r"(?:[（(][^（）()]{1,12}[)）])?(?:\s*[\[(（]?\d{4}[-年/.]\d{1,2}[-月/.]\d{1,2}日?[\])）]?)?$"
)
_PURCHASE = re.compile(r"采购|招标|中标|成交|询价|谈判|磋商|项目|维保|购置|竞价|单一来源|合同")
_SAME_TITLE = 0.6
_MOST_PAIRS = 2000
# Heads of rows on what a bidder is or has done, and on bids that lost.
_BIDDERS = re.compile(
    r"^(?:申报的?|类似|同类|企业|投标人)?(?:项目)?业绩\S{0,4}$|^未(?:中标|成交|通过|入围)\S{0,14}$|"
    r"^(?:被)?(?:否决|落选|淘汰)\S{0,8}$|^无效(?:投标|响应)\S{0,6}$"
)
_GOODS = re.compile(r"\d\s*[台套块个部只支张件把架辆盒]|品牌|型号")
_SAME_START = 9
_LONGEST_HEAD = 20
_SENTENCE = re.compile(r"(?<=[。；;！？])")
# Where a policy phrase may be cut off: at a comma, a bracket, a blank before the next label.
_PIECE = re.compile(r"(?<=[，,)）])|(?=[(（])|(?<=\s)(?=[\u4e00-\u9fff]{2,12}\s*[:：])")


def drop_foreign(text: str) -> str:
    """Return what of a text is of this purchase, '' where nothing is."""
    folded = fold_line(text)
    if _NAVIGATION.search(folded) or _LOST_LINE.search(folded):
        return ""
    return "".join(_own_sentence(part) for part in _SENTENCE.split(text)).strip(" ，,")


def _own_sentence(sentence: str) -> str:
    folded = fold_line(sentence)
    if _PEOPLE.search(folded):
        return ""
    if not _POLICY.search(folded):
        return sentence
    pieces = _PIECE.split(sentence)
    own = [piece for piece in pieces if not _POLICY.search(fold_line(piece))]
    # Where blanks part the phrase itself no piece has it whole.
    return "" if len(own) == len(pieces) else "".join(own)


def names_people(text: str) -> bool:
    """Return whether a text is of contacts, experts or other persons, or the head of such."""
    return bool(_PEOPLE.search(fold_line(text))) or is_people_head(text)


def is_people_head(text: str) -> bool:
    """Return whether a cell heads names of persons: 姓名, 评审专家, 职称."""
    return bool(_PEOPLE_HEAD.search(fold_line(text).strip()))


def tells_bidders(head: str) -> bool:
    """Return whether a row's head says that it is of a bidder's record or of a bid that lost."""
    folded = fold_line(head)
    return len(folded) <= _LONGEST_HEAD and bool(_BIDDERS.search(folded))


def states_policy(text: str) -> bool:
    """Return whether a text holds a phrase of law, policy or the site."""
    return bool(_POLICY.search(fold_line(text)))


def opens_side_list(line: str) -> bool:
    """Return whether a line heads a list of other notices (相关推荐, 最新公告)."""
    return bool(_SIDE_HEADING.search(fold_line(line.strip())))


def is_own_title(line: str, title: str) -> bool:
    """Return whether a line is the notice's title, perhaps in other words."""
    if not title or len(line) > 2 * len(title) + 20:
        return False
    if line in title or title in line:
        return len(line) > len(title) // 2
    least = _SAME_TITLE * (len(line) + len(title)) / 2
    if min(len(line), len(title)) < least:
        return False
    ours, theirs = Counter(line), Counter(title)
    if (ours & theirs).total() < least or _count_pairs(ours, theirs) > _MOST_PAIRS:
        return False
    return SequenceMatcher(None, line, title, autojunk=False).ratio() >= _SAME_TITLE


def _count_pairs(ours: Counter[str], theirs: Counter[str]) -> int:
    """Return what comparing costs: few characters many times over are no title."""
    return sum(count * theirs[char] for char, count in ours.items())


def names_goods(line: str) -> bool:
    """Return whether a line counts things or names a brand or model."""
    return bool(_GOODS.search(line))


def is_other_title(line: str, title: str) -> bool:
    """Return whether a line is the title of another notice: an entry of a side list."""
    folded = fold_line(line.strip())
    if not title or not _TITLE.search(folded) or not _PURCHASE.search(folded):
        return False
    if _GOODS.search(folded) or line.strip()[:_SAME_START] == title[:_SAME_START]:
        return False
    return not is_own_title(line, title)
