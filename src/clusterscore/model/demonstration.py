"""What an invented association sends, drawn from the model itself, with the stories that a real one has.

Every file it makes is marked as demonstration in its sidecar, and every page that shows it says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from clusterscore.model.association import Association, invent
from clusterscore.model.function import Function, Indicator
from clusterscore.model.simulate import Floats, Plan, simulate
from clusterscore.model.transforms import restore, standardise
from clusterscore.vocabulary import Kind, MemberType, Table

_SLIP: Final = 1000.0  # factor by which one figure was sent too high
_SLIPPED: Final = 1  # edition with which it was sent, counted from 0
_NOTICED: Final = 2  # edition in whose preparation it was found
_UNSENT: Final = 0.85  # share of the figures that one cluster did not send
_LARGE: Final = 100  # from here on figures are written without decimals
_LEAVES: Final = {
    MemberType.FIRM: 0.8,
    MemberType.RESEARCH: 0.08,
    MemberType.CATALYST: 0.08,
    MemberType.AUTHORITY: 0.04,
}
"""Shares of the sorts of members."""
_BOAST: Final = 3.0  # spreads by which one cluster's figures are above the truth


@dataclass(frozen=True)
class Delivery:
    """One canonical file of the association.

    Attributes
    ----------
    year
        The edition it was sent for.
    table
        Which canonical file it is.
    rows
        Its content, all cells as they are written.
    """

    year: int
    table: Table
    rows: pd.DataFrame


def demonstrate(function: Function, first_year: int, n_editions: int, seed: int) -> list[Delivery]:
    """Return all files of an invented association, in order of delivery.

    Parameters
    ----------
    function
        A function for clusters.
    first_year
        First year with figures; the first edition closes ``every - 1`` years later.
    n_editions
        How many editions.
    seed
        Seed of all draws.
    """
    rng = np.random.default_rng(seed)
    invented = invent(first_year, function.edition.every, n_editions, rng)
    invented = replace(invented, members=_with_types(invented.members, seed))
    raters = invented.raters
    plan = Plan(
        entry=invented.entry,
        years=range(first_year, invented.waves[-1] + 1),
        waves=invented.waves,
        affiliation=dict(zip(raters["rater"], raters["affiliation"], strict=True)),
        raters_per_unit=8,
        missing=0.08,
        members={str(unit): list(own["unit"]) for unit, own in invented.members.groupby("parent")},
    )
    drawn = simulate(function, plan, seed, _parameters(function, raters, rng))
    figures = _told_figures(function, invented, drawn.figures, rng)
    answers = pd.concat([_told_answers(invented, drawn.answers), _tied_answers(function, invented)])
    return list(_deliveries(function, invented, figures, answers))


def _with_types(members: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return members with the sort of organisation each is, drawn apart so that all else stays as it was."""
    leaves, shares = [str(leaf) for leaf in _LEAVES], list(_LEAVES.values())
    drawn = np.random.default_rng([seed, 1]).choice(leaves, size=len(members), p=shares)
    return members.assign(member_type=drawn)


def _parameters(function: Function, raters: pd.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    n_pillars, n_figures = len(function.pillars), len(function.indicators)
    severity = rng.normal(0.0, 0.7, len(raters))
    return {
        "general_share": 0.5,
        "pillar_scale": rng.uniform(0.8, 1.3, n_pillars),
        "innovation_sd": rng.uniform(0.10, 0.20, n_pillars),
        "shock_sd": np.full(n_pillars, 0.06),
        "intercept": rng.normal(0.0, 0.3, n_figures),
        "error_sd": rng.uniform(0.3, 0.6, n_figures),
        "member_sd": np.full(n_figures, 1.4),
        "member_error_sd": np.full(n_figures, 0.5),
        "overdispersion": np.full(n_figures, 8.0),
        "severity": severity - severity.mean(),
        "halo_sd": 0.45,
        "overall_slope": np.full(len(function.overall), 1.6),
        "answer_share": [rng.dirichlet(20.0 * _middling(function.categories(item))) for item in function.items],
    }


def _middling(n_categories: int) -> Floats:
    """Shares of answers around a middle slightly above the scale's own."""
    place = np.linspace(0.0, 1.0, n_categories)
    share: Floats = np.exp(-0.5 * ((place - 0.6) / 0.28) ** 2)
    return share / share.sum()


def _told_figures(
    function: Function, invented: Association, figures: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Figures as they came in: one cluster left, one sent little, and one boasts."""
    by_id, stories = {part.id: part for part in function.indicators}, invented.stories
    parent = dict(zip(invented.members["unit"], invented.members["parent"], strict=True))
    home = figures["unit"].map(lambda unit: parent.get(unit, unit))
    gone = (home == stories.leaver) & (figures["year"] > invented.waves[-3])
    few = (home == stories.little) & (rng.uniform(size=len(figures)) < _UNSENT)
    figures = figures[~gone & ~few]
    told = [
        written(by_id[code], _boast(by_id[code], value) if unit == stories.contradicted else value)
        for unit, code, value in zip(figures["unit"], figures["indicator"], figures["value"], strict=True)
    ]
    measures = figures["indicator"].map({name: part.measure for name, part in by_id.items()})
    return figures.assign(value=told, measure=measures, source="demonstration")


def _boast(part: Indicator, value: float) -> float:
    if part.transform == "count":
        return float(round(value * np.exp(_BOAST * part.spread)))
    return float(restore(part, standardise(part, value) + _BOAST * part.direction))


def written(part: Indicator, value: float) -> str:
    """Return a figure as people write it: within its limits, whole where it is large or a count."""
    low = -np.inf if part.minimum is None else part.minimum
    high = np.inf if part.maximum is None else part.maximum
    number = float(np.clip(value, low, high))
    whole = part.transform == "count" or abs(number) >= _LARGE
    return f"{number:.0f}" if whole else f"{number:.4f}"


def _told_answers(invented: Association, answers: pd.DataFrame) -> pd.DataFrame:
    """Answers as they came in: the raters with a tie kept theirs apart, and hardly anybody knew one cluster."""
    raters, stories = invented.raters, invented.stories
    answers = answers[~((answers["unit"] == stories.leaver) & (answers["year"] > invented.waves[-3]))]
    tied = set(zip(raters["ties"], raters["rater"], strict=True))
    keep = [(unit, rater) not in tied for unit, rater in zip(answers["unit"], answers["rater"], strict=True)]
    answers = answers[keep]
    known = answers[answers["unit"] == stories.little].groupby("year")["rater"].unique()
    heard = {(year, rater) for year, names in known.items() for rater in sorted(names)[:2]}
    unknown = [
        unit == stories.little and (year, rater) not in heard
        for unit, year, rater in zip(answers["unit"], answers["year"], answers["rater"], strict=True)
    ]
    return answers[~np.array(unknown)]


def _tied_answers(function: Function, invented: Association) -> pd.DataFrame:
    """Raters with a second cluster's tie praise it; such answers are recorded and never count."""
    raters, year = invented.raters, invented.waves[-1]
    tied = raters[~raters["ties"].isin(["", invented.stories.leaver])]
    rows = [
        (unit, year, rater, item.id, function.categories(item) if item.direction > 0 else 1)
        for unit, rater in zip(tied["ties"], tied["rater"], strict=True)
        for item in function.items
    ]
    return pd.DataFrame(rows, columns=["unit", "year", "rater", "item", "answer"])


def _deliveries(
    function: Function, invented: Association, figures: pd.DataFrame, answers: pd.DataFrame
) -> Iterator[Delivery]:
    units, raters, entry, waves = invented.units, invented.raters, invented.entry, invented.waves
    every = function.edition.every
    order = {name: number for number, name in enumerate([part.id for part in (*function.indicators, *function.items)])}
    slip = _slip(figures, invented.stories.slip, waves[_SLIPPED], function.indicators[0])
    for number, wave in enumerate(waves):
        new = units[[wave - every < max(entry[unit], waves[0] - every + 1) <= wave for unit in units["unit"]]]
        members = invented.members[invented.members["parent"].isin(new["unit"])]
        if len(new):
            yield Delivery(
                wave, Table.UNITS, pd.concat([new.assign(kind=Kind.CLUSTER, parent="", member_type=""), members])
            )
        known = {unit for unit, year in entry.items() if year <= wave} | {""}
        before = {unit for unit, year in entry.items() if year <= wave - every} | {""} if number else set()
        arrived = _known_links(raters, known) - (_known_links(raters, before) if number else set())
        if arrived:
            yield Delivery(wave, Table.RATERS, raters[raters["rater"].isin(arrived)])
        recent = figures[figures["year"].between(wave - every + 1, wave)].copy()
        if slip is not None and number == _SLIPPED:
            recent.loc[slip, "value"] = f"{float(figures.loc[slip, 'value']) * _SLIP:.0f}"
        yield Delivery(wave, Table.FIGURES, _sorted(recent, "indicator", order))
        given = answers[(answers["year"] == wave) & answers["rater"].isin(_known_links(raters, known))]
        yield Delivery(wave, Table.ANSWERS, _sorted(given, "item", order))
        if slip is not None and number == _NOTICED:
            yield Delivery(wave, Table.CORRECTIONS, _correction(figures.loc[slip]))


def _known_links(raters: pd.DataFrame, known: set[str]) -> set[str]:
    return set(raters.loc[raters["affiliation"].isin(known) & raters["ties"].isin(known), "rater"])


def _slip(figures: pd.DataFrame, unit: str, year: int, part: Indicator) -> Any:
    found = figures[(figures["unit"] == unit) & (figures["year"] == year) & (figures["indicator"] == part.id)]
    return found.index[0] if len(found) else None


def _correction(figure: pd.Series) -> pd.DataFrame:
    row = {
        "table": "figures",
        "action": "correct",
        "unit": figure["unit"],
        "year": figure["year"],
        "indicator": figure["indicator"],
        "column": "value",
        "expect": f"{float(figure['value']) * _SLIP:.0f}",
        "value": figure["value"],
        "reason": (
            "the form asked for EUR and the figure was multiplied as if it were in thousands; "
            "confirmed by the accountant"
        ),
    }
    return pd.DataFrame([row])


def _sorted(rows: pd.DataFrame, column: str, order: dict[str, int]) -> pd.DataFrame:
    keys = ["unit", "year", *(["rater"] if "rater" in rows else [])]
    ordered = rows.assign(_order=rows[column].map(order)).sort_values([*keys, "_order"])
    return ordered.drop(columns="_order").reset_index(drop=True)
