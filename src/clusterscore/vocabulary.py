"""The words every room shares: names of dimensions, tables, kinds and verdicts."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

# Dimensions of posterior arrays -------------------------------------------------------------------
CHAIN: Final = "chain"
DRAW: Final = "draw"
CELL: Final = "cell"  # one unit in one year
PILLAR: Final = "pillar"
INDICATOR: Final = "indicator"
MEASURE: Final = "measure"  # an indicator, or an item that belongs to a pillar
OVERALL: Final = "overall"
ITEM: Final = "item"
CATEGORY: Final = "category"
SCALE: Final = "scale"  # on which answers are given: an item's, or a rater's on an item
CUT: Final = "cut"  # between two neighbouring categories
RATER: Final = "rater"
UNIT: Final = "unit"
YEAR: Final = "year"
QUESTIONNAIRE: Final = "questionnaire"  # one rater's answers on one unit in one year

# Published intervals: central (equal-tailed), of this mass ----------------------------------------
INTERVAL_MASS: Final = 0.90
INTERVAL_TAIL: Final = 0.05
INTERVAL_KIND: Final = "central 90 % credible interval"


class Kind(StrEnum):
    """What sort of thing a unit is."""

    CLUSTER = "cluster"
    TEAM = "team"
    MEMBER = "member"
    REGION = "region"


class MemberType(StrEnum):
    """The leaves of the Four Clover model: what sort of organisation a member is."""

    FIRM = "firm"
    RESEARCH = "research"
    AUTHORITY = "authority"
    CATALYST = "catalyst"


class Table(StrEnum):
    """The canonical files, in the order in which they are read."""

    UNITS = "units"
    RATERS = "raters"
    EMPLOYMENT = "employment"
    FIGURES = "figures"
    ANSWERS = "answers"
    CORRECTIONS = "corrections"


class Channel(StrEnum):
    """Whose word alone a posterior rests on, where it does not rest on everything observed."""

    FIGURES = "figures"
    PEERS = "peers"


class Verdict(StrEnum):
    """Whether the peers confirm the figures."""

    VALIDATED = "validated"
    CONTRADICTED = "contradicted"
    NOT_ENOUGH_EVIDENCE = "not enough evidence"


class Flag(StrEnum):
    """Whether what raters did lies outside the limits of the model; a flag goes to a person and changes no score."""

    NONE = "none"
    LOW = "low"
    HIGH = "high"
    NOT_ASSESSABLE = "not assessable"


class Exit:
    """Exit codes of the command line."""

    DONE: Final = 0
    BUG: Final = 1
    REFUSED: Final = 2
    HELD: Final = 3
    DIAGNOSTICS: Final = 4
