"""Write alerts as plain text: English first, the Chinese beside it. Pure.

Every value of a notice passes defuse; the only addresses that can be clicked are the link lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from monitor.alerting.defuse import defuse, defuse_own, make_link
from monitor.alerting.lines import (
    Content,
    name_body,
    name_products,
    name_value,
    pair_names,
    write_buyer,
    write_change,
    write_evidence,
    write_hit,
    write_legend,
    write_line,
    write_links,
    write_lists,
    write_money,
    write_project,
    write_published,
    write_suppliers,
    write_value,
    write_what,
    write_why,
)
from monitor.models import Message, Verdict

SAMPLE_LINE = "SAMPLE: invented notice of the built-in sample portal, not a finding."
SELF_SAMPLE_LINE = "SAMPLE: this is about the built-in sample portal, not a real source."
COPY_LINE = "This may be a second copy: the first could not be confirmed."
_SUBJECT_LIMIT = 150
SHOWN_BLOCKS = 30
_SHOWN_LINES = 300
_SELF_LINES = 60


def render_alert(content: Content, *, second_copy: bool = False) -> Message:
    """Return the message for one notice."""
    lines = [
        *write_change(content),
        *write_what(content),
        *write_buyer(content),
        *write_suppliers(content),
        write_line(name_value(content), write_value(content)),
        write_line("Published", write_published(content)),
        write_line("Stage", defuse(content["stage_en"]) or "not known: the notice does not say"),
        *write_project(content),
        *write_why(content),
        *write_links(content),
        *write_evidence(content),
    ]
    lines.append(write_legend(lines))
    sample = bool(content["sample"])
    subject = f"{'[SAMPLE] ' if sample else ''}{name_alert(content)}"
    return Message(subject, _frame_body(lines, sample, second_copy), (str(content["alert_id"]),))


def render_digest(
    contents: Sequence[Content], heading: str, *, second_copy: bool = False
) -> Message:
    """Return one message for several notices: alerts first, in the order given.

    Beyond the first 30, a notice has one line; beyond 300, the table that goes with it has it.
    """
    ordered = sorted(contents, key=lambda c: c["verdict"] != Verdict.ALERT)
    sample = any(content["sample"] for content in ordered)
    lines = [defuse(heading), _count_verdicts(ordered)]
    for number, content in enumerate(ordered, start=1):
        if number <= SHOWN_BLOCKS:
            lines += ["", *_write_block(number, content)]
        elif number <= _SHOWN_LINES:
            lines.append(f"{number}. {name_alert(content)} (id {defuse(content['alert_id'])})")
    if (rest := len(ordered) - _SHOWN_LINES) > 0:
        lines.append(f"and {rest} more: in the enclosed table, or with tender-monitor alerts")
    lines += ["", write_line("More", "tender-monitor why ID"), write_legend(lines)]
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
    lines += ["", *(write_line("Alert", defuse(name)) for name in ids)] if ids else []
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
        name_products(content),
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


def _count_verdicts(contents: Sequence[Content]) -> str:
    alerts = sum(content["verdict"] == Verdict.ALERT for content in contents)
    reviews = len(contents) - alerts
    words = [(alerts, "alert"), (reviews, "review")]
    return ", ".join(f"{n} {word}{'' if n == 1 else 's'}" for n, word in words)


def _write_block(number: int, content: Content) -> Iterator[str]:
    buyer = content["buyer"]
    hits = [hit for hit in content["hits"] if hit["telling"]]
    yield f"{number}. {name_alert(content)}"
    yield from (f"   {line}" for line in write_change(content))
    yield f"   {defuse(content['title_en'])}"
    yield f"   {pair_names(buyer['name_en'], buyer['name'])}"
    if hits:
        yield f"   {write_hit(hits[0])}"
    if facts := _list_facts(content):
        yield f"   {' · '.join(facts)}"
    none = "no address that is safe to open" if content["url"] else "no address known"
    yield f"   {make_link(content['url']) or none}"
    lists = write_lists(buyer, 2)
    yield f"   id {defuse(content['alert_id'])}" + (f" · Sanctions lists: {lists}" if lists else "")


def _list_facts(content: Content) -> list[str]:
    """Return who supplies, for how much and since when it is public, as far as it is known."""
    suppliers, value, facts = content["suppliers"], content["value"], []
    if suppliers:
        more = len(suppliers) - 1 + content["suppliers_more"]
        facts.append(f"Supplier: {name_body(suppliers[0])}" + (f" and {more} more" * (more > 0)))
    if value:
        money = write_money(value["amount"], value["currency"])
        facts.append(f"{name_value(content)}: {money}")
    if content["published"] or content["published_raw"]:
        facts.append(f"Published: {write_published(content)}")
    return facts
