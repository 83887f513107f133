"""What a workbook is made of: its parts, how they refer to each other, and whether anything in it could act."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, override

from clusterscore.errors import Fault, InputRefused
from clusterscore.raw.cells import Shown, shown_as
from clusterscore.raw.markup import Budget, Elements, follow, with_suffix

_TYPES: Final = "[Content_Types].xml"
_ACTIVE: Final = re.compile(
    r"(^|/)(vbaProject\.bin|vbaData\.xml|attachedToolbars\.bin|connections\.xml"
    r"|(externalLinks|embeddings|activeX|macrosheets|dialogsheets|webextensions|queryTables|customUI|model)/.+)$",
    re.IGNORECASE,
)
_OTHERS: Final = (
    (b"opendocument.spreadsheet", "an OpenDocument sheet (.ods)"),
    (b"opendocument", "an OpenDocument file"),
    (b"epub", "a book"),
)
_EXPECTED_TYPE: Final = "an Excel workbook (.xlsx), or CSV; save it as one of these"
_EXPECTED_ACTIVE: Final = (
    "a workbook that holds values only, without macros, links to other files or very hidden sheets"
)
_AUTOMATIC: Final = re.compile(r"(_xlnm\.)?Auto_(Open|Close|Activate|Deactivate)", re.IGNORECASE)
_TRUE: Final = {"1", "true", "on"}


@dataclass(frozen=True, slots=True)
class Link:
    """From one part of a workbook to another, or out of it."""

    source: str
    name: str
    kind: str
    target: str
    external: bool


class _Links(Elements):
    def __init__(self, budget: Budget, source: str) -> None:
        super().__init__(budget)
        self._source = source
        self.links: list[Link] = []

    @override
    def opened(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "Relationship":
            external = attributes.get("TargetMode", "").lower() == "external"
            target = attributes.get("Target", "")
            if not external:
                target = posixpath.normpath(posixpath.join("/", posixpath.dirname(self._source), target)).lstrip("/")
            kind = attributes.get("Type", "").rpartition("/")[2]
            self.links.append(Link(self._source, attributes.get("Id", ""), kind, target, external))


class _ContentTypes(Elements):
    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self.types: set[str] = set()

    @override
    def opened(self, name: str, attributes: Mapping[str, str]) -> None:
        self.types.add(attributes.get("ContentType", ""))


class Main(Elements):
    """The part that lists the sheets.

    Attributes
    ----------
    sheets
        Name, state and link of each.
    since_1904
        Whether days are counted from the first day of 1904.
    automatic
        Names that make a spreadsheet run something when the workbook is opened.
    """

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self.sheets: list[tuple[str, str, str]] = []
        self.since_1904 = False
        self.automatic: list[str] = []

    @override
    def opened(self, name: str, attributes: Mapping[str, str]) -> None:
        match name:
            case "sheet":
                state = attributes.get("state", "visible")
                self.sheets.append((attributes.get("name", ""), state, with_suffix(attributes, "id")))
            case "workbookPr":
                self.since_1904 = attributes.get("date1904", "") in _TRUE
            case "definedName":
                called = attributes.get("name", "")
                if _AUTOMATIC.fullmatch(called) or attributes.get("xlm", "") in _TRUE:
                    self.automatic.append(called)


class _Styles(Elements):
    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self._formats: dict[int, str] = {}
        self._numbers: list[int] = []
        self._in_cells = False

    @override
    def opened(self, name: str, attributes: Mapping[str, str]) -> None:
        match name:
            case "numFmt":
                self._formats[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
            case "cellXfs":
                self._in_cells = True
            case "xf" if self._in_cells:
                self._numbers.append(int(attributes.get("numFmtId", 0)))

    @override
    def closed(self, name: str) -> None:
        if name == "cellXfs":
            self._in_cells = False

    @property
    def styles(self) -> list[Shown]:
        """How each style shows a number."""
        known = {number: shown_as(number, self._formats) for number in set(self._numbers)}
        return [known[number] for number in self._numbers]


class Package:
    """The parts of a workbook.

    Attributes
    ----------
    name
        How messages call the file.
    parts
        Every part by its name.
    main
        What the main part says.
    """

    def __init__(self, name: str, parts: Mapping[str, bytes]) -> None:
        self.name, self.parts, self.budget = name, parts, Budget(name)
        self._check_kind()
        self._links = [link for part in parts if part.endswith(".rels") for link in self._links_in(part)]
        start = [link.target for link in self._links if link.source == "" and link.kind == "officeDocument"]
        if not start or start[0] not in parts:
            self._refuse("E-FILE-DAMAGED", "no main part", "a whole workbook; save it anew")
        self._main_part = start[0]
        self.main = Main(self.budget)
        follow(parts[self._main_part], self.main, self.budget)

    def _refuse(self, code: str, got: str, expected: str) -> None:
        raise InputRefused([Fault(self.name, 0, "", code, got, expected)])

    def _check_kind(self) -> None:
        mime = self.parts.get("mimetype", b"")[:200]
        other = next((kind for mark, kind in _OTHERS if mark in mime), "")
        if not other and any(part.startswith(("word/", "ppt/", "visio/")) for part in self.parts):
            other = "a document of Word, PowerPoint or Visio"
        if not other and "xl/workbook.bin" in self.parts:
            other = "a binary workbook (.xlsb)"
        if not other and _TYPES not in self.parts:
            other = "ZIP"
        if other:
            self._refuse("E-FILE-TYPE", other, _EXPECTED_TYPE)

    def _links_in(self, part: str) -> list[Link]:
        folder, name = posixpath.split(part)
        source = posixpath.join(posixpath.dirname(folder), name.removesuffix(".rels"))
        reader = _Links(self.budget, source.lstrip("/"))
        follow(self.parts[part], reader, self.budget)
        return reader.links

    def linked(self, kind: str) -> bytes | None:
        """Return the part of a kind that the main part refers to, or None."""
        targets = [link.target for link in self._links if link.source == self._main_part and link.kind == kind]
        return self.parts.get(targets[0]) if targets else None

    def sheet_part(self, link_id: str) -> bytes | None:
        """Return a worksheet by its link, or None where the link leads to something else, such as a chart.

        Raises
        ------
        InputRefused
            Where it leads nowhere.
        """
        links = [link for link in self._links if link.source == self._main_part and link.name == link_id]
        if not links or links[0].target not in self.parts:
            self._refuse("E-FILE-DAMAGED", "a sheet that is not there", "a whole workbook; save it anew")
        return self.parts[links[0].target] if links[0].kind == "worksheet" else None

    def styles(self) -> list[Shown]:
        """Return how the numbers of each style are shown."""
        part = self.linked("styles")
        reader = _Styles(self.budget)
        if part is not None:
            follow(part, reader, self.budget)
        return reader.styles

    def active(self) -> Iterator[Fault]:
        """Yield whatever in the workbook could act, or is hidden so that no menu shows it."""
        reader = _ContentTypes(self.budget)
        follow(self.parts[_TYPES], reader, self.budget)
        found = [part for part in self.parts if _ACTIVE.search(part)]
        found += sorted(kind for kind in reader.types if "macroEnabled" in kind or "vbaProject" in kind)[: not found]
        found += [f"a link to {link.target}" for link in self._links if link.external and link.kind != "hyperlink"]
        found += [f"the name {name}" for name in self.main.automatic]
        for got in found:
            yield Fault(self.name, 0, "", "E-XLS-ACTIVE", got, _EXPECTED_ACTIVE)
        for name, state, _ in self.main.sheets:
            if state.lower() == "veryhidden":
                yield Fault(self.name, 0, "", "E-XLS-ACTIVE", f"very hidden sheet {name}", _EXPECTED_ACTIVE, sheet=name)

    def live(self, sheet: str, row: int, cell: str, formula: str) -> Fault:
        """Return the fault of a formula that would call something outside."""
        return Fault(self.name, row, "", "E-XLS-ACTIVE", formula, _EXPECTED_ACTIVE, sheet=sheet, cell=cell)
