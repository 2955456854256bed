"""Take an edited configuration whole, or keep the old one and say once what is wrong."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from monitor.errors import ConfigError, first_line
from monitor.setup import Setup, load_setup, sign_files

log = logging.getLogger(__name__)

# A save under way is not told: whoever edits has this long to end with something that can be used.
BROKEN_SECONDS = 10.0


def check_state(before: Setup, after: Setup) -> Setup:
    """Return a setup that takes the place of another; ConfigError where its state is elsewhere."""
    if after.config.state != before.config.state:
        raise after.config.loaded.error(["state"], "state cannot change while running")
    return after


class Reloader:
    """Watch the files behind a setup; `count` is in monotonic seconds.

    `ok` is whether the files as they are can be used, `loaded_at` when those in force were taken.
    """

    def __init__(
        self, setup: Setup, environ: Mapping[str, str], state: Path | None, now: datetime
    ) -> None:
        self._environ, self._state = environ, state
        self._signature = self._seen = sign_files(setup)
        self._error = ""
        self._broken_since: float | None = None
        self._told = False
        self.loaded_at = now

    @property
    def ok(self) -> bool:
        """Whether the files can be used."""
        return self._broken_since is None

    def have_changed(self, setup: Setup) -> bool:
        """Return whether files changed and have come to rest since the last look."""
        seen = sign_files(setup)
        rested = seen == self._seen
        self._seen = seen
        return rested and seen != self._signature

    def load(self, setup: Setup, now: datetime, count: float) -> Setup | None:
        """Return what the files say now; None where that cannot be used or is not yet whole."""
        before = self._signature = self._seen = sign_files(setup)
        try:
            found = load_setup(setup.config.path, self._environ, self._state)
            check_state(setup, found)
        except ConfigError as error:
            self._note_broken(str(error), count)
            return None
        except Exception as error:
            # Whatever an editor leaves there for a moment must not end the watch.
            log.exception("the configuration could not be loaded")
            self._note_broken(f"{setup.config.path}: {first_line(error)}", count)
            return None
        if sign_files(setup) != before:
            log.info("the configuration changed while it was read; it is read again")
            return None
        self._signature = self._seen = sign_files(found)
        self._broken_since, self._error, self.loaded_at = None, "", now
        return found

    def _note_broken(self, error: str, count: float) -> None:
        if error != self._error:
            log.error("%s; the old configuration stays", error)
        self._error = error
        if self._broken_since is None:
            self._broken_since = count

    def find_news(self, count: float) -> tuple[str, list[str]] | None:
        """Return subject and lines of what is to be told now: once per trouble, and its end."""
        if self._broken_since is None:
            if not self._told:
                return None
            self._told = False
            return "The configuration is good again", ["It is in force now."]
        if self._told or count - self._broken_since < BROKEN_SECONDS:
            return None
        self._told = True
        lines = [self._error, "The program runs on with the configuration it had."]
        return "The configuration is broken", lines
