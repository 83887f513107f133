"""What a posterior says of figures to come: the model's own random walk, seen through slope, intercept and error."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from clusterscore.errors import DiagnosticsFailed, NotFitted
from clusterscore.model.function import Function, plain
from clusterscore.model.simulate import Plan, simulate
from clusterscore.model.transforms import restore, standardise
from clusterscore.observations.observed import Observations
from clusterscore.posterior.forecast import forecast, in_own_unit
from clusterscore.posterior.identity import Sampler
from clusterscore.posterior.record import TRUSTED, Posterior
from tests.posterior import made

N = 4000
SCALE, STEP, SHOCK, SLOPE, INTERCEPT = 1.2, 0.3, 0.2, 0.8, 0.5
NORMAL_ERROR = 1e-6


def _posterior(function: Function, *, error_sd: float = NORMAL_ERROR, steps: bool = True) -> Posterior:
    """Return draws that know everything: A and B through 2022, C last seen in 2021; base edition 2020 and 2021."""
    state = np.array([[1.0, 0.0], [1.5, 0.0], [-1.0, 0.0], [-1.5, 0.0], [0.5, 0.0]])
    cells = (["A", "A", "B", "B", "C"], [2021, 2022, 2020, 2022, 2021])

    def same(value: object) -> np.ndarray:
        array = np.asarray(value, dtype=float)
        return np.broadcast_to(array, (2, N // 2, *array.shape))

    variables = {
        "state": (("cell", "pillar"), same(state)),
        "pillar_scale": (("pillar",), same([SCALE, 1.0])),
        "slope": (("measure",), same([SLOPE, 1.0, 1.0, 1.0])),
        "intercept": (("indicator",), same([INTERCEPT, -0.5])),
        "error_sd": (("reported_figure",), same([error_sd, error_sd])),
    }
    if steps:
        variables |= {
            "innovation_sd": (("pillar",), same([STEP, 1.0])),
            "shock_sd": (("pillar",), same([SHOCK, 1.0])),
        }
    draws = made.dataset(variables).assign_coords(
        unit_of_cell=("cell", np.array(cells[0], dtype=object)),
        year_of_cell=("cell", cells[1]),
        reported_figure=[part.id for part in function.indicators],
    )
    digests = {"function": function.digest, "observations": "2" * 64, "code": "3" * 64, "draws": "4" * 64}
    return Posterior(draws, made.run(edition=2022, digests=digests))


def _sd(table: pd.DataFrame) -> pd.Series:
    return table["scale"] * np.sqrt(table["freedom"] / (table["freedom"] - 2.0))


def test_the_mean_is_that_of_the_last_position_and_the_variance_grows_with_the_years(document: Function) -> None:
    """Against the sum in closed form: own steps from the unit's last cell, shared ones from the base edition's end."""
    table = forecast(document, _posterior(document), [2023, 2025]).query("indicator == 'turnover'")
    position = {"A": 1.5, "B": -1.5, "C": 0.5}
    last = {"A": 2022, "B": 2022, "C": 2021}
    for row, sd in zip(table.itertuples(), _sd(table), strict=True):
        years = row.year - last[row.unit]
        expected = SLOPE * SCALE * np.sqrt(years * (STEP**2 + SHOCK**2))
        mean = INTERCEPT + SLOPE * SCALE * position[row.unit]
        assert row.location == pytest.approx(mean, abs=4 * expected / np.sqrt(N))
        assert sd == pytest.approx(expected, rel=4 / np.sqrt(2 * N) + 0.005)


def test_an_indicator_where_less_is_better_turns_round(document: Function) -> None:
    """The direction of the document counts."""
    table = forecast(document, _posterior(document), [2023]).query("indicator == 'loss_share'").set_index("unit")
    assert table.loc["A", "location"] < -0.5 < table.loc["B", "location"]


def test_within_the_base_edition_nothing_is_shared(document: Function) -> None:
    """The level of all is 0 there, so a forecast from its first year has no shock in it."""
    posterior = _posterior(document)
    first = posterior.draws.isel(cell=[0, 2]).assign_coords(year_of_cell=("cell", [2020, 2020]))
    early = replace(posterior, sampled=first, run=replace(posterior.run, edition=2020))
    table = forecast(document, early, [2021, 2022]).query("indicator == 'turnover'")
    expected = SLOPE * SCALE * np.sqrt([STEP**2, 2 * (STEP**2 + SHOCK**2)] * 2)
    np.testing.assert_allclose(_sd(table), expected, rtol=0.06)


def test_heavy_tails_of_errors_are_kept(document: Function) -> None:
    """Where the error is all, the forecast is the error's own Student-t."""
    table = forecast(document, _posterior(document, error_sd=50.0), [2023])
    assert set(table["freedom"]) <= {3.0, 3.5, 4.0, 5.0, 6.0}
    np.testing.assert_allclose(table["scale"], 50.0, rtol=0.12)


def test_steps_that_no_data_showed_come_from_their_priors(document: Function) -> None:
    """After a single edition: as wide as the prior says on average."""
    table = forecast(document, _posterior(document, steps=False), [2023]).query("indicator == 'turnover'")
    drawn = [
        stats.lognorm(prior["log_sd"], scale=prior["median"]).rvs(100_000, random_state=number)
        for number, prior in enumerate(document.prior(name) for name in ("innovation_sd", "shock_sd"))
    ]
    sd = SLOPE * SCALE * np.hypot(*drawn)
    value = sd * np.random.default_rng(3).normal(size=len(sd))
    low, high = np.quantile(value, [0.05, 0.95])
    of_a = table[table["unit"] == "A"].iloc[0]
    half = of_a["scale"] * stats.t.ppf(0.95, of_a["freedom"])
    assert half == pytest.approx((high - low) / 2, rel=0.1)


def test_every_unit_indicator_and_year_has_a_forecast(document: Function) -> None:
    """And the same posterior says the same again."""
    table = forecast(document, _posterior(document), [2023, 2024])
    assert len(table) == 3 * 2 * 2 == len(table.drop_duplicates(["unit", "year", "indicator"]))
    pd.testing.assert_frame_equal(table, forecast(document, _posterior(document), [2023, 2024]))


def test_quantiles_are_in_the_indicators_own_unit(document: Function) -> None:
    """The median is the location turned back; the ends hold 90 %."""
    table = in_own_unit(document, forecast(document, _posterior(document), [2023]))
    row = table.query("unit == 'A' and indicator == 'turnover'").iloc[0]
    part = document.indicators[0]
    assert row["median"] == pytest.approx(float(restore(part, row["location"])))
    ends = stats.t(row["freedom"], row["location"], row["scale"]).cdf(standardise(part, row[["q05", "q95"]]))
    np.testing.assert_allclose(ends.astype(float), [0.05, 0.95], atol=1e-6)


def test_only_trusted_draws_of_the_document_as_it_stands_predict(document: Function) -> None:
    """A forecast stands for good; it is not made from what could not be published."""
    posterior = _posterior(document)
    with pytest.raises(DiagnosticsFailed):
        forecast(document, replace(posterior, run=replace(posterior.run, status="failed")), [2023])
    with pytest.raises(NotFitted, match="has changed"):
        forecast(Function.model_validate(plain(document) | {"version": 2}), posterior, [2023])


def test_counts_and_unreported_indicators_are_left_out(document: Function) -> None:
    """Their errors, or their exposure, are not known."""
    posterior = _posterior(document)
    only = posterior.draws.isel(reported_figure=[1])
    assert set(forecast(document, replace(posterior, sampled=only), [2023])["indicator"]) == {"loss_share"}
    none = posterior.draws.drop_vars(["error_sd", "reported_figure"])
    assert forecast(document, replace(posterior, sampled=none), [2023]).empty


@pytest.mark.slow
def test_intervals_hold_the_figures_of_the_next_year(document: Function, observed: Callable[..., Observations]) -> None:
    """Fits to invented associations of known truth: 90 % intervals hold 90 % of what the next two years bring.

    Figures of one association share its parameters, so the band is that of as many means, by their own spread.
    """
    from clusterscore.posterior.fit import fit  # noqa: PLC0415 - imports the sampler

    units = [f"U{number:02d}" for number in range(24)]
    plan = Plan(dict.fromkeys(units, 2018), range(2018, 2025), ())
    shares, sampler = [], Sampler(chains=2, tune=400, draws=500, longer=1)
    for seed in range(16):
        told = simulate(document, plan, seed).figures
        drawn = fit(document, observed(told[told["year"] <= 2022]), 2022, sampler)
        drawn = replace(drawn, run=replace(drawn.run, status=TRUSTED))
        table = forecast(document, drawn, [2023, 2024]).merge(told, on=["unit", "year", "indicator"])
        parts = {part.id: part for part in document.indicators}
        value = [float(standardise(parts[row.indicator], row.value)) for row in table.itertuples()]
        place = stats.t.cdf(value, table["freedom"], table["location"], table["scale"])
        shares.append(((place > 0.05) & (place < 0.95)).mean())
    assert np.mean(shares) == pytest.approx(0.9, abs=3 * np.std(shares) / np.sqrt(len(shares)) + 0.005)
    assert np.std(shares) / np.sqrt(len(shares)) < 0.02
