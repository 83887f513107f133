"""Files are received: read first, kept in ``data/raw`` once accepted, and never touched again."""

import datetime
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest

from clusterscore import steps
from clusterscore.errors import InputRefused, OriginBroken
from clusterscore.raw.origin import SIDECAR_SUFFIX, read_origin, sidecar_of
from clusterscore.raw.receive import receive, stored_files
from tests.observations.association import FIGURES, UNITS, Association, places

MORE_UNITS = "unit,name,kind\nCL-03,Third,cluster\n"
OTHER_UNITS = "unit,name,kind\nCL-04,Fourth,cluster\n"


def stored_contents(association: Association) -> Iterator[bytes]:
    """Yield every kept file after checking its sidecar."""
    for path in stored_files(association.workspace):
        content = path.read_bytes()
        read_origin(path, content)
        yield content


def test_reading_writes_nothing(empty_association: Association) -> None:
    """A file that is only looked at leaves no mark."""
    path = empty_association.send("units.csv", UNITS)
    receive(empty_association.workspace, [path], "received", demonstration=False)
    assert not empty_association.workspace.raw.exists()


def test_an_accepted_file_is_kept_with_its_sidecar(empty_association: Association) -> None:
    """The copy lies under source and date, byte for byte, and says where it came from."""
    empty_association.take({"units.csv": UNITS}, source="ministry", demonstration=True)
    (path,) = stored_files(empty_association.workspace)
    origin = read_origin(path, UNITS.encode())
    assert path.parent == empty_association.workspace.raw / "ministry" / origin.received.date().isoformat()
    assert (path.name, path.read_bytes()) == ("units.csv", UNITS.encode())
    assert (origin.source, origin.demonstration) == ("ministry", True)
    assert abs(origin.received - datetime.datetime.now(datetime.UTC)) <= datetime.timedelta(minutes=10)


def test_a_refused_file_is_not_kept(empty_association: Association) -> None:
    """Neither a file that is not CSV nor one whose rows are wrong reaches ``data/raw``, nor a good one beside it."""
    empty_association.faults({"units.csv": UNITS, "figures.csv": FIGURES + "CL-01,2023,turnover\n"})
    empty_association.faults({"units.csv": UNITS, "figures.csv": FIGURES + "CL-99,2023,turnover,1\n"})
    assert not empty_association.workspace.raw.exists()


def test_a_changed_raw_file_is_refused(association: Association) -> None:
    """What the ledger rests on cannot be edited unseen."""
    path = next(path for path in stored_files(association.workspace) if path.name == "figures.csv")
    path.write_bytes(path.read_bytes().replace(b"2000000", b"3000000"))
    with pytest.raises(OriginBroken, match="the file was changed"):
        steps.ingest(association.workspace)


def test_a_file_laid_into_data_raw_by_hand_gets_its_sidecar(association: Association) -> None:
    """It stays where it was put, and from then on it is under guard."""
    path = association.workspace.raw / "by-hand" / "units-more.csv"
    path.parent.mkdir()
    path.write_text(MORE_UNITS, encoding="utf-8")
    steps.ingest(association.workspace, source="by-hand")
    assert read_origin(path, MORE_UNITS.encode()).source == "by-hand"


def test_another_file_of_the_same_name_on_the_same_day_is_kept_beside_the_first(association: Association) -> None:
    """A stored file is never overwritten."""
    before = association.raw_files()
    association.take({"units.csv": MORE_UNITS})
    assert association.raw_files().items() >= before.items()
    assert set(stored_contents(association)) >= {UNITS.encode(), MORE_UNITS.encode()}


def test_two_files_of_one_name_in_one_call_are_both_kept(empty_association: Association) -> None:
    """What is recorded from a file can be looked up in the file, wherever it came from."""
    west = empty_association.send("units.csv", MORE_UNITS, "west")
    east = empty_association.send("units.csv", OTHER_UNITS, "east")
    steps.ingest(empty_association.workspace, [west, east])
    assert set(stored_contents(empty_association)) == {MORE_UNITS.encode(), OTHER_UNITS.encode()}


def test_the_same_file_sent_again_is_not_kept_again(association: Association) -> None:
    """``data/raw`` holds each file once."""
    before = association.raw_files()
    association.take({"units.csv": UNITS})
    assert association.raw_files() == before


def test_the_same_file_twice_in_one_call_is_kept_once(empty_association: Association) -> None:
    """Naming a file twice is no second delivery."""
    path = empty_association.send("units.csv", UNITS)
    steps.ingest(empty_association.workspace, [path, path])
    assert list(stored_contents(empty_association)) == [UNITS.encode()]


@pytest.mark.parametrize("name", ["units.csv", "Units West.csv", "units.CSV", "units.txt", "units", "unitsă.csv"])
def test_every_recorded_file_is_found_again(empty_association: Association, name: str) -> None:
    """Whatever name is accepted, a fresh clone records the file anew from ``data/raw``."""
    try:
        empty_association.take({name: UNITS})
    except InputRefused:
        return
    shutil.rmtree(empty_association.workspace.ledger)
    steps.ingest(empty_association.workspace)
    assert len(empty_association.observed().units) == UNITS.count("\n") - 1


SOURCES = ["", "../x", "..", "/abs", "a/b", "a\\b", "Ministry", "a b", "-a", "a\n", "\u0430", "ț", "x" * 49, "x\x00"]


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_that_could_leave_its_folder_is_refused(empty_association: Association, source: str) -> None:
    """A source becomes the name of a folder: small letters, digits and hyphens only."""
    with pytest.raises(InputRefused) as refused:
        empty_association.take({"units.csv": UNITS}, source=source)
    assert places(refused.value.faults) == [("--source", 0, "", "E-SOURCE")]


def test_a_path_that_is_no_file_is_refused(association: Association) -> None:
    """Neither an absent file nor a folder ends in a traceback."""
    missing, folder = association.folder / "no" / "figures.csv", association.folder
    with pytest.raises(InputRefused) as refused:
        steps.ingest(association.workspace, [missing, folder])
    assert [fault.code for fault in refused.value.faults] == ["E-FILE-ABSENT", "E-FILE-ABSENT"]


def test_the_faults_of_all_unreadable_files_come_at_once(association: Association) -> None:
    """One look at the message is enough to mend all files."""
    faults = association.faults({"units.csv": b"", "figures.csv": b"a;b\n1;2\n", "answers.csv": b"a,b\n1\n"})
    assert places(faults) == [
        ("answers.csv", 2, "", "E-CSV-WIDTH"),
        ("figures.csv", 1, "", "E-CSV-DELIM"),
        ("units.csv", 0, "", "E-FILE-EMPTY"),
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="limits the memory of a process as Linux does")
def test_a_file_larger_than_memory_is_refused_by_its_size(association: Association) -> None:
    """A size is looked up before anything is read."""
    path = association.send("figures.csv", b"")
    os.truncate(path, 8 << 30)
    code = """
import resource, sys
from pathlib import Path
from clusterscore import steps
from clusterscore.errors import InputRefused
from clusterscore.paths import Workspace
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
try:
    steps.ingest(Workspace(Path(sys.argv[1])), [Path(sys.argv[2])])
except InputRefused as refused:
    print(*(fault.code for fault in refused.faults))
"""
    arguments = [association.workspace.root, path]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("E-FILE-SIZE", "")


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux only")
def test_a_file_name_that_is_not_utf8_ends_in_no_traceback(association: Association) -> None:
    """Names come out of old archives in any encoding; such a file is recorded or refused."""
    path = association.send(os.fsdecode(b"units-Bra\xbaov.csv"), MORE_UNITS)
    with suppress(InputRefused):
        steps.ingest(association.workspace, [path])
        assert "CL-03" in set(association.observed().units["unit"])


def test_sidecars_are_no_raw_files(association: Association) -> None:
    """Only data are read as data, and each has its sidecar."""
    files = stored_files(association.workspace)
    assert [path for path in files if path.name.endswith(SIDECAR_SUFFIX) or not sidecar_of(path).is_file()] == []


def test_a_recorded_file_is_the_file_that_was_sent(association: Association) -> None:
    """The digest in the ledger is that of the kept bytes."""
    kept = {hashlib.sha256(content).hexdigest() for content in stored_contents(association)}
    assert {record.file for record in association.ledger.read()} == kept
