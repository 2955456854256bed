"""config.yaml: what is refused, and where the message points."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from monitor.config import Config, load_config
from monitor.errors import ConfigError
from monitor.models import Verdict
from monitor.outline import Outline, read_config, read_outline, read_stanzas
from monitor.polling.poll import make_rules
from monitor.portals import PORTALS
from monitor.setup import Setup, sign_files
from tests.kit.house import load_screener

BROKEN = Path(__file__).parent / "broken_configs"
NAMES = frozenset(PORTALS)
GOOD = """
receivers:
  terminal: {type: terminal}
sources:
  local: {portal: ccgp, lists: [https://example.org/cggg/dfgg/]}
"""

SET_IT = "(set it, or start from the shell or unit that has it)"
CASES = {
    "bracket_left_open": (
        7, 10, "the [ of line 6 lacks a comma or its ] (add it before this place)",
    ),
    "cookie_in_place_of_its_name": (
        7, 17,
        "expected the name of an environment variable (the secret itself stands there, not here)",
    ),
    "cookie_variable_not_set": (
        7, 17, f"environment variable TENDER_MONITOR_NOT_SET is not set {SET_IT}",
    ),
    "header_is_a_secret": (
        9, 15, "'Cookie' cannot stand here (see cookie_file, key_file and user_agent)",
    ),
    "heartbeat_too_often": (4, 10, "expected 30s to 1d, got '5s'"),
    "include_absolute": (
        3, 11,
        "'/etc/sources.yaml' leads elsewhere (name files below the folder of this one)",
    ),
    "include_leads_elsewhere": (
        3, 11,
        "'../sources/*.yaml' leads elsewhere (name files below the folder of this one)",
    ),
    "include_missing": (4, 5, "no file 'more/*.yaml'"),
    "include_no_pattern": (3, 11, "'' is no pattern of files"),
    "interval_not_a_duration": (
        7, 12, "expected a duration, got 'six hours' (write it like 20s, 15m, 6h, 1d or 2w)",
    ),
    "key_given_in_two_ways": (7, 14, "give key_env or key_file, not both"),
    "key_given_twice": (8, 5, "'every' is already given on line 7"),
    "key_misspelt": (7, 5, "unknown key 'evry' (did you mean 'every'?)"),
    "linklist_without_row": (5, 5, "row is missing (say which CSS selector finds a row)"),
    "list_address_wrong": (
        8, 9, "'example.org/cggg/zygg/' is no address (an address begins with http:// or https://)",
    ),
    "lists_not_a_list": (
        6, 12, "expected a list, got 'https://example.org/cggg/dfgg/' (write [x] or a - line)",
    ),
    "metrics_file_is_the_configuration": (
        4, 9,
        "expected a file whose name ends in .prom "
        "(such as metrics/tender_monitor.prom: it is overwritten)",
    ),
    "options_missing": (5, 5, "zcy is missing (see docs/configuration.md)"),
    "pages_not_a_number": (7, 12, "expected a whole number, got 'ten'"),
    "part_of_another_portal": (
        8, 5, "'epoint' does not belong to portal 'linklist' (it is for epoint)",
    ),
    "portal_unknown": (5, 13, "no portal 'ccpg' (did you mean 'ccgp'?)"),
    "receiver_of_source_unknown": (7, 27, "no receiver 'chat' (known are terminal)"),
    "receiver_variable_not_set": (
        3, 14, f"environment variable TENDER_MONITOR_NOT_SET is not set {SET_IT}",
    ),
    "receiver_without_address": (
        2, 10, "give url_env or url_file (the address is a secret)",
    ),
    "region_unknown": (7, 18, "no region '新彊' (did you mean '新疆'?)"),
    "retry_at_once": (2, 37, "expected 1s to 1h, got '0s'"),
    "site_missing": (5, 5, "site is missing (give the address that the site begins with)"),
    "sources_missing": (1, 1, "'sources' is missing"),
    "stage_of_another_kind": (
        7, 11,
        "'0101' is no stage of kind 02 (write four digits, of which the first two are 02)",
    ),
    "tab_in_indentation": (4, 1, "a tab in the indentation (use spaces)"),
    "timestamp_no_address": (
        4, 18, "expected an address that begins with http:// or https://",
    ),
    "verdict_unknown": (4, 23, "expected one of alert, review, got 'maybe'"),
}  # fmt: skip


@pytest.mark.parametrize("case", sorted(CASES))
def test_a_broken_configuration_names_file_line_and_column(case: str) -> None:
    path = BROKEN / f"{case}.yaml"
    line, column, message = CASES[case]
    with pytest.raises(ConfigError) as raised:
        load_config(path, NAMES, {})
    assert str(raised.value) == f"{path}:{line}:{column}: {message}"


@pytest.mark.parametrize(
    ("key", "value", "bounds"),
    [
        ("receivers", "flood: {most: 0}", "1 to 10000, got '0'"),
        ("receivers", "flood: {within: 8d}", "1m to 7d, got '8d'"),
        ("receivers", "dead_after: 5s", "1m to 365d, got '5s'"),
        ("receivers", "dead_after: 999999w", "1m to 365d, got '999999w'"),
        ("heartbeat", "every: 2d", "30s to 1d, got '2d'"),
        ("metrics", "port: 70000", "0 to 65535, got '70000'"),
        ("metrics", "port: -1", "0 to 65535, got '-1'"),
        ("evidence", "keep: 999999w", "0d to 36500d, got '999999w'"),
        ("backup", "keep: 0", "1 to 1000, got '0'"),
        ("disk", "reserve: 5", "10 to 1000000, got '5'"),
    ],
)
def test_a_number_beyond_its_bounds_is_told_both(
    tmp_path: Path, key: str, value: str, bounds: str
) -> None:
    text = GOOD.replace("type: terminal", f"type: terminal, {value}")
    if key != "receivers":
        text = f"{GOOD}{key}: {{{value}}}\n"
    with pytest.raises(ConfigError) as raised:
        load_config(write(tmp_path, text), NAMES, {})
    line = 3 if key == "receivers" else 6
    assert str(raised.value).startswith(f"{tmp_path / 'config.yaml'}:{line}:")
    assert str(raised.value).endswith(f": expected {bounds}")


def test_what_is_no_number_is_told_so(tmp_path: Path) -> None:
    text = "metrics: {port: [9]}\n" + GOOD
    with pytest.raises(ConfigError, match="expected a whole number"):
        load_config(write(tmp_path, text), NAMES, {})


@pytest.mark.parametrize(
    "file",
    ["config.yaml", "state/monitor.db", "state/monitor.db-wal", "state/lock", "more/sources.yaml",
     "watchlists/brands.yaml", "state/sanction_lists.json", "numbers", "x.prom/config.yaml"],
)  # fmt: skip
def test_numbers_are_written_over_no_file_of_ours(tmp_path: Path, file: str) -> None:
    with pytest.raises(ConfigError, match=r"config\.yaml:1:17: .* ends in \.prom"):
        load_config(write(tmp_path, f"metrics: {{file: {file}}}\n" + GOOD), NAMES, {})


@pytest.mark.parametrize("file", ["numbers.prom", "/var/lib/node_exporter/tender_monitor.prom"])
def test_numbers_are_written_where_node_exporter_reads(tmp_path: Path, file: str) -> None:
    config = load_config(write(tmp_path, f"metrics: {{file: {file}}}\n" + GOOD), NAMES, {})
    assert config.file.metrics.file == file


def test_every_broken_configuration_has_its_expectation() -> None:
    assert {path.stem for path in BROKEN.glob("*.yaml")} == CASES.keys()


@pytest.mark.parametrize(
    ("portal", "part", "readers"),
    [
        ("ccgp", "row: {row: li}", "linklist"),
        ("jsonlist", "form: {p: '1'}", "linklist"),
        ("ccgp", "detail: {body: '#a'}", "epoint, freecms, jsonlist, linklist"),
        ("gpcms", "freecms: {}", "freecms"),
    ],
)
def test_a_part_of_a_stanza_is_for_its_portals_alone(
    tmp_path: Path, portal: str, part: str, readers: str
) -> None:
    text = GOOD.replace("portal: ccgp", f"portal: {portal}, {part}")
    with pytest.raises(ConfigError) as raised:
        load_config(write(tmp_path, text), NAMES, {})
    key = part.partition(":")[0]
    assert f"'{key}' does not belong to portal '{portal}'" in str(raised.value)
    assert str(raised.value).endswith(f"(it is for {readers})")


def test_a_missing_file_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"config\.yaml:1:1: .*not found"):
        load_config(tmp_path / "config.yaml", NAMES, {})


def test_the_shipped_configuration_is_good() -> None:
    config = load_config(Path(__file__).parent.parent / "config.yaml", NAMES, {})
    assert list(config.sources)[:3] == ["sample", "ccgp-local", "ccgp-central"]
    assert config.sources["sample"].receivers == ["terminal"]


def test_the_state_folder_is_the_options_then_systemds_then_the_files(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("state: mine\n" + GOOD, "utf-8")
    systemd = {"STATE_DIRECTORY": "/var/lib/tender-monitor:/other"}
    assert load_config(path, NAMES, {}).state == tmp_path / "mine"
    assert load_config(path, NAMES, systemd).state == Path("/var/lib/tender-monitor")
    assert load_config(path, NAMES, systemd, Path("/given")).state == Path("/given")


def test_an_address_comes_from_the_environment_and_is_not_printed(tmp_path: Path) -> None:
    text = GOOD.replace("{type: terminal}", "{url_env: TOLD}")
    config = load_config(write(tmp_path, text), NAMES, {"TOLD": "json://host/secret-token"})
    receiver = config.receivers["terminal"]
    assert receiver.url == "json://host/secret-token"
    assert "secret-token" not in repr(receiver) + repr(config)


def test_a_secret_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "address"
    secret.write_text("json://host/secret-token\n", "utf-8")
    secret.chmod(0o644)
    path = write(tmp_path, GOOD.replace("{type: terminal}", "{url_file: address}"))
    with pytest.raises(ConfigError, match=r"config.yaml:3:24: .*can be read by others") as raised:
        load_config(path, NAMES, {})
    assert "secret-token" not in str(raised.value)
    secret.chmod(0o600)
    assert load_config(path, NAMES, {}).receivers["terminal"].url == "json://host/secret-token"


def test_a_second_address_in_a_file_is_not_left_out_without_a_word(tmp_path: Path) -> None:
    secret = tmp_path / "address"
    secret.write_text("json://host/secret-token\n\nmailto://other-secret@host\n", "utf-8")
    secret.chmod(0o600)
    path = write(tmp_path, GOOD.replace("{type: terminal}", "{url_file: address}"))
    with pytest.raises(ConfigError) as raised:
        load_config(path, NAMES, {})
    said = "address has 2 lines; one address, one receiver"
    assert str(raised.value) == f"{path}:3:24: {tmp_path}/{said}"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Europe/Berln", "did you mean 'Europe/Berlin'?"),
        ("europe/berlin", "did you mean 'Europe/Berlin'?"),
        ("Berlin", "did you mean 'Europe/Berlin'?"),
        ("shangai", "did you mean 'Asia/Shanghai'?"),
        ("Asia/Beijing", "did you mean 'Asia/Shanghai'?"),
        ("America/New York", "did you mean 'America/New_York'?"),
        ("UTC+8", "write it as Europe/Berlin or UTC"),
        ("GMT+8", "write it as Europe/Berlin or UTC"),
        ("home", "write it as Europe/Berlin or UTC"),
    ],
)
def test_a_wrong_time_zone_is_told_the_nearest(tmp_path: Path, name: str, hint: str) -> None:
    with pytest.raises(ConfigError) as raised:
        load_config(write(tmp_path, f"zone: {name}\n{GOOD}"), NAMES, {})
    path = tmp_path / "config.yaml"
    assert str(raised.value) == f"{path}:1:7: no time zone '{name}' ({hint})"


def test_a_credential_is_read_from_systemds_folder(tmp_path: Path) -> None:
    (tmp_path / "email").write_text("json://host/x", "utf-8")
    path = write(tmp_path, GOOD.replace("{type: terminal}", "{url_file: 'credential:email'}"))
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert load_config(path, NAMES, environ).receivers["terminal"].url == "json://host/x"
    with pytest.raises(ConfigError, match="CREDENTIALS_DIRECTORY is not set"):
        load_config(path, NAMES, {})


@pytest.mark.parametrize("key", ["url_env", "url_file"])
def test_a_secret_written_into_the_configuration_is_not_repeated(tmp_path: Path, key: str) -> None:
    text = GOOD.replace("{type: terminal}", f"{{{key}: 'mailtos://bob:S3CRET@mail.example'}}")
    with pytest.raises(ConfigError, match=r"config\.yaml:3:\d+: expected the name of") as raised:
        load_config(write(tmp_path, text), NAMES, {})
    assert "S3CRET" not in str(raised.value)


def test_reading_commands_need_no_secret(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace("{type: terminal}", "{url_env: NOT_SET}"))
    state, outlines = read_outline(path, {})
    assert (state, outlines) == (
        tmp_path / "state",
        {"local": Outline(every=6 * 3600, budget=1500, host="example.org")},
    )


def test_a_configuration_can_be_read_without_its_secrets(tmp_path: Path) -> None:
    text = GOOD.replace("{type: terminal}", "{url_env: NOT_SET, verdicts: [alert], retry: 5s}")
    text = "zone: Asia/Shanghai\nheartbeat: {url_file: gone}\n" + text.replace(
        "portal: ccgp,", "portal: ccgp, cookie_env: NOT_SET,"
    )
    plain = read_config(write(tmp_path, text), {})
    secret = {"NOT_SET": "json://host/secret-token"}
    path = write(tmp_path, text.replace("heartbeat: {url_file: gone}\n", ""))
    whole = load_config(path, NAMES, secret)
    assert plain.receivers == {name: replace(one, url="") for name, one in whole.receivers.items()}
    for name in ("path", "state", "watchlists", "lookback", "user_agent", "sources", "zone"):
        assert getattr(plain, name) == getattr(whole, name)
    assert (plain.secrets, plain.heartbeat_url) == ({}, "")


def test_a_proxy_is_shown_without_its_login(tmp_path: Path) -> None:
    text = GOOD.replace(
        "portal: ccgp,", "portal: ccgp, proxy: 'socks5h://bob:S3CRET@10.0.0.1:9050',"
    )
    _, outlines = read_outline(write(tmp_path, text), {})
    assert outlines["local"].proxy == "socks5h://10.0.0.1:9050"


def test_a_disabled_source_is_not_read(tmp_path: Path) -> None:
    text = GOOD.replace("portal: ccgp,", "portal: ccgp, enabled: no,")
    assert load_config(write(tmp_path, text), NAMES, {}).sources == {}


def test_a_receiver_takes_alerts_and_reviews_unless_told(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, GOOD), NAMES, {})
    assert config.receivers["terminal"].verdicts == {Verdict.ALERT, Verdict.REVIEW}


MORE = """
sources:
  city: {portal: ccgp, lists: [https://example.org/city/]}
"""


def write_more(folder: Path, text: str, name: str = "more.yaml") -> None:
    path = folder / "sources" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")


def load_including(folder: Path, environ: dict[str, str] | None = None, more: str = "") -> Config:
    head = f"include: [{more or 'sources/*.yaml'}]\n"
    return load_config(write(folder, head + GOOD.lstrip()), NAMES, environ or {})


def test_included_files_add_sources_and_know_their_own_place(tmp_path: Path) -> None:
    write_more(tmp_path, MORE)
    config = load_including(tmp_path)
    assert list(config.sources) == ["local", "city"]
    assert config.list_files() == [config.path, tmp_path / "sources" / "more.yaml"]
    error = config.source_error("city", ["portal"], "wrong")
    assert str(error) == f"{tmp_path / 'sources' / 'more.yaml'}:3:18: wrong"
    assert set(read_stanzas(config.path)) == set(read_outline(config.path, {})[1]) == {
        "local", "city",
    }  # fmt: skip


def test_a_file_that_two_patterns_name_is_read_once(tmp_path: Path) -> None:
    write_more(tmp_path, MORE)
    (tmp_path / "sources" / "folder.yaml").mkdir()
    more = "sources/more.yaml, sources/*.yaml, 'sources/m*'"
    assert list(load_including(tmp_path, more=more).sources) == ["local", "city"]


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        (MORE.replace("city:", "local:"), "3:3", "source 'local' stands in config.yaml already"),
        (MORE.replace("ccgp", "ccpg"), "3:18", "no portal 'ccpg' (did you mean 'ccgp'?)"),
        (MORE.replace("lists", "list"), "3:24", "unknown key 'list' (did you mean 'lists'?)"),
        (MORE.replace("https://example.org", "x"), "3:32", "'x/city/' is no address"),
        (MORE.replace("/]", "/], cookie_env: NOT_SET"), "3:72", "variable NOT_SET is not set"),
        ("receivers: {}\n" + MORE, "1:1", "unknown key 'receivers'"),
        ("other: {}\n", "1:1", "unknown key 'other'"),
        (MORE + "  town: [\n", "5:1", ""),
    ],
)
def test_an_error_in_an_included_file_names_that_file(
    tmp_path: Path, text: str, where: str, message: str
) -> None:
    write_more(tmp_path, text)
    with pytest.raises(ConfigError) as raised:
        load_including(tmp_path)
    path = tmp_path / "sources" / "more.yaml"
    assert str(raised.value).startswith(f"{path}:{where}: ")
    assert message in str(raised.value)


def test_a_name_stands_in_one_of_all_files(tmp_path: Path) -> None:
    write_more(tmp_path, MORE, "a.yaml")
    write_more(tmp_path, MORE, "b.yaml")
    with pytest.raises(ConfigError, match=r"b\.yaml:3:3: source 'city' stands in a\.yaml already"):
        load_including(tmp_path)


def test_an_edited_included_file_is_noticed(tmp_path: Path) -> None:
    write_more(tmp_path, MORE)
    setup = Setup(load_including(tmp_path), load_screener())
    before = sign_files(setup)
    write_more(tmp_path, MORE.replace("city/", "town/old/"))
    assert sign_files(setup) != before


@pytest.mark.parametrize("kind", ["cookie", "key"])
def test_a_sources_secret_comes_from_outside_and_is_not_printed(tmp_path: Path, kind: str) -> None:
    text = GOOD.replace("ccgp,", f"ccgp, {kind}_env: MINE,")
    config = load_config(write(tmp_path, text), NAMES, {"MINE": " S3CRET=1; b=2 \n"})
    assert getattr(config.secrets["local"], kind) == "S3CRET=1; b=2"
    rules = make_rules(config, "local")
    assert (rules.cookie, rules.key and rules.key[1]) == (
        ("S3CRET=1; b=2", None) if kind == "cookie" else ("", "S3CRET=1; b=2")
    )
    assert rules.home == ("https://example.org/cggg/dfgg/",)
    assert "S3CRET" not in f"{config!r} {config.secrets!r} {rules!r}"


@pytest.mark.parametrize(
    ("content", "mode", "message"),
    [
        ("\n S3CRET \n\n", 0o600, ""),
        ("S3CRET\nrest\n", 0o600, "jar has 2 lines; one secret, one file"),
        ("S3CRET\n\nmore\nrest", 0o600, "jar has 3 lines; one secret, one file"),
        ("S3CRET", 0o640, "can be read by others"),
        ("", 0o600, "is empty"),
        (None, 0o600, "cannot be read: No such file"),
    ],
)
def test_a_sources_secret_file_is_its_owners_alone(
    tmp_path: Path, content: str | None, mode: int, message: str
) -> None:
    path = write(tmp_path, GOOD.replace("ccgp,", "ccgp, cookie_file: jar,"))
    if content is not None:
        (tmp_path / "jar").write_text(content, "utf-8")
        (tmp_path / "jar").chmod(mode)
    if not message:
        assert load_config(path, NAMES, {}).secrets["local"].cookie == "S3CRET"
        return
    with pytest.raises(ConfigError, match=message) as raised:
        load_config(path, NAMES, {})
    assert "S3CRET" not in str(raised.value)


@pytest.mark.parametrize("key", ["cookie_env", "cookie_file", "key_env", "key_file"])
def test_a_secret_written_into_a_stanza_is_not_repeated(tmp_path: Path, key: str) -> None:
    text = GOOD.replace("ccgp,", f"ccgp, {key}: 'SID=S3CRET; b=1',")
    with pytest.raises(ConfigError, match=r"config\.yaml:5:\d+: expected the name of") as raised:
        load_config(write(tmp_path, text), NAMES, {})
    assert "S3CRET" not in str(raised.value)


@pytest.mark.parametrize(
    "name", ["cookie", "Authorization", "X-API-Key", "User-Agent", "Accept-Encoding", "Host"]
)
def test_a_header_that_is_a_secret_or_the_programs_own_is_refused(
    tmp_path: Path, name: str
) -> None:
    text = GOOD.replace("ccgp,", f"ccgp, headers: {{{name}: S3CRET}},")
    with pytest.raises(ConfigError, match=f"'{name}' cannot stand here") as raised:
        load_config(write(tmp_path, text), NAMES, {})
    assert "S3CRET" not in str(raised.value)


def test_a_source_that_is_off_needs_no_secret(tmp_path: Path) -> None:
    text = GOOD.replace("ccgp,", "ccgp, enabled: no, cookie_env: NOT_SET,")
    config = load_config(write(tmp_path, text), NAMES, {})
    assert (config.sources, list(config.stanzas), config.secrets) == ({}, ["local"], {})


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ("", ""),
        ("legacy_tls: true, ", "old TLS accepted"),
        ("verify_tls: false, ", "certificate not verified"),
        ("legacy_tls: true, verify_tls: false, ", "old TLS accepted, certificate not verified"),
    ],
)
def test_sources_say_how_their_tls_is_looser_than_usual(
    tmp_path: Path, options: str, shown: str
) -> None:
    path = write(tmp_path, GOOD.replace("portal: ccgp, ", f"portal: ccgp, {options}"))
    assert read_outline(path, {})[1]["local"].tls == shown


def write(folder: Path, text: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(text, "utf-8")
    return path
