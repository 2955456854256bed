"""An invented notice of an invented organ, its match and its capture."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from monitor.alerting.content import build_content
from monitor.models import (
    Capture,
    Feature,
    Hit,
    Item,
    Match,
    Notice,
    Organ,
    Reason,
    Severity,
    Stance,
    Strength,
    Tag,
    Value,
    Verdict,
    ZoneKind,
)
from monitor.screening.entries import Aliases, Brand

NOW = datetime(2026, 11, 22, 4, 5, 6, tzinfo=UTC)
BRANDS = {
    "seagate": Brand(
        id="seagate",
        name="Seagate Technology",
        country="US",
        category=("storage",),
        aliases=Aliases(strong=("希捷",)),
        valid_until=date(2099, 1, 1),
    )
}
NOTICE = Notice(
    url="https://ggzy.example.cn/notice/2026?id=17&lang=zh",
    title="云岭市公安局视频存储硬盘采购项目中标公告",
    tag=Tag.AWARD,
    published_at=datetime(2026, 11, 20, 9, 52, tzinfo=UTC),
    buyer="云岭市公安局",
    suppliers=("云岭市远志商贸有限公司",),
    project_number="YLCG-2026-0117",
    value=Value(569_800.0, "￥56.98万元"),
    items=(
        Item("交换机", "华三", "S5130", 2.0, "台", 4_000.0),
        Item("企业级硬盘", "希捷", "ST8000NM000A", 481.0, "块", 1_168.0),
    ),
)
HIT = Hit(
    "seagate", "希捷", Strength.STRONG, ZoneKind.ITEM, "items[1].brand", 0, 2,
    "希捷", Stance.SUPPLIED, "named in the award's item",
)  # fmt: skip
MENTION = replace(
    HIT, field="specification", stance=Stance.REFERENCE, quote="参考品牌：希捷、西数或同等"
)
MATCH = Match(
    verdict=Verdict.ALERT,
    reason=Reason.FIRST_MATCH,
    score=0.95,
    checkable=True,
    organ=Organ(
        "云岭市公安局", "Yunling City Public Security Bureau", "psb", Severity.CORE, "", "buyer"
    ),
    hits=(MENTION, HIT),
    features=(
        Feature("organ", 0.4, "云岭市公安局 (buyer) matches agency psb, core"),
        Feature("product", 0.55, "seagate supplied in items[1].brand (strong alias)"),
    ),
    fingerprint="f1",
)
CAPTURE = Capture(
    url=NOTICE.url,
    final_url=NOTICE.url,
    fetched_at=datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC),
    status=200,
    headers=(),
    body=b"<html>",
    sha256=hashlib.sha256(b"<html>").hexdigest(),
    record_id="urn:uuid:0f0e0d0c",
)


def make_content(
    notice: Notice = NOTICE,
    match: Match = MATCH,
    *,
    alert_id: str = "a1b2c3d4",
    sample: bool = False,
    reason: Reason = Reason.FIRST_MATCH,
    changed: tuple[str, ...] = (),
    brand_name: str = "Seagate Technology",
) -> dict[str, Any]:
    """Return the content of an alert about the invented notice."""
    brands = {"seagate": BRANDS["seagate"].model_copy(update={"name": brand_name})}
    return build_content(
        notice, match, brands, CAPTURE,
        alert_id=alert_id, source="yunling", sample=sample, reason=reason, changed=changed,
        agencies={"psb": "Public Security Bureau"},
    )  # fmt: skip
