"""What the tests of advice share."""

import pandas as pd
import pytest

from clusterscore.advice.catalogue import Catalogue, read_catalogue
from clusterscore.advice.groups import Peers
from clusterscore.advice.levels import Levels, read_levels
from clusterscore.advice.recommend import Evidence
from clusterscore.advice.view import View, view
from clusterscore.model.function import Function, read_functions
from clusterscore.observations.observed import Observations
from clusterscore.posterior.record import Posterior
from clusterscore.vocabulary import Verdict
from tests.advice import cohort


@pytest.fixture(scope="session")
def shipped() -> dict[str, Function]:
    """Return the shipped functions."""
    return read_functions(cohort.ROOT / "functions")


@pytest.fixture(scope="session")
def catalogue(shipped: dict[str, Function]) -> Catalogue:
    """Return the shipped catalogue."""
    return read_catalogue(cohort.ROOT / "catalogue", shipped)


@pytest.fixture(scope="session")
def levels(shipped: dict[str, Function]) -> Levels:
    """Return the shipped levels."""
    return read_levels(cohort.ROOT / "catalogue", shipped)


@pytest.fixture(scope="session")
def function(shipped: dict[str, Function]) -> Function:
    """Return the shipped cluster function."""
    return shipped["competitiveness"]


@pytest.fixture(scope="session")
def seen(function: Function) -> Observations:
    """Return what the cohort sent."""
    return cohort.observations(function)


@pytest.fixture(scope="session")
def drawn(function: Function, seen: Observations) -> Posterior:
    """Return a posterior of the cohort."""
    return cohort.posterior(function, seen)


@pytest.fixture(scope="session")
def looked(function: Function, seen: Observations, drawn: Posterior) -> View:
    """Return what advice sees of it."""
    return view(function, drawn, seen)


@pytest.fixture(scope="session")
def groups(looked: View) -> list[Peers]:
    """Return the peer groups."""
    return cohort.groups(looked)


@pytest.fixture(scope="session")
def evidence() -> Evidence:
    """Return evidence by which no rule without a gap holds."""
    table = pd.DataFrame(
        {"unit": cohort.UNITS, "verdict": Verdict.VALIDATED, "p_confirmed": 0.95, "p_contradicted": 0.05, "n_raters": 7}
    )
    changes = pd.DataFrame({"unit": cohort.UNITS, "mean": 1.0, "p_up": 0.6})
    return Evidence(table, changes, pd.Series(0.9, index=list(cohort.UNITS)))
