"""What the tests of the scores share."""

import pytest

from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.posterior.store import Posterior
from clusterscore.scores.compute import Scores, compute
from tests.scores import synthetic


@pytest.fixture(scope="session")
def posterior(document: Function, invented: Observations) -> Posterior:
    """Return a posterior of the tiny association, made by hand."""
    return synthetic.posterior(document, invented)


@pytest.fixture(scope="session")
def scores(document: Function, invented: Observations, posterior: Posterior) -> Scores:
    """Return what is published of it."""
    return compute(document, posterior, invented)
