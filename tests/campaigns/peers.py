"""The same loss test against this program and two others that watch pages: urlwatch, webchanges.

A page shows one notice more at each poll. In one trial the receiver answers every third poll
with 503, in the other the program is killed at random. The others are installed by
`make setup-peers`; where they are not, only ours is measured and the figures say so.
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.campaigns.outcome import Figure, Outcome
from tests.campaigns.peerworld import PeerWorld
from tests.kit.house import WATCHLISTS
from tests.kit.waiting import wait_until

BAR = "a receiver that refuses, kills at random: ours loses and doubles nothing, others beside it"
SHORT, FULL = 2, 60
"""How many kills of each program; half as many polls, of which a third is refused."""

ROOT = Path(__file__).parents[2]
PEERS = ROOT / ".venv-peers"
_FEWEST_POLLS = 2
# With so many kills a program that sends before it notes has doubled something.
_TELLING_KILLS = 30
_MOST_DRAINS = 8
# urlwatch keeps times in whole seconds: two polls within one would be lost by our haste.
_PAUSE = 1.1
_OURS = """\
watchlists: {watchlists}
state: {folder}/state
receivers:
  hook:
    url_env: HOOK_URL
    retry: 1s
    dead_after: 365d
    flood: {{most: 10000, within: 60s}}
sources:
  local:
    portal: linklist
    lists: ["{url}/list"]
    row: {{row: li, date: span}}
    open: all
    delay: 0
    jitter: 0
    allow_loopback: true
    budget: 1000000
"""
_JOBS = """\
name: notices
url: {url}/list
filter: [{{css: li}}, html2text]
"""
_REPORT = """\
display: {{new: true, error: false, unchanged: false}}
report:
  stdout: {{enabled: false}}
  {reporter}: {{enabled: true, webhook_url: "{url}/hook"}}
"""


@dataclass(frozen=True)
class Command:
    """A command that polls once, with its whole environment."""

    words: Sequence[str]
    environment: Mapping[str, str]


Prepare = Callable[[Path, str], Command]


@dataclass(frozen=True)
class Tally:
    """What came of the notices that a program had to tell in one trial."""

    due: int
    lost: int
    doubled: int
    resent: int
    runs: int
    kills: int

    def write(self) -> str:
        """Return the figures in words."""
        kills = f" at {self.kills} kills" if self.kills else ""
        again = f" (and {self.resent} said to be second copies)" if self.resent else ""
        return f"lost {self.lost} of {self.due}{kills}, doubled {self.doubled}{again}"


@dataclass
class Trial:
    """One program before one page."""

    command: Command
    world: PeerWorld
    # The same moments each time, as far as the machine allows.
    rng: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311
    spans: list[float] = field(default_factory=list)
    ended_at: float = 0.0
    runs: int = 0
    kills: int = 0

    def refuse(self, polls: int) -> Tally:
        """Poll with news each time, have every third poll's message refused, and come to rest."""
        self._poll_news()
        for number in range(polls):
            self.world.refusing = number % 3 == 1
            self._poll_news()
        self.world.refusing = False
        return self._come_to_rest()

    def kill(self, kills: int) -> Tally:
        """Poll with news each time, kill it after it asked for the page, and come to rest."""
        self._poll_news()
        # The first look takes longer than the others.
        self.spans.clear()
        self._poll_news()
        for _ in range(2 * kills):
            if self.kills < kills:
                longest = 1.2 * statistics.median(self.spans)
                self._poll_news(self.rng.uniform(0.0, longest))
        return self._come_to_rest()

    def _come_to_rest(self) -> Tally:
        """Poll without news until nothing comes any more; return what came in all."""
        quiet = 0
        for _ in range(_MOST_DRAINS):
            before = self.world.count_posts()
            self._poll(None)
            quiet = quiet + 1 if self.world.count_posts() == before else 0
            if quiet == 2:
                break
        return self._count()

    def _count(self) -> Tally:
        due, (told, copies) = self.world.list_due(), self.world.count_told()
        lost = sum(told[number] == 0 for number in due)
        again = sum(max(0, told[number] - 1) for number in due)
        # A copy that says so may also be the only one that came.
        resent = sum(min(copies[number], max(0, told[number] - 1)) for number in due)
        return Tally(len(due), lost, again - resent, resent, self.runs, self.kills)

    def _poll_news(self, seconds: float | None = None) -> None:
        self.world.publish()
        self._poll(seconds)

    def _poll(self, seconds: float | None) -> None:
        """Poll once; kill it so many seconds after it asked for the page."""
        threading.Event().wait(max(0.0, self.ended_at + _PAUSE - time.monotonic()))
        self.world.asked.clear()
        self.runs += 1
        process = subprocess.Popen(  # noqa: S603 - commands of this file
            self.command.words, env=self.command.environment, cwd=ROOT,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        wait_until(lambda: self.world.asked.is_set() or process.poll() is not None, "the page")
        asked_at = time.monotonic()
        try:
            process.wait(120 if seconds is None else seconds)
            self.spans.append(time.monotonic() - asked_at)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            self.kills += seconds is not None
        self.ended_at = time.monotonic()


def run(size: int, folder: Path) -> Outcome:
    """Try each program in both ways, all programs at the same time."""
    programs = list_programs()
    with ThreadPoolExecutor(len(programs)) as pool:
        found = [
            pool.submit(_try_program, prepare, size, folder / str(number))
            for number, prepare in enumerate(programs.values())
        ]
        tallies = dict(zip(programs, (one.result() for one in found), strict=True))
    figures: dict[str, Figure] = {}
    for name, (refused, killed) in tallies.items():
        figures |= {f"{name}, refused:": refused.write(), f"{name}, killed:": killed.write()}
    figures |= {f"{name}:": "not installed" for name in _PEERS if not find_version(name)}
    cases = sum(tally.runs for pair in tallies.values() for tally in pair)
    return Outcome("peers", BAR, cases, tuple(_list_failures(tallies)), figures)


def _try_program(prepare: Prepare, size: int, folder: Path) -> tuple[Tally, Tally]:
    """Return what came of a program whose messages are refused, and of one that is killed."""
    with PeerWorld() as world:
        trial = Trial(prepare(_make_folder(folder / "refused"), world.url), world)
        refused = trial.refuse(max(_FEWEST_POLLS, size // 2))
    with PeerWorld() as world:
        trial = Trial(prepare(_make_folder(folder / "killed"), world.url), world)
        return refused, trial.kill(size)


def _list_failures(tallies: Mapping[str, tuple[Tally, Tally]]) -> Iterator[str]:
    """Yield what breaks the promise of ours, and where the others show that nothing was measured.

    A program that notes what it saw before it sends must lose at a refusal, one that sends
    before it notes must double at a kill; each must tell of most.
    """
    for name, pair in tallies.items():
        refused, killed = pair
        if name == "ours":
            yield from (f"ours: {tally.write()}" for tally in pair if tally.lost or tally.doubled)
        for tally in pair:
            if tally.due < 2 or 2 * tally.lost > tally.due:
                yield f"{name} was not set up as it should: {tally.write()}"
        if name.startswith("urlwatch") and not refused.lost:
            yield "urlwatch lost nothing at a refusal: this shows nothing"
        telling = killed.kills >= _TELLING_KILLS
        if name.startswith("webchanges") and telling and not killed.doubled:
            yield f"webchanges doubled nothing at {killed.kills} kills: this shows nothing"


def list_programs() -> dict[str, Prepare]:
    """Return the programs that are there, by name and version."""
    found = {f"{name} {find_version(name)}": one for name, one in _PEERS.items()}
    return {"ours": _prepare_ours, **{name: one for name, one in found.items() if name[-1] != " "}}


def find_version(name: str) -> str:
    """Return the version of another program that is installed, "" for none."""
    found = sorted(PEERS.glob(f"lib/python*/site-packages/{name}-*.dist-info"))
    return found[-1].name.removeprefix(f"{name}-").removesuffix(".dist-info") if found else ""


def _make_folder(path: Path) -> Path:
    path.mkdir(parents=True)
    return path


def _prepare_ours(folder: Path, url: str) -> Command:
    path = folder / "config.yaml"
    path.write_text(_OURS.format(watchlists=WATCHLISTS, folder=folder, url=url), "utf-8")
    hook = {"HOOK_URL": f"json://{url.removeprefix('http://')}/hook"}
    words = (sys.executable, "-m", "monitor", "--config", str(path), "poll")
    return Command(words, _make_environment(folder) | hook)


def _prepare_urlwatch(folder: Path, url: str) -> Command:
    return _prepare_peer("urlwatch", "slack", ("--urls", "--cache"), folder, url)


def _prepare_webchanges(folder: Path, url: str) -> Command:
    return _prepare_peer("webchanges", "webhook", ("--jobs", "--database"), folder, url)


_PEERS: Mapping[str, Prepare] = {"urlwatch": _prepare_urlwatch, "webchanges": _prepare_webchanges}


def _prepare_peer(
    name: str, reporter: str, options: tuple[str, str], folder: Path, url: str
) -> Command:
    """Return another program's command; its reporter posts JSON with a text."""
    config, jobs, hooks = folder / "config.yaml", folder / "jobs.yaml", folder / "hooks.py"
    config.write_text(_REPORT.format(reporter=reporter, url=url), "utf-8")
    jobs.write_text(_JOBS.format(url=url), "utf-8")
    hooks.write_text("", "utf-8")
    own = ("--config", str(config), options[0], str(jobs), options[1], str(folder / "state.db"))
    words = (str(PEERS / "bin" / name), *own, "--hooks", str(hooks))
    return Command(words, _make_environment(folder))


def _make_environment(folder: Path) -> dict[str, str]:
    """Return an environment without this machine's settings, in which nothing leaves it."""
    # No look for a newer version, which goes by TLS, gets out. The page and the hook do without.
    closed = {"HTTPS_PROXY": "http://127.0.0.1:9"}
    return {"HOME": str(folder), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **closed}
