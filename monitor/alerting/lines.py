"""The labelled lines of an alert: English first, the Chinese beside it. Pure.

Every value of a notice passes defuse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from monitor.alerting.defuse import defuse, make_link, quote_text
from monitor.models import Reason, Tag
from monitor.screening.gloss import TAG_NAMES, gloss_item

Content = Mapping[str, Any]

_INDENT = " " * 11
_SHOWN_BRANDS = 6
_SHOWN_MENTIONS = 4
_SHOWN_ITEMS = 5
_SHOWN_SUPPLIERS = 3
_SHOWN_FEATURES = 5
_SHOWN_LINKS = 5
_PRODUCTS_LIMIT = 70

_REASONS = {
    Reason.UNPROVEN_MENTION: "the text mentions the product without proving that it is bought",
    Reason.NOT_CHECKABLE: "what is bought could not be read here; not checked does not mean no",
    Reason.CANCELLED: "a purchase that names the product was cancelled or failed",
}
_SEVERITIES = {
    "core": "a security organ",
    "medium": "a body of the security system",
}
_PLACES_OF_NAMES = {
    "buyer": "named as the buyer",
    "end user": "named as the end user",
    "title": "named in the title",
    "the source's default": "not named: the source's default, as the buyer is masked",
}
_STAGES = {str(tag): name.partition(" (")[0] for tag, name in TAG_NAMES.items()}
_STAGE_CODE = re.compile(rf"\b(?:{'|'.join(_STAGES)})(?='s )")
# Before an award there is a budget only.
_BUDGETED = frozenset({Tag.PLANNING, Tag.TENDER, Tag.TENDER_AMENDMENT})
_ITEM_FIELD = re.compile(r"items\[(\d+)\]\.(\w+)")
_FIELDS = {
    "body": "the text",
    "table": "a table",
    "items": "the item table",
    "title": "the title",
    "project name": "the project name",
    "supplier": "the supplier's name",
    "after the correction": "the corrected text",
}
_PLACE = re.compile(rf"(?<= in )(?:{'|'.join(_FIELDS)})(?= \()")
_NOTHING = re.compile(r"[\s/\\\-—–.·*]*|无|暂无|N/A", re.IGNORECASE)
_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_LEGEND = "English by glossary and rules; the Chinese decides."
_SOUND_LEGEND = " ‹…› gives a Chinese name by its sound (pinyin): no translation."


def write_line(label: str, text: str) -> str:
    """Return a line with its label; the texts of all lines stand below each other."""
    return f"{label + ':':<{len(_INDENT)}}{text}"


def _lines(label: str, texts: Sequence[str]) -> list[str]:
    """Return a labelled line and the others indented under it; nothing for no texts."""
    return [write_line(label, text) if n == 0 else _INDENT + text for n, text in enumerate(texts)]


def _count_more(number: int, noun: str) -> list[str]:
    """Return the line for what is not shown; nothing for nothing."""
    return [f"and {number} more {noun}{'' if number == 1 else 's'}"] if number > 0 else []


def name_products(content: Content) -> str:
    """Return the first two products of a notice, or that they could not be checked."""
    names = content["products"]
    if not names:
        return _write_unchecked(content)
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return defuse("; ".join(defuse(name, 60) for name in names[:2]), _PRODUCTS_LIMIT) + more


def _write_unchecked(content: Content) -> str:
    word = pair_names(content.get("telling_en", ""), content["telling_purchase"], 40)
    return "items could not be checked" + (f" (telling purchase: {word})" if word else "")


def name_value(content: Content) -> str:
    """Return what the money of a notice is: before an award there is only a budget."""
    return "Budget" if content["tag"] in _BUDGETED else "Value"


def write_change(content: Content) -> list[str]:
    """Return the line that a notice was told before; nothing for one told for the first time."""
    if content["reason"] != Reason.MATCH_CHANGED:
        return []
    fields = ", ".join(str(name).replace("_", " ") for name in content["changed"])
    what = defuse(fields, 120) or "what the watchlists find in it"
    return [write_line("Changed", f"{what} (this notice was told before)")]


def _name_field(field: str) -> str:
    """Return where a hit stands in words: items[0].brand is the brand of item 1."""
    found = _ITEM_FIELD.fullmatch(field)
    if found is not None:
        return f"the {found[2]} of item {int(found[1]) + 1}"
    named = gloss_item(field) if _CHINESE.search(field) else ""
    return _FIELDS.get(field) or pair_names(named, field, 60)


def _reword_why(why: str, names: Mapping[str, str]) -> str:
    """Return a feature's reason with entries by their names and fields in words."""
    entry, blank, rest = why.partition(" ")
    text = f"{names.get(entry, entry)}{blank}{rest}"
    text = _STAGE_CODE.sub(lambda found: _STAGES[found.group()], text)
    text = _PLACE.sub(lambda found: _FIELDS[found.group()], text)
    return _ITEM_FIELD.sub(lambda found: _name_field(found.group()), text)


def write_what(content: Content) -> Iterator[str]:
    """Yield what was found and where, the items, and the title."""
    items = content["items"]
    yield from _lines("What", list(_write_hits(content)) or [_write_unchecked(content)])
    shown = [_write_item(item) for item in items[:_SHOWN_ITEMS]]
    rest = len(items) - len(shown) + content["items_more"]
    yield from _lines("Items", shown + _count_more(rest, "item"))
    yield from _lines("Not read", [_write_unread(one) for one in content.get("unread", ())])
    titles = [defuse(content["title_en"]), defuse(content["title"])]
    yield from _lines("Notice", list(dict.fromkeys(titles)))


def _write_unread(one: Mapping[str, str]) -> str:
    return f"the attachment {defuse(one['name'], 80)}: {defuse(one['why'], 120)}"


def _write_hits(content: Content) -> Iterator[str]:
    """Yield one heading for each brand and stance, with its quotations under it.

    Many brands have one quotation each; those beyond the first few are still named.
    """
    groups: dict[str, list[Content]] = {}
    for hit in (hit for hit in content["hits"] if hit["telling"]):
        heading = f"{defuse(hit['name'])} – {defuse(hit['stance_en'])}"
        groups.setdefault(heading, []).append(hit)
    each = 3 if len(groups) <= 2 else 1
    hidden = content["hits_more"]
    for heading, hits in list(groups.items())[:_SHOWN_BRANDS]:
        yield heading
        for hit in hits[:each]:
            english = f" ({defuse(hit['quote_en'])})" if hit.get("quote_en") else ""
            file = f" of the attachment {defuse(hit['place'], 80)}" if hit.get("place") else ""
            yield f"  {quote_text(hit['quote'])}{english} in {_name_field(hit['field'])}{file}"
        hidden += len(hits[each:])
    if others := list(groups)[_SHOWN_BRANDS:]:
        yield f"also {'; '.join(others)}"
    if groups:
        yield from _count_more(hidden, "place")


def write_hit(hit: Content) -> str:
    """Return what a text does with a product, and its words: the one line of a digest."""
    english = f" ({defuse(hit['quote_en'])})" if hit.get("quote_en") else ""
    file = f" in the attachment {defuse(hit['place'], 80)}" if hit.get("place") else ""
    what = f"{defuse(hit['name'])} – {defuse(hit['stance_en'])}"
    return f"{what}: {quote_text(hit['quote'])}{english}{file}"


def _write_item(item: Content) -> str:
    name = pair_names(item["name_en"], item["name"])
    parts = [f"{item['number']}. {name or 'item without a name'}"]
    for label in ("brand", "model"):
        printed = str(item[label])
        if not _NOTHING.fullmatch(printed):
            english = item.get(f"{label}_en", "") if _CHINESE.search(printed) else printed
            parts.append(f"{label} {pair_names(english, printed)}")
    if item["quantity"] is not None:
        unit = pair_names(_count_unit(item["unit_en"], item["quantity"]), item["unit"], 30)
        number = f"{item['quantity']:,.10g}"
        parts.append(f"{number} {unit}" if unit else f"quantity {number}")
    if item["unit_price"] is not None:
        parts.append(f"{write_money(item['unit_price'])} each")
    return ", ".join(parts)


def _count_unit(unit: str, number: float) -> str:
    """Return an English unit in the plural where there is not one of it."""
    if number == 1 or not re.fullmatch("[a-z]+", unit):
        return unit
    return f"{unit}es" if unit.endswith(("s", "x", "ch", "sh")) else f"{unit}s"


def pair_names(english: str, chinese: str, limit: int = 80) -> str:
    """Return the English with the Chinese behind it, or what there is of them."""
    first, second = defuse(english, limit), defuse(chinese, limit)
    return f"{first} ({second})" if first and second and first != second else first or second


def write_buyer(content: Content) -> Iterator[str]:
    """Yield who buys, what kind of body it is, and how it stands on the sanctions lists."""
    buyer = content["buyer"]
    lines = list(dict.fromkeys(defuse(n) for n in (buyer["name_en"], buyer["name"]) if n))
    kind = _SEVERITIES.get(buyer["severity"], "not known as a security organ")
    agency = f" ({defuse(buyer['agency_en'], 80)})" if buyer.get("agency_en") else ""
    where = f", {_name_place(buyer['where'])}" if buyer["where"] else ""
    lines = [*(lines or ["not named"]), kind + agency + where]
    if buyer["formal"]:
        lines.append(f"buyer on paper: {name_body(buyer['formal'])}")
    yield from _lines("Buyer", lines)
    day = defuse(buyer["listed_day"])
    yield f"Sanctions lists: {defuse(buyer['standing'], 400)}; the day is {day}"


def _name_place(where: str) -> str:
    return _PLACES_OF_NAMES.get(where) or f"named in: {defuse(where, 60)}"


def write_lists(buyer: Content, limit: int) -> str:
    """Return the lists a buyer was on that day, beyond `limit` by their number."""
    shown = [defuse(name).replace("(verify)", "(recalled, verify)") for name in buyer["listed"]]
    more = f" and {len(shown) - limit} more" if len(shown) > limit else ""
    return "; ".join(shown[:limit]) + more


def name_body(body: Content) -> str:
    """Return the name of a body or firm in English with the Chinese behind it."""
    return pair_names(body["name_en"], body["name"], 120)


def write_suppliers(content: Content) -> list[str]:
    """Return the lines of who sells, and of the agent who ran the purchase."""
    names = [name_body(body) for body in content["suppliers"]]
    more = len(names) - _SHOWN_SUPPLIERS + content["suppliers_more"]
    shown = names[:_SHOWN_SUPPLIERS] + ([f"and {more} more"] if more > 0 else [])
    agent = content.get("agent")
    lines = _lines("Supplier", shown or ["not named"])
    return lines + ([write_line("Agent", name_body(agent))] if agent else [])


def write_money(amount: float, currency: str = "CNY") -> str:
    """Return an amount as CNY 569,800; two decimals only where it has any."""
    whole = float(amount).is_integer()
    return (
        f"{defuse(currency, 5)} {amount:,.0f}" if whole else f"{defuse(currency, 5)} {amount:,.2f}"
    )


def write_value(content: Content) -> str:
    """Return the money as a number, and as it was printed."""
    value = content["value"]
    if value is None:
        return "not stated, or not readable"
    parsed = write_money(value["amount"], value["currency"])
    unit = " (万: 10,000)" if "万" in value["raw"] else ""
    return f"{parsed} – printed as {quote_text(value['raw'])}{unit}"


def write_published(content: Content) -> str:
    """Return when a notice was published, in China's time."""
    published = content["published"]
    if published is None:
        raw = content["published_raw"]
        return f"not readable – printed as {quote_text(raw)}" if raw else "not stated"
    if len(published) == len("2025-06-27"):
        return f"{defuse(published)} (day only, in China)"
    return f"{datetime.fromisoformat(published):%Y-%m-%d %H:%M} (China time, +08:00)"


def write_project(content: Content) -> list[str]:
    """Return the line of the project number; nothing where there is none."""
    number = defuse(content["project_number"], 80)
    return [write_line("Project", number)] if number else []


def write_why(content: Content) -> Iterator[str]:
    """Yield why it is told: reasons, features, mentions that do not count, the score."""
    told = [_REASONS.get(content["reason"]), _REASONS.get(content["verdict_reason"])]
    reasons = [reason for reason in dict.fromkeys(told) if reason]
    if content["changed"]:
        reasons.append(f"changed: {defuse(', '.join(map(str, content['changed'])), 120)}")
    # A product without weight is a mention, told below with the others.
    features = [f for f in content["features"] if f["name"] != "product" or f["weight"]]
    reasons += [_write_feature(feature, content) for feature in features[:_SHOWN_FEATURES]]
    reasons += _count_more(len(features) - _SHOWN_FEATURES, "reason")
    reasons += _list_mentions(content)
    yield from _lines("Why", [*reasons, f"confidence score: {content['score']:.2f} of 1"])


def _write_feature(feature: Content, content: Content) -> str:
    buyer = content["buyer"]
    if feature["name"] == "organ" and buyer["severity"]:
        name = defuse(buyer["name_en"] or buyer["name"])
        kind = _SEVERITIES[buyer["severity"]]
        return f"organ: {name} ({_name_place(buyer['where'])}) is {kind}"
    names = {hit["entry"]: hit["name"] for hit in content["hits"]}
    return f"{defuse(feature['name'])}: {defuse(_reword_why(feature['why'], names))}"


def _list_mentions(content: Content) -> list[str]:
    """Return the brands that are named but not bought, each with its reason."""
    mentions = [
        f"not counted: {defuse(hit['name'], 60)} ({defuse(hit['stance'])}: {defuse(hit['why'])})"
        for hit in content["hits"]
        if not hit["telling"]
    ]
    mentions = list(dict.fromkeys(mentions))
    rest = len(mentions) - _SHOWN_MENTIONS
    return mentions[:_SHOWN_MENTIONS] + _count_more(rest, "mention that does not count")


def write_links(content: Content) -> list[str]:
    """Return where to read it, and the other places where the same notice stands."""
    link = make_link(content["url"]) or f"none that is safe: {defuse(content['url'])}"
    link = link if content["url"] else "no address known"
    others = [one for one in content.get("links", ()) if one["url"] != content["url"]]
    shown = [
        f"{make_link(one['url'])} ({defuse(one['source'], 60)})"
        for one in others
        if make_link(one["url"])
    ]
    rest = len(others) - len(shown[:_SHOWN_LINKS])
    texts = shown[:_SHOWN_LINKS] + _count_more(rest, "place")
    return [write_line("Link", link), *_lines("Also at", texts)]


def write_evidence(content: Content) -> Iterator[str]:
    """Yield how the page was kept and by which command more can be seen."""
    evidence = content["evidence"]
    fetched = datetime.fromisoformat(evidence["fetched_at"])
    yield from _lines(
        "Evidence",
        [
            f"SHA-256 {defuse(evidence['sha256'])}",
            f"capture {evidence['record_id'] or 'not archived'}",
            f"fetched {fetched:%Y-%m-%d %H:%M:%S} UTC from source {defuse(content['source'])}",
            *(
                f"attachment {defuse(one['name'], 80)}: SHA-256 {defuse(one['sha256'])}, "
                f"capture {one['record_id']}"
                for one in content.get("exhibits", ())
            ),
        ],
    )
    yield write_line("Alert", defuse(content["alert_id"]))
    yield write_line("More", f"tender-monitor why {defuse(content['alert_id'])}")


def write_legend(lines: Sequence[str]) -> str:
    """Return the line that says what kind of English the lines before it are in."""
    sounds = _SOUND_LEGEND if any("‹" in line for line in lines) else ""
    return write_line("English", _LEGEND.removeprefix("English ") + sounds)
