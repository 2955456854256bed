"""What `why` says of a notice beyond the decision: whom it was told to, and what readers said."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from monitor.reading.views import explain_notice, show_explanation, show_history
from monitor.store.judgements import Judgement, MuteKind
from tests.evidence.worlds import deliver_all
from tests.kit.house import House, make_award, make_chairs, open_house


def explain_newest(house: House) -> list[str]:
    row = house.rooms.store.db.first(
        "select id from alert where kind = 'notice' order by rowid desc"
    )
    found = explain_notice(house.rooms.store, row["id"] if row else "")
    assert found is not None
    # A case file has the decision for strangers, not what readers wrote to each other.
    assert not any("a note to us" in line for line in show_explanation(found))
    return list(show_history(found))


def test_why_says_to_whom_it_was_told_and_what_readers_said(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_chairs(1)]) as house:
        house.poll()
        house.portal.add(make_award(2))
        house.poll()
        [waiting] = explain_newest(house)
        assert waiting.startswith("  told      terminal: waiting; alert ")
        deliver_all(house)
        name = waiting.split("alert ")[1].split(",")[0]
        judged = house.clock() + timedelta(hours=1)
        house.rooms.store.judgements.judge(name, Judgement.NEGATIVE, "a note to us", judged)
        sent, said = explain_newest(house)
        assert sent.startswith(f"  told      terminal: sent {house.clock():%Y-%m-%dT%H:%M} UTC; ")
        assert sent.endswith(f"alert {name}, FIRST_MATCH")
        assert said == f"  judged    negative {judged:%Y-%m-%dT%H:%M} UTC: a note to us"


def test_why_says_that_nobody_was_told(tmp_path: Path) -> None:
    with open_house(tmp_path, [make_chairs(1)]) as house:
        house.poll()
        house.rooms.store.judgements.mute(MuteKind.SOURCE, "local", "", house.clock())
        house.portal.add(make_award(2))
        house.poll()
        [line] = explain_newest(house)
        assert line.startswith("  told      nobody; alert ")
        assert line.endswith(", MUTED")
