"""Nothing bad gets in silently: good files with one thing wrong, a thousand of them."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from clusterscore import steps
from clusterscore.errors import InputHeld, InputRefused
from clusterscore.observations.ledger import Action, Ledger
from clusterscore.paths import Workspace
from tests.door.mutants import ODD, WRONG, Mutant, mutants
from tests.observations.association import Association, snapshot
from tests.observations.screening.whole import ANSWER, CLUSTERS, FIGURE, ITEMS, made

YEAR = 2023
FILES = {
    "figures.csv": FIGURE
    + "".join(
        f"{unit},{YEAR},turnover,{1030000 + 41000 * place}\n{unit},{YEAR},employees,{51 + place}\n"
        for place, unit in enumerate(CLUSTERS)
    ),
    "answers.csv": ANSWER
    + "".join(
        f"{unit},{YEAR},R-{rater:02d},{item},{(5 * place + 3 * number + rater) % 5 + 1}\n"
        for place, unit in enumerate(CLUSTERS[4:8])
        for rater in range(1, 4)
        for number, item in enumerate(ITEMS)
    ),
}


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Association:
    """Return an association that knows two years."""
    return made(tmp_path_factory.mktemp("before"))


def sent(before: Association, folder: Path, name: str, content: bytes) -> dict[str, Any]:
    """Take a file in on a copy of an association; return what its records say, by key."""
    shutil.copytree(before.folder, folder)
    association = Association(folder)
    try:
        count = association.ledger.head().count
        steps.ingest(association.workspace, [association.send(name, content)], who="a tester")
        records = Ledger(association.workspace.ledger).read()[count:]
        return {repr(record.key): record.data for record in records if record.action is not Action.FILE}
    finally:
        shutil.rmtree(folder)


def outcome(before: Association, folder: Path, mutant: Mutant, good: dict[str, Any]) -> str:
    """Return what became of a mutant: refused, held, the same as the good file; or silently another, or without a word.

    A fault without a code or without what was expected is mute.
    """
    try:
        found = sent(before, folder, mutant.name, mutant.content)
    except InputRefused as refused:
        return "refused" if all(fault.code.startswith("E-") and fault.expected for fault in refused.faults) else "mute"
    except InputHeld as held:
        return "held" if held.doubts else "mute"
    return "the same" if found == good else "silent"


def all_outcomes(before: Association, tmp_path: Path, found: list[Mutant]) -> list[tuple[Mutant, str]]:
    """Return what became of each mutant."""
    good = {name: sent(before, tmp_path / "good", name, text.encode()) for name, text in FILES.items()}
    return [(each, outcome(before, tmp_path / "one", each, good[each.name])) for each in found]


def hold(rows: list[tuple[Mutant, str]]) -> None:
    """No mutant got in as something else."""
    silent = [(each.what, each.content[:300]) for each, became in rows if became in {"silent", "mute"}]
    assert not silent, silent[:5]
    stopped = Counter(each.what for each, became in rows if became in {"refused", "held"})
    kinds = Counter(each.what for each, _ in rows)
    assert all(stopped[what] >= 0.6 * kinds[what] for what in kinds), (
        stopped
    )  # a blank in a blank place changes nothing


def test_a_good_file_is_taken_in(before: Association, tmp_path: Path) -> None:
    """Otherwise nothing below would show anything."""
    for name, text in FILES.items():
        assert len(sent(before, tmp_path / "good", name, text.encode())) == text.count("\n") - 1


def test_nothing_wrong_gets_in_silently(before: Association, tmp_path: Path) -> None:
    """Each kind of fault several times, at random places."""
    hold(all_outcomes(before, tmp_path, mutants(WRONG, FILES, 5 * len(WRONG), seed=1)))


@pytest.mark.slow
def test_a_thousand_mutants_do_not_get_in(before: Association, tmp_path: Path) -> None:
    """None of 1,000 silently: with 95 % confidence fewer than 3 in 1,000 would."""
    hold(all_outcomes(before, tmp_path, mutants(WRONG, FILES, 1000, seed=2)))


def test_what_is_odd_and_changes_nothing_is_taken_in(before: Association, tmp_path: Path) -> None:
    """As the same records."""
    rows = all_outcomes(before, tmp_path, mutants(ODD, FILES, 6 * len(ODD), seed=3))
    assert {became for _, became in rows} == {"the same"}, [
        (each, became) for each, became in rows if became != "the same"
    ]


def test_what_is_refused_changes_no_byte(before: Association, tmp_path: Path) -> None:
    """Of the ledger and of everything that was received."""
    shutil.copytree(before.folder, tmp_path / "copy")
    workspace = Workspace(tmp_path / "copy" / "workspace")
    known = snapshot(workspace.root)
    for each in mutants(WRONG, FILES, len(WRONG), seed=4):
        path = tmp_path / "sent" / each.name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(each.content)
        try:
            steps.ingest(workspace, [path], who="a tester")
        except InputRefused:
            assert snapshot(workspace.root) == known, each.what
        except InputHeld:
            held = snapshot(workspace.root)
            assert {name: held[name] for name in known} == known, each.what
            shutil.rmtree(workspace.root / "data" / "held")
        else:
            pytest.fail(f"{each.what} was taken in")
