"""Observations that arrive late: what is taken away from an association before a first fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from clusterscore.observations.observed import Observations

YEAR: Final = 2022


def without(state: Observations, figures: pd.Series, answers: pd.Series, unit: str | None = None) -> Observations:
    """Return observations without some figures and answers, and without a unit."""
    return replace(
        state,
        figures=state.figures[~figures].reset_index(drop=True),
        answers=state.answers[~answers].reset_index(drop=True),
        units=state.units[state.units["unit"] != unit].reset_index(drop=True),
    )


def _figure(state: Observations) -> Observations:
    rows = state.figures
    return without(state, _one(rows, (rows["unit"] == "B") & (rows["year"] == YEAR)), rows_none(state.answers))


def _questionnaire(state: Observations) -> Observations:
    return without(state, rows_none(state.figures), _sheet(state.answers, "C"))


def _rater(state: Observations) -> Observations:
    return without(state, rows_none(state.figures), state.answers["rater"] == "R5")


def _unit(state: Observations) -> Observations:
    return without(state, state.figures["unit"] == "G", state.answers["unit"] == "G", "G")


def _year(state: Observations) -> Observations:
    late = [(frame["unit"] == "D") & (frame["year"] == YEAR) for frame in (state.figures, state.answers)]
    return without(state, *late)


def rows_none(frame: pd.DataFrame) -> pd.Series:
    """Return a mask of no row."""
    return pd.Series(np.zeros(len(frame), dtype=bool), index=frame.index)


def _one(frame: pd.DataFrame, mask: pd.Series) -> pd.Series:
    return pd.Series(frame.index == frame.index[mask][0], index=frame.index)


def _sheet(answers: pd.DataFrame, unit: str) -> pd.Series:
    about = answers[(answers["unit"] == unit) & ~answers["tied"]]
    first = about.iloc[0]
    return (answers["unit"] == unit) & (answers["rater"] == first["rater"]) & (answers["year"] == first["year"])


def _one_sheet_of_a_rater(state: Observations) -> Observations:
    rows = state.answers[state.answers["rater"] == "R5"]
    first = rows[~rows["tied"]].iloc[0]
    same = (state.answers["unit"] == first["unit"]) & (state.answers["year"] == first["year"])
    return without(state, rows_none(state.figures), (state.answers["rater"] == "R5") & ~same)


def _one_figure_of_a_year(state: Observations) -> Observations:
    late = [(frame["unit"] == "D") & (frame["year"] == YEAR) for frame in (state.figures, state.answers)]
    return without(state, late[0] & ~_one(state.figures, late[0]), late[1])


AFTER: Final[dict[str, Callable[[Observations], Observations]]] = {
    "rater": _one_sheet_of_a_rater,
    "year": _one_figure_of_a_year,
}
"""What is known when it has arrived, where that is not everything: in a tiny association a rater is a lot."""
BEFORE: Final[dict[str, Callable[[Observations], Observations]]] = {
    "figure": _figure,
    "questionnaire": _questionnaire,
    "rater": _rater,
    "unit": _unit,
    "year": _year,
}
"""What was known before each kind of observation arrived."""
WITHIN: Final = ("figure", "questionnaire")
"""Kinds about which the draws know everything."""
BEYOND: Final = ("rater", "unit", "year")
"""Kinds that bring something of which they know nothing."""
