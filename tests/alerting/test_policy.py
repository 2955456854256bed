"""What is told: once per match, again when it changed, and of twins only what is more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.alerting.policy import Decision, decide_alert, list_untold
from monitor.models import Match, Reason, Stance, Verdict
from monitor.store.twins import Told
from tests.alerting.samples import HIT, MATCH

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
