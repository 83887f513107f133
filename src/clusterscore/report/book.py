"""A published edition as one PDF: cover, contents, overview and the page of every unit, numbered, with bookmarks.

Chromium prints each page as it is; what leads from one page to another leads to it within the PDF, and nowhere else.
The same edition gives the same bytes on one machine.
"""

from __future__ import annotations

import html
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urldefrag

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from clusterscore.durable import write_atomically
from clusterscore.report.edition import read_manifest
from clusterscore.report.language import ENGLISH, of, say, speaking
from clusterscore.report.pages import EditionData
from clusterscore.report.paper import print_page, print_pages

if TYPE_CHECKING:
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import DictionaryObject

_TEMPLATES: Final = Path(__file__).parent / "template"
_BARE: Final = "<style>@page { @bottom-center { content: none } }</style></head>"
_CONTENTS: Final = re.compile(r'<nav class="contents".*?</nav>', re.DOTALL)
_TITLE: Final = re.compile(r"<title>(.*?)</title>", re.DOTALL)
_FRONT: Final = "front.html"
_NUMBERS: Final = "numbers.html"


@dataclass(frozen=True)
class Part:
    """One page of the edition on paper.

    Attributes
    ----------
    path
        Its address within the edition.
    title
        As contents and bookmarks say it.
    paper
        The PDF that it was printed to.
    """

    path: str
    title: str
    paper: Path


def bind(data: EditionData, home: Path, language: str, to: Path) -> int | None:
    """Print a function's pages of a published edition and join them.

    Parameters
    ----------
    data
        What the edition shows of the function.
    home
        Folder of the published edition.
    language
        In which pages are printed.
    to
        Where the PDF goes; whole or not at all.

    Returns
    -------
    how many sheets it has; None where no browser prints or pypdf is not installed
    """
    try:
        import pypdf  # noqa: F401, PLC0415 - an extra: not everybody binds
    except ImportError:
        return None
    with tempfile.TemporaryDirectory() as folder, speaking(language):
        bench = Path(folder)
        paths = list(_order(data, home, language))
        parts = [_bare(home, path, bench, whole=path == paths[0]) for path in paths]
        if not all(print_pages([(bench / part.path, part.paper) for part in parts])):
            return None
        return _bound(data, parts, bench, to)


def _order(data: EditionData, home: Path, language: str) -> Iterator[str]:
    """Yield the pages of the function in one language: the overview, then units by id."""
    begin = "" if language == ENGLISH else f"{language}/"
    known = read_manifest(home)["pages"]
    yield f"{begin}{data.plural}.html"
    yield from sorted(path for path in known if path.startswith(f"{begin}{data.plural}/"))


def _bare(home: Path, path: str, bench: Path, *, whole: bool) -> Part:
    """Copy one page without its own numbers, and its own contents only where all of it shall be there."""
    source = (home / path).read_text(encoding="utf-8")
    copy = bench / path
    bare = source.replace("</head>", _BARE, 1)
    write_atomically(copy, (bare if whole else _CONTENTS.sub("", bare)).encode())
    title = _TITLE.search(source)
    return Part(path, html.unescape(title[1]) if title else path, copy.with_suffix(".pdf"))


def _bound(data: EditionData, parts: Sequence[Part], bench: Path, to: Path) -> int:
    from pypdf import PdfReader, PdfWriter  # noqa: PLC0415 - as in `bind`
    from pypdf.generic import NameObject  # noqa: PLC0415 - as above

    readers = [PdfReader(part.paper) for part in parts]
    lengths = [len(reader.pages) for reader in readers]
    front = _front(data, parts, lengths, bench, 0)  # how long contents are is known once they are printed
    front = _front(data, parts, lengths, bench, len(front.pages))
    starts = _starts(lengths, len(front.pages))
    writer = PdfWriter()
    for reader in (front, *readers):
        writer.append(reader, import_outline=False)
    _lead(writer, [(0, front, _FRONT), *zip(starts, readers, (part.path for part in parts), strict=True)], bench)
    _number(writer, bench)
    for part, start in zip(parts, starts, strict=True):
        writer.add_outline_item(title=part.title, page_number=start)
    writer.compress_identical_objects()
    writer.root_object.pop(NameObject("/Names"), None)  # every place was looked up: names of parts may be alike
    title = say("{title}, edition {edition}", title=of(data.function.title), edition=data.edition)
    writer.metadata = {"/Title": title, "/Producer": "clusterscore"}
    made = bench / "book.pdf"
    writer.write(made)
    write_atomically(to, made.read_bytes())
    return len(writer.pages)


def _starts(lengths: Sequence[int], first: int) -> list[int]:
    return [first + sum(lengths[:number]) for number in range(len(lengths))]


def _front(data: EditionData, parts: Sequence[Part], lengths: Sequence[int], bench: Path, before: int) -> PdfReader:
    """Print cover and contents, with the sheet on which each part begins after so many before it."""
    entries = [
        {"title": part.title, "address": part.path, "sheet": start + 1}
        for part, start in zip(parts, _starts(lengths, before), strict=True)
    ]
    values = {
        "title": of(data.function.title),
        "question": of(data.function.question),
        "edition": say("edition {edition}", edition=data.edition),
        "banner": data.banner().markup,
        "head": say("Ledger head") + f": {data.run.head}",
        "posterior": say("Posterior") + f": {data.run.id}",
        "contents": say("Contents"),
        "entries": entries,
    }
    return _from_template("book.html.j2", values, bench / _FRONT)


def _from_template(name: str, values: Mapping[str, object], page: Path) -> PdfReader:
    from pypdf import PdfReader  # noqa: PLC0415 - as in `bind`

    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)
    write_atomically(page, environment.get_template(name).render(values).encode())
    print_page(page, page.with_suffix(".pdf"))
    return PdfReader(page.with_suffix(".pdf"))


def _lead(writer: PdfWriter, parts: Sequence[tuple[int, PdfReader, str]], bench: Path) -> None:
    """Let every link lead to a sheet of the book, and take away those that lead out of it."""
    from pypdf.generic import ArrayObject, NameObject  # noqa: PLC0415 - as in `bind`

    places: dict[tuple[str, str], tuple[int, float | None]] = {}
    for start, reader, path in parts:
        places[path, ""] = (start, None)
        for name, known in reader.named_destinations.items():
            sheet = reader.get_destination_page_number(known)
            if sheet is not None:
                places[path, name.removeprefix("/")] = (start + sheet, known.top)
    for start, reader, path in parts:
        for sheet in range(start, start + len(reader.pages)):
            kept = ArrayObject()
            for annotation in writer.pages[sheet].get("/Annots", ()):
                link = annotation.get_object()
                place = places.get(_address(link, path, bench))
                if place is not None:
                    _point(link, writer, *place)
                    kept.append(annotation)
            writer.pages[sheet][NameObject("/Annots")] = kept


def _address(link: DictionaryObject, path: str, bench: Path) -> tuple[str, str]:
    """Return where a link leads: a page of the edition and a place in it."""
    if "/Dest" in link:
        return path, str(link["/Dest"]).removeprefix("/")
    action = link.get("/A")
    address, place = urldefrag(str(action.get_object().get("/URI", "")) if action is not None else "")
    return unquote(address.removeprefix(bench.resolve().as_uri() + "/")), unquote(place)


def _point(link: DictionaryObject, writer: PdfWriter, sheet: int, top: float | None) -> None:
    from pypdf.generic import ArrayObject, FloatObject, NameObject, NullObject, NumberObject  # noqa: PLC0415 - as above

    for key in ("/A", "/Dest", "/StructParent"):
        link.pop(NameObject(key), None)
    height = NullObject() if top is None else FloatObject(top)
    where = [writer.pages[sheet].indirect_reference, NameObject("/XYZ"), NullObject(), height, NumberObject(0)]
    link[NameObject("/Dest")] = ArrayObject(where)


def _number(writer: PdfWriter, bench: Path) -> None:
    """Write its number and the number of all on every sheet but the cover."""
    n = len(writer.pages)
    numbers = _from_template(
        "numbers.html.j2", {"numbers": [f"{sheet} / {n}" for sheet in range(1, n + 1)]}, bench / _NUMBERS
    )
    for number, (sheet, printed) in enumerate(zip(writer.pages, numbers.pages, strict=True)):
        if number:
            sheet.merge_page(printed)
        sheet.compress_content_streams()
