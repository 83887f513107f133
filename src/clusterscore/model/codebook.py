"""The rules of the door, taken from the function documents."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from clusterscore.model.function import Function, Indicator
from clusterscore.observations.codebook import Codebook, FigureRule, Link
from clusterscore.reading.money import read_tables
from clusterscore.vocabulary import Kind

_BOUNDS = {
    "log": (0.0, math.inf, False, "a number above 0"),
    "log1p": (0.0, math.inf, True, "a number, 0 or more"),
    "logit": (0.0, 1.0, True, "a share from 0 to 1"),
    "identity": (-math.inf, math.inf, True, "a number"),
    "count": (0.0, math.inf, True, "a whole number, 0 or more"),
}


def make_codebook(functions: Mapping[str, Function], reference: Path | None = None) -> Codebook:
    """Return what may be recorded, over all functions of a workspace, and its tables of money.

    Raises
    ------
    InputRefused
        Where a table in ``reference``, the workspace's ``data/reference``, is not what it must be.
    """
    book = Codebook(money=read_tables(reference))
    for function in functions.values():
        for part in function.indicators:
            if part.derived is None:
                book.figures[function.kind_of(part)][part.id] = _rule(part)
        book.answers[function.kind].update({item.id: function.categories(item) for item in function.items})
        book.directions[function.kind].update({item.id: item.direction for item in function.items})
        book.waves[function.kind].update({wave.year: (wave.opens, wave.closes) for wave in function.waves})
        own = tuple(part.id for part in function.indicators if part.of == "unit" and part.derived is None)
        book.own[function.function] = (function.kind, own)
    for function in functions.values():
        recorded = {part.id: part for part in function.indicators}
        for check in function.checks:
            if check.relation == "total_of" and check.to not in book.figures[Kind.MEMBER]:
                continue
            book.links[function.kind_of(recorded[check.figure])] += (Link(check.figure, check.relation, check.to),)
    return book


def _rule(indicator: Indicator) -> FigureRule:
    low, high, closed, words = _BOUNDS[indicator.transform]
    if indicator.minimum is not None and indicator.minimum > low:
        low, closed, words = indicator.minimum, True, f"{words}, at least {indicator.minimum:g} {indicator.measure}"
    if indicator.maximum is not None and indicator.maximum < high:
        high, words = indicator.maximum, f"{words}, at most {indicator.maximum:g} {indicator.measure}"
    return FigureRule(
        indicator.measure,
        low,
        high,
        closed,
        indicator.transform == "count",
        words,
        indicator.transform,
        indicator.typical,
        indicator.spread,
    )
