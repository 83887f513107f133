"""A linear change of coordinates, in which a sampler finds directions about equally long.

Elements stand in blocks, each with a lower triangle that carries independent coordinates to it, such as the Cholesky
factor of its covariance. Before that the coordinates are stretched along some directions, which may run through all of
them. Kept in single precision: it is read four times for each gradient, and what it is exactly does not matter.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clusterscore.model.compiled.jit import inner, vectorised
from clusterscore.model.compiled.layout import Floats, Ints

Singles = Annotated[NDArray[np.float32], 1]
Directions = Annotated[NDArray[np.float32], 2]


class Preconditioner(NamedTuple):
    """How coordinates become a point.

    Attributes
    ----------
    member
        Elements of the point, block after block; none where coordinates are the point itself.
    first
        dims (block + 1): where each block begins in ``member``.
    factor
        Lower triangles, row by row, block after block.
    direction
        dims (direction, coordinate): orthogonal, of length 1.
    stretch
        dims (direction): how much longer than 1 what lies along each becomes.
    """

    member: Ints
    first: Ints
    factor: Singles
    direction: Directions
    stretch: Floats


def plain(size: int) -> Preconditioner:
    """Return the one that leaves points as they are."""
    none, nowhere = np.empty(0, np.float32), np.empty((0, size), np.float32)
    return Preconditioner(np.empty(0, np.int64), np.zeros(1, np.int64), none, nowhere, np.empty(0))


@inner
def forward(coordinates: Floats, by: Preconditioner, point: Floats) -> None:
    """Fill in the point."""
    for i in range(len(point)):
        point[i] = coordinates[i]
    _stretch(point, by)
    inside, at = np.empty(len(point)), 0
    for block in range(len(by.first) - 1):
        first, size = by.first[block], by.first[block + 1] - by.first[block]
        for i in range(size):
            inside[i] = point[by.member[first + i]]
        for i in range(size):
            point[by.member[first + i]] = _product(by.factor[at : at + i + 1], inside)
            at += i + 1


@inner
def backward(gradient: Floats, by: Preconditioner) -> None:
    """Turn derivatives by the point's elements into those by coordinates, in place."""
    inside, at = np.empty(len(gradient)), 0
    for block in range(len(by.first) - 1):
        first, size = by.first[block], by.first[block + 1] - by.first[block]
        for i in range(size):
            inside[i] = 0.0
        for i in range(size):
            _add(gradient[by.member[first + i]], by.factor[at : at + i + 1], inside)
            at += i + 1
        for i in range(size):
            gradient[by.member[first + i]] = inside[i]
    _stretch(gradient, by)


@inner
def _stretch(coordinates: Floats, by: Preconditioner) -> None:
    """Stretch coordinates along all directions, which do not mix as they are orthogonal."""
    for k in range(len(by.stretch)):
        _add(by.stretch[k] * _product(by.direction[k], coordinates), by.direction[k], coordinates)


@vectorised
def _product(row: Singles, values: Floats) -> float:
    total = 0.0
    for i in range(len(row)):
        total += row[i] * values[i]
    return total


@vectorised
def _add(times: float, row: Singles, values: Floats) -> None:
    for i in range(len(row)):
        values[i] += times * row[i]
