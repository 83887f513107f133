"""From draws to what is published: scores with intervals, ranks as intervals, weights, severities, changes.

The score of a unit in a year is ``100 * Phi(standing)``, its standing within the base edition's cohort: 50 is that
cohort's mean, 84 one standard deviation above it. Every number comes with its central 90 % credible interval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from clusterscore.errors import DiagnosticsFailed
from clusterscore.model.design import make_design
from clusterscore.model.evidence import speaking
from clusterscore.model.function import Function
from clusterscore.model.quotients import location_quotients
from clusterscore.observations.ledger import Record
from clusterscore.observations.observed import Observations
from clusterscore.posterior.members import members
from clusterscore.posterior.record import TRUSTED, Posterior
from clusterscore.scores.beside import Beside, beside
from clusterscore.scores.peers import peers
from clusterscore.scores.prequential import prequential
from clusterscore.scores.summaries import ranks, summarise
from clusterscore.scores.verdict import cells_of, standardised, validate
from clusterscore.vocabulary import Channel

Floats = NDArray[np.float64]

_DOTS = 20  # of a quantile dot plot: each stands for one chance in twenty


@dataclass(frozen=True, eq=False)
class Scores:
    """Published tables of one function and edition; every score is on the scale from 0 to 100.

    Attributes
    ----------
    units
        unit, name, kind, parent, country, region, sector, founded (year), demonstration: who is scored.
    scores
        unit, year, score_mean, score_median, score_sd, q05, q95, f_mean, f_sd, rank_q05, rank_median, rank_q95,
        verdict; ``f`` is the function in standard deviations of the base cohort; ranks are among the units of the
        year.
    ranks
        unit, year, k, p_rank_at_most_k; for the edition's last year.
    quantiles
        unit, year, dot, score: twenty equally likely values of each score of the edition's last year.
    changes
        unit, year_from, year_to, mean, q05, q95 (score points), p_up: since the edition before.
    pillars
        unit, year, pillar, mean, q05, q95: standing on one pillar, 0-100.
    weights
        pillar, prior_mean, mean, q05, q95.
    raters
        rater, severity_mean, severity_sd, q05, q95 (logits), n_answers.
    items
        item, pillar, n_answers, slope_mean, slope_q05, slope_q95; the overall items have an empty pillar.
    indicators
        indicator, pillar, n_figures, slope_mean, slope_q05, slope_q95.
    quotients
        unit, year, region, sector, employed (persons), quotient, strong: the location quotient of the unit's region
        and sector where employment was counted; a ratio of counts, without an interval.
    members
        member, unit, indicator, year, n_years, median, q05, q95 (in the indicator's measure), p_above (the level of its
        unit): each member's own level, from its figures and its unit's posterior.
    validation
        The verdicts and what they rest on.
    persistence
        year_from, year_to, n_units, mean, q05, q95: correlation of the units' standing between editions.
    sensitivity
        unit, year, prior, likelihood, prior_driven, foremost: how far the unit's standing in the edition's year would
        move if the priors, or its own observations, counted twice (cumulative Jensen-Shannon distance), whether the
        priors decide, and the prior that matters most; see :mod:`clusterscore.posterior.sensitivity`.
    rater_fit
        rater, statistic, n_answers, observed, expected, low, high, p_family, flag: whether a rater's answers fit the
        model; see :mod:`clusterscore.scores.raters`.
    twins
        rater, other, n_common, observed, expected, high, p_family, flag: share of identical answers of two raters.
    leniency
        units, n_raters, n_questionnaires, observed, expected, high, p_family, flag: how far raters of tied units are
        above the model on each other's units, in standard deviations of an answer.
    fair_averages
        unit, year, pillar (empty: overall), n_answers, n_raters, raw_mean, mean, q05, q95: mean answer as given, and as
        an average rater would give it, on the answers' own scale.
    forecasts, gains
        Stored forecasts against the figures that came, and by how much they beat simple rivals; see
        :class:`~clusterscore.scores.prequential.Prequential`.
    peer_groups, strengths
        With whom each unit is compared, where it stands in that group, and on which pillars it is ahead or behind; see
        :mod:`clusterscore.scores.peer_groups`.
    predicted
        What each unit reported beside what a peer would be expected to report; see
        :mod:`clusterscore.scores.predicted`.
    opinions
        Whether raters agree, and groups of at least five; see :mod:`clusterscore.scores.opinions`.
    member_levels, member_shares
        What is typical of members, and what each brings to its unit; see :mod:`clusterscore.scores.members`.
    value_added, circumstances
        How teams do given their circumstances; see :mod:`clusterscore.scores.circumstances`.
    questions
        unit, kind, what, variance_share, mc_error, sd_before, sd_after: what to ask next, best first; see
        :mod:`clusterscore.asking`.
    origins
        unit, year, indicator, value, measure, record (number in the ledger), file (SHA-256), row: every figure of a
        unit itself in the edition's years, and where it comes from.
    organisations
        member, unit, name: the member organisations of which figures are known, by name; never published.
    money
        indicator, year, row, column, value, n, status: members' money by sector and region, protected; see
        :mod:`clusterscore.scores.suppression`.
    hindsight
        As ``forecasts``, worked out afterwards from what the edition before knew; see
        :mod:`clusterscore.scores.hindsight`.
    """

    units: pd.DataFrame
    scores: pd.DataFrame
    ranks: pd.DataFrame
    quantiles: pd.DataFrame
    changes: pd.DataFrame
    pillars: pd.DataFrame
    weights: pd.DataFrame
    raters: pd.DataFrame
    items: pd.DataFrame
    indicators: pd.DataFrame
    quotients: pd.DataFrame
    members: pd.DataFrame
    validation: pd.DataFrame
    persistence: pd.DataFrame
    sensitivity: pd.DataFrame
    rater_fit: pd.DataFrame
    twins: pd.DataFrame
    leniency: pd.DataFrame
    fair_averages: pd.DataFrame
    forecasts: pd.DataFrame
    gains: pd.DataFrame
    peer_groups: pd.DataFrame
    strengths: pd.DataFrame
    predicted: pd.DataFrame
    opinions: pd.DataFrame
    member_levels: pd.DataFrame
    member_shares: pd.DataFrame
    value_added: pd.DataFrame
    circumstances: pd.DataFrame
    questions: pd.DataFrame
    origins: pd.DataFrame
    money: pd.DataFrame
    organisations: pd.DataFrame
    hindsight: pd.DataFrame


def compute(
    function: Function,
    posterior: Posterior,
    observations: Observations,
    alone: Mapping[Channel, Posterior] | None = None,
    records: Sequence[Record] = (),
    known: Beside | None = None,
) -> Scores:
    """Return all published tables of a trusted posterior.

    Parameters
    ----------
    function
        The document that was fitted.
    posterior
        Draws whose diagnostics passed.
    observations
        What was fitted, for counting evidence.
    alone
        Draws of what single channels say, where they passed.
    records
        The ledger as the posterior had seen it, for the forecasts that were recorded there before their figures, and
        for where figures come from.
    known
        What is known besides: observations of other kinds of units, what to ask next, numbers of disclosure control.

    Raises
    ------
    DiagnosticsFailed
        Where the posterior is not trusted: nothing is published from it.
    """
    if posterior.run.status != TRUSTED:
        raise DiagnosticsFailed(posterior.run.id, posterior.run.diagnostics["failures"])
    cells, standing = cells_of(posterior), posterior.flat("standing")
    score = 100.0 * ndtr(standing)
    validation = validate(function, posterior, observations, alone)
    edition = posterior.run.edition
    foretold = prequential(function, records, edition)
    known, design = known or Beside(observations), make_design(function, observations)
    scored = observations.units[observations.units["unit"].isin(cells["unit"])].reset_index(drop=True)
    return Scores(
        units=scored,
        scores=_scores(cells, score, standing, validation),
        ranks=_ranks(cells, standing, edition),
        quantiles=_quantiles(cells, score, edition),
        changes=_changes(function, cells, score),
        pillars=_pillars(function, posterior, cells),
        weights=_weights(function, posterior),
        raters=_raters(function, posterior, observations),
        items=_items(function, posterior, observations),
        indicators=_indicators(function, posterior, observations),
        quotients=_quotients(observations, cells),
        members=members(function, posterior, observations),
        validation=validation,
        persistence=_persistence(function, cells, standing),
        sensitivity=_sensitivity(posterior),
        **peers(design, posterior, observations, known.rules),
        **beside(design, posterior, observations, known, records),
        forecasts=foretold.forecasts,
        gains=foretold.gains,
    )


def _scores(cells: pd.DataFrame, score: Floats, standing: Floats, validation: pd.DataFrame) -> pd.DataFrame:
    table = cells.copy()
    table["score_mean"], table["score_median"] = score.mean(axis=0), np.median(score, axis=0)
    table["score_sd"] = score.std(axis=0)
    table[["q05", "q95"]] = summarise(score)[["q05", "q95"]]
    table["f_mean"], table["f_sd"] = standing.mean(axis=0), standing.std(axis=0)
    for year in cells["year"].unique():
        rows = np.flatnonzero(cells["year"] == year)
        ranked = np.quantile(ranks(standing[:, rows]), [0.05, 0.5, 0.95], axis=0, method="inverted_cdf")
        table.loc[rows, ["rank_q05", "rank_median", "rank_q95"]] = ranked.T
    table = table.astype({"rank_q05": int, "rank_median": int, "rank_q95": int})
    table["verdict"] = validation["verdict"]
    return table


def _ranks(cells: pd.DataFrame, standing: Floats, year: int) -> pd.DataFrame:
    rows = np.flatnonzero(cells["year"] == year)
    ranked = ranks(standing[:, rows])
    places = np.arange(1, len(rows) + 1)
    at_most = (ranked[:, :, None] <= places).mean(axis=0)
    return pd.DataFrame(
        {
            "unit": np.repeat(cells["unit"].to_numpy(dtype=str)[rows], len(rows)),
            "year": year,
            "k": np.tile(places, len(rows)),
            "p_rank_at_most_k": at_most.ravel(),
        }
    )


def _quantiles(cells: pd.DataFrame, score: Floats, year: int) -> pd.DataFrame:
    rows = np.flatnonzero(cells["year"] == year)
    dots = np.quantile(score[:, rows], (np.arange(_DOTS) + 0.5) / _DOTS, axis=0)
    return pd.DataFrame(
        {
            "unit": np.repeat(cells["unit"].to_numpy(dtype=str)[rows], _DOTS),
            "year": year,
            "dot": np.tile(np.arange(1, _DOTS + 1), len(rows)),
            "score": dots.T.ravel(),
        }
    )


def _pairs(function: Function, cells: pd.DataFrame) -> pd.DataFrame:
    """Pair the cells of each unit one edition apart: unit, year_from, year_to, and the cells before and after."""
    here = cells.assign(after=cells.index).rename(columns={"year": "year_to"})
    here["year_from"] = here["year_to"] - function.edition.every
    before = cells.assign(before=cells.index).rename(columns={"year": "year_from"})
    return here.merge(before, on=["unit", "year_from"])[["unit", "year_from", "year_to", "before", "after"]]


def _changes(function: Function, cells: pd.DataFrame, score: Floats) -> pd.DataFrame:
    pairs = _pairs(function, cells)
    change = score[:, pairs["after"]] - score[:, pairs["before"]]
    table = pd.concat([pairs[["unit", "year_from", "year_to"]], summarise(change)], axis=1)
    return table.assign(p_up=(change > 0).mean(axis=0))


def _persistence(function: Function, cells: pd.DataFrame, standing: Floats) -> pd.DataFrame:
    rows = []
    for (start, end), group in _pairs(function, cells).groupby(["year_from", "year_to"]):
        if len(group) > 2:  # noqa: PLR2004 - a correlation of two units is always 1
            old, new = standing[:, group["before"]], standing[:, group["after"]]
            rows.append((start, end, len(group), *summarise(_correlation(old, new)[:, None]).iloc[0]))
    table = pd.DataFrame(rows, columns=["year_from", "year_to", "n_units", "mean", "q05", "q95"], dtype=float)
    return table.astype({"year_from": int, "year_to": int, "n_units": int})


def _sensitivity(posterior: Posterior) -> pd.DataFrame:
    types = {"unit": str, "year": int, "prior": float, "likelihood": float, "prior_driven": bool, "foremost": str}
    rows = [row | {"year": posterior.run.edition} for row in posterior.run.sensitivity]
    return pd.DataFrame(rows, columns=list(types)).astype(types)


def _correlation(old: Floats, new: Floats) -> Floats:
    old, new = (part - part.mean(axis=1, keepdims=True) for part in (old, new))
    return (old * new).sum(axis=1) / np.sqrt((old**2).sum(axis=1) * (new**2).sum(axis=1))


def _pillars(function: Function, posterior: Posterior, cells: pd.DataFrame) -> pd.DataFrame:
    state = posterior.flat("state")
    parts = []
    for number, pillar in enumerate(function.pillars):
        score = 100.0 * ndtr(standardised(posterior, state[:, :, number]))
        parts.append(pd.concat([cells, summarise(score)], axis=1).assign(pillar=pillar.id))
    columns = ["unit", "year", "pillar", "mean", "q05", "q95"]
    return pd.concat(parts)[columns].sort_values(["unit", "year"], kind="stable").reset_index(drop=True)


def _weights(function: Function, posterior: Posterior) -> pd.DataFrame:
    agreed = pd.DataFrame(
        {"pillar": list(function.agreed_weights), "prior_mean": list(function.agreed_weights.values())}
    )
    return pd.concat([agreed, summarise(posterior.flat("weight"))], axis=1)


def _raters(function: Function, posterior: Posterior, observations: Observations) -> pd.DataFrame:
    columns = ["rater", "severity_mean", "severity_sd", "q05", "q95", "n_answers"]
    if "severity" not in posterior.draws:
        types = {"rater": str, "n_answers": int}
        return pd.DataFrame({name: pd.Series(dtype=types.get(name, float)) for name in columns})
    draws, answers = posterior.flat("severity"), observations.answers
    counted = answers[~answers["tied"] & answers["item"].isin([item.id for item in function.items])]
    raters = pd.Series(posterior.draws["rater"].to_numpy(), name="rater", dtype=str)
    summary = summarise(draws).rename(columns={"mean": "severity_mean"}).assign(severity_sd=draws.std(axis=0))
    n_answers = raters.map(counted["rater"].value_counts()).astype(int)
    return pd.concat([raters, summary, n_answers.rename("n_answers")], axis=1)[columns]


def _slopes(posterior: Posterior, names: list[str]) -> pd.DataFrame:
    measures = list(posterior.draws["measure"].to_numpy())
    draws = posterior.flat("slope")[:, [measures.index(name) for name in names]]
    return summarise(draws, "slope_")


def _items(function: Function, posterior: Posterior, observations: Observations) -> pd.DataFrame:
    columns = ["item", "pillar", "n_answers", "slope_mean", "slope_q05", "slope_q95"]
    asked = [item.id for item in function.items if item.id in function.pillar_of]
    parts = [_slopes(posterior, asked)]
    if "overall_slope" in posterior.draws:
        parts.append(summarise(posterior.flat("overall_slope"), "slope_"))
    table = pd.concat(parts, ignore_index=True)
    counted = observations.answers.loc[~observations.answers["tied"], "item"].value_counts()
    names = [item.id for item in function.items][: len(table)]
    table["item"], table["pillar"] = names, [function.pillar_of.get(name, "") for name in names]
    table["n_answers"] = [int(counted.get(name, 0)) for name in names]
    return table[columns].astype({"item": str, "pillar": str, "n_answers": int})


def _quotients(observations: Observations, cells: pd.DataFrame) -> pd.DataFrame:
    places = observations.units[["unit", "region", "sector"]].merge(cells, on="unit")
    table = places.merge(location_quotients(observations.employment), on=["region", "sector", "year"])
    types = {"region": str, "sector": str, "employed": float, "quotient": float, "strong": bool}
    return table[["unit", "year", *types]].astype(types).sort_values(["unit", "year"]).reset_index(drop=True)


def _indicators(function: Function, posterior: Posterior, observations: Observations) -> pd.DataFrame:
    names = [part.id for part in function.indicators]
    figures, _ = speaking(function, observations)
    counted = figures["indicator"].value_counts()
    table = pd.DataFrame({"indicator": names, "pillar": [function.pillar_of[name] for name in names]})
    table["n_figures"] = [int(counted.get(name, 0)) for name in names]
    table = table.astype({"indicator": str, "pillar": str, "n_figures": int})
    return pd.concat([table, _slopes(posterior, names)], axis=1)
