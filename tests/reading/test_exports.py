"""Exports of survey tools, as they really are: read without loss, or refused at the cell with the right code."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from clusterscore.errors import Fault, InputRefused
from clusterscore.model.function import Function
from tests.reading import exports
from tests.reading.conftest import Answers
from tests.reading.exports import ASKED, EN, RO

Take = Callable[..., Answers]
Made = Callable[[Function], tuple[str, bytes]]

MOMENTS = ("2024-11-03 10:05:00", "2024-11-03 11:07:00")
EXPECTED = {
    ("R-001", "suppliers_near"): 4,
    ("R-001", "skilled_staff_leave"): 2,
    ("R-001", "overall_competitiveness"): 5,
    ("R-003", "suppliers_near"): 1,
    ("R-003", "overall_competitiveness"): 3,
}


def _two(words: Any, moments: tuple[Any, Any] = MOMENTS) -> list[list[Any]]:
    return [
        ["R-001", moments[0], words[3], words[1], words[4]],
        ["R-003", moments[1], words[0], "", words[2]],
    ]


CODES = ("1", "2", "3", "4", "5")
CEDILLA = tuple(word.replace("ț", "ţ").replace("ș", "ş") for word in RO)
SHOUTED = tuple(f"  {word.upper()} " for word in EN)
NUMBERED = tuple(f"{number} - {word}" for number, word in enumerate(RO, start=1))
CODED = tuple(f"{word} ({number})" for number, word in enumerate(RO, start=1))
CELLS = (datetime.datetime(2024, 11, 3, 10, 5), datetime.datetime(2024, 11, 3, 11, 7))  # noqa: DTZ001 - as cells are


def _html(rows: list[list[Any]]) -> list[list[Any]]:
    return [[f"<p><strong>{cell}</strong>&nbsp;</p>" for cell in rows[0]], *rows[1:]]


def _numbered(rows: list[list[Any]]) -> list[list[Any]]:
    own = 2
    return [[*rows[0][:own], *(f"{n}. {cell}" for n, cell in enumerate(rows[0][own:], start=1))], *rows[1:]]


def _cut(rows: list[list[Any]]) -> list[list[Any]]:
    return [[cell if len(cell) < 60 else f"{cell[:48]}..." for cell in rows[0]], *rows[1:]]


GOOD: dict[str, Made] = {
    "LimeSurvey CSV, code and text, answer codes": lambda f: (
        "results-survey1.csv",
        exports.as_csv(exports.limesurvey(f, _two(CODES)), quoted=True, mark=True),
    ),
    "LimeSurvey CSV, codes only, full answers": lambda f: (
        "results-survey2.csv",
        exports.as_csv(exports.limesurvey(f, _two(EN), heading="code"), quoted=True),
    ),
    "LimeSurvey CSV with semicolons, Romanian": lambda f: (
        "rezultate.csv",
        exports.as_csv(exports.limesurvey(f, _two(RO), language="ro"), ";", quoted=True),
    ),
    "LimeSurvey XLSX, question texts": lambda f: (
        "results.xlsx",
        exports.as_xlsx(exports.limesurvey(f, _two(EN), heading="text")),
    ),
    "LimeSurvey, codes with underscores": lambda f: (
        "vvexport.csv",
        exports.as_csv(exports.limesurvey(f, _two(CODES), heading="code", separator="_")),
    ),
    "EUSurvey XLSX with short names": lambda f: (
        "Content_Export.xlsx",
        exports.as_xlsx(exports.eusurvey(f, _two(RO)), "Content"),
    ),
    "EUSurvey XLSX without short names, English": lambda f: (
        "Content_Export_2.xlsx",
        exports.as_xlsx(exports.eusurvey(f, _two(EN), language="en", short_names=False), "Content"),
    ),
    "EUSurvey, codes behind the answers": lambda f: ("Export3.xlsx", exports.as_xlsx(exports.eusurvey(f, _two(CODED)))),
    "Google Forms CSV, Romanian": lambda f: ("Chestionar.csv", exports.as_csv(exports.google(f, _two(RO)))),
    "Google Forms CSV, grid": lambda f: ("Grila.csv", exports.as_csv(exports.google(f, _two(RO), grid=True))),
    "Google Forms CSV, English, moments with zones": lambda f: (
        "Form.csv",
        exports.as_csv(
            exports.google(f, _two(EN, ("2024/11/03 10:05:00 AM EET", "2024/11/03 11:07:00 AM GMT+2")), language="en")
        ),
    ),
    "Microsoft Forms XLSX": lambda f: ("Forms(1-2).xlsx", exports.as_xlsx(exports.microsoft(f, _two(EN, CELLS)))),
    "Microsoft Forms XLSX in Romanian": lambda f: (
        "Formular(1-2).xlsx",
        exports.as_xlsx(exports.microsoft(f, _two(RO, CELLS), language="ro", own="ro")),
    ),
    "words with cedillas": lambda f: ("c.csv", exports.as_csv(exports.google(f, _two(CEDILLA)))),
    "words in capitals with spaces around": lambda f: (
        "d.csv",
        exports.as_csv(exports.google(f, _two(SHOUTED), language="en")),
    ),
    "words with their numbers": lambda f: ("e.csv", exports.as_csv(exports.google(f, _two(NUMBERED)))),
    "headers with markup": lambda f: ("f.csv", exports.as_csv(_html(exports.google(f, _two(RO))))),
    "headers with numbers": lambda f: ("g.csv", exports.as_csv(_numbered(exports.google(f, _two(RO))))),
    "headers cut short": lambda f: ("h.csv", exports.as_csv(_cut(exports.google(f, _two(RO))))),
    "both languages in one export": lambda f: (
        "i.csv",
        exports.as_csv(exports.limesurvey(f, [_two(EN)[0], _two(RO)[1]], heading="code")),
    ),
}


@pytest.mark.parametrize("what", GOOD)
def test_an_export_is_read_without_loss(take: Take, function: Function, what: str) -> None:
    """By its headers alone: no option, no renaming; every answer under its rater and item, reversed ones as given."""
    assert take(*GOOD[what](function)) == EXPECTED


def _header(rows: list[list[Any]], at: int, header: str) -> list[list[Any]]:
    return [[*rows[0][:at], header, *rows[0][at + 1 :]], *rows[1:]]


def _with_column(rows: list[list[Any]], header: str, *cells: Any) -> list[list[Any]]:
    return [[*row, cell] for row, cell in zip(rows, (header, *cells), strict=True)]


def _first(words: str) -> list[list[Any]]:
    return [["R-001", MOMENTS[0], words, "", ""]]


def _google(f: Function, responses: list[list[Any]], language: str = "en") -> list[list[Any]]:
    return exports.google(f, responses, language=language)


BAD: dict[str, tuple[Callable[[Function], list[list[Any]]], str, str]] = {
    "a word that is no answer": (lambda f: _google(f, _first("fairly true")), "E-MAP-LABEL", "E2"),
    "a number off the scale": (lambda f: _google(f, _first("7")), "E-MAP-LABEL", "E2"),
    "a number against its word": (lambda f: _google(f, _first("2 - strongly agree")), "E-MAP-LABEL", "E2"),
    "two answers in one cell": (lambda f: _google(f, _first("agree; disagree")), "E-MAP-LABEL", "E2"),
    "a half answer": (lambda f: _google(f, _first("3.5")), "E-MAP-LABEL", "E2"),
    "a column that nobody declared": (
        lambda f: _with_column(_google(f, _two(EN)), "Anything else?", "no", "call me"),
        "E-MAP-UNKNOWNCOL",
        "AC1",
    ),
    "a column without a header": (
        lambda f: _with_column(_google(f, _two(EN)), "", "", "left over"),
        "E-HDR-BLANK",
        "AC3",
    ),
    "a question twice": (
        lambda f: _with_column(_google(f, _two(EN)), exports.texts(f, "en")["members_near"], "", ""),
        "E-MAP-TWICE",
        "AC1",
    ),
    "a question missing": (lambda f: [row[:-1] for row in _google(f, _two(EN))], "E-MAP-MISSINGCOL", ""),
    "no rater": (lambda f: _google(f, [["", MOMENTS[0], EN[3], "", ""]]), "E-EMPTY", "B2"),
    "an unknown rater": (lambda f: _google(f, [["R-999", MOMENTS[0], EN[3], "", ""]]), "E-RATER-UNKNOWN", "B2"),
    "a rater's name": (lambda f: _google(f, [["Maria Pop", MOMENTS[0], EN[3], "", ""]]), "E-ID-FORMAT", "B2"),
    "a moment that is none": (lambda f: _google(f, [["R-001", "yesterday", EN[3], "", ""]]), "E-TIME-FORMAT", "A2"),
    "day and month in another order": (
        lambda f: _google(f, [["R-001", "13/11/2024 10:00:00", EN[3], "", ""]]),
        "E-TIME-FORMAT",
        "A2",
    ),
    "an unknown zone": (
        lambda f: _google(f, [["R-001", "2024/11/03 10:00:00 AM XYZ", EN[3], "", ""]]),
        "E-TIME-FORMAT",
        "A2",
    ),
    "two different responses at one moment": (
        lambda f: _google(f, [["R-001", MOMENTS[0], EN[3], "", ""], ["R-001", MOMENTS[0], EN[0], "", ""]]),
        "E-SURVEY-TWICE",
        "B3",
    ),
    "nobody answered": (lambda f: _google(f, [["R-001", MOMENTS[0], "", "", ""]]), "E-FILE-NOROWS", ""),
}


def _refused(take: Take, *arguments: Any) -> list[Fault]:
    with pytest.raises(InputRefused) as refused:
        take(*arguments)
    return list(refused.value.faults)


@pytest.mark.parametrize("what", BAD)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_bad_export_is_refused_at_its_cell(take: Take, function: Function, what: str, kind: str) -> None:
    """Code and address, in a text file as in a workbook; the sheet as well."""
    make, code, cell = BAD[what]
    content = exports.as_csv(make(function)) if kind == "csv" else exports.as_xlsx(make(function), "Answers")
    faults = _refused(take, f"bad.{kind}", content, "competitiveness-2024-cl-a")
    assert [(fault.code, fault.cell) for fault in faults] == [(code, cell)]
    assert {fault.sheet for fault in faults} == {"" if kind == "csv" else "Answers"}


def test_all_faults_come_at_once(take: Take, function: Function) -> None:
    """Three words that are no answers, in three rows, and a moment that is none."""
    rows = [["R-001", MOMENTS[0], "yes", "", ""], ["R-003", "never", "no", "perhaps", ""]]
    faults = _refused(take, "many.csv", exports.as_csv(_google(function, rows)), "competitiveness-2024-cl-a")
    found = {(fault.cell, fault.code) for fault in faults}
    assert found == {("E2", "E-MAP-LABEL"), ("A3", "E-TIME-FORMAT"), ("E3", "E-MAP-LABEL"), ("L3", "E-MAP-LABEL")}


def test_the_last_complete_response_counts(take: Take, function: Function) -> None:
    """An earlier one is replaced whatever its row, a later one that was not submitted counts for nothing."""
    rows = [
        ["R-001", "2024-11-05 09:00:00", EN[4], EN[4], ""],
        ["R-001", "2024-11-03 09:00:00", EN[0], EN[0], EN[0]],
        ["R-001", "", EN[2], EN[2], EN[2]],
    ]
    found = take("several.csv", exports.as_csv(exports.limesurvey(function, rows, heading="code")))
    assert found == {("R-001", "suppliers_near"): 5, ("R-001", "skilled_staff_leave"): 5}


def test_a_zone_decides_which_is_later(take: Take, function: Function) -> None:
    """09:30 in UTC is later than 10:00 in Bucharest."""
    rows = [
        ["R-001", "2024/11/03 9:30:00 AM UTC", EN[4], "", ""],
        ["R-001", "2024/11/03 10:00:00 AM EET", EN[0], "", ""],
    ]
    assert take("zones.csv", exports.as_csv(_google(function, rows)))["R-001", "suppliers_near"] == 5


def test_no_answer_is_no_row(take: Take, function: Function) -> None:
    """`N/A` and `Nu știu` stand for nothing."""
    rows = [["R-001", MOMENTS[0], "N/A", "Nu știu", EN[1]]]
    found = take("none.csv", exports.as_csv(_google(function, rows)))
    assert found == {("R-001", ASKED[2]): 2}


def test_a_formula_in_an_answer_is_refused_and_one_in_an_ignored_column_is_not_read(
    take: Take, function: Function
) -> None:
    """Nothing is computed; what is not read may be anything."""
    rows = exports.microsoft(function, _two(EN, CELLS))
    rows[1][0], rows[1][5] = "=1+1", "=A1"
    faults = _refused(take, "formula.xlsx", exports.as_xlsx(rows), "competitiveness-2024-cl-a")
    assert [(fault.code, fault.cell) for fault in faults] == [("E-XLS-FORMULA", "F2")]


def test_a_refused_export_leaves_everything_as_it_was(take: Take, function: Function, asked: Any) -> None:
    """Neither ledger nor raw files change."""
    before = {path: path.read_bytes() for path in (asked.root / "data").rglob("*") if path.is_file()}
    _refused(take, "bad.csv", exports.as_csv(_google(function, _first("x"))), "competitiveness-2024-cl-a")
    assert {path: path.read_bytes() for path in (asked.root / "data").rglob("*") if path.is_file()} == before
