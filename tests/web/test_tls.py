"""The HTTP door and certificates."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.errors import FetchCause
from monitor.web.fetch import FetchRules
from tests.kit.fetching import AGENT, get_page, refuse_page
from tests.kit.rawserver import HostileServer, hang, make_head, redirect, reply

PAGE = b"page"


def make_cert(folder: Path, *key: str) -> Path:
    """Make a key, and beside it a certificate for 127.0.0.1 that only its own file vouches for."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    path = folder / "own.pem"
    command = [
        openssl, "req", "-x509", "-newkey", *key, "-nodes",
        "-keyout", str(path), "-out", f"{path}.crt", "-days", "2", "-subj", "/CN=127.0.0.1",
        "-addext", "subjectAltName=IP:127.0.0.1",
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603
    return path


@pytest.fixture(scope="module")
def own_cert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate with a key of an elliptic curve."""
    return make_cert(tmp_path_factory.mktemp("tls"), "ec", "-pkeyopt", "ec_paramgen_curve:P-256")


@pytest.fixture(scope="module")
def rsa_cert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate with an RSA key."""
    return make_cert(tmp_path_factory.mktemp("rsa"), "rsa:2048")


@pytest.fixture
def tls_server(own_cert: Path) -> Iterator[HostileServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{own_cert}.crt", own_cert)
    routes = {"/": reply(PAGE), "/slow": hang(make_head() + b"half")}
    with HostileServer(routes, tls=context) as server:
        yield server


def test_an_unknown_certificate_is_refused(tls_server: HostileServer) -> None:
    error = refuse_page(tls_server.url())
    assert (error.cause, tls_server.visits) == (FetchCause.TLS, [])
    assert "self-signed" in error.detail


def test_a_name_that_is_not_in_the_certificate_is_refused(
    tls_server: HostileServer, own_cert: Path
) -> None:
    rules = FetchRules(AGENT, allow_loopback=True, ca_file=f"{own_cert}.crt")
    error = refuse_page(tls_server.url(host="localhost"), rules)
    assert (error.cause, tls_server.visits) == (FetchCause.TLS, [])


@pytest.mark.parametrize("opt_out", ["ca file", "not verified"])
def test_a_loosened_check_is_written_into_the_capture(
    opt_out: str, tls_server: HostileServer, own_cert: Path
) -> None:
    ca_file = f"{own_cert}.crt" if opt_out == "ca file" else ""
    rules = FetchRules(AGENT, allow_loopback=True, ca_file=ca_file, verify_tls=bool(ca_file))
    capture = get_page(tls_server.url(), rules)
    assert (capture.tls, capture.body) == (opt_out, PAGE)


def test_a_missing_ca_file_is_a_tls_error(tls_server: HostileServer, tmp_path: Path) -> None:
    rules = FetchRules(AGENT, allow_loopback=True, ca_file=str(tmp_path / "none.pem"))
    assert refuse_page(tls_server.url(), rules).cause == FetchCause.TLS


def test_a_redirect_from_https_to_http_is_refused(tls_server: HostileServer) -> None:
    tls_server.routes["/go"] = redirect(f"http://127.0.0.1:{tls_server.port}/")
    rules = FetchRules(AGENT, allow_loopback=True, verify_tls=False)
    error = refuse_page(tls_server.url("/go"), rules)
    assert (error.cause, error.detail) == (FetchCause.REDIRECT, "from https to http")


def test_a_slow_body_over_tls_is_left_at_the_deadline(tls_server: HostileServer) -> None:
    rules = FetchRules(AGENT, allow_loopback=True, verify_tls=False, deadline=1.0)
    started = time.monotonic()
    assert refuse_page(tls_server.url("/slow"), rules).cause == FetchCause.TIMEOUT
    assert time.monotonic() - started < 2.0


def test_a_plain_server_on_an_https_url_is_a_tls_error() -> None:
    with HostileServer({"/": reply(PAGE)}) as server:
        url = server.url().replace("http:", "https:")
        assert refuse_page(url).cause in (FetchCause.TLS, FetchCause.TIMEOUT)


@pytest.fixture(params=["TLS 1.0 only", "RSA key exchange only"])
def old_server(request: pytest.FixtureRequest, rsa_cert: Path) -> Iterator[HostileServer]:
    """A server that speaks nothing that is still thought safe."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{rsa_cert}.crt", rsa_cert)
    if request.param == "TLS 1.0 only":
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        with pytest.deprecated_call():
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
    else:
        context.set_ciphers("AES128-SHA:@SECLEVEL=0")
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    with HostileServer({"/": reply(PAGE)}, tls=context) as server:
        yield server


@pytest.mark.parametrize("verify", [True, False])
def test_an_old_server_is_refused_unless_its_source_opts_in(
    verify: bool, old_server: HostileServer, rsa_cert: Path
) -> None:
    ca_file = f"{rsa_cert}.crt" if verify else ""
    rules = FetchRules(AGENT, allow_loopback=True, ca_file=ca_file, verify_tls=verify)
    error = refuse_page(old_server.url(), rules)
    assert (error.cause, old_server.visits) == (FetchCause.TLS, [])
    capture = get_page(old_server.url(), replace(rules, legacy_tls=True))
    shown = "legacy, ca file" if verify else "legacy, not verified"
    assert (capture.tls, capture.body) == (shown, PAGE)
    # What one source is allowed opens nothing for the next.
    assert refuse_page(old_server.url(), rules).cause == FetchCause.TLS


def test_the_certificate_of_an_old_server_is_verified_all_the_same(
    old_server: HostileServer, rsa_cert: Path
) -> None:
    rules = FetchRules(AGENT, allow_loopback=True, legacy_tls=True)
    unknown = refuse_page(old_server.url(), rules)
    assert (unknown.cause, "self-signed" in unknown.detail) == (FetchCause.TLS, True)
    known = replace(rules, ca_file=f"{rsa_cert}.crt")
    assert refuse_page(old_server.url(host="localhost"), known).cause == FetchCause.TLS
    assert old_server.visits == []


# A ServerHello of TLS 1.2 without extensions, so without the promise of secure renegotiation.
_OLD_HELLO = b"\x02\0\0\x26\x03\x03" + bytes(32) + b"\0\xc0\x2f\0"


@pytest.mark.parametrize("legacy", [False, True])
def test_a_server_without_secure_renegotiation_is_left_at_its_first_word_by_default(
    legacy: bool,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            peer, _ = listener.accept()
            with peer, suppress(ConnectionError):
                peer.recv(4096)
                peer.sendall(b"\x16\x03\x03\0\x2a" + _OLD_HELLO)
                peer.shutdown(socket.SHUT_WR)
                peer.recv(4096)

        server = threading.Thread(target=answer)
        server.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        error = refuse_page(url, FetchRules(AGENT, allow_loopback=True, legacy_tls=legacy))
        server.join()
    assert ("UNSAFE_LEGACY_RENEGOTIATION" in error.detail) is not legacy
