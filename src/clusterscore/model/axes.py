"""The named axes of a design, with their labels: what arrays of draws and the PyMC model have in common."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from clusterscore.model.design import Design
from clusterscore.vocabulary import (
    CELL,
    CUT,
    INDICATOR,
    MEASURE,
    OVERALL,
    PILLAR,
    QUESTIONNAIRE,
    RATER,
    SCALE,
    UNIT,
    YEAR,
)

REPORTED_FIGURE: Final = "reported_figure"
REPORTED_COUNT: Final = "reported_count"
REPORTED_MEMBER: Final = "reported_member"


def axes_of(design: Design) -> dict[str, list[Any]]:
    """Return the labels of every axis that a design has, by the name of the dimension.

    Besides those of :mod:`clusterscore.vocabulary`: the indicators that were ever reported, by kind of figure; scales
    and cuts by number of categories (``scale_5``, ``cut_5``); and the groups of each grouping.
    """
    function = design.function
    axes: dict[str, list[Any]] = {
        CELL: list(range(design.n_cells)),
        PILLAR: [pillar.id for pillar in function.pillars],
        INDICATOR: [part.id for part in function.indicators],
        MEASURE: list(function.measures),
        OVERALL: [item.id for item in function.overall],
        UNIT: list(design.units),
        YEAR: list(design.years),
        RATER: list(design.raters),
        QUESTIONNAIRE: list(range(len(design.questionnaires))),
    }
    for name, rows in (
        (REPORTED_FIGURE, design.figures),
        (REPORTED_COUNT, design.counts),
        (REPORTED_MEMBER, design.members.groups),
    ):
        axes[name] = [function.indicators[kind].id for kind in np.unique(rows["indicator"].to_numpy(np.int64))]
    for size, chosen in scales_by_size(design).items():
        axes[f"{SCALE}_{size}"] = [design.scale_labels[number] for number in chosen]
        axes[f"{CUT}_{size}"] = list(range(2, size + 1))
    axes |= {grouping: list(labels) for grouping, labels in design.groups.items()}
    return {name: labels for name, labels in axes.items() if labels}


def scales_by_size(design: Design) -> dict[int, np.ndarray]:
    """Return which scales have how many categories, by that number; nothing where nobody answered."""
    sizes = design.scales["categories"].to_numpy(np.int64) if len(design.answers) else np.empty(0, np.int64)
    return {int(size): np.flatnonzero(sizes == size) for size in np.unique(sizes)}
