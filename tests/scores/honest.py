"""Associations of known truth: their posterior is the truth itself, so that hundreds of them take seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clusterscore.model.design import Design, make_design
from clusterscore.model.function import Function
from clusterscore.model.simulate import Plan, simulate
from clusterscore.observations.observed import Observations
from clusterscore.posterior.predict import Predicted, answering, predict
from clusterscore.posterior.record import Posterior
from tests.posterior import made, tiny

N_ITEMS = 8
Categories = NDArray[np.int64]


@dataclass(frozen=True)
class Association:
    """An association in which everybody answers as the model says.

    Attributes
    ----------
    design
        Who answers what.
    posterior
        One draw: the truth.
    observations
        What was sent.
    """

    design: Design
    posterior: Posterior
    observations: Observations

    def predicted(self, n_samples: int, seed: int = 1) -> Predicted:
        """Return what is expected of every answer, and honest answers drawn anew."""
        return predict(answering(self.posterior, self.design, n_samples), self.design, np.random.default_rng(seed))

    def with_answers(self, category: Categories) -> Association:
        """Return the same with other answers, counted from 0, reversed items turned round."""
        return replace(self, design=replace(self.design, answers=self.design.answers.assign(category=category)))

    def given_by(self, raters: list[str]) -> NDArray[np.bool_]:
        """Return which answers some raters gave; dims (answer)."""
        sheets = self.design.questionnaires["rater"].to_numpy()[self.design.answers["questionnaire"]]
        return np.isin(np.asarray(self.design.raters)[sheets], raters)


def questionnaire(**options: Any) -> Function:
    """Return a function whose peers are asked eight items, two of them reversed; options of the questionnaire."""
    content = tiny.document().model_dump(mode="json", exclude_defaults=True)
    asked = content["pillars"][1]["items"]
    plain, turned = asked
    asked += [{**(turned if number == 4 else plain), "id": f"item_{number}"} for number in range(N_ITEMS - 3)]
    content["questionnaire"] |= options
    return Function.model_validate(content)


def association(
    function: Function, plan: Plan, observed: Callable[..., Observations], seed: int, **fixed: Any
) -> Association:
    """Return an association with parameters drawn from their priors, some of them fixed."""
    drawn = simulate(function, plan, seed, fixed)
    seen = observed(drawn.figures, drawn.answers)
    affiliation = seen.raters["rater"].map(plan.affiliation)
    seen = replace(seen, raters=seen.raters.assign(affiliation=affiliation, ties=[()] * len(seen.raters)))
    design = make_design(function, seen)
    return Association(design, Posterior(made.dataset(_truth(design, drawn), **_labels(design)), made.run()), seen)


def sheets_of(design: Design) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """Yield the rater of each questionnaire, and where its answers stand in the design, in the order of the items."""
    rows = design.answers.reset_index(names="place").sort_values(["questionnaire", "item"])
    for number, group in rows.groupby("questionnaire"):
        yield design.raters[design.questionnaires["rater"].iloc[int(number)]], group["place"].to_numpy()


def turned(design: Design, place: NDArray[np.int64], given: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return answers as the design holds them, from 0, from answers as they were given, from 0."""
    items = [design.function.items[item] for item in design.answers["item"].to_numpy()[place]]
    highest = np.array([design.function.categories(item) - 1 for item in items])
    return np.where([item.direction < 0 for item in items], highest - given, given)


def _truth(design: Design, drawn: Any) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    function, truth = design.function, drawn.parameters
    cells = [(design.units[u], design.years[y]) for u, y in zip(design.cell_unit, design.cell_year, strict=True)]
    state, raters = drawn.state.loc[cells], len(design.raters)
    values: dict[str, tuple[tuple[str, ...], Any]] = {
        "state": (("cell", "pillar"), state.drop(columns="function").to_numpy()),
        "function": (("cell",), state["function"].to_numpy()),
        **{name: (("pillar",), truth[name]) for name in ("pillar_scale", "weight")},
        "slope": (("measure",), truth["slope"]),
        "overall_slope": (("overall",), truth["overall_slope"]),
        "discrepancy": (("unit",), truth["discrepancy"]),
        "halo_sd": ((), truth["halo_sd"] if function.has_halo else 0.0),
    }
    if function.has_drift:
        path = np.stack([truth["severity"] + truth["drift"][year] for year in design.years], axis=1)
        values["severity_path"] = (("rater", "year"), path)
    elif function.has_severity:
        values["severity"] = (("rater",), truth["severity"])
    if "consistency" in truth:
        values["consistency"] = (("rater",), truth["consistency"])
    sizes = design.scales["categories"].to_numpy()
    for size in np.unique(sizes):
        cuts = [_cuts(truth["answer_share"][item], rater) for item, rater in _scales(design, size)]
        values[f"threshold_{size}"] = ((f"scale_{size}", f"cut_{size}"), np.stack(cuts))
    assert raters == len(truth["severity"])
    return {name: (dims, np.asarray(value, dtype=float)[None, None]) for name, (dims, value) in values.items()}


def _scales(design: Design, size: int) -> list[tuple[int, int]]:
    chosen = design.scales[design.scales["categories"] == size]
    return list(zip(chosen["item"], chosen["rater"], strict=True))


def _cuts(share: np.ndarray, rater: int) -> np.ndarray:
    own = share if share.ndim == 1 else share[rater]
    reached = np.cumsum(own)[:-1]
    return np.log(reached / (1.0 - reached))


def _labels(design: Design) -> dict[str, Any]:
    return {
        "unit": list(design.units),
        "unit_of_cell": ("cell", np.asarray(design.units, dtype=object)[design.cell_unit]),
        "year_of_cell": ("cell", np.asarray(design.years)[design.cell_year]),
    }
