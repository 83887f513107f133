"""The log-likelihood of kept draws is the model's; a questionnaire's halo is integrated out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from scipy import integrate, stats

from clusterscore.model.design import Design, make_design
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.posterior import likelihood
from clusterscore.posterior.likelihood import (
    category_probabilities,
    in_arrays,
    log_likelihood,
    samples_of,
    with_ends,
)
from clusterscore.posterior.predict import answering_in
from clusterscore.posterior.record import Posterior
from tests.model.conftest import patched

N_POINTS = 5
CHANGES = {
    "as shipped": {},
    "drift and consistency": {"drift": True, "discriminations": "rater"},
    "scales of raters": {"thresholds": "rater", "halo": False},
}


@dataclass(frozen=True)
class Case:
    """A design, points of its model as samples, and what the model says of each point, channel by channel."""

    design: Design
    samples: dict[str, np.ndarray]
    figures: np.ndarray
    answers: np.ndarray


@pytest.fixture(scope="module", params=CHANGES)
def case(request: pytest.FixtureRequest, small: Function, observed: Callable[..., Observations]) -> Case:
    """Return each kind of questionnaire in turn, with counts and figures."""
    from clusterscore.model.build import build  # noqa: PLC0415 - PyMC takes seconds to import

    content = small.model_dump(mode="json")
    content["questionnaire"] |= CHANGES[request.param]
    if request.param != "as shipped":
        content["errors"]["degrees_of_freedom"] = "learned"
    design = make_design(Function.model_validate(content), patched(small, observed))
    model = build(design)
    wanted = [*model.free_RVs, *model.deterministics, *model.potentials]
    outputs = [model.logp(vars=model.observed_RVs, jacobian=False), *model.replace_rvs_by_values(wanted)]
    said = model.compile_fn(outputs, inputs=model.value_vars, point_fn=True)
    names = ["figures", *(variable.name for variable in wanted)]
    start, rng = model.initial_point(random_seed=0), np.random.default_rng(1)
    points = [
        said({name: at + 0.5 * rng.normal(size=np.shape(at)) for name, at in start.items()}) for _ in range(N_POINTS)
    ]
    samples = {name: np.array([point[at] for point in points]) for at, name in enumerate(names)}
    return Case(design, samples, samples.pop("figures"), samples.pop("answer"))


def test_figures_and_counts_are_as_likely_as_the_model_says(case: Case) -> None:
    """Every option of the document."""
    found = log_likelihood(case.design, case.samples)
    np.testing.assert_allclose(found.figures.sum(axis=1) + found.counts.sum(axis=1), case.figures, rtol=1e-9)


def test_answers_given_their_halo_are_as_likely_as_the_model_says(case: Case) -> None:
    """Heights, edges and probabilities are those of the model."""
    design, rows = case.design, case.design.answers
    answers = answering_in(design, case.samples)
    height = answers.heights(design, slice(None)) - _halo(case)[:, rows["questionnaire"]]
    probability = category_probabilities(height, with_ends(answers.cuts)[:, rows["scale"]])
    chosen = probability[:, np.arange(len(rows)), rows["category"]]
    np.testing.assert_allclose(np.log(chosen).sum(axis=1), case.answers, rtol=1e-8)


def test_a_questionnaire_is_integrated_over_its_halo(case: Case) -> None:
    """Against adaptive quadrature: 15 nodes err by less than a hundredth of a nat, also for halos wider than fitted."""
    design, rows = case.design, case.design.answers
    found = log_likelihood(design, case.samples).questionnaires
    told = answering_in(design, case.samples)
    height, edges = told.heights(design, slice(None)), with_ends(told.cuts)
    for sample in range(N_POINTS):
        for number, answers in list(rows.groupby("questionnaire"))[:3]:
            at, edge = answers.index.to_numpy(), edges[sample, answers["scale"]]

            def likelihood(halo: float, sample: int = sample, at: np.ndarray = at, edge: np.ndarray = edge) -> float:
                probability = category_probabilities(height[sample, at] - halo, edge)
                return float(np.prod(probability[np.arange(len(at)), rows["category"].to_numpy()[at]]))

            sd = float(case.samples["halo_sd"][sample]) if "halo_sd" in case.samples else 0.0
            expected = _over_normal(likelihood, sd)
            assert found[sample, int(number)] == pytest.approx(np.log(expected), abs=1e-2)


def test_halos_are_integrated_the_same_with_and_without_what_compiles(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One questionnaire that arrives is worth no compiler, and must count the same."""
    found = log_likelihood(case.design, case.samples).questionnaires
    monkeypatch.setattr(likelihood, "_integrator", lambda _: in_arrays)
    np.testing.assert_allclose(log_likelihood(case.design, case.samples).questionnaires, found, rtol=1e-10, atol=1e-10)


def test_probabilities_of_categories_sum_to_one() -> None:
    """Also where a scale has fewer categories than the longest."""
    edges = np.array([-np.inf, -1.0, 0.5, np.inf, np.inf])
    found = category_probabilities(np.array([-50.0, 0.0, 3.0]), edges)
    np.testing.assert_allclose(found.sum(axis=1), 1.0)
    assert (found[:, 3] == 0.0).all()
    assert found[1, 0] == pytest.approx(1.0 / (1.0 + np.e))


def test_kept_draws_are_enough(document: Function, fitted: Posterior, invented: Observations) -> None:
    """What a fit stores gives the likelihood of every row, also of fewer samples."""
    design = make_design(document, invented)
    few = log_likelihood(design, samples_of(fitted.draws, most=7))
    rows = len(design.figures) + len(design.counts) + len(design.questionnaires)
    assert few.by_row.shape == (7, rows)
    assert np.isfinite(few.by_row).all()
    np.testing.assert_allclose(few.total, few.by_row.sum(axis=1))


def _halo(case: Case) -> np.ndarray:
    if "halo" not in case.samples:
        return np.zeros((N_POINTS, len(case.design.questionnaires)))
    return case.samples["halo"]


def _over_normal(likelihood: object, sd: float) -> float:
    if not callable(likelihood):
        raise TypeError(likelihood)
    if sd == 0.0:
        return float(likelihood(0.0))
    inner = lambda z: likelihood(sd * z) * stats.norm.pdf(z)  # noqa: E731
    return float(integrate.quad(inner, -9.0, 9.0, epsabs=0.0, epsrel=1e-7, limit=300)[0])
