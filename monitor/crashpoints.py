"""Named places that the program passes; a test may end the process at one, nothing else may."""

from __future__ import annotations

from collections.abc import Callable

on_pass: Callable[[str], None] | None = None
"""What a test wants to happen at each place; None in every real run."""


def pass_point(name: str) -> None:
    """Say that a place of this name is passed."""
    if on_pass is not None:
        on_pass(name)
