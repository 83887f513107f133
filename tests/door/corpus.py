"""The corpus of bad inputs as bytes: what is sent, what is said of it, and at which cell.

Ids are those of the corpus: F files, H headers, I ids and names, N numbers and units, R ratings, T time and ledger,
P documents; X, workbooks, are in :mod:`tests.raw.bad_books`.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl

from clusterscore.raw.limits import MAXIMUM_BYTES, MAXIMUM_CELL, MAXIMUM_ROWS
from tests.observations.association import Association, corrections
from tests.observations.screening.whole import ANSWER, ANSWERS, CLUSTERS, FIGURE, FUNCTION, ITEMS, made

Place = tuple[str, int, str]
"""Code, row, column."""

BOM = b"\xef\xbb\xbf"
GOOD = "CL-01,2023,turnover,1040000\n"
UNIT = "unit,name,kind,parent,country,sector,founded,tax_code\n"
TIMED = "unit,year,rater,item,answer,answered\n"
FIGURES, ANSWERED, UNITS, CORRECTED = "figures-2.csv", "answers-2.csv", "units-2.csv", "corrections.csv"


@dataclass(frozen=True, slots=True)
class Case:
    """A file with one thing wrong or odd.

    Attributes
    ----------
    name, content
        The file; a path is written to where it is too large to be held here.
    places
        Code, row and column of everything that is said of it.
    before
        What is done to the association before.
    words
        Further words of the command.
    """

    name: str
    content: bytes | str | Callable[[Path], None]
    places: list[Place]
    before: Callable[[Association], object] = field(default=lambda _: None)
    words: tuple[str, ...] = ()


def figures(rows: str, *places: Place, header: str = FIGURE) -> Case:
    """Return a file of figures."""
    return Case(FIGURES, header + rows, list(places))


def answers(rows: str, *places: Place, header: str = ANSWER) -> Case:
    """Return a file of answers."""
    return Case(ANSWERED, header + rows, list(places))


def units(rows: str, *places: Place) -> Case:
    """Return a file of units."""
    return Case(UNITS, UNIT + rows, list(places))


def text(content: bytes | str, *places: Place) -> Case:
    """Return a file of figures as it stands."""
    return Case(FIGURES, content, list(places))


def value(written: str, code: str, indicator: str = "turnover") -> Case:
    """Return a figure whose value is written so; it stands in the second of three rows."""
    rows = f"CL-02,2023,{indicator},{_usual(indicator)}\nCL-01,2023,{indicator},{written}\n"
    return figures(rows, (code, 3, "value"))


def _usual(indicator: str) -> str:
    return {"turnover": "1090000", "employees": "51", "export_share": "0.3", "exports": "300000"}[indicator]


def unit_id(written: str, code: str) -> Case:
    """Return a unit whose id is written so."""
    return units(f"CL-20,A good one,cluster,,RO,furniture,,\n{written},Name,cluster,,RO,,,\n", (code, 3, "unit"))


def year(written: str, code: str) -> Case:
    """Return a figure of a year that is written so."""
    return figures(f"CL-01,{written},turnover,1040000\n", (code, 2, "year"))


def answer(written: str, code: str) -> Case:
    """Return an answer that is written so."""
    return answers(f"CL-09,2023,R-01,item_1,{written}\n", (code, 2, "answer"))


def moment(written: str, code: str) -> Case:
    """Return an answer given at a moment that is written so."""
    return answers(f"CL-09,2023,R-01,item_1,4,{written}\n", (code, 2, "answered"), header=TIMED)


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.write(FIGURE.encode())
        file.truncate(2_000_000_000)


def _many(rows: int) -> str:
    return FIGURE + "".join(f"CL-01,{1901 + row % 100},turnover,{row}\n" for row in range(rows))


def _workbook() -> bytes:
    buffer = io.BytesIO()
    openpyxl.Workbook().save(buffer)
    return buffer.getvalue()


def _replaced(old: str, new: str) -> Callable[[Association], object]:
    """Return what changes the function document of an association."""

    def change(association: Association) -> None:
        assert old in FUNCTION
        path = association.workspace.functions / "whole.yml"
        path.write_text(FUNCTION.replace(old, new, 1), encoding="utf-8")

    return change


def _rejected(association: Association) -> None:
    association.take({"figures-2.csv": FIGURE + GOOD})


def _without_answers(association: Association) -> None:
    shutil.rmtree(association.workspace.root)
    made(association.folder, answers=False)


def _turned() -> str:
    """Return the answers of the first rater, turned round, as those of another."""
    rows = [line.split(",") for line in ANSWERS.splitlines() if ",R-01," in line]
    return "".join(f"{unit},{when},R-06,{item},{6 - int(given)}\n" for unit, when, _, item, given in rows)


def _questionnaire(rater: str, unit: str, given: Iterable[tuple[str, object]]) -> str:
    return "".join(f"{unit},2023,{rater},{item},{said}\n" for item, said in given)


def _quick() -> str:
    rows = enumerate(ITEMS)
    return "".join(f"CL-09,2023,R-06,{item},{n % 5 + 1},2023-11-03T10:00:0{n // 5}Z\n" for n, item in rows)


def _superseding(**key: str) -> str:
    row = {"table": "figures", "action": "correct", "unit": "CL-01", "year": "2022", "indicator": "turnover"}
    return corrections(row | {"expect": "1020000", "value": "1025000"} | key)


LONG = "x" * (MAXIMUM_CELL + 1)
OWN = FIGURE.encode()
ROW = GOOD.encode()
UTF16 = (FIGURE + GOOD).encode("utf-16")

REFUSED: dict[str, Case] = {
    "F01 no bytes": text(b"", ("E-FILE-EMPTY", 0, "")),
    "F02 only a byte order mark": text(BOM, ("E-FILE-EMPTY", 0, "")),
    "F02 only blank lines": text(b"\n \r\n", ("E-FILE-EMPTY", 0, "")),
    "F03 a header only": text(FIGURE, ("E-FILE-NOROWS", 0, "")),
    "F06 UTF-16": text(UTF16, ("E-ENC-UTF16", 0, "")),
    "F06 UTF-16 without a mark": text((FIGURE + GOOD).encode("utf-16-le"), ("E-ENC-UTF16", 0, "")),
    "F07 code page 1250": Case(
        UNITS, (UNIT + "CL-20,Braşov,cluster,,,,,\n").encode("cp1250"), [("E-ENC-NOTUTF8", 2, "")]
    ),
    "F11 a zero byte": text(OWN + b"CL-01,2023,turn\x00over,1\n", ("E-FILE-NUL", 2, "")),
    "F13 an open quote": text(FIGURE + 'CL-01,2023,turnover,"1040000\n' + GOOD, ("E-CSV-QUOTE", 2, "")),
    "F14 semicolons": text((FIGURE + GOOD).replace(",", ";"), ("E-CSV-DELIM", 1, "")),
    "F14 tabulators": text((FIGURE + GOOD).replace(",", "\t"), ("E-CSV-DELIM", 1, "")),
    "F15 a comma at the end of rows": text(FIGURE + GOOD.replace("\n", ",\n"), ("E-CSV-WIDTH", 2, "")),
    "F16 a cell too many in all rows": text(
        FIGURE + "7,CL-01,2023,turnover,1040000\n8,CL-02,2023,turnover,1080000\n",
        ("E-CSV-WIDTH", 2, ""),
        ("E-CSV-WIDTH", 3, ""),
    ),
    "F18 a cell too few": text(FIGURE + GOOD + "CL-02,2023,turnover\n", ("E-CSV-WIDTH", 3, "")),
    "F21 a title": text("Figures of our clusters\n" + FIGURE + GOOD, ("E-HDR-POSITION", 1, "")),
    "F21 comments": text("# from the secretariat\n# in euro\n" + FIGURE + GOOD, ("E-HDR-POSITION", 1, "")),
    "F21 a title of as many cells": text("Figures,,,\n" + FIGURE + GOOD, ("E-HDR-POSITION", 1, "")),
    "F22 two gigabytes": Case(FIGURES, _sparse, [("E-FILE-SIZE", 0, "")]),
    "F22 one byte too many": text(OWN + b"\n" * (MAXIMUM_BYTES - len(OWN) + 1), ("E-FILE-SIZE", 0, "")),
    "F23 200,000 rows": text(_many(200_000), ("E-FILE-SIZE", 0, ""), ("E-FILE-ROWS", MAXIMUM_ROWS + 2, "")),
    "F23 200,000 short rows": text(FIGURE + "CL-01,2023,turnover,1\n" * 200_000, ("E-FILE-ROWS", MAXIMUM_ROWS + 2, "")),
    "F23 one row too many": text(_many(MAXIMUM_ROWS + 1), ("E-FILE-ROWS", MAXIMUM_ROWS + 2, "")),
    "F24 a cell of 10 MB": text(
        OWN + ROW + b"CL-01,2023,turnover," + b"x" * 10_000_000, ("E-FILE-SIZE", 0, ""), ("E-FILE-CELL", 3, "value")
    ),
    "F24 a cell of 4 MB": text(FIGURE + f"{'x' * 4_000_000},2023,turnover,1\n", ("E-FILE-CELL", 2, "unit")),
    "F24 one character too many": text(FIGURE + f"CL-01,2023,turnover,{LONG}\n", ("E-FILE-CELL", 2, "value")),
    "F25 a workbook": text(_workbook(), ("E-FILE-TYPE", 0, "")),
    "F25 a page": text(b"<!DOCTYPE html>\n<html><body>log in</body></html>", ("E-FILE-TYPE", 0, "")),
    "F25 a page without a type": text(b"\n  <html><head><title>Log in", ("E-FILE-TYPE", 0, "")),
    "H01 no column of years": text("unit,indicator,value\nCL-01,turnover,1\n", ("E-HDR-MISSINGCOL", 1, "year")),
    "H02 a column called An": text(
        FIGURE.replace("year", "An") + GOOD, ("E-HDR-MISSINGCOL", 1, "year"), ("E-HDR-UNKNOWNCOL", 1, "An")
    ),
    "H02 two columns in Romanian": text(
        FIGURE.replace("year", "An").replace("value", "cifra afaceri") + GOOD,
        ("E-HDR-MISSINGCOL", 1, "value"),
        ("E-HDR-MISSINGCOL", 1, "year"),
        ("E-HDR-UNKNOWNCOL", 1, "An"),
        ("E-HDR-UNKNOWNCOL", 1, "cifra afaceri"),
    ),
    "H03 a column twice": text(
        "unit,year,indicator,value,value\nCL-01,2023,turnover,1,2\n", ("E-HDR-DUPCOL", 1, "value")
    ),
    "H07 a column without a name": text(
        "unit,year,indicator,value,\nCL-01,2023,turnover,1040000,x\n", ("E-HDR-BLANK", 1, "")
    ),
    "H09 units under the header": text(
        FIGURE + ",(year),,(EUR)\n" + GOOD + "CL-02,2023,turnover,1080000\n", ("E-HDR-UNITROW", 2, "")
    ),
    "I01 an unknown unit": figures(GOOD + "RO-99,2023,turnover,1\n", ("E-ID-UNKNOWN", 3, "unit")),
    "I03 a number for an id": unit_id("1e5", "E-ID-FORMAT"),
    **{f"I04 {name}": unit_id(name, "E-ID-FORMAT") for name in ("NA", "None", "null", "NaN", "NULL")},
    **{f"I08 {name}": unit_id(name, "E-ID-FORMAT") for name in ("../x", "..\\x", "/abs", "a/b", "C:\\x", "A..B")},
    **{f"I09 {name}": unit_id(name, "E-ID-FORMAT") for name in ("CON", "NUL", "LPT1", "CL-01.")},
    "I09 300 characters": unit_id("A" * 300, "E-ID-FORMAT"),
    "I11 no id": unit_id("", "E-ID-EMPTY"),
    "I11 blanks for an id": unit_id(" \u00a0", "E-ID-EMPTY"),
    "I18 an address": unit_id("https://evil.example/x", "E-ID-FORMAT"),
    "I20 a wrong check digit": units(
        "CL-01-M3,Third,member,CL-01,RO,furniture,,18547291\n", ("E-MEMBER-TAXID", 2, "tax_code")
    ),
    "N02 1.234": value("1.234", "E-NUM-AMBIGUOUS", "exports"),
    "N04 12.34.56": value("12.34.56", "E-NUM-GROUPING"),
    "N05 a decimal comma without quotes": text(FIGURE + "CL-01,2023,turnover,1040000,5\n", ("E-CSV-WIDTH", 2, "")),
    "N06 a space that does not break": value("1\u00a0040\u00a0000", "E-NUM-FORMAT"),
    "N06 a thin space": value("1\N{THIN SPACE}040\N{THIN SPACE}000", "E-NUM-FORMAT"),
    "N08 12%": value("12%", "E-NUM-PERCENT", "export_share"),
    **{f"N09 {word}": value(word, "E-NUM-MISSINGCODE") for word in ("n/a", "N/A", "-", ".", "lipsă", "?", "LIPSA")},
    **{f"N10 {word}": value(word, "E-NUM-NONFINITE") for word in ("nan", "inf", "-Infinity", "NaN", "∞")},
    "N11 1e400": value("1e400", "E-NUM-RANGE"),
    "N14 negative turnover": value("-3", "E-DOM-NEGATIVE"),
    "N15 exports above turnover": figures(
        "CL-01,2023,turnover,1000000\nCL-01,2023,exports,1200000\n", ("E-DOM-EXPORTS", 3, "value")
    ),
    "N16 half a person": value("12.5", "E-DOM-INTEGER", "employees"),
    "N16 less than nobody": value("-12", "E-DOM-NEGATIVE", "employees"),
    "R01 0": answer("0", "E-RAT-RANGE"),
    "R01 6": answer("6", "E-RAT-RANGE"),
    **{f"R02 {given}": answer(given, "E-RAT-INTEGER") for given in ("3.5", "4 stele", "bun")},
    "R03 another scale": answers(
        _questionnaire("R-06", "CL-09", zip(ITEMS, (7, 8, 3, 10), strict=False)),
        *[("E-RAT-SCALE", row, "answer") for row in (2, 3, 5)],
    ),
    "R08 an unknown rater": answers("CL-09,2023,R-99,item_1,4\n", ("E-RATER-UNKNOWN", 2, "rater")),
    "R09 another answer than before": answers("CL-01,2023,R-01,item_1,5\n", ("E-DUP-CONFLICT", 2, "answer")),
    "R09 twice in one file": answers(
        "CL-09,2023,R-01,item_1,4\nCL-09,2023,R-01,item_1,5\n", ("E-DUP-CONFLICT", 3, "answer")
    ),
    "R18 100 kB of text": units(f'CL-20,"{"<b>=1+1</b>" * 9_000}",cluster,,,,,\n', ("E-FILE-CELL", 2, "name")),
    "R18 201 characters": units(f"CL-20,{'=' * 201},cluster,,,,,\n", ("E-TXT-LENGTH", 2, "name")),
    "T01 in the future": moment("2999-01-01T00:00:00Z", "E-TIME-FUTURE"),
    **{f"T02 year {written}": year(written, "E-TIME-RANGE") for written in ("202", "20226", "1899")},
    "T04 13/02/2026": moment("13/02/2026", "E-TIME-FORMAT"),
    "T04 02/13/2026": moment("02/13/2026 10:00", "E-TIME-FORMAT"),
    "T05 an hour that comes twice": moment("2023-10-29T03:30:00", "E-TIME-ZONE"),
    "T12 of nothing": Case(CORRECTED, _superseding(year="2019"), [("E-SUPERSEDE", 2, "")]),
    "T12 of what was superseded": Case(
        CORRECTED,
        _superseding(),
        [("E-EXPECT", 2, "expect")],
        lambda it: it.take({"corrections-1.csv": _superseding(value="1030000")}),
    ),
    "T12 in a loop": Case(
        UNITS,
        "unit,name,kind,parent\nCL-20,Twenty,member,CL-21\nCL-21,Twenty-one,member,CL-20\n",
        [("E-PARENT", row, "parent") for row in (2, 2, 3, 3)],
    ),
    "T15 a pickle": Case(
        "figures.csv", b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94.", [("E-FILE-TYPE", 0, "")]
    ),
    "T15 a pickle by its name": Case("posterior.pkl", b"\x80\x04\x95.", [("E-FILE-TYPE", 0, "")]),
    "P06 JSON": Case("figures.json", b'{"unit": NaN, "unit": 1}', [("E-FILE-TYPE", 0, "")]),
}
"""Refused, with exactly these faults."""

HELD: dict[str, Case] = {
    "I14 two ids, one name": units("CL-77,cluster  cl-01,cluster,,,,,\n", ("W-NAME-CLASH", 2, "name")),
    "I14 one id, two names": units("CL-77,One,cluster,,,,,\nCL-77,Two,cluster,,,,,\n", ("W-NAME-CLASH", 3, "name")),
    "I19 a firm in two clusters": units(
        "CL-02-M1,Other,member,CL-02,RO,furniture,,RO18547290\n", ("W-MEMBER-SHARED", 2, "tax_code")
    ),
    "N08 0.12 where percent is meant": figures(
        "CL-01,2023,export_share,0.12,%\n", ("W-UNIT-PERCENT", 2, "value"), header=FIGURE.replace("\n", ",measure\n")
    ),
    "N17 sold by nobody": figures(GOOD + "CL-01,2023,employees,0\n", ("W-DOM-NOEMP", 3, "value")),
    "N18 more research than sales": figures(GOOD + "CL-01,2023,research,1500000\n", ("W-DOM-RATIO", 3, "value")),
    "N22 lei for euros": figures("CL-01,2023,turnover,5069400\n", ("W-UNIT-FX", 2, "value")),
    "N23 old lei": figures("CL-01,2023,turnover,10200000000\n", ("W-UNIT-ROL", 2, "value")),
    "N24 a thousand times": figures("CL-01,2023,turnover,1023060000\n", ("W-UNIT-1000", 2, "value")),
    "N24 thousands": figures("CL-01,2023,turnover,1023.06\n", ("W-UNIT-1000", 2, "value")),
    "N25 a jump": figures("CL-01,2023,turnover,35000000\n", ("W-DOM-JUMP", 2, "value")),
    "N27 members do not add up": figures(
        "CL-01,2023,turnover,1010000\nCL-01-M1,2023,firm_turnover,500000\nCL-01-M2,2023,firm_turnover,480000\n",
        ("W-DOM-SUM", 2, "value"),
    ),
    "R04 turned round": answers(_turned(), ("W-RAT-REVERSED", 2, "rater")),
    "T08 after the wave": moment("2023-12-01T00:00:00Z", "W-WAVE-LATE"),
}
"""Held for a decision, with exactly these doubts."""

TAKEN: dict[str, Case] = {
    "F05 a byte order mark": text(BOM + OWN + ROW, ("N-BOM", 0, "")),
    "F19 CR alone": text((FIGURE + GOOD).replace("\n", "\r"), ("N-EOL", 0, "")),
    "F19 mixed": text(FIGURE.replace("\n", "\r\n") + GOOD, ("N-EOL", 0, "")),
    "F27 sent again": Case(FIGURES, FIGURE + GOOD, [("N-DUPLICATE-FILE", 0, "")], _rejected),
    "H05 another order": text("value,indicator,year,unit\n1040000,turnover,2023,CL-01\n", ("N-HDR-ORDER", 1, "")),
    "I05 a space after an id": figures("CL-01 ,2023,turnover,1040000\n", ("N-ID-TRIM", 2, "unit")),
    "I05 a space that does not break": figures("CL-01\u00a0,2023,turnover,1040000\n", ("N-ID-TRIM", 2, "unit")),
    "I12 a cedilla": units("CL-20,Bra\u015fov,cluster,,,,,\n", ("N-RO-CEDILLA", 2, "name")),
    **{
        f"I16 {name}": units(f"CL-20,{name},cluster,,,,,\n", ("W-TXT-MARKUP", 2, "name"))
        for name in ("<script>alert(1)</script>", "<img onerror=x>", "javascript:alert(1)")
    },
    "N06 declared": Case(
        FIGURES,
        FIGURE + "CL-01,2023,turnover,1\u00a0040\u00a0000\n",
        [("N-NUM-LOCALE", 2, "value")],
        words=("--locale", "ro"),
    ),
    "N26 copied": figures("CL-01,2023,turnover,1020000\n", ("W-DOM-STALE", 2, "value")),
    "N31 constant": figures(
        "".join(f"{unit},2023,growth,0.05\n" for unit in CLUSTERS[:6]), ("W-IND-CONSTANT", 2, "value")
    ),
    "N32 little is known": figures(GOOD, ("W-COVERAGE", 2, "unit")),
    "R06 on one's own": answers(
        _questionnaire("R-08", "CL-02", ((item, 4) for item in ITEMS[:3])), ("N-RAT-SELF", 2, "rater")
    ),
    "R07 on a tied one": answers(
        _questionnaire("R-08", "CL-03", ((item, 4) for item in ITEMS[:3])), ("N-RAT-TIE", 2, "rater")
    ),
    "R10 one answer": answers("CL-01,2023,R-06,item_1,3\n", ("W-RATER-THIN", 2, "rater")),
    "R14 within three seconds": answers(_quick(), ("W-RATER-SPEED", 2, "answered"), header=TIMED),
    "R16 two camps": answers(
        _questionnaire("R-07", "CL-09", ((item, 3) for item in ITEMS[:2])), ("W-DESIGN-DISCONNECTED", 2, "rater")
    ),
    "R19 a category that nobody uses": Case(
        ANSWERED,
        ANSWER
        + "".join(
            f"{unit},2023,R-{rater:02d},item_1,{rater % 3 + 2}\n" for unit in CLUSTERS[:6] for rater in range(1, 7)
        ),
        [("W-CATEGORY-EMPTY", 2, "item")],
        _without_answers,
    ),
}
"""Taken in, and these notes and flags are said of it, perhaps with others."""

SPOILT: dict[str, Case] = {
    "P06 no number": Case(FIGURES, FIGURE + GOOD, [("E-CONF-NAN", 0, "")], _replaced("typical: 50,", "typical: .nan,")),
    "P06 a key twice": Case(
        FIGURES, FIGURE + GOOD, [("E-CONF-DUPKEY", 0, "")], _replaced("version: 1", "version: 1\nversion: 1")
    ),
    "P07 a tag that runs code": Case(
        FIGURES,
        FIGURE + GOOD,
        [("E-CONF-TAG", 0, "")],
        _replaced("version: 1", "version: !!python/object/apply:os.system ['true']"),
    ),
    "T06 waves overlap": Case(
        FIGURES, FIGURE + GOOD, [("E-WAVE-OVERLAP", 0, "")], _replaced("opens: 2024-10-01", "opens: 2023-11-30")
    ),
}
"""The workspace itself is spoilt: the code stands in the one message."""

ELSEWHERE: dict[str, str] = {
    "H10": "tests/sending/test_round_trip.py",
    "P01": "tests/notebooks/test_run.py",
    "P02": "tests/notebooks/test_run.py",
    "P04": "tests/notebooks/test_run.py",
    "T10": "tests/observations/test_ledger.py",
    "T11": "tests/observations/test_ledger.py",
    "T13": "tests/observations/test_ledger.py",
    "T15": "tests/posterior/test_store.py",
    "R16": "tests/model/test_design.py",
}
"""What no file that is sent can be, and the test of it, which names the id."""
