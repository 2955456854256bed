"""From blocks to fields: who buys, who wins, for how much, under which number."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.models import Document, Notice, Tag
from monitor.text.fields import PageFacts, read_fields
from monitor.text.markup import parse_html, read_blocks

AWARD, TENDER = "样例采购项目中标公告", "样例采购项目公开招标公告"


def read(html: str, title: str = AWARD, *, buyer: str = "", published: str = "") -> Notice:
    facts = PageFacts("http://x/", title, buyer=buyer, published=published)
    return read_fields(facts, read_blocks(parse_html(html)))


def table(*rows: tuple[str, ...]) -> str:
    cells = ("".join(f"<td>{cell}</td>" for cell in row) for row in rows)
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"


@pytest.mark.parametrize(
    ("html", "buyer"),
    [
        ("<p>采购人：样例市公安局</p>", "样例市公安局"),
        ("<p>采 购 人：样例市公安局</p>", "样例市公安局"),
        ("<p>采购人（甲方）：样例市公安局</p>", "样例市公安局"),
        ("<p>採購人：樣例市公安局</p>", "樣例市公安局"),
        (table(("采购单位", "样例市公安局,样例市公安局")), "样例市公安局"),
        (
            table(("采购单位", "样例市公安局"), ("品目", "硬盘"), ("采购单位", "样例市公安局")),
            "样例市公安局",
        ),
        ("<p>采购人：样例市公安局；本项目允许采购进口产品。</p>", "样例市公安局"),
        ("<p>采购人：样例市公安局、样例市司法局</p>", "样例市公安局、样例市司法局"),
        ("<p>1.采购人信息</p><p>名 称：样例市公安局</p>", "样例市公安局"),
        (
            "<p>1.采购人信息 名称：样例局 2.采购代理机构信息 名称：样例招标公司</p>",
            "样例局",
        ),
        ("<p>样例招标公司受样例市公安局的委托，就样例采购公告如下</p>", "样例市公安局"),
        ("<p>我中心受采购人的委托组织采购</p>", ""),
        ("<p>采购人：样例市公安局 地址：样例路 联系电话：13800138000</p>", "样例市公安局"),
        ("<p>采购人：样例市公安局（联系人：王某某）</p>", "样例市公安局"),
        ("<p>采购人：样例市公安局13800138000</p>", "样例市公安局"),
        ("<p>采购人：详见公告</p>", ""),
        ("<p>采购人代表：王某某</p>", ""),
        (
            table(
                ("序号", "采购单位", "采购项目名称", "预算金额"), ("1", "样例局", "样例", "1万元")
            ),
            "样例局",
        ),
    ],
)
def test_the_buyer_is_read_from_its_label(html: str, buyer: str) -> None:
    assert read(html).buyer == buyer


def test_the_row_and_then_the_title_name_the_buyer_where_the_text_does_not() -> None:
    assert read("<p>正文</p>", buyer="样例市公安局").buyer == "样例市公安局"
    assert read("<p>正文</p>", "样例县公安局硬盘采购中标公告").buyer == "样例县公安局"


def test_end_users_and_agents_are_kept_apart_from_the_buyer() -> None:
    notice = read(
        "<p>采购人：样例县机关事务中心 联系电话：0000-0000000</p>"
        "<p>使用单位：样例县公安局 联系人：艾警官</p>"
        "<p>采购代理机构：样例招标公司代理机构联系人：王某某13800138000</p>"
    )
    assert notice.buyer == "样例县机关事务中心"
    assert notice.end_user == "样例县公安局"
    assert notice.procuring_entity == "样例招标公司"


def test_whom_a_sentence_buys_for_is_the_end_user() -> None:
    text = "样例招标公司受样例街道办事处委托，就 样例市公安局样例分局 所需车辆进行公开招标"
    notice = read(f"<p>{text}</p>")
    assert (notice.buyer, notice.end_user) == ("样例街道办事处", "样例市公安局样例分局")


@pytest.mark.parametrize(
    ("html", "suppliers"),
    [
        ("<p>中标供应商：样例甲公司</p>", ["样例甲公司"]),
        ("<p>供应商名称：样例甲公司（统一社会信用代码：91520402MA6HP3WD7F）</p>", ["样例甲公司"]),
        ("<p>供应商名称：样例甲公司/样例省</p>", ["样例甲公司"]),
        (
            "<p>中标供应商名称、联系地址及中标金额：</p><p>样例甲公司，样例路00号，壹万元整</p>",
            ["样例甲公司"],
        ),
        (
            "<p>第一包：</p><p>成交供应商：样例甲公司</p><p>成交供应商：样例乙公司</p>",
            ["样例甲公司", "样例乙公司"],
        ),
        (
            "<p>未中标供应商：样例丙公司，得分80；样例丁公司</p><p>中标人：样例甲公司</p>",
            ["样例甲公司"],
        ),
        ("<p>中标供应商为样例甲公司，公示三日</p>", ["样例甲公司"]),
        ("<p>A包样例甲公司为第一成交候选供应商，报价1元。</p>", ["样例甲公司"]),
        ("<p>第一中标候选人：样例甲公司</p><p>第二中标候选人：样例乙公司</p>", ["样例甲公司"]),
        (
            table(
                ("序号", "供应商名称", "货物名称", "品牌", "数量"),
                ("1", "样例甲公司", "硬盘", "希捷", "2块"),
            ),
            ["样例甲公司"],
        ),
        (
            table(
                ("标段名称", "", "拟中标人", "样例甲公司", "中标金额(万元)", "3.5"),
                ("投诉受理部门", "x", "x", "x", "x", "x"),
            ),
            ["样例甲公司"],
        ),
        ("<p>成交下浮系数：20%</p><p>中标供应商：成交下浮系数：20%</p>", []),
        ("<p>中标供应商：/</p>", []),
    ],
)
def test_the_winners_of_all_lots_are_read_and_nobody_else(html: str, suppliers: list[str]) -> None:
    assert list(read(html).suppliers) == suppliers


def test_a_tender_has_no_suppliers() -> None:
    assert read("<p>供应商名称：样例甲公司</p>", TENDER).suppliers == ()


@pytest.mark.parametrize(
    ("html", "amount"),
    [
        ("<p>总中标金额：￥56.98 万元（人民币）</p>", 569_800.0),
        (table(("总中标金 额", "￥56.980000 万元（人民币）")), 569_800.0),
        ("<p>总中标金额：</p><p>119.2</p><p>万元（人民币）</p>", 1_192_000.0),
        ("<p>成交供应商：样例公司 成交金额：壹拾万零叁仟元整</p>", 103_000.0),
        ("<p>成交供应商：样例公司 成交金额：86.4万元/年</p>", 864_000.0),
        (
            "<p>供应商名称：样例甲公司</p><p>中标金额：1万元</p><p>供应商名称：样例乙公司</p><p>中标金额：1万元</p>",
            20_000.0,
        ),
        (
            "<p>中标金额：1万元</p><p>供应商名称：样例甲公司</p><p>中标（成交）金额：10000元</p>",
            10_000.0,
        ),
        (
            table(
                ("包号", "供应商名称", "成交金额（元）"),
                ("1", "样例甲公司", "100"),
                ("2", "样例乙公司", "200.5"),
            ),
            300.5,
        ),
        (table(("供应商名称", "中标金额"), ("样例甲公司", "总价形式报价:456000(元)")), 456_000.0),
        (table(("标项1:设备", "金额汇总:186000")), 186_000.0),
        ("<p>成交金额：单价：3,180.00元/台</p>", None),
        ("<p>成交金额：286.6元/工日</p>", None),
        ("<p>成交金额：折扣率：88.5%</p>", None),
        ("<p>总中标金额：￥0.000000 万元（人民币）</p>", None),
        ("<p>中标价为39891360.02元</p>", 39_891_360.02),
        ("<p>预算金额：9万元</p>", None),
    ],
)
def test_the_value_of_an_award_is_its_total_over_the_lots(html: str, amount: float | None) -> None:
    value = read(html).value
    assert (value.amount if value else None) == amount


@pytest.mark.parametrize(
    ("html", "amount"),
    [
        ("<p>预算金额：175.00（万元）</p>", 1_750_000.0),
        ("<p>预算金额（万元）：68</p>", 680_000.0),
        ("<p>拟采购的货物或服务的预算金额（元）：3,860,000.00</p>", 3_860_000.0),
        ("<p>最高限价：46.9万元</p>", 469_000.0),
        ("<p>原采购内容：硬盘，数量90块，预算金额12.6万元。</p>", 126_000.0),
        (
            table(
                ("采购项目名称", "采购品目", "预算金额(元)"),
                ("样例一", "存储", "780000"),
                ("样例二", "存储", "20000"),
            ),
            800_000.0,
        ),
        ("<p>工程总投资约3500万元</p>", None),
        ("<p>预算金额：详见附件</p>", None),
    ],
)
def test_before_the_award_the_value_is_the_budget(html: str, amount: float | None) -> None:
    value = read(html, TENDER).value
    assert (value.amount if value else None) == amount


@pytest.mark.parametrize(
    ("html", "number"),
    [
        ("<p>一、项目编号：S-2024-01（招标文件编号：S-2024-01）</p>", "S-2024-01"),
        ("<p>项目编号：[3505]XY[GK]2023011</p>", "[3505]XY[GK]2023011"),
        ("<p>就样例（项目编号：S-2017-CS-04）经评审委员会评议</p>", "S-2017-CS-04"),
        ("<p>项目编号：样例公招（货物）2019-018）组织采购</p>", "样例公招（货物）2019-018"),
        ("<p>一、项目编号</p><p>S2022-J1-00388-X</p>", "S2022-J1-00388-X"),
        ("<p>項目編號：S-2025-0207</p>", "S-2025-0207"),
        ("<p>项目编号：清样2018052号项目联系方式：</p>", "清样2018052号"),
        ("<p>建设资金已落实，招标编号[3500]XY[SG]2020016-1。</p>", "[3500]XY[SG]2020016-1"),
        ("<p>项目编号：S-1 采购方式：询价</p>", "S-1"),
        ("<p>项目编号：/</p>", ""),
    ],
)
def test_the_project_number_ends_where_the_sentence_goes_on(html: str, number: str) -> None:
    assert read(html).project_number == number


@pytest.mark.parametrize(
    ("title", "html", "tag"),
    [
        (AWARD, "<p>正文</p>", Tag.AWARD),
        (TENDER, "<p>正文</p>", Tag.TENDER),
        ("样例市公安局存储扩容", "<h2>样例局2022年4月至5月政府采购意向</h2><p>x</p>", Tag.PLANNING),
        ("样例市公安局存储扩容", "<p>正文</p>", None),
    ],
)
def test_the_type_is_of_the_title_then_of_a_heading(title: str, html: str, tag: Tag | None) -> None:
    notice = read(html, title)
    assert notice.tag is tag
    assert ("unknown notice type" in {issue.kind for issue in notice.issues}) is (tag is None)


def test_a_date_that_cannot_be_read_is_an_issue_and_no_default() -> None:
    notice = read("<p>正文</p>", published="近日")
    assert notice.published_at is None
    assert [(i.kind, i.raw) for i in notice.issues] == [("unreadable date", "近日")]


def test_an_unreadable_sum_is_an_issue() -> None:
    notice = read("<p>总中标金额：约3~5万元</p>", published="2024-01-02")
    assert notice.value is None
    assert [(i.kind, i.raw) for i in notice.issues] == [("unreadable amount", "约3~5万元")]


@pytest.mark.parametrize(
    ("html", "documents", "elsewhere"),
    [
        ("<p>具体参数详见附件</p>", (), True),
        ("<p>正文</p>", (Document("清单.pdf", "http://x/a.pdf"),), True),
        ("<p>正文</p>", (), False),
        (
            table(("名称", "品牌"), ("硬盘", "希捷")),
            (Document("合同.pdf", "http://x/a.pdf"),),
            False,
        ),
        (table(("名称", "品牌"), ("试剂", "详见附件")), (), True),
    ],
)
def test_items_that_stand_elsewhere_are_known(
    html: str, documents: tuple[Document, ...], elsewhere: bool
) -> None:
    facts = PageFacts("http://x/", AWARD, documents=documents)
    assert read_fields(facts, read_blocks(parse_html(html))).items_elsewhere is elsewhere


_LABELS = st.sampled_from(
    "采购人 采购人名称 采购单位 代理机构 中标供应商 项目名称 使用单位 名称 项目编号".split()
)
_PRIVATE = st.sampled_from(["联系人：王某某", "联系电话：13800138000", "王某某 13800138000"])


@given(st.lists(st.tuples(_LABELS, _PRIVATE), max_size=5))
@settings(max_examples=150, deadline=None)
def test_telephone_numbers_land_in_no_field_and_no_zone(lines: list[tuple[str, str]]) -> None:
    html = "".join(f"<p>{label}：样例公司 {private}</p>" for label, private in lines)
    notice = read(html)
    shown = (
        notice.buyer,
        notice.end_user,
        notice.procuring_entity,
        notice.project_name,
        notice.project_number,
        *notice.suppliers,
        *(zone.text for zone in notice.zones),
    )
    assert not any("13800138000" in text for text in shown)
    assert not any("王某某" in text for text in notice.suppliers)


AMENDED = "<p>中标供应商：样例科技有限公司</p><p>中标金额：5万元</p><p>预算金额：6万元</p>"


@pytest.mark.parametrize(
    ("title", "suppliers", "amount"),
    [
        ("样例市公安局设备采购项目中标公告（更正）", ("样例科技有限公司",), 50_000),
        ("样例市公安局设备采购项目中标结果更正公告", ("样例科技有限公司",), 50_000),
        ("样例市公安局设备采购项目成交结果的更正公告", ("样例科技有限公司",), 50_000),
        ("样例市公安局设备采购项目合同更正公告", ("样例科技有限公司",), 50_000),
        ("样例市公安局设备采购项目更正公告", (), 60_000),
        ("样例市公安局合同管理系统采购更正结果公告", (), 60_000),
        ("样例市公安局设备采购废标结果更正公告", (), 60_000),
    ],
)
def test_a_correction_of_an_award_keeps_its_supplier_and_value(
    title: str, suppliers: tuple[str, ...], amount: float
) -> None:
    notice = read(AMENDED, title)
    assert notice.tag is Tag.TENDER_AMENDMENT
    assert notice.suppliers == suppliers
    assert notice.value is not None
    assert notice.value.amount == amount


def test_a_proposed_supplier_is_none_before_the_award() -> None:
    notice = read("<p>拟定供应商：样例科技有限公司</p>", "样例市公安局设备单一来源采购公示")
    assert (notice.tag, notice.suppliers) == (Tag.TENDER, ())
