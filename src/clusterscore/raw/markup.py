"""XML read element by element: no document type, no entities, and a limit on how much of it there may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NoReturn
from xml.parsers import expat

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


class Elements:
    """Follows the elements of one part by their names without prefixes."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._names: dict[str, str] = {}
        self._depth = 0

    def opened(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""

    def characters(self, content: str) -> None:
        """Text stands inside an element."""

    def closed(self, name: str) -> None:
        """An element ends."""

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        """Count an element and tell its local name."""
        self._depth += 1
        self._budget.spend(self._depth)
        local = self._names.get(name)
        if local is None:
            local = self._names[name] = name.rpartition(":")[2]
        self.opened(local, attributes)

    def end(self, name: str) -> None:
        """Tell the local name of an element that ends."""
        self._depth -= 1
        self.closed(self._names[name])


def follow(part: bytes, handler: Elements, budget: Budget) -> None:
    """Let a handler follow all elements of a part.

    Raises
    ------
    InputRefused
        Where the part declares a document type or entities, which no spreadsheet does.
    xml.parsers.expat.ExpatError
        Where it is no XML.
    """

    def declared(*_: object) -> NoReturn:
        got, expected = "a document type in its XML", "a workbook as a spreadsheet saves it, without types and entities"
        raise InputRefused([Fault(budget.name, 0, "", "E-XML-DTD", got, expected)])

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = parser.ExternalEntityRefHandler = declared
    parser.StartElementHandler, parser.EndElementHandler = handler.begin, handler.end
    parser.CharacterDataHandler = handler.characters
    for start in range(0, max(1, len(part)), _CHUNK):
        parser.Parse(part[start : start + _CHUNK], start + _CHUNK >= len(part))


def with_suffix(attributes: Mapping[str, str], suffix: str) -> str:
    """Return the attribute whose name without prefix is given, or an empty string."""
    return next((value for name, value in attributes.items() if name.rpartition(":")[2] == suffix), "")
