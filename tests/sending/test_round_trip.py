"""Template, filled in by a person, read back: the same values, or the cell that was changed."""

import datetime
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from clusterscore import steps
from clusterscore.errors import InputRefused
from clusterscore.observations.ledger import Ledger
from clusterscore.observations.observed import Observations, observe
from clusterscore.paths import Workspace
from clusterscore.reading import layout
from tests.sending import sent

SOFFICE = shutil.which("soffice")
OFFICE = "CLUSTERSCORE_OFFICE"  # set where the program must be there, so that nothing is skipped in silence

VALUES = {"turnover_total": 104500000.25, "export_markets": 14, "export_share": 0.312345678901234, "employees": 3120}


def _entries(book: Path) -> dict[tuple[str, str], Any]:
    entries: dict[tuple[str, str], Any] = {
        (layout.FIGURES, f"F{sent.row_of(book, name)}"): value for name, value in VALUES.items()
    }
    entries[layout.FIGURES, f"G{sent.row_of(book, 'employees')}"] = "survey of members / chestionar membri"
    members = {"B9": "Mobilă Nouă & Fiii SRL", "C9": "RO11", "D9": "furniture", "E9": 2019, "G9": 18500, "G7": 20500.5}
    return entries | {(layout.MEMBERS, address): value for address, value in members.items()}


def _observed(workspace: Workspace) -> Observations:
    return observe(Ledger(workspace.ledger))


def _figures(workspace: Workspace) -> dict[tuple[str, str], float]:
    rows = _observed(workspace).figures
    rows = rows[rows["year"] == sent.EDITION]
    return {(row.unit, row.indicator): row.value for row in rows.itertuples()}


EXPECTED = {("CL-A", name): float(value) for name, value in VALUES.items()} | {
    ("CL-A-M008", "firm_value_added_per_employee"): 18500.0,
    ("CL-A-M001", "firm_value_added_per_employee"): 20500.5,
}


def test_what_is_filled_in_is_read_without_loss(asked: Workspace, book: Path, tmp_path: Path) -> None:
    """Every figure with the 15 digits that a spreadsheet holds, its source, and a new member under the next free id."""
    filled = sent.fill(book, _entries(book), tmp_path / "back" / "from CL-A.xlsx")
    steps.ingest(asked, [filled], who="test")
    assert _figures(asked) == EXPECTED
    units = _observed(asked).units.set_index("unit").loc["CL-A-M008"]
    assert (units["name"], units["parent"], units["sector"]) == ("Mobilă Nouă & Fiii SRL", "CL-A", "furniture")
    figures = _observed(asked).figures
    employees = figures[(figures["indicator"] == "employees") & (figures["year"] == sent.EDITION)]
    assert employees["source"].tolist() == ["survey of members / chestionar membri"]


def test_a_ledger_made_again_from_raw_files_holds_the_same(asked: Workspace, book: Path, tmp_path: Path) -> None:
    """The workbook is kept as it came, and read again the same way."""
    steps.ingest(asked, [sent.fill(book, _entries(book), tmp_path / "back.xlsx")], who="test")
    before = _observed(asked)
    shutil.rmtree(asked.processed)
    steps.ingest(asked, who="test")
    assert _observed(asked).digest == before.digest


def test_the_same_workbook_twice_adds_nothing(asked: Workspace, book: Path, tmp_path: Path) -> None:
    """All of its tables are known then."""
    filled = sent.fill(book, _entries(book), tmp_path / "back.xlsx")
    steps.ingest(asked, [filled], who="test")
    taken, _ = steps.ingest(asked, [filled], who="test")
    assert sum(file.new for file in taken) == 0
    assert sum(file.known for file in taken) == 7


@pytest.mark.skipif(SOFFICE is None and OFFICE not in os.environ, reason="LibreOffice is not installed")
def test_what_libreoffice_saved_is_read_without_loss(asked: Workspace, book: Path, tmp_path: Path) -> None:
    """Many people have no Excel."""
    filled = sent.fill(book, _entries(book), tmp_path / "filled.xlsx")
    command = [SOFFICE, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "xlsx"]
    subprocess.run([*map(str, command), "--outdir", tmp_path / "saved", filled], check=True, capture_output=True)
    steps.ingest(asked, [tmp_path / "saved" / "filled.xlsx"], who="test")
    assert _figures(asked) == EXPECTED


def test_the_example_is_never_read(asked: Workspace, book: Path, tmp_path: Path) -> None:
    """Even if somebody writes over it."""
    entries = _entries(book) | {(layout.FIGURES, "F6"): 0.5, (layout.MEMBERS, "B6"): "Firma mea SRL"}
    steps.ingest(asked, [sent.fill(book, entries, tmp_path / "back.xlsx")], who="test")
    assert _figures(asked) == EXPECTED
    assert "Firma mea SRL" not in set(_observed(asked).units["name"])


def test_numbers_entered_as_text_are_read_by_the_locale_that_they_prove(
    asked: Workspace, book: Path, tmp_path: Path
) -> None:
    """A column formatted as text gives `104.500.000,25`."""
    entries = {
        (layout.FIGURES, f"F{sent.row_of(book, 'turnover_total')}"): "104.500.000,25",
        (layout.FIGURES, f"F{sent.row_of(book, 'value_added_per_employee')}"): "22.150",
    }
    steps.ingest(asked, [sent.fill(book, entries, tmp_path / "back.xlsx")], who="test")
    assert _figures(asked) == {
        ("CL-A", "turnover_total"): 104500000.25,
        ("CL-A", "value_added_per_employee"): 22150.0,
    }


def _faults(workspace: Workspace, path: Path) -> list[tuple[str, str, str]]:
    with pytest.raises(InputRefused) as refused:
        steps.ingest(workspace, [path], who="test")
    return [(fault.sheet, fault.cell, fault.code) for fault in refused.value.faults]


def _cell(book: Path, name: str, column: str = "F") -> str:
    return f"{column}{sent.row_of(book, name)}"


BAD = {
    "formula": ("employees", "F", "=1000+20", "E-XLS-FORMULA"),
    "formula in source": ("employees", "G", "=1+1", "E-XLS-FORMULA"),
    "error": ("employees", "F", "#N/A", "E-XLS-ERRORCELL"),
    "ambiguous text": ("employees", "F", "3.120", "E-NUM-AMBIGUOUS"),
    "missing code": ("employees", "F", "n/a", "E-NUM-MISSINGCODE"),
    "out of range": ("export_share", "F", 28.1, "E-NUM-RANGE"),
    "negative": ("turnover_total", "F", -5, "E-DOM-NEGATIVE"),
    "half a country": ("export_markets", "F", 3.5, "E-DOM-INTEGER"),
    "words": ("turnover_total", "F", "about a million", "E-NUM-FORMAT"),
    "long source": ("turnover_total", "G", "x" * 201, "E-TXT-LENGTH"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_value_is_refused_at_its_cell(asked: Workspace, book: Path, tmp_path: Path, what: str) -> None:
    """Sheet and address of each fault."""
    name, column, value, code = BAD[what]
    entries = {(layout.FIGURES, _cell(book, "turnover_total")): 104500000}
    entries[layout.FIGURES, _cell(book, name, column)] = value
    path = sent.fill(book, entries, tmp_path / "back.xlsx")
    assert _faults(asked, path) == [(layout.FIGURES, _cell(book, name, column), code)]


def test_a_date_instead_of_a_number_is_refused_at_its_cell(asked: Workspace, book: Path, tmp_path: Path) -> None:
    """1.5 typed in a Romanian Excel becomes the first of May."""
    cell = _cell(book, "rd_share")
    path = sent.fill(book, {(layout.FIGURES, cell): datetime.datetime(2024, 5, 1)}, tmp_path / "back.xlsx")  # noqa: DTZ001
    assert _faults(asked, path) == [(layout.FIGURES, cell, "E-NUM-DATE")]


CHANGED = {
    "measure": (layout.FIGURES, "turnover_total", "C", "thousand EUR"),
    "title": (layout.FIGURES, "turnover_total", "A", "Profit"),
    "name of a member": (layout.MEMBERS, "CL-A-M001", "B", "Altă firmă SRL"),
}


@pytest.mark.parametrize("what", CHANGED)
def test_what_was_changed_is_refused_at_its_row(asked: Workspace, book: Path, tmp_path: Path, what: str) -> None:
    """Protection can be taken off; then the digest tells."""
    sheet, name, column, value = CHANGED[what]
    row = sent.row_of(book, name, sheet)
    path = sent.fill(book, _entries(book) | {(sheet, f"{column}{row}"): value}, tmp_path / "back.xlsx")
    assert _faults(asked, path) == [(sheet, f"A{row}", "E-TPL-CHANGED")]


def test_ids_that_were_exchanged_are_refused(asked: Workspace, book: Path, tmp_path: Path) -> None:
    """Two rows' hidden ids, swapped, belong to other titles."""
    opened = openpyxl.load_workbook(book)[layout.FIGURES]
    one, other = sent.row_of(book, "employees"), sent.row_of(book, "export_share")
    entries = _entries(book) | {
        (layout.FIGURES, f"I{one}"): opened[f"I{other}"].value,
        (layout.FIGURES, f"I{other}"): opened[f"I{one}"].value,
    }
    path = sent.fill(book, entries, tmp_path / "back.xlsx")
    assert {code for _, _, code in _faults(asked, path)} == {"E-TPL-CHANGED"}


@pytest.mark.parametrize("sheet", [layout.FIGURES, layout.MEMBERS])
def test_a_code_of_another_unit_is_refused(asked: Workspace, book: Path, tmp_path: Path, sheet: str) -> None:
    """One cluster's figures are not recorded as another's."""
    code = str(openpyxl.load_workbook(book)[sheet]["A1"].value).replace("CL-A", "CL-B")
    path = sent.fill(book, _entries(book) | {(sheet, "A1"): code}, tmp_path / "back.xlsx")
    assert {code for _, _, code in _faults(asked, path)} & {"E-TPL-CHANGED", "E-TPL-CODE"}


def test_a_workbook_of_a_newer_format_is_not_guessed_at(asked: Workspace, book: Path, tmp_path: Path) -> None:
    """H10: what a later version of the program sent out, this one cannot hold to what was sent."""
    code = str(openpyxl.load_workbook(book)[layout.FIGURES]["A1"].value)
    newer = code.replace(f"clusterscore {layout.FORMAT}", f"clusterscore {layout.FORMAT + 1}")
    assert newer != code
    path = sent.fill(book, _entries(book) | {(layout.FIGURES, "A1"): newer}, tmp_path / "back.xlsx")
    assert _faults(asked, path) == [(layout.FIGURES, "A1", "E-SCHEMA-VERSION")]


def test_a_row_taken_away_is_noticed(asked: Workspace, book: Path, tmp_path: Path) -> None:
    """What is not asked cannot be missed otherwise."""
    opened = openpyxl.load_workbook(book)
    opened[layout.FIGURES].delete_rows(sent.row_of(book, "employees"))
    opened[layout.FIGURES]["F7"] = 5
    path = tmp_path / "back.xlsx"
    opened.save(path)
    assert ("figures", "A1", "E-TPL-CHANGED") in _faults(asked, path)


def test_an_empty_workbook_is_said_to_be_empty(asked: Workspace, book: Path) -> None:
    """It was sent back as it came."""
    assert _faults(asked, book) == [("", "", "E-FILE-NOROWS")]


def test_a_new_member_without_a_name_is_refused_at_its_cell(asked: Workspace, book: Path, tmp_path: Path) -> None:
    """Its figures belong to nobody."""
    path = sent.fill(book, {(layout.MEMBERS, "G9"): 18500}, tmp_path / "back.xlsx")
    assert _faults(asked, path) == [(layout.MEMBERS, "B9", "E-EMPTY")]


def test_a_refused_workbook_leaves_everything_as_it_was(asked: Workspace, book: Path, tmp_path: Path) -> None:
    """Neither ledger nor raw files change."""
    before = {path: path.read_bytes() for path in (asked.root / "data").rglob("*") if path.is_file()}
    path = sent.fill(book, _entries(book) | {(layout.FIGURES, "F7"): "x"}, tmp_path / "back.xlsx")
    _faults(asked, path)
    assert {path: path.read_bytes() for path in (asked.root / "data").rglob("*") if path.is_file()} == before
