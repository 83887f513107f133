"""Forecasts in the ledger: chained like all records, before what they predict, once, and invisible to the model."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterscore import audit
from clusterscore.errors import ForecastTooLate, LedgerBroken
from clusterscore.observations.forecasts import Origin, announce, arrivals, forecasts_in
from clusterscore.observations.ledger import Action, Ledger
from clusterscore.observations.observed import observe
from clusterscore.vocabulary import Table
from tests.observations.association import Association, corrections, snapshot

ORIGIN = Origin("small", 2023, "0123456789abcdef", 14, "d" * 64)
NEXT = {"figures.csv": "unit,year,indicator,value\nCL-01,2024,turnover,5\n"}


def predicted(*units: str, year: int = 2024, indicator: str = "turnover", location: float = 0.25) -> pd.DataFrame:
    """Return a forecast of one indicator for each unit."""
    table = pd.DataFrame({"unit": units, "year": year, "indicator": indicator})
    return table.assign(location=location, scale=0.5, freedom=6.0)


def told(association: Association, *units: str, origin: Origin = ORIGIN, **about: object) -> int:
    """Record forecasts and return how many were new."""
    return announce(association.ledger, predicted(*units, **about), origin, "a tester")[0]  # type: ignore[arg-type]


def test_a_forecast_is_a_record_of_the_chain(association: Association) -> None:
    """With the figure's key, the three numbers, where they come from, who and when; one segment for the batch."""
    before, head = snapshot(association.workspace.ledger), association.ledger.head()
    assert told(association, "CL-01", "CL-02") == 2
    record = association.ledger.read()[-2]
    assert (record.action, record.table, record.key) == (
        Action.FORECAST,
        Table.FIGURES,
        ("CL-01", 2024, "turnover"),
    )
    key = {"unit": "CL-01", "year": 2024, "indicator": "turnover"}
    origin = {"function": "small", "posterior": ORIGIN.posterior, "edition": 2023, "known": 14}
    assert record.data == key | {"location": 0.25, "scale": 0.5, "freedom": 6.0} | origin
    assert (record.file, record.row, record.who) == ("d" * 64, 0, "a tester")
    assert len(snapshot(association.workspace.ledger)) == len(before) + 1
    association.ledger.verify(head)


def test_what_the_model_sees_is_the_same_with_and_without(association: Association) -> None:
    """Observations and their digest do not change; only the head grows."""
    before = association.observed()
    told(association, "CL-01", "CL-02")
    after = association.observed()
    assert after.digest == before.digest
    assert after.head.count == before.head.count + 2
    pd.testing.assert_frame_equal(after.figures, before.figures)


def test_the_same_forecast_is_recorded_once(association: Association) -> None:
    """Whatever is new in a batch is recorded; the rest is known."""
    told(association, "CL-01")
    assert told(association, "CL-01", "CL-02") == 1
    before = snapshot(association.workspace.ledger)
    assert told(association, "CL-01", "CL-02") == 0
    assert snapshot(association.workspace.ledger) == before


def test_another_posterior_may_say_something_else(association: Association) -> None:
    """Both stand in the ledger, in order."""
    told(association, "CL-01")
    other = Origin("small", 2023, "fedcba9876543210", 15, "e" * 64)
    assert told(association, "CL-01", origin=other, location=0.5) == 1
    table = forecasts_in(association.ledger.read())
    assert list(table["posterior"]) == [ORIGIN.posterior, other.posterior]
    assert list(table["location"]) == [0.25, 0.5]


def test_a_forecast_of_a_known_figure_is_refused(association: Association) -> None:
    """B7, the leak: next year's figure is fed early. Nothing of the batch is recorded, and the figure is named."""
    association.take(NEXT)
    before = snapshot(association.workspace.ledger)
    with pytest.raises(ForecastTooLate, match="CL-01 2024 turnover") as refused:
        told(association, "CL-01", "CL-02")
    assert refused.value.record()["known"] == ["CL-01 2024 turnover"]
    assert snapshot(association.workspace.ledger) == before


def test_a_withdrawn_figure_was_known_all_the_same(association: Association) -> None:
    """Who has seen it may remember it."""
    association.take(NEXT)
    key = {"table": "figures", "unit": "CL-01", "year": "2024", "indicator": "turnover"}
    association.take({"corrections.csv": corrections(key | {"action": "withdraw"})})
    with pytest.raises(ForecastTooLate):
        told(association, "CL-01")


def test_a_forecast_of_the_edition_itself_is_refused(association: Association) -> None:
    """A posterior through a year does not predict that year, even where a figure is missing."""
    with pytest.raises(ForecastTooLate):
        told(association, "CL-01", year=2023, indicator="balance")


def test_what_was_recorded_in_time_stays_known_after_the_figure_came(association: Association) -> None:
    """To ask again is no offence."""
    told(association, "CL-01")
    association.take(NEXT)
    assert told(association, "CL-01") == 0


def test_the_first_record_of_a_figure_is_when_it_came(association: Association) -> None:
    """Not that of its correction."""
    _, head = association.take(NEXT)
    key = {"table": "figures", "unit": "CL-01", "year": "2024", "indicator": "turnover"}
    association.take({"corrections.csv": corrections(key | {"action": "correct", "expect": "5", "value": "6"})})
    assert arrivals(association.ledger.read())["CL-01", 2024, "turnover"].number == head.count


def test_files_are_taken_in_and_everything_verified_after_forecasts(association: Association) -> None:
    """A forecast is in nobody's way: same file known, new figure new, audit sound."""
    told(association, "CL-01", "CL-02")
    taken, _ = association.take(NEXT)
    assert [file.new for file in taken] == [1]
    assert len(audit.check(association.workspace)) == 2


def test_a_ledger_of_before_is_read_as_it_was(association: Association) -> None:
    """No forecasts in it."""
    table = forecasts_in(association.ledger.read())
    assert table.empty
    assert list(table)[:6] == ["unit", "year", "indicator", "location", "scale", "freedom"]


@settings(max_examples=50)
@given(data=st.data())
def test_a_changed_forecast_breaks_the_chain(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    """E3: any byte of it."""
    folder = tmp_path_factory.mktemp("ledger")
    ledger = Ledger(folder)
    announce(ledger, predicted("CL-01"), ORIGIN, "a tester")
    (path,) = folder.glob("*.jsonl")
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)
    with pytest.raises(LedgerBroken):
        observe(Ledger(Path(folder)))
