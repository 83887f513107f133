"""Workbooks at the door: one thing wrong is refused or held at its cell, and the good twin gets in as what it says."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from clusterscore import steps
from clusterscore.errors import InputHeld, InputRefused
from clusterscore.raw.readers import read
from tests.observations.association import UNITS, Association, undoubted
from tests.raw.bad_books import GOOD, HELD, REFUSED, Place, book, many_rows

SECONDS, MEGABYTES = 5, 512


@pytest.fixture
def known(tmp_path: Path) -> Association:
    """Return an association that knows its units."""
    association = Association.make(tmp_path)
    association.take({"units.csv": UNITS})
    return association


@pytest.mark.parametrize(("make", "places"), REFUSED.values(), ids=REFUSED)
def test_a_bad_workbook_is_refused_at_its_cell(
    known: Association, make: Callable[[], bytes], places: list[Place]
) -> None:
    """With its code, every time, and nothing is taken in."""
    head = known.ledger.head()
    with pytest.raises(InputRefused) as refused:
        steps.ingest(known.workspace, [known.send("figures.xlsx", make())], who="a tester")
    assert sorted((f.code, f.sheet, f.row, f.cell) for f in refused.value.faults) == sorted(places)
    assert known.ledger.head() == head


@pytest.mark.parametrize(("make", "places"), HELD.values(), ids=HELD)
def test_a_doubtful_workbook_is_held_at_its_cell(
    known: Association, make: Callable[[], bytes], places: list[Place]
) -> None:
    """A named person says whether what is hidden counts."""
    with pytest.raises(InputHeld) as held:
        steps.ingest(known.workspace, [known.send("figures.xlsx", make())], who="a tester")
    doubts = [doubt.fault for doubt in held.value.doubts]
    assert sorted((f.code, f.sheet, f.row, f.cell) for f in doubts) == sorted(places)


@pytest.mark.parametrize(("make", "notes", "cell"), GOOD.values(), ids=GOOD)
def test_the_good_twin_gets_in_as_what_it_says(
    known: Association, make: Callable[[], bytes], notes: set[str], cell: tuple[str, object]
) -> None:
    """What was normalised is said, and nothing else was; each cell keeps its address and its value."""
    content = make()
    raw = next(r for r in read(Path("figures.xlsx"), "figures.xlsx", content) if r.sheet == "figures")
    place, value = cell
    found = next(row.cells[name] for row in raw.rows for name, where in row.places.items() if where == place)
    assert found == value or float(found) == value
    taken, _ = undoubted(known.workspace, [known.send("figures.xlsx", content)])
    assert {note.code for each in taken for note in each.notes} == notes
    assert sum(each.new for each in taken) == sum(
        len(each.rows) for each in read(Path("figures.xlsx"), "figures.xlsx", content)
    )


def test_a_workbook_kept_is_read_alike_when_the_ledger_is_made_again(known: Association) -> None:
    """Bytes and sidecar are all it takes."""
    undoubted(known.workspace, [known.send("figures.xlsx", book())])
    before = known.observed().figures
    known.workspace.ledger.rename(known.folder / "old")
    undoubted(known.workspace, [])
    assert (
        known.observed()
        .figures.drop(columns=["record"], errors="ignore")
        .equals(before.drop(columns=["record"], errors="ignore"))
    )


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="memory is read as Linux tells it")
def test_no_bad_workbook_takes_the_machine(tmp_path: Path) -> None:
    """Each is refused within seconds and within half a gigabyte, in a process of its own."""
    for number, (make, _) in enumerate(REFUSED.values()):
        (tmp_path / f"{number}.xlsx").write_bytes(make())
    code = (
        "import json, re, sys, time\nfrom pathlib import Path\n"
        "from clusterscore.errors import InputRefused\nfrom clusterscore.raw.readers import read\n"
        "slowest = 0\n"
        "for path in Path(sys.argv[1]).glob('*.xlsx'):\n"
        "    start = time.process_time()\n"
        "    try: read(path, path.name, path.read_bytes())\n"
        "    except InputRefused: pass\n"
        "    slowest = max(slowest, time.process_time() - start)\n"
        "most = re.search(r'VmHWM:\\s*(\\d+)', Path('/proc/self/status').read_text())[1]\n"  # its own, not its parent's
        "print(json.dumps([slowest, int(most) / 1024]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, check=True, text=True)
    slowest, megabytes = json.loads(done.stdout)
    assert slowest < SECONDS
    assert megabytes < MEGABYTES


def test_ten_thousand_rows_are_read_in_three_seconds() -> None:
    """Of processor time: the limit is what staff wait for."""
    content = many_rows()
    start = time.process_time()
    with pytest.raises(InputRefused):
        read(Path("figures.xlsx"), "figures.xlsx", content)
    assert time.process_time() - start < 3
