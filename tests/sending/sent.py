"""A small association to which workbooks and questionnaires are sent, and a person who fills them in."""

from __future__ import annotations

import io
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl

from clusterscore import exchange, steps
from clusterscore.paths import Workspace
from clusterscore.reading import layout

ROOT = Path(__file__).resolve().parents[2]
EDITION = 2024

UNITS = """unit,name,kind,parent,country,region,sector,founded
CL-A,=HYPERLINK("http://evil.example")&Co,cluster,,RO,RO11,furniture,2011
CL-B,Clusterul Textile „Țesătura”,cluster,,RO,RO21,textiles,2014
CL-A-T1,@Echipa <b>CL-A</b>,team,CL-A,,,,
CL-A-M001,"O'Neil & Fiii <SRL>",member,CL-A,RO,RO11,furniture,
CL-A-M007,NaN SRL,member,CL-A,RO,RO11,furniture,2015
"""
RATERS = """rater,affiliation,ties
R-001,CL-A,
R-002,CL-B,
R-003,,
"""
FIGURES = """unit,year,indicator,value
CL-A,2022,turnover_total,90000000
CL-A,2023,turnover_total,95000000.5
CL-A,2023,export_share,0.281
CL-A-M001,2023,firm_value_added_per_employee,21000
"""


def make(folder: Path) -> Workspace:
    """Return a workspace with the shipped functions, two clusters, a team and two members."""
    shutil.copytree(ROOT / "functions", folder / "functions")
    workspace = Workspace.find(folder)
    paths = []
    for name, text in {"units.csv": UNITS, "raters.csv": RATERS, "figures.csv": FIGURES}.items():
        path = folder.parent / f"{folder.name}-sent" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    steps.ingest(workspace, paths, who="test")
    return workspace


def send(workspace: Workspace, folder: Path) -> dict[str, Path]:
    """Return the templates of all units by name."""
    return {sent.path.name: sent.path for sent in exchange.templates(workspace, EDITION, to=folder)}


def row_of(path: Path, name: str, sheet: str = layout.FIGURES) -> int:
    """Return the row whose hidden tag bears a name."""
    cells = openpyxl.load_workbook(path)[sheet]
    return next(
        row
        for row in range(layout.HEADER_ROW + 1, cells.max_row + 1)
        for column in range(1, cells.max_column + 1)
        if layout.name_in(str(cells.cell(row, column).value or "")) == name
    )


def fill(path: Path, entries: Mapping[tuple[str, str], Any], to: Path) -> Path:
    """Write cells as a person would, by sheet and address, and save the workbook elsewhere."""
    book = openpyxl.load_workbook(path)
    for (sheet, address), value in entries.items():
        book[sheet][address] = value
    buffer = io.BytesIO()
    book.save(buffer)
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(buffer.getvalue())
    return to
