"""The pages of the documentation, for the tests that hold them against the code."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def read_page(name: str) -> str:
    """Return a page by its path below the project."""
    return (ROOT / name).read_text("utf-8")


def list_blocks(page: str, language: str) -> list[str]:
    """Return the code blocks of a page that name this language."""
    return re.findall(rf"^```{language}\n(.*?)^```", read_page(page), re.M | re.S)


def read_section(page: str, heading: str) -> str:
    """Return what stands under a heading, without what stands under others of its level."""
    level = heading.partition(" ")[0]
    _, found, rest = read_page(page).partition(f"\n{heading}\n")
    assert found, f"{page} has no {heading}"
    return re.split(rf"\n#{{2,{len(level)}}} ", rest)[0]


def read_cells(text: str) -> list[list[str]]:
    """Return the cells of all rows of the tables in a text, heads and rulers aside."""
    body = re.sub(r"^(?:\|.+\|\n)?\|[-|]+\|$", "", text, flags=re.M)
    return [
        [cell.strip() for cell in row.split(" |")] for row in re.findall(r"^\|(.+)\|$", body, re.M)
    ]


def list_words(cell: str) -> list[str]:
    """Return what stands in a cell as code."""
    return re.findall(r"`([^`]+)`", cell)
