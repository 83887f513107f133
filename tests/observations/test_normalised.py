"""What people write is read as they meant it, and the ledger says what was done to it."""

import shutil
from dataclasses import replace
from typing import Literal

import pytest

from clusterscore import steps
from clusterscore.raw.origin import Origin, sidecar_of
from clusterscore.raw.readers import read_csv
from clusterscore.raw.receive import stored_files
from clusterscore.reading.cells import Reading
from clusterscore.reading.numbers import Unreadable
from tests.command import Command
from tests.observations.association import EVERYTHING, FIGURES, Association, corrections, places, undoubted

HEADER = "unit,year,indicator,value\n"
KEY = {"table": "figures", "action": "correct", "unit": "CL-02", "year": "2022", "indicator": "balance"}


def take(association: Association, content: str, locale: Literal["ro", "en"] | None = None) -> list[object]:
    """Send figures and return what was recorded of them."""
    path = association.send("figures.csv", content)
    before = association.ledger.head().count
    undoubted(association.workspace, [path], locale=locale)
    return [record.data["value"] for record in association.ledger.read()[before + 1 :]]


def noted(association: Association) -> list[tuple[object, ...]]:
    """Return what was noted about the last file: code, row, column, before, after."""
    file = [record for record in association.ledger.read() if record.action == "file"][-1]
    names = ("code", "row", "column", "was", "became")
    return [tuple(note.get(name) for name in names) for note in file.data.get("notes", ())]


def rows(*values: str, indicator: str = "balance") -> str:
    """Return figures of one indicator in years of their own."""
    lines = [f'CL-02,{2022 - n},{indicator},"{value}"' for n, value in enumerate(values)]
    return HEADER + "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("values", "expected"),
    [(("1,5", "1.234"), [1.5, 1234.0]), (("1.234,56", "0,5"), [1234.56, 0.5]), (("1.234.567", "2"), [1234567.0, 2.0])],
)
def test_a_file_that_proves_a_decimal_comma_is_read_so(
    association: Association, values: tuple[str, ...], expected: list[float]
) -> None:
    """N02: one cell that can be read in one way says how its author writes; the ledger says so."""
    assert take(association, rows(*values, indicator="turnover")) == expected
    ((code, row, column, _, became),) = noted(association)
    assert (code, row, column) == ("N-NUM-LOCALE", 2, "value")
    assert str(became).startswith("read as ro")


def test_a_point_proves_nothing_about_thousands_of_another_kind(association: Association) -> None:
    """A share that a program wrote says nothing about how a person grouped the turnover."""
    sent = rows("0.31", indicator="export_share") + 'CL-02,2024,turnover,"1.234"\n'
    assert places(association.faults({"figures.csv": sent})) == [("figures.csv", 3, "value", "E-NUM-AMBIGUOUS")]


def test_a_point_proves_the_other_numbers_of_its_kind(association: Association) -> None:
    """Where one balance is 0.5, another is 1.234."""
    assert take(association, rows("0.5", "1.234")) == [0.5, 1.234]
    assert noted(association) == []


def test_numbers_that_contradict_each_other_are_both_named(association: Association) -> None:
    """Which of them is wrong only the sender knows."""
    found = association.faults({"figures.csv": rows("1,5", "2", "2.5")})
    assert places(found) == [("figures.csv", 2, "value", "E-NUM-LOCALE"), ("figures.csv", 4, "value", "E-NUM-LOCALE")]


def test_a_declared_locale_is_obeyed_and_kept_beside_the_file(association: Association) -> None:
    """A ledger that is built again from data/raw reads the file as it was read the first time."""
    sent = rows("1.234", "5\u00a0678\u00a0901", "7'000,5", indicator="turnover")
    assert take(association, sent, "ro") == [1234.0, 5678901.0, 7000.5]
    kept = [Origin.read(sidecar_of(path)).locale for path in stored_files(association.workspace)]
    assert sorted(kept, key=str) == [None] * 4 + ["ro"]
    before = [record.data for record in association.ledger.read() if record.action == "add"]
    shutil.rmtree(association.workspace.processed)
    steps.ingest(association.workspace, who="another")
    assert [record.data for record in association.ledger.read() if record.action == "add"] == before


def test_a_number_that_a_workbook_holds_is_in_no_doubt(association: Association) -> None:
    """Where the cell itself is a number, no decimal mark was written."""
    (path,) = [association.send("figures.csv", rows("1.234", indicator="turnover"))]
    raw = read_csv(path, "figures.csv", path.read_bytes())
    typed = replace(raw, rows=tuple(replace(row, numbers=frozenset({"value"})) for row in raw.rows))
    for one, codes in ((raw, ["E-NUM-AMBIGUOUS"]), (typed, [])):
        reading, found = Reading(one, ("value",), "indicator"), []
        reading.begin(one.rows[0])
        try:
            assert reading.number("1.234", "value") == "1.234"
        except Unreadable as problem:
            found.append(problem.code)
        assert found == codes


@pytest.mark.parametrize(
    ("expect", "value", "became"),
    [("1.234", "1.432", 1.432), ("1,234", "1,432", 1.432), ("1.2340", "-2", -2.0), ("1,234", "-0,5", -0.5)],
)
def test_a_correction_is_read_as_what_it_expects_was_written(
    association: Association, expect: str, value: str, became: float
) -> None:
    """What is recorded proves how the sender of a correction writes numbers."""
    take(association, rows("1.234", "0.5"))
    change = corrections(KEY | {"action": "correct", "expect": f'"{expect}"', "value": f'"{value}"'})
    association.take({"corrections.csv": change})
    assert association.ledger.read()[-1].data["value"] == became


def test_each_column_of_employment_proves_its_own_point(association: Association) -> None:
    """Persons with a decimal say nothing of establishments, in whole numbers that may be grouped."""
    header = "region,sector,year,employed,establishments\n"
    one, two = "RO11,furniture,2023,21400.5,610\n", "RO11,textiles,2023,9.800,1.240\n"
    found = association.faults({"employment.csv": header + one + two})
    assert places(found) == [("employment.csv", 3, "establishments", "E-NUM-AMBIGUOUS")]
    association.take({"employment.csv": header + '"RO11",textiles,2023,"9.800,5",1.240\n'})
    assert [association.ledger.read()[-1].data[name] for name in ("employed", "establishments")] == [9800.5, 1240]


def test_a_correction_whose_number_is_ambiguous_is_refused(association: Association) -> None:
    """Where what is expected proves nothing, nothing is guessed."""
    take(association, rows("2", "0.5"))
    change = corrections(KEY | {"action": "correct", "expect": "2", "value": "1.234"})
    found = association.faults({"corrections.csv": change})
    assert places(found) == [("corrections.csv", 2, "value", "E-NUM-AMBIGUOUS")]


def test_names_are_mended_and_the_ledger_says_how(association: Association) -> None:
    """I12, I05: letters, encodings and spaces, each with its rule."""
    sent = "unit,name,kind\nCL-03\u00a0,Braşov BraÅŸov,cluster\nCL-04,Ias\u0327i,cluster\n"
    (taken,), _ = association.take({"units.csv": sent})
    names = [record.data["name"] for record in association.ledger.read()[-2:]]
    assert names == ["Brașov Brașov", "Iași"]
    assert noted(association) == [
        ("N-ID-TRIM", 2, "unit", "CL-03\u00a0", "CL-03"),
        ("N-RO-MOJIBAKE", 2, "name", "Braşov BraÅŸov", "Braşov Braşov"),
        ("N-RO-CEDILLA", 2, "name", "Braşov Braşov", "Brașov Brașov"),
        ("N-NFC", 3, "name", "Ias\u0327i", "Iaşi"),
        ("N-RO-CEDILLA", 3, "name", "Iaşi", "Iași"),
    ]
    assert len(taken.notes) == 5


def test_a_name_in_either_spelling_is_the_same_name(association: Association) -> None:
    """What was sent with commas may be sent again with cedillas."""
    association.take({"units.csv": "unit,name,kind\nCL-03,Brașov,cluster\n"})
    (taken,), _ = association.take({"units-2.csv": "unit,name,kind\nCL-03,Braşov,cluster\n"})
    assert (taken.new, taken.known) == (0, 1)


@pytest.mark.parametrize("name", ["Northern Furnit?re", "Northern Furnit\ufffdre"])
def test_lost_letters_are_in_doubt_with_the_nearest_known_name(association: Association, name: str) -> None:
    """Which letter it was is not for a program to say."""
    doubts = association.doubts({"units.csv": f"unit,name,kind\nCL-03,{name},cluster\n"})
    (fault,) = [doubt.fault for doubt in doubts]
    assert (fault.row, fault.column, fault.code) == (2, "name", "W-TXT-LOST")
    assert "'Northern Furniture'" in fault.expected


def test_a_typographic_minus_is_a_minus(association: Association) -> None:
    """And the ledger says that it was read so."""
    assert take(association, rows("\u22121.5")) == [-1.5]
    assert noted(association) == [("N-NUM-MINUS", 2, "value", "\u22121.5", "-1.5")]


def test_a_file_in_which_nothing_was_normalised_has_no_notes(empty_association: Association) -> None:
    """What was recorded before there were notes is recorded alike."""
    empty_association.take(EVERYTHING)
    assert all("notes" not in record.data for record in empty_association.ledger.read())


def test_the_command_says_what_was_normalised(association: Association, command: Command) -> None:
    """A clerk sees at once that something was read otherwise than it stands there."""
    path = association.send("figures.csv", rows("1.234", "2.345", indicator="turnover"))
    words = ("ingest", path, "--locale", "ro", "--workspace", association.workspace.root)
    code, output, _ = command(*words)
    assert code == 0
    assert output.splitlines()[0].endswith("  normalised: 1 N-NUM-LOCALE")
    code, output, _ = command(*words, "--json")
    assert '"known": 2' in output


def test_an_unknown_locale_is_refused_by_the_command(association: Association, command: Command) -> None:
    """Nothing is read by a guess at what was meant."""
    path = association.send("figures.csv", FIGURES)
    code, _, messages = command("ingest", path, "--locale", "de", "--workspace", association.workspace.root)
    assert code == 2
    assert "--locale" in messages
