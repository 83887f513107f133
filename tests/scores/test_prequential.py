"""Recorded forecasts against the figures that came: what is scored, what is not, and what may be said of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from clusterscore import steps
from clusterscore.model.function import Function
from clusterscore.model.transforms import standardise
from clusterscore.observations.forecasts import Origin, announce
from clusterscore.observations.ledger import Action
from clusterscore.scores.baselines import Baseline
from clusterscore.scores.prequential import CORRECTS, IS_UPDATED, Prequential, ScoringRule, claim, gains, prequential
from clusterscore.scores.schema import SCHEMAS
from tests.observations.association import Association, corrections

UNITS = [f"CL-{number:02d}" for number in range(1, 25)]
HEADER = "unit,year,indicator,value\n"


class Story:
    """An association whose turnovers come year by year, with forecasts in between."""

    def __init__(self, association: Association) -> None:
        self.association, self.rng = association, np.random.default_rng(7)
        self.function: Function = steps.function_of(association.workspace, "small")
        self.level = self.rng.normal(size=len(UNITS))
        lines = [f"{unit},Cluster {unit},cluster," for unit in UNITS]
        association.take({"units.csv": "\n".join(["unit,name,kind,parent", *lines]) + "\n"})

    def figures(self, year: int, units: Iterable[str] = UNITS) -> None:
        """Take in one turnover of each unit: its level, and noise."""
        self.association.take({f"figures-{year}.csv": HEADER + "".join(self._line(unit, year) for unit in units)})

    def _line(self, unit: str, year: int) -> str:
        value = self.level[UNITS.index(unit)] + 0.3 * self.rng.normal()
        return f"{unit},{year},turnover,{1e6 * np.exp(value)}\n"

    def forecast(self, edition: int, years: Iterable[int], *, off: float = 0.0, who: str = "a tester") -> None:
        """Record forecasts of a posterior that knows the levels, but for a bias."""
        table = pd.DataFrame([(unit, year) for unit in UNITS for year in years], columns=["unit", "year"])
        location = [self.level[UNITS.index(unit)] + off for unit in table["unit"]]
        table = table.assign(indicator="turnover", location=location, scale=0.3, freedom=30.0)
        ledger = self.association.ledger
        count = ledger.head().count
        announce(ledger, table, Origin("small", edition, f"{edition:016x}", count, "d" * 64), who)

    def correct(self, unit: str, year: int, value: str, action: str = "correct") -> None:
        """Correct or withdraw a turnover."""
        now = self.association.observed().figures.query("unit == @unit and year == @year")["value"].iloc[0]
        row = {"table": "figures", "unit": unit, "year": str(year), "indicator": "turnover", "action": action}
        more = {"expect": repr(float(now)), "value": value} if action == "correct" else {}
        self.association.take({"corrections.csv": corrections(row | more)})

    def score(self, through: int | None = None) -> Prequential:
        """ScoringRule what is recorded."""
        return prequential(self.function, self.association.ledger.read(), through)


@pytest.fixture
def story(empty_association: Association) -> Story:
    """Return two years of figures and nothing predicted yet."""
    told = Story(empty_association)
    told.figures(2018)
    told.figures(2019)
    return told


def _posterior(found: Prequential) -> pd.DataFrame:
    return found.forecasts[found.forecasts["forecaster"] == "posterior"].set_index(["unit", "year"])


def test_without_forecasts_there_is_nothing_to_score(story: Story) -> None:
    """Empty tables of the right form."""
    found = story.score()
    assert (len(found.forecasts), len(found.gains), found.ineligible, found.pending) == (0, 0, 0, 0)
    SCHEMAS["forecasts"].validate(found.forecasts)
    SCHEMAS["gains"].validate(found.gains)


def test_a_forecast_waits_for_its_figure(story: Story) -> None:
    """It is pending until the figure comes, then it is scored."""
    story.forecast(2019, [2020])
    assert (story.score().pending, len(story.score().forecasts)) == (len(UNITS), 0)
    story.figures(2020, UNITS[:5])
    found = story.score()
    assert (found.pending, len(_posterior(found))) == (len(UNITS) - 5, 5)


def test_scores_are_those_of_the_record_alone(story: Story) -> None:
    """Density and place by SciPy, from the three numbers in the ledger and the standardised figure."""
    story.forecast(2019, [2020])
    story.figures(2020)
    figures = story.association.observed().figures.query("year == 2020").set_index("unit")["value"]
    found = _posterior(story.score())
    value = np.log(figures.loc[UNITS].to_numpy() / 1e6)
    expected = stats.t(30.0, story.level, 0.3)
    np.testing.assert_allclose(found.loc[[(unit, 2020) for unit in UNITS], "log_score"], expected.logpdf(value))
    np.testing.assert_allclose(found.loc[[(unit, 2020) for unit in UNITS], "place"], expected.cdf(value))


def test_a_figure_that_came_first_is_not_scored(story: Story) -> None:
    """B7: forecasts forged behind the ledger's back, after the figure, are counted as ineligible."""
    story.figures(2020)
    records = story.association.ledger.read()
    data: dict[str, Any] = {"unit": UNITS[0], "year": 2020, "indicator": "turnover"}
    data |= {"location": 0.0, "scale": 1.0, "freedom": 9.0}
    data |= {"function": "small", "posterior": "0" * 16, "edition": 2019, "known": 3}
    late = records[-1]._replace(number=len(records) + 1, action=Action.FORECAST, data=data, row=0)
    found = prequential(story.function, [*records, late])
    assert (len(found.forecasts), found.ineligible) == (0, 1)


def test_a_forecast_with_a_later_clock_is_not_scored(story: Story) -> None:
    """Position and time must both come before."""
    story.forecast(2019, [2020])
    story.figures(2020)
    records = [
        record._replace(when="2999-01-01T00:00:00+00:00") if record.action is Action.FORECAST else record
        for record in story.association.ledger.read()
    ]
    assert prequential(story.function, records).ineligible == len(UNITS)


def test_the_live_value_is_scored_and_a_withdrawn_one_is_not(story: Story) -> None:
    """A correction counts, whenever it comes; eligibility is that of the first record."""
    story.forecast(2019, [2020])
    story.figures(2020)
    before = _posterior(story.score())
    story.correct(UNITS[0], 2020, "12345")
    story.correct(UNITS[1], 2020, "", "withdraw")
    after = _posterior(story.score())
    assert after.loc[(UNITS[0], 2020), "log_score"] != before.loc[(UNITS[0], 2020), "log_score"]
    assert len(after) == len(before) - 1
    pd.testing.assert_frame_equal(after.loc[UNITS[2:]], before.loc[UNITS[2:]])


def test_the_last_posterior_before_the_figure_counts_and_the_first_is_the_frozen_rival(story: Story) -> None:
    """The first is compared only where a later one has spoken."""
    story.forecast(2019, [2020, 2021], off=1.0)
    story.figures(2020)
    story.forecast(2020, [2021])
    story.figures(2021)
    found = story.score()
    assert set(_posterior(found).loc[(slice(None), 2020), "edition"]) == {2019}
    assert set(_posterior(found).loc[(slice(None), 2021), "edition"]) == {2020}
    frozen = found.forecasts[found.forecasts["forecaster"] == Baseline.FROZEN]
    assert set(frozen["year"]) == {2021}
    assert set(frozen["edition"]) == {2019}
    gained = found.gains.set_index(["baseline", "rule"])
    assert gained.loc[(Baseline.FROZEN, ScoringRule.LOG), "mean_gain"] > 1.0
    assert bool(gained.loc[(Baseline.FROZEN, ScoringRule.LOG), "shown"])


def test_rivals_know_what_the_forecast_knew(story: Story) -> None:
    """Neither figures that came later, nor corrections made later, nor years after the edition."""
    story.forecast(2019, [2020])
    before = story.association.observed().figures
    story.figures(2020)
    told = story.score().forecasts
    story.correct(UNITS[0], 2019, "1")
    story.figures(2021)
    pd.testing.assert_frame_equal(story.score(2020).forecasts, told)
    last = before.query("year == 2019 and unit == @UNITS[3]")["value"].iloc[0]
    actual = story.association.observed().figures.query("year == 2020 and unit == @UNITS[3]")["value"].iloc[0]
    side = told.query("unit == @UNITS[3] and forecaster == 'last value'")["place"].iloc[0]
    assert (side > 0.5) == (actual > last)


def test_gains_are_differences_of_scores_on_the_same_figures(story: Story) -> None:
    """Positive where the posterior is better: higher log score, lower CRPS."""
    story.forecast(2019, [2020])
    story.figures(2020)
    found = story.score()
    SCHEMAS["forecasts"].validate(found.forecasts)
    SCHEMAS["gains"].validate(found.gains)
    wide = found.forecasts.pivot_table(index="unit", columns="forecaster", values=["log_score", "crps"])
    row = found.gains.set_index(["baseline", "rule"])
    better = wide["log_score"]["posterior"] - wide["log_score"]["average"]
    assert row.loc[(Baseline.AVERAGE, ScoringRule.LOG), "mean_gain"] == pytest.approx(better.mean())
    assert row.loc[(Baseline.AVERAGE, ScoringRule.LOG), "se"] == pytest.approx(better.std() / np.sqrt(len(UNITS)))
    closer = wide["crps"]["average"] - wide["crps"]["posterior"]
    assert row.loc[(Baseline.AVERAGE, ScoringRule.CRPS), "mean_gain"] == pytest.approx(closer.mean())


def test_another_function_is_not_scored_here(story: Story) -> None:
    """Each function's forecasts are its own."""
    story.forecast(2019, [2020])
    story.figures(2020)
    other = story.function.model_copy(update={"function": "other"})
    assert prequential(other, story.association.ledger.read()).forecasts.empty


def test_standardised_figures_are_those_of_the_model(story: Story) -> None:
    """The transform of the document."""
    assert float(standardise(story.function.indicators[0], 1e6 * np.e)) == pytest.approx(1.0)


def test_the_years_of_a_unit_hang_together_in_the_standard_error() -> None:
    """Each unit's gains twice: as much information as once."""
    rng = np.random.default_rng(1)
    once = rng.normal(size=30)

    def table(years: Iterable[int]) -> pd.DataFrame:
        rows = [
            (f"U{unit}", year, "x", who, 0.0 if who == "average" else gain)
            for year in years
            for unit, gain in enumerate(once)
            for who in ("posterior", "average")
        ]
        scored = pd.DataFrame(rows, columns=["unit", "year", "indicator", "forecaster", "log_score"])
        return scored.assign(crps=-scored["log_score"])

    single, double = (gains(table(years)).iloc[0] for years in ([2020], [2020, 2021]))
    assert double["se"] == pytest.approx(single["se"])
    assert (double["n"], double["n_units"], double["n_years"]) == (60, 30, 2)


SHOWN = pd.DataFrame(
    [(str(baseline), str(rule), True) for baseline in Baseline for rule in ScoringRule],
    columns=["baseline", "rule", "shown"],
)


def test_it_corrects_itself_where_every_gain_is_shown() -> None:
    """By both scores and against every rival."""
    assert claim(SHOWN) == CORRECTS


@pytest.mark.parametrize("row", range(len(SHOWN)))
@pytest.mark.parametrize("how", ["not shown", "not compared"])
def test_it_is_only_updated_where_anything_is_missing(row: int, how: str) -> None:
    """One gain that is not shown, or a rival with whom nobody compared, is enough."""
    changes: Mapping[str, Callable[[], pd.DataFrame]] = {
        "not shown": lambda: SHOWN.assign(shown=SHOWN.index != row),
        "not compared": lambda: SHOWN.drop(index=row),
    }
    assert claim(changes[how]()) == IS_UPDATED


def test_nothing_is_claimed_without_forecasts() -> None:
    """An empty table shows nothing."""
    assert claim(SHOWN.iloc[:0]) == IS_UPDATED
