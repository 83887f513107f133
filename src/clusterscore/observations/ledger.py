"""The ledger: append-only, one record per observation, chained by digests, durable before it is acknowledged.

How records are chained and kept is in :mod:`clusterscore.chain`; here is what a record of an observation holds. Reports
print the ledger's head (count and last digest), which pins everything before it.
"""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic_core import from_json

from clusterscore.chain import Chain, Head, lock_in, locked
from clusterscore.errors import LedgerBroken
from clusterscore.vocabulary import Table

__all__ = ["KEY_COLUMNS", "REFERENCES", "Action", "Head", "Key", "Ledger", "Record", "lock_in", "locked"]


class Action(StrEnum):
    """What a record does."""

    FILE = "file"  # announces a source file; the observations from it follow
    ADD = "add"
    CORRECT = "correct"
    WITHDRAW = "withdraw"
    REJECT = "reject"  # a source file that a named person kept out, with the decision; none of its rows follow
    FORGET = "forget"  # which source files a rater's data were taken out of; the rater's records are withdrawn before
    FORECAST = "forecast"  # what a posterior said of a figure before it came; no observation


KEY_COLUMNS: Final[dict[Table, tuple[str, ...]]] = {
    Table.UNITS: ("unit",),
    Table.RATERS: ("rater",),
    Table.EMPLOYMENT: ("region", "sector", "year"),
    Table.FIGURES: ("unit", "year", "indicator"),
    Table.ANSWERS: ("unit", "year", "rater", "item"),
}
"""What identifies an observation of each table."""

REFERENCES: Final[dict[Table, tuple[tuple[Table, str], ...]]] = {
    Table.UNITS: (
        (Table.FIGURES, "unit"),
        (Table.ANSWERS, "unit"),
        (Table.UNITS, "parent"),
        (Table.RATERS, "affiliation"),
        (Table.RATERS, "ties"),
    ),
    Table.RATERS: ((Table.ANSWERS, "rater"),),
}
"""Which columns of which tables name an observation of this one."""

Key = tuple[Any, ...]

_ACTIONS: Final = {str(action): action for action in Action}
_TABLES: Final = {str(table): table for table in Table}


class Record(NamedTuple):
    """One line of the ledger.

    Attributes
    ----------
    number
        Position, counted from 1.
    action
        What the record does.
    table
        Which table the observation belongs to; for a file, which table it holds.
    data
        The observation's columns, or the file's description; for a forecast the figure's key and what is predicted;
        for ``forget`` the digests of the files before and after.
    file
        SHA-256 of the source file; for a forecast, of the draws that it was made from; zeros where a verb did it.
    row
        Line in the source file; 0 for a file record, for a forecast, and where a verb did it.
    who, when
        Who took it in, and when (UTC, ISO 8601).
    supersedes
        Number of the record that a correction or withdrawal replaces.
    reason
        Why, for corrections and withdrawals.
    """

    number: int
    action: Action
    table: Table
    data: dict[str, Any]
    file: str
    row: int
    who: str
    when: str
    supersedes: int | None = None
    reason: str | None = None

    @property
    def key(self) -> Key:
        """What identifies the observation within its table."""
        data = self.data
        return tuple([data[column] for column in KEY_COLUMNS[self.table]])

    def body(self) -> bytes:
        """Return the canonical JSON of the record without its closing brace."""
        content = {name: getattr(self, name) for name in self._fields}
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.encode()[:-1]


class Ledger(Chain[Record]):
    """The ledger in one folder; every access verifies the chain."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, _parsed)


def _parsed(segment: str, number: int, body: bytes) -> Record:
    try:
        content = from_json(body + b"}")
        content["action"], content["table"] = _ACTIONS[content["action"]], _TABLES[content["table"]]
        return Record(**content)
    except (KeyError, TypeError, ValueError):
        raise LedgerBroken(f"{segment}: record {number} is not a record") from None
