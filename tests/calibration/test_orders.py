"""Batch, one after the other, five orders: one posterior, within the limits of ``reliability.md`` A6.

On the demonstration figures and questionnaires of the last edition come in batches, in several orders; on the regional
panel edition after edition. Each end is compared with sampling everything at once.
"""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from arviz_stats import ess

from clusterscore import steps
from clusterscore.model.function import Function
from clusterscore.observations.ledger import Ledger
from clusterscore.observations.observed import Observations, observe
from clusterscore.paths import Workspace
from clusterscore.posterior.fit import fit
from clusterscore.posterior.identity import Sampler
from clusterscore.posterior.record import TRUSTED, Posterior
from clusterscore.posterior.update import update

SAMPLER = Sampler(draws=2000)
N_BATCHES, N_ORDERS = 6, 5
Z, FAR, SPREAD = 4.3, 0.12, (0.92, 1.08)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shipped(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Observations:
    """Return everything that the shipped workspace observed."""
    home = tmp_path_factory.mktemp("shipped")
    shutil.copytree(root / "functions", home / "functions")
    shutil.copytree(root / "data" / "raw", home / "data" / "raw")
    workspace = Workspace.find(home)
    steps.ingest(workspace)
    return observe(Ledger(workspace.ledger))


def without(whole: Observations, figures: pd.Series, answers: pd.Series) -> Observations:
    """Return what is known before some figures and answers came."""
    return replace(
        whole,
        figures=whole.figures[~figures].reset_index(drop=True),
        answers=whole.answers[~answers].reset_index(drop=True),
    )


def batches(whole: Observations, kind: str, edition: int) -> tuple[pd.Series, pd.Series]:
    """Return which batch, from 0, each figure and answer comes in; -1 where it was known before."""
    rng = np.random.default_rng(7)
    of_kind = set(whole.units.loc[whole.units["kind"] == kind, "unit"])
    figures, answers = whole.figures, whole.answers
    late = figures["unit"].isin(of_kind) & (figures["year"] == edition) & (rng.uniform(size=len(figures)) < 0.08)
    sheet = answers.groupby(["rater", "unit", "year"]).ngroup()
    counts = answers["unit"].isin(of_kind) & (answers["year"] == edition) & ~answers["tied"]
    chosen = rng.choice(np.unique(sheet[counts]), 12, replace=False)
    batch_of_sheet = dict(zip(chosen, np.arange(12) % N_BATCHES, strict=True))
    by_figure = pd.Series(rng.integers(N_BATCHES, size=len(figures)), index=figures.index).where(late, -1)
    return by_figure, sheet.map(batch_of_sheet).fillna(-1).astype(int)


def agree(one: Posterior, other: Posterior, edition: int) -> pd.DataFrame:
    """Return by unit how far two posteriors are apart: ``z``, ``far`` in sd, and the ratio of the ``spread``."""
    first, second = one.standing_in(edition), other.standing_in(edition)
    error = sum((errors(each, edition) ** 2 for each in (one, other)), 0.0)
    return pd.DataFrame(
        {
            "z": (first["mean"] - second["mean"]) / np.sqrt(error),
            "far": (first["mean"] - second["mean"]) / second["sd"],
            "spread": first["sd"] / second["sd"],
        }
    )


def errors(posterior: Posterior, edition: int) -> pd.Series:
    """Return Monte Carlo standard errors of the mean standing, by unit."""
    drawn = posterior.draws["standing"]
    here = (drawn["year_of_cell"] == edition).to_numpy()
    effective = ess(drawn.isel(cell=here).to_dataset(name="standing"))["standing"].to_numpy()
    deviation = drawn.isel(cell=here).std(("chain", "draw")).to_numpy()
    return pd.Series(deviation / np.sqrt(effective), index=drawn["unit_of_cell"].to_numpy()[here])


def tell(*words: object) -> None:
    """Say how far the test is; shown with ``pytest -s``."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def hold(found: pd.DataFrame) -> None:
    """Hold two posteriors to the limits."""
    assert found["z"].abs().max() < Z, found
    assert found["far"].abs().max() <= FAR, found
    assert found["spread"].between(*SPREAD).all(), found


def test_the_demonstration_in_batches_and_orders(root: Path, shipped: Observations) -> None:
    """Every order ends at the posterior of everything."""
    function = Function.read(root / "functions" / "competitiveness.yml")
    edition = steps.latest_edition(function, shipped)
    by_figure, by_answer = batches(shipped, function.kind, edition)
    start = fit(function, without(shipped, by_figure >= 0, by_answer >= 0), edition, SAMPLER)
    truth = fit(function, shipped, edition, replace(SAMPLER, seed=2))
    assert start.run.status == truth.run.status == TRUSTED
    orders = [np.arange(N_BATCHES), *(np.random.default_rng(k).permutation(N_BATCHES) for k in range(N_ORDERS))]
    for order in orders:
        posterior = start
        for k in range(N_BATCHES):
            later = order[k + 1 :]
            posterior, told = update(posterior, without(shipped, by_figure.isin(later), by_answer.isin(later)), edition)
            tell(list(order), k, told.way, told.pareto_k, round(told.ess))
        found = agree(posterior, truth, edition)
        tell(found.abs().max().round(3).to_dict(), found["spread"].min().round(3))
        hold(found)
    at_once, told = update(start, shipped, edition)
    tell("at once", told.way, told.pareto_k, round(told.ess))
    hold(agree(at_once, truth, edition))


def test_the_regional_panel_edition_by_edition(root: Path, shipped: Observations) -> None:
    """Each next edition corrects the one before; in the end it is as if all had come at once.

    As in a workspace, draws that miss a gate are not believed: the posterior before stays until the next correction.
    """
    function = Function.read(root / "functions" / "regional.yml")
    regions = set(shipped.units.loc[shipped.units["kind"] == function.kind, "unit"])
    years = sorted(set(shipped.figures.loc[shipped.figures["unit"].isin(regions), "year"]))
    posterior = fit(function, shipped, years[0], SAMPLER)
    for year in years[1:]:
        found, told = update(posterior, shipped, year)
        tell(year, told.way, told.why, found.run.status, found.run.diagnostics["failures"])
        posterior = found if found.run.status == TRUSTED else posterior
    assert (posterior.run.status, posterior.run.edition) == (TRUSTED, years[-1])
    truth = fit(function, shipped, years[-1], replace(SAMPLER, seed=2))
    apart = agree(posterior, truth, years[-1])
    tell(apart.round(3))
    hold(apart)
