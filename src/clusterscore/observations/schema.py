"""One validated row per observation: what each canonical column may hold, cell by cell, read as text.

A row model names its columns, converts each cell and refuses what it cannot read with a stable code. Rules that need
more than one row, the function documents or the ledger are in :mod:`clusterscore.observations.checks`.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal, NoReturn

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationInfo
from pydantic_core import PydanticCustomError

from clusterscore.reading.cells import Reading
from clusterscore.reading.numbers import MISSING, Unreadable
from clusterscore.vocabulary import Kind, MemberType, Table

_ID: Final = re.compile(r"[A-Z][A-Z0-9]*(?:[-_][A-Z0-9]+)*")
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,47}")
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,18}")
_YEAR: Final = re.compile(r"[1-9][0-9]{0,17}")
_REGION: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{0,3}")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_RESERVED: Final = {"NA", "NAN", "NONE", "NULL", "CON", "PRN", "AUX", "NUL"} | {
    f"{d}{n}" for d in ("COM", "LPT") for n in range(10)
}
_MAXIMUM_ID: Final = 32
_MAXIMUM_TEXT: Final = 200
_FIRST_YEAR: Final = 1900
_FIRST_DAY: Final = datetime.date(_FIRST_YEAR - 1, 12, 30)
_SERIALS: Final = range(32_874, 73_051)
"""Numbers that are taken for days of spreadsheets: ninety years to two centuries after the first."""
_TOMORROW: Final = datetime.timedelta(hours=24)  # clocks and zones differ by less
_MOMENT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?: ?(?:Z|[+-][0-9]{2}:?[0-9]{2}))?"
)
_TAX_CODE: Final = re.compile(r"[A-Z0-9]{2,16}")


_Check = Callable[[Any, ValidationInfo], Any]


def _refuse(code: str, expected: str) -> NoReturn:
    raise PydanticCustomError(code, "{expected}", {"expected": expected})


def _reading(info: ValidationInfo) -> tuple[Reading, str]:
    """Return how the file's cells are read, and the column; cells of no file are read for themselves."""
    return info.context if isinstance(info.context, Reading) else Reading(), info.field_name or ""


def _stripped(cell: Any) -> str:
    return unicodedata.normalize("NFC", str(cell)).strip(" \t\u00a0")


def _required(cell: Any, code: str = "E-EMPTY") -> str:
    text = _stripped(cell)
    if not text:
        _refuse(code, "a value; leave the whole row out where there is none")
    return text


def _id(cell: Any, info: ValidationInfo) -> str:
    text = _required(cell, "E-ID-EMPTY")
    if text != str(cell):
        reading, column = _reading(info)
        reading.note("N-ID-TRIM", column, str(cell), text)
    if not _ID.fullmatch(text) or len(text) > _MAXIMUM_ID or text in _RESERVED:
        _refuse(
            "E-ID-FORMAT",
            f"at most {_MAXIMUM_ID} capital letters A-Z, digits, single - or _, a letter first, no reserved word",
        )
    return text


def _ids(cell: Any, info: ValidationInfo) -> tuple[str, ...]:
    return tuple(_id(part, info) for part in _stripped(cell).split(";") if part.strip())


def _code(cell: Any, _: ValidationInfo) -> str:
    text = _required(cell)
    if not _CODE.fullmatch(text):
        _refuse("E-CODE-FORMAT", "small letters a-z, digits and _, a letter first")
    return text


def _text(cell: Any, info: ValidationInfo) -> str:
    reading, column = _reading(info)
    text = _required(reading.text(str(cell), column))
    if len(text) > _MAXIMUM_TEXT:
        _refuse("E-TXT-LENGTH", f"at most {_MAXIMUM_TEXT} characters")
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs"} for character in text):
        _refuse("E-TXT-CONTROL", "text without control characters")
    return text


def _number(cell: Any, info: ValidationInfo) -> float:
    text = _required(cell)
    reading, column = _reading(info)
    try:
        return float(reading.number(text, column))
    except Unreadable as problem:
        _refuse(problem.code, problem.expected)


def _amount(cell: Any, info: ValidationInfo) -> float:
    value = _number(cell, info)
    if value < 0:
        _refuse("E-DOM-NEGATIVE", "a number, 0 or more")
    return value


def _year(cell: Any, _: ValidationInfo) -> int:
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


def _moment(cell: Any, _: ValidationInfo) -> str:
    """Read a moment with its zone; what comes out is in UTC, so that moments compare."""
    text = _required(cell)
    if not _MOMENT.fullmatch(text):
        _refuse("E-TIME-FORMAT", "year-month-dayThour:minute+zone in digits; days and months are never guessed")
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        _refuse("E-TIME-FORMAT", "a day and an hour that the calendar has")
    if moment.tzinfo is None:
        _refuse("E-TIME-ZONE", "a zone, such as Z or +02:00; one hour in autumn comes twice")
    now = datetime.datetime.now(datetime.UTC)
    if moment.year < _FIRST_YEAR:
        _refuse("E-TIME-RANGE", f"a moment from {_FIRST_YEAR} on")
    if moment > now + _TOMORROW:
        _refuse("E-TIME-FUTURE", "a moment that has come")
    return moment.astimezone(datetime.UTC).isoformat()


def _tax_code(cell: Any, _: ValidationInfo) -> str:
    text = re.sub(r"[ \u00a0-]", "", _required(cell)).upper()
    if not _TAX_CODE.fullmatch(text):
        _refuse("E-MEMBER-TAXID", "the tax code of a firm: letters A-Z and digits, at most 16")
    return text


def _answer(cell: Any, _: ValidationInfo) -> int:
    text = _required(cell)
    if text.lower() in MISSING:
        _refuse("E-NUM-MISSINGCODE", "a whole number; leave the whole row out where there is no answer")
    if not _INTEGER.fullmatch(text):
        _refuse("E-RAT-INTEGER", "a whole number on the item's scale")
    return int(text)


def _pattern(pattern: re.Pattern[str], code: str, expected: str) -> _Check:
    def check(cell: Any, _: ValidationInfo) -> str:
        text = _required(cell)
        if not pattern.fullmatch(text):
            _refuse(code, expected)
        return text

    return check


def _one_of(choices: tuple[str, ...], code: str) -> _Check:
    def check(cell: Any, _: ValidationInfo) -> str:
        text = _required(cell)
        if text not in choices:
            _refuse(code, "one of " + ", ".join(choices))
        return text

    return check


def _or_empty(check: _Check) -> _Check:
    return lambda cell, info: None if _stripped(cell) == "" else check(cell, info)


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
    member_type: Annotated[
        MemberType | None, BeforeValidator(_or_empty(_one_of(tuple(MemberType), "E-MEMBER-TYPE")))
    ] = None
    tax_code: Annotated[str | None, BeforeValidator(_or_empty(_tax_code))] = None


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
    answered: Annotated[str | None, BeforeValidator(_or_empty(_moment))] = None


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


NUMBERS: Final[dict[Table, tuple[str, ...]]] = {
    Table.FIGURES: ("value",),
    Table.EMPLOYMENT: ("employed", "establishments"),
}
"""The columns that hold numbers as people write them."""

KINDS: Final[dict[Table, str]] = {Table.FIGURES: "indicator"}
"""The column that says what the number in a row counts."""

ROWS: Final[dict[Table, type[Row]]] = {
    Table.UNITS: UnitRow,
    Table.RATERS: RaterRow,
    Table.EMPLOYMENT: EmploymentRow,
    Table.FIGURES: FigureRow,
    Table.ANSWERS: AnswerRow,
    Table.CORRECTIONS: CorrectionRow,
}
"""The row model of each canonical file."""


LATER: Final = frozenset({"tax_code", "answered"})
"""Optional columns that records have only where they are filled, so that older records read and rebuild unchanged."""


def read_row(table: Table, cells: Mapping[str, str], reading: Reading) -> dict[str, Any]:
    """Return the validated columns of a row, as the ledger keeps them; ``reading`` says how cells are written.

    Raises
    ------
    pydantic.ValidationError
        With every cell that cannot be read.
    """
    data = ROWS[table].model_validate(cells, context=reading).model_dump(mode="json")
    return {name: value for name, value in data.items() if value is not None or name not in LATER}


def columns(table: Table) -> tuple[str, ...]:
    """All columns of a canonical file, in the documented order."""
    return tuple(ROWS[table].model_fields)


def required_columns(table: Table) -> tuple[str, ...]:
    """The columns that a canonical file must have."""
    return tuple(name for name, field in ROWS[table].model_fields.items() if field.is_required())
