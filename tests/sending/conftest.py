"""What tests of what goes out share."""

import shutil
from pathlib import Path

import pytest

from clusterscore.paths import Workspace
from tests.sending import sent


@pytest.fixture(scope="session")
def _prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sent") / "workspace"
    sent.send(sent.make(folder), folder / "templates" / "all")
    return folder


@pytest.fixture
def asked(tmp_path: Path, _prepared: Path) -> Workspace:
    """Return a workspace of its own from which templates were sent."""
    shutil.copytree(_prepared, tmp_path / "workspace")
    return Workspace.find(tmp_path / "workspace")


@pytest.fixture
def templates(asked: Workspace) -> dict[str, Path]:
    """Return what was sent, by name."""
    return {path.name: path for path in (asked.root / "templates" / "all").rglob("*") if path.is_file()}


@pytest.fixture
def book(templates: dict[str, Path]) -> Path:
    """Return the workbook that was sent to the first cluster."""
    return templates[f"CL-A-{sent.EDITION}.xlsx"]
