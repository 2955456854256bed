"""What a notice is told apart by: its title without what portals add, stage, lots, rounds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.models import Notice, Tag, Zone, ZoneKind
from monitor.text.fields import PageFacts, read_fields
from monitor.text.sketches import KEPT_WORDS, Sketch, take_sketch


def sketch(title: str) -> Sketch:
    return take_sketch(read_fields(PageFacts("http://x/", title), []))


@pytest.mark.parametrize(
    ("title", "core"),
    [
        ("样例市公安局视频存储扩容采购项目中标公告", "视频存储扩容"),
        ("样例市公安局样例市公安局视频存储扩容采购项目中标公告", "视频存储扩容"),
        ("样例市-样例市公安局视频存储扩容采购项目中标公告", "视频存储扩容"),
        ("样例市公安局视频存储扩容（招标编号：样例采字2026第7号）招标公告", "视频存储扩容"),
        ("样例市公安局（YLCG-2026-0117）视频存储扩容项目中标公告", "视频存储扩容"),
        ("2026-JL00(03)-W10001视频存储扩容招标公告", "视频存储扩容"),
        ("样例市公安局2026-2027年视频存储维护招标公告", "20262027年视频存储维护"),
        ("样例市公安局采购公告", "样例市公安局"),
        ("公告", ""),
    ],
)
def test_the_core_of_a_title_is_the_purchase_alone(title: str, core: str) -> None:
    assert sketch(title).title == core


@pytest.mark.parametrize(
    ("title", "lots"),
    [
        ("样例采购项目（包1）中标公告", ("1",)),
        ("样例采购项目第二标段中标公告", ("2",)),
        ("样例采购项目02包、03包更正公告", ("2", "3")),
        ("样例采购项目（1-3包）中标公告", ("1-3",)),
        ("样例采购项目（合同包十二）中标公告", ("12",)),
        ("样例采购项目C包中标公告", ("c",)),
        ("2026包装设备采购中标公告", ()),
        ("样例设备总承包2026年度中标公告", ()),
        ("样例采购项目中标公告", ()),
    ],
)
def test_lots_are_read_from_the_title(title: str, lots: tuple[str, ...]) -> None:
    assert sketch(title).lots == lots


@pytest.mark.parametrize(
    ("title", "round_", "correction"),
    [
        ("样例采购项目（二次）更正公告", 2, 1),
        ("样例采购项目（第三次）第二次更正公告", 3, 2),
        ("样例采购项目更正公告（第2次）", 1, 2),
        ("样例采购项目补遗公告2", 1, 2),
        ("样例采购项目2号澄清公告", 1, 2),
        ("二次供水设备采购更正公告", 1, 1),
        ("样例采购项目更正公告", 1, 1),
    ],
)
def test_round_and_correction_are_told_apart(title: str, round_: int, correction: int) -> None:
    found = sketch(title)
    assert (found.round, found.correction) == (round_, correction)


def test_the_known_number_is_no_part_of_the_core() -> None:
    title = "样例采购办公设备（项目编号：样例采〔2026〕7号）中标公告"
    notice = Notice("", title, project_number="样例采[2026]7号")
    assert take_sketch(notice).title == "样例采购办公设备"


def test_a_round_that_only_the_project_name_says_counts() -> None:
    notice = Notice("", "样例采购项目招标公告", project_name="样例采购项目（第二次）")
    assert take_sketch(notice).round == 2


@pytest.mark.parametrize(
    ("title", "stage"),
    [
        ("样例采购项目公开招标公告", "tender"),
        ("样例采购项目竞争性磋商公告", "tender"),
        ("样例采购项目单一来源采购公示", "tender single source"),
        ("样例采购项目采购需求征求意见公告", "tender consultation"),
        ("样例采购项目中标结果公告", "award"),
        ("样例采购项目中标候选人公示", "award candidates"),
        ("样例采购项目合同变更公告", "contract changed"),
        ("样例采购项目更正公告", "tenderAmendment"),
        ("样例采购项目中标结果更正公告", "tenderAmendment result"),
        ("样例采购项目", ""),
    ],
)
def test_the_stage_tells_notices_of_one_tag_apart(title: str, stage: str) -> None:
    assert sketch(title).stage == stage


@pytest.mark.parametrize(
    ("number", "folded"),
    [
        ("YLCG-2026-0117", "ylcg20260117"),
        ("［230001］SC［GK］20260012号", "230001scgk20260012"),
        ("YLCG-2026-0117二", "ylcg20260117"),
        ("0117", ""),
        ("另行通知另行通知", ""),
    ],
)
def test_a_number_is_folded_or_none(number: str, folded: str) -> None:
    assert take_sketch(Notice("", "样例", project_number=number)).number == folded


def test_a_sketch_keeps_few_hashes_of_a_long_body_and_counts_all() -> None:
    text = "".join(chr(0x4E00 + n) for n in range(3000))
    zones = (
        Zone(ZoneKind.SUBJECT, "title", "标题不算"),
        Zone(ZoneKind.SPECIFICATION, "body", text),
    )
    found = take_sketch(Notice("", "样例", zones=zones))
    assert found.size == pytest.approx(2997, abs=60)
    assert len(found.words) == KEPT_WORDS
    assert list(found.words) == sorted(set(found.words))


@given(st.text(max_size=80), st.text(max_size=40), st.text(max_size=40))
def test_any_notice_has_a_sketch(title: str, number: str, buyer: str) -> None:
    notice = Notice("", title, Tag.TENDER_AMENDMENT, project_number=number, buyer=buyer)
    assert take_sketch(notice) == take_sketch(replace(notice, region="样例"))
