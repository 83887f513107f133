"""A measure says what a number counts, in English or Romanian."""

from decimal import Decimal

import pytest

from clusterscore.model.function import Function
from clusterscore.reading.measures import Quantity, is_percent, read_measure


@pytest.mark.parametrize(
    ("text", "quantity"),
    [
        ("EUR a year at constant prices", Quantity("money", Decimal(1), "EUR", constant=True)),
        ("EUR per employee at constant prices", Quantity("money", Decimal(1), "EUR", "employee", constant=True)),
        ("RON", Quantity("money", Decimal(1), "RON")),
        ("thousand RON", Quantity("money", Decimal(1000), "RON")),
        ("mii lei", Quantity("money", Decimal(1000), "LEI")),
        ("Mii de lei", Quantity("money", Decimal(1000), "LEI")),
        ("lei (mii)", Quantity("money", Decimal(1000), "LEI")),
        ("million EUR", Quantity("money", Decimal(10**6), "EUR")),
        ("mil. EUR", Quantity("money", Decimal(10**6), "EUR")),
        ("mld. lei pe an", Quantity("money", Decimal(10**9), "LEI")),
        ("mii lei/salariat, prețuri curente", Quantity("money", Decimal(1000), "LEI", "employee")),
        ("lei moldovenești", Quantity("money", Decimal(1), "MDL")),
        ("lei vechi", Quantity("money", Decimal(1), "ROL")),
        ("%", Quantity("share", Decimal("0.01"))),
        ("la sută", Quantity("share", Decimal("0.01"))),
        ("la mie", Quantity("share", Decimal("0.001"))),
        ("% pe an", Quantity("share", Decimal("0.01"))),
        ("persoane", Quantity("persons", Decimal(1))),
        ("mii persoane", Quantity("persons", Decimal(1000))),
        ("FTE", Quantity("full-time equivalents", Decimal(1))),
        ("zile pe persoană pe an", Quantity("days per person", Decimal(1))),
    ],
)
def test_a_measure_is_read(text: str, quantity: Quantity) -> None:
    """Scale, currency and what it is per, whatever the order and the language."""
    assert read_measure(text) == quantity


@pytest.mark.parametrize(
    ("one", "other"),
    [("RON", "%"), ("RON", "persons"), ("EUR", "EUR per employee"), ("persons", "FTE"), ("EUR", "EUR of 2015")],
)
def test_measures_of_different_kinds_do_not_fit(one: str, other: str) -> None:
    """Nobody's headcount becomes money."""
    assert not read_measure(one).fits(read_measure(other))


def test_every_measure_of_the_functions_fits_itself_alone(functions: dict[str, Function]) -> None:
    """Two indicators whose measures fit each other count the same kind of thing."""
    measures = {part.measure for function in functions.values() for part in function.indicators}
    known = {"money", "share", "persons", "full-time equivalents", "countries", "products", "filings", "groups"}
    for measure in measures:
        quantity = read_measure(measure)
        assert quantity.factor == 1
        assert quantity.kind in known or not any(quantity.fits(read_measure(other)) for other in measures - {measure})


@pytest.mark.parametrize(("text", "found"), [("%", True), ("procente", True), ("share", False), ("EUR", False)])
def test_percent_is_told_from_shares(text: str, *, found: bool) -> None:
    """The column says which of the two its numbers are."""
    assert is_percent(text) is found
