"""Boot the units in a real systemd: an overlay of a root folder, run by systemd-nspawn.

Needs root, systemd-container and iproute2; nothing of the folder itself is changed. The machine
has a network of its own that leads nowhere, with three made-up addresses on its loopback.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.kit.waiting import wait_until

CHECKOUT = Path(__file__).parents[2]
PROGRAM = "opt/tender-monitor"
UNIT = "tender-monitor"
# What IPAddressDeny= and the sandbox need; systemd-nspawn withholds it by default.
_CAPABILITIES = "CAP_BPF,CAP_NET_ADMIN,CAP_NET_RAW,CAP_PERFMON"
_CONTROLLERS = (
    "systemd", "unified", "cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio",
    "pids",
)  # fmt: skip
_NETWORK = """[Unit]
Description=Addresses that lead nowhere, and somebody who listens on them
Before=tender-monitor.service network-online.target
[Service]
ExecStartPre=/bin/sh -c 'ip link set lo up; for a in 10.99.0.1 169.254.169.254 8.8.4.4; do \
ip addr add $a/32 dev lo; done; true'
ExecStart=/usr/bin/python3 -m http.server 18080 --bind 0.0.0.0 --directory /usr/share/zoneinfo
[Install]
WantedBy=multi-user.target
"""


def find_obstacle(root: Path) -> str:
    """Return why no systemd can be booted on this machine, "" if it can."""
    if os.geteuid() != 0:
        return "only root may boot a systemd"
    for program in ("systemd-nspawn", "nsenter", "mount", "make"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    for path in ("usr/bin/python3", "usr/sbin/ip", "usr/lib/systemd/systemd"):
        if not (root / path).exists():
            return f"the root {root} has no /{path}"
    with tempfile.TemporaryDirectory() as folder:
        mounted = _run("mount", "-t", "tmpfs", "tmpfs", folder)
        if mounted.returncode:
            return "nothing can be mounted here"
        _run("umount", folder)
    return ""


class Machine:
    """A booted systemd with the daemon's units, installed as docs/install.md says."""

    def __init__(self, root: Path = Path("/")) -> None:
        self.root = root
        self.base = Path(tempfile.mkdtemp(prefix="booted-"))
        self.merged = self.base / "merged"
        self.name = self.base.name
        self._nspawn: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Build, install and boot."""
        try:
            self._mount()
            self._install()
            self._boot()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Power off and leave nothing behind."""
        self._close()

    def run(self, *command: str, check: bool = True) -> str:
        """Run a command inside and return what it printed."""
        done = _run("nsenter", "-t", str(self._find_init()), *"-m -u -i -n -p -C -r -w --".split(),
                    *command)  # fmt: skip
        if check and done.returncode:
            raise AssertionError(f"{command}: {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def returns(self, *command: str) -> int:
        """Run a command inside and return its exit code."""
        return _run("nsenter", "-t", str(self._find_init()),
                    *"-m -u -i -n -p -C -r -w --".split(), *command).returncode  # fmt: skip

    def show(self, key: str, unit: str = UNIT) -> str:
        """Return a property of a unit."""
        return self.run("systemctl", "show", "-p", key, "--value", unit).strip()

    def journal(self, unit: str = UNIT) -> str:
        """Return what a unit logged."""
        return self.run("journalctl", "-u", unit, "-o", "cat", "--no-pager")

    def write_dropin(self, unit: str, text: str) -> None:
        """Put a drop-in beside a unit, until the machine is switched off."""
        folder = f"/run/systemd/system/{unit}.service.d"
        self.run("mkdir", "-p", folder)
        self.run("sh", "-c", f'printf "%s" "$1" > {folder}/test.conf', "sh", text)
        self.run("systemctl", "daemon-reload")

    def wait_active(self, other_than: str = "0", seconds: float = 90) -> None:
        """Wait until the daemon is up, as another process than a given one."""

        def is_up() -> bool:
            return (
                self._find_init() != 0
                and self.run("systemctl", "is-active", UNIT, check=False).strip() == "active"
                and self.show("MainPID") not in ("0", other_than)
            )

        wait_until(is_up, "the unit is active", seconds)

    def _find_init(self) -> int:
        if self._nspawn is None:
            return 0
        found = _run("pgrep", "-P", str(self._nspawn.pid), "-x", "systemd").stdout.split()
        return int(found[0]) if found else 0

    def _mount(self) -> None:
        upper, work = self.base / "upper", self.base / "work"
        _must("mount", "-t", "tmpfs", "-o", "size=2G", "tmpfs", str(self.base))
        for folder in (upper, work, self.merged):
            folder.mkdir()
        options = f"lowerdir={self.root},upperdir={upper},workdir={work}"
        _must("mount", "-t", "overlay", "overlay", "-o", options, str(self.merged))

    def _install(self) -> None:
        """Do what docs/install.md says, in the folder that becomes the machine."""
        program, etc = self.merged / PROGRAM, self.merged / "etc"
        ignored = shutil.ignore_patterns(".venv*", ".git", "__pycache__", "tests", "state")
        shutil.copytree(CHECKOUT, program, ignore=ignored)
        shutil.copy(Path(__file__).with_name("probe.py"), self.merged / "opt" / "probe.py")
        for name in ("etc/resolv.conf", "etc/ssl/certs/ca-certificates.crt"):
            target = self.merged / name
            target.unlink(missing_ok=True)
            target.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):
                shutil.copy(Path("/") / name, target)
        self._make_venv(program)
        own = etc / "tender-monitor"
        own.mkdir(parents=True, exist_ok=True)
        # The practice portal would listen, which the sandbox forbids.
        text = (CHECKOUT / "config.yaml").read_text("utf-8")
        head, _, rest = text.partition("  # --- sample begin")
        text = head + rest.partition("# --- sample end\n")[2]
        (own / "config.yaml").write_text(text, "utf-8")
        for folder in ("watchlists", "sources"):
            shutil.copytree(CHECKOUT / folder, own / folder, dirs_exist_ok=True)
        self._write_units(etc / "systemd/system")
        (etc / "credstore").mkdir(exist_ok=True)
        secret = etc / "credstore" / "tender-monitor.email"
        secret.write_text("json://127.0.0.1:18081/hook\n")
        secret.chmod(0o600)
        (etc / "machine-id").unlink(missing_ok=True)
        (etc / "machine-id").touch()
        (etc / "hosts").write_text("127.0.0.1 localhost\n")
        (etc / "resolv.conf").write_text("")
        for arguments in (("set-default", "multi-user.target"), ("enable", "testnet", UNIT)):
            _must("chroot", str(self.merged), "systemctl", *arguments)

    def _make_venv(self, program: Path) -> None:
        for name in ("dev", "proc"):
            _must("mount", "--bind", f"/{name}", str(self.merged / name))
        try:
            _must("chroot", str(self.merged), "make", "-C", f"/{PROGRAM}", "setup",
                  "PYTHON=/usr/bin/python3")  # fmt: skip
        finally:
            for name in ("proc", "dev"):
                _run("umount", "-l", str(self.merged / name))
        assert (program / ".venv/bin/tender-monitor").exists()

    def _write_units(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for path in [*(CHECKOUT / "systemd").glob("*.service"),
                     *(CHECKOUT / "systemd").glob("*.timer")]:  # fmt: skip
            shutil.copy(path, folder / path.name)
        (folder / "testnet.service").write_text(_NETWORK)
        # The very sandbox of the daemon, around another program that ends by itself.
        lines = (CHECKOUT / "systemd" / f"{UNIT}.service").read_text("utf-8").splitlines()
        dropped = ("Type=", "ExecStart=", "ExecReload=", "WatchdogSec=", "Restart", "OnFailure=")
        kept = [line for line in lines if not line.startswith(dropped)]
        at = kept.index("[Service]") + 1
        kept[at:at] = ["Type=oneshot", f"ExecStart=/{PROGRAM}/.venv/bin/python -I /opt/probe.py"]
        (folder / "probe.service").write_text("\n".join(kept) + "\n", "utf-8")

    def _boot(self) -> None:
        command = [
            "systemd-nspawn", f"--capability={_CAPABILITIES}", "--system-call-filter=bpf",
            "--register=no", "--keep-unit", "--private-network", "--resolv-conf=off",
            "--timezone=off", "--link-journal=no", "-M", self.name, "-D", str(self.merged),
            "--console=pipe", "-b",
        ]  # fmt: skip
        with (self.base / "boot.log").open("wb") as log:
            self._nspawn = subprocess.Popen(  # noqa: S603 - fixed words and our own folder
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
                preexec_fn=self._enter_groups,
            )  # fmt: skip
        self.wait_active()

    def _enter_groups(self) -> None:
        """Give the machine control groups of its own, below those of this process."""
        for name, own in _list_groups():
            folder = own / self.name
            folder.mkdir(exist_ok=True)
            if name == "cpuset":
                for file in ("cpuset.cpus", "cpuset.mems"):
                    (folder / file).write_text((own / file).read_text())
            (folder / "cgroup.procs").write_text(str(os.getpid()))

    def _close(self) -> None:
        if self._nspawn is not None:
            if self._find_init():
                self.run("systemctl", "poweroff", check=False)
            try:
                self._nspawn.wait(60)
            except subprocess.TimeoutExpired:
                self._nspawn.send_signal(signal.SIGKILL)
                self._nspawn.wait()
        for folder in (self.merged, self.base):
            _run("umount", "-l", str(folder))
        with suppress(OSError):
            self.base.rmdir()
        for _, own in _list_groups():
            for folder in sorted(own.glob(f"{self.name}/**/"), reverse=True):
                with suppress(OSError):
                    folder.rmdir()


def _list_groups() -> list[tuple[str, Path]]:
    """Return each hierarchy of control groups with the folder that this process is in."""
    mine: dict[str, str] = {}
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        number, names, path = line.split(":", 2)
        for name in ["unified"] if number == "0" else names.removeprefix("name=").split(","):
            mine[name] = path
    base = Path("/sys/fs/cgroup")
    known = [(name, base / name) for name in _CONTROLLERS if (base / name).is_dir()]
    known = known or [("unified", base)]
    return [(name, folder / mine[name].strip("/")) for name, folder in known if name in mine]


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)  # noqa: S603


def _must(*command: str) -> None:
    done = _run(*command)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout[-800:]}{done.stderr[-800:]}")
