"""The door to beautifulsoup4: from a page's text to a tree of elements, and ways about it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache

import soupsieve
from bs4 import BeautifulSoup, Tag
from bs4.builder._lxml import LXMLTreeBuilder
from bs4.element import AttributeDict, PreformattedString

from monitor.text.normalize import drop_invisible

Element = Tag
# What lxml may give by its signature; it is always str.
Text = str | bytes
# Texts that no reader sees: declarations and their like.
Unshown = PreformattedString

# Elements beyond these are read as bare text. Pages have some 300, with Word's markup 5,000,
# and nest some 40 deep; reading takes a few frames per level of Python's 1000.
MOST_ELEMENTS = 30_000
_MOST_DEPTH = 100
_FEW = 200
# Stands where bare text would break; no page has it in its text.
BREAK = "\u2028"
SILENT = frozenset(
    "script style noscript template head title meta link select option button textarea input "
    "iframe object svg video audio rt rp".split()
)
# All others stand within a line, as browsers have it: word processors invent tags of their own.
BLOCKS = frozenset(
    "address article aside blockquote body br caption center col colgroup dd details dialog "
    "dir div dl dt fieldset figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header "
    "hgroup hr html legend li main menu nav noframes ol optgroup p pre section summary table "
    "tbody td tfoot th thead tr ul".split()
)
# Dress of words: without a name of their own nothing asks for them, and Word has thousands.
_DRESS = frozenset("b big em font i o:p s small span strong sub sup tt u".split())
# What no reader of a notice asks for; pagers live in the scripts of lists.
_UNASKED = frozenset("script style link noscript".split())
_NAMING = frozenset(("id", "class", "name", "hidden"))
_INSTRUCTION = re.compile(r"<\?[^>]*>?")
# What the index answers: a tag's name with one class, id or name, or either alone.
_SIMPLE = re.compile(r"(?P<tag>[a-z][a-z0-9]*)?(?P<key>[#.][\w-]+|\[name=\"[\w-]+\"\])?")


class _Builder(LXMLTreeBuilder):
    """Build a tree without namespaces, comments and class lists, bounded in size and depth.

    HTML needs none of the three, and they take a third of the time.
    """

    def __init__(self, *, dressed: bool) -> None:
        self._dressed = dressed
        super().__init__(multi_valued_attributes=None, attribute_dict_class=AttributeDict)
        self.bare = 0
        self._at_edge = True
        self._built = self._depth = self._bare_depth = self._mute_depth = 0
        self._left_out: list[bool] = []
        self._unasked = 0

    def initialize_soup(self, soup: BeautifulSoup) -> None:
        """Learn whom to tell of what is found."""
        super().initialize_soup(soup)
        self._page = soup

    def start(self, tag: Text, attrib: Mapping[Text, Text], _nsmap: object = None) -> None:
        """Open an element; go on with bare text in mere dress, or where there is no room."""
        left_out = not (self._dressed or self._bare_depth) and self._is_left_out(tag, attrib)
        self._left_out.append(left_out)
        if left_out:
            self._unasked += tag in _UNASKED
            return
        if self._bare_depth or self._depth >= _MOST_DEPTH or self._built >= MOST_ELEMENTS:
            self._bare_depth += 1
            self.bare += self._built >= MOST_ELEMENTS
            if tag in SILENT and not self._mute_depth:
                self._mute_depth = self._bare_depth
            self._break_bare(tag)
            return
        self._built += 1
        self._depth += 1
        self._at_edge = tag in BLOCKS
        self._page.handle_starttag(str(tag), None, None, dict(attrib))  # type: ignore[arg-type]

    def end(self, tag: Text) -> None:
        """Close what `start` opened."""
        if self._left_out.pop():
            self._unasked -= tag in _UNASKED
            return
        if not self._bare_depth:
            self._depth -= 1
            self._at_edge = tag in BLOCKS
            # lxml closes what it opened, the innermost first: no name has to be looked for.
            self._page.endData()
            self._page.popTag()
            return
        self._break_bare(tag)
        if self._mute_depth == self._bare_depth:
            self._mute_depth = 0
        self._bare_depth -= 1

    def data(self, content: Text) -> None:
        """Take text, but for the blanks at the edge of a block, which show nothing."""
        if self._mute_depth or self._unasked or (self._at_edge and content.isspace()):
            return
        self._at_edge = False
        self._page.handle_data(drop_invisible(str(content)))

    def comment(self, content: Text) -> None:
        """Leave out a comment; the words around it stay one."""

    def _is_left_out(self, tag: Text, attrib: Mapping[Text, Text]) -> bool:
        if self._unasked or tag in _UNASKED:
            return True
        return tag in _DRESS and _is_nameless(attrib)

    def _break_bare(self, tag: Text) -> None:
        if tag in BLOCKS and not self._mute_depth:
            self._page.handle_data(BREAK)


def _is_nameless(attrib: Mapping[Text, Text]) -> bool:
    """Return whether no selector can ask for an element and its style does not hide it."""
    if not attrib:
        return True
    return _NAMING.isdisjoint(attrib) and "none" not in str(attrib.get("style", ""))


class Page(BeautifulSoup):
    """The root of a page, with an index of its elements; `bare` of them are only text."""

    def __init__(self, text: str, *, dressed: bool = True) -> None:
        builder = _Builder(dressed=dressed)
        super().__init__(text, builder=builder)
        self.bare = builder.bare

    @cached_property
    def by_key(self) -> Mapping[str, list[Element]]:
        """Return the elements under their tag, .class, #id and [name="…"], in document order."""
        found: defaultdict[str, list[Element]] = defaultdict(list)
        for element in walk_elements(self):
            found[element.name].append(element)
            for key in _list_keys(element):
                found[key].append(element)
        return found


def _list_keys(element: Element) -> set[str]:
    attrs = element.attrs
    keys = {f".{name}" for name in str(attrs["class"]).split()} if "class" in attrs else set()
    if "id" in attrs:
        keys.add(f"#{attrs['id']}")
    if "name" in attrs:
        keys.add(f'[name="{attrs["name"]}"]')
    return keys


def parse_html(text: str, *, dressed: bool = True) -> Page:
    """Return the root element of a page, however broken its markup is.

    Not `dressed`, nameless span, font, strong and the like are left out, their words stay: for
    notices, whose readers ask for none of them.
    """
    # html.parser corrupts links with &copy= and nests unclosed cells; lxml does neither.
    # beautifulsoup4 warns of text that looks like an address, and of XML declarations, which
    # word processors leave all over a page: the one is wrapped, the others show nothing.
    shown = _INSTRUCTION.sub("", text) if "<?" in text else text
    return Page(shown if "<" in shown else f"<html>{shown}</html>", dressed=dressed)


def walk_elements(root: Element) -> Iterator[Element]:
    """Yield the elements inside an element in document order."""
    waiting = root.contents[::-1]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Tag):
            yield node
            waiting += node.contents[::-1]


def select_all(root: Element, css: str) -> list[Element]:
    """Return the elements that a CSS selector names, in document order."""
    steps = _read_selector(css)
    if not steps:
        return list(root.select(css))
    tag, key = steps[-1]
    candidates = _list_candidates(root, key or tag)
    return [element for element in candidates if _fits_steps(element, steps)]


def _list_candidates(root: Element, key: str) -> Iterable[Element]:
    """Return the elements inside a root that may have a key: from the index, where they are few."""
    page = find_top(root)
    if not isinstance(page, Page):
        return walk_elements(root)
    found = page.by_key.get(key, [])
    if root is page:
        return found
    if len(found) > _FEW:
        return walk_elements(root)
    return [element for element in found if any(outer is root for outer in list_outer(element))]


def list_outer(element: Element) -> Iterator[Element]:
    """Yield the elements around an element, the nearest first."""
    outer = element.parent
    while outer is not None:
        yield outer
        outer = outer.parent


def find_top(element: Element) -> Element:
    """Return the root of the tree that an element stands in, its page where it has one."""
    while element.parent is not None:
        element = element.parent
    return element


@lru_cache(maxsize=256)
def _read_selector(css: str) -> tuple[tuple[str, str], ...]:
    """Return tag and key of each step of `a > b`; () for what only soupsieve understands."""
    steps = [_SIMPLE.fullmatch(step) for step in css.split(" > ")]
    found = [(step["tag"] or "", step["key"] or "") for step in steps if step and step.group()]
    return tuple(found) if len(found) == len(steps) else ()


def _fits_steps(element: Element | None, steps: tuple[tuple[str, str], ...]) -> bool:
    for tag, key in reversed(steps):
        if element is None or (tag and element.name != tag):
            return False
        if key and key not in _list_keys(element):
            return False
        element = element.parent
    return True


def is_selector(css: str) -> bool:
    """Return whether a text is a CSS selector."""
    try:
        soupsieve.compile(css)
    except soupsieve.SelectorSyntaxError:
        return False
    return True


def select_first(root: Element, *css: str) -> Element | None:
    """Return the first element of the first selector that finds one."""
    return next((found[0] for selector in css if (found := select_all(root, selector))), None)


def attribute(element: Element, name: str) -> str:
    """Return an attribute as one string, or ''."""
    value = element.attrs.get(name)
    if value is None:
        return ""
    return value if isinstance(value, str) else " ".join(value)


def script_texts(root: Element) -> list[str]:
    """Return the sources of inline scripts; pagers live there."""
    return [script.get_text() for script in select_all(root, "script")]
