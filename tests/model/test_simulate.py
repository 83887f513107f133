"""The independent simulator: reproducible, fair to every unit, and of the same model as the one that is fitted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from clusterscore.model.design import Design, make_design
from clusterscore.model.function import Function
from clusterscore.model.simulate import Plan, simulate
from clusterscore.observations.observed import Observations

N_SIMULATED, N_DRAWN = 400, 2000
LIMIT = 4.5  # standard errors; beyond it by chance in one of 7,000 sets of twenty comparisons, and the seeds are fixed

PLAN = Plan(
    entry={"A": 2016, "B": 2016, "C": 2016, "D": 2017, "E": 2019, "F": 2019},
    years=(2016, 2017, 2019),
    waves=(2017, 2019),
    affiliation={"R1": "A", "R2": "A", "R3": "B", "R4": None},
    raters_per_unit=3,
)


@dataclass(frozen=True)
class World:
    """One draw of everything, as arrays on a design's axes."""

    design: Design
    state: np.ndarray
    function: np.ndarray
    slope: np.ndarray
    severity: np.ndarray
    figures: np.ndarray
    counts: np.ndarray
    categories: np.ndarray

    def statistics(self) -> dict[str, float]:
        """Return bounded or light-tailed summaries, so that their means over draws have a standard error."""
        design = self.design
        first = self.state[design.first_cell]
        base, later = first[design.base_unit], first[~design.base_unit]
        step = np.abs(self.state[design.later_cells] - self.state[design.later_cells - 1])
        long = design.gap_years > 1.0
        result = {
            "variance at entry, base cohort": float(np.mean(base**2)),
            "covariance of two pillars at entry": float(np.mean(base[:, 0] * base[:, 1])),
            "size at entry, later units": float(np.minimum(np.abs(later), 5.0).mean()),
            "change over one year": float(np.minimum(step[~long], 2.0).mean()),
            "change over two years": float(np.minimum(step[long], 2.0).mean()),
            "size of the function": float(np.abs(self.function).mean()),
            "size of log-slopes": float(np.abs(np.log(self.slope)).mean()),
            "size of severities": float(np.abs(self.severity).mean()),
        }
        return result | self._figures() | self._answers()

    def _figures(self) -> dict[str, float]:
        design, document = self.design, self.design.function
        result = {}
        for name in ("turnover", "cost_share", "visitors"):
            number = [part.id for part in document.indicators].index(name)
            rows = design.figures["indicator"].to_numpy() == number
            pillar = [home.id for home in document.pillars].index(document.pillar_of[name])
            state = self.state[design.figures["cell"].to_numpy()[rows], pillar]
            result[f"{name}: beyond one spread"] = float((np.abs(self.figures[rows]) > 1.0).mean())
            result[f"{name}: agrees with the state"] = float(np.mean(np.sign(self.figures[rows]) * np.sign(state)))
        # Counts with an exposure are left to test_log_density.py: prior draws know the exposures of one world only.
        rows = design.counts["indicator"].to_numpy() == [part.id for part in document.indicators].index("markets")
        result["markets: none"] = float((self.counts[rows] == 0).mean())
        result["markets: size"] = float(np.minimum(np.log1p(self.counts[rows]), 10.0).mean())
        return result

    def _answers(self) -> dict[str, float]:
        rows, document = self.design.answers, self.design.function
        result = {}
        for name in ("joint_projects", "knowledge_withheld", "accredited", "overall_standing"):
            number = [item.id for item in document.items].index(name)
            here = rows["item"].to_numpy() == number
            cell, size = rows["cell"].to_numpy()[here], document.categories(document.items[number])
            pillar = document.pillar_of.get(name)
            seen = self.function if pillar is None else self.state[:, [p.id for p in document.pillars].index(pillar)]
            above = self.categories[here] - 0.5 * (size - 1)
            result[f"{name}: lowest"] = float((self.categories[here] == 0).mean())
            result[f"{name}: follows what it is about"] = float(np.mean(above * np.clip(seen[cell], -2.0, 2.0)))
        return result


def simulated(function: Function, seed: int, observed: Callable[..., Observations]) -> World:
    """Return one draw of the simulator."""
    drawn = simulate(function, PLAN, seed)
    design = make_design(function, observed(drawn.figures, drawn.answers))
    cells = [(design.units[u], design.years[y]) for u, y in zip(design.cell_unit, design.cell_year, strict=True)]
    state = drawn.state.loc[cells]
    return World(
        design,
        state[[pillar.id for pillar in function.pillars]].to_numpy(),
        state["function"].to_numpy(),
        drawn.parameters["slope"],
        drawn.parameters["severity"],
        *(design.figures["value"].to_numpy(), design.counts["value"].to_numpy(), design.answers["category"].to_numpy()),
    )


@pytest.fixture(scope="module")
def worlds(small: Function, observed: Callable[..., Observations]) -> list[World]:
    """Return many draws of the simulator."""
    return [simulated(small, seed, observed) for seed in range(N_SIMULATED)]


@pytest.fixture(scope="module")
def modelled(worlds: list[World]) -> list[World]:
    """Return many prior draws of the PyMC model; its answers, a potential, are drawn from what they depend on."""
    import pymc as pm  # noqa: PLC0415 - takes seconds to import

    from clusterscore.model.build import build  # noqa: PLC0415 - imports PyMC

    design = worlds[0].design
    model = build(design)
    wanted = (
        *(
            "state",
            "function",
            "slope",
            "severity",
            "figure",
            "count",
            "halo",
            "overall_slope",
            "discrepancy",
            "pillar_scale",
        ),
        *("threshold_2", "threshold_5"),
    )
    values = pm.draw([model[name] for name in wanted], draws=N_DRAWN, random_seed=1)
    rng = np.random.default_rng(1)
    draws = [dict(zip(wanted, draw, strict=True)) for draw in zip(*values, strict=True)]
    return [
        World(
            design,
            *(draw[name] for name in ("state", "function", "slope", "severity", "figure", "count")),
            categories=_answers(design, draw, rng),
        )
        for draw in draws
    ]


def _answers(design: Design, draw: Mapping[str, np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """Draw answers from the graded response: P(answer >= k) = logistic(slope * position - severity - halo - cut_k)."""
    document, rows, asked = design.function, design.answers, design.questionnaires
    position = draw["state"] * draw["pillar_scale"]
    strictness = draw["severity"][asked["rater"]] + draw["halo"]
    judged = draw["function"] + draw["discrepancy"][design.cell_unit]
    pillars = [pillar.id for pillar in document.pillars]
    categories = np.empty(len(rows), dtype=np.int64)
    for number, item in enumerate(document.items):
        here = rows["item"].to_numpy() == number
        if item.id in document.pillar_of:
            slope = draw["slope"][document.measures.index(item.id)]
            signal = slope * position[:, pillars.index(document.pillar_of[item.id])]
        else:
            signal = draw["overall_slope"][0] * judged
        size = document.categories(item)
        alike = [other.id for other in document.items if document.categories(other) == size]
        cuts = draw[f"threshold_{size}"][alike.index(item.id)]
        height = signal[rows["cell"].to_numpy()[here]] - strictness[rows["questionnaire"].to_numpy()[here]]
        categories[here] = (rng.uniform(size=(here.sum(), 1)) < expit(height[:, None] - cuts)).sum(axis=1)
    return categories


def test_simulator_and_model_agree(worlds: list[World], modelled: list[World]) -> None:
    """Some twenty summaries of prior draws have the same mean in both, within Monte Carlo error."""
    one, other = (pd.DataFrame([world.statistics() for world in drawn]) for drawn in (worlds, modelled))
    error = np.sqrt(one.var() / len(one) + other.var() / len(other))
    apart = (one.mean() - other.mean()) / error
    report = pd.DataFrame({"simulated": one.mean(), "modelled": other.mean(), "standard errors": apart})
    assert (np.abs(apart) < LIMIT).all(), f"\n{report[~(np.abs(apart) < LIMIT)].round(3)}"


def test_the_base_cohort_sums_to_zero_at_entry(worlds: list[World]) -> None:
    """The simulator's identification is that of the model: the base cohort's deviations cancel in every pillar."""
    for world in worlds[:20]:
        first = world.state[world.design.first_cell]
        np.testing.assert_allclose(first[world.design.base_unit].sum(axis=0), 0.0, atol=1e-9)


def test_severities_sum_to_zero(worlds: list[World]) -> None:
    """Who is severe is so in comparison with the others."""
    np.testing.assert_allclose([world.severity.sum() for world in worlds[:20]], 0.0, atol=1e-12)


def test_the_same_seed_gives_the_same_world(small: Function) -> None:
    """Figures, answers, states and parameters, to the last digit."""
    one, other = simulate(small, PLAN, 3), simulate(small, PLAN, 3)
    for name in ("figures", "answers", "state"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)
    np.testing.assert_equal(one.parameters, other.parameters)


def test_another_seed_gives_another_world(small: Function) -> None:
    """Nothing of it is fixed in secret; only counts, being whole, may come out the same by chance."""
    one, other = simulate(small, PLAN, 3), simulate(small, PLAN, 4)
    counted = [part.id for part in small.indicators if part.transform == "count"]
    measured = ~one.figures["indicator"].isin(counted)
    assert measured.any()
    assert not np.isclose(one.figures["value"], other.figures["value"])[measured].any()
    assert not np.isclose(one.state, other.state).any()


def test_nobody_judges_the_own_unit(small: Function) -> None:
    """A rater's answers are about units of others."""
    answers = pd.concat([simulate(small, PLAN, seed).answers for seed in range(20)])
    own = answers["rater"].map(PLAN.affiliation)
    assert (answers["unit"] == own).sum() == 0
    assert own.notna().any()


def test_every_question_of_a_questionnaire_is_answered_on_its_scale(small: Function) -> None:
    """From 1 to the number of categories, each item once."""
    answers = simulate(small, PLAN, 5).answers
    sizes = answers["item"].map({item.id: small.categories(item) for item in small.items})
    assert answers["answer"].between(1, sizes).all()
    assert (answers.groupby(["unit", "year", "rater"])["item"].nunique() == len(small.items)).all()


def test_a_unit_is_not_observed_before_it_enters(small: Function) -> None:
    """Neither by figures nor by answers."""
    drawn = simulate(small, PLAN, 6)
    for rows in (drawn.figures, drawn.answers):
        assert (rows.groupby("unit")["year"].min() >= pd.Series(PLAN.entry)).all()


def test_the_share_that_is_missing_is_missing(small: Function) -> None:
    """Within 4 binomial standard errors."""
    share = 0.3
    kept = sum(len(simulate(small, replace(PLAN, missing=share), seed).figures) for seed in range(30))
    all_rows = 30 * len(simulate(small, PLAN, 0).figures)
    assert kept / all_rows == pytest.approx(1.0 - share, abs=4.0 * np.sqrt(share * (1.0 - share) / all_rows))


def test_a_fixed_parameter_is_not_drawn(small: Function) -> None:
    """What is named is what stands in the truth."""
    drawn = simulate(small, PLAN, 7, {"halo_sd": 0.5})
    assert drawn.parameters["halo_sd"] == 0.5
