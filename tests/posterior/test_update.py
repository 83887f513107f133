"""Every new observation becomes a new posterior: that of everything known, whatever the way and the order."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from clusterscore.model.compiled.density import density_of
from clusterscore.model.design import make_design
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.posterior import moves
from clusterscore.posterior.basis import Basis
from clusterscore.posterior.changes import Grown, changes, log_ratio
from clusterscore.posterior.extend import extended
from clusterscore.posterior.identity import Sampler, heard
from clusterscore.posterior.keep import named
from clusterscore.posterior.likelihood import log_likelihood, samples_of
from clusterscore.posterior.proposal import Proposal, propose
from clusterscore.posterior.record import TRUSTED, Posterior, joined
from clusterscore.posterior.update import KNOWN, MOVED, REWEIGHTED, SAMPLED, update
from tests.model.conftest import with_members
from tests.posterior import tiny
from tests.posterior.arrivals import AFTER, BEFORE, BEYOND, WITHIN

THOROUGH = Sampler(chains=4, tune=500, draws=1500, longer=1, target_accept=0.95)
YEAR = tiny.EDITION


class Resampled(Exception):
    """Everything would have been sampled anew."""


def no_sampling(*_: object) -> Posterior:
    """Stand in for the sampler where it must not be needed."""
    raise Resampled


Sample = Callable[[str, str], Posterior]


@pytest.fixture(scope="session")
def sampled(document: Function, invented: Observations) -> Sample:
    """Return what samples the posterior ``before`` a kind of observation arrived, or ``after``."""
    known: dict[tuple[str, str], Posterior] = {}

    def sample(when: str, kind: str) -> Posterior:
        key = (when, kind if when == "before" or kind in AFTER else "all")
        if key not in known:
            state = BEFORE[kind](invented) if when == "before" else arrived(kind, invented)
            known[key] = tiny.draw(document, state, THOROUGH)
        return known[key]

    return sample


def arrived(kind: str, invented: Observations) -> Observations:
    """Return everything that is known when a kind of observation has arrived."""
    return AFTER[kind](invented) if kind in AFTER else invented


def basis_of(posterior: Posterior) -> Basis:
    """Return the basis of a posterior that has one."""
    assert posterior.basis is not None
    return posterior.basis


def likelihood_of(basis: Basis, state: Observations) -> np.ndarray:
    """Return the log-likelihood of everything that counts under each sample of a basis; dims (sample)."""
    design = make_design(basis.function, *heard(basis.function, state, YEAR))
    return log_likelihood(design, samples_of(basis.sampled)).total


@pytest.mark.parametrize("kind", WITHIN)
@pytest.mark.parametrize("way", ["came", "went"])
def test_the_ratio_is_that_of_the_whole_likelihoods(
    kind: str, way: str, fitted: Posterior, invented: Observations
) -> None:
    """Whether rows came or went."""
    basis, now = basis_of(fitted), BEFORE[kind](invented)
    if way == "came":
        basis, now = replace(basis, observed=now, hashes={}), invented
        basis.__dict__.pop("heard", None)
    found = log_ratio(basis, now, YEAR, changes(basis, now, YEAR))
    expected = likelihood_of(basis, now) - likelihood_of(basis, basis.observed)
    np.testing.assert_allclose(found, expected, atol=1e-9 * np.abs(expected).max() + 1e-9)


def test_a_corrected_figure_is_an_addition_and_a_withdrawal(fitted: Posterior, invented: Observations) -> None:
    """Of the one value and the other."""
    basis, figures = basis_of(fitted), invented.figures.copy()
    figures.loc[figures.index[0], "value"] *= 1.1
    now = replace(invented, figures=figures)
    changed = changes(basis, now, YEAR)
    assert (changed.n_came, changed.n_went) == (1, 1)
    expected = likelihood_of(basis, now) - likelihood_of(basis, invented)
    np.testing.assert_allclose(log_ratio(basis, now, YEAR, changed), expected, atol=1e-9)


def test_the_order_of_rows_is_no_difference(fitted: Posterior, invented: Observations) -> None:
    """Nothing came and nothing went."""
    turned = replace(invented, figures=invented.figures[::-1], answers=invented.answers.sample(frac=1, random_state=1))
    found, told = update(fitted, turned, refit=no_sampling)
    assert told.way == KNOWN
    assert found.run == fitted.run
    assert (told.moved["shift"] == 0.0).all()


def proposed(kind: str, sampled: Sample, invented: Observations) -> Proposal:
    """Return where the samples before a kind of observation go when it has arrived."""
    basis = basis_of(sampled("before", kind))
    density = density_of(make_design(basis.function, *heard(basis.function, invented, YEAR)), basis.density.form)
    return propose(basis, density, extended(basis, density))


@pytest.mark.parametrize("kind", BEYOND)
def test_all_samples_are_stretched_alike(kind: str, sampled: Sample, invented: Observations) -> None:
    """So that the densities before and after may be compared: what was known and what is drawn fill the new point."""
    basis, proposal = basis_of(sampled("before", kind)), proposed(kind, sampled, invented)
    n_new, step = proposal.extended.n_new, 1e-3
    assert n_new > 0
    assert basis.points.shape[1] + n_new == proposal.density.size

    def ends(points: np.ndarray, new: np.ndarray) -> np.ndarray:
        near = replace(basis, kept=lambda: (points, np.arange(len(points))))
        return extended(near, proposal.density).at(new, slice(None))

    def volume(point: np.ndarray) -> float:
        size = len(point) + n_new
        moved = step * np.vstack([np.zeros(size), np.eye(size)])
        reached = ends(point + moved[:, : len(point)], moved[:, len(point) :])
        return float(np.linalg.slogdet((reached[1:] - reached[0]) / step)[1])

    volumes = [volume(basis.points[k].astype(np.float64)) for k in (0, len(basis.points) // 2, len(basis.points) - 1)]
    np.testing.assert_allclose(volumes, volumes[0], atol=1e-6)


@pytest.mark.parametrize("kind", BEYOND)
def test_gradients_along_what_is_new_are_those_of_differences(
    kind: str, sampled: Sample, invented: Observations
) -> None:
    """Also along the severity of a new rater, which moves all others."""
    proposal, step, one = proposed(kind, sampled, invented), 1e-5, slice(0, 1)
    u = np.full((1, proposal.extended.n_new), 0.1)
    for look in (proposal.target, lambda at, _: proposal.base(at)):
        gradient = look(u, one)[1][0]
        for k in range(u.shape[1]):
            up, down = u.copy(), u.copy()
            up[0, k] += step
            down[0, k] -= step
            slope = (look(up, one)[0] - look(down, one)[0])[0] / (2.0 * step)
            assert gradient[k] == pytest.approx(slope, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("kind", BEYOND)
def test_what_is_new_may_be_moved_in_steps(kind: str, sampled: Sample, invented: Observations) -> None:
    """And the weights lead to the same posterior as those of one step."""
    basis, proposal = basis_of(sampled("before", kind)), proposed(kind, sampled, invented)
    one, steps = (
        moves._weighed(basis, proposal, draw(proposal, np.random.default_rng(1)))
        for draw in (moves._drawn, moves._annealed)
    )
    means = [each.weights.mean(moves._published(each.draws)) for each in (one, steps)]
    sd = one.weights.sd(moves._published(one.draws))
    error = np.sqrt(1.0 / one.ess + 1.0 / steps.ess)
    assert (np.abs(means[0] - means[1]) < 4.0 * error * sd).all()


@pytest.mark.parametrize("kind", BEFORE)
def test_an_update_gives_the_posterior_of_everything(kind: str, sampled: Sample, invented: Observations) -> None:
    """Within Monte Carlo error of sampling it at once, by the way that the kind of observation needs."""
    complete = sampled("after", kind)
    found, told = update(sampled("before", kind), arrived(kind, invented), refit=no_sampling)
    assert told.way == (REWEIGHTED if kind in WITHIN else MOVED), told.why
    now, truth = found.standing_in(YEAR), complete.standing_in(YEAR)
    error = np.sqrt(1.0 / told.ess + 1.0 / basis_of(complete).ess)
    assert ((now["mean"] - truth["mean"]) / truth["sd"]).abs().max() < 4.0 * error
    assert (now["sd"] / truth["sd"]).between(1.0 - 4.0 * error, 1.0 + 4.0 * error).all()


def test_a_sample_that_was_taken_too_far_hides_no_quantity() -> None:
    """It has no weight; the others say how well a mean is known."""
    state = np.array([[1.0], [np.nan], [np.inf], [2.0]])
    draws = xr.Dataset(
        {"state": (("chain", "draw", "cell"), state[None]), "error_sd": (("chain", "draw"), np.ones((1, 4)))}
    )
    np.testing.assert_array_equal(moves._published(draws), [[1.0], [0.0], [0.0], [2.0]])


def test_points_are_read_in_the_form_in_which_they_were_drawn(
    document: Function, sampled: Sample, invented: Observations
) -> None:
    """A sampling that begins where another ended is drawn in that one's form, which its own design would not give."""
    before = basis_of(sampled("before", "unit"))
    warm = tiny.draw(document, invented, tiny.SHORT, warm=before)
    stored = replace(warm.run, **json.loads(json.dumps(asdict(warm.run))))
    basis = replace(basis_of(warm), run=stored)
    assert basis.density.form.record() == before.density.form.record()
    assert basis.density.form.record() != density_of(basis.design).form.record()
    found = named(basis.density, [basis.points.astype(np.float64)])["state"].to_numpy()[0]
    np.testing.assert_allclose(found, joined(warm.sampled["state"])[basis.places], atol=1e-4)


def test_a_new_edition_begins_where_the_one_before_ended(
    document: Function, sampled: Sample, invented: Observations
) -> None:
    """Even where it brings the first common step of all units: the posterior is the same."""
    from clusterscore.posterior.fit import fit  # noqa: PLC0415 - imports the sampler

    first, complete = fit(document, invented, YEAR - 1, THOROUGH), sampled("after", "figure")
    warm = fit(document, invented, YEAR, THOROUGH, warm=basis_of(first))
    assert "shock_sd" in complete.sampled
    assert "shock_sd" not in first.sampled
    assert warm.run.sampler["warm"] == first.run.id
    assert warm.run.status == TRUSTED, warm.run.diagnostics["failures"]
    now, truth = warm.standing_in(YEAR), complete.standing_in(YEAR)
    error = np.sqrt(1.0 / basis_of(warm).ess + 1.0 / basis_of(complete).ess)
    assert ((now["mean"] - truth["mean"]) / truth["sd"]).abs().max() < 4.0 * error


def test_order_of_arrival_does_not_matter(sampled: Sample, invented: Observations) -> None:
    """One after the other in five orders, or all at once: the same draws are chosen."""
    start = sampled("before", "questionnaire")
    came = changes(basis_of(start), invented, YEAR).came.answers
    at_once, _ = update(start, invented, refit=no_sampling)
    for seed in range(5):
        posterior, state = start, basis_of(start).observed
        for _, row in came.sample(frac=1, random_state=seed).iterrows():
            state = replace(state, answers=pd.concat([state.answers, row.to_frame().T.astype(came.dtypes)]))
            posterior, told = update(posterior, state, refit=no_sampling)
            assert told.way == REWEIGHTED
        np.testing.assert_array_equal(posterior.chosen, at_once.chosen)


def test_a_wrong_record_that_is_superseded_leaves_no_trace(fitted: Posterior, invented: Observations) -> None:
    """The posterior is the one from before."""
    figures = invented.figures.copy()
    figures.loc[figures.index[3], "value"] *= 1.2
    wrong, _ = update(fitted, replace(invented, figures=figures), refit=lambda *_: fitted)
    mended, told = update(wrong, invented, refit=no_sampling)
    assert told.way == KNOWN
    assert mended.run.id == fitted.run.id
    assert mended.draws.equals(fitted.draws)


def test_everything_is_sampled_anew_where_it_must_be(sampled: Sample, invented: Observations) -> None:
    """Because figures are so surprising that weights would not do; the record says why."""
    start, now, rows = sampled("before", "figure"), invented, invented.figures.copy()
    late = changes(basis_of(start), invented, YEAR).came.figures.iloc[0]
    same = (rows[["unit", "year", "indicator"]] == late[["unit", "year", "indicator"]]).all(axis=1)
    rows.loc[(rows["unit"] == late["unit"]) & ~same, "value"] *= 0.5
    now = replace(invented, figures=rows)
    asked = []

    def refit(posterior: Posterior, state: Observations, edition: int) -> Posterior:
        asked.append((posterior, state, edition))
        return start

    _, told = update(start, now, refit=refit)
    assert asked == [(start, now, YEAR)]
    assert told.way == SAMPLED
    assert told.why


def test_what_the_draws_do_not_know_is_named(sampled: Sample, invented: Observations) -> None:
    """A unit, a year or a rater."""
    for kind, words in (("unit", "G in 2022 is new"), ("year", "D in 2022 is new"), ("rater", "rater R5 is new")):
        basis = basis_of(sampled("before", kind))
        with pytest.raises(Grown, match=words):
            log_ratio(basis, invented, YEAR, changes(basis, invented, YEAR))


def test_a_posterior_without_a_basis_is_not_corrected(fitted: Posterior, invented: Observations) -> None:
    """Draws alone do not say what they were drawn from."""
    with pytest.raises(ValueError, match="no basis"):
        update(replace(fitted, basis=None), invented)


def test_a_figure_that_something_is_counted_per_is_not_alone(fitted: Posterior, small: Function) -> None:
    """Nor is a count, nor what members report, nor what is derived."""
    lone = replace(basis_of(fitted), function=with_members(small)).lone
    parts = {part.id: part for part in with_members(small).indicators}
    exposures = {part.exposure for part in parts.values() if part.exposure}
    assert exposures
    assert lone
    assert not lone & exposures
    assert all(parts[name].of == "unit" and parts[name].transform != "count" for name in lone)
