"""The schemas that editors use: as the models make them, and of one mind with the loader."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from jsonschema import Draft7Validator

from monitor.cli import cli
from monitor.schema import KINDS, build_schema, render_schema

ROOT = Path(__file__).parent.parent
FILES = {
    **{ROOT / f"watchlists/{kind}.yaml": kind for kind in KINDS if kind != "config"},
    ROOT / "config.yaml": "config",
}
# What a schema can see, of all slips in tests/broken_watchlists and tests/broken_configs.
VISIBLE = {
    "alias_bomb", "alias_empty", "alias_spaced", "aliases_without_strength", "a_list",
    "category_in_capitals", "category_not_a_list", "day_impossible", "empty",
    "id_in_capitals", "merge_key", "key_missing", "key_misspelt", "kind_missing", "kind_unknown",
    "product_untested", "severity_unknown", "strength_unknown", "value_missing",
    "verify_not_yes_or_no",
    "interval_not_a_duration", "linklist_without_row", "lists_not_a_list", "options_missing",
    "pages_not_a_number", "portal_unknown", "site_missing", "sources_missing", "verdict_unknown",
}  # fmt: skip


class EditorLoader(yaml.SafeLoader):
    """YAML 1.2 as yaml-language-server reads it: yes, ON and 2024-09-04 are text."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


for tag, pattern, first in [
    ("bool", r"true|false", "tf"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?[0-9]+\.[0-9]*", "-+0123456789"),
    ("null", r"null|~|", ["n", "~", ""]),
]:
    EditorLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{tag}", re.compile(f"(?:{pattern})$"), first
    )


def load_body(path: Path) -> Any:
    return yaml.load(path.read_bytes(), EditorLoader)  # noqa: S506 - a SafeLoader


def list_mistakes(body: Any, kind: str) -> list[str]:
    validator = Draft7Validator(build_schema(kind), format_checker=Draft7Validator.FORMAT_CHECKER)
    return [error.message for error in validator.iter_errors(body)]


@pytest.mark.parametrize("kind", KINDS)
def test_the_committed_schema_is_what_the_models_make(kind: str) -> None:
    folder = ROOT / ("config.schema.json" if kind == "config" else f"watchlists/schema/{kind}.json")
    assert folder.read_text("utf-8") == render_schema(kind), "run `make schema`"


@pytest.mark.parametrize("kind", KINDS)
def test_the_command_prints_the_schema(kind: str) -> None:
    assert CliRunner().invoke(cli, ["schema", kind]).output == render_schema(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_valid_flat_and_describes_every_key(kind: str) -> None:
    schema = build_schema(kind)
    Draft7Validator.check_schema(schema)
    assert "$ref" not in render_schema(kind)
    assert [name for name, part in list_keys(schema) if not part.get("description")] == []


def list_keys(part: Any) -> list[tuple[str, Any]]:
    """Return each key of a schema with its own schema."""
    if not isinstance(part, dict):
        return []
    found = [*part.get("properties", {}).items()] if "description" in part else []
    for key in ("items", "additionalProperties"):
        found += list_keys(part.get(key))
    return found + [inner for _, one in tuple(found) for inner in list_keys(one)]


@pytest.mark.parametrize(("path", "kind"), FILES.items(), ids=FILES.values())
def test_a_shipped_file_names_its_schema_and_passes_it(path: Path, kind: str) -> None:
    head = re.match(r"# yaml-language-server: \$schema=(\S+)\n", path.read_text("utf-8"))
    assert head is not None
    assert (path.parent / head[1]).read_text("utf-8") == render_schema(kind)
    assert list_mistakes(load_body(path), kind) == []


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "config"])
def test_the_skeleton_of_a_new_entry_passes_its_own_schema(kind: str) -> None:
    items = build_schema(kind)["properties"]["entries"]["items"]
    text = yaml.dump(items["defaultSnippets"][0]["body"], allow_unicode=True)
    filled = re.sub(r"\$\{\d[:|]([^,|}]*)[^}]*\}", lambda found: found[1].replace(" ", "_"), text)
    body = {"kind": kind, "entries": [yaml.load(filled, EditorLoader)]}  # noqa: S506
    assert list_mistakes(body, kind) == []


def list_refused() -> set[str]:
    """Return the broken files whose mistake a schema sees; YAML that cannot be read is none."""
    refused = set()
    for path in [*ROOT.glob("tests/broken_*/*.yaml")]:
        try:
            body = load_body(path)
        except (yaml.YAMLError, UnicodeDecodeError):
            continue
        kind = str(body.get("kind")) if isinstance(body, dict) else ""
        kind = "config" if path.parent.name == "broken_configs" else kind
        if list_mistakes(body, kind if kind in KINDS else "brands"):
            refused.add(path.stem)
    return refused


def test_a_schema_refuses_the_slips_that_it_can_see() -> None:
    assert list_refused() == VISIBLE


@pytest.mark.parametrize("path", sorted((ROOT / "sources").glob("*.yaml")), ids=lambda p: p.stem)
def test_a_shipped_stanza_passes_the_schema_wherever_it_stands(path: Path) -> None:
    body = {"receivers": {"terminal": {"type": "terminal"}}, **load_body(path)}
    assert list_mistakes(body, "config") == []


def test_numbers_and_yes_are_taken_as_the_loader_takes_them() -> None:
    entry = {
        "id": "acme", "name": 3500, "category": ["lab"], "aliases": {"strong": [3500]},
        "verify": "yes", "valid_until": "2024-09-04",
    }  # fmt: skip
    assert list_mistakes({"kind": "brands", "entries": [entry]}, "brands") == []
