"""The state at a head: what all records up to it make, however it is come by."""

from pathlib import Path

import pytest

from clusterscore.errors import LedgerBroken
from clusterscore.observations.ledger import Action, Head, Record
from clusterscore.observations.state import State, state_at
from clusterscore.vocabulary import Table
from tests.observations.test_ledger import a_ledger, a_record


def all_live(state: State) -> dict[Table, dict[object, Record]]:
    """Return everything that is live."""
    return {table: dict(state.live(table)) for table in (Table.UNITS, Table.FIGURES, Table.ANSWERS)}


def test_a_state_is_the_same_whether_it_grew_or_was_made_at_once(tmp_path: Path) -> None:
    """Forwards, back again, and after a record that takes another's place; states handed out stay as they were."""
    ledger = a_ledger(tmp_path, 2, 1, 3)
    first = a_record(1)
    head = ledger.append([a_record(7)._replace(action=Action.WITHDRAW, data=first.data, supersedes=1)], ledger.head())
    records = ledger.read()
    heads = [ledger.head_at(number) for number in (2, 3, 7, 6, 2, 7)]
    states = [state_at(ledger, one) for one in heads]
    for one, state in zip(heads, states, strict=True):
        assert all_live(state) == all_live(State.of(records[: one.count]))
    assert state_at(ledger, head).find(Table.FIGURES, *first.key) is None
    assert states[0].find(Table.FIGURES, *first.key) == first


def test_a_copy_is_changed_alone(tmp_path: Path) -> None:
    """Who takes records in changes a state of its own."""
    ledger = a_ledger(tmp_path, 2)
    state = state_at(ledger, ledger.head())
    twin = state.copy()
    twin.apply(a_record(3))
    assert len(twin.live(Table.FIGURES)) == 3
    assert len(state.live(Table.FIGURES)) == 2
    assert all_live(state_at(ledger, ledger.head())) == all_live(state)


def test_a_head_that_never_was_has_no_state(tmp_path: Path) -> None:
    """Nor one beyond the end."""
    ledger = a_ledger(tmp_path, 2)
    for head in (Head(2, "0" * 64), Head(3, ledger.head().digest)):
        assert head not in ledger
        with pytest.raises(LedgerBroken):
            state_at(ledger, head)
