"""Write alerts as plain text: English first, the Chinese beside it. Pure.

Every value of a notice passes defuse; the only address that can be clicked is the link line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from monitor.alerting.defuse import defuse, defuse_own, make_link, quote_text
from monitor.models import Message, Reason, Tag, Verdict
from monitor.screening.gloss import TAG_NAMES

Content = Mapping[str, Any]

SAMPLE_LINE = "SAMPLE: invented notice of the built-in sample portal, not a finding."
SELF_SAMPLE_LINE = "SAMPLE: this is about the built-in sample portal, not a real source."
COPY_LINE = "This may be a second copy: the first could not be confirmed."
_SUBJECT_LIMIT = 150
_INDENT = " " * 11
_SHOWN_BRANDS = 6
_SHOWN_MENTIONS = 4
_SHOWN_ITEMS = 5
_SHOWN_SUPPLIERS = 3
_SHOWN_FEATURES = 5
_SHOWN_BLOCKS = 30
_SHOWN_LISTS = 4
_SELF_LINES = 60

_REASONS = {
    Reason.UNPROVEN_MENTION: "the text mentions the product without proving that it is bought",
    Reason.NOT_CHECKABLE: "what is bought could not be read here; not checked does not mean no",
    Reason.CANCELLED: "a purchase that names the product was cancelled or failed",
}
_SEVERITIES = {
    "core": "a security organ",
    "medium": "a body of the security system",
}
_STAGES = {str(tag): name.partition(" (")[0] for tag, name in TAG_NAMES.items()}
_STAGE_CODE = re.compile(rf"\b(?:{'|'.join(_STAGES)})(?='s )")
# Before an award there is a budget only.
_BUDGETED = frozenset({Tag.PLANNING, Tag.TENDER, Tag.TENDER_AMENDMENT})


def render_alert(content: Content, *, second_copy: bool = False) -> Message:
    """Return the message for one notice."""
    lines = [
        *_write_change(content),
        *_write_what(content),
        *_write_buyer(content),
        *_write_suppliers(content),
        _line(_name_value(content), _write_value(content)),
        _line("Published", _write_published(content)),
        _line("Stage", defuse(content["stage_en"]) or "not known: the notice does not say"),
        *_write_project(content),
        *_write_why(content),
        _line("Link", make_link(content["url"]) or f"none that is safe: {defuse(content['url'])}"),
        *_write_evidence(content),
    ]
    sample = bool(content["sample"])
    subject = f"{'[SAMPLE] ' if sample else ''}{name_alert(content)}"
    return Message(subject, _frame_body(lines, sample, second_copy), (str(content["alert_id"]),))


def render_digest(
    contents: Sequence[Content], heading: str, *, second_copy: bool = False
) -> Message:
    """Return one message for several notices: alerts first, in the order given.

    Beyond the first 30, a notice has one line.
    """
    ordered = sorted(contents, key=lambda c: c["verdict"] != Verdict.ALERT)
    sample = any(content["sample"] for content in ordered)
    lines = [defuse(heading), _count_verdicts(ordered)]
    for number, content in enumerate(ordered, start=1):
        if number <= _SHOWN_BLOCKS:
            lines += ["", *_write_block(number, content)]
        else:
            lines.append(f"{number}. {name_alert(content)} (id {defuse(content['alert_id'])})")
    lines += ["", _line("More", "tender-monitor why ID")]
    mark = "[SAMPLE] " if sample else ""
    subject = defuse(f"[DIGEST] {heading} – {_count_verdicts(ordered)}", _SUBJECT_LIMIT)
    ids = tuple(str(content["alert_id"]) for content in ordered)
    return Message(mark + subject, _frame_body(lines, sample, second_copy), ids)


def render_self(content: Content, *, second_copy: bool = False) -> Message:
    """Return the message in which the program tells of itself.

    `content` has subject and body, and may have alert_id and sample.
    """
    lines = [defuse_own(line, 400) for line in str(content["body"]).splitlines()[:_SELF_LINES]]
    ids = (str(content["alert_id"]),) if "alert_id" in content else ()
    lines += ["", *(_line("Alert", defuse(name)) for name in ids)] if ids else []
    sample = bool(content.get("sample"))
    mark = "[SAMPLE] " if sample else ""
    subject = f"{mark}[MONITOR] {defuse(content['subject'], _SUBJECT_LIMIT)}"
    return Message(subject, _frame_body(lines, sample, second_copy, SELF_SAMPLE_LINE), ids)


def render_terminal(message: Message, *, colour: bool = False) -> str:
    """Return a message as a framed block; `colour` makes its first line bold."""
    bold, plain = ("\x1b[1m", "\x1b[0m") if colour else ("", "")
    body = "\n".join(f"│ {line}".rstrip() for line in message.body.splitlines())
    return f"┌─ {bold}{message.subject}{plain}\n{body}\n└─\n"


def name_alert(content: Content) -> str:
    """Return what an alert is about in one line: [ALERT] product – buyer – stage."""
    buyer = content["buyer"]
    parts = (
        _name_products(content),
        defuse(buyer["name_en"] or buyer["name"], 80) or "buyer not named",
        defuse(content["stage_en"]).partition(" (")[0] or "stage not known",
    )
    return defuse(f"[{str(content['verdict']).upper()}] {' – '.join(parts)}", _SUBJECT_LIMIT)


def _frame_body(
    lines: Sequence[str], sample: bool, second_copy: bool, mark: str = SAMPLE_LINE
) -> str:
    """Put the marks around a body: that it is a sample, that it may be here already."""
    head = [mark] * sample + [COPY_LINE] * second_copy
    tail = ["", mark] if sample else []
    return "\n".join([*head, *([""] if head else []), *lines, *tail]) + "\n"


def _line(label: str, text: str) -> str:
    return f"{label + ':':<{len(_INDENT)}}{text}"


def _lines(label: str, texts: Sequence[str]) -> list[str]:
    """Return a labelled line and the others indented under it; nothing for no texts."""
    return [_line(label, text) if n == 0 else _INDENT + text for n, text in enumerate(texts)]


def _name_products(content: Content) -> str:
    names = content["products"]
    if not names:
        return _write_unchecked(content)
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return ", ".join(defuse(name, 60) for name in names[:2]) + more


def _write_unchecked(content: Content) -> str:
    word = defuse(content["telling_purchase"], 40)
    return "items could not be checked" + (f" (telling purchase: {word})" if word else "")


def _name_value(content: Content) -> str:
    return "Budget" if content["tag"] in _BUDGETED else "Value"


def _write_change(content: Content) -> list[str]:
    """Return the line that a notice was told before; nothing for one told for the first time."""
    if content["reason"] != Reason.MATCH_CHANGED:
        return []
    fields = ", ".join(str(name).replace("_", " ") for name in content["changed"])
    what = defuse(fields, 120) or "what the watchlists find in it"
    return [_line("Changed", f"{what} (this notice was told before)")]


def _count_more(number: int, noun: str) -> list[str]:
    """Return the line for what is not shown; nothing for nothing."""
    return [f"and {number} more {noun}{'' if number == 1 else 's'}"] if number > 0 else []


_ITEM_FIELD = re.compile(r"items\[(\d+)\]\.(\w+)")
_FIELDS = {"body": "the text", "table": "a table", "items": "the item table", "title": "the title"}
_PLACE = re.compile(rf"(?<= in )(?:{'|'.join(_FIELDS)})(?= \()")


def _name_field(field: str) -> str:
    """Return where a hit stands in words: items[0].brand is the brand of item 1."""
    found = _ITEM_FIELD.fullmatch(field)
    if found is not None:
        return f"the {found[2]} of item {int(found[1]) + 1}"
    return _FIELDS.get(field) or defuse(field, 60)


def _reword_why(why: str, names: Mapping[str, str]) -> str:
    """Return a feature's reason with entries by their names and fields in words."""
    entry, blank, rest = why.partition(" ")
    text = f"{names.get(entry, entry)}{blank}{rest}"
    text = _STAGE_CODE.sub(lambda found: _STAGES[found.group()], text)
    text = _PLACE.sub(lambda found: _FIELDS[found.group()], text)
    return _ITEM_FIELD.sub(lambda found: _name_field(found.group()), text)


def _write_what(content: Content) -> Iterator[str]:
    items = content["items"]
    yield from _lines("What", list(_write_hits(content)) or [_write_unchecked(content)])
    shown = [_write_item(item) for item in items[:_SHOWN_ITEMS]]
    rest = len(items) - len(shown) + content["items_more"]
    yield from _lines("Items", shown + _count_more(rest, "item"))
    titles = [defuse(content["title_en"]), defuse(content["title"])]
    yield from _lines("Notice", list(dict.fromkeys(titles)))


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
            yield f"  {quote_text(hit['quote'])} in {_name_field(hit['field'])}"
        hidden += len(hits[each:])
    if others := list(groups)[_SHOWN_BRANDS:]:
        yield f"also {'; '.join(others)}"
    if groups:
        yield from _count_more(hidden, "place")


def _write_item(item: Content) -> str:
    name = _pair(item["name_en"], item["name"])
    parts = [f"{item['number']}. {name or 'item without a name'}"]
    parts += [f"brand {defuse(item['brand'], 60)}"] if item["brand"] else []
    parts += [f"model {defuse(item['model'], 80)}"] if item["model"] else []
    if item["quantity"] is not None:
        unit = _pair(_count_unit(item["unit_en"], item["quantity"]), item["unit"], 30)
        number = f"{item['quantity']:,.10g}"
        parts.append(f"{number} {unit}" if unit else f"quantity {number}")
    if item["unit_price"] is not None:
        parts.append(f"{_write_money(item['unit_price'])} each")
    return ", ".join(parts)


def _count_unit(unit: str, number: float) -> str:
    """Return an English unit in the plural where there is not one of it."""
    if number == 1 or not re.fullmatch("[a-z]+", unit):
        return unit
    return f"{unit}es" if unit.endswith(("s", "x", "ch", "sh")) else f"{unit}s"


def _pair(english: str, chinese: str, limit: int = 80) -> str:
    """Return the English with the Chinese behind it, or what there is of them."""
    first, second = defuse(english, limit), defuse(chinese, limit)
    return f"{first} ({second})" if first and second and first != second else first or second


def _write_buyer(content: Content) -> Iterator[str]:
    buyer = content["buyer"]
    lines = list(dict.fromkeys(defuse(n) for n in (buyer["name_en"], buyer["name"]) if n))
    kind = _SEVERITIES.get(buyer["severity"], "not known as a security organ")
    where = f", named as: {defuse(buyer['where'], 60)}" if buyer["where"] else ""
    lines = [*(lines or ["not named"]), kind + where]
    if buyer["formal"]:
        lines.append(f"buyer on paper: {_name_pair(buyer['formal'])}")
    yield from _lines("Buyer", lines)
    known = _write_lists(buyer, _SHOWN_LISTS) or "none known"
    yield f"Sanctions lists: {known} on {defuse(buyer['listed_day'])}"


def _write_lists(buyer: Content, limit: int) -> str:
    shown = [defuse(name).replace("(verify)", "(recalled, verify)") for name in buyer["listed"]]
    more = f" and {len(shown) - limit} more" if len(shown) > limit else ""
    return "; ".join(shown[:limit]) + more


def _name_pair(body: Content) -> str:
    return _pair(body["name_en"], body["name"], 120)


def _write_suppliers(content: Content) -> list[str]:
    names = [_name_pair(body) for body in content["suppliers"]]
    more = len(names) - _SHOWN_SUPPLIERS + content["suppliers_more"]
    shown = names[:_SHOWN_SUPPLIERS] + ([f"and {more} more"] if more > 0 else [])
    return _lines("Supplier", shown or ["not named"])


def _write_money(amount: float, currency: str = "CNY") -> str:
    """Return an amount as CNY 569,800; two decimals only where it has any."""
    whole = float(amount).is_integer()
    return (
        f"{defuse(currency, 5)} {amount:,.0f}" if whole else f"{defuse(currency, 5)} {amount:,.2f}"
    )


def _write_value(content: Content) -> str:
    value = content["value"]
    if value is None:
        return "not stated, or not readable"
    parsed = _write_money(value["amount"], value["currency"])
    return f"{parsed} – printed as {quote_text(value['raw'])}"


def _write_published(content: Content) -> str:
    published = content["published"]
    if published is None:
        raw = content["published_raw"]
        return f"not readable – printed as {quote_text(raw)}" if raw else "not stated"
    if len(published) == len("2025-06-27"):
        return f"{defuse(published)} (day only, in China)"
    return f"{datetime.fromisoformat(published):%Y-%m-%d %H:%M} (China time, +08:00)"


def _write_project(content: Content) -> list[str]:
    number = defuse(content["project_number"], 80)
    return [_line("Project", number)] if number else []


def _write_why(content: Content) -> Iterator[str]:
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
        return f"organ: {name} ({defuse(buyer['where'], 60)}) is {_SEVERITIES[buyer['severity']]}"
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


def _write_evidence(content: Content) -> Iterator[str]:
    evidence = content["evidence"]
    fetched = datetime.fromisoformat(evidence["fetched_at"])
    yield from _lines(
        "Evidence",
        [
            f"SHA-256 {defuse(evidence['sha256'])}",
            f"capture {evidence['record_id'] or 'not archived'}",
            f"fetched {fetched:%Y-%m-%d %H:%M:%S} UTC from source {defuse(content['source'])}",
        ],
    )
    yield _line("Alert", defuse(content["alert_id"]))
    yield _line("More", f"tender-monitor why {defuse(content['alert_id'])}")


def _count_verdicts(contents: Sequence[Content]) -> str:
    alerts = sum(content["verdict"] == Verdict.ALERT for content in contents)
    reviews = len(contents) - alerts
    words = [(alerts, "alert"), (reviews, "review")]
    return ", ".join(f"{n} {word}{'' if n == 1 else 's'}" for n, word in words)


def _write_block(number: int, content: Content) -> Iterator[str]:
    buyer = content["buyer"]
    hits = [hit for hit in content["hits"] if hit["telling"]]
    yield f"{number}. {name_alert(content)}"
    yield from (f"   {line}" for line in _write_change(content))
    yield f"   {defuse(content['title_en'])}"
    quoted = f" {quote_text(hits[0]['quote'])}" if hits else ""
    yield f"   {_pair(buyer['name_en'], buyer['name'])}{quoted}"
    if facts := _list_facts(content):
        yield f"   {' · '.join(facts)}"
    yield f"   {make_link(content['url']) or 'no address that is safe to open'}"
    lists = _write_lists(buyer, 2)
    yield f"   id {defuse(content['alert_id'])}" + (f" · Sanctions lists: {lists}" if lists else "")


def _list_facts(content: Content) -> list[str]:
    """Return who supplies, for how much and since when it is public, as far as it is known."""
    suppliers, value, facts = content["suppliers"], content["value"], []
    if suppliers:
        more = len(suppliers) - 1 + content["suppliers_more"]
        facts.append(f"Supplier: {_name_pair(suppliers[0])}" + (f" and {more} more" * (more > 0)))
    if value:
        money = _write_money(value["amount"], value["currency"])
        facts.append(f"{_name_value(content)}: {money}")
    if content["published"] or content["published_raw"]:
        facts.append(f"Published: {_write_published(content)}")
    return facts
