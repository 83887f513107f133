"""The catalogue of recommendations: who may be told what, under which conditions on the posterior, in two languages.

``catalogue/recommendations.yml`` of a workspace. A rule names the quantity it looks at; whether it holds is worked out
in :mod:`clusterscore.advice.recommend`. Sentences may hold a few named places and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from string import Formatter
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from clusterscore.advice.sources import Cited
from clusterscore.documents import Document, digest_of_document
from clusterscore.errors import FunctionInvalid, listed
from clusterscore.model.function import Function, Identifier, Positive, Reason, Text
from clusterscore.vocabulary import Verdict

FILE: Final = "recommendations.yml"
PLACES: Final = frozenset({"aspect", "gap", "group", "n_group", "probability", "gain", "share", "change"})
"""What a reason may say: named places that are filled with text."""

Share = Annotated[float, Field(gt=0.0, lt=1.0)]


class Audience(StrEnum):
    """To whom a recommendation speaks."""

    CLUSTER = "cluster"
    MEMBERS = "members"
    TEAM = "team"
    POLICY = "policy"


class Ground(StrEnum):
    """On which kind of quantity a rule rests."""

    PILLAR = "pillar"
    INDICATOR = "indicator"
    VERDICT = "verdict"
    COVERAGE = "coverage"
    CHANGE = "change"


def places_in(text: str) -> Iterator[str]:
    """Yield the named places of a sentence.

    Raises
    ------
    ValueError
        Where there is anything in braces but a plain name.
    """
    for _, name, spec, conversion in Formatter().parse(text):
        if name is not None:
            if spec or conversion or not re.fullmatch(r"[a-z_]{1,40}", name):
                raise ValueError(f"in braces there may be a plain name only, not {name!r}")
            yield name


class Said(Text):
    """A sentence with named places; the same ones in both languages."""

    @model_validator(mode="after")
    def _known_places(self) -> Said:
        here, there = set(places_in(self.en)), set(places_in(self.ro))
        unknown = (here | there) - PLACES
        if unknown:
            raise ValueError(f"unknown places: {listed(unknown)}; known: {listed(PLACES)}")
        if here != there:
            raise ValueError(f"places that stand in one language only: {listed(here ^ there)}")
        return self

    def filled(self, values: Mapping[str, str]) -> dict[str, str]:
        """Return the sentence by language, with its places filled."""
        return {language: getattr(self, language).format_map(values) for language in ("en", "ro")}


class Gap(Document):
    """When a gap to the peer group counts as real.

    ``quantile`` of the peer group is what a unit is held against; ``equivalence`` is how far below it still counts as
    level with it, in standard deviations of the base cohort (for an indicator: in its spreads); ``probability`` is what
    a rule needs.
    """

    quantile: Share
    equivalence: Annotated[float, Field(ge=0.0)]
    probability: Annotated[float, Field(gt=0.5, lt=1.0)]
    why: Reason
    source: Cited


class Fall(Document):
    """A fall of the score since the edition before, with at least this probability."""

    probability: Annotated[float, Field(gt=0.5, lt=1.0)]


class When(Document):
    """On what a rule rests: exactly one of these."""

    pillar: Identifier | None = None
    indicator: Identifier | None = None
    verdict: Verdict | None = None
    coverage_below: Share | None = None
    fallen: Fall | None = None

    @model_validator(mode="after")
    def _one(self) -> When:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"exactly one of {listed(type(self).model_fields)} is needed, not {listed(given)}")
        return self

    @property
    def ground(self) -> Ground:
        """On which kind of quantity the rule rests."""
        by_field = {
            "pillar": Ground.PILLAR,
            "indicator": Ground.INDICATOR,
            "verdict": Ground.VERDICT,
            "coverage_below": Ground.COVERAGE,
            "fallen": Ground.CHANGE,
        }
        return next(ground for name, ground in by_field.items() if getattr(self, name) is not None)


class Recommendation(Document):
    """One rule: what to do, who does it, when it is said, and why it may help."""

    id: Identifier
    function: Identifier
    audience: Audience
    financial: bool
    when: When
    effort: Literal["low", "medium", "high"]
    horizon_months: Annotated[int, Field(ge=1, le=120)]
    text: Text
    why: Reason
    source: Cited


class Because(Document):
    """The reason given with a recommendation, by the kind of quantity on which its rule rests."""

    pillar: Said
    indicator: Said
    verdict: Said
    coverage: Said
    change: Said


class Distance(Document):
    """How far apart two clusters may be and still be proposed as partners; see :mod:`clusterscore.advice.partners`."""

    gap: Positive
    probability: Annotated[float, Field(gt=0.5, lt=1.0)]
    most: Annotated[int, Field(ge=1, le=20)]
    why: Reason
    source: Cited


class Catalogue(Document):
    """The validated catalogue; the order of rules is that of the document."""

    catalogue: Literal["recommendations"]
    version: Annotated[int, Field(ge=1)]
    functions: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    reconstruction: Annotated[str, StringConstraints(min_length=3)]
    gap: Gap
    partners: Distance
    because: Because
    recommendations: Annotated[tuple[Recommendation, ...], Field(min_length=1)]

    @field_validator("recommendations")
    @classmethod
    def _each_once(cls, rules: tuple[Recommendation, ...]) -> tuple[Recommendation, ...]:
        ids = [rule.id for rule in rules]
        twice = {name for name in ids if ids.count(name) > 1}
        if twice:
            raise ValueError(f"ids used more than once: {listed(twice)}")
        return rules

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content, whatever the layout of the file."""
        return digest_of_document(self)

    def of(self, function: str) -> tuple[Recommendation, ...]:
        """Return the rules about one function."""
        return tuple(rule for rule in self.recommendations if rule.function == function)


def read_catalogue(folder: Path, functions: Mapping[str, Function]) -> Catalogue:
    """Read the catalogue of a workspace and hold it to the function documents that the workspace has.

    Raises
    ------
    FunctionInvalid
        With every problem: of the schema, or every pillar and indicator that its function does not know.
    """
    path = folder / FILE
    catalogue = Catalogue.read(path)
    problems = [
        f"recommendations.{number} ({rule.id}): {problem}"
        for number, rule in enumerate(catalogue.recommendations)
        for problem in _unknown(rule, catalogue, functions)
    ]
    if problems:
        raise FunctionInvalid(path, problems)
    return catalogue


def _unknown(rule: Recommendation, catalogue: Catalogue, functions: Mapping[str, Function]) -> Iterator[str]:
    if rule.function not in catalogue.functions:
        yield f"unknown function {rule.function!r}; the catalogue speaks about {listed(catalogue.functions)}"
    function = functions.get(rule.function)
    if function is None:
        return  # a workspace need not have every function that the catalogue knows
    pillars = [pillar.id for pillar in function.pillars]
    usable = [part.id for part in function.indicators if is_comparable(function, part.id)]
    if rule.when.pillar is not None and rule.when.pillar not in pillars:
        yield f"unknown pillar {rule.when.pillar!r}; known: {listed(pillars)}"
    if rule.when.indicator is not None and rule.when.indicator not in usable:
        yield f"unknown indicator, or not a continuous figure of the unit: {rule.when.indicator!r}; {listed(usable)}"


def is_comparable(function: Function, indicator: str) -> bool:
    """Whether an indicator is a continuous figure that units report themselves, so that one can be held to others."""
    part = next(part for part in function.indicators if part.id == indicator)
    return part.of == "unit" and part.transform != "count" and part.derived is None
