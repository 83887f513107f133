"""A workspace without any fit: files through the real door, posteriors by hand, names as hostile as the door admits."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from clusterscore import steps
from clusterscore.model.design import make_design
from clusterscore.model.function import Function
from clusterscore.observations.ledger import Ledger
from clusterscore.observations.observed import Observations, observe
from clusterscore.paths import Workspace
from clusterscore.posterior import store
from clusterscore.posterior.identity import Sampler, identify
from clusterscore.posterior.record import TRUSTED, Posterior, Run
from tests.observations.association import undoubted
from tests.posterior import made

EDITION = 2023
YEARS = (2020, 2021, 2022, 2023)
CANARY = "canary-5f1d"
"""Stands in the path of every workspace, in its environment and in its ledger; it must not stand in any page."""

CLUSTERS = {
    "C-01": "<script>alert(1)</script> ]]> {{ 7*7 }} {% raw %}",
    "C-02": "<img src=x onerror=alert(1)>",
    "C-03": r"$\frac{1}$ **bold** [x](javascript:alert(1))",
    "C-04": "_hidden",
    "C-05": "=1+1",
    "C-06": "javascript:alert(1)",
    "C-07": "\"'><svg/onload=alert(1)>" + "W" * 176,
    "C-08": "Construcții și Învățământ „Țara Făgărașului” & Co",
    "C-09": "%%bash `id` !false # Heading",
}
JAPANESE = "日本クラスター"
REGIONS = {"RG-1": "Nord <b>Vest</b>", "RG-2": "</title><style>*{display:none}</style>", "RG-3": "Sud &amp; Est"}
RATERS = tuple(f"R-{number:02d}" for number in range(1, 7))
CONTRADICTED, BY_THE_OVERALL_JUDGEMENT, FEW_RATERS, NEWCOMER = "C-02", "C-03", "C-05", "C-09"
"""The stories: peers far below the figures; the overall judgement far above; two raters only; no earlier edition."""

SMALL = """\
function: small
version: 1
kind: cluster
title: {en: Small function, ro: Funcție mică}
question: {en: "How competitive is it, in short?", ro: "Cât de competitiv este, pe scurt?"}
reconstruction: A documented reconstruction, for tests.
edition: {every: 2, why: for tests}
pillars:
  - {id: sales, title: {en: Sales, ro: Vânzări}, why: for tests, source: tests, indicators: [
      {id: turnover, title: {en: Turnover, ro: Cifra de afaceri}, measure: EUR, transform: log, typical: 100, spread: 1,
       why: for tests, source: tests}]}
  - {id: exports, title: {en: Exports, ro: Exporturi}, weight: 2, why: for tests, source: tests, indicators: [
      {id: export_value, title: {en: Exports, ro: Exporturi}, measure: EUR, transform: log, typical: 10, spread: 1,
       why: for tests, source: tests}]}
  - {id: strategy, title: {en: Strategy, ro: Strategie}, why: for tests, source: tests, items: [
      {id: strategy_shared, text: {en: It is shared., ro: Este comună.}, why: for tests, source: tests},
      {id: strategy_known, text: {en: It is known., ro: Este cunoscută.}, why: for tests, source: tests}]}
  - {id: cooperation, title: {en: Cooperation, ro: Cooperare}, why: for tests, source: tests, items: [
      {id: joint_projects, text: {en: They work together., ro: Lucrează împreună.}, why: for tests, source: tests}]}
overall:
  - {id: overall_view, text: {en: It is competitive., ro: Este competitiv.}, why: for tests, source: tests}
questionnaire: {categories: 5, minimum_raters: 3, why: for tests}
errors: {degrees_of_freedom: 4, why: for tests}
weights: {concentration: 50, why: for tests, source: tests}
validation: {equivalence: 1.5, probability: 0.9, why: for tests}
"""
PLACES = """\
function: places
version: 3
kind: region
title: {en: Places, ro: Locuri}
question: {en: "How competitive is the place?", ro: "Cât de competitiv este locul?"}
reconstruction: A documented reconstruction, for tests.
edition: {every: 2, why: for tests}
pillars:
  - {id: place, title: {en: Place, ro: Loc}, why: for tests, source: tests, indicators: [
      {id: index, title: {en: Index, ro: Indice}, measure: points, transform: identity, typical: 0, spread: 1,
       why: for tests, source: tests}]}
errors: {degrees_of_freedom: 4, why: for tests}
weights: {concentration: 50, why: for tests, source: tests}
validation: {equivalence: 1.0, probability: 0.9, why: for tests}
"""


def build(folder: Path, clusters: Mapping[str, str] = CLUSTERS) -> Workspace:
    """Make a workspace with observations, posteriors and scores of both functions; only the clusters are invented."""
    workspace = observed(folder, clusters)
    for name in ("small", "places"):
        store.save(workspace, posterior(workspace, name))
        steps.score(workspace, name, EDITION)
    return workspace


def observed(folder: Path, clusters: Mapping[str, str] = CLUSTERS) -> Workspace:
    """Make a workspace with observations of both functions, and nothing drawn yet."""
    (folder / "functions").mkdir(parents=True)
    (folder / "functions" / "small.yml").write_text(SMALL, encoding="utf-8")
    (folder / "functions" / "places.yml").write_text(PLACES, encoding="utf-8")
    workspace, inbox = Workspace.find(folder), folder / "inbox"
    regions = [
        _written(inbox / "units-regions.csv", ["unit", "name", "kind"], [(u, n, "region") for u, n in REGIONS.items()]),
        _written(
            inbox / "figures-regions.csv",
            ["unit", "year", "indicator", "value"],
            [(unit, year, "index", number - 1) for number, unit in enumerate(REGIONS) for year in YEARS],
        ),
    ]
    association = [
        _written(
            inbox / "units.csv",
            ["unit", "name", "kind", "country", "region", "sector", "founded"],
            [(unit, name, "cluster", "RO", "RO11", "textiles", 2010) for unit, name in clusters.items()],
        ),
        _written(inbox / "raters.csv", ["rater", "affiliation"], [(r, "C-01" if r == "R-01" else "") for r in RATERS]),
        _written(inbox / "figures.csv", ["unit", "year", "indicator", "value"], list(_figures())),
        _written(inbox / "answers.csv", ["unit", "year", "rater", "item", "answer"], list(_answers())),
    ]
    undoubted(workspace, regions, who=CANARY)
    undoubted(workspace, association, who=CANARY, demonstration=True)
    return workspace


def publish(scored: Workspace, folder: Path) -> Workspace:
    """Copy a workspace and publish both functions in one edition, with a secret in the environment."""
    shutil.copytree(scored.root, folder)
    workspace = Workspace.find(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLUSTERSCORE_SECRET", CANARY)
        for name in ("small", "places"):
            steps.publish(workspace, name, EDITION)
    return workspace


def posterior(workspace: Workspace, name: str, seed: int = 1, status: str = TRUSTED, shift: float = 0.0) -> Posterior:
    """Return a posterior made by hand: what the scores read, drawn from no model.

    Parameters
    ----------
    seed
        Of the draws, and in the run's settings, so that another seed is another posterior.
    shift
        Added to the last unit's standing, in standard deviations.
    """
    function = steps.function_of(workspace, name)
    seen = observe(Ledger(workspace.ledger)).about(function.kind, through=EDITION)
    draws = _draws(function, seen, np.random.default_rng(seed), shift)
    return Posterior(draws, _run(function, seen, Sampler(seed=seed), status))


def _draws(function: Function, seen: Observations, random: np.random.Generator, shift: float) -> xr.Dataset:
    design = make_design(function, seen)
    shape = (2, 200)
    years = np.asarray(design.years)[design.cell_year]
    level = np.linspace(1.6, -1.6, len(design.units)) + np.where(np.arange(len(design.units)) % 3 == 0, 0.4, 0.0)
    level[-1] += shift
    drift = np.linspace(-0.15, 0.25, len(design.units))
    middle = level[design.cell_unit] + drift[design.cell_unit] * (years - years.min())
    state = middle[:, None] + _opinions(function, design.units)[design.cell_unit]
    state = state + random.normal(scale=0.25, size=(*shape, *state.shape))
    agreed = np.array(list(function.agreed_weights.values()))
    weight = random.dirichlet(50 * agreed, size=shape)
    value = np.einsum("...cp,...p->...c", state, weight)
    base = np.isin(np.arange(design.n_cells), design.base_cells)
    centre, scale = value[..., base].mean(axis=-1, keepdims=True), value[..., base].std(axis=-1, keepdims=True)
    draws = {
        "state": (("cell", "pillar"), state),
        "function": (("cell",), value),
        "standing": (("cell",), (value - centre) / scale),
        "weight": (("pillar",), weight),
        "slope": (("measure",), np.exp(random.normal(scale=0.1, size=(*shape, len(function.measures))))),
    }
    if function.items:
        liked = 4.0 * np.isin(design.units, [BY_THE_OVERALL_JUDGEMENT])
        severity = np.linspace(-1, 1, len(design.raters))
        draws |= {
            "severity": (("rater",), severity + random.normal(scale=0.3, size=(*shape, len(design.raters)))),
            "overall_slope": (("overall",), np.exp(random.normal(scale=0.1, size=(*shape, 1)))),
            "discrepancy": (("unit",), liked + random.normal(scale=0.2, size=(*shape, len(design.units)))),
            "pillar_scale": (("pillar",), np.ones((*shape, len(function.pillars)))),
            "halo_sd": ((), np.full(shape, 0.4)),
            **made.thresholds(design, shape, random),
        }
    return xr.Dataset(
        {name: (("chain", "draw", *dims), values.astype(np.float32)) for name, (dims, values) in draws.items()},
        coords={
            "pillar": [pillar.id for pillar in function.pillars],
            "measure": list(function.measures),
            "unit": list(design.units),
            "rater": list(design.raters),
            "unit_of_cell": ("cell", np.asarray(design.units, dtype=object)[design.cell_unit]),
            "year_of_cell": ("cell", years),
            "base_cell": ("cell", base),
        },
    )


def _opinions(function: Function, units: tuple[str, ...]) -> np.ndarray:
    """Return dims (unit, pillar): how far the pillars that peers judge lie from those that figures measure."""
    judged = np.array([bool(pillar.items) for pillar in function.pillars])
    disliked = np.isin(units, [CONTRADICTED])
    return -5.0 * np.outer(disliked, judged) + 0.1 * np.arange(len(function.pillars))


def _run(function: Function, seen: Observations, sampler: Sampler, status: str) -> Run:
    design = make_design(function, seen)
    failures = (
        () if status == TRUSTED else ("standing: R-hat 1.200, must be below 1.01", "3 divergent transitions, must be 0")
    )
    worst = {
        "variable": "standing",
        "published": True,
        "size": design.n_cells,
        "r_hat": 1.002,
        "ess_bulk": 900.0,
        "ess_tail": 800.0,
    }
    diagnostics: dict[str, Any] = {
        "worst": [worst],
        "divergences": 0,
        "e_bfmi": [0.9, 0.8],
        "failures": list(failures),
        "only_too_few": False,
    }
    return Run(
        id=identify(function, seen, EDITION, sampler),
        function=function.function,
        edition=EDITION,
        status=status,
        parent=None,
        head=str(seen.head),
        digests={"function": function.digest, "observations": seen.digest, "code": "0" * 64},
        demonstration=seen.demonstration,
        sampler={"chains": 2, "tune": 0, "draws": 200, "seed": sampler.seed, "target_accept": 0.8},
        diagnostics=diagnostics,
        design={
            "cells": design.n_cells,
            "units": len(design.units),
            "years": list(design.years),
            "raters": len(design.raters),
            "figures": len(design.figures),
            "answers": len(design.answers),
            "questionnaires": len(design.questionnaires),
            "unused": design.unused,
        },
        versions={"numpy": np.__version__, "pandas": pd.__version__},
        created="2023-12-01T12:00:00+00:00",
        sensitivity=[
            {"unit": unit, "prior": 0.08, "likelihood": 0.3, "prior_driven": False, "foremost": "error_sd"}
            | ({"likelihood": 0.01, "prior_driven": True, "foremost": "innovation_sd"} if unit == NEWCOMER else {})
            for unit in design.units
        ],
    )


def _figures() -> list[tuple[str, int, str, float]]:
    return [
        (unit, year, indicator, typical * (len(CLUSTERS) - number))
        for number, unit in enumerate(CLUSTERS)
        for year in YEARS
        for indicator, typical in (("turnover", 100.0), ("export_value", 10.0))
        if unit != NEWCOMER or year > YEARS[1]
    ]


def _answers() -> list[tuple[str, int, str, str, int]]:
    return [
        (unit, year, rater, item, 1 + (number + place) % 5)
        for number, unit in enumerate(CLUSTERS)
        for year in (YEARS[1], YEARS[3])
        for place, rater in enumerate(RATERS if unit != FEW_RATERS else RATERS[:2])
        for item in ("strategy_shared", "strategy_known", "joint_projects", "overall_view")
        if unit != NEWCOMER or year > YEARS[1]
    ]


def _written(path: Path, columns: list[str], rows: list[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([columns, *rows])
    return path
