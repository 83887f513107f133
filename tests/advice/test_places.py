"""Means of places come from the draws: what hangs together stays together."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clusterscore.advice.places import places
from clusterscore.advice.tables import TABLES


def _view() -> Any:
    random = np.random.default_rng(4)
    common = random.normal(0.0, 5.0, size=(4000, 1))
    units = pd.DataFrame(
        {
            "unit": ["A", "B", "C", "D"],
            "region": ["RO11", "RO11", "RO12", None],
            "sector": ["food", "wood", "food", "wood"],
            "country": ["RO", "RO", "RO", "MD"],
        }
    )
    score = np.array([60.0, 60.0, 40.0, 40.0]) + common + random.normal(0.0, 1.0, size=(4000, 4))
    return SimpleNamespace(units=units, score=score, names=list(units["unit"]))


def test_every_place_has_its_mean_and_all_together_theirs() -> None:
    """A unit without a region counts in no region, and in all."""
    table = places(_view())
    assert tuple(table.columns) == TABLES["places"]
    counts = {(row["by"], row["value"]): row["n"] for row in table.to_dict("records")}
    assert counts[("all", "all")] == 4
    assert {key: n for key, n in counts.items() if key[0] == "region"} == {("region", "RO11"): 2, ("region", "RO12"): 1}


def test_what_units_share_does_not_average_out() -> None:
    """The interval of a mean is as wide as what its units have in common; the comparison with all is not."""
    table = places(_view()).set_index("value")
    row = table.loc["RO11"]
    assert row["mean"] == pytest.approx(60.0, abs=0.5)
    assert row["q95"] - row["q05"] == pytest.approx(2 * 1.645 * np.sqrt(25 + 0.5), rel=0.1)
    assert row["p_above"] > 0.99
    assert table.loc["RO12", "p_above"] < 0.01
