"""What the tests of an edition share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.edition.whole import Whole


@pytest.fixture
def own(whole: Whole, tmp_path: Path) -> Whole:
    """Return a published workspace that a test may change."""
    return whole.copied(tmp_path / "own")
