"""Split a message into parts that a service takes whole, measured in the unit it counts."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

# Such a count is additive: the count of two texts together is the sum of their counts.
Count = Callable[[str], int]


def count_bytes(text: str) -> int:
    """Count bytes of UTF-8."""
    return len(text.encode())


def count_utf16(text: str) -> int:
    """Count code units of UTF-16: an emoji is two."""
    return len(text.encode("utf-16-le")) // 2


def count_escaped(text: str) -> int:
    """Count bytes of JSON in ASCII, as Apprise posts it: one Chinese character is six."""
    return len(json.dumps(text)) - 2


def count_telegram(text: str) -> int:
    """Count code units of UTF-16, with line ends as Apprise posts them: CR LF."""
    return count_utf16(text) + text.count("\n")


def count_discord(text: str) -> int:
    """Count code units of UTF-16, and one more where Apprise escapes a colon of `:name:`."""
    return count_utf16(text) + text.count(":")


@dataclass(frozen=True)
class Limit:
    """How much one message of a service may hold; `line` is bytes of a line, 0 for any length."""

    size: int
    count: Count = count_bytes
    line: int = 0


# What the services document of themselves; of all others Apprise's figure is taken, in bytes.
# A service that is told more answers with an error, or cuts: both lose what was to be told.
LIMITS = {
    # developer.work.weixin.qq.com/document/path/91770 and 90236: 2048 bytes of content
    "wecombot": Limit(2048),
    "wechat": Limit(2048),
    # open.dingtalk.com/document/robots/custom-robot-access: 20000 bytes of request
    "dingtalk": Limit(19_500, count_escaped),
    # open.feishu.cn/document/client-docs/bot-v3/add-custom-bot: 20 KB of request
    "feishu": Limit(19_800, count_escaped),
    "lark": Limit(19_800, count_escaped),
    # core.telegram.org/bots/api#sendmessage: 4096 characters, counted as UTF-16
    "tgram": Limit(4096, count_telegram),
    # docs.discord.com/developers/resources/webhook#execute-webhook: 2000 characters
    "discord": Limit(2000, count_discord),
    # docs.ntfy.sh/publish/#limitations: 4096 bytes; more becomes a file nobody reads
    "ntfy": Limit(4096),
    "ntfys": Limit(4096),
    # developer.apple.com, "Generating a remote notification": 4096 bytes with all its fields
    "bark": Limit(3000, count_escaped),
    "barks": Limit(3000, count_escaped),
    # spec.matrix.org, client-server API, size limits: 65536 bytes of event, with a copy as HTML
    "matrix": Limit(24_000),
    "matrixs": Limit(24_000),
    # RFC 2812 section 2.3: 512 bytes of line with prefix, command and CRLF
    "irc": Limit(1000, line=380),
    "ircs": Limit(1000, line=380),
}

_MARK_ROOM = 40
_SMALLEST_ROOM = 16
_LONGEST_STEP_BACK = 32
# No service shows them, XML cannot hold them, and a NUL ends a text in some.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Part:
    """One message as a service takes it: part `number`, from 1, of `total`."""

    subject: str
    body: str
    number: int = 1
    total: int = 1

    def write_body(self, *, second_copy: bool = False) -> str:
        """Return the body with the part's mark above it, if there are several."""
        copy = "may be a second copy"
        if self.total == 1:
            return self.body
        return f"({self.number}/{self.total}{', ' + copy if second_copy else ''})\n{self.body}"


def split_message(subject: str, body: str, limit: Limit | None, title_room: int) -> list[Part]:
    """Return the parts of a message; their bodies together are the whole text.

    `title_room` is how many characters of title a service shows; 0 where the title becomes the
    first line of the text. A subject that does not fit there, or would take more than a quarter
    of each part, stands whole at the top of the first part. No limit makes one part.
    """
    subject, body = clean_subject(subject), clean_text(body)
    title = subject
    if 0 < title_room < len(title):
        title = f"{title[: title_room - 1]}…"
    if limit and _is_too_long(title, limit):
        title = ""
    if title != subject:
        body = f"{subject}\n{body}"
    if limit is None:
        return [Part(title, body)]
    if limit.line:
        body = wrap_lines(body, limit.line)
    room = limit.size - limit.count(f"{title}\r\n")
    if limit.count(body) <= room:
        return [Part(title, body)]
    bodies = split_text(body, max(_SMALLEST_ROOM, room - _MARK_ROOM), limit.count)
    return [Part(title, text, n, len(bodies)) for n, text in enumerate(bodies, start=1)]


def _is_too_long(title: str, limit: Limit) -> bool:
    long = limit.count(f"{title}\r\n") > limit.size // 4
    return long or (limit.line > 0 and count_bytes(title) > limit.line)


def find_limit(schema: str, body_maxlen: int) -> Limit:
    """Return the limit of a service; what is smaller counts, Apprise's figure or the service's."""
    limit = LIMITS.get(schema, Limit(body_maxlen))
    return limit if limit.line else replace(limit, size=min(limit.size, body_maxlen))


def clean_text(text: str) -> str:
    """Return a text with U+FFFD for what no service carries: controls and half characters."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def clean_subject(subject: str) -> str:
    """Return a subject on one line, so that it can begin no header of its own."""
    return " ".join(clean_text(subject).split())


def split_text(text: str, room: int, count: Count = count_bytes) -> list[str]:
    """Split a text between lines into parts that count at most `room`.

    A line that is longer by itself is cut between characters, and where that can be avoided
    not between a letter and its marks.
    """
    parts, current, used = [], "", 0
    for piece in (p for line in text.splitlines(True) for p in _cut_line(line, room, count)):
        size = count(piece)
        if current and used + size > room:
            parts.append(current)
            current, used = "", 0
        current, used = current + piece, used + size
    return [*parts, current]


def wrap_lines(text: str, room: int) -> str:
    """Return a text with line ends added where a line has more than `room` bytes."""
    lines = text.splitlines()
    return "\n".join("\n".join(_cut_line(line, room, count_bytes)) for line in lines)


def _cut_line(line: str, room: int, count: Count) -> Iterator[str]:
    if count(line) <= room:
        yield line
        return
    start = used = 0
    for position, char in enumerate(line):
        size = count(char)
        while used + size > room and position > start:
            end = _find_seam(line, start, position)
            yield line[start:end]
            used, start = count(line[end:position]), end
        used += size
    yield line[start:]


def _find_seam(line: str, start: int, position: int) -> int:
    """Return the last place up to a position where no character is torn from its marks."""
    for end in range(position, max(start, position - _LONGEST_STEP_BACK), -1):
        if not _is_joined(line[end - 1], line[end]):
            return end
    return position


def _is_joined(before: str, after: str) -> bool:
    """Say whether two characters make one sign: letter and accent, parts of an emoji, CR LF."""
    if unicodedata.category(after)[0] == "M" or "\u200d" in (before, after):
        return True
    flags = "\U0001f1e6" <= before <= "\U0001f1ff" and "\U0001f1e6" <= after <= "\U0001f1ff"
    skin = "\U0001f3fb" <= after <= "\U0001f3ff"
    return flags or skin or (before == "\r" and after == "\n")
