"""The command line, run within a test."""

import sys

import pytest

from clusterscore.cli import main


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
