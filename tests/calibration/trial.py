"""One trial of a calibration: a truth drawn from the prior, observations of it, a fit, and where the truth lies in it.

All trials have one design: who is observed when, who answers about whom.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from clusterscore.model.function import Function
from clusterscore.model.simulate import Plan, Simulated, simulate
from clusterscore.observations.observed import Observations
from clusterscore.posterior.identity import Sampler
from clusterscore.posterior.record import Posterior

EDITION = 2018
N_UNITS, N_LATER, N_RATERS, ASKED = 40, 8, 24, 5
UNITS = [f"U{number:02d}" for number in range(N_UNITS)]
RATERS = [f"R{number:02d}" for number in range(N_RATERS)]
PLAN = Plan(
    entry={unit: EDITION if unit in UNITS[-N_LATER:] else EDITION - 2 for unit in UNITS},
    years=(EDITION - 2, EDITION - 1, EDITION),
    waves=(EDITION - 1, EDITION),
    affiliation=dict.fromkeys(RATERS),
    raters_per_unit=N_RATERS,  # all answer about all; which of these answers are kept does not hang on them
)


@dataclass(frozen=True)
class Trial:
    """Draws and truth of each quantity, dims (sample, ...) and (...), and what the diagnostics said."""

    draws: Mapping[str, np.ndarray]
    truth: Mapping[str, np.ndarray]
    failures: tuple[str, ...]


def document() -> Function:
    """Return the function that is calibrated."""
    return Function.read(Path(__file__).with_name("calibrated.yml"))


class Trials:
    """Makes trials."""

    def __init__(self, observed: Callable[..., Observations], sampler: Sampler | None = None) -> None:
        self._function, self._observed, self._sampler = document(), observed, sampler or Sampler()

    def __call__(self, seed: int) -> Trial:
        """Draw a truth and observations of it, fit these, and return both."""
        from clusterscore.posterior.fit import fit  # noqa: PLC0415 - imports the sampler

        drawn = simulate(self._function, PLAN, seed)
        observations = self._observed(sent(drawn.figures), asked(drawn.answers))
        posterior = fit(self._function, observations, EDITION, self._sampler)
        names = ("function", "standing", "severity")
        failures = tuple(posterior.run.diagnostics["failures"])
        return Trial({name: posterior.flat(name) for name in names}, _truth(drawn, posterior), failures)


def sent(figures: pd.DataFrame) -> pd.DataFrame:
    """Leave out every seventh figure; which ones is settled before anything is drawn."""
    return figures[np.arange(len(figures)) % 7 != 3]


def asked(answers: pd.DataFrame) -> pd.DataFrame:
    """Keep the answers of those raters who are asked about a unit in a year."""
    ordered = answers.sort_values(["unit", "year", "rater", "item"])
    unit, rater = ordered["unit"].map(UNITS.index), ordered["rater"].map(RATERS.index)
    return ordered[(rater - 5 * unit - 7 * ordered["year"]) % N_RATERS < ASKED].reset_index(drop=True)


def _truth(drawn: Simulated, posterior: Posterior) -> dict[str, np.ndarray]:
    draws = posterior.draws
    cells = list(zip(draws["unit_of_cell"].to_numpy(), draws["year_of_cell"].to_numpy(), strict=True))
    function = drawn.state.loc[cells, "function"].to_numpy()
    base = function[draws["base_cell"].to_numpy()]
    assert list(draws["rater"].to_numpy()) == RATERS
    return {
        "function": function,
        "standing": (function - base.mean()) / base.std(),
        "severity": drawn.parameters["severity"],
    }
