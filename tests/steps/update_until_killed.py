"""Take a file in and correct the posterior, in a process that somebody kills: started by test_correct.py.

Reads orders from its input, one a line: ``WORKSPACE FILE SECONDS``. For each it forks: modules are imported once. The
fork takes the file in and corrects; it is killed after so many seconds, if it is not through by then. When it is over,
``killed`` or ``done`` follows.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from clusterscore import correct
from clusterscore.cli import main as command_line  # noqa: F401 - what a real process has imported by then
from clusterscore.paths import Workspace

_STEP = 0.001  # seconds between two looks


def main() -> None:
    """Obey one order after another."""
    for line in sys.stdin:
        workspace, path, seconds = line.split()
        pid = os.fork()
        if pid == 0:
            correct.update(Workspace(Path(workspace)), [Path(path)])
            os._exit(0)
        sys.stdout.write(_outcome(pid, time.monotonic() + float(seconds)) + "\n")
        sys.stdout.flush()


def _outcome(pid: int, until: float) -> str:
    """Wait for a fork, kill it when its time is up, and say how it ended."""
    while time.monotonic() < until:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return "done" if status == 0 else f"failed {os.waitstatus_to_exitcode(status)}"
        time.sleep(_STEP)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return "killed"


if __name__ == "__main__":
    main()
