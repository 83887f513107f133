"""Exports of survey tools and spreadsheets, read by a mapping into canonical tables."""

from __future__ import annotations

import datetime
import hashlib
import re
import zoneinfo
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from clusterscore.errors import Fault, InputRefused
from clusterscore.raw.origin import Origin
from clusterscore.raw.readers import Note, RawFile, RawRow
from clusterscore.reading.grids import Grid, Number, address, as_csv, unambiguous
from clusterscore.reading.headers import Matched, fits, match
from clusterscore.reading.mapping import Column, Mapping
from clusterscore.reading.numbers import DECLARED, Contradiction, Unreadable, prove, read_number
from clusterscore.reading.times import moment
from clusterscore.reading.wording import folded, plain
from clusterscore.vocabulary import Table

Pseudonym = Callable[[str], str]
"""Turns an e-mail, a name or a token into a rater's id that does not tell who it is."""

_NOBODY: Final = frozenset({"anonymous", "anonim", "anonymous user", "utilizator anonim", "n/a", "-"})
_RATED: Final = re.compile(r"(\d{1,2})\s*(?:[-–—.:)=]\s*|\s)(.*)")
_ANSWERS: Final = ("unit", "year", "rater", "item", "answer")
_FIGURES: Final = ("unit", "year", "indicator", "value", "measure")
_NUMERIC: Final = frozenset({"value", "employed", "establishments"})


@dataclass(frozen=True)
class Received:
    """A file to be read by a mapping.

    Attributes
    ----------
    path, name
        Where it lies, and how messages call it.
    grids
        Its sheets.
    sha256
        Digest of its bytes.
    origin
        What its sidecar says, or will say.
    kept
        Its bytes, where it is a copy from ``data/raw`` in which raters have pseudonyms already; None where it has just
        come.
    """

    path: Path
    name: str
    grids: Sequence[Grid]
    sha256: str
    origin: Origin
    kept: bytes | None = None


@dataclass
class _Reading:
    """One file being read: what it holds so far, and what was found wrong."""

    grid: Grid
    mapping: Mapping
    matched: Matched
    pseudonym: Pseudonym
    kept: bool
    faults: list[Fault] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.columns = list(enumerate(self.matched.columns))
        self.headers = [plain(header) for header in self.grid.rows[self.matched.row - 1]]
        self.zone = zoneinfo.ZoneInfo(self.mapping.time_zone)
        self.people: dict[str, str] = {}
        self.numbers: dict[tuple[int, int], str] = {}

    @property
    def rows(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Rows below the headers that hold anything, with their numbers."""
        first = self.matched.row + 1
        return ((number, row) for number, row in enumerate(self.grid.rows[first - 1 :], start=first) if any(row))

    def cell(self, row: tuple[str, ...], index: int | None) -> str:
        """Return a cell without what surrounds it; empty where the row is short or there is no such column."""
        return row[index].strip() if index is not None and index < len(row) else ""

    def fault(self, number: int, index: int, code: str, got: str, expected: str) -> None:
        """Record what is wrong with a cell."""
        header = self.headers[index] if 0 <= index < len(self.headers) else ""
        self.faults.append(self.grid.fault(number, index, (code, got, expected), header))

    def note(self, code: str, number: int, was: str, became: str, column: str = "") -> None:
        """Record what was normalised."""
        self.notes.append(Note(code, self.grid.file, number, column, was, became))

    def unit(self, number: int, row: tuple[str, ...], index: int | None) -> str:
        """Return the unit that a row is about: the id for a known name, else what stands there."""
        text = self.cell(row, index)
        if index is None:
            return self.mapping.unit or ""
        if not text:
            self.fault(number, index, "E-EMPTY", "", "the name or id of a unit")
        return self.mapping.unit_of.get(folded(text), text)

    def year(self, row: tuple[str, ...], index: int | None) -> str:
        """Return the year of a row as text."""
        return self.cell(row, index) if index is not None else str(self.mapping.year)

    def rater(self, number: int, row: tuple[str, ...]) -> str:
        """Return the rater of a row: the id as given, or the pseudonym of whoever it names."""
        index = self.matched.first("rater")
        if index is not None:
            text = self.cell(row, index)
            if not text:
                self.fault(number, index, "E-EMPTY", "", "the rater's id, from the invitation")
            return text
        index = self.matched.first("identity")
        text = self.cell(row, index)
        if index is None or not text or folded(text) in _NOBODY:
            expected = "an e-mail, name or token that tells this respondent from others"
            self.fault(number, -1 if index is None else index, "E-SURVEY-ANONYMOUS", text, expected)
            return ""
        if text not in self.people:
            self.people[text] = text if self.kept else self.pseudonym(text)
        return self.people[text]


@dataclass(frozen=True)
class _Response:
    """One respondent's answers on one unit in one year."""

    number: int
    when: datetime.datetime | None
    answers: dict[tuple[str, str], tuple[int, int]]  # unit and item: category, and index of the column
    rater: str
    year: str
    links: dict[str, str]


def translate(received: Received, mapping: Mapping, pseudonym: Pseudonym) -> list[RawFile]:
    """Return the canonical tables that a file holds; what will be kept of it names no person.

    Parameters
    ----------
    received
        The file.
    mapping
        What its columns hold.
    pseudonym
        Called for each respondent who is known by e-mail, name or token.

    Returns
    -------
    files that share one content: the file as received, or a copy without what tells who somebody is, and without
    columns that nothing is read from

    Raises
    ------
    InputRefused
        With every fault of the file.
    """
    grid = _chosen(received, mapping)
    matched = match(grid, mapping)
    faults = list(matched.faults)
    if faults:
        raise InputRefused(faults)
    reading = _Reading(grid, mapping, matched, pseudonym, received.kept is not None)
    _refuse_formulas(reading)
    reading.notes.extend(
        Note("N-MAP-HEADER", grid.file, matched.row, reading.headers[index], reading.headers[index], column.name)
        for index in matched.cut
        if (column := matched.columns[index]) is not None
    )
    tables = {"respondents": _respondents, "units": _units, "records": _records}[mapping.rows](reading)
    if not reading.faults and not any(rows for _, _, rows in tables):
        reading.fault(matched.row, -1, "E-FILE-NOROWS", "nothing to record", "at least one complete row")
    if reading.faults:
        raise InputRefused(reading.faults)
    return _files(received, reading, tables)


def recognised(received: Received, mappings: Sequence[Mapping]) -> list[Mapping]:
    """Return the mappings that a file was made for, by its headers alone."""
    return [
        mapping
        for mapping in mappings
        if any(fits(grid, mapping) for grid in received.grids if mapping.sheet in {None, grid.sheet})
    ]


def _chosen(received: Received, mapping: Mapping) -> Grid:
    """Return the sheet that a mapping is about: the one it names, else the only one in which its columns are found."""
    if mapping.sheet is not None and any(grid.sheet for grid in received.grids):
        named = [grid for grid in received.grids if grid.sheet == mapping.sheet]
        if not named:
            known = ", ".join(grid.sheet for grid in received.grids)
            raise InputRefused([Fault(received.name, 0, "", "E-XLS-SHEET", known, f"a sheet {mapping.sheet!r}")])
        return named[0]
    filled = [grid for grid in received.grids if grid.rows]
    if not filled:
        raise InputRefused([Fault(received.name, 0, "", "E-FILE-EMPTY", "no content", "headers and rows")])
    if len(filled) == 1:
        return filled[0]
    fitting = [grid for grid in filled if fits(grid, mapping)]
    if len(fitting) != 1:
        known = ", ".join(grid.sheet for grid in filled)
        raise InputRefused(
            [Fault(received.name, 0, "", "E-XLS-SHEET", known, "one sheet with answers; name it in the mapping")]
        )
    return fitting[0]


def _refuse_formulas(reading: _Reading) -> None:
    """Record a fault for each cell read that holds a formula or an error; ignored columns may hold anything."""
    grid = reading.grid
    if not grid.formulas and not grid.errors:
        return
    for number, row in reading.rows:
        for index, column in reading.columns:
            if column is None or column.holds in {"ignored", "personal"} or index >= len(row):
                continue
            cell = address(number, index)
            if cell in grid.formulas:
                reading.fault(number, index, "E-XLS-FORMULA", row[index], "a value; paste the result, not the formula")
            elif cell in grid.errors:
                reading.fault(number, index, "E-XLS-ERRORCELL", row[index], "a value")


Tables = list[tuple[Table, tuple[str, ...], list[RawRow]]]


def _respondents(reading: _Reading) -> Tables:
    """Read a survey: a row a respondent, a column a question."""
    kept = _last_of_each(reading, list(_responses(reading)))
    answers = [row for response in kept for row in _answer_rows(response, reading)]
    tables: Tables = [(Table.ANSWERS, _ANSWERS, answers)]
    if reading.matched.first("affiliation") is not None:
        tables.insert(0, _raters(reading, kept))
    return tables


def _responses(reading: _Reading) -> Iterator[_Response]:
    matched = reading.matched
    unit_at, year_at, submitted_at = (matched.first(holds) for holds in ("unit", "year", "submitted"))
    items = [(index, column) for index, column in reading.columns if column is not None and column.holds == "item"]
    for number, row in reading.rows:
        submitted = reading.cell(row, submitted_at)
        if submitted_at is not None and not submitted:
            reading.note("N-SURVEY-PARTIAL", number, "not submitted", "left out")
            continue
        when = None
        if submitted_at is not None:
            when = moment(submitted, reading.mapping.dates, reading.zone)
            if when is None:
                expected = f"a moment, {reading.mapping.dates}, as the mapping says"
                reading.fault(number, submitted_at, "E-TIME-FORMAT", submitted, expected)
        unit = "" if all(column.unit for _, column in items) else reading.unit(number, row, unit_at)
        answers = {}
        for index, column in items:
            answer = _category(reading, number, index, reading.cell(row, index), column)
            if answer is not None and column.item is not None:
                answers[column.unit or unit, column.item] = (answer, index)
        if not answers:
            reading.note("N-SURVEY-EMPTY", number, "no answer", "left out")
            continue
        links = {holds: reading.cell(row, matched.first(holds)) for holds in ("affiliation", "ties")}
        yield _Response(number, when, answers, reading.rater(number, row), reading.year(row, year_at), links)


def _category(reading: _Reading, number: int, index: int, text: str, column: Column) -> int | None:
    """Return the category that an answer stands for: by its words, its number, or both where they agree."""
    if not text:
        return None
    words = folded(text)
    known = reading.mapping.categories.get(column.labels, {}) if column.labels else {}
    if words in known:
        return known[words]
    if words.isascii() and words.isdigit():
        if not known or int(words) in known.values():
            return int(words)
    elif (rated := _RATED.fullmatch(words)) and known.get(rated[2]) == int(rated[1]):
        return int(rated[1])
    elif (bare := re.sub(r"\s*\([\w-]{1,50}\)$", "", words)) in known:  # EUSurvey may put the answer's code behind it
        return known[bare]
    choices = ", ".join(f"{word!r}" for word in reading.mapping.labels.get(column.labels or "", {})) or "a whole number"
    reading.fault(number, index, "E-MAP-LABEL", text, f"one of {choices}")
    return None


def _last_of_each(reading: _Reading, responses: list[_Response]) -> list[_Response]:
    """Return what counts of several responses of one rater on one unit in one year: the last that was submitted."""
    last: dict[tuple[str, str, str], _Response] = {}
    for response in responses:
        for unit in sorted({unit for unit, _ in response.answers}):
            key = (unit, response.year, response.rater)
            other = last.get(key)
            if other is not None and response.rater:
                response_wins = _is_later(reading, response, other)
                if response_wins is None:
                    continue
                earlier, later = (other, response) if response_wins else (response, other)
                reading.note("N-SURVEY-REPLACED", earlier.number, f"row {earlier.number}", f"row {later.number}")
                if not response_wins:
                    continue
            last[key] = response
    chosen = {(key[0], id(response)) for key, response in last.items()}
    return [
        _Response(r.number, r.when, answers, r.rater, r.year, r.links)
        for r in responses
        if (answers := {about: found for about, found in r.answers.items() if (about[0], id(r)) in chosen})
    ]


def _is_later(reading: _Reading, response: _Response, other: _Response) -> bool | None:
    """Whether a response replaces another; None where nothing tells and they differ, which is a fault."""
    if response.when is not None and other.when is not None and response.when != other.when:
        return response.when > other.when
    if [*response.answers.items()] == [*other.answers.items()]:
        return True
    index = reading.matched.first("rater")
    index = reading.matched.first("identity") if index is None else index
    expected = f"one response of each rater on each unit, or a moment that tells which is later than row {other.number}"
    reading.fault(response.number, -1 if index is None else index, "E-SURVEY-TWICE", response.rater, expected)
    return None


def _answer_rows(response: _Response, reading: _Reading) -> Iterator[RawRow]:
    number = response.number
    who = reading.matched.first("rater")
    who = reading.matched.first("identity") if who is None else who
    rater = address(number, who) if who is not None else ""
    unit_at = reading.matched.first("unit")
    for (unit, item), (category, index) in response.answers.items():
        place = address(number, index)
        places = {"answer": place, "item": place, "rater": rater}
        places["unit"] = place if unit_at is None else address(number, unit_at)
        cells = {"unit": unit, "year": response.year, "rater": response.rater, "item": item, "answer": str(category)}
        yield RawRow(number, cells, places)


def _raters(reading: _Reading, responses: Sequence[_Response]) -> tuple[Table, tuple[str, ...], list[RawRow]]:
    """Return who answered and where they belong; one rater's rows must agree."""
    header = ("rater", "affiliation", "ties") if reading.matched.first("ties") is not None else ("rater", "affiliation")
    rows: dict[str, RawRow] = {}
    for response in responses:
        number = response.number
        links = {
            holds: ";".join(
                reading.mapping.unit_of.get(folded(part), part.strip()) for part in text.split(";") if part.strip()
            )
            for holds, text in response.links.items()
            if holds in header
        }
        cells = {"rater": response.rater} | links
        known = rows.get(response.rater)
        if known is not None and known.cells != cells:
            index = reading.matched.first("affiliation") or 0
            got, expected = response.links["affiliation"], f"what row {known.line} says of the same rater"
            reading.fault(number, index, "E-SURVEY-AFFILIATION", got, expected)
        at = {holds: reading.matched.first(holds) for holds in header}
        places = {holds: address(number, index) for holds, index in at.items() if index is not None}
        rows.setdefault(response.rater, RawRow(number, cells, places))
    return (Table.RATERS, header, list(rows.values()))


def _units(reading: _Reading) -> Tables:
    """Read a table of figures: a row a unit, a column an indicator."""
    unit_at, year_at = reading.matched.first("unit"), reading.matched.first("year")
    numbers = _numbers(reading, reading.matched.all("figure"))
    rows = []
    for number, row in reading.rows:
        figures = [
            (index, column, numbers[number, index])
            for index, column in reading.columns
            if column is not None and column.holds == "figure" and (number, index) in numbers
        ]
        unit = "" if all(column.unit for _, column, _ in figures) else reading.unit(number, row, unit_at)
        for index, column, text in figures:
            cells = {
                "unit": column.unit or unit,
                "year": reading.year(row, year_at),
                "indicator": column.indicator or "",
                "value": text,
                "measure": column.measure or "",
            }
            place = address(number, index)
            places = {"value": place, "indicator": place, "unit": place, "measure": place}
            places |= {"unit": address(number, unit_at)} if unit_at is not None else {}
            rows.append(RawRow(number, cells, places))
    return [(Table.FIGURES, _FIGURES, rows)]


def _numbers(reading: _Reading, columns: Sequence[int]) -> dict[tuple[int, int], str]:
    """Return the numbers in some columns as canonical text, by row and column; what is none is a fault.

    The locale is the one that the mapping declares, else the one that the numbers prove.
    """
    texts = [
        (number, index, row[index])
        for number, row in reading.rows
        for index in columns
        if index < len(row) and row[index].strip()
    ]
    written = [(number, index, text) for number, index, text in texts if not isinstance(text, Number)]
    found = {(number, index): text for number, index, text in texts}
    if reading.kept:
        return found
    locale = DECLARED[reading.mapping.locale] if reading.mapping.locale else None
    try:
        locale = locale or prove(text for *_, text in written)
    except Contradiction as contradiction:
        number, index, text = written[contradiction.places[1]]
        reading.fault(number, index, contradiction.code, text, contradiction.expected)
        return {}
    for number, index, text in written:
        try:
            found[number, index] = canonical = read_number(text, locale)
        except Unreadable as unreadable:
            reading.fault(number, index, unreadable.code, text, unreadable.expected)
            continue
        if canonical != text.strip():
            reading.note("N-NUM-LOCALE", number, text, canonical, reading.headers[index])
    found = {place: unambiguous(text) for place, text in found.items()}
    reading.numbers.update(found)
    return found


def _records(reading: _Reading) -> Tables:
    """Read a canonical table under other headers, a row an observation."""
    table = reading.mapping.table
    if table is None:  # a document that passed its checks names it
        return []
    held = [
        (index, "rater" if column.holds == "identity" else column.column or "")
        for index, column in reading.columns
        if column is not None and column.holds in {"column", "identity"}
    ]
    numbers = _numbers(reading, [index for index, name in held if name in _NUMERIC])
    rows = []
    for number, row in reading.rows:
        cells = {name: numbers.get((number, index), reading.cell(row, index)) for index, name in held}
        if "unit" in cells:
            cells["unit"] = reading.mapping.unit_of.get(folded(cells["unit"]), cells["unit"])
        if reading.matched.first("identity") is not None:
            cells["rater"] = reading.rater(number, row)
        rows.append(RawRow(number, cells, {name: address(number, index) for index, name in held}))
    return [(table, tuple(name for _, name in held), rows)]


def _files(received: Received, reading: _Reading, tables: Tables) -> list[RawFile]:
    if received.kept is not None:
        path, content, origin = received.path, received.kept, received.origin
    else:
        content = _redacted(reading)
        path = received.path.with_suffix(".csv")
        origin = received.origin.model_copy(
            update={
                "sha256": hashlib.sha256(content).hexdigest(),
                "mapping": reading.mapping.mapping,
                "mapping_sha256": reading.mapping.digest,
                "mapping_document": reading.mapping.content(),
                "original_sha256": received.sha256,
            }
        )
    notes = tuple(reading.notes)
    return [
        RawFile(
            received.name,
            path,
            content,
            origin.sha256,
            header,
            tuple(rows),
            origin,
            table,
            reading.grid.sheet,
            notes if number == 0 else (),
        )
        for number, (table, header, rows) in enumerate(tables)
        if rows
    ]


def _redacted(reading: _Reading) -> bytes:
    """Return the file as CSV, cell for cell where it was, but for what is not read and for who a person is.

    Read again by the same mapping, it gives the same records: rows keep their numbers, raters are pseudonyms.
    """
    read = {
        index: column.holds == "identity"
        for index, column in reading.columns
        if column is not None and column.holds not in {"ignored", "personal"}
    }
    header = reading.matched.row
    rows: list[list[str]] = [[] for _ in range(header - 1)]
    rows.append(list(reading.grid.rows[header - 1]))
    for number, row in enumerate(reading.grid.rows[header:], start=header + 1):
        rows.append(
            [
                (reading.people.get(cell.strip(), "") if read[index] else reading.numbers.get((number, index), cell))
                if index in read
                else ""
                for index, cell in enumerate(row)
            ]
        )
    return as_csv(rows)
