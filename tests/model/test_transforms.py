"""From a figure in its own unit to spreads from the typical value, and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterscore.model.function import Function, Indicator
from clusterscore.model.transforms import admits, restore, standardise

BY_TRANSFORM = {
    "log": "turnover",
    "logit": "cost_share",
    "identity": "turnover_growth",
    "log1p": "visitors",
    "count": "markets",
}
ROUNDING = 1e-9  # some ten operations of relative error 1e-16, on sizes that differ by up to 1e6


def indicator(small: Function, transform: str) -> Indicator:
    """Return the small function's first indicator with a transform."""
    return next(part for part in small.indicators if part.id == BY_TRANSFORM[transform])


@pytest.mark.parametrize("transform", BY_TRANSFORM)
@given(spreads=st.floats(-3.0, 3.0))
def test_restore_undoes_standardise(small: Function, transform: str, spreads: float) -> None:
    """A place on the model's scale is a figure, and that figure is the same place again."""
    part = indicator(small, transform)
    assert float(standardise(part, restore(part, spreads))) == pytest.approx(spreads, abs=ROUNDING)


@pytest.mark.parametrize("transform", BY_TRANSFORM)
def test_the_typical_value_is_zero(small: Function, transform: str) -> None:
    """What the document calls typical is the origin of the scale."""
    part = indicator(small, transform)
    assert float(standardise(part, part.typical)) == 0.0


@pytest.mark.parametrize(
    ("transform", "value", "place"),
    [
        ("log", 1e8 * np.exp(1.1), 1.0),
        ("logit", 1.0 / (1.0 + np.exp(-(np.log(1.5) + 0.8))), 1.0),  # the odds of .6 are 1.5
        ("identity", -0.06, -1.0),
        ("log1p", 201.0 * np.exp(0.9) - 1.0, 1.0),
        ("count", 14.0 * np.exp(-0.5), -1.0),
    ],
)
def test_one_spread_is_one(small: Function, transform: str, value: float, place: float) -> None:
    """A figure one spread above or below the typical one, after its transform, is 1 or -1."""
    assert float(standardise(indicator(small, transform), value)) == pytest.approx(place, abs=ROUNDING)


@pytest.mark.parametrize("transform", BY_TRANSFORM)
@given(pair=st.tuples(st.floats(-3.0, 3.0), st.floats(-3.0, 3.0)).map(sorted))
def test_more_is_never_less(small: Function, transform: str, pair: list[float]) -> None:
    """The transform keeps the order of figures; what is better is said by the direction alone."""
    part = indicator(small, transform)
    low, high = restore(part, pair)
    assert low <= high


@given(share=st.floats(0.02, 0.98))
def test_a_share_and_what_is_left_are_mirror_images(small: Function, share: float) -> None:
    """Who reports the complement of a share, of a complementary typical value, changes the sign and nothing else."""
    part = indicator(small, "logit")
    rest = part.model_copy(update={"typical": 1.0 - part.typical})
    assert float(standardise(rest, 1.0 - share)) == pytest.approx(-float(standardise(part, share)), abs=ROUNDING)


@pytest.mark.parametrize(("share", "read_as"), [(0.0, 0.01), (0.004, 0.01), (1.0, 0.99), (0.5, 0.5)])
def test_a_share_is_read_to_its_resolution(small: Function, share: float, read_as: float) -> None:
    """Shares of 0 and 1 are as far out as the document's resolution lets them be."""
    part = indicator(small, "logit")
    assert float(standardise(part, share)) == float(standardise(part, read_as))


@given(factor=st.floats(1e-6, 1e6), value=st.floats(1.0, 1e12))
def test_the_unit_of_money_does_not_matter(small: Function, factor: float, value: float) -> None:
    """Euros or thousands: where figures and typical value change together, the scale does not see it."""
    part = indicator(small, "log")
    other = part.model_copy(update={"typical": part.typical * factor})
    assert float(standardise(other, value * factor)) == pytest.approx(float(standardise(part, value)), abs=ROUNDING)


def test_the_shape_is_kept(small: Function) -> None:
    """A table of figures is standardised as a table."""
    assert standardise(indicator(small, "identity"), np.zeros((2, 3, 1))).shape == (2, 3, 1)


@pytest.mark.parametrize(
    ("transform", "fit", "unfit"),
    [
        ("log", [1e-9, 1e12], [0.0, -1.0]),
        ("log1p", [-0.5, 0.0, 1e12], [-1.0, -2.0]),
        ("logit", [0.0, 0.5, 1.0], [-0.1, 1.1, 55.0]),
        ("identity", [-1e12, 0.0], []),
        ("count", [0.0, 3.0], [-1.0, 2.5]),
    ],
)
def test_a_transform_admits_what_it_is_defined_for(
    small: Function, transform: str, fit: list[float], unfit: list[float]
) -> None:
    """And never what is no number."""
    part = indicator(small, transform)
    assert [value for value in (*fit, *unfit, np.nan, np.inf, -np.inf) if admits(part, value)] == fit
