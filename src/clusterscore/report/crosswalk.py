"""Public audit indicators of the European labels and profile fields, and what is known here of each of them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import model_validator

from clusterscore.documents import Document
from clusterscore.model.function import Function, Text

Label = Literal["silver", "gold"]


class Block(Document):
    """A block of indicators; ``bronze`` where the bronze label looks at it, whose own indicators are not public."""

    id: str
    title: Text
    bronze: bool


class Audited(Document):
    """One audit indicator: from which label on it is looked at, what to have ready, and what of ours speaks of it."""

    id: str
    block: str
    label: Label
    title: Text
    evidence: Text
    pillars: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()


class Field(Document):
    """One field of the profile or one criterion of its validation, and where its value is known from."""

    id: str
    title: Text
    of: Literal["profile", "validation"]
    field: str | None = None


class Crosswalk(Document):
    """The whole document."""

    version: int
    why: str
    source: str
    blocks: tuple[Block, ...]
    indicators: tuple[Audited, ...]
    profile: tuple[Field, ...]

    @model_validator(mode="after")
    def _blocks_are_known(self) -> Self:
        known = {block.id for block in self.blocks}
        unknown = sorted({part.block for part in self.indicators} - known)
        if unknown:
            raise ValueError(f"unknown block {', '.join(unknown)}; known blocks: {', '.join(sorted(known))}")
        return self

    def strangers(self, function: Function) -> list[str]:
        """Return the pillars and indicators that a function does not have."""
        pillars = {pillar.id for pillar in function.pillars}
        indicators = {part.id for part in function.indicators}
        return sorted(
            {name for part in self.indicators for name in part.pillars if name not in pillars}
            | {name for part in self.indicators for name in part.indicators if name not in indicators}
        )


def read_crosswalk(path: Path) -> Crosswalk | None:
    """Return the crosswalk of a workspace; None where it has none."""
    return Crosswalk.read(path) if path.is_file() else None
