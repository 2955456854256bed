"""The regions that a source may cover, by their Chinese names."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

# The provincial-level regions, the Production and Construction Corps, the centre, the military.
REGIONS: Mapping[str, str] = {
    "北京": "Beijing", "天津": "Tianjin", "河北": "Hebei", "山西": "Shanxi",
    "内蒙古": "Inner Mongolia", "辽宁": "Liaoning", "吉林": "Jilin", "黑龙江": "Heilongjiang",
    "上海": "Shanghai", "江苏": "Jiangsu", "浙江": "Zhejiang", "安徽": "Anhui", "福建": "Fujian",
    "江西": "Jiangxi", "山东": "Shandong", "河南": "Henan", "湖北": "Hubei", "湖南": "Hunan",
    "广东": "Guangdong", "广西": "Guangxi", "海南": "Hainan", "重庆": "Chongqing",
    "四川": "Sichuan", "贵州": "Guizhou", "云南": "Yunnan", "西藏": "Tibet", "陕西": "Shaanxi",
    "甘肃": "Gansu", "青海": "Qinghai", "宁夏": "Ningxia", "新疆": "Xinjiang",
    "兵团": "XPCC", "中央": "Central", "军队": "Military",
}  # fmt: skip


def suggest_region(text: str) -> str:
    """Return the region that was probably meant, or ''."""
    # 新疆生产建设兵团 is 兵团, 新疆维吾尔自治区 is 新疆: what comes last is the body itself.
    inside = [name for name in REGIONS if name in text]
    if inside:
        return max(inside, key=text.rfind)
    english = {name.lower(): region for region, name in REGIONS.items()}
    if near := get_close_matches(text.lower(), english, n=1):
        return english[near[0]]
    # Of two characters one may be wrong.
    return next(iter(get_close_matches(text, REGIONS, n=1, cutoff=0.5)), "")
