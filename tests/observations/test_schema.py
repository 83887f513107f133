"""One row at a time: each cell that is not what its column asks for has one code, at its row and column."""

import datetime
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from clusterscore.observations.schema import ROWS, columns, required_columns
from clusterscore.vocabulary import Table
from tests.observations.association import Association, corrections, places

NEXT_YEAR = str(datetime.datetime.now(datetime.UTC).year + 1)

GOOD = {
    "units.csv": {"unit": "CL-03", "name": "Third", "kind": "cluster", "parent": "", "country": "RO", "region": "RO11"}
    | {"sector": "furniture", "founded": "2011", "member_type": "firm", "tax_code": ""},
    "raters.csv": {"rater": "R-09", "affiliation": "CL-01", "ties": "CL-02;CL-02-M1"},
    "employment.csv": {"region": "RO11", "sector": "furniture", "year": "2024", "employed": "21400"}
    | {"establishments": "610", "source": "office of statistics"},
    "figures.csv": {"unit": "CL-01", "year": "2024", "indicator": "turnover", "value": "1234.5"}
    | {"measure": "EUR", "source": "annual accounts"},
    "answers.csv": {"unit": "CL-01", "year": "2024", "rater": "R-01", "item": "cooperation", "answer": "3"}
    | {"answered": "2024-11-05T14:03:20+02:00"},
}

BAD_IDS = {
    "I03 '1e5'": "1e5",
    "I04 'NA'": "NA",
    "I04 'None'": "None",
    "I04 'null'": "null",
    "reserved in capitals": "NULL",
    "I08 ../x": "../x",
    "I08 ..\\x": "..\\x",
    "I08 /abs": "/abs",
    "I08 a/b": "A/B",
    "parent folder": "..",
    "I09 CON": "CON",
    "I09 NUL": "NUL",
    "I09 LPT1": "LPT1",
    "I09 trailing dot": "CL-01.",
    "I09 300 characters": "C" * 300,
    "one character too many": "C" * 33,
    "I18 an address": "https://evil.example/x",
    "Cyrillic Es": "\u0421L-01",
    "Arabic digits": "CL-\u0660\u0661",
    "full-width letters": "\uff23\uff2c-01",
    "trailing newline": "CL-01\n",
    "newline inside": "CL\n-01",
    "zero-width space": "CL-\u200b01",
    "hyphen that does not break": "CL\u201101",
    "small letters": "cl-01",
    "two hyphens": "CL--01",
    "hyphen at the end": "CL-",
    "digit first": "1CL",
    "inner space": "CL 01",
    "a formula": "=CL-01",
    "an option": "-CL",
    "markup": "<SCRIPT>",
    "template": "{CL}",
    "percent sign": "CL%2F01",
    "colon": "CL:01",
}

BAD_NUMBERS = {
    "N04 two points": ("12.34.56", "E-NUM-GROUPING"),
    "a group too short": ("1.23.456,7", "E-NUM-GROUPING"),
    "N02 Romanian grouping": ("1.234", "E-NUM-AMBIGUOUS"),
    "English grouping": ("-1,234", "E-NUM-AMBIGUOUS"),
    "N06 space": ("1 234", "E-NUM-FORMAT"),
    "N06 no-break space": ("1\u00a0234", "E-NUM-FORMAT"),
    "N06 thin space": ("1\u2009234", "E-NUM-FORMAT"),
    "N08 percent": ("12%", "E-NUM-PERCENT"),
    "N09 n/a": ("n/a", "E-NUM-MISSINGCODE"),
    "N09 N/A": ("N/A", "E-NUM-MISSINGCODE"),
    "N09 -": ("-", "E-NUM-MISSINGCODE"),
    "N09 .": (".", "E-NUM-MISSINGCODE"),
    "N09 ?": ("?", "E-NUM-MISSINGCODE"),
    "N09 lipsă": ("lipsă", "E-NUM-MISSINGCODE"),
    "N09 lipsă, accent apart": ("lipsa\u0306", "E-NUM-MISSINGCODE"),
    "N10 nan": ("nan", "E-NUM-NONFINITE"),
    "N10 inf": ("inf", "E-NUM-NONFINITE"),
    "N10 -Infinity": ("-Infinity", "E-NUM-NONFINITE"),
    "N11 1e400": ("1e400", "E-NUM-RANGE"),
    "brackets of accountants": ("(123)", "E-NUM-FORMAT"),
    "so small that nothing is left": ("1e-400", "E-NUM-RANGE"),
    "Arabic digits": ("\u0663", "E-NUM-FORMAT"),
    "underscore": ("1_000", "E-NUM-FORMAT"),
    "hexadecimal": ("0x10", "E-NUM-FORMAT"),
    "an error of Excel": ("#DIV/0!", "E-NUM-FORMAT"),
    "X06 a date": ("1 May", "E-NUM-FORMAT"),
    "X13 an apostrophe": ("'100", "E-NUM-FORMAT"),
    "currency": ("100 EUR", "E-NUM-FORMAT"),
    "a formula": ("=1+1", "E-NUM-FORMAT"),
    "nothing": ("", "E-EMPTY"),
    "spaces": ("  ", "E-EMPTY"),
}

BAD_YEARS = {
    "T02 202": ("202", "E-TIME-RANGE"),
    "T02 20226": ("20226", "E-TIME-RANGE"),
    "T02 1899": ("1899", "E-TIME-RANGE"),
    "T01 next year": (NEXT_YEAR, "E-TIME-RANGE"),
    "T04 a date": ("13/02/2026", "E-TIME-FORMAT"),
    "a decimal": ("2024.0", "E-TIME-FORMAT"),
    "Arabic digits": ("\u0662\u0660\u0662\u0664", "E-TIME-FORMAT"),
    "a sign": ("+2024", "E-TIME-FORMAT"),
    "a leading zero": ("02024", "E-TIME-FORMAT"),
    "hundreds of digits": ("2" * 400, "E-TIME-FORMAT"),
    "nothing": ("", "E-EMPTY"),
}

BAD_CELLS = {
    **{f"id: {name}": ("figures.csv", "unit", cell, "E-ID-FORMAT") for name, cell in BAD_IDS.items()},
    **{f"number: {name}": ("figures.csv", "value", cell, code) for name, (cell, code) in BAD_NUMBERS.items()},
    **{f"year: {name}": ("figures.csv", "year", cell, code) for name, (cell, code) in BAD_YEARS.items()},
    "I11 no unit": ("figures.csv", "unit", "", "E-ID-EMPTY"),
    "no indicator": ("figures.csv", "indicator", "", "E-EMPTY"),
    "indicator in capitals": ("figures.csv", "indicator", "Turnover", "E-CODE-FORMAT"),
    "indicator with a path": ("figures.csv", "indicator", "../turnover", "E-CODE-FORMAT"),
    "R18 long source": ("figures.csv", "source", "x" * 201, "E-TXT-LENGTH"),
    "source with a bell": ("figures.csv", "source", "a\x07b", "E-TXT-CONTROL"),
    "source that turns the writing round": ("figures.csv", "source", "a\u202eb", "E-TXT-CONTROL"),
    "R02 half an answer": ("answers.csv", "answer", "3.5", "E-RAT-INTEGER"),
    "R02 '4 stele'": ("answers.csv", "answer", "4 stele", "E-RAT-INTEGER"),
    "R02 'bun'": ("answers.csv", "answer", "bun", "E-RAT-INTEGER"),
    "no answer": ("answers.csv", "answer", "-", "E-NUM-MISSINGCODE"),
    "empty answer": ("answers.csv", "answer", "", "E-EMPTY"),
    "rater in small letters": ("answers.csv", "rater", "r-01", "E-ID-FORMAT"),
    "item in capitals": ("answers.csv", "item", "Cooperation", "E-CODE-FORMAT"),
    "unknown kind": ("units.csv", "kind", "Cluster", "E-KIND"),
    "no name": ("units.csv", "name", " ", "E-EMPTY"),
    "long name": ("units.csv", "name", "x" * 201, "E-TXT-LENGTH"),
    "name over two lines": ("units.csv", "name", "one\ntwo", "E-TXT-CONTROL"),
    "country in small letters": ("units.csv", "country", "ro", "E-COUNTRY"),
    "country of three letters": ("units.csv", "country", "ROU", "E-COUNTRY"),
    "region by name": ("units.csv", "region", "Nord-Vest", "E-REGION"),
    "sector in capitals": ("units.csv", "sector", "Furniture", "E-CODE-FORMAT"),
    "founded in the future": ("units.csv", "founded", NEXT_YEAR, "E-TIME-RANGE"),
    "parent of a wrong form": ("units.csv", "parent", "cl-01", "E-ID-FORMAT"),
    "fewer than nobody employed": ("employment.csv", "employed", "-1", "E-DOM-NEGATIVE"),
    "a sector by name": ("employment.csv", "sector", "Mobilă", "E-CODE-FORMAT"),
    "affiliation by name": ("raters.csv", "affiliation", "Northern Furniture", "E-ID-FORMAT"),
    "one bad tie among good ones": ("raters.csv", "ties", "CL-01;cl-02", "E-ID-FORMAT"),
    "ties with commas": ("raters.csv", "ties", "CL-01,CL-02", "E-ID-FORMAT"),
}

GOOD_CELLS = {
    "a name with marks of HTML": ("units.csv", "name", "O'Neil & Sons <SRL>"),
    "a name like not-a-number": ("units.csv", "name", "NaN SRL"),
    "a name like a missing code": ("units.csv", "name", "NA"),
    "a name like a formula": ("units.csv", "name", "=1+1"),
    "I16 a name like a script": ("units.csv", "name", "<script>alert(1)</script>"),
    "a name with quotes and comma": ("units.csv", "name", 'Grupul "Ș, ț" SA'),
    "a name of 200 characters": ("units.csv", "name", "x" * 200),
    "an id of 32 characters": ("units.csv", "unit", "C" * 32),
    "an id of one letter": ("units.csv", "unit", "C"),
    "an id with both separators": ("units.csv", "unit", "RO-11_A2"),
    "an id that begins with a reserved word": ("units.csv", "unit", "NA-01"),
    "the first year": ("figures.csv", "year", "1900"),
    "this year": ("figures.csv", "year", str(int(NEXT_YEAR) - 1)),
    "a number with a power of ten": ("figures.csv", "value", "1.5e6"),
    "a number with a sign": ("figures.csv", "value", "+12"),
    "a very small number": ("figures.csv", "value", "1e-300"),
    "a very large number": ("figures.csv", "value", "1.7e308"),
    "no measure": ("figures.csv", "measure", ""),
    "no source": ("figures.csv", "source", ""),
    "lowest answer": ("answers.csv", "answer", "1"),
    "highest answer": ("answers.csv", "answer", "5"),
    "no ties": ("raters.csv", "ties", ""),
    "no affiliation": ("raters.csv", "affiliation", ""),
    "unit in another country": ("units.csv", "country", "MD"),
    "region of a whole country": ("units.csv", "region", "MD"),
}


def csv_of(row: Mapping[str, str]) -> str:
    """Return a file of one row, every cell quoted."""
    cells = ",".join('"' + cell.replace('"', '""') + '"' for cell in row.values())
    return ",".join(row) + "\n" + cells + "\n"


@pytest.mark.parametrize("case", BAD_CELLS)
def test_a_bad_cell_is_refused_with_its_code_at_its_place(association: Association, case: str) -> None:
    """Nothing is guessed, converted or passed on."""
    name, column, cell, code = BAD_CELLS[case]
    assert places(association.faults({name: csv_of(GOOD[name] | {column: cell})})) == [(name, 2, column, code)]


@pytest.mark.parametrize("case", GOOD_CELLS)
def test_an_odd_cell_that_is_right_is_taken_as_it_is(association: Association, case: str) -> None:
    """Strictness does not refuse what is only unusual."""
    name, column, cell = GOOD_CELLS[case]
    (taken,), _ = association.take({name: csv_of(GOOD[name] | {column: cell})})
    recorded = association.ledger.read()[-1].data[column]
    assert taken.new == 1
    assert recorded in (cell or None, []) if isinstance(recorded, str | list | None) else recorded == float(cell)


@pytest.mark.parametrize("name", GOOD)
def test_a_row_with_every_column_is_taken(association: Association, name: str) -> None:
    """The documented columns are all read."""
    assert set(GOOD[name]) == set(columns(Table(name.removesuffix(".csv"))))
    (taken,), _ = association.take({name: csv_of(GOOD[name])})
    assert (taken.new, taken.known) == (1, 0)


@pytest.mark.parametrize("space", [" ", "\u00a0", "\t"], ids=["space", "no-break space", "tabulator"])
def test_space_around_a_cell_makes_no_other_unit(association: Association, space: str) -> None:
    """I05: an id with a space beside it is the id."""
    association.take({"figures.csv": csv_of(GOOD["figures.csv"] | {"unit": f"{space}CL-01{space}"})})
    assert association.ledger.read()[-1].data["unit"] == "CL-01"


def test_columns_are_found_by_name(association: Association) -> None:
    """H05: their order does not matter."""
    backwards = dict(reversed(GOOD["figures.csv"].items()))
    association.take({"figures.csv": csv_of(backwards)})
    assert association.ledger.read()[-1].data == GOOD["figures.csv"] | {"year": 2024, "value": 1234.5}


@pytest.mark.parametrize("table", [table for table in Table if table is not Table.CORRECTIONS])
def test_optional_columns_may_be_absent(association: Association, table: Table) -> None:
    """A file with the required columns alone is canonical."""
    row = {name: GOOD[f"{table}.csv"][name] for name in required_columns(table)}
    (taken,), _ = association.take({f"{table}.csv": csv_of(row)})
    assert taken.new == 1


@pytest.mark.parametrize("table", Table)
def test_every_required_column_that_is_missing_is_named(association: Association, table: Table) -> None:
    """H01: no column is made up."""
    faults = association.faults({f"{table}.csv": csv_of({columns(table)[-1]: "x"})})
    missing = [name for name in required_columns(table) if name != columns(table)[-1]]
    assert places(faults) == sorted((f"{table}.csv", 1, name, "E-HDR-MISSINGCOL") for name in missing)


@pytest.mark.parametrize(
    ("wrong", "right"), [("valeu", "value"), ("years", "year"), ("Unit", "unit"), ("sources", "source")]
)
def test_an_unknown_column_is_refused_with_the_nearest_known_one(
    association: Association, wrong: str, right: str
) -> None:
    """H02: a column that nobody reads would be lost unseen."""
    row = {wrong if name == right else name: cell for name, cell in GOOD["figures.csv"].items()}
    fault = next(f for f in association.faults({"figures.csv": csv_of(row)}) if f.code == "E-HDR-UNKNOWNCOL")
    assert (fault.row, fault.column) == (1, wrong)
    assert f"nearest is {right!r}" in fault.expected


def test_every_bad_cell_of_a_row_is_named(association: Association) -> None:
    """One look at the message is enough to mend the row."""
    row = {"unit": "cl-01", "year": "202", "indicator": "Turnover", "value": "12%"}
    assert places(association.faults({"figures.csv": csv_of(row)})) == [
        ("figures.csv", 2, "indicator", "E-CODE-FORMAT"),
        ("figures.csv", 2, "unit", "E-ID-FORMAT"),
        ("figures.csv", 2, "value", "E-NUM-PERCENT"),
        ("figures.csv", 2, "year", "E-TIME-RANGE"),
    ]


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("table", "Figures", "E-TABLE"),
        ("table", "corrections", "E-TABLE"),
        ("action", "delete", "E-ACTION"),
        ("reason", "", "E-EMPTY"),
        ("year", "202", "E-TIME-RANGE"),
        ("unit", "../x", "E-ID-FORMAT"),
    ],
)
def test_a_bad_cell_of_a_correction_is_refused_at_its_place(
    association: Association, column: str, cell: str, code: str
) -> None:
    """A correction is read as strictly as what it corrects."""
    row = {"table": "figures", "action": "withdraw", "unit": "CL-01", "year": "2023", "indicator": "turnover"}
    faults = association.faults({"corrections.csv": corrections(row | {column: cell})})
    assert places(faults) == [("corrections.csv", 2, column, code)]


CELLS = [(Table(name.removesuffix(".csv")), column) for name, row in GOOD.items() for column in row]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.text(
    "-+.,;eE%0123456789 \nACL/\\", max_size=12
)


@settings(max_examples=400)
@given(st.sampled_from(CELLS), TEXTS)
def test_any_text_is_refused_with_a_code_or_read_the_same_again(cell: tuple[Table, str], text: str) -> None:
    """F1: no text ends in a traceback, and what was read once, written and read again, is the same."""
    table, column = cell
    try:
        once = ROWS[table].model_validate(GOOD[f"{table}.csv"] | {column: text}).model_dump(mode="json")
    except ValidationError as error:
        assert {problem["type"][:2] for problem in error.errors()} == {"E-"}  # noqa: PT017 - either is right
        return
    cells = {
        name: ";".join(value) if isinstance(value, list) else "" if value is None else str(value)
        for name, value in once.items()
    }
    assert ROWS[table].model_validate(cells).model_dump(mode="json") == once
