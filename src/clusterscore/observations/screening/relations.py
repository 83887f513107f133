"""Figures against each other: parts and wholes, sums of members, what needs what, copies, columns, coverage."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from clusterscore.observations.codebook import Codebook, FigureRule, Link
from clusterscore.observations.screening.remarks import Entry, Grade, Remark
from clusterscore.observations.screening.series import Series, robust
from clusterscore.vocabulary import Kind, Table

_SUM: Final = 0.01  # how far a total may be from the sum of the members, relative
_THOUSAND_BAND: Final = 0.5
_CONSTANT_UNITS: Final = 5  # units with one value from which a column is called constant
_COVERED: Final = 0.65  # share of a function's figures that a unit needs to be assessed
_ENOUGH: Final = 8
_FAR: Final = 4.0


def relations(entry: Entry, series: Series, codebook: Codebook) -> Iterator[Remark]:
    """Yield what a figure's links to the unit's other figures of the year say against it."""
    kind = _kind(entry, series)
    if kind is None:
        return
    name = entry.data["indicator"]
    for link in codebook.links[kind]:
        if name not in (link.figure, link.to):
            continue
        match link.relation:
            case "part_of" | "seldom_above":
                yield from _above(entry, link, series, codebook.figures[kind])
            case "needs":
                yield from _needed(entry, link, series)
            case "per":
                yield from _quotient(entry, link, series, kind)
            case "total_of" if name == link.figure:
                yield from _total(entry, str(entry.data["unit"]), link, series)
            case _:
                pass
    if kind is Kind.MEMBER:
        yield from _of_cluster(entry, series, codebook)
    yield from _copied(entry, series, codebook.figures[kind])


def columns(entries: Iterable[Entry], series: Series, codebook: Codebook) -> Iterator[Remark]:
    """Yield flags about whole columns: one value for all units, and units of which too little is known."""
    values: dict[tuple[str, str, int], list[Entry]] = defaultdict(list)
    first: dict[tuple[str, int], Entry] = {}
    for entry in entries:
        values[entry.raw.name, entry.data["indicator"], entry.data["year"]].append(entry)
        first.setdefault((entry.data["unit"], entry.data["year"]), entry)
    for (_, name, year), rows in values.items():
        if len(rows) >= _CONSTANT_UNITS and len({row.data["value"] for row in rows}) == 1:
            expected = f"values of {name} in {year} that differ between units; a column of one value tells nothing"
            yield Remark(Grade.FLAG, rows[0], "value", "W-IND-CONSTANT", f"{rows[0].data['value']:.15g}", expected)
    for (unit, year), entry in first.items():
        kind = _kind(entry, series)
        for function, (of, wanted) in codebook.own.items():
            if of is kind and wanted:
                known = sum(series.at(name, unit, year) is not None for name in wanted)
                if 0 < known < _COVERED * len(wanted):
                    expected = f"at least {_COVERED:.0%} of the figures of {function}; below that it is not assessed"
                    got = f"{known} of {len(wanted)} figures of {unit} in {year}"
                    yield Remark(Grade.FLAG, entry, "unit", "W-COVERAGE", got, expected)


def _kind(entry: Entry, series: Series) -> Kind | None:
    record = series.state.find(Table.UNITS, entry.data["unit"])
    return Kind(record.data["kind"]) if record else None


def _remark(grade: Grade, entry: Entry, code: str, expected: str, **evidence: object) -> Remark:
    return Remark(grade, entry, entry.column or "value", code, f"{entry.data['value']:.15g}", expected, evidence)


def _pair(entry: Entry, link: Link, series: Series) -> tuple[float | None, float | None]:
    unit, year = entry.data["unit"], entry.data["year"]
    return series.at(link.figure, unit, year), series.at(link.to, unit, year)


def _above(entry: Entry, link: Link, series: Series, rules: dict[str, FigureRule]) -> Iterator[Remark]:
    """A part above its whole is refused, what is seldom above held; said once, at the part where both are new."""
    part, whole = _pair(entry, link, series)
    one, other = rules.get(link.figure), rules.get(link.to)
    if part is None or whole is None or one is None or other is None or one.measure != other.measure:
        return
    unit, year = entry.data["unit"], entry.data["year"]
    if entry.data["indicator"] == link.to and series.is_from(entry.raw.sha256, unit, year, link.figure):
        return
    if part > whole:
        expected = f"{link.figure} at most {link.to} of the same year: {part:.15g} > {whole:.15g}"
        if link.relation == "part_of":
            yield _remark(Grade.REFUSE, entry, "E-DOM-EXPORTS", expected)
        else:
            yield _remark(Grade.HOLD, entry, "W-DOM-RATIO", expected, ratio=f"{part / whole:.4g}" if whole else "inf")


def _needed(entry: Entry, link: Link, series: Series) -> Iterator[Remark]:
    figure, needed = _pair(entry, link, series)
    unit, year = entry.data["unit"], entry.data["year"]
    if entry.data["indicator"] == link.figure and series.is_from(entry.raw.sha256, unit, year, link.to):
        return  # said at the other row
    if figure is not None and figure > 0 and needed == 0:
        said = f"{link.figure} {figure:.15g} and {link.to} 0 in {entry.data['year']}"
        yield _remark(Grade.HOLD, entry, "W-DOM-NOEMP", f"{link.to} above 0 where {link.figure} is; {said}")


def _quotient(entry: Entry, link: Link, series: Series, kind: Kind) -> Iterator[Remark]:
    """Compare a quotient, such as turnover per employee, with that of others in the sector."""
    unit, year = entry.data["unit"], entry.data["year"]
    figure, per = _pair(entry, link, series)
    if not figure or not per or figure < 0 or per < 0:
        return
    sector = series.sector(unit)
    others = series.quotients(link, kind)
    mine = [value for name, value in others if name != unit and series.sector(name) == sector]
    known = mine if len(mine) >= _ENOUGH else [value for name, value in others if name != unit]
    if len(known) < _ENOUGH:
        return
    centre, sd = robust(known)
    shift = math.log(figure / per) - centre
    if abs(abs(shift) / math.log(10.0) - 3.0) <= _THOUSAND_BAND and abs(shift) > _FAR * sd:
        who = f"{len(known)} units" + (f" of sector {sector}" if known is mine else "")
        expected = f"{link.figure} per {link.to} in {year} as elsewhere: {math.exp(shift):.4g} times that of {who}"
        yield _remark(Grade.HOLD, entry, "W-UNIT-1000", expected, **{"ratio to peers": f"{math.exp(shift):.4g}"})


def _of_cluster(entry: Entry, series: Series, codebook: Codebook) -> Iterator[Remark]:
    """Compare the cluster's total with the sum once more when a member's figure comes after it."""
    parent = series.state.parent_of(entry.data["unit"])
    for link in codebook.linked(Kind.CLUSTER, "total_of"):
        if parent is None or entry.data["indicator"] != link.to:
            continue
        if not series.is_from(entry.raw.sha256, parent, entry.data["year"], link.figure):
            yield from _total(entry, parent, link, series)


def _total(entry: Entry, cluster: str, link: Link, series: Series) -> Iterator[Remark]:
    year = entry.data["year"]
    total = series.at(link.figure, cluster, year)
    members = series.members(cluster)
    values = [value for name in members if (value := series.at(link.to, name, year)) is not None]
    if total is None or not values or sum(values) <= 0:
        return
    ratio = total / sum(values)
    complete = len(values) == len(members)
    said = f"{total:.15g} against {sum(values):.15g} for {len(values)} of {len(members)} members in {year}"
    evidence = {"ratio": f"{ratio:.4g}", "members": len(values)}
    if ratio > 0 and abs(abs(math.log10(ratio)) - 3.0) <= _THOUSAND_BAND:
        yield _remark(Grade.HOLD, entry, "W-UNIT-1000", f"the sum of the members: {said}", **evidence)
    elif ratio < 1.0 - _SUM or (complete and ratio > 1.0 + _SUM):
        yield _remark(Grade.HOLD, entry, "W-DOM-SUM", f"the sum of the members within {_SUM:.0%}: {said}", **evidence)


def _copied(entry: Entry, series: Series, rules: dict[str, FigureRule]) -> Iterator[Remark]:
    """Flag a measured value that is exactly last year's; counts and rounded shares repeat by themselves."""
    rule = rules.get(entry.data["indicator"])
    if rule is None or rule.whole or rule.is_share or not entry.data["value"]:
        return
    before = series.at(entry.data["indicator"], entry.data["unit"], entry.data["year"] - 1)
    if before == entry.data["value"]:
        expected = f"a new value; this is exactly that of {entry.data['year'] - 1}"
        yield _remark(Grade.FLAG, entry, "W-DOM-STALE", expected)
