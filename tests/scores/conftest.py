"""What the tests of the scores share."""

from dataclasses import replace

import pytest

from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.posterior.record import Posterior
from clusterscore.scores.compute import Scores, compute
from tests.posterior import tiny
from tests.scores import synthetic


@pytest.fixture(scope="session")
def invented(invented: Observations) -> Observations:
    """Return what the tiny association sent, with a rater's ties to two units, to which two others belong.

    The answers stay as they are, so that what is counted in them is what it was.
    """
    affiliation = invented.raters["rater"].map(tiny.PLAN.affiliation)
    ties = [("A", "B") if rater == "R5" else () for rater in invented.raters["rater"]]
    return replace(invented, raters=invented.raters.assign(affiliation=affiliation, ties=ties))


@pytest.fixture(scope="session")
def posterior(document: Function, invented: Observations) -> Posterior:
    """Return a posterior of the tiny association, made by hand."""
    return synthetic.posterior(document, invented)


@pytest.fixture(scope="session")
def scores(document: Function, invented: Observations, posterior: Posterior) -> Scores:
    """Return what is published of it."""
    return compute(document, posterior, invented)
