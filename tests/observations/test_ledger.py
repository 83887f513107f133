"""The ledger: append-only, chained, and broken for every reader as soon as one byte differs."""

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from clusterscore import chain as module
from clusterscore.durable import TEMPORARY_PREFIX
from clusterscore.errors import LedgerBroken, LedgerBusy
from clusterscore.observations.ledger import Action, Head, Ledger, Record
from clusterscore.vocabulary import Table
from tests.observations.association import Association, snapshot

GENESIS = Head(0, "0" * 64)
MORE = {"figures.csv": "unit,year,indicator,value\nCL-01,2024,turnover,5\n"}


def a_record(number: int, value: float = 1.5) -> Record:
    """Return a figure's record."""
    data = {"unit": "CL-01", "year": 2000 + number, "indicator": "turnover", "value": value}
    data["source"] = 'Brașov \u2028 \\ "'
    when = "2024-11-30T00:00:00+00:00"
    return Record(number, Action.ADD, Table.FIGURES, data, "f" * 64, number + 1, "a tester", when)


def a_ledger(folder: Path, *lengths: int, value: float = 1.5) -> Ledger:
    """Return a ledger with a segment of each length."""
    ledger, head = Ledger(folder), GENESIS
    for length in lengths:
        head = ledger.append([a_record(head.count + 1 + number, value) for number in range(length)], head)
    return ledger


def written(segments: dict[str, bytes], folder: Path) -> Ledger:
    """Return a ledger whose folder holds these segments."""
    for name, content in segments.items():
        (folder / name).write_bytes(content)
    return Ledger(folder)


def published() -> tuple[dict[str, bytes], Head]:
    """Return the segments of a ledger and the head that a report printed."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = a_ledger(Path(folder), 2, 1, 3)
        return snapshot(ledger.folder), ledger.head()


PUBLISHED, PUBLISHED_HEAD = published()
PUBLISHED_TEXT = b"".join(content for _, content in sorted(PUBLISHED.items()))


def assert_detected(segments: dict[str, bytes]) -> None:
    """A ledger that is not the published one fails against the head; and by itself unless only its tail was cut."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = written(segments, Path(folder))
        with pytest.raises(LedgerBroken):
            ledger.verify(PUBLISHED_HEAD)
        if not PUBLISHED_TEXT.startswith(b"".join(content for _, content in sorted(segments.items()))):
            with pytest.raises(LedgerBroken):
                ledger.read()


def test_records_are_read_as_they_were_appended(tmp_path: Path) -> None:
    """Accents, quotes and odd line separators survive; nothing is added or lost."""
    ledger = a_ledger(tmp_path, 2, 1, 3)
    assert ledger.read() == tuple(a_record(number) for number in range(1, 7))


def test_a_ledger_that_does_not_exist_is_empty(tmp_path: Path) -> None:
    """Reading makes nothing."""
    ledger = Ledger(tmp_path / "none")
    assert (ledger.read(), ledger.head()) == ((), GENESIS)
    assert not (tmp_path / "none").exists()


def test_appending_nothing_writes_nothing(tmp_path: Path) -> None:
    """There is no empty segment."""
    ledger = a_ledger(tmp_path, 2)
    before, head = snapshot(tmp_path), ledger.head()
    assert ledger.append([], head) == head
    assert snapshot(tmp_path) == before


def test_appending_leaves_earlier_segments_as_they_are(tmp_path: Path) -> None:
    """What is written is never written again."""
    ledger = a_ledger(tmp_path, 2)
    before = snapshot(tmp_path)
    ledger.append([a_record(3)], ledger.head())
    assert snapshot(tmp_path).items() > before.items()


def test_a_gap_in_the_numbers_is_refused(tmp_path: Path) -> None:
    """T13: a record has its place."""
    ledger = a_ledger(tmp_path, 2)
    with pytest.raises(LedgerBroken, match="E-LEDGER-SEQ"):
        ledger.append([a_record(4)], ledger.head())


def test_a_writer_with_an_outdated_head_cannot_overwrite_what_is_recorded(tmp_path: Path) -> None:
    """Append-only holds even where a lock failed."""
    ledger = a_ledger(tmp_path, 2)
    with pytest.raises(LedgerBroken):
        ledger.append([a_record(1, value=9.0)], GENESIS)
    assert len(ledger.read()) == 2


def test_a_head_is_parsed_from_its_printed_form() -> None:
    """What a report prints can be checked."""
    assert Head.parse(str(PUBLISHED_HEAD)) == PUBLISHED_HEAD


def test_every_earlier_head_stays_valid(tmp_path: Path) -> None:
    """A report of years ago can be checked against the ledger of today."""
    heads, ledger = [GENESIS], Ledger(tmp_path)
    for number in range(1, 5):
        heads.append(ledger.append([a_record(number)], heads[-1]))
    for head in heads:
        ledger.verify(head)


def test_another_history_of_the_same_length_is_detected(tmp_path: Path) -> None:
    """A ledger rewritten from the first record on is sound in itself, but not the published one."""
    forged = a_ledger(tmp_path, 2, 1, 3, value=9.5)
    assert len(forged.read()) == PUBLISHED_HEAD.count
    with pytest.raises(LedgerBroken, match="E-LEDGER-HEAD"):
        forged.verify(PUBLISHED_HEAD)


@pytest.mark.parametrize("kept", [0, 1, 2, 3, 4, 5])
def test_a_cut_tail_is_detected_by_the_published_head(tmp_path: Path, kept: int) -> None:
    """T11: what remains is a sound chain; the head says that something is missing."""
    lines, ledger = PUBLISHED_TEXT.splitlines(keepends=True)[:kept], Ledger(tmp_path)
    written({"000000001.jsonl": b"".join(lines)} if lines else {}, tmp_path)
    assert len(ledger.read()) == kept
    with pytest.raises(LedgerBroken, match=f"E-LEDGER-HEAD: published head 6, found {kept}"):
        ledger.verify(PUBLISHED_HEAD)


def test_a_torn_last_line_is_detected(tmp_path: Path) -> None:
    """T10: segments are renamed into place whole, so that a torn one was damaged afterwards."""
    name = max(PUBLISHED)
    ledger = written(PUBLISHED | {name: PUBLISHED[name][:-20]}, tmp_path)
    with pytest.raises(LedgerBroken, match="torn"):
        ledger.read()


def test_every_flipped_bit_is_detected(tmp_path: Path) -> None:
    """E3: each bit of a ledger of one segment, one after another."""
    content = a_ledger(tmp_path, 2).folder.joinpath("000000001.jsonl").read_bytes()
    missed = []
    for position in range(len(content)):
        for bit in range(8):
            changed = bytearray(content)
            changed[position] ^= 1 << bit
            (tmp_path / "000000001.jsonl").write_bytes(changed)
            try:
                Ledger(tmp_path).read()
            except LedgerBroken:
                continue
            missed.append((position, bit))
    assert missed == []


@st.composite
def edits_of_bytes(draw: st.DrawFn) -> dict[str, bytes]:
    """Return the published ledger after one edit of some bytes of one segment."""
    name = draw(st.sampled_from(sorted(PUBLISHED)))
    content = PUBLISHED[name]
    first = draw(st.integers(0, len(content)))
    last = draw(st.integers(first, min(len(content), first + 40)))
    elsewhere = draw(st.integers(0, len(content)))
    middle = {
        "insert": draw(st.binary(min_size=1, max_size=4)) + content[first:last],
        "replace": draw(st.binary(max_size=4)),
        "duplicate": content[first:last] * 2,
        "copy": content[elsewhere : elsewhere + 40] + content[first:last],
        "reverse": content[first:last][::-1],
    }[draw(st.sampled_from(["insert", "replace", "duplicate", "copy", "reverse"]))]
    return PUBLISHED | {name: content[:first] + middle + content[last:]}


FIRST = PUBLISHED["000000001.jsonl"]


@settings(max_examples=400)
@given(edits_of_bytes())
@example(PUBLISHED | {"000000001.jsonl": FIRST.replace(b"\n", b"\r", 1)})
@example(PUBLISHED | {"000000001.jsonl": FIRST.replace(b"\n", b"\r\n")})
@example(PUBLISHED | {"000000001.jsonl": FIRST + b"\n"})
@example(PUBLISHED | {"000000001.jsonl": b"\xef\xbb\xbf" + FIRST})
@example(PUBLISHED | {"000000001.jsonl": b""})
def test_any_edit_of_bytes_is_detected(segments: dict[str, bytes]) -> None:
    """E3: whatever is inserted, replaced, duplicated, copied or reversed."""
    assume(segments != PUBLISHED)
    assert_detected(segments)


@settings(max_examples=200)
@given(st.data())
def test_any_edit_of_lines_is_detected(data: st.DataObject) -> None:
    """E3: lines deleted, swapped, doubled or forged, with their own digests left right or made anew."""
    lines = [line for _, content in sorted(PUBLISHED.items()) for line in content.splitlines(keepends=True)]
    place = data.draw(st.integers(0, len(lines) - 1))
    other = data.draw(st.integers(0, len(lines) - 1))
    edited = list(lines)
    match data.draw(st.sampled_from(["delete", "swap", "double", "move", "forge"])):
        case "delete":
            del edited[place]
        case "swap":
            edited[place], edited[other] = edited[other], edited[place]
        case "double":
            edited.insert(other, lines[place])
        case "move":
            edited.insert(other, edited.pop(place))
        case "forge":
            forged = json.loads(edited[place])
            forged["data"]["value"] = data.draw(st.floats(allow_nan=False, allow_infinity=False))
            edited[place] = json.dumps(forged, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    assume(edited != lines)
    assert_detected({"000000001.jsonl": b"".join(edited)})


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_a_missing_segment_is_detected(name: str) -> None:
    """A segment is deleted, in the middle or at the end."""
    assert_detected({other: content for other, content in PUBLISHED.items() if other != name})


@pytest.mark.parametrize("name", ["000000000.jsonl", "000000002.jsonl", "000000007.jsonl", "copy.jsonl", "3.jsonl"])
def test_a_copied_segment_is_detected(name: str) -> None:
    """A segment under another name counts twice or stands at the wrong place."""
    assert_detected(PUBLISHED | {name: PUBLISHED["000000003.jsonl"]})


def test_swapped_segments_are_detected() -> None:
    """Each segment has its place in the chain."""
    one, other = "000000001.jsonl", "000000003.jsonl"
    assert_detected(PUBLISHED | {one: PUBLISHED[other], other: PUBLISHED[one]})


@pytest.mark.parametrize("name", [TEMPORARY_PREFIX + "k3j2", TEMPORARY_PREFIX + "k3j2.jsonl"])
def test_temporary_files_left_by_a_crash_are_ignored(association: Association, name: str) -> None:
    """Half a segment that was never renamed was never acknowledged; the next call succeeds beside it."""
    (association.workspace.ledger / name).write_bytes(b'{"number":15,"act')
    head = association.ledger.head()
    assert association.take(MORE)[1].count > head.count
    association.ledger.verify(head)


def test_nothing_is_taken_into_a_broken_ledger(association: Association) -> None:
    """A damaged history is not written on."""
    path = association.workspace.ledger / "000000001.jsonl"
    path.write_bytes(path.read_bytes().replace(b"2000000", b"3000000"))
    before = snapshot(association.workspace.root)
    with pytest.raises(LedgerBroken, match="does not match its digest"):
        association.take(MORE)
    assert snapshot(association.workspace.root) == before


@contextmanager
def another_writer(ledger: Ledger) -> Iterator[subprocess.Popen[str]]:
    """Run another process that holds the ledger's lock until its input ends."""
    code = "import sys, filelock\nwith filelock.FileLock(sys.argv[1]):\n    print('held', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, str(ledger.folder / ".lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


def test_a_second_writer_fails_clearly_after_waiting(association: Association, monkeypatch: pytest.MonkeyPatch) -> None:
    """E5: nothing is written past another writer."""
    monkeypatch.setattr(module, "_LOCK_SECONDS", 0.1)
    before = snapshot(association.workspace.root)
    with another_writer(association.ledger), pytest.raises(LedgerBusy, match="another process"):
        association.take(MORE)
    assert snapshot(association.workspace.root) == before


def test_a_second_writer_waits_for_the_first(association: Association) -> None:
    """E5: it goes on as soon as the lock is free."""
    head = association.ledger.head()
    with another_writer(association.ledger) as first:
        second = threading.Thread(target=association.take, args=(MORE,))
        second.start()
        assert association.ledger.head() == head
        first.communicate()
        second.join()
    assert association.ledger.head().count == head.count + 2


def test_a_killed_writer_leaves_no_lock(association: Association) -> None:
    """E5: after a crash nobody has to tidy up."""
    with another_writer(association.ledger) as first:
        first.kill()
        first.wait()
        association.take(MORE)


def test_readers_need_no_lock(association: Association) -> None:
    """Reports are read while files are taken in."""
    with another_writer(association.ledger):
        assert len(association.observed().figures) == 2


def test_a_lock_is_free_as_soon_as_its_block_ends(tmp_path: Path) -> None:
    """However it ends, and not only when nobody remembers the lock any more."""
    lock = module.lock_in(tmp_path)
    with module.locked(lock):
        assert lock.is_locked
    assert not lock.is_locked
    with pytest.raises(KeyError), module.locked(lock):
        raise KeyError
    assert not lock.is_locked
