"""The documentation against the code: every key, command and example stands, and works."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
import yaml
from jsonschema import Draft7Validator

from monitor import receivers, stanzas, upkeep
from monitor.cli import cli
from monitor.config import ConfigFile
from monitor.models import Reason, SourceState
from monitor.portals import PORTALS
from monitor.receivers import FloodConfig, ReceiverConfig, RouteConfig
from monitor.schema import build_schema
from monitor.screening.entries import Agency, Brand, Category, Product
from monitor.screening.lists import Status
from monitor.screening.refreshed import FindingKind
from monitor.screening.watchlist import load_watchlists
from monitor.stanzas import (
    NEEDED,
    BodySelectors,
    CebOptions,
    CmsOptions,
    EpointOptions,
    Expectations,
    GgzyOptions,
    JsonListOptions,
    OcdsOptions,
    RowSelectors,
    SamOptions,
    SourceConfig,
    TedOptions,
    WorldbankOptions,
    ZcyOptions,
)
from monitor.store import Store
from monitor.upkeep import (
    AliveConfig,
    BackupConfig,
    DiskConfig,
    EvidenceConfig,
    HeartbeatConfig,
    MetricsConfig,
)
from monitor.yamlfile import Model, load_yaml, parse_duration
from tests.kit.docpages import ROOT, list_blocks, list_words, read_cells, read_page, read_section

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
SECTIONS: list[tuple[str, type[Model]]] = [
    ("## The file", ConfigFile),
    ("## A receiver", ReceiverConfig),
    ("### `flood`", FloodConfig),
    ("## A route", RouteConfig),
    ("### `heartbeat`", HeartbeatConfig),
    ("### `alive`", AliveConfig),
    ("### `metrics`", MetricsConfig),
    ("### `evidence`", EvidenceConfig),
    ("### `backup`", BackupConfig),
    ("### `disk`", DiskConfig),
    ("## A source", SourceConfig),
    ("### `row`", RowSelectors),
    ("### `detail`", BodySelectors),
    ("### `expect`", Expectations),
    ("### `freecms` and `gpcms`", CmsOptions),
    ("### `zcy`", ZcyOptions),
    ("### `ggzy`", GgzyOptions),
    ("### `jsonlist`", JsonListOptions),
    ("### `epoint`", EpointOptions),
    ("### `cebpubservice`", CebOptions),
    ("### `ocds`", OcdsOptions),
    ("### `ted`", TedOptions),
    ("### `sam`", SamOptions),
    ("### `worldbank`", WorldbankOptions),
]
# Keys that are required by some portals only.
REQUIRED_BY_SOME = {"lists", "site", "site_id", "channel", *NEEDED.values()}
COMMANDS = sorted(cli.commands)
LARGE_ROOMS = (
    "text", "screening", "portals", "documents", "store", "alerting", "evidence", "vitals",
    "polling", "parsing",
)  # fmt: skip
WITH_EXAMPLES = ("configuration", "receivers", "portals", "upkeep", "evidence")


def read_rows(heading: str) -> dict[str, str]:
    """Return key and default of the table under a heading of docs/configuration.md."""
    _, _, rest = read_page("docs/configuration.md").partition(f"\n{heading}")
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \|", re.split(r"\n#{2,3} ", rest)[0], re.M)
    return dict(rows)


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
            assert field.is_required() or key in REQUIRED_BY_SOME, key
        elif shown is not None:
            assert _is_same(shown[1], field.get_default(call_default_factory=True)), key
        else:
            default = field.get_default(call_default_factory=True)
            assert default in ("", None) or isinstance(default, Model), key


def _is_same(shown: str, default: object) -> bool:
    if isinstance(default, bool) or default is None:
        return shown == json.dumps(default)
    if isinstance(default, dict):
        return shown == "{}" and not default
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


@pytest.mark.parametrize("page", [f"docs/{name}.md" for name in WITH_EXAMPLES])
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


def test_every_table_is_described_in_the_order_of_its_making(tmp_path: Path) -> None:
    query = "select name from sqlite_master where type = 'table' order by rowid"
    with Store.open(tmp_path) as store:
        names = [row["name"] for row in store.db.query(query)]
    tables = [name for name in names if not name.startswith(("_", "sqlite_"))]
    text = read_page("docs/how-it-works.md").partition("\n## Tables\n")[2].split("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", text, re.M) == tables


@pytest.mark.parametrize("room", LARGE_ROOMS)
def test_every_file_of_a_large_room_stands_in_its_table(room: str) -> None:
    section = read_section("docs/how-it-works.md", "## Inside the large rooms")
    table = section.partition(f"| in `{room}` | files |")[2].split("\n\n")[0]
    files = {path.stem for path in (ROOT / "monitor" / room).glob("*.py")} - {"__init__"}
    assert sorted(name for name in files if f"`{name}`" not in table) == []
    shown = {word for row in read_cells(table) for word in list_words(row[1])}
    assert {word for word in shown - files if "." not in word} == set()


def test_every_model_of_the_configuration_has_its_section() -> None:
    rooms = (stanzas, receivers, upkeep)
    models = {kind for room in rooms for kind in vars(room).values() if isinstance(kind, type)}
    kinds = {kind for kind in models if issubclass(kind, Model) and kind is not Model}
    assert kinds == {kind for _, kind in SECTIONS} - {ConfigFile}


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
