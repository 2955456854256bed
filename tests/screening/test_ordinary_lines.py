"""What a police bureau's notice says in ordinary words is found, wherever it stands."""

from __future__ import annotations

import pytest

from monitor.models import Verdict
from monitor.portals.saved import read_saved_text
from tests.screening.samples import load_screener

HEAD = "<p>采购人：样例市公安局</p>"
LINES = [
    # goods that share a word with menus, contacts and policy
    "打印机：惠普LaserJet M405，20台",
    "主办案区戴尔R740服务器20台",
    "IP电话：思科CP-7821，50部，思科交换机2台",
    "手机取证工作站：戴尔Precision 7920",
    "戴尔R740服务器，支持按姓名检索",
    "戴尔一体机5台，用于身份证办理窗口",
    "戴尔R740服务器2台，由供应商负责人工搬运",
    "经评标委员会评审，中标结果如下：戴尔R740服务器2台",
    "采购戴尔R740服务器20台（本项目专门面向中小企业采购）。",
    "根据《政府采购法》就戴尔R740服务器20台进行公开招标",
    "戴尔R740（3年7×24技术支持：原厂）20台",
    # words beside a sum or a winner
    "预算金额：100万元（戴尔R740服务器20台）",
    "中标供应商：样例公司（投标产品：戴尔R740服务器）",
    # pairs on one line
    "名称：服务器 品牌：戴尔 规格型号：R740 数量：2台 单价：50000元",
]
PAGES = [
    "<p>名称：服务器 品牌：戴尔 规格型号：R740 数量：2台</p>"
    "<p>名称：交换机 品牌：思科 规格型号：C9200L 数量：3台</p>",
    "<table><tr><td>名称：服务器</td><td>品牌：戴尔</td><td>型号：R740</td><td>数量：2台</td></tr>"
    "<tr><td>名称：交换机</td><td>品牌：思科</td><td>型号：C9200L</td><td>数量：3台</td></tr></table>",
    "<table><tr><td>名称</td><td>数量</td><td>备注</td></tr>"
    "<tr><td>服务器</td><td>20台</td><td>戴尔R740</td></tr></table>",
    "<table><tr><td>名称</td><td>数量</td><td>质保及配置</td></tr>"
    "<tr><td>服务器</td><td>20台</td><td>戴尔R740，三年</td></tr></table>",
    "<table><tr><td>手机取证工作站</td><td>戴尔Precision 7920工作站</td>"
    "<td>支持手机</td></tr></table>",
    "<table><tr><td>数字证书服务器</td><td>戴尔R740 20台</td></tr></table>",
    "<p>6.提供未列入失信名单的承诺书。</p><p>戴尔R740服务器20台</p>",
    "<p>其他采购内容</p><p>戴尔R740服务器20台</p>",
    "<p>预算金额：</p><p>戴尔R740服务器20台，共100万元</p>",
    "<p>名称：服务器 品牌：联想 型号：SR650 数量：2台</p><p>服务器配希捷硬盘20块，含上架调试</p>",
]
CASES = [f"<p>{line}</p>" for line in LINES] + PAGES


@pytest.mark.parametrize("kind", ["采购公告", "中标公告"])
@pytest.mark.parametrize("body", CASES)
def test_a_product_in_ordinary_words_is_told(body: str, kind: str) -> None:
    notice = read_saved_text(
        HEAD + body, {"title": f"样例市公安局设备{kind}", "date": "2024-05-01"}
    )
    assert load_screener().screen(notice).verdict is Verdict.ALERT


PANELS = [
    "<table><tr><td>序号</td><td>姓名</td><td>工作单位</td><td>职称</td></tr>"
    "<tr><td>1</td><td>样〇〇</td><td>样例大学</td><td>教授</td></tr></table>",
    "<table><tr><td>专家姓名</td><td>工作单位</td></tr><tr><td>样〇〇</td><td>样例大学</td></tr></table>",
    "<p>评审专家名单：样〇〇、例〇〇</p>",
    "<p>谈判小组成员：</p><p>样〇〇、例〇〇（采购人代表）</p>",
    "<p>联系人：样〇〇</p>",
    "<p>由样〇〇、例〇〇组成评审组</p>",
]


@pytest.mark.parametrize("body", PANELS)
def test_persons_are_in_no_zone(body: str) -> None:
    notice = read_saved_text(HEAD + body + "<p>采购服务器</p>", {"title": "样例市公安局采购公告"})
    assert not [zone for zone in notice.zones if "〇" in zone.text]


FALSE = [
    "<table><tr><td>排名</td><td>供应商</td><td>品牌型号</td></tr>"
    "<tr><td>1</td><td>样例甲公司</td><td>浪潮NF5280</td></tr>"
    "<tr><td>2</td><td>样例乙公司</td><td>戴尔R740</td></tr></table>",
    "<p>未中标供应商：样例乙公司（所投戴尔R740服务器）</p>",
    "<table><tr><td>供应商</td><td>未通过原因</td></tr>"
    "<tr><td>样例乙公司</td><td>所投戴尔R740服务器为进口产品</td></tr></table>",
]


@pytest.mark.parametrize("body", FALSE)
def test_what_a_losing_bid_offered_was_not_bought(body: str) -> None:
    page = HEAD + "<p>中标供应商：样例甲公司</p>" + body
    notice = read_saved_text(page, {"title": "样例市公安局设备中标公告", "date": "2024-05-01"})
    assert load_screener().screen(notice).verdict is Verdict.NONE
