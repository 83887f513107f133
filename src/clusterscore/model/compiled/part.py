"""A part of a density: the same priors, and the likelihood of some of the rows.

What some effects are like given all others hangs on few rows. With the others left out a density costs little, and it
differs from the whole one by a constant as long as only these effects move.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clusterscore.model.compiled.density import Data
from clusterscore.model.compiled.figures import FigureData
from clusterscore.model.compiled.graded import Runs, runs_of
from clusterscore.model.compiled.layout import Ints

Chosen = NDArray[np.bool_]


def only(data: Data, cells: Chosen, sheets: Chosen) -> Data:
    """Return data that hold only rows about some cells, or on some questionnaires.

    Parameters
    ----------
    data
        All that a density hangs on.
    cells
        dims (cell): the cells whose figures and answers count.
    sheets
        dims (questionnaire): the questionnaires whose answers count besides.
    """
    answers = _answers(data.peers.runs)
    kept = cells[answers[0]] | sheets[answers[2]]
    peers = data.peers._replace(runs=runs_of(*(column[kept] for column in answers)))
    return data._replace(figures=_figures(data.figures, cells), peers=peers)


def _answers(runs: Runs) -> tuple[Ints, Ints, Ints, Ints]:
    """Return cell, item, questionnaire and cut below of each answer."""
    n: Ints = np.diff(runs.end.astype(np.int64), prepend=np.int64(0)).astype(np.int64)
    columns = (runs.cell, np.repeat(runs.item, n), runs.sheet, np.repeat(runs.low, n))
    cell, item, sheet, low = (np.asarray(column, dtype=np.int64) for column in columns)
    return cell, item, sheet, low


def _figures(data: FigureData, cells: Chosen) -> FigureData:
    figure, count = cells[data.figure_cell], cells[data.count_cell]
    n_means = np.diff(data.group_start)
    of_mean = np.repeat(np.arange(len(n_means)), n_means)
    group = np.isin(np.arange(len(n_means)), of_mean[cells[data.mean_cell]])
    mean = group[of_mean]
    chosen = {"figure": figure, "count": count, "group": group, "mean": mean}
    columns = {name: getattr(data, name)[chosen[kind]] for name, kind in _ROWS.items()}
    return data._replace(**columns, group_start=np.concatenate([[0], np.cumsum(n_means[group])]))


_ROWS = {
    **dict.fromkeys(("figure_cell", "figure_indicator", "figure_kind", "figure"), "figure"),
    **dict.fromkeys(("count_cell", "count_indicator", "count_kind", "counted"), "count"),
    **dict.fromkeys(("count_log_expected", "count_log_ways"), "count"),
    **dict.fromkeys(("group_indicator", "group_kind", "group_members", "group_years"), "group"),
    **dict.fromkeys(("group_within", "group_between"), "group"),
    **dict.fromkeys(("mean_cell", "mean"), "mean"),
}
