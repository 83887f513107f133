"""One validated row per observation: what each canonical column may hold, cell by cell, read as text.

A row model names its columns, converts each cell and refuses what it cannot read with a stable code. Rules that need
more than one row, the function documents or the ledger are in :mod:`clusterscore.observations.checks`.
"""

from __future__ import annotations

import datetime
import math
import re
import unicodedata
from collections.abc import Callable
from typing import Annotated, Any, Final, Literal, NoReturn

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from clusterscore.vocabulary import Kind, Table

_ID: Final = re.compile(r"[A-Z][A-Z0-9]*(?:[-_][A-Z0-9]+)*")
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,47}")
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,18}")
_YEAR: Final = re.compile(r"[1-9][0-9]{0,17}")
_REGION: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{0,3}")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_RESERVED: Final = {"NA", "NAN", "NONE", "NULL", "CON", "PRN", "AUX", "NUL"} | {
    f"{d}{n}" for d in ("COM", "LPT") for n in range(10)
}
_NO_ANSWER: Final = {"n/a", "na", "-", ".", "?", "lipsă", "lipsa", "missing", "null", "none"}
_MAXIMUM_ID: Final = 32
_MAXIMUM_TEXT: Final = 200
_FIRST_YEAR: Final = 1900
_FIRST_DAY: Final = datetime.date(_FIRST_YEAR - 1, 12, 30)
_SERIALS: Final = range(32_874, 73_051)
"""Numbers that are taken for days of spreadsheets: ninety years to two centuries after the first."""


def _refuse(code: str, expected: str) -> NoReturn:
    raise PydanticCustomError(code, "{expected}", {"expected": expected})


def _stripped(cell: Any) -> str:
    return unicodedata.normalize("NFC", str(cell)).strip(" \t\u00a0")


def _required(cell: Any) -> str:
    text = _stripped(cell)
    if not text:
        _refuse("E-EMPTY", "a value; leave the whole row out where there is none")
    return text


def _id(cell: Any) -> str:
    text = _required(cell)
    if not _ID.fullmatch(text) or len(text) > _MAXIMUM_ID or text in _RESERVED:
        _refuse(
            "E-ID-FORMAT",
            f"at most {_MAXIMUM_ID} capital letters A-Z, digits, single - or _, a letter first, no reserved word",
        )
    return text


def _ids(cell: Any) -> tuple[str, ...]:
    return tuple(_id(part) for part in _stripped(cell).split(";") if part.strip())


def _code(cell: Any) -> str:
    text = _required(cell)
    if not _CODE.fullmatch(text):
        _refuse("E-CODE-FORMAT", "small letters a-z, digits and _, a letter first")
    return text


def _text(cell: Any) -> str:
    text = _required(cell)
    if len(text) > _MAXIMUM_TEXT:
        _refuse("E-TXT-LENGTH", f"at most {_MAXIMUM_TEXT} characters")
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs"} for character in text):
        _refuse("E-TXT-CONTROL", "text without control characters")
    return text


def _number(cell: Any) -> float:
    text = _required(cell)
    if text.lower() in _NO_ANSWER:
        _refuse("E-NUM-MISSINGCODE", "a number; leave the whole row out where there is none")
    if text.lower().lstrip("+-") in {"nan", "inf", "infinity"}:
        _refuse("E-NUM-NONFINITE", "a finite number")
    if text.endswith("%"):
        _refuse("E-NUM-PERCENT", "a plain number in the indicator's measure, such as 0.12 for a share of 12 %")
    if not _NUMBER.fullmatch(text):
        _refuse("E-NUM-FORMAT", "a number with a point as decimal mark and no grouping, such as 1234.5")
    value = float(text)
    if not math.isfinite(value):
        _refuse("E-NUM-RANGE", "a number within the range of floating point")
    return value


def _amount(cell: Any) -> float:
    value = _number(cell)
    if value < 0:
        _refuse("E-DOM-NEGATIVE", "a number, 0 or more")
    return value


def _year(cell: Any) -> int:
    text = _required(cell)
    latest = datetime.datetime.now(datetime.UTC).year
    if not _YEAR.fullmatch(text):
        _refuse("E-TIME-FORMAT", "a year in four digits")
    if int(text) in _SERIALS:
        day = _FIRST_DAY + datetime.timedelta(days=int(text))
        _refuse("E-TIME-SERIAL", f"a year in four digits; a spreadsheet counts {day.isoformat()} as day {text}")
    if not _FIRST_YEAR <= int(text) <= latest:
        _refuse("E-TIME-RANGE", f"a year from {_FIRST_YEAR} to {latest}")
    return int(text)


def _answer(cell: Any) -> int:
    text = _required(cell)
    if text.lower() in _NO_ANSWER:
        _refuse("E-NUM-MISSINGCODE", "a whole number; leave the whole row out where there is no answer")
    if not _INTEGER.fullmatch(text):
        _refuse("E-RAT-INTEGER", "a whole number on the item's scale")
    return int(text)


def _pattern(pattern: re.Pattern[str], code: str, expected: str) -> Callable[[Any], str]:
    def check(cell: Any) -> str:
        text = _required(cell)
        if not pattern.fullmatch(text):
            _refuse(code, expected)
        return text

    return check


def _one_of(choices: tuple[str, ...], code: str) -> Callable[[Any], str]:
    def check(cell: Any) -> str:
        text = _required(cell)
        if text not in choices:
            _refuse(code, "one of " + ", ".join(choices))
        return text

    return check


def _or_empty(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda cell: None if _stripped(cell) == "" else check(cell)


_country = _pattern(_COUNTRY, "E-COUNTRY", "a country code of two capital letters, such as RO")
_region = _pattern(_REGION, "E-REGION", "a NUTS code such as RO11")

Id = Annotated[str, BeforeValidator(_id)]
Code = Annotated[str, BeforeValidator(_code)]
Year = Annotated[int, BeforeValidator(_year)]
OptionalId = Annotated[str | None, BeforeValidator(_or_empty(_id))]
OptionalCode = Annotated[str | None, BeforeValidator(_or_empty(_code))]
OptionalText = Annotated[str | None, BeforeValidator(_or_empty(_text))]
OptionalYear = Annotated[int | None, BeforeValidator(_or_empty(_year))]


class Row(BaseModel):
    """A row of a canonical file; an absent optional column is an empty cell."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class UnitRow(Row):
    """A cluster, management team, member organisation or region."""

    unit: Id
    name: Annotated[str, BeforeValidator(_text)]
    kind: Annotated[Kind, BeforeValidator(_one_of(tuple(Kind), "E-KIND"))]
    parent: OptionalId = None
    country: Annotated[str | None, BeforeValidator(_or_empty(_country))] = None
    region: Annotated[str | None, BeforeValidator(_or_empty(_region))] = None
    sector: OptionalCode = None
    founded: OptionalYear = None


class RaterRow(Row):
    """A person who answers, known by a pseudonym; the units the rater belongs to or is tied to."""

    rater: Id
    affiliation: OptionalId = None
    ties: Annotated[tuple[str, ...], BeforeValidator(_ids)] = ()


class FigureRow(Row):
    """One figure of one unit in one year."""

    unit: Id
    year: Year
    indicator: Code
    value: Annotated[float, BeforeValidator(_number)]
    measure: OptionalText = None
    source: OptionalText = None


class EmploymentRow(Row):
    """People employed in one sector of one region in one year, and in how many establishments."""

    region: Annotated[str, BeforeValidator(_region)]
    sector: Code
    year: Year
    employed: Annotated[float, BeforeValidator(_amount)]
    establishments: Annotated[float | None, BeforeValidator(_or_empty(_amount))] = None
    source: OptionalText = None


class AnswerRow(Row):
    """One answer of one rater on one unit in one year."""

    unit: Id
    year: Year
    rater: Id
    item: Code
    answer: Annotated[int, BeforeValidator(_answer)]


class CorrectionRow(Row):
    """A recorded value that was wrong: what it was, what it is, and why; or that it is withdrawn."""

    table: Annotated[
        Literal["units", "raters", "employment", "figures", "answers"],
        BeforeValidator(_one_of(("units", "raters", "employment", "figures", "answers"), "E-TABLE")),
    ]
    action: Annotated[Literal["correct", "withdraw"], BeforeValidator(_one_of(("correct", "withdraw"), "E-ACTION"))]
    unit: OptionalId = None
    year: OptionalYear = None
    indicator: OptionalCode = None
    rater: OptionalId = None
    item: OptionalCode = None
    region: Annotated[str | None, BeforeValidator(_or_empty(_region))] = None
    sector: OptionalCode = None
    column: OptionalCode = None
    expect: OptionalText = None
    value: OptionalText = None
    reason: Annotated[str, BeforeValidator(_text)]


ROWS: Final[dict[Table, type[Row]]] = {
    Table.UNITS: UnitRow,
    Table.RATERS: RaterRow,
    Table.EMPLOYMENT: EmploymentRow,
    Table.FIGURES: FigureRow,
    Table.ANSWERS: AnswerRow,
    Table.CORRECTIONS: CorrectionRow,
}
"""The row model of each canonical file."""


def columns(table: Table) -> tuple[str, ...]:
    """All columns of a canonical file, in the documented order."""
    return tuple(ROWS[table].model_fields)


def required_columns(table: Table) -> tuple[str, ...]:
    """The columns that a canonical file must have."""
    return tuple(name for name, field in ROWS[table].model_fields.items() if field.is_required())
