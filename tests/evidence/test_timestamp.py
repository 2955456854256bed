"""Time stamps of the chain's head by an authority made with openssl, on loopback."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest

from monitor.errors import FetchError
from monitor.evidence import timestamp
from monitor.evidence.casefile import make_case
from monitor.evidence.offline import check_case, pack_files
from monitor.evidence.timestamp import StampError, is_due, open_asker, stamp_head
from monitor.store import Store
from monitor.store.chain import LinkKind
from monitor.store.stamps import Stamp
from tests.evidence.test_casefile import gather, judge, repack, told_house, unpack
from tests.kit.serving import QuietAnswer, QuietServer, Serving

OPENSSL = shutil.which("openssl")
pytestmark = [
    pytest.mark.skipif(OPENSSL is None, reason="no openssl to make an authority with"),
    pytest.mark.skipif(bool(timestamp.find_missing()), reason=timestamp.find_missing()),
]
CONFIG = """
[tsa]
default_tsa = here
[here]
serial = serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
[req]
distinguished_name = name
[name]
[signs]
extendedKeyUsage = critical,timeStamping
"""
Answer = Callable[[bytes], bytes]


def run_openssl(folder: Path, *arguments: str) -> str:
    assert OPENSSL is not None
    done = subprocess.run(  # noqa: S603 - a tool of the test
        [OPENSSL, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an authority: ca.pem, and what it signs with."""
    folder = tmp_path_factory.mktemp("authority")
    (folder / "tsa.cnf").write_text(CONFIG)
    (folder / "serial").write_text("01\n")
    new = ("req", "-config", "tsa.cnf", "-newkey", "rsa:2048", "-nodes")
    run_openssl(
        folder, *new, "-x509", "-subj", "/CN=Sample Root", "-keyout", "ca.key", "-out", "ca.pem",
        "-days", "3650", "-addext", "basicConstraints=critical,CA:TRUE",
    )  # fmt: skip
    run_openssl(folder, *new, "-subj", "/CN=Sample TSA", "-keyout", "tsa.key", "-out", "tsa.csr")
    run_openssl(
        folder, "x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
        "-CAcreateserial", "-out", "tsa.pem", "-days", "3650", "-extfile", "tsa.cnf",
        "-extensions", "signs",
    )  # fmt: skip
    return folder


def sign_query(folder: Path, query: bytes) -> bytes:
    """Return the authority's answer to a query."""
    (folder / "query.tsq").write_bytes(query)
    run_openssl(
        folder, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query.tsq", "-signer",
        "tsa.pem", "-inkey", "tsa.key", "-out", "answer.tsr",
    )  # fmt: skip
    return (folder / "answer.tsr").read_bytes()


@contextmanager
def serve_answers(answer: Answer, status: int = 200) -> Iterator[str]:
    """Serve an authority on 127.0.0.1 and give its address."""

    class Handler(QuietAnswer):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/timestamp-query"
            body = answer(self.read_body())
            self.give_answer(status, body, [("Content-Type", "application/timestamp-reply")])

    with Serving(QuietServer(("127.0.0.1", 0), Handler)) as server:
        yield f"http://127.0.0.1:{server.port}/tsa"


def stamp(store: Store, url: str, now: datetime) -> Stamp | None:
    with open_asker("tests", threading.Event(), now, allow_loopback=True) as ask:
        return stamp_head(store, url, now, ask)


def test_the_head_is_stamped_once_a_day_and_a_case_holds_the_stamp(
    tmp_path: Path, authority: Path
) -> None:
    with (
        told_house(tmp_path / "house") as house,
        serve_answers(lambda query: sign_query(authority, query)) as url,
    ):
        store, now = house.rooms.store, datetime.now(UTC)
        head = store.chain.head()
        first = stamp(store, url, now)
        assert first is not None
        assert head is not None
        assert first.number == head.number
        assert abs(first.at - now) < timedelta(minutes=5)
        assert stamp(store, url, now + timedelta(days=2)) is None, "the chain has not grown"
        store.chain.append(LinkKind.ALERT, "another", now)
        assert stamp(store, url, now + timedelta(hours=1)) is None
        assert not is_due(store, now + timedelta(hours=1))
        second = stamp(store, url, now + timedelta(hours=25))
        assert second is not None
        assert second.number == head.number + 1
        check_stamped_case(tmp_path, authority, make_case(gather(house)), first.number)


def check_stamped_case(tmp_path: Path, authority: Path, packed: bytes, number: int) -> None:
    """Check a case with its stamps as a stranger would, with openssl, and damage them."""
    path = tmp_path / "case.zip"
    path.write_bytes(packed)
    lines = [line for held, line in check_case(path) if held]
    assert sum("openssl ts -verify" in line for line in lines) == 2
    assert judge(tmp_path, packed) == []
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        archive.extractall(tmp_path)
    told = run_openssl(
        tmp_path, "ts", "-verify", "-data", f"timestamps/{number}.txt", "-in",
        f"timestamps/{number}.tsr", "-CAfile", str(authority / "ca.pem"),
    )  # fmt: skip
    assert "Verification: OK" in told
    files = unpack(packed)
    other = {f"timestamps/{number}.tsr": files[f"timestamps/{number + 1}.tsr"]}
    assert judge(tmp_path, repack({**files, **other}))
    assert pack_files(files.items()) == packed
    assert len(json.loads(files["case.json"])["timestamps"]) == 2


@pytest.mark.parametrize(
    ("make", "status", "message"),
    [
        (lambda query, _: query, 200, "no time stamp"),
        (lambda _, __: b"", 200, "no time stamp"),
        (lambda _, __: b"<html>busy</html>", 503, "HTTP 503"),
        (lambda _, old: old, 200, "of something else"),
    ],
)
def test_an_answer_that_is_no_stamp_of_the_head_is_not_kept(
    tmp_path: Path,
    authority: Path,
    make: Callable[[bytes, bytes], bytes],
    status: int,
    message: str,
) -> None:
    queries = list[bytes]()

    def answer(query: bytes) -> bytes:
        """Answer with the stamp of an earlier query: same digest, another nonce."""
        queries.append(query)
        return make(query, sign_query(authority, queries[0]))

    with told_house(tmp_path / "house") as house, serve_answers(answer, status) as url:
        store, now = house.rooms.store, datetime.now(UTC)
        if "something else" in message:
            stamp(store, url, now)
            store.db.execute("delete from timestamp")
        with pytest.raises(StampError, match=message):
            stamp(store, url, now)
        assert store.stamps.last() is None


def test_a_refusal_says_what_the_authority_says(tmp_path: Path, authority: Path) -> None:
    config = (authority / "tsa.cnf").read_text()
    strict = authority / "strict"
    strict.mkdir()
    for name in ("tsa.pem", "tsa.key"):
        shutil.copy(authority / name, strict / name)
    (strict / "tsa.cnf").write_text(config.replace("digests = sha256", "digests = sha512"))
    (strict / "serial").write_text("01\n")
    with (
        told_house(tmp_path / "house") as house,
        serve_answers(lambda query: sign_query(strict, query)) as url,
        pytest.raises(StampError, match=r"refused: .*algorithm"),
    ):
        stamp(house.rooms.store, url, datetime.now(UTC))


def test_no_authority_inside_the_network_is_asked(tmp_path: Path) -> None:
    with told_house(tmp_path / "house") as house:
        now = datetime.now(UTC)
        with open_asker("tests", threading.Event(), now) as ask, pytest.raises(FetchError):
            stamp_head(house.rooms.store, "http://127.0.0.1:9/tsa", now, ask)


def test_without_the_extra_the_error_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    with (
        told_house(tmp_path / "house") as house,
        pytest.raises(StampError, match=r"\[timestamp\]"),
    ):
        stamp(house.rooms.store, "http://127.0.0.1:9/tsa", datetime.now(UTC))


def test_an_empty_chain_needs_no_stamp(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        assert stamp(store, "http://127.0.0.1:9/tsa", datetime.now(UTC)) is None
