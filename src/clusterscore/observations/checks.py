"""The rules that need more than one cell: other rows, the function documents, what the ledger holds."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from clusterscore.observations.codebook import Codebook, FigureRule
from clusterscore.observations.state import State
from clusterscore.vocabulary import Kind, Table

_LONGEST_SCALE = 10
_PERCENTAGE = 2.0  # from here on a share is a percentage by mistake rather than more than the whole

Finding = tuple[str, str, Any, str]
"""A rule broken: column, code, what was found, what was expected."""

MEANT: Final = {
    "an": "year",
    "anul": "year",
    "cod": "unit",
    "cluster": "unit",
    "unitate": "unit",
    "id": "unit",
    "nume": "name",
    "denumire": "name",
    "tip": "kind",
    "tara": "country",
    "țara": "country",
    "regiune": "region",
    "regiunea": "region",
    "sector": "sector",
    "domeniu": "sector",
    "infiintat": "founded",
    "înființat": "founded",
    "evaluator": "rater",
    "indicatorul": "indicator",
    "valoare": "value",
    "valoarea": "value",
    "cifra afaceri": "value",
    "cifra de afaceri": "value",
    "unitate de masura": "measure",
    "unitate de măsură": "measure",
    "um": "measure",
    "sursa": "source",
    "sursă": "source",
    "angajati": "employed",
    "angajați": "employed",
    "intrebare": "item",
    "întrebare": "item",
    "raspuns": "answer",
    "răspuns": "answer",
    "motiv": "reason",
    "tabel": "table",
}
"""Canonical columns by what people call them, in small letters: for a hint, never for reading."""


def check(table: Table, row: Mapping[str, Any], state: State, codebook: Codebook) -> Iterator[Finding]:
    """Yield every rule that a row breaks, given what is known before it."""
    match table:
        case Table.UNITS:
            yield from _check_unit(row, state)
        case Table.RATERS:
            yield from _check_rater(row, state)
        case Table.FIGURES:
            yield from _check_figure(row, state, codebook)
        case Table.ANSWERS:
            yield from _check_answer(row, state, codebook)


def on_another_scale(answers: Iterable[tuple[int, int]]) -> bool:
    """Whether answers, each with its item's highest category, look as if given on a longer scale than the items'.

    Two above it, one of them by more than a slip of the finger, and none above ten.
    """
    above = [(answer, highest) for answer, highest in answers if answer > highest]
    wide = any(answer > highest + 1 for answer, highest in above)
    return len(above) > 1 and wide and all(answer <= _LONGEST_SCALE for answer, _ in above)


def nearest(name: str, known: list[str]) -> str:
    """Return a hint at the most similar known name, or the first few where none is similar."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if close:
        return f"a known one; nearest is {close[0]!r}"
    return f"a known one, such as {', '.join(sorted(known)[:3])}" if known else "a known one; none is recorded yet"


def _known_unit(column: str, name: str | None, state: State) -> Iterator[Finding]:
    if name is not None and state.find(Table.UNITS, name) is None:
        yield column, "E-ID-UNKNOWN", name, nearest(name, [key[0] for key in state.live(Table.UNITS)])


def _check_unit(row: Mapping[str, Any], state: State) -> Iterator[Finding]:
    yield from _known_unit("parent", row["parent"], state)
    parent = state.find(Table.UNITS, row["parent"]) if row["parent"] else None
    if parent is not None and parent.data["kind"] != Kind.CLUSTER:
        yield "parent", "E-PARENT", row["parent"], "the cluster to which this unit belongs"
    if row["parent"] and row["unit"] in state.lineage(row["parent"]):
        yield "parent", "E-PARENT", row["parent"], "another unit, not itself or a part of it"
    if row["kind"] in {Kind.MEMBER, Kind.TEAM} and not row["parent"]:
        yield "parent", "E-PARENT", "", f"the cluster to which this {row['kind']} belongs"


def _check_rater(row: Mapping[str, Any], state: State) -> Iterator[Finding]:
    yield from _known_unit("affiliation", row["affiliation"], state)
    for tie in row["ties"]:
        yield from _known_unit("ties", tie, state)


def _kind(unit: str, state: State) -> Kind | None:
    record = state.find(Table.UNITS, unit)
    return Kind(record.data["kind"]) if record else None


def _check_figure(row: Mapping[str, Any], state: State, codebook: Codebook) -> Iterator[Finding]:
    yield from _known_unit("unit", row["unit"], state)
    kind = _kind(row["unit"], state)
    if kind is None:
        return
    rule = codebook.figures[kind].get(row["indicator"])
    if rule is None:
        yield "indicator", "E-IND-UNKNOWN", row["indicator"], nearest(row["indicator"], list(codebook.figures[kind]))
        return
    if row["measure"] is not None and row["measure"] != rule.measure:
        yield "measure", "E-MEASURE", row["measure"], f"the indicator's measure, {rule.measure!r}"
    whole = next((link.to for link in codebook.linked(kind, "part_of") if link.figure == row["indicator"]), None)
    yield from _check_value(row["value"], rule, whole)


def _check_value(value: float, rule: FigureRule, whole: str | None) -> Iterator[Finding]:
    if rule.is_share and whole is not None and 1 < value <= _PERCENTAGE:
        yield "value", "E-DOM-EXPORTS", value, f"a share of {whole} from 0 to 1: {100 * value:g} > 100"
    elif not rule.admits(value):
        yield "value", "E-DOM-NEGATIVE" if value < 0 <= rule.minimum else "E-NUM-RANGE", value, rule.expected
    elif rule.whole and not float(value).is_integer():
        yield "value", "E-DOM-INTEGER", value, rule.expected


def _check_answer(row: Mapping[str, Any], state: State, codebook: Codebook) -> Iterator[Finding]:
    yield from _known_unit("unit", row["unit"], state)
    if state.find(Table.RATERS, row["rater"]) is None:
        yield (
            "rater",
            "E-RATER-UNKNOWN",
            row["rater"],
            nearest(row["rater"], [key[0] for key in state.live(Table.RATERS)]),
        )
    kind = _kind(row["unit"], state)
    if kind is None:
        return
    if row["item"] not in codebook.answers[kind]:
        yield "item", "E-ITEM-UNKNOWN", row["item"], nearest(row["item"], list(codebook.answers[kind]))
        return
    highest = codebook.answers[kind][row["item"]]
    if not 1 <= row["answer"] <= highest:
        yield "answer", "E-RAT-RANGE", row["answer"], f"a whole number from 1 to {highest}"
