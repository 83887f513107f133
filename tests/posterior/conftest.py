"""What the tests of the posterior share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.paths import Workspace
from clusterscore.posterior.record import Posterior
from tests.observations.association import Association
from tests.posterior import made, tiny


@pytest.fixture(scope="session")
def fitted(document: Function, invented: Observations) -> Posterior:
    """Return a real fit of the tiny association."""
    return tiny.draw(document, invented, tiny.SHORT, parent="0123456789abcdef")


@pytest.fixture
def bare(tmp_path: Path) -> Workspace:
    """Return a workspace with the tiny function and nothing else."""
    return made.workspace(tmp_path / "workspace")


@pytest.fixture
def make_association(tmp_path: Path) -> Callable[[str], Association]:
    """Return what makes an empty association in a folder of its own."""
    return lambda name: Association.make(tmp_path / name)
