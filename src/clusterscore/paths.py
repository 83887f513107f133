"""Where things are: a workspace is a folder with functions, raw data, processed data and reports."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clusterscore.errors import UnknownName
from clusterscore.vocabulary import Channel

WORKSPACE_VARIABLE: Final = "CLUSTERSCORE_WORKSPACE"


def notebooks() -> Path:
    """Return the folder of the notebooks: inside the installed package, or beside ``src`` in a checkout."""
    package = Path(__file__).resolve().parent
    installed = package / "notebooks"
    return installed if installed.is_dir() else package.parents[1] / "notebooks"


@dataclass(frozen=True, slots=True)
class Workspace:
    """The folders of one association.

    Attributes
    ----------
    root
        The folder itself, absolute.
    """

    root: Path

    @classmethod
    def find(cls, folder: Path | None = None) -> Workspace:
        """Return the workspace named, or that of ``CLUSTERSCORE_WORKSPACE``, or the current folder.

        Raises
        ------
        UnknownName
            Where the folder has no ``functions`` inside.
        """
        root = (folder or Path(os.environ.get(WORKSPACE_VARIABLE) or ".")).expanduser().resolve()
        if not (root / "functions").is_dir():
            raise UnknownName("workspace (a folder with functions/ inside)", str(root), ())
        return cls(root)

    @property
    def functions(self) -> Path:
        """Function documents, ``<function>.yml``."""
        return self.root / "functions"

    @property
    def catalogue(self) -> Path:
        """Documents of what follows from scores: recommendations, peers, levels, crosswalk."""
        return self.root / "catalogue"

    @property
    def register(self) -> Path:
        """The append-only register of accreditation, with the certificates it gave."""
        return self.root / "data" / "register"

    @property
    def mappings(self) -> Path:
        """Mapping documents, ``<mapping>.yml``: what columns of files that come back hold."""
        return self.root / "mappings"

    @property
    def raw(self) -> Path:
        """Files as received: ``<source>/<date>/``."""
        return self.root / "data" / "raw"

    @property
    def held(self) -> Path:
        """Files kept aside until a named person has decided on each doubt about them."""
        return self.root / "data" / "held"

    @property
    def reference(self) -> Path:
        """Rates and deflators of the workspace's own, which take the place of the shipped ones."""
        return self.root / "data" / "reference"

    @property
    def processed(self) -> Path:
        """All that is computed from raw files."""
        return self.root / "data" / "processed"

    @property
    def ledger(self) -> Path:
        """The append-only record of observations."""
        return self.processed / "ledger"

    @property
    def posteriors(self) -> Path:
        """Root of all posteriors."""
        return self.processed / "posterior"

    @property
    def editions(self) -> Path:
        """Root of all published editions."""
        return self.root / "reports"

    @property
    def briefs(self) -> Path:
        """Policy briefs, which belong to no edition."""
        return self.root / "briefs"

    def posterior(self, function: str, edition: int, channel: Channel | None = None) -> Path:
        """Folder of the posteriors of one function and edition: from everything observed, or from one channel alone."""
        home = self.posteriors / function / str(edition)
        return home if channel is None else home / "alone" / channel

    def scores(self, function: str, edition: int) -> Path:
        """Folder of the published tables of one function and edition."""
        return self.processed / "scores" / function / str(edition)

    def advice(self, function: str, edition: int) -> Path:
        """Folder of what follows from the scores of one function and edition."""
        return self.processed / "advice" / function / str(edition)

    def edition(self, edition: int) -> Path:
        """Folder of one published edition."""
        return self.editions / str(edition)

    def pages(self, edition: int) -> Path:
        """Folder of pages of an edition that are rendered and not yet in place."""
        return self.processed / "pages" / str(edition)

    def members(self, edition: int) -> Path:
        """Folder of members' own pages, outside everything that is published."""
        return self.root / "private" / "members" / str(edition)

    def staff(self, edition: int) -> Path:
        """Folder of pages that only staff read, outside everything that is published."""
        return self.root / "private" / "staff" / str(edition)

    def relative(self, path: Path) -> str:
        """Return a path as seen from the workspace, with forward slashes; outside it, the bare name."""
        resolved = path.resolve()
        return resolved.relative_to(self.root).as_posix() if resolved.is_relative_to(self.root) else path.name
