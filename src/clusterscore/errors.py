"""Everything that can go wrong on purpose: one class per kind, each with its exit code and its data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, override

from clusterscore.vocabulary import Exit

_LISTED = 20  # known names that a message lists
_NAMED = 3  # figures that a message names
_SHOWN = 80  # characters of a refused value that a message repeats


def quoted(value: str) -> str:
    """Return what somebody wrote as one short printable line, safe to show on a terminal."""
    text = value if len(value) <= _SHOWN else value[: _SHOWN - 1] + "…"
    return repr(text)


def printable(value: str) -> str:
    """Return a name that somebody gave with every character escaped that a terminal might obey."""
    return "".join(mark if mark.isprintable() else repr(mark)[1:-1] for mark in value)


def listed(names: Iterable[str]) -> str:
    """Return names as a readable list, or a dash where there are none."""
    return ", ".join(sorted(names)) or "-"


class ClusterscoreError(Exception):
    """Base of all errors that a user can act upon.

    Attributes
    ----------
    exit_code
        What the command line returns.
    """

    exit_code: int = Exit.REFUSED

    def record(self) -> dict[str, Any]:
        """Return the error as plain data, for ``--json``."""
        return {"error": type(self).__name__, "message": str(self)}


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong with one cell (or row, or file) of an input.

    Attributes
    ----------
    file
        Name of the file as the user gave it.
    row
        Line of the file, the header being 1; 0 where the fault concerns the whole file.
    column
        Column name, or an empty string where the fault concerns the whole row.
    code
        Stable code of the rule, such as ``E-NUM``.
    got
        The offending text as found.
    expected
        What the rule asks for.
    sheet
        Worksheet of a workbook; empty for a text file.
    cell
        Address within the sheet, such as ``B7``; empty where the fault concerns a row or the whole file.
    """

    file: str
    row: int
    column: str
    code: str
    got: str
    expected: str
    sheet: str = ""
    cell: str = ""

    def __str__(self) -> str:
        file = printable(self.file)
        if self.sheet:
            file += f", sheet {printable(self.sheet)}"
        place = f"{file}, cell {self.cell}" if self.cell else f"{file}, row {self.row}" if self.row else file
        column = f", column {printable(self.column)}" if self.column else ""
        return f"{place}{column}: {self.code}: got {quoted(self.got)}; expected {self.expected}"


class InputRefused(ClusterscoreError):
    """One or more inputs are not what they must be; nothing was taken in."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        lines = "\n".join(f"  {fault}" for fault in self.faults)
        noun = "fault" if len(self.faults) == 1 else "faults"
        super().__init__(f"{len(self.faults)} {noun} found; nothing was taken in\n{lines}")

    @override
    def record(self) -> dict[str, Any]:
        faults = [{name: getattr(f, name) for name in Fault.__slots__} for f in self.faults]
        return super().record() | {"faults": faults}


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something about an input that is unlikely but may be true: a named person decides.

    Attributes
    ----------
    id
        By which the decision names it; the same doubt about the same value always has the same id.
    fault
        Place, code, what was found, and why it is in doubt.
    evidence
        What speaks against it, by name: the last value, the ratio to it, the peers.
    """

    id: str
    fault: Fault
    evidence: Mapping[str, Any]

    def __str__(self) -> str:
        found = "; ".join(f"{name} {value}" for name, value in self.evidence.items())
        return f"{self.id}  {self.fault}" + (f"  [{printable(found)}]" if found else "")

    def record(self) -> dict[str, Any]:
        """Return the doubt as plain data."""
        return {"id": self.id} | asdict(self.fault) | {"evidence": dict(self.evidence)}


class InputHeld(ClusterscoreError):
    """Files wait for a named person's decision: nothing of the call was taken in, and nothing is lost."""

    exit_code = Exit.HELD

    def __init__(self, doubts: Sequence[Doubt], where: Path | str = "") -> None:
        self.doubts, self.where = tuple(doubts), str(where)
        lines = "\n".join(f"  {doubt}" for doubt in self.doubts)
        noun = "doubt" if len(self.doubts) == 1 else "doubts"
        kept = f"; the files are kept in {self.where}" if self.where else ""
        super().__init__(
            f"{len(self.doubts)} {noun}; nothing was taken in{kept}\n{lines}\n"
            "decide on each: clusterscore accept ID --reason WHY --who NAME, or clusterscore reject ID ..."
        )

    @override
    def record(self) -> dict[str, Any]:
        return super().record() | {"doubts": [doubt.record() for doubt in self.doubts], "where": self.where}


class AlreadyDecided(ClusterscoreError):
    """Somebody decided otherwise on a doubt; a decision stands."""

    def __init__(self, doubt: str, verdict: str, who: str, reason: str) -> None:
        self.doubt, self.verdict, self.who, self.reason = doubt, verdict, who, reason
        super().__init__(f"{doubt}: {printable(who)} decided to {verdict} it: {printable(reason)}; a decision stands")

    @override
    def record(self) -> dict[str, Any]:
        return super().record() | {"doubt": self.doubt, "verdict": self.verdict, "who": self.who, "reason": self.reason}


class FunctionInvalid(ClusterscoreError):
    """A function document breaks its schema."""

    def __init__(self, path: Path | str, problems: Sequence[str]) -> None:
        self.path, self.problems = str(path), tuple(problems)
        super().__init__(f"{path}:\n" + "\n".join(f"  {problem}" for problem in problems))


class UnknownName(ClusterscoreError):
    """A name that is not among the known ones; of many known ones the message tells the nearest."""

    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        self.what, self.name, self.known = what, name, tuple(sorted(known))
        super().__init__(f"unknown {what} {quoted(name)}; {self._choices()}")

    def _choices(self) -> str:
        if len(self.known) <= _LISTED:
            return f"known: {listed(self.known)}"
        nearest = get_close_matches(self.name, self.known, cutoff=0.0)
        return f"nearest of {len(self.known)} known: {', '.join(nearest)}"


class OriginBroken(ClusterscoreError):
    """A raw file has no sidecar, or is not the file that the sidecar describes."""


class KeyUnsafe(ClusterscoreError):
    """The key of the raters' pseudonyms is none, or lies where others could read it."""


class LedgerBroken(ClusterscoreError):
    """The ledger is not the chain of records that it must be."""


class LedgerBusy(ClusterscoreError):
    """Another process is writing to the ledger."""


class ForecastTooLate(ClusterscoreError):
    """A forecast would not come before what it predicts; nothing was recorded."""

    def __init__(self, known: Sequence[str]) -> None:
        self.known = tuple(known)
        more = f" and {len(known) - _NAMED} more" if len(known) > _NAMED else ""
        super().__init__(
            f"{len(known)} of the figures to be predicted are known already: {', '.join(known[:_NAMED])}{more}; "
            "a forecast counts only if it is recorded before its figure"
        )

    @override
    def record(self) -> dict[str, Any]:
        return super().record() | {"known": list(self.known)}


class NothingToFit(ClusterscoreError):
    """There are no observations from which this function could be fitted."""


class Disconnected(ClusterscoreError):
    """Raters and units fall into parts that share no answers: severities cannot be compared."""

    def __init__(self, components: Sequence[Mapping[str, Sequence[str]]]) -> None:
        self.components = tuple(components)
        lines = "\n".join(
            f"  part {number}: units {listed(part['units'])}; raters {listed(part['raters'])}"
            for number, part in enumerate(self.components, start=1)
        )
        super().__init__(
            f"E-DESIGN-DISCONNECTED: raters and units fall into {len(self.components)} unconnected parts; "
            f"let at least one rater answer on units of both\n{lines}"
        )


class DiagnosticsFailed(ClusterscoreError):
    """The sampler's draws cannot be trusted; they are stored as failed and publish nothing."""

    exit_code = Exit.DIAGNOSTICS

    def __init__(self, where: Path | str, failures: Sequence[str]) -> None:
        self.where, self.failures = str(where), tuple(failures)
        lines = "\n".join(f"  {failure}" for failure in self.failures)
        super().__init__(f"diagnostics failed; stored as failed in {where}\n{lines}")

    @override
    def record(self) -> dict[str, Any]:
        return super().record() | {"failures": list(self.failures), "where": self.where}


class NoApproximation(ClusterscoreError):
    """A posterior has no mode on which an approximation could stand; it wants to be sampled."""

    exit_code = Exit.DIAGNOSTICS


class NotFitted(ClusterscoreError):
    """There is no trusted posterior yet for this function and edition."""


class NotebookFailed(ClusterscoreError):
    """A notebook did not run from its first cell to its last."""

    exit_code = Exit.BUG


class SchedulerFailed(ClusterscoreError):
    """A Dask cluster cannot render: it is not there, or is not what it must be."""


class CheckFailed(ClusterscoreError):
    """A digest does not match what was recorded."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))

    @override
    def record(self) -> dict[str, Any]:
        return super().record() | {"problems": list(self.problems)}


class RegisterRefused(ClusterscoreError):
    """The register does not take a record: it would contradict what stands there, or says too little."""

    def __init__(self, code: str, got: str, expected: str) -> None:
        self.code, self.got, self.expected = code, got, expected
        super().__init__(f"{code}: got {quoted(got)}; expected {expected}")

    @override
    def record(self) -> dict[str, Any]:
        return super().record() | {"code": self.code, "got": self.got, "expected": self.expected}


class NotEligible(ClusterscoreError):
    """Conditions of a level do not hold, and nobody has said why it should be given nevertheless."""

    def __init__(self, unit: str, level: str, conditions: Sequence[Mapping[str, str]]) -> None:
        self.unit, self.level, self.conditions = unit, level, tuple(dict(one) for one in conditions)
        lines = "\n".join(
            f"  {one['name']}: {one['found'] or 'not recorded'}; needed {one['needed']}" for one in self.conditions
        )
        super().__init__(
            f"E-LEVEL-CONDITIONS: {len(self.conditions)} conditions of level {level!r} do not hold for {unit}; nothing "
            f"was recorded. Refuse it, or give the reason for an exception with --override\n{lines}"
        )

    @override
    def record(self) -> dict[str, Any]:
        return super().record() | {"unit": self.unit, "level": self.level, "conditions": list(self.conditions)}
