"""What an edition gives away holds no formula, no person and no member, and is the same to the byte."""

import hashlib
import io
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import xarray as xr

from clusterscore.paths import Workspace
from clusterscore.report import downloads
from clusterscore.report.pages import EditionData, load_edition
from tests.report import handmade
from tests.report.payloads import PAYLOADS


@pytest.mark.parametrize("text", [*PAYLOADS, "=1+1", " =1+1", "+1", "-1", "@x", "\t=1", "|x"])
def test_no_text_in_a_csv_is_a_formula(text: str) -> None:
    """Whatever people wrote begins with an apostrophe where a spreadsheet would calculate."""
    (cell,) = pd.read_csv(io.BytesIO(downloads.csv_of(pd.DataFrame({"name": [text]}))), keep_default_na=False)["name"]
    assert cell[:1] not in {"=", "+", "-", "@", "\t", "|"}
    assert not cell.lstrip().startswith(("=", "+", "-", "@", "|"))


def test_numbers_below_zero_stay_numbers() -> None:
    """Only text is made safe."""
    assert downloads.csv_of(pd.DataFrame({"mean": [-1.5]})) == b"mean\n-1.5\n"


def test_nothing_about_persons_or_members_is_given_away() -> None:
    """Raters, pairs of raters and members stay inside."""
    assert set(downloads.PUBLIC) & {"raters", "rater_fit", "twins", "leniency", "members", "fair_averages"} == set()


@pytest.fixture
def data(scored_workspace: Workspace) -> EditionData:
    """Return a scored edition."""
    return load_edition(scored_workspace.root, "small", handmade.EDITION)


def test_the_workbook_holds_no_formula_and_no_time(data: EditionData) -> None:
    """Every cell is a text or a number, and the same tables give the same bytes."""
    content = downloads.workbook_of(data)
    book = openpyxl.load_workbook(io.BytesIO(content))
    kinds = {cell.data_type for sheet in book.worksheets for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    assert downloads.workbook_of(data) == content
    assert book.sheetnames == ["read me", *downloads.PUBLIC]


def test_the_draws_are_those_of_the_scores(scored_workspace: Workspace, data: EditionData) -> None:
    """Means of the draws that are given away are the published means."""
    draws = xr.load_dataset(io.BytesIO(downloads.draws_of(scored_workspace, data)), engine="scipy")
    means = dict(zip(draws["unit"].to_numpy().astype(str), draws["score"].mean("sample").to_numpy(), strict=True))
    published = dict(zip(data.current["unit"], data.current["score_mean"], strict=True))
    assert means == pytest.approx(published, abs=0.01)


def test_digests_are_those_of_the_files(scored_workspace: Workspace, data: EditionData, tmp_path: Path) -> None:
    """Whoever has a file can verify it."""
    names = downloads.write(scored_workspace, data, tmp_path)
    path = tmp_path / downloads.write_digests(tmp_path, names)
    lines = dict(line.split("  ")[::-1] for line in path.read_text().splitlines())
    folder = tmp_path / downloads.FOLDER
    assert lines == {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in lines}
    assert len(lines) == len(names)
