"""What each element of a point is about, so that it can be found again in the point of another design."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from itertools import pairwise, product
from typing import Any, Final

import numpy as np

from clusterscore.model.axes import axes_of, scales_by_size
from clusterscore.model.compiled.layout import Block, Layout
from clusterscore.model.design import Design

SEVERITY = "severity_drawn"


Label = tuple[Hashable, ...]


def labels_of(design: Design, layout: Layout) -> list[Label]:
    """Return a label for each element of a point, no two the same; equal labels mean the same thing.

    Elements that mean something only together, such as the contrasts of raters, carry the whole of their group in their
    labels: they are found again only where it is the same.
    """
    axes = axes_of(design)
    return [(block.name, *label) for block in layout.blocks for label in _labels(design, axes, block)]


def _labels(design: Design, axes: Mapping[str, list[Any]], block: Block) -> Iterator[tuple[Hashable, ...]]:
    if block.prior is not None:
        return product(*(axes[dim] for dim in block.dims))
    rows = _ROWS.get(block.name, _rows_of_group)(design, block)
    return product(rows, *map(range, block.shape[1:]))


def _rows_of_group(design: Design, block: Block) -> list[Hashable]:
    """Return labels along the first dimension of a grouping, of a family of scales, or of what belongs together."""
    grouping = block.name.removesuffix("_deviation")
    if grouping in design.groups:
        return list(design.groups[grouping])
    if block.name.startswith("answer_share_"):
        scales = scales_by_size(design)[int(block.name.rpartition("_")[2])]
        return [design.scale_labels[number] for number in scales]
    together = (design.raters, design.years) if block.name.startswith(("severity", "consistency")) else ()
    return [(together, number) for number in range(block.shape[0])]


def _sheets(design: Design, _block: Block) -> list[Hashable]:
    """Return rater, unit and year of each questionnaire."""
    rater, cell = (design.questionnaires[column].to_numpy() for column in ("rater", "cell"))
    return list(zip(np.array(design.raters)[rater].tolist(), _cells(design, cell), strict=True))


def _units(design: Design, _block: Block) -> list[Hashable]:
    return list(design.units)


def _shocks(design: Design, _block: Block) -> list[Hashable]:
    """Return the year of each common step and the year before it."""
    return list(pairwise(design.years[-len(design.later_years) - 1 :]))


def _coefficients(design: Design, _block: Block) -> list[Hashable]:
    """Return what the coefficients of entry are about: contrasts of the base cohort, then later units."""
    base = tuple(unit for unit, early in zip(design.units, design.base_unit, strict=True) if early)
    later = [unit for unit, early in zip(design.units, design.base_unit, strict=True) if not early]
    return [*((base, number) for number in range(len(base) - 1)), *later]


def _arrivals(design: Design, _block: Block) -> list[Hashable]:
    """Return unit, year and the year before it of each step."""
    to = _cells(design, design.later_cells)
    before = np.asarray(design.years)[design.cell_year[design.later_cells - 1]]
    return list(zip(to, before.tolist(), strict=True))


def _cells(design: Design, cells: np.ndarray) -> list[tuple[str, int]]:
    units, years = np.array(design.units)[design.cell_unit[cells]], np.asarray(design.years)[design.cell_year[cells]]
    return list(zip(units.tolist(), years.tolist(), strict=True))


_ROWS: Final[dict[str, Callable[[Design, Block], list[Hashable]]]] = {
    "general": _coefficients,
    "entry": _coefficients,
    "step": _arrivals,
    "shock": _shocks,
    "discrepancy_deviation": _units,
    "halo_drawn": _sheets,
}
