"""The secrets that config.yaml points at: in the environment, or in files of their owner alone."""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from monitor.errors import ConfigError
from monitor.stanzas import SourceConfig
from monitor.yamlfile import Loaded

_CREDENTIAL = "credential:"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HINT = "the secret itself stands there, not here"
_NOT_SET = "set it, or start from the shell or unit that has it"


@dataclass(frozen=True)
class Secrets:
    """What a source must not show: a cookie and an API key; never printed."""

    cookie: str = field(default="", repr=False)
    key: str = field(default="", repr=False)


def read_secrets(
    loaded: Loaded[Any], name: str, source: SourceConfig, base: Path, environ: Mapping[str, str]
) -> Secrets:
    """Return the secrets that a stanza points at, each from a variable or a file."""
    found = {}
    for kind in ("cookie", "key"):
        variable = getattr(source, f"{kind}_env")
        file = getattr(source, f"{kind}_file")
        place = ["sources", name, f"{kind}_{'env' if variable else 'file'}"]
        if variable and file:
            raise refuse_secret(loaded, place, f"give {kind}_env or {kind}_file, not both")
        # The likeliest slip is to write the secret here: it must not be repeated anywhere.
        if variable and not _VARIABLE.fullmatch(variable):
            message = "expected the name of an environment variable"
            raise refuse_secret(loaded, place, message, _HINT)
        if "=" in file or ";" in file:
            raise refuse_secret(loaded, place, "expected the name of a file", _HINT)
        if variable:
            found[kind] = read_variable(loaded, place, variable, environ)
        elif file:
            found[kind] = read_secret(loaded, place, file, base, environ)
    return Secrets(**found)


def read_variable(
    loaded: Loaded[Any], place: list[str], name: str, environ: Mapping[str, str]
) -> str:
    """Return the secret in an environment variable, which must not be empty."""
    found = environ.get(name, "").strip()
    if not found:
        raise refuse_secret(loaded, place, f"environment variable {name} is not set", _NOT_SET)
    return found


def read_secret(
    loaded: Loaded[Any], place: list[str], raw: str, base: Path, environ: Mapping[str, str]
) -> str:
    """Return the one line of a secret file that only its owner may read."""
    given = raw.startswith(_CREDENTIAL)
    if given and "CREDENTIALS_DIRECTORY" not in environ:
        hint = "it is set by systemd for services with LoadCredential="
        raise refuse_secret(loaded, place, "CREDENTIALS_DIRECTORY is not set", hint)
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
        raise refuse_secret(loaded, place, f"{path} cannot be read: {reason}") from None
    # systemd guards its credentials itself, with an ACL that the mode does not show.
    if not given and stat.S_IMODE(mode) & 0o077:
        raise refuse_secret(loaded, place, f"{path} can be read by others", f"chmod 600 {path}")
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise refuse_secret(loaded, place, f"{path} is empty")
    # All but the first would be left out without a word: whoever wrote them believes they count.
    if len(lines) > 1:
        rule = "one address, one receiver" if place[0] == "receivers" else "one secret, one file"
        raise refuse_secret(loaded, place, f"{path} has {len(lines)} lines; {rule}")
    return lines[0].strip()


def refuse_secret(
    loaded: Loaded[Any], place: list[str], message: str, hint: str = ""
) -> ConfigError:
    """Return an error that names a variable or file; only what it holds is secret."""
    line, column = loaded.mark(place)
    return ConfigError(str(loaded.path), line, column, message, hint)
