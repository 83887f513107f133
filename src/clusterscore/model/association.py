"""Who there is in an invented association: its clusters, its raters, and the part that each plays.

Names and places are invented; regions and country codes are real so that maps work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from clusterscore.vocabulary import Kind

_PLACES: Final = (
    "Alvadia Brenova Corvenia Dravelia Elmoria Fagrila Gorvania Helvara Izmaria Jardova Korvalia Lumidava Marovista "
    "Norvalia Olmeria Plavenia Querina Rastova Sildavia Tarvenia Ulmeria Valdora Westavia Xandria Zimbravia "
    "Ardenova Belcaria Cindravia Dorvenia Estravia Florimia Galvenia Hortavia Istrovia Lavandria Mirovalia Nerdavia "
    "Orvenia Pelgravia Rovenia Selvaria Torvelia"
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
_TIED: Final = 0.1  # chance of a rater to have ties to a second cluster


@dataclass(frozen=True)
class Stories:
    """Which unit plays which part: who slipped, who is contradicted, who sent little, who came late, who left."""

    slip: str
    contradicted: str
    little: str
    newcomer: str
    foreign: str
    leaver: str


@dataclass(frozen=True, eq=False)
class Association:
    """An invented association.

    Attributes
    ----------
    units
        One row per cluster: unit, name, country, region, sector, founded.
    members
        One row per member organisation: the same, kind and parent.
    raters
        One row per rater: rater, affiliation, ties.
    entry
        First year of each unit.
    waves
        Last year of each edition.
    stories
        Which unit plays which part.
    """

    units: pd.DataFrame
    members: pd.DataFrame
    raters: pd.DataFrame
    entry: Mapping[str, int]
    waves: list[int]
    stories: Stories


def invent(first_year: int, every: int, n_editions: int, rng: np.random.Generator) -> Association:
    """Return an association whose editions close every so many years.

    Parameters
    ----------
    first_year
        First year with figures; the first edition closes ``every - 1`` years later.
    every
        Years between editions.
    n_editions
        How many editions.
    rng
        Source of all draws.
    """
    waves = [first_year + every * (number + 1) - 1 for number in range(n_editions)]
    units = _units(rng, first_year)
    stories = _stories(units)
    entry = dict.fromkeys(units["unit"], first_year)
    entry[stories.newcomer], entry[stories.foreign] = waves[-1] - 1, waves[-2] - 1
    members = pd.DataFrame([row for _, unit in units.iterrows() for row in _members_of(unit, rng)])
    return Association(units, members, _raters(units, rng), entry, waves, stories)


def _members_of(unit: pd.Series, rng: np.random.Generator) -> Iterator[dict[str, str]]:
    """Yield the member organisations of a cluster as rows of ``units.csv``."""
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


def _raters(units: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Two raters from each cluster and a few who belong to none; some have ties to a second cluster."""
    names = list(units["unit"])
    affiliation = [*names, *names, *([""] * 6)]
    ties = [str(rng.choice(names)) if rng.uniform() < _TIED else "" for _ in affiliation]
    rows = {
        "rater": [f"R-{number:03d}" for number in range(1, len(affiliation) + 1)],
        "affiliation": affiliation,
        "ties": ties,
    }
    return pd.DataFrame(rows)


def _stories(units: pd.DataFrame) -> Stories:
    names = list(units["unit"])
    return Stories(names[3], names[10], names[17], names[24], names[-1], names[31])
