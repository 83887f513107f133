"""The levels of accreditation: thresholds, eligibility, validity, renewal, transfer, each with reason and source.

``catalogue/levels.yml`` of a workspace. Neither the association that inspired this program nor ESCA has published its
thresholds; what stands in the document is a proposal wherever its source says so.
"""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints, model_validator

from clusterscore.advice.sources import Cited
from clusterscore.documents import Document, digest_of_document
from clusterscore.errors import FunctionInvalid, UnknownName, listed
from clusterscore.model.function import Function, Identifier, Reason, Text
from clusterscore.vocabulary import Verdict

FILE: Final = "levels.yml"


class Least(Document):
    """A number that must be reached, with its reason and its source."""

    least: Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
    why: Reason
    source: Cited


class Staff(Least):
    """How much staff the management team must have, and by which indicator of which function it is known."""

    function: Identifier
    indicator: Identifier


class Refused(Document):
    """Which verdicts of the validation stand against a level."""

    verdicts: Annotated[tuple[Verdict, ...], Field(min_length=1)]
    why: Reason
    source: Cited


class Months(Document):
    """A span of time in months, with its reason and its source."""

    months: Annotated[int, Field(ge=0, le=240)]
    why: Reason
    source: Cited


class Waived(Document):
    """Which conditions a level held in another association stands for."""

    conditions: tuple[Literal["members", "member_types", "staff"], ...]
    why: Reason
    source: Cited


class Eligibility(Document):
    """What a cluster must have whatever its score."""

    members: Least
    member_types: Least
    staff: Staff


class Evidence(Document):
    """What must be known of a cluster before a level can be given."""

    coverage: Least
    raters: Least
    validation: Refused


class Level(Document):
    """One level: its score, how long it holds, and what it asks beyond what all levels ask."""

    id: Identifier
    title: Text
    score: Least
    members: Least | None = None
    member_types: Least | None = None
    staff: Staff | None = None
    valid: Months
    renewed: Months


class Renewal(Document):
    """When a level may be renewed: from so many months before its end until so many after it."""

    before: Months
    after: Months


class Probability(Document):
    """How probable a level must be before it is called one."""

    least: Annotated[float, Field(gt=0.5, lt=1.0)]
    why: Reason
    source: Cited


class Levels(Document):
    """The validated document; levels stand in rising order."""

    levels: Identifier
    version: Annotated[int, Field(ge=1)]
    function: Identifier
    issuer: Text
    reconstruction: Annotated[str, StringConstraints(min_length=3)]
    unnamed: Text
    probability: Probability
    evidence: Evidence
    eligibility: Eligibility
    ladder: Annotated[tuple[Level, ...], Field(min_length=1)]
    renewal: Renewal
    transfer: Waived

    @model_validator(mode="after")
    def _rising(self) -> Levels:
        ids = [level.id for level in self.ladder]
        twice = {name for name in ids if ids.count(name) > 1}
        if twice:
            raise ValueError(f"ladder: ids used more than once: {listed(twice)}")
        scores = [level.score.least for level in self.ladder]
        if any(low >= high for low, high in pairwise(scores)):
            raise ValueError("ladder: scores must rise from level to level")
        if not all(0.0 < score < 100.0 for score in scores):  # noqa: PLR2004 - the ends of the scale
            raise ValueError("ladder: scores must lie between 0 and 100")
        return self

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content, whatever the layout of the file."""
        return digest_of_document(self)

    def level(self, name: str) -> Level:
        """Return a level by its id.

        Raises
        ------
        UnknownName
            Where there is none.
        """
        found = {level.id: level for level in self.ladder}
        if name not in found:
            raise UnknownName("level", name, found)
        return found[name]

    def title(self, number: int) -> Text:
        """Return what a place on the ladder is called: 0 is below the first level."""
        return self.unnamed if number == 0 else self.ladder[number - 1].title

    def needs(self, level: Level, condition: Literal["members", "member_types", "staff"]) -> Least:
        """Return what a level asks of a cluster whatever its score: its own number, or that of all levels."""
        own: Least | None = getattr(level, condition)
        asked: Least = getattr(self.eligibility, condition)
        return asked if own is None else own


def read_levels(folder: Path, functions: dict[str, Function]) -> Levels:
    """Read the levels of a workspace.

    Raises
    ------
    FunctionInvalid
        With every problem: of the schema, or of names that no function document knows.
    """
    path = folder / FILE
    levels = Levels.read(path)
    problems = []
    if levels.function not in functions:
        problems.append(f"function: unknown function {levels.function!r}; known: {listed(functions)}")
    asked = [levels.eligibility.staff, *(level.staff for level in levels.ladder if level.staff is not None)]
    for staff in asked:
        known = functions.get(staff.function)  # a workspace need not have the function of the teams
        if known is not None and staff.indicator not in {part.id for part in known.indicators}:
            problems.append(f"staff: {staff.function} has no indicator {staff.indicator!r}")
    if problems:
        raise FunctionInvalid(path, problems)
    return levels
