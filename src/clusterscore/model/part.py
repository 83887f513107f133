"""What some observations alone say, on the axes of a design that knows more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clusterscore.model.design import Design
from clusterscore.model.evidence import of_members
from clusterscore.model.members import Collapsed
from clusterscore.model.rows import answers_of, figures_of, members_of

Ints = NDArray[np.int64]


def part_of(design: Design, figures: pd.DataFrame, answers: pd.DataFrame, cells: Ints) -> Design:
    """Return what some observations alone say, on the axes of a design, but with some of its cells only.

    Parameters
    ----------
    design
        Whose axes they are on: it knows their raters, scales and indicators.
    figures, answers
        As :func:`clusterscore.model.evidence.speaking` returns them, without answers of tied raters; about ``cells``.
    cells
        dims (cell): index of cells of ``design``, in order: the cells of the result.

    Raises
    ------
    LookupError
        Where a rater answers on a scale of its own that the design does not have.
    """
    function, own = design.function, figures["member"].isna()
    unit, year = design.cell_unit[cells], design.cell_year[cells]
    labels = pd.DataFrame({"unit": np.array(design.units)[unit], "year": np.asarray(design.years)[year]})
    continuous, counts = design.figures.iloc[:0], design.counts.iloc[:0]  # to find nothing in tables takes long
    questionnaires, rows = design.questionnaires.iloc[:0], design.answers.iloc[:0]
    members = Collapsed(design.members.groups.iloc[:0], design.members.means.iloc[:0])
    if own.any():
        continuous, counts, _ = figures_of(function, figures[own], labels)
    if not own.all():
        members = members_of(function, of_members(function, figures), design.units, labels)
    if len(answers):
        questionnaires, rows, raters = answers_of(function, answers, labels)
        questionnaires["rater"] = np.searchsorted(design.raters, raters)[questionnaires["rater"]]
        rows["scale"] = _scales_in(design, rows, questionnaires)
        if (rows["scale"] < 0).any():
            raise LookupError("a rater answers an item for the first time")
    return replace(
        design,
        cell_unit=unit,
        cell_year=year,
        figures=continuous,
        counts=counts,
        members=members,
        answers=rows,
        questionnaires=questionnaires,
    )


def _scales_in(design: Design, answers: pd.DataFrame, questionnaires: pd.DataFrame) -> Ints:
    """Return which scale of a design each answer is on; dims (answer), -1 where the design does not have it."""
    if design.function.has_severity:
        return answers["item"].to_numpy(dtype=np.int64)
    rater = questionnaires["rater"].to_numpy()[answers["questionnaire"]]
    known = pd.MultiIndex.from_frame(design.scales[["item", "rater"]])
    wanted = pd.MultiIndex.from_arrays([answers["item"].to_numpy(), rater])
    return np.asarray(known.get_indexer(wanted), dtype=np.int64)
