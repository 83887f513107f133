"""Posteriors of the tiny association with draws that a test chooses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import xarray as xr

from clusterscore.model.design import Design, make_design
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.posterior.record import Posterior
from tests.posterior import made
from tests.posterior.tiny import EDITION

N_DRAWS = 40


def posterior(
    function: Function,
    observations: Observations,
    *,
    state: np.ndarray | None = None,
    weight: np.ndarray | None = None,
    discrepancy: np.ndarray | None = None,
    standing: np.ndarray | None = None,
    seed: int = 1,
) -> Posterior:
    """Return a trusted posterior; what is not given is drawn at random, and what follows from it is worked out.

    Parameters
    ----------
    state
        dims (draw, cell, pillar).
    weight
        dims (draw, pillar).
    discrepancy
        dims (draw, unit).
    standing
        dims (draw, cell), instead of what follows from state and weight.
    """
    rng, design = np.random.default_rng(seed), make_design(function, observations)
    n_pillars, base = len(function.pillars), np.isin(np.arange(design.n_cells), design.base_cells)
    if state is None:
        state = rng.normal(size=(design.n_cells, n_pillars)) + 0.4 * rng.normal(
            size=(N_DRAWS, design.n_cells, n_pillars)
        )
    size = len(state)
    if weight is None:
        weight = rng.dirichlet(20.0 * np.array(list(function.agreed_weights.values())), size=size)
    composite = np.einsum("scp,sp->sc", state, weight)
    centre, scale = composite[:, base].mean(axis=1, keepdims=True), composite[:, base].std(axis=1, keepdims=True)
    variables = {
        "state": (("cell", "pillar"), state),
        "function": (("cell",), composite),
        "standing": (("cell",), (composite - centre) / scale if standing is None else standing),
        "weight": (("pillar",), weight),
        "slope": (("measure",), np.exp(0.1 * rng.normal(size=(size, len(function.measures))))),
    }
    if len(design.answers):
        if discrepancy is None:
            discrepancy = 0.1 * rng.normal(size=(size, len(design.units)))
        variables |= {
            "severity": (("rater",), rng.normal(size=(size, len(design.raters)))),
            "overall_slope": (("overall",), np.exp(0.1 * rng.normal(size=(size, len(function.overall))))),
            "discrepancy": (("unit",), discrepancy),
            "pillar_scale": (("pillar",), np.exp(0.1 * rng.normal(size=(size, n_pillars)))),
            "halo_sd": ((), np.abs(rng.normal(0.4, 0.05, size=size))),
            **made.thresholds(design, (size,), rng),
        }
    newest = design.cell_unit[design.cell_year == len(design.years) - 1]
    told = [
        {"unit": design.units[unit], "prior": 0.02, "likelihood": 0.3, "prior_driven": False, "foremost": "error_sd"}
        for unit in newest
    ]
    run = made.run(function=function.function, sensitivity=told)
    return Posterior(_in_two_chains(variables, function, design, base), run)


def _in_two_chains(
    variables: dict[str, tuple[tuple[str, ...], np.ndarray]], function: Function, design: Design, base: np.ndarray
) -> xr.Dataset:
    labels = {
        "pillar": [pillar.id for pillar in function.pillars],
        "measure": list(function.measures),
        "unit": list(design.units),
        "rater": list(design.raters),
        "unit_of_cell": ("cell", np.asarray(design.units, dtype=object)[design.cell_unit]),
        "year_of_cell": ("cell", np.asarray(design.years)[design.cell_year]),
        "base_cell": ("cell", base),
    }
    halved = {name: (dims, values.reshape(2, -1, *values.shape[1:])) for name, (dims, values) in variables.items()}
    return made.dataset(halved, **labels)


def renamed(observations: Observations, names: dict[str, str]) -> Observations:
    """Return the same observations of units with other names, sorted by their keys as a ledger sorts them."""
    keys = {
        "units": ["unit"],
        "figures": ["unit", "year", "indicator"],
        "answers": ["unit", "year", "rater", "item"],
    }
    tables = {
        table: getattr(observations, table)
        .assign(unit=getattr(observations, table)["unit"].map(names))
        .sort_values(key)
        .reset_index(drop=True)
        for table, key in keys.items()
    }
    raters = observations.raters
    ties = [tuple(sorted(names[unit] for unit in linked or ())) for linked in raters["ties"]]
    tables["raters"] = raters.assign(affiliation=raters["affiliation"].map(names), ties=ties)
    return replace(observations, **tables)


def cells(function: Function, observations: Observations) -> list[tuple[str, int]]:
    """Return unit and year of every cell."""
    design = make_design(function, observations)
    return [(design.units[u], design.years[y]) for u, y in zip(design.cell_unit, design.cell_year, strict=True)]


def last_cells(places: Sequence[tuple[str, int]]) -> list[int]:
    """Return the cells of the edition's last year."""
    return [number for number, (_, year) in enumerate(places) if year == EDITION]
