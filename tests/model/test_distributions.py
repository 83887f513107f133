"""Every default prior on single numbers has the quantiles that its parameters say."""

import pytest

from clusterscore.model.distributions import distribution
from clusterscore.model.priors import DEFAULT_PRIORS, Prior


@pytest.mark.parametrize("name", [name for name, prior in DEFAULT_PRIORS.items() if prior.family != "dirichlet"])
def test_the_distribution_has_the_parameters_of_the_prior(name: str) -> None:
    """Median, mean or standard deviation, whichever the family is given by."""
    prior, found = DEFAULT_PRIORS[name], distribution(DEFAULT_PRIORS[name])
    match prior.family:
        case "normal":
            assert (found.mean(), found.std()) == pytest.approx((prior["mean"], prior["sd"]))
        case "half_normal":
            assert found.ppf(0.6826894921) == pytest.approx(prior["sd"])
        case "log_normal":
            assert found.median() == pytest.approx(prior["median"])
        case "beta":
            assert found.mean() == pytest.approx(prior["a"] / (prior["a"] + prior["b"]))
        case "gamma":
            assert found.mean() == pytest.approx(prior["shape"] / prior["rate"])


def test_a_prior_on_shares_is_refused() -> None:
    """A Dirichlet has no quantiles."""
    with pytest.raises(ValueError, match="dirichlet"):
        distribution(Prior("dirichlet", {"concentration": 2.0}, "shares", "made for tests"))
