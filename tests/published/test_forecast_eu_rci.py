"""Each edition of the EU Regional Competitiveness Index, predicted from the editions before it and from nothing else.

The ledger grows edition by edition, forecasts are recorded in between, and everything is scored from the ledger. The
sampler of the package does not yet get through one or two editions of an index alone, so the same model is sampled in
other coordinates (``anchored.py``). The document is the regional one with a prior for all regions of the Union.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clusterscore import forecasting, steps
from clusterscore.observations.ledger import Ledger
from clusterscore.observations.observed import observe
from clusterscore.posterior import store
from clusterscore.posterior.record import TRUSTED
from clusterscore.scores.baselines import Baseline
from clusterscore.scores.prequential import Prequential
from tests.edition import whole

HERE = Path(__file__).parent
DATA = HERE.parents[2] / "shared" / "data" / "eu_rci" / "rci_z_scores_2010_2019.csv"
EDITIONS = (2010, 2013, 2016, 2019)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_file(), reason=f"no reference data in {DATA.parent}"),
]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Prequential:
    """Return the scores of all forecasts; every posterior that speaks is trusted."""
    from clusterscore.posterior.fit import fit  # noqa: PLC0415 - imports the sampler
    from tests.published.anchored import build  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("europe")
    workspace = steps.new(folder / "workspace", HERE / "europe.yml")
    index = pd.read_csv(DATA).dropna(subset=["rci_z"])
    index = index[index["nuts2016"].str.len() == 4]  # shorter codes are countries
    names = index.drop_duplicates("nuts2016", keep="last").set_index("nuts2016")["name"]
    units = [(unit, name, "region") for unit, name in names.items()]
    steps.ingest(workspace, [whole.write(folder / "units.csv", ["unit", "name", "kind"], units)])
    function = steps.function_of(workspace, "europe")
    for year in EDITIONS:
        rows = [(row.nuts2016, year, "rci_z", row.rci_z) for row in index[index["year"] == year].itertuples()]
        steps.ingest(workspace, [whole.write(folder / f"figures-{year}.csv", whole.FIGURES, rows)])
        if year < EDITIONS[-1]:
            posterior = fit(function, observe(Ledger(workspace.ledger)), year, model=build)
            assert posterior.run.status == TRUSTED, posterior.run.diagnostics["failures"]
            store.save(workspace, posterior)
            assert forecasting.forecast(workspace, "europe", year).new > 0
    return forecasting.skill(workspace, "europe")


def _gain(found: Prequential, baseline: Baseline, year: int | None = None) -> tuple[float, float]:
    """Return mean gain in log score and its standard error, of one edition or of all."""
    if year is None:
        row = found.gains.set_index(["baseline", "rule"]).loc[(str(baseline), "log_score")]
        return float(row["mean_gain"]), float(row["se"])
    own = found.forecasts[found.forecasts["year"] == year]
    wide = own.pivot_table(index="unit", columns="forecaster", values="log_score")
    gain = (wide["posterior"] - wide[str(baseline)]).dropna()
    return float(gain.mean()), float(gain.std() / np.sqrt(len(gain)))


def test_every_figure_was_predicted_before_it_came(found: Prequential) -> None:
    """B7: none is left out, in any edition."""
    assert found.ineligible == 0
    own = found.forecasts[found.forecasts["forecaster"] == "posterior"]
    assert set(own.groupby("year").size().index) == set(EDITIONS[1:])
    assert (own.groupby("year").size() > 250).all()


@pytest.mark.parametrize("baseline", list(Baseline))
def test_it_predicts_better_than_each_rival(found: Prequential, baseline: Baseline) -> None:
    """B6: by at least 2 standard errors over all editions; persistence and unit mean speak from 2016 on."""
    mean, se = _gain(found, baseline)
    assert mean >= 2 * se


@pytest.mark.parametrize(
    ("baseline", "year"),
    [
        (Baseline.AVERAGE, 2013),
        (Baseline.UNIT_MEAN, 2016),
        (Baseline.UNIT_MEAN, 2019),
        (Baseline.LAST_VALUE, 2016),
        (Baseline.LAST_VALUE, 2019),
    ],
)
def test_it_predicts_each_edition_better(found: Prequential, baseline: Baseline, year: int) -> None:
    """By at least 2 standard errors in each."""
    mean, se = _gain(found, baseline, year)
    assert mean >= 2 * se


def _covered(found: Prequential) -> pd.Series:
    own = found.forecasts[found.forecasts["forecaster"] == "posterior"]
    return own["place"].between(0.05, 0.95).groupby(own["year"]).mean()


@pytest.mark.parametrize(
    "year",
    [
        2013,
        pytest.param(
            2016,
            marks=pytest.mark.xfail(
                strict=True,
                reason="0.98: regions moved less than in the only change seen so far; its own quantiles hold 0.953",
            ),
        ),
        2019,
    ],
)
def test_intervals_hold_what_they_should(found: Prequential, year: int) -> None:
    """A11: 90 % intervals hold between 85 % and 95 %."""
    assert 0.85 <= _covered(found)[year] <= 0.95, _covered(found)


def test_intervals_hold_enough(found: Prequential) -> None:
    """In each edition at least 85 %."""
    assert (_covered(found) >= 0.85).all(), _covered(found)


def test_in_the_second_edition_the_past_says_too_much() -> None:
    """Quantiles of the one change seen by then, taken around the last value, hold more than 95 % as well."""
    index = pd.read_csv(DATA).dropna(subset=["rci_z"])
    index = index[index["nuts2016"].str.len() == 4]
    changes = index.pivot_table(index="nuts2016", columns="year", values="rci_z").diff(axis=1)
    low, high = np.nanquantile(changes[2013], [0.05, 0.95])
    assert changes[2016].dropna().between(low, high).mean() > 0.95
