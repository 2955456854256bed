"""The units, their examples and docs/install.md agree with each other and with systemd."""

from __future__ import annotations

import ipaddress
import re
import shlex
import shutil
import stat
import subprocess
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.refresh import DEADLINE

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "systemd"
UNIT = FOLDER / "tender-monitor.service"
FAILURE = FOLDER / "tender-monitor-failure@.service"
LISTS = FOLDER / "tender-monitor-lists.service"
TIMER = LISTS.with_suffix(".timer")
BACKUP = FOLDER / "tender-monitor-backup.service"
UNITS = (UNIT, FAILURE, LISTS, TIMER, BACKUP, BACKUP.with_suffix(".timer"))
INSTALL = (ROOT / "docs" / "install.md").read_text("utf-8")
PROGRAM = "/opt/tender-monitor/.venv/bin/tender-monitor"
# systemd.resource-control(5) says what these words stand for.
WORDS = {
    "localhost": ["127.0.0.0/8", "::1/128"],
    "link-local": ["169.254.0.0/16", "fe80::/64"],
    "multicast": ["224.0.0.0/4", "ff00::/8"],
}

Directives = dict[str, dict[str, list[str]]]


def read_unit(path: Path) -> Directives:
    """Return section -> directive -> its values in order; unlike configparser, keys may repeat."""
    sections: Directives = {}
    for line in path.read_text("utf-8").splitlines():
        if not line or line.startswith(("#", ";")):
            continue
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), {})
            continue
        key, equals, value = line.partition("=")
        assert equals, f"{path.name}: not a directive: {line}"
        section.setdefault(key, []).append(value)
    return sections


SERVICE = read_unit(UNIT)["Service"]
# "1. what for", perhaps on several lines, an empty line, then the command, indented further.
NUMBERED = [
    command.strip()
    for command in re.findall(
        r"^\d+\. [^\n]+\n(?: {3}\S[^\n]*\n)*\n((?: {7}[^\n]+\n)+)", INSTALL, re.M
    )
]
INDENTED = re.findall(r"^ {4,7}(sudo .+|journalctl .+|systemctl .+)$", INSTALL, re.M)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Type", "notify"),
        ("NotifyAccess", "main"),
        ("ExecReload", "/bin/kill -HUP $MAINPID"),
        ("Restart", "always"),
        ("DynamicUser", "yes"),
        ("StateDirectory", "tender-monitor"),
        ("StateDirectoryMode", "0700"),
        ("UMask", "0077"),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("NoNewPrivileges", "yes"),
        ("CapabilityBoundingSet", ""),
        ("MemoryDenyWriteExecute", "yes"),
        ("LimitCORE", "0"),
    ],
)
def test_the_unit_states_what_the_program_and_its_promises_rely_on(key: str, value: str) -> None:
    assert SERVICE[key] == [value]


def test_the_unit_starts_the_console_script_with_the_documented_configuration() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    program, *arguments = shlex.split(SERVICE["ExecStart"][0])
    assert program == PROGRAM
    assert Path(program).name in scripts
    assert arguments == ["run", "--config", "/etc/tender-monitor/config.yaml"]


def test_a_sign_of_life_is_due_well_before_a_stop_is_forced() -> None:
    assert int(SERVICE["WatchdogSec"][0]) > int(SERVICE["TimeoutStopSec"][0]) > 0


def test_a_start_that_hangs_is_ended_in_minutes() -> None:
    """What may take longer asks for its time: a large database, a full disk."""
    assert SERVICE["Type"] == ["notify"]
    assert int(SERVICE["TimeoutStartSec"][0]) <= 180


def test_a_crash_loop_reaches_the_start_limit_and_so_tells_a_person() -> None:
    section = read_unit(UNIT)["Unit"]
    assert section["StartLimitIntervalSec"] == ["1h"]
    assert int(section["StartLimitBurst"][0]) * int(SERVICE["RestartSec"][0]) < 3600
    assert section["OnFailure"] == [FAILURE.name.replace("@", "@%n")]


def test_only_a_wrong_file_keeps_the_daemon_from_being_started_again() -> None:
    """2 is a wrong configuration, 243 a missing credential; a held state (75) passes."""
    assert SERVICE["RestartPreventExitStatus"] == ["2 243"]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_every_group_of_lines_says_why(path: Path) -> None:
    groups = re.split(r"\n\n+", path.read_text("utf-8").strip())
    bare = [
        group
        for group in groups
        if not group.startswith(("[Unit]", "[Install]")) and "#" not in group
    ]
    assert bare == []


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_no_comment_stands_behind_a_value_where_systemd_would_read_it(path: Path) -> None:
    values = [value for keys in read_unit(path).values() for one in keys.values() for value in one]
    assert [value for value in values if " #" in value or value != value.strip()] == []


def list_networks(values: list[str]) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    words = [word for value in values for word in value.split()]
    return [ipaddress.ip_network(net) for word in words for net in WORDS.get(word, [word])]


DENIED = list_networks(SERVICE["IPAddressDeny"])


def is_denied(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return any(address in net for net in DENIED if net.version == address.version)


@pytest.mark.parametrize(
    "address",
    "127.0.0.1 10.1.2.3 100.64.0.1 169.254.169.254 172.31.0.2 192.168.1.1 0.0.0.0 255.255.255.255 "
    "::1 :: fd00::1 fe80::1 ff02::1 ::ffff:10.0.0.1 64:ff9b::a00:1 2002:a00:1:: 2001::1".split(),
)
def test_the_kernel_denies_an_address_that_is_not_public(address: str) -> None:
    assert is_denied(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "100.63.255.255", "172.32.0.1", "2400:3200::1"])
def test_the_kernel_lets_a_public_address_through(address: str) -> None:
    assert not is_denied(ipaddress.ip_address(address))


@given(st.ip_addresses())
@settings(max_examples=150, deadline=None)
def test_what_python_calls_private_the_unit_denies(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if address.is_private or address.is_multicast:
        assert is_denied(address)


def test_what_the_daemon_wrote_cannot_be_run() -> None:
    closed = {Path(word) for value in SERVICE["NoExecPaths"] for word in value.split()}
    state = SERVICE["StateDirectory"][0]
    assert {Path("/var/lib") / state, Path("/var/lib/private") / state} <= closed
    assert {Path("/tmp"), Path("/run")} <= closed  # noqa: S108


@pytest.mark.parametrize("name", ["lan-smtp.conf", "proxy.conf"])
def test_a_drop_in_widens_nothing_but_one_address(name: str) -> None:
    sections = read_unit(FOLDER / name)
    assert list(sections) == ["Service"]
    assert list(sections["Service"]) == ["IPAddressAllow"]
    (network,) = list_networks(sections["Service"]["IPAddressAllow"])
    assert network.num_addresses == 1
    assert f"/etc/systemd/system/{UNIT.name}.d/{name}" in (FOLDER / name).read_text("utf-8")


def test_the_example_variables_hold_made_up_addresses_only() -> None:
    text = (FOLDER / "tender-monitor.env.example").read_text("utf-8")
    examples = re.findall(r"^#?(TENDER_MONITOR_[A-Z]+_URL)='(\S+)'$", text, re.M)
    assert "TENDER_MONITOR_EMAIL_URL" in dict(examples)
    for _, url in examples:
        assert (urlsplit(url).hostname or "").endswith(".example")
        assert (urlsplit(url).password or "PASSWORD") == "PASSWORD"


def test_the_failure_unit_writes_to_the_receiver_of_the_main_unit() -> None:
    failure = read_unit(FAILURE)["Service"]
    assert failure["LoadCredential"] == SERVICE["LoadCredential"]
    name = SERVICE["LoadCredential"][0].partition(":")[0]
    assert f"%d/{name}" in failure["ExecStart"][-1]


def test_the_lists_are_refreshed_as_the_daemon_s_own_user_in_its_state() -> None:
    lists = read_unit(LISTS)["Service"]
    for key in ("DynamicUser", "StateDirectory", "StateDirectoryMode", "UMask"):
        assert lists[key] == SERVICE[key]
    assert lists["User"] == [UNIT.stem]
    program, *arguments = shlex.split(lists["ExecStart"][0])
    assert [program, *arguments[2:]] == [PROGRAM, *SERVICE["ExecStart"][0].split()[2:]]
    assert arguments[:2] == ["lists", "update"]


def test_the_backup_is_made_as_the_daemon_s_own_user_and_without_a_network() -> None:
    backup = read_unit(BACKUP)["Service"]
    for key in ("DynamicUser", "StateDirectory", "StateDirectoryMode", "UMask"):
        assert backup[key] == SERVICE[key]
    assert backup["User"] == [UNIT.stem]
    assert backup["PrivateNetwork"] == ["yes"]
    program, *arguments = shlex.split(backup["ExecStart"][0])
    assert [program, *arguments[1:]] == [PROGRAM, *SERVICE["ExecStart"][0].split()[2:]]
    assert arguments[0] == "backup"


def test_slower_restarts_still_reach_the_limit_and_so_tell_a_person() -> None:
    """The waits grow by equal factors from RestartSec to RestartMaxDelaySec: systemd.service(5)."""
    slow = read_unit(FOLDER / "slow-restarts.conf")
    first, longest = float(SERVICE["RestartSec"][0]), 300.0
    steps = int(slow["Service"]["RestartSteps"][0])
    assert slow["Service"]["RestartMaxDelaySec"] == ["5min"]
    starts = int(slow["Unit"]["StartLimitBurst"][0])
    waits = [first * (longest / first) ** (min(n, steps) / steps) for n in range(starts)]
    assert sum(waits) < 3600


def test_the_lists_may_take_as_long_as_the_program_waits() -> None:
    assert int(read_unit(LISTS)["Service"]["TimeoutStartSec"][0]) > DEADLINE
    assert read_unit(TIMER)["Timer"]["Persistent"] == ["yes"]


# --- docs/install.md ---------------------------------------------------------------------------


def test_a_bare_machine_needs_under_ten_commands() -> None:
    numbers = [int(number) for number in re.findall(r"^(\d+)\. ", INSTALL, re.M)]
    assert numbers == list(range(1, len(NUMBERED) + 1))
    assert 0 < len(NUMBERED) < 10
    for command in NUMBERED:
        assert "\n" not in command
        assert "&&" not in command
        assert not re.search(r";\s*sudo", command)
    assert NUMBERED[-1] == "sudo systemctl enable --now tender-monitor"


@pytest.mark.parametrize(
    "path",
    sorted(
        {
            SERVICE["ExecStart"][0].split()[-1],
            SERVICE["EnvironmentFile"][0].removeprefix("-"),
            "/etc/credstore/" + SERVICE["LoadCredential"][0].partition(":")[2],
            "/var/lib/private/" + SERVICE["StateDirectory"][0],
            PROGRAM,
            f"/etc/systemd/system/{UNIT.name}.d/resolver.conf",
        }
    ),
)
def test_a_path_that_the_unit_uses_is_documented(path: str) -> None:
    assert path in INSTALL


def test_a_path_of_the_checkout_that_is_documented_exists() -> None:
    known = set(re.findall(r"/opt/tender-monitor/((?:systemd|docs|monitor)/[\w@./-]+)", INSTALL))
    assert len(known) >= 4
    assert [path for path in sorted(known) if not (ROOT / path).exists()] == []


def test_every_state_path_that_is_documented_is_the_one_of_the_unit() -> None:
    states = set(re.findall(r"/var/lib/[\w./-]*[\w]", INSTALL))
    name = SERVICE["StateDirectory"][0]
    before = f"/var/lib/private/{name}.before"
    assert states == {f"/var/lib/private/{name}", f"/var/lib/{name}", before}


def test_the_named_credential_is_the_one_that_the_unit_loads() -> None:
    name, _, file = SERVICE["LoadCredential"][0].partition(":")
    assert f"url_file: credential:{name}\n" in INSTALL
    assert f"install -D -m 0600 /dev/stdin /etc/credstore/{file}\n" in INSTALL


def test_every_exit_code_that_stops_the_daemon_is_explained() -> None:
    explained = set(re.findall(r"^\| (\d+) \|", INSTALL, re.M))
    assert {"0", "1", "75"} | set(SERVICE["RestartPreventExitStatus"][0].split()) <= explained


def test_uninstalling_removes_everything_that_was_installed() -> None:
    removed = " ".join(line for line in INDENTED if line.startswith("sudo rm "))
    for path in re.findall(r"/(?:etc|var)/\S*[\w]", "\n".join(NUMBERED)):
        parents = [path, *(str(parent) for parent in Path(path).parents)]
        if path not in ("/etc/resolv.conf", "/etc/systemd/system"):
            assert any(parent in removed.split() for parent in parents), path


def run_documented(name: str, given_file: str, path: Path) -> str:
    """Run the numbered command that starts with `name` on `path`, up to where it installs."""
    (command,) = [line for line in NUMBERED if line.startswith(name)]
    words = shlex.split(command.partition(" | ")[0])
    assert words.pop() == given_file
    return subprocess.run([*words, path], check=True, capture_output=True, text=True).stdout  # noqa: S603


def test_the_documented_sed_takes_out_the_sample_source_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(
        "sources:\n  # --- sample begin\n  sample:\n    portal: sample\n  # --- sample end\n"
        "  korla:\n    portal: linklist\n"
    )
    kept = run_documented("sed", "/opt/tender-monitor/config.yaml", path)
    assert kept == "sources:\n  korla:\n    portal: linklist\n"


@pytest.mark.skipif(not shutil.which("awk"), reason="awk is not installed")
def test_the_documented_awk_allows_the_name_servers_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    path.write_text("# nameserver 10.9.9.9\nsearch lan\nnameserver 192.168.1.1\n")
    with path.open("a") as out:
        out.write("nameserver fe80::1%eth0\noptions edns0\n")
    kept = run_documented("awk", "/etc/resolv.conf", path)
    assert kept == "[Service]\nIPAddressAllow=192.168.1.1\nIPAddressAllow=fe80::1\n"


# --- the script that runs one command as the daemon ----------------------------------------------


def make_stand_in(folder: Path, name: str, body: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def test_by_hand_runs_with_the_state_and_every_credential_of_the_unit(tmp_path: Path) -> None:
    """With stand-ins for the two programs of systemd that it calls; arguments stay whole."""
    drop_in = tmp_path / "receivers.conf"
    drop_in.write_text("[Service]\nLoadCredential=chat:tender-monitor.chat\n")
    make_stand_in(tmp_path, "systemctl", f"cat {UNIT} {drop_in}")
    make_stand_in(tmp_path, "systemd-run", 'printf "%s\\n" "$@"')
    path = f"{tmp_path}:/usr/bin:/bin"
    command = [str(FOLDER / "by-hand"), "why", "a b"]
    done = subprocess.run(  # noqa: S603
        command, check=True, capture_output=True, text=True, env={"PATH": path}
    )
    words = done.stdout.splitlines()
    assert words[-3:] == [PROGRAM, "why", "a b"]
    given_here = [word.removeprefix("--property=") for word in words[:-3]]
    for value in (*SERVICE["LoadCredential"], "chat:tender-monitor.chat"):
        assert f"LoadCredential={value}" in given_here
    for key in ("DynamicUser", "StateDirectory", "StateDirectoryMode", "UMask", "EnvironmentFile"):
        assert f"{key}={SERVICE[key][0]}" in given_here


def test_by_hand_may_be_run() -> None:
    assert (FOLDER / "by-hand").stat().st_mode & stat.S_IXOTH


# --- systemd's own opinion, where there is a systemd ---------------------------------------------


def find_analyze() -> str:
    """Return the path of systemd-analyze; skip where it is missing or cannot judge a file."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    found = subprocess.run([program, "--version"], check=True, capture_output=True, text=True)  # noqa: S603
    version = int(found.stdout.split()[1].partition(".")[0])
    if version < 252:
        pytest.skip(f"systemd {version} is older than the units ask for (252)")
    return program


@pytest.mark.parametrize(
    ("path", "threshold"),
    [(UNIT, 11), (FAILURE, 12), (LISTS, 12), (BACKUP, 5)],
    ids=["main", "failure", "lists", "backup"],
)
def test_systemd_rates_the_unit_as_well_as_promised(path: Path, threshold: int) -> None:
    """The threshold is ten times the score: 11 is "1.1 OK", of 10."""
    command = [find_analyze(), "security", "--offline=true", f"--threshold={threshold}", str(path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr


@pytest.mark.parametrize("name", [path.name for path in UNITS])
def test_systemd_finds_nothing_wrong_in_the_unit(name: str, tmp_path: Path) -> None:
    """All units are there, with programs that exist on every machine."""
    for path in UNITS:
        text = re.sub(r"^(ExecStart=-?)/\S+", r"\1/bin/true", path.read_text("utf-8"), flags=re.M)
        (tmp_path / path.name).write_text(text)
    command = [find_analyze(), "verify", "--man=no", str(tmp_path / name)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    about_ours = [line for line in done.stderr.splitlines() if "tender-monitor" in line]
    assert about_ours == []
    assert done.returncode == 0, done.stderr
