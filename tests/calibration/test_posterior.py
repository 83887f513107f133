"""Posterior calibration stands on two things: observations drawn again of the same design, and both sets as one."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from clusterscore.model.compiled.density import density_of
from clusterscore.model.design import Design, make_design
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.posterior.keep import named
from clusterscore.posterior.likelihood import log_likelihood, log_members, samples_of
from tests.calibration.posterior import Samples, again, both, other_members
from tests.model.conftest import patched, with_members, with_members_of

N_POINTS, N_AGAIN = 4, 200


@pytest.fixture(scope="module")
def design(small: Function, observed: Callable[..., Observations]) -> Design:
    """Return a design with figures, counts, members and answers."""
    return make_design(with_members(small), with_members_of(patched(small, observed)))


@pytest.fixture(scope="module")
def samples(design: Design) -> Samples:
    """Return the quantities of points near the middle of the prior, dims (sample, ...)."""
    density, rng = density_of(design), np.random.default_rng(1)
    points = density.middle + 0.3 * rng.normal(size=(N_POINTS, density.size))
    return {name: np.asarray(values, float) for name, values in samples_of(named(density, [points])).items()}


def one(samples: Samples, number: int) -> Samples:
    """Return one sample."""
    return {name: values[number : number + 1] for name, values in samples.items()}


def test_two_sets_of_observations_are_as_likely_as_each_times_the_other(design: Design, samples: Samples) -> None:
    """The log-likelihood of both sets as one design is the sum of theirs, channel by channel."""
    other = again(design, one(samples, 0), np.random.default_rng(2))
    joint = both(design, other)
    whole, parts = log_likelihood(joint, samples), [log_likelihood(each, samples) for each in (design, other)]
    for channel in ("figures", "counts", "questionnaires"):
        expected = sum(getattr(part, channel).sum(axis=1) for part in parts)
        assert expected.all()
        np.testing.assert_allclose(getattr(whole, channel).sum(axis=1), expected, rtol=1e-9)
    members = sum(log_members(each, samples).sum(axis=1) for each in (design, other))
    np.testing.assert_allclose(log_members(joint, samples).sum(axis=1), members, rtol=1e-9)


def test_the_compiled_density_sees_both_sets(design: Design, samples: Samples) -> None:
    """Between two points without halos, the density of both sets differs as their likelihoods say."""
    quiet = Function.model_validate(
        design.function.model_dump(mode="json")
        | {"questionnaire": design.function.questionnaire.model_dump(mode="json") | {"halo": False}}
    )
    alone = Design(**{name: getattr(design, name) for name in Design.__dataclass_fields__} | {"function": quiet})
    joint = both(alone, again(alone, one(samples, 0), np.random.default_rng(2)))
    densities = [density_of(alone), density_of(joint, density_of(alone).form)]
    rng = np.random.default_rng(3)
    points = densities[0].middle + 0.3 * rng.normal(size=(N_POINTS, densities[0].size))
    assert [each.size for each in densities] == [points.shape[1]] * 2
    there = {name: np.asarray(v, float) for name, v in samples_of(named(densities[0], [points])).items()}
    seen = [log_likelihood(each, there).total + log_members(each, there).sum(axis=1) for each in (alone, joint)]
    apart = np.array([densities[1](point)[0] - densities[0](point)[0] for point in points])
    np.testing.assert_allclose(np.diff(apart), np.diff(seen[1] - seen[0]), atol=1e-3)


def test_other_members_are_as_many_and_as_far_apart(design: Design, samples: Samples) -> None:
    """Groups, years and numbers stay; sums of squares and means are, on average, what the spreads say."""
    truth, rng, was = one(samples, 0), np.random.default_rng(4), design.members
    drawn = [other_members(design, truth, rng) for _ in range(N_AGAIN)]
    for now in drawn[:5]:
        same = ["unit", "indicator", "n_members", "n_years"]
        pd.testing.assert_frame_equal(now.groups[same], was.groups[same])
        pd.testing.assert_frame_equal(now.means[["group", "cell"]], was.means[["group", "cell"]])
    n, years = (was.groups[name].to_numpy(float) for name in ("n_members", "n_years"))
    _, number = np.unique(was.groups["indicator"], return_inverse=True)
    within = truth["member_error_sd"][0, number] ** 2
    between = within + years * truth["member_sd"][0, number] ** 2
    for column, expected in (("within", (n - 1) * (years - 1) * within), ("between", (n - 1) * between)):
        found = np.array([now.groups[column] for now in drawn])
        assert np.abs(found.mean(axis=0) - expected).max() < 5 * (found.std(axis=0) / np.sqrt(N_AGAIN)).max()
