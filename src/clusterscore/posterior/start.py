"""Where a sampling begins: near the end of another, in coordinates that fit its samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clusterscore.model.compiled.density import Density, density_of
from clusterscore.model.compiled.preconditioner import Preconditioner
from clusterscore.model.design import Design
from clusterscore.posterior.basis import Basis
from clusterscore.posterior.changes import Grown
from clusterscore.posterior.extend import extended
from clusterscore.posterior.precondition import inward, precondition
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
    coordinates
        In which it is sampled.
    places
        dims (sample, coordinate): where chains may begin.
    """

    density: Density
    origin: str
    coordinates: Preconditioner
    places: NDArray[np.float64]

    def place(self, seed: int) -> NDArray[np.float64]:
        """Return one of the places."""
        return np.array(self.places[np.random.default_rng(seed).integers(len(self.places))])


def start_from(basis: Basis, design: Design, seed: int = 1) -> Start | None:
    """Return where a sampling of a design begins: where the samples of a basis would be moved to.

    None where they were not kept, or cannot be extended or moved to it.
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
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        return None
    coordinates = precondition(density, points)
    return Start(density, basis.run.id, coordinates, inward(coordinates, points))
