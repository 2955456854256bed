"""What the store holds, as plain rows: alerts, sources, and why a notice was told or not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from monitor.health import LATE_INTERVALS
from monitor.models import SourceState, Span
from monitor.outline import Outline
from monitor.screening.gloss import gloss_title
from monitor.store import Store
from monitor.store.database import Row
from monitor.store.sources import SourceRow
from monitor.text.privacy import mask_address, mask_private, mask_values


def list_sources(
    store: Store, outlines: Mapping[str, Outline], now: datetime
) -> Iterator[dict[str, Any]]:
    """Yield a row per source; one that was not read for two intervals shows as late."""
    known = {row.name: row for row in store.sources.list_all()}
    for name in sorted({*known, *outlines}):
        row = known.get(name)
        if row is None:
            yield {"source": name, "state": str(SourceState.NEW), "cause": "never polled"}
            continue
        lag = (now - row.last_good_at).total_seconds() if row.last_good_at else None
        outline = outlines.get(name)
        late = bool(outline and lag is not None and lag > LATE_INTERVALS * outline.every)
        state = SourceState.LATE if late and row.state is SourceState.CURRENT else row.state
        yield {
            "source": name,
            "state": str(state) if outline else _name_absence(row),
            "cause": row.cause if outline else "not in the configuration",
            "since": _iso(row.state_since),
            "last_good": _iso(row.last_good_at),
            "lag_seconds": round(lag) if lag is not None else None,
            "missed": row.missed,
            "advice": row.advice,
            "read_whole": [_span(span) for span in store.gaps.list_reach(name)],
            "gaps": [
                {**_span(gap.span), "state": str(gap.state), "why": gap.why}
                for gap in [*store.gaps.list_open(name), *store.gaps.list_lost(name)]
            ],
            "tls": outline.tls if outline else None,
            "proxy": outline.proxy if outline else None,
            "listings": row.last_listings,
            "waiting": store.notices.count_waiting(name),
            "next_check": _iso(row.next_check_at),
            "requests_today": store.sources.spent(outline.host, now.date()) if outline else None,
            "budget": outline.budget if outline else None,
            "sample": row.sample,
            "configured": outline is not None,
        }


def find_pause(store: Store) -> datetime | None:
    """Return since when nothing is fetched because the disk is full or low, None if it is."""
    disk = store.vitals.get("disk")
    return disk.at if disk and disk.value == "told" else None


def _name_absence(row: SourceRow) -> str:
    """Return what a source without a stanza is: one that was read once, or files alone."""
    return "removed" if row.last_attempt_at else "imported"


def list_alerts(
    store: Store, *, verdict: str = "", since: datetime | None = None, limit: int = 100
) -> Iterator[dict[str, Any]]:
    """Yield a row per alert, newest first, with what happened to its deliveries.

    `judgement` is what a reader said of it last, "" for nothing.
    """
    judged = store.judgements.read_newest()
    for row in store.alerts.list_alerts(verdict=verdict, since=since, limit=limit):
        content = json.loads(row["content"])
        buyer = content.get("buyer") or {}
        yield {
            "id": row["id"],
            "kind": row["kind"],
            "verdict": row["verdict"],
            "reason": row["reason"],
            "created_at": row["created_at"],
            "sample": bool(row["sample"]),
            "source": row["source"],
            "products": ", ".join(content.get("products") or ()),
            "buyer": buyer.get("name", ""),
            "buyer_en": buyer.get("name_en", ""),
            "title": content.get("title") or content.get("subject", ""),
            "title_en": content.get("title_en", ""),
            "url": content.get("url", ""),
            "deliveries": [dict(delivery) for delivery in row["deliveries"]],
            "judgement": judged.get(row["id"], ""),
        }


def explain_notice(store: Store, key: str) -> dict[str, Any] | None:
    """Return why a notice was told or not, by alert id or URL; None where it is unknown."""
    row = store.notices.find_notice(key)
    if row is None:
        return _explain_listing(store, key) or _explain_self_alert(store, key)
    match = mask_values(json.loads(row["match"]))
    fields = mask_values(json.loads(row["fields"]))
    return {
        "url": row["url"],
        "source": row["source"],
        "title": mask_private(row["title"]),
        "verdict": row["verdict"],
        "reason": row["reason"],
        "decision": row["decision"],
        "score": row["score"],
        "checkable": match["checkable"],
        "version": row["version"],
        "changed_fields": json.loads(row["changed_fields"]),
        "seen_at": row["seen_at"],
        "triage": row["triage"],
        "organ": match["organ"],
        "hits": match["hits"],
        "features": match["features"],
        "fields": fields,
        "evidence": {"sha256": row["sha256"], "record_id": row["record_id"]},
        "attachments": [
            {**mask_values(one), "read": bool(one["read"])}
            for one in store.documents.list_for(row["listing"])
        ],
        "watchlists": row["watchlist_version"],
        "twins": [asdict(link) for link in store.twins.find_links(row["listing"])],
        "alerts": list(_list_tellings(store, row["id"])),
    }


def _list_tellings(store: Store, notice: int) -> Iterator[dict[str, Any]]:
    """Yield what was told of a notice, to whom, and what readers said of it."""
    for alert in store.alerts.list_of_notice(notice):
        yield {
            "id": alert["id"],
            "reason": alert["reason"],
            "created_at": alert["created_at"],
            "deliveries": [dict(delivery) for delivery in alert["deliveries"]],
            "judgements": [dict(one) for one in store.judgements.list_for(alert["id"])],
        }


def _explain_listing(store: Store, url: str) -> dict[str, Any] | None:
    row = store.notices.find_listing(url)
    if row is None:
        return None
    return {
        "url": row["url"],
        "source": row["source"],
        "title": mask_private(row["title"]),
        "verdict": "none",
        "reason": "NOT_OPENED" if row["state"] == "recorded" else str(row["state"]).upper(),
        "decision": "",
        "triage": row["triage"],
        "error": row["error"],
        "attempts": row["attempts"],
        "first_seen_at": row["first_seen_at"],
    }


def _explain_self_alert(store: Store, key: str) -> dict[str, Any] | None:
    row = store.db.first("select * from alert where id = ? and kind = 'self'", [key])
    if row is None:
        return None
    content = json.loads(row["content"])
    return {
        "url": "",
        "source": row["source"] or "the program itself",
        "title": content["subject"],
        "verdict": "self",
        "reason": row["reason"],
        "decision": "",
        "triage": content["body"].replace("\n", "; "),
    }


def show_explanation(found: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of an explanation for a reader."""
    yield f"{found['verdict'].upper()}  {found['title']}"
    if english := gloss_title(found["title"]):
        yield f"          {english}"
    if found["url"]:
        yield f"  link      {found['url']}"
    yield f"  source    {found['source']}: {found['triage']}"
    yield f"  reason    {found['reason']}" + _told(found)
    if found.get("error"):
        yield f"  error     {found['error']} ({found['attempts']} tries)"
    if "features" not in found:
        return
    yield from _show_twins(found)
    organ = found["organ"]
    buyer = f"{organ['name']} = {organ['name_en']}" if organ else "no security organ"
    yield f"  buyer     {buyer}"
    yield f"  score     {found['score']}  checkable: {'yes' if found['checkable'] else 'no'}"
    for feature in found["features"]:
        yield f"  {feature['weight']:+.2f}  {feature['name']}: {feature['why']}"
    yield from _show_hits(found["hits"])
    yield f"  evidence  sha256 {found['evidence']['sha256']}"
    yield f"            {found['evidence']['record_id']}"
    for one in found["attachments"]:
        yield f"  attached  {one['name']}: {one['why'] or 'read'}"
        if one["sha256"]:
            yield f"            sha256 {one['sha256']}"
            yield f"            {one['record_id']}"


def show_history(found: dict[str, Any]) -> Iterator[str]:
    """Yield whom a notice was told to and what readers said of it: for the readers themselves."""
    for alert in found.get("alerts", ()):
        name = f"alert {alert['id']}, {alert['reason']}"
        for one in alert["deliveries"]:
            at = f" {one['sent_at'][:16]} UTC" if one["sent_at"] else ""
            why = f" ({one['error']})" if one["error"] else ""
            yield f"  told      {one['receiver']}: {one['state']}{at}{why}; {name}"
        if not alert["deliveries"]:
            yield f"  told      nobody; {name}"
        for one in alert["judgements"]:
            note = f": {one['note']}" if one["note"] else ""
            yield f"  judged    {one['verdict']} {one['judged_at'][:16]} UTC{note}"


def _show_hits(hits: list[dict[str, Any]]) -> Iterator[str]:
    """Yield a line per hit; what stands several times at one place, once."""
    shown: dict[str, str] = {}
    for hit in hits:
        place = f"{hit['entry']} [{hit['stance']}] {hit['field']}"
        place += f" of {hit['place']}" if hit.get("place") else ""
        shown.setdefault(f"{place}: 「{hit['quote']}」", hit["why"])
    yield from (f"  hit   {line} ({why})" for line, why in shown.items())


def _show_twins(found: dict[str, Any]) -> Iterator[str]:
    """Yield which notice this one is the same as, and where else it stands."""
    place = (found["source"], found["url"])
    why = {(twin["source"], twin["url"]): twin["why"] for twin in found["twins"]}
    for number, (source, url) in enumerate(why):
        if (source, url) != place:
            first = number == 0 and why.get(place)
            label, reason = ("same as", f" ({why[place]})") if first else ("also at", "")
            yield f"  {label}   {source}: {url}{reason}"


def _told(found: dict[str, Any]) -> str:
    return f", decided: {found['decision']}" if found["decision"] else ""


def _span(span: Span) -> dict[str, str | None]:
    return {"since": _iso(span.since), "until": _iso(span.until)}


def list_unchecked(store: Store, limit: int) -> Iterator[dict[str, Any]]:
    """Yield the notices of organs that could not be checked whole, and what was not read."""
    for row in store.documents.list_unchecked(limit):
        match, fields = json.loads(row["match"]), json.loads(row["fields"])
        unread = [one for one in store.documents.list_for(row["listing"]) if not one["read"]]
        yield {
            "url": row["url"],
            "source": row["source"],
            "title": mask_private(row["title"]),
            "title_en": gloss_title(row["title"], fields["region"]),
            "buyer": match["organ"]["name"],
            "buyer_en": match["organ"]["name_en"],
            "verdict": row["verdict"],
            "reason": row["reason"],
            "attachments": [
                {"name": one["name"], "url": mask_address(one["url"]), "why": one["why"]}
                for one in unread
            ],
            "next_try": row["recheck_at"],
        }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def list_issues(store: Store) -> list[Row]:
    """Return what could not be understood, newest first."""
    return [mask_values(row) for row in store.sources.list_issues()]
