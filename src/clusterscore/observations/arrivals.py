"""Which canonical table a file holds, and which files came together."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from pathlib import Path

from clusterscore.errors import Fault, InputRefused, listed
from clusterscore.raw.readers import RawFile
from clusterscore.vocabulary import Table


def table_of(name: str) -> Table:
    """Return which canonical table a file holds, from the first word of its name.

    Raises
    ------
    InputRefused
        Where the name begins with none of the canonical names.
    """
    word = re.split(r"[^a-z]", Path(name).name.lower(), maxsplit=1)[0]
    if word not in set(Table):
        expected = f"a name that begins with one of {listed(Table)}, such as figures.csv"
        raise InputRefused([Fault(name, 0, "", "E-FILE-NAME", Path(name).name, expected)])
    return Table(word)


def held_by(raw: RawFile) -> Table:
    """Return which canonical table a file holds: what it says itself, else what its name says.

    Raises
    ------
    InputRefused
        Where neither says it.
    """
    return raw.table or table_of(raw.name)


def deliveries(files: Iterable[RawFile]) -> list[list[RawFile]]:
    """Return files by the moment when they came in, the tables of each delivery in their order."""
    tables = list(Table)

    def received(raw: RawFile) -> str:
        return raw.origin.arrived.isoformat() if raw.origin else ""

    ordered = sorted(files, key=lambda raw: (received(raw), tables.index(held_by(raw)), raw.name, raw.sheet))
    return [list(delivery) for _, delivery in itertools.groupby(ordered, key=received)]
