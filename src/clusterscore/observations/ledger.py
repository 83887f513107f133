"""The ledger: append-only, one record per observation, chained by digests, durable before it is acknowledged.

A folder of segments, one for each accepted call, named after their first record. A segment is written beside, synced
and renamed, so it is there whole or not at all. Every line is a JSON record whose ``chain`` is the SHA-256 of the
previous record's chain and its own text. The head (count and last chain) pins everything before it; reports print it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Self

from filelock import FileLock, Timeout

from clusterscore.durable import TEMPORARY_PREFIX, make_folder, write_atomically
from clusterscore.errors import LedgerBroken, LedgerBusy
from clusterscore.vocabulary import Table

_GENESIS: Final = "0" * 64
_LOCK_SECONDS: Final = 60.0
_CHAIN_MARK: Final = b',"chain":"'
_CHAIN_LENGTH: Final = len(_CHAIN_MARK) + 64 + len(b'"}')


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


@dataclass(frozen=True, slots=True)
class Record:
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
        return tuple(self.data[column] for column in KEY_COLUMNS[self.table])

    def body(self) -> bytes:
        """Return the canonical JSON of the record without its closing brace."""
        content = {name: getattr(self, name) for name in self.__slots__}
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.encode()[:-1]


@dataclass(frozen=True, slots=True)
class Head:
    """How many records there are, and the digest that pins them all."""

    count: int
    digest: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the head from its printed form, ``count:digest``."""
        count, _, digest = text.partition(":")
        return cls(int(count), digest)

    def __str__(self) -> str:
        return f"{self.count}:{self.digest}"


class Ledger:
    """The ledger in one folder; every access verifies the chain."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def history(self) -> tuple[tuple[Record, ...], Head]:
        """Return all records in order and the head under which they stand, read in one pass.

        Raises
        ------
        LedgerBroken
            Where a line, its number or its digest is not what it must be.
        """
        verified = tuple(self._verified())
        chain = verified[-1][1] if verified else _GENESIS
        return tuple(record for record, _ in verified), Head(len(verified), chain)

    def read(self) -> tuple[Record, ...]:
        """Return all records in order; raises as :meth:`history`."""
        return self.history()[0]

    def head(self) -> Head:
        """Return the verified head; raises as :meth:`history`."""
        return self.history()[1]

    def verify(self, head: Head) -> None:
        """Check that ``head`` lies on the chain.

        Raises
        ------
        LedgerBroken
            Where the ledger is shorter than ``head`` says, or has another history.
        """
        chains = [_GENESIS, *(chain for _, chain in self._verified())]
        if head.count >= len(chains):
            raise LedgerBroken(f"E-LEDGER-HEAD: published head {head.count}, found {len(chains) - 1}; the tail was cut")
        if chains[head.count] != head.digest:
            raise LedgerBroken(f"E-LEDGER-HEAD: record {head.count} has another digest than was published")

    def lock(self) -> FileLock:
        """Return the lock that a writer holds from reading the head until its records are durable."""
        return lock_in(self.folder)

    def append(self, records: Iterable[Record], after: Head) -> Head:
        """Make records durable as one segment and return the new head; hold :meth:`lock` meanwhile.

        Parameters
        ----------
        records
            Numbered from ``after.count + 1`` without gaps.
        after
            The head on which the records were made.

        Raises
        ------
        LedgerBroken
            Where ``after`` is no longer the head, or the numbers have gaps.
        """
        if after != self.head():
            raise LedgerBroken(f"E-LEDGER-HEAD: the ledger has grown since head {after.count} was read")
        count, chain, lines = after.count, after.digest, []
        for record in records:
            count += 1
            if record.number != count:
                raise LedgerBroken(f"E-LEDGER-SEQ: record {record.number} where {count} is next")
            body = record.body()
            chain = _link(chain, body)
            lines.append(body + _CHAIN_MARK + chain.encode() + b'"}\n')
        if lines:
            write_atomically(self.folder / f"{after.count + 1:09d}.jsonl", b"".join(lines))
        return Head(count, chain)

    def _verified(self) -> Iterator[tuple[Record, str]]:
        number, chain = 0, _GENESIS
        for segment in self._segments():
            if segment.stem != f"{number + 1:09d}":
                raise LedgerBroken(f"E-LEDGER-SEQ: {segment.name} where record {number + 1} is next")
            held = segment.stat()
            for record, link in _read(segment, (held.st_ino, held.st_size, held.st_mtime_ns), number, chain):
                number, chain = record.number, link
                yield record, chain

    def _segments(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return sorted(path for path in self.folder.glob("*.jsonl") if not path.name.startswith(TEMPORARY_PREFIX))


@lru_cache(maxsize=256)
def _read(segment: Path, _unchanged: tuple[int, ...], number: int, chain: str) -> tuple[tuple[Record, str], ...]:
    """Return the verified records of a segment; one that was not touched since is read once."""
    content = segment.read_bytes()
    if not content.endswith(b"\n"):
        raise LedgerBroken(f"{segment.name}: the last line is torn")
    found = []
    for line in content[:-1].split(b"\n"):
        number += 1
        body = line[:-_CHAIN_LENGTH]
        chain = _link(chain, body)
        if line[-_CHAIN_LENGTH:] != _CHAIN_MARK + chain.encode() + b'"}':
            raise LedgerBroken(f"{segment.name}: record {number} does not match its digest")
        found.append((_parsed(segment.name, number, body), chain))
    return tuple(found)


def _link(chain: str, body: bytes) -> str:
    return hashlib.sha256(chain.encode() + body).hexdigest()


def _parsed(segment: str, number: int, body: bytes) -> Record:
    try:
        content = json.loads(body + b"}")
        record = Record(**content | {"action": Action(content["action"]), "table": Table(content["table"])})
    except (KeyError, TypeError, ValueError):
        raise LedgerBroken(f"{segment}: record {number} is not a record") from None
    if record.number != number:
        raise LedgerBroken(f"E-LEDGER-SEQ: {segment}: record {record.number} where {number} is next")
    return record


def lock_in(folder: Path) -> FileLock:
    """Return the lock of what is written in a folder."""
    make_folder(folder)
    return FileLock(folder / ".lock", timeout=_LOCK_SECONDS)


def locked(lock: FileLock) -> FileLock:
    """Acquire a lock or say clearly that another process holds it."""
    try:
        lock.acquire()
    except Timeout:
        raise LedgerBusy(f"another process has been writing here for {_LOCK_SECONDS:.0f} s") from None
    return lock
