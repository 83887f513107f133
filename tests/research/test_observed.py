"""What notebook ``01-observations`` says of what is missing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.paths import Workspace
from clusterscore.research.observed import ObservationsPage
from clusterscore.research.study import Study
from tests.model.conftest import patched, with_members, with_members_of


@pytest.fixture(scope="module")
def page(small: Function, observed: Callable[..., Observations]) -> ObservationsPage:
    """Return the page of a function that asks members as well; A, B and F have five each."""
    everything = with_members_of(patched(small, observed))
    return ObservationsPage(Study(Workspace(Path()), with_members(small), 2022, (), everything))


def test_coverage_has_a_row_for_each_unit_and_none_for_a_member(page: ObservationsPage) -> None:
    """A member's figures count for its unit, by the share of its members that reported."""
    units, years, seen = page._reported
    assert units == ["A", "B", "C", "D", "E", "F"]
    assert 0 <= seen.min() < seen.max() == 1
    told, names = page.observations.figures, [part.id for part in page.study.function.indicators]
    of_b = told[told["unit"].str.startswith("B-") & (told["indicator"] == "firm_cost") & (told["year"] == 2016)]
    assert 0 < len(of_b) < 5
    assert seen[units.index("B"), names.index("firm_cost"), years.index(2016)] == pytest.approx(len(of_b) / 5)
    assert (seen[units.index("C"), names.index("firm_cost")] == 0).all()
