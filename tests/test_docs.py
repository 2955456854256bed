"""The documentation against the code: every key, command and example stands, and works."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
import yaml
from jsonschema import Draft7Validator

from monitor.cli import cli
from monitor.config import (
    BodySelectors,
    ConfigFile,
    ReceiverConfig,
    RowSelectors,
    SourceConfig,
)
from monitor.models import Capture, Reason, SourceState
from monitor.portals import PORTALS
from monitor.portals.base import Portal
from monitor.schema import build_schema
from monitor.screening.entries import Agency, Brand, Category, Product
from monitor.screening.lists import Status
from monitor.screening.refreshed import FindingKind
from monitor.screening.watchlist import load_watchlists
from monitor.store import migrations
from monitor.yamlfile import Model, load_yaml, parse_duration

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
SECTIONS: list[tuple[str, type[Model]]] = [
    ("## The file", ConfigFile),
    ("## A receiver", ReceiverConfig),
    ("## A source", SourceConfig),
    ("### `row`", RowSelectors),
    ("### `detail`", BodySelectors),
]
COMMANDS = sorted(cli.commands)


def read_page(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def read_rows(heading: str) -> dict[str, str]:
    """Return key and default of the table under a heading of docs/configuration.md."""
    _, _, rest = read_page("docs/configuration.md").partition(f"\n{heading}")
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \|", re.split(r"\n#{2,3} ", rest)[0], re.M)
    return dict(rows)


def list_blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", read_page(page), re.M | re.S)


@pytest.mark.parametrize(("heading", "model"), SECTIONS)
def test_every_key_of_the_configuration_is_documented_and_no_other(
    heading: str, model: type[Model]
) -> None:
    assert read_rows(heading).keys() == model.model_fields.keys()


@pytest.mark.parametrize(("heading", "model"), SECTIONS)
def test_documented_defaults_are_the_defaults(heading: str, model: type[Model]) -> None:
    for key, cell in read_rows(heading).items():
        field = model.model_fields[key]
        shown = re.fullmatch(r"`([^`]+)`", cell)
        if cell.startswith("required"):
            assert field.is_required() or key in ("lists", "row"), key
        elif shown is not None:
            assert _is_same(shown[1], field.get_default(call_default_factory=True)), key
        else:
            assert field.get_default(call_default_factory=True) in ("", None, BodySelectors()), key


def _is_same(shown: str, default: object) -> bool:
    if isinstance(default, bool) or default is None:
        return shown == json.dumps(default)
    if isinstance(default, list | tuple):
        return shown == f"[{', '.join(default)}]"
    if isinstance(default, int | float):
        return default == (float(shown) if shown[-1].isdigit() else parse_duration(shown))
    return shown == default


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_section_with_every_option(name: str) -> None:
    _, found, rest = read_page("docs/commands.md").partition(f"\n## {name}\n")
    assert found, f"docs/commands.md has no section {name}"
    section = rest.split("\n## ")[0]
    for option in cli.commands[name].params:
        if isinstance(option, click.Option):
            assert option.opts[0] in section, f"{name} {option.opts[0]}"


@pytest.mark.parametrize("name", [n for n in COMMANDS if isinstance(cli.commands[n], click.Group)])
def test_every_command_of_a_group_stands_in_its_section_with_every_option(name: str) -> None:
    section = read_page("docs/commands.md").partition(f"\n## {name}\n")[2].split("\n## ")[0]
    group = cli.commands[name]
    assert isinstance(group, click.Group)
    for inner, command in group.commands.items():
        [usage] = re.findall(rf"^    tender-monitor {name} {inner} .*$", section, re.M)
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.opts[0] in usage, option.opts[0]


@pytest.mark.parametrize("words", [Status, FindingKind])
def test_every_word_of_the_lists_is_explained(words: list[str]) -> None:
    text = read_page("docs/commands.md")
    assert [word for word in words if f"| `{word}` |" not in text] == []


def test_no_command_is_documented_that_does_not_exist() -> None:
    headings = re.findall(r"^## (.+)$", read_page("docs/commands.md"), re.M)
    assert sorted(headings) == COMMANDS


def test_every_option_before_a_command_is_documented() -> None:
    head = read_page("docs/commands.md").split("\n## ")[0]
    for option in cli.params:
        assert f"`{option.opts[0]}" in head


@pytest.mark.parametrize("words", [Reason, SourceState, PORTALS], ids=["reason", "state", "portal"])
def test_every_reason_state_and_portal_is_explained(words: list[str]) -> None:
    text = read_page("docs/commands.md") + read_page("docs/portals.md")
    assert [word for word in words if f"`{word}`" not in text] == []


@pytest.mark.parametrize("model", [Brand, Agency, Category, Product])
def test_every_key_of_a_watchlist_is_explained(model: type[Model]) -> None:
    keys = {info.alias or name for name, info in model.model_fields.items()}
    text = read_page("docs/watchlists.md")
    assert sorted(key for key in keys if f"`{key}`" not in text) == []


@pytest.mark.parametrize("page", ["README.md", "docs/watchlists.md"])
def test_watchlist_examples_load_without_a_warning(page: str, tmp_path: Path) -> None:
    blocks = [block for block in list_blocks(page, "yaml") if "id:" in block]
    assert blocks
    for number, block in enumerate(blocks):
        body = block if block.startswith("kind:") else f"kind: brands\nentries:\n{block}"
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "mine.yaml").write_text(body, "utf-8")
        (folder / "categories.yaml").write_text(read_page("watchlists/categories.yaml"), "utf-8")
        assert load_watchlists(folder).warnings == ()


@pytest.mark.parametrize("page", ["docs/configuration.md", "docs/receivers.md", "docs/portals.md"])
def test_configuration_examples_load(page: str, tmp_path: Path) -> None:
    blocks = list_blocks(page, "yaml")
    assert blocks
    for block in blocks:
        body = block if not block.startswith(" ") else f"sources:\n{block}"
        body += "" if "receivers:\n" in body else "receivers: {terminal: {type: terminal}}\n"
        body += "" if "sources:\n" in body else "sources: {}\n"
        path = tmp_path / "config.yaml"
        path.write_text(body, "utf-8")
        load_yaml(path, ConfigFile)


def test_the_portal_of_the_documentation_reads_a_list(tmp_path: Path) -> None:
    path = tmp_path / "example_portal.py"
    path.write_text(list_blocks("docs/portals.md", "python")[0], "utf-8")
    spec = importlib.util.spec_from_file_location("example_portal", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["example_portal"] = module
    spec.loader.exec_module(module)
    portal: Portal = module.ExamplePortal(SourceConfig(portal="example"))
    row = {"id": "7", "url": "/7.html", "title": "样例", "time": "2026-05-31 10:00"}
    answer = json.dumps({"page": 1, "pages": 2, "rows": [row]}).encode()
    url, now = "http://portal.example/api/list", datetime(2026, 5, 31, tzinfo=UTC)
    page = portal.read_listing(Capture(url, url, now, 200, (), answer, sha256=""))
    assert [listing.url for listing in page.listings] == ["http://portal.example/7.html"]
    assert page.next_url == "http://portal.example/api/list?page=2"


def test_the_screening_shown_is_what_the_program_prints(tmp_path: Path) -> None:
    page = read_page("docs/commands.md")
    shown = re.search(r"^\$ echo '(.+?)' \| tender-monitor screen -\n(.+?)^```", page, re.M | re.S)
    row = re.search(r'^{"id": "1".+$', page, re.M)
    assert shown is not None
    assert row is not None
    assert run_program(tmp_path, "screen", "-", text=shown[1]) == shown[2]
    assert run_program(tmp_path, "screen", "--json", "-", text=shown[1]).strip() == row[0]


def test_the_summary_of_the_readme_is_what_a_first_round_prints(tmp_path: Path) -> None:
    printed = mask_changing(run_program(tmp_path, "poll", "sample"))
    block = next(b for b in list_blocks("README.md", "") if "[DIGEST]" in b)
    for line in block.splitlines():
        assert line == "…" or mask_changing(line) in printed.splitlines()


RECIPES = re.findall(
    r"^```yaml\n(kind:.+?)^```\n\n```\n\$ echo '(.+?)' \| tender-monitor screen -\n(.+?)^```",
    read_page("docs/watchlists.md"),
    re.M | re.S,
)


@pytest.mark.parametrize(("recipe", "notice", "shown"), RECIPES)
def test_a_recipe_does_what_its_page_shows(
    tmp_path: Path, recipe: str, notice: str, shown: str
) -> None:
    folder = Path(shutil.copytree(ROOT / "watchlists", tmp_path / "watchlists"))
    mine = folder / "mine.yaml"
    mine.write_text(recipe, "utf-8")
    assert [line for line in load_watchlists(folder).warnings if "mine.yaml" in line] == []
    mistakes = Draft7Validator(build_schema(recipe.split()[1])).iter_errors(yaml.safe_load(recipe))
    assert [mistake.message for mistake in mistakes] == []
    printed = run_program(tmp_path, "screen", "-", text=notice, watchlists=folder).splitlines()
    first, *others = (line for line in shown.splitlines() if line != "…")
    assert first == printed[0]
    assert set(others) <= set(printed)
    # It is the recipe that does it: without it, or without its exclusion, the verdict is another.
    if first.startswith("NONE"):
        mine.write_text(re.sub(r"^    (?:exclude|not_seen): .*\n", "", recipe, flags=re.M), "utf-8")
    else:
        mine.unlink()
    other = run_program(tmp_path, "screen", "-", text=notice, watchlists=folder).splitlines()
    assert other[0] != first


def test_every_heading_of_the_recipes_has_one_that_is_tried() -> None:
    section = read_page("docs/watchlists.md").partition("\n## Recipes\n")[2].split("\n## ")[0]
    assert len(RECIPES) == len(re.findall("^### ", section, re.M)) >= 5


def run_program(
    folder: Path, *arguments: str, text: str = "", watchlists: Path = ROOT / "watchlists"
) -> str:
    """Return what a command prints with the shipped watchlists and the sample source alone."""
    config = folder / "config.yaml"
    config.write_text(
        f"watchlists: {watchlists}\n"
        "receivers: {terminal: {type: terminal}}\n"
        "sources: {sample: {portal: sample}}\n"
    )
    command = [sys.executable, "-m", "monitor", "--config", str(config), *arguments]
    done = subprocess.run(  # noqa: S603 - our own program, our own arguments
        command, cwd=ROOT, input=text, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


def mask_changing(text: str) -> str:
    """Hide what differs from day to day: times, addresses of the day, alert ids."""
    return re.sub(r"\b\d{4}-\d\d-\d\d \d\d:\d\d|\b[0-9a-f]{16}\b|:\d+/\S+", "…", text)


def test_every_table_is_described() -> None:
    tables = re.findall(r"create table (\w+)", Path(migrations.__file__).read_text("utf-8"))
    _, _, text = read_page("docs/how-it-works.md").partition("## Tables")
    assert re.findall(r"^\| `(\w+)` \|", text, re.M) == tables


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if target.startswith("http"):
            continue
        name, _, anchor = target.partition("#")
        goal = (page.parent / name) if name else page
        assert goal.exists(), target
        if anchor:
            assert anchor in _list_anchors(goal), target


def _list_anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}
