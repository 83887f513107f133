"""What was acknowledged survives a crash, and what was not is there whole or not at all."""

import errno
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from clusterscore import steps
from clusterscore.durable import TEMPORARY_PREFIX
from clusterscore.observations.ledger import Action, Head
from clusterscore.raw.origin import read_origin, sidecar_of
from clusterscore.raw.receive import stored_files
from tests.children import a_child, heard, tell
from tests.observations.association import Association, snapshot

SCRIPT = Path(__file__).with_name("ingest_until_killed.py")
KILLS = 50
WAITING = 40  # files in the inbox, more than are taken in before a kill
SECONDS = 0.1  # until a kill at most: a few calls
ROWS = 4  # of each file
DURABLE = ("mkdir", "fsync", "replace", "rename", "link", "unlink")  # system calls that make something durable

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills processes as POSIX does")


def order(child: subprocess.Popen[str], association: Association, inbox: Path, death: int = 0) -> int:
    """Let the child begin, and return the number of the process that works."""
    tell(child, association.workspace.root, inbox, death)
    return int(heard(child).removeprefix("pid "))


def acknowledged(child: subprocess.Popen[str]) -> tuple[set[str], str]:
    """Return every file acknowledged until the end, and what the end was."""
    names = set()
    while not (word := heard(child)).startswith("over "):
        names.add(word.removeprefix("done "))
    return names, word.removeprefix("over ")


def small_file(inbox: Path, number: int) -> Path:
    """Write one file of a few new units."""
    rows = [f"U-{number}-{row},Unit {number}.{row},cluster" for row in range(ROWS)]
    path = inbox / f"units-{number:05d}.csv"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(["unit,name,kind", *rows]) + "\n", encoding="utf-8")
    return path


def recorded_files(association: Association) -> dict[str, tuple[int, int]]:
    """Return announced and recorded rows of every source file in the ledger, by the name under which it was sent."""
    records = association.ledger.read()
    announced = {record.file: record for record in records if record.action is Action.FILE}
    rows = dict.fromkeys(announced, 0)
    for record in records:
        rows[record.file] += record.action is not Action.FILE
    return {record.data["name"]: (record.data["rows"], rows[digest]) for digest, record in announced.items()}


def assert_sound(association: Association, names: set[str], head: Head) -> Head:
    """Every acknowledged file is there whole, nothing in part; what is recorded lies in ``data/raw``, with sidecars."""
    association.ledger.verify(head)
    recorded = recorded_files(association)
    assert names - set(recorded) == set()
    assert {name: counts for name, counts in recorded.items() if counts[0] != counts[1]} == {}
    kept = {read_origin(path, path.read_bytes()).sha256 for path in stored_files(association.workspace)}
    assert {record.file for record in association.ledger.read()} - kept == set()
    return association.ledger.head()


def test_fifty_kills_lose_nothing_that_was_acknowledged(association: Association) -> None:
    """E1: a process that takes in file after file is killed at a random moment, again and again."""
    killed_often(association, seed=1)


@pytest.mark.slow
def test_a_thousand_kills_lose_nothing(association: Association) -> None:
    """E1: twenty times fifty, each time on an association that knows little, at other moments."""
    for seed in range(1000 // KILLS):
        folder = association.folder.with_name(f"association-{seed}")
        shutil.copytree(association.folder, folder)
        killed_often(Association(folder), 2 + seed)
        shutil.rmtree(folder)


def killed_often(association: Association, seed: int) -> None:
    """Kill a process that takes in file after file, again and again; lose nothing."""
    moment = random.Random(seed)  # noqa: S311 - moments, not secrets
    inbox, names, written = association.folder / "inbox", set[str](), 0
    head, units = association.ledger.head(), len(association.observed().units)
    with a_child(SCRIPT) as child:
        for _ in range(KILLS):
            while written < len(names) + WAITING:
                small_file(inbox, written)
                written += 1
            pid = order(child, association, inbox)
            first = heard(child).removeprefix("done ")
            time.sleep(moment.uniform(0, SECONDS))
            os.kill(pid, signal.SIGKILL)
            more, end = acknowledged(child)
            assert end == "killed"
            for name in {first} | more:
                (inbox / name).unlink()
            names |= {first} | more
            head = assert_sound(association, names, head)
    steps.ingest(association.workspace, sorted(inbox.iterdir()))
    assert_sound(association, {f"units-{number:05d}.csv" for number in range(written)}, head)
    assert len(association.observed().units) == units + ROWS * written


def after_every_crash(association: Association) -> Iterator[tuple[set[str], list[Path]]]:
    """Let a process die after its first call that makes something durable, then after its second, and so on to the end.

    Yields what it had acknowledged, and the files that it was given. Each process finds the association as it was.
    """
    paths = [small_file(association.folder / "inbox", number) for number in (1, 2)]
    original = snapshot(association.folder)
    end, death = "killed", 0
    with a_child(SCRIPT) as child:
        while end == "killed":
            death += 1
            order(child, association, association.folder / "inbox", death)
            names, end = acknowledged(child)
            yield names, paths
            restore(association.folder, original)
    assert end == "0"
    assert death > 20


def restore(folder: Path, content: Mapping[str, bytes]) -> None:
    """Make a folder what it was."""
    shutil.rmtree(folder)
    for name, data in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def test_a_kill_after_any_system_call_leaves_all_or_nothing(association: Association) -> None:
    """E1: whatever was made durable last, nothing is there in part, and the same files then pass."""
    head = association.ledger.head()
    for names, paths in after_every_crash(association):
        after = assert_sound(association, names, head)
        steps.ingest(association.workspace, paths)
        assert_sound(association, {path.name for path in paths}, after)


def test_after_a_crash_no_raw_file_is_alone(association: Association) -> None:
    """A sidecar is there before its file; a file that is sent again is not kept twice."""
    for _, paths in after_every_crash(association):
        assert [path for path in stored_files(association.workspace) if not sidecar_of(path).is_file()] == []
        steps.ingest(association.workspace, paths)
        sent = {path.read_bytes() for path in paths}
        kept = [path for path in stored_files(association.workspace) if path.read_bytes() in sent]
        assert len(kept) == len(sent)
        assert [path for path in kept if not sidecar_of(path).is_file()] == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO], ids=["disk full", "input or output error"])
def test_a_failing_system_call_leaves_all_or_nothing(
    association: Association, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """E2: each call that makes something durable fails in turn; the ledger stays sound, and another try succeeds."""
    original, head = snapshot(association.folder), association.ledger.head()
    reached, number = True, 0
    while reached:
        number += 1
        paths, left = [small_file(association.folder / "inbox", 1)], [number]
        with monkeypatch.context() as patch:
            for name in DURABLE:
                patch.setattr(os, name, failing(getattr(os, name), left, code))
            failed = fails(association, paths, code)
        reached = left[0] <= 0
        after = assert_sound(association, set() if failed else {paths[0].name}, head)
        steps.ingest(association.workspace, paths)
        assert_sound(association, {paths[0].name}, after)
        assert list(association.workspace.root.rglob(TEMPORARY_PREFIX + "*")) == []
        restore(association.folder, original)
    assert number > 10


def fails(association: Association, paths: list[Path], code: int) -> bool:
    """Return whether taking in failed for the reason given."""
    try:
        steps.ingest(association.workspace, paths)
    except OSError as error:
        return error.errno == code
    return False


def failing(call: Callable[..., Any], left: list[int], code: int) -> Callable[..., Any]:
    """Return a system call that fails when the shared count is through."""

    def once(*arguments: Any, **named: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            raise OSError(code, os.strerror(code))
        return call(*arguments, **named)

    return once


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="asks the system which file a number stands for")
def test_everything_is_synced_before_it_counts(empty_association: Association, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is synced before it gets its name, its folder afterwards; raw file and sidecar come before the records."""
    log = watched(monkeypatch)
    path = small_file(empty_association.folder / "inbox", 1)
    steps.ingest(empty_association.workspace, [path])
    renamed = [(step, old, new) for step, (call, old, new) in enumerate(log) if call == "replace"]
    synced = [(step, old) for step, (call, old, _) in enumerate(log) if call == "fsync"]
    assert {new.suffix for _, _, new in renamed[:-1]} == {".csv", ".yml"}
    assert renamed[-1][2].suffix == ".jsonl"
    following = [step for step, _, _ in renamed[1:]] + [len(log)]
    for (step, old, new), before in zip(renamed, following, strict=True):
        assert any(other < step and what == old for other, what in synced)
        assert any(step < other < before and what == new.parent for other, what in synced)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="asks the system which file a number stands for")
def test_a_new_folder_is_synced_into_the_folder_above(
    empty_association: Association, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it a power cut could take the folder with everything in it."""
    log = watched(monkeypatch)
    steps.ingest(empty_association.workspace, [small_file(empty_association.folder / "inbox", 1)])
    data = empty_association.workspace.root / "data"
    above = {folder.parent for folder in [data, *data.rglob("*")] if folder.is_dir()}
    assert above - {old for call, old, _ in log if call == "fsync"} == set()


def watched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Path, Path]]:
    """Return a list that fills with what is synced and renamed."""
    log: list[tuple[str, Path, Path]] = []
    fsync, replace = os.fsync, os.replace

    def watched_fsync(descriptor: int) -> None:
        name = Path(f"/proc/self/fd/{descriptor}").readlink()
        log.append(("fsync", name, name))
        fsync(descriptor)

    def watched_replace(old: Any, new: Any, **named: Any) -> None:
        log.append(("replace", Path(old), Path(new)))
        replace(old, new, **named)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(os, "replace", watched_replace)
    return log


def test_what_is_observed_while_somebody_writes_stands_under_its_own_head(association: Association) -> None:
    """E5: a reader sees the records up to a head, and that head."""
    for number in range(20):
        small_file(association.folder / "inbox", number)
    before = association.observed()
    pairs = set()
    with a_child(SCRIPT) as child:
        order(child, association, association.folder / "inbox")
        while not heard(child).startswith("over"):
            for _ in range(4):
                seen = association.observed()
                pairs.add((len(seen.units) - len(before.units), seen.head.count - before.head.count))
    assert {(units, records) for units, records in pairs if units * (ROWS + 1) != records * ROWS} == set()


def test_two_writers_at_once_lose_nothing(association: Association) -> None:
    """E5: each waits for the other, call by call."""
    inboxes = [association.folder / name for name in ("west", "east")]
    names = {small_file(inbox, 10 * side + number).name for side, inbox in enumerate(inboxes) for number in range(8)}
    head = association.ledger.head()
    with a_child(SCRIPT) as west, a_child(SCRIPT) as east:
        for child, inbox in zip((west, east), inboxes, strict=True):
            order(child, association, inbox)
        ends = [acknowledged(child) for child in (west, east)]
    assert ends[0][0] | ends[1][0] == names
    assert_sound(association, names, head)
