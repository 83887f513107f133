"""What may be recorded about which kind of unit. The function documents fill it; this step only obeys it."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, field
from typing import Final, Literal

from clusterscore.reading.money import Tables, read_tables
from clusterscore.vocabulary import Kind

_CURRENCY: Final = re.compile(r"\b(?:EUR|RON|MDL|lei)\b")

Relation = Literal["part_of", "seldom_above", "needs", "per", "total_of"]


@dataclass(frozen=True, slots=True)
class Link:
    """How one figure of a unit and year stands to another; the words are those of the function document.

    Attributes
    ----------
    figure, to
        The two indicators; for ``total_of`` the second is one of the members.
    relation
        ``part_of``, ``seldom_above``, ``needs``, ``per`` or ``total_of``.
    """

    figure: str
    relation: Relation
    to: str


@dataclass(frozen=True, slots=True)
class FigureRule:
    """What values an indicator admits.

    Attributes
    ----------
    measure
        Unit of measurement in which the indicator is recorded.
    minimum, maximum
        Bounds, in that unit.
    closed
        Whether ``minimum`` itself is admitted.
    whole
        Whether only whole numbers are admitted.
    expected
        The rule in words.
    transform, typical, spread
        How the indicator is standardised, its usual value in ``measure``, and the usual standard deviation between
        units after the transform.
    """

    measure: str
    minimum: float
    maximum: float
    closed: bool
    whole: bool
    expected: str
    transform: str = "identity"
    typical: float = 0.0
    spread: float = 1.0

    @property
    def is_money(self) -> bool:
        """Whether the measure is in a currency."""
        return _CURRENCY.search(self.measure) is not None

    @property
    def has_ratios(self) -> bool:
        """Whether values compare by ratio: they have a natural zero and no sign."""
        return self.transform != "identity"

    @property
    def is_share(self) -> bool:
        """Whether values are shares of a whole."""
        return self.transform == "logit"

    def admits(self, value: float) -> bool:
        """Whether a value is within the bounds."""
        above = value >= self.minimum if self.closed else value > self.minimum
        return above and value <= self.maximum


@dataclass(frozen=True, slots=True)
class Codebook:
    """Rules of all indicators, numbers of categories and directions of all items, by kind of unit and code.

    ``links`` are relations between figures, by kind; ``waves`` the first and last day of answering, by kind and year;
    ``money`` says what money is worth; ``own`` names, by function, its kind of unit and the indicators recorded for the
    unit itself.
    """

    figures: dict[Kind, dict[str, FigureRule]] = field(default_factory=lambda: {kind: {} for kind in Kind})
    answers: dict[Kind, dict[str, int]] = field(default_factory=lambda: {kind: {} for kind in Kind})
    directions: dict[Kind, dict[str, int]] = field(default_factory=lambda: {kind: {} for kind in Kind})
    links: dict[Kind, tuple[Link, ...]] = field(default_factory=lambda: dict.fromkeys(Kind, ()))
    waves: dict[Kind, dict[int, tuple[datetime.date, datetime.date]]] = field(
        default_factory=lambda: {kind: {} for kind in Kind}
    )
    money: Tables = field(default_factory=read_tables)
    own: dict[str, tuple[Kind, tuple[str, ...]]] = field(default_factory=dict)

    def linked(self, kind: Kind, relation: Relation) -> tuple[Link, ...]:
        """Return the links of one relation among the figures of one kind of unit."""
        return tuple(link for link in self.links[kind] if link.relation == relation)
