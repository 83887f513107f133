"""The transform of answer shares: there and back, and its Jacobian."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from clusterscore.model.gaps import OutwardGaps


@pytest.mark.parametrize("size", [2, 3, 4, 5, 21])
def test_there_and_back_is_the_same_share(size: int) -> None:
    """For every length of scale."""
    share = pt.matrix(shape=(3, size))
    value = np.random.default_rng(size).dirichlet(np.full(size, 2.0), 3)
    transform = OutwardGaps()
    there = transform.forward(share)
    back = pytensor.function([share], transform.backward(there), mode="FAST_COMPILE")(value)
    np.testing.assert_allclose(back, value, rtol=1e-9)


@pytest.mark.parametrize("size", [2, 3, 5, 8])
def test_the_jacobian_is_that_of_differences(size: int) -> None:
    """Of the first shares, one less than categories, by the unconstrained values."""
    value = pt.vector(shape=(size - 1,))
    transform = OutwardGaps()
    shares = pytensor.function([value], transform.backward(value), mode="FAST_COMPILE")
    stated = pytensor.function([value], transform.log_jac_det(value), mode="FAST_COMPILE")
    at, step = np.random.default_rng(size).normal(size=size - 1), 1e-6
    moved = [(shares(at + step * e) - shares(at - step * e))[:-1] / (2.0 * step) for e in np.eye(size - 1)]
    _, expected = np.linalg.slogdet(np.array(moved))
    assert float(stated(at)) == pytest.approx(expected, abs=1e-6)
