"""An invented cohort on the shipped function, with draws of a posterior that a test can compute with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from clusterscore.advice.groups import Peers, peers_of
from clusterscore.advice.view import View
from clusterscore.model.design import make_design
from clusterscore.model.function import Function
from clusterscore.model.transforms import restore
from clusterscore.observations.observed import Observations
from clusterscore.posterior.record import Posterior
from clusterscore.scores.peer_groups import Rule, choose, described
from tests.conftest import observations_of_rows
from tests.posterior import made
from tests.posterior.tiny import EDITION

ROOT = Path(__file__).resolve().parents[2]
N_UNITS, N_DRAWS = 24, 400
UNITS = tuple(f"CL-{number:02d}" for number in range(1, N_UNITS + 1))
SECTORS = ("furniture", "software", "textiles")


def competitiveness() -> Function:
    """Return the shipped function."""
    return Function.read(ROOT / "functions" / "competitiveness.yml")


def observations(function: Function, seed: int = 1) -> Observations:
    """Return figures of every cluster in the edition's last two years; three sectors, two countries."""
    rng = np.random.default_rng(seed)
    own = [part for part in function.indicators if part.of == "unit" and part.derived is None]
    rows = [
        (unit, year, part.id, value)
        for unit in UNITS
        for year in (EDITION - 1, EDITION)
        for part in own
        for value in [_value(part, rng)]
    ]
    seen = observations_of_rows(pd.DataFrame(rows, columns=["unit", "year", "indicator", "value"]), kind=function.kind)
    seen.units["sector"] = [SECTORS[number % 3] for number in range(N_UNITS)]
    seen.units["country"] = ["MD" if number % 8 == 7 else "RO" for number in range(N_UNITS)]
    seen.units["region"] = [f"RO{1 + number % 4}1" for number in range(N_UNITS)]
    seen.units["founded"] = pd.array([2000 + number % 12 for number in range(N_UNITS)], dtype="Int64")
    return seen


def _value(part: object, rng: np.random.Generator) -> float:
    if part.transform == "count":
        return float(rng.poisson(8))
    return float(restore(part, rng.normal(scale=0.8)))


def groups(looked: View) -> list[Peers]:
    """Return the peer groups by the shipped rule, of units of whose members nothing is known."""
    chosen = choose(described(looked.units, looked.units, {}), Rule.of(ROOT / "catalogue"))
    rows = [(unit, " ".join(traits), " ".join(others)) for unit, (traits, others) in chosen.items()]
    return peers_of(pd.DataFrame(rows, columns=["unit", "rule", "peers"]), looked.names)


def posterior(function: Function, seen: Observations, seed: int = 1, spread: float = 0.35) -> Posterior:
    """Return draws around a level of each cluster; what follows from states and weights is worked out."""
    rng, design = np.random.default_rng(seed), make_design(function, seen)
    n_pillars, n_cells = len(function.pillars), design.n_cells
    level = rng.normal(size=(len(design.units), n_pillars))
    state = level[design.cell_unit] + spread * rng.normal(size=(N_DRAWS, n_cells, n_pillars))
    weight = rng.dirichlet(50.0 * np.array(list(function.agreed_weights.values())), size=N_DRAWS)
    value = np.einsum("scp,sp->sc", state, weight)
    base = np.asarray(design.cell_year) == 0
    centre, scale = value[:, base].mean(axis=1, keepdims=True), value[:, base].std(axis=1, keepdims=True)
    figures = [part.id for part in function.indicators if part.of == "unit" and part.transform != "count"]
    reported = [name for name in figures if name != "location_quotient"]
    counts = [part.id for part in function.indicators if part.transform == "count"]
    variables = {
        "state": (("cell", "pillar"), state),
        "function": (("cell",), value),
        "standing": (("cell",), (value - centre) / scale),
        "weight": (("pillar",), weight),
        "slope": (("measure",), np.exp(0.1 * rng.normal(size=(N_DRAWS, len(function.measures))))),
        "pillar_scale": (("pillar",), np.exp(0.05 * rng.normal(size=(N_DRAWS, n_pillars)))),
        "intercept": (("indicator",), 0.1 * rng.normal(size=(N_DRAWS, len(function.indicators)))),
        "error_sd": (("reported_figure",), 0.4 * np.exp(0.1 * rng.normal(size=(N_DRAWS, len(reported))))),
        "overdispersion": (("reported_count",), 8.0 * np.exp(0.1 * rng.normal(size=(N_DRAWS, len(counts))))),
    }
    halved = {name: (dims, values.reshape(2, -1, *values.shape[1:])) for name, (dims, values) in variables.items()}
    labels = {
        "pillar": [pillar.id for pillar in function.pillars],
        "measure": list(function.measures),
        "indicator": [part.id for part in function.indicators],
        "reported_figure": reported,
        "reported_count": counts,
        "unit_of_cell": ("cell", np.asarray(design.units, dtype=object)[design.cell_unit]),
        "year_of_cell": ("cell", np.asarray(design.years)[design.cell_year]),
        "base_cell": ("cell", base),
    }
    return Posterior(made.dataset(halved, **labels), made.run(function=function.function))
