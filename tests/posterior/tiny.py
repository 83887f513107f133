"""A tiny invented association and fits of it: the model is compiled once in a test run, then fits take seconds."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from clusterscore.model.function import Function
from clusterscore.model.simulate import Plan, simulate
from clusterscore.observations.observed import Observations
from clusterscore.posterior.identity import Sampler
from clusterscore.posterior.store import Posterior

EDITION = 2022
PLAN = Plan(
    entry=dict.fromkeys("ABCDEF", 2020) | {"G": 2022},
    years=(2020, 2021, 2022),
    waves=(2021, 2022),
    affiliation={"R1": "A", "R2": "B", "R3": None, "R4": None, "R5": None},
    raters_per_unit=4,
)
SHORT = Sampler(chains=2, tune=300, draws=200, longer=1, target_accept=0.9)
"""Draws that look like a posterior; whether they pass the gates is left open."""
FEW = Sampler(chains=2, tune=30, draws=8, longer=1)
"""So few that no effective sample size can reach its gate."""


def document() -> Function:
    """Return the function of the tiny association."""
    return Function.read(Path(__file__).with_name("tiny.yml"))


def invented(function: Function, observed: Callable[..., Observations], seed: int = 1) -> Observations:
    """Return what the tiny association sent."""
    drawn = simulate(function, PLAN, seed)
    return observed(drawn.figures, drawn.answers)


class Compiled:
    """Stands for ``nutpie.compile_pymc_model``: compiles the first model and returns it again for every later one."""

    def __init__(self) -> None:
        self._compiled: Any = None
        self.asked = 0

    def __call__(self, model: Any) -> Any:
        """Return the compiled model."""
        import nutpie  # noqa: PLC0415 - takes seconds to import

        self.asked += 1
        if self._compiled is None:
            self._compiled = nutpie.compile_pymc_model(model)
        return self._compiled


@cache
def _compiler() -> Compiled:
    return Compiled()


def compile_once(patch: pytest.MonkeyPatch) -> Compiled:
    """Let fits of the tiny association share one compiled model."""
    import nutpie  # noqa: PLC0415 - takes seconds to import

    from clusterscore.posterior import fit  # noqa: PLC0415 - imports PyMC

    compiler = _compiler()
    patch.setattr(fit, "nutpie", SimpleNamespace(compile_pymc_model=compiler, sample=nutpie.sample))
    return compiler


def draw(function: Function, observations: Observations, sampler: Sampler, **options: Any) -> Posterior:
    """Fit the tiny association, compiled at most once."""
    from clusterscore.posterior.fit import fit  # noqa: PLC0415 - imports PyMC

    with pytest.MonkeyPatch.context() as patch:
        compile_once(patch)
        return fit(function, observations, EDITION, sampler, **options)
