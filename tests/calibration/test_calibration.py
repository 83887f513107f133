"""Do intervals of 90 % hold the truth in nine of ten cases? Truths drawn from the prior, observations from the truths.

The observations come from :mod:`clusterscore.model.simulate`, which shares no likelihood code with the model, and
each fit is the package's own, diagnostics and all. Every trial is an association of 40 units (8 of which came after the
base edition) in 104 cells, with 24 raters. What is pooled over 16 trials is 640 units, 1664 cells and 384 severities.

How far can a correct program be from 0.90? Cells of one trial err together: a unit's years share most of their error,
and all units share the weights, slopes and scales. So the standard error is taken over trials and not over cells: in
trial runs the coverage of a single trial had a standard deviation of 0.04 to 0.05 for scores, function and severities
alike. Over 16 trials that is a standard error of 0.010 to 0.013: as much as about 500 to 900 independent intervals
would have. The limits 0.85 and 0.95 are four of these standard errors away.
"""

import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtr

from clusterscore.observations.observed import Observations
from clusterscore.posterior.identity import Sampler
from clusterscore.scores.summaries import interval
from tests.calibration.trial import N_UNITS, Trial, Trials

N_TRIALS, FIRST_SEED = 16, 100
SAMPLER = Sampler(chains=4, tune=500, draws=800, longer=3)
LOWEST, HIGHEST = 0.85, 0.95
QUANTITIES = ("score", "function", "severity")


def inside(trial: Trial, name: str) -> np.ndarray:
    """Return whether each true value lies in its published interval."""
    if name == "score":
        draws, truth = 100.0 * ndtr(trial.draws["standing"]), 100.0 * ndtr(trial.truth["standing"])
    else:
        draws, truth = trial.draws[name], trial.truth[name]
    low, high = interval(draws)
    return (low <= truth) & (truth <= high)


def coverage(trials: list[Trial], name: str) -> tuple[float, float, int]:
    """Return the share of intervals that hold the truth, its standard error over trials, and how many there were."""
    shares = np.array([inside(trial, name).mean() for trial in trials])
    number = sum(inside(trial, name).size for trial in trials)
    return float(shares.mean()), float(shares.std(ddof=1) / np.sqrt(len(trials))), number


def assert_calibrated(trials: list[Trial], name: str) -> None:
    """Assert that intervals hold the truth about as often as they say."""
    share, _, number = coverage(trials, name)
    assert LOWEST <= share <= HIGHEST, f"{name}: {share:.3f} of {number} intervals of 90 % hold the truth"


def narrowed(trial: Trial, factor: float) -> Trial:
    """Return a trial whose draws are closer to their mean (or further from it) than they should be."""
    return replace(trial, draws={n: d.mean(axis=0) + factor * (d - d.mean(axis=0)) for n, d in trial.draws.items()})


def shifted(trial: Trial, by: float) -> Trial:
    """Return a trial whose draws lie too high, in their own standard deviations."""
    return replace(trial, draws={n: d + by * d.std(axis=0) for n, d in trial.draws.items()})


@pytest.fixture(scope="module")
def trials(observed: Callable[..., Observations]) -> list[Trial]:
    """Return sixteen trials: minutes."""
    make = Trials(observed, SAMPLER)
    return [make(seed) for seed in range(FIRST_SEED, FIRST_SEED + N_TRIALS)]


@pytest.fixture(scope="module")
def textbook() -> list[Trial]:
    """Return trials whose posterior is known: a normal mean of normal prior, seen once."""
    rng = np.random.default_rng(1)
    made = []
    for _ in range(N_TRIALS):
        truth = {name: rng.normal(size=N_UNITS) for name in ("standing", "function", "severity")}
        seen = {name: values + rng.normal(size=N_UNITS) for name, values in truth.items()}
        draws = {n: values / 2.0 + np.sqrt(0.5) * rng.normal(size=(1000, N_UNITS)) for n, values in seen.items()}
        made.append(Trial(draws, truth, ()))
    return made


@pytest.mark.slow
def test_every_fit_may_be_published(trials: list[Trial]) -> None:
    """Observations that the model itself could have made give draws that pass every gate."""
    failed = {FIRST_SEED + number: trial.failures for number, trial in enumerate(trials) if trial.failures}
    assert failed == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", QUANTITIES)
def test_intervals_hold_the_truth_in_nine_of_ten_cases(
    trials: list[Trial], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Scores and function over all units and years, severities over all raters."""
    share, error, number = coverage(trials, name)
    with capsys.disabled():
        sys.stdout.write(f"\n{name}: {share:.3f} ± {error:.3f} of {number} intervals of 90 % hold the truth\n")
    assert_calibrated(trials, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", QUANTITIES)
@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_a_wrong_width_of_real_draws_would_be_found(trials: list[Trial], name: str, factor: float) -> None:
    """Half the standard deviation, or twice: the check fails."""
    with pytest.raises(AssertionError, match="hold the truth"):
        assert_calibrated([narrowed(trial, factor) for trial in trials], name)


@pytest.mark.parametrize("name", QUANTITIES)
def test_a_posterior_of_the_textbook_passes(textbook: list[Trial], name: str) -> None:
    """The check does not fail where nothing is wrong."""
    assert_calibrated(textbook, name)


@pytest.mark.parametrize("name", QUANTITIES)
@pytest.mark.parametrize(
    "mistake",
    [lambda trial: narrowed(trial, 0.5), lambda trial: narrowed(trial, 2.0), lambda trial: shifted(trial, 1.0)],
    ids=["half the width", "twice the width", "a standard deviation too high"],
)
def test_a_planted_mistake_is_found(textbook: list[Trial], name: str, mistake: Callable[[Trial], Trial]) -> None:
    """The check fails where something is wrong."""
    with pytest.raises(AssertionError, match="hold the truth"):
        assert_calibrated([mistake(trial) for trial in textbook], name)
