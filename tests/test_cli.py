"""The command line: what goes where, and the exit codes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.commands.reading import write_notes
from monitor.sample.server import LIST_PATH, SamplePortal
from tests.kit.house import make_award, make_chairs
from tests.kit.program import run_once, write_config
from tests.kit.rawserver import HostileServer, reply
from tests.kit.servers import WebhookServer

COMMANDS = ("run poll check screen alerts why sources lists test-receiver remove-samples").split()


def serve(folder: Path, portal: SamplePortal, receivers: str = "") -> None:
    source = (
        f"  local: {{portal: ccgp, lists: ['{portal.base_url}{LIST_PATH}'], delay: 0, "
        "allow_loopback: true}"
    )
    if receivers:
        write_config(folder, source, receivers)
    else:
        write_config(folder, source)


def open_portal() -> SamplePortal:
    return SamplePortal(lambda: datetime.now(UTC), notices=[make_award(1), make_chairs(2)])


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(tmp_path: Path, command: str) -> None:
    code, out, err = run_once(tmp_path, command, "--help")
    assert (code, err) == (0, "")
    assert out.startswith("Usage: ")


def test_a_poll_prints_alerts_and_a_table_and_everything_can_be_read_back(tmp_path: Path) -> None:
    with open_portal() as portal:
        serve(tmp_path, portal)
        code, out, _ = run_once(tmp_path, "poll")
    assert code == 0
    assert "Seagate Technology" in out
    assert "样例市公安局" in out
    assert out.rstrip().splitlines()[-1].split()[:6] == ["local", "2", "2", "0", "1", "1"]
    code, out, _ = run_once(tmp_path, "alerts", "--json")
    [alert] = [json.loads(line) for line in out.splitlines()]
    assert (alert["verdict"], alert["products"]) == ("alert", "Seagate Technology")
    code, out, _ = run_once(tmp_path, "why", alert["id"])
    assert "ST8000VX004" in out
    assert "supplied" in out
    code, out, _ = run_once(tmp_path, "sources", "--json")
    assert json.loads(out)["state"] == "current"


def test_an_alert_of_a_json_poll_is_shown_on_standard_error(tmp_path: Path) -> None:
    with open_portal() as portal:
        serve(tmp_path, portal)
        _, out, err = run_once(tmp_path, "poll", "--json")
    assert "Seagate Technology" in err
    assert json.loads(out)["alerts"] == 1


def test_json_commands_write_nothing_else_to_standard_output(tmp_path: Path) -> None:
    with open_portal() as portal:
        serve(tmp_path, portal)
        for command in (["poll"], ["check", "--live"], ["alerts"], ["sources"]):
            _, out, _ = run_once(tmp_path, *command, "--json")
            assert [json.loads(line) for line in out.splitlines()]


def test_a_source_that_fails_makes_poll_exit_one_and_says_why(tmp_path: Path) -> None:
    source = "  local: {portal: ccgp, lists: ['http://127.0.0.1:1/x/'], allow_loopback: true}"
    write_config(tmp_path, source)
    code, out, _ = run_once(tmp_path, "poll", "--json")
    row = json.loads(out)
    assert (code, row["state"]) == (1, "unreachable")
    assert "refused" in row["cause"]
    code, out, _ = run_once(tmp_path, "sources")
    assert "page 1 of the list http://127.0.0.1:1/x/" in out
    assert "what to do: check the network and the address" in out


def test_a_live_check_asks_the_named_sources_alone(tmp_path: Path) -> None:
    with open_portal() as portal:
        serve(tmp_path, portal)
        with (tmp_path / "config.yaml").open("a", encoding="utf-8") as file:
            file.write("  gone: {portal: ccgp, lists: ['http://127.0.0.1:1/x/']}\n")
        code, out, _ = run_once(tmp_path, "check", "--live", "local", "--json")
        rows = [json.loads(line) for line in out.splitlines()[1:]]
        assert (code, rows) == (
            0, [{"source": "local", "state": "current", "listings": 2, "cause": ""}]
        )  # fmt: skip
        code, out, _ = run_once(tmp_path, "check", "--live")
    assert code == 1
    assert out.splitlines()[-1] == "gone: forbidden address: 127.0.0.1 is 127.0.0.1"


LONG, LACKS = "a" * 60, "'data.list' with the rows"
COOKIE, KEY = "session=c00kie value", "k3y/for+this"


@pytest.mark.parametrize(
    ("answer", "state", "cause"),
    [
        ('{"code": 200}', "drifted", f"layout not recognised: {LACKS} at {{url}}/{LONG}"),
        (json.dumps({"code": 401, "msg": f"{COOKIE}, {KEY}"}), "blocked", "code 401: …, …"),
    ],
    ids=["layout", "secrets"],
)
def test_a_live_check_prints_causes_whole_and_no_secret(
    tmp_path: Path, answer: str, state: str, cause: str
) -> None:
    with HostileServer({f"/{LONG}": reply(answer.encode())}) as server:
        url = server.url().rstrip("/")
        stanza = {
            "portal": "jsonlist", "lists": [f"{url}/{LONG}"], "cookie_env": "A_COOKIE",
            "key_env": "A_KEY", "allow_loopback": True,
            "jsonlist": {"ok": {"code": "200"}, "rows": "data.list", "id": "id",
                         "title": "title", "url": f"{url}/{{id}}"},
        }  # fmt: skip
        write_config(tmp_path, f"  local: {json.dumps(stanza)}")
        env = {"A_COOKIE": COOKIE, "A_KEY": KEY}
        code, out, err = run_once(tmp_path, "check", "--live", env=env)
        assert server.visits[0].headers["cookie"] == COOKIE
    assert (code, out.splitlines()[-2].split()[:2]) == (1, ["local", state])
    assert out.splitlines()[-1] == f"local: {cause.format(url=url)}"
    assert COOKIE not in out + err
    assert KEY not in out + err


def test_what_to_do_is_said_once_for_all_sources_that_it_helps(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:1/{'x' * 120}/"
    one = f"{{portal: ccgp, lists: ['{url}'], allow_loopback: true, delay: 0}}"
    write_config(tmp_path, f"  first: {one}\n  second: {one}")
    run_once(tmp_path, "poll")
    _, out, _ = run_once(tmp_path, "sources")
    missed = f"missed: page 1 of the list {url[:119]}…"
    assert out.splitlines()[-3:] == [
        f"first: {missed}",
        f"second: {missed}",
        "what to do: check the network and the address; it may pass by itself (first, second)",
    ]
    _, out, _ = run_once(tmp_path, "sources", "--json")
    assert [json.loads(line)["missed"] for line in out.splitlines()] == [
        f"page 1 of the list {url}"
    ] * 2


BASE = "https://a.example/"


@pytest.mark.parametrize(
    ("missed", "shown"),
    [
        (f"{BASE}{'x' * 102}; page 2", f"{BASE}{'x' * 102}; page 2"),
        (f"{BASE}{'x' * 103}; page 2", f"{BASE}{'x' * 101}…; page 2"),
        (f"{BASE}{'x' * 150}: more than 2 pages", f"{BASE}{'x' * 101}…: more than 2 pages"),
        (f"{'x' * 150}; {BASE}{'y' * 150}", f"{'x' * 150}; {BASE}{'y' * 101}…"),
    ],
)
def test_only_addresses_are_cut_and_at_120_characters(missed: str, shown: str) -> None:
    assert list(write_notes([{"source": "a", "missed": missed}])) == [f"a: missed: {shown}"]


def test_what_stays_uncovered_is_printed_whole(tmp_path: Path) -> None:
    why = f"the site wants {'many ' * 20}things"
    stanza = {"portal": "ccgp", "lists": ["http://127.0.0.1:1/"], "covers": ["北京"],
              "enabled": False, "why_off": why}  # fmt: skip
    write_config(tmp_path, f"  local: {json.dumps(stanza, ensure_ascii=False)}")
    code, out, _ = run_once(tmp_path, "sources", "--coverage")
    assert code == 0
    assert f"Beijing 北京: everything (local is off: {why})" in out.splitlines()
    assert "Tianjin 天津: everything" in out.splitlines()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["poll", "nowhere"], 2, "no source 'nowhere'"),
        (["check", "--live", "nowhere"], 2, "no source 'nowhere'"),
        (["check", "local"], 2, "add --live"),
        (["frobnicate"], 2, "No such command"),
        (["--config", "missing.yaml", "check"], 2, "missing.yaml:1:1: "),
        (["alerts"], 1, "no database yet"),
        (["why", "x"], 1, "no database yet"),
        (["test-receiver", "nobody"], 2, "no receiver 'nobody'"),
        (["screen", "missing.html"], 1, "missing.html"),
        (["screen", "missing.jsonl"], 1, "error: missing.jsonl: No such file"),
        (["alerts", "--state", "elsewhere"], 1, "elsewhere/monitor.db: no database yet"),
        (["check", "--config=other.yaml"], 2, "other.yaml:1:1: "),
        (["poll", "--since", "2199-01-01"], 2, "2199-01-01 is yet to come"),
        (["rescreen", "--since", "2199-01-01"], 2, "2199-01-01 is yet to come"),
        (["import", "missing.html"], 1, "error: missing.html"),
        (["backup"], 1, "monitor.db: no database yet (run the program first)"),
        (["backup", "--state", "elsewhere"], 1, "elsewhere/monitor.db: no database yet"),
    ],
)
def test_errors_are_one_line_on_standard_error_with_their_exit_code(
    tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    write_config(tmp_path, "  local: {portal: ccgp, lists: ['http://127.0.0.1:1/x/']}")
    got, out, err = run_once(tmp_path, *arguments)
    assert (got, out) == (code, "")
    assert said in err
    assert "Traceback" not in err


def test_a_broken_watchlist_is_named_by_line_and_column(tmp_path: Path) -> None:
    write_config(tmp_path, "  local: {portal: ccgp, lists: ['http://127.0.0.1:1/x/']}")
    lists = tmp_path / "mine"
    lists.mkdir()
    entry = "  - {id: a, name: A, country: US, category: [x], aliases: {strong: ['']}}"
    (lists / "brands.yaml").write_text(f"kind: brands\nentries:\n{entry}\n", "utf-8")
    text = (tmp_path / "config.yaml").read_text("utf-8")
    _, _, rest = text.partition("\n")
    (tmp_path / "config.yaml").write_text(f"watchlists: mine\n{rest}", "utf-8")
    code, out, err = run_once(tmp_path, "check")
    assert (code, out) == (2, "")
    assert f"{lists / 'brands.yaml'}:3:69: " in err


def test_reading_commands_work_while_the_configuration_is_broken(tmp_path: Path) -> None:
    with open_portal() as portal:
        serve(tmp_path, portal)
        run_once(tmp_path, "poll")
    with (tmp_path / "config.yaml").open("a", encoding="utf-8") as file:
        file.write("\tbroken")
    for command in ("sources", "alerts"):
        code, out, err = run_once(tmp_path, command, "--json")
        assert (code, json.loads(out)["source"]) == (0, "local")
        assert err.startswith("warning: ")
    assert run_once(tmp_path, "poll")[0] == 2


def test_screen_says_which_file_it_could_not_read(tmp_path: Path) -> None:
    write_config(tmp_path, "  local: {portal: ccgp, lists: ['http://127.0.0.1:1/x/']}")
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4")
    (tmp_path / "b.html").write_bytes(b"")
    for name, said in (("a.pdf", "neither a saved page nor JSON"), ("b.html", "no readable text")):
        code, _, err = run_once(tmp_path, "screen", str(tmp_path / name))
        assert code == 1
        assert said in err


def test_a_test_message_reaches_a_receiver(tmp_path: Path) -> None:
    with open_portal() as portal, WebhookServer() as hook:
        serve(tmp_path, portal, "  hook: {url_env: TEST_HOOK}")
        env = {"TEST_HOOK": hook.url()}
        code, _, err = run_once(tmp_path, "test-receiver", "hook", env=env)
        assert (code, err.strip().splitlines()[-1]) == (0, "hook: accepted")
        assert "[TEST]" in hook.payloads[0]["title"]


GONE = "the path or token in its address is wrong, or what took messages there was removed"
DENIED = "the user, password or token in its address is wrong or was withdrawn"
REFUSED = "the host or port in its address is wrong, or no server runs there"
MOVED = "what its address names has moved: give the new address"


@pytest.mark.parametrize(
    ("status", "cause", "meaning"),
    [
        (404, "HTTP 404", GONE),
        (401, "HTTP 401", DENIED),
        (403, "HTTP 403", DENIED),
        (0, "connection refused", REFUSED),
        (503, "HTTP 503", "the service has trouble: try again later"),
        (302, "HTTP 302: redirects are not followed", MOVED),
    ],
)
def test_a_test_that_fails_says_what_that_usually_means(
    tmp_path: Path, status: int, cause: str, meaning: str
) -> None:
    source = "  local: {portal: ccgp, lists: ['http://127.0.0.1:1/x/']}"
    write_config(tmp_path, source, "  hook: {url_env: TEST_HOOK}")
    with WebhookServer(status) as hook:
        address = hook.url("/s3cret-token") if status else "json://127.0.0.1:1/s3cret-token"
        env = {"TEST_HOOK": address}
        code, out, err = run_once(tmp_path, "test-receiver", "hook", env=env)
    assert (code, out) == (1, "")
    assert err == f"error: hook: {cause} (this usually means that {meaning})\n"


def test_a_plain_port_that_is_addressed_as_tls_is_said_to_be_one(tmp_path: Path) -> None:
    source = "  local: {portal: ccgp, lists: ['http://127.0.0.1:1/x/']}"
    write_config(tmp_path, source, "  hook: {url_env: TEST_HOOK}")
    with WebhookServer() as hook:
        env = {"TEST_HOOK": hook.url().replace("json://", "jsons://")}
        code, _, err = run_once(tmp_path, "test-receiver", "hook", env=env)
    meaning = "a plain port was addressed as TLS, or its certificate is not trusted here"
    assert (code, err) == (
        1, f"error: hook: the TLS connection failed (this usually means that {meaning})\n"
    )  # fmt: skip


def test_a_buyer_is_muted_by_the_name_that_the_table_shows(tmp_path: Path) -> None:
    with open_portal() as portal:
        serve(tmp_path, portal)
        run_once(tmp_path, "poll")
    _, out, _ = run_once(tmp_path, "alerts", "--json")
    english = json.loads(out)["buyer_en"]
    for name in (english, "样例市公安局"):
        code, out, err = run_once(tmp_path, "mute", "buyer", name)
        assert (code, err) == (0, "")
        assert out.startswith("buyer 样例市公安局")
    _, out, _ = run_once(tmp_path, "mute", "--json")
    assert [json.loads(line)["value"] for line in out.splitlines()] == ["样例市公安局"]


def test_a_rescreen_says_what_it_does_not_find(tmp_path: Path) -> None:
    with open_portal() as portal:
        serve(tmp_path, portal)
        run_once(tmp_path, "poll")
    assert run_once(tmp_path, "rescreen")[1] == "nothing would be told\n"
    assert run_once(tmp_path, "rescreen", "--tell")[1] == "nothing is told\n"
    code, out, err = run_once(tmp_path, "rescreen", "--entry", "seagat")
    assert (code, out) == (2, "")
    assert "no entry 'seagat' (did you mean 'seagate'?)" in err


@pytest.mark.parametrize("line", ["url_env: NOT_SET", "url_file: gone"])
def test_a_rescreen_needs_a_receivers_secret_only_to_tell(tmp_path: Path, line: str) -> None:
    with open_portal() as portal:
        serve(tmp_path, portal)
        run_once(tmp_path, "poll")
        serve(tmp_path, portal, f"  hook: {{{line}}}")
    code, _, err = run_once(tmp_path, "rescreen", "--json")
    said = "0 would be told; add --tell to tell it in one digest"
    assert (code, err) == (0, f"1 read, 0 changed, 0 unreadable; {said}\n")
    code, _, err = run_once(tmp_path, "rescreen", "--tell")
    assert (code, "config.yaml:" in err) == (2, True)


def test_what_there_is_one_of_is_not_in_the_plural(tmp_path: Path) -> None:
    write_config(tmp_path, "  local: {portal: ccgp, lists: ['http://127.0.0.1:1/x/']}")
    code, out, _ = run_once(tmp_path, "check")
    assert (code, ": good. 1 source, 1 receiver, " in out) == (0, True)


def test_an_address_that_apprise_does_not_know_is_refused_at_its_line(tmp_path: Path) -> None:
    with open_portal() as portal:
        serve(tmp_path, portal, "  hook:\n    url_env: TEST_HOOK")
        code, _, err = run_once(
            tmp_path, "check", env={"TEST_HOOK": "nonsense://secret-token@host"}
        )
    assert code == 2
    assert "config.yaml:4:14: " in err
    assert "secret-token" not in err


def test_samples_are_removed_by_one_command(tmp_path: Path) -> None:
    write_config(tmp_path, "  sample: {portal: sample, every: 20s}")
    code, out, _ = run_once(tmp_path, "poll")
    assert code == 0
    assert "SAMPLE" in out
    assert (tmp_path / "state" / "captures" / "sample").is_dir()
    code, out, err = run_once(tmp_path, "remove-samples")
    assert code == 0
    assert out.startswith("removed 40 sample listings")
    place = f"{tmp_path}/config.yaml:5:3"
    assert (
        err == f"warning: {place}: the next round brings the notices of 'sample' back: delete it\n"
    )
    assert not (tmp_path / "state" / "captures" / "sample").exists()
    _, out, _ = run_once(tmp_path, "alerts", "--json")
    assert out == ""


def test_a_sample_source_that_became_a_real_one_is_not_removed(tmp_path: Path) -> None:
    write_config(tmp_path, "  local: {portal: sample}")
    run_once(tmp_path, "poll")
    with open_portal() as portal:
        serve(tmp_path, portal)
        run_once(tmp_path, "poll")
        _, out, _ = run_once(tmp_path, "remove-samples")
        assert out.startswith("removed 0 sample listings")
        _, out, _ = run_once(tmp_path, "alerts", "--json")
    assert "Seagate" in out


def test_screen_reads_files_and_lines_without_a_store(tmp_path: Path) -> None:
    write_config(tmp_path, "  local: {portal: ccgp, lists: ['http://127.0.0.1:1/x/']}")
    page = tmp_path / "page.html"
    page.write_text(
        "<html><body><h1>样例市公安局硬盘采购项目中标公告</h1><p>采购人：样例市公安局</p>"
        "<p>中标供应商：样例科技有限公司</p><table><tr><td>名称</td><td>品牌</td><td>数量</td></tr>"
        "<tr><td>监控硬盘</td><td>希捷</td><td>20块</td></tr></table></body></html>",
        "utf-8",
    )
    code, out, _ = run_once(tmp_path, "screen", "--json", str(page))
    row = json.loads(out)
    assert (code, row["verdict"], row["tag"]) == (0, "alert", "award")
    assert row["brands"][0]["id"] == "seagate"
    assert row["items"][0]["quantity"] == 20
    lines = tmp_path / "lines.jsonl"
    lines.write_text(json.dumps({"id": "1", "file": "page.html"}) + "\n{broken\n", encoding="utf-8")
    code, out, err = run_once(tmp_path, "screen", "--json", str(lines))
    assert (code, json.loads(out)["verdict"]) == (1, "alert")
    assert f"{lines}:2: not JSON" in err
    assert not (tmp_path / "state").exists()
