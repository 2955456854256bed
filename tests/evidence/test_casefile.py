"""The case file of an alert: what it holds, and that no byte of it can be altered unseen."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import re
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.message import Message
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerting.selfalert import make_self_alert
from monitor.evidence import offline
from monitor.evidence.casefile import make_case, write_case
from monitor.evidence.gathering import Case, CaseError, Gatherer
from monitor.evidence.offline import check_case, main, pack_files
from monitor.reading.views import explain_notice, show_explanation
from monitor.sample.server import Response, SamplePortal
from monitor.store.chain import LinkKind, digest_facts, hash_link
from tests.kit.house import House, make_award, open_house
from tests.kit.program import run_once, write_config

PHONE = "13800000000"
SESSION = "5e55104"
SCRIPT = "<script>alert(1)</script>"


def find_alert(house: House) -> str:
    row = house.rooms.store.db.first("select id from alert where kind = 'notice'")
    assert row is not None
    return str(row["id"])


def gather(house: House) -> Case:
    gatherer = Gatherer(
        house.rooms.store, house.config.state, house.setup.screener.watchlists,
        house.config.sources["local"], house.rooms.documents,
    )  # fmt: skip
    return gatherer.gather(find_alert(house), ["because it says so"])


@contextmanager
def told_house(folder: Path, **changes: object) -> Iterator[House]:
    """Give a house that has told of one award, with an attachment, and had it accepted."""
    folder.mkdir(exist_ok=True)
    with open_house(folder, [make_award(1, attachments=("清单.pdf",), **changes)]) as house:
        house.poll()
        alerts = house.rooms.store.alerts
        alerts.release("baseline:local", house.clock())
        row = house.rooms.store.db.first("select id, alert, receiver from delivery")
        assert row is not None
        house.rooms.store.db.execute(
            "update delivery set state = 'sent', sent_at = created_at where id = ?", [row["id"]]
        )
        subject = f"{row['alert']} {row['receiver']}"
        house.rooms.store.chain.append(LinkKind.DELIVERY, subject, house.clock())
        yield house


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    with told_house(tmp_path_factory.mktemp("case"), note=f"{SCRIPT} 电话：{PHONE}") as house:
        return make_case(gather(house))


def unpack(packed: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def judge(folder: Path, packed: bytes) -> list[str]:
    """Return the checks that did not hold."""
    path = folder / "case.zip"
    path.write_bytes(packed)
    return [line for held, line in check_case(path) if not held]


def repack(files: dict[str, bytes]) -> bytes:
    """Return a case whose manifest says that all is well."""
    inner = {n: f for n, f in files.items() if not n.startswith("manifest.")}
    known = {name: hashlib.sha256(found).hexdigest() for name, found in inner.items()}
    manifest = json.dumps(known).encode()
    seal = f"{hashlib.sha256(manifest).hexdigest()}\n".encode()
    return pack_files({**inner, "manifest.json": manifest, "manifest.sha256": seal}.items())


def test_a_case_holds_the_evidence_and_checks_itself_offline(packed: bytes, tmp_path: Path) -> None:
    files = unpack(packed)
    assert set(files) == {
        "README.txt", "index.html", "verify.py", "case.json", "alert.json", "message.txt",
        "explanation.txt", "text/notice.txt", "text/attachment-1.txt",
        "watchlists/entry-1.yaml", "watchlists/entry-2.yaml",
        "originals/01-notice.bin", "captures/01-notice.warc.gz",
        "originals/02-list.bin", "captures/02-list.warc.gz",
        "originals/03-attachment.bin", "captures/03-attachment.warc.gz",
        "chain/links.jsonl.gz", "chain/facts.jsonl", "manifest.json", "manifest.sha256",
    }  # fmt: skip
    path = tmp_path / "case.zip"
    path.write_bytes(packed)
    (tmp_path / "verify.py").write_bytes(files["verify.py"])
    done = subprocess.run(
        [sys.executable, "-I", "-S", "verify.py", "case.zip"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "\nall fits together." in done.stdout
    assert done.stdout.count("\nok    ") >= 10


def test_only_a_head_from_elsewhere_shows_that_a_case_was_not_written_anew(
    packed: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "case.zip"
    path.write_bytes(packed)
    head = json.loads(unpack(packed)["case.json"])["chain"]["head"]
    assert main([str(path), "--head", head]) == 0
    assert capsys.readouterr().out.endswith("up to the links that were noted elsewhere\n")
    number = head.partition(":")[0]
    forged, later, earlier = (f"{one}:{'0' * 64}" for one in (number, int(number) + 1, 0))
    assert main([str(path), "--head", forged]) == 1
    assert capsys.readouterr().out.endswith("\nSOMETHING IS NOT AS IT WAS WRITTEN\n")
    for beyond, said in ((later, "newer than this case"), (earlier, "older than this case")):
        assert main([str(path), "--head", beyond]) == 2
        assert said in (shown := capsys.readouterr().out)
        assert "SOMETHING" not in shown
        assert main([str(path), "--head", beyond, "--head", head]) == 0
        assert main([str(path), "--head", beyond, "--head", forged]) == 1
        capsys.readouterr()
    for slip in ("foo", "5", f"{number}:ab", ""):
        assert main([str(path), "--head", slip]) == 2
        assert "give NUMBER:HASH" in capsys.readouterr().err


def test_the_folder_of_an_unpacked_case_checks_itself(packed: bytes, tmp_path: Path) -> None:
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        archive.extractall(tmp_path)
    command = [sys.executable, "-I", "-S", str(tmp_path / "verify.py")]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603
    (tmp_path / "originals" / "more.bin").write_bytes(b"")
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 1
    assert "originals/more.bin is no file of the case" in done.stdout


def test_a_flipped_bit_anywhere_in_the_zip_is_found(packed: bytes, tmp_path: Path) -> None:
    rng = random.Random(5)  # noqa: S311
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        inside = [(one.header_offset, one.filename) for one in archive.infolist()]
    places = [at + 30 + len(name) + 1 for at, name in inside]
    places += [rng.randrange(len(packed)) for _ in range(200)]
    flips = [(place, rng.randrange(8)) for place in places]
    # Flags say that a file is encrypted, or a patch: the library refuses these in its own ways.
    flips += [(inside[0][0] + 6, bit) for bit in range(8)]
    for place, bit in flips:
        damaged = bytearray(packed)
        damaged[place] ^= 1 << bit
        assert judge(tmp_path, bytes(damaged)), f"byte {place}, bit {bit}"
    assert judge(tmp_path, packed[:-1])
    assert judge(tmp_path, packed + b"\n")


@pytest.mark.parametrize("name", [
    "originals/01-notice.bin", "captures/02-list.warc.gz", "alert.json", "case.json",
    "chain/facts.jsonl", "chain/links.jsonl.gz",
])  # fmt: skip
def test_who_writes_the_manifest_anew_is_found_by_the_chain(
    packed: bytes, tmp_path: Path, name: str
) -> None:
    files = unpack(packed)
    text = files[name]
    changed = {
        "alert.json": text.replace(b'"alert"', b'"review"'),
        "case.json": text.replace(b'"method": "GET"', b'"method": "PUT"'),
        "chain/facts.jsonl": text.replace(b"2026-11-22", b"2026-11-21"),
        "chain/links.jsonl.gz": gzip.compress(
            gzip.decompress(files["chain/links.jsonl.gz"]).replace(b"2026", b"2025")
        ),
    }.get(name, text[:-1] + bytes([text[-1] ^ 1]))
    assert changed != text
    assert judge(tmp_path, repack(files)) == []
    assert judge(tmp_path, repack({**files, name: changed}))


def test_a_case_without_one_of_its_files_is_found(packed: bytes, tmp_path: Path) -> None:
    files = unpack(packed)
    for name in files:
        assert judge(tmp_path, pack_files((n, f) for n, f in files.items() if n != name)), name


def test_the_same_state_gives_the_same_bytes(tmp_path: Path) -> None:
    with told_house(tmp_path) as house:
        assert make_case(gather(house)) == make_case(gather(house))


def test_the_page_loads_nothing_runs_nothing_and_names_nobody(packed: bytes) -> None:
    page = unpack(packed)["index.html"].decode()
    assert "default-src 'none'" in page
    tags = set(re.findall(r"<\s*([a-z0-9]+)", page))
    assert tags <= {
        "html", "head", "meta", "title", "style", "body", "section", "h1", "h2", "h3", "p", "b",
        "table", "tr", "th", "td", "pre", "mark", "small", "ul", "li",
    }  # fmt: skip
    assert not re.search(r"\b(?:src|href|on\w+)=", page)
    assert "&lt;script&gt;" in page
    assert "<mark>希捷</mark>" in page
    assert "48" in page
    assert "Seagate" in page


def test_the_page_says_in_words_what_the_program_names_by_ids(packed: bytes) -> None:
    page = unpack(packed)["index.html"].decode()
    assert "Alert – told for the first time" in page
    assert "in item 1: brand" in page
    assert "<li>Names that are enough: 希捷, 希捷科技, Seagate</li>" in page
    plain = re.sub(r"<style>.*?</style>|<small>.*?</small>", "", page, flags=re.DOTALL)
    for jargon in ("FIRST_MATCH", "items[", "seagate [", "pattern:", "not_seen", "(?!"):
        assert jargon not in plain, jargon
    assert "FIRST_MATCH" in page


def test_every_hit_that_the_explanation_names_is_marked(tmp_path: Path) -> None:
    note = (
        "另配希捷酷鹰硬盘两块；旧设备为西部数据硬盘，\n\n须用希捷 ST8000VX004 替换；不接受SkyHawk。"
    )
    with told_house(tmp_path, note=note) as house:
        name = find_alert(house)
        found = explain_notice(house.rooms.store, name)
        assert found is not None
        why = list(show_explanation(found))
        page = unpack(make_case(gather(house)))["index.html"].decode()
    quotes = [line.partition("「")[2].partition("」")[0] for line in why if "  hit " in line]
    assert len(quotes) > 3
    shown = page.partition("<h2>Where the text says so</h2>")[2].partition("</section>")[0]
    whole = page.partition("<h2>The notice as the program reads it</h2>")[2]
    for part in (shown, whole):
        marked = ["".join(one.split()) for one in re.findall("<mark>(.*?)</mark>", part, re.DOTALL)]
        for quote in quotes:
            bare = "".join(quote.strip("…").split())
            assert any(bare in one for one in marked), quote


def test_session_cookies_stand_in_the_archived_bytes_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[str]()

    def answer(portal: SamplePortal, path: str, headers: Message) -> Response:
        asked.append(headers.get("Cookie", ""))
        found = plain(portal, path, headers)
        return replace(found, headers=(*found.headers, ("Set-Cookie", f"sid={SESSION}; Path=/")))

    plain = SamplePortal.answer
    monkeypatch.setattr(SamplePortal, "answer", answer)
    with told_house(tmp_path / "house") as house:
        packed = make_case(gather(house))
    assert f"sid={SESSION}" in asked
    files = unpack(packed)
    opened = {n: gzip.decompress(f) if n.endswith(".gz") else f for n, f in files.items()}
    assert {name for name, found in opened.items() if SESSION.encode() in found} == {
        name for name in files if name.startswith("captures/")
    }
    assert "Set-Cookie: sid=[masked]; Path=/" in files["index.html"].decode()
    assert "Set-Cookie" in files["README.txt"].decode()
    for found in opened.values():
        assert not re.search(rb"(?m)^(?:Cookie|Authorization):", found)
    assert judge(tmp_path, packed) == []


@pytest.mark.parametrize(("name", "value", "shown"), [
    ("Set-Cookie", "sid=ab=c; Path=/; HttpOnly", "sid=[masked]; Path=/; HttpOnly"),
    ("set-cookie2", 'sid="a"; Version="1"', 'sid=[masked]; Version="1"'),
    ("Set-Cookie", "a=1; Path=/, b=2; Secure", "a=[masked]; Path=[masked]; Secure"),
    ("Set-Cookie", "a=1, b=2", "a=[masked]"),
    ("Set-Cookie", "a=1; Expires=Wed, 25 Nov 2026 04:00:00 GMT",
     "a=[masked]; Expires=Wed, 25 Nov 2026 04:00:00 GMT"),
    ("Set-Cookie", "bare", "[masked]"),
    ("Set-Cookie", "path=1; path=/", "path=[masked]; path=/"),
    ("Set-Cookie", "version=1", "version=[masked]"),
    ("Cookie", "path=1; b=2", "path=[masked]; b=[masked]"),
    ("Authorization", "Bearer x", "[masked]"),
    ("X-Auth-Token", "x", "[masked]"),
    ("Content-Type", "text/html; charset=gbk", "text/html; charset=gbk"),
])  # fmt: skip
def test_a_header_shows_no_secret(name: str, value: str, shown: str) -> None:
    assert offline.mask_headers([(name, value)]) == [[name, shown]]
    assert offline.mask_headers([(name, shown)]) == [[name, shown]]


def test_persons_are_masked_in_texts_and_kept_in_the_raw_evidence(packed: bytes) -> None:
    files = unpack(packed)
    shown = [n for n in files if n.endswith((".txt", ".html")) or n == "alert.json"]
    assert [name for name in shown if PHONE.encode() in files[name]] == []
    assert PHONE.encode() in files["originals/01-notice.bin"]
    readme = files["README.txt"].decode()
    assert "PRIVATE PERSONS" in readme
    assert "0600" in readme


def test_the_original_bytes_are_those_of_the_archive(tmp_path: Path) -> None:
    with told_house(tmp_path) as house:
        case = gather(house)
        files = unpack(make_case(case))
        roles = [one.role for one in case.exhibits]
        assert roles == ["notice", "list", "attachment"]
        own = case.exhibits[0].capture
        assert own is not None
        assert files["originals/01-notice.bin"] == own.body
        [told] = [
            one for one in json.loads(files["case.json"])["captures"] if one["role"] == "list"
        ]
        assert (told["url"], told["method"], told["status"]) == (
            house.config.sources["local"].lists[0], "GET", 200,
        )  # fmt: skip
        assert (
            "id: seagate"
            in files["watchlists/entry-1.yaml"].decode() + files["watchlists/entry-2.yaml"].decode()
        )


def test_a_case_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    with told_house(tmp_path / "house") as house:
        path = tmp_path / "case.zip"
        path.write_bytes(b"older")
        write_case(gather(house), path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert [line for held, line in check_case(path) if not held] == []
        assert sorted(p.name for p in tmp_path.iterdir()) == ["case.zip", "house"]


def test_an_alert_of_the_program_itself_and_an_unknown_one_have_no_case(tmp_path: Path) -> None:
    with told_house(tmp_path) as house:
        alert = make_self_alert("Source local is late", ["late"], now=house.clock())
        house.rooms.store.alerts.enqueue(alert, ["terminal"], house.clock())
        gatherer = Gatherer(house.rooms.store, house.config.state)
        with pytest.raises(CaseError, match="about the program itself"):
            gatherer.gather(alert.id)
        with pytest.raises(CaseError, match="no alert 'nothing'"):
            gatherer.gather("nothing")


def test_bytes_that_were_removed_are_said_and_the_notices_own_end_the_case(tmp_path: Path) -> None:
    with told_house(tmp_path) as house:
        case = gather(house)
        chain, gatherer = house.rooms.store.chain, Gatherer(house.rooms.store, house.config.state)
        for one in case.exhibits:
            chain.append(LinkKind.REMOVAL, f"bytes {one.record_id}", house.clock())
        for path in house.config.state.glob("captures/*/*"):
            path.unlink()
        with pytest.raises(CaseError, match="removed on purpose"):
            gatherer.gather(find_alert(house))


def test_a_later_look_is_in_the_case_of_its_notice_with_both_versions(tmp_path: Path) -> None:
    from tests.polling.test_relook import edit_quietly, later, pass_days

    with told_house(tmp_path / "house") as house:
        edit_quietly(house, 1, supplier="样例远山科技有限公司")
        pass_days(house, 3)
        [change] = later(house)
        gatherer = Gatherer(house.rooms.store, house.config.state)
        case = gatherer.gather(change["id"])
        packed = make_case(case)
        files = unpack(packed)
        assert case.alert["id"] == find_alert(house)
        assert [one.role for one in case.exhibits] == ["notice", "list", "attachment", "later look"]
        assert "远山" in files["originals/04-later-look.bin"].decode()
        assert "suppliers, as told" in files["index.html"].decode()
        assert judge(tmp_path, packed) == []


def test_a_source_that_is_configured_no_more_still_has_its_evidence(tmp_path: Path) -> None:
    with told_house(tmp_path / "house") as house:
        case = replace(gather(house), notice=None)
        plain = Gatherer(house.rooms.store, house.config.state).gather(find_alert(house))
        assert plain.notice is not None
        assert "希捷" in unpack(make_case(plain))["text/notice.txt"].decode()
        assert judge(tmp_path, make_case(case)) == []


def test_what_was_imported_is_not_said_to_be_fetched(tmp_path: Path) -> None:
    with told_house(tmp_path) as house:
        case = gather(house)
        own = case.exhibits[0]
        assert own.capture is not None
        imported = replace(own, capture=replace(own.capture, tls="imported"))
        files = unpack(make_case(replace(case, exhibits=(imported, *case.exhibits[1:]))))
        for name in ("README.txt", "index.html"):
            text = files[name].decode()
            assert text.count("the program asked no server for it") == 1
            assert text.count("fetched 2026-11-22T") == 2


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8) | st.integers(), max_size=4))
def test_the_script_digests_as_the_chain_does(facts: dict[str, str | int]) -> None:
    assert offline.digest_facts(facts) == digest_facts(facts)
    parts = ("0" * 64, 7, "2026", "alert", "".join(facts), digest_facts(facts))
    assert offline.hash_link(*parts) == hash_link(*parts)


def test_the_zip_of_the_script_is_one_that_every_program_reads() -> None:
    files = {"a.txt": b"one", "b/c.bin": bytes(range(256))}
    with zipfile.ZipFile(BytesIO(pack_files(files.items()))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == files


def test_the_command_writes_a_case_or_says_in_one_line_why_not(tmp_path: Path) -> None:
    with told_house(tmp_path) as house:
        name = find_alert(house)
        write_config(tmp_path, "  other: {portal: ccgp, lists: ['http://127.0.0.1/']}")
        out = tmp_path / "out.zip"
        code, shown, errors = run_once(tmp_path, "evidence", name, "--out", str(out))
        assert (code, str(out) in shown) == (0, True), errors
        assert [line for held, line in check_case(out) if not held] == []
        code, _, errors = run_once(tmp_path, "evidence", name, "--out", str(out))
        assert (code, "is there already" in errors) == (1, True)
        code, _, errors = run_once(tmp_path, "evidence", "nothing")
        assert (code, errors.count("\n")) == (1, 1)
        assert "no alert 'nothing'" in errors


def test_what_is_stored_otherwise_than_it_was_written_is_no_case(tmp_path: Path) -> None:
    with told_house(tmp_path) as house:
        name = find_alert(house)
        house.rooms.store.db.execute("update alert set verdict = 'none' where id = ?", [name])
        write_config(tmp_path, "  other: {portal: ccgp, lists: ['http://127.0.0.1/']}")
        out = tmp_path / "out.zip"
        code, _, errors = run_once(tmp_path, "evidence", name, "--out", str(out))
    assert (code, "not as it was written" in errors) == (1, True)
    assert (out.exists(), out.with_name("out.zip.bad").exists()) == (False, True)
