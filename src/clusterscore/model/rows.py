"""Rows of a design: each figure and each answer with the numbers of what it speaks about."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clusterscore.model.function import Function
from clusterscore.model.members import Collapsed, collapse
from clusterscore.model.transforms import standardise

Ints = NDArray[np.int64]

_CELL: Final = ["unit", "year"]
_SHEET: Final = ["rater", "unit", "year"]


def figures_of(
    function: Function, figures: pd.DataFrame, cells: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """Return the rows of continuous figures and of counts, and how many counts lack their exposure.

    Parameters
    ----------
    function
        The function document.
    figures
        unit, year, indicator, value, record; of units only.
    cells
        unit and year, a row per cell.
    """
    place, number = _places(cells, figures), _numbers([part.id for part in function.indicators], figures["indicator"])
    is_count = np.array([part.transform == "count" for part in function.indicators], dtype=bool)[number]
    value = figures["value"].to_numpy(np.float64)
    scaled, log_expected = np.full(len(value), np.nan), np.full(len(value), np.nan)
    reported = dict(zip(zip(place, number, strict=True), value, strict=True))
    for k in np.unique(number):
        part, own = function.indicators[k], number == k
        if part.transform != "count":
            scaled[own] = standardise(part, value[own])
            continue
        exposure = np.ones(own.sum())
        if part.exposure is not None:
            other = [one.id for one in function.indicators].index(part.exposure)
            exposure = np.array([reported.get((cell, other), np.nan) for cell in place[own]])
        exposure = np.where(exposure > 0, exposure, np.nan)
        log_expected[own] = np.log(exposure * part.typical)
    known = is_count & ~np.isnan(log_expected)
    continuous = {"cell": place, "indicator": number, "value": scaled, "record": figures["record"].to_numpy()}
    counts = {"cell": place, "indicator": number, "value": value, "log_expected": log_expected}
    return (
        pd.DataFrame(continuous)[~is_count].reset_index(drop=True),
        pd.DataFrame(counts)[known].astype({"value": np.int64}).reset_index(drop=True),
        int((is_count & ~known).sum()),
    )


def members_of(function: Function, figures: pd.DataFrame, units: tuple[str, ...], cells: pd.DataFrame) -> Collapsed:
    """Return the members' figures, collapsed; ``cells`` has unit and year, a row per cell."""
    number = _numbers([part.id for part in function.indicators], figures["indicator"])
    unit = np.searchsorted(np.array(units), figures["unit"].to_numpy(dtype=str))
    return collapse(figures.assign(cell=_places(cells, figures), unit=unit, indicator=number))


def answers_of(
    function: Function, answers: pd.DataFrame, cells: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[str, ...]]:
    """Return the questionnaires, the answers, and the raters who gave them, sorted.

    ``cells`` has unit and year, a row per cell.
    """
    n_categories = np.array([function.categories(part) for part in function.items], dtype=np.int64)
    is_reversed = np.array([part.direction < 0 for part in function.items], dtype=bool)
    sheet_of = list(_keys(answers, _SHEET))
    sheets = sorted(set(sheet_of))
    raters = tuple(sorted({rater for rater, *_ in sheets}))
    item = _numbers([part.id for part in function.items], answers["item"])
    category = answers["answer"].to_numpy(dtype=np.int64) - 1
    turned = np.where(is_reversed[item], n_categories[item] - 1 - category, category) if len(item) else category
    cell = _places(cells, answers)
    order = np.lexsort((cell, item))
    rows = {"cell": cell, "item": item, "questionnaire": _found(sheets, sheet_of), "category": turned}
    asked = {
        "rater": _found(raters, (rater for rater, _, _ in sheets)),
        "cell": _found(_keys(cells, _CELL), ((unit, year) for _, unit, year in sheets)),
    }
    return (
        pd.DataFrame(asked),
        pd.DataFrame({name: values[order] for name, values in rows.items()}),
        raters,
    )


def _places(cells: pd.DataFrame, rows: pd.DataFrame) -> Ints:
    """Return which cell each row is about, by its unit and year."""
    return _found(_keys(cells, _CELL), _keys(rows, _CELL))


def _numbers(labels: Sequence[str], values: pd.Series[str]) -> Ints:
    """Return the number of each value among some labels."""
    return _found(labels, values.tolist())


def _found(keys: Iterable[Hashable], wanted: Iterable[Hashable]) -> Ints:
    """Return the number of each wanted key; lists, which for a few rows take less time than what tables can do."""
    known = {key: number for number, key in enumerate(keys)}
    return np.array([known[key] for key in wanted], dtype=np.int64)


def _keys(rows: pd.DataFrame, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    return zip(*(rows[name].tolist() for name in columns), strict=True)


def scales_of(function: Function, answers: pd.DataFrame, questionnaires: pd.DataFrame) -> tuple[pd.DataFrame, Ints]:
    """Return the scales and the scale of each answer: the item's, or that of the rater on the item."""
    sizes = np.array([function.categories(item) for item in function.items], dtype=np.int64)
    if function.has_severity or not len(answers):
        scales = pd.DataFrame({"item": np.arange(len(sizes)), "rater": -1, "categories": sizes})
        return scales, answers["item"].to_numpy()
    pairs = pd.DataFrame(
        {"item": answers["item"], "rater": questionnaires["rater"].to_numpy()[answers["questionnaire"]]}
    )
    number = np.asarray(pairs.groupby(["item", "rater"]).ngroup(), dtype=np.int64)
    scales = pairs.drop_duplicates().sort_values(["item", "rater"]).reset_index(drop=True)
    return scales.assign(categories=sizes[scales["item"]]), number
