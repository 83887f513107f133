"""E2: a call to the system fails, whichever it is; the old state stands, or one that the same command completes."""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from clusterscore import steps
from clusterscore.audit import check
from clusterscore.deciding import accept, held, reject
from clusterscore.durable import TEMPORARY_PREFIX
from clusterscore.errors import ClusterscoreError, UnknownName
from clusterscore.forgetting import forget
from clusterscore.model.codebook import make_codebook
from clusterscore.observations.ledger import Action, Head
from clusterscore.pseudonyms import KEY_VARIABLE
from tests.faults import Fault, failing
from tests.observations.association import EVERYTHING, Association, snapshot

DOUBT = "D-8FDFD6D46B"
WHO, WHY = "Ana Pop", "confirmed by the accountant"
SLIP = "unit,year,indicator,value\nCL-01,2024,turnover,1003000000\n"
ANSWERS = "unit,year,rater,item,answer\nCL-02,2024,R-01,cooperation,2\nCL-01,2024,R-02,cooperation,3\n"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux which file a number stands for")


@dataclass(frozen=True, slots=True)
class State:
    """What an association knows and keeps, but for moments."""

    observed: str
    rejected: int
    forgotten: frozenset[str]
    waiting: tuple[tuple[str, int], ...]
    kept: Mapping[str, bytes]

    @classmethod
    def of(cls, association: Association) -> State:
        """Return it; whatever stands in the ledger verifies."""
        records = association.ledger.read()
        files = snapshot(association.workspace.root / "data")
        return cls(
            association.observed().digest,
            sum(record.action is Action.REJECT for record in records),
            frozenset(record.data["rater"] for record in records if record.action is Action.FORGET),
            tuple((parcel.name, len(parcel.open)) for parcel in held(association.workspace)),
            {name: content for name, content in files.items() if name.endswith(".csv")},
        )


Act = Callable[[Association], object]


def _accept(association: Association) -> object:
    return accept(association.workspace, DOUBT, WHY, WHO)


def _reject(association: Association) -> object:
    return reject(association.workspace, DOUBT, WHY, WHO)


def _forget(association: Association) -> object:
    return forget(association.workspace, "R-01", WHY, WHO)


def _ingest(association: Association) -> object:
    path = association.send("answers-3.csv", ANSWERS.replace("2024", "2022"))
    return steps.ingest(association.workspace, [path], who=WHO)


COMMANDS: dict[str, Act] = {"accept": _accept, "reject": _reject, "forget": _forget, "ingest": _ingest}


@pytest.fixture
def waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Association:
    """Return an association in which a doubt about two files waits, one of them naming a rater."""
    monkeypatch.setenv(KEY_VARIABLE, str(tmp_path / "secret" / "key"))
    made = Association.make(tmp_path / "made")
    codebook = make_codebook(steps.functions_of(made.workspace), made.workspace.reference)
    monkeypatch.setattr(steps, "functions_of", lambda _: None)  # documents are read once: nothing here writes them
    monkeypatch.setattr(steps, "make_codebook", lambda *_: codebook)
    made.take(EVERYTHING)
    (doubt,) = made.doubts({"figures-2.csv": SLIP, "answers-2.csv": ANSWERS})
    assert doubt.id == DOUBT
    return made


def tried(act: Act, association: Association) -> bool:
    """Return whether a command did all it had to; what fails says so in one of the ways that the command line knows."""
    try:
        act(association)
    except (OSError, ClusterscoreError):
        return False
    return True


def again(act: Act, association: Association) -> None:
    """Run a command once more: it completes what failed, or there was nothing left to do."""
    with contextlib.suppress(UnknownName):
        act(association)


def assert_sound(association: Association, head: Head, old: State, new: State) -> None:
    """Nothing that was recorded is lost; what is observed is the old, or the new."""
    association.ledger.verify(head)
    now = State.of(association)
    assert now.observed in {old.observed, new.observed}
    assert {name for name in old.kept if name not in now.kept} <= {name for name in old.kept if name not in new.kept}


EVERY = [
    pytest.param(name, fault, marks=pytest.mark.slow if name == "reject" and fault is not Fault.SHORT else ())
    for name in COMMANDS
    for fault in Fault
]
"""A rejection goes nearly the way of an acceptance, and takes as long."""


@pytest.mark.parametrize(("name", "fault"), EVERY)
def test_whatever_call_fails_the_same_command_completes_it(
    waiting: Association, monkeypatch: pytest.MonkeyPatch, name: str, fault: Fault
) -> None:
    """Each call in turn; the ledger is sound after each, and nothing half made is left in the end."""
    act, head, old = COMMANDS[name], waiting.ledger.head(), State.of(waiting)
    copy = Association(waiting.folder.with_name("copy"))
    shutil.copytree(waiting.folder, copy.folder)
    act(copy)
    new, reached, number = State.of(copy), True, 0
    while reached:
        number += 1
        shutil.rmtree(copy.folder)
        shutil.copytree(waiting.folder, copy.folder)
        with failing(monkeypatch, copy.workspace.root, number, fault) as countdown:
            done = tried(act, copy)
        reached = countdown.left <= 0
        assert_sound(copy, head, old, new)
        if not done:
            again(act, copy)
        assert State.of(copy) == new, number
        assert list(copy.workspace.root.rglob(TEMPORARY_PREFIX + "*")) == [], number
        check(copy.workspace)
    assert number > (3 if fault is Fault.SHORT else 10)
