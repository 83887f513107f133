"""Files are taken in whole calls or not at all, with every fault found, and every record says where it came from."""

import csv
import datetime
import hashlib
import tempfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clusterscore import steps
from clusterscore.errors import InputRefused
from clusterscore.observations.ledger import Action, Record
from clusterscore.raw.receive import stored_files
from clusterscore.vocabulary import Table
from tests.observations.association import (
    ANSWERS,
    EVERYTHING,
    FIGURES,
    RATERS,
    UNITS,
    Association,
    corrected_turnover,
    places,
    snapshot,
)

FIGURE = "unit,year,indicator,value\n"
MORE_FIGURES = FIGURE + "CL-01,2024,turnover,1100000\nCL-02,2024,turnover,2100000\n"
MORE_ANSWERS = "unit,year,rater,item,answer\nCL-02,2024,R-01,cooperation,2\n"

BAD_AMONG_GOOD = {
    "a bad cell": {"answers.csv": MORE_ANSWERS + "CL-02,2024,R-01,cooperation,9\n"},
    "a bad header": {"answers.csv": "unit,year,rater,item,anwser\nCL-02,2024,R-01,cooperation,2\n"},
    "an unknown unit": {"answers-2.csv": MORE_ANSWERS.replace("CL-02", "CL-77")},
    "a changed value": {"figures-2.csv": FIGURES.replace("1000000", "1000001")},
    "no CSV": {"answers.csv": b"PK\x03\x04"},
    "a bad name": {"cifre.csv": FIGURES},
    "a bad correction": {"corrections.csv": corrected_turnover("3", expect="2")},
}


def rows_of(content: str) -> list[str]:
    """Return the rows of a file without its header."""
    return content.splitlines()[1:]


def digest_of(*calls: dict[str, str]) -> str:
    """Return the digest of what is observed after calls on a new workspace."""
    with tempfile.TemporaryDirectory() as folder:
        association = Association.make(Path(folder))
        for call in calls:
            association.take(call)
        return association.observed().digest


@pytest.mark.parametrize("case", BAD_AMONG_GOOD)
def test_one_bad_file_among_good_ones_leaves_everything_as_it_was(association: Association, case: str) -> None:
    """A call is taken in whole or leaves ledger and ``data/raw`` byte for byte as they were."""
    before = snapshot(association.workspace.root)
    association.faults({"figures.csv": MORE_FIGURES} | BAD_AMONG_GOOD[case])
    assert snapshot(association.workspace.root) == before


def test_a_refused_call_does_not_stand_in_the_way_of_the_mended_one(association: Association) -> None:
    """After the fault is mended the same files pass."""
    association.faults({"figures.csv": MORE_FIGURES, "answers.csv": MORE_ANSWERS.replace("2\n", "9\n")})
    taken, _ = association.take({"figures.csv": MORE_FIGURES, "answers.csv": MORE_ANSWERS})
    assert [(file.table, file.new) for file in taken] == [("figures", 2), ("answers", 1)]


def test_the_same_file_twice_adds_nothing(association: Association) -> None:
    """F27: what is known is counted as known, and the head stays."""
    before = association.ledger.head()
    (taken,), head = association.take({"figures.csv": FIGURES})
    assert (taken.new, taken.known, head) == (0, 2, before)


def test_the_same_file_under_another_name_adds_nothing(association: Association) -> None:
    """A file is known by its content."""
    before = association.ledger.head()
    assert association.take({"figures-again.csv": FIGURES})[1] == before


def test_the_same_rows_in_another_file_add_no_observation(association: Association) -> None:
    """Only the new rows of an overlapping file count."""
    before = association.observed()
    overlapping = FIGURES.replace("1000000", "1000000.0") + "CL-01,2022,turnover,5\n"
    (taken,), _ = association.take({"figures-2.csv": overlapping})
    assert (taken.new, taken.known) == (1, 2)
    assert len(association.observed().figures) == len(before.figures) + 1


@pytest.mark.parametrize(
    ("name", "content", "column"),
    [
        ("units.csv", "unit,name,kind\nCL-01,Another name,cluster\n", "name"),
        ("raters.csv", "rater,affiliation\nR-02,CL-01\n", "affiliation"),
        ("figures.csv", FIGURE + "CL-01,2023,turnover,1000001\n", "value"),
        ("answers.csv", ANSWERS.replace(",4\n", ",5\n"), "answer"),
    ],
)
def test_a_changed_value_is_refused(association: Association, name: str, content: str, column: str) -> None:
    """R09: a recorded value changes only by a correction with a reason."""
    assert places(association.faults({name: content})) == [(name, 2, column, "E-DUP-CONFLICT")]


def test_a_changed_value_within_one_call_is_refused(empty_association: Association) -> None:
    """Two files of one call contradict each other as two calls would."""
    changed = {"figures_2.csv": FIGURES.replace("2000000", "1")}
    assert places(empty_association.faults(EVERYTHING | changed)) == [("figures_2.csv", 3, "value", "E-DUP-CONFLICT")]


@pytest.mark.parametrize(
    ("again", "column", "code"),
    [("1000000", "", "E-DUP-ROW"), ("7", "value", "E-DUP-CONFLICT")],
    ids=["same", "other value"],
)
def test_a_row_twice_in_one_file_is_refused(association: Association, again: str, column: str, code: str) -> None:
    """Whoever pasted a row twice may have meant another one."""
    faults = association.faults({"figures-2.csv": f"{FIGURES}CL-01,2023,turnover,{again}\n"})
    assert places(faults) == [("figures-2.csv", 4, column, code)]


@pytest.mark.parametrize(
    "name", ["figures.csv", "figures-west.csv", "figures 2024.csv", "Figures.csv", "figures_a.csv"]
)
def test_a_name_that_begins_with_its_table_is_understood(association: Association, name: str) -> None:
    """Several files of one table are told apart by the rest of their name."""
    assert association.take({name: MORE_FIGURES})[0][0].table is Table.FIGURES


@pytest.mark.parametrize(
    "name", ["cifre.csv", "figure.csv", "figureswest.csv", "my-figures.csv", "2024-figures.csv", ".csv"]
)
def test_a_name_that_begins_with_no_table_is_refused(association: Association, name: str) -> None:
    """What a file holds is never guessed from its content."""
    assert places(association.faults({name: MORE_FIGURES})) == [(name, 0, "", "E-FILE-NAME")]


def test_the_faults_of_all_files_come_at_once_and_sorted(association: Association) -> None:
    """One look at the message is enough to mend all files."""
    sent = {
        "units.csv": "unit,name,kind\nCL-03,,cluster\nCL-04,Fourth,Cluster\n",
        "figures.csv": FIGURE + "CL-01,2024,turnover,-1\nCL-02,2024,turnover,1\nCL-01,20,turnover,12%\n",
        "answers.csv": MORE_ANSWERS.replace("2\n", "9\n") + "CL-77,2024,R-77,cooperation,1\n",
    }
    assert places(association.faults(sent)) == [
        ("answers.csv", 2, "answer", "E-RAT-RANGE"),
        ("answers.csv", 3, "rater", "E-RATER-UNKNOWN"),
        ("answers.csv", 3, "unit", "E-ID-UNKNOWN"),
        ("figures.csv", 2, "value", "E-DOM-NEGATIVE"),
        ("figures.csv", 4, "value", "E-NUM-PERCENT"),
        ("figures.csv", 4, "year", "E-TIME-RANGE"),
        ("units.csv", 2, "name", "E-EMPTY"),
        ("units.csv", 3, "kind", "E-KIND"),
    ]


def test_faults_of_names_come_with_all_others(association: Association) -> None:
    """A file with a bad name hides neither another one nor the faults of good names."""
    sent = {"cifre.csv": MORE_FIGURES, "figuri.csv": MORE_FIGURES, "figures.csv": FIGURE + "CL-01,2024,turnover,-1\n"}
    assert places(association.faults(sent)) == [
        ("cifre.csv", 0, "", "E-FILE-NAME"),
        ("figures.csv", 2, "value", "E-DOM-NEGATIVE"),
        ("figuri.csv", 0, "", "E-FILE-NAME"),
    ]


def test_faults_of_form_come_with_faults_of_content(association: Association) -> None:
    """A file that is not CSV does not hide what is wrong in the others."""
    sent = {"answers.csv": MORE_ANSWERS + "CL-01,2024\n", "figures.csv": FIGURE + "CL-01,2024,turnover,-1\n"}
    assert places(association.faults(sent)) == [
        ("answers.csv", 3, "", "E-CSV-WIDTH"),
        ("figures.csv", 2, "value", "E-DOM-NEGATIVE"),
    ]


def test_a_message_shows_nothing_that_a_terminal_obeys(association: Association) -> None:
    """Names of files and columns are as foreign as cells."""
    sent = {
        "figures\x1b[2J.csv": "unit,year,indicator,value,no\x1b[2Jte\nCL-01,2024,turnover,1,x\n",
        "answers.csv": "unit,year,rater,item,answer\nCL-\x1b[2J01,2024,R-01,cooperation,3\n",
    }
    with pytest.raises(InputRefused) as refused:
        association.take(sent)
    assert [mark for mark in str(refused.value) if not mark.isprintable() and mark != "\n"] == []


def test_every_record_says_who_when_and_from_which_row(association: Association) -> None:
    """Each observation is traced to the line of the very file that brought it."""
    association.take({"corrections.csv": corrected_turnover("1500000")})
    files = {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in stored_files(association.workspace)}
    for record in association.ledger.read():
        assert record.who == "a tester"
        assert datetime.datetime.fromisoformat(record.when).utcoffset() == datetime.timedelta(0)
        if record.action is Action.FILE:
            assert record.row == 0
        else:
            assert_is_line_of(record, files[record.file])


def assert_is_line_of(record: Record, path: Path) -> None:
    """Compare a record with the row of the file that it names."""
    with path.open(encoding="utf-8", newline="") as file:
        row = list(csv.DictReader(file))[record.row - 2]
    columns = ("unit", "year") if record.action is Action.CORRECT else tuple(row)
    assert all(str(record.data[column] or "").removesuffix(".0") in {row[column], "[]"} for column in columns)


def test_without_files_everything_in_data_raw_is_taken_in(association: Association) -> None:
    """A fresh clone has no ledger; it is made anew from the files as received, corrections included."""
    association.take({"corrections.csv": corrected_turnover("1500000")})
    association.take({"figures.csv": MORE_FIGURES})
    (association.workspace.root / "data" / "processed").rename(association.folder / "lost")
    steps.ingest(association.workspace)
    right = FIGURES.replace("1000000", "1500000") + MORE_FIGURES.partition("\n")[2]
    assert association.observed().digest == digest_of(EVERYTHING | {"figures.csv": right})


def test_what_was_done_on_one_day_is_done_again_in_the_same_order(association: Association) -> None:
    """A file that was sent after a correction, and agrees with it, does not keep the ledger from being made again."""
    association.take({"corrections.csv": corrected_turnover("1500000")})
    association.take({"figures-repaired.csv": FIGURES.replace("1000000", "1500000")})
    before = association.observed().digest
    (association.workspace.root / "data" / "processed").rename(association.folder / "lost")
    steps.ingest(association.workspace)
    assert association.observed().digest == before


@settings(max_examples=20)
@given(st.permutations(list(EVERYTHING)))
def test_the_order_of_files_within_a_call_does_not_matter(names: list[str]) -> None:
    """Answers may be named before the units that they are about."""
    assert digest_of({name: EVERYTHING[name] for name in names}) == digest_of(EVERYTHING)


@settings(max_examples=20)
@given(st.permutations(rows_of(MORE_FIGURES + FIGURES.partition("\n")[2])))
def test_the_order_of_rows_within_a_file_does_not_matter(rows: list[str]) -> None:
    """A sorted table says the same."""
    sent = "\n".join([FIGURE.strip(), *rows]) + "\n"
    assert digest_of(EVERYTHING | {"figures.csv": sent}) == digest_of(EVERYTHING, {"figures.csv": MORE_FIGURES})


@settings(max_examples=20)
@given(st.permutations(rows_of(UNITS)))
@example(sorted(rows_of(UNITS), reverse=True))
def test_the_order_of_units_within_a_file_does_not_matter(rows: list[str]) -> None:
    """A member may stand above its cluster."""
    sent = "\n".join([UNITS.partition("\n")[0], *rows]) + "\n"
    assert digest_of(EVERYTHING | {"units.csv": sent}) == digest_of(EVERYTHING)


@pytest.mark.parametrize("name", ["units-a.csv", "units-z.csv"])
def test_the_names_of_files_within_a_call_do_not_matter(empty_association: Association, name: str) -> None:
    """Members may come in a file that is read before that of their clusters."""
    header, *rows = UNITS.splitlines()
    sent = {name: [row for row in rows if "member" in row], "units-m.csv": [row for row in rows if "member" not in row]}
    empty_association.take({name: "\n".join([header, *chosen]) + "\n" for name, chosen in sent.items()})
    assert len(empty_association.observed().units) == len(rows)


ROWS = [("figures", row) for row in rows_of(FIGURES) + rows_of(MORE_FIGURES)]
ROWS += [("answers", row) for row in rows_of(ANSWERS) + rows_of(MORE_ANSWERS)]
HEADERS = {"figures": FIGURES.partition("\n")[0], "answers": ANSWERS.partition("\n")[0]}


@settings(max_examples=25)
@given(st.permutations(ROWS), st.lists(st.integers(1, len(ROWS) - 1), max_size=4))
def test_the_order_and_time_of_arrival_do_not_matter(rows: list[tuple[str, str]], cuts: list[int]) -> None:
    """Observations that arrive one by one, in any order, are the same observations."""
    bounds = [0, *sorted(set(cuts)), len(ROWS)]
    calls: list[dict[str, str]] = [{"units.csv": UNITS, "raters.csv": RATERS}]
    for first, last in pairwise(bounds):
        chunk: dict[str, str] = {}
        for table, row in rows[first:last]:
            name = f"{table}-{first}.csv"
            chunk[name] = chunk.get(name, HEADERS[table] + "\n") + row + "\n"
        calls.append(chunk)
    assert digest_of(*calls) == digest_of(EVERYTHING, {"figures.csv": MORE_FIGURES, "answers.csv": MORE_ANSWERS})
