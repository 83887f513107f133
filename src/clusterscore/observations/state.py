"""What the ledger says now: the live records after all corrections and withdrawals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Self

from clusterscore.observations.ledger import KEY_COLUMNS, Action, Key, Record
from clusterscore.vocabulary import Table


class State:
    """Live records by table and key, and the source files known.

    Attributes
    ----------
    files
        File records by SHA-256.
    """

    def __init__(self) -> None:
        self.files: dict[str, Record] = {}
        self._live: dict[Table, dict[Key, Record]] = {table: {} for table in KEY_COLUMNS}

    @classmethod
    def of(cls, records: Iterable[Record]) -> Self:
        """Return the state after all records."""
        state = cls()
        for record in records:
            state.apply(record)
        return state

    def apply(self, record: Record) -> None:
        """Take one more record into account."""
        if record.action is Action.FILE:
            self.files[record.file] = record
        elif record.action is Action.WITHDRAW:
            del self._live[record.table][record.key]
        else:
            self._live[record.table][record.key] = record

    def live(self, table: Table) -> dict[Key, Record]:
        """Live records of one table by key."""
        return self._live[table]

    def find(self, table: Table, *key: object) -> Record | None:
        """Return the live record of a key, or None."""
        return self._live[table].get(tuple(key))

    def lineage(self, unit: str) -> Iterator[str]:
        """Yield a unit and everything above it: the cluster of a member or team."""
        seen: set[str] = set()
        name: str | None = unit
        while name is not None and name not in seen:
            seen.add(name)
            yield name
            record = self.find(Table.UNITS, name)
            name = record.data["parent"] if record else None
