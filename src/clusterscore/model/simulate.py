"""Invented observations of known truth, drawn from the model itself: an implementation of its own, in plain NumPy.

Written apart from :mod:`clusterscore.model.build` on purpose (loops over editions and channels, no PyMC): where the two
disagree, calibration tests fail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from clusterscore.frames import each
from clusterscore.model.function import Function, Item
from clusterscore.model.priors import Prior
from clusterscore.model.slopes import slope_basis
from clusterscore.model.transforms import restore

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Plan:
    """Who is observed when, and who answers about whom.

    Attributes
    ----------
    entry
        First year of each unit.
    years
        Years with figures.
    waves
        Years with questionnaires.
    affiliation
        Unit of each rater, or None.
    raters_per_unit
        How many raters answer about a unit in a wave.
    missing
        Share of figures that were not reported.
    members
        Member organisations of each unit; they report in the years with questionnaires.
    groups
        Group of each unit, by grouping of the document: country, region, sector.
    """

    entry: Mapping[str, int]
    years: Sequence[int]
    waves: Sequence[int]
    affiliation: Mapping[str, str | None] = field(default_factory=dict)
    raters_per_unit: int = 8
    missing: float = 0.0
    members: Mapping[str, Sequence[str]] = field(default_factory=dict)
    groups: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Simulated:
    """Invented observations and the truth behind them.

    Attributes
    ----------
    figures, answers
        Canonical columns.
    state
        One row per unit and year with a column per pillar, in standard deviations of the base cohort, and ``function``.
    parameters
        All parameters drawn.
    """

    figures: pd.DataFrame
    answers: pd.DataFrame
    state: pd.DataFrame
    parameters: dict[str, Any]


def simulate(function: Function, plan: Plan, seed: int, fixed: Mapping[str, Any] | None = None) -> Simulated:
    """Draw parameters from their priors, states from the parameters, observations from the states.

    Parameters
    ----------
    function
        The function document.
    plan
        Who is observed when.
    seed
        Seed of all draws.
    fixed
        Parameters not to be drawn, by name.
    """
    rng = np.random.default_rng(seed)
    parameters = _parameters(function, plan, rng) | dict(fixed or {})
    position = _positions(function, plan, parameters, rng)
    names = [pillar.id for pillar in function.pillars]
    state = position / parameters["pillar_scale"]
    state["function"] = state[names].to_numpy() @ parameters["weight"]
    figures = _figures(function, plan, parameters, position, rng)
    if plan.members:
        figures = pd.concat([figures, _members(function, plan, parameters, position, rng)], ignore_index=True)
    answers = _answers(function, plan, parameters, position, state["function"], rng)
    return Simulated(figures, answers, state, parameters)


def _draw(prior: Prior, rng: np.random.Generator, size: int | None = None) -> Any:
    match prior.family:
        case "normal":
            return rng.normal(prior["mean"], prior["sd"], size)
        case "half_normal":
            return np.abs(rng.normal(0.0, prior["sd"], size))
        case "log_normal":
            return prior["median"] * np.exp(prior["log_sd"] * rng.normal(size=size))
        case "beta":
            return rng.beta(prior["a"], prior["b"], size)
        case "gamma":
            return rng.gamma(prior["shape"], 1.0 / prior["rate"], size)
        case _:
            raise ValueError(f"a {prior.family} prior is not drawn by itself")


def _parameters(function: Function, plan: Plan, rng: np.random.Generator) -> dict[str, Any]:
    n_pillars, n_figures, n_raters = len(function.pillars), len(function.indicators), len(plan.affiliation)
    _, basis = slope_basis(function)

    def draw(name: str, size: int | None = None) -> Any:
        return _draw(function.prior(name), rng, size)

    agreed = np.array(list(function.agreed_weights.values()))
    slope_sd = draw("slope_sd")
    severity = rng.normal(0.0, 1.0, n_raters)
    freedom = function.errors.degrees_of_freedom
    concentration = function.prior("answer_share")["concentration"]
    parameters = {
        "weight": rng.dirichlet(function.weights.concentration * agreed),
        "general_share": draw("general_share"),
        "pillar_scale": draw("pillar_scale", n_pillars),
        "innovation_sd": draw("innovation_sd", n_pillars),
        "shock_sd": draw("shock_sd", n_pillars),
        "slope": np.exp(slope_sd * (basis @ rng.normal(size=basis.shape[1]))),
        "intercept": draw("intercept", n_figures),
        "error_sd": draw("error_sd", n_figures),
        "overdispersion": draw("overdispersion", n_figures),
        "degrees_of_freedom": 2.0 + draw("degrees_of_freedom") if freedom == "learned" else freedom,
        "severity_sd": draw("severity_sd") if len(severity) else 0.0,
        "halo_sd": draw("halo_sd"),
        "overall_slope": draw("overall_slope", len(function.overall)),
        "discrepancy_sd": draw("discrepancy_sd"),
        "discrepancy": rng.normal(size=len(plan.entry)),
        "answer_share": [
            rng.dirichlet(
                np.full(function.categories(item), concentration), None if function.has_severity else n_raters
            )
            for item in function.items
        ],
        **_optional_parameters(function, plan, rng),
        "slope_sd": slope_sd,
    }
    parameters["severity"] = parameters["severity_sd"] * (severity - severity.mean()) if len(severity) else severity
    parameters["discrepancy"] = parameters["discrepancy_sd"] * parameters["discrepancy"]
    return parameters


def _optional_parameters(function: Function, plan: Plan, rng: np.random.Generator) -> dict[str, Any]:
    """Draw what only some documents ask for: spreads of members, levels of groups, drifts and consistencies."""
    parameters: dict[str, Any] = {}
    if function.has_members:
        n_figures = len(function.indicators)
        for name in ("member_sd", "member_error_sd"):
            parameters[name] = _draw(function.prior(name), rng, n_figures)
    n_raters, years = len(plan.affiliation), sorted({*plan.years, *plan.waves})
    for grouping in function.groups.by if function.groups else ():
        labels = sorted(set(plan.groups[grouping].values()))
        level = _draw(function.prior("group_sd"), rng) * rng.normal(size=(len(labels), len(function.pillars)))
        parameters[f"{grouping}_level"] = dict(zip(labels, level, strict=True))
    if function.has_drift:
        step = rng.normal(size=(len(years) - 1, n_raters))
        step -= step.mean(axis=1, keepdims=True)
        walk = np.cumsum(step * np.sqrt(np.diff(years))[:, None], axis=0)
        path = _draw(function.prior("drift_sd"), rng) * np.concatenate([np.zeros((1, n_raters)), walk])
        parameters["drift"] = dict(zip(years, path, strict=True))
    if function.has_consistency:
        deviation = rng.normal(size=n_raters)
        parameters["consistency"] = np.exp(
            _draw(function.prior("consistency_sd"), rng) * (deviation - deviation.mean())
        )
    return parameters


def _positions(function: Function, plan: Plan, parameters: dict[str, Any], rng: np.random.Generator) -> pd.DataFrame:
    scale, share, n_pillars = parameters["pillar_scale"], parameters["general_share"], len(function.pillars)
    years, units = sorted({*plan.years, *plan.waves}), sorted(plan.entry)
    base = np.array([plan.entry[unit] < years[0] + function.edition.every for unit in units])
    general, own = rng.normal(size=(len(units), 1)), rng.normal(size=(len(units), n_pillars))
    for part in (general, own):
        part[base] -= part[base].mean(axis=0)
    if n_pillars == 1:
        share = 0.0
    shared = np.zeros((len(units), n_pillars))
    for grouping, group in plan.groups.items():
        if f"{grouping}_level" in parameters:
            shared += [parameters[f"{grouping}_level"][group[unit]] for unit in units]
    entry = scale * (np.sqrt(share) * general + np.sqrt(1.0 - share) * own + shared - shared[base].mean(axis=0))
    level, rows, where, last = np.zeros(n_pillars), [], entry.copy(), years[0]
    for year in years:
        gap = np.sqrt(year - last)
        if year >= years[0] + function.edition.every:
            level = level + gap * parameters["shock_sd"] * scale * rng.normal(size=n_pillars)
        for number, unit in enumerate(units):
            if plan.entry[unit] < year:
                where[number] += gap * parameters["innovation_sd"] * scale * rng.normal(size=n_pillars)
            if plan.entry[unit] <= year:
                rows.append((unit, year, *(where[number] + level)))
        last = year
    names = [pillar.id for pillar in function.pillars]
    return pd.DataFrame(rows, columns=["unit", "year", *names]).set_index(["unit", "year"])


def _figures(
    function: Function, plan: Plan, parameters: dict[str, Any], position: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    rows: list[tuple[str, int, str, float]] = []
    pillars = list(position.columns)
    for row in each(position.reset_index()):
        unit, year = row.unit, row.year
        if year not in plan.years:
            continue
        here = dict(zip(pillars, row[2:], strict=True))
        values: dict[str, float] = {}
        for number, part in enumerate(function.indicators):
            pull = part.direction * parameters["slope"][number] * here[function.pillar_of[part.id]]
            expected = parameters["intercept"][number] + pull
            if part.transform != "count" and part.of == "unit" and part.derived is None:
                noise = parameters["error_sd"][number] * rng.standard_t(parameters["degrees_of_freedom"])
                values[part.id] = float(restore(part, expected + noise))
        for number, part in enumerate(function.indicators):
            if part.transform == "count":
                pull = part.direction * parameters["slope"][number] * here[function.pillar_of[part.id]]
                rate = part.typical * np.exp(part.spread * (parameters["intercept"][number] + pull))
                mean = rate * (values[part.exposure] if part.exposure else 1.0)
                shape = parameters["overdispersion"][number]
                values[part.id] = float(rng.poisson(rng.gamma(shape, mean / shape)))
        rows += [(unit, year, name, value) for name, value in values.items() if rng.uniform() >= plan.missing]
    return pd.DataFrame(rows, columns=["unit", "year", "indicator", "value"])


def _members(
    function: Function, plan: Plan, parameters: dict[str, Any], position: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Each member has a deviation for good around its unit's level, and an error in each year."""
    rows: list[tuple[str, int, str, float]] = []
    for number, part in enumerate(function.indicators):
        if part.of != "members":
            continue
        pull = part.direction * parameters["slope"][number] * position[function.pillar_of[part.id]]
        level = (parameters["intercept"][number] + pull).to_dict()
        for unit, members in plan.members.items():
            for member in members:
                own = parameters["member_sd"][number] * rng.normal()
                for year in plan.waves:
                    value = level.get((unit, year), np.nan) + own + parameters["member_error_sd"][number] * rng.normal()
                    if rng.uniform() >= plan.missing and np.isfinite(value):
                        rows.append((member, year, part.id, float(restore(part, value))))
    return pd.DataFrame(rows, columns=["unit", "year", "indicator", "value"])


def _answers(
    function: Function,
    plan: Plan,
    parameters: dict[str, Any],
    position: pd.DataFrame,
    composite: pd.Series,
    rng: np.random.Generator,
) -> pd.DataFrame:
    units, raters = sorted(plan.entry), sorted(plan.affiliation)
    reached = [np.cumsum(share, axis=-1)[..., :-1] for share in parameters["answer_share"]]
    cuts = [np.log(below / (1.0 - below)) for below in reached]
    consistency = parameters.get("consistency", np.ones(len(raters)))
    halo_sd = parameters["halo_sd"] if function.has_halo else 0.0
    n_figures, rows = len(function.indicators), []
    for year in plan.waves if function.items and raters else ():
        for unit, rater in _assignments(plan, year, rng):
            who = raters.index(rater)
            drift = parameters["drift"][year][who] if function.has_drift else 0.0
            severity = parameters["severity"][who] + drift if function.has_severity else 0.0
            strictness = severity + halo_sd * rng.normal()
            for number, item in enumerate(function.items):
                if item.id in function.pillar_of:
                    signal = (
                        parameters["slope"][n_figures + number]
                        * position.loc[(unit, year), function.pillar_of[item.id]]
                    )
                else:
                    slope = parameters["overall_slope"][function.overall.index(item)]
                    signal = slope * (composite.loc[(unit, year)] + parameters["discrepancy"][units.index(unit)])
                height, own = consistency[who] * signal - strictness, cuts[number]
                rows.append(
                    (unit, year, rater, item.id, _answer(item, height, own if own.ndim == 1 else own[who], rng))
                )
    return pd.DataFrame(rows, columns=["unit", "year", "rater", "item", "answer"])


def _answer(item: Item, height: float, cuts: Floats, rng: np.random.Generator) -> int:
    above = int((rng.uniform() < expit(height - cuts)).sum())
    return 1 + (above if item.direction > 0 else len(cuts) - above)


def _assignments(plan: Plan, year: int, rng: np.random.Generator) -> list[tuple[str, str]]:
    """Pairs of unit and rater of one wave: nobody answers about the own unit, and the load is spread evenly."""
    load = dict.fromkeys(sorted(plan.affiliation), 0)
    pairs = []
    for unit in sorted(name for name, entry in plan.entry.items() if entry <= year):
        candidates = [rater for rater in load if plan.affiliation[rater] != unit]
        order = sorted(candidates, key=lambda rater: (load[rater], rng.uniform()))
        for rater in order[: plan.raters_per_unit]:
            load[rater] += 1
            pairs.append((unit, rater))
    return pairs
