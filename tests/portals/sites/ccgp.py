"""ccgp.gov.cn: static lists of twenty rows with a pager script, detail pages in one design."""

from __future__ import annotations

from typing import Any

from tests.portals.sites.base import Anchor, Answer, Asked, Fact, Site

_SIZE = 20


class CcgpSite(Site):
    """The static lists of the Ministry of Finance's portal."""

    portal = "ccgp"
    anchors = (
        Anchor("list", "list", 'class="c_list_bid"', 'class="c_list_new"'),
        Anchor("pager", "list", "Pager(", "Paging("),
        Anchor("row", "list", "<li>", "<p>"),
        Anchor("date", "list", "发布时间：", "刊登："),
        Anchor("buyer", "list", "采购人：", "主体："),
        Anchor("region", "list", "地域：", "所在："),
        Anchor("link", "list", "href=", "data-href="),
        Anchor("title", "list", "title=", "data-title="),
        Anchor("body", "detail", "vF_detail_content", "vF_neu"),
        Anchor("time", "detail", 'name="PubDate"', 'name="Neu"'),
        Anchor("heading", "detail", "ArticleTitle", "Neu"),
    )

    def stanza(self, base_url: str) -> dict[str, Any]:
        """Return the stanza of the combined list."""
        return {"lists": [f"{base_url}/cggg/dfgg/"]}

    def answer(self, asked: Asked) -> tuple[str, Answer]:
        """Answer the list, its pages and the notices."""
        name = asked.path.rsplit("/", 1)[-1]
        if name.startswith("t2026"):
            number = int(name.split("_")[1].split(".")[0])
            fact = next((f for f in self.facts if f.number == number), None)
            if fact is not None:
                return "detail", Answer(_render_notice(fact).encode())
        elif name == "" or name.startswith("index_"):
            page = int(name[6:-4]) if name else 0
            return "list", Answer(self._render_list(page).encode())
        for fact in self.facts:
            for file, content in fact.attachments:
                if asked.path == f"/files/{file}":
                    return "file", Answer(content, "application/octet-stream")
        return "other", Answer(b"<html><title>404</title></html>", status=404)

    def block(self, asked: Asked) -> Answer:
        """Return the page that says one came too often."""
        head = "<head><title>频繁访问!中国政府采购网</title></head>"
        return Answer(f"<html>{head}<body>您的访问过于频繁</body></html>".encode())

    def _render_list(self, page: int) -> str:
        rows = "".join(map(_render_row, self.facts[page * _SIZE : (page + 1) * _SIZE]))
        pages = -(-len(self.facts) // _SIZE)
        script = f"Pager({{size:{pages}, current:{page}, prefix:'index',suffix:'htm'}});"
        return (
            f'<html><body><ul class="c_list_bid">{rows}</ul><script>{script}</script></body></html>'
        )


def _render_row(fact: Fact) -> str:
    url = f"./202611/t20261122_{fact.number}.htm"
    return (
        f'<li><a href="{url}" title="{fact.title}">{fact.title[:12]}…</a>'
        f"发布时间：<em>{fact.published:%Y-%m-%d %H:%M}</em>地域：<em>{fact.region}</em>"
        f"采购人：<em>{fact.buyer}</em></li>"
    )


def _render_notice(fact: Fact) -> str:
    links = "".join(f'<li><a href="/files/{name}">{name}</a></li>' for name, _ in fact.attachments)
    return (
        f'<html><head><meta name="ArticleTitle" content="{fact.title}">'
        f'<meta name="PubDate" content="{fact.published:%Y-%m-%d %H:%M}"></head><body>'
        f'<h2 class="tc">{fact.title}</h2><div class="vF_detail_content">{fact.body()}</div>'
        f'<ul class="fjxx">{links}</ul></body></html>'
    )
