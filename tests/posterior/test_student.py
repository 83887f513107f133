"""The Student-t distribution nearest to numbers: found again where they came from one, best in log score elsewhere."""

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import minimize

from clusterscore.posterior.student import FREEDOMS, fit, log_density


@pytest.mark.parametrize("freedom", [3.0, 5.0, 30.0])
def test_a_student_t_is_found_again(freedom: float) -> None:
    """Location and scale within 4 standard errors, degrees of freedom among the neighbours on the grid."""
    drawn = stats.t.rvs(freedom, 2.0, 0.5, size=(20_000, 1), random_state=np.random.default_rng(1))
    location, scale, found = fit(drawn)
    assert location[0] == pytest.approx(2.0, abs=4 * 0.5 * 1.3 / np.sqrt(20_000))
    assert scale[0] == pytest.approx(0.5, rel=0.05)
    assert abs(FREEDOMS.index(found[0]) - FREEDOMS.index(freedom)) <= 1


def test_no_other_student_t_has_a_better_mean_log_density() -> None:
    """Compared with a general optimiser, on draws that come from no Student-t."""
    rng = np.random.default_rng(2)
    drawn = np.where(rng.uniform(size=(4000, 1)) < 0.8, rng.normal(0, 1, (4000, 1)), rng.normal(1, 3, (4000, 1)))
    reached = log_density(drawn, *fit(drawn)).mean()

    def loss(point: np.ndarray) -> float:
        return -float(log_density(drawn, point[0], np.exp(point[1]), 1.0 + np.exp(point[2])).mean())

    assert reached == pytest.approx(-minimize(loss, [0.0, 0.0, 1.0], method="Nelder-Mead").fun, abs=0.002)


def test_columns_do_not_meddle() -> None:
    """Each is fitted as if alone."""
    drawn = np.random.default_rng(3).standard_t(4.0, size=(500, 3)) * [1.0, 10.0, 0.1]
    together, alone = fit(drawn), fit(drawn[:, [1]])
    np.testing.assert_allclose([part[1] for part in together], [part[0] for part in alone], rtol=1e-9)


def test_a_centred_fit_has_location_0() -> None:
    """Errors around 0 with a bias count as wide ones."""
    drawn = np.random.default_rng(4).normal(1.0, 0.1, size=(500, 1))
    location, scale, _ = fit(drawn, centred=True)
    assert location[0] == 0.0
    assert scale[0] > 0.5


def test_equal_numbers_have_a_scale_above_0() -> None:
    """So that a density can be computed."""
    assert (fit(np.zeros((20, 1)))[1] > 0.0).all()


def test_the_density_is_that_of_scipy() -> None:
    """To rounding."""
    value = np.linspace(-5, 5, 11)
    np.testing.assert_allclose(log_density(value, 0.3, 0.7, 4.0), stats.t.logpdf(value, 4.0, 0.3, 0.7), rtol=1e-12)
