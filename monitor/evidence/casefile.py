"""The case file of an alert: a ZIP that holds its evidence and the means to check it offline.

The same state gives the same bytes: no time of making, a fixed order, fixed packing.
"""

from __future__ import annotations

import gzip
import json
import os
import platform
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from monitor.alerting.render import render_alert
from monitor.evidence.gathering import Case, Exhibit
from monitor.evidence.offline import (
    ALERT,
    CASE,
    FACTS,
    LINKS,
    MANIFEST,
    SEAL,
    hash_bytes,
    mask_headers,
    pack_files,
)
from monitor.evidence.page import make_page
from monitor.evidence.wording import make_readme, write_notice
from monitor.text.privacy import mask_private

VERIFIER = "verify.py"


def write_case(case: Case, path: Path) -> None:
    """Write a case file, readable by its owner alone; an older one there is replaced."""
    draft = path.with_name(f".{path.name}.part")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(make_case(case))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def make_case(case: Case) -> bytes:
    """Return the ZIP of a case."""
    files = dict(_list_files(case))
    files[MANIFEST] = _write_json({name: hash_bytes(found) for name, found in files.items()})
    files[SEAL] = f"{hash_bytes(files[MANIFEST])}\n".encode()
    return pack_files(files.items())


def _list_files(case: Case) -> Iterator[tuple[str, bytes]]:
    facts = describe_case(case)
    yield "README.txt", make_readme(case, facts).encode()
    yield "index.html", make_page(case, facts).encode()
    yield VERIFIER, Path(__file__).with_name("offline.py").read_bytes()
    yield CASE, _write_json(facts)
    yield ALERT, _write_json({**_pick_alert(case), "deliveries": list(case.deliveries)})
    yield "message.txt", render_alert(case.content).body.encode("utf-8", "replace")
    yield "explanation.txt", _write_text("\n".join(case.why))
    yield "text/notice.txt", _write_text(write_notice(case))
    for number, (name, text) in enumerate(case.texts, start=1):
        yield f"text/attachment-{number}.txt", _write_text(f"{name}\n\n{text}")
    for number, one in enumerate(case.entries, start=1):
        yield f"watchlists/entry-{number}.yaml", one.text.encode()
    for number, exhibit in enumerate(case.exhibits, start=1):
        if exhibit.capture is not None:
            yield name_original(number, exhibit), exhibit.capture.body
            yield name_warc(number, exhibit), exhibit.packed
    yield from _list_proof(case)


def _list_proof(case: Case) -> Iterator[tuple[str, bytes]]:
    proof = case.proof
    rows = ([link.at, link.kind, link.subject, link.digest] for link in proof.links)
    # Only bad pages have lone surrogates; the chain digests them as they are.
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    yield LINKS, gzip.compress(lines.encode(), mtime=0)
    shown = (
        {"number": link.number, "kind": link.kind, "subject": link.subject, "facts": dict(facts)}
        for link, facts in proof.own
    )
    yield FACTS, "".join(json.dumps(one) + "\n" for one in shown).encode()
    links = {link.number: link for link in proof.links}
    for stamp in proof.stamps:
        data, token = _name_stamp(stamp.number)
        yield data, links[stamp.number].link.encode()
        yield token, stamp.token


def describe_case(case: Case) -> dict[str, Any]:
    """Return the facts of a case for programs; times are UTC."""
    proof, decision = case.proof, case.decision
    return {
        "alert": case.alert["id"],
        "source": case.source,
        "url": decision["url"],
        "program": f"tender-monitor {version('tender-monitor')}",
        "python": platform.python_version(),
        "watchlists": {"decided_with": decision["watchlist_version"], "copied": case.watchlists},
        "captures": [
            describe_exhibit(number, one)
            for number, one in enumerate(case.exhibits, start=1)
            if one.capture is not None
        ],
        "missing": [
            {"role": one.role, "record_id": one.record_id, "why": one.why}
            for one in case.exhibits
            if one.capture is None
        ],
        "looks": dict(case.look) if case.look else None,
        "later": [
            {"alert": row["id"], "at": row["created_at"], **json.loads(row["content"])["later"]}
            for row in case.later
        ],
        "chain": {
            "first": proof.links[0].number,
            "before": proof.before,
            "head": f"{proof.links[-1].number}:{proof.links[-1].link}",
        },
        "timestamps": [
            {
                "number": one.number, "authority": one.authority,
                "at": one.at.isoformat(timespec="seconds"),
                "data": _name_stamp(one.number)[0], "token": _name_stamp(one.number)[1],
            }
            for one in proof.stamps
        ],
    }  # fmt: skip


def describe_exhibit(number: int, one: Exhibit) -> dict[str, Any]:
    """Return how a capture came, without the values of cookies; no monotonic clock is kept."""
    capture = one.capture
    if capture is None:
        raise ValueError(one.record_id)
    return {
        "role": one.role, "name": mask_private(one.name), "record_id": one.record_id,
        "original": name_original(number, one), "warc": name_warc(number, one),
        "url": capture.url, "final_url": capture.final_url, "method": capture.method,
        "sent": capture.sent.decode("utf-8", "surrogateescape"),
        "fetched_at": capture.fetched_at.isoformat(), "monotonic": None,
        "status": capture.status, "headers": mask_headers(capture.headers),
        "peer": capture.peer, "tls": capture.tls, "sha256": capture.sha256,
        "packed": capture.packed,
    }  # fmt: skip


def name_original(number: int, one: Exhibit) -> str:
    """Return the name of a capture's original bytes; no program opens it by itself."""
    return f"originals/{number:02}-{one.role.replace(' ', '-')}.bin"


def name_warc(number: int, one: Exhibit) -> str:
    """Return the name of a capture's archived bytes."""
    return f"captures/{number:02}-{one.role.replace(' ', '-')}.warc.gz"


def _name_stamp(number: int) -> tuple[str, str]:
    return f"timestamps/{number}.txt", f"timestamps/{number}.tsr"


def _pick_alert(case: Case) -> dict[str, Any]:
    names = ("id", "verdict", "reason", "created_at")
    return {**{name: case.alert[name] for name in names}, "content": dict(case.content)}


def _write_json(value: Any) -> bytes:
    return (json.dumps(value, indent=1) + "\n").encode()


def _write_text(text: str) -> bytes:
    return (mask_private(text).rstrip("\n") + "\n").encode("utf-8", "replace")
