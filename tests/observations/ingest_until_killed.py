"""Take files in, one call each, in a process that somebody kills: started by test_durability.py.

Reads orders from its input, one a line: ``WORKSPACE INBOX DEATH``. For each it forks: modules are imported once.
The fork prints ``pid N``, then takes in every file of the inbox, one call each, and prints ``done NAME`` after each.
``DEATH`` counts the system calls by which files become durable: after that many the fork kills itself; 0: never.
When the fork is dead, or through, ``over`` and how it ended follow.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from clusterscore import steps
from clusterscore.paths import Workspace


def main() -> None:
    """Obey one order after another."""
    for line in sys.stdin:
        workspace, inbox, death = line.split()
        pid = os.fork()
        if pid == 0:
            _take_in(Workspace(Path(workspace)), Path(inbox), int(death))
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        _say(f"over {'killed' if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status)}")


def _take_in(workspace: Workspace, inbox: Path, death: int) -> None:
    _say(f"pid {os.getpid()}")
    if death:
        _die_after(death)
    for path in sorted(inbox.iterdir()):
        steps.ingest(workspace, [path], who="a child")
        _say(f"done {path.name}")


def _die_after(calls: int) -> None:
    """Kill this process after so many calls that make something durable."""
    left = [calls]

    def deadly(call: Callable[..., Any]) -> Callable[..., Any]:
        def once(*arguments: Any, **named: Any) -> Any:
            result = call(*arguments, **named)
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return once

    for name in ("mkdir", "open", "fsync", "replace", "rename", "link", "unlink"):
        setattr(os, name, deadly(getattr(os, name)))


def _say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
