"""Regions as tiles of equal size; where each stands is said in ``tiles.yml``."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from clusterscore.documents import Document, load_yaml

_DOCUMENT: Final = Path(__file__).with_name("tiles.yml")
Place = Annotated[int, Field(ge=1, le=20)]


class Tile(Document):
    """One region: its name, its column and its row."""

    name: str
    column: Place
    row: Place


class Tiles(Document):
    """The arrangement, its reason and its source."""

    source: str
    why: str
    tiles: dict[str, Tile]


@cache
def tiles() -> Tiles:
    """Return the arrangement of the regions."""
    return Tiles.model_validate(load_yaml(_DOCUMENT))
