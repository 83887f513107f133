"""What tests of what comes back share."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from clusterscore import exchange
from clusterscore.model.function import Function
from clusterscore.observations.ledger import Ledger
from clusterscore.observations.observed import Observations, observe
from clusterscore.paths import Workspace
from clusterscore.pseudonyms import KEY_VARIABLE
from tests.observations.association import undoubted
from tests.reading import exports
from tests.sending import sent

Answers = dict[tuple[str, str], int]


@pytest.fixture(scope="session")
def _sent_to(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("asked") / "workspace"
    workspace = sent.make(folder)
    exchange.templates(workspace, exports.EDITION, "competitiveness", exports.UNIT, folder / "templates")
    return folder


@pytest.fixture
def asked(tmp_path: Path, _sent_to: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Return a workspace from which one questionnaire was sent, with the mapping by which it comes back."""
    monkeypatch.setenv(KEY_VARIABLE, str(tmp_path / "key"))
    shutil.copytree(_sent_to, tmp_path / "workspace")
    return Workspace.find(tmp_path / "workspace")


@pytest.fixture
def function(functions: dict[str, Function]) -> Function:
    """Return the function whose items are asked."""
    return functions["competitiveness"]


@pytest.fixture
def observed_now(asked: Workspace) -> Callable[[], Observations]:
    """Return what reads the ledger."""
    return lambda: observe(Ledger(asked.ledger))


@pytest.fixture
def take(asked: Workspace, tmp_path: Path) -> Callable[..., Answers]:
    """Return what takes a file in and returns the answers recorded by then, by rater and item."""

    def taken(name: str, content: bytes, mapping: str | None = None) -> Answers:
        path = tmp_path / "received" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        undoubted(asked, [path], mapping=mapping)
        answers = observe(Ledger(asked.ledger)).answers
        return {(row.rater, row.item): row.answer for row in answers.itertuples()}

    return taken
