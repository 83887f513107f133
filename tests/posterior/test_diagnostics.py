"""The gates of publication: each fails alone, by name and with its value; what cannot be computed never passes."""

import json
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from clusterscore.posterior import diagnostics
from clusterscore.posterior.diagnostics import Diagnostics, diagnose, least_mixed
from tests.posterior.made import dataset

SHOWN = ("standing", "state", "weight", "severity", "slope", "overall_slope", "threshold_5", "discrepancy")
"""What some page or table shows."""
BEHIND = ("severity_sd", "slope_sd", "discrepancy_sd", "halo_sd", "error_sd", "pillar_scale", "intercept")


def stats(diverging: int = 0, energy: np.ndarray | None = None, chains: int = 4, draws: int = 500) -> xr.Dataset:
    """Return sampler statistics without fault, but for what is asked."""
    shape = (chains, draws)
    broken = np.arange(chains * draws).reshape(shape) < diverging
    energy = np.random.default_rng(2).normal(size=shape) if energy is None else energy
    return xr.Dataset({"diverging": (("chain", "draw"), broken), "energy": (("chain", "draw"), energy)})


def independent(
    name: str, chains: int = 4, draws: int = 500, size: int = 2
) -> dict[str, tuple[tuple[str], np.ndarray]]:
    """Return independent normal draws of one variable."""
    return {name: (("element",), np.random.default_rng(1).normal(size=(chains, draws, size)))}


def lazy(chains: int, draws: int, memory: float) -> np.ndarray:
    """Return stationary draws of which each remembers a share of the one before."""
    rng = np.random.default_rng(3)
    values = rng.normal(size=(chains, draws))
    for number in range(1, draws):
        values[:, number] = memory * values[:, number - 1] + np.sqrt(1.0 - memory**2) * values[:, number]
    return values


def names(result: Diagnostics) -> set[str]:
    """Return what failed, without the values."""
    return {failure.partition(",")[0].rstrip("0123456789. ") for failure in result.failures}


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Diagnostics]:
    """Return what diagnoses draws for which ArviZ would find given values."""

    def diagnosed(name: str = "standing", r_hat: float = 1.0, bulk: float = 1e4, tail: float = 1e4) -> Diagnostics:
        found = {"bulk": bulk, "tail": tail}
        stub = SimpleNamespace(
            rhat=lambda values, **_: np.array([1.0, r_hat])[: values.shape[2]],
            ess=lambda values, method, **_: np.array([1e5, found[method]])[: values.shape[2]],
        )
        monkeypatch.setattr(diagnostics, "array_stats", stub)
        return diagnose(dataset(independent(name)), stats())

    return diagnosed


def test_independent_draws_pass() -> None:
    """Nothing is found where nothing is wrong."""
    result = diagnose(dataset(independent("standing") | independent("slope_sd")), stats())
    assert result.failures == ()
    assert not result.only_too_few
    assert {row.variable: row.size for row in result.worst} == {"standing": 2, "slope_sd": 2}


def test_a_chain_of_its_own_fails_r_hat_alone() -> None:
    """One chain of sixty stands apart; their draws are enough and nothing else is wrong."""
    draws = independent("standing", chains=60, draws=400)
    draws["standing"][1][0] += 1.5
    result = diagnose(dataset(draws), stats(chains=60, draws=400))
    assert names(result) == {"standing: R-hat"}
    assert result.worst[0].r_hat > 1.01
    assert f"R-hat {result.worst[0].r_hat:.3f}, must be below 1.01" in result.failures[0]


def test_lazy_draws_fail_bulk_ess() -> None:
    """Two thousand draws of which each remembers the last are worth fewer than four hundred."""
    values = lazy(4, 500, 0.9)[:, :, None]
    result = diagnose(dataset({"standing": (("element",), values)}), stats())
    assert "standing: bulk ESS" in names(result)
    assert result.worst[0].ess_bulk < 400
    assert f"standing: bulk ESS {result.worst[0].ess_bulk:.0f}, must be at least 400" in result.failures


def test_lazy_tails_fail_tail_ess_alone() -> None:
    """The middle of the distribution moves freely; how wide it is moves slowly, and the interval's ends with it."""
    width = np.exp(1.5 * lazy(4, 1500, 0.99))
    values = (width * np.random.default_rng(4).normal(size=width.shape))[:, :, None]
    result = diagnose(dataset({"standing": (("element",), values)}), stats(draws=1500))
    assert "standing: tail ESS" in names(result)
    assert "standing: bulk ESS" not in names(result)


def test_one_divergence_fails_alone() -> None:
    """One is enough, and it is counted."""
    result = diagnose(dataset(independent("standing")), stats(diverging=1))
    assert result.failures == ("1 divergent transitions, must be 0",)


def test_a_lazy_energy_fails_alone_with_its_chain() -> None:
    """The chain is named, counted from 1."""
    energy = np.random.default_rng(2).normal(size=(4, 500))
    energy[2] = np.cumsum(energy[2])
    result = diagnose(dataset(independent("standing")), stats(energy=energy))
    (failure,) = result.failures
    assert failure.startswith("chain 3: E-BFMI 0.")
    assert failure.endswith(", must be at least 0.3")


def test_the_energy_is_read_along_the_draws_however_it_is_laid_out() -> None:
    """Dimensions are found by name."""
    expected = diagnose(dataset(independent("standing")), stats())
    turned = diagnose(dataset(independent("standing")).transpose(), stats().transpose())
    assert turned == expected


@pytest.mark.parametrize(("r_hat", "passes"), [(1.0099, True), (1.01, False), (1.0101, False), (1.2, False)])
def test_r_hat_of_what_is_published_must_be_below_its_limit(
    measured: Callable[..., Diagnostics], r_hat: float, *, passes: bool
) -> None:
    """At the limit it fails."""
    result = measured(r_hat=r_hat)
    assert result.failures == (() if passes else (f"standing: R-hat {r_hat:.3f}, must be below 1.01",))


@pytest.mark.parametrize(("r_hat", "passes"), [(1.0499, True), (1.05, False)])
def test_r_hat_of_what_stands_behind_is_held_to_a_wider_limit(
    measured: Callable[..., Diagnostics], r_hat: float, *, passes: bool
) -> None:
    """At the limit it fails as well."""
    assert bool(measured("slope_sd", r_hat=r_hat).failures) is not passes


@pytest.mark.parametrize("kind", ["bulk", "tail"])
@pytest.mark.parametrize(("name", "limit"), [("standing", 400), ("slope_sd", 100)])
def test_ess_must_reach_its_limit(measured: Callable[..., Diagnostics], kind: str, name: str, limit: int) -> None:
    """At the limit it passes, one below it fails."""
    assert measured(name, **{kind: limit}).failures == ()
    assert measured(name, **{kind: limit - 1}).failures == (
        f"{name}: {kind} ESS {limit - 1}, must be at least {limit}",
    )


@pytest.mark.parametrize("short", [{"bulk": 399.97}, {"tail": 399.97}])
def test_what_is_rounded_up_to_a_limit_has_not_reached_it(
    measured: Callable[..., Diagnostics], short: dict[str, float]
) -> None:
    """Rounding is for the record; gates look at what was computed."""
    assert measured(**short).failures


@pytest.mark.parametrize("e_bfmi", [0.2996, 0.2999])
def test_an_e_bfmi_rounded_up_to_its_limit_has_not_reached_it(e_bfmi: float) -> None:
    """Rounding is for the record; gates look at what was computed."""
    assert diagnose(dataset(independent("standing")), stats(energy=_energy(e_bfmi))).failures


def test_an_e_bfmi_at_its_limit_passes() -> None:
    """It must be at least 0.3."""
    assert diagnose(dataset(independent("standing")), stats(energy=_energy(0.3 + 1e-9))).failures == ()


def _energy(e_bfmi: float) -> np.ndarray:
    """Return energies of a chain with exactly this E-BFMI: white noise beside a random walk, mixed as far as needed."""
    rng = np.random.default_rng(5)
    walk, noise = np.cumsum(rng.normal(size=500)), rng.normal(size=500)
    low, high = 0.0, 100.0
    for _ in range(200):
        middle = (low + high) / 2.0
        chain = walk + middle * noise
        found = np.square(np.diff(chain)).mean() / chain.var()
        low, high = (middle, high) if found < e_bfmi else (low, middle)
    return np.tile(walk + high * noise, (4, 1))


@pytest.mark.parametrize("value", ["r_hat", "bulk", "tail"])
def test_what_cannot_be_computed_never_passes(measured: Callable[..., Diagnostics], value: str) -> None:
    """NaN is neither below a limit nor above one."""
    result = measured(**{value: float("nan")})
    assert len(result.failures) == 1
    assert "nan" in result.failures[0]


@pytest.mark.parametrize("broken", [np.nan, np.inf])
@pytest.mark.parametrize("where", ["everywhere", "once"])
def test_draws_that_are_no_numbers_never_pass(broken: float, where: str) -> None:
    """A quantity that is 0/0 in one draw or in all of them has no interval that could be published."""
    draws = independent("standing")
    if where == "everywhere":
        draws["standing"][1][:, :, 1] = broken
    else:
        draws["standing"][1][0, 0, 1] = broken
    assert diagnose(dataset(draws), stats()).failures


def test_chains_that_never_moved_do_not_pass() -> None:
    """Each chain stuck in a place of its own."""
    values = np.ones((4, 500, 1)) * np.arange(4)[:, None, None]
    assert "standing: R-hat" in names(diagnose(dataset({"standing": (("element",), values)}), stats()))


def test_what_is_constant_by_construction_passes() -> None:
    """The weight of a single pillar is 1 in every draw."""
    draws = independent("standing") | {"weight": (("pillar",), np.ones((4, 500, 1)))}
    assert diagnose(dataset(draws), stats()).failures == ()


def test_one_stuck_element_among_many_fails() -> None:
    """The worst element counts, not the mean."""
    draws = independent("standing", size=50)
    draws["standing"][1][:, :, 30] = np.arange(4)[:, None] + 1e-3 * draws["standing"][1][:, :, 30]
    assert "standing: R-hat" in names(diagnose(dataset(draws), stats()))


@pytest.mark.parametrize("name", SHOWN)
def test_everything_that_a_table_shows_is_held_to_the_strict_gate(name: str) -> None:
    """The pillars' scores are the states, and the overall items' slopes are published beside those of the others."""
    (row,) = diagnose(dataset(independent(name)), stats()).worst
    assert row.published


@pytest.mark.parametrize("name", BEHIND)
def test_variance_parameters_are_held_to_the_other_gate(name: str) -> None:
    """They mix more slowly, and no table shows them."""
    (row,) = diagnose(dataset(independent(name)), stats()).worst
    assert not row.published


def test_draws_that_are_only_too_few_are_said_to_be(measured: Callable[..., Diagnostics]) -> None:
    """Longer chains would help."""
    assert measured(bulk=399.0, r_hat=1.02).only_too_few


def test_divergences_are_not_cured_by_more_draws() -> None:
    """Where anything but the number of draws stands against a fit, more draws do not help."""
    result = diagnose(dataset(independent("standing", draws=10)), stats(diverging=1, draws=10))
    assert len(result.failures) > 1
    assert not result.only_too_few


def test_the_record_is_plain_data() -> None:
    """It is written into the run record as JSON."""
    result = diagnose(dataset(independent("standing")), stats(diverging=2))
    record = json.loads(json.dumps(result.record()))
    assert record["divergences"] == 2
    assert record["failures"] == list(result.failures)
    assert record["worst"][0]["variable"] == "standing"


def test_the_least_mixed_elements_are_found_by_variable_and_place() -> None:
    """A chain that wanders is named; what never moves is left out."""
    rng = np.random.default_rng(4)
    good, wandering = rng.normal(size=(4, 500, 3)), rng.normal(size=(4, 500, 3))
    wandering[:, :, 1] = np.cumsum(wandering[:, :, 1], axis=1)
    draws = dataset(
        {"good": (("unit",), good), "bad": (("unit",), wandering), "fixed": (("unit",), np.ones((4, 500, 3)))},
        unit=["A", "B", "C"],
    )
    first, second = least_mixed(draws, 5)
    assert (first.variable, first.label, second.variable) == ("bad", "B", "good")
    assert first.r_hat > 1.1
    assert first.ess_bulk < 100 < second.ess_bulk
