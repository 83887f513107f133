"""Whether fits to invented data of known truth are right: ranks of the truths, kept in ``docs/calibration*.csv``.

The ranks come from ``make calibrate``: of truths drawn from the prior, and of truths drawn from the posterior of an
edition, which are like what was observed. Judged are their empirical distribution functions against simultaneous bands
(doi 10.1007/s11222-022-10090-6), for each quantity at once over all ranks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from arviz_stats.ecdf_utils import compute_ecdf, get_pointwise_confidence_band, simulate_confidence_bands
from numpy.typing import NDArray
from scipy.stats import binom

from clusterscore.paths import Workspace
from clusterscore.report.display import Table
from clusterscore.report.style import styled
from clusterscore.research import figures
from clusterscore.research.plate import Plate, grid

Floats = NDArray[np.float64]

RANKS: Final = Path(__file__).resolve().parents[3] / "docs" / "calibration.csv"
N_DRAWS: Final = 127
"""Draws among which each truth is ranked."""
USUAL: Final = 0.95
_FAMILY: Final = 0.01  # chance that a right program leaves the wider band in any quantity
_SIMULATIONS: Final = 20_000
_SEED: Final = 1
_CENTRAL: Final = {"50 %": (0.25, 0.75), "90 %": (0.05, 0.95)}


@dataclass(frozen=True, eq=False)
class Calibration:
    """Ranks of the truths.

    Attributes
    ----------
    ranks
        One row per fit that counts and one column per quantity: draws below the truth, 0 to 127.
    n_failed
        Fits that do not count, because of their draws alone.
    """

    ranks: pd.DataFrame
    n_failed: int

    @classmethod
    def read(cls, path: Path = RANKS) -> Calibration | None:
        """Return what was found, or None where fewer than two fits count: nothing can be said of one."""
        if not path.is_file():
            return None
        table = pd.read_csv(path, keep_default_na=False)
        failed = table["failed"] != ""
        counted = table[~failed].drop(columns=["seed", "failed"])
        return cls(counted, int(failed.sum())) if len(counted) > 1 else None

    @cached_property
    def shares(self) -> pd.DataFrame:
        """Ranks as shares of 1, each spread evenly over its step; uniform where fits are right."""
        spread = np.random.default_rng(_SEED).uniform(size=self.ranks.shape)
        return (self.ranks + spread) / (N_DRAWS + 1)

    @cached_property
    def points(self) -> Floats:
        """Where the distribution functions are compared; dims (point)."""
        return np.arange(1, len(self.ranks)) / len(self.ranks)

    @cached_property
    def differences(self) -> dict[str, Floats]:
        """Empirical distribution function of each quantity's ranks less the uniform one; dims (point)."""
        return {str(name): compute_ecdf(values, self.points) - self.points for name, values in self.shares.items()}

    def band(self, level: float) -> tuple[Floats, Floats]:
        """Return both edges of the simultaneous band of a level, less the uniform distribution; dims (point)."""
        rng, n_fits = np.random.default_rng(_SEED), len(self.ranks)
        pointwise = simulate_confidence_bands(n_fits, 1, self.points, level, _SIMULATIONS, rng)
        low, high = get_pointwise_confidence_band(pointwise, n_fits, self.points)
        return low - self.points, high - self.points

    def outside(self, level: float) -> list[str]:
        """Return the quantities that leave the band of a level."""
        low, high = self.band(level)
        return [name for name, values in self.differences.items() if ((values < low) | (values > high)).any()]

    @property
    def family_level(self) -> float:
        """Level of the band that no quantity may leave."""
        return 1.0 - _FAMILY / self.ranks.shape[1]

    @property
    def most_outside(self) -> int:
        """How many quantities may leave the usual band: the 99 % limit of a right program."""
        return int(binom.ppf(1.0 - _FAMILY, self.ranks.shape[1], 1.0 - USUAL))

    @property
    def coverage(self) -> dict[str, float]:
        """Share of truths within the central intervals, over all quantities, by mass."""
        shares = self.shares.to_numpy()
        return {mass: float(((shares > low) & (shares < high)).mean()) for mass, (low, high) in _CENTRAL.items()}

    @property
    def passes(self) -> bool:
        """Whether nothing tells against the program."""
        return not self.outside(self.family_level) and len(self.outside(USUAL)) <= self.most_outside


def ranks_of(workspace: Workspace, function: str) -> Path:
    """Return the file with ranks of truths drawn from the posterior of an edition of a workspace's function."""
    return workspace.root / "docs" / f"{RANKS.stem}-{function}.csv"


def calibration_plate(found: Calibration, what: str = "invented data") -> Plate:
    """Return the ranks of the truths among the draws of fits to something as a figure, with what they say."""
    n_fits, n_quantities = found.ranks.shape
    usual, wide = found.outside(USUAL), found.outside(found.family_level)
    low, high = found.band(USUAL)
    with styled():
        figure, (ax,) = grid(1, 1, 3.2)
        figures.plot_ecdf_differences(found.points, found.differences, low, high, usual, ax=ax)
    word = "Nothing tells" if found.passes else "The ranks tell"
    finding = (
        f"{word} against the fits: of {n_quantities} quantities {len(usual)} leave the 95 % band "
        f"(at most {found.most_outside} may), {len(wide)} the band that none may leave"
    )
    shares = found.shares
    least, most = _CENTRAL["90 %"]
    inside = ((shares > least) & (shares < most)).mean().to_dict()
    rows = [
        (
            str(name),
            f"{100 * inside[name]:.0f} %",
            f"{np.abs(found.differences[str(name)]).max():.3f}",
            "yes" if name in usual else "no",
        )
        for name in found.ranks
    ]
    covered = ", ".join(f"central {mass}: {100 * share:.1f} %" for mass, share in found.coverage.items())
    return Plate(
        figure,
        finding,
        f"Simulation-based calibration over {n_fits} fits. {finding}.",
        f"Each line: ranks of the true values of one quantity among {N_DRAWS} draws of {n_fits} fits to {what}, "
        f"as empirical distribution function less the uniform one. Shaded: simultaneous 95 % band. "
        f"Truths within intervals of all quantities: {covered}. "
        f"Further fits that do not count, for divergences or R-hat: {found.n_failed}.",
        Table("Ranks by quantity", ("quantity", "within 90 %", "largest gap", "leaves the band"), rows, folded=True),
    )
