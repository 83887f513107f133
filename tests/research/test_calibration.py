"""What ranks of truths say about fits."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clusterscore.research.calibration import N_DRAWS, Calibration, calibration_plate

N_FITS, N_QUANTITIES = 200, 30


def ranks_of(draws: np.ndarray) -> Calibration:
    """Return ranks of standard normal truths among ``draws``, dims (fit, quantity, draw)."""
    truth = np.random.default_rng(2).normal(size=(N_FITS, N_QUANTITIES, 1))
    ranks = (draws < truth).sum(axis=2)
    return Calibration(pd.DataFrame(ranks, columns=[f"q{number}" for number in range(N_QUANTITIES)]), 0)


@pytest.fixture
def draws() -> np.ndarray:
    """Return draws from the distribution of the truths."""
    return np.random.default_rng(1).normal(size=(N_FITS, N_QUANTITIES, N_DRAWS))


def test_right_fits_pass(draws: np.ndarray) -> None:
    """Uniform ranks stay in the bands, and intervals cover as often as they say."""
    found = ranks_of(draws)
    assert found.passes
    assert found.coverage["90 %"] == pytest.approx(0.9, abs=0.02)
    assert found.coverage["50 %"] == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(
    "change",
    [lambda x: 0.6 * x, lambda x: 1.7 * x, lambda x: x + 0.5],
    ids=["too narrow", "too wide", "half a standard deviation too high"],
)
def test_a_single_wrong_quantity_is_found(draws: np.ndarray, change: Callable[[np.ndarray], np.ndarray]) -> None:
    """Too narrow, too wide or shifted: that quantity leaves the band that none may leave."""
    draws[:, 3] = change(draws[:, 3])
    found = ranks_of(draws)
    assert found.outside(found.family_level) == ["q3"]
    assert not found.passes


def test_fits_that_failed_are_counted_and_left_out(tmp_path: Path, draws: np.ndarray) -> None:
    """A fit is dropped for what its draws say, and the page tells how many were."""
    table = ranks_of(draws).ranks
    table.insert(0, "failed", ["3 divergences", *[""] * (N_FITS - 1)])
    table.insert(0, "seed", range(N_FITS))
    table.to_csv(tmp_path / "ranks.csv", index=False)
    found = Calibration.read(tmp_path / "ranks.csv")
    assert found is not None
    assert (len(found.ranks), found.n_failed) == (N_FITS - 1, 1)
    assert "do not count, for divergences or R-hat: 1." in calibration_plate(found).caption


def test_nothing_done_is_nothing_known(tmp_path: Path) -> None:
    """Without ranks there is no verdict, and none from a single fit."""
    (tmp_path / "one.csv").write_text("seed,failed,weight\n1,,60\n", encoding="utf-8")
    assert Calibration.read(tmp_path / "one.csv") is None
    assert Calibration.read(tmp_path / "absent.csv") is None
