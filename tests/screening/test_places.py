"""Divisions and names of public bodies in English."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.screening.bodies import find_body, name_english
from monitor.screening.places import find_region
from monitor.screening.terms import fold_traditional, read_numeral, read_table

CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")

NAMES = st.lists(
    st.sampled_from(
        (
            "样例市 样例省 新疆 乌鲁木齐市 朝阳区 公安局 分局 监狱"
            " 第二 某 支队 ( ) 、 中共 委 未知 甲 A 3"
        ).split()
    ),
    max_size=8,
).map("".join)


@pytest.mark.parametrize(
    ("text", "hint", "adcode", "en"),
    [
        ("库尔勒市公安局", "", "652801", "Korla City"),
        ("库车县公安局", "新疆", "652902", "Kuqa County"),
        ("新疆维吾尔自治区乌鲁木齐市天山区", "", "650102", "Tianshan District"),
        ("北京市公安局朝阳区分局", "", "110105", "Chaoyang District"),
        ("长春市朝阳区人民法院", "", "220104", "Chaoyang District"),
        ("朝阳区公安分局", "吉林", "220104", "Chaoyang District"),
        ("朝阳区公安分局", "", "", "Chaoyang District"),
        ("巴州公安局", "", "652800", "Bayingolin Mongol Autonomous Prefecture"),
        ("海南省公安厅", "内蒙古", "460000", "Hainan Province"),
        ("乌海市海南区公安局", "", "150303", "Hainan District"),
        ("公安县公安局", "湖北", "421022", "Gong'an County"),
        ("吐鲁番地区公安局", "", "650400", "Turpan Prefecture"),
        ("中华人民共和国伊宁出入境边防检查站", "新疆", "", "Yining"),
        ("烏魯木齊市公安局", "", "650100", "Urumqi City"),
        ("样例市公安局", "", "000100", "Sample City"),
        ("样例县公安局", "样例省", "000101", "Sample County"),
    ],
)
def test_a_region_is_told_from_its_equals(text: str, hint: str, adcode: str, en: str) -> None:
    region = find_region(text, hint)
    assert region is not None
    assert (region.adcode, region.en) == (adcode, en)
    assert fold_traditional(text[region.start : region.end]) == region.zh


@pytest.mark.parametrize("text", ["", "公安局", "城区分局", "和谐家园", "省本级", "Korla"])
def test_no_region_is_made_up(text: str) -> None:
    assert find_region(text) is None


@pytest.mark.parametrize(
    ("body", "en"),
    [
        ("库尔勒市公安局", "Korla City Public Security Bureau"),
        (
            "广州市公安局天河区分局",
            "Tianhe District Sub-bureau, Guangzhou City Public Security Bureau",
        ),
        (
            "盐城市公安局交通警察支队",
            "Traffic Police Detachment, Yancheng City Public Security Bureau",
        ),
        (
            "新疆维吾尔自治区公安厅",
            "Xinjiang Uyghur Autonomous Region Public Security Department",
        ),
        ("云南省公安厅", "Yunnan Provincial Public Security Department"),
        (
            "西藏自治区公安厅刑事侦查总队",
            "Criminal Investigation Corps, Tibet Autonomous Region Public Security Department",
        ),
        (
            "乌鲁木齐市公安局沙依巴克区分局",
            "Saybagh District Sub-bureau, Urumqi City Public Security Bureau",
        ),
        ("第八师石河子市公安局", "Shihezi City Public Security Bureau, Eighth Division"),
        (
            "新疆生产建设兵团第十三师样例监狱",
            "Sample Prison, Thirteenth Division, Xinjiang Production and Construction Corps",
        ),
        ("博州边境管理支队", "Bortala Frontier Management Detachment"),
        ("博州公安局", "Bortala Mongol Autonomous Prefecture Public Security Bureau"),
        ("吐尔尕特出入境边防检查站", "Torugart Exit-Entry Frontier Inspection Station"),
        (
            "中华人民共和国满洲里出入境边防检查站",
            "Manzhouli Exit-Entry Frontier Inspection Station",
        ),
        ("北京市公安局", "Beijing Municipal Public Security Bureau"),
        ("中国刑事警察学院", "Criminal Investigation Police University of China"),
        ("公安部第一研究所", "First Research Institute of the Ministry of Public Security"),
        ("某市第二看守所", "No. 2 Detention Centre, a city (name masked)"),
        ("武警某支队", "A Detachment (name masked), People's Armed Police"),
        ("样例市公安局", "Sample City Public Security Bureau"),
        ("样例市第一中学", "Sample City No. 1 Middle School"),
        ("样例市第三人民医院", "Sample City Third People's Hospital"),
        ("样例县人民法院", "Sample County People's Court"),
        ("样例县财政局", "Sample County Finance Bureau"),
        (
            "样例市公安局车辆管理所",
            "Vehicle Administration Office, Sample City Public Security Bureau",
        ),
        ("辽宁省抚顺第二监狱", "Fushun Second Prison, Liaoning Province"),
        ("天津市监狱", "Tianjin Municipal Prison"),
        ("乌鲁木齐铁路公安局", "Urumqi Railway Public Security Bureau"),
        (
            "中共样例县委政法委员会",
            "Political and Legal Affairs Commission, CPC Sample County Committee",
        ),
        (
            "样例市公安局、样例县公安局",
            "Sample City Public Security Bureau; Sample County Public Security Bureau",
        ),
        ("中共样例县委员会", "CPC Sample County Committee"),
        ("政协样例县委员会", "政协 Sample County Committee"),
        ("样例市公安局(本级)", "Sample City Public Security Bureau (Headquarters)"),
        (
            "样例县看守所(样例县拘留所)",
            "Sample County Detention Centre (Sample County Administrative Detention House)",
        ),
        ("烏魯木齊市公安局", "Urumqi City Public Security Bureau"),
        ("样例市", "Sample City"),
    ],
)
def test_a_body_is_named_smallest_unit_first(body: str, en: str) -> None:
    assert name_english(body) == en


@pytest.mark.parametrize(
    ("body", "en"),
    [
        (
            "样例市公安局魑魅魍魉鉴定中心",
            "魑魅魍魉鉴定 Centre, Sample City Public Security Bureau",
        ),
        ("样例市魑魅管理局", "Sample City 魑魅 Administration Bureau"),
        ("样例市第二魑魅和魍魉学校", "Sample City No. 2 魑魅和魍魉 School"),
        ("虚构无名", "虚构无名"),
        ("Acme Ltd", "Acme Ltd"),
        ("", ""),
    ],
)
def test_what_is_unknown_stays_in_chinese(body: str, en: str) -> None:
    assert name_english(body) == en


@pytest.mark.parametrize(
    ("body", "en"),
    [
        ("样例省虚构监狱", "‹Xugou› Prison, Sample Province"),
        (
            "样例省虚构无名强制隔离戒毒所",
            "‹Xugou Wuming› Compulsory Drug Rehabilitation Centre, Sample Province",
        ),
        (
            "样例市公安局虚构路派出所",
            "‹Xugou› Road Police Station, Sample City Public Security Bureau",
        ),
        (
            "样例市公安局库尔勒路派出所",
            "Korla Road Police Station, Sample City Public Security Bureau",
        ),
        (
            "样例边境管理支队虚构乡边境派出所",
            "‹Xugou› Township Border Police Station, Sample Frontier Management Detachment",
        ),
        ("虚构县公安局", "‹Xugou› County Public Security Bureau"),
        (
            "样例市公安局长安乡派出所",
            "Chang'an Township Police Station, Sample City Public Security Bureau",
        ),
        ("样例省千佛山监狱", "‹Qianfoshan› Prison, Sample Province"),
    ],
)
def test_an_unknown_own_name_is_given_by_its_marked_sound(body: str, en: str) -> None:
    assert name_english(body) == en


@pytest.mark.parametrize(
    ("body", "en"),
    [
        ("新疆哈密监狱", "Hami Prison, Xinjiang"),
        ("广州花都区人民医院", "Huadu District People's Hospital, Guangzhou"),
        (
            "内蒙古出入境边防检查总站",
            "Inner Mongolia Exit-Entry Frontier Inspection General Station",
        ),
        ("营口鲅鱼圈出入境边防检查站", "Bayuquan Exit-Entry Frontier Inspection Station, Yingkou"),
        ("湘西自治州公安局", "Xiangxi Tujia and Miao Autonomous Prefecture Public Security Bureau"),
        ("江西省江西司法警官职业学院", "Jiangxi Judicial Police Vocational College"),
        (
            "喀什地委政法委",
            "Political and Legal Affairs Commission, CPC Kashgar Prefecture Committee",
        ),
        (
            "中共样例省委政法委",
            "Political and Legal Affairs Commission, CPC Sample Provincial Committee",
        ),
        ("平凉市公安局崆峒分局", "Kongtong Sub-bureau, Pingliang City Public Security Bureau"),
        ("首都机场公安局", "Public Security Bureau, Beijing Capital Airport"),
        ("XX市公安局", "Public Security Bureau, a city (name masked)"),
    ],
)
def test_places_stand_where_english_wants_them(body: str, en: str) -> None:
    assert name_english(body) == en


@pytest.mark.parametrize(
    ("unit", "en"),
    [
        ("海警第二支队", "No. 2 Coast Guard Detachment"),
        ("交警三大队", "No. 3 Traffic Police Brigade"),
        ("刑事侦查支队技术大队", "Technical Brigade, Criminal Investigation Detachment"),
        ("反恐怖和特警总队", "Counter-terrorism and Special Police Corps"),
        (
            "食品药品和环境犯罪侦查支队",
            "Food, Drug and Environmental Crime Investigation Detachment",
        ),
        ("网络警察支队", "Cyber Police Detachment"),
        ("督察支队", "Police Supervision Detachment"),
        ("战训支队", "Combat Training Detachment"),
        ("辅警管理支队", "Auxiliary Police Administration Detachment"),
        ("政治部", "Political Department"),
        ("情报指挥部", "Intelligence and Command Department"),
        ("勤务指挥部", "Duty and Command Department"),
        ("警务技术局", "Police Technology Bureau"),
        ("DNA实验室", "DNA Laboratory"),
        ("装备财务处", "Equipment and Finance Division"),
        ("机关", "Headquarters"),
        ("经开分局", "Economic Development Zone Sub-bureau"),
        ("女子强制隔离戒毒所", "Women's Compulsory Drug Rehabilitation Centre"),
        ("遣返中心", "Repatriation Centre"),
    ],
)
def test_units_of_a_bureau_are_known(unit: str, en: str) -> None:
    bureau = "Sample City Public Security Bureau"
    assert name_english(f"样例市公安局{unit}") == f"{en}, {bureau}"


@pytest.mark.parametrize(
    ("body", "en"),
    [
        (
            "样例市公安局和样例县财政局",
            "Sample City Public Security Bureau; Sample County Finance Bureau",
        ),
        (
            "样例市公安局,样例县公安局",
            "Sample City Public Security Bureau; Sample County Public Security Bureau",
        ),
        ("样例市公安局和田分局", "Hotan Sub-bureau, Sample City Public Security Bureau"),
        ("样例县教育和体育局", "Sample County Education and Sports Bureau"),
        ("样例省样例监狱样例监狱", "Sample Prison, Sample Province"),
        ("样例市公安局公安局", "Sample City Public Security Bureau"),
        (
            "样例市公安局样例分局样例公安分局",
            "Sample Sub-bureau, Sample City Public Security Bureau",
        ),
    ],
)
def test_bodies_side_by_side_are_told_apart_and_repeats_are_not_told(body: str, en: str) -> None:
    assert name_english(body) == en


def test_the_hint_decides_between_equal_names() -> None:
    assert name_english("清河分局", "北京") == "Qinghe Sub-bureau"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("样例市公安局刑警支队测序仪采购公告", "样例市公安局刑警支队"),
        ("样例市公安局样例区分局信息中心机房改造", "样例市公安局样例区分局"),
        ("样例省虚构监狱门禁系统", "样例省虚构监狱"),
        ("样例市财政局办公设备", "样例市财政局"),
        ("虚构市公安局刑警支队硬盘", "虚构市公安局刑警支队"),
    ],
)
def test_the_body_of_a_title_ends_before_the_thing_bought(title: str, name: str) -> None:
    body = find_body(title)
    assert body is not None
    assert title[: body.end] == name


@pytest.mark.parametrize("title", ["", "看守所项目整改工程", "高性能显微镜采购", "服务器采购"])
def test_a_title_without_a_body_has_none(title: str) -> None:
    assert find_body(title) is None


@given(st.one_of(st.text(max_size=60), NAMES), st.text(max_size=10))
@example("第九十九师", "")
@example("某", "")
@example("㈱公安局", "新疆")
@settings(max_examples=150, deadline=None)
def test_no_name_fails_or_gains_chinese(body: str, hint: str) -> None:
    english = name_english(body, hint)
    given_chinese = set(CHINESE.findall(unicodedata.normalize("NFKC", body)))
    assert set(CHINESE.findall(english)) <= given_chinese
    region = find_region(body, hint)
    assert region is None or not CHINESE.search(region.en)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7),
        ("十", 10),
        ("十二", 12),
        ("三十四", 34),
        ("零", 0),
        ("百", None),
        ("一二", None),
        ("", None),
    ],
)
def test_numerals_are_read_or_refused(text: str, value: int | None) -> None:
    assert read_numeral(text) == value


@pytest.mark.parametrize(
    ("table", "chinese", "english"),
    [
        ("regions.tsv", ("name_zh",), ("name_en", "stem_en")),
        ("bodies.tsv", ("zh",), ("en",)),
        ("firms.tsv", ("zh",), ("en",)),
        ("glossary.tsv", ("zh",), ("en",)),
    ],
)
def test_the_tables_are_whole(
    table: str, chinese: tuple[str, ...], english: tuple[str, ...]
) -> None:
    rows = read_table(table)
    assert len(rows) > 500
    for row in rows:
        assert all(value is not None and value == value.strip() for value in row.values())
        assert all(row[column] for column in (*chinese, *english))
        assert not any(CHINESE.search(row[column]) for column in english)
    if table != "regions.tsv":
        assert len({(row["zh"], row.get("role") == "form") for row in rows}) == len(rows)
