"""What a text does with a product, by the words around it, the zone and the tag."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor.models import Notice, Stance, Tag, Zone, ZoneKind
from tests.screening.samples import list_stances, load_screener, make_notice, make_zone


def only_stance(notice: Notice, brand: str) -> Stance:
    (stance,) = list_stances(notice)[brand]
    return stance


BODY = [
    # required by name
    ("采购希捷监控硬盘200块", "seagate", Stance.SPECIFIED),
    ("硬盘型号须为ST8000VX004", "seagate", Stance.SPECIFIED),
    ("须为赛默飞原装试剂，具有不可替代性", "thermo_fisher", Stance.SPECIFIED),
    ("限希捷品牌不接受其他品牌", "seagate", Stance.SPECIFIED),
    ("采购内容如下：戴尔台式机20台", "dell", Stance.SPECIFIED),
    ("将旧设备替换为戴尔服务器", "dell", Stance.SPECIFIED),
    ("戴尔服务器须兼容国产操作系统", "dell", Stance.SPECIFIED),
    ("配置思科数据中心交换机2台", "cisco", Stance.SPECIFIED),
    ("非线性节点探测器为ORION 2.4型", "rei", Stance.SPECIFIED),
    ("美国FLIR公司生产的热像仪", "teledyne_flir", Stance.SPECIFIED),
    ("提供IBM小型机原厂授权函", "ibm", Stance.SPECIFIED),
    ("至少提供200块希捷硬盘", "seagate", Stance.SPECIFIED),
    ("配置≥2颗Intel Xeon Gold 6226R", "intel", Stance.SPECIFIED),
    ("最低价法评审：戴尔服务器", "dell", Stance.SPECIFIED),
    ("推荐成交产品：戴尔服务器", "dell", Stance.SPECIFIED),
    ("故障排除：戴尔服务器", "dell", Stance.SPECIFIED),
    # serviced
    ("IBM小型机及Oracle数据库原厂维保", "oracle", Stance.SERVICED),
    ("对贝尔429直升机进行定检", "bell_textron", Stance.SERVICED),
    ("续保对象：戴尔服务器12台", "dell", Stance.SERVICED),
    ("赛默飞质谱仪年度保养服务", "thermo_fisher", Stance.SERVICED),
    ("配套耗材：GlobalFiler试剂盒", "thermo_fisher", Stance.SERVICED),
    # reference
    ("参考品牌：希捷", "seagate", Stance.REFERENCE),
    ("推荐品牌：戴尔、浪潮", "dell", Stance.REFERENCE),
    ("性能相当于英特尔平台", "intel", Stance.REFERENCE),
    ("RealSense D435i或优于RealSense D435i的产品", "intel", Stance.REFERENCE),
    ("戴尔或同等档次产品", "dell", Stance.REFERENCE),
    ("品牌（如希捷）", "seagate", Stance.REFERENCE),
    ("例如戴尔等", "dell", Stance.REFERENCE),
    # minimum
    ("处理器不低于Intel i5-12400", "intel", Stance.MINIMUM),
    ("CPU≥Intel i7-10700", "intel", Stance.MINIMUM),
    ("CPU：不低于Intel i5-12400或同等性能处理器", "intel", Stance.MINIMUM),
    ("性能优于NVIDIA T4推理卡", "nvidia", Stance.MINIMUM),
    ("酷睿i5及以上处理器", "intel", Stance.MINIMUM),
    # compatible
    ("系统须兼容Oracle数据库", "oracle", Stance.COMPATIBLE),
    ("支持英特尔平台部署", "intel", Stance.COMPATIBLE),
    ("平台应与Oracle数据库兼容", "oracle", Stance.COMPATIBLE),
    ("可导入Oracle数据库", "oracle", Stance.COMPATIBLE),
    ("项目经理持有Cisco认证", "cisco", Stance.COMPATIBLE),
    ("支持Windows, SUSE Linux; Oracle Linux 8", "oracle", Stance.COMPATIBLE),
    # excluded
    ("不接受戴尔品牌", "dell", Stance.EXCLUDED),
    ("不得采用英特尔芯片", "intel", Stance.EXCLUDED),
    ("应为非英特尔架构", "intel", Stance.EXCLUDED),
    ("戴尔、联想等国外品牌除外", "dell", Stance.EXCLUDED),
    # replaced
    ("将现有Oracle数据库迁移至国产数据库", "oracle", Stance.REPLACED),
    ("替换戴尔服务器", "dell", Stance.REPLACED),
    ("拆除希捷硬盘", "seagate", Stance.REPLACED),
    ("Oracle数据库国产化替代", "oracle", Stance.REPLACED),
    # names
    ("承建单位为希捷恒信有限公司", "seagate", Stance.NAME),
    ("戴尔创新大学", "dell", Stance.NAME),
    ("英特尔(成都)有限公司", "intel", Stance.NAME),
    # a medium word without support
    ("机房EMC整改", "dell", Stance.AMBIGUOUS),
    ("机房EMC运维", "dell", Stance.AMBIGUOUS),
    ("警营文化长廊（甲骨文）", "oracle", Stance.AMBIGUOUS),
    ("甲骨文与甲骨文", "oracle", Stance.AMBIGUOUS),
    # and with it
    ("EMC存储阵列扩容模块", "dell", Stance.SPECIFIED),
    ("采购思科交换机4台", "cisco", Stance.SPECIFIED),
    ("采购甲骨文数据库软件授权", "oracle", Stance.SPECIFIED),
]


@pytest.mark.parametrize(("text", "brand", "stance"), BODY, ids=[row[0] for row in BODY])
def test_the_words_around_a_product_settle_its_stance(
    text: str, brand: str, stance: Stance
) -> None:
    assert only_stance(make_notice(text), brand) is stance


@pytest.mark.parametrize(
    ("tag", "stance"),
    [
        (Tag.PLANNING, Stance.SPECIFIED),
        (Tag.TENDER, Stance.SPECIFIED),
        (Tag.TENDER_AMENDMENT, Stance.SPECIFIED),
        (Tag.CANCELLATION, Stance.SPECIFIED),
        (None, Stance.SPECIFIED),
        (Tag.AWARD, Stance.SUPPLIED),
        (Tag.CONTRACT, Stance.SUPPLIED),
        (Tag.IMPLEMENTATION, Stance.SUPPLIED),
    ],
)
def test_a_bare_mention_is_supplied_once_the_purchase_is_decided(
    tag: Tag | None, stance: Stance
) -> None:
    assert only_stance(make_notice("希捷监控硬盘", tag=tag), "seagate") is stance


@pytest.mark.parametrize(
    ("kind", "field", "text", "stance"),
    [
        (ZoneKind.ITEM, "items[0].brand", "希捷", Stance.SUPPLIED),
        (ZoneKind.ITEM, "items[0].brand", "希捷（或同等）", Stance.REFERENCE),
        (ZoneKind.ITEM, "items[0].name", "希捷硬盘维保", Stance.SERVICED),
        (ZoneKind.FIELD, "project name", "希捷硬盘采购", Stance.SUPPLIED),
        (ZoneKind.DOCUMENT, "清单.docx", "希捷硬盘", Stance.SUPPLIED),
        (ZoneKind.SPECIFICATION, "参考品牌", "希捷、西部数据", Stance.REFERENCE),
        (ZoneKind.SUPPLIER, "supplier", "希捷科技有限公司", Stance.VENDOR),
        (ZoneKind.SUPPLIER, "supplier", "青禾希捷商贸有限公司", Stance.NAME),
        (ZoneKind.SUPPLIER, "supplier", "青禾诚信商贸有限公司（希捷硬盘）", Stance.NAME),
    ],
)
def test_the_zone_decides_where_the_words_say_nothing(
    kind: ZoneKind, field: str, text: str, stance: Stance
) -> None:
    notice = make_notice(make_zone(text, kind, field), tag=Tag.AWARD)
    assert only_stance(notice, "seagate") is stance


@pytest.mark.parametrize(
    ("supplier", "brand", "stance"),
    [
        ("戴尔(中国)有限公司", "dell", Stance.VENDOR),
        ("安捷伦科技（中国）有限公司", "agilent", Stance.VENDOR),
        ("新华三信息安全技术有限公司", "h3c", Stance.VENDOR),
        ("微软(中国)有限公司", "microsoft", Stance.VENDOR),
        ("中国惠普有限公司", "hp_inc", Stance.VENDOR),
        ("思科系统(中国)网络技术有限公司", "cisco", Stance.VENDOR),
        ("赛默飞世尔科技(中国)有限公司上海分公司", "thermo_fisher", Stance.VENDOR),
        ("微软样例信息技术有限公司", "microsoft", Stance.NAME),
        ("惠普劳务派遣有限公司", "hp_inc", Stance.NAME),
        ("飞塔建筑工程有限公司", "fortinet_paloalto", Stance.NAME),
        ("样例希捷商贸有限公司", "seagate", Stance.NAME),
        ("希捷物业管理有限公司", "seagate", Stance.NAME),
    ],
)
def test_a_supplier_is_the_vendor_where_the_makers_name_comes_first_and_no_other_trade(
    supplier: str, brand: str, stance: Stance
) -> None:
    zone = Zone(ZoneKind.SUPPLIER, "supplier", supplier)
    assert only_stance(make_notice(zone, tag=Tag.AWARD), brand) is stance


def test_a_makers_own_company_that_wins_is_the_vendor() -> None:
    zone = make_zone("慧与（中国）有限公司", ZoneKind.SUPPLIER, "supplier")
    assert only_stance(make_notice(zone, tag=Tag.AWARD), "hpe") is Stance.VENDOR


def test_boilerplate_is_never_searched() -> None:
    zone = make_zone("请使用戴尔电脑投标", ZoneKind.BOILERPLATE)
    assert not list_stances(make_notice(zone))


def test_a_purchase_of_service_makes_what_it_names_serviced() -> None:
    notice = make_notice("对象：戴尔服务器", title="青禾市公安局服务器运维服务采购公告")
    assert only_stance(notice, "dell") is Stance.SERVICED


def test_counted_goods_in_a_purchase_of_service_stay_goods() -> None:
    title = "青禾市公安局打印机采购及维保公告"
    notice = make_notice("戴尔OptiPlex 7090台式机12台", title=title)
    assert only_stance(notice, "dell") is Stance.SPECIFIED


def test_a_tender_for_spare_parts_serves_a_device() -> None:
    zone = make_zone("WS-C3850-24T-S", ZoneKind.ITEM, "items[0].model")
    title = "青禾市公安局网络设备备件采购公告"
    assert only_stance(make_notice(zone, title=title), "cisco") is Stance.SERVICED
    assert only_stance(make_notice(zone, title=title, tag=Tag.AWARD), "cisco") is Stance.SUPPLIED


ROW = "items[0]"


@pytest.mark.parametrize(
    ("zones", "stance"),
    [
        ([("name", "酷狼")], Stance.AMBIGUOUS),
        ([("specification", "酷狼 4T")], Stance.AMBIGUOUS),
        ([("brand", "酷狼")], Stance.SUPPLIED),
        ([("model", "酷狼 4T")], Stance.SUPPLIED),
        ([("name", "监控硬盘"), ("specification", "酷狼 4T")], Stance.SUPPLIED),
        ([("name", "酷狼硬盘")], Stance.SUPPLIED),
    ],
)
def test_a_medium_word_in_an_item_row_needs_its_column_or_a_noun_of_the_row(
    zones: list[tuple[str, str]], stance: Stance
) -> None:
    cells = [make_zone(text, ZoneKind.ITEM, f"{ROW}.{column}") for column, text in zones]
    assert only_stance(make_notice(*cells, tag=Tag.AWARD), "seagate") is stance


def test_a_noun_of_another_row_is_no_support() -> None:
    rows = [
        Zone(ZoneKind.ITEM, "items[1].name", "酷狼"),
        Zone(ZoneKind.ITEM, "items[10].name", "硬盘"),
    ]
    assert only_stance(make_notice(*rows, tag=Tag.AWARD), "seagate") is Stance.AMBIGUOUS


def test_a_noun_of_another_trade_is_no_support() -> None:
    assert only_stance(make_notice("EMC直升机"), "dell") is Stance.AMBIGUOUS


def test_a_weak_word_supports_a_medium_one_and_never_stands_alone() -> None:
    assert not list_stances(make_notice("莱思 迈拓 三台"))
    assert only_stance(make_notice("酷狼 迈拓"), "seagate") is Stance.SPECIFIED


@pytest.mark.parametrize(
    ("day", "counts"),
    [
        (datetime(2025, 11, 28, 15, 59, tzinfo=UTC), True),
        (datetime(2025, 11, 28, 16, 1, tzinfo=UTC), False),
        (None, True),
    ],
)
def test_a_maker_counts_to_the_last_day_of_its_ownership_in_china(
    day: datetime | None, counts: bool
) -> None:
    notice = make_notice("新华三核心交换机", published_at=day)
    match = load_screener().screen(notice)
    assert bool(match.hits) is counts
    assert any(feature.name == "ownership ended" for feature in match.features) is not counts


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("处理器不低于Intel i5-12400", "after '不低于' (not lower than)"),
        ("戴尔或同等档次产品", "before '或同等' (or equivalent)"),
        ("参考品牌：希捷", "after '参考品牌:' (reference brand)"),
        ("拆除希捷硬盘", "after '拆除'"),
    ],
)
def test_the_cue_is_given_in_english_too(text: str, why: str) -> None:
    match = load_screener().screen(make_notice(text))
    assert why in [hit.why for hit in match.hits]


def test_a_maker_proposed_as_sole_supplier_is_the_vendor() -> None:
    zone = make_zone("赛默飞世尔科技（中国）有限公司", ZoneKind.SUPPLIER, "supplier")
    assert only_stance(make_notice(zone, tag=Tag.TENDER), "thermo_fisher") is Stance.VENDOR
