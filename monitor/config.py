"""config.yaml as checked, frozen settings; secrets come from the environment or a file only."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from monitor.errors import ConfigError
from monitor.models import Verdict
from monitor.yamlfile import Field, Loaded, Model, Seconds, field_validator, load_yaml

USER_AGENT = "tender-monitor/0.1 (reads public procurement lists; slow on purpose)"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_CREDENTIAL = "credential:"
_YEAR = 366 * 86_400
_ADDRESS_HINT = "the address itself is a secret and stands there, not here"


class RowSelectors(Model):
    """CSS selectors of a plain list page; `row` is one listing, the others are inside it."""

    row: str
    """One row of the list."""
    link: str = "a[href]"
    """The link to the notice; its href is the row's identity."""
    title: str = ""
    """The title. Default: the link's title, else its text."""
    date: str = ""
    """The day of publication. Default: the first date in the row's text."""
    buyer: str = ""
    """The buyer, where the list shows it."""
    region: str = ""
    """The region, where the list shows it."""
    type: str = ""
    """The kind of notice, where the list shows it."""
    next: str = ""
    """The link to the next page, looked for in the whole page."""
    page_url: str = ""
    """Instead of next: the address of a page, such as list_{page}.html; {page-1} counts from 0."""


class BodySelectors(Model):
    """CSS selectors of a detail page; empty ones are found by the usual anchors."""

    body: str = ""
    """The notice itself. Default: the usual places, else the page without its frame."""
    title: str = ""
    """The title. Default: the row's."""
    date: str = ""
    """The day of publication. Default: the row's."""


class SourceConfig(Model):
    """One stanza of `sources`; times in seconds once read."""

    portal: str
    """The kind of website, which says how it is read."""
    lists: list[str] = Field(default_factory=list)
    """Addresses of list pages or feeds, each read from its first page."""
    enabled: bool = True
    """false leaves the stanza unread; what was stored stays."""
    every: Seconds = Field(default=6 * 3600, ge=1, le=_YEAR)
    """Time between two rounds, such as 6h."""
    pages: int = Field(default=10, ge=1, le=5000)
    """The most pages of each list in a round."""
    overlap: Seconds = Field(default=86_400, ge=0, le=20 * _YEAR)
    """How far before the last whole round a list is read again, for rows that come late."""
    lookback: Seconds | None = Field(default=None, ge=0, le=20 * _YEAR)
    """A first round tells of notices this young. Default: that of the file."""
    open: Literal["candidates", "all", "none"] = "candidates"
    """Which rows are opened: those that may be of a security organ, all, or none."""
    delay: float = Field(default=4.0, ge=0.0, le=600.0)
    """Seconds between two requests to a host."""
    jitter: float = Field(default=0.5, ge=0.0, le=1.0)
    """The part of delay by which it varies to both sides."""
    budget: int = Field(default=1500, ge=1)
    """Requests to a host in one UTC day, shared by all sources of that host."""
    obey_robots: bool = True
    """Ask robots.txt first. false only where the site has allowed you to."""
    allow_loopback: bool = False
    """Allow an address of this very machine, for a portal that runs here."""
    verify_tls: bool = True
    """false accepts any certificate; every capture notes that it was so."""
    ca_file: str = ""
    """A file of certificates to trust instead of the usual ones."""
    proxy: str = ""
    """http://… or socks5h://…, which looks names up itself."""
    deadline: float = Field(default=60.0, gt=0.0, le=600.0)
    """Seconds for one request with all its redirects."""
    region: str = ""
    """The region of rows that do not show one."""
    default_organ: str = ""
    """An id of agencies.yaml: what a hidden buyer of this source is taken for."""
    receivers: list[str] | None = None
    """Names of the receivers that hear of this source. Default: all."""
    row: RowSelectors | None = None
    """Only for linklist: CSS selectors of a list page."""
    detail: BodySelectors = BodySelectors()
    """Only for linklist: CSS selectors of a detail page."""


class ReceiverConfig(Model):
    """One place that messages go to: the terminal, or one Apprise URL kept outside this file."""

    type: Literal["terminal", "apprise"] = "apprise"
    """terminal writes to standard output; apprise sends to one address."""
    url_env: str = ""
    """The name of the environment variable that holds the Apprise URL. Never the URL itself."""
    url_file: str = ""
    """The file, readable by its owner alone, whose first line is the Apprise URL."""
    verdicts: tuple[Literal["alert", "review"], ...] = ("alert", "review")
    """Which notices it is told of."""
    retry: Seconds = 30
    """The first wait after a failed attempt; it doubles up to an hour."""
    dead_after: Seconds = 3 * 86_400
    """How long a message is tried before it is given up."""

    # The likeliest slip is to write the secret itself here: it must not be repeated anywhere.
    @field_validator("url_env")
    @classmethod
    def _check_variable(cls, text: str) -> str:
        if text and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
            raise ValueError("expected the name of an environment variable", _ADDRESS_HINT)
        return text

    @field_validator("url_file")
    @classmethod
    def _check_file(cls, text: str) -> str:
        if "://" in text:
            raise ValueError("expected the name of a file", _ADDRESS_HINT)
        return text


class ConfigFile(Model):
    """The whole of config.yaml."""

    state: str = "state"
    """The folder of the database and the evidence, relative to this file."""
    watchlists: str = "watchlists"
    """The folder of the watchlists, relative to this file; every *.yaml in it is read."""
    lookback: Seconds = Field(default=7 * 86_400, ge=0, le=20 * _YEAR)
    """A first round tells of notices this young; older ones are only recorded."""
    user_agent: str = USER_AGENT
    """How the program names itself to portals."""
    receivers: dict[str, ReceiverConfig]
    """Who is told, by name."""
    sources: dict[str, SourceConfig]
    """What is read, by name."""


@dataclass(frozen=True)
class Receiver:
    """A receiver with its secret; never printed, `url` is "" for the terminal.

    `retry` and `dead_after` are in seconds: the first wait after a failure, which doubles, and
    how long a message is tried before it is given up.
    """

    name: str
    type: str
    url: str
    verdicts: frozenset[Verdict]
    dead_after: int
    retry: int = 30

    def __repr__(self) -> str:
        return f"Receiver({self.name!r}, {self.type!r})"


@dataclass(frozen=True)
class Config:
    """Everything that a running program needs to know; paths are absolute."""

    path: Path
    state: Path
    watchlists: Path
    lookback: int
    user_agent: str
    receivers: Mapping[str, Receiver]
    sources: Mapping[str, SourceConfig]
    loaded: Loaded[ConfigFile]


def load_config(
    path: Path, portals: frozenset[str], environ: Mapping[str, str], state: Path | None = None
) -> Config:
    """Read and check a configuration; raise ConfigError naming file, line and column.

    `portals` are the names that a source may give; `state` overrides the file's own.
    """
    loaded = load_yaml(path, ConfigFile)
    base = path.resolve().parent
    for name, source in loaded.value.sources.items():
        _check_source(loaded, name, source, portals)
    receivers = {
        name: _make_receiver(loaded, name, receiver, base, environ)
        for name, receiver in loaded.value.receivers.items()
    }
    if not receivers:
        raise loaded.error(["receivers"], "no receiver", "name at least one, such as terminal")
    return Config(
        path=path,
        state=_find_state(loaded.value, path, environ, state),
        watchlists=base / loaded.value.watchlists,
        lookback=loaded.value.lookback,
        user_agent=loaded.value.user_agent,
        receivers=receivers,
        sources={n: s for n, s in loaded.value.sources.items() if s.enabled},
        loaded=loaded,
    )


def _check_source(
    loaded: Loaded[ConfigFile], name: str, source: SourceConfig, portals: frozenset[str]
) -> None:
    place = ["sources", name]
    if not _NAME.fullmatch(name):
        hint = "use small letters, digits, - and _"
        raise loaded.error(place, f"'{name}' cannot name a source", hint, on_key=True)
    if source.portal not in portals:
        hint = f"one of {', '.join(sorted(portals))}"
        raise loaded.error([*place, "portal"], f"no portal '{source.portal}'", hint)
    if source.portal != "sample" and not source.lists:
        raise loaded.error(place, "lists is missing", "give the address of a list page")
    for index, url in enumerate(source.lists):
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            hint = "an address begins with http:// or https://"
            raise loaded.error([*place, "lists", index], f"'{url}' is no address", hint)
    if source.portal == "linklist" and source.row is None:
        raise loaded.error(place, "row is missing", "say which CSS selector finds a row")
    for index, receiver in enumerate(source.receivers or []):
        if receiver not in loaded.value.receivers:
            raise loaded.error(
                [*place, "receivers", index],
                f"no receiver '{receiver}'",
                f"known are {', '.join(loaded.value.receivers)}",
            )


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
        url = environ.get(receiver.url_env, "").strip()
        if not url:
            message = f"environment variable {receiver.url_env} is not set"
            raise _refuse(loaded, [*place, "url_env"], message)
    else:
        url = _read_secret(loaded, name, receiver.url_file, base, environ)
    verdicts = frozenset(Verdict(word) for word in receiver.verdicts)
    return Receiver(name, receiver.type, url, verdicts, receiver.dead_after, receiver.retry)


def _read_secret(
    loaded: Loaded[ConfigFile], name: str, raw: str, base: Path, environ: Mapping[str, str]
) -> str:
    """Return the first line of a secret file that only its owner may read."""
    place = ["receivers", name, "url_file"]
    given = raw.startswith(_CREDENTIAL)
    if given and "CREDENTIALS_DIRECTORY" not in environ:
        hint = "it is set by systemd for services with LoadCredential="
        raise _refuse(loaded, place, "CREDENTIALS_DIRECTORY is not set", hint)
    path = (
        Path(environ["CREDENTIALS_DIRECTORY"]) / raw.removeprefix(_CREDENTIAL)
        if given
        else base / Path(raw).expanduser()
    )
    try:
        mode = path.stat().st_mode
        text = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise _refuse(loaded, place, f"{path} cannot be read: {reason}") from None
    # systemd guards its credentials itself, with an ACL that the mode does not show.
    if not given and stat.S_IMODE(mode) & 0o077:
        raise _refuse(loaded, place, f"{path} can be read by others", f"chmod 600 {path}")
    if not text:
        raise _refuse(loaded, place, f"{path} is empty")
    return text.splitlines()[0].strip()


def _refuse(
    loaded: Loaded[ConfigFile], place: list[str], message: str, hint: str = ""
) -> ConfigError:
    """Return an error that names a variable or file; only what it holds is secret."""
    line, column = loaded.mark(place)
    return ConfigError(str(loaded.path), line, column, message, hint)


@dataclass(frozen=True)
class Outline:
    """What a reader of the store wants to know of a configured source.

    `every` is in seconds; `budget` is 0 where none is kept.
    """

    every: int
    budget: int
    host: str


def read_outline(
    path: Path, environ: Mapping[str, str], state: Path | None = None
) -> tuple[Path, dict[str, Outline]]:
    """Return the state folder and an outline of each source; touches no secret."""
    file = load_yaml(path, ConfigFile).value
    outlines = {
        name: Outline(
            source.every, 0 if source.portal == "sample" else source.budget, _find_host(source)
        )
        for name, source in file.sources.items()
        if source.enabled
    }
    return _find_state(file, path, environ, state), outlines


def _find_host(source: SourceConfig) -> str:
    return find_host(source.lists[0]) if source.lists else ""


def read_watchlist_path(path: Path) -> Path:
    """Return the folder of the watchlists; touches no secret."""
    return path.resolve().parent / load_yaml(path, ConfigFile).value.watchlists


def _find_state(
    file: ConfigFile, path: Path, environ: Mapping[str, str], state: Path | None
) -> Path:
    folder = environ.get("STATE_DIRECTORY", "").split(":")[0]
    return state or (Path(folder) if folder else path.resolve().parent / file.state)


def guess_state(path: Path, environ: Mapping[str, str], state: Path | None = None) -> Path:
    """Return where the state folder is by default, for when the configuration is broken."""
    plain = ConfigFile(receivers={}, sources={})
    return _find_state(plain, path, environ, state)


def find_host(url: str) -> str:
    """Return the host of a URL as lanes and budgets count it: lower case, without its port.

    On this machine each port is a portal of its own.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    local = host == "localhost" or host.startswith("127.") or host == "::1"
    return f"{host}:{parts.port}" if local and parts.port else host


def current_environment() -> Mapping[str, str]:
    """Return the environment of the process."""
    return dict(os.environ)
