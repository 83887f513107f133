"""What the ledger says now: the live records after all corrections and withdrawals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Self

from clusterscore.observations.ledger import KEY_COLUMNS, REFERENCES, Action, Head, Key, Ledger, Record
from clusterscore.vocabulary import Kind, Table


class State:
    """Live records by table and key, and the source files known.

    Attributes
    ----------
    files
        File records by SHA-256.
    rejected
        Records of files that were kept out, by SHA-256.
    redacted
        SHA-256 of files from which a rater's data were taken out, and what became of each: another, or None.
    price_base
        The year at whose prices money was recorded; None while none was converted to constant prices.
    """

    def __init__(self) -> None:
        self.files: dict[str, Record] = {}
        self.rejected: dict[str, Record] = {}
        self.redacted: dict[str, str | None] = {}
        self.price_base: int | None = None
        self._invented: set[tuple[Table, Key]] = set()
        self._live: dict[Table, dict[Key, Record]] = {table: {} for table in KEY_COLUMNS}

    @classmethod
    def of(cls, records: Iterable[Record]) -> Self:
        """Return the state after all records."""
        state = cls()
        for record in records:
            state.apply(record)
        return state

    def copy(self) -> Self:
        """Return the same state, to be changed without changing this one."""
        twin = type(self)()
        twin.files, twin.rejected, twin.redacted = self.files.copy(), self.rejected.copy(), self.redacted.copy()
        twin.price_base = self.price_base
        twin._invented = self._invented.copy()  # noqa: SLF001 - one of its own kind, as below
        twin._live = {table: records.copy() for table, records in self._live.items()}  # noqa: SLF001
        return twin

    def apply(self, record: Record) -> None:
        """Take one more record into account; a forecast is no observation and changes nothing."""
        if record.action is Action.FORECAST:
            return
        if record.action is Action.FILE:
            self.files[record.file] = record
        elif record.action is Action.REJECT:
            self.rejected[record.file] = record
        elif record.action is Action.FORGET:
            self._redact(record.data["files"])
        elif record.action is Action.WITHDRAW:
            del self._live[record.table][record.key]
            self._invented.discard((record.table, record.key))
        else:
            self._live[record.table][record.key] = record
            self.price_base = record.data.get("base", self.price_base)
            if record.file in self.files and self.files[record.file].data["demonstration"]:
                self._invented.add((record.table, record.key))

    def _redact(self, files: dict[str, str | None]) -> None:
        """A file without the rows of a person stands for the one that had them."""
        self.redacted |= files
        for old, new in files.items():
            if new is not None and old in self.files:
                self.files[new] = self.files[old]

    def live(self, table: Table) -> dict[Key, Record]:
        """Live records of one table by key."""
        return self._live[table]

    def find(self, table: Table, *key: object) -> Record | None:
        """Return the live record of a key, or None."""
        return self._live[table].get(tuple(key))

    def is_invented(self, record: Record) -> bool:
        """Whether a live record came from a file marked as demonstration; a correction does not make it real."""
        return (record.table, record.key) in self._invented

    def invented(self, but: Iterable[Record] = ()) -> set[str]:
        """Return the units of which anything live came from such a file, some records not counted."""
        left = self._invented - {(record.table, record.key) for record in but}
        return {key[0] for table, key in left if table in (Table.UNITS, Table.FIGURES, Table.ANSWERS)}

    def references(self, table: Table, name: str) -> Iterator[tuple[Table, int]]:
        """Yield which tables still name a unit or rater, and in how many live records."""
        for other, column in REFERENCES.get(table, ()):
            count = sum(_names(record.data[column], name) for record in self._live[other].values())
            if count:
                yield other, count

    def lineage(self, unit: str) -> Iterator[str]:
        """Return a unit and everything above it: the cluster of a member or team."""
        return upwards(unit, self.parent_of)

    def is_team(self, unit: str) -> bool:
        """Whether a unit is a management team."""
        record = self.find(Table.UNITS, unit)
        return record is not None and record.data["kind"] == Kind.TEAM

    def parent_of(self, unit: str) -> str | None:
        """Return what a unit belongs to, or None."""
        record = self.find(Table.UNITS, unit)
        return record.data["parent"] if record else None


def state_at(ledger: Ledger, head: Head) -> State:
    """Return the state at a head, which is looked at and never changed; one that grew is not made from the start.

    Raises
    ------
    LedgerBroken
        Where the ledger never had that head.
    """
    ledger.verify(head)
    known, records = _known(ledger), ledger.read()
    if known.head is None or known.head.count > head.count or known.head not in ledger:
        known.head, known.state = head, State.of(records[: head.count])
    elif known.head != head:
        state = known.state.copy()
        for record in records[known.head.count : head.count]:
            state.apply(record)
        known.head, known.state = head, state
    return known.state


@dataclass
class _Known:
    """The state of a ledger that was asked for last."""

    head: Head | None = None
    state: State = field(default_factory=State)


@lru_cache(maxsize=2)
def _known(_ledger: Ledger) -> _Known:
    return _Known()


def upwards(unit: str, parent_of: Callable[[str], str | None]) -> Iterator[str]:
    """Yield a unit and everything above it, each once, however its parents were recorded."""
    seen: set[str] = set()
    name: str | None = unit
    while name is not None and name not in seen:
        seen.add(name)
        yield name
        name = parent_of(name)


def are_tied(links: Iterable[str], unit: str, parent_of: Callable[[str], str | None], *, is_team: bool = False) -> bool:
    """Whether anything that a rater is linked to is the unit, stands above it, or shares what stands above.

    A management team is judged by the members of its cluster, who are those that it works for: tied to it is only who
    belongs to the team or to the cluster itself.
    """
    judged = set(upwards(unit, parent_of))
    if is_team:
        return not judged.isdisjoint(links)
    return any(judged & set(upwards(link, parent_of)) for link in links)


def _names(cell: str | list[str] | None, name: str) -> bool:
    return name in cell if isinstance(cell, list) else cell == name
