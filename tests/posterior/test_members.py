"""Each member's own posterior against the textbook: normal mean of normal prior, and numerical integration."""

import numpy as np
import pytest
from scipy import stats

from clusterscore.posterior.members import deviations


@pytest.mark.parametrize(("own_sd", "error_sd"), [(1.5, 0.5), (0.2, 1.0), (1.0, 1.0)])
def test_deviations_are_those_of_numerical_integration(own_sd: float, error_sd: float) -> None:
    """Mean and standard deviation over a fine grid."""
    residuals = np.array([0.7, -0.1, 1.2])
    mean, sd = deviations(
        np.array([[residuals.sum()]]), np.array([len(residuals)]), np.array([[own_sd]]), np.array([[error_sd]])
    )
    grid = np.linspace(-12.0, 12.0, 200_001)
    density = stats.norm.pdf(grid, 0.0, own_sd) * stats.norm.pdf(residuals[:, None], grid, error_sd).prod(axis=0)
    density /= density.sum()
    expected = (grid * density).sum()
    assert mean[0, 0] == pytest.approx(expected, abs=1e-6)
    assert sd[0, 0] == pytest.approx(np.sqrt(((grid - expected) ** 2 * density).sum()), abs=1e-6)


def test_a_member_with_more_years_is_placed_more_firmly() -> None:
    """And nearer to its own mean."""
    mean, sd = deviations(np.array([[1.0, 4.0]]), np.array([1, 4]), np.array([[1.0]]), np.array([[1.0]]))
    assert mean[0, 1] > mean[0, 0]
    assert sd[0, 1] < sd[0, 0]
