"""Levels are honest: firm only where probable enough, right as often as they say, else between two."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr

from clusterscore.advice.levels import Levels, read_levels
from clusterscore.advice.standing import level_table, next_level, percent, placed, said, thresholds_of
from clusterscore.documents import dump_yaml, load_yaml
from clusterscore.errors import FunctionInvalid, UnknownName
from clusterscore.model.function import Function
from tests.advice.cohort import ROOT

N_SETS, N_UNITS, N_DRAWS, RELIABILITY = 500, 30, 1000, 0.8
BINS = np.linspace(0.0, 1.0, 6)
Z99 = 2.576


def simulated(levels: Levels, confidence: float = 1.0, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return of each unit of each set: its true place, the probability of every place, and whether a level is firm.

    A true standing is normal, one measurement of it has the reliability given, and the posterior is exact; with
    ``confidence`` above 1 its standard deviation is too small by that factor.
    """
    rng, thresholds, least = np.random.default_rng(seed), thresholds_of(levels), levels.probability.least
    noise = np.sqrt(1.0 / RELIABILITY - 1.0)
    true, shares, firm = [], [], []
    for _ in range(N_SETS):
        theta = rng.normal(size=N_UNITS)
        measured = theta + noise * rng.normal(size=N_UNITS)
        sd = np.sqrt(1.0 - RELIABILITY) / confidence
        draws = 100.0 * ndtr(RELIABILITY * measured + sd * rng.normal(size=(N_DRAWS, N_UNITS)))
        found = [placed(draws[:, unit], thresholds, least) for unit in range(N_UNITS)]
        true.append(np.searchsorted(thresholds, 100.0 * ndtr(theta), side="right"))
        shares.append([one.shares for one in found])
        firm.append([one.low if one.firm else -1 for one in found])
    return np.concatenate(true), np.concatenate(shares), np.concatenate(firm)


def outside(true: np.ndarray, shares: np.ndarray, seed: int = 2) -> list[float]:
    """Return the bins of probability in which levels are right more or less often than they say (99 % bands).

    Of each unit one place counts, chosen at random, so that what is counted is independent.
    """
    place = np.random.default_rng(seed).integers(shares.shape[1], size=len(shares))
    p = shares[np.arange(len(shares)), place]
    hit, bins, off = true == place, np.digitize(p, BINS[1:-1]), []
    for number in range(len(BINS) - 1):
        inside = bins == number
        assert inside.sum() > 100
        band = Z99 * np.sqrt((p[inside] * (1.0 - p[inside])).sum()) / inside.sum()
        if abs(hit[inside].mean() - p[inside].mean()) > band:
            off.append(float(BINS[number]))
    return off


def test_firm_levels_are_wrong_in_one_case_of_five_at_most_and_calibrated(levels: Levels) -> None:
    """500 sets of 30 clusters: the share of wrong firm levels, and five bins of probability."""
    true, shares, firm = simulated(levels)
    assert 0.2 < (firm >= 0).mean() < 0.9
    assert (firm != true)[firm >= 0].mean() <= 0.2
    assert outside(true, shares) == []


def test_overconfident_draws_are_found_out(levels: Levels) -> None:
    """The check above can fail: with intervals of half their width, levels are wrong more often than they say."""
    true, shares, firm = simulated(levels, confidence=2.0)
    assert len(outside(true, shares)) >= 3
    assert (firm != true)[firm >= 0].mean() > 0.2


def test_a_level_is_firm_from_the_probability_on_and_a_score_at_a_threshold_has_reached_it() -> None:
    """Eight of ten draws at the threshold itself make the level; seven of ten leave it between two."""
    eight, seven = np.repeat([50.0, 49.0], [8, 2]), np.repeat([50.0, 49.0], [7, 3])
    assert placed(eight, [25.0, 50.0], 0.8).low == placed(eight, [25.0, 50.0], 0.8).high == 2
    between = placed(seven, [25.0, 50.0], 0.8)
    assert (between.low, between.high, between.firm, between.probability) == (1, 2, False, 1.0)
    assert between.shares == pytest.approx((0.0, 0.3, 0.7))


def test_a_level_is_said_in_both_languages_and_never_for_certain(levels: Levels) -> None:
    """Firm with its probability, provisional between two, or none."""
    low, mixed = np.full(100, 10.0), np.repeat([45.0, 55.0], 50)
    thresholds, least = thresholds_of(levels), levels.probability.least
    assert said(levels, placed(low, thresholds, least), "en") == "no level (probability > 99 %)"
    assert said(levels, placed(mixed, thresholds, least), "ro") == (
        "provizoriu între Cluster recunoscut și Cluster avansat (probabilitate > 99 %)"
    )
    assert [percent(p) for p in (0.0, 0.004, 0.5, 0.995, 1.0)] == ["< 1 %", "< 1 %", "50 %", "> 99 %", "> 99 %"]


def test_the_table_tells_how_probable_it_is_to_reach_each_level(levels: Levels) -> None:
    """A column for each level, falling from level to level."""
    score = np.random.default_rng(1).uniform(0, 100, size=(500, 4))
    table = level_table(levels, ["A", "B", "C", "D"], score)
    reached = table[[f"p_{level.id}" for level in levels.ladder]].to_numpy()
    assert (np.diff(reached, axis=1) <= 0).all()
    assert reached[0] == pytest.approx([(score[:, 0] >= level.score.least).mean() for level in levels.ladder])


def test_the_next_level_is_the_first_not_yet_sure(levels: Levels) -> None:
    """Nobody at the top has a next one."""
    assert next_level(np.full(10, 60.0), levels).id == "outstanding"
    assert next_level(np.full(10, 99.0), levels) is None
    assert next_level(np.full(10, 60.0), None) is None


def test_every_number_of_the_shipped_levels_has_a_reason_and_a_source() -> None:
    """And no source claims a threshold that is not public: those of scores are ours."""
    content = load_yaml(ROOT / "catalogue" / "levels.yml")
    numbers: list[Any] = []

    def walk(part: Any) -> None:
        if isinstance(part, dict):
            if {"least", "months", "verdicts", "conditions"} & set(part):
                numbers.append(part)
            for inner in part.values():
                walk(inner)
        elif isinstance(part, list):
            for inner in part:
                walk(inner)

    walk(content)
    assert len(numbers) > 15
    assert all(part.get("why") and part.get("source") for part in numbers)
    assert all("our proposal" in level["score"]["source"]["en"] for level in content["ladder"])


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda c: c["ladder"][1]["score"].update(least=20), "rise"),
        (lambda c: c["ladder"][2]["score"].update(least=100), "between 0 and 100"),
        (lambda c: c["ladder"][1].update(id="recognised"), "more than once"),
        (lambda c: c.update(function="nosuch"), "nosuch"),
        (lambda c: c["eligibility"]["staff"].update(indicator="nosuch"), "nosuch"),
        (lambda c: c["probability"].update(least=0.5), "probability.least"),
        (lambda c: c["evidence"]["validation"].update(verdicts=["bad"]), "verdicts"),
        (lambda c: c["renewal"]["before"].pop("source"), "source"),
    ],
)
def test_levels_that_contradict_themselves_are_refused(
    tmp_path: Path, shipped: dict[str, Function], change: Callable[[Any], object], word: str
) -> None:
    """Each problem names its place."""
    content = load_yaml(ROOT / "catalogue" / "levels.yml")
    change(content)
    (tmp_path / "levels.yml").write_text(dump_yaml(content), encoding="utf-8")
    with pytest.raises(FunctionInvalid, match=word):
        read_levels(tmp_path, shipped)


def test_an_unknown_level_is_named_with_the_known_ones(levels: Levels) -> None:
    """A typing mistake in a command says what there is."""
    with pytest.raises(UnknownName, match="outstanding"):
        levels.level("gold")
