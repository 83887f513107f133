"""The layout of the workbook that is sent out and comes back: sheets, columns, and how a change shows."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

FORMAT: Final = 1
FIGURES: Final = "figures"
MEMBERS: Final = "members"
DIGEST_PROPERTY: Final = "clusterscore digest"

EXAMPLE: Final = "example"
NEW: Final = "new"

# Columns of the sheet of figures, from 0
TITLE_EN, TITLE_RO, MEASURE, LAST, LAST_YEAR, VALUE, SOURCE, WHY, TAG = range(9)
# Columns of the sheet of members; two for each indicator follow, what was last known and what is asked, then the tag
MEMBER, NAME, REGION, SECTOR, FOUNDED, FIRST_INDICATOR = range(6)

HEADER_ROW: Final = 5
"""Row of the headers on both sheets; above it on the members' sheet, hidden, the indicators' tags."""

TAGS_ROW: Final = 4

_CODE: Final = re.compile(
    r"clusterscore (?P<format>\d+) · (?P<unit>[A-Z][A-Z0-9_-]{0,31}) · (?P<edition>\d{4}) · (?P<digest>[0-9a-f]{16})"
)
_FORMAT: Final = re.compile(r"clusterscore (?P<format>[0-9]{1,9})(?![0-9])")
_TAG: Final = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9_-]{0,47}):(?P<check>[0-9a-f]{8})")
_CHECK: Final = 8
_DIGEST: Final = 16


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a workbook is about: shown on each sheet, and held to what is on it.

    Attributes
    ----------
    unit
        Whose figures.
    edition
        Of which year.
    digest
        Of all tags in their order.
    """

    unit: str
    edition: int
    digest: str

    def __str__(self) -> str:
        return f"clusterscore {FORMAT} · {self.unit} · {self.edition} · {self.digest}"


def is_newer(text: str) -> bool:
    """Whether a text is the stamp of a workbook whose format a later version of this program made."""
    found = _FORMAT.match(text.strip())
    return found is not None and int(found["format"]) > FORMAT


def stamp_of(text: str) -> Stamp | None:
    """Return the stamp that a text is, or None."""
    found = _CODE.fullmatch(text.strip())
    if found is None or int(found["format"]) != FORMAT:
        return None
    return Stamp(found["unit"], int(found["edition"]), found["digest"])


def tag(unit: str, edition: int, name: str, *shown: str) -> str:
    """Return the hidden tag of a row or column: its name, and a digest over what is shown beside it."""
    return f"{name}:{_sha256(unit, edition, name, *shown)[:_CHECK]}"


def name_in(text: str) -> str:
    """Return the name in a tag, or nothing where it is none."""
    found = _TAG.fullmatch(text.strip())
    return found["name"] if found else ""


def digest_of_tags(unit: str, edition: int, tags: Sequence[str]) -> str:
    """Return a digest over everything that the workbook asks for, so that a row taken away shows."""
    return _sha256(unit, edition, *tags)[:_DIGEST]


def _sha256(*parts: object) -> str:
    return hashlib.sha256(json.dumps([FORMAT, *parts], ensure_ascii=False).encode()).hexdigest()
