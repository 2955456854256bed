"""The page of a case file for people: one HTML file that loads nothing and runs nothing.

All text of a notice is masked, freed of what does not show, and escaped.
"""

from __future__ import annotations

import hashlib
import html
import json
import unicodedata
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from monitor.alerting.render import render_alert
from monitor.evidence.gathering import Case
from monitor.evidence.wording import CHECKS, name_origin
from monitor.models import Zone, ZoneKind
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
Pair = tuple[str, str]


def make_page(case: Case, facts: Mapping[str, Any]) -> str:
    """Return index.html."""
    content = case.content
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
        _section("What was found", _table(_list_facts(case))),
        _section("Where the text says so", "".join(_list_quotes(case))),
        _section("Why it was told", _block("\n".join(case.why))),
        _section(
            "The message, written anew from what was sent", _block(render_alert(content).body)
        ),
        _section("Deliveries", _table(_list_deliveries(case))),
        _section("How the bytes came", "".join(_list_captures(facts))),
        _section("Later looks at the source", "".join(_list_looks(case))),
        _section("What was watched for", "".join(_list_entries(case, facts))),
        _section("Proof", _table(_list_proof(facts))),
        _section("How to check this case", "".join(f"<p>{_show(line)}</p>" for line in CHECKS)),
        _section("The notice as the program reads it", "".join(_list_zones(case))),
        *(_section(f"Attachment: {name}", _block(text)) for name, text in case.texts),
    ]
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width"><meta name="referrer" '
        f'content="no-referrer"><title>{_show(title)}</title><style>{_STYLE}</style>'
    )
    body = "\n".join(parts)
    page = f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n{body}\n</body></html>\n'
    return page.encode("utf-8", "replace").decode()


def _show(text: object) -> str:
    """Return a text of anyone's, safe in HTML: private data masked, nothing hidden in it."""
    plain = "".join(
        char
        for char in mask_private(str(text))
        if char == "\n" or unicodedata.category(char)[0] != "C"
    )
    return html.escape(plain)


def _section(title: str, inner: str) -> str:
    return f"<section><h2>{_show(title)}</h2>\n{inner or '<p>None.</p>'}</section>"


def _block(text: str) -> str:
    return f'<pre lang="zh">{_show(text)}</pre>' if text else ""


def _table(rows: Iterable[Pair]) -> str:
    lines = "".join(f"<tr><th>{_show(a)}</th><td>{_show(b)}</td></tr>" for a, b in rows)
    return f"<table>{lines}</table>" if lines else ""


def _list_facts(case: Case) -> Iterator[Pair]:
    content, buyer = case.content, case.content["buyer"]
    yield "Verdict", f"{case.alert['verdict']} ({case.alert['reason']})"
    yield "Title", content["title_en"]
    yield "Title, original", content["title"]
    yield "Buyer", _join((buyer["name_en"], buyer["name"]))
    yield "Sanction lists", buyer["standing"]
    for one in content["suppliers"]:
        yield "Supplier", _join((one["name_en"], one["name"]))
    if value := content["value"]:
        yield "Value", f"{value['currency']} {value['amount']:,.2f} – printed as {value['raw']}"
    yield "Published", str(content["published"] or content["published_raw"] or "not stated")
    yield "Stage", content["stage_en"] or "not stated"
    yield "Project", content["project_number"] or "not stated"
    yield "Address", case.decision["url"]
    yield "Source", case.source
    yield "Told at", f"{case.alert['created_at']} (UTC)"


def _join(names: Sequence[str]) -> str:
    return " – ".join(dict.fromkeys(filter(None, names))) or "not named"


def _list_quotes(case: Case) -> Iterator[str]:
    """Yield each place that counted, with the quotation marked in the text around it."""
    zones = case.notice.zones if case.notice else ()
    for hit in case.content["hits"]:
        place = f"{hit['name']} ({hit['stance_en']}), in {hit['field']}"
        place += f" of {hit['place']}" if hit["place"] else ""
        around = next((text for text in _find_texts(case, hit, zones) if hit["quote"] in text), "")
        english = f"<p>{_show(hit['quote_en'])}</p>" if hit["quote_en"] else ""
        yield f"<p><b>{_show(place)}</b>: {_show(hit['why'])}</p>{english}"
        yield f'<pre lang="zh">{_highlight(around or hit["quote"], [hit["quote"]])}</pre>'


def _find_texts(case: Case, hit: Mapping[str, Any], zones: Sequence[Zone]) -> Iterator[str]:
    yield from (zone.text for zone in zones if zone.field == hit["field"] and not hit["place"])
    for name, text in case.texts:
        if hit["place"].startswith(mask_private(name)):
            yield from (line for line in text.splitlines() if hit["quote"] in line)


def _highlight(text: str, quotes: Iterable[str]) -> str:
    """Return a text for HTML with quotations marked; longer ones first, none inside another."""
    pieces: list[tuple[str, bool]] = [(mask_private(text), False)]
    for quote in sorted(set(filter(None, quotes)), key=lambda one: (-len(one), one)):
        divided: list[tuple[str, bool]] = []
        for piece, marked in pieces:
            if marked or quote not in piece:
                divided.append((piece, marked))
                continue
            first, *rest = piece.split(quote)
            divided.append((first, False))
            for part in rest:
                divided += [(quote, True), (part, False)]
        pieces = divided
    return "".join(f"<mark>{_show(p)}</mark>" if marked else _show(p) for p, marked in pieces)


def _list_deliveries(case: Case) -> Iterator[Pair]:
    for one in case.deliveries:
        sent = f"accepted at {one['sent_at']} (UTC)" if one["sent_at"] else one["error"]
        yield one["receiver"], f"{one['state']}, {one['attempts']} attempts {sent}"


def _list_captures(facts: Mapping[str, Any]) -> Iterator[str]:
    for one in facts["captures"]:
        rows = [
            ("Asked", f"{one['method']} {one['url']}"),
            *([("With", one["sent"])] if one["sent"] else []),
            ("Answered by", f"{one['final_url']} at {one['peer'] or 'an unknown address'}"),
            ("How and when", f"{name_origin(one)} (no monotonic clock is kept)"),
            ("Status", str(one["status"])),
            ("TLS", one["tls"] or "none"),
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
        seen = f"{look['state']}, {look['looked_at'] or 'not looked yet'} {look['cause']}"
        yield _table([("Last look", seen), ("Next look", look["due_at"] or "none")])
    for row in case.later:
        told = json.loads(row["content"])
        yield f"<h3>{_show(told['subject'])}</h3>{_block(told['body'])}"


def _list_entries(case: Case, facts: Mapping[str, Any]) -> Iterator[str]:
    versions = facts["watchlists"]
    yield _table([("Watchlists, when decided", versions["decided_with"])])
    if versions["copied"] and versions["copied"] != versions["decided_with"]:
        what = f"The watchlists were edited since: these are lines of {versions['copied']}."
        yield f"<p>{_show(what)}</p>"
    yield from (_block(text) for _, text in case.entries)


def _list_proof(facts: Mapping[str, Any]) -> Iterator[Pair]:
    yield "Made by", f"{facts['program']}, Python {facts['python']}"
    yield "First link of the chain here", str(facts["chain"]["first"])
    yield "Head of the chain", facts["chain"]["head"]
    for one in facts["timestamps"]:
        yield f"Time stamp of link {one['number']}", f"{one['at']} by {one['authority']}"
    if not facts["timestamps"]:
        yield "Time stamps", "none by an authority"


def _list_zones(case: Case) -> Iterator[str]:
    if case.notice is None:
        yield "<p>It could not be read by this program.</p>"
        return
    quotes = [hit["quote"] for hit in case.content["hits"]]
    english = gloss_title(mask_private(case.notice.title), case.notice.region)
    yield f"<p>{_show(english)}</p><p lang=zh>{_show(case.notice.title)}</p>"
    for zone in case.notice.zones:
        if zone.kind not in _CHROME:
            text = _highlight(zone.text, quotes)
            yield f'<p><b>{_show(zone.field)}</b></p><pre lang="zh">{text}</pre>'
