"""What is kept of the sampler's points: quantities by name, on named axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clusterscore.model.axes import axes_of
from clusterscore.model.compiled.density import Density
from clusterscore.model.compiled.quantities import quantities
from clusterscore.model.design import Design
from clusterscore.vocabulary import CELL, CHAIN, DRAW

_KEPT: Final = (
    "state",
    "function",
    "standing",
    "weight",
    "slope",
    "intercept",
    "error_sd",
    "overdispersion",
    "member_sd",
    "member_error_sd",
    "degrees_of_freedom",
    "pillar_scale",
    "general_share",
    "innovation_sd",
    "shock_sd",
    "slope_sd",
    "severity",
    "severity_path",
    "severity_sd",
    "drift_sd",
    "consistency",
    "consistency_sd",
    "halo_sd",
    "overall_slope",
    "discrepancy",
    "discrepancy_sd",
)

_PUBLISHED: Final = ("standing", "state", "weight", "severity", "slope", "overall", "threshold", "discrepancy")


def is_published(name: str) -> bool:
    """Whether pages and tables show a variable."""
    return name.split("_", maxsplit=1)[0] in _PUBLISHED and not name.endswith("_sd")


def named(density: Density, points: Sequence[NDArray[np.float64]]) -> xr.Dataset:
    """Return the model's quantities at points of the sampler, dims (draw, element) for each chain, with their axes."""
    chains = [quantities(density, chain) for chain in points]
    variables = {
        name: ((CHAIN, DRAW, *dims), np.stack([chain[name][1] for chain in chains]))
        for name, (dims, _) in chains[0].items()
    }
    used = {dim for dims, _ in chains[0].values() for dim in dims}
    axes = {name: labels for name, labels in axes_of(density.design).items() if name in used}
    return xr.Dataset(variables, coords=numbered(len(points), len(points[0])) | axes)


def kept(draws: xr.Dataset) -> xr.Dataset:
    """Return the quantities that are stored."""
    families = ("threshold_", *(f"{grouping}_" for grouping in ("country", "region", "sector")))
    names = [name for name in map(str, draws.data_vars) if name in _KEPT or name.startswith(families)]
    return draws[names]


def labelled(draws: xr.Dataset, design: Design) -> xr.Dataset:
    """Say which unit and year each cell is, and which cells carry the base cohort's scale."""
    units = np.asarray(design.units, dtype=object)[design.cell_unit]
    years = np.asarray(design.years)[design.cell_year]
    base = np.isin(np.arange(design.n_cells), design.base_cells)
    return draws.assign_coords(unit_of_cell=(CELL, units), year_of_cell=(CELL, years), base_cell=(CELL, base))


def numbered(chains: int, draws: int) -> dict[str, NDArray[np.int64]]:
    """Return the coordinates of chains and draws."""
    return {CHAIN: np.arange(chains), DRAW: np.arange(draws)}


def sizes(design: Design) -> dict[str, Any]:
    """Return how much there is of everything, for the run record."""
    return {
        "cells": design.n_cells,
        "units": len(design.units),
        "years": list(design.years),
        "base_units": int(design.base_unit.sum()),
        "raters": len(design.raters),
        "figures": len(design.figures) + len(design.counts),
        "members": int(design.members.groups["n_members"].sum()),
        "answers": len(design.answers),
        "questionnaires": len(design.questionnaires),
        "unused": design.unused,
    }
