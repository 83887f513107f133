"""Power-scaling against a conjugate normal, where the scaled posterior is known; and on a real fit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.posterior.record import Posterior
from clusterscore.posterior.sensitivity import POWERS, power_scaling, sensitivity

N_DRAWS, N_DATA, MEAN = 40_000, 4, 3.0


@pytest.mark.parametrize("prior_sd", [0.3, 1.0, 5.0])
@pytest.mark.parametrize("component", ["prior", "likelihood"])
def test_power_scaling_agrees_with_a_conjugate_normal(prior_sd: float, component: str) -> None:
    """Within what 40,000 draws can say: the sensitivity moves by at most 0.01 where 0.05 counts."""
    mean, sd = _scaled(prior_sd)
    draws = np.random.default_rng(1).normal(mean, sd, N_DRAWS)
    density = stats.norm(0, prior_sd).logpdf(draws) if component == "prior" else -0.5 * N_DATA * (MEAN - draws) ** 2
    expected = 0.0
    for power in POWERS:
        scaled = _scaled(prior_sd, **{component: power})
        expected += 0.5 * _distance((mean, sd), scaled, draws) / abs(np.log2(power))
    assert power_scaling(draws, density) == pytest.approx(expected, abs=0.01)


def test_a_strong_prior_against_the_data_is_seen_as_such() -> None:
    """Both components pull: a conflict; a flat prior has no say."""
    strong, flat = (_both(prior_sd) for prior_sd in (0.3, 50.0))
    assert min(strong) > 0.05
    assert flat[0] < 0.05 < flat[1]


def test_what_has_nothing_to_do_with_a_quantity_does_not_move_it() -> None:
    """Four thousand draws of an independent log-density that varies by 5 nats stay below what counts."""
    rng = np.random.default_rng(2)
    found = [power_scaling(rng.normal(size=4000), 5.0 * rng.normal(size=4000)) for _ in range(50)]
    assert np.mean(found) < 0.03


def test_a_constant_moves_nothing_and_is_not_moved() -> None:
    """A single weight is always 1."""
    draws = np.random.default_rng(3).normal(size=100)
    assert power_scaling(np.ones(100), draws) == power_scaling(draws, np.ones(100)) == 0.0


def test_every_unit_of_the_edition_has_its_row(document: Function, fitted: Posterior, invented: Observations) -> None:
    """The published table can be wired to it."""
    table = sensitivity(document, fitted, invented)
    assert list(table.columns) == ["unit", "prior", "likelihood", "diagnosis", "prior_driven", "foremost"]
    assert list(table["unit"]) == list("ABCDEFG")
    assert (table[["prior", "likelihood"]] >= 0).all(axis=None)
    assert (table["prior_driven"] == ((table["prior"] >= 0.05) & (table["likelihood"] < 0.05))).all()


def _both(prior_sd: float) -> tuple[float, float]:
    mean, sd = _scaled(prior_sd)
    draws = np.random.default_rng(1).normal(mean, sd, N_DRAWS)
    likelihood = power_scaling(draws, -0.5 * N_DATA * (MEAN - draws) ** 2)
    return power_scaling(draws, stats.norm(0, prior_sd).logpdf(draws)), likelihood


def _scaled(prior_sd: float, prior: float = 1.0, likelihood: float = 1.0) -> tuple[float, float]:
    """Return mean and sd of the posterior of the mean of four numbers of sd 1, each part raised to its power."""
    precision = prior / prior_sd**2 + likelihood * N_DATA
    return likelihood * N_DATA * MEAN / precision, precision**-0.5


def _distance(one: tuple[float, float], other: tuple[float, float], draws: np.ndarray) -> float:
    """Cumulative Jensen-Shannon distance, as in the paper: the larger of that of the quantity and of its mirror."""
    grid = np.linspace(draws.min(), draws.max(), 20_000)
    step, p, q = grid[1] - grid[0], stats.norm(*one).cdf(grid), stats.norm(*other).cdf(grid)
    found = []
    for left, right in ((p, q), (1.0 - p, 1.0 - q)):
        area, other_area = left.sum() * step, right.sum() * step
        forth = _divergence(left, right) * step + 0.5 / np.log(2) * (other_area - area)
        back = _divergence(right, left) * step + 0.5 / np.log(2) * (area - other_area)
        found.append(np.sqrt(max(forth + back, 0.0) / (area + other_area)))
    return float(max(found))


def _divergence(p: np.ndarray, q: np.ndarray) -> float:
    tiny = np.finfo(float).tiny
    return float((p * (np.log2(np.maximum(p, tiny)) - np.log2(np.maximum((p + q) / 2.0, tiny)))).sum())
