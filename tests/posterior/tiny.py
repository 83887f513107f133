"""A tiny invented association and fits of it, which take a second each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from clusterscore.model.function import Function
from clusterscore.model.simulate import Plan, simulate
from clusterscore.observations.observed import Observations
from clusterscore.posterior.identity import Sampler
from clusterscore.posterior.record import Posterior

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


def draw(function: Function, observations: Observations, sampler: Sampler, **options: Any) -> Posterior:
    """Fit the tiny association."""
    from clusterscore.posterior.fit import fit  # noqa: PLC0415 - imports the sampler

    return fit(function, observations, EDITION, sampler, **options)
