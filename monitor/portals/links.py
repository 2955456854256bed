"""Find what a page attaches: links to files, in the notice and beside it, and those made by script.

ccgp: a.bizDownload carries an id that its own server turns into a file; zcy: ul.fjxx stands
outside the body; others link to files by name, or by an address that only the link's text explains.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

from monitor.models import Document
from monitor.portals.base import join_address
from monitor.text.markup import (
    Chrome,
    Element,
    attribute,
    find_chrome,
    inline_text,
    select_all,
)

BY_SCRIPT = "its address is made by a script"
BROKEN = "its address cannot be read"
_SUFFIX = (
    r"\.(?:pdf|docx?|docm|dotx?|xlsx?|xlsm|xlsb|pptx?|zip|rar|7z|gz|wps|et|ofd|rtf|csv|txt|ods|"
    r"odt|mht)(?![A-Za-z0-9])"
)
_FILE = re.compile(_SUFFIX, re.IGNORECASE)
# Pictures are attachments only where something calls them so: pages show logos and photographs.
_PICTURE = re.compile(r"\.(?:jpe?g|png|tiff?|bmp)(?![A-Za-z0-9])", re.IGNORECASE)
_CALLED = re.compile(r"^[\s\d.、:：()（）【】\[\]]*(?:附件|附表|附录|附图)")
_BESIDE = re.compile(r"附件|相关(?:文件|下载)|文件下载|招标文件|采购文件")
_NAMED = re.compile(r"attach|fjxx|fujian|annex|accessor|(?:^|[-_\s])fj(?:[-_\s]|$)", re.IGNORECASE)
_IN_SCRIPT = re.compile(rf"['\"]([^'\"<>\s]+?{_SUFFIX}[^'\"<>\s]*)['\"]", re.IGNORECASE)
_ABOVE = 3
_SHORT = 300


def find_documents(
    root: Element, base_url: str, *, beside: Element | None = None
) -> tuple[Document, ...]:
    """Return the attachments that a part of a page links to.

    `beside` is the page around it: what a list of attachments there holds counts too. A file
    whose address only a script knows, or nobody can read, has none, and says so: it is not read.
    """
    found: dict[str, Document] = {}
    for link in select_all(root, "a"):
        _add_document(found, link, base_url, called=_is_listed(link))
    if beside is not None:
        for link in _list_beside(beside, root):
            _add_document(found, link, base_url, called=True)
    return tuple(found.values())


def _list_beside(page: Element, body: Element) -> Iterator[Element]:
    """Yield links outside a body, but in no frame of the page, that are called attachments."""
    chrome, inside = find_chrome(page), {id(link) for link in select_all(body, "a")}
    for link in select_all(page, "a"):
        if id(link) not in inside and not _is_within(link, chrome) and _is_listed(link):
            yield link


def _is_within(element: Element, chrome: Chrome) -> bool:
    inner: Element | None = element
    while inner is not None:
        if id(inner) in chrome:
            return True
        inner = inner.parent
    return False


def _is_listed(link: Element) -> bool:
    """Return whether a link, or what it stands in, is called an attachment."""
    if _CALLED.search(inline_text(link)):
        return True
    inner = link.parent
    for _ in range(_ABOVE):
        if inner is None or inner.name in ("body", "html"):
            return False
        names = f"{attribute(inner, 'class')} {attribute(inner, 'id')}"
        if _NAMED.search(names) or _BESIDE.search(inner.get_text()[:_SHORT]):
            return True
        inner = inner.parent
    return False


def _add_document(
    found: dict[str, Document], link: Element, base_url: str, *, called: bool
) -> None:
    name = inline_text(link) or attribute(link, "title").strip()
    url = _find_url(link, name, base_url, called=called)
    if url is None:
        return
    known = Document(name or unquote(url.rsplit("/", 1)[-1]), url)
    why = BROKEN if _split(attribute(link, "href").strip()) is None else BY_SCRIPT
    unread = Document(name, "", read=False, why=why)
    found.setdefault(url or f"?{name}", known if url else unread)


def _find_url(link: Element, name: str, base_url: str, *, called: bool) -> str | None:
    """Return the address of a file, "" where a script makes it, None for no attachment."""
    href = attribute(link, "href").strip()
    if "bizDownload" in attribute(link, "class") and (file_id := attribute(link, "id")):
        return f"https://download.ccgp.gov.cn/oss/download?uuid={quote(file_id, safe='')}"
    filed = _FILE.search(name) or (called and (_PICTURE.search(name) or _CALLED.search(name)))
    scripted = not href or href.startswith("#") or href.lower().startswith("javascript:")
    if scripted:
        script = f"{href} {attribute(link, 'onclick')}"
        told = _IN_SCRIPT.search(script)
        if told is not None:
            return _join(base_url, told[1])
        return "" if filed and "(" in script else None
    where = _split(href)
    if where is None:
        return "" if filed or _FILE.search(href) or _is_of_list(link) else None
    path = f"{where.path}?{where.query}"
    pictured = called and _PICTURE.search(path)
    if filed or pictured or _FILE.search(path) or "/oss/download" in href:
        return _join(base_url, href)
    # A list of attachments holds no other links, whatever their addresses look like.
    return _join(base_url, href) if _is_of_list(link) else None


def _split(href: str) -> SplitResult | None:
    """Return the parts of an address, None where it is none: a bracket, a look-alike of a slash."""
    try:
        return urlsplit(href)
    except ValueError:
        return None


def _is_of_list(link: Element) -> bool:
    inner = link.parent
    return any(
        one is not None and "fjxx" in attribute(one, "class").split()
        for one in (inner, inner.parent if inner is not None else None)
    )


def _join(base_url: str, href: str) -> str | None:
    if not join_address(base_url or "http:", href):
        return None
    return urljoin(base_url, href)
