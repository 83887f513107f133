"""What the management teams of an invented association send: their own figures, and what their members answer."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from clusterscore.model.association import Association, invent
from clusterscore.model.demonstration import Delivery, written
from clusterscore.model.function import Function
from clusterscore.model.simulate import Plan, simulate
from clusterscore.vocabulary import Kind, Table

_EDITIONS: Final = 2  # the last ones: teams were not evaluated before
_VOICES: Final = 20  # how severe a member may be, and how many members of a cluster may be asked
_ASKED: Final = 7  # members who answer in an edition
_MISSING: Final = 0.1


def demonstrate_teams(function: Function, first_year: int, n_editions: int, seed: int) -> list[Delivery]:
    """Return all files on the teams of an invented association, in order of delivery.

    Parameters
    ----------
    function
        A function for teams.
    first_year, n_editions, seed
        Those with which the clusters were invented, so that the teams are theirs.
    """
    invented = invent(first_year, function.edition.every, n_editions, np.random.default_rng(seed))
    teams = _teams(invented)
    waves = invented.waves[-_EDITIONS:]
    start = waves[0] - function.edition.every + 1
    entry = {
        team: max(invented.entry[cluster], start) for team, cluster in zip(teams["unit"], teams["parent"], strict=True)
    }
    plan = Plan(
        entry=entry,
        years=range(start, waves[-1] + 1),
        waves=waves,
        affiliation=dict.fromkeys((f"V{number:02d}" for number in range(1, _VOICES + 1)), None),
        raters_per_unit=_ASKED,
        missing=_MISSING,
    )
    drawn = simulate(function, plan, seed)
    by_id = {part.id: part for part in function.indicators}
    values = [
        written(by_id[code], max(value, 0.0) if by_id[code].transform == "log1p" else value)  # hours are not negative
        for code, value in zip(drawn.figures["indicator"], drawn.figures["value"], strict=True)
    ]
    measure = drawn.figures["indicator"].map({name: part.measure for name, part in by_id.items()})
    figures = drawn.figures.assign(value=values, measure=measure, source="demonstration")
    answers = drawn.answers.assign(rater=drawn.answers["unit"] + "-" + drawn.answers["rater"])
    raters = _raters(answers, teams, invented)
    answers = answers[answers["rater"].isin(raters["rater"])]
    deliveries, known = [], set[str]()
    for wave in waves:
        new = teams[[entry[team] <= wave and team not in known for team in teams["unit"]]]
        if len(new):
            deliveries.append(Delivery(wave, Table.UNITS, new))
        given = answers[answers["year"] == wave]
        asked = raters[raters["rater"].isin(given["rater"]) & ~raters["rater"].isin(known)]
        deliveries.append(Delivery(wave, Table.RATERS, asked))
        recent = figures["year"].between(wave - function.edition.every + 1, wave)
        deliveries += [Delivery(wave, Table.FIGURES, figures[recent]), Delivery(wave, Table.ANSWERS, given)]
        known |= {*new["unit"], *asked["rater"]}
    return deliveries


def _teams(invented: Association) -> pd.DataFrame:
    """Return a team for each cluster that is still in the association."""
    clusters = invented.units[invented.units["unit"] != invented.stories.leaver]
    names = clusters["name"].str.replace("Clusterul", "Echipa clusterului")
    return clusters.assign(
        unit=clusters["unit"].str.replace("CL-", "TM-"), name=names, kind=Kind.TEAM, parent=clusters["unit"]
    )


def _raters(answers: pd.DataFrame, teams: pd.DataFrame, invented: Association) -> pd.DataFrame:
    """Return who answers: people of members of the team's own cluster, as far as it has so many."""
    rows = answers[["rater", "unit"]].drop_duplicates()
    number = rows["rater"].str.rsplit("-V", n=1).str[1].astype(int)
    parent = rows["unit"].map(dict(zip(teams["unit"], teams["parent"], strict=True)))
    member = parent + number.map("-M{:03d}".format)
    table = pd.DataFrame({"rater": rows["rater"], "affiliation": member, "ties": ""})
    return table[table["affiliation"].isin(invented.members["unit"])].reset_index(drop=True)
