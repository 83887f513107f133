"""The model as a directed graph, read from the model itself and laid out in columns; no other program is needed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pandas as pd

from clusterscore.model.design import Design

_SLOPE = "slope"
_HEIGHT = 10.0  # of the tallest column, in units of the drawing
Parents = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Graph:
    """Variables of a model, what each depends on, and where to draw it.

    Attributes
    ----------
    parents
        By variable.
    observed
        Variables whose values are data.
    places
        Column (causes on the left) and height of each.
    variables
        variable, distribution, dims, size.
    """

    parents: Parents
    observed: tuple[str, ...]
    places: Mapping[str, tuple[float, float]]
    variables: pd.DataFrame


def graph_of(design: Design) -> Graph:
    """Return the graph of the model of a design."""
    from pymc.model_graph import ModelGraph  # noqa: PLC0415 - takes seconds to import

    from clusterscore.model.build import build  # noqa: PLC0415 - imports PyMC

    model = build(design)
    raw = {str(name): frozenset(map(str, found)) for name, found in ModelGraph(model).make_compute_graph().items()}
    observed = tuple(v.name for v in (*model.observed_RVs, *model.potentials))
    parents = through_state(raw, observed)
    rows = [
        (
            v.name,
            v.owner.op.__class__.__name__.removesuffix("RV"),
            ", ".join(model.named_vars_to_dims.get(v.name) or ()),
            v.shape,
        )
        for v in model.free_RVs
    ]
    rows = [(name, kind, dims, " x ".join(str(int(n)) for n in shape.eval())) for name, kind, dims, shape in rows]
    rows += [
        (v.name, "computed", ", ".join(model.named_vars_to_dims.get(v.name) or ()), "") for v in model.deterministics
    ]
    return Graph(
        parents, observed, layout(parents), pd.DataFrame(rows, columns=["variable", "distribution", "dims", "size"])
    )


def through_state(parents: Parents, measured: Collection[str] = ()) -> dict[str, frozenset[str]]:
    """Return the graph with ``state`` put between its own causes and whatever depends on all of them.

    Slopes stand among these causes only because positions are drawn as large as they show, for speed: see
    :func:`clusterscore.model.slopes.seen_shares`. They belong to what is ``measured``.
    """
    inner = parents["state"] - {_SLOPE}

    def seen(name: str, found: frozenset[str]) -> frozenset[str]:
        if name == "state":
            return inner
        if not inner <= found:
            return found
        return (found - inner - (frozenset() if name in measured else {_SLOPE})) | {"state"}

    return {name: seen(name, found) for name, found in parents.items()}


def layout(parents: Parents) -> dict[str, tuple[float, float]]:
    """Return column and height of every node: a column after the last of its causes, causes just before their use."""
    children: dict[str, set[str]] = {name: set() for name in parents}
    for name, found in parents.items():
        for cause in found:
            children[cause].add(name)
    depth: dict[str, int] = {}
    while len(depth) < len(parents):
        depth |= {
            n: 1 + max((depth[p] for p in f), default=-1)
            for n, f in parents.items()
            if n not in depth and f <= depth.keys()
        }
    for name in sorted(parents, key=lambda n: -depth[n]):
        if children[name] and not parents[name]:
            depth[name] = min(depth[child] for child in children[name]) - 1
    columns: dict[int, list[str]] = {}
    for name in parents:
        columns.setdefault(depth[name], []).append(name)
    height = dict.fromkeys(parents, 0.0)
    for _ in range(8):  # rounds of putting each node at the mean height of its neighbours
        for names in columns.values():
            near = {n: [height[m] for m in (*parents[n], *children[n])] for n in names}
            mean = {n: sum(found) / len(found) if found else 0.0 for n, found in near.items()}
            names.sort(key=lambda n, mean=mean: (mean[n], n))  # type: ignore[misc]
            for place, name in enumerate(names):
                height[name] = _HEIGHT * ((place + 0.5) / len(names) - 0.5)
    return {name: (float(depth[name]), height[name]) for name in parents}
