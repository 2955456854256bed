"""Tell whether two notices are one that two portals published; pure.

A wrong join may hide a notice, a missed one costs a second message: two are one only where
something shows it and nothing speaks against it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from monitor.models import Tag
from monitor.text.normalize import fold_name
from monitor.text.sketches import KEPT_WORDS, Sketch

LONGEST_LAG = 10
_SHORT_LAG = 1
_FEWEST_WORDS = 12
_LONG_TITLE = 12
_ALIKE, _COPIED, _STRANGE = 0.5, 0.8, 0.3
_VALUE_SLACK = 0.005
_LEAST_ITEMS = 0.75
_SHORTEST_PART = 4
_ADDED = re.compile("(?!.*[包标段次重])[a-z\u4e00-\u9fff]{2,}")


@dataclass(frozen=True)
class Sameness:
    """Whether two notices are one, and why in a line of English."""

    same: bool
    why: str


@dataclass(frozen=True)
class Purchase:
    """What a page says of which purchase it is about; "" and None are unknown."""

    title: str
    number: str = ""
    day: date | None = None


@dataclass(frozen=True)
class _Shared:
    """What two notices have in common, and how many days lie between them."""

    title: bool
    number: bool
    buyer: bool
    lag: int | None

    @property
    def names(self) -> str:
        """Return what is common in words."""
        parts = {"title": self.title, "project number": self.number, "buyer": self.buyer}
        return " and ".join(name for name, common in parts.items() if common)

    @property
    def when(self) -> str:
        """Return the days between in words."""
        if self.lag is None:
            return "a day not known"
        return "same day" if self.lag == 0 else f"{self.lag} day{'s' * (self.lag > 1)} apart"


def is_same(one: Sketch, two: Sketch) -> Sameness:
    """Return whether two notices of different portals are one."""
    if against := find_difference(one, two):
        return Sameness(False, against)
    return _weigh_likeness(one, two)


def is_repeated(one: Sketch, two: Sketch) -> Sameness:
    """Return whether a portal shows one notice under two ids: then all of it is equal."""
    if one != two:
        return Sameness(False, "one portal published them, and they differ")
    if one.size < _FEWEST_WORDS:
        return Sameness(False, "one portal published them, and no text shows that they are one")
    return Sameness(True, "one portal shows the same notice under two ids")


def is_moved(one: Sketch, two: Sketch) -> Sameness:
    """Return whether a portal shows a notice under a new id that is gone under its old one.

    Portals publish two like notices under two ids too: all that both tell must be the same.
    """
    if against := find_difference(one, two):
        return Sameness(False, against)
    told = ((s.title, s.number, s.buyer, s.suppliers, s.value, s.day) for s in (one, two))
    if len(set(told)) > 1 or not one.title or one.day is None:
        return Sameness(False, "one portal published them, and what they tell differs")
    if min(one.size, two.size) < _FEWEST_WORDS or compare_bodies(one, two) < _COPIED:
        return Sameness(False, "one portal published them, and their texts differ")
    return Sameness(True, "the portal shows it under a new id, and no more under the old one")


def is_replaced(one: Sketch, two: Sketch) -> bool:
    """Return whether one id shows another notice than before, no amended one."""
    before, after = (Purchase(sketch.title, sketch.number, sketch.day) for sketch in (one, two))
    if not is_other_purchase(before, after):
        return False
    return min(one.size, two.size) < _FEWEST_WORDS or compare_bodies(one, two) < _COPIED


def is_other_purchase(one: Purchase, two: Purchase) -> bool:
    """Return whether what one id shows is about another purchase than what it showed before.

    A title or a number is often corrected; both at once, or a title without any likeness, is
    another purchase.
    """
    titles = [fold_name(purchase.title) for purchase in (one, two)]
    if not all(titles) or titles[0] == titles[1]:
        days = abs((one.day - two.day).days) if one.day and two.day else 0
        return _number_differently(one, two) and days > LONGEST_LAG
    return _number_differently(one, two) or _compare_titles(*titles) < _ALIKE


def _number_differently(one: Purchase, two: Purchase) -> bool:
    numbers = [fold_name(purchase.number) for purchase in (one, two)]
    return all(numbers) and not _share_number(*numbers)


def _compare_titles(one: str, two: str) -> float:
    """Return which share of the pairs of letters of the shorter title is in the longer."""
    ours, theirs = ({t[n : n + 2] for n in range(len(t) - 1)} for t in (one, two))
    return len(ours & theirs) / max(1, min(len(ours), len(theirs)))


def find_difference(one: Sketch, two: Sketch) -> str:
    """Return what speaks against two notices being one, or ""."""
    if one.stage != two.stage:
        return f"stages differ: {one.stage or 'unknown'}, {two.stage or 'unknown'}"
    if one.round != two.round:
        return f"rounds differ: {one.round}, {two.round}"
    if one.correction != two.correction:
        return f"corrections differ: {one.correction}, {two.correction}"
    if one.lots != two.lots:
        return f"lots differ: {_write_lots(one)}, {_write_lots(two)}"
    if one.number and two.number and not _share_number(one.number, two.number):
        return "project numbers differ"
    if _name_other_bodies(one, two):
        return "buyers differ"
    return _find_other_facts(one, two)


def _find_other_facts(one: Sketch, two: Sketch) -> str:
    if one.suppliers and two.suppliers and one.suppliers != two.suppliers:
        return "suppliers differ"
    if one.value and two.value and not _is_near(one.value, two.value):
        return f"values differ: {one.value:,.2f}, {two.value:,.2f}"
    if one.items and two.items and _compare_items(one.items, two.items) < _LEAST_ITEMS:
        return "items differ"
    lag = _count_days(one, two)
    if lag is not None and lag > LONGEST_LAG:
        return f"{lag} days lie between them"
    return ""


def _compare_items(one: Sequence[tuple[str, str]], two: Sequence[tuple[str, str]]) -> float:
    """Return which share of the shorter list is in the longer."""
    short, long = sorted((one, two), key=_order_items)
    found = sum(any(_is_item(item, other) for other in long) for item in short)
    return found / len(short)


def _order_items(items: Sequence[tuple[str, str]]) -> tuple[int, Sequence[tuple[str, str]]]:
    return len(items), items


def _is_item(one: tuple[str, str], two: tuple[str, str]) -> bool:
    """Return whether two items may be one: by their models, where both tell them, or names."""
    if one[1] and two[1]:
        return _holds(one[1], two[1])
    return not (one[0] and two[0]) or _holds(one[0], two[0])


def _holds(one: str, two: str) -> bool:
    """Return whether a text is in the other; 希捷ST8000 has ST8000 in it."""
    few, many = sorted((one, two), key=len)
    return few == many or (len(few) >= _SHORTEST_PART and few in many)


def _weigh_likeness(one: Sketch, two: Sketch) -> Sameness:
    """Return whether enough shows that two notices are one, where nothing speaks against it."""
    shared = _Shared(
        title=bool(one.title) and one.title == two.title,
        number=bool(one.number and two.number),
        buyer=_share_buyer(one, two),
        lag=_count_days(one, two),
    )
    if not shared.title and not shared.number:
        return Sameness(False, "neither title nor project number are the same")
    bare = min(one.size, two.size) < _FEWEST_WORDS
    return _judge_bare(one, shared) if bare else _judge_bodies(one, two, shared)


def _judge_bare(one: Sketch, shared: _Shared) -> Sameness:
    """Judge by title, number, buyer and day alone, as one of the two has no text."""
    if _is_vague(one):
        return Sameness(False, f"{one.stage or 'a stage not known'}, and one has no text")
    long = len(one.title) >= _LONG_TITLE
    if not (shared.title and (shared.number or shared.buyer or long)):
        return Sameness(False, f"only the {shared.names} is the same, and one has no text")
    if shared.lag is None or shared.lag > (0 if _amends(one) else _SHORT_LAG):
        return Sameness(False, f"same {shared.names}, but {shared.when}, and one has no text")
    return Sameness(True, f"same {shared.names}, {shared.when}")


def _judge_bodies(one: Sketch, two: Sketch, shared: _Shared) -> Sameness:
    """Judge by the texts too: the less else shows, the more of the text has to be in both."""
    likeness = compare_bodies(one, two)
    words = f"{likeness:.0%} of the shorter text in both"
    if _amends(one) and (shared.lag is None or shared.lag > _SHORT_LAG):
        return Sameness(False, f"same {shared.names}, but corrections of other days are others")
    least = _STRANGE if _share_facts(one, two) else _ALIKE
    sure = shared.title and (shared.number or shared.buyer) and shared.lag is not None
    if not sure or _is_vague(one) or _amends(one):
        least = _COPIED
    if likeness < least:
        return Sameness(False, f"same {shared.names}, but only {words}")
    return Sameness(True, f"same {shared.names}, {shared.when}, {words}")


def compare_bodies(one: Sketch, two: Sketch) -> float:
    """Return how much of the shorter text is in both, 0..1, estimated from the kept hashes.

    The smallest hashes of both together are a fair sample of both (bottom-k sketches).
    """
    sample = sorted({*one.words, *two.words})[:KEPT_WORDS]
    both = {*one.words} & {*two.words}
    shared = sum(word in both for word in sample) / len(sample) if sample else 0.0
    together = (one.size + two.size) / (1 + shared)
    return min(1.0, shared * together / max(1, min(one.size, two.size)))


def _share_number(one: str, two: str) -> bool:
    """Return whether two numbers are one; an agent may add its letters to it, digits are others."""
    short, long = sorted((one, two), key=len)
    if short == long:
        return True
    rest = long.removeprefix(short) if long.startswith(short) else long.removesuffix(short)
    return len(short) >= 8 and rest != long and _ADDED.fullmatch(rest) is not None


def _share_buyer(one: Sketch, two: Sketch) -> bool:
    """Return whether both name one buyer; a region may stand before it."""
    if not one.buyer or not two.buyer:
        return False
    ours, theirs = one.buyer.split("、"), two.buyer.split("、")
    return any(a.endswith(b) or b.endswith(a) for a in ours for b in theirs)


def _name_other_bodies(one: Sketch, two: Sketch) -> bool:
    """Return whether the buyers are two; a body and its own branch may be one, by the number."""
    if not one.buyer or not two.buyer or _share_buyer(one, two):
        return False
    nested = one.buyer in two.buyer or two.buyer in one.buyer
    return not (nested and one.number and two.number)


def _share_facts(one: Sketch, two: Sketch) -> bool:
    """Return whether both name the same winner, sum or items: differences were ruled out."""
    pairs = ((one.suppliers, two.suppliers), (one.value, two.value), (one.items, two.items))
    return any(ours and theirs for ours, theirs in pairs)


def _is_near(one: float, two: float) -> bool:
    """Return whether two sums are one, rounded to 万 perhaps."""
    return abs(one - two) <= _VALUE_SLACK * max(abs(one), abs(two))


def _count_days(one: Sketch, two: Sketch) -> int | None:
    return abs((one.day - two.day).days) if one.day and two.day else None


def _amends(sketch: Sketch) -> bool:
    return sketch.stage.startswith(Tag.TENDER_AMENDMENT)


def _is_vague(sketch: Sketch) -> bool:
    """Return whether titles say little: a buyer's plans of one month all have the same."""
    return not sketch.stage or sketch.stage.startswith(Tag.PLANNING)


def _write_lots(sketch: Sketch) -> str:
    return "+".join(sketch.lots) or "none named"
