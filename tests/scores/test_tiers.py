"""Thirds of the field: a tier is named only where it is probable enough."""

import pandas as pd
import pytest

from clusterscore.scores.tiers import OPEN, cuts, tiers


def _ranks(at_most: dict[str, tuple[float, float]]) -> pd.DataFrame:
    """Return a table of ranks of nine units, given the probabilities of ranks up to 3 and up to 6."""
    steps = {unit: [first / 3, first * 2 / 3, first] for unit, (first, _) in at_most.items()}
    for unit, (first, second) in at_most.items():
        steps[unit] += [first + (second - first) * part / 3 for part in (1, 2, 3)]
        steps[unit] += [second + (1 - second) * part / 3 for part in (1, 2, 3)]
    rows = [(unit, 2023, k, share) for unit, shares in steps.items() for k, share in enumerate(shares, 1)]
    return pd.DataFrame(rows, columns=["unit", "year", "k", "p_rank_at_most_k"])


@pytest.mark.parametrize(
    ("shares", "tier"),
    [
        ((0.8, 1.0), "upper third"),
        ((0.79, 1.0), "upper or middle third"),
        ((0.05, 0.9), "middle third"),
        ((0.0, 0.4), "middle or lower third"),
        ((0.0, 0.1), "lower third"),
        ((0.3, 0.65), OPEN),
    ],
)
def test_the_narrowest_tier_that_is_probable_enough_is_named(shares: tuple[float, float], tier: str) -> None:
    """One third at four in five, else two neighbouring ones, else none."""
    table = tiers(_ranks({f"U-{n}": shares for n in range(9)}))
    assert set(table["tier"]) == {tier}


def test_probabilities_of_the_thirds_add_up_to_one() -> None:
    """Whatever is named."""
    table = tiers(_ranks({f"U-{n}": (n / 10, n / 10 + 0.1) for n in range(9)}))
    assert (table["upper"] + table["middle"] + table["lower"]).to_numpy() == pytest.approx(1.0)
    assert len(table) == 9


def test_a_small_field_has_no_thirds() -> None:
    """Of five units nobody speaks of thirds."""
    assert tiers(_ranks({f"U-{n}": (0.3, 0.6) for n in range(5)})).empty
    assert cuts(41) == (14, 27)
