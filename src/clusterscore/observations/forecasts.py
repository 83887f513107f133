"""Forecasts in the ledger: what a posterior said of figures before they came, which the position in the chain proves.

A forecast is one Student-t distribution of one figure on the standardised scale of its indicator, so that it can be
scored from its record alone, whatever became of the posterior. It is no observation: what the model sees, and the
digest of it, are the same with and without forecasts.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from clusterscore.errors import ForecastTooLate
from clusterscore.frames import each
from clusterscore.observations.ledger import Action, Head, Key, Ledger, Record, locked
from clusterscore.vocabulary import Table

PREDICTED: Final = {"unit": str, "year": int, "indicator": str, "location": float, "scale": float, "freedom": float}
"""Columns of what is predicted, with their types: the key of the figure, and the Student-t distribution of it."""

_MADE: Final = {"function": str, "posterior": str, "edition": int, "known": int}


@dataclass(frozen=True, slots=True)
class Origin:
    """The posterior that forecasts come from.

    Attributes
    ----------
    function, edition
        What was fitted, through which year.
    posterior
        Id of the posterior.
    known
        How many records of the ledger it had seen.
    draws
        SHA-256 of what it holds: its draws, or which draws of its basis count.
    """

    function: str
    edition: int
    posterior: str
    known: int
    draws: str


def announce(ledger: Ledger, predicted: pd.DataFrame, origin: Origin, who: str) -> tuple[int, Head]:
    """Append forecasts to the ledger as one segment; what the same posterior has said already is not said again.

    Parameters
    ----------
    ledger
        Where the records go.
    predicted
        One row per figure to come; columns as :data:`PREDICTED`, location and scale in spreads.
    origin
        The posterior that they come from.
    who
        Who records them.

    Returns
    -------
    how many are new, and the ledger's head

    Raises
    ------
    ForecastTooLate
        Where the ledger has held a figure that is new among the predicted ones, or its year is not after the
        posterior's edition; the ledger is untouched.
    """
    with locked(ledger.lock()):
        records, head = ledger.history()
        table = forecasts_in(records)
        said = set(_keys(table[table["posterior"] == origin.posterior]))
        new = [row for row, key in zip(each(predicted), _keys(predicted), strict=True) if key not in said]
        arrived = arrivals(records)
        late = [row for row in new if (row.unit, row.year, row.indicator) in arrived or row.year <= origin.edition]
        if late:
            raise ForecastTooLate([f"{row.unit} {row.year} {row.indicator}" for row in late])
        when = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        made = [
            Record(number, Action.FORECAST, Table.FIGURES, _data(row, origin), origin.draws, 0, who, when)
            for number, row in enumerate(new, start=head.count + 1)
        ]
        return len(made), ledger.append(made, head)


def forecasts_in(records: Iterable[Record]) -> pd.DataFrame:
    """Return all forecasts among records, in order.

    Returns
    -------
    unit, year, indicator, location, scale (spreads), freedom (degrees of freedom), function, posterior, edition, known
    (records that the posterior had seen), record (number), when (UTC, ISO 8601)
    """
    columns: dict[str, type] = PREDICTED | _MADE | {"record": int, "when": str}
    rows = [
        record.data | {"record": record.number, "when": record.when}
        for record in records
        if record.action is Action.FORECAST
    ]
    return pd.DataFrame(rows, columns=pd.Index(list(columns))).astype(columns)


def arrivals(records: Iterable[Record]) -> dict[Key, Record]:
    """Return the first record of every figure by key, whatever became of it: from then on it was known."""
    first: dict[Key, Record] = {}
    for record in records:
        if record.action is Action.ADD and record.table is Table.FIGURES:
            first.setdefault(record.key, record)
    return first


def _keys(table: pd.DataFrame) -> list[Key]:
    return list(zip(table["unit"], table["year"], table["indicator"], strict=True))


def _data(row: Any, origin: Origin) -> dict[str, Any]:
    said = {name: kind(getattr(row, name)) for name, kind in PREDICTED.items()}
    return said | {name: getattr(origin, name) for name in _MADE}
