"""What follows from points of the sampler: every quantity of the model under its name, with its dimensions."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clusterscore.model.axes import scales_by_size
from clusterscore.model.compiled.density import Data, Density
from clusterscore.model.compiled.held import kind_of, load
from clusterscore.model.compiled.jit import compiled, inner
from clusterscore.model.compiled.layout import Floats, Here, Ints
from clusterscore.model.compiled.peers import PeerData
from clusterscore.model.compiled.raters import consistencies, severities
from clusterscore.model.compiled.scales import all_cuts
from clusterscore.model.compiled.state import State, forward
from clusterscore.model.compiled.top import priors
from clusterscore.vocabulary import CELL, CUT, MEASURE, PILLAR, RATER, SCALE, UNIT, YEAR

Kept = NDArray[np.float32]
Named = dict[str, tuple[tuple[str, ...], Kept]]


class Out(NamedTuple):
    """Arrays to be filled in; the first dimension is the sample, ``severity`` has dims (sample, year, rater)."""

    value: Kept
    state: Kept
    composite: Kept
    standing: Kept
    weight: Kept
    slope: Kept
    severity: Kept
    consistency: Kept
    cuts: Kept


def quantities(density: Density, points: Floats) -> Named:
    """Return what the model calls by name, in single precision; free quantities below the top are left out.

    Parameters
    ----------
    density
        The density that was sampled.
    points
        dims (sample, element).

    Returns
    -------
    dimensions, the samples' own left out, and values with dims (sample, ...), by name: as in the PyMC model
    """
    design, held = density.design, density.held
    n_samples, n_cells = len(points), design.n_cells
    n_pillars, n_measures = len(design.function.pillars), len(design.function.measures)
    out = Out(
        value=np.empty((n_samples, int(density.data.top.position.max()) + 1), np.float32),
        state=np.empty((n_samples, n_cells, n_pillars), np.float32),
        composite=np.empty((n_samples, n_cells), np.float32),
        standing=np.empty((n_samples, n_cells), np.float32),
        weight=np.empty((n_samples, n_pillars), np.float32),
        slope=np.empty((n_samples, n_measures), np.float32),
        severity=np.empty((n_samples, len(design.years), len(design.raters)), np.float32),
        consistency=np.empty((n_samples, len(design.raters)), np.float32),
        cuts=np.empty((n_samples, density.data.peers.n_cuts), np.float32),
    )
    _follow(held.address, np.require(points, requirements=["C", "W"]), design.base_cells, out)
    named: Named = {
        "state": ((CELL, PILLAR), out.state),
        "function": ((CELL,), out.composite),
        "standing": ((CELL,), out.standing),
        "weight": ((PILLAR,), out.weight),
        "slope": ((MEASURE,), out.slope),
    }
    for block in density.layout.blocks:
        if block.prior is not None:
            named[block.name] = (block.dims, out.value[:, block.start : block.end].reshape(n_samples, *block.shape))
    return named | _of_peers(density, points, named, out) | _of_groups(density, points, named)


def _of_peers(density: Density, points: Floats, named: Named, out: Out) -> Named:
    """Return what is known of raters, scales and discrepancies."""
    at, scale_cut = density.data.at, density.data.peers.scale_cut
    found: Named = {}
    if at.severity_drawn >= 0:
        found["severity"] = ((RATER,), out.severity[:, -1])
        if at.severity_step >= 0:
            found["severity_path"] = ((RATER, YEAR), out.severity.swapaxes(1, 2))
    if at.consistency_contrast >= 0:
        found["consistency"] = ((RATER,), out.consistency)
    if at.discrepancy_deviation >= 0:
        deviation = points[:, at.discrepancy_deviation : at.discrepancy_deviation + len(density.design.units)]
        found["discrepancy"] = ((UNIT,), named["discrepancy_sd"][1][:, None] * deviation.astype(np.float32))
    for size, chosen in scales_by_size(density.design).items():
        places = scale_cut[chosen][:, None] + np.arange(1, size)
        found[f"threshold_{size}"] = ((f"{SCALE}_{size}", f"{CUT}_{size}"), out.cuts[:, places])
    return found


def _of_groups(density: Density, points: Floats, named: Named) -> Named:
    """Return the level of each group on each pillar."""
    blocks = {block.name: block for block in density.layout.blocks}
    found: Named = {}
    for grouping in density.design.groups:
        block = blocks[f"{grouping}_deviation"]
        deviation = points[:, block.start : block.end].astype(np.float32).reshape(len(points), *block.shape)
        level = named[f"{grouping}_sd"][1][:, None, None] * deviation
        found |= {
            f"{grouping}_deviation": ((grouping, PILLAR), deviation),
            f"{grouping}_level": ((grouping, PILLAR), level),
        }
    return found


_KIND: Final = kind_of(Data)


@compiled
def _follow(held: int, points: NDArray[np.float64], base_cells: Ints, out: Out) -> None:
    """Fill in what follows from each point."""
    data = load(held, _KIND)
    point, value, ignored = np.empty(points.shape[1]), np.empty(points.shape[1]), np.empty(points.shape[1])
    for s in range(len(points)):
        for k in range(len(point)):
            point[k] = points[s, k]  # theirs may be read-only, for which all would be compiled again
        here = Here(point, value, data.at)
        priors(here.point, data.top, value, ignored)
        for k in range(out.value.shape[1]):
            out.value[s, k] = value[k]
        _follow_state(s, here, forward(here, data.state), base_cells, out)
        if len(data.peers.runs.cell):
            _follow_peers(s, here, data.peers, out)


@inner
def _follow_state(s: int, here: Here, state: State, base_cells: NDArray[np.int64], out: Out) -> None:
    mean, square = 0.0, 0.0
    for c in base_cells:
        mean += state.composite[c] / len(base_cells)
    for c in base_cells:
        square += (state.composite[c] - mean) ** 2 / len(base_cells)
    for c in range(len(state.composite)):
        out.composite[s, c] = state.composite[c]
        out.standing[s, c] = (state.composite[c] - mean) / math.sqrt(square)
        for p in range(len(state.weight)):
            out.state[s, c, p] = state.position[c, p] / here.value[here.at.pillar_scale + p]
    for p in range(len(state.weight)):
        out.weight[s, p] = state.weight[p]
    for m in range(len(state.slope)):
        out.slope[s, m] = state.slope[m]


@inner
def _follow_peers(s: int, here: Here, data: PeerData, out: Out) -> None:
    severity, consistency = severities(here, data), consistencies(here, data)
    cuts = all_cuts(here.point, data)
    for r in range(data.n_raters):
        out.consistency[s, r] = consistency[r]
        for y in range(len(severity)):
            out.severity[s, y, r] = severity[y, r]
    for k in range(len(cuts)):
        out.cuts[s, k] = cuts[k]
