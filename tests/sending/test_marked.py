"""What was sent goes back with its faulty cells coloured, and nothing in it is live."""

from pathlib import Path

from openpyxl import load_workbook

from tests.command import Command
from tests.observations.association import Association

SENT = 'unit,name,kind\nCL-61,=1+1,cluster\nbad id,"@SUM(A1)",cluster\n'


def test_a_refused_file_has_a_marked_copy(tmp_path: Path, command: Command) -> None:
    """The faulty cell is coloured and explained in the language asked for; every cell is text."""
    association = Association.make(tmp_path / "association")
    path = association.send("units.csv", SENT)
    words = ("ingest", path, "--marked", tmp_path / "back", "--language", "ro")
    code, _, messages = command(*words, "--workspace", association.workspace.root)
    assert code == 2
    assert "ce înseamnă" in messages
    sheet = load_workbook(tmp_path / "back" / "units-marked.xlsx").worksheets[0]
    faulty = [cell for row in sheet.iter_rows() for cell in row if cell.comment is not None]
    assert [cell.value for cell in faulty] == ["bad id"]
    assert "E-ID-FORMAT" in faulty[0].comment.text
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"s"}
    assert [cell.value for cell in sheet["B"][3:]] == ["=1+1", "@SUM(A1)"]


def test_without_a_fault_there_is_no_copy(tmp_path: Path, command: Command) -> None:
    """Nothing is written."""
    association = Association.make(tmp_path / "association")
    path = association.send("units.csv", "unit,name,kind\nCL-61,Good,cluster\n")
    code, *_ = command("ingest", path, "--marked", tmp_path / "back", "--workspace", association.workspace.root)
    assert code == 0
    assert not (tmp_path / "back").exists()
