"""Pages on paper: printed to PDF by Chromium, where the machine has one; nothing is loaded and nothing runs."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

from clusterscore.durable import write_atomically

_PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome")
_SECONDS: Final = 120
_BROWSERS: Final = 2  # side by side
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
    with _profile() as folder:
        made = folder / "page.pdf"
        own = ["--no-pdf-header-footer", f"--virtual-time-budget={_SETTLED}", f"--print-to-pdf={made}"]
        words = [program, *_options(folder), *own, page.resolve().as_uri()]
        done = subprocess.run(words, capture_output=True, check=False, timeout=_SECONDS)  # noqa: S603 - spelled out
        if done.returncode or not made.is_file():
            return False
        write_atomically(to, made.read_bytes())
    return True


def print_pages(pages: Sequence[tuple[Path, Path]]) -> list[bool]:
    """Print several pages as :func:`print_page` does, each to its place, by browsers that are started once."""
    program = chromium()
    if program is None or os.name != "posix" or len(pages) < _BROWSERS:
        return [print_page(*one) for one in pages]
    with ThreadPoolExecutor(_BROWSERS) as pool:
        shares = list(pool.map(partial(_printed, program), [pages[k::_BROWSERS] for k in range(_BROWSERS)]))
    return [shares[number % _BROWSERS][number // _BROWSERS] for number in range(len(pages))]


def _printed(program: str, pages: Sequence[tuple[Path, Path]]) -> list[bool]:
    """Print pages one after the other by one browser; where it fails, each by one of its own."""
    from clusterscore.report.press import NotPrinted, press  # noqa: PLC0415 - where there are such pipes

    done: list[bool] = []
    with contextlib.suppress(NotPrinted), _profile() as folder, press(program, _options(folder)) as browser:
        for page, to in pages:
            write_atomically(to, browser.pdf(page))
            done.append(True)
    return [*done, *(print_page(*one) for one in pages[len(done) :])]


@contextlib.contextmanager
def _profile() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # it may still be writing when it ends
        yield Path(folder)


def _options(folder: Path) -> list[str]:
    words = [
        "--headless",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        f"--user-data-dir={folder}/profile",
    ]
    # Chromium's sandbox refuses to start for root
    return [*words, "--no-sandbox"] if os.name == "posix" and os.geteuid() == 0 else words
