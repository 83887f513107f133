"""What is typical of members and what each brings: never a member's value, and nothing of too few."""

import numpy as np
import pandas as pd
import pytest

from clusterscore.model.function import Function
from clusterscore.observations.ledger import Head
from clusterscore.observations.observed import Observations
from clusterscore.posterior.record import Posterior
from clusterscore.scores.disclosure import Rules
from clusterscore.scores.members import among
from tests.posterior import made

EDITION = 2022
DOCUMENT = """\
function: few
version: 1
kind: cluster
title: {en: Few, ro: Puțini}
question: {en: How many, ro: Câți}
reconstruction: for tests
edition: {every: 1, why: for tests}
pillars:
  - {id: firms, title: {en: Firms, ro: Firme}, why: tests, source: tests, indicators: [
      {id: firm_sales, title: {en: Sales, ro: Vânzări}, measure: EUR a head, transform: log, typical: 100, spread: 1,
       of: members, why: tests, source: tests}]}
errors: {degrees_of_freedom: 4, why: for tests}
weights: {concentration: 50, why: for tests, source: tests}
validation: {equivalence: 1.0, probability: 0.9, why: for tests}
"""
FIGURES = {"A": [60.0, 80.0, 100.0, 120.0, 400.0], "B": [90.0, 110.0, 130.0]}


@pytest.fixture(scope="module")
def function(tmp_path_factory: pytest.TempPathFactory) -> Function:
    """Return a function of one indicator of members."""
    path = tmp_path_factory.mktemp("few") / "few.yml"
    path.write_text(DOCUMENT, encoding="utf-8")
    return Function.read(path)


@pytest.fixture(scope="module")
def observations() -> Observations:
    """Return two clusters of one sector with five and three members."""
    units = [(unit, "cluster", None) for unit in FIGURES]
    units += [(f"{unit}-M{n}", "member", unit) for unit, values in FIGURES.items() for n in range(len(values))]
    table = pd.DataFrame(units, columns=["unit", "kind", "parent"]).assign(sector="food", demonstration=True)
    figures = [
        (f"{unit}-M{n}", year, "firm_sales", value)
        for unit, values in FIGURES.items()
        for n, value in enumerate(values)
        for year in (EDITION - 1, EDITION)
    ]
    rows = pd.DataFrame(figures, columns=["unit", "year", "indicator", "value"]).assign(measure="", source="", record=1)
    answers = pd.DataFrame({name: [] for name in ("unit", "year", "rater", "item", "answer", "tied", "record")})
    raters = pd.DataFrame({name: [] for name in ("rater", "affiliation", "ties")})
    return Observations(table, raters, rows, answers.astype({"tied": bool}), Head(1, "0" * 64))


@pytest.fixture(scope="module")
def posterior() -> Posterior:
    """Return draws in which both clusters are at the typical level and members differ by one spread."""
    rng, shape = np.random.default_rng(1), (2, 500)
    cells = [(unit, year) for unit in FIGURES for year in (EDITION - 1, EDITION)]
    values = {
        "state": (("cell", "pillar"), 0.05 * rng.normal(size=(*shape, 4, 1))),
        "standing": (("cell",), rng.normal(size=(*shape, 4))),
        "pillar_scale": (("pillar",), np.ones((*shape, 1))),
        "slope": (("measure",), np.ones((*shape, 1))),
        "intercept": (("indicator",), np.zeros((*shape, 1))),
        "member_sd": (("reported_member",), np.full((*shape, 1), 0.7)),
        "member_error_sd": (("reported_member",), np.full((*shape, 1), 0.1)),
    }
    names = np.array([unit for unit, _ in cells], dtype=object)
    coords = {
        "unit_of_cell": ("cell", names),
        "year_of_cell": ("cell", np.array([year for _, year in cells])),
        "measure": ["firm_sales"],
        "reported_member": ["firm_sales"],
    }
    return made.posterior(made.dataset(values, **coords), edition=EDITION)


def test_nothing_is_said_of_a_cluster_with_too_few_others(
    function: Function, posterior: Posterior, observations: Observations
) -> None:
    """Three members leave two beside each; both clusters together are enough for the sector."""
    levels, shares = among(function, posterior, observations, Rules())
    assert sorted(zip(levels["of"], levels["group"], strict=True)) == [("sector", "food"), ("unit", "A")]
    assert set(shares["unit"]) == {"A"}


def test_what_is_typical_is_no_members_value(
    function: Function, posterior: Posterior, observations: Observations
) -> None:
    """Half of the members are expected where the model puts them: quartiles of a normal about the level."""
    levels, _ = among(function, posterior, observations, Rules())
    row = levels[levels["of"] == "unit"].iloc[0]
    assert row["median"] == pytest.approx(100.0, rel=0.02)
    assert row["low"] == pytest.approx(100.0 * np.exp(-0.6745 * 0.7), rel=0.08)
    assert row["high"] == pytest.approx(100.0 * np.exp(0.6745 * 0.7), rel=0.08)
    told = levels[["median", "q05", "q95", "low", "high"]].to_numpy()
    assert not np.isclose(told[..., None], np.concatenate(list(FIGURES.values())), rtol=1e-4).any()


def test_what_a_member_brings_is_what_the_mean_would_lose_without_it(
    function: Function, posterior: Posterior, observations: Observations
) -> None:
    """From figures that are nearly sure: mean of all less mean of the others, in logarithms."""
    _, shares = among(function, posterior, observations, Rules())
    value = np.log(np.array(FIGURES["A"]) / 100.0)
    others = (value.sum() - value) / (len(value) - 1)
    brought = shares.sort_values("member")["mean"].to_numpy()
    assert brought == pytest.approx(value.mean() - others, abs=0.03)
    assert shares.loc[shares["member"] == "A-M4", "p_raises"].iloc[0] > 0.99
    assert shares.loc[shares["member"] == "A-M0", "p_above_sector"].iloc[0] < 0.1
