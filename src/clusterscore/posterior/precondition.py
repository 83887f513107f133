"""Coordinates for a sampler that begins where another ended: in them its samples are about equally wide everywhere.

What is known of the shape of a posterior is worth several times as many effective samples as it costs. Measured
together are all elements at the top, and the walk of each unit on each pillar, whose steps add up to where exact
figures say it stands. Along the directions in which the density then still bends the least, coordinates are stretched.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import linalg
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

from clusterscore.model.compiled.density import Density, log_densities
from clusterscore.model.compiled.held import Held
from clusterscore.model.compiled.preconditioner import Preconditioner, plain
from clusterscore.posterior.likelihood import Floats, Ints
from clusterscore.posterior.proposal import finite

_OWN: Final = ("general", "halo_drawn")
"""What is about one unit or one questionnaire, and hangs least on the rest."""
_MOST: Final = 500  # elements measured together: as many as a quarter of the samples
_SOFT: Final = 4  # directions
_STEP: Final = 1e-4
_ROUGHLY: Final = 0.03
_VECTORS, _RESTARTS = 32, 4
_STIFF: Final = 10.0


def precondition(density: Density, points: Floats) -> Preconditioner:
    """Return coordinates for a density.

    Parameters
    ----------
    density
        What is sampled.
    points
        Samples of about what it is, dims (sample, element).
    """
    blocks = _blocks(density)
    triangles = [_triangle(points[:, block]) for block in blocks]
    by = plain(density.size)._replace(
        member=np.concatenate(blocks),
        first=np.cumsum([0, *map(len, blocks)]),
        factor=np.concatenate([one[np.tril_indices(len(one))] for one in triangles]).astype(np.float32),
    )
    coordinates = inward(by, points)
    direction = _softest(density, by, coordinates.mean(axis=0)).astype(np.float32)
    return by._replace(direction=direction, stretch=_width(coordinates @ direction.T) - 1.0)


def inward(by: Preconditioner, points: Floats) -> Floats:
    """Return the coordinates of points; dims (sample, element) both."""
    coordinates, at = np.empty(points.shape), 0
    for first, last in pairwise(by.first):
        members, size = by.member[first:last], last - first
        triangle, n = np.zeros((size, size)), size * (size + 1) // 2
        triangle[np.tril_indices(size)] = by.factor[at : at + n]
        coordinates[:, members] = linalg.solve_triangular(triangle, points[:, members].T, lower=True).T
        at += n
    shorter = 1.0 / (1.0 + by.stretch) - 1.0
    return np.asarray(coordinates + (coordinates @ by.direction.T * shorter) @ by.direction)


def _blocks(density: Density) -> list[Ints]:
    """Return the elements that are measured together; every element is in one block."""
    elements = {b.name: np.arange(b.start, b.end).reshape(b.shape) for b in density.layout.blocks}
    walks = _walks(density, elements)
    top = [part.ravel() for name, part in elements.items() if name not in {"entry", "step", *_OWN}]
    top.sort(key=len)
    within = np.cumsum([len(part) for part in top]) <= _MOST
    together = np.concatenate([part for part, is_in in zip(top, within, strict=True) if is_in])
    scale = np.isin(together, density.scales)  # first, so that the coordinates of all others leave them alone
    joint = np.concatenate([together[scale], together[~scale]])
    alone = np.setdiff1d(np.arange(density.size), np.concatenate([joint, *walks]))
    return [joint, *walks, *alone[:, None]]


def _walks(density: Density, elements: dict[str, Ints]) -> list[Ints]:
    """Return the elements of each unit on each pillar: about its entry, and its steps."""
    design = density.design
    base = np.asarray(design.base_unit)
    rows, units = [elements["entry"]], [np.flatnonzero(base)[:-1], np.flatnonzero(~base)]
    if "step" in elements:
        rows.append(elements["step"])
        units.append(design.cell_unit[design.later_cells])
    every, unit = np.concatenate(rows), np.concatenate(units)
    return [pillar for one in np.unique(unit) for pillar in every[unit == one].T]


def _triangle(values: Floats) -> Floats:
    """Return the Cholesky factor of a covariance, the less of one the fewer samples there are for its size."""
    (n, size), spread = values.shape, _width(values)
    apart = (values - values.mean(axis=0)) / spread
    doubt = size / (size + n / 2.0)
    correlation = (1.0 - doubt) * (apart.T @ apart) / n + doubt * np.eye(size)
    return np.asarray(spread[:, None] * np.linalg.cholesky(correlation))


def _width(values: Floats) -> Floats:
    """Return standard deviations of samples, dims (quantity); 1 where all are the same."""
    width = values.std(axis=0)
    return np.where(width > 0.0, width, 1.0)


def _softest(density: Density, by: Preconditioner, middle: Floats) -> NDArray[np.float64]:
    """Return the directions in which the density bends the least, but for scales: dims (direction, coordinate)."""
    held, scale = Held(density.data._replace(coordinates=by)), np.zeros(density.size, bool)
    scale[density.scales] = True

    def bend(direction: Floats) -> Floats:
        along = np.where(scale, 0.0, direction.ravel())
        far = _STEP / max(np.abs(along).max(), np.finfo(float).tiny)
        ahead, behind = finite(log_densities(held, np.array([middle + far * along, middle - far * along]))[1])
        return np.where(scale, _STIFF * direction.ravel(), (behind - ahead) / (2.0 * far))

    operator = LinearOperator((density.size,) * 2, bend, dtype=np.float64)
    begin = np.random.default_rng(1).normal(size=density.size)
    n_vectors = min(_VECTORS, density.size)
    options: dict[str, Any] = {"which": "SA", "ncv": n_vectors, "maxiter": _RESTARTS, "tol": _ROUGHLY}
    try:
        found = eigsh(operator, min(_SOFT, n_vectors - 1), v0=begin, **options)[1]
    except ArpackNoConvergence as some:
        found = some.eigenvectors  # those that were
    return np.asarray(found.T, dtype=np.float64)
