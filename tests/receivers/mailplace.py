"""aiosmtpd with a maildir; the second client opens the maildir."""

from __future__ import annotations

import email.policy
import mailbox
import re
import sys
from collections.abc import Sequence
from email.message import EmailMessage
from email.parser import BytesParser

from tests.receivers.place import Place

READER = "reader@example.org"


_COUNT = re.compile(r"Q(\d+)")


class MailPlace(Place):
    """An SMTP server that stores what it accepts as files."""

    @property
    def url(self) -> str:
        """The Apprise URL of a mailbox on this server."""
        return f"mailto://127.0.0.1:{self.port}?from=monitor@example.org&to={READER}"

    def list_command(self) -> Sequence[str]:
        """Return the command that starts aiosmtpd."""
        handler = ("-c", "aiosmtpd.handlers.Mailbox", str(self.folder / "mails"))
        listen = ("-n", "-l", f"127.0.0.1:{self.port}")
        return (sys.executable, "-m", "aiosmtpd", *listen, *handler)

    def read_mails(self) -> list[EmailMessage]:
        """Return the stored mails, the oldest first."""
        box = mailbox.Maildir(self.folder / "mails", create=True)
        parser = BytesParser(EmailMessage, policy=email.policy.default)
        # A maildir's names have a count of the server's, M…P…Q7; as text, 10 is before 9.
        names = sorted(box.keys(), key=lambda name: int(_COUNT.findall(name)[0]))
        return [parser.parsebytes(box.get_bytes(name)) for name in names]

    def read(self) -> list[str]:
        """Return the texts of the mails."""
        bodies = (mail.get_body(("plain",)) for mail in self.read_mails())
        return [body.get_content() for body in bodies if body is not None]
