"""Pages kept as soon as each is whole, so that a run that was stopped goes on where it was.

A page lies in the folder under its key and its digest: it is taken only where both are right. It is written whole or
not at all, whenever a run is killed.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path

from clusterscore.durable import TEMPORARY_PREFIX, write_atomically
from clusterscore.errors import CheckFailed
from clusterscore.report.planned import Page


class Kept:
    """Pages that are rendered and not yet in place.

    Parameters
    ----------
    folder
        Where they lie; it is made with the first of them.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for left in folder.glob(f"{TEMPORARY_PREFIX}*"):
            left.unlink(missing_ok=True)

    def find(self, page: Page) -> bytes | None:
        """Return a page that was rendered from just this before; None where it was not, or is damaged."""
        for path in self.folder.glob(f"{page.key}-*.html"):
            content = path.read_bytes()
            if path.name == _name(page, content):
                return content
            path.unlink()
        return None

    def take(self, page: Page) -> bytes:
        """Return a page that was rendered.

        Raises
        ------
        CheckFailed
            Where it was not, or is damaged.
        """
        content = self.find(page)
        if content is None:
            raise CheckFailed([f"{page.path}: was rendered and is gone or damaged"])
        return content

    def put(self, page: Page, content: bytes) -> None:
        """Keep a page; after return it survives a crash."""
        write_atomically(self.folder / _name(page, content), content)

    def missing(self, pages: Iterable[Page]) -> list[Page]:
        """Return the pages that are not kept."""
        return [page for page in pages if self.find(page) is None]

    def clear(self) -> None:
        """Forget all of them: they are in place."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _name(page: Page, content: bytes) -> str:
    return f"{page.key}-{hashlib.sha256(content).hexdigest()}.html"
