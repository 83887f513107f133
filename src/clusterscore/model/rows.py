"""Rows of a design: each figure and each answer with the numbers of what it speaks about."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clusterscore.frames import each
from clusterscore.model.function import Function
from clusterscore.model.members import Collapsed, collapse
from clusterscore.model.transforms import standardise

Ints = NDArray[np.int64]


def figures_of(
    function: Function, figures: pd.DataFrame, cell: dict[tuple[str, int], int]
) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """Return the rows of continuous figures and of counts, and how many counts lack their exposure.

    Parameters
    ----------
    function
        The function document.
    figures
        unit, year, indicator, value, record; of units only.
    cell
        Number of each unit and year.
    """
    by_id = {part.id: (number, part) for number, part in enumerate(function.indicators)}
    recorded = figures.set_index(["unit", "year", "indicator"])["value"]
    continuous, counts, no_exposure = [], [], 0
    for row in each(figures):
        number, part = by_id[row.indicator]
        here = cell[row.unit, row.year]
        if part.transform != "count":
            continuous.append((here, number, float(standardise(part, row.value)), row.record))
            continue
        exposure = 1.0 if part.exposure is None else recorded.get((row.unit, row.year, part.exposure), np.nan)
        if exposure > 0:
            counts.append((here, number, int(row.value), float(np.log(exposure * part.typical))))
        else:
            no_exposure += 1
    return (
        pd.DataFrame(continuous, columns=["cell", "indicator", "value", "record"]),
        pd.DataFrame(counts, columns=["cell", "indicator", "value", "log_expected"]),
        no_exposure,
    )


def members_of(function: Function, figures: pd.DataFrame, units: tuple[str, ...], cells: pd.DataFrame) -> Collapsed:
    """Return the members' figures, collapsed; ``cells`` has unit and year, a row per cell."""
    place = pd.MultiIndex.from_frame(cells).get_indexer(pd.MultiIndex.from_frame(figures[["unit", "year"]]))
    order = {part.id: number for number, part in enumerate(function.indicators)}
    unit = np.searchsorted(np.array(units), figures["unit"].to_numpy(dtype=str))
    return collapse(figures.assign(cell=place, unit=unit, indicator=figures["indicator"].map(order).astype(np.int64)))


def answers_of(
    function: Function, answers: pd.DataFrame, cell: dict[tuple[str, int], int]
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[str, ...]]:
    """Return the questionnaires, the answers, and the raters who gave them, sorted; ``cell`` numbers unit and year."""
    items = {part.id: number for number, part in enumerate(function.items)}
    n_categories = np.array([function.categories(part) for part in function.items], dtype=np.int64)
    reversed_item = np.array([part.direction < 0 for part in function.items], dtype=bool)
    asked = (
        answers[["rater", "unit", "year"]]
        .drop_duplicates()
        .sort_values(["rater", "unit", "year"])
        .reset_index(drop=True)
    )
    raters = tuple(sorted(asked["rater"].unique()))
    number = {key: index for index, key in enumerate(asked.itertuples(index=False, name=None))}
    item = answers["item"].map(items).to_numpy(dtype=np.int64)
    category = answers["answer"].to_numpy(dtype=np.int64) - 1
    rows = pd.DataFrame(
        {
            "cell": [cell[key] for key in zip(answers["unit"], answers["year"], strict=True)],
            "item": item,
            "questionnaire": [
                number[key] for key in zip(answers["rater"], answers["unit"], answers["year"], strict=True)
            ],
            "category": np.where(reversed_item[item], n_categories[item] - 1 - category, category)
            if len(item)
            else item,
        },
        dtype=np.int64,
    )
    questionnaires = pd.DataFrame(
        {
            "rater": np.searchsorted(np.array(raters), asked["rater"].to_numpy(dtype=str))
            if raters
            else np.array([], dtype=np.int64),
            "cell": [cell[key] for key in zip(asked["unit"], asked["year"], strict=True)],
        },
        dtype=np.int64,
    )
    return questionnaires, rows.sort_values(["item", "cell"], kind="stable").reset_index(drop=True), raters


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
