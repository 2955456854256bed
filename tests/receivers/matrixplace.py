"""A Matrix homeserver, synapse, and a second user who reads the room."""

from __future__ import annotations

import base64
import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.receivers.place import Place

PEERS = Path(__file__).parents[2] / ".venv-peers"
SERVER = "matrix.example.org"
_PLENTY = {"per_second": 10_000, "burst_count": 10_000}


class MatrixPlace(Place):
    """A homeserver that knows no other, with two users: monitor sends, reader reads `room`."""

    missing = "" if (PEERS / ".ready").exists() else "matrix-synapse is missing: make setup-peers"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._password = secrets.token_hex(12)
        self._token = self._sender_token = ""
        self.alias = self.room = ""

    @property
    def url(self) -> str:
        """The Apprise URL of the room, with the sender's name and password."""
        return f"matrix://monitor:{self._password}@127.0.0.1:{self.port}/#{self.alias}"

    @property
    def token_url(self) -> str:
        """The Apprise URL of the room, with an access token of the sender's."""
        return f"matrix://{self._sender_token}@127.0.0.1:{self.port}/#{self.alias}"

    def list_command(self) -> Sequence[str]:
        """Return the command that starts synapse."""
        log = self.folder / "log.yaml"
        # JSON is YAML.
        log.write_text(json.dumps({"version": 1, "root": {"level": "ERROR"}}), "utf-8")
        path = self.folder / "homeserver.yaml"
        if not path.exists():
            path.write_text(json.dumps(self._make_config(log)), "utf-8")
        return (str(PEERS / "bin" / "python"), "-m", "synapse.app.homeserver", "-c", str(path))

    def _make_config(self, log: Path) -> dict[str, Any]:
        seed = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        return {
            "server_name": SERVER,
            "listeners": [{
                "port": self.port, "bind_addresses": ["127.0.0.1"], "type": "http", "tls": False,
                "resources": [{"names": ["client"], "compress": False}],
            }],
            "database": {"name": "sqlite3", "args": {"database": str(self.folder / "server.db")}},
            "media_store_path": str(self.folder / "media"),
            "pid_file": str(self.folder / "pid"),
            "log_config": str(log),
            "signing_key": f"ed25519 a_test {seed}",
            "macaroon_secret_key": secrets.token_hex(16),
            "form_secret": secrets.token_hex(16),
            "enable_registration": True,
            "enable_registration_without_verification": True,
            # Nothing leaves this machine: no other server is known, asked or told.
            "trusted_key_servers": [],
            "suppress_key_server_warning": True,
            "federation_domain_whitelist": [],
            "report_stats": False,
            "url_preview_enabled": False,
            "presence": {"enabled": False},
            "rc_message": _PLENTY,
            "rc_registration": _PLENTY,
            "rc_login": {"address": _PLENTY, "account": _PLENTY, "failed_attempts": _PLENTY},
            "rc_joins": {"local": _PLENTY, "remote": _PLENTY},
        }  # fmt: skip

    def is_up(self) -> bool:
        """Say whether the server says that it is well."""
        with suppress(OSError):
            address = f"http://127.0.0.1:{self.port}/health"
            with urllib.request.urlopen(address, timeout=5) as answer:
                return bool(answer.status == 200)
        return False

    def settle(self) -> None:
        """Make both users and log them in."""
        self._sender_token = self._make_user("monitor")
        self._token = self._make_user("reader")

    def _make_user(self, name: str) -> str:
        """Return the access token of a new user."""
        auth = {"type": "m.login.dummy"}
        self._ask("POST", "register", username=name, password=self._password, auth=auth)
        who = {"type": "m.id.user", "user": name}
        login = {"type": "m.login.password", "identifier": who, "password": self._password}
        return str(self._ask("POST", "login", **login)["access_token"])

    def open_room(self, alias: str) -> None:
        """Have the reader make a room that anybody may enter, and use it from now on."""
        made = self._ask("POST", "createRoom", preset="public_chat", room_alias_name=alias)
        self.alias, self.room = alias, made["room_id"]

    def read(self) -> list[str]:
        """Return the texts in the room's timeline, the oldest first, as the reader sees them."""
        found = self._ask("GET", f"rooms/{quote(self.room)}/messages?dir=b&limit=500")
        events = [event for event in found["chunk"] if event["type"] == "m.room.message"]
        assert {event["sender"] for event in events} <= {f"@monitor:{SERVER}"}
        return [event["content"]["body"] for event in reversed(events)]

    def _ask(self, method: str, path: str, **content: Any) -> Any:
        """Ask the client-server API as the reader and return the answer."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/_matrix/client/v3/{path}",
            data=json.dumps(content).encode() if content else None,
            headers={"Authorization": f"Bearer {self._token}"} if self._token else {},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own
            return json.load(answer)
