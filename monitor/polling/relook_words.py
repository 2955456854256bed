"""What is told of later looks: of one notice, of a whole site, and of told ones alone. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from monitor.alerting.defuse import defuse, make_link
from monitor.alerting.selfalert import make_self_alert
from monitor.models import Capture
from monitor.polling.controls import Case, Control, Controls
from monitor.store.alerts import AlertKind, NewAlert
from monitor.store.relooks import Look, RelookState
from monitor.text.dates import CHINA
from monitor.text.privacy import mask_private

_LONGEST_VALUE = 300


def make_look_alert(
    source: str, reason: str, case: Case, now: datetime, controls: Controls
) -> NewAlert:
    """Return the alert of a look; the same news of the same alert always has the same id."""
    look, told, seen = case.look, case.told, case.seen
    withdrawn = seen.state is RelookState.WITHDRAWN
    news = "withdrawn" if withdrawn else repr(seen.differences)
    name = hashlib.sha256(f"{look.alert}\n{news}".encode("utf-8", "replace")).hexdigest()[:16]
    heading = "Withdrawn at the source" if withdrawn else "Changed at the source"
    title = look.content.get("title_en") or look.content["title"]
    content: dict[str, Any] = {
        "subject": mask_private(f"{heading}: {title}"),
        "body": "\n".join([*_write_body(case, now), *_write_controls(controls)]),
        "sample": look.sample,
        # As in the alert of a notice: what an alert names here is kept for good.
        "evidence": _name_capture(seen.capture),
        "exhibits": [
            {"name": "as told", **_name_capture(told.capture)},
            *({"name": mask_private(name), **_name_capture(one)} for name, one in seen.files),
            *_list_exhibits(controls),
        ],
        "later": {
            "of": look.alert,
            "state": str(seen.state),
            "cause": seen.cause,
            "before": told.capture.record_id,
            "after": seen.capture.record_id,
            "controls": [one.seen.capture.record_id for one in controls.all],
            "differences": [
                {name: mask_private(text) for name, text in asdict(one).items()}
                for one in seen.differences
            ],
        },
    }
    if thread := look.content.get("thread"):
        content["thread"] = thread
    return NewAlert(
        name, AlertKind.SELF, source, look.notice, look.verdict, reason, "", look.sample, content
    )


def make_site_alert(
    source: str, news: Sequence[Case], now: datetime, controls: Controls
) -> NewAlert:
    """Return the alert of a whole site; the same for all of one week."""
    gone = news[0].seen.state is RelookState.WITHDRAWN
    what = "are gone" if gone else "look different"
    why = "the site was moved or rebuilt" if gone else "the pages of the site were rebuilt"
    lines = [
        f"All told notices of the source '{source}' that were looked at again {what}.",
        f"It is likely that {why}; else all of them were {'taken down' if gone else 'edited'}.",
        *_write_controls(controls),
        *_list_cases(news),
        f"Compare one: tender-monitor evidence {news[0].look.alert}",
        "Where it is the site: see with tender-monitor check --live whether it is still read.",
        "What more is seen so this week is named in one message at its end.",
    ]
    subject = f"Source {source}: told notices {what}, all at once"
    return _make_weekly(subject, lines, source, news, now, controls)


def make_sweep_alert(
    source: str, news: Sequence[Case], now: datetime, controls: Controls
) -> NewAlert:
    """Return the summary of told notices that differ while others of their days do not."""
    gone = news[0].seen.state is RelookState.WITHDRAWN
    what = "are gone" if gone else "were edited"
    rest = "are still there" if gone else "are as they were"
    lines = [
        f"All told notices of the source '{source}' that were looked at again {what}.",
        f"It is not the whole site: other notices {rest}. Each told one has its own message.",
        *_write_controls(controls),
        *_list_cases(news),
        f"Compare one: tender-monitor evidence {news[0].look.alert}",
    ]
    subject = f"Source {source}: told notices {what}, others {rest}"
    return _make_weekly(subject, lines, source, news, now, controls)


def _make_weekly(
    subject: str,
    lines: Sequence[str],
    source: str,
    news: Sequence[Case],
    now: datetime,
    controls: Controls,
) -> NewAlert:
    sample = news[0].look.sample
    alert = make_self_alert(subject, lines, source=source, sample=sample, now=now)
    week = hashlib.sha256(f"{subject}\n{now:%G-%V}".encode()).hexdigest()[:16]
    content = {**alert.content, "exhibits": list(_list_exhibits(controls))}
    return replace(alert, id=week, content=content)


def _list_cases(news: Sequence[Case]) -> list[str]:
    return [f"Alert {case.look.alert}: {_show_title(case.look)}" for case in news]


def _show_title(look: Look) -> str:
    return _show(look.content.get("title_en") or look.content["title"])


def _name_capture(capture: Capture) -> dict[str, str]:
    fetched = capture.fetched_at.isoformat(timespec="seconds")
    return {"sha256": capture.sha256, "record_id": capture.record_id, "fetched_at": fetched}


def _list_exhibits(controls: Controls) -> Iterator[dict[str, str]]:
    for one in controls.all:
        yield {"name": "control, as before", **_name_capture(one.told.capture)}
        yield {"name": "control, now", **_name_capture(one.seen.capture)}


def _write_controls(controls: Controls) -> Iterator[str]:
    """Yield what other notices showed, nothing where none was asked for."""
    if controls.there:
        yield (
            "Other notices of this source of about the same days are still there, looked at at "
            "the same time:"
        )
        yield from map(_write_control, controls.there)
    if controls.alike:
        one = len(controls.alike) == 1
        who = "1 notice" if one else f"{len(controls.alike)} notices"
        yield f"{who} that nobody was told of differ{'s' if one else ''} as well:"
        yield from map(_write_control, controls.alike)
    if controls.why:
        yield f"No notice that nobody was told of could be read beside them: {_show(controls.why)}"


def _write_control(one: Control) -> str:
    link = make_link(one.listing.url) or _show(one.listing.listing_id)
    day = one.day.astimezone(CHINA)
    return f"- {link} ({day:%Y-%m-%d}; now: capture {one.seen.capture.record_id})"


def _write_body(case: Case, now: datetime) -> list[str]:
    """Return the lines of a message that needs no other beside it."""
    look, seen = case.look, case.seen
    content, buyer = look.content, look.content.get("buyer") or {}
    withdrawn = seen.state is RelookState.WITHDRAWN
    what = "is no longer at its source" if withdrawn else "has changed at its source"
    lines = [
        f"A notice {what} since it was told as alert {look.alert}.",
        f"Notice: {_show(content.get('title_en'))}",
        f"Original title: {_show(content['title'])}",
        f"Buyer: {_show(buyer.get('name_en'))} ({_show(buyer.get('name'))})",
        f"Link: {make_link(look.listing.url) or 'none that is safe'}",
        f"Told: {look.told_at:%Y-%m-%d %H:%M} UTC",
    ]
    if withdrawn and look.looked_at is not None:
        lines.append(f"Found gone: {look.looked_at:%Y-%m-%d} and {now:%Y-%m-%d} (UTC)")
        lines.append(f"How: {_show(seen.cause)}")
    for one in seen.differences:
        field = _show(one.field)
        lines += [f"{field}, as told: {_show(one.old)}", f"{field}, now: {_show(one.new)}"]
    if seen.cause and not withdrawn:
        lines.append(f"Note: {_show(seen.cause)}")
    return [*lines, *_write_versions(case)]


def _write_versions(case: Case) -> list[str]:
    told, seen = case.told.capture, case.seen.capture
    return [
        f"As told: capture {told.record_id}, SHA-256 {told.sha256}",
        f"Now: capture {seen.record_id}, SHA-256 {seen.sha256}",
        f"Both are kept: tender-monitor evidence {case.look.alert}",
    ]


def _show(text: object) -> str:
    """Return a value of a notice, harmless to show; what the notice does not say is a dash."""
    return defuse(mask_private(str(text or "")), _LONGEST_VALUE) or "–"
