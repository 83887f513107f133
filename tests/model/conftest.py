"""What the tests of the model share."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations

PRESENT = {
    "A": (2016, 2017, 2019, 2020),
    "B": (2016, 2017, 2019, 2020),
    "C": (2016, 2017),  # leaves
    "D": (2016, 2020),  # misses two of the years
    "E": (2019, 2020),  # comes after the base edition
    "F": (2017, 2019, 2020),  # comes late, yet within the base edition
}
"""Years in which each unit reports; nobody does in the year between. The base edition is the first two years."""

WAVES = (2017, 2019)
RATERS = ("R1", "R2", "R3", "R4")
OWN = ("F", "R1")  # this rater is tied to this unit


@pytest.fixture(scope="session")
def patchwork(small: Function, observed: Callable[..., Observations]) -> Observations:
    """Return observations with late entry, exit, gaps, missing cells, shares of 0 and 1, ties, a unit all tied."""
    return patched(small, observed)


def patched(small: Function, observed: Callable[..., Observations]) -> Observations:
    """Return the observations of the fixture above, for tests of other rooms."""
    rng = np.random.default_rng(20)
    figures = [
        (unit, year, part.id, _value(part.transform, rng))
        for unit, years in PRESENT.items()
        for year in years
        for part in small.indicators
        if rng.uniform() < 0.85
    ]
    figures += [("A", 2021, "cost_share", 0.0), ("B", 2021, "cost_share", 1.0), ("B", 2021, "visitors", 0.0)]
    figures += [("A", 2021, "patents", 3.0)]  # its exposure was not reported
    answers = [
        (unit, year, rater, item.id, int(rng.integers(1, small.categories(item) + 1)), (unit, rater) == OWN)
        for unit, years in PRESENT.items()
        for year in years
        for rater in RATERS
        for item in small.items
        if year in WAVES and rng.uniform() < 0.8
    ]
    answers += [("G", 2019, "R2", item.id, 1, True) for item in small.items]  # nothing else is known of G
    return observed(
        pd.DataFrame(figures, columns=["unit", "year", "indicator", "value"]),
        pd.DataFrame(answers, columns=["unit", "year", "rater", "item", "answer", "tied"]),
    )


@pytest.fixture(scope="session")
def of_members(small: Function) -> Function:
    """Return the small function with figures of members."""
    return with_members(small)


def with_members(small: Function) -> Function:
    """Return a function with two figures of members on one pillar, of which one is better when less."""
    content = small.model_dump(mode="json")
    part = content["pillars"][0]["indicators"][1] | {"of": "members", "transform": "identity", "resolution": None}
    part |= {"typical": 0.3, "spread": 0.7}
    content["pillars"][0]["indicators"] += [part | {"id": "firm_cost"}, part | {"id": "firm_age", "direction": 1}]
    return Function.model_validate(content)


@pytest.fixture(scope="session")
def patchwork_of_members(patchwork: Observations) -> Observations:
    """Return the patchwork with members."""
    return with_members_of(patchwork)


def with_members_of(patchwork: Observations) -> Observations:
    """Return observations with members that report in some years, one of them in a year of its own."""
    rng = np.random.default_rng(21)
    members = {f"{unit}-M{number}": unit for unit in "ABF" for number in range(5)}
    rows = [
        (member, year, name, float(rng.normal(0.3, 0.7)))
        for member, unit in members.items()
        for year in PRESENT[unit]
        for name in ("firm_cost", "firm_age")
        if rng.uniform() < 0.6
    ]
    rows.append(("F-M0", 2022, "firm_cost", 0.4))
    figures = pd.DataFrame(rows, columns=["unit", "year", "indicator", "value"])
    figures = figures.assign(measure="", source=None, record=range(10_001, 10_001 + len(figures)))
    units = patchwork.units.iloc[: len(members)].sample(len(members), replace=True, random_state=1)
    units = units.assign(unit=list(members), kind="member", parent=list(members.values()))
    return replace(
        patchwork,
        units=pd.concat([patchwork.units, units], ignore_index=True),
        figures=pd.concat([patchwork.figures, figures], ignore_index=True),
    )


def _value(transform: str, rng: np.random.Generator) -> float:
    match transform:
        case "log":
            return float(np.exp(rng.normal(10.0, 3.0)))
        case "logit":
            return float(rng.uniform())
        case "identity":
            return float(rng.normal(0.0, 0.2))
        case _:
            return float(rng.poisson(20.0))


@pytest.fixture(scope="session")
def regions(observed: Callable[..., Observations]) -> Observations:
    """Return eight regions in four editions of one index."""
    rng = np.random.default_rng(8)
    rows = [
        (f"RO{number}", year, "rci_z", float(rng.normal(-1.0, 0.5)))
        for number in range(8)
        for year in (2010, 2013, 2016, 2019)
    ]
    return observed(pd.DataFrame(rows, columns=["unit", "year", "indicator", "value"]), kind="region")
