"""What a hundred times as many members cost: nothing but reading them, as they are collapsed to sufficient statistics.

Two associations of 20 clusters over 3 years that are alike but for the number of members, 5 or 500 in each cluster,
are fitted by the package in turn, with the same few draws. A fit's time runs from observations to draws, the collapsing
of members' figures included. Run alone: ``python benchmarks/members.py``. The last line holds the ratio of the times.
"""

from __future__ import annotations

import time
from dataclasses import replace

import pandas as pd
from rivals.workloads import FIRST_YEAR, SEED, UNIT_COLUMNS, function, numbered

from clusterscore.model.simulate import Plan, simulate
from clusterscore.observations.ledger import Head
from clusterscore.observations.observed import Observations
from clusterscore.posterior.fit import fit
from clusterscore.posterior.identity import Sampler

N_UNITS, YEARS, FEW, TIMES = 20, range(FIRST_YEAR, FIRST_YEAR + 3), 5, 100
SAMPLER = Sampler(tune=300, draws=300, longer=1)
ROUNDS = 3


def observations(n_members: int) -> Observations:
    """Return what was sent where every cluster has so many members."""
    units = [f"U{number:02d}" for number in range(N_UNITS)]
    members = {unit: [f"{unit}-M{number:03d}" for number in range(n_members)] for unit in units}
    affiliation = {f"R{number:02d}": unit for number, unit in enumerate(units)}
    plan = Plan(dict.fromkeys(units, FIRST_YEAR), YEARS, YEARS, affiliation, 6, members=members)
    drawn = simulate(function(), plan, SEED)
    parent = {member: unit for unit, own in members.items() for member in own}
    rows = {"unit": [*units, *parent], "kind": "cluster", "parent": [None] * N_UNITS + list(parent.values())}
    recorded = pd.DataFrame(rows | {"demonstration": True}).reindex(columns=UNIT_COLUMNS)
    return Observations(
        units=recorded.assign(kind=recorded["kind"].mask(recorded["parent"].notna(), "member")),
        raters=pd.DataFrame({"rater": list(affiliation), "affiliation": units, "ties": [()] * N_UNITS}),
        figures=numbered(drawn.figures),
        answers=numbered(drawn.answers.assign(tied=False)),
        head=Head(0, "0" * 64),
    )


def seconds(observed: Observations, seed: int) -> float:
    """Return how long a fit takes."""
    started = time.perf_counter()
    fit(function(), observed, YEARS[-1], replace(SAMPLER, seed=seed))
    return time.perf_counter() - started


def main() -> None:
    """Time both in turn and print the ratio of the shortest times."""
    few, many = observations(FEW), observations(FEW * TIMES)
    seconds(few, 0)  # compiles
    times = [(seconds(few, seed), seconds(many, seed)) for seed in range(1, ROUNDS + 1)]
    least, most = (min(column) for column in zip(*times, strict=True))
    print(f"{len(few.figures):,} figures {least:.1f} s, {len(many.figures):,} figures {most:.1f} s")
    print(f"members_x{TIMES}={most / least:.2f}")


if __name__ == "__main__":
    main()
