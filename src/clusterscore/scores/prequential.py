"""Does it correct itself? Stored forecasts against the figures that came, and against simple rivals.

A figure is scored where a forecast of it stands in the ledger before the figure's first record, by position and by
time; of several the one from the latest edition counts, and of these the last. The value is the one that is live now.
Rivals are made from what that forecast's posterior had seen (:mod:`clusterscore.scores.baselines`); the frozen rival is
what the first posterior of all said of the same figure, and is compared only where a later one has spoken.

The gain is the difference of scores on one figure. Gains of one unit in one year are averaged over indicators, and
these averages, in order of arrival, make a confidence sequence (:mod:`clusterscore.scores.sequences`). Units of one
year share its shocks, so the sequence covers the mean gain over these units in these years, each given what had
arrived before, and promises nothing for other years. Standard errors let the years of one unit hang together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
import pandas as pd

from clusterscore.frames import each
from clusterscore.model.evidence import concerning, speaking
from clusterscore.model.function import Function, Indicator
from clusterscore.model.transforms import standardise
from clusterscore.observations.forecasts import arrivals, forecasts_in
from clusterscore.observations.ledger import Head, Key, Record
from clusterscore.observations.observed import observations_of
from clusterscore.observations.state import State
from clusterscore.scores.baselines import Baseline, baselines
from clusterscore.scores.rules import crps, log_score, place
from clusterscore.scores.sequences import confidence_sequence
from clusterscore.vocabulary import Table

UPDATED: Final = "posterior"
"""Forecaster: the last posterior that spoke before the figure came."""
CORRECTS: Final = "corrects itself"
IS_UPDATED: Final = "is updated with each observation"

_KEY: Final = ["unit", "year", "indicator"]
_T: Final = ["location", "scale", "freedom"]
_TEXT: Final = ("unit", "indicator", "forecaster", "baseline", "rule")
_COUNTS: Final = ("year", "edition", "n", "n_units", "n_years")
_SCORED: Final = ["unit", "year", "indicator", "forecaster", "edition", "place", "log_score", "crps"]
_GAINS: Final = ["baseline", "rule", "n", "n_units", "n_years", "mean_gain", "se", "low", "high", "shown"]


class ScoringRule(StrEnum):
    """How forecasts are scored; gains are differences in favour of the posterior."""

    LOG = "log_score"
    CRPS = "crps"


@dataclass(frozen=True, eq=False)
class Prequential:
    """Stored forecasts, scored.

    Attributes
    ----------
    forecasts
        unit, year, indicator, forecaster (``posterior`` or a baseline), edition (through which it knew the figures),
        place (of the figure in the forecast, 0 to 1), log_score (nats, higher is better), crps (spreads, lower is
        better); in order of arrival.
    gains
        baseline, rule (log_score or crps), n (figures), n_units, n_years, mean_gain (nats or spreads a figure, positive
        where the posterior is better), se (missing for a single unit), low and high (95 % confidence sequence, missing
        while it has no bounds), shown (whether low is above 0).
    ineligible
        Figures of which there are forecasts, but none from before they came.
    pending
        Figures predicted that have not come.
    """

    forecasts: pd.DataFrame
    gains: pd.DataFrame
    ineligible: int
    pending: int


def prequential(function: Function, records: Sequence[Record], through: int | None = None) -> Prequential:
    """Score the stored forecasts of a function.

    Parameters
    ----------
    function
        The document; forecasts of indicators that it no longer has are left out.
    records
        The ledger, from its first record on.
    through
        Last year whose figures count, or None for all.
    """
    table = forecasts_in(records)
    known = [part.id for part in function.indicators]
    table = table[(table["function"] == function.function) & table["indicator"].isin(known)]
    if through is not None:
        table = table[table["year"] <= through]
    first, value = arrivals(records), _live(function, records)
    keys = list(zip(*(table[name] for name in _KEY), strict=True))
    table = table.assign(arrived=[first[key].number if key in first else 0 for key in keys])
    before = [_comes_before(row, first.get(key)) for row, key in zip(each(table), keys, strict=True)]
    here = np.array([key in value for key in keys], dtype=bool)
    eligible = table[np.array(before, dtype=bool) & here]
    arrived, counted = table.loc[here, _KEY].drop_duplicates(), eligible[_KEY].drop_duplicates()
    scored = _scored(function, records, eligible, value)
    return Prequential(
        scored, gains(scored), len(arrived) - len(counted), len(table[_KEY].drop_duplicates()) - len(arrived)
    )


def _comes_before(forecast: Any, figure: Record | None) -> bool:
    return figure is not None and forecast.record < figure.number and forecast.when <= figure.when


def _live(function: Function, records: Sequence[Record]) -> dict[Key, float]:
    """Return the live figures that a forecast may be about, standardised, by key."""
    by_id = _continuous(function)
    state = State.of(records)
    kinds = {key[0]: record.data["kind"] for key, record in state.live(Table.UNITS).items()}
    return {
        key: float(standardise(by_id[key[2]], record.data["value"]))
        for key, record in state.live(Table.FIGURES).items()
        if key[2] in by_id and kinds[key[0]] == function.kind
    }


def _continuous(function: Function) -> dict[str, Indicator]:
    """Return the indicators of which forecasts are made; counts are not on a scale of their own."""
    return {part.id: part for part in function.indicators if part.transform != "count"}


def _scored(
    function: Function, records: Sequence[Record], eligible: pd.DataFrame, value: Mapping[Key, float]
) -> pd.DataFrame:
    """Return the scores of all forecasters, figure by figure."""
    if eligible.empty:
        return pd.DataFrame(columns=_SCORED).astype(_types(_SCORED))
    ordered = eligible.sort_values(["edition", "record"])
    updated = ordered.drop_duplicates(_KEY, keep="last").assign(forecaster=UPDATED)
    first = eligible.sort_values("record").iloc[0]
    frozen = ordered[ordered["posterior"] == first["posterior"]].assign(forecaster=str(Baseline.FROZEN))
    spoken = updated.loc[updated["edition"] > first["edition"], _KEY]
    rivals = _rivals(function, records, updated)
    told = pd.concat([updated, frozen.merge(spoken, on=_KEY), rivals], ignore_index=True)
    told = told.sort_values(["arrived", "forecaster"], kind="stable").reset_index(drop=True)
    actual = np.array([value[key] for key in zip(*(told[name] for name in _KEY), strict=True)])
    numbers = (actual, *(told[name].to_numpy(float) for name in _T))
    told = told.assign(place=place(*numbers), log_score=log_score(*numbers), crps=crps(*numbers))
    scored: pd.DataFrame = told[_SCORED].astype(_types(_SCORED))
    return scored


def _rivals(function: Function, records: Sequence[Record], updated: pd.DataFrame) -> pd.DataFrame:
    """Return what the baselines say, each from what the posterior had seen whose forecast counts."""
    parts = []
    for _, told in updated.groupby(["known", "edition"]):
        known, edition = told[["known", "edition"]].to_numpy()[0]
        history = _history(function, records[:known], edition)
        for _, own in told.groupby(["indicator", "year"]):
            seen = history[history["indicator"] == own["indicator"].iloc[0]]
            said = baselines(seen, int(own["year"].iloc[0]) - int(edition)).rename(columns={"baseline": "forecaster"})
            parts.append(own.drop(columns=[*_T, "forecaster"]).merge(said, on="unit"))
    return pd.concat(parts)


def _history(function: Function, records: Sequence[Record], edition: int) -> pd.DataFrame:
    """Return the units' own figures as they stood when a posterior was drawn: unit, year, indicator, value."""
    seen = concerning(function, observations_of(State.of(records), Head(len(records), "")), edition)
    figures, _ = speaking(function, seen)
    by_id = _continuous(function)
    figures = figures[figures["member"].isna() & figures["indicator"].isin(by_id)]
    values = [float(standardise(by_id[row.indicator], row.value)) for row in each(figures)]
    return figures[_KEY].assign(value=values)


def gains(scored: pd.DataFrame) -> pd.DataFrame:
    """Return by how much the posterior predicted better than each baseline; columns of :class:`Prequential`."""
    rows = []
    for rule in ScoringRule:
        wide = scored.pivot_table(index=_KEY, columns="forecaster", values=str(rule), sort=False)
        for baseline in Baseline:
            if str(baseline) in wide:
                gain = wide[UPDATED] - wide[str(baseline)]
                gain = (gain if rule is ScoringRule.LOG else -gain).dropna()
                rows.append(_gain(baseline, rule, gain.reset_index(name="gain")))
    return pd.DataFrame(rows, columns=_GAINS).astype(_types(_GAINS))


def _gain(baseline: Baseline, rule: ScoringRule, table: pd.DataFrame) -> dict[str, object]:
    """Return one row of gains; ``table`` has unit, year, indicator, gain in order of arrival."""
    steps = table.groupby(["unit", "year"], sort=False)["gain"].mean()
    low, high = (float(ends[-1]) for ends in confidence_sequence(steps.to_numpy()))
    names = table["unit"].nunique()
    apart = (steps - steps.mean()).groupby(level="unit").sum()
    se = float(np.sqrt((apart**2).sum() * names / (names - 1)) / len(steps)) if names > 1 else np.nan
    return {
        "baseline": str(baseline),
        "rule": str(rule),
        "n": len(table),
        "n_units": names,
        "n_years": table["year"].nunique(),
        "mean_gain": steps.mean(),
        "se": se,
        "low": low if np.isfinite(low) else np.nan,
        "high": high if np.isfinite(high) else np.nan,
        "shown": low > 0.0,
    }


def _types(columns: Sequence[str]) -> dict[str, type]:
    kinds = dict.fromkeys(_TEXT, str) | dict.fromkeys(_COUNTS, int) | {"shown": bool}
    return {name: kinds.get(name, float) for name in columns}


def claim(gained: pd.DataFrame) -> str:
    """Return what may be said: that the analysis corrects itself, or only that it is updated.

    The first needs a gain above 0 at the lower end of the confidence sequence, by both scoring rules, against every
    baseline: the first posterior, the unit's mean, its last value, and the average.
    """
    compared = set(zip(gained["baseline"], gained["rule"], strict=True))
    every = {(str(baseline), str(rule)) for baseline in Baseline for rule in ScoringRule}
    return CORRECTS if compared == every and bool(gained["shown"].all()) else IS_UPDATED
