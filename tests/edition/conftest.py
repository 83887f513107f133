"""What the tests of an edition share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from clusterscore.cli import main
from tests.edition.whole import Whole


class Command:
    """Runs a verb in this process and returns exit code, output and messages."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, *words: object) -> tuple[object, str, str]:
        """Run one verb."""
        self._monkeypatch.setattr(sys, "argv", ["clusterscore", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        output, messages = self._capsys.readouterr()
        return ended.value.code or 0, output, messages


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Return what runs the command line in this process."""
    return Command(monkeypatch, capsys)


@pytest.fixture
def own(whole: Whole, tmp_path: Path) -> Whole:
    """Return a published workspace that a test may change."""
    return whole.copied(tmp_path / "own")
