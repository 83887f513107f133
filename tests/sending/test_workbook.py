"""The workbook that goes out: what it shows, what it lets in, and that nothing in it is live."""

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

from clusterscore import exchange
from clusterscore.errors import UnknownName
from clusterscore.model.function import read_functions
from clusterscore.paths import Workspace
from clusterscore.reading import layout
from tests.sending import sent


def test_a_row_for_each_indicator_and_no_other(asked: Workspace, book: Path) -> None:
    """What the function wants of a cluster is asked; what is derived is not."""
    sheet = openpyxl.load_workbook(book)[layout.FIGURES]
    tags = [sheet.cell(row, layout.TAG + 1).value for row in range(layout.HEADER_ROW + 1, sheet.max_row + 1)]
    function = read_functions(asked.functions)["competitiveness"]
    wanted = [part.id for part in function.indicators if part.derived is None and part.of == "unit"]
    assert [layout.name_in(tag) or tag for tag in tags] == [layout.EXAMPLE, *wanted]


def test_the_last_known_value_is_shown(book: Path) -> None:
    """Who fills in sees what was said before, with its year."""
    sheet = openpyxl.load_workbook(book)[layout.FIGURES]
    row = sent.row_of(book, "turnover_total")
    assert (sheet.cell(row, layout.LAST + 1).value, sheet.cell(row, layout.LAST_YEAR + 1).value) == (95000000.5, 2023)


def test_only_coloured_cells_are_open(book: Path) -> None:
    """Headers, ids and last values cannot be overwritten by a slip."""
    for sheet in openpyxl.load_workbook(book).worksheets:
        assert sheet.protection.sheet
        for row in sheet.iter_rows():
            for cell in row:
                coloured = cell.fill.fgColor.rgb == "00FFF4CC" and sheet.title != "read me"
                assert cell.protection.locked is not coloured, f"{sheet.title} {cell.coordinate}"


@pytest.mark.parametrize("name", ["CL-A-2024.xlsx", "CL-A-T1-2024.xlsx", "CL-B-2024.xlsx"])
def test_nothing_is_live(templates: dict[str, Path], name: str) -> None:
    """A name that begins like a formula stays text; no formula, link or macro is anywhere in the file."""
    book = openpyxl.load_workbook(templates[name])
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    with zipfile.ZipFile(templates[name]) as archive:
        content = b"".join(archive.read(entry) for entry in archive.namelist() if "sheet" in entry)
        assert b"<f>" not in content
        assert b"<hyperlink" not in content
        assert not any("external" in entry.lower() or "vba" in entry.lower() for entry in archive.namelist())


def test_a_name_like_a_formula_is_shown_as_it_is(book: Path) -> None:
    """The text survives, as text."""
    sheet = openpyxl.load_workbook(book)[layout.FIGURES]
    assert str(sheet["A2"].value).startswith('=HYPERLINK("http://evil.example")&Co')
    assert sheet["A2"].data_type == "s"


def test_the_same_request_gives_the_same_bytes(asked: Workspace, templates: dict[str, Path]) -> None:
    """A template can be made again and compared."""
    again = sent.send(asked, asked.root / "again")
    assert {name: path.read_bytes() for name, path in again.items()} == {
        name: templates[name].read_bytes() if name in templates else path.read_bytes() for name, path in again.items()
    }
    assert len([name for name in again if name in templates]) == len(templates)


def test_cells_take_only_what_the_door_admits(book: Path) -> None:
    """A share above 1 is stopped where it is typed."""
    sheet = openpyxl.load_workbook(book)[layout.FIGURES]
    address = f"F{sent.row_of(book, 'export_share')}"
    rules = [rule for rule in sheet.data_validations.dataValidation if address in str(rule.sqref).split()]
    assert [(rule.type, rule.operator, rule.formula1, rule.formula2) for rule in rules] == [
        ("decimal", "between", "0", "1")
    ]
    assert "un număr" in rules[0].error


def test_members_are_listed_and_new_ones_have_room(book: Path) -> None:
    """A row for each member that is known, and open rows below."""
    sheet = openpyxl.load_workbook(book)[layout.MEMBERS]
    names = [sheet.cell(row, layout.MEMBER + 1).value for row in range(layout.HEADER_ROW + 2, layout.HEADER_ROW + 6)]
    assert names == ["CL-A-M001", "CL-A-M007", "new / nou", "new / nou"]


def test_a_team_is_asked_about_its_management(templates: dict[str, Path]) -> None:
    """A workbook for each team as well, without a sheet of members."""
    book = openpyxl.load_workbook(templates["CL-A-T1-2024.xlsx"])
    assert book.sheetnames == ["read me", layout.FIGURES]


def test_a_cluster_can_be_asked_alone(asked: Workspace, tmp_path: Path) -> None:
    """With its team, and no other."""
    made = exchange.templates(asked, sent.EDITION, cluster="CL-A", to=tmp_path / "one")
    assert {file.path.name for file in made if file.path.suffix == ".xlsx"} == {"CL-A-2024.xlsx", "CL-A-T1-2024.xlsx"}


def test_an_unknown_cluster_is_named(asked: Workspace, tmp_path: Path) -> None:
    """Nothing is written for nobody."""
    with pytest.raises(UnknownName, match="CL-Z"):
        exchange.templates(asked, sent.EDITION, cluster="CL-Z", to=tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_an_edited_mapping_is_left_as_it_is(asked: Workspace, tmp_path: Path) -> None:
    """A clerk's work is not overwritten when templates are made again."""
    path = asked.mappings / "competitiveness-2024-cl-a.yml"
    edited = path.read_text(encoding="utf-8") + "# mine\n"
    path.write_text(edited, encoding="utf-8")
    made = exchange.templates(asked, sent.EDITION, cluster="CL-A", to=tmp_path / "again")
    assert path.read_text(encoding="utf-8") == edited
    assert [file.path.name for file in made if file.kept] == [path.name]


def test_the_file_is_a_workbook_that_opens(book: Path) -> None:
    """Sheets in their order, and what it is about in its properties."""
    opened = openpyxl.load_workbook(io.BytesIO(book.read_bytes()))
    assert opened.sheetnames == ["read me", layout.FIGURES, layout.MEMBERS]
    assert layout.stamp_of(opened[layout.FIGURES]["A1"].value) is not None
