"""Check a case file of tender-monitor: python verify.py CASE.zip, or the folder of its files.

Needs Python 3.9 or later and nothing else: no network, no other package, not the program itself.
Prints one line per check; exits with 0 if all fits together, with 1 if anything does not, with 2
if there was nothing to check, or no head that was given lies in the case.
A case that fits together may have been written anew as a whole. That it was not is shown by a
head of the chain from elsewhere: --head NUMBER:HASH, as often as there are some.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import struct
import sys
import zipfile
import zlib
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, List, Tuple  # noqa: UP035 - Python 3.9

GENESIS = "0" * 64
MANIFEST, SEAL, CASE = "manifest.json", "manifest.sha256", "case.json"
LINKS, FACTS, ALERT = "chain/links.jsonl.gz", "chain/facts.jsonl", "alert.json"

_HEX = frozenset("0123456789abcdef")
_MASK = "[masked]"
_ATTRIBUTES = frozenset(
    "comment commenturl discard domain expires httponly max-age partitioned path port priority"
    " samesite secure version".split()
)

Files = Dict[str, bytes]  # noqa: UP006 - Python 3.9
Check = Callable[["Files"], Iterator[str]]


class WrongError(Exception):
    """Something in the case is not as it was written."""


def check_case(path: Path) -> Iterator[tuple[bool, str]]:
    """Yield whether each check held, and its line."""
    try:
        files, how = read_case(path)
    except Exception as error:  # noqa: BLE001 - damage may raise anything
        yield False, f"the case cannot be read: {_first_line(error)}"
        return
    yield how == "", how or f"{len(files)} files are there"
    for check in _CHECKS:
        try:
            for line in check(files):
                yield True, line
        except Exception as error:  # noqa: BLE001 - damage may raise anything
            yield False, f"{check.__name__.replace('_', ' ')}: {_first_line(error)}"


def read_case(path: Path) -> tuple[Files, str]:
    """Return the files of a ZIP or a folder by name, and what is wrong with the packing, or ''."""
    if path.is_dir():
        found = sorted(p for p in path.rglob("*") if p.is_file() or p.is_symlink())
        return {p.relative_to(path).as_posix(): p.read_bytes() for p in found}, ""
    whole = path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(whole)) as packed:
        entries = packed.infolist()
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
            raise WrongError("packed by another program; unpack it and check the folder")
        files = {entry.filename: packed.read(entry) for entry in entries}
    same = pack_files(files.items()) == whole
    return files, "" if same else "the ZIP itself is not as it was written"


def pack_files(files: Iterable[Tuple[str, bytes]]) -> bytes:  # noqa: UP006 - Python 3.9
    """Return a ZIP of files with ASCII names, stored, without times: the same bytes each time."""
    body, index, count = bytearray(), bytearray(), 0
    for name, found in files:
        title = name.encode("ascii")
        # Version 2.0, no flags, stored, 1980-01-01 00:00.
        facts = struct.pack(
            "<HHHHHIIIHH", 20, 0, 0, 0, 33, zlib.crc32(found), len(found), len(found), len(title), 0
        )
        index += b"PK\x01\x02" + struct.pack("<H", 3 << 8 | 20) + facts
        index += struct.pack("<HHHII", 0, 0, 0, 0o100600 << 16, len(body)) + title
        body += b"PK\x03\x04" + facts + title + found
        count += 1
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(index), len(body), 0)
    return bytes(body + index) + b"PK\x05\x06" + end


def mask_headers(headers: Iterable[Iterable[str]]) -> list[list[str]]:
    """Return headers without the values of cookies and keys; the archive has them as they came.

    What is masked already stays as it is.
    """
    return [[name, _mask_header(name.lower(), value)] for name, value in headers]


def _mask_header(name: str, value: str) -> str:
    if any(word in name for word in ("authorization", "token", "session", "api-key")):
        return _MASK
    if name not in ("cookie", "set-cookie", "set-cookie2"):
        return value
    return ";".join(
        _mask_pair(pair, plain=bool(place) and name != "cookie")
        for place, pair in enumerate(value.split(";"))
    )


def _mask_pair(pair: str, *, plain: bool) -> str:
    """Return a pair without its value; `plain` says that it may be an attribute of a cookie."""
    name, equals, value = pair.partition("=")
    plain = plain and name.strip().lower() in _ATTRIBUTES
    # Cookies that were joined to one line have the next one's name and value behind an attribute.
    return pair if plain and "=" not in value else f"{name}={_MASK}" if equals else _MASK


def digest_facts(facts: Any) -> str:
    """Return the SHA-256 of facts as JSON with sorted keys, UTF-8."""
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def hash_link(before: str, number: int, at: str, kind: str, subject: str, digest: str) -> str:
    """Return the hash of a link: SHA-256 of its parts and the hash before, a line each."""
    lines = "\n".join([before, str(number), at, kind, subject, digest])
    return hashlib.sha256(lines.encode("utf-8", "surrogatepass")).hexdigest()


def the_manifest(files: Files) -> Iterator[str]:
    """Compare every file with the list of hashes, and that list with its own."""
    _expect(files[SEAL].decode() == hash_bytes(files[MANIFEST]) + "\n", f"{MANIFEST} was altered")
    known = json.loads(files[MANIFEST])
    names = set(files) - {MANIFEST, SEAL}
    wrong = [f"{name} is missing" for name in sorted(set(known) - names)]
    wrong += [f"{name} is no file of the case" for name in sorted(names - set(known))]
    wrong += [
        f"{name} was altered"
        for name in sorted(names & set(known))
        if hash_bytes(files[name]) != known[name]
    ]
    _expect(not wrong, "; ".join(wrong))
    yield f"the SHA-256 of each of {len(known)} files is that of the manifest"


def the_chain(files: Files) -> Iterator[str]:
    """Compute the chain anew from before the first link of the case to its head."""
    chain = json.loads(files[CASE])["chain"]
    links = _read_links(files)
    _expect(chain["before"] == GENESIS or chain["first"] > 1, "the chain does not begin at 1")
    _expect(bool(links), "no links")
    number, last = max(links), links[max(links)]["link"]
    _expect(f"{number}:{last}" == chain["head"], f"the chain ends at {number}:{last[:16]}…")
    yield f"{len(links)} links of the chain follow from each other, up to {chain['head']}"


def the_facts(files: Files) -> Iterator[str]:
    """Compare what the case states with the digests in the chain."""
    links, facts = _read_links(files), _read_facts(files)
    for one in facts:
        link = links[one["number"]]
        what = f"{one['kind']} {one['subject']}"
        _expect((link["kind"], link["subject"]) == (one["kind"], one["subject"]), f"{what}: link")
        _expect(digest_facts(one["facts"]) == link["digest"], f"{what} is not what was chained")
        yield f"link {one['number']} of {link['at']}: {what}"


def the_captures(files: Files) -> Iterator[str]:
    """Compare the original bytes with the archived ones, and both with the chain."""
    chained = {
        one["subject"]: one["facts"] for one in _read_facts(files) if one["kind"] == "capture"
    }
    for one in json.loads(files[CASE])["captures"]:
        fact, body, packed = chained[one["record_id"]], files[one["original"]], files[one["warc"]]
        name = f"capture {one['original']}"
        _expect(hash_bytes(body) == fact["sha256"] == one["sha256"], f"{name}: bytes")
        _expect(fact["packed"] in ("", hash_bytes(packed)), f"{name}: archived bytes")
        archived, told = _unpack_warc(packed)
        _expect(archived == body, f"{name}: the archive holds other bytes")
        for key in ("url", "final_url", "fetched_at", "status", "tls", "peer", "sha256"):
            _expect(told[key] == one[key], f"{name}: {key}")
        same = mask_headers(told["headers"]) == mask_headers(one["headers"])
        _expect(same, f"{name}: headers")
        asked = (told.get("method", "GET"), told.get("sent", ""))
        _expect(asked == (one["method"], one["sent"]), f"{name}: what was asked")
        _expect(fact["status"] == one["status"] and fact["tls"] == one["tls"], f"{name}: facts")
        yield f"{name}: {len(body)} bytes of {one['fetched_at']}"


def the_alert(files: Files) -> Iterator[str]:
    """Compare the alert, the decision and the deliveries of the case with the chain."""
    alert, case = json.loads(files[ALERT]), json.loads(files[CASE])
    known: Dict[Tuple[str, str], Any] = {  # noqa: UP006 - Python 3.9
        (one["kind"], one["subject"]): one["facts"] for one in _read_facts(files)
    }
    fact = known["alert", alert["id"]]
    _expect(json.loads(fact["content"]) == alert["content"], "what was told")
    for key in ("verdict", "reason", "created_at"):
        _expect(fact[key] == alert[key], key)
    decision = known["decision", str(fact["notice"])]
    _expect(decision["verdict"] == alert["verdict"], "the verdict")
    _expect((case["alert"], case["source"]) == (fact["id"], fact["source"]), "the source")
    _expect(case["url"] == decision["url"], "the address of the notice")
    for one in case["later"]:
        told = json.loads(known["alert", one["alert"]]["content"])["later"]
        _expect({**one, **told} == one, f"later look {one['alert']}")
    for one in alert["deliveries"]:
        if one["state"] == "sent":
            sent = known["delivery", f"{alert['id']} {one['receiver']}"]
            _expect(sent["sent_at"] == one["sent_at"], f"delivery to {one['receiver']}")
    yield f"alert {alert['id']}: verdict, content and deliveries are those of the chain"


def the_time_stamps(files: Files) -> Iterator[str]:
    """Compare what was time-stamped with the chain; the signature needs a tool and a root."""
    links, stamps = _read_links(files), json.loads(files[CASE])["timestamps"]
    for one in stamps:
        data, token = files[one["data"]], files[one["token"]]
        _expect(data.decode() == links[one["number"]]["link"], f"{one['data']} is no link")
        _expect(hashlib.sha256(data).digest() in token, f"{one['token']} is of something else")
        how = f"openssl ts -verify -data {one['data']} -in {one['token']} -CAfile ROOT.pem"
        yield f"time stamp of link {one['number']} by {one['authority']}; its signature: {how}"
    if not stamps:
        yield "no time stamp of an authority is in this case"


_CHECKS: List[Check] = [  # noqa: UP006 - Python 3.9
    the_manifest, the_chain, the_facts, the_captures, the_alert, the_time_stamps,
]  # fmt: skip


def hash_bytes(found: bytes) -> str:
    """Return the SHA-256 of bytes."""
    return hashlib.sha256(found).hexdigest()


def _read_links(files: Files) -> dict[int, dict[str, Any]]:
    """Return the links of the case by number, each with its hash computed anew."""
    chain, links = json.loads(files[CASE])["chain"], {}
    before, number = chain["before"], chain["first"]
    for line in gzip.decompress(files[LINKS]).decode("utf-8", "surrogatepass").splitlines():
        at, kind, subject, digest = json.loads(line)
        before = hash_link(before, number, at, kind, subject, digest)
        links[number] = {
            "at": at, "kind": kind, "subject": subject, "digest": digest, "link": before,
        }  # fmt: skip
        number += 1
    return links


def _read_facts(files: Files) -> list[dict[str, Any]]:
    text = files[FACTS].decode("utf-8", "surrogatepass")
    return [json.loads(line) for line in text.split("\n") if line]


def _unpack_warc(packed: bytes) -> tuple[bytes, dict[str, Any]]:
    """Return the body of a response record, and what its metadata record tells of it."""
    members = []
    while packed:
        stream = zlib.decompressobj(zlib.MAX_WBITS + 16)
        members.append(stream.decompress(packed))
        _expect(stream.eof, "the archive is cut")
        packed = stream.unused_data
    _expect(len(members) == 2, "the archive holds no pair of records")
    (response, metadata) = (_read_payload(one) for one in members)
    return response.split(b"\r\n\r\n", 1)[1], json.loads(metadata)


def _read_payload(member: bytes) -> bytes:
    head, rest = member.split(b"\r\n\r\n", 1)
    sizes = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    return rest[: int(sizes[0].split(b":")[1])]


def _expect(holds: bool, what: str) -> None:
    if not holds:
        raise WrongError(what)


def _first_line(error: BaseException) -> str:
    said = (str(error).splitlines() or [""])[0][:300]
    return said if isinstance(error, WrongError) else f"{type(error).__name__}: {said}"


def check_heads(path: Path, heads: Iterable[str]) -> Iterator[tuple[bool | None, str]]:
    """Yield for each head that was noted elsewhere whether the case's chain passes through it.

    None where the case cannot know: it holds only the links from its own first to its newest.
    """
    links = _read_links(read_case(path)[0])
    first, last = min(links), max(links)
    for head in heads:
        number, noted = _split_head(head)
        if number < first:
            yield None, f"link {number} is older than this case, which has {first} to {last}"
        elif number > last:
            newer = f"link {number} is newer than this case, which has {first} to {last}"
            yield None, f"{newer}: have the case made again to compare it"
        else:
            same = links[number]["link"] == noted
            yield same, f"link {number} is {'' if same else 'not '}the one that was noted elsewhere"


def _split_head(head: str) -> tuple[int, str]:
    """Return number and hash of a head; raise ValueError for what is none."""
    number, _, noted = head.partition(":")
    noted = noted.strip().lower()
    if not number.isdecimal() or len(number) > 15 or len(noted) != 64 or set(noted) - _HEX:
        raise ValueError(f"{head[:100]!r} is no head: give NUMBER:HASH, as in 58:6488e3…")
    return int(number), noted


def find_obstacle(path: Path) -> str:
    """Return why there is no case to check at all, '' where there is one."""
    if not path.exists():
        return "no such file"
    try:
        if path.is_dir():
            names = {p.name for p in path.iterdir()}
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                names = set(packed.namelist())
                if any(entry.compress_type != zipfile.ZIP_STORED for entry in packed.infolist()):
                    return "packed by another program; unpack it and check the folder"
        else:
            return "" if path.read_bytes()[:4] == b"PK\x03\x04" else "it is no case file"
    except (OSError, ValueError, zipfile.BadZipFile):
        return ""  # damaged: the checks say how
    return "" if names & {MANIFEST, SEAL, CASE} else "no case is in it"


def main(arguments: list[str]) -> int:
    """Check the case that is named, by default the folder that this script lies in."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    heads, paths = _split_arguments(arguments)
    path = Path(paths[0]) if paths else Path(__file__).resolve().parent
    if len(paths) > 1 or any(word.startswith("-") for word in paths):
        return _refuse("usage: python verify.py [CASE.zip | FOLDER] [--head NUMBER:HASH]...")
    if obstacle := find_obstacle(path):
        return _refuse(f"{paths[0] if paths else path}: {obstacle}")
    try:
        for head in heads:
            _split_head(head)
    except ValueError as error:
        return _refuse(str(error))
    if not _show(check_case(path)):
        sys.stdout.write("SOMETHING IS NOT AS IT WAS WRITTEN\n")
        return 1
    return _judge(path, list(check_heads(path, heads)))


def _refuse(why: str) -> int:
    sys.stderr.write(f"{why}\nnothing was checked\n")
    return 2


def _judge(path: Path, found: List[Tuple[bool | None, str]]) -> int:  # noqa: UP006 - Python 3.9
    """Show what the heads from elsewhere say of a case that fits together; return the exit code."""
    _show(found)
    held = {one for one, _ in found}
    if False in held:
        sys.stdout.write("SOMETHING IS NOT AS IT WAS WRITTEN\n")
        return 1
    if True in held:
        sys.stdout.write("nothing was altered up to the links that were noted elsewhere\n")
        return 0
    head = json.loads(read_case(path)[0][CASE])["chain"]["head"]
    sys.stdout.write(
        "all fits together. Whoever held this file could have written all of it anew: compare its\n"
        f"head with one from elsewhere (a message, a backup): --head {head}\n"
    )
    if found:
        sys.stdout.write("none of the heads that were given lies in this case: they show nothing\n")
    return 2 if found else 0


def _split_arguments(arguments: list[str]) -> tuple[list[str], list[str]]:
    heads, paths, waiting = [], [], iter(arguments)
    for word in waiting:
        if word == "--head":
            heads.append(next(waiting, ""))
        else:
            paths.append(word)
    return heads, paths


def _show(checks: Iterable[Tuple[bool | None, str]]) -> bool:  # noqa: UP006 - Python 3.9
    """Print a line for each check; return whether none failed."""
    good = True
    for held, line in checks:
        shown = "".join(char if char.isprintable() else "?" for char in line)
        mark = {True: "ok", False: "FAIL", None: "?"}[held]
        sys.stdout.write(f"{mark:6}{shown}\n")
        good = good and held is not False
    return good


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
