"""What looks like a fault and is none gets in, as what it says: the twins of the bad inputs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from clusterscore.observations.ledger import Record
from clusterscore.vocabulary import Table
from tests.observations.association import Association, corrections
from tests.observations.screening.whole import ANSWER, FIGURE, made

UNIT = "unit,name,kind,parent,country,sector,founded,tax_code\n"
SHARE, MONEY = "CL-01,2023,export_share,", "CL-01,2023,turnover,"
TEXT = "CL-01-M9,{},member,CL-01,RO,furniture,2001,\n"
FIGURE_KEY, MEMBER_KEY = ("CL-01", 2023), ("CL-01-M9",)

NUMBERS: dict[str, tuple[str, float]] = {
    "a whole number": (f"{MONEY}1040000", 1040000.0),
    "a decimal point": (f"{MONEY}1040000.5", 1040000.5),
    "an exponent": (f"{MONEY}1.04e6", 1040000.0),
    "a plus sign": (f"{MONEY}+1040000", 1040000.0),
    "a point at the end": (f"{MONEY}1040000.", 1040000.0),
    "a point in front": (f"{SHARE}.31", 0.31),
    "a decimal comma that shows the locale": (f'{MONEY}"1.040.000,5"', 1040000.5),
    "grouping by points twice": (f"{MONEY}1.040.000", 1040000.0),
    "grouping by commas and a point": (f'{MONEY}"1,040,000.5"', 1040000.5),
    "a share with a comma": (f'{SHARE}"0,31"', 0.31),
    "a share of none": (f"{SHARE}0", 0.0),
    "a share of all": (f"{SHARE}1", 1.0),
    "a loss where one may be": ("CL-01,2023,growth,-0.03", -0.03),
    "a typographic minus": ("CL-01,2023,growth,\u22120.03", -0.03),
    "growth that is large and possible": ("CL-01,2023,growth,0.25", 0.25),
    "spaces around": (" CL-01 ,\u00a02023,turnover , 1040000 ", 1040000.0),
    "no exports at all": ("CL-01,2023,exports,0", 0.0),
    "half as much again": (f"{MONEY}1500000", 1500000.0),
    "two thirds of it": (f"{MONEY}680000", 680000.0),
    "much of a double": (f"{MONEY}1040000.1234567", 1040000.1234567),
}

NAMES: dict[str, tuple[str, str]] = {
    "a quote and a tag": ("O'Neil & Sons <SRL>", "O'Neil & Sons <SRL>"),
    "a firm called NaN": ("NaN SRL", "NaN SRL"),
    "a firm called None": ("None", "None"),
    "a firm called NULL": ("NULL", "NULL"),
    "a number for a name": ("1e5", "1e5"),
    "what looks like a date": ("3 Mai", "3 Mai"),
    "commas below": ("Brașov și Timiș", "Brașov și Timiș"),
    "cedillas": ("Bra\u015fov \u015fi Timi\u015f", "Brașov și Timiș"),
    "letters with marks of their own": ("Bras\u0326ov", "Brașov"),
    "a comma in quotes": ('"Mobilă, Textile și Fii SRL"', "Mobilă, Textile și Fii SRL"),
    "quotes in quotes": ('"Firma ""Zori"" SRL"', 'Firma "Zori" SRL'),
    "what a spreadsheet would run": ("=1+1 SRL", "=1+1 SRL"),
    "an at sign in front": ("@Home SRL", "@Home SRL"),
    "a minus in front": ("-45 Grade SRL", "-45 Grade SRL"),
    "two hundred characters": ("x" * 200, "x" * 200),
    "one character": ("X", "X"),
    "another script": ("Δέλτα ЖЩ", "Δέλτα ЖЩ"),
    "a question mark": ("Cine știe?", "Cine știe?"),
    "markup that never runs": ("<script>alert(1)</script>", "<script>alert(1)</script>"),
}

ENDS: dict[str, bytes] = {
    "a byte order mark": b"\xef\xbb\xbf" + f"{FIGURE}{MONEY}1040000\n".encode(),
    "line ends of Windows": f"{FIGURE}{MONEY}1040000\n".replace("\n", "\r\n").encode(),
    "no last line end": f"{FIGURE}{MONEY}1040000".encode(),
    "empty lines at the end": f"{FIGURE}{MONEY}1040000\n\n\n".encode(),
    "columns in another order": b"value,indicator,year,unit\n1040000,turnover,2023,CL-01\n",
    "optional columns that are empty": b"unit,year,indicator,value,measure,source\nCL-01,2023,turnover,1040000,,\n",
    "a source": b"unit,year,indicator,value,source\nCL-01,2023,turnover,1040000,annual accounts\n",
    "the measure itself": b"unit,year,indicator,value,measure\nCL-01,2023,turnover,1040000,EUR\n",
}


@pytest.fixture
def whole(tmp_path: Path) -> Association:
    """Return an association that knows two years."""
    return made(tmp_path)


def recorded(whole: Association, table: Table, key: tuple[Any, ...]) -> list[Record]:
    """Return the records of a table whose key begins so, in order."""
    return [
        one
        for one in whole.ledger.read()
        if one.table is table and "rows" not in one.data and one.key[: len(key)] == key
    ]


def taken(whole: Association, name: str, content: str | bytes, table: Table, key: tuple[Any, ...]) -> Mapping[str, Any]:
    """Take a file in, without anybody deciding anything; return what the last record of a key says."""
    from clusterscore import steps  # noqa: PLC0415 - the door without the decisions that tests make

    steps.ingest(whole.workspace, [whole.send(name, content)], who="a tester")
    return recorded(whole, table, key)[-1].data


@pytest.mark.parametrize("what", NUMBERS)
def test_numbers_that_look_odd_are_read(what: str, whole: Association) -> None:
    """As what they say."""
    row, value = NUMBERS[what]
    assert taken(whole, "figures.csv", f"{FIGURE}{row}\n", Table.FIGURES, FIGURE_KEY)["value"] == value


@pytest.mark.parametrize("what", NAMES)
def test_names_that_look_odd_are_kept(what: str, whole: Association) -> None:
    """As they are, Romanian letters in their one spelling."""
    name, kept = NAMES[what]
    assert taken(whole, "units.csv", UNIT + TEXT.format(name), Table.UNITS, MEMBER_KEY)["name"] == kept


@pytest.mark.parametrize("what", ENDS)
def test_files_that_look_odd_are_read(what: str, whole: Association) -> None:
    """The same figure in each."""
    assert taken(whole, "figures.csv", ENDS[what], Table.FIGURES, FIGURE_KEY)["value"] == 1040000.0


@pytest.mark.parametrize("answer", [1, 5])
def test_both_ends_of_a_scale_are_answers(answer: int, whole: Association) -> None:
    """The lowest and the highest."""
    row = f"CL-09,2023,R-01,item_1,{answer}\n"
    found = taken(whole, "answers.csv", ANSWER + row, Table.ANSWERS, ("CL-09", 2023, "R-01"))
    assert found["answer"] == answer


def test_a_file_of_exactly_as_many_rows_as_admitted(whole: Association) -> None:
    """Ten thousand, and not one more."""
    rows = "".join(f"M-{number:05d},Firm {number},member,CL-01,RO,furniture,,\n" for number in range(10000))
    assert taken(whole, "units.csv", UNIT + rows, Table.UNITS, ("M-09999",))["name"] == "Firm 9999"


def test_a_correction_supersedes(whole: Association) -> None:
    """What was recorded stays in the ledger, and what is right counts."""
    wish = {"table": "figures", "action": "correct", "unit": "CL-01", "year": "2022", "indicator": "turnover"}
    content = corrections(wish | {"expect": "1020000", "value": "1025000"})
    found = taken(whole, "corrections.csv", content, Table.FIGURES, ("CL-01", 2022, "turnover"))
    assert found["value"] == 1025000.0
    values = [one.data["value"] for one in recorded(whole, Table.FIGURES, ("CL-01", 2022, "turnover"))]
    assert values == [1020000.0, 1025000.0]
