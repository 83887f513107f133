"""The basis in which log-slopes are drawn."""

import numpy as np
import pytest

from clusterscore.model.function import Function
from clusterscore.model.slopes import slope_basis

DOCUMENTS = ["competitiveness", "management", "member", "regional"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_basis_is_orthonormal(functions: dict[str, Function], name: str) -> None:
    """Standard normal coefficients make log-slopes of one variance, in whatever pillar."""
    _, basis = slope_basis(functions[name])
    np.testing.assert_allclose(basis.T @ basis, np.eye(basis.shape[1]), atol=1e-14)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_log_slopes_sum_to_zero_within_each_pillar(functions: dict[str, Function], name: str) -> None:
    """The pillar's scale carries what its measures have in common."""
    pillar, basis = slope_basis(functions[name])
    for number in range(len(functions[name].pillars)):
        np.testing.assert_allclose(basis[pillar == number].sum(axis=0), 0.0, atol=1e-14)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_pillar_keeps_all_its_freedom(functions: dict[str, Function], name: str) -> None:
    """A pillar of m measures has m - 1 contrasts, none of which another pillar shares."""
    pillar, basis = slope_basis(functions[name])
    for number in range(len(functions[name].pillars)):
        own = basis[pillar == number]
        assert np.linalg.matrix_rank(own) == len(own) - 1
        assert (np.abs(own) > 0).any(axis=0).sum() == len(own) - 1


def test_the_pillar_of_a_measure_is_that_of_the_document(small: Function) -> None:
    """Indicators first, then items; overall items have no slope on a pillar."""
    pillar, _ = slope_basis(small)
    named = {name: small.pillars[number].id for name, number in zip(small.measures, pillar, strict=True)}
    assert named == {part.id: home.id for home in small.pillars for part in (*home.indicators, *home.items)}
