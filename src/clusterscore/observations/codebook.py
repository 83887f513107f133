"""What may be recorded about which kind of unit. The function documents fill it; this step only obeys it."""

from __future__ import annotations

from dataclasses import dataclass, field

from clusterscore.reading.money import Tables, read_tables
from clusterscore.vocabulary import Kind


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
    """

    measure: str
    minimum: float
    maximum: float
    closed: bool
    whole: bool
    expected: str

    def admits(self, value: float) -> bool:
        """Whether a value is within the bounds."""
        above = value >= self.minimum if self.closed else value > self.minimum
        return above and value <= self.maximum


@dataclass(frozen=True, slots=True)
class Codebook:
    """Rules of all indicators, and numbers of categories of all items, by kind of unit and code; and what money is."""

    figures: dict[Kind, dict[str, FigureRule]] = field(default_factory=lambda: {kind: {} for kind in Kind})
    answers: dict[Kind, dict[str, int]] = field(default_factory=lambda: {kind: {} for kind in Kind})
    money: Tables = field(default_factory=read_tables)
