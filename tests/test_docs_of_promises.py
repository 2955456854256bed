"""What the pages about delivery, upkeep and evidence say, against the code that does it."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from monitor.alerting import courier, pacing
from monitor.alerting.acceptance import READINGS, Reading
from monitor.alerting.answers import LONGEST_WAIT
from monitor.alerting.parts import (
    LIMITS,
    Count,
    count_bytes,
    count_discord,
    count_escaped,
    count_telegram,
)
from monitor.alerting.render import COPY_LINE, SHOWN_BLOCKS
from monitor.commands import base
from monitor.config import ConfigFile
from monitor.evidence.casefile import make_case
from monitor.parsing.confinement import PageLimits
from monitor.polling.relook import CHANGED_AT_SOURCE, MOST_LOOKS, WITHDRAWN_AT_SOURCE
from monitor.regions import REGIONS
from monitor.reloading import BROKEN_SECONDS
from monitor.store import Store
from monitor.store.chain import LinkKind
from monitor.store.deliveries import DeliveryState
from monitor.store.relooks import STEPS, RelookState
from monitor.vitals.disk import BALLAST_BYTES, MIB, DiskState
from monitor.vitals.metrics import render_metrics
from monitor.vitals.progress import HANG_SECONDS
from monitor.vitals.status import LONGEST_BACKLOG
from tests.campaigns.__main__ import BEGIN, END, NAMES
from tests.evidence.test_casefile import gather, told_house
from tests.kit.docpages import ROOT, list_blocks, list_words, read_cells, read_page, read_section
from tests.test_architecture import LEVELS
from tests.test_docs import run_program
from tests.vitals.test_metrics import make_status

UNITS: dict[Count, str] = {
    count_bytes: "bytes", count_escaped: "bytes of JSON", count_telegram: "UTF-16 units",
    count_discord: "UTF-16 units",
}  # fmt: skip
RECEIVERS, EVIDENCE, UPKEEP = "docs/receivers.md", "docs/evidence.md", "docs/upkeep.md"


def list_codes(reading: Reading) -> list[list[str]]:
    return [sorted(codes) for codes in (reading.good, reading.busy, reading.lasting)]


def test_the_table_of_acceptance_is_the_one_of_the_code() -> None:
    rows = [row for row in read_cells(read_section(RECEIVERS, "## What counts as sent")) if row[5:]]
    shown = {
        scheme: (list_words(row[2]), [list_words(cell) for cell in row[3:]])
        for row in rows
        for scheme in list_words(row[1])
    }
    assert shown.keys() == READINGS.keys()
    for scheme, (names, codes) in shown.items():
        reading = READINGS[scheme]
        assert set(names) == set(reading.names), scheme
        assert [sorted(cell) for cell in codes] == list_codes(reading), scheme


def test_the_table_of_limits_is_the_one_of_the_code() -> None:
    section = read_section(RECEIVERS, "## What a message looks like")
    shown = {
        scheme: row[1]
        for row in read_cells(section)
        for scheme in list_words(row[0])
        if scheme in LIMITS
    }
    lines = {scheme: f", lines of {it.line}" if it.line else "" for scheme, it in LIMITS.items()}
    assert shown == {
        scheme: f"{limit.size} {UNITS[limit.count]}{lines[scheme]}"
        for scheme, limit in LIMITS.items()
    }


def test_the_table_of_numbers_is_the_one_of_the_program(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.sources.ensure("local", sample=False)
        text = render_metrics(make_status(store))
    program = set(re.findall(r"^# TYPE tender_monitor_(\w+) ", text, re.M))
    table = {name for row in read_cells(read_section(UPKEEP, "## Numbers")) for name in
             list_words(row[0])}  # fmt: skip
    # What never happened has no sample, and so no line.
    happens = {name for name in table if name.endswith("_timestamp_seconds")}
    assert program <= table
    assert table - program <= happens
    assert [state for state in DiskState if f"`{state}`" not in read_page(UPKEEP)] == []


@pytest.mark.parametrize(
    ("page", "heading", "words"),
    [
        (EVIDENCE, "## Later looks", RelookState),
        (EVIDENCE, "## The chain", LinkKind),
        ("docs/reliability.md", "## The campaigns", NAMES),
    ],
    ids=["looks", "links", "campaigns"],
)
def test_a_table_explains_each_word_and_no_other(page: str, heading: str, words: list[str]) -> None:
    firsts = [list_words(row[0]) for row in read_cells(read_section(page, heading))]
    shown = [first[0] for first in firsts if first and first[0] in {*words}]
    assert shown == [str(word) for word in words]


def test_every_state_of_a_delivery_and_reason_of_a_look_is_explained() -> None:
    text = read_page("docs/commands.md")
    words = [*DeliveryState, CHANGED_AT_SOURCE, WITHDRAWN_AT_SOURCE]
    assert [word for word in words if f"`{word}`" not in text] == []


def _show(hours: timedelta) -> str:
    return {2: "two hours"}[round(hours.total_seconds() / 3600)]


DAYS = [step.days for step in STEPS]


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (EVIDENCE, f"after {DAYS[0]}, {DAYS[1]}, {DAYS[2]} and {DAYS[3]} days"),
        (EVIDENCE, f"at most {MOST_LOOKS} in a round"),
        (UPKEEP, f"`ballast` of {BALLAST_BYTES // MIB} MiB"),
        (UPKEEP, f"done nothing for {HANG_SECONDS / 60:.0f} minutes"),
        (UPKEEP, f"should have gone to it {_show(LONGEST_BACKLOG)} ago"),
        (UPKEEP, f"for {BROKEN_SECONDS:.0f} seconds, once"),
        (UPKEEP, "jump of more than 30 seconds"),
        (RECEIVERS, f"first {SHOWN_BLOCKS} alerts"),
        (RECEIVERS, COPY_LINE),
        (RECEIVERS, f"if it is more than {pacing.FEW}"),
        (RECEIVERS, "up to an hour: `Retry-After`"),
        (RECEIVERS, "at least five times"),
        ("docs/decisions/0012-pages-in-confined-workers.md",
         f"{PageLimits().cpu:.0f} s of CPU, {PageLimits().wall:.0f} s in all"),
    ],
)  # fmt: skip
def test_a_figure_of_a_page_is_the_one_of_the_code(page: str, words: str) -> None:
    assert words in " ".join(read_page(page).split())


def test_figures_that_pages_write_as_words_are_those_of_the_code() -> None:
    assert LONGEST_WAIT == courier.LONGEST_WAIT == 3600
    assert courier.FEWEST_TRIES == 5
    assert timedelta(hours=1) == courier.PROBE_EVERY
    assert courier.REFUSALS_IN_A_ROW == courier.FAILURES_IN_A_ROW == 2


def test_every_exit_code_is_explained() -> None:
    head = read_page("docs/commands.md").split("\n## ")[0]
    codes = {value for name, value in vars(base).items() if name.startswith("EXIT_")}
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", head, re.M)} == {0, *codes}


def test_every_file_of_a_case_stands_in_the_table_of_its_files(tmp_path: Path) -> None:
    with told_house(tmp_path / "house") as house:
        made = set(zipfile.ZipFile(io.BytesIO(make_case(gather(house)))).namelist())
    section = read_section(EVIDENCE, "## A case file")
    names = [name for row in read_cells(section) for name in list_words(row[0])]
    patterns = [re.escape(n).replace("NN", r"\d\d").replace("N", r"\d+").replace("…", ".+")
                for n in names]  # fmt: skip
    bare = [name for name in made if not any(re.fullmatch(p, name) for p in patterns)]
    assert bare == []


def test_the_table_of_the_last_campaign_has_its_place() -> None:
    section = read_section("docs/reliability.md", "## The last campaign")
    assert section.index(BEGIN) < section.index(END)


def test_every_room_stands_in_the_table_of_rooms() -> None:
    rows = read_cells(read_section("docs/how-it-works.md", "## The rooms"))
    assert {word for row in rows for word in list_words(row[0])} == LEVELS.keys()


def test_decisions_are_numbered_without_a_gap_and_say_why_not() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        text = page.read_text("utf-8")
        assert text.startswith(f"# {int(page.name[:4])}. "), page.name
        assert re.search(r"(\*\*|## )Why not", text), page.name


def test_every_file_for_systemd_is_named_where_it_is_installed() -> None:
    text = read_page("docs/install.md")
    files = [path.name for path in (ROOT / "systemd").iterdir()]
    assert [name for name in files if name not in text] == []


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Return what the commands of the evidence print after a first round of the sample."""
    folder = tmp_path_factory.mktemp("printed")
    run_program(folder, "poll", "sample")
    row = json.loads(run_program(folder, "alerts", "--verdict", "alert", "--json").splitlines()[0])
    case, script = folder / "case.zip", folder / "verify.py"
    lines = run_program(folder, "verify") + run_program(folder, "verify", "--json")
    lines += run_program(folder, "evidence", row["id"], "--out", str(case))
    script.write_bytes(zipfile.ZipFile(case).read("verify.py"))
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, script, case], capture_output=True, text=True, check=True
    )
    return {mask_numbers(line) for line in (lines + done.stdout).splitlines()}


def mask_numbers(line: str) -> str:
    """Hide what differs from round to round: ids, hashes, times, counts, names of files."""
    line = re.sub(r"[0-9a-f]{16,}|\S*case\S*\.zip:", "…", line)
    return re.sub(r"\d[\d:T.+-]*", "N", line)


@pytest.mark.parametrize("page", ["README.md", EVIDENCE, "docs/commands.md"])
def test_what_pages_show_of_the_evidence_is_what_the_program_prints(
    page: str, printed: set[str]
) -> None:
    blocks = [b for b in list_blocks(page, "") if re.search(r"^ok  |all as written$", b, re.M)]
    assert blocks
    shown = [line for block in blocks for line in block.splitlines()]
    bare = [line for line in shown if not line.startswith("$") and line != "…"]
    assert [line for line in bare if mask_numbers(line) not in printed] == []


def list_commented() -> list[str]:
    """Return the stretches of config.yaml that are examples of keys of the file, made alive."""
    keys = "|".join(ConfigFile.model_fields)
    found = re.findall(rf"^# (?:{keys}):.*\n(?:#   .*\n)*", read_page("config.yaml"), re.M)
    return [re.sub(r"^# ", "", one, flags=re.M) for one in found]


def test_the_examples_in_the_comments_of_the_shipped_configuration_can_be_used() -> None:
    told = {name: {"type": "terminal"} for name in ("email", "team-chat")}
    found: dict[str, object] = {}
    for one in list_commented():
        found |= yaml.safe_load(one)
    assert {"routes", "heartbeat", "alive", "metrics", "backup", "evidence"} <= found.keys()
    ConfigFile.model_validate({**found, "receivers": told, "sources": {}})


def list_examples() -> list[ConfigFile]:
    blocks = [b for page in ("docs/configuration.md", RECEIVERS) for b in list_blocks(page, "yaml")]
    shown = [yaml.safe_load(block) for block in blocks if "routes:" in block]
    return [ConfigFile.model_validate({"sources": {}, **one}) for one in shown]


def test_routes_of_the_examples_name_what_there_is() -> None:
    brands = {one["id"] for one in yaml.safe_load(read_page("watchlists/brands.yaml"))["entries"]}
    examples = list_examples()
    assert examples
    for file in examples:
        for route in file.routes:
            assert {*route.receivers} <= file.receivers.keys()
            assert {*route.entries} <= brands
            assert {*route.regions} <= {*REGIONS}
