"""config.yaml as checked, frozen settings; secrets come from the environment or a file only."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from monitor.credentials import Secrets, read_secret, read_secrets, read_variable, refuse_secret
from monitor.errors import ConfigError
from monitor.models import Verdict
from monitor.receivers import FloodConfig, ReceiverConfig, RouteConfig
from monitor.regions import REGIONS, suggest_region
from monitor.stanzas import BY_SITE, NEEDED, READ_BY, YEAR, SourceConfig
from monitor.upkeep import (
    AliveConfig,
    BackupConfig,
    DiskConfig,
    EvidenceConfig,
    HeartbeatConfig,
    MetricsConfig,
)
from monitor.yamlfile import Field, Loaded, Model, Seconds, field_validator, load_yaml

USER_AGENT = "tender-monitor/0.1 (reads public procurement lists; slow on purpose)"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
# Secrets do not stand in a configuration, and a source shows no other name than the program's.
_OWN_HEADERS = frozenset(
    {
        "cookie", "authorization", "proxy-authorization", "x-api-key", "x-auth-token",
        "user-agent", "host", "connection", "accept-encoding", "content-length",
        "transfer-encoding", "if-none-match", "if-modified-since",
    }
)  # fmt: skip


class SourcesFile(Model):
    """A file that config.yaml includes: more sources, and nothing else."""

    sources: dict[str, SourceConfig]
    """What is read, by name."""


class ConfigFile(Model):
    """The whole of config.yaml."""

    state: str = "state"
    """The folder of the database and the evidence, relative to this file."""
    watchlists: str = "watchlists"
    """The folder of the watchlists, relative to this file; every *.yaml in it is read."""
    lookback: Seconds = Field(default=7 * 86_400, ge=0, le=20 * YEAR)
    """A first round tells of notices this young; older ones are only recorded."""
    user_agent: str = USER_AGENT
    """How the program names itself to portals."""
    zone: str = "UTC"
    """The time zone of digests, quiet hours and the alive line, such as Europe/Berlin."""
    receivers: dict[str, ReceiverConfig]
    """Who is told, by name."""
    routes: list[RouteConfig] = Field(default_factory=list)
    """Which alerts go to whom, and when. Default: every receiver is told all, at once."""
    heartbeat: HeartbeatConfig = HeartbeatConfig()
    """An address that is asked for only while all is well."""
    alive: AliveConfig = AliveConfig()
    """A line that says that the program lives."""
    metrics: MetricsConfig = MetricsConfig()
    """Numbers for Prometheus."""
    evidence: EvidenceConfig = EvidenceConfig()
    """How long captures are kept, and what more is done to prove them."""
    backup: BackupConfig = BackupConfig()
    """Where backups go."""
    disk: DiskConfig = DiskConfig()
    """What is done before the disk is full."""
    include: list[str] = Field(default_factory=list)
    """Files with more sources, such as sources/*.yaml, relative to this file."""
    sources: dict[str, SourceConfig]
    """What is read, by name."""

    @field_validator("zone")
    @classmethod
    def _check_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError(f"no time zone '{name}'", suggest_zone(name))
        return name


def suggest_zone(name: str) -> str:
    """Return what was probably meant by an unknown time zone, by its name or its city."""
    zones = sorted(zone for zone in available_timezones() if "/" in zone)
    known = {zone.lower().rpartition("/")[2]: zone for zone in zones}
    # The name of China's zone is that of its largest city.
    known |= {zone.lower(): zone for zone in zones} | {"beijing": "Asia/Shanghai"}
    city = name.lower().rpartition("/")[2]
    # Etc/GMT+8 is eight hours west: what has a number is not guessed.
    near = get_close_matches(name.lower(), known, n=1, cutoff=0.8)
    near = near or get_close_matches(city, known, n=1, cutoff=0.8)
    if near and not any(letter.isdigit() for letter in name):
        return f"did you mean '{known[near[0]]}'?"
    return "write it as Europe/Berlin or UTC"


@dataclass(frozen=True)
class Receiver:
    """A receiver with its secret; never printed, `url` is "" for the terminal.

    `retry` and `dead_after` are in seconds: the first wait after a failure, which doubles, and
    how long a message is tried before it is given up. `quiet` hours are of the clocks of `zone`.
    """

    name: str
    type: str
    url: str
    verdicts: frozenset[Verdict]
    dead_after: int
    retry: int = 30
    about_itself: bool = True
    quiet: str = ""
    flood: FloodConfig = field(default_factory=FloodConfig)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))

    def __repr__(self) -> str:
        return f"Receiver({self.name!r}, {self.type!r})"


@dataclass(frozen=True)
class Stanza:
    """A source as it stands in a file."""

    source: SourceConfig
    file: Loaded[Any]


@dataclass(frozen=True)
class Config:
    """Everything that a running program needs to know; paths are absolute.

    `sources` are those that are read, `stanzas` all of them.
    """

    path: Path
    state: Path
    watchlists: Path
    lookback: int
    user_agent: str
    receivers: Mapping[str, Receiver]
    sources: Mapping[str, SourceConfig]
    stanzas: Mapping[str, Stanza]
    secrets: Mapping[str, Secrets]
    loaded: Loaded[ConfigFile]
    heartbeat_url: str = field(default="", repr=False)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of digests, quiet hours and the alive line."""
        return ZoneInfo(self.loaded.value.zone)

    @property
    def file(self) -> ConfigFile:
        """The file as it stands: routes, heartbeat, alive, metrics, evidence, backup, disk."""
        return self.loaded.value

    def list_self_receivers(self, wanted: Sequence[str] | None = None) -> list[str]:
        """Return who is told about the program itself: of these, else of all, who wants it.

        Where nobody wants it all are told: a trouble that nobody hears of is none.
        """
        names = list(wanted or self.receivers)
        for some in (names, list(self.receivers)):
            if willing := [n for n in some if n in self.receivers and self._tells_of_itself(n)]:
                return willing
        return names

    def _tells_of_itself(self, name: str) -> bool:
        return self.receivers[name].about_itself

    def source_error(
        self, name: str, place: Sequence[str | int], message: str, hint: str = ""
    ) -> ConfigError:
        """Return the error to raise about a value of a source's stanza."""
        return self.stanzas[name].file.error(["sources", name, *place], message, hint)

    def list_files(self) -> list[Path]:
        """Return the configuration's files, its own first."""
        base = self.path.resolve().parent
        included = (path for p in self.loaded.value.include for path in sorted(base.glob(p)))
        return [self.path, *included]


def load_config(
    path: Path, portals: frozenset[str], environ: Mapping[str, str], state: Path | None = None
) -> Config:
    """Read and check a configuration; raise ConfigError naming file, line and column.

    `portals` are the names that a source may give; `state` overrides the file's own.
    """
    loaded = load_yaml(path, ConfigFile)
    base = path.resolve().parent
    stanzas = load_stanzas(loaded)
    for name, stanza in stanzas.items():
        _check_source(stanza, name, portals, list(loaded.value.receivers))
    receivers = {
        name: _make_receiver(loaded, name, receiver, base, environ)
        for name, receiver in loaded.value.receivers.items()
    }
    if not receivers:
        raise loaded.error(["receivers"], "no receiver", "name at least one, such as terminal")
    return Config(
        path=path,
        state=find_state(loaded.value, path, environ, state),
        watchlists=base / loaded.value.watchlists,
        lookback=loaded.value.lookback,
        user_agent=loaded.value.user_agent,
        receivers=receivers,
        sources={n: s.source for n, s in stanzas.items() if s.source.enabled},
        stanzas=stanzas,
        secrets={
            n: read_secrets(s.file, n, s.source, base, environ)
            for n, s in stanzas.items()
            if s.source.enabled
        },
        loaded=loaded,
        heartbeat_url=_read_heartbeat(loaded, base, environ),
    )


def load_stanzas(loaded: Loaded[ConfigFile]) -> dict[str, Stanza]:
    """Return the stanzas of a file and of those that it includes; a name stands once."""
    found = {name: Stanza(source, loaded) for name, source in loaded.value.sources.items()}
    for index, pattern in enumerate(loaded.value.include):
        if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
            hint = "name files below the folder of this one"
            raise loaded.error(["include", index], f"'{pattern}' leads elsewhere", hint)
        for path in _find_files(loaded, index, pattern):
            file = load_yaml(path, SourcesFile)
            for name, source in file.value.sources.items():
                if name in found:
                    where = found[name].file.path.name
                    message = f"source '{name}' stands in {where} already"
                    raise file.error(["sources", name], message, on_key=True)
                found[name] = Stanza(source, file)
    return found


def _find_files(loaded: Loaded[ConfigFile], index: int, pattern: str) -> list[Path]:
    """Return the files of a pattern that no pattern before it has named."""
    base, named = loaded.path.resolve().parent, loaded.value.include[:index]
    try:
        paths = sorted(path for path in base.glob(pattern) if path.is_file())
    except (ValueError, NotImplementedError):
        raise loaded.error(["include", index], f"'{pattern}' is no pattern of files") from None
    if not paths:
        raise loaded.error(["include", index], f"no file '{pattern}'")
    before = {path for one in named for path in base.glob(one)}
    return [path for path in paths if path not in before]


def _check_source(
    stanza: Stanza, name: str, portals: frozenset[str], receivers: Sequence[str]
) -> None:
    source, file, place = stanza.source, stanza.file, ["sources", name]
    if not _NAME.fullmatch(name):
        hint = "use small letters, digits, - and _"
        raise file.error(place, f"'{name}' cannot name a source", hint, on_key=True)
    if source.portal not in portals:
        near = get_close_matches(source.portal, sorted(portals), n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"one of {', '.join(sorted(portals))}"
        raise file.error([*place, "portal"], f"no portal '{source.portal}'", hint)
    _check_parts(stanza, name, portals)
    _check_addresses(stanza, name)
    part = NEEDED.get(source.portal)
    if part and getattr(source, part) is None:
        wanted = "say which CSS selector finds a row"
        hint = wanted if part == "row" else "see docs/configuration.md"
        raise file.error(place, f"{part} is missing", hint)
    for key in source.headers:  # the value may be a secret: it is not repeated
        if key.lower() in _OWN_HEADERS:
            hint = "see cookie_file, key_file and user_agent"
            raise file.error([*place, "headers", key], f"'{key}' cannot stand here", hint)
    for index, region in enumerate(source.covers):
        if region not in REGIONS:
            meant = suggest_region(region)
            hint = f"did you mean '{meant}'?" if meant else f"one of {', '.join(REGIONS)}"
            raise file.error([*place, "covers", index], f"no region '{region}'", hint)
    for index, receiver in enumerate(source.receivers or []):
        if receiver not in receivers:
            message, hint = f"no receiver '{receiver}'", f"known are {', '.join(receivers)}"
            raise file.error([*place, "receivers", index], message, hint)


def _check_parts(stanza: Stanza, name: str, portals: frozenset[str]) -> None:
    """Refuse a part that another portal reads: whoever wrote it believes that it counts."""
    source = stanza.source
    for key in SourceConfig.model_fields:
        readers = READ_BY.get(key, (key,) if key in portals else ())
        if key in source.model_fields_set and readers and source.portal not in readers:
            message = f"'{key}' does not belong to portal '{source.portal}'"
            hint = f"it is for {', '.join(readers)}"
            raise stanza.file.error(["sources", name, key], message, hint, on_key=True)


def _check_addresses(stanza: Stanza, name: str) -> None:
    source, file, place = stanza.source, stanza.file, ["sources", name]
    if source.portal == "sample":
        return
    if source.portal in BY_SITE and not source.site:
        raise file.error(place, "site is missing", "give the address that the site begins with")
    if source.portal not in BY_SITE and not source.lists:
        raise file.error(place, "lists is missing", "give the address of a list page")
    places: list[tuple[list[str | int], str]] = [
        ([*place, "lists", index], url) for index, url in enumerate(source.lists)
    ]
    places += [([*place, key], getattr(source, key)) for key in ("site", "warm_up")]
    for where, url in places:
        if url and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname):
            hint = "an address begins with http:// or https://"
            raise file.error(where, f"'{url}' is no address", hint)


def _make_receiver(
    loaded: Loaded[ConfigFile],
    name: str,
    receiver: ReceiverConfig,
    base: Path,
    environ: Mapping[str, str],
) -> Receiver:
    place = ["receivers", name]
    if not _NAME.fullmatch(name):
        hint = "use small letters, digits, - and _"
        raise loaded.error(place, f"'{name}' cannot name a receiver", hint, on_key=True)
    if receiver.type == "terminal":
        url = ""
    elif bool(receiver.url_env) == bool(receiver.url_file):
        raise loaded.error(place, "give url_env or url_file", "the address is a secret")
    elif receiver.url_env:
        url = read_variable(loaded, [*place, "url_env"], receiver.url_env, environ)
    else:
        place = [*place, "url_file"]
        url = read_secret(loaded, place, receiver.url_file, base, environ)
    verdicts = frozenset(Verdict(word) for word in receiver.verdicts)
    return Receiver(
        name, receiver.type, url, verdicts, receiver.dead_after, receiver.retry,
        receiver.about_itself, receiver.quiet, receiver.flood, ZoneInfo(loaded.value.zone),
    )  # fmt: skip


def _read_heartbeat(loaded: Loaded[ConfigFile], base: Path, environ: Mapping[str, str]) -> str:
    """Return the secret address of the heartbeat, "" where none is wanted."""
    wanted, place = loaded.value.heartbeat, ["heartbeat"]
    if wanted.url_env and wanted.url_file:
        raise loaded.error(place, "give url_env or url_file, not both")
    if wanted.url_env:
        place = [*place, "url_env"]
        url = read_variable(loaded, place, wanted.url_env, environ)
    elif wanted.url_file:
        place = [*place, "url_file"]
        url = read_secret(loaded, place, wanted.url_file, base, environ)
    else:
        return ""
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise refuse_secret(loaded, place, "what stands there is no http:// or https:// address")
    return url


def find_state(
    file: ConfigFile, path: Path, environ: Mapping[str, str], state: Path | None
) -> Path:
    """Return the state folder: as told, as systemd gives it, or as the file says."""
    folder = environ.get("STATE_DIRECTORY", "").split(":")[0]
    return state or (Path(folder) if folder else path.resolve().parent / file.state)


def find_host(url: str) -> str:
    """Return the host of a URL as lanes and budgets count it: lower case, without its port.

    On this machine each port is a portal of its own.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    return f"{host}:{parts.port}" if is_loopback(host) and parts.port else host


def is_loopback(host: str) -> bool:
    """Return whether a host, in lower case, is this very machine by its name or address."""
    return host == "localhost" or host.startswith("127.") or host == "::1"


def current_environment() -> Mapping[str, str]:
    """Return the environment of the process."""
    return dict(os.environ)
