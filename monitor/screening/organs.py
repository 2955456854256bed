"""Judge who buys: only the labelled buyer, a named end user, or the title's own buyer part."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from monitor.models import Notice, Organ, Severity
from monitor.screening.bodies import name_english
from monitor.screening.entries import Agency, compile_pattern, fold_text, is_cancelled
from monitor.screening.places import find_region
from monitor.text.labels import drop_blanks
from monitor.text.titles import find_title_buyer, strip_frame

_ORGAN = (Severity.CORE, Severity.MEDIUM)
_MASKED = re.compile(
    r"^(?:\W*|某.{0,6}|.{0,8}某.{0,3}(?:单位|部队|部|局)|[\d\-A-Za-z]{1,12}|\*+.*)$"
)
# 某某监狱企业发展有限公司 makes clothes.
_FIRM = re.compile("(?:公司|合作社|博物馆|纪念馆|陈列馆|旧址|幼儿园|小学|中学)$")
_BRACKETS = re.compile(r"\([^()]*\)")
_POSTED = re.compile("驻.*(?:检察室|检察院|纪检\\S*|巡察\\S*)$")
_JOINT = re.compile("[、,，;；]")
_REACH = 8
# What lies beside an organ's house, or was one, is not the organ's.
_BESIDE = re.compile(
    r"企业|集团|\S{0,8}公司|博物馆|纪念馆|附属|幼儿园|旁|对面|附近|周边|门前|门口|家属|宿舍|(?<!智慧)小区|旧址|原址|老院|[东南西北]侧|^至|路口|"
    r"[片地]块|片区|旧楼|原办公楼|搬迁|腾空|对口"
)


@dataclass(frozen=True)
class _Named:
    agency: Agency
    length: int
    start: int


class Agencies:
    """All agency entries of the watchlists; use from any thread."""

    def __init__(self, agencies: Iterable[Agency]) -> None:
        self.agencies = tuple(agencies)
        patterns = (p for a in self.agencies if a.severity in _ORGAN for p in a.patterns)
        # Most bodies are no organs: one search says so.
        self._any = compile_pattern("|".join(f"(?:{pattern})" for pattern in patterns) or "(?!)")

    def find_agency(self, name: str) -> Agency | None:
        """Return the telling agency entry of a body's name, the most specific one, or None."""
        # 驻公安局纪检组 and what stands in brackets are other bodies' words.
        text = _BRACKETS.sub("", fold_text(name))
        text = _POSTED.sub("", text)
        if not self._any.search(text):
            return None
        never = [
            match.span()
            for agency in self.agencies
            if agency.severity is Severity.NEVER
            for match in _find_spans(agency, text)
        ]
        named = [
            _Named(agency, match.end() - match.start(), match.start())
            for agency in self.agencies
            if agency.severity in _ORGAN
            for match in _find_spans(agency, text)
            if not is_cancelled(*match.span(), never)
            and not (match.end() < len(text) and _FIRM.search(text))
        ]
        if not named:
            return None
        best = max(named, key=lambda n: (n.agency.severity is Severity.CORE, n.length, n.start))
        return best.agency

    def judge_buyer(self, notice: Notice, default_organ: str = "") -> Organ | None:
        """Return the organ that buys or uses, or None.

        `default_organ` is an agency id for sources whose masked buyers are known to be one.
        """
        for name, where in _list_bodies(notice):
            agency = self.find_agency(name)
            if agency is not None:
                return _make_organ(agency, name, where, notice.region)
        if default_organ and is_masked(notice.buyer):
            for agency in self.agencies:
                if agency.id == default_organ and agency.severity in _ORGAN:
                    return _make_organ(agency, notice.buyer, "the source's default", notice.region)
        return None

    def is_candidate(self, title: str, buyer: str) -> tuple[bool, str]:
        """Say whether a listing is worth opening, and why, by what its row shows.

        Rows show buyer and category, never the brand (design, section 3, step 5).
        """
        if buyer and not is_masked(buyer):
            agency = self.find_agency(buyer)
            if agency is not None:
                return True, f"buyer is an organ: {agency.id}"
            return False, "buyer is no organ"
        own = find_title_buyer(title)
        agency = self.find_agency(own) or self.find_agency(title)
        if agency is not None:
            return True, f"title names an organ: {agency.id}"
        if buyer:
            return True, "buyer is masked"
        return (False, "title names another body") if own else (True, "title names no body")


def is_masked(buyer: str) -> bool:
    """Return whether a buyer field hides or lacks the name (某部队, "..", SPD-28)."""
    return bool(_MASKED.match(buyer.strip()))


def _list_bodies(notice: Notice) -> Iterator[tuple[str, str]]:
    if notice.buyer:
        yield from ((part, "buyer") for part in _JOINT.split(notice.buyer) if part)
    if notice.end_user:
        yield notice.end_user, "end user"
    # Whom a title begins with is masked, or uses what another body pays for.
    own = find_title_buyer(notice.title)
    if own and not _BESIDE.search(strip_frame(drop_blanks(notice.title))[len(own) :][:_REACH]):
        yield own, "title"


def _find_spans(agency: Agency, text: str) -> Iterator[re.Match[str]]:
    cancelled = agency.cancelled_spans(text)
    for pattern in agency.patterns:
        for match in compile_pattern(pattern).finditer(text):
            if not is_cancelled(*match.span(), cancelled):
                yield match


def _make_organ(agency: Agency, name: str, where: str, hint: str) -> Organ:
    region = find_region(name, hint)
    return Organ(
        name=name,
        name_en=name_english(name, hint),
        agency=agency.id,
        severity=agency.severity,
        region=region.adcode if region else "",
        where=where,
    )
