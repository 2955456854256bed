"""The page of a case file for people: one HTML file that loads nothing and runs nothing.

All text of a notice is masked, freed of what does not show, and escaped.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from textwrap import dedent
from typing import Any

from monitor.alerting.lines import write_published, write_why
from monitor.alerting.render import render_alert
from monitor.evidence.gathering import Case
from monitor.evidence.plain import (
    list_points,
    name_field,
    name_moment,
    name_outcome,
    name_protection,
)
from monitor.evidence.quotes import Hit, find_around, list_hits, mark_quotes
from monitor.evidence.quotes import show_text as _show
from monitor.evidence.wording import CHECKS, name_origin
from monitor.models import ZoneKind
from monitor.screening.gloss import gloss_title
from monitor.text.privacy import mask_private

_STYLE = """
:root{color-scheme:light dark;--ink:#1b1b1b;--paper:#fff;--line:#bbb;--mark:#ffe28a;--soft:#f4f4f2}
@media(prefers-color-scheme:dark){:root{--ink:#e8e6e3;--paper:#161616;--line:#555;--mark:#6b5300;
--soft:#222}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);
max-width:60rem;margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid var(--line)}
table{border-collapse:collapse;width:100%}
th,td{border:1px solid var(--line);padding:.3rem .5rem;text-align:left;vertical-align:top}
th{width:14rem;background:var(--soft)}mark{background:var(--mark);color:inherit}
pre{white-space:pre-wrap;background:var(--soft);padding:.7rem;font-size:.9rem}
.sample{border:3px solid #b00;padding:.5rem}
@media print{body{margin:0;max-width:none;font-size:11px}:root{--ink:#000;--paper:#fff;
--soft:#fff;--mark:#ddd;--line:#888}}
""".strip()
_POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-"
    f"{b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
)
_CHROME = frozenset({ZoneKind.BOILERPLATE})
_ACCOUNT = "The program's own account, with its ids and weights, is in explanation.txt."
Pair = tuple[str, str]


def make_page(case: Case, facts: Mapping[str, Any]) -> str:
    """Return index.html."""
    content, hits = case.content, list_hits(case)
    own = f"In the program's own words: {case.alert['verdict']}, {case.alert['reason']}."
    title = f"Case file of alert {case.alert['id']}"
    parts = [
        f"<h1>{_show(title)}</h1>",
        *(
            ["<p class=sample>SAMPLE: invented notice, not a finding.</p>"]
            * bool(content["sample"])
        ),
        "<p>This page shows the evidence for one message of tender-monitor, a program that reads "
        "public procurement portals. It loads nothing and runs nothing. Names, telephone numbers "
        "and mailboxes of persons are masked here; the raw evidence beside it has them. English "
        "is by glossary and rules; the Chinese original decides.</p>",
        _section("What was found", _table(_list_facts(case)) + _point(own)),
        _section("Where the text says so", "".join(_list_quotes(case, hits))),
        _section("Why it was told", _block(_list_reasons(content)) + _point(_ACCOUNT)),
        _section(
            "The message, written anew from what was sent", _block(render_alert(content).body)
        ),
        _section("Deliveries", _table(_list_deliveries(case))),
        _section("How the bytes came", "".join(_list_captures(facts))),
        _section("Later looks at the source", "".join(_list_looks(case))),
        _section("What was watched for", "".join(_list_entries(case, facts))),
        _section("Proof", _table(_list_proof(facts))),
        _section("How to check this case", "".join(f"<p>{_show(line)}</p>" for line in CHECKS)),
        _section("The notice as the program reads it", "".join(_list_zones(case, hits))),
        *(_section(f"Attachment: {name}", _quote(text, hits)) for name, text in case.texts),
    ]
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width"><meta name="referrer" '
        f'content="no-referrer"><title>{_show(title)}</title><style>{_STYLE}</style>'
    )
    body = "\n".join(parts)
    page = f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n{body}\n</body></html>\n'
    return page.encode("utf-8", "replace").decode()


def _section(title: str, inner: str) -> str:
    return f"<section><h2>{_show(title)}</h2>\n{inner or '<p>None.</p>'}</section>"


def _block(text: str) -> str:
    return f'<pre lang="zh">{_show(text)}</pre>' if text else ""


def _quote(text: str, hits: Iterable[Hit]) -> str:
    return f'<pre lang="zh">{mark_quotes(text, hits)}</pre>' if text else ""


def _point(text: str) -> str:
    return f"<p><small>{_show(text)}</small></p>"


def _table(rows: Iterable[Pair]) -> str:
    lines = "".join(f"<tr><th>{_show(a)}</th><td>{_show(b)}</td></tr>" for a, b in rows)
    return f"<table>{lines}</table>" if lines else ""


def _list_facts(case: Case) -> Iterator[Pair]:
    content, buyer = case.content, case.content["buyer"]
    yield "Verdict", name_outcome(case.alert["verdict"], case.alert["reason"])
    yield "Title", content["title_en"]
    yield "Title, original", content["title"]
    yield "Buyer", _join((buyer["name_en"], buyer["name"]))
    yield "Sanction lists", buyer["standing"]
    for one in content["suppliers"]:
        yield "Supplier", _join((one["name_en"], one["name"]))
    if value := content["value"]:
        yield "Value", f"{value['currency']} {value['amount']:,.2f} – printed as {value['raw']}"
    yield "Published", write_published(content)
    yield "Stage", content["stage_en"] or "not stated"
    yield "Project", content["project_number"] or "not stated"
    yield "Address", case.decision["url"]
    yield "Source", case.source
    yield "Told at", name_moment(case.alert["created_at"])


def _join(names: Sequence[str]) -> str:
    return " – ".join(dict.fromkeys(filter(None, names))) or "not named"


def _list_reasons(content: Mapping[str, Any]) -> str:
    """Return the reasons as the message has them, without its label."""
    return dedent("\n".join(write_why(content)).replace("Why:", "    ", 1))


def _list_quotes(case: Case, hits: Sequence[Hit]) -> Iterator[str]:
    """Yield each text that counted once, with what it says above it and all hits marked."""
    texts = dict[str, list[Hit]]()
    for hit in hits:
        texts.setdefault(find_around(case, hit), []).append(hit)
    for text, found in texts.items():
        yield from dict.fromkeys(map(_caption, found))
        yield _quote(text, hits)


def _caption(hit: Hit) -> str:
    """Return what a hit is: who, what is done with it, where, why."""
    file = f" of {hit['place']}" if hit["place"] else ""
    what = f"{hit['name']} ({hit['stance_en']}), in {name_field(hit['field'])}{file}"
    english = f"<p>{_show(hit['quote_en'])}</p>" if hit["quote_en"] else ""
    raw = f"<small>{_show(hit['entry'])}, {_show(hit['field'])}</small>"
    return f"<p><b>{_show(what)}</b>: {_show(hit['why'])} {raw}</p>{english}"


def _list_deliveries(case: Case) -> Iterator[Pair]:
    for one in case.deliveries:
        sent = f"accepted at {name_moment(one['sent_at'])}" if one["sent_at"] else one["error"]
        yield one["receiver"], f"{one['state']}: {sent or 'not accepted yet'}"


def _list_captures(facts: Mapping[str, Any]) -> Iterator[str]:
    for one in facts["captures"]:
        rows = [
            ("Asked", f"{one['method']} {one['url']}"),
            *([("With", one["sent"])] if one["sent"] else []),
            ("Answered by", f"{one['final_url']} at {one['peer'] or 'an unknown address'}"),
            ("How and when", f"{name_origin(one)} (no monotonic clock is kept)"),
            ("Status of HTTP", str(one["status"])),
            ("Connection", name_protection(one["tls"])),
            ("SHA-256", one["sha256"]),
            ("SHA-256 as archived", one["packed"]),
            ("Capture", one["record_id"]),
            ("Headers", "\n".join(f"{name}: {value}" for name, value in one["headers"])),
        ]
        yield f"<h3>{_show(one['original'])}: {_show(one['name'])}</h3>{_table(rows)}"
    for one in facts["missing"]:
        what = f"Not here: {one['role']} {one['record_id']}: it {one['why']}"
        yield f"<p>{_show(what)}</p>"


def _list_looks(case: Case) -> Iterator[str]:
    if look := case.look:
        seen = (
            f"{look['state']}, {name_moment(look['looked_at']) or 'not looked yet'} {look['cause']}"
        )
        yield _table([("Last look", seen), ("Next look", name_moment(look["due_at"]) or "none")])
    for row in case.later:
        told = json.loads(row["content"])
        yield f"<h3>{_show(told['subject'])}</h3>{_block(told['body'])}"


def _list_entries(case: Case, facts: Mapping[str, Any]) -> Iterator[str]:
    versions = facts["watchlists"]
    yield _table([("Watchlists, when decided", versions["decided_with"])])
    if versions["copied"] and versions["copied"] != versions["decided_with"]:
        what = f"The watchlists were edited since: these are lines of {versions['copied']}."
        yield f"<p>{_show(what)}</p>"
    for number, one in enumerate(case.entries, start=1):
        points = "".join(
            f"<li>{_show(label)}: {_show(text)}</li>" for label, text in list_points(one.entry)
        )
        yield f"<h3>{_show(one.entry.name)}</h3><ul>{points}</ul>"
        yield _point(f"{one.entry.id}: all its lines are in watchlists/entry-{number}.yaml")


def _list_proof(facts: Mapping[str, Any]) -> Iterator[Pair]:
    yield "Made by", f"{facts['program']}, Python {facts['python']}"
    yield "First link of the chain here", str(facts["chain"]["first"])
    yield "Head of the chain", facts["chain"]["head"]
    for one in facts["timestamps"]:
        yield f"Time stamp of link {one['number']}", f"{one['at']} by {one['authority']}"
    if not facts["timestamps"]:
        yield "Time stamps", "none by an authority"


def _list_zones(case: Case, hits: Sequence[Hit]) -> Iterator[str]:
    if case.notice is None:
        yield "<p>It could not be read by this program.</p>"
        return
    english = gloss_title(mask_private(case.notice.title), case.notice.region)
    yield f"<p>{_show(english)}</p><p lang=zh>{_show(case.notice.title)}</p>"
    for zone in case.notice.zones:
        if zone.kind not in _CHROME:
            yield f"<p><b>{_show(name_field(zone.field))}</b></p>{_quote(zone.text, hits)}"
