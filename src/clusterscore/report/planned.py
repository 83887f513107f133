"""Which pages there are, and what each is made from: a page whose key is the same need not be made again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clusterscore import paths
from clusterscore.advice import tables as advised
from clusterscore.errors import UnknownName
from clusterscore.paths import Workspace
from clusterscore.report.language import ENGLISH, LANGUAGES, NAMES, ROMANIAN, of, say, speaking
from clusterscore.report.notebooks import Value
from clusterscore.report.pages import EditionData
from clusterscore.scores import tables
from clusterscore.vocabulary import Kind

_CODE: Final = Path(__file__).parent
_SOURCES: Final = {".py", ".j2", ".css", ".js", ".json", ".yml"}
_OVERVIEW: Final = "07-edition.ipynb"


@dataclass(frozen=True, slots=True)
class Page:
    """One page to be made.

    Attributes
    ----------
    path
        Where it stands within the edition.
    notebook
        Which notebook shows it.
    parameters
        The notebook's parameters but for the workspace.
    title, kicker, links
        What the template writes around the notebook.
    key
        Digest of everything the page is made from.
    """

    path: str
    notebook: str
    parameters: Mapping[str, Value]
    title: str
    kicker: str
    links: Mapping[str, str]
    key: str = ""

    @property
    def language(self) -> str:
        """In which it speaks."""
        return str(self.parameters.get("language", ENGLISH))


def planned(workspace: Workspace, page: Page) -> Page:
    """Return a page with the key that it has in a workspace, with the code that is here."""
    return Page(page.path, page.notebook, page.parameters, page.title, page.kicker, page.links, key_of(workspace, page))


def key_of(workspace: Workspace, page: Page) -> str:
    """Return the digest of everything that a page is made from, as it is here and now.

    Another computer that sees another workspace, or has other code, finds another one.
    """
    function, edition = str(page.parameters["function"]), int(page.parameters["edition"])
    words = [dict(page.parameters), page.title, page.kicker, dict(page.links)]
    total = hashlib.sha256(json.dumps(words, sort_keys=True).encode())
    sources = [paths.notebooks() / page.notebook, workspace.functions / f"{function}.yml"]
    sources += [workspace.scores(function, edition) / tables.MANIFEST]
    sources += sorted(source for source in _CODE.rglob("*") if source.suffix in _SOURCES)
    sources += sorted(workspace.catalogue.glob("*.yml"))
    if page.notebook == _OVERVIEW:
        sources += sorted(workspace.processed.glob("scores/*/*/scores.json"))
        sources += sorted(workspace.processed.glob("advice/*/*/advice.json"))
    else:
        sources += [path for path in [workspace.advice(function, edition) / advised.MANIFEST] if path.is_file()]
    for source in sources:
        total.update(source.read_bytes())
    return total.hexdigest()


def about(data: EditionData, own: Mapping[str, Value]) -> dict[str, Value]:
    """Return the parameters of a page: function, edition, and what is its own."""
    return {"function": data.function.function, "edition": data.edition, **own}


def kicker(data: EditionData) -> str:
    """Return the line above the heading of every page of a function and edition."""
    line = say("{title} · edition {edition}", title=of(data.function.title), edition=data.edition)
    return line + (say(" · demonstration") if data.run.demonstration else "")


def unit_pages(workspace: Workspace, data: EditionData, unit: str | None) -> list[Page]:
    """Return the pages of one unit, or of all, in every language.

    Raises
    ------
    UnknownName
        Where there is no such unit.
    """
    units = list(data.current["unit"])
    if unit is not None and unit not in units:
        raise UnknownName(f"{data.function.kind} with a score in {data.edition}", unit, units)
    chosen = units if unit is None else [unit]
    return [unit_page(workspace, data, name, language) for language in LANGUAGES for name in chosen]


def unit_page(workspace: Workspace, data: EditionData, unit: str, language: str) -> Page:
    """Return the page of one unit in one language, with a link to the other."""
    notebook = "06-management.ipynb" if data.function.kind is Kind.TEAM else "04-cluster.ipynb"
    with speaking(language):
        back = say("← All {plural} of edition {edition}", plural=say(data.plural), edition=data.edition)
        line = kicker(data)
    here = f"{data.plural}/{unit}.html"
    links = {back: f"../{data.plural}.html", NAMES[ROMANIAN]: f"../{ROMANIAN}/{here}"}
    if language != ENGLISH:
        links = {back: f"../{data.plural}.html", NAMES[ENGLISH]: f"../../{here}"}
        here = in_language(language, here)
    own = about(data, {"unit": unit, "language": language})
    return planned(workspace, Page(here, notebook, own, data.names[unit], line, links))


def overviews(workspace: Workspace, data: Mapping[str, EditionData]) -> list[Page]:
    """Return the overview of every function of an edition in every language."""
    return [overview(workspace, data, name, language) for language in LANGUAGES for name, _ in sorted(data.items())]


def overview(workspace: Workspace, data: Mapping[str, EditionData], name: str, language: str) -> Page:
    """Return the overview of one function in one language, with links to the others and to the other language."""
    here = data[name]
    path = f"{here.plural}.html"
    with speaking(language):
        title, line = f"{of(here.function.title)} {here.edition}", kicker(here)
        links = {of(one.function.title): f"{one.plural}.html" for key, one in sorted(data.items()) if key != name}
    other = {NAMES[ROMANIAN]: f"{ROMANIAN}/{path}"} if language == ENGLISH else {NAMES[ENGLISH]: f"../{path}"}
    own = about(here, {"language": language})
    return planned(workspace, Page(in_language(language, path), _OVERVIEW, own, title, line, links | other))


def in_language(language: str, path: str) -> str:
    """Return where a page of an edition lies in a language."""
    return path if language == ENGLISH else f"{language}/{path}"
