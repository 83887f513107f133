"""Render an edition again and again, in a process that somebody kills: started by test_killed.py.

Reads orders from its input, one a line: how many workers, and the folder of a workspace. For each it forks, so that
modules are imported once; for the same reason all forks have kernels from one server. The fork prints ``pid N`` and
renders every page of the function ``places`` until it is killed, each time from something else, so that none can be
taken over. When it is dead, ``over`` and its signal follow.
"""

from __future__ import annotations

import itertools
import os
import sys
from multiprocessing import forkserver
from pathlib import Path

from clusterscore.paths import Workspace
from clusterscore.report.edition import publish
from clusterscore.report.kernel import processes
from clusterscore.report.rendering import Hands
from tests.report.handmade import EDITION


def main() -> None:
    """Obey one order after another."""
    first = processes().Process()  # it does nothing; the server starts
    first.start()
    first.join()
    for line in sys.stdin:
        workers, _, folder = line.rstrip("\n").partition(" ")
        pid = os.fork()
        if pid == 0:
            forkserver._forkserver.ensure_running = lambda: None  # it runs, as a child of the parent
            _render(Workspace.find(Path(folder)), int(workers))
        _, status = os.waitpid(pid, 0)
        _say(f"over {os.WTERMSIG(status)}")


def _render(workspace: Workspace, workers: int) -> None:
    _say(f"pid {os.getpid()}")
    workspace.catalogue.mkdir(exist_ok=True)
    for turn in itertools.count():
        (workspace.catalogue / "turn.yml").write_text(f"turn: {os.getpid()}-{turn}\n", encoding="utf-8")
        publish(workspace, "places", EDITION, hands=Hands(workers))


def _say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
