"""Words of an entry that are also found where they mean something else.

Regions, common words and the other entries' own words are scanned as a notice is. So an exclude
that cancels such a hit ends its warning too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from monitor.models import Severity, Strength, Zone, ZoneKind
from monitor.screening.entries import Agency, Brand, compile_pattern, fold_text
from monitor.screening.organs import Agencies
from monitor.screening.scan import Found, Scanner
from monitor.screening.selfcheck import Complaint, Location, Placed
from monitor.screening.terms import read_table

_ORGAN = (Severity.CORE, Severity.MEDIUM)
# Phrases scanned as one text, so few that the scanner's bound on hits cuts none off.
_BATCH = 150


@dataclass(frozen=True)
class _Phrase:
    """A text in which only its own entry, if it has one, should be found."""

    text: str
    what: str
    home: Placed | None = None
    loc: Location = ()

    @property
    def line(self) -> str:
        return " ".join(self.text.split())

    @property
    def shown(self) -> str:
        if self.home is None:
            return self.what
        place = self.home.show_place(*self.loc)
        return f"{self.what} '{self.line}' of '{self.home.entry.id}' ({place})"


_Hit = tuple[Found, _Phrase]


def find_collisions(placed: Sequence[Placed]) -> Iterator[tuple[Placed, Complaint]]:
    """Yield each strong word or organ's pattern that also stands in something else."""
    brands = {one.entry.id: one for one in placed if isinstance(one.entry, Brand)}
    scanner = Scanner(one.entry for one in brands.values() if isinstance(one.entry, Brand))
    regions = [_Phrase(name, f"the region {name}") for name in _read_regions()]
    own = [phrase for one in placed for phrase in _list_own(one)]
    batches = [own[start : start + _BATCH] for start in range(0, len(own), _BATCH)]
    for phrases in (regions, list(_read_words()), *batches):
        for hits in _group_hits(scanner, phrases):
            yield brands[hits[0][0].brand.id], _describe_hits(hits)
    yield from _find_organs(placed, regions)


def _read_regions() -> list[str]:
    return [row["name_zh"] for row in read_table("regions.tsv")]


def _read_words() -> Iterator[_Phrase]:
    for row in read_table("glossary.tsv"):
        if row["category"] != "brand":
            yield _Phrase(row["zh"], f"the common word {row['zh']} ({row['en']})")


def _list_own(one: Placed) -> Iterator[_Phrase]:
    """Yield an entry's own words, which another should not find."""
    entry = one.entry
    lists: list[tuple[str, Location, tuple[str, ...]]] = []
    if isinstance(entry, Agency):
        lists = [("the buyer", ("seen",), entry.seen)]
    elif isinstance(entry, Brand):
        lists = [
            *(("the alias", ("aliases", s), getattr(entry.aliases, s)) for s in Strength),
            ("the company", ("companies",), entry.companies),
            ("the exclude", ("exclude",), entry.exclude),
            ("the seen line", ("seen",), entry.seen),
            *(
                ("the seen line", ("products", place, "seen"), product.seen)
                for place, product in enumerate(entry.products)
            ),
        ]
    for what, loc, words in lists:
        for place, word in enumerate(words):
            yield _Phrase(word, what, one, (*loc, place))


def _group_hits(scanner: Scanner, phrases: Sequence[_Phrase]) -> Iterator[list[_Hit]]:
    """Yield the hits of each strong word of others in the phrases, the plainest hit first."""
    text = "\n".join(phrase.line for phrase in phrases)
    groups: dict[tuple[str, str], list[_Hit]] = {}
    for found in scanner.scan_zone(Zone(ZoneKind.FIELD, "", text)):
        phrase = phrases[found.text.text.count("\n", 0, found.start)]
        if found.strength is Strength.STRONG and not _is_meant(found, phrase):
            groups.setdefault((found.brand.id, found.alias), []).append((found, phrase))
    for hits in groups.values():
        yield sorted(hits, key=lambda hit: len(hit[1].line))


def _is_meant(found: Found, phrase: _Phrase) -> bool:
    """Say whether a hit is no surprise: its own, shared and told as such, or excluded for it."""
    owner = phrase.home.entry if phrase.home else None
    if not isinstance(owner, Brand):
        return False
    if owner.id == found.brand.id:
        return True
    alias = fold_text(found.alias)
    spellings = [fold_text(word) for _, _, word in owner.aliases.graded()]
    if alias in spellings:
        return True
    # 惠普企业 excluded from 惠普, because it is another maker: that is the cure, not a collision.
    return phrase.loc[0] == "exclude" and any(word in alias for word in spellings)


def _describe_hits(hits: Sequence[_Hit]) -> Complaint:
    found, phrase = hits[0]
    loc = _locate_word(found)
    more = f" and {len(hits) - 1} more" if len(hits) > 1 else ""
    if found.is_model:
        word = found.text.text[found.start : found.end]
        message = f"the pattern also fits '{word}' in {phrase.shown}{more}"
        return Complaint(loc, message, "make it narrower, or its strength medium")
    hint = "make it medium"
    if fold_text(phrase.line) != fold_text(found.alias):
        hint += f", or add '{phrase.line}' to exclude"
    message = f"the strong alias '{found.alias}' also stands in {phrase.shown}{more}"
    return Complaint(loc, message, hint)


def _locate_word(found: Found) -> Location:
    brand = found.brand
    if found.is_model:
        places = [index for index, one in enumerate(brand.products) if one.what == found.alias]
        return ("products", places[0], "pattern")
    if found.alias in brand.aliases.strong:
        return ("aliases", "strong", brand.aliases.strong.index(found.alias))
    return ("companies", brand.companies.index(found.alias))


def _find_organs(
    placed: Sequence[Placed], regions: Sequence[_Phrase]
) -> Iterator[tuple[Placed, Complaint]]:
    """Yield each organ that is found in the name of a region or of a body that is none."""
    agencies = Agencies(one.entry for one in placed if isinstance(one.entry, Agency))
    never = [
        phrase
        for one in placed
        if isinstance(one.entry, Agency) and one.entry.severity is Severity.NEVER
        for phrase in _list_own(one)
    ]
    phrases = [*regions, *never]
    text = fold_text("\n".join(phrase.line for phrase in phrases))
    for one in placed:
        if not isinstance(one.entry, Agency) or one.entry.severity not in _ORGAN:
            continue
        for place, pattern in enumerate(one.entry.patterns):
            for match in compile_pattern(pattern).finditer(text):
                phrase = phrases[text.count("\n", 0, match.start())]
                if agencies.find_agency(phrase.line) == one.entry:
                    message = f"the pattern also fits '{match[0]}' in {phrase.shown}"
                    hint = f"make it narrower, or add '{phrase.line}' to exclude"
                    yield one, Complaint(("patterns", place), message, hint)
                    break
