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
    r"监狱企业|残疾人福利|中小企业|小微企业|海关报关|信用中国|失信被执行|行贿犯罪|政府采购法|"
    r"落实政府采购政策|独立承担民事责任|商业信誉|缴纳税收|重大违法记录|公告期限|"
    r"公告媒(?:体|介)|发布媒(?:体|介)|浏览器|版权所有|技术支持[:：]|备案号|ICP备|保证金|"
    r"代理服务费|代理费|业绩|招标文件售价|获取(?:招标|采购|磋商|谈判)文件"
)
_PEOPLE = re.compile(
    r"(?:评审|评标|谈判|磋商|询价|审查|采购|论证).{0,3}(?:专家|小组|委员会|人员).{0,14}(?:[:：]|名单)|"
    r"经办人|联\s*系\s*人|联系电话|联系方式|联系地址|传\s*真(?!机)|电子邮[箱件]|邮\s*箱(?!系统|服务)|"
    r"电\s*话(?!机|会议|系统|交换|线|录音|取证|诈骗|网)|手\s*机(?!取证|号|检验|数据|解锁|信号|屏蔽|操作)|"
    r"姓\s*名|法定代表人|法人代表|负责人|采购人代表|项目经理|身份证(?!读|识|核|阅|鉴|查)"
)
_NAVIGATION = re.compile(
    r"^(?:上一[篇条]|下一[篇条]|(?:您|你)?(?:现在|当前)?的?位置|当前位置|友情链接|首页|返回|打印|关闭|"
    r"责任编辑|浏览次数|分享到|主办)"
)
_SIDE_HEADING = re.compile(
    r"^[【\[]?(?:相关|最新|热点|热门|推荐|近期|更多|其他|其它|同类|类似|友情|猜你|点击)"
    r"(?:推荐|公告|文章|阅读|新闻|链接|结果|资讯|发布|动态|内容|信息|项目|采购|招标|标讯|排行|喜欢|排名)+"
    r"\s*(?:更多|more)?\s*[>》:：\]】]*$",
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
    r"业绩|资质|资格|证书|信誉|承诺|拟派|^未(?:中标|成交|通过|入围)|否决|落选|淘汰|^无效"
)
_LONGEST_HEAD = 20
_SENTENCE = re.compile(r"(?<=[。；;！？])")
_CLAUSE = re.compile(r"(?<=[，,])")


def drop_foreign(text: str) -> str:
    """Return what of a text is of this purchase, '' where nothing is."""
    if _NAVIGATION.search(fold_line(text)):
        return ""
    return "".join(_own_sentence(part) for part in _SENTENCE.split(text)).strip(" ，,")


def _own_sentence(sentence: str) -> str:
    folded = fold_line(sentence)
    if _PEOPLE.search(folded):
        return ""
    if not _POLICY.search(folded):
        return sentence
    clauses = _CLAUSE.split(sentence)
    own = [clause for clause in clauses if not _POLICY.search(fold_line(clause))]
    return "".join(own)


def names_people(text: str) -> bool:
    """Return whether a text is of contacts, experts or other persons."""
    return bool(_PEOPLE.search(fold_line(text)))


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


def is_other_title(line: str, title: str) -> bool:
    """Return whether a line is the title of another notice: an entry of a side list."""
    folded = fold_line(line.strip())
    if not title or not _TITLE.search(folded) or not _PURCHASE.search(folded):
        return False
    return not is_own_title(line, title)
