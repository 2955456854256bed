"""The stanzas of sources/*.yaml, and the same pointed at a site of a test."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from monitor.config import SourcesFile
from monitor.stanzas import SourceConfig
from monitor.yamlfile import load_yaml

FILES = sorted((Path(__file__).parents[2] / "sources").glob("*.yaml"))
_HOST = re.compile(r"https?://[^/\s\"']+")


@cache
def load_sources() -> dict[str, SourceConfig]:
    """Return every shipped stanza by its name."""
    return {
        name: source
        for path in FILES
        for name, source in load_yaml(path, SourcesFile).value.sources.items()
    }


def move_stanza(name: str, base_url: str) -> dict[str, Any]:
    """Return the keys of a shipped stanza with all its addresses on another host."""
    moved: dict[str, Any] = _move(load_sources()[name].model_dump(exclude_unset=True), base_url)
    return moved


def _move(value: Any, base_url: str) -> Any:
    if isinstance(value, str):
        return _HOST.sub(base_url, value)
    if isinstance(value, dict):
        return {key: _move(inner, base_url) for key, inner in value.items()}
    return [_move(inner, base_url) for inner in value] if isinstance(value, list) else value
