"""What tests of screening share."""

from pathlib import Path

import pytest

from tests.observations.association import Association
from tests.observations.screening.whole import made


@pytest.fixture
def whole(tmp_path: Path) -> Association:
    """Return an association in which everything usual is known."""
    return made(tmp_path)
