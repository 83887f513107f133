"""The corpus of bad inputs, case by case, through the real command: right code, right cell, nothing else changed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from clusterscore.vocabulary import Exit
from tests.door.corpus import ELSEWHERE, HELD, REFUSED, SPOILT, TAKEN, Case
from tests.observations.association import UNITS, Association, snapshot
from tests.observations.screening.whole import made
from tests.raw import bad_books

SECONDS, MEGABYTES = 5, 512
CORPUS = (
    "F01 F02 F03 F05 F06 F07 F11 F13 F14 F15 F16 F18 F19 F21 F22 F23 F24 F25 F27 "
    "X02 X06 X07 X08 X09 X10 X11 X12 X13 X15 X16 X17 X19 X20 H01 H02 H03 H05 H07 H09 H10 "
    "I01 I03 I04 I05 I08 I09 I11 I12 I14 I16 I18 I19 I20 N02 N04 N05 N06 N08 N09 N10 N11 N14 N15 N16 N17 N18 "
    "N22 N23 N24 N25 N26 N27 N31 N32 R01 R02 R03 R04 R06 R07 R08 R09 R10 R14 R16 R18 R19 "
    "T01 T02 T04 T05 T06 T08 T10 T11 T12 T13 T15 P01 P02 P04 P06 P07"
).split()

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks, and asks Linux for the memory of a process")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call of the command ended, what it said, and what it took."""

    code: int
    told: Mapping[str, Any]
    messages: str
    seconds: float
    megabytes: float


class Doorway:
    """Calls the real command, each call in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        command = [sys.executable, str(Path(__file__).with_name("doorway.py"))]
        alone = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # who forks has no threads
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._process = subprocess.Popen(command, text=True, env=alone, **pipes)

    def __call__(self, *words: object) -> Outcome:
        """Run one verb and return its outcome."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        output, messages = self._folder / "output", self._folder / "messages"
        call = {"words": list(map(str, words)), "output": str(output), "messages": str(messages)}
        self._process.stdin.write(json.dumps(call) + "\n")
        self._process.stdin.flush()
        ended = json.loads(self._process.stdout.readline())
        told = json.loads(output.read_text(encoding="utf-8") or "{}")
        return Outcome(ended["code"], told, messages.read_text(encoding="utf-8"), ended["seconds"], ended["megabytes"])

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doorway]:
    """Return what calls the command."""
    doorway = Doorway(tmp_path_factory.mktemp("said"))
    yield doorway
    doorway.close()


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an association that knows two years."""
    return made(tmp_path_factory.mktemp("before")).folder


@pytest.fixture(scope="module")
def units_only(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an association that knows its units."""
    association = Association.make(tmp_path_factory.mktemp("units"))
    association.take({"units.csv": UNITS})
    return association.folder


def on_a_copy(folder: Path, copy: Path, case: Case) -> tuple[Association, Path]:
    """Return an association as a case finds it, and the file that is sent to it."""
    shutil.copytree(folder, copy)
    association = Association(copy)
    case.before(association)
    path = copy / "inbox" / case.name
    path.parent.mkdir()
    if callable(case.content):
        case.content(path)
    else:
        path.write_bytes(case.content if isinstance(case.content, bytes) else case.content.encode())
    return association, path


def ingest(call: Doorway, association: Association, path: Path, case: Case) -> Outcome:
    """Send a file in; whatever it is, there is no traceback, it is quick and it is modest."""
    outcome = call("ingest", path, "--workspace", association.workspace.root, "--json", *case.words)
    assert "Traceback" not in outcome.messages
    assert outcome.seconds < SECONDS
    assert outcome.megabytes < MEGABYTES
    return outcome


def where(rows: list[Mapping[str, Any]], path: Path) -> list[tuple[str, int, str]]:
    """Return code, row and column of what is said, all of it about one file."""
    assert {Path(row["file"]).name for row in rows} <= {path.name}
    return sorted((row["code"], row["row"], row["column"]) for row in rows)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_bad_is_refused_at_its_cell(call: Doorway, before: Path, tmp_path: Path, name: str) -> None:
    """With exactly its code; no byte of the workspace is another."""
    case = REFUSED[name]
    association, path = on_a_copy(before, tmp_path / "copy", case)
    known = snapshot(association.workspace.root)
    outcome = ingest(call, association, path, case)
    assert outcome.code == Exit.REFUSED
    assert where(outcome.told["faults"], path) == sorted(case.places)
    assert set(outcome.told["messages"]) == {code for code, _, _ in case.places}
    assert snapshot(association.workspace.root) == known


@pytest.mark.parametrize("name", HELD)
def test_what_is_doubtful_is_held_at_its_cell(call: Doorway, before: Path, tmp_path: Path, name: str) -> None:
    """With exactly its code; ledger and received files are byte for byte as they were."""
    case = HELD[name]
    association, path = on_a_copy(before, tmp_path / "copy", case)
    known = snapshot(association.workspace.root)
    outcome = ingest(call, association, path, case)
    assert outcome.code == Exit.HELD
    assert where(outcome.told["doubts"], path) == sorted(case.places)
    now = snapshot(association.workspace.root)
    assert {file for file in now if now[file] != known.get(file)} == {
        file for file in now if file.startswith("data/held/")
    }
    assert set(known) <= set(now)


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_odd_is_taken_in_and_said(call: Doorway, before: Path, tmp_path: Path, name: str) -> None:
    """As a note of what was normalised, or as a flag."""
    case = TAKEN[name]
    association, path = on_a_copy(before, tmp_path / "copy", case)
    outcome = ingest(call, association, path, case)
    assert outcome.code == Exit.DONE, outcome.told
    found = [row for taken in outcome.told["taken"] for row in (*taken["notes"], *taken["flags"])]
    assert set(case.places) <= set(where(found, path))


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_document_is_refused_by_its_code(call: Doorway, before: Path, tmp_path: Path, name: str) -> None:
    """Before any file is looked at."""
    case = SPOILT[name]
    association, path = on_a_copy(before, tmp_path / "copy", case)
    known = snapshot(association.workspace.root)
    outcome = ingest(call, association, path, case)
    assert outcome.code == Exit.REFUSED
    assert case.places[0][0] in outcome.told["message"]
    assert snapshot(association.workspace.root) == known


BOOKS = {name: (make, places, Exit.REFUSED) for name, (make, places) in bad_books.REFUSED.items()} | {
    name: (make, places, Exit.HELD) for name, (make, places) in bad_books.HELD.items()
}


@pytest.mark.parametrize("name", BOOKS)
def test_a_bad_workbook_is_kept_out_at_its_cell(call: Doorway, units_only: Path, tmp_path: Path, name: str) -> None:
    """By the command, too."""
    make, places, code = BOOKS[name]
    case = Case("figures.xlsx", make(), [])
    association, path = on_a_copy(units_only, tmp_path / "copy", case)
    head = association.ledger.head()
    outcome = ingest(call, association, path, case)
    assert outcome.code == code
    told = outcome.told["faults" if code == Exit.REFUSED else "doubts"]
    assert sorted((row["code"], row["sheet"], row["row"], row["cell"]) for row in told) == sorted(places)
    assert association.ledger.head() == head


LEDGERS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "T10 a torn last line": (lambda lines: lines[:-20], "torn"),
    "T13 a record left out": (lambda lines: b"".join(lines.splitlines(keepends=True)[1:]), "does not match"),
    "T13 a record twice": (lambda lines: lines + lines.splitlines(keepends=True)[-1], "does not match"),
}


@pytest.mark.parametrize("name", LEDGERS)
def test_a_spoilt_ledger_takes_nothing_in(call: Doorway, before: Path, tmp_path: Path, name: str) -> None:
    """T10 is refused, not mended: a segment is renamed into place whole, so that a torn one was damaged afterwards."""
    change, message = LEDGERS[name]
    case = Case("figures-2.csv", "unit,year,indicator,value\nCL-01,2023,turnover,1040000\n", [])
    association, path = on_a_copy(before, tmp_path / "copy", case)
    segment = max(association.workspace.ledger.glob("*.jsonl"))
    segment.write_bytes(change(segment.read_bytes()))
    known = snapshot(association.workspace.root)
    outcome = ingest(call, association, path, case)
    assert (outcome.code, message in outcome.told["message"]) == (Exit.REFUSED, True)
    assert snapshot(association.workspace.root) == known


def test_a_ledger_without_a_segment_is_told_by_its_sequence(call: Doorway, before: Path, tmp_path: Path) -> None:
    """T13: what follows a gap is not read."""
    case = Case("figures-2.csv", "unit,year,indicator,value\nCL-01,2023,turnover,1040000\n", [])
    association, path = on_a_copy(before, tmp_path / "copy", case)
    association.take({"figures-2.csv": "unit,year,indicator,value\nCL-02,2023,turnover,1080000\n"})
    min(association.workspace.ledger.glob("*.jsonl")).unlink()
    outcome = ingest(call, association, path, case)
    assert (outcome.code, "E-LEDGER-SEQ" in outcome.told["message"]) == (Exit.REFUSED, True)


def test_a_file_that_is_not_utf8_is_told_which_byte(call: Doorway, before: Path, tmp_path: Path) -> None:
    """F07: byte, line, and the encoding that it looks like; with it declared, the letters come out right."""
    case = REFUSED["F07 code page 1250"]
    association, path = on_a_copy(before, tmp_path / "copy", case)
    (fault,) = ingest(call, association, path, case).told["faults"]
    assert fault["got"] == "byte 0xBA"
    assert "cp1250" in fault["expected"]
    declared = Case(case.name, case.content, [], words=("--encoding", "cp1250"))
    assert ingest(call, association, path, declared).code == Exit.DONE
    assert "Brașov" in set(association.observed().units["name"])


def test_every_case_of_the_corpus_is_covered(root: Path) -> None:
    """By a file that is sent to the command, or elsewhere, by a test that names it."""
    names = [*REFUSED, *HELD, *TAKEN, *SPOILT, *BOOKS, *bad_books.GOOD, *LEDGERS]
    sent = Counter(name.split()[0] for name in names)
    assert [each for each in CORPUS if not sent[each] and each not in ELSEWHERE] == []
    for each, test in ELSEWHERE.items():
        assert each in (root / test).read_text(encoding="utf-8"), (each, test)
