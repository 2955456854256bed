"""What the store knows of a name that a reader copies from the screen, to mute it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from monitor.store import Store

_UNSEEN = {
    "buyer": "no stored notice has the buyer '{}'; its Chinese name counts, as `why ID` shows it",
    "process": "no stored notice has the project number '{}'; it counts as the notice prints it",
}


@dataclass(frozen=True)
class Named:
    """What is muted, and what to tell of it: its English name, or that nothing stored has it."""

    value: str
    english: str = ""
    warning: str = ""


def settle_name(store: Store, kind: str, value: str) -> Named:
    """Return what a mute of a kind is to hold for; raise UsageError where that is not clear.

    Alerts are compared by the buyer's Chinese name, but a table shows the English one. Two bodies
    may have one English name: Suzhou is 苏州 and 宿州.
    """
    if kind not in _UNSEEN:
        return Named(value)
    if is_stored(store, kind, value):
        return Named(value)
    names = list_chinese(store, value) if kind == "buyer" else []
    if len(names) > 1:
        several = f"'{value}' is the English name of {len(names)} buyers"
        raise click.UsageError(f"{several}: give one of {', '.join(names)}")
    if names:
        return Named(names[0], value)
    return Named(value, warning=_UNSEEN[kind].format(value))


def is_stored(store: Store, kind: str, value: str) -> bool:
    """Return whether a stored notice has a buyer of this Chinese name, or this project number."""
    from monitor.text.normalize import fold_name

    known = store.judgements
    names = (name for name, _ in known.list_buyers()) if kind == "buyer" else known.list_numbers()
    return fold_name(value) in set(map(fold_name, names))


def list_chinese(store: Store, english: str) -> Sequence[str]:
    """Return the Chinese names of stored buyers that have this English name."""
    from monitor.text.normalize import fold_name

    folded = fold_name(english)
    known = store.judgements.list_buyers()
    return list(dict.fromkeys(name for name, said in known if fold_name(said) == folded))
