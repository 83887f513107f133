"""Romanian pages write numbers as Romanian does, 1,5 and never 1.5: in words, tables, pictures, descriptions."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from clusterscore import publishing
from clusterscore.posterior.identity import versions
from clusterscore.report.private import publish_brief
from tests.edition.whole import CLUSTERS, CRAFT, EDITION, REGIONS, Whole
from tests.report.reading import VOID, Page

POINT = re.compile(r"\d\.\d")
SOFTWARE = re.compile(rf"\b(?:{'|'.join(versions())}) \d+(?:\.\d+)+")
"""Packages with their versions, which are no numbers."""
COMMANDS = {"code", "pre", "script", "style"}
SPOKEN = {"alt", "aria-label"}


class Visible(HTMLParser):
    """What a reader of Romanian sees or hears of a page, piece by piece; text marked as English is none of it."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._open: list[tuple[str, str | None]] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what is said of an element."""
        about = dict(attrs)
        if tag not in VOID:
            self._open.append((tag, about.get("lang")))
        if self._romanian:
            self.pieces += [about[name] or "" for name in SPOKEN if name in about]

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        if tag not in VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        """Note text."""
        if self._romanian and not COMMANDS & {tag for tag, _ in self._open}:
            self.pieces.append(data)

    @property
    def _romanian(self) -> bool:
        return next((language for _, language in reversed(self._open) if language), None) == "ro"


def points(source: str) -> list[str]:
    """Return every piece of a page in which a number has a decimal point."""
    drawn = (word for svg in Page(source).pictures for word in re.findall(r"<text[^>]*>([^<]*)", svg))
    pieces = [*Visible(source).pieces, *drawn]
    return [piece for piece in pieces if POINT.search(SOFTWARE.sub("", piece))]


@pytest.fixture(scope="module")
def romanian(whole: Whole, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return every Romanian page: those of the edition, the staff's, a policy brief."""
    own = whole.copied(tmp_path_factory.mktemp("romanian") / "workspace").workspace
    beside = [*publishing.staff(own, CRAFT, EDITION), *publish_brief(own, CRAFT, EDITION, "all", "")]
    home = own.edition(EDITION) / "ro"
    paths = {path.relative_to(home).as_posix(): path for path in home.rglob("*.html")}
    paths |= {page.index: own.root / page.index for page in beside}
    sources = {name: path.read_text(encoding="utf-8") for name, path in paths.items()}
    return {name: source for name, source in sources.items() if '<html lang="ro"' in source}


def test_no_number_has_a_decimal_point(romanian: dict[str, str]) -> None:
    """On no page, in no cell with several numbers, on no axis."""
    assert {name: found for name, source in romanian.items() if (found := points(source))} == {}


def test_there_are_numbers_with_a_comma_on_every_kind_of_page(romanian: dict[str, str]) -> None:
    """What the test above finds nothing in was looked at."""
    units = [f"{folder}/{next(iter(names))}.html" for folder, names in (("clusters", CLUSTERS), ("regions", REGIONS))]
    for name in ("index.html", *units):
        pieces = Visible(romanian[name]).pieces
        assert [piece for piece in pieces if re.search(r"\d,\d", piece)], name


def test_what_lies_beside_the_edition_is_looked_at(romanian: dict[str, str]) -> None:
    """The staff's page and the brief, which may be without a decimal: numbers of them are seen."""
    beside = {name: source for name, source in romanian.items() if name.startswith(("private/", "briefs/"))}
    assert {Path(name).parts[0] for name in beside} == {"private", "briefs"}
    for name, source in beside.items():
        assert [piece for piece in Visible(source).pieces if re.search(r"\d", piece)], name


@pytest.mark.parametrize(
    "planted",
    [
        "<p>1.5</p>",
        "<td>de la 1.2 la 3.4</td>",
        '<div aria-label="media 0.3"></div>',
        '<img alt="media 0.3" src="data:image/svg+xml;base64,">',
        '<span lang="en">two <span lang="ro">1.5</span></span>',
    ],
)
def test_a_planted_point_is_found(planted: str) -> None:
    """Wherever it stands."""
    assert len(points(f'<html lang="ro"><body>{planted}</body></html>')) == 1


@pytest.mark.parametrize(
    "spared", ["<code>1.5</code>", '<span lang="en">1.5</span>', "<dd>numpy 2.5.1, arviz 1.3.0</dd>", "<p>1,5</p>"]
)
def test_what_is_no_romanian_number_is_spared(spared: str) -> None:
    """Commands, texts marked as English, versions of software."""
    assert points(f'<html lang="ro"><body>{spared}</body></html>') == []
