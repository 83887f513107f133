"""Good content with bytes, cells and parts changed at random."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

TEXTS = st.text(max_size=12) | st.sampled_from(
    [
        "",
        " ",
        "\xa0",
        "NaN",
        "None",
        "=1+1",
        "@x",
        "1e5",
        "1.234",
        "1,5",
        "1e400",
        "-0",
        "٣",
        "\u22123",
        "½",
        "²",
        "CL-01",
        "CL-01\u200b",
        "turnover",
        "2023",
        "R-01",
        "item_1",
        "Bra�ov",
        "Braşov",
        "BraÈ™ov",
        "\x00",
        "2023-11-03T10:00:00Z",
        "03.11.2023 10:00",
        "29.02.2023",
        "3.11.23 12:60 PM",
        "9999-12-31T23:59:59-14:00",
        "x" * 1001,
        '"',
        "'",
        "a\nb",
        "a\r\nb",
        "\ud7ff",
        "\u2028",
        "<b>",
        "%",
        "12 %",
        "#N/A",
        ";",
        "R-01;R-02",
    ]
)
"""Cells that somebody could send."""

_PIECES = st.sampled_from(
    [
        b"",
        b"\x00",
        b"\xff",
        b"\xef\xbb\xbf",
        b'"',
        b'""',
        b",",
        b";",
        b"\r",
        b"\n",
        b"\r\n",
        b"\n\n",
        b"\x1b",
        b"\xe2\x82",
        b"&amp;",
        b"&#0;",
        b"&#x110000;",
        b"<",
        b">",
        b"</row>",
        b"<row>",
        b'r="XFD1048576"',
        b'r="A0"',
        b'r=""',
        b't="s"',
        b't="e"',
        b't="d"',
        b't="b"',
        b"<v>1e400</v>",
        b"<v>NaN</v>",
        b"<v>-1</v>",
        b"<v/>",
        b"<f>1+1</f>",
        b'r="1"',
        b"<!DOCTYPE x>",
        b"<![CDATA[x]]>",
        b"<!---->",
        b"<?x?>",
        b' s="999"',
        b' s="-1"',
        b"99999999999999999999",
        b"0",
        b"-",
        b"_x0000_",
        b"_xD800_",
        b"_xZZZZ_",
        b"inlineStr",
        b"hidden",
        b"A1:A1048576",
        b" ",
        b"\xc2\xa0",
        b"9" * 400,
    ]
)


@st.composite
def changed(draw: DrawFn, content: bytes) -> bytes:
    """Return content in which a few stretches were replaced, left out, repeated or filled with pieces."""
    data = bytearray(content)
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([0, 0, 0, 1, 1, 2, 5, 20, 400])))
        what = draw(st.integers(0, 4))
        piece = draw(_PIECES) if what < 3 else bytes(data[start:end]) * 2 if what == 3 else draw(st.binary(max_size=4))
        data[start:end] = piece
    return bytes(data)


@st.composite
def rewritten(draw: DrawFn, rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Return rows in which cells were exchanged for odd ones, and rows and columns left out, repeated or moved."""
    made = [list(row) for row in rows]
    for _ in range(draw(st.sampled_from([0, 1, 1, 1, 2, 3, 8]))):
        place = draw(st.integers(0, len(made) - 1)) if made else 0
        what = draw(st.integers(0, 9))
        row = made[place] if made else []
        if what < 5 and row:
            row[draw(st.integers(0, len(row) - 1))] = draw(TEXTS)
        elif what < 7 and row:  # what stands elsewhere in the column, or in another writing
            at = draw(st.integers(0, len(row) - 1))
            other = made[draw(st.integers(0, len(made) - 1))]
            row[at] = draw(st.sampled_from([f" {row[at]}\u00a0", other[at] if at < len(other) else "", ""]))
        elif what == 7 and made:
            made.insert(draw(st.integers(0, len(made))), list(row))
        elif what == 8 and row:
            del row[draw(st.integers(0, len(row) - 1))]
        elif made:
            made.append(made.pop(place))
    return made


@st.composite
def repacked(draw: DrawFn, content: bytes) -> bytes:
    """Return a workbook of which one or two parts were changed, left out or exchanged."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for _ in range(draw(st.integers(1, 2))):
        name = draw(st.sampled_from(sorted(parts)))
        what = draw(st.integers(0, 11))
        if what == 0 and len(parts) > 1:
            del parts[name]
        elif what == 1:
            parts[name] = parts[draw(st.sampled_from(sorted(parts)))]
        else:
            parts[name] = draw(changed(parts[name]))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))) as made:
        for name, data in parts.items():
            made.writestr(name, data)
    return buffer.getvalue()


def stripped(value: object) -> object:
    """Return a cell without the characters that openpyxl refuses to write."""
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", value) if isinstance(value, str) else value
