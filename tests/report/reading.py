"""Pages read as a strict reader would: every tag and attribute, the text of every block, every picture."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

from clusterscore.report.finding import script

SVG = "data:image/svg+xml;base64,"
VOID = {"br", "img", "meta"}
TAGS: dict[str, AbstractSet[str]] = {
    **dict.fromkeys(
        "head title body strong br figure figcaption details summary caption thead tbody tr".split(),
        frozenset(),
    ),
    **dict.fromkeys("ul li dl dt dd em code style pre script".split(), frozenset()),
    **dict.fromkeys("p td section table".split(), frozenset({"class"})),
    "span": {"class", "style", "id", "lang", "data-find", "data-also"},
    "html": {"lang"},
    "meta": {"charset", "name", "content", "http-equiv"},
    "a": {"href", "class", "id", "data-find", "data-also"},
    "nav": {"aria-label", "class"},
    "main": {"id"},
    "h1": set(),
    "h2": {"id"},
    "img": {"alt", "src"},
    "ol": {"class", "start"},
    "div": {"id", "class", "role", "tabindex", "aria-label", "data-find-words"}
    | {f"data-{name}" for name in ("choose", "move", "said", "next", "unknown")},
    "th": {"scope", "class"},
}
"""All that a page may consist of, with the attributes that each tag may carry."""
SVG_TAGS = set("svg defs style g path use clipPath rect text tspan metadata".split())
_BLOCKS = {"title", "h1", "h2", "p", "li", "figcaption", "caption", "th", "td", "dt", "dd", "summary", "a"}


@dataclass
class Element:
    """A tag with its attributes, the tags around it and all text inside it."""

    tag: str
    attributes: dict[str, str]
    around: tuple[str, ...]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """A page as a list of elements in reading order."""

    source: str
    elements: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[Element] = []
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        element = Element(tag, {name: value or "" for name, value in attrs}, tuple(each.tag for each in self._open))
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element without content."""
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Close an element; any disorder is an error."""
        if tag in VOID:
            return
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        """Add text to every open element."""
        for element in self._open:
            element.text += data

    def all(self, tag: str, css: str | None = None) -> list[Element]:
        """Return the elements of a tag, and class where one is given."""
        return [
            element
            for element in self.elements
            if element.tag == tag and (css is None or css in element.attributes.get("class", "").split())
        ]

    def one(self, tag: str, css: str | None = None) -> Element:
        """Return the only element of a tag (and class)."""
        (element,) = self.all(tag, css)
        return element

    @property
    def prose(self) -> list[str]:
        """Text of every block of words, in reading order."""
        return [element.text for element in self.elements if element.tag in _BLOCKS]

    @property
    def hrefs(self) -> list[str]:
        """Targets of all links."""
        return [element.attributes["href"] for element in self.all("a")]

    @property
    def ids(self) -> set[str]:
        """Addresses within the page."""
        return {element.attributes["id"] for element in self.elements if "id" in element.attributes}

    @property
    def pictures(self) -> list[str]:
        """Pictures as SVG text."""
        return [base64.b64decode(image.attributes["src"].removeprefix(SVG)).decode() for image in self.all("img")]

    def strangers(self) -> list[str]:
        """Return everything that a page may not hold: tags, attributes, addresses, active pictures."""
        return [*self._strange_tags(), *self._strange_addresses(), *self._strange_pictures()]

    def _strange_tags(self) -> Iterator[str]:
        for element in self.elements:
            if element.tag not in TAGS:
                yield f"<{element.tag}>"
            elif set(element.attributes) - TAGS[element.tag]:
                yield f"<{element.tag} {sorted(element.attributes)}>"
            elif not re.fullmatch(r"(--share:\d{1,3}%)?", element.attributes.get("style", "")):
                yield f"style {element.attributes['style']}"
            elif element.tag == "script" and element.text != script():
                yield "a script that is not ours"
        for style in self.all("style"):
            if re.search(r"url\(|@import|expression|</", style.text):
                yield "style that loads something"

    def _strange_addresses(self) -> Iterator[str]:
        for href in self.hrefs:
            if not re.fullmatch(
                r"#[A-Za-z0-9_-]+|(\.\./){0,2}([a-z]+/){0,2}[A-Za-z0-9_-]+(\.(html|csv|xlsx|nc))?", href
            ):
                yield f"href {href}"
        for image in self.all("img"):
            if not image.attributes["src"].startswith(SVG):
                yield f"src {image.attributes['src'][:60]}"

    def _strange_pictures(self) -> Iterator[str]:
        for picture in self.pictures:
            for element in ET.fromstring(picture).iter():  # noqa: S314 - our own
                tag = element.tag.rpartition("}")[2]
                if tag not in SVG_TAGS and "www.w3.org/2000/svg" in element.tag:
                    yield f"svg <{tag}>"
                for name, value in element.attrib.items():
                    bare = name.rpartition("}")[2]
                    if (
                        bare.startswith("on")
                        or (bare == "href" and not value.startswith("#"))
                        or "javascript:" in value
                    ):
                        yield f"svg {bare}={value}"


def read(path: Path) -> Page:
    """Read a page from disk."""
    return Page(path.read_text(encoding="utf-8"))


def pages_of(edition: Path) -> dict[str, Page]:
    """Return all pages of an edition by their path within it."""
    return {path.relative_to(edition).as_posix(): read(path) for path in sorted(edition.rglob("*.html"))}


def dead_links(edition: Path) -> list[str]:
    """Return every link of an edition that leads nowhere or out of it."""
    dead = []
    for name, page in pages_of(edition).items():
        for href in page.hrefs:
            address, _, part = href.partition("#")
            target = (edition / name).parent / address if address else edition / name
            inside = target.resolve().is_relative_to(edition.resolve())
            if not (inside and target.is_file()) or (part and part not in read(target).ids):
                dead.append(f"{name}: {href}")
    return dead
