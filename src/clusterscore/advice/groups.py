"""The peer group of each unit, as it is published with the scores, in words and as places on the axis of units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clusterscore.frames import each

_ALL: Final = "all"
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "sector": {"en": "same sector", "ro": "același sector"},
    "region": {"en": "same region", "ro": "aceeași regiune"},
    "country": {"en": "same country", "ro": "aceeași țară"},
    "age": {"en": "similar age", "ro": "vechime apropiată"},
    "size": {"en": "similar size", "ro": "mărime apropiată"},
    _ALL: {"en": "all others", "ro": "toți ceilalți"},
}


def shared(traits: Iterable[str], language: str) -> str:
    """Return what peers share, in words; no traits are shared by all others."""
    return ", ".join(WORDS[trait][language] for trait in [*traits] or [_ALL])


def traits_of(rule: object) -> tuple[str, ...]:
    """Return the traits that a published group shares; of all others the table has none, and reads as missing."""
    return tuple(rule.split()) if isinstance(rule, str) else ()


@dataclass(frozen=True, eq=False)
class Peers:
    """The others that a unit is held against.

    Attributes
    ----------
    traits
        What they share with it; empty for everybody.
    others
        dims (other): where they stand on the axis of units; never the unit itself.
    """

    traits: tuple[str, ...]
    others: NDArray[np.int64]


def peers_of(published: pd.DataFrame, names: Sequence[str]) -> list[Peers]:
    """Return the peer group of each unit, in the order of the units; without others where it has none.

    Parameters
    ----------
    published
        unit, rule, peers; see :mod:`clusterscore.scores.peer_groups`.
    names
        The axis of units.
    """
    place = {name: number for number, name in enumerate(names)}
    rows = {
        row.unit: Peers(
            traits_of(row.rule),
            np.array([place[name] for name in row.peers.split()], dtype=np.int64),
        )
        for row in each(published)
    }
    nobody = Peers((), np.array([], dtype=np.int64))
    return [rows.get(name, nobody) for name in names]
