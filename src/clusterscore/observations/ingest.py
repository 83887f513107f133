"""Take files into the ledger: all files of one call, or none of them, with every fault found."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from clusterscore.errors import Doubt, Fault, InputHeld, InputRefused
from clusterscore.observations.arrivals import deliveries
from clusterscore.observations.codebook import Codebook
from clusterscore.observations.door import Door
from clusterscore.observations.doubts import undecided
from clusterscore.observations.ledger import Head, Ledger, locked
from clusterscore.observations.state import State, state_at
from clusterscore.observations.taken import Taken
from clusterscore.raw.readers import RawFile

__all__ = ["Holder", "Keeper", "Taken", "examine", "ingest"]

Keeper = Callable[[RawFile], None]
"""Makes an accepted file durable in ``data/raw`` before its records are."""

Holder = Callable[[list[RawFile], list[tuple[RawFile, Doubt]]], tuple[str, list[Doubt]]]
"""Makes files durable that wait for a decision, with all doubts about them; returns where, and what is undecided."""


def ingest(
    ledger: Ledger,
    files: Iterable[RawFile],
    codebook: Codebook,
    who: str,
    keep: Keeper,
    unreadable: Iterable[Fault] = (),
    hold: Holder | None = None,
) -> tuple[list[Taken], Head]:
    """Validate files and append their new observations to the ledger.

    Parameters
    ----------
    ledger
        Where the records go.
    files
        Files as received, with their origins.
    codebook
        What may be recorded.
    who
        Who takes them in.
    keep
        Called for each accepted file that is new, before the records become durable.
    unreadable
        Faults of other files of the same call, which could not be read.
    hold
        Called with the new files of the call where a doubt about any of them is undecided; without it they are kept
        nowhere.

    Returns
    -------
    what became of each file, and the new head

    Raises
    ------
    InputRefused
        With every fault of every file; the ledger is untouched.
    InputHeld
        With every undecided doubt, where there is no fault; the ledger is untouched.
    """
    with locked(ledger.lock()):
        head = ledger.head()
        door = Door(state_at(ledger, head).copy(), codebook, head.count, who, unreadable)
        taken = [result for delivery in deliveries(door.recognised(files)) for result in door.take(delivery)]
        if door.faults:
            raise InputRefused(door.faults)
        open_doubts = [doubt for raw, doubt in door.doubts if undecided(raw, [doubt])]
        if open_doubts:
            where, left = hold(door.new, door.doubts) if hold else ("", open_doubts)
            raise InputHeld(left or open_doubts, where)
        for raw in door.new:
            keep(raw)
        return [door.noticed(result) for result in taken], ledger.append(door.records, head)


def examine(files: Iterable[RawFile], codebook: Codebook) -> list[tuple[RawFile, Doubt]]:
    """Return every doubt about files on an empty ledger, with the file it is about; nothing is written.

    Raises
    ------
    InputRefused
        With every fault.
    """
    door = Door(State(), codebook, 0, "nobody", ())
    for delivery in deliveries(door.recognised(files)):
        list(door.take(delivery))
    if door.faults:
        raise InputRefused(door.faults)
    return door.doubts
