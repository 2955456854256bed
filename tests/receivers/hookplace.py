"""A webhook of JSON as a process: python -m tests.receivers.hookplace PORT FILE."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from tests.receivers.place import Place


class HookPlace(Place):
    """A web server that adds each POST to a file before it says that it took it."""

    @property
    def url(self) -> str:
        """The Apprise URL of the hook."""
        return f"json://127.0.0.1:{self.port}/hook"

    def list_command(self) -> Sequence[str]:
        """Return the command that starts this file as a server."""
        arguments = (str(self.port), str(self.folder / "posts.jsonl"))
        return (sys.executable, "-m", "tests.receivers.hookplace", *arguments)

    def read_posts(self) -> list[dict[str, Any]]:
        """Return what was posted, each with `headers` and `content`."""
        path = self.folder / "posts.jsonl"
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]

    def read(self) -> list[str]:
        """Return the texts of the posts."""
        contents = (post["content"] for post in self.read_posts())
        return [f"{content['title']}\n{content['message']}" for content in contents]


class _Hook(BaseHTTPRequestHandler):
    path_of_posts: Path

    def do_POST(self) -> None:
        content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        with self.path_of_posts.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"headers": headers, "content": content}) + "\n")
        self.send_response(204)
        self.end_headers()


def main() -> None:
    """Serve until ended."""
    _Hook.path_of_posts = Path(sys.argv[2])
    HTTPServer(("127.0.0.1", int(sys.argv[1])), _Hook).serve_forever()


if __name__ == "__main__":
    main()
