"""Where a sampling begins: near the end of another, with measures of length from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clusterscore.model.compiled.density import Density
from clusterscore.model.compiled.layout import layout_of
from clusterscore.model.design import Design
from clusterscore.posterior.basis import Basis
from clusterscore.posterior.changes import Grown
from clusterscore.posterior.extend import extended
from clusterscore.posterior.proposal import propose


@dataclass(frozen=True, eq=False)
class Start:
    """Where a sampling begins.

    Attributes
    ----------
    points
        dims (sample, element): where chains may begin.
    unit
        dims (element): about the standard deviation of each element.
    """

    points: NDArray[np.float64]
    unit: NDArray[np.float64]

    def point(self, seed: int) -> NDArray[np.float64]:
        """Return one of the points, in its own measures."""
        chosen = np.random.default_rng(seed).integers(len(self.points))
        return np.asarray(self.points[chosen] / self.unit)


def is_helpful(basis: Basis, design: Design) -> bool:
    """Whether a sampling of a design may begin where that of a basis ended.

    Not where the design has scales of which the basis knows nothing, such as that of yearly steps when a second edition
    comes: effects would be drawn in a form that was chosen without them, and from a place that tells nothing of them.
    """
    layouts = basis.density.layout, layout_of(design)
    known, needed = ({block.name for block in layout.blocks if block.prior} for layout in layouts)
    return len(basis.points) > 0 and needed <= known


def start_from(basis: Basis, density: Density, seed: int = 1) -> Start | None:
    """Return where a sampling of a density of the same form begins: where the samples of a basis would be moved to.

    None where they cannot be extended to it.
    """
    try:
        rows = extended(basis, density)
    except Grown:
        return None
    proposal = propose(basis, density, rows)
    points = proposal.points(proposal.draw(np.random.default_rng(seed)), slice(None))
    spread = points.std(axis=0)
    return Start(points, np.where(spread > 0.0, spread, 1.0))
