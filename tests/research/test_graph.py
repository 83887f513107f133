"""The graph of the model is the model's, and can be drawn."""

from __future__ import annotations

from clusterscore.model.design import make_design
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.research.graph import graph_of, layout, through_state


def test_causes_stand_to_the_left_and_no_two_nodes_at_one_place(document: Function, invented: Observations) -> None:
    """An arrow points to the right, and no box hides another."""
    graph = graph_of(make_design(document, invented))
    assert {"figure", "answer"} == set(graph.observed)
    assert [
        (cause, name)
        for name, found in graph.parents.items()
        for cause in found
        if graph.places[cause][0] >= graph.places[name][0]
    ] == []
    assert len(set(graph.places.values())) == len(graph.places)
    assert {"state", "slope", "error_sd", "intercept"} == set(graph.parents["figure"])


def test_the_state_stands_between_its_causes_and_what_depends_on_all_of_them() -> None:
    """A node that needs only some of them keeps its own arrows."""
    none: frozenset[str] = frozenset()
    parents = {
        "a": none,
        "b": none,
        "c": none,
        "state": frozenset("ab"),
        "seen": frozenset("abc"),
        "half": frozenset("ac"),
    }
    found = through_state(parents)
    assert found["seen"] == {"state", "c"}
    assert found["half"] == {"a", "c"}
    columns = {name: column for name, (column, _) in layout(found).items()}
    assert columns["a"] < columns["state"] < columns["seen"]
