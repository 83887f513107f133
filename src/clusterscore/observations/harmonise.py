"""Figures into their indicator's measure: the only place where a figure is converted.

A figure that was converted keeps beside its value what was given: ``given``, in ``given_measure``; and ``base``, the
year at whose prices money is recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from clusterscore.observations.checks import Finding
from clusterscore.observations.codebook import Codebook, FigureRule
from clusterscore.observations.state import State
from clusterscore.reading.cells import Reading
from clusterscore.reading.measures import LEI, Quantity, read_measure
from clusterscore.reading.money import RATES
from clusterscore.reading.numbers import Unreadable
from clusterscore.vocabulary import Kind, Table

GIVEN: Final = ("given", "given_measure", "base")
"""What a converted figure has beyond its columns."""

_LEI_OF: Final = {"RO": "RON", "MD": "MDL"}


def harmonise(
    row: Mapping[str, Any], state: State, codebook: Codebook, reading: Reading
) -> tuple[dict[str, Any], list[Finding]]:
    """Return a figure in its indicator's measure, with what was given beside it; or as it is, and why it cannot be.

    A figure that states no measure, or the indicator's own, or one of another kind of quantity, is returned as it is.
    """
    data, rule = dict(row), _rule(row, state, codebook)
    if rule is None or data["measure"] in {None, rule.measure}:
        return data, []
    given, wanted = read_measure(data["measure"]), read_measure(rule.measure)
    if not given.fits(wanted):
        return data, []
    try:
        found = codebook.money.convert(data["value"], _in_country(given, data, state, codebook), wanted, data["year"])
        _same_base(found.base, state)
    except Unreadable as problem:
        return data, [("measure", problem.code, data["measure"], problem.expected)]
    share, value = given.kind == "share" and given.factor < wanted.factor, data["value"]
    if share and 0 < abs(value) < 1:
        expected = f"{value:g} {data['measure']}, or the share {value:g} that is {100 * value:g} %?"
        reading.doubts.append(("value", "W-UNIT-PERCENT", str(value), expected))
    reading.note(found.code, "value", data["measure"], f"{rule.measure}: {found.how}")
    beside = {"given": value, "given_measure": data["measure"]} | ({"base": found.base} if found.base else {})
    return data | {"value": found.value, "measure": rule.measure} | beside, []


def as_given(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of a recorded figure as its sender gave them."""
    plain = {name: value for name, value in data.items() if name not in GIVEN}
    return plain | {"value": data["given"], "measure": data["given_measure"]} if "given" in data else plain


def is_repeated(row: Mapping[str, Any], recorded: Mapping[str, Any]) -> bool:
    """Whether a converted figure was given as the recorded one was."""
    return "given" in row and all(row[name] == recorded.get(name) for name in ("given", "given_measure"))


def in_terms(column: str, recorded: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """Return the columns of a recorded row in the terms in which a correction of one of them may speak.

    A figure's value is known to its sender as it was given and to a reader as it is recorded; its measure is what was
    given.
    """
    plain = {name: value for name, value in recorded.items() if name not in GIVEN}
    if "given" not in recorded or column not in {"value", "measure"}:
        return (plain,)
    return (as_given(recorded), plain) if column == "value" else (as_given(recorded),)


def told(row: Mapping[str, Any], column: str) -> str:
    """Return what a row holds in a column, and what was given where that was converted."""
    if "given" not in row or column not in {"value", "measure"}:
        return repr(row.get(column))
    return f"{row['given']!r} {row['given_measure']} ({row['value']!r} {row['measure']})"


def _rule(row: Mapping[str, Any], state: State, codebook: Codebook) -> FigureRule | None:
    unit = state.find(Table.UNITS, row["unit"])
    return codebook.figures[Kind(unit.data["kind"])].get(row["indicator"]) if unit else None


def _in_country(quantity: Quantity, row: Mapping[str, Any], state: State, codebook: Codebook) -> Quantity:
    """Return money in the currency that lei are in the unit's country.

    Raises
    ------
    Unreadable
        Where the country is not known, or lei were old or new in that year.
    """
    if quantity.currency != LEI:
        return quantity
    currency = _LEI_OF.get(_country(row["unit"], state), "")
    if not currency:
        raise Unreadable("E-MEASURE", "RON or MDL; the unit has no country that says whose lei they are")
    if currency == "RON" and ("ROL", row["year"]) in codebook.money.rates:
        raise Unreadable("E-MEASURE", f"RON or ROL; in {row['year']} lei may be new or old ones ({RATES} knows both)")
    return replace(quantity, currency=currency)


def _country(unit: str, state: State) -> str:
    for name in state.lineage(unit):
        record = state.find(Table.UNITS, name)
        if record is not None and (record.data["country"] or record.data["region"]):
            return str(record.data["country"] or record.data["region"][:2])
    return ""


def _same_base(base: int | None, state: State) -> None:
    """Refuse money at prices of another year than the money that is recorded."""
    if base is not None and state.price_base not in {None, base}:
        expected = f"prices of {state.price_base}, as recorded; to change base_year, take data/raw into a new ledger"
        raise Unreadable("E-MONEY-BASE", expected)
