"""The reader of canonical CSV: text in, rows out, or a stable code at its line."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clusterscore.errors import InputRefused
from clusterscore.raw.readers import MAXIMUM_BYTES, MAXIMUM_CELL, MAXIMUM_COLUMNS, MAXIMUM_ROWS, RawFile, read_csv

BOM = b"\xef\xbb\xbf"
LONG = "x" * (MAXIMUM_CELL + 1)
HUGE = "x" * 200_000

REFUSED = {
    "F01 no bytes": (b"", [(0, "", "E-FILE-EMPTY")]),
    "F02 only a byte order mark": (BOM, [(0, "", "E-FILE-EMPTY")]),
    "only white space": (b" \r\n\t\n", [(0, "", "E-FILE-EMPTY")]),
    "F03 header only": (b"a,b\n", [(0, "", "E-FILE-NOROWS")]),
    "header and blank lines": (b"a,b\n\n\n", [(0, "", "E-FILE-NOROWS")]),
    "F06 UTF-16, little end first": (b"\xff\xfe" + "a,b\n1,2\n".encode("utf-16-le"), [(0, "", "E-ENC-UTF16")]),
    "F06 UTF-16, big end first": (b"\xfe\xff" + "a,b\n1,2\n".encode("utf-16-be"), [(0, "", "E-ENC-UTF16")]),
    "F07 cp1250": (b"a,b\n1,2\nBra\xbaov,2\n", [(3, "", "E-ENC-NOTUTF8")]),
    "F07 cp1250 under a byte order mark": (BOM + b"a,b\n1,2\n\xbaase,2\n", [(3, "", "E-ENC-NOTUTF8")]),
    "F11 NUL": (b"a,b\n1,2\n3,\x00\n", [(3, "", "E-FILE-NUL")]),
    "F13 unclosed quote": (b'a,b\n1,2\n3,"4\n5,6\n', [(3, "", "E-CSV-QUOTE")]),
    "text after a closing quote": (b'a,b\n1,2\n"3"x,4\n', [(3, "", "E-CSV-QUOTE")]),
    "F14 semicolons": (b"a;b\n1;2\n", [(1, "", "E-CSV-DELIM")]),
    "tabulators": (b"a\tb\n1\t2\n", [(1, "", "E-CSV-DELIM")]),
    "bars": (b"a|b\n1|2\n", [(1, "", "E-CSV-DELIM")]),
    "F15 trailing comma": (b"a,b\n1,2\n3,4,\n", [(3, "", "E-CSV-WIDTH")]),
    "F18 one cell too few": (b"a,b\n1\n", [(2, "", "E-CSV-WIDTH")]),
    "N05 decimal comma without quotes": (b"a,b\n1,1,5\n", [(2, "", "E-CSV-WIDTH")]),
    "F22 too many bytes": (b"a,b\n" + b"1,2\n" * (MAXIMUM_BYTES // 4), [(0, "", "E-FILE-SIZE")]),
    "F23 too many rows": (b"a\n" + b"1\n" * (MAXIMUM_ROWS + 1), [(MAXIMUM_ROWS + 2, "", "E-FILE-ROWS")]),
    "F24 long cell": (f"a,b\n1,2\n3,{LONG}\n".encode(), [(3, "b", "E-FILE-CELL")]),
    "F24 huge cell": (f"a,b\n1,2\n3,{HUGE}\n".encode(), [(3, "b", "E-FILE-CELL")]),
    "F24 long cell in the header": (f"a,{LONG}\n1,2\n".encode(), [(1, "", "E-FILE-CELL")]),
    "F25 a workbook": (b"PK\x03\x04a,b\n1,2\n", [(0, "", "E-FILE-TYPE")]),
    "F25 an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1", [(0, "", "E-FILE-TYPE")]),
    "F25 a PDF": (b"%PDF-1.7\n", [(0, "", "E-FILE-TYPE")]),
    "F25 a page": (b"<!DOCTYPE html>\n<html>", [(0, "", "E-FILE-TYPE")]),
    "too many columns": (
        ",".join(f"c{number}" for number in range(MAXIMUM_COLUMNS + 1)).encode() + b"\n1\n",
        [(1, "", "E-FILE-COLUMNS")],
    ),
    "H03 a column twice": (b"a,b,a\n1,2,3\n", [(1, "a", "E-HDR-DUPCOL")]),
    "H03 a column twice but for spaces": (b"a,b,a \n1,2,3\n", [(1, "a", "E-HDR-DUPCOL")]),
    "H07 a column without a name": (b"a,,c\n1,2,3\n", [(1, "", "E-HDR-BLANK")]),
}


def read(content: bytes) -> RawFile:
    """Read content as if it were a file."""
    return read_csv(Path("sent.csv"), "sent.csv", content=content)


def refusal(content: bytes) -> list[tuple[int, str, str]]:
    """Return row, column and code of all faults of a refused file."""
    with pytest.raises(InputRefused) as refused:
        read(content)
    return [(fault.row, fault.column, fault.code) for fault in refused.value.faults]


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_canonical_csv_is_refused_with_its_code_at_its_line(case: str) -> None:
    """Each kind of broken file has one stable code."""
    content, expected = REFUSED[case]
    assert refusal(content) == expected


@pytest.mark.parametrize("prefix", [b"", BOM], ids=["plain", "byte order mark"])
def test_the_byte_that_is_not_utf8_is_named(prefix: bytes) -> None:
    """The message shows the very byte, so that its encoding can be guessed."""
    with pytest.raises(InputRefused) as refused:
        read(prefix + b"a,b\nBra\xbaov,2\n")
    assert refused.value.faults[0].got == "byte 0xBA"


def test_all_faults_of_width_and_length_come_at_once() -> None:
    """One look at the message is enough to mend the file."""
    content = f"a,b\n1\n1,2\n1,2,3\n{LONG},{LONG}\n".encode()
    assert refusal(content) == [
        (2, "", "E-CSV-WIDTH"),
        (4, "", "E-CSV-WIDTH"),
        (5, "a", "E-FILE-CELL"),
        (5, "b", "E-FILE-CELL"),
    ]


@pytest.mark.parametrize(
    "content",
    [
        BOM + b"a,b\n1,2\n3,4\n",
        b"a,b\r\n1,2\r\n3,4\r\n",
        b"a,b\r1,2\r3,4\r",
        b"a,b\r\n1,2\n3,4",
        b'"a","b"\n"1","2"\n"3","4"\n',
        b" a ,b\n1,2\n3,4\n",
    ],
    ids=["byte order mark", "CRLF", "CR", "mixed line ends", "quotes", "spaces in the header"],
)
def test_harmless_ways_of_writing_read_the_same(content: bytes) -> None:
    """What a spreadsheet does on its own is no fault."""
    raw = read(content)
    assert raw.header == ("a", "b")
    assert [(row.line, row.cells) for row in raw.rows] == [(2, {"a": "1", "b": "2"}), (3, {"a": "3", "b": "4"})]


def test_cells_stay_as_they_were_written() -> None:
    """The reader neither trims nor converts nor guesses."""
    cells = {"a": " NA ", "b": "1e5", "c": "007", "d": ""}
    assert read(b"a,b,c,d\n NA ,1e5,007,\n").rows[0].cells == cells


def test_quoted_commas_and_quotes_belong_to_their_cell() -> None:
    """A name may hold a comma."""
    assert read(b'a,b\n"x, ""y"" and z",2\n').rows[0].cells == {"a": 'x, "y" and z', "b": "2"}


def test_quoted_newlines_and_blank_lines_keep_line_numbers_right() -> None:
    """A fault is found at the line that an editor shows, where its row begins."""
    content = b'a,b\n"one\ntwo\r\nthree",2\n\n3,4\n\n5\n6,7\n'
    assert refusal(content) == [(8, "", "E-CSV-WIDTH")]
    assert [row.line for row in read(content.replace(b"\n5\n", b"\n5,5\n")).rows] == [2, 6, 8, 9]


def test_a_file_at_every_limit_is_read() -> None:
    """The limits themselves are allowed."""
    header = ",".join(f"c{number}" for number in range(MAXIMUM_COLUMNS)) + "\n"
    first = "x" * MAXIMUM_CELL + "," * (MAXIMUM_COLUMNS - 1) + "\n"
    room = MAXIMUM_BYTES - len(header) - len(first)
    short, missing = divmod(room, MAXIMUM_ROWS - 1)
    row = "y" * (short - MAXIMUM_COLUMNS) + "," * (MAXIMUM_COLUMNS - 1) + "\n"
    text = header + first + row * (MAXIMUM_ROWS - 1) + "\n" * missing
    assert len(text) == MAXIMUM_BYTES
    assert len(read(text.encode()).rows) == MAXIMUM_ROWS


CELLS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6), st.sampled_from(["\n", "\r\n"]))
def test_what_a_csv_writer_writes_is_read_back(rows: list[tuple[str, str]], line_end: str) -> None:
    """Any text survives the way through a canonical file."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    writer.writerows([("a", "b"), *rows])
    assert [tuple(row.cells.values()) for row in read(buffer.getvalue().encode()).rows] == rows


TEXT = st.text(max_size=60) | st.text('a,";\n\r\t', max_size=30)


@given(st.binary(max_size=60) | TEXT.map(str.encode))
@example(b"\n\n")
@example(b'""\n""')
@example(BOM + b"<html>")
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    """Nothing that somebody sends ends in a traceback, and what is read is whole."""
    try:
        raw = read(content)
    except InputRefused:
        return
    assert all(tuple(row.cells) == raw.header for row in raw.rows)
