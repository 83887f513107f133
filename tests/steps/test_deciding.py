"""Files in doubt wait whole until a named person has decided on each doubt, and every decision is recorded."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from clusterscore import deciding, steps
from clusterscore.audit import check
from clusterscore.deciding import accept, held, reject
from clusterscore.errors import AlreadyDecided, InputHeld, InputRefused, UnknownName
from clusterscore.observations.ledger import Action
from clusterscore.raw.held import Parcel
from clusterscore.raw.origin import read_origin
from clusterscore.vocabulary import Exit, Table
from tests.command import Command
from tests.observations.association import EVERYTHING, Association, snapshot

SLIPS = "unit,year,indicator,value\nCL-01,2024,turnover,1003000000\nCL-02,2024,turnover,2100\n"
CLEAN = "unit,year,rater,item,answer\nCL-02,2024,R-01,cooperation,2\n"
SENT = {"figures-2.csv": SLIPS, "answers-2.csv": CLEAN}
WHO, WHY = "Ana Pop", "confirmed by the accountant"


@pytest.fixture
def known(tmp_path: Path) -> Association:
    """Return an association in which everything usual is known."""
    made = Association.make(tmp_path)
    made.take(EVERYTHING)
    return made


def ids(association: Association) -> list[str]:
    """Send two slips with a clean file and return the ids of both doubts."""
    return [doubt.id for doubt in association.doubts(SENT)]


def test_files_in_doubt_wait_whole_and_nothing_is_taken_in(known: Association) -> None:
    """Bytes and sidecars are in data/held, ledger and data/raw as they were."""
    before = snapshot(known.workspace.raw), known.ledger.head()
    ids(known)
    assert (snapshot(known.workspace.raw), known.ledger.head()) == before
    (parcel,) = held(known.workspace)
    kept = {path.name: path.read_bytes() for path in parcel.paths(known.workspace)}
    assert kept == {name: content.encode() for name, content in SENT.items()}
    for path in parcel.paths(known.workspace):
        assert read_origin(path, path.read_bytes()).source == "received"


def test_the_same_files_again_are_the_same_doubts(known: Association) -> None:
    """Whoever repeats a command makes no second parcel, and loses no decision."""
    first, second = ids(known)
    accept(known.workspace, first, WHY, WHO)
    assert ids(known) == [second]
    assert len(held(known.workspace)) == 1


def test_accepting_one_doubt_silences_no_other(known: Association) -> None:
    """Everything waits for the last decision."""
    first, second = ids(known)
    head = known.ledger.head()
    decided = accept(known.workspace, first, WHY, WHO)
    assert (decided.head, known.ledger.head()) == (None, head)
    assert [doubt.id for doubt in decided.parcels[0].open] == [second]


def test_after_the_last_decision_all_files_are_taken_in_with_it(known: Association) -> None:
    """Who, when and why stand in the ledger and in the sidecar."""
    first, second = ids(known)
    accept(known.workspace, first, WHY, WHO)
    decided = accept(known.workspace, second, "sold a plant", "Ion Rusu")
    assert sorted(taken.new for taken in decided.taken) == [1, 2]
    assert held(known.workspace) == []
    assert not list(known.workspace.held.iterdir())
    file = next(record for record in known.ledger.read() if str(record.data.get("name")).endswith("figures-2.csv"))
    told = {one["doubt"]: (one["verdict"], one["who"], one["reason"]) for one in file.data["decisions"]}
    assert told == {first: ("accept", WHO, WHY), second: ("accept", "Ion Rusu", "sold a plant")}
    path = next(known.workspace.raw.rglob("figures-2.csv"))
    assert [one.doubt for one in read_origin(path, path.read_bytes()).decisions] == [first, second]
    check(known.workspace)


def test_a_ledger_made_anew_from_raw_files_holds_the_same(known: Association) -> None:
    """Decisions live beside the files, and a file comes in when it did."""
    for name in ids(known):
        accept(known.workspace, name, WHY, WHO)
    known.take({"figures-3.csv": "unit,year,indicator,value\nCL-02,2025,turnover,2000000\n"})
    before = known.observed().digest
    records = [(record.action, record.table, record.data) for record in known.ledger.read()]
    shutil.rmtree(known.workspace.processed)
    steps.ingest(known.workspace)
    assert known.observed().digest == before
    again = [(record.action, record.table, record.data) for record in known.ledger.read()]
    assert [_unplaced(*record) for record in again] == [_unplaced(*record) for record in records]


def _unplaced(action: Action, table: Table, data: dict[str, Any]) -> tuple[Any, ...]:
    """Return a record without the folder that its file lay in."""
    return action, table, data | ({"name": Path(data["name"]).name} if action is Action.FILE else {})


def test_a_file_with_a_rejected_doubt_stays_out_for_good(known: Association) -> None:
    """The others of the call come in; who sends it again is told who rejected it and why."""
    first, second = ids(known)
    reject(known.workspace, first, "in thousands", WHO)
    decided = accept(known.workspace, second, WHY, WHO)
    assert {Path(taken.name).name: taken.new for taken in decided.taken} == {"answers-2.csv": 1, "figures-2.csv": 0}
    assert 2024 not in set(known.observed().figures["year"])
    (record,) = [one for one in known.ledger.read() if one.action is Action.REJECT]
    assert {one["verdict"] for one in record.data["decisions"]} == {"accept", "reject"}
    (fault,) = known.faults({"figures-2.csv": SLIPS})
    assert fault.code == "E-FILE-REJECTED"
    assert "Ana Pop rejected this one: in thousands" in fault.expected
    shutil.rmtree(known.workspace.processed)
    steps.ingest(known.workspace)
    assert 2024 not in set(known.observed().figures["year"])
    assert [one.action for one in known.ledger.read()].count(Action.REJECT) == 1


def test_a_parcel_is_rejected_whole_by_its_name(known: Association) -> None:
    """Also the files about which nothing is in doubt."""
    ids(known)
    (parcel,) = held(known.workspace)
    reject(known.workspace, parcel.name, "sent by mistake", WHO)
    assert 2024 not in set(known.observed().answers["year"]) | set(known.observed().figures["year"])
    assert [one.action for one in known.ledger.read()].count(Action.REJECT) == 2


def test_a_decision_stands(known: Association) -> None:
    """Nobody turns round what another person decided."""
    first, _ = ids(known)
    accept(known.workspace, first, WHY, WHO)
    with pytest.raises(AlreadyDecided, match="Ana Pop decided to accept"):
        reject(known.workspace, first, "no", "Ion Rusu")


@pytest.mark.parametrize(
    ("reason", "who", "codes"),
    [
        ("", WHO, ["E-REASON"]),
        (WHY, " ", ["E-WHO"]),
        ("a\nb", "", ["E-REASON", "E-WHO"]),
        ("x" * 1001, WHO, ["E-REASON"]),
    ],
)
def test_a_decision_needs_a_name_and_a_reason(known: Association, reason: str, who: str, codes: list[str]) -> None:
    """Whoever is asked later must find both."""
    first, _ = ids(known)
    with pytest.raises(InputRefused) as refused:
        accept(known.workspace, first, reason, who)
    assert [fault.code for fault in refused.value.faults] == codes


def test_an_unknown_doubt_is_refused_by_name(known: Association) -> None:
    """Known ones are listed."""
    first, _ = ids(known)
    with pytest.raises(UnknownName, match=first):
        accept(known.workspace, "D-0000000000", WHY, WHO)


@pytest.mark.parametrize("when", ["before the sidecars", "before the ledger", "before the parcel goes"])
def test_a_process_that_dies_after_the_last_decision_is_made_up_for(
    known: Association, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """The same command again takes everything in, once."""
    first, second = ids(known)
    accept(known.workspace, first, WHY, WHO)
    with monkeypatch.context() as broken:
        target, name = {
            "before the sidecars": (Parcel, "settle"),
            "before the ledger": (deciding.steps, "ingest"),
            "before the parcel goes": (Parcel, "remove"),
        }[when]
        broken.setattr(target, name, _dies)
        with pytest.raises(OSError, match="no space"):
            accept(known.workspace, second, WHY, WHO)
    accept(known.workspace, second, WHY, WHO)
    assert len(known.observed().figures) == 4
    assert held(known.workspace) == []
    check(known.workspace)


def _dies(*_: object, **__: object) -> None:
    raise OSError("no space left on device")


def test_a_file_in_raw_that_is_in_doubt_stays_where_it_is(known: Association) -> None:
    """Who puts files into data/raw finds them there; the parcel names them."""
    path = known.workspace.raw / "by-hand" / "figures-2.csv"
    path.parent.mkdir()
    path.write_text(SLIPS)
    with pytest.raises(InputHeld) as caught:
        steps.ingest(known.workspace)
    for doubt in caught.value.doubts:
        accept(known.workspace, doubt.id, WHY, WHO)
    assert len(known.observed().figures) == 4
    assert [one.name for one in known.workspace.raw.rglob("figures-2*.csv")] == ["figures-2.csv"]


def test_the_command_line_says_what_waits_and_why(known: Association, command: Command) -> None:
    """Exit code 3, each doubt with its id, and plain data with --json."""
    root = known.workspace.root
    code, _, messages = command("ingest", known.send("figures-2.csv", SLIPS), "--workspace", root)
    assert (code, "W-UNIT-1000" in messages) == (Exit.HELD, True)
    doubts = json.loads(command("held", "--json", "--workspace", root)[1])["held"][0]["doubts"]
    assert [doubt["evidence"]["ratio"] for doubt in doubts] == ["1003", "0.00105"]
    for doubt in doubts:
        code, _, _ = command("accept", doubt["id"], "--reason", WHY, "--who", WHO, "--workspace", root)
        assert code == Exit.DONE
    assert command("held", "--workspace", root)[1] == "nothing waits for a decision\n"
    assert len(known.observed().figures) == 4
