"""The script in a case file: what it says of its use, and of what is no case."""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from monitor.evidence import offline
from monitor.evidence.offline import check_case

SCRIPT = Path(offline.__file__)


def run_script(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(  # noqa: S603 - the script of a case, alone
        [sys.executable, "-I", "-S", str(SCRIPT), *arguments],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_it_needs_nothing_but_the_standard_library_of_python_3_9() -> None:
    tree = ast.parse(SCRIPT.read_text("utf-8"), feature_version=(3, 9))
    names = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert names <= sys.stdlib_module_names


USAGE = "usage: python verify.py [CASE.zip | FOLDER] [--head NUMBER:HASH]..."


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("a", "b"), USAGE),
        (("--help",), USAGE),
        (("nosuch.zip",), "nosuch.zip: no such file"),
        ((str(SCRIPT),), f"{SCRIPT}: it is no case file"),
        ((str(SCRIPT.parent),), f"{SCRIPT.parent}: no case is in it"),
        ((), f"{SCRIPT.parent}: no case is in it"),
    ],
)
def test_a_wrong_use_is_no_sign_of_a_change(arguments: tuple[str, ...], said: str) -> None:
    assert run_script(*arguments) == (2, f"{said}\nnothing was checked\n")


@pytest.mark.parametrize("found", [b"", b"no zip at all"])
def test_a_file_that_is_no_case_is_said_to_be_none(tmp_path: Path, found: bytes) -> None:
    path = tmp_path / "case.zip"
    path.write_bytes(found)
    assert run_script(str(path)) == (2, f"{path}: it is no case file\nnothing was checked\n")


def test_half_a_case_is_a_case_that_is_not_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "case.zip"
    path.write_bytes(b"PK\x03\x04")
    code, shown = run_script(str(path))
    assert (code, shown.startswith("FAIL  the case cannot be read: ")) == (1, True)
    assert "Traceback" not in shown


def test_an_empty_folder_fails_every_check(tmp_path: Path) -> None:
    held = [held for held, _ in check_case(tmp_path)]
    assert (held[0], set(held[1:]), len(held)) == (True, {False}, 7)


def test_a_case_that_was_packed_anew_is_to_be_checked_as_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "case.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("case.json", "{}")
    [(held, line)] = check_case(path)
    assert (held, "unpack it and check the folder" in line) == (False, True)
    said = f"{path}: packed by another program; unpack it and check the folder"
    assert run_script(str(path)) == (2, f"{said}\nnothing was checked\n")
