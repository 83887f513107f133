"""Points of the sampler in the layout of a design that has grown: what was known is carried over, the rest is new."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from clusterscore.model.axes import scales_by_size
from clusterscore.model.compiled.density import Density
from clusterscore.model.compiled.labels import SEVERITY, labels_of
from clusterscore.model.contrasts import coefficients_of, deviations
from clusterscore.posterior.basis import Basis
from clusterscore.posterior.changes import Grown
from clusterscore.posterior.likelihood import Floats, Ints

_TOGETHER: Final = ("severity_step", "consistency_contrast")


@dataclass(frozen=True, eq=False)
class Extended:
    """Points with room for what is new.

    What is new are elements of the point, and the severities of new raters. As severities sum to zero, a new one shifts
    all others against it, and the cuts between answers with them, so that what the others answer stays as it was.

    Attributes
    ----------
    old
        dims (sample, old element): the points as they were.
    points
        dims (sample, element): carried over, what is new left at ``start``.
    known, carried
        Elements of the old points that mean the same in the new, and where they stand there.
    fresh
        Elements that are new.
    start
        dims (new element): where they begin, those of ``fresh``, then the severities of new raters.
    pulled
        Elements that new raters move, besides the middles of the scales.
    pull
        dims (new rater, pulled element): how far each, per unit of the severity as it is drawn.
    middles
        Elements that hold the middle cut of each scale.
    raised
        dims (sample): how far a new rater moves these.
    """

    old: Floats
    points: Floats
    known: Ints
    carried: Ints
    fresh: Ints
    start: Floats
    pulled: Ints
    pull: Floats
    middles: Ints
    raised: Floats

    @property
    def n_new(self) -> int:
        """Number of new elements."""
        return len(self.start)

    def at(self, z: Floats, samples: slice) -> Floats:
        """Return points where what is new has the values ``z``: dims (sample, element)."""
        points = self.points[samples].copy()
        points[:, self.fresh] = z[:, : len(self.fresh)]
        severity = z[:, len(self.fresh) :]
        points[:, self.pulled] += severity @ self.pull
        points[:, self.middles] += (self.raised[samples] * severity.sum(axis=1))[:, None]
        return points

    def along(self, gradients: Floats, samples: slice) -> Floats:
        """Return gradients by what is new, from those by the point's elements; dims (sample, new element)."""
        by_severity = gradients[:, self.pulled] @ self.pull.T
        by_severity += (self.raised[samples] * gradients[:, self.middles].sum(axis=1))[:, None]
        return np.concatenate([gradients[:, self.fresh], by_severity], axis=1)

    def middle(self, times: int = 1) -> Extended:
        """Return the mean of all points, so many times."""
        names = ("old", "points", "raised")
        means = {name: getattr(self, name).mean(axis=0, keepdims=True) for name in names}
        return replace(self, **{name: np.repeat(mean, times, axis=0) for name, mean in means.items()})


def extended(basis: Basis, density: Density) -> Extended:
    """Return the points of a basis in the layout of a density of the same form that knows more.

    Raises
    ------
    Grown
        Where what was drawn has no place there, in words.
    """
    old, design = basis.points.astype(np.float64), density.design
    was = {label: number for number, label in enumerate(labels_of(basis.design, basis.density.layout))}
    labels = labels_of(design, density.layout)
    place = np.array([was.get(label, -1) for label in labels], dtype=np.int64)
    points = np.where(place >= 0, old[:, place], density.middle)
    names = np.array([label[0] for label in labels])
    severity = np.flatnonzero((names == SEVERITY) & (place < 0))
    gone = set(was) - set(labels)
    if len(severity):
        gone = {label for label in gone if label[0] != SEVERITY}
    if gone or np.isin(names[place < 0], _TOGETHER).any():
        raise Grown(f"{sorted({str(label[0]) for label in gone}) or 'raters'} of the draws have another form now")
    fresh = np.setdiff1d(np.flatnonzero(place < 0), severity)
    rows = Extended(
        old=old,
        points=points,
        known=place[place >= 0],
        carried=np.flatnonzero(place >= 0),
        fresh=fresh,
        start=density.middle[fresh],
        pulled=severity,
        pull=np.empty((0, len(severity))),
        middles=np.empty(0, np.int64),
        raised=np.zeros(len(old)),
    )
    return _with_raters(basis, density, rows) if len(severity) else rows


def _with_raters(basis: Basis, density: Density, rows: Extended) -> Extended:
    """Return points in which new raters, of severity 0 so far, have their place among all."""
    known, design, layout = basis.design, density.design, basis.density.layout
    drawn = next((block for block in layout.blocks if block.name == SEVERITY), None)
    lost = set(known.raters) - set(design.raters)
    if drawn is None or lost:
        raise Grown("raters had no severity, or some have left")
    place = np.searchsorted(np.array(design.raters), np.array(known.raters))
    among = np.zeros((len(design.raters), len(rows.old)))
    among[place] = deviations(rows.old[:, drawn.start : drawn.end].T)
    new = np.setdiff1d(np.arange(len(design.raters)), place)
    shift = np.zeros((len(design.raters), len(new)))
    shift[new, np.arange(len(new))] = 1.0
    shift[place] = -1.0 / len(place)
    rows.points[:, rows.pulled] = coefficients_of(among).T
    sd = rows.old[:, basis.density.data.at.severity_sd]
    stretch = np.exp(sd * (1.0 - basis.density.data.peers.severity_degree))
    return replace(
        rows,
        start=np.concatenate([rows.start, np.zeros(len(new))]),
        pull=coefficients_of(shift).T,
        middles=_middles(density),
        raised=stretch / len(place),
    )


def _middles(density: Density) -> Ints:
    """Return the elements that hold the middle cut of each scale."""
    blocks = {block.name: block for block in density.layout.blocks}
    found: list[NDArray[np.int64]] = []
    for size, scales in scales_by_size(density.design).items():
        block = blocks[f"answer_share_{size}"]
        found.append(block.start + np.arange(len(scales)) * (size - 1) + (size - 1) // 2)
    return np.concatenate(found)
