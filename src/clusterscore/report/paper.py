"""A page on paper: printed to PDF by Chromium, where the machine has one; nothing is loaded and nothing runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from clusterscore.durable import write_atomically

_PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome")
_SECONDS: Final = 120
_SETTLED: Final = 5000  # milliseconds of the page's own clock: it is printed when it stands still, however busy we are


def chromium() -> str | None:
    """Return the path of a browser that prints; None where there is none."""
    return next((found for name in _PROGRAMS if (found := shutil.which(name)) is not None), None)


def print_page(page: Path, to: Path) -> bool:
    """Print a page of ours to PDF, and say whether it was printed.

    Parameters
    ----------
    page
        An HTML file without scripts; its style sheet sets A4.
    to
        Where the PDF goes; whole or not at all.
    """
    program = chromium()
    if program is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "page.pdf"
        words = [
            program,
            "--headless",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            f"--user-data-dir={folder}/profile",
            "--no-pdf-header-footer",
            f"--virtual-time-budget={_SETTLED}",
            f"--print-to-pdf={made}",
        ]
        if os.name == "posix" and os.geteuid() == 0:
            words.append("--no-sandbox")  # Chromium's sandbox refuses to start for root
        done = subprocess.run(  # noqa: S603 - spelled out above
            [*words, page.resolve().as_uri()], capture_output=True, check=False, timeout=_SECONDS
        )
        if done.returncode or not made.is_file():
            return False
        write_atomically(to, made.read_bytes())
    return True
