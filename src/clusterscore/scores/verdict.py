"""Do the peers confirm the figures? A verdict per unit and year, each from a posterior probability.

Two comparisons, both in standard deviations of the base cohort:

gap
    the pillars that peers judge against the pillars that figures measure, each part standardised by itself;
discrepancy
    the peers' overall judgement of the unit against the function.

Both come from the posterior of everything observed, in which the parts have drawn each other closer. Beside them stands
what the figures say alone and what the peers say alone, from posteriors of their own; no verdict rests on these.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clusterscore.model.function import Function, Validation
from clusterscore.observations.observed import Observations
from clusterscore.posterior.store import Posterior
from clusterscore.scores.summaries import summarise
from clusterscore.vocabulary import Channel, Verdict

Floats = NDArray[np.float64]

_SEEN_BY: Final = {Channel.FIGURES: "indicators", Channel.PEERS: "items"}


def validate(
    function: Function,
    posterior: Posterior,
    observations: Observations,
    alone: Mapping[Channel, Posterior] | None = None,
) -> pd.DataFrame:
    """Return the comparison and verdict of every cell.

    Parameters
    ----------
    alone
        Draws of what single channels say.

    Returns
    -------
    one row per cell: unit, year, n_figures, n_raters (within the edition's years, untied), mean and interval of the
    parts (figures, peers), of the gap, of the discrepancy and of the overall judgement, of the parts alone (missing
    where a channel says nothing of a cell), the probabilities that the peers confirm and contradict, the verdict
    """
    cells = cells_of(posterior)
    figures, peers = (_part(function, posterior, attribute) for attribute in ("indicators", "items"))
    table = pd.concat([cells, _evidence(function, observations, cells)], axis=1)
    confirm, contradict = np.full(len(cells), np.nan), np.full(len(cells), np.nan)
    if figures is not None and peers is not None:
        discrepancy = _discrepancy(posterior, cells)
        gap = peers - figures
        furthest = np.maximum(np.abs(gap), np.abs(discrepancy))
        contradict = (furthest > function.validation.equivalence).mean(axis=0)
        confirm = 1.0 - contradict
        judged = posterior.flat("standing") + discrepancy
        parts = {"figures_": figures, "peers_": peers, "gap_": gap, "discrepancy_": discrepancy, "judged_": judged}
        table = pd.concat([table, *(summarise(draws, prefix) for prefix, draws in parts.items())], axis=1)
        for channel, one in (alone or {}).items():
            table = table.merge(_alone(function, one, channel), on=["unit", "year"], how="left")
    table["p_confirmed"], table["p_contradicted"] = confirm, contradict
    minimum = function.questionnaire.minimum_raters if function.questionnaire else 0
    enough = (table["n_figures"] > 0) & (table["n_raters"] >= max(minimum, 1))
    table["verdict"] = [
        _verdict(c, d, function.validation) if e else Verdict.NOT_ENOUGH_EVIDENCE
        for c, d, e in zip(confirm, contradict, enough, strict=True)
    ]
    return table


def _alone(function: Function, posterior: Posterior, channel: Channel) -> pd.DataFrame:
    part = _part(function, posterior, _SEEN_BY[channel])
    if part is None:
        raise ValueError(f"function {function.function!r} has nothing that {channel} could speak about")
    return pd.concat([cells_of(posterior), summarise(part, f"{channel}_alone_")], axis=1)


def cells_of(posterior: Posterior) -> pd.DataFrame:
    """Return unit and year of every cell."""
    draws = posterior.draws
    units = pd.Series(draws["unit_of_cell"].to_numpy().astype(str), dtype=str)
    return pd.DataFrame({"unit": units, "year": draws["year_of_cell"].to_numpy()})


def standardised(posterior: Posterior, values: Floats) -> Floats:
    """Return draws of a quantity per cell in standard deviations of the base cohort; dims (sample, cell)."""
    base = values[:, posterior.draws["base_cell"].to_numpy()]
    return (values - base.mean(axis=1, keepdims=True)) / base.std(axis=1, keepdims=True)


def _part(function: Function, posterior: Posterior, attribute: str) -> Floats | None:
    """Draws of the function's part that one channel sees; None where the document has no such pillar."""
    seen = np.array([bool(getattr(pillar, attribute)) for pillar in function.pillars])
    if not seen.any():
        return None
    weight, state = posterior.flat("weight") * seen, posterior.flat("state")
    return standardised(posterior, np.einsum("scp,sp->sc", state, weight))


def _discrepancy(posterior: Posterior, cells: pd.DataFrame) -> Floats:
    if "discrepancy" not in posterior.draws:
        return np.zeros((1, len(cells)))
    units = posterior.draws["unit"].to_numpy()
    base_sd = posterior.flat("function")[:, posterior.draws["base_cell"].to_numpy()].std(axis=1, keepdims=True)
    return posterior.flat("discrepancy")[:, np.searchsorted(units, cells["unit"].to_numpy())] / base_sd


def _evidence(function: Function, observations: Observations, cells: pd.DataFrame) -> pd.DataFrame:
    """Count figures and untied raters of each unit in the years of an edition that ends in the cell's year."""
    answers = observations.answers[~observations.answers["tied"]]
    answers = answers[answers["item"].isin([item.id for item in function.items])]
    figures = observations.figures[observations.figures["indicator"].isin([part.id for part in function.indicators])]
    rows = []
    for unit, year in zip(cells["unit"], cells["year"], strict=True):
        recent_figures = (figures["unit"] == unit) & figures["year"].between(year - function.edition.every + 1, year)
        recent_answers = (answers["unit"] == unit) & answers["year"].between(year - function.edition.every + 1, year)
        rows.append((int(recent_figures.sum()), answers.loc[recent_answers, "rater"].nunique()))
    return pd.DataFrame(rows, columns=["n_figures", "n_raters"])


def _verdict(confirm: float, contradict: float, rule: Validation) -> Verdict:
    if np.isnan(confirm):
        return Verdict.NOT_ENOUGH_EVIDENCE
    if contradict >= rule.probability:
        return Verdict.CONTRADICTED
    return Verdict.VALIDATED if confirm >= rule.probability else Verdict.NOT_ENOUGH_EVIDENCE
