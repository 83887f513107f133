"""Append-only records in a folder, chained by digests, durable before they are acknowledged; a ledger is such a chain.

A folder of segments, one for each append, named after their first record. A segment is written beside, synced and
renamed, so it is there whole or not at all. Every line is a JSON record whose ``chain`` is the SHA-256 of the previous
record's chain and its own text. The head (count and last chain) pins everything before it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Protocol, Self

from filelock import FileLock, Timeout

from clusterscore.durable import TEMPORARY_PREFIX, make_folder, write_atomically
from clusterscore.errors import LedgerBroken, LedgerBusy

_GENESIS: Final = "0" * 64
_LOCK_SECONDS: Final = 60.0
_CHAIN_MARK: Final = b',"chain":"'
_CHAIN_LENGTH: Final = len(_CHAIN_MARK) + 64 + len(b'"}')


class Numbered(Protocol):
    """A record that knows its position and its text."""

    @property
    def number(self) -> int:
        """Position, counted from 1."""

    def body(self) -> bytes:
        """Return the canonical JSON of the record without its closing brace."""


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


class Chain[R: Numbered]:
    """The chain in one folder; every access verifies it.

    Parameters
    ----------
    folder
        Where the segments are.
    parse
        Makes a record of the name of its segment, its position and its text without the closing brace; raises
        :class:`LedgerBroken`. A function, so that what was read once is found again.
    """

    def __init__(self, folder: Path, parse: Callable[[str, int, bytes], R]) -> None:
        self.folder, self._parse = folder, parse

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Chain) and (self.folder, self._parse) == (other.folder, other._parse)

    def __hash__(self) -> int:
        return hash((self.folder, self._parse))

    def history(self) -> tuple[tuple[R, ...], Head]:
        """Return all records in order and the head under which they stand, read in one pass.

        Raises
        ------
        LedgerBroken
            Where a line, its number or its digest is not what it must be.
        """
        records, chains = self._verified()
        return records, Head(len(records), chains[-1])

    def read(self) -> tuple[R, ...]:
        """Return all records in order; raises as :meth:`history`."""
        return self.history()[0]

    def head(self) -> Head:
        """Return the verified head; raises as :meth:`history`."""
        return self.history()[1]

    def __contains__(self, head: Head) -> bool:
        """Whether the chain had that head once, or has it now."""
        _, chains = self._verified()
        return head.count < len(chains) and chains[head.count] == head.digest

    def verify(self, head: Head) -> None:
        """Check that ``head`` lies on the chain.

        Raises
        ------
        LedgerBroken
            Where the chain is shorter than ``head`` says, or has another history.
        """
        _, chains = self._verified()
        if head.count >= len(chains):
            raise LedgerBroken(f"E-LEDGER-HEAD: published head {head.count}, found {len(chains) - 1}; the tail was cut")
        if chains[head.count] != head.digest:
            raise LedgerBroken(f"E-LEDGER-HEAD: record {head.count} has another digest than was published")

    def head_at(self, number: int) -> Head:
        """Return the head as it was just after a record.

        Raises
        ------
        LedgerBroken
            Where there is no such record, or the chain is broken.
        """
        _, chains = self._verified()
        if not 0 < number < len(chains):
            raise LedgerBroken(f"E-LEDGER-HEAD: there is no record {number}")
        return Head(number, chains[number])

    def since(self, head: Head) -> tuple[R, ...]:
        """Return the records after a head; raises as :meth:`verify`."""
        self.verify(head)
        return self.read()[head.count :]

    def lock(self) -> FileLock:
        """Return the lock that a writer holds from reading the head until its records are durable."""
        return lock_in(self.folder)

    def append(self, records: Iterable[R], after: Head) -> Head:
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

    def _verified(self) -> tuple[tuple[R, ...], tuple[str, ...]]:
        """Return all records, and the chain before the first and after each."""
        held = [(path, path.stat()) for path in self._segments()]
        return _read(self._parse, tuple((path, (one.st_ino, one.st_size, one.st_mtime_ns)) for path, one in held))

    def _segments(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return sorted(path for path in self.folder.glob("*.jsonl") if not path.name.startswith(TEMPORARY_PREFIX))


@lru_cache(maxsize=4)
def _read(
    parse: Callable[[str, int, bytes], Any], segments: tuple[tuple[Path, tuple[int, ...]], ...]
) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    """Return the verified records of all segments, and the chain before the first and after each."""
    records: list[Any] = []
    chains = [_GENESIS]
    for segment, unchanged in segments:
        if segment.stem != f"{len(records) + 1:09d}":
            raise LedgerBroken(f"E-LEDGER-SEQ: {segment.name} where record {len(records) + 1} is next")
        for record, chain in _segment(segment, unchanged, parse, len(records), chains[-1]):
            records.append(record)
            chains.append(chain)
    return tuple(records), tuple(chains)


@lru_cache(maxsize=4096)
def _segment(
    segment: Path, _unchanged: tuple[int, ...], parse: Callable[[str, int, bytes], Any], number: int, chain: str
) -> tuple[tuple[Any, str], ...]:
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
        record = parse(segment.name, number, body)
        if record.number != number:
            raise LedgerBroken(f"E-LEDGER-SEQ: {segment.name}: record {record.number} where {number} is next")
        found.append((record, chain))
    return tuple(found)


def _link(chain: str, body: bytes) -> str:
    return hashlib.sha256(chain.encode() + body).hexdigest()


def lock_in(folder: Path) -> FileLock:
    """Return the lock of what is written in a folder."""
    make_folder(folder)
    return FileLock(folder / ".lock", timeout=_LOCK_SECONDS)


@contextmanager
def locked(lock: FileLock) -> Iterator[None]:
    """Hold a lock for as long as a block takes, or say clearly that another process holds it."""
    try:
        lock.acquire()
    except Timeout:
        raise LedgerBusy(f"another process has been writing here for {_LOCK_SECONDS:.0f} s") from None
    try:
        yield
    finally:
        lock.release()
