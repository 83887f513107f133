"""Laplace's approximation where the truth is known, and beside a real fit; what is approximate stays unpublished."""

import json
import sys
from dataclasses import replace
from functools import cached_property

import numpy as np
import pytest
from scipy import stats

from clusterscore import steps
from clusterscore.cli import main
from clusterscore.errors import DiagnosticsFailed, NotFitted
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.paths import Workspace
from clusterscore.posterior import store
from clusterscore.posterior.laplace import approximate
from clusterscore.posterior.record import APPROXIMATE, Posterior
from clusterscore.progress import silent
from clusterscore.scores.compute import compute
from clusterscore.scores.summaries import interval
from tests.posterior import tiny

N_DRAWS = 4000
LOOK = replace(tiny.SHORT, method="laplace", chains=4, draws=500)


class Textbook:
    """Normal means of unknown spread, each seen once: y ~ Normal(u, 1), u ~ Normal(0, s), log s ~ Normal(0, 0.5)."""

    def __init__(self, seed: int, number: int, spread: float) -> None:
        self.seen = np.random.default_rng(seed).normal(0.0, np.hypot(1.0, spread), number)
        self.size, self.scales, self.middle = number + 1, np.array([number]), np.zeros(number + 1)
        self.prior_sd = np.array([0.5])

    def __call__(self, point: np.ndarray) -> tuple[float, np.ndarray]:
        """Return log-density, up to a constant, and gradient."""
        u, log_s = point[:-1], point[-1]
        z = u / np.exp(log_s)
        value = -0.5 * ((self.seen - u) ** 2 + z**2).sum() - len(u) * log_s - 2.0 * log_s**2
        by_u = self.seen - u - z / np.exp(log_s)
        return float(value), np.append(by_u, (z**2 - 1.0).sum() - 4.0 * log_s)

    @cached_property
    def grid(self) -> tuple[np.ndarray, np.ndarray]:
        """Return values of log s and their posterior probabilities, the means integrated out."""
        log_s = np.linspace(-3.0, 3.0, 2001)
        density = stats.norm.logpdf(self.seen, 0.0, np.hypot(1.0, np.exp(log_s))[:, None]).sum(axis=1)
        probability = np.exp(density - 2.0 * log_s**2 - (density - 2.0 * log_s**2).max())
        return log_s, probability / probability.sum()


def test_the_scale_is_found_with_the_rest_integrated_out() -> None:
    """Where the joint density has no mode: mean and spread of log s are those of quadrature."""
    target = Textbook(seed=1, number=60, spread=1.5)
    found = approximate(target, N_DRAWS, seed=2, told=silent)
    log_s, probability = target.grid
    mean = float(probability @ log_s)
    sd = float(np.sqrt(probability @ (log_s - mean) ** 2))
    assert found.points[:, -1].mean() == pytest.approx(mean, abs=0.25 * sd)
    assert found.points[:, -1].std() == pytest.approx(sd, rel=0.25)


def test_means_are_those_of_the_textbook() -> None:
    """Each shrinks towards zero as far as the spread says, and is as uncertain as it says."""
    target = Textbook(seed=3, number=60, spread=1.5)
    points = approximate(target, N_DRAWS, seed=4, told=silent).points[:, :-1]
    log_s, probability = target.grid
    shrunk = probability @ (1.0 / (1.0 + np.exp(-2.0 * log_s)))
    sd = np.sqrt(shrunk)
    assert np.abs(points.mean(axis=0) - shrunk * target.seen).max() < 0.25 * sd
    np.testing.assert_allclose(points.std(axis=0), sd, rtol=0.15)


def test_a_target_that_is_normal_is_met_exactly() -> None:
    """Importance ratios hardly differ, and the draws are re-weighted to the target."""
    target = Textbook(seed=5, number=400, spread=1.5)
    found = approximate(target, N_DRAWS, seed=6, told=silent)
    assert found.pareto_k < 0.7
    assert found.reweighted


def test_the_same_seed_gives_the_same_draws() -> None:
    """Another gives others."""
    target = Textbook(seed=7, number=20, spread=1.0)
    first, again, other = (approximate(target, 50, seed=seed, told=silent).points for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.fixture(scope="module")
def looked(document: Function, invented: Observations) -> Posterior:
    """Return the approximation of the tiny association."""
    return tiny.draw(document, invented, LOOK)


def test_a_first_look_is_near_the_posterior(looked: Posterior, fitted: Posterior) -> None:
    """Each interval holds where the posterior's mean is, and half of the means are within half a standard deviation.

    Seven units with few figures are a hard case: for 20 clusters with 9,000 answers the median is 0.1 and the largest
    distance 0.4.
    """
    low, high = interval(looked.flat("standing"))
    mean, sd = fitted.flat("standing").mean(axis=0), fitted.flat("standing").std(axis=0)
    assert ((low < mean) & (mean < high)).all()
    assert np.median(np.abs(looked.flat("standing").mean(axis=0) - mean) / sd) < 0.5


def test_a_first_look_says_that_it_is_one(looked: Posterior) -> None:
    """In its status, in words, and with how far it is from the target."""
    assert looked.run.status == APPROXIMATE
    assert any("never published" in words for words in looked.run.diagnostics["failures"])
    assert np.isfinite(looked.run.diagnostics["pareto_k"])
    assert dict(looked.draws.sizes)["draw"] == LOOK.draws


def test_no_table_is_made_of_a_first_look(looked: Posterior, document: Function, invented: Observations) -> None:
    """Whoever asks is refused."""
    with pytest.raises(DiagnosticsFailed, match="never published"):
        compute(document, looked, invented, {})


@pytest.fixture
def looking(bare: Workspace, invented: Observations, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Return a workspace of the tiny association."""
    monkeypatch.setattr(steps, "Sampler", lambda **options: replace(tiny.FEW, **options))
    monkeypatch.setattr(steps, "observe", lambda _ledger: invented)
    return bare


def test_a_first_look_is_stored_and_publishes_nothing(looking: Workspace) -> None:
    """It never becomes the current posterior, neither when drawn nor when found again."""
    run, folder, drawn = steps.fit(looking, "tiny", fast=True)
    assert drawn
    assert store.read_run(folder).status == APPROXIMATE
    assert steps.fit(looking, "tiny", fast=True)[2] is False
    with pytest.raises(NotFitted):
        steps.score(looking, "tiny", run.edition)
    with pytest.raises(NotFitted):
        steps.publish(looking, "tiny", run.edition)


@pytest.mark.parametrize("as_json", [False, True])
def test_every_line_says_that_it_is_approximate(
    looking: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    """On the terminal and in JSON; every score has its interval."""
    options = ["--json"] if as_json else []
    arguments = ["clusterscore", "fit", "--fast", "--function", "tiny", "--workspace", str(looking.root), *options]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    output = capsys.readouterr().out
    if as_json:
        said = json.loads(output)
        assert said["approximate"] is True
        assert {row["unit"] for row in said["scores"]} == set("ABCDEFG")
        assert all(row["q05"] <= row["median"] <= row["q95"] for row in said["scores"])
    else:
        lines = output.splitlines()
        assert len(lines) == 8
        assert all("approximate" in line for line in lines)
