"""Frozen dataclasses as JSON and back; what comes back is checked against their own annotations.

A dataclass is the list of its fields' values. Nothing in it names a class or a function, so
whoever writes it can choose values and nothing else.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Hashable
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
Reader = Callable[[Any], Any]
_PLAIN = (str, int, float, bool, NoneType)


def pack_value(value: object) -> Any:
    """Return what json.dumps can write; raise TypeError for what no reader below can read."""
    # By the exact type: enums are strings too, and bool is an int.
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [pack_value(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if is_dataclass(value):
        return [pack_value(getattr(value, field.name)) for field in fields(value)]
    raise TypeError(f"{type(value).__name__} cannot be packed")


def unpack_value(kind: type[T], said: Any) -> T:
    """Return a value of a type; raise ValueError for anything else."""
    return cast("T", _make_reader(cast("Hashable", kind))(said))


@cache
def _make_reader(kind: Hashable) -> Reader:
    """Return what reads values of an annotation."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType) and len(inner) == 2 and NoneType in inner:
        return _read_optional(_make_reader(next(one for one in inner if one is not NoneType)))
    if origin is tuple:
        return _read_tuple(inner)
    if kind in _LEAVES:
        return _LEAVES[kind]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    if is_dataclass(kind):
        return _read_dataclass(cast("type", kind))
    raise TypeError(f"{kind} cannot be read")


def _read_optional(read: Reader) -> Reader:
    return lambda said: None if said is None else read(said)


def _read_tuple(inner: tuple[Any, ...]) -> Reader:
    if len(inner) == 2 and inner[1] is Ellipsis:
        read = _make_reader(inner[0])
        return lambda said: tuple(map(read, _check_list(said)))
    readers = [_make_reader(one) for one in inner]
    return lambda said: tuple(
        read(one) for read, one in zip(readers, _check_list(said), strict=True)
    )


def _read_dataclass(kind: type) -> Reader:
    hints = get_type_hints(kind)
    readers = [_make_reader(hints[field.name]) for field in fields(kind)]
    return lambda said: kind(
        *(read(one) for read, one in zip(readers, _check_list(said), strict=True))
    )


def _check_list(said: Any) -> list[Any]:
    if type(said) is not list:
        raise ValueError("no list")
    return said


def _read_exact(kind: type) -> Reader:
    def read(said: Any) -> Any:
        if type(said) is not kind:
            raise ValueError(f"no {kind.__name__}")
        return said

    return read


def _read_float(said: Any) -> float:
    if type(said) not in (int, float):
        raise ValueError("no number")
    try:
        return float(said)
    except OverflowError:
        raise ValueError("a number without end") from None


def _read_moment(said: Any) -> datetime:
    moment = datetime.fromisoformat(_read_exact(str)(said))
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment


def _read_bytes(said: Any) -> bytes:
    try:
        return base64.b64decode(_read_exact(str)(said), validate=True)
    except binascii.Error:
        raise ValueError("no base64") from None


_LEAVES: dict[Any, Reader] = {
    str: _read_exact(str),
    int: _read_exact(int),
    bool: _read_exact(bool),
    float: _read_float,
    datetime: _read_moment,
    bytes: _read_bytes,
}
