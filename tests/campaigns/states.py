"""Random lives of the program: polls, kills, moods, clocks, edits, full disks, restores.

Hypothesis draws the steps; the real store, archive, poller and couriers take them in one process.
A kill is an exception that nothing catches, after which only what is on the disk goes on.
"""

from __future__ import annotations

import os
import random
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from monitor import crashpoints
from monitor.alerting.causes import UnconfirmedError
from monitor.alerting.courier import Courier
from monitor.errors import DeliveryError, MonitorError
from monitor.evidence.backup import write_backup
from monitor.evidence.restore import restore_backup
from monitor.evidence.verify import Verifier
from monitor.models import Message
from monitor.receivers import FloodConfig
from monitor.setup import Rooms, Setup, settle_clock, settle_outbox
from monitor.vitals.clock import ClockMemory
from tests.campaigns.inside import SOURCE, fork_child, make_setup, wait_child, warm_up
from tests.campaigns.outcome import Outcome
from tests.campaigns.outside import Outside, is_told, make_fact
from tests.kit.house import START, Clock
from tests.portals.sites.base import Fact

BAR = "random lives: nothing lost, nothing told twice but in doubt, nothing both sent and unsent"
SHORT = 6
FULL = 2_000
STEPS = 50
_MOST_FACTS = 18
_HALVES = 2
MOODS = ("up", "down", "lying", "busy", "gone")


class KilledError(BaseException):
    """The process ends here."""


@dataclass
class Mailbox:
    """A receiver: what it accepted, in order, and how it behaves."""

    mood: str = "up"
    taken: list[Message] = field(default_factory=list)
    doubts: Counter[str] = field(default_factory=Counter)

    def send(self, message: Message) -> None:
        """Accept or refuse, as a service would."""
        if self.mood == "down":
            raise DeliveryError("connection refused")
        if self.mood == "busy":
            raise DeliveryError("HTTP 429", retry_after=1800.0)
        if self.mood == "gone":
            raise DeliveryError("HTTP 410", permanent=True)
        self.taken.append(message)
        if self.mood == "lying":
            self.doubts.update(message.alert_ids)
            raise UnconfirmedError("HTTP 500")


@dataclass(frozen=True)
class World:
    """What all lives share: the portal, the two configurations that an edit swaps."""

    outside: Outside
    setups: tuple[Setup, Setup]
    folder: Path


_WORLD: list[World] = []


class Life(RuleBasedStateMachine):
    """One program on one state folder."""

    def __init__(self) -> None:
        super().__init__()
        [self.world] = _WORLD
        self.folder = self.world.folder / f"life-{random.getrandbits(64):x}"
        self.clock = Clock(START)
        self.facts: list[Fact] = []
        self.versions: dict[int, int] = {}
        self.boxes = {name: Mailbox() for name in self.world.setups[0].config.receivers}
        self.edited = 0
        self.restored = False
        self.rooms: Rooms | None = None

    # What the world does -------------------------------------------------------------------

    @initialize()
    def begin(self) -> None:
        """Read the list once, as a monitor that has run for a while has."""
        self.show(1)
        self.poll()

    def show(self, number: int) -> None:
        """Have the portal show a notice, or a new version of it, first of all."""
        version = self.versions.get(number, 0) + 1
        self.versions[number] = version
        self.facts = [fact for fact in self.facts if fact.number != number]
        self.facts.insert(0, make_fact(number, self.clock(), version=version))
        self.world.outside.show(self.facts)

    @rule(count=st.integers(1, 3))
    def publish(self, count: int) -> None:
        """Publish notices; half of them are told."""
        for _ in range(count):
            if len(self.facts) < _MOST_FACTS:
                self.show(max(self.versions) + 1)

    @rule(data=st.data())
    def amend(self, data: st.DataObject) -> None:
        """Change a notice in place."""
        self.show(data.draw(st.sampled_from(sorted(self.versions))))

    @rule(name=st.sampled_from(["hook", "form"]), mood=st.sampled_from(MOODS))
    def change_mood(self, name: str, mood: str) -> None:
        """Have a receiver behave differently from now on."""
        self.boxes[name].mood = mood

    @rule(hours=st.sampled_from([0.02, 0.3, 1, 6, 26, 200, 9000]))
    def pass_time(self, hours: float) -> None:
        """Let time pass."""
        self.clock.pass_time(hours=hours)

    @rule(hours=st.sampled_from([1, 24, 9000]))
    def set_back(self, hours: int) -> None:
        """Set the wall clock back; the daemon notices, by the clock that counts seconds."""
        self.clock.pass_time(hours=-hours)
        self.open().store.vitals.shift_waits(timedelta(hours=-hours))

    # What the program does -------------------------------------------------------------------

    def open(self) -> Rooms:
        """Return the rooms, opened as at a start."""
        if self.rooms is None:
            opened = Rooms.open(self.folder, threading.Event())
            self.rooms = replace(opened, clock=self.clock)
            settle_clock(self.rooms)
            self.rooms.store.alerts.free_leases(self.clock())
            settle_outbox(self.setup, self.rooms)
        return self.rooms

    @property
    def setup(self) -> Setup:
        """The configuration in force."""
        chosen = self.world.setups[self.edited]
        return replace(chosen, config=replace(chosen.config, state=self.folder))

    @rule()
    def poll(self) -> None:
        """Read the portal once."""
        # The daemon notes the time each minute.
        ClockMemory(self.open().store.vitals).note(self.clock(), 0.0)
        self.open().make_poller(self.setup, lambda _: None).poll_source(SOURCE)

    @rule()
    def deliver(self) -> None:
        """Send what is due."""
        rooms = self.open()
        for name, receiver in self.setup.config.receivers.items():
            Courier(
                rooms.store.alerts, receiver, self.boxes[name], owner="life",
                rng=random.Random(1),  # noqa: S311 - spreads retries
                stop=threading.Event(), others=list(self.boxes), pause=0.0,
            ).deliver_due(self.clock)  # fmt: skip

    @rule()
    def restart(self) -> None:
        """Stop well and start again."""
        if self.rooms is not None:
            self.rooms.store.db.close()
        self.rooms = None

    @rule(at=st.integers(1, 40), step=st.sampled_from(["poll", "deliver"]))
    def kill(self, at: int, step: str) -> None:
        """Be killed at one of the places that a poll or a delivery passes."""
        with self._dying(at):
            getattr(self, step)()
        self.restart()

    @contextmanager
    def _dying(self, at: int) -> Iterator[None]:
        left = at
        before = {name: len(box.taken) for name, box in self.boxes.items()}

        def count(_: str) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise KilledError

        crashpoints.on_pass = count
        try:
            yield
        except KilledError:
            self._doubt_last(before)
        finally:
            crashpoints.on_pass = None

    def _doubt_last(self, before: dict[str, int]) -> None:
        """Remember what was accepted last and perhaps not noted."""
        for name, box in self.boxes.items():
            if len(box.taken) > before[name]:
                box.doubts.update(box.taken[-1].alert_ids)

    @rule(step=st.sampled_from(["poll", "deliver"]), pages=st.integers(0, 3))
    def fill_disk(self, step: str, pages: int) -> None:
        """Have no room for the database to grow beyond a few pages."""
        db = self.open().store.db
        before = {name: len(box.taken) for name, box in self.boxes.items()}
        used = int(db.query("pragma page_count")[0]["page_count"])
        db.query(f"pragma max_page_count = {used + pages}")
        try:
            getattr(self, step)()
        except MonitorError:
            self._doubt_last(before)
            self.restart()
        else:
            db.query("pragma max_page_count = 1000000000")

    @rule()
    def edit(self) -> None:
        """Save another configuration."""
        self.edited = 1 - self.edited
        settle_outbox(self.setup, self.open())

    @rule()
    def back_up(self) -> None:
        """Write a backup beside the running program."""
        self.open()
        # A clock that was set back may come to the same second: two backups of one name.
        shutil.rmtree(self.folder / "backups", ignore_errors=True)
        write_backup(self.folder, self.folder / "backups", self.clock(), keep=1)

    @precondition(lambda self: (self.folder / "backups").is_dir())
    @rule()
    def restore(self) -> None:
        """Go back to the backup."""
        [backup] = [p for p in (self.folder / "backups").iterdir() if p.is_dir()]
        self.restart()
        self.clock.pass_time(seconds=1)  # what is moved aside is named by the second
        restore_backup(self.folder, backup, self.clock())
        self.restored = True

    # What must hold --------------------------------------------------------------------------

    @invariant()
    def nothing_is_both_sent_and_unsent(self) -> None:
        if self.rooms is None:
            return
        wrong = self.rooms.store.db.query(
            "select id, state, sent_at from delivery where (state = 'sent') <> (sent_at not null)"
        )
        assert wrong == []

    @invariant()
    def nothing_is_told_twice_without_a_doubt(self) -> None:
        if self.restored:
            return
        for name, box in self.boxes.items():
            told = Counter(alert for message in box.taken for alert in message.alert_ids)
            extra = {a: n - 1 - box.doubts[a] for a, n in told.items()}
            assert all(n <= 0 for n in extra.values()), (name, extra)

    def teardown(self) -> None:
        """Let all be well again: then nothing is missing, and the evidence is whole."""
        try:
            if self.facts:
                self._heal()
                self._check_told()
                self._check_evidence()
        finally:
            self.restart()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _heal(self) -> None:
        for box in self.boxes.values():
            box.mood = "up"
        for _ in range(6):
            self.clock.pass_time(hours=3)
            self.poll()
            self.open().store.alerts.revive(list(self.boxes), self.clock())
            self.deliver()
        waiting = self.open().store.alerts.count_states()
        assert set(waiting) <= {"sent"}, waiting

    def _check_told(self) -> None:
        rows = self.open().store.db.query(
            """select a.id, l.listing_id from alert a join notice n on n.id = a.notice
               join listing l on l.id = n.listing"""
        )
        for number in filter(is_told, self.versions):
            alerts = {row["id"] for row in rows if row["listing_id"] == str(number)}
            for name, box in self.boxes.items():
                told = {alert for message in box.taken for alert in message.alert_ids}
                assert alerts & told, f"{name} was not told of notice {number}"

    def _check_evidence(self) -> None:
        rooms = self.open()
        found = [str(f) for f in Verifier(rooms.store, rooms.archive).run() if not f.note]
        assert found == []


def run(size: int, folder: Path) -> Outcome:
    """Live so many lives of fifty steps, in two processes where there are many."""
    with Outside() as outside:
        world = World(outside, _make_setups(folder, outside), folder)
        outside.show([make_fact(1, START)])
        warm_up(world.setups[0], folder, START)
    halves = _HALVES if size >= _HALVES * 10 else 1
    notes = [folder / f"half-{half}" for half in range(halves)]
    pids = [
        fork_child(partial(_live, size // halves, folder / f"lives-{half}", note, half))
        for half, note in enumerate(notes)
    ]
    failures = [
        (note.read_text("utf-8").strip() if note.exists() else "") or f"half {half} broke off"
        for half, (pid, note) in enumerate(zip(pids, notes, strict=True))
        if wait_child(pid) != 0
    ]
    figures = {"lives": size, "steps of each": STEPS}
    return Outcome("states", BAR, size, tuple(failures), dict(figures))


def _make_setups(folder: Path, outside: Outside) -> tuple[Setup, Setup]:
    plain = make_setup(folder, outside)
    # The edited one gathers early: what was single before becomes a digest, and back.
    receivers = {
        name: replace(receiver, flood=FloodConfig(most=1, within=3600))
        for name, receiver in plain.config.receivers.items()
    }
    return plain, replace(plain, config=replace(plain.config, receivers=receivers))


def _live(count: int, folder: Path, note: Path, seed: int) -> None:
    folder.mkdir()
    with Outside() as outside:
        _WORLD[:] = [World(outside, _make_setups(folder, outside), folder)]
        try:
            run_lives(count, seed)
        except BaseException as error:
            text = f"{type(error).__name__}: {error}\n" + "\n".join(getattr(error, "__notes__", []))
            note.write_text(text[:4000], "utf-8")
            raise


def run_lives(count: int, seed: int) -> None:
    """Let Hypothesis draw lives; raise what the first broken one raised, made small."""
    chosen = settings(
        max_examples=count, stateful_step_count=STEPS, deadline=None, database=None,
        suppress_health_check=list(HealthCheck), print_blob=False,
        phases=(Phase.generate,),
    )  # fmt: skip
    machine = type(f"Life{seed}", (Life,), {})
    random.seed(f"{seed}{os.getpid()}")
    run_state_machine_as_test(machine, settings=chosen)
