"""What all tests share."""

import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import settings

from clusterscore.model.function import Function, read_functions
from clusterscore.observations.ledger import Head
from clusterscore.observations.observed import Observations
from clusterscore.paths import Workspace
from tests.command import Command
from tests.edition.whole import Whole, make
from tests.observations.association import EVERYTHING, Association
from tests.posterior import tiny
from tests.report import handmade

# The machine is shared: how long an example takes says nothing about the code.
settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    """Let the garbage collector close the event loops, one a thread, that nbclient opens to speak with kernels."""
    for message in ("unclosed event loop", r"unclosed <socket\.socket fd=\d+, family=1, type=1"):
        config.addinivalue_line("filterwarnings", f"ignore:{message}:ResourceWarning")  # while a test runs
        warnings.filterwarnings("ignore", message, ResourceWarning)  # after the last one


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the checkout."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def functions(root: Path) -> dict[str, Function]:
    """Return the shipped function documents."""
    return read_functions(root / "functions")


@pytest.fixture(scope="session")
def small(root: Path) -> Function:
    """Return a function with few pillars, every transform, both directions and two lengths of answer scale."""
    return Function.read(root / "tests" / "model" / "small.yml")


@pytest.fixture(scope="session")
def observed() -> Callable[..., Observations]:
    """Return what makes observations, as a ledger would, from rows of figures and answers."""
    return observations_of_rows


def observations_of_rows(
    figures: pd.DataFrame | None = None, answers: pd.DataFrame | None = None, kind: str = "cluster"
) -> Observations:
    """Columns unit, year, indicator, value; and unit, year, rater, item, answer, perhaps tied."""
    figures = pd.DataFrame(columns=["unit", "year", "indicator", "value"]) if figures is None else figures
    answers = pd.DataFrame(columns=["unit", "year", "rater", "item", "answer"]) if answers is None else answers
    names = sorted({*figures["unit"], *answers["unit"]})
    units = pd.DataFrame({"unit": names, "name": [f"Unit {name}" for name in names], "kind": kind})
    units = units.assign(parent=None, country="RO", region="RO11", sector=None, demonstration=True)
    units["founded"] = pd.array([None] * len(units), dtype="Int64")
    raters = pd.DataFrame({"rater": sorted(set(answers["rater"]))}).assign(affiliation=None, ties=None)
    figures = figures.assign(measure="", source=None, record=range(1, len(figures) + 1))
    answers = answers.assign(record=range(len(figures) + 1, len(figures) + len(answers) + 1))
    if "tied" not in answers:
        answers["tied"] = False
    return Observations(
        units[["unit", "name", "kind", "parent", "country", "region", "sector", "founded", "demonstration"]],
        raters,
        figures.astype({"year": "int64", "value": "float64", "record": "int64"}),
        answers.astype({"year": "int64", "answer": "int64", "tied": bool, "record": "int64"}),
        Head(0, "0" * 64),
    )


@pytest.fixture(scope="session")
def document() -> Function:
    """Return the function of the tiny association."""
    return tiny.document()


@pytest.fixture(scope="session")
def invented(document: Function) -> Observations:
    """Return what the tiny association sent."""
    return tiny.invented(document, observations_of_rows)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Return what runs the command line in this process."""
    return Command(monkeypatch, capsys)


@pytest.fixture
def empty_association(tmp_path: Path) -> Association:
    """Return a workspace with one small function and nothing recorded."""
    return Association.make(tmp_path / "empty")


@pytest.fixture(scope="session")
def _recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    association = Association.make(tmp_path_factory.mktemp("recorded") / "association")
    association.take(EVERYTHING)
    return association.folder


@pytest.fixture
def association(tmp_path: Path, _recorded: Path) -> Association:
    """Return a workspace of its own in which two clusters, members, raters, figures and an answer are recorded."""
    shutil.copytree(_recorded, tmp_path / "association")
    return Association(tmp_path / "association")


@pytest.fixture(scope="session")
def scored_workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace with the scores of two functions, made without any fit; tests read it."""
    return handmade.build(tmp_path_factory.mktemp("scored") / handmade.CANARY)


@pytest.fixture(scope="session")
def published_workspace(scored_workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return the same with both functions published in one edition; tests read it."""
    return handmade.publish(scored_workspace, tmp_path_factory.mktemp("published") / handmade.CANARY)


@pytest.fixture
def workspace(published_workspace: Workspace, tmp_path: Path) -> Workspace:
    """Return a published workspace that a test may change."""
    shutil.copytree(published_workspace.root, tmp_path / handmade.CANARY)
    return Workspace.find(tmp_path / handmade.CANARY)


@pytest.fixture
def unpublished(scored_workspace: Workspace, tmp_path: Path) -> Workspace:
    """Return a workspace with scores and no pages that a test may change."""
    shutil.copytree(scored_workspace.root, tmp_path / handmade.CANARY)
    return Workspace.find(tmp_path / handmade.CANARY)


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """Return a small workspace after one ``clusterscore publication``, its posteriors drawn for real; tests read it."""
    return make(tmp_path_factory.mktemp("whole"))
