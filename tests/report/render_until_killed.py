"""Render an edition again and again, in a process that somebody kills: started by test_killed.py.

Reads orders from its input, one a line: the folder of a workspace. For each it forks, so that modules are imported
once. The fork prints ``pid N`` and renders every page of the function ``places`` until it is killed, each time from
something else, so that none can be taken over. When it is dead, ``over`` follows.
"""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path

from clusterscore.paths import Workspace
from clusterscore.report.edition import publish
from clusterscore.report.kernel import ready
from clusterscore.report.rendering import Hands
from tests.report.handmade import EDITION


def main() -> None:
    """Obey one order after another."""
    ready()
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _render(Workspace.find(Path(line.strip())))
        os.waitpid(pid, 0)
        _say("over")


def _render(workspace: Workspace) -> None:
    _say(f"pid {os.getpid()}")
    workspace.catalogue.mkdir(exist_ok=True)
    for turn in itertools.count():
        (workspace.catalogue / "turn.yml").write_text(f"turn: {os.getpid()}-{turn}\n", encoding="utf-8")
        publish(workspace, "places", EDITION, hands=Hands(workers=2))


def _say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
