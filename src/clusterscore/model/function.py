"""The function document: what is measured, by which figures and questions, and with which weights.

A function is a YAML file. The engine reads pillars, indicators and items from it and names none of them itself.
"""

from __future__ import annotations

import datetime
import hashlib
import itertools
import json
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from clusterscore.documents import Document
from clusterscore.errors import FunctionInvalid, UnknownName, listed
from clusterscore.model.priors import DEFAULT_PRIORS, Prior, PriorOverride
from clusterscore.vocabulary import Kind

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
Reason = Annotated[str, StringConstraints(min_length=3)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[Finite, Field(gt=0)]
Transform = Literal["log", "log1p", "logit", "identity", "count"]

MOST_CATEGORIES: Final = 21


class Text(Document):
    """The same words in English and in Romanian."""

    en: Annotated[str, StringConstraints(min_length=1)]
    ro: Annotated[str, StringConstraints(min_length=1)]


class Part(Document):
    """Anything that a function document names by an id."""

    id: Identifier


class Indicator(Part):
    """One figure: how it is measured and how it speaks about its pillar.

    ``typical`` is a usual value in the unit of ``measure`` and ``spread`` the usual standard deviation between units
    after the transform. Both only place the prior; they are fixed, so that new data never change it. With ``of:
    members`` the figure is recorded for each member organisation and speaks about the unit to which the members belong.
    A ``derived`` figure is not recorded: it follows from the tables of employment for the unit's region and sector.
    """

    title: Text
    measure: Annotated[str, StringConstraints(min_length=1)]
    transform: Transform
    of: Literal["unit", "members"] = "unit"
    derived: Literal["location_quotient"] | None = None
    direction: Literal[1, -1] = 1
    typical: Finite
    spread: Positive
    minimum: Finite | None = None
    maximum: Finite | None = None
    exposure: Identifier | None = None
    resolution: Annotated[float, Field(gt=0, lt=0.5)] | None = None
    why: Reason
    source: Reason

    @model_validator(mode="after")
    def _consistent(self) -> Indicator:
        if self.transform in {"log", "count"} and self.typical <= 0:
            raise ValueError(f"transform {self.transform} needs typical > 0")
        if self.transform == "log1p" and self.typical < 0:
            raise ValueError("transform log1p needs typical >= 0")
        if self.transform == "logit" and not 0 < self.typical < 1:
            raise ValueError("transform logit needs typical strictly between 0 and 1")
        if self.exposure is not None and self.transform != "count":
            raise ValueError("only a count has an exposure")
        if (self.resolution is None) == (self.transform == "logit"):
            raise ValueError("a share (transform logit) has a resolution, nothing else has")
        if self.derived is not None and (self.of, self.transform) != ("unit", "log"):
            raise ValueError("a location quotient is a figure of the unit with transform log")
        if self.of == "members" and self.transform == "count":
            raise ValueError("members' figures need a continuous transform, not a count")
        if self.minimum is not None and self.maximum is not None and self.minimum >= self.maximum:
            raise ValueError("minimum must be below maximum")
        return self


class Item(Part):
    """One question put to the peers, answered on an ordered scale from 1 to ``categories``."""

    text: Text
    direction: Literal[1, -1] = 1
    categories: Annotated[int, Field(ge=2, le=MOST_CATEGORIES)] | None = None
    why: Reason
    source: Reason


class Pillar(Part):
    """One aspect of the unit: a latent number per unit and year, seen through indicators and items."""

    title: Text
    weight: Positive = 1.0
    why: Reason
    source: Reason
    indicators: tuple[Indicator, ...] = ()
    items: tuple[Item, ...] = ()

    @model_validator(mode="after")
    def _observable(self) -> Pillar:
        if not self.indicators and not self.items:
            raise ValueError("a pillar needs at least one indicator or item")
        return self


class Labels(Document):
    """The words of the answer scale, lowest first."""

    en: tuple[str, ...]
    ro: tuple[str, ...]


class Questionnaire(Document):
    """The scale of the peers' answers and how many raters a publication needs.

    ``thresholds`` sit on the item, each rater shifting them by a severity (a questionnaire, many raters), or on the
    rater (few expert sources with scales of their own). ``discriminations`` likewise. With ``drift`` a rater's
    severity may change from year to year. ``halo`` says whether one rater's answers on one unit in one year share
    something besides the unit's state.
    """

    thresholds: Literal["item", "rater"] = "item"
    discriminations: Literal["item", "rater"] = "item"
    drift: bool = False
    halo: bool = True
    categories: Annotated[int, Field(ge=2, le=MOST_CATEGORIES)] = 5
    labels: Labels | None = None
    minimum_raters: Annotated[int, Field(ge=1)] = 5
    why: Reason

    @model_validator(mode="after")
    def _consistent(self) -> Questionnaire:
        if self.drift and self.thresholds == "rater":
            raise ValueError("severities drift only where thresholds sit on the item")
        if self.labels is not None:
            for language, words in (("en", self.labels.en), ("ro", self.labels.ro)):
                if len(words) != self.categories:
                    raise ValueError(f"{language}: {len(words)} labels for {self.categories} categories")
        return self


class Weights(Document):
    """How firmly the agreed weights are believed: the Dirichlet's concentration."""

    concentration: Positive
    why: Reason
    source: Reason


class Edition(Document):
    """How often the analysis is published; the first ``every`` years observed form the base edition."""

    every: Annotated[int, Field(ge=1)]
    why: Reason


class Groups(Document):
    """Columns of ``units.csv`` whose groups share a level: a unit of a group seen before starts from that level."""

    by: Annotated[tuple[Literal["country", "region", "sector"], ...], Field(min_length=1)]
    why: Reason


class Errors(Document):
    """Degrees of freedom of the figures' Student-t errors: a number above 2, or ``learned``."""

    degrees_of_freedom: Annotated[Finite, Field(gt=2)] | Literal["learned"] = 4.0
    why: Reason


class Validation(Document):
    """When the peers' answers confirm or contradict the figures.

    ``equivalence`` is the half-width of the region of practical equivalence, in standard deviations of the base
    cohort; ``probability`` is what a verdict needs.
    """

    equivalence: Positive = 1.0
    probability: Annotated[float, Field(gt=0.5, lt=1)] = 0.9
    why: Reason


class Check(Document):
    """How one figure must, or usually does, stand to another of the same unit and year: for the door, not the model.

    ``part_of``: it is a part of the other, in the same measure, or a share of it: more than the whole is refused.
    ``seldom_above``: more than the other is in doubt. ``needs``: above 0 while the other is 0 is in doubt. ``per``: the
    quotient is compared with that of others in the sector. ``total_of``: it is the sum of the members' figures ``to``;
    where no document of the workspace has these, there is nothing to compare.
    """

    figure: Identifier
    relation: Literal["part_of", "seldom_above", "needs", "per", "total_of"]
    to: Identifier
    why: Reason


class Wave(Document):
    """When the answers on one year are given: its first and its last day, both included, UTC."""

    year: Annotated[int, Field(ge=1900)]
    opens: datetime.date
    closes: datetime.date

    @model_validator(mode="after")
    def _in_order(self) -> Wave:
        if self.closes < self.opens:
            raise ValueError(f"the wave of {self.year} closes on {self.closes}, before it opens on {self.opens}")
        return self


class Function(Document):
    """A validated function document.

    Order of pillars, indicators and items is the order of the document; every posterior array uses it.
    """

    function: Identifier
    version: Annotated[int, Field(ge=1)]
    kind: Kind
    title: Text
    question: Text
    reconstruction: Reason
    edition: Edition
    pillars: Annotated[tuple[Pillar, ...], Field(min_length=1)]
    overall: tuple[Item, ...] = ()
    questionnaire: Questionnaire | None = None
    groups: Groups | None = None
    errors: Errors
    weights: Weights
    validation: Validation
    priors: dict[str, PriorOverride] = Field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    waves: tuple[Wave, ...] = ()

    @field_validator("priors")
    @classmethod
    def _distributions(cls, priors: dict[str, PriorOverride]) -> dict[str, PriorOverride]:
        for name, override in priors.items():
            if name not in DEFAULT_PRIORS:
                raise ValueError(f"unknown name {name!r}; known: {listed(DEFAULT_PRIORS)}")
            try:
                DEFAULT_PRIORS[name].overridden(override)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        return priors

    @model_validator(mode="after")
    def _consistent(self) -> Function:
        ids = [part.id for part in self._parts]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"ids used more than once: {', '.join(twice)}")
        if self.items and self.questionnaire is None:
            raise ValueError("items need a questionnaire section")
        known = {indicator.id for indicator in self.indicators if indicator.of == "unit"}
        for indicator in self.indicators:
            if indicator.exposure is not None and indicator.exposure not in known:
                choices = ", ".join(sorted(known))
                raise ValueError(f"{indicator.id}: unknown exposure {indicator.exposure!r}; known: {choices}")
        return self

    @model_validator(mode="after")
    def _checkable(self) -> Function:
        recorded = {part.id: part.of for part in self.indicators if part.derived is None}
        for check in self.checks:
            named = (check.figure,) if check.relation == "total_of" else (check.figure, check.to)
            for name in named:
                if name not in recorded:
                    raise ValueError(f"checks: unknown figure {name!r}; known: {listed(recorded)}")
            if len({recorded[name] for name in named}) > 1:
                raise ValueError(f"checks: {check.figure} and {check.to} are not of the same kind of unit")
        return self

    @model_validator(mode="after")
    def _one_wave_at_a_time(self) -> Function:
        ordered = sorted(self.waves, key=lambda wave: wave.opens)
        for before, after in itertools.pairwise(ordered):
            if after.opens <= before.closes:
                raise ValueError(
                    f"E-WAVE-OVERLAP: the wave of {after.year} opens on {after.opens}, before that of {before.year} "
                    f"closes on {before.closes}; an answer would belong to both"
                )
        if len({wave.year for wave in self.waves}) < len(self.waves):
            raise ValueError("E-WAVE-OVERLAP: a year has more than one wave")
        return self

    @property
    def _parts(self) -> tuple[Part, ...]:
        return (*self.pillars, *self.indicators, *self.items)

    @cached_property
    def indicators(self) -> tuple[Indicator, ...]:
        """All indicators, pillar by pillar."""
        return tuple(indicator for pillar in self.pillars for indicator in pillar.indicators)

    @property
    def has_members(self) -> bool:
        """Whether any figure is recorded for the units' members."""
        return any(indicator.of == "members" for indicator in self.indicators)

    @property
    def has_quotients(self) -> bool:
        """Whether any figure is a location quotient."""
        return any(indicator.derived == "location_quotient" for indicator in self.indicators)

    def kind_of(self, indicator: Indicator) -> Kind:
        """Return the kind of unit for which a figure is recorded."""
        return Kind.MEMBER if indicator.of == "members" else self.kind

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """All items, pillar by pillar, the overall ones last."""
        return (*(item for pillar in self.pillars for item in pillar.items), *self.overall)

    @cached_property
    def measures(self) -> tuple[str, ...]:
        """Ids of everything that has a slope on a pillar: the indicators, then the items that belong to a pillar."""
        return tuple(part.id for part in (*self.indicators, *self.items) if part.id in self.pillar_of)

    @cached_property
    def pillar_of(self) -> dict[str, str]:
        """Pillar id of every indicator and item; the overall items have none."""
        return {part.id: pillar.id for pillar in self.pillars for part in (*pillar.indicators, *pillar.items)}

    @property
    def has_severity(self) -> bool:
        """Whether raters shift the items' thresholds."""
        return self.questionnaire is not None and self.questionnaire.thresholds == "item"

    @property
    def has_halo(self) -> bool:
        """Whether the answers of one questionnaire share a halo."""
        return self.questionnaire is not None and self.questionnaire.halo

    @property
    def has_drift(self) -> bool:
        """Whether severities change from year to year."""
        return self.questionnaire is not None and self.questionnaire.drift

    @property
    def has_consistency(self) -> bool:
        """Whether raters differ in how strongly their answers follow what is judged."""
        return self.questionnaire is not None and self.questionnaire.discriminations == "rater"

    @cached_property
    def agreed_weights(self) -> dict[str, float]:
        """Agreed weights by pillar, summing to 1."""
        total = sum(pillar.weight for pillar in self.pillars)
        return {pillar.id: pillar.weight / total for pillar in self.pillars}

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what a posterior rests on, whatever the file's layout; what only the door asks is left out."""
        content = json.dumps(
            self.model_dump(mode="json", exclude={"checks", "waves"}), sort_keys=True, ensure_ascii=False
        )
        return hashlib.sha256(content.encode()).hexdigest()

    def categories(self, item: Item) -> int:
        """Return how many answers an item offers."""
        if item.categories is not None:
            return item.categories
        return self.questionnaire.categories if self.questionnaire else Questionnaire.model_fields["categories"].default

    def prior(self, name: str) -> Prior:
        """Return a prior by name: the document's override where there is one, else the default."""
        if name not in DEFAULT_PRIORS:
            raise UnknownName("prior", name, DEFAULT_PRIORS)
        default = DEFAULT_PRIORS[name]
        override = self.priors.get(name)
        return default.overridden(override) if override else default


def read_functions(folder: Path) -> dict[str, Function]:
    """Read every function document of a workspace, by id.

    Raises
    ------
    FunctionInvalid
        Where a document breaks its schema, its file is not named after its id, or two functions for one kind of unit
        use one id for different indicators or items.
    """
    functions: dict[str, Function] = {}
    for path in sorted(folder.glob("*.yml")):
        function = Function.read(path)
        if function.function != path.stem:
            raise FunctionInvalid(
                path, [f"the file holds function {function.function!r}; name it {function.function}.yml"]
            )
        _refuse_shared_ids(path, function, functions)
        functions[function.function] = function
    return functions


def _refuse_shared_ids(path: Path, function: Function, others: dict[str, Function]) -> None:
    for other in others.values():
        shared = _recorded(function) & _recorded(other)
        if shared:
            names = ", ".join(sorted(name for _, name in shared))
            raise FunctionInvalid(
                path, [f"ids already used for the same kind of unit in {other.function}.yml: {names}"]
            )


def _recorded(function: Function) -> set[tuple[Kind, str]]:
    """Return the kind of unit and the id under which each figure and answer is recorded."""
    figures = {(function.kind_of(part), part.id) for part in function.indicators if part.derived is None}
    return figures | {(function.kind, item.id) for item in function.items}


def plain(function: Function) -> dict[str, Any]:
    """Return the document as plain data, as it would be written to YAML."""
    return function.model_dump(mode="json", exclude_defaults=True)
