"""What is told: once per match, again when it changed, and of twins only what is more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.alerting.policy import (
    Decision,
    decide_alert,
    find_objection,
    is_judged_negative,
    list_untold,
)
from monitor.models import Match, Reason, Stance, Verdict
from monitor.store.judgements import Judged, Judgement, Mute, MuteKind
from monitor.store.twins import Told
from tests.alerting.samples import HIT, MATCH, NOTICE, NOW

NONE = replace(MATCH, verdict=Verdict.NONE, reason=Reason.NO_PRODUCT, hits=())
REVIEW = replace(MATCH, verdict=Verdict.REVIEW, reason=Reason.NOT_CHECKABLE, hits=(),
                 fingerprint="f2")  # fmt: skip
CISCO = replace(HIT, entry="cisco", alias="思科")
HARMLESS = replace(CISCO, stance=Stance.COMPATIBLE)
OTHER = replace(MATCH, fingerprint="f9")


def tell(match: Match, *receivers: str) -> Told:
    hits = frozenset((hit.entry, str(hit.stance), hit.alias) for hit in match.hits)
    return Told(match.verdict, match.fingerprint, hits, frozenset(receivers))


@pytest.mark.parametrize(
    ("match", "told", "twins", "seen", "reason"),
    [
        (NONE, (), (), False, Reason.NO_PRODUCT),
        (MATCH, (), (), False, Reason.FIRST_MATCH),
        (MATCH, ("f1",), (), True, Reason.ALREADY_TOLD),
        (OTHER, ("f1",), (), True, Reason.MATCH_CHANGED),
        (MATCH, (), (MATCH,), False, Reason.SAME_NOTICE),
        (OTHER, (), (MATCH,), False, Reason.SAME_NOTICE),
        (OTHER, (), (MATCH,), True, Reason.MATCH_CHANGED),
        (OTHER, ("f1",), (MATCH,), True, Reason.MATCH_CHANGED),
        (OTHER, ("f1",), (MATCH, OTHER), True, Reason.SAME_NOTICE),
        (replace(OTHER, hits=(HIT, CISCO)), (), (MATCH,), False, Reason.MATCH_CHANGED),
        (replace(OTHER, hits=(HIT, HARMLESS)), (), (MATCH,), False, Reason.SAME_NOTICE),
        (OTHER, (), (REVIEW,), False, Reason.MATCH_CHANGED),
        (REVIEW, (), (MATCH,), False, Reason.SAME_NOTICE),
        (NONE, (), (MATCH,), False, Reason.NO_PRODUCT),
    ],
    ids=[
        "none", "new", "told", "changed", "twin told", "twin of another layout", "amended twin",
        "amended beside a twin", "the twin told the amendment", "another brand",
        "a harmless mention more", "higher than a review", "lower than an alert",
        "twin without a match",
    ],
)  # fmt: skip
def test_each_decision_has_its_reason(
    match: Match, told: tuple[str, ...], twins: tuple[Match, ...], seen: bool, reason: Reason
) -> None:
    tells = reason in (Reason.FIRST_MATCH, Reason.MATCH_CHANGED)
    found = decide_alert(match, told, [tell(twin) for twin in twins], seen=seen)
    assert found == Decision(tells, reason)


def test_who_got_no_alert_of_any_twin_is_still_untold() -> None:
    twins = [tell(MATCH, "anna"), tell(MATCH, "desk")]
    assert list_untold(["desk", "zoe", "anna"], twins) == ["zoe"]
    assert list_untold(["zoe"], []) == ["zoe"]


def judge(match: Match, judgement: Judgement = Judgement.NEGATIVE) -> Judged:
    hits = frozenset((hit.entry, str(hit.stance)) for hit in match.hits)
    return Judged(judgement, match.verdict, hits)


@pytest.mark.parametrize(
    ("match", "judged", "withheld"),
    [
        (MATCH, (), False),
        (OTHER, (judge(MATCH),), True),
        (OTHER, (judge(MATCH, Judgement.UNSURE),), False),
        (OTHER, (judge(MATCH), judge(MATCH, Judgement.POSITIVE)), False),
        (replace(OTHER, hits=(HIT, CISCO)), (judge(MATCH),), False),
        (replace(OTHER, hits=(HIT, HARMLESS)), (judge(MATCH),), True),
        (replace(OTHER, hits=(replace(HIT, stance=Stance.SPECIFIED),)), (judge(MATCH),), False),
        (OTHER, (judge(replace(MATCH, verdict=Verdict.REVIEW)),), False),
        (REVIEW, (judge(MATCH),), True),
    ],
)
def test_a_negative_judgement_holds_for_what_shows_no_more(
    match: Match, judged: tuple[Judged, ...], withheld: bool
) -> None:
    assert is_judged_negative(match, judged) is withheld


@pytest.mark.parametrize(
    ("kind", "value", "muted"),
    [
        (MuteKind.ENTRY, "seagate", True),
        (MuteKind.ENTRY, "cisco", False),
        (MuteKind.AGENCY, "psb", True),
        (MuteKind.AGENCY, "prison", False),
        (MuteKind.SOURCE, "yunling", True),
        (MuteKind.SOURCE, "psb", False),
        (MuteKind.BUYER, "云岭市 公安局", True),
        (MuteKind.BUYER, "公安局", False),
        (MuteKind.PROCESS, "ＹＬＣＧ-2026-0117", True),
        (MuteKind.PROCESS, "YLCG", False),
    ],
)
def test_a_mute_holds_for_its_own_kind_and_whole_value(
    kind: MuteKind, value: str, muted: bool
) -> None:
    mute = Mute(kind, value, "", NOW, None)
    found = find_objection(MATCH, NOTICE, "yunling", [mute], ())
    assert found is (Reason.MUTED if muted else None)


def test_a_notice_without_any_entry_is_not_muted_by_one() -> None:
    mute = Mute(MuteKind.ENTRY, "seagate", "", NOW, None)
    assert find_objection(REVIEW, NOTICE, "yunling", [mute], ()) is None
