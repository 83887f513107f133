"""Where a sampling begins: near the end of another, with measures of length from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clusterscore.model.compiled.density import Density, density_of
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
    density
        What is sampled, in the form in which the other was.
    origin
        Id of the other.
    points
        dims (sample, element): where chains may begin.
    unit
        dims (element): about the standard deviation of each element.
    """

    density: Density
    origin: str
    points: NDArray[np.float64]
    unit: NDArray[np.float64]

    def point(self, seed: int) -> NDArray[np.float64]:
        """Return one of the points, in its own measures."""
        chosen = np.random.default_rng(seed).integers(len(self.points))
        return np.asarray(self.points[chosen] / self.unit)


def start_from(basis: Basis, design: Design, seed: int = 1) -> Start | None:
    """Return where a sampling of a design begins: where the samples of a basis would be moved to.

    None where they were not kept, or cannot be extended to it.
    """
    if not len(basis.points):
        return None
    density = density_of(design, basis.density.form)
    try:
        rows = extended(basis, density)
    except Grown:
        return None
    proposal = propose(basis, density, rows)
    points = proposal.points(proposal.draw(np.random.default_rng(seed)), slice(None))
    spread = points.std(axis=0)
    return Start(density, basis.run.id, points, np.where(spread > 0.0, spread, 1.0))
