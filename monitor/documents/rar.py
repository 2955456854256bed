"""Unfold the files of a RAR archive of any version."""

from __future__ import annotations

import stat
from collections.abc import Iterator

import rars

from monitor.documents.parts import DocumentError, Fault, Flaw, Limits
from monitor.documents.zips import ALWAYS_UNFOLDED, decode_name

_MOST_ENTRIES = 5000
# WinRAR's default is 32 MiB; archives may ask for gigabytes.
_MOST_DICTIONARY = 64 * 1024 * 1024
# Unix, as a host, by the version of the format.
_UNIX = {"rar15_40": 3, "rar50_plus": 1}
Found = tuple[str, bytes] | Flaw


def list_rar(body: bytes, limits: Limits) -> Iterator[Found]:
    """Yield name and content of the files of a RAR, and a flaw for each that cannot be had.

    Names are as the archive has them. Raises DocumentError where it cannot be opened.
    """
    try:
        archive = rars.RarFile.from_bytes(body, options=_limit_reading(limits.unfolded))
        members = [member for member in archive.infolist() if not member.is_dir()]
    except rars.PasswordRequired as error:
        raise DocumentError(Fault.ENCRYPTED, "needs a password") from error
    except (rars.Error, MemoryError, ValueError) as error:
        raise DocumentError(Fault.DAMAGED, f"no RAR: {error}") from error
    # A solid archive folds all its files as one, so the ratio is of the whole.
    left = min(limits.unfolded, max(limits.ratio * len(body), ALWAYS_UNFOLDED))
    readable = []
    for member in members:
        if flaw := _refuse_member(member, left):
            yield flaw
        else:
            left -= member.file_size
            readable.append(member)
    yield from _read_members(archive, readable, limits)


def _read_members(
    archive: rars.RarFile, members: list[rars.RarInfo], limits: Limits
) -> Iterator[Found]:
    if any(member.is_solid for member in members):
        # Each file of a solid archive needs all before it: in one go it is unfolded once.
        try:
            contents = archive.read_many(members, options=_limit_reading(limits.unfolded))
        except (rars.Error, ValueError, LookupError, MemoryError):
            pass
        else:
            yield from zip(map(_read_name, members), contents, strict=True)
            return
    yield from (_read_member(archive, member, limits) for member in members)


def _limit_reading(most: int) -> rars.ReadOptions:
    return rars.ReadOptions(
        max_total_output_bytes=most,
        max_header_count=_MOST_ENTRIES,
        rar50_dictionary_size_limit=_MOST_DICTIONARY,
    )


def _refuse_member(member: rars.RarInfo, left: int) -> Flaw | None:
    """Return why a member cannot be read, by its header; None where it may be tried."""
    name = _read_name(member)
    if _is_link(member):
        return Flaw(Fault.UNSAFE_NAME, name, "a symbolic link")
    if member.is_encrypted:
        return Flaw(Fault.ENCRYPTED, name, "needs a password")
    if member.is_split_before or member.is_split_after:
        return Flaw(Fault.DAMAGED, name, "goes on in another file of a set")
    if member.file_size > left:
        return Flaw(Fault.BOMB, name, f"unfolds to {member.file_size} bytes, {left} are left")
    return None


def _is_link(member: rars.RarInfo) -> bool:
    is_unix = member.host_os == _UNIX.get(member.rar_version)
    return is_unix and stat.S_ISLNK(member.file_attr or 0)


def _read_member(archive: rars.RarFile, member: rars.RarInfo, limits: Limits) -> Found:
    name = _read_name(member)
    try:
        return name, archive.read(member, options=_limit_reading(limits.unfolded))
    except MemoryError as error:
        return Flaw(Fault.BOMB, name, str(error))
    except LookupError:
        return Flaw(Fault.DAMAGED, name, "only a reference to another file")
    except (rars.Error, ValueError) as error:
        return Flaw(Fault.DAMAGED, name, str(error))


def _read_name(member: rars.RarInfo) -> str:
    """Return the name of a member; RAR 2 to 4 may keep it in the code page of the machine."""
    if "\ufffd" in member.filename:
        return decode_name(member.orig_filename_bytes)
    return str(member.filename)
