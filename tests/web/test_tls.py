"""The HTTP door and certificates."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.errors import FetchCause
from monitor.web.fetch import FetchRules
from tests.asking import AGENT, get_page, refuse_page
from tests.hostile import HostileServer, hang, make_head, redirect, reply

PAGE = b"page"


@pytest.fixture(scope="module")
def own_cert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that only its own file vouches for, with its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    path = tmp_path_factory.mktemp("tls") / "own.pem"
    command = [
        openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-keyout", str(path), "-out", f"{path}.crt", "-days", "2", "-subj", "/CN=127.0.0.1",
        "-addext", "subjectAltName=IP:127.0.0.1",
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603
    return path


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
