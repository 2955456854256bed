"""Small files made by hand for the tests: PDF pages, and zips of XML."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

_DOTS = b"\x10\x80\xf0" * 4
_PICTURE = (
    b"<</Type/XObject/Subtype/Image/Width 2/Height 2/ColorSpace/DeviceRGB/BitsPerComponent 8"
    b"/Length %d>>stream\n%s\nendstream" % (len(_DOTS), _DOTS)
)
# Draws the picture over a whole page.
SCAN = "q 595 0 0 842 0 0 cm /P Do Q"


def write_pdf(*contents: str, turn: int = 0, trailer: str = "") -> bytes:
    """Return a PDF of A4 pages with these contents; font F is Helvetica, P a picture."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(contents)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(contents)}>>".encode(),
        _PICTURE,
    ]
    for number, content in enumerate(contents):
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Rotate {turn}"
            f"/Contents {5 + 2 * number} 0 R/Resources<</XObject<</P 3 0 R>>/Font<</F"
            "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>".encode()
        )
        stream = content.encode("latin-1")
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream))
    out = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, body)
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    return (
        out
        + (
            f"xref\n0 {size}\n0000000000 65535 f \n{table}"
            f"trailer<</Size {size}/Root 1 0 R{trailer}>>\n"
            f"startxref\n{len(out)}\n%%EOF\n"
        ).encode()
    )


def show_text(x: float, y: float, text: str, size: float = 10) -> str:
    """Return the operators that show text at a place, from the lower left corner."""
    return f"BT /F {size} Tf {x} {y} Td ({text}) Tj ET "


def draw_line(x: float, y: float, right: float, top: float) -> str:
    """Return the operators that draw a line."""
    return f"{x} {y} m {right} {top} l S "


def write_zip(members: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip of these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return out.getvalue()
