"""Deviations that sum to zero, and their coefficients."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from clusterscore.model.contrasts import coefficients_of, deviations

sizes = st.integers(min_value=2, max_value=40)


@given(size=sizes)
def test_deviations_sum_to_zero(size: int) -> None:
    """Whatever the coefficients."""
    np.testing.assert_allclose(deviations(np.eye(size - 1)).sum(axis=0), 0.0, atol=1e-13)


@given(size=sizes)
def test_the_contrasts_are_orthonormal(size: int) -> None:
    """Standard normal coefficients make deviations of one variance."""
    basis = deviations(np.eye(size - 1))
    np.testing.assert_allclose(basis.T @ basis, np.eye(size - 1), atol=1e-13)


@given(size=sizes, seed=st.integers(min_value=0, max_value=1000))
def test_coefficients_give_their_deviations_back(size: int, seed: int) -> None:
    """And values their deviations from the mean."""
    values = np.random.default_rng(seed).normal(size=(size, 2))
    np.testing.assert_allclose(deviations(coefficients_of(values)), values - values.mean(axis=0), atol=1e-12)
