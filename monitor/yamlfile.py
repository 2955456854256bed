"""YAML files into checked models, with the exact place of everything that is wrong.

The only door to pydantic. A model gets every scalar as the text that stands in the file; only
the type of its field turns "10" into a number or "yes" into true.
"""

from __future__ import annotations

import hashlib
import re
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from monitor.errors import ConfigError
from monitor.yamltree import Location, Mark, Node, parse_tree, read_bytes, show_key, show_value

__all__ = [
    "AfterValidator",
    "Day",
    "Field",
    "Loaded",
    "Model",
    "Seconds",
    "ShownAs",
    "field_validator",
    "load_yaml",
    "model_validator",
]

_SECRET = re.compile(r"url|pass|token|secret|credential|(?:^|_)key$", re.IGNORECASE)
_DURATION = re.compile(r"([0-9]{1,6})([smhdw])")
_LIKE_DURATION = "write it like 20s, 15m, 6h, 1d or 2w"
_FEW_KEYS = 5
_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


class Model(BaseModel):
    """Base of everything read from YAML: frozen, and unknown keys are refused.

    A validator refuses with ValueError(message) or ValueError(message, hint).
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=False,
        hide_input_in_errors=True,
        allow_inf_nan=False,
        # The text under a field is its description in the JSON Schema.
        use_attribute_docstrings=True,
    )


M = TypeVar("M", bound=Model)


def parse_duration(raw: object) -> int:
    """Return the seconds of a duration such as 20s, 15m, 6h, 1d or 2w; ValueError otherwise."""
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    found = _DURATION.fullmatch(raw) if isinstance(raw, str) else None
    if found is None:
        message = f"expected a duration, got {show_value(raw)}"
        raise ValueError(message, _LIKE_DURATION)
    return int(found[1]) * _UNIT_SECONDS[found[2]]


def parse_day(raw: object) -> date:
    """Return the date of YYYY-MM-DD; ValueError otherwise."""
    if isinstance(raw, date):
        return raw
    try:
        if isinstance(raw, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", raw):
            return date.fromisoformat(raw)
    except ValueError:
        pass  # such as 2024-02-30: said below
    raise ValueError(f"expected a date, got {show_value(raw)}", "write it like 2024-09-04")


# How the JSON Schema shows a type; reading a file does not look at it.
ShownAs = WithJsonSchema

Seconds = Annotated[
    int,
    BeforeValidator(parse_duration),
    ShownAs(
        {
            "type": "string",
            "pattern": f"^{_DURATION.pattern}$",
            "patternErrorMessage": _LIKE_DURATION,
        }
    ),
]
Day = Annotated[date, BeforeValidator(parse_day), ShownAs({"type": "string", "format": "date"})]


@dataclass(frozen=True)
class Loaded(Generic[M]):
    """A checked model, and where each of its values stands. `sha256` is of the file's bytes."""

    value: M
    path: Path
    sha256: str
    root: Node = field(repr=False, compare=False)

    def mark(self, loc: Location) -> Mark:
        """Return line and column, from 1, of a value or of its deepest existing parent."""
        return self.root.descend(loc).mark

    def error(
        self, loc: Location, message: str, hint: str = "", *, on_key: bool = False
    ) -> ConfigError:
        """Return the error to raise about a value; `on_key` points at its key instead."""
        return _locate(self.path, self.root, _Fault(tuple(loc), message, hint, on_key))


def load_yaml(path: Path, model: type[M]) -> Loaded[M]:
    """Read and check one YAML file; raise ConfigError at the first thing wrong in it."""
    body = read_bytes(path)
    root = parse_tree(path, body)
    try:
        value = model.model_validate(root.plain())
    except ValidationError as error:
        raise _first_error(path, root, model, error) from None
    return Loaded(value, path, hashlib.sha256(body).hexdigest(), root)


# A model's complaints become one error ------------------------------------------------------


@dataclass(frozen=True)
class _Fault:
    loc: tuple[str | int, ...]
    message: str
    hint: str = ""
    on_key: bool = False


_WANTED = {
    "int_": "a whole number",
    "float_": "a number",
    "finite_number": "a number",
    "bool_": "true or false",
    "string_type": "text",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "'key: value' lines",
    "model_type": "'key: value' lines",
    "greater_than_equal": "a number of at least {ge}",
    "greater_than": "a number above {gt}",
    "less_than_equal": "a number of at most {le}",
    "less_than": "a number below {lt}",
    "string_too_short": "text of at least {min_length} characters",
    "string_too_long": "text of at most {max_length} characters",
    "too_short": "a list of at least {min_length}",
    "too_long": "a list of at most {max_length}",
    "enum": "one of {expected}",
    "literal_error": "one of {expected}",
    "union_tag_invalid": "one of {expected}",
}


def _first_error(path: Path, root: Node, model: type[Model], error: ValidationError) -> ConfigError:
    details = error.errors(include_url=False, include_input=False)
    unknown = {detail["loc"][:-1] for detail in details if detail["type"] == "extra_forbidden"}
    # A misspelt key is reported as itself, not as the missing key it was meant to be.
    telling = [d for d in details if d["type"] != "missing" or d["loc"][:-1] not in unknown]
    # A list whose only value is wrong counts as empty too; the value is the news.
    holding = {detail["loc"][:-1] for detail in telling if detail["loc"]}
    telling = [d for d in telling if d["type"] != "too_short" or d["loc"] not in holding]
    faults = [_describe_fault(root, model, detail) for detail in telling]
    return min((_locate(path, root, f) for f in faults), key=lambda e: (e.line, e.column))


def _describe_fault(root: Node, model: type[Model], detail: Mapping[str, Any]) -> _Fault:
    loc, kind, context = detail["loc"], detail["type"], detail.get("ctx", {})
    name = show_key(loc[-1]) if loc else ""
    if kind == "extra_forbidden":
        hint = _suggest(str(loc[-1]), _known_keys(model, loc[:-1]))
        return _Fault(loc, f"unknown key {name}", hint, on_key=True)
    if kind == "missing":
        return _Fault(loc, f"{name} is missing")
    if kind == "union_tag_not_found":
        return _Fault(loc, f"{context['discriminator']} is missing")
    if kind == "union_tag_invalid":
        loc = (*loc, context["discriminator"].strip("'"))
        context = {"expected": context["expected_tags"]}
    if kind in ("value_error", "assertion_error"):
        message, hint = (*context["error"].args, "", "")[:2]
        return _Fault(loc, str(message), str(hint))
    fault = _describe_value(root, loc, kind, context)
    if loc and kind == "model_type" and len(keys := _known_keys(model, loc)) <= _FEW_KEYS:
        return replace(fault, hint=f"its keys are {', '.join(keys)}")
    return fault


def _describe_value(root: Node, loc: Any, kind: str, context: Mapping[str, Any]) -> _Fault:
    raw = root.descend(loc).plain()
    wanted = next((text for part, text in _WANTED.items() if kind.startswith(part)), "")
    if not wanted:
        return _Fault(loc, f"{show_value(raw)} cannot be used here")
    choices = [part.strip("' ") for part in re.split(r",| or ", str(context.get("expected", "")))]
    hint = _suggest(str(raw), choices) if isinstance(raw, str) else ""
    if wanted == "a list":
        hint = "write [x] or a - line"
    wanted = wanted.format_map({**context, "expected": ", ".join(choices)})
    got = "" if kind in ("too_short", "too_long") else f", got {show_value(raw)}"
    return _Fault(loc, f"expected {wanted}{got}", hint)


def _locate(path: Path, root: Node, fault: _Fault) -> ConfigError:
    node = root.descend(fault.loc)
    line, column = node.mark
    if fault.on_key and fault.loc:
        parent = root.descend(fault.loc[:-1])
        line, column = parent.key_marks.get(str(fault.loc[-1]), parent.mark)
    message = fault.message
    if any(isinstance(step, str) and _SECRET.search(step) for step in fault.loc):
        message = _mask_value(message, node)
    return ConfigError(str(path), line, column, message, fault.hint)


def _mask_value(message: str, node: Node) -> str:
    """Take a secret's own text out of a message about it."""
    if isinstance(node.content, str) and node.content:
        message = message.replace(show_value(node.content), "a value that is not shown")
        message = message.replace(node.content, "…")
    return message


def _suggest(word: str, known: Iterable[str]) -> str:
    near = get_close_matches(word, [name for name in known if name], n=1)
    return f"did you mean '{near[0]}'?" if near else ""


def _known_keys(model: type[Model], loc: Location) -> list[str]:
    """Return the keys that the model at a place of the file takes."""
    kinds: list[Any] = [model]
    for step in loc:
        # A step that no type knows is the name of a union's branch: stay.
        kinds = [inner for kind in kinds for inner in _step_types(kind, step)] or kinds
    return [key for kind in kinds for key in _fields_of(kind)]


def _fields_of(kind: Any) -> dict[str, Any]:
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return {}
    return {info.alias or name: info.annotation for name, info in kind.model_fields.items()}


def _step_types(kind: Any, step: str | int) -> Iterator[Any]:
    arguments = get_args(kind)
    if step in (known := _fields_of(kind)):
        yield from _unwrap_type(known[str(step)])
    elif isinstance(step, int) and get_origin(kind) in (list, tuple):
        yield from _unwrap_type(arguments[0])
    elif isinstance(step, str) and get_origin(kind) is dict:
        yield from _unwrap_type(arguments[1])


def _unwrap_type(kind: Any) -> Iterator[Any]:
    if get_origin(kind) is Annotated:
        yield from _unwrap_type(get_args(kind)[0])
    elif get_origin(kind) in (Union, types.UnionType):
        for part in get_args(kind):
            yield from _unwrap_type(part)
    else:
        yield kind
