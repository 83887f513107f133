"""Money of any year and currency becomes euro at the prices of one year, by rows that have a source."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterscore.errors import FunctionInvalid, InputRefused
from clusterscore.reading.measures import read_measure
from clusterscore.reading.money import Tables, read_tables
from clusterscore.reading.numbers import Unreadable

CONSTANT = read_measure("EUR a year at constant prices")
SHIPPED = read_tables()
AMOUNTS = st.floats(min_value=1, max_value=1e12)


def euro(value: float, measure: str, year: int, tables: Tables = SHIPPED) -> float:
    """Return an amount in euro at constant prices."""
    return tables.convert(value, read_measure(measure), CONSTANT, year).value


def reference(folder: Path, **tables: str) -> Path:
    """Write reference tables of a workspace."""
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def test_an_amount_is_converted_at_the_years_rate_and_to_the_base_years_prices() -> None:
    """Against the figures of the European Central Bank and Eurostat, by hand."""
    assert euro(1000, "mii RON", 2023) == pytest.approx(1_000_000 / 4.9467 * 105.06 / 123.15, rel=1e-12)
    assert euro(1, "EUR", 2020) == 1


@given(amount=AMOUNTS, year=st.sampled_from(range(1999, 2026)))
def test_an_amount_is_the_same_whether_stated_in_lei_or_in_euro(amount: float, year: int) -> None:
    """The law for which rate comes before deflator."""
    rate = float(SHIPPED.rates["RON", year].value)
    assert euro(amount * rate, "RON", year) == pytest.approx(euro(amount, "EUR", year), rel=1e-12)
    assert euro(amount / 1e6, "million EUR", year) == pytest.approx(euro(amount, "EUR", year), rel=1e-12)


@given(amount=AMOUNTS)
def test_old_and_new_lei_agree(amount: float) -> None:
    """Ten thousand old lei were a new one."""
    for year in range(1999, 2006):
        assert euro(amount * 1e4, "ROL", year) == pytest.approx(euro(amount, "RON", year), rel=5e-5)


def test_shares_and_counts_are_exact() -> None:
    """12.5 % is 0.125, not nearly so."""
    share, persons = read_measure("share"), read_measure("persons")
    for percent in range(1001):
        found = SHIPPED.convert(percent / 10, read_measure("%"), share, 2020)
        assert (found.value, found.code, found.base) == (float(Decimal(percent) / 1000), "N-UNIT", None)
    assert SHIPPED.convert(3.12, read_measure("mii persoane"), persons, 2020).value == 3120


def test_what_was_done_is_told_with_rate_deflator_and_sources() -> None:
    """Whoever doubts a number finds what to check."""
    found = SHIPPED.convert(1, read_measure("thousand RON"), CONSTANT, 2023)
    assert (found.code, found.base) == ("N-MONEY", 2020)
    for part in ("times 1000", "4.9467 RON per EUR", "ECB", "105.06 / 123.15", "prices of 2020", "prc_hicp_aind"):
        assert part in found.how


def test_money_of_the_year_itself_is_not_deflated() -> None:
    """An indicator that asks for plain EUR gets plain EUR."""
    found = SHIPPED.convert(4.9467, read_measure("RON"), read_measure("EUR"), 2023)
    assert (found.value, found.base) == (1, None)


@pytest.mark.parametrize(
    ("measure", "year", "table"),
    [
        ("RON", 1998, "rates.csv"),
        ("MDL", 2010, "rates.csv"),
        ("RON", 2030, "rates.csv"),
        ("EUR", 2030, "deflators.csv"),
    ],
)
def test_a_year_that_no_table_knows_is_refused_with_how_to_add_it(measure: str, year: int, table: str) -> None:
    """Nothing is extrapolated."""
    with pytest.raises(Unreadable, match=f"in {year}; .*data/reference/{table} with its source") as found:
        euro(1, measure, year)
    assert found.value.code == "E-MONEY-RATE"


def test_constant_prices_of_another_currency_are_refused() -> None:
    """They do not say of which year."""
    with pytest.raises(Unreadable, match="say no year"):
        euro(1, "RON at constant prices", 2020)


def test_a_workspace_adds_a_year_and_replaces_a_row(tmp_path: Path) -> None:
    """Its row wins, with its own source."""
    rates = "currency,year,rate,source\nMDL,2010,16.4,National Bank of Moldova\nRON,2023,5,an auditor\n"
    tables = read_tables(reference(tmp_path, rates=rates))
    assert euro(16.4, "MDL", 2010, tables) == pytest.approx(euro(1, "EUR", 2010))
    assert euro(5, "RON", 2023, tables) == pytest.approx(euro(1, "EUR", 2023))
    assert tables.rates["RON", 2022] == SHIPPED.rates["RON", 2022]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("RON,2023,5,", "source"),
        ("RON,2023,5", "source"),
        ("RON,2023,0,a bank", "above 0"),
        ("RON,2023,NaN,a bank", "above 0"),
        ('RON,2023,"4,9",a bank', "decimal mark"),
        ("RON,,5,a bank", "year"),
        ("RON,2023,5,a bank\nRON,2023,5,a bank", "once"),
    ],
)
def test_a_row_without_a_number_a_year_or_a_source_is_refused(tmp_path: Path, row: str, expected: str) -> None:
    """A number that nobody vouches for converts nothing."""
    with pytest.raises(InputRefused, match=expected) as refused:
        read_tables(reference(tmp_path, rates=f"currency,year,rate,source\n{row}\n"))
    assert [fault.code for fault in refused.value.faults] == ["E-REF-ROW"]


def test_a_table_with_other_columns_is_refused(tmp_path: Path) -> None:
    """A table is not guessed at."""
    with pytest.raises(InputRefused, match="E-REF-HEADER"):
        read_tables(reference(tmp_path, deflators="area,year,index,source\n"))


def test_the_base_year_is_a_value_in_a_document(tmp_path: Path) -> None:
    """A workspace may choose another, with its reason; a document without one is refused."""
    (tmp_path / "money.yml").write_text("base_year: 2015\narea: EA\nwhy: ours\nsource: ours\n", encoding="utf-8")
    assert read_tables(tmp_path).convert(1, read_measure("EUR"), CONSTANT, 2015).value == 1
    (tmp_path / "money.yml").write_text("base_year: 2015\narea: EA\n", encoding="utf-8")
    with pytest.raises(FunctionInvalid):
        read_tables(tmp_path)


def test_indices_of_different_bases_are_not_divided(tmp_path: Path) -> None:
    """An index of 2025=100 beside one of 2015=100 would move all prices by a quarter."""
    table = "area,year,index,base,source\nEA,2026,102.1,2025,Eurostat\n"
    with pytest.raises(Unreadable, match="same base"):
        euro(1, "EUR", 2026, read_tables(reference(tmp_path, deflators=table)))


def test_every_shipped_row_has_a_source_and_no_year_is_left_out() -> None:
    """A gap between two years would be a slip."""
    for table in (SHIPPED.rates, SHIPPED.deflators):
        assert all(entry.source for entry in table.values())
        for key in {key for key, _ in table}:
            years = sorted(year for one, year in table if one == key)
            assert years == list(range(years[0], years[-1] + 1))
