"""The register of accreditation: who applied, who decided what and why, until when it holds. Append-only and chained.

A decision is never automatic: a named person gives or refuses a level, with a reason. A level whose conditions do not
hold is given only with the reason for the exception, which stays in the record and on the certificate.
"""

from __future__ import annotations

import calendar
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from clusterscore.advice.conditions import Condition, Holds
from clusterscore.advice.levels import Level, Levels
from clusterscore.chain import Chain, Head, locked
from clusterscore.errors import LedgerBroken, NotEligible, RegisterRefused

_MOST_TEXT: Final = 400
_FEWEST_WORDS: Final = 2  # of a person's name


class Step(StrEnum):
    """What a record does."""

    APPLY = "application"
    RENEW = "application for renewal"
    TRANSFER = "application with a level held elsewhere"
    DECIDE = "decision"
    ISSUE = "certificate"
    WITHDRAW = "withdrawal"
    LEAVE = "transfer to another association"


APPLICATIONS: Final = (Step.APPLY, Step.RENEW, Step.TRANSFER)


class Standing(StrEnum):
    """What a level that was given is worth today."""

    VALID = "valid"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    LEFT = "transferred"
    RENEWED = "renewed"


@dataclass(frozen=True, slots=True)
class Entry:
    """One record.

    Attributes
    ----------
    number
        Position, counted from 1.
    step
        What it does.
    unit
        The cluster.
    about
        Number of the application or decision to which it belongs; 0 of an application.
    data
        What the step holds; see the functions that make it.
    who, when
        The person responsible, and when it was recorded (UTC, ISO 8601).
    reason
        Why; of an application what was said with it.
    """

    number: int
    step: Step
    unit: str
    about: int
    data: dict[str, Any]
    who: str
    when: str
    reason: str

    def body(self) -> bytes:
        """Return the canonical JSON of the record without its closing brace."""
        content = {name: getattr(self, name) for name in self.__slots__}
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.encode()[:-1]


class Register(Chain[Entry]):
    """The register in one folder; every access verifies the chain."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, _parsed)

    def add(self, step: Step, unit: str, about: int, data: Mapping[str, Any], said: Said) -> tuple[Entry, Head]:
        """Record one step; what it rests on must have been read under the same :meth:`lock`."""
        head = self.head()
        entry = Entry(head.count + 1, step, unit, about, dict(data), said.who, said.when, said.reason)
        return entry, self.append([entry], head)


@dataclass(frozen=True, slots=True)
class Said:
    """Who records something, when, and why.

    Attributes
    ----------
    who
        A person, by first and last name.
    when
        UTC, ISO 8601.
    reason
        Why.
    """

    who: str
    when: str
    reason: str

    def __post_init__(self) -> None:
        """Refuse a name or a reason that says nothing.

        Raises
        ------
        RegisterRefused
            Where the name is not that of a person, or the reason is empty or too long.
        """
        if len(self.who.split()) < _FEWEST_WORDS or not _is_text(self.who):
            raise RegisterRefused("E-REG-PERSON", self.who, "first and last name of the person responsible")
        if not self.reason.strip() or not _is_text(self.reason):
            raise RegisterRefused("E-REG-REASON", self.reason, f"a reason in at most {_MOST_TEXT} printable characters")

    @property
    def day(self) -> date:
        """The day on which it is recorded."""
        return date.fromisoformat(self.when[:10])


def _is_text(text: str) -> bool:
    return len(text) <= _MOST_TEXT and text.isprintable()


def _parsed(segment: str, number: int, body: bytes) -> Entry:
    try:
        content = json.loads(body + b"}")
        return Entry(**content | {"step": Step(content["step"])})
    except (KeyError, TypeError, ValueError):
        raise LedgerBroken(f"{segment}: record {number} is not a record") from None


def apply(register: Register, unit: str, level: Level, said: Said, origin: Mapping[str, str] | None = None) -> Entry:
    """Record that a cluster applies for a level.

    Parameters
    ----------
    origin
        Of a cluster that holds a level in another association: association, country, level, until, evidence.

    Raises
    ------
    RegisterRefused
        Where an application of the cluster waits for a decision, or what is said of the other association is too
        little.
    """
    for name, text in (origin or {}).items():
        if not text.strip() or not _is_text(text):
            raise RegisterRefused("E-REG-ORIGIN", f"{name}: {text}", "association, country, level, end and evidence")
    with locked(register.lock()):
        entries = register.read()
        _refuse_second(entries, unit)
        data = {"level": level.id} | ({"origin": dict(origin)} if origin else {})
        return register.add(Step.TRANSFER if origin else Step.APPLY, unit, 0, data, said)[0]


def renew(register: Register, levels: Levels, unit: str, said: Said) -> Entry:
    """Record that a cluster applies for its level to be renewed.

    Raises
    ------
    RegisterRefused
        Where it has none, it is too early or too late, or an application waits.
    """
    with locked(register.lock()):
        entries = register.read()
        _refuse_second(entries, unit)
        held = granted(entries, unit)
        if held is None or standing(entries, held, said.day) not in {Standing.VALID, Standing.EXPIRED}:
            raise RegisterRefused("E-REG-NOTHING", unit, "a cluster that holds or held a level")
        until = date.fromisoformat(held.data["until"])
        first, last = (
            months_after(until, -levels.renewal.before.months),
            months_after(until, levels.renewal.after.months),
        )
        if not first <= said.day <= last:
            raise RegisterRefused("E-REG-RENEWAL", said.day.isoformat(), f"a day from {first} to {last}")
        return register.add(Step.RENEW, unit, held.number, {"level": held.data["level"]}, said)[0]


@dataclass(frozen=True, slots=True)
class Case:
    """What a decision rests on.

    Attributes
    ----------
    level
        For which the conditions were worked out.
    conditions
        Each with its number.
    basis
        What they were worked out from: edition, posterior, ledger head, digest of the levels, score, and so on.
    """

    level: Level
    conditions: tuple[Condition, ...]
    basis: Mapping[str, Any]

    @property
    def failing(self) -> tuple[Condition, ...]:
        """Conditions that do not hold, or on which nothing is recorded."""
        return tuple(one for one in self.conditions if one.holds not in {Holds.YES, Holds.WAIVED})


def decide(
    register: Register, application: int, case: Case, said: Said, *, give: bool, override: str | None = None
) -> Entry:
    """Record a person's decision about an application.

    Parameters
    ----------
    application
        Number of its record.
    case
        What is known.
    give
        Whether the level is given.
    override
        Why it is given although conditions do not hold.

    Raises
    ------
    NotEligible
        Where conditions do not hold and there is no reason for an exception.
    RegisterRefused
        Where there is no such application, or it was decided.
    """
    with locked(register.lock()):
        entries = register.read()
        asked = application_of(entries, application)
        if any(entry.step is Step.DECIDE and entry.about == application for entry in entries):
            raise RegisterRefused("E-REG-DECIDED", str(application), "an application that waits for a decision")
        if give and case.failing and not (override and override.strip() and _is_text(override)):
            raise NotEligible(asked.unit, case.level.id, [one.as_data() for one in case.failing])
        months = case.level.renewed.months if asked.step is Step.RENEW else case.level.valid.months
        start = _start(entries, asked, said.day)
        data = {
            "level": case.level.id,
            "given": give,
            "conditions": [one.as_data() for one in case.conditions],
            "override": override if give and case.failing else None,
            "basis": dict(case.basis),
            "since": start.isoformat(),
            "until": months_after(start, months).isoformat(),
        }
        return register.add(Step.DECIDE, asked.unit, application, data, said)[0]


def end(register: Register, decision: int, said: Said, to: str | None = None) -> Entry:
    """Record that a level ends before its time: it is withdrawn, or the cluster goes to another association.

    Parameters
    ----------
    to
        The association to which it goes; None where the level is withdrawn.

    Raises
    ------
    RegisterRefused
        Where there is no such level, or it is no longer valid.
    """
    if to is not None and (not to.strip() or not _is_text(to)):
        raise RegisterRefused("E-REG-ORIGIN", to, "the name of the other association")
    with locked(register.lock()):
        entries = register.read()
        held = decision_of(entries, decision)
        if standing(entries, held, said.day) is not Standing.VALID:
            raise RegisterRefused("E-REG-ENDED", str(decision), "a decision whose level is valid today")
        data = {"level": held.data["level"]} | ({"to": to} if to else {})
        return register.add(Step.LEAVE if to else Step.WITHDRAW, held.unit, decision, data, said)[0]


def issue(register: Register, decision: int, files: Mapping[str, str], said: Said) -> Entry:
    """Record the digests of a certificate's files, by name."""
    with locked(register.lock()):
        held = decision_of(register.read(), decision)
        return register.add(Step.ISSUE, held.unit, decision, {"files": dict(files)}, said)[0]


def application_of(entries: Iterable[Entry], number: int) -> Entry:
    """Return an application by its number; raises :class:`RegisterRefused` where there is none."""
    found = next((entry for entry in entries if entry.number == number and entry.step in APPLICATIONS), None)
    if found is None:
        raise RegisterRefused("E-REG-APPLICATION", str(number), "the number of an application in the register")
    return found


def decision_of(entries: Iterable[Entry], number: int) -> Entry:
    """Return a decision that gave a level, by its number; raises :class:`RegisterRefused` where there is none."""
    found = next((entry for entry in entries if entry.number == number and entry.step is Step.DECIDE), None)
    if found is None or not found.data["given"]:
        raise RegisterRefused("E-REG-DECISION", str(number), "the number of a decision that gave a level")
    return found


def granted(entries: Iterable[Entry], unit: str) -> Entry | None:
    """Return the last decision that gave a cluster a level; None where there is none."""
    own = [entry for entry in entries if entry.unit == unit and entry.step is Step.DECIDE and entry.data["given"]]
    return own[-1] if own else None


def standing(entries: Iterable[Entry], decision: Entry, day: date) -> Standing:
    """Return what a level that was given is worth on a day."""
    later = [entry for entry in entries if entry.number > decision.number and entry.unit == decision.unit]
    for entry in later:
        if entry.about == decision.number and entry.step is Step.WITHDRAW:
            return Standing.WITHDRAWN
        if entry.about == decision.number and entry.step is Step.LEAVE:
            return Standing.LEFT
    if any(entry.step is Step.DECIDE and entry.data["given"] for entry in later):
        return Standing.RENEWED
    return Standing.VALID if day <= date.fromisoformat(decision.data["until"]) else Standing.EXPIRED


def months_after(day: date, months: int) -> date:
    """Return the same day some months later; the last one of the month where that has no such day."""
    whole = day.year * 12 + day.month - 1 + months
    year, month = divmod(whole, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _start(entries: Iterable[Entry], asked: Entry, day: date) -> date:
    """Return when a level begins: today; of one renewed before its end, at that end."""
    if asked.step is not Step.RENEW:
        return day
    return max(day, date.fromisoformat(decision_of(entries, asked.about).data["until"]))


def _refuse_second(entries: Iterable[Entry], unit: str) -> None:
    kept = list(entries)
    decided = {entry.about for entry in kept if entry.step is Step.DECIDE}
    waiting = [e.number for e in kept if e.unit == unit and e.step in APPLICATIONS and e.number not in decided]
    if waiting:
        raise RegisterRefused(
            "E-REG-WAITING", unit, f"a cluster without an open application; number {waiting[0]} waits"
        )
