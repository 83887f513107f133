"""XML read element by element: no document type, no entities, and a limit on how much of it there may be."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Final, override
from xml.sax.handler import ContentHandler

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from clusterscore.errors import Fault, InputRefused
from clusterscore.raw.limits import MAXIMUM_DEPTH, MAXIMUM_ELEMENTS

_CHUNK: Final = 1 << 16


class Budget:
    """How many elements all parts of a workbook may still have together."""

    def __init__(self, name: str, left: int = MAXIMUM_ELEMENTS) -> None:
        self.name, self.left = name, left

    def spend(self, depth: int) -> None:
        """Count an element at some depth.

        Raises
        ------
        InputRefused
            Where there are too many, or too many inside each other.
        """
        self.left -= 1
        if self.left < 0:
            got, expected = (
                f"more than {MAXIMUM_ELEMENTS} elements",
                "a smaller workbook; split it, or clear its formats",
            )
            raise InputRefused([Fault(self.name, 0, "", "E-XLS-DIM", got, expected)])
        if depth > MAXIMUM_DEPTH:
            got = f"more than {MAXIMUM_DEPTH} elements inside each other"
            raise InputRefused([Fault(self.name, 0, "", "E-FILE-DAMAGED", got, "a workbook; save it anew")])


class Elements(ContentHandler):
    """Follows the elements of one part by their names without prefixes."""

    def __init__(self, budget: Budget) -> None:
        super().__init__()
        self._budget = budget
        self._names: dict[str, str] = {}
        self._depth = 0

    @abstractmethod
    def opened(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""

    def closed(self, name: str) -> None:
        """An element ends."""

    @override
    def startElement(self, name: str, attrs: Any) -> None:
        self._depth += 1
        self._budget.spend(self._depth)
        local = self._names.get(name)
        if local is None:
            local = self._names[name] = name.rpartition(":")[2]
        self.opened(local, attrs._attrs)  # noqa: SLF001 - the plain dict: its wrapper costs a third of the time

    @override
    def endElement(self, name: str) -> None:
        self._depth -= 1
        self.closed(self._names[name])


def follow(part: bytes, handler: Elements, budget: Budget) -> None:
    """Let a handler follow all elements of a part.

    Raises
    ------
    InputRefused
        Where the part declares a document type or entities, which no spreadsheet does.
    xml.sax.SAXException
        Where it is no XML.
    """
    parser = DefusedExpatParser(forbid_dtd=True)
    parser.setContentHandler(handler)
    try:
        for start in range(0, len(part), _CHUNK):
            parser.feed(part[start : start + _CHUNK])
        parser.close()
    except DefusedXmlException as error:
        got = f"{type(error).__name__} in its XML"
        expected = "a workbook as a spreadsheet saves it, without document types and entities"
        raise InputRefused([Fault(budget.name, 0, "", "E-XML-DTD", got, expected)]) from None


def with_suffix(attributes: Mapping[str, str], suffix: str) -> str:
    """Return the attribute whose name without prefix is given, or an empty string."""
    return next((value for name, value in attributes.items() if name.rpartition(":")[2] == suffix), "")
