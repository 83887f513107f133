"""One trial of a calibration: a truth drawn from the prior, observations of it, a fit, and where the truth lies in it.

All trials have one design (who is observed when, who answers about whom), so that the model is compiled once and only
its observations are exchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clusterscore.model.centring import centring
from clusterscore.model.design import make_design
from clusterscore.model.function import Function
from clusterscore.model.simulate import Plan, Simulated, simulate
from clusterscore.observations.observed import Observations
from clusterscore.posterior.identity import Sampler, heard
from clusterscore.posterior.store import Posterior

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


class Compiler:
    """Fits as the package does, with each observed value as data of a model that is compiled once for each centring."""

    def __init__(self) -> None:
        self._compiled: dict[float, tuple[Any, dict[str, np.ndarray]]] = {}
        self._centring = 0.0

    def fit(self, function: Function, observations: Observations, edition: int, sampler: Sampler) -> Posterior:
        """Fit one set of observations of the design that came first."""
        import nutpie  # noqa: PLC0415 - takes seconds to import

        from clusterscore.model import figures, peers  # noqa: PLC0415 - imports PyMC
        from clusterscore.posterior import fit  # noqa: PLC0415 - imports PyMC

        self._centring = centring(make_design(function, *heard(function, observations, edition))).severity
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(figures, "pm", _with_data(figures.pm))
            patch.setattr(peers, "graded_response", _with_answers(peers.graded_response, peers.pm.Data))
            patch.setattr(fit, "nutpie", SimpleNamespace(compile_pymc_model=self._compile, sample=nutpie.sample))
            return fit.fit(function, observations, edition, sampler)

    def _compile(self, model: Any) -> Any:
        import nutpie  # noqa: PLC0415 - takes seconds to import

        values = {variable.name: variable.get_value() for variable in model.data_vars}
        if self._centring not in self._compiled:
            self._compiled[self._centring] = nutpie.compile_pymc_model(model), values
        compiled, known = self._compiled[self._centring]
        for name, first in known.items():
            if name.startswith("where_"):
                np.testing.assert_array_equal(values[name], first, err_msg="another design needs another compilation")
        return compiled.with_data(**values)


class Trials:
    """Makes trials; the model is compiled with the first."""

    def __init__(self, observed: Callable[..., Observations], sampler: Sampler | None = None) -> None:
        self._function, self._observed, self._sampler = document(), observed, sampler or Sampler()
        self._compiler = Compiler()

    def __call__(self, seed: int) -> Trial:
        """Draw a truth and observations of it, fit these, and return both."""
        drawn = simulate(self._function, PLAN, seed)
        observations = self._observed(sent(drawn.figures), asked(drawn.answers))
        posterior = self._compiler.fit(self._function, observations, EDITION, self._sampler)
        names = ("function", "standing", "severity")
        failures = tuple(posterior.run.diagnostics["failures"])
        return Trial({name: posterior.flat(name) for name in names}, _truth(drawn, posterior), failures)


def _with_data(pymc: Any) -> Any:
    """PyMC whose observed variables hold their values as data."""

    def with_data(kind: Callable[..., Any]) -> Callable[..., Any]:
        def made(name: str, *arguments: Any, **options: Any) -> Any:
            if "observed" in options:
                options["observed"] = pymc.Data(f"observed_{name}", options["observed"])
            return kind(name, *arguments, **options)

        return made

    changed = {name: with_data(getattr(pymc, name)) for name in ("StudentT", "NegativeBinomial")}
    return SimpleNamespace(**(vars(pymc) | changed))


def _with_answers(graded_response: Callable[..., Any], data: Callable[..., Any]) -> Callable[..., Any]:
    """The peers' likelihood with its answers, and where they belong, as data."""

    def made(signal: Any, strictness: Any, cuts: Any, *where: np.ndarray) -> Any:
        *places, low = where
        held = [data(f"where_{number}", place) for number, place in enumerate(places)]
        return graded_response(signal, strictness, cuts, *held, data("answered", low))

    return made


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
