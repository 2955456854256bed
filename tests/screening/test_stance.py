"""What a text does with a product, by the words around it, the zone and the tag."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor.models import Notice, Stance, Tag, Zone, ZoneKind
from monitor.text.corrections import STRUCK
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
    ("项目经理持有Cisco认证", "cisco", Stance.NAME),
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
    # what the buyer has: cared for, done away with, or only there
    ("我局现有安捷伦质谱仪2套，提供两年维保服务", "agilent", Stance.SERVICED),
    ("现有2014年购置的安捷伦质谱仪，拟采购维保服务，含配件更换", "agilent", Stance.SERVICED),
    ("现有存储为易安信Unity，本次扩容须使用原厂扩展盘", "dell", Stance.SERVICED),
    ("实验室配备的安捷伦质谱仪已超出保修期", "agilent", Stance.COMPATIBLE),
    ("用于我局现有赛默飞3500型遗传分析仪的毛细管", "thermo_fisher", Stance.SERVICED),
    ("现采用三层架构，核心层部署Cisco交换机两台，均利旧", "cisco", Stance.COMPATIBLE),
    ("平台服务器为戴尔R730，本期不作改造", "dell", Stance.COMPATIBLE),
    ("更换基层所队在用的戴尔、惠普老旧终端", "dell", Stance.REPLACED),
    ("原WebLogic中间件下线移交", "oracle", Stance.REPLACED),
    ("拆除原有浪潮服务器2台、IBM存储2台，以国产存储替换", "ibm", Stance.REPLACED),
    ("在原有阵列上扩容，希捷硬盘120块", "seagate", Stance.SPECIFIED),
    ("在现有平台基础上配置英伟达显卡", "nvidia", Stance.SPECIFIED),
    ("数据删除恢复工作站戴尔R740", "dell", Stance.SPECIFIED),
    ("戴尔R740服务器20台，在质保期内免费更换", "dell", Stance.SPECIFIED),
    ("在现有机房内安装戴尔R740服务器20台", "dell", Stance.SPECIFIED),
    ("满足现有业务需要的戴尔服务器", "dell", Stance.SPECIFIED),
    ("现有希捷硬盘损坏，采购20块更换", "seagate", Stance.SPECIFIED),
    ("提供希捷硬盘20块（含3C证书）", "seagate", Stance.SPECIFIED),
    ("希捷监控硬盘20块（线缆除外）", "seagate", Stance.SPECIFIED),
    ("戴尔服务器20台，图片仅供参考", "dell", Stance.SPECIFIED),
    ("不低于3年质保的戴尔服务器", "dell", Stance.SPECIFIED),
    ("至少配备戴尔服务器20台", "dell", Stance.SPECIFIED),
    ("部署在机房的戴尔服务器20台", "dell", Stance.SPECIFIED),
    ("希捷硬盘小区监控用20块", "seagate", Stance.SPECIFIED),
    # out of what is bought
    ("思科防火墙不在本次维保范围", "cisco", Stance.COMPATIBLE),
    ("贝尔407直升机已封存，不列入", "bell_textron", Stance.EXCLUDED),
    ("不接受Fortinet、Palo Alto Networks、Juniper等品牌", "juniper", Stance.EXCLUDED),
    # a choice, a sample, a benchmark
    ("以戴尔U2422H为比对样机", "dell", Stance.REFERENCE),
    ("技术指标对标Illumina平台", "illumina_verogen", Stance.REFERENCE),
    ("可选用鲲鹏、海光或Intel Xeon Gold 6430同等及以上性能产品", "intel", Stance.REFERENCE),
    ("采用希捷硬盘，其他品牌同等指标均可响应", "seagate", Stance.REFERENCE),
    # what can be read, managed, run on
    ("能够统一纳管华为、H3C、锐捷等厂商设备", "h3c", Stance.COMPATIBLE),
    ("支持解析E01、DD、VMDK（VMware）等镜像格式", "vmware", Stance.COMPATIBLE),
    ("可调用NVIDIA显卡进行比对", "nvidia", Stance.COMPATIBLE),
    ("提供Intel与海光双架构安装包", "intel", Stance.COMPATIBLE),
    # names
    ("具有Oracle OCP或达梦DCP认证", "oracle", Stance.NAME),
    ("拟派人员持有VMware VCP证书", "vmware", Stance.NAME),
    ("戴尔大厦五楼装修", "dell", Stance.NAME),
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


def test_a_device_whose_care_is_bought_is_serviced_also_in_a_table() -> None:
    zone = make_zone("Exadata X7-2 Oracle", ZoneKind.ITEM, "items[0].model")
    title = "青禾市公安局设备维保服务采购公告"
    assert only_stance(make_notice(zone, title=title), "oracle") is Stance.SERVICED


@pytest.mark.parametrize(
    ("field", "text", "tag", "stance"),
    [
        ("brand", "希捷、西部数据", Tag.TENDER, Stance.REFERENCE),
        ("brand", "希捷/Seagate", Tag.TENDER, Stance.SPECIFIED),
        ("brand", "希捷、西部数据", Tag.AWARD, Stance.SUPPLIED),
        ("name", "希捷、西部数据", Tag.TENDER, Stance.SPECIFIED),
    ],
)
def test_several_makers_in_a_brand_cell_are_a_choice_until_the_award(
    field: str, text: str, tag: Tag, stance: Stance
) -> None:
    zone = make_zone(text, ZoneKind.ITEM, f"items[0].{field}")
    assert only_stance(make_notice(zone, tag=tag), "seagate") is stance


@pytest.mark.parametrize(
    ("brand", "model", "entry", "stance"),
    [
        ("海声", "HS-MX-10", "l3harris_wescam", Stance.NAME),
        ("样例", "FCF-HPE纤维", "hpe", Stance.NAME),
        ("慧与科技", "HPE 8200", "hpe", Stance.SUPPLIED),
        ("国产", "MX-10吊舱", "l3harris_wescam", Stance.SUPPLIED),
        ("联想", "P5（至强W5-2465X）", "intel", Stance.SUPPLIED),
        ("海康威视", "希捷酷鹰4T", "seagate", Stance.SUPPLIED),
    ],
)
def test_a_short_or_doubtful_model_of_another_make_is_that_makers(
    brand: str, model: str, entry: str, stance: Stance
) -> None:
    cells = [
        make_zone(brand, ZoneKind.ITEM, "items[0].brand"),
        make_zone(model, ZoneKind.ITEM, "items[0].model"),
    ]
    found = list_stances(make_notice(*cells, tag=Tag.AWARD))[entry]
    assert stance in found


def test_what_a_correction_struck_is_not_asked_for() -> None:
    text = "删除“核心交换机：思科 C9500”的表述"
    deleted = make_notice(text, tag=Tag.TENDER_AMENDMENT)
    assert only_stance(deleted, "cisco") is Stance.REPLACED
    zone = make_zone("戴尔服务器6台", ZoneKind.SPECIFICATION, STRUCK)
    notice = make_notice(zone, tag=Tag.TENDER_AMENDMENT)
    assert only_stance(notice, "dell") is Stance.REPLACED


@pytest.mark.parametrize(
    ("zones", "title", "stance"),
    [
        (("一、建设现状", "1.1 核心为Cisco N7K"), "青禾市公安局扩容公告", Stance.COMPATIBLE),
        (("一、建设现状", "二、采购内容", "Cisco N7K"), "青禾市公安局扩容公告", Stance.SPECIFIED),
        (("五、未成交供应商情况", "1.所投为Cisco N7K"), "青禾市公安局成交公告", Stance.EXCLUDED),
        (("一、建设现状及需求", "1.1 核心为Cisco N7K"), "青禾市公安局扩容公告", Stance.SPECIFIED),
        (("Cisco N7K", "注：所列品牌型号仅供参考"), "青禾市公安局扩容公告", Stance.REFERENCE),
        (("Cisco N7K 2台",), "青禾市公安局报废设备残值处置公告", Stance.REPLACED),
        (("Cisco N7K 2台",), "青禾市公安局报废设备处置服务采购公告", Stance.SPECIFIED),
    ],
)
def test_the_notice_as_a_whole_bears_on_what_it_names(
    zones: tuple[str, ...], title: str, stance: Stance
) -> None:
    tag = Tag.AWARD if "成交" in title else Tag.TENDER
    assert only_stance(make_notice(*zones, title=title, tag=tag), "cisco") is stance


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
        ("拆除希捷硬盘", "after '拆除' (removed)"),
    ],
)
def test_the_cue_is_given_in_english_too(text: str, why: str) -> None:
    match = load_screener().screen(make_notice(text))
    assert why in [hit.why for hit in match.hits]


def test_a_maker_proposed_as_sole_supplier_is_the_vendor() -> None:
    zone = make_zone("赛默飞世尔科技（中国）有限公司", ZoneKind.SUPPLIER, "supplier")
    assert only_stance(make_notice(zone, tag=Tag.TENDER), "thermo_fisher") is Stance.VENDOR
