"""YAML text into a tree of strings, each with its line and column.

The only door to PyYAML. Every scalar stays the text that stands in the file, quoted or not:
ON, NO, 3500, 010 and 2024-01-01 are not guessed at. The tree is built from parser events,
so hostile nesting and alias bombs are stopped before they cost anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from monitor.errors import ConfigError

MAX_BYTES = 5_000_000
MAX_NODES = 200_000
MAX_DEPTH = 30
MAX_ALIASED = 100

Location = Sequence[str | int]
Mark = tuple[int, int]

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_UNPRINTABLE = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_TAB_INDENT = re.compile(r"^ *\t[ \t]*(?=[^ \t\r\n])", re.MULTILINE)


@dataclass(slots=True)
class Node:
    """One value of the file; `size` counts it with all it holds, aliases written out."""

    mark: Mark
    content: str | list[Node] | dict[str, Node]
    key_marks: dict[str, Mark] = field(default_factory=dict)
    size: int = 1

    def plain(self) -> Any:
        """Return it as nested lists and dicts of strings."""
        if isinstance(self.content, list):
            return [node.plain() for node in self.content]
        if isinstance(self.content, dict):
            return {key: node.plain() for key, node in self.content.items()}
        return self.content

    def child(self, step: str | int) -> Node | None:
        """Return the value one step down, or None."""
        if isinstance(self.content, dict):
            return self.content.get(str(step))
        if isinstance(self.content, list) and isinstance(step, int):
            return self.content[step] if 0 <= step < len(self.content) else None
        return None

    def descend(self, loc: Location) -> Node:
        """Return the deepest value on the way; steps that are not in the file are passed over.

        Such steps are missing keys, and the names of union branches in a model's own errors.
        """
        node = self
        for step in loc:
            node = node.child(step) or node
        return node


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file of at most 5 MB; ConfigError if they cannot be had."""
    try:
        with path.open("rb") as file:
            body = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError(str(path), 1, 1, "file not found", "check the path") from None
    except OSError as error:
        message = f"cannot be read: {error.strerror or 'unknown cause'}"
        raise ConfigError(str(path), 1, 1, message) from None
    if len(body) > MAX_BYTES:
        raise ConfigError(str(path), 1, 1, f"larger than {MAX_BYTES // 1_000_000} MB")
    return body


def _decode_text(file: str, body: bytes) -> str:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = _mark_at(body[: error.start].decode("utf-8"))
        message = f"byte 0x{body[error.start]:02X} is not UTF-8"
        raise ConfigError(file, line, column, message, "save the file as UTF-8") from None
    text = text.removeprefix("\ufeff")
    if found := _UNPRINTABLE.search(text):
        message = f"the invisible character U+{ord(found[0]):04X} is not allowed"
        raise ConfigError(file, *_mark_at(text[: found.start()]), message, "delete it")
    if found := _TAB_INDENT.search(text):
        tab = text.index("\t", found.start())
        raise ConfigError(file, *_mark_at(text[:tab]), "a tab in the indentation", "use spaces")
    return text


def _mark_at(before: str) -> Mark:
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


# What libyaml says -> what we say. The first part that fits is taken.
_SYNTAX = (
    (
        "mapping values are not allowed",
        "a ':' is not allowed here",
        "put the text in quotes, or check the indentation",
    ),
    ("expected ':'", "expected 'key: value'", "is a ':' or a space after it missing?"),
    ("',' or ']'", "the [ of line {opened} lacks a comma or its ]", "add it before this place"),
    ("',' or '}'", "the { of line {opened} lacks a comma or its }", "add it before this place"),
    ("node content", "a value is missing here", "is a comma or a bracket too many?"),
    ("sequence entries are not", "a list cannot start here", "start each - on a line of its own"),
    ("alphabetic or numeric", "a * or & without a name", "put the text in quotes"),
    ("end of stream", "a quote is opened and never closed", "add the closing quote"),
    ("document indicator", "a quote is opened and never closed", "add the closing quote"),
    ("escape character", "unknown \\ sequence in double quotes", "use single quotes"),
    ("expected key", "this does not fit the lines above it", "check indentation and quotes"),
    ("expected '-'", "this does not fit the list above it", "check indentation and quotes"),
    ("<block end>", "this does not fit the lines above it", "check indentation and quotes"),
    ("document start", "text after the end of the value", "check quotes and indentation"),
)


def parse_tree(path: Path, body: bytes) -> Node:
    """Return the tree of one YAML document in UTF-8; ConfigError at the first thing wrong."""
    file = str(path)
    text = _decode_text(file, body)
    composer = _Composer(file)
    try:
        for event in _parse_events(text):
            composer.feed(event)
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(file, text, error) from None
    except yaml.YAMLError as error:
        raise ConfigError(file, 1, 1, "not valid YAML", str(error)) from None
    if composer.root is None:
        raise ConfigError(file, 1, 1, "the file is empty")
    return composer.root


def _parse_events(text: str) -> Iterator[yaml.Event]:
    events: Iterator[yaml.Event] = yaml.parse(text, Loader=_LOADER)
    return events


def _syntax_error(file: str, text: str, error: yaml.MarkedYAMLError) -> ConfigError:
    place = error.problem_mark or error.context_mark
    line, column = (place.line, place.column) if place else (0, 0)
    problem = error.problem or ""
    if "cannot start any token" in problem:
        lines = text.splitlines()
        bad = lines[line][column : column + 1] if line < len(lines) else ""
        message, hint = f"a value cannot start with {show_value(bad)}", "put it in quotes"
    else:
        found = ((said, tip) for part, said, tip in _SYNTAX if part in problem)
        message, hint = next(found, ("not valid YAML here", problem))
    if opened := error.context_mark:
        message = message.replace("{opened}", str(opened.line + 1))
    if opened and "never closed" in message:
        line, column = opened.line, opened.column
    return ConfigError(file, line + 1, column + 1, message, hint)


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end is still to come; `key` waits for its value."""

    node: Node
    anchor: str | None
    key: tuple[str, Mark] | None = None

    def wants_key(self) -> bool:
        return isinstance(self.node.content, dict) and self.key is None


class _Composer:
    """Turns parser events into nodes, without recursion."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Node | None = None
        self.stack: list[_Open] = []
        self.anchors: dict[str, Node] = {}
        self.documents = self.nodes = self.aliased = 0

    def feed(self, event: yaml.Event) -> None:
        """Take the next event; raise ConfigError on what a file of ours may not hold."""
        place: Any = event.start_mark
        mark = (place.line + 1, place.column + 1)
        if isinstance(event, yaml.NodeEvent):
            self.check_node(event, mark)
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise self.error(mark, "a second document starts here", "keep one per file")
        elif isinstance(event, yaml.AliasEvent):
            self.attach(self.resolve(event.anchor, mark), mark)
        elif isinstance(event, yaml.ScalarEvent):
            self.feed_scalar(event, mark)
        elif isinstance(event, yaml.CollectionStartEvent):
            self.open_node(event, mark)
        elif isinstance(event, yaml.CollectionEndEvent):
            self.close_node()

    def error(self, mark: Mark, message: str, hint: str = "") -> ConfigError:
        """Return the error about this place."""
        return ConfigError(self.file, *mark, message, hint)

    def check_node(self, event: yaml.NodeEvent, mark: Mark) -> None:
        """Refuse tags and too many values."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise self.error(mark, f"more than {MAX_NODES} values in one file")
        if getattr(event, "tag", None) is not None:
            raise self.error(mark, "a tag (!) is not allowed", "put the text in quotes")

    def resolve(self, anchor: str | None, mark: Mark) -> Node:
        """Return what an alias stands for."""
        if anchor is None or anchor not in self.anchors:
            raise self.error(mark, "a * alias without an & anchor before it", "use quotes")
        node = self.anchors[anchor]
        self.aliased += node.size
        if self.aliased > MAX_ALIASED:
            message = f"aliases (*) repeat more than {MAX_ALIASED} values"
            raise self.error(mark, message, "write the values out")
        return node

    def feed_scalar(self, event: yaml.ScalarEvent, mark: Mark) -> None:
        """Take one piece of text; nothing at all is not a value."""
        top = self.stack[-1] if self.stack else None
        if event.value == "" and not event.style:
            place = top.key[1] if top and top.key else mark
            named = f"{show_key(top.key[0])} has" if top and top.key else "this place has"
            raise self.error(place, f"{named} no value", "write a value, or delete the line")
        node = Node(mark, event.value)
        if event.anchor:
            self.anchors[event.anchor] = node
        self.attach(node, mark)

    def open_node(self, event: yaml.CollectionStartEvent, mark: Mark) -> None:
        """Begin a list or mapping."""
        if len(self.stack) >= MAX_DEPTH:
            raise self.error(mark, f"nested deeper than {MAX_DEPTH} levels")
        if self.stack and self.stack[-1].wants_key():
            raise self.error(mark, "a key must be plain text", "put text in brackets in quotes")
        is_list = isinstance(event, yaml.SequenceStartEvent)
        self.stack.append(_Open(Node(mark, [] if is_list else {}), event.anchor))

    def close_node(self) -> None:
        """End the innermost list or mapping."""
        done = self.stack.pop()
        if done.anchor:
            self.anchors[done.anchor] = done.node
        self.attach(done.node, done.node.mark)

    def attach(self, node: Node, mark: Mark) -> None:
        """Put a finished node where it belongs; `mark` is where it is written, also for aliases."""
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        content = top.node.content
        if isinstance(content, list):
            content.append(node)
        elif isinstance(content, dict) and top.key is None:
            top.key = (self.check_key(top.node, node, mark), mark)
            return
        elif isinstance(content, dict) and top.key:
            content[top.key[0]], top.node.key_marks[top.key[0]] = node, top.key[1]
            top.key = None
        top.node.size += node.size

    def check_key(self, mapping: Node, key: Node, mark: Mark) -> str:
        """Return the key's text; refuse merge keys and repeated ones."""
        text = key.content
        if not isinstance(text, str):
            raise self.error(mark, "a key must be plain text")
        if text == "<<":
            raise self.error(mark, "merge keys (<<) are not allowed", "write the keys out")
        if text in mapping.key_marks:
            first = mapping.key_marks[text][0]
            raise self.error(mark, f"{show_key(text)} is already given on line {first}")
        return text


def show_key(key: object) -> str:
    """Return a key for a message; one that does not look like a key may be a secret."""
    return f"'{key}'" if re.fullmatch(r"[\w.\-\[\]]{1,40}", str(key)) else "(not shown)"


def show_value(value: object) -> str:
    """Return a value for a message: text in quotes and cut, the rest by its kind."""
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "'key: value' lines"
    text = str(value)
    return repr(text if len(text) <= 60 else text[:59] + "…")
