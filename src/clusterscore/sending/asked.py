"""What a workbook asks for: the figures of a unit and of its members, with what was last known of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clusterscore.model.codebook import make_codebook
from clusterscore.model.function import Function, Indicator
from clusterscore.observations.codebook import FigureRule
from clusterscore.observations.observed import Observations
from clusterscore.vocabulary import Kind


@dataclass(frozen=True, slots=True)
class Last:
    """The last figure known before an edition.

    Attributes
    ----------
    year
        Its year.
    value
        In the indicator's measure.
    """

    year: int
    value: float


@dataclass(frozen=True, slots=True)
class Asked:
    """One indicator of a unit, or of each of its members.

    Attributes
    ----------
    indicator
        As the function document says.
    rule
        What may be entered.
    last
        What was last known, by unit.
    """

    indicator: Indicator
    rule: FigureRule
    last: Mapping[str, Last]


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a cluster, as recorded."""

    unit: str
    name: str
    region: str
    sector: str
    founded: str


@dataclass(frozen=True, slots=True)
class Request:
    """Everything that one workbook asks for.

    Attributes
    ----------
    unit, name, kind
        Who is asked.
    edition
        The year of the figures.
    functions
        Ids of the functions that want them.
    figures
        Of the unit itself.
    member_figures
        Of each member.
    members
        Who is known to be one.
    regions, sectors
        Those that units in the workspace have, to choose from.
    """

    unit: str
    name: str
    kind: Kind
    edition: int
    functions: tuple[str, ...]
    figures: tuple[Asked, ...]
    member_figures: tuple[Asked, ...]
    members: tuple[Member, ...]
    regions: tuple[str, ...]
    sectors: tuple[str, ...]


def requests(functions: Sequence[Function], observations: Observations, edition: int) -> list[Request]:
    """Return a request for each recorded cluster and management team that a function is about, in their order."""
    units = observations.units
    book = make_codebook({function.function: function for function in functions})
    before = observations.figures[observations.figures["year"] < edition].sort_values("year")
    last: dict[str, dict[str, Last]] = {}
    for indicator, unit, year, value in before[["indicator", "unit", "year", "value"]].itertuples(
        index=False, name=None
    ):
        last.setdefault(indicator, {})[unit] = Last(int(year), float(value))

    def asked(kind: Kind) -> tuple[Asked, ...]:
        return tuple(
            Asked(part, book.figures[kind][part.id], last.get(part.id, {}))
            for function in functions
            for part in function.indicators
            if part.derived is None and function.kind_of(part) == kind
        )

    kinds = [kind for kind in (Kind.CLUSTER, Kind.TEAM) if any(function.kind == kind for function in functions)]
    about = {kind: (asked(kind), asked(Kind.MEMBER) if kind == Kind.CLUSTER else ()) for kind in kinds}
    regions, sectors = (tuple(sorted(set(units[name].dropna()))) for name in ("region", "sector"))
    return [
        Request(
            unit=str(row.unit),
            name=str(row.name),
            kind=kind,
            edition=edition,
            functions=tuple(f.function for f in functions if f.kind == kind),
            figures=about[kind][0],
            member_figures=about[kind][1],
            members=_members(observations, str(row.unit)) if kind == Kind.CLUSTER else (),
            regions=regions,
            sectors=sectors,
        )
        for kind in kinds
        for row in units[units["kind"] == kind].itertuples(index=False)
        if about[kind][0]
    ]


def _members(observations: Observations, cluster: str) -> tuple[Member, ...]:
    units = observations.units
    chosen = units[(units["kind"] == Kind.MEMBER) & (units["parent"] == cluster)]
    rows = chosen[["unit", "name", "region", "sector", "founded"]].astype(object)
    return tuple(
        Member(*(str(cell) for cell in row)) for row in rows.where(rows.notna(), "").itertuples(index=False, name=None)
    )
