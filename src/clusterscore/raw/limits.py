"""How large a file and its parts may be; everything beyond is refused before it can exhaust the machine."""

from __future__ import annotations

from typing import Final

from clusterscore.errors import Fault, InputRefused

MAXIMUM_BYTES: Final = 5_000_000
MAXIMUM_ROWS: Final = 10_000
MAXIMUM_COLUMNS: Final = 64
MAXIMUM_CELL: Final = 1_000

WIDEST: Final = 400
"""Columns of the widest questionnaire that is read; a canonical file is held to fewer."""
TITLE_ROWS: Final = 20
"""Rows that a survey tool may put above its headers."""

MAXIMUM_UNPACKED: Final = 50_000_000
"""Bytes of a workbook once unpacked, all its parts together."""
MAXIMUM_RATIO: Final = 100
"""How many bytes one byte of an archive may become."""
MAXIMUM_PARTS: Final = 1_000
"""Files inside a workbook."""
MAXIMUM_ELEMENTS: Final = 2_500_000
"""XML elements of a workbook: a full sheet at its limits has 2 million."""
MAXIMUM_DEPTH: Final = 64
"""XML elements inside each other."""


def check_size(name: str, size: int) -> None:
    """Refuse a file that is larger than what is read.

    Raises
    ------
    InputRefused
        With ``E-FILE-SIZE``.
    """
    if size > MAXIMUM_BYTES:
        expected = f"at most {MAXIMUM_BYTES} bytes; split the file"
        raise InputRefused([Fault(name, 0, "", "E-FILE-SIZE", f"{size} bytes", expected)])
