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

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clusterscore.model.evidence import speaking
from clusterscore.model.function import Function, Validation
from clusterscore.observations.observed import Observations
from clusterscore.posterior.record import Posterior
from clusterscore.scores.summaries import summarise
from clusterscore.vocabulary import Channel, Verdict

Floats = NDArray[np.float64]


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
    heard = _heard(function, observations)
    figures, peers = (_part(posterior, heard[channel]) for channel in Channel)
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
            table = table.merge(_alone(one, heard[channel], channel), on=["unit", "year"], how="left")
    table["p_confirmed"], table["p_contradicted"] = confirm, contradict
    minimum = function.questionnaire.minimum_raters if function.questionnaire else 0
    enough = (table["n_figures"] > 0) & (table["n_raters"] >= max(minimum, 1))
    table["verdict"] = [
        _verdict(c, d, function.validation) if e else Verdict.NOT_ENOUGH_EVIDENCE
        for c, d, e in zip(confirm, contradict, enough, strict=True)
    ]
    return table


def _alone(posterior: Posterior, seen: NDArray[np.bool_], channel: Channel) -> pd.DataFrame:
    part = _part(posterior, seen)
    if part is None:
        raise ValueError(f"the {channel} say nothing, and yet there is a posterior of what they say alone")
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


def _heard(function: Function, observations: Observations) -> dict[Channel, NDArray[np.bool_]]:
    """Return of which pillars each channel says anything; dims (pillar)."""
    figures, answers = speaking(function, observations)
    said = {Channel.FIGURES: set(figures["indicator"]), Channel.PEERS: set(answers.loc[~answers["tied"], "item"])}
    pillars = {
        channel: {function.pillar_of[code] for code in codes if code in function.pillar_of}
        for channel, codes in said.items()
    }
    return {
        channel: np.array([pillar.id in known for pillar in function.pillars]) for channel, known in pillars.items()
    }


def _part(posterior: Posterior, seen: NDArray[np.bool_]) -> Floats | None:
    """Draws of the function's part that one channel sees; None where it sees no pillar."""
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
    figures, answers = speaking(function, observations)
    figures, answers = figures[figures["member"].isna()], answers[~answers["tied"]]
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
