"""Where in a notice a word may be searched for; where persons, policy and the site speak, never."""

from __future__ import annotations

import pytest

from monitor.models import ZoneKind
from monitor.text.markup import parse_html, read_blocks
from monitor.text.zones import ZonedBody, divide_blocks

PHONE, PERSON = "13800138000", "王某某"


def divide(html: str) -> ZonedBody:
    return divide_blocks(read_blocks(parse_html(html)))


def texts(html: str) -> list[str]:
    return [zone.text for zone in divide(html).zones]


@pytest.mark.parametrize(
    "html",
    [
        f"<p>联系人：{PERSON} 电话：{PHONE}</p>",
        f"<p>采购单位联系方式：{PERSON} {PHONE}</p>",
        f"<p>项目联系人：</p><p>{PERSON}</p><p>电 话：</p><p>{PHONE}</p>",
        f"<p>项目联系人</p><p>{PERSON}</p>",
        f"<p>五、评审专家名单：{PERSON}、{PERSON}</p>",
        f"<p>五、评审专家（单一来源采购人员）名单：</p><p>{PERSON}、{PERSON}</p>",
        f"<p>七、评审小组成员</p><p>{PERSON}（采购人代表）</p>",
        f"<p>七、評審專家名單：</p><p>{PERSON}</p>",
        f"<table><tr><td>项目联系人</td><td>{PERSON}</td></tr><tr><td>电话</td><td>{PHONE}</td></tr></table>",
        f"<table><tr><td>评审专家名单</td><td colspan=3>{PERSON}</td></tr></table>",
        f"<table><tr><td>名称</td><td>品牌</td><td>联系人</td><td>联系电话</td></tr>"
        f"<tr><td>硬盘</td><td>希捷</td><td>{PERSON}</td><td>{PHONE}</td></tr></table>",
        f"<table><tr><td>供应商名称</td><td>联系人</td><td>电话</td></tr>"
        f"<tr><td>样例公司</td><td>{PERSON}</td><td>{PHONE}</td></tr></table>",
        f"<p>法定代表人：{PERSON}</p><p>采购人：样例局 经办人：{PERSON} 采购人电话：{PHONE}</p>",
        f"<p>提供服务热线{PHONE}，硬盘质保三年</p>",
        "<p>投标人请发邮件至zhang.san@example.com索取硬盘清单</p>",
    ],
)
def test_persons_and_their_numbers_land_in_no_zone(html: str) -> None:
    for text in texts(html):
        assert PERSON not in text
        assert PHONE not in text
        assert "zhang.san" not in text


@pytest.mark.parametrize(
    "html",
    [
        "<p>监狱企业参加政府采购活动时应当提供证明文件。</p>",
        "<p>进口产品是指通过中国海关报关验放进入中国境内的产品。</p>",
        "<p>未被列入失信被执行人名单。</p>",
        "<p>建议使用谷歌浏览器访问</p>",
        "<p>采购代理机构：样例思科招标公司</p>",
        "<p>采购人：样例市公安局</p>",
        "<p>上一篇：样例惠普打印机采购公告</p>",
        "<p>下一条：样例戴尔服务器采购公告</p>",
        "<p>您现在的位置：首页 > 公告</p>",
        "<p>总中标金额：12万元</p>",
        "<p>项目编号：HP-2024-01</p>",
        "<p>预算金额：12万元</p>",
        "<table><tr><td>采购单位</td><td>样例市公安局</td><td>行政区域</td><td>样例</td></tr></table>",
        "<table><tr><td>监狱企业声明</td></tr><tr><td>残疾人福利性单位</td></tr></table>",
    ],
)
def test_policy_the_site_bodies_and_sums_are_no_zone(html: str) -> None:
    assert texts(html) == []


def test_each_piece_gets_the_kind_of_its_place() -> None:
    html = (
        "<p>项目名称：样例硬盘采购</p><p>中标供应商：样例公司</p><p>须支持热插拔。</p>"
        "<table><tr><td>名称</td><td>品牌</td><td>规格型号</td><td>数量</td><td>保修</td></tr>"
        "<tr><td>硬盘</td><td>希捷</td><td>ST8000</td><td>2块</td><td>原厂三年上门</td></tr></table>"
    )
    found = [(zone.kind, zone.field, zone.text) for zone in divide(html).zones]
    assert found == [
        (ZoneKind.FIELD, "project name", "样例硬盘采购"),
        (ZoneKind.SUPPLIER, "supplier", "样例公司"),
        (ZoneKind.SPECIFICATION, "body", "须支持热插拔。"),
        (ZoneKind.ITEM, "items[0].name", "硬盘"),
        (ZoneKind.ITEM, "items[0].brand", "希捷"),
        (ZoneKind.ITEM, "items[0].model", "ST8000"),
        (ZoneKind.SPECIFICATION, "保修", "原厂三年上门"),
    ]


def test_items_are_numbered_through_the_whole_notice() -> None:
    grid = "<table><tr><td>名称</td><td>品牌</td></tr><tr><td>硬盘</td><td>{}</td></tr></table>"
    body = divide(grid.format("希捷") + "<p>第二包</p>" + grid.format("西数"))
    brands = [(z.field, z.text) for z in body.zones if z.field.endswith("brand")]
    assert brands == [("items[0].brand", "希捷"), ("items[1].brand", "西数")]
    assert len(body.items) == 2


def test_a_wish_table_is_searched_though_it_lists_no_items() -> None:
    html = (
        "<table><tr><td>序号</td><td>采购项目名称</td><td>采购需求概况</td><td>预算金额(元)</td></tr>"
        "<tr><td>1</td><td>视频存储扩容</td><td>采购希捷ST8000硬盘300块</td><td>780000</td></tr></table>"
    )
    assert "采购希捷ST8000硬盘300块" in texts(html)


def test_what_an_item_says_is_not_said_again_as_specification() -> None:
    html = "<p>名称：硬盘</p><p>品牌：希捷</p><p>规格型号：ST8000</p>"
    assert [zone.kind for zone in divide(html).zones] == [ZoneKind.ITEM] * 3


@pytest.mark.parametrize(
    "html",
    [
        "<p>拟定的唯一供应商名称：青禾科技（中国）有限公司</p>",
        "<p>拟定供应商：青禾科技（中国）有限公司</p>",
        "<p>拟采用单一来源的供应商：青禾科技（中国）有限公司</p>",
        "<p>唯一供应商：青禾科技（中国）有限公司 地址：某路1号</p>",
        "<p>三、拟定供应商信息</p><p>名称：青禾科技（中国）有限公司</p><p>地址：某路1号</p>",
        "<p>三、拟定供应商信息：</p><p>名称：</p><p>青禾科技（中国）有限公司</p>",
        "<p>二、拟定的唯一供应商名称、地址</p><p>名称：青禾科技（中国）有限公司</p>",
        "<p>拟定的唯一供应商名称、地址</p><p>1.青禾科技（中国）有限公司，某市某路1号</p>",
        "<p>本项目拟定的唯一供应商为青禾科技（中国）有限公司，特此公示</p>",
        "<p>拟采用单一来源方式向青禾科技（中国）有限公司采购试剂</p>",
        "<table><tr><td>拟定供应商信息</td></tr>"
        "<tr><td>名称</td><td>青禾科技（中国）有限公司</td></tr></table>",
    ],
)
def test_the_proposed_sole_supplier_is_a_supplier_zone(html: str) -> None:
    zones = [zone for zone in divide(html).zones if zone.kind is ZoneKind.SUPPLIER]
    assert [zone.text for zone in zones] == ["青禾科技（中国）有限公司"]


def test_a_bare_name_under_another_heading_is_no_supplier() -> None:
    html = "<p>一、采购人信息</p><p>名称：青禾市公安局</p><p>二、代理</p><p>名称：甲乙有限公司</p>"
    assert all(zone.kind is not ZoneKind.SUPPLIER for zone in divide(html).zones)


def test_items_in_a_table_under_other_matters_are_items_to_the_last_row() -> None:
    html = (
        "<p>六、其它补充事宜</p><table>"
        "<tr><td>序号</td><td>名称</td><td>规格型号</td><td>数量</td><td>品牌（如有）</td></tr>"
        "<tr><td>1</td><td>硬盘</td><td>ST8000</td><td>2块</td><td>希捷</td></tr>"
        "<tr><td>2</td><td>交换机</td><td>C9300</td><td>1台</td><td>思科</td></tr></table>"
    )
    assert [(row.item.brand, row.item.model) for row in divide(html).items] == [
        ("希捷", "ST8000"), ("思科", "C9300"),
    ]  # fmt: skip
