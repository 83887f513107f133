"""An invented association, drawn from the model itself, with the stories that a real one has.

Names, places and figures are invented; regions and country codes are real so that maps work. Every file it makes is
marked as demonstration in its sidecar, and every page that shows it says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clusterscore.frames import each
from clusterscore.model.function import Function, Indicator
from clusterscore.model.simulate import Plan, Simulated, simulate
from clusterscore.model.transforms import restore, standardise
from clusterscore.vocabulary import Kind, Table

_PLACES: Final = (
    "Alvadia Brenova Corvenia Dravelia Elmoria Fagrila Gorvania Helvara Izmaria Jardova Korvalia Lumidava "
    "Marovista Norvalia Olmeria Plavenia Querina Rastova Sildavia Tarvenia Ulmeria Valdora Westavia Xandria "
    "Zimbravia Ardenova Belcaria Cindravia Dorvenia Estravia Florimia Galvenia Hortavia Istrovia Lavandria "
    "Mirovalia Nerdavia Orvenia Pelgravia Rovenia Selvaria Torvelia "
).split()
_SECTORS: Final = (
    ("furniture", "Mobilă"),
    ("software", "Software"),
    ("textiles", "Textile"),
    ("food", "Alimente"),
    ("automotive", "Auto"),
    ("energy", "Energie"),
    ("machinery", "Utilaje"),
    ("tourism", "Turism"),
    ("electronics", "Electronică"),
    ("health", "Sănătate"),
)
_REGIONS: Final = ("RO11", "RO12", "RO21", "RO22", "RO31", "RO32", "RO41", "RO42")
_MEMBERS: Final = 36  # on average
_SLIP: Final = 1000.0
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


@dataclass(frozen=True)
class Association:
    """The invented association: who is in it since when, and who answers."""

    units: pd.DataFrame
    raters: pd.DataFrame
    entry: dict[str, int]
    stories: Stories
    waves: list[int]


@dataclass(frozen=True)
class Stories:
    """Which unit plays which part: who slipped, who is contradicted, who sent little, who came late, who left."""

    slip: str
    contradicted: str
    little: str
    newcomer: str
    foreign: str
    leaver: str


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
    every = function.edition.every
    waves = [first_year + every * (number + 1) - 1 for number in range(n_editions)]
    units = _units(rng, first_year)
    stories = _stories(units)
    entry = dict.fromkeys(units["unit"], first_year)
    entry[stories.newcomer], entry[stories.foreign] = waves[-1] - 1, waves[-2] - 1
    raters = _raters(units, rng)
    plan = Plan(
        entry=entry,
        years=range(first_year, waves[-1] + 1),
        waves=waves,
        affiliation=dict(zip(raters["rater"], raters["affiliation"], strict=True)),
        raters_per_unit=8,
        missing=0.08,
    )
    drawn = simulate(function, plan, seed, _parameters(function, raters, rng))
    figures = _told_figures(function, drawn, stories, waves, rng)
    answers = pd.concat(
        [_told_answers(drawn.answers, stories, raters, waves), _tied_answers(function, raters, stories, waves)]
    )
    return list(_deliveries(function, Association(units, raters, entry, stories, waves), figures, answers))


def _units(rng: np.random.Generator, first_year: int) -> pd.DataFrame:
    rows = []
    for number, place in enumerate(_PLACES):
        sector, word = _SECTORS[number % len(_SECTORS)]
        foreign = number == len(_PLACES) - 1
        rows.append(
            {
                "unit": f"CL-{number + 1:02d}",
                "name": f"Clusterul {word} {place}",
                "country": "MD" if foreign else "RO",
                "region": "MD" if foreign else _REGIONS[number % len(_REGIONS)],
                "sector": sector,
                "founded": str(first_year - int(rng.integers(1, 9))),
            }
        )
    return pd.DataFrame(rows)


def _members(unit: pd.Series, rng: np.random.Generator) -> Iterator[dict[str, str]]:
    place = unit["name"].split()[-1]
    for number in range(1, int(rng.poisson(_MEMBERS)) + 1):
        yield {
            "unit": f"{unit['unit']}-M{number:03d}",
            "name": f"{place} Membru {number} SRL",
            "kind": Kind.MEMBER,
            "parent": unit["unit"],
            "country": unit["country"],
            "region": unit["region"],
            "sector": unit["sector"],
            "founded": "",
        }


def _raters(units: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Two raters from each cluster and a few who belong to none; some have ties to a second cluster."""
    names = list(units["unit"])
    affiliation = [*names, *names, *([""] * 6)]
    ties = [str(rng.choice(names)) if rng.uniform() < 0.1 else "" for _ in affiliation]  # noqa: PLR2004
    rows = {
        "rater": [f"R-{number:03d}" for number in range(1, len(affiliation) + 1)],
        "affiliation": affiliation,
        "ties": ties,
    }
    return pd.DataFrame(rows)


def _stories(units: pd.DataFrame) -> Stories:
    names = list(units["unit"])
    return Stories(names[3], names[10], names[17], names[24], names[-1], names[31])


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
        "overdispersion": np.full(n_figures, 8.0),
        "severity": severity - severity.mean(),
        "halo_sd": 0.45,
        "overall_slope": np.full(len(function.overall), 1.6),
        "answer_share": [rng.dirichlet(20.0 * _middling(function.categories(item))) for item in function.items],
    }


def _middling(n_categories: int) -> NDArray[np.float64]:
    """Shares of answers around a middle slightly above the scale's own."""
    place = np.linspace(0.0, 1.0, n_categories)
    share: NDArray[np.float64] = np.exp(-0.5 * ((place - 0.6) / 0.28) ** 2)
    return np.asarray(share / share.sum())


def _told_figures(
    function: Function, drawn: Simulated, stories: Stories, waves: list[int], rng: np.random.Generator
) -> pd.DataFrame:
    by_id = {part.id: part for part in function.indicators}
    figures = drawn.figures[~((drawn.figures["unit"] == stories.leaver) & (drawn.figures["year"] > waves[-3]))].copy()
    few = (figures["unit"] == stories.little) & (rng.uniform(size=len(figures)) < 0.85)  # noqa: PLR2004
    figures = figures[~few]
    boasted = figures["unit"] == stories.contradicted
    told = [
        _boast(by_id[row.indicator], row.value) if boasts else row.value
        for row, boasts in zip(each(figures), boasted, strict=True)
    ]
    figures["value"] = [_written(by_id[name], value) for name, value in zip(figures["indicator"], told, strict=True)]
    figures["measure"] = figures["indicator"].map({name: part.measure for name, part in by_id.items()})
    return figures.assign(source="demonstration")


def _boast(part: Indicator, value: float) -> float:
    if part.transform == "count":
        return float(round(value * np.exp(_BOAST * part.spread)))
    return float(restore(part, standardise(part, value) + _BOAST * part.direction))


def _written(part: Indicator, value: float) -> str:
    low = -np.inf if part.minimum is None else part.minimum
    high = np.inf if part.maximum is None else part.maximum
    number = float(np.clip(value, low, high))
    whole = part.transform == "count" or abs(number) >= 100  # noqa: PLR2004
    return f"{number:.0f}" if whole else f"{number:.4f}"


def _told_answers(answers: pd.DataFrame, stories: Stories, raters: pd.DataFrame, waves: list[int]) -> pd.DataFrame:
    """Answers as they came in: the raters with a tie kept theirs apart, and hardly anybody knew one cluster."""
    answers = answers[~((answers["unit"] == stories.leaver) & (answers["year"] > waves[-3]))]
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


def _tied_answers(function: Function, raters: pd.DataFrame, stories: Stories, waves: list[int]) -> pd.DataFrame:
    """Raters with a second cluster's tie praise it; such answers are recorded and never count."""
    rows = [
        (rater.ties, waves[-1], rater.rater, item.id, function.categories(item) if item.direction > 0 else 1)
        for rater in each(raters[~raters["ties"].isin(["", stories.leaver])])
        for item in function.items
    ]
    return pd.DataFrame(rows, columns=["unit", "year", "rater", "item", "answer"])


def _deliveries(
    function: Function, association: Association, figures: pd.DataFrame, answers: pd.DataFrame
) -> Iterator[Delivery]:
    units, raters, waves = association.units, association.raters, association.waves
    entry, stories = association.entry, association.stories
    rng, every = np.random.default_rng(len(units)), function.edition.every
    order = {name: number for number, name in enumerate([part.id for part in (*function.indicators, *function.items)])}
    slip = _slip(figures, stories.slip, waves[1], function.indicators[0])
    for number, wave in enumerate(waves):
        new = units[[wave - every < max(entry[unit], waves[0] - every + 1) <= wave for unit in units["unit"]]]
        members = [row for _, unit in new.iterrows() for row in _members(unit, rng)]
        if len(new):
            yield Delivery(
                wave, Table.UNITS, pd.concat([new.assign(kind=Kind.CLUSTER, parent=""), pd.DataFrame(members)])
            )
        known = {unit for unit, year in entry.items() if year <= wave} | {""}
        before = {unit for unit, year in entry.items() if year <= wave - every} | {""} if number else set()
        arrived = _known_links(raters, known) - (_known_links(raters, before) if number else set())
        if arrived:
            yield Delivery(wave, Table.RATERS, raters[raters["rater"].isin(arrived)])
        recent = figures[figures["year"].between(wave - every + 1, wave)].copy()
        if slip is not None and wave == waves[1]:
            recent.loc[slip, "value"] = f"{float(figures.loc[slip, 'value']) * _SLIP:.0f}"
        yield Delivery(wave, Table.FIGURES, _sorted(recent, "indicator", order))
        given = answers[(answers["year"] == wave) & answers["rater"].isin(_known_links(raters, known))]
        yield Delivery(wave, Table.ANSWERS, _sorted(given, "item", order))
        if slip is not None and number == 2:  # noqa: PLR2004 - the slip is found when the next edition is prepared
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
        "reason": "the form asked for EUR and the figure was multiplied as if it were in thousands; "
        "confirmed by the accountant",
    }
    return pd.DataFrame([row])


def _sorted(rows: pd.DataFrame, column: str, order: dict[str, int]) -> pd.DataFrame:
    keys = ["unit", "year", *(["rater"] if "rater" in rows else [])]
    ordered = rows.assign(_order=rows[column].map(order)).sort_values([*keys, "_order"])
    return ordered.drop(columns="_order").reset_index(drop=True)
