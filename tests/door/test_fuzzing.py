"""Whatever is sent is accepted, or refused or held at a place with a code; it never ends in anything else."""

from __future__ import annotations

import datetime
import math
import re
import sys
import zoneinfo
from collections.abc import Callable
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic import ValidationError

from clusterscore.documents import dump_yaml
from clusterscore.observations.schema import columns, read_row
from clusterscore.pseudonyms import KEY_VARIABLE
from clusterscore.reading.cells import Reading
from clusterscore.reading.measures import read_measure
from clusterscore.reading.numbers import (
    COMMA,
    DECLARED,
    POINT,
    Contradiction,
    Unreadable,
    is_grouped,
    prove,
    read_number,
)
from clusterscore.reading.romanian import closest, fold, has_lost_letters, mend
from clusterscore.reading.times import Order, moment
from clusterscore.vocabulary import Table
from tests.door import fuzz
from tests.door.spoilt import TEXTS
from tests.reading import exports

EXAMPLES = {"numbers": 300, "text": 300, "dates": 300, "cells": 200}  # of what is quick
FILES, TIMES = 50, 20

NUMBERS = st.text("0123456789.,'eE+-% \u00a0\N{THIN SPACE}\u2212", max_size=14) | TEXTS
MARKS = "aAșşţțăâîĂºªþÞãÈ™Å£\ufffd?\u0326\u200b\u00ad\u00a0 '\".&"
ROMANIAN = st.text(MARKS, max_size=16) | st.text(max_size=16) | TEXTS
MOMENTS = st.text("0123456789-/.: TZ+APMEST,", max_size=26) | TEXTS | st.datetimes().map(str)


def _coded(problem: Unreadable) -> str:
    assert re.fullmatch(r"E-NUM-[A-Z]+", problem.code)
    assert problem.expected
    return problem.code


def number_holds(given_text: tuple[str, Any, bool]) -> str:
    """A number is canonical text of a finite double, which is read as itself; or it is said why not."""
    text, locale, percent = given_text
    is_grouped(text)
    try:
        found = read_number(text, locale, percent=percent)
    except Unreadable as problem:
        return _coded(problem)
    assert math.isfinite(float(found))
    assert re.fullmatch(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", found)
    assert read_number(found, POINT) == found
    return "accepted"


def proof_holds(texts: list[str]) -> str:
    """Numbers prove a locale, or none, or contradict each other."""
    try:
        return str(prove(texts))
    except Contradiction as contradiction:
        return _coded(contradiction)


def text_holds(text: str) -> str:
    """A text is mended once and for all, and can be compared."""
    found = mend(text)
    assert mend(found.text).text == found.text
    assert fold(text) == fold(found.text)
    closest(text, ["Brașov", "Timiș", text])
    return f"{len(found.steps) > 0} {has_lost_letters(text)}"


def moment_holds(given_text: tuple[str, Order, str]) -> str:
    """A moment is one in UTC, or none."""
    text, order, zone = given_text
    found = moment(text, order, zoneinfo.ZoneInfo(zone))
    assert found is None or found.tzinfo is datetime.UTC
    return str(found is None)


def cell_holds(given_cells: tuple[Table, dict[str, str]]) -> str:
    """A row is read, or every cell that is not is named with its code."""
    table, cells = given_cells
    try:
        row = read_row(table, cells, Reading())
    except ValidationError as error:
        for problem in error.errors():
            assert str(problem["loc"][0]) in columns(table)
            assert problem["type"] == "missing" or re.fullmatch(r"E-[A-Z]+(?:-[A-Z]+)*", problem["type"]), problem
        return "refused"
    assert read_row(table, {name: _again(value) for name, value in row.items()}, Reading.canonical()) == row
    return "accepted"


def _again(value: Any) -> str:
    return "" if value is None else ";".join(value) if isinstance(value, list | tuple) else str(value)


def measure_holds(text: str) -> str:
    """A measure says what it counts, whatever it is."""
    return "known" if read_measure(text).kind in {"money", "share", "persons"} else "other"


def _rows_of(name: str) -> SearchStrategy[tuple[Table, dict[str, str]]]:
    header, *rows = fuzz.GOOD_ROWS[name]
    odd = st.dictionaries(st.sampled_from(header), TEXTS | ROMANIAN | NUMBERS | MOMENTS, max_size=2)
    good = st.sampled_from([dict(zip(header, row, strict=True)) for row in rows])
    return st.tuples(st.just(Table(name)), st.builds(lambda row, cells: row | cells, good, odd))


ROWS = st.sampled_from(sorted(fuzz.GOOD_ROWS)).flatmap(_rows_of)
LOCALES = st.sampled_from([None, POINT, COMMA, *DECLARED.values()])
ZONES = st.sampled_from(["Europe/Bucharest", "UTC", "Pacific/Apia", "America/St_Johns"])

WORDS: dict[str, tuple[SearchStrategy[Any], fuzz.Check]] = {
    "numbers": (st.tuples(NUMBERS, LOCALES, st.booleans()), number_holds),
    "numbers of a file": (st.lists(NUMBERS, max_size=5), proof_holds),
    "text": (ROMANIAN, text_holds),
    "dates": (st.tuples(MOMENTS, st.sampled_from(get_args(Order)), ZONES), moment_holds),
    "cells": (ROWS, cell_holds),
    "measures": (TEXTS | st.text("thousand mii RON€%lei EUR x10^3 percent", max_size=24), measure_holds),
}


def _target(hold: Callable[[], fuzz.Target]) -> fuzz.Check:
    return lambda sent: hold().hold(sent.name, sent.content)


READERS: dict[str, tuple[Callable[[], SearchStrategy[Any]], fuzz.Check]] = {
    "text with commas": (fuzz.canonical_bytes, _target(fuzz.whole)),
    "rows of canonical files": (fuzz.canonical_rows, _target(fuzz.whole)),
    "workbooks": (fuzz.workbooks, _target(fuzz.whole)),
    "mappings": (fuzz.mappings, fuzz.hold_mapping),
    "exports of survey tools": (fuzz.survey_exports, _target(lambda: fuzz.surveyed()[0])),
    "workbooks of ours": (fuzz.our_workbooks, _target(lambda: fuzz.surveyed()[0])),
}


@pytest.fixture(autouse=True)
def _key(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, str(tmp_path_factory.getbasetemp() / "fuzzing-key"))


def hold(strategy: SearchStrategy[Any], check: fuzz.Check, examples: int) -> dict[str, int]:
    """Let a check look at many examples; return how often each outcome came."""
    outcomes: list[object] = []

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    @given(strategy)
    def one(example: Any) -> None:
        outcomes.append(check(example))

    one()
    return fuzz.tally(outcomes)


@pytest.mark.parametrize("what", WORDS)
def test_whatever_stands_in_a_cell_is_read_or_refused(what: str) -> None:
    """Numbers, text, moments, measures and whole rows."""
    hold(*WORDS[what], EXAMPLES.get(what, 100))


@pytest.mark.parametrize("what", READERS)
def test_whatever_is_sent_is_accepted_refused_or_held(what: str) -> None:
    """With a code that is explained, at a place, in seconds; and twice, it comes to the same."""
    made, check = READERS[what]
    hold(made(), check, FILES)


def test_what_nobody_changed_is_accepted() -> None:
    """Otherwise nothing below would look behind the first fault."""
    for name, rows in fuzz.GOOD_ROWS.items():
        assert fuzz.whole().hold(f"{name}.csv", exports.as_csv(rows)) == "accepted", name
    target, good = fuzz.surveyed()
    for tool, rows in good.items():
        assert target.hold("export.csv", exports.as_csv(rows)) == "accepted", tool
    assert target.hold(*fuzz.sent_book()) == "accepted"
    assert fuzz.hold_mapping(dump_yaml(fuzz.MAPPING)) == "accepted"


@pytest.mark.slow
@pytest.mark.parametrize("what", WORDS)
def test_much_of_what_stands_in_cells_is_read_or_refused(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Twenty times as many."""
    told = hold(*WORDS[what], TIMES * EXAMPLES.get(what, 100))
    with capsys.disabled():
        sys.stdout.write(f"\n{what}: {told}\n")


@pytest.mark.slow
@pytest.mark.parametrize("what", READERS)
def test_much_of_what_is_sent_is_accepted_refused_or_held(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Twenty times as many; some of each are accepted, or the readers were not reached."""
    made, check = READERS[what]
    told = hold(made(), check, TIMES * FILES)
    with capsys.disabled():
        sys.stdout.write(f"\n{what}: {told}\n")
    assert told.get("accepted", 0) >= 0.02 * sum(told.values())
    assert told.get("refused", 0) >= 0.1 * sum(told.values())
