"""The formats that are read: one row each.

To add one: one function, one row, a good sample and a damaged one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from monitor.documents.ofd import read_ofd
from monitor.documents.oldword import read_doc
from monitor.documents.parts import Fault, Flaw, Limits, Part
from monitor.documents.pdf import read_pdf
from monitor.documents.plain import read_csv, read_html, read_text
from monitor.documents.rtf import read_rtf
from monitor.documents.sheets import read_sheets
from monitor.documents.word import read_docx

# By the kinds of sniff.find_kind.
READERS: dict[str, Callable[[bytes, Limits], Iterator[Part]]] = {
    "pdf": read_pdf,
    "docx": read_docx,
    "doc": read_doc,
    "rtf": read_rtf,
    "xlsx": read_sheets,
    "xlsb": read_sheets,
    "xls": read_sheets,
    "ods": read_sheets,
    "csv": read_csv,
    "html": read_html,
    "txt": read_text,
    "ofd": read_ofd,
}
# Kinds that can hold their text as pictures only; without any text they are not "read".
PICTURED = frozenset(("docx", "doc", "rtf", "xlsx", "xlsb", "xls", "ods", "ofd"))
# Kinds that are known and not read, and why.
UNREAD: dict[str, Flaw] = {
    "locked": Flaw(Fault.ENCRYPTED, detail="an Office file with a password"),
    "7z": Flaw(Fault.NO_TOOL, detail="7z archives are not read"),
    "ppt": Flaw(Fault.UNKNOWN_TYPE, detail="slides of PowerPoint 97 are not read"),
    "pptx": Flaw(Fault.UNKNOWN_TYPE, detail="slides are not read"),
    "odt": Flaw(Fault.UNKNOWN_TYPE, detail="OpenDocument text is not read"),
    "xml": Flaw(Fault.UNKNOWN_TYPE, detail="XML of no known format"),
    "ole": Flaw(Fault.DAMAGED, detail="no stream of Word or Excel: cut, or of another program"),
    "empty": Flaw(Fault.DAMAGED, detail="an empty file"),
}
