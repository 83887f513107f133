"""What a team adds to its circumstances, against teams of which it is known."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from clusterscore.posterior.record import Posterior
from clusterscore.scores.circumstances import value_added
from tests.posterior import made

N, DRAWS, EDITION = 40, 400, 2022
SECTORS = ("food", "wood")


def teams(random: np.random.Generator) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return teams with the size, age and sector of their clusters."""
    units = pd.DataFrame(
        {
            "unit": [f"T{number:02d}" for number in range(N)],
            "parent": [f"C{number:02d}" for number in range(N)],
            "sector": [SECTORS[number % 2] for number in range(N)],
            "founded": pd.array(EDITION - random.integers(1, 20, N), dtype="Int64"),
        }
    )
    return units, dict(zip(units["parent"], random.integers(10, 90, N).tolist(), strict=True))


def posterior(standing: np.ndarray, random: np.random.Generator, units: pd.DataFrame) -> Posterior:
    """Return draws about a true standing."""
    draws = standing + 0.1 * random.normal(size=(2, DRAWS // 2, N))
    coords = {
        "unit_of_cell": ("cell", units["unit"].to_numpy(dtype=object)),
        "year_of_cell": ("cell", np.full(N, EDITION)),
    }
    return made.posterior(xr.Dataset({"standing": (("chain", "draw", "cell"), draws)}, coords=coords), edition=EDITION)


def test_what_size_explains_is_not_counted_as_the_teams() -> None:
    """One team does more than its large cluster lets expect; the others stand where their size puts them."""
    random = np.random.default_rng(1)
    units, n_members = teams(random)
    size = np.log(np.array(list(n_members.values()), dtype=float))
    standing = 0.8 * (size - size.mean()) / size.std()
    standing[7] += 2.0
    added, effects = value_added(posterior(standing, random, units), units, n_members)
    best = added.loc[added["mean"].idxmax()]
    assert best["unit"] == "T07"
    assert best["mean"] == pytest.approx(2.0, abs=0.5)
    worth = effects.set_index("circumstance").loc["size"]
    assert worth["q05"] < 0.8 < worth["q95"]
    assert set(effects["circumstance"]) == {"size", "age", *SECTORS}


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Ninety per cent of them, over teams in equal circumstances whose own part is known (binomial, 99.8 %)."""
    inside = total = 0
    for seed in range(12):
        random = np.random.default_rng(seed)
        units, n_members = teams(random)
        own = 0.9 * random.normal(size=N)
        size = np.log(np.array(list(n_members.values()), dtype=float))
        explained = 0.4 * random.normal() * (size - size.mean()) / size.std() + 0.3 * random.normal()
        added, _ = value_added(posterior(explained + own, random, units), units, n_members)
        inside += int(((added["q05"] < own) & (own < added["q95"])).sum())
        total += N
    assert inside / total > 0.8


def test_too_few_teams_explain_nothing() -> None:
    """Below eight no regression is made, and nothing is said."""
    random = np.random.default_rng(1)
    units, _ = teams(random)
    added, effects = value_added(posterior(np.zeros(N), random, units), units, {"C01": 20, "C02": 30})
    assert added.empty
    assert effects.empty
