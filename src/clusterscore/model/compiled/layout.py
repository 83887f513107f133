"""Where each free quantity stands in the sampler's point: one vector without bounds.

Quantities are those of :mod:`clusterscore.model.build`, under the same names and, where they are bounded, moved by the
same change of variables: positive ones by the logarithm, a share by the log-odds, weights by log-ratios, shares of
answers through their cuts.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from math import prod
from typing import Annotated, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clusterscore.model.axes import REPORTED_COUNT, REPORTED_FIGURE, REPORTED_MEMBER, scales_by_size
from clusterscore.model.design import Design
from clusterscore.model.slopes import slope_basis
from clusterscore.vocabulary import INDICATOR, OVERALL, PILLAR

Floats = Annotated[NDArray[np.float64], 1]
Matrix = Annotated[NDArray[np.float64], 2]
Ints = Annotated[NDArray[np.int64], 1]

NORMAL, HALF_NORMAL, LOG_NORMAL, BETA, GAMMA = range(5)
_FAMILY: Final = {"normal": NORMAL, "half_normal": HALF_NORMAL, "log_normal": LOG_NORMAL, "beta": BETA, "gamma": GAMMA}
ABSENT: Final = -1


@dataclass(frozen=True, slots=True)
class Block:
    """One free quantity in the point.

    Attributes
    ----------
    name
        As in the PyMC model.
    start
        Position of its first element.
    shape
        Of its unbounded form.
    prior
        Name of its prior where it stands at the top of the hierarchy, else None.
    dims
        Names of its dimensions where it stands at the top.
    """

    name: str
    start: int
    shape: tuple[int, ...]
    prior: str | None = None
    dims: tuple[str, ...] = ()

    @property
    def end(self) -> int:
        """Position after its last element."""
        return self.start + prod(self.shape)


class Places(NamedTuple):
    """Position of the first element of each quantity, or -1 where the model has none.

    Groupings follow one another. Where the shares of answers stand is said scale by scale, see
    :class:`clusterscore.model.compiled.peers.PeerData`.
    """

    pillar_scale: int
    general_share: int
    group_sd: int
    innovation_sd: int
    shock_sd: int
    slope_sd: int
    intercept: int
    error_sd: int
    degrees_of_freedom: int
    overdispersion: int
    member_sd: int
    member_error_sd: int
    overall_slope: int
    discrepancy_sd: int
    severity_sd: int
    drift_sd: int
    halo_sd: int
    consistency_sd: int
    general: int
    group_deviation: int
    entry: int
    step: int
    shock: int
    weight: int
    slope_contrast: int
    discrepancy_deviation: int
    severity_drawn: int
    severity_step: int
    halo_drawn: int
    consistency_contrast: int


class Here(NamedTuple):
    """A point, the natural values of its elements at the top, and where quantities stand in it."""

    point: Floats
    value: Floats
    at: Places


class Back(NamedTuple):
    """Derivatives of the log-density that are added up: by the point's elements, and by what the channels hang on.

    ``position`` has dims (cell, pillar), ``composite`` (cell), ``log_slope`` (measure).
    """

    gradient: Floats
    position: Matrix
    composite: Floats
    log_slope: Floats


class Top(NamedTuple):
    """The free quantities at the top of the hierarchy, element by element: position, family and its two parameters."""

    position: Ints
    family: Ints
    first: Floats
    second: Floats


@dataclass(frozen=True, slots=True)
class Layout:
    """The blocks of the point, in order."""

    blocks: tuple[Block, ...]

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.blocks[-1].end

    def places(self) -> Places:
        """Return where each kind of quantity begins."""
        first = dict.fromkeys(Places._fields, ABSENT)
        for block in reversed(self.blocks):
            if not block.name.startswith("answer_share"):
                first[_kind(block)] = block.start
        return Places(**first)


def layout_of(design: Design) -> Layout:
    """Return the layout of a design: the same quantities as the PyMC model has, those at the top first."""
    shapes: list[tuple[str, tuple[int, ...], str | None, tuple[str, ...]]] = []
    shapes += [(name, shape, prior, dims) for name, prior, shape, dims in _top(design)]
    shapes += [(name, shape, None, ()) for name, shape in _effects(design, {name for name, *_ in shapes})]
    blocks, start = [], 0
    for name, shape, prior, dims in shapes:
        blocks.append(Block(name, start, shape, prior, dims))
        start = blocks[-1].end
    return Layout(tuple(blocks))


def top_of(design: Design, layout: Layout) -> Top:
    """Return the priors at the top of the hierarchy, an element of the point each."""
    rows = []
    for block in layout.blocks:
        if block.prior is None:
            continue
        prior = design.function.prior(block.prior)
        first, second = (*prior.parameters.values(), 0.0)[:2]
        first = float(np.log(first)) if prior.family == "log_normal" else first
        rows += [(place, _FAMILY[prior.family], first, second) for place in range(block.start, block.end)]
    position, family, firsts, seconds = map(np.array, zip(*rows, strict=True))
    return Top(position, family, firsts.astype(float), seconds.astype(float))


def reported(indicator: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the indicators that were ever reported, and each row's place among them."""
    kinds, number = np.unique(indicator, return_inverse=True)
    return kinds, number


def _kind(block: Block) -> str:
    """Return the field of :class:`Places` to which a block belongs."""
    if block.prior == "group_sd":
        return "group_sd"
    if block.name.endswith("_deviation") and block.name != "discrepancy_deviation":
        return "group_deviation"
    return block.name


def _top(design: Design) -> list[tuple[str, str, tuple[int, ...], tuple[str, ...]]]:
    """Name, prior, shape and dims of each quantity at the top of the hierarchy."""
    function, n_pillars = design.function, len(design.function.pillars)
    by_pillar, single = ((n_pillars,), (PILLAR,)), ((), ())
    has_figures = bool(len(design.figures) or len(design.counts) or len(design.members.groups))
    asked, several = bool(len(design.answers)), len(design.raters) > 1
    severe, overall = asked and several and function.has_severity, asked and bool(function.overall)
    wanted = [
        ("pillar_scale", "pillar_scale", *by_pillar, True),
        ("general_share", "general_share", *single, n_pillars > 1),
        *((f"{grouping}_sd", "group_sd", *single, True) for grouping in design.groups),
        ("innovation_sd", "innovation_sd", *by_pillar, len(design.later_cells) > 0),
        ("shock_sd", "shock_sd", *by_pillar, len(design.later_years) > 0),
        ("slope_sd", "slope_sd", *single, slope_basis(function)[1].shape[1] > 0),
        ("intercept", "intercept", (len(function.indicators),), (INDICATOR,), has_figures),
        *_reported(design),
        ("overall_slope", "overall_slope", (len(function.overall),), (OVERALL,), overall),
        ("discrepancy_sd", "discrepancy_sd", *single, overall),
        ("severity_sd", "severity_sd", *single, severe),
        ("drift_sd", "drift_sd", *single, severe and function.has_drift and len(design.years) > 1),
        ("halo_sd", "halo_sd", *single, asked and design.has_halo),
        ("consistency_sd", "consistency_sd", *single, asked and several and function.has_consistency),
    ]
    return [(name, prior, shape, dims) for name, prior, shape, dims, present in wanted if present]


def _reported(design: Design) -> list[tuple[str, str, tuple[int, ...], tuple[str, ...], bool]]:
    """Return the errors of each kind of figure, one for each indicator that was ever reported."""
    learned = design.function.errors.degrees_of_freedom == "learned"
    rows = []
    for names, frame, dim in (
        (("error_sd",), design.figures, REPORTED_FIGURE),
        (("overdispersion",), design.counts, REPORTED_COUNT),
        (("member_sd", "member_error_sd"), design.members.groups, REPORTED_MEMBER),
    ):
        n_kinds = len(reported(frame["indicator"].to_numpy())[0])
        rows += [(name, name, (n_kinds,), (dim,), n_kinds > 0) for name in names]
    return [*rows, ("degrees_of_freedom", "degrees_of_freedom", (), (), learned and len(design.figures) > 0)]


def _effects(design: Design, scales: Collection[str]) -> list[tuple[str, tuple[int, ...]]]:
    """Name and shape of everything below the top: an effect is there where its scale is."""
    n_pillars, n_raters = len(design.function.pillars), len(design.raters)
    n_coefficients = len(design.units) - 1
    wanted: list[tuple[str, tuple[int, ...], str]] = [
        ("general", (n_coefficients, 1), "general_share"),
        *((f"{name}_deviation", (len(labels), n_pillars), f"{name}_sd") for name, labels in design.groups.items()),
        ("entry", (n_coefficients, n_pillars), "pillar_scale"),
        ("step", (len(design.later_cells), n_pillars), "innovation_sd"),
        ("shock", (len(design.later_years), n_pillars), "shock_sd"),
        ("weight", (n_pillars - 1,), "pillar_scale"),
        ("slope_contrast", (slope_basis(design.function)[1].shape[1],), "slope_sd"),
        ("discrepancy_deviation", (len(design.units),), "discrepancy_sd"),
        ("severity_drawn", (n_raters - 1,), "severity_sd"),
        ("severity_step", (len(design.years) - 1, n_raters - 1), "drift_sd"),
        ("halo_drawn", (len(design.questionnaires),), "halo_sd"),
        ("consistency_contrast", (n_raters - 1,), "consistency_sd"),
    ]
    shares = [(f"answer_share_{size}", (len(of), size - 1)) for size, of in scales_by_size(design).items()]
    return [(name, shape) for name, shape, scale in wanted if scale in scales] + shares
