"""The rules of the house: who may import whom, one door per package, small files."""

from __future__ import annotations

import ast
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "monitor"
FILES = sorted(ROOT.rglob("*.py"))

# Each room with its level: a module imports its own room and rooms of lower levels only.
LEVELS = {
    "errors": 0, "models": 0, "crashpoints": 0,
    "text": 1, "yamltree": 1, "sdnotify": 1, "statelock": 1, "confined": 1,
    "yamlfile": 2, "documents": 2,
    "stanzas": 3, "receivers": 3, "regions": 3, "upkeep": 4, "credentials": 4, "config": 5,
    "outline": 6,
    "web": 6, "warc": 6, "archive": 7, "screening": 6, "store": 6,
    "portals": 7, "alerting": 7, "sample": 7, "health": 8, "reading": 9, "schema": 8,
    "parsing": 8, "evidence": 9, "vitals": 10, "polling": 12,
    "setup": 13, "terminal": 10, "reloading": 14, "rounds": 14, "daemon": 15, "once": 14,
    "importing": 15, "refresh": 14,
    "rescreen": 15, "commands": 17, "cli": 18, "__main__": 19,
}  # fmt: skip
# Rooms that stay pure, whatever their level would allow.
FORBIDDEN = {
    "portals": {"web", "store", "archive", "warc", "screening", "alerting"},
    "screening": {"web", "store", "config", "archive"},
    "alerting": {"web", "portals", "archive"},
    "text": {"yamlfile", "yamltree", "config"},
    "documents": {"yamlfile", "yamltree", "config"},
    "sample": {"text", "screening", "store", "web", "portals", "config"},
}
# The only modules that import an outside package; a trailing * means the whole room.
DOORS = {
    "requests": ["web.fetch", "web.guards", "alerting.answers"],
    "urllib3": ["web.fetch", "web.guards"],
    "protego": ["web.manners"],
    "bs4": ["text.tree"],
    "soupsieve": ["text.tree"],
    "feedparser": ["portals.feed"],
    "apprise": ["alerting.deliver", "alerting.mail"],
    "apscheduler": ["daemon"],
    "sqlite_utils": ["store.database", "store.migrations"],
    "sqlite3": ["store.database"],
    "warcio": ["warc"],
    "ahocorasick_rs": ["screening.scan"],
    "yaml": ["yamltree"],
    "pydantic": ["yamlfile"],
    "click": ["cli", "commands.*", "terminal"],
    "tabulate": ["reading.tables"],
    "pypinyin": ["screening.sounds"],
    "pypdfium2": ["documents.pdf"],
    "olefile": ["documents.wordbinary"],
    "python_calamine": ["documents.sheets"],
    "rars": ["documents.rar"],
    "rapidocr": ["documents.ocr"],
    "rfc3161_client": ["evidence.timestamp"],
}


def name_module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def list_imports(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            found.append(node.module or "")
    return found


def find_room(module: str) -> str:
    return module.split(".")[0]


@pytest.mark.parametrize("path", FILES, ids=name_module)
def test_imports_run_one_way(path: Path) -> None:
    room = find_room(name_module(path))
    for module in list_imports(path):
        if not module.startswith("monitor."):
            continue
        other = find_room(module.removeprefix("monitor."))
        if other != room and room:
            assert LEVELS[other] < LEVELS[room], f"{room} imports {other}"
            assert other not in FORBIDDEN.get(room, set()), f"{room} may not know {other}"


@pytest.mark.parametrize("path", FILES, ids=name_module)
def test_each_outside_package_has_one_door(path: Path) -> None:
    module = name_module(path)
    for package in {name.split(".")[0] for name in list_imports(path)} & DOORS.keys():
        doors = DOORS[package]
        assert any(fnmatch(module, door) for door in doors), f"{module} imports {package}"


def test_every_room_has_a_level() -> None:
    rooms = {find_room(name_module(path)) for path in FILES} - {""}
    assert rooms == LEVELS.keys()


@pytest.mark.parametrize("path", FILES, ids=name_module)
def test_no_file_is_longer_than_four_hundred_lines(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 400


def test_the_six_given_packages_do_real_work() -> None:
    given = {"apscheduler", "requests", "bs4", "feedparser", "apprise", "sqlite_utils"}
    used = {name.split(".")[0] for path in FILES for name in list_imports(path)}
    assert given <= used
