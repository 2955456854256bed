"""Serve a long list of rows in two halves and count what each poll finds.

    python benchmarks/list_diff.py NOTICES.jsonl.gz [SOURCE]

NOTICES holds one JSON object a line with source, url, title and date; rows of SOURCE (default:
the commonest) are served as ccgp list pages of twenty on 127.0.0.1: first the older half, then
all. The second poll has to find exactly the second half; a repeated row is no second listing.
"""

from __future__ import annotations

import gzip
import html
import json
import re
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from monitor.sample.server import LIST_PATH  # noqa: E402
from monitor.setup import Setup  # noqa: E402
from monitor.stanzas import SourceConfig  # noqa: E402
from tests.kit.house import Clock, load_screener, make_config, open_rooms  # noqa: E402
from tests.kit.rawserver import HostileServer, Route, reply  # noqa: E402

PAGE = 20
ROW = '<li><a href="{path}" title="{title}">{title}</a>发布时间：<em>{date}</em></li>'
NUMBER = re.compile(r"_(\d+)\.s?html?")


def read_rows(path: Path, source: str) -> list[dict[str, str]]:
    """Return the rows of a source, newest first, as they stand in the file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    source = source or Counter(row["source"] for row in rows).most_common(1)[0][0]
    return sorted(
        (row for row in rows if row["source"] == source), key=lambda row: row["date"], reverse=True
    )


def serve_rows(rows: list[dict[str, str]]) -> dict[str, Route]:
    """Return the routes of a list."""
    pages = max(1, -(-len(rows) // PAGE))
    routes = {"/robots.txt": reply(status=404)}
    for index in range(pages):
        shown = "".join(
            ROW.format(path=row["url"].split("ccgp.gov.cn")[-1].strip(),
                       title=html.escape(row["title"]), date=row["date"])
            for row in rows[index * PAGE : (index + 1) * PAGE]
        )  # fmt: skip
        pager = f"Pager({{size:{pages}, current:{index}, prefix:'index',suffix:'htm'}});"
        page = (
            f'<html><body><ul class="c_list_bid">{shown}</ul><script>{pager}</script></body></html>'
        )
        path = LIST_PATH if index == 0 else f"{LIST_PATH}index_{index}.htm"
        routes[path] = reply(page.encode())
    return routes


def count_ids(rows: list[dict[str, str]]) -> set[str]:
    """Return the distinct notice numbers of rows."""
    return {m.group(1) if (m := NUMBER.search(row["url"])) else row["url"] for row in rows}


def main() -> None:
    """Print what both polls found beside what was served."""
    rows = read_rows(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "")
    older = rows[len(rows) // 2 :]
    expected = len(count_ids(rows) - count_ids(older))
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder, HostileServer(serve_rows(older)) as server:
        facts = {"portal": "ccgp", "lists": [server.url(LIST_PATH)], "delay": 0, "open": "none"}
        more = {"allow_loopback": True, "pages": 5000, "budget": 100_000, "overlap": "5000d"}
        source = SourceConfig.model_validate({**facts, **more})
        with open_rooms(Path(folder), clock) as rooms:
            setup = Setup(make_config(Path(folder), source), load_screener())
            poller = rooms.make_poller(setup, lambda _: None)
            since = clock().replace(year=2000)
            began = time.process_time()
            first = poller.poll_source("local", since)
            server.routes.update(serve_rows(rows))
            clock.pass_time(hours=6)
            second = poller.poll_source("local", since)
            spent = time.process_time() - began
            stored = rooms.store.db.query("select count(*) as n from listing")[0]["n"]
    print(f"rows served: {len(rows)}, distinct: {len(count_ids(rows))}")
    print(f"first poll: {first.new} new (older half has {len(count_ids(older))})")
    print(f"second poll: {second.new} new (second half adds {expected})")
    print(f"stored: {stored}; {spent:.1f} s CPU with the server for {len(rows) * 3 // 2} rows")
    if (first.new, second.new) != (len(count_ids(older)), expected):
        raise SystemExit("the diff is wrong")


if __name__ == "__main__":
    main()
