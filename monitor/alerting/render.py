"""Write alerts as plain text: English first, the Chinese beside it. Pure.

Every value of a notice passes defuse; the only address that can be clicked is the link line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from monitor.alerting.defuse import defuse, make_link, quote_text
from monitor.models import Message, Reason, Verdict
from monitor.screening.score import ALERTING, REVIEWING

Content = Mapping[str, Any]

SAMPLE_LINE = "SAMPLE: invented notice of the built-in sample portal, not a finding."
SELF_SAMPLE_LINE = "SAMPLE: this is about the built-in sample portal, not a real source."
COPY_LINE = "This may be a second copy: the first could not be confirmed."
_SUBJECT_LIMIT = 150
_INDENT = " " * 11
_SHOWN_HITS = 3
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
    Reason.MATCH_CHANGED: "told again, because what it says about the match changed",
}
_SEVERITIES = {
    "core": "a security organ (core)",
    "medium": "a body of the security system (medium)",
}


def render_alert(content: Content, *, second_copy: bool = False) -> Message:
    """Return the message for one notice."""
    lines = [
        *_write_what(content),
        *_write_buyer(content),
        *_write_suppliers(content),
        _line("Value", _write_value(content)),
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
    lines = [defuse(line, 400) for line in str(content["body"]).splitlines()[:_SELF_LINES]]
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
        defuse(content["tag"]) or "stage not known",
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
    names = list(dict.fromkeys(defuse(hit["name"], 60) for hit in _telling_hits(content)))
    if not names:
        return "items could not be checked"
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return ", ".join(names[:2]) + more


def _telling_hits(content: Content) -> list[Content]:
    """Return the hits that made the verdict; all of them where none did."""
    hits: list[Content] = list(content["hits"])
    alerting = [hit for hit in hits if hit["stance"] in ALERTING]
    return alerting or [hit for hit in hits if hit["stance"] in REVIEWING] or hits


_ITEM_FIELD = re.compile(r"items\[(\d+)\]\.(\w+)")
_FIELDS = {"body": "the text", "table": "a table", "items": "the item table", "title": "the title"}


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
    return _ITEM_FIELD.sub(lambda found: _name_field(found.group()), text)


def _write_what(content: Content) -> Iterator[str]:
    hits, items = content["hits"], content["items"]
    whats = [
        f"{defuse(hit['name'])} – {defuse(hit['stance_en'])}\n"
        f"  {quote_text(hit['quote'])} in {_name_field(hit['field'])}"
        for hit in hits[:_SHOWN_HITS]
    ]
    more = len(hits) - _SHOWN_HITS + content["hits_more"]
    if more > 0:
        whats.append(f"and {more} more places")
    if not hits:
        whats = ["no watched product named; what is bought could not be read here"]
    yield from _lines("What", [line for what in whats for line in what.split("\n")])
    shown = [_write_item(item) for item in items[:_SHOWN_ITEMS]]
    if (rest := len(items) - _SHOWN_ITEMS + content["items_more"]) > 0:
        shown.append(f"and {rest} more items")
    yield from _lines("Items", shown)
    titles = [defuse(content["title_en"]), defuse(content["title"])]
    yield from _lines("Notice", list(dict.fromkeys(titles)))


def _write_item(item: Content) -> str:
    name = _pair(item["name_en"], item["name"])
    parts = [name or "item without a name"]
    parts += [f"brand {defuse(item['brand'], 60)}"] if item["brand"] else []
    parts += [f"model {defuse(item['model'], 80)}"] if item["model"] else []
    if item["quantity"] is not None:
        unit = _pair(_count_unit(item["unit_en"], item["quantity"]), item["unit"], 30)
        parts.append(f"{item['quantity']:,.10g} {unit}".rstrip())
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
    agency = f", agency {defuse(buyer['agency'], 60)}" if buyer["agency"] else ""
    lines = [*(lines or ["not named"]), kind + agency + where]
    if buyer["formal"]:
        lines.append(f"buyer on paper: {_name_pair(buyer['formal'])}")
    yield from _lines("Buyer", lines)
    day = defuse(buyer["listed_day"])
    listed = [defuse(name) for name in buyer["listed"][:_SHOWN_LISTS]]
    yield from _lines("Listed", [f"on {day}: {n}" for n in listed] or [f"on {day}: none known"])


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
    features = content["features"]
    names = {hit["entry"]: hit["name"] for hit in content["hits"]}
    reasons += [
        f"{defuse(f['name'])}: {defuse(_reword_why(f['why'], names))}"
        for f in features[:_SHOWN_FEATURES]
    ]
    if len(features) > _SHOWN_FEATURES:
        reasons.append(f"and {len(features) - _SHOWN_FEATURES} more")
    yield from _lines("Why", [*reasons, f"score {content['score']:.2f} of 1"])


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
    buyer, suppliers, hits = content["buyer"], content["suppliers"], _telling_hits(content)
    yield f"{number}. {name_alert(content)}"
    yield f"   {defuse(content['title_en'])}"
    quoted = f" {quote_text(hits[0]['quote'])}" if hits else ""
    yield f"   {_pair(buyer['name_en'], buyer['name'])}{quoted}"
    supplier = _name_pair(suppliers[0]) if suppliers else "a supplier not named"
    yield f"   from {supplier}; {_write_value(content)}; {_write_published(content)}"
    yield f"   {make_link(content['url']) or 'no address that is safe to open'}"
    listed = f"; listed: {', '.join(map(defuse, buyer['listed'][:2]))}" if buyer["listed"] else ""
    yield f"   id {defuse(content['alert_id'])}{listed}"
