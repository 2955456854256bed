"""The plain texts of a case file: what it is and how to check it, and the notice as read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from monitor.evidence.gathering import Case
from monitor.models import ZoneKind

CHECKS = (
    "Unpacking is not needed: python verify.py CASE.zip (Python 3.9 or later, offline).",
    "In the unpacked folder: python verify.py",
    "It prints one line per check, and ends with 1 if anything does not fit together.",
    "A case that fits together could have been written anew by whoever held it. A head of the "
    "chain that was noted elsewhere shows that it was not: verify.py CASE.zip --head NUMBER:HASH",
    "Do you doubt the script itself? It is monitor/evidence/offline.py of the program's source; "
    "all that it does can be done by hand, as below.",
)
_README = """\
CASE FILE of alert {alert}

WHAT THIS IS
This file holds the evidence for one message ("alert") of tender-monitor, a program that reads
public procurement portals. It was made by {program} (Python {python})
from what the program had stored. It is complete in itself and can be checked without a network.

WHAT IT SHOWS, AND WHAT NOT
It shows which bytes a server answered, when, from which address; what the program read in them;
why it told of them, whom and when. It does not show that what the notice says is true. That
nobody who held this file, the operator among them, wrote it anew is shown only by a head of the
chain from elsewhere or by a time stamp. English is by glossary and rules; the Chinese decides.

WHERE TO BEGIN
index.html        everything in one page: open it in a browser, it loads nothing and runs nothing
message.txt       the message, written anew from what was sent
explanation.txt   why the program told of it
These three and text/ are for reading. What the chain proves is the evidence below.

THE EVIDENCE
originals/        the bytes as the servers answered (content coding undone), numbered as below
captures/         the same as archived (WARC, ISO 28500), with headers, time, peer and TLS verdict
text/             the notice, and its attachments, as the program reads them
watchlists/       the entries that counted, as their files have them now
alert.json        what was told, and what became of each delivery
case.json         all facts of the case for programs
chain/            links.jsonl.gz: the chain from the first link of this case to its head
                  facts.jsonl: what the links of this case are digests of
timestamps/       answers of a time-stamping authority (RFC 3161) about links of the chain, if any
manifest.json     the SHA-256 of each file; manifest.sha256 is that of the manifest

{captures}
{missing}
HOW TO CHECK IT
{checks}

By hand:
1. sha256sum of a file is what manifest.json says.
2. A link of the chain is the SHA-256 of six lines, joined by line feeds: the link before, its
   number, time, kind, subject, and digest. links.jsonl.gz has [time, kind, subject, digest] a
   line; the number of the first ({first}) and the link before it are in case.json.
3. A digest is the SHA-256 of the facts as JSON (UTF-8, keys sorted, no blanks). The facts of a
   capture hold the SHA-256 of its original bytes ("sha256") and of its archived ones ("packed").
4. The last link, the head, is {head}
   Compare it with any copy of a head noted elsewhere: in messages, backups, time stamps.
5. A time stamp: openssl ts -verify -data timestamps/N.txt -in timestamps/N.tsr -CAfile ROOT.pem
   where ROOT.pem is the certificate that the authority publishes.

PRIVATE PERSONS
In index.html, message.txt, explanation.txt and text/ telephone numbers, mailboxes, identity
numbers and labelled names of persons are masked. The raw evidence is as the portal published it:
originals/, captures/, chain/facts.jsonl and case.json (headers) may name officials and others,
and the chain names the receivers of messages. Keep this file as you keep other personal data
(the program wrote it with mode 0600), and pass on index.html rather than the whole where the
whole is not needed.

COOKIES
A server may have answered with cookies of its session. captures/ holds these headers (Set-Cookie)
as they came, for they are part of the evidence; in index.html and case.json the values are masked.
What the program itself sent with its requests (cookies, keys) is in no file of this case.

OPENING ORIGINALS
Files in originals/ end in .bin so that nothing opens them by mistake: they come from foreign
servers. A web page can be looked at offline under a name ending in .html; it may contain scripts.
"""


def make_readme(case: Case, facts: Mapping[str, Any]) -> str:
    """Return README.txt, for who has never seen the program."""
    return _README.format(
        alert=case.alert["id"],
        program=facts["program"],
        python=facts["python"],
        captures="\n".join(_list_captures(facts)),
        missing="\n".join(_list_missing(facts)),
        checks="\n".join(CHECKS),
        first=facts["chain"]["first"],
        head=facts["chain"]["head"],
    )


def _list_captures(facts: Mapping[str, Any]) -> Iterator[str]:
    for one in facts["captures"]:
        yield f"{one['original']}: {one['role']}, {name_origin(one)}"


def _list_missing(facts: Mapping[str, Any]) -> Iterator[str]:
    for one in facts["missing"]:
        yield f"not in this case: {one['role']} {one['record_id']}: it {one['why']}"


def name_origin(one: Mapping[str, Any]) -> str:
    """Return how a capture came, and when: what was imported, no server gave."""
    if one["tls"] == "imported":
        return f"imported from a file {one['fetched_at']}: the program asked no server for it"
    return f"fetched {one['fetched_at']}"


def write_notice(case: Case) -> str:
    """Return the text of a notice as read, zone by zone; none of page chrome."""
    if case.notice is None:
        return "The notice could not be read by this program."
    shown = [zone for zone in case.notice.zones if zone.kind is not ZoneKind.BOILERPLATE]
    return "\n\n".join(
        [case.notice.title, *(f"[{zone.kind}: {zone.field}]\n{zone.text}" for zone in shown)]
    )
