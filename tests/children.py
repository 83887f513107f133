"""Processes that tests start, give orders to, and kill."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def a_child(script: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a script that reads orders, one a line, and forks for each: so it may have no threads of its own."""
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, str(script)], text=True, env=environment, **pipes) as process:
        yield process
        process.communicate()


def tell(child: subprocess.Popen[str], *words: object) -> None:
    """Give an order."""
    assert child.stdin is not None
    child.stdin.write(" ".join(map(str, words)) + "\n")
    child.stdin.flush()


def heard(child: subprocess.Popen[str]) -> str:
    """Return the next word of a child."""
    assert child.stdout is not None
    return child.stdout.readline().rstrip("\n")
