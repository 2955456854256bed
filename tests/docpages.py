"""The pages of the documentation, for the tests that hold them against the code."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def read_page(name: str) -> str:
    """Return a page by its path below the project."""
    return (ROOT / name).read_text("utf-8")


def list_blocks(page: str, language: str) -> list[str]:
    """Return the code blocks of a page that name this language."""
    return re.findall(rf"^```{language}\n(.*?)^```", read_page(page), re.M | re.S)
