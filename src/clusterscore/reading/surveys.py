"""Exports of survey tools: a row a respondent, a column a question; the last response of each rater counts."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from clusterscore.raw.readers import RawRow
from clusterscore.reading.grids import address
from clusterscore.reading.mapped import MappedSheet, Tables
from clusterscore.reading.mapping import Column
from clusterscore.reading.times import moment
from clusterscore.reading.wording import folded
from clusterscore.vocabulary import Table

_RATED: Final = re.compile(r"(\d{1,2})(?:\s*[^\w\s]\s*|\s)(.*)")
_ANSWERS: Final = ("unit", "year", "rater", "item", "answer")


@dataclass(frozen=True)
class _Response:
    """One respondent's answers on one unit in one year."""

    number: int
    when: datetime.datetime | None
    answers: dict[tuple[str, str], tuple[int, int]]  # unit and item: category, and index of the column
    rater: str
    year: str
    links: dict[str, str]


def respondents(reading: MappedSheet) -> Tables:
    """Read a survey: a row a respondent, a column a question."""
    kept = _last_of_each(reading, list(_responses(reading)))
    answers = [row for response in kept for row in _answer_rows(response, reading)]
    tables: Tables = [(Table.ANSWERS, _ANSWERS, answers)]
    if reading.matched.first("affiliation") is not None:
        tables.insert(0, _raters(reading, kept))
    return tables


def _responses(reading: MappedSheet) -> Iterator[_Response]:
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


def _category(reading: MappedSheet, number: int, index: int, text: str, column: Column) -> int | None:
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


def _last_of_each(reading: MappedSheet, responses: list[_Response]) -> list[_Response]:
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


def _is_later(reading: MappedSheet, response: _Response, other: _Response) -> bool | None:
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


def _answer_rows(response: _Response, reading: MappedSheet) -> Iterator[RawRow]:
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


def _raters(reading: MappedSheet, responses: Sequence[_Response]) -> tuple[Table, tuple[str, ...], list[RawRow]]:
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
