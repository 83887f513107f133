"""Every prior as a value with its reason and its source. Precedence: function document, then the defaults here.

States are in standard deviations of the base cohort, figures in the ``spread`` of their indicator, answers in logits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from clusterscore.documents import Document
from clusterscore.errors import listed

Family = Literal["normal", "half_normal", "log_normal", "beta", "dirichlet", "gamma"]

PARAMETERS: Final[Mapping[Family, tuple[str, ...]]] = {
    "normal": ("mean", "sd"),
    "half_normal": ("sd",),
    "log_normal": ("median", "log_sd"),
    "beta": ("a", "b"),
    "dirichlet": ("concentration",),
    "gamma": ("shape", "rate"),
}


_ANY_SIGN: Final = {"mean"}
"""Parameters that need not be positive."""


class PriorOverride(Document):
    """What a function document may say about a prior: new parameters, and why."""

    parameters: dict[str, Annotated[float, Field(allow_inf_nan=False)]]
    why: Annotated[str, StringConstraints(min_length=3)]
    source: Annotated[str, StringConstraints(min_length=3)]


@dataclass(frozen=True, slots=True)
class Prior:
    """A prior distribution: family, parameters, and where they come from."""

    family: Family
    parameters: Mapping[str, float]
    why: str
    source: str

    def __post_init__(self) -> None:
        expected, got = set(PARAMETERS[self.family]), set(self.parameters)
        if expected != got:
            raise ValueError(f"{self.family} takes {listed(expected)}, got {listed(got)}")
        for name, value in self.parameters.items():
            if not math.isfinite(value) or (value <= 0.0 and name not in _ANY_SIGN):
                raise ValueError(f"{self.family} needs a {name} above 0, got {value:g}")

    def __getitem__(self, parameter: str) -> float:
        return self.parameters[parameter]

    def overridden(self, override: PriorOverride) -> Prior:
        """Return this prior with the parameters, reason and source of an override; the family stays."""
        parameters = {**self.parameters, **override.parameters}
        return replace(self, parameters=parameters, why=override.why, source=override.source)


_DESIGN = "a documented reconstruction; checked by prior predictive simulation"

DEFAULT_PRIORS: Final[Mapping[str, Prior]] = {
    "general_share": Prior(
        "beta",
        {"a": 2.0, "b": 2.0},
        "share of a pillar's variance that all pillars have in common: neither 0 nor 1",
        _DESIGN,
    ),
    "innovation_sd": Prior(
        "log_normal",
        {"median": 0.15, "log_sd": 0.6},
        "change of a unit in a year, in base standard deviations; kept away from 0, where a half-normal made a funnel",
        "prototype fits; the Regional Competitiveness Index changes by about 0.1 a year",
    ),
    "shock_sd": Prior(
        "log_normal",
        {"median": 0.10, "log_sd": 0.6},
        "change that all units share in a year, such as a recession",
        _DESIGN,
    ),
    "pillar_scale": Prior(
        "log_normal",
        {"median": 1.0, "log_sd": 0.5},
        "how strongly a pillar shows in its figures and answers; 1 means as the document's spreads say",
        _DESIGN,
    ),
    "slope_sd": Prior(
        "log_normal",
        {"median": 0.25, "log_sd": 0.5},
        "how much the indicators and items of one pillar differ in log-slope; never exactly 0",
        "hierarchical discriminations: Marquardt and Pemstein 2018",
    ),
    "intercept": Prior(
        "normal",
        {"mean": 0.0, "sd": 1.0},
        "mean of the base cohort, in spreads around the document's typical value",
        _DESIGN,
    ),
    "error_sd": Prior(
        "log_normal",
        {"median": 0.4, "log_sd": 0.6},
        "error of one figure, in spreads; never exactly 0",
        _DESIGN,
    ),
    "member_sd": Prior(
        "log_normal",
        {"median": 1.5, "log_sd": 0.5},
        "how much the members of one unit differ for good, in spreads between units: firms differ more than clusters",
        _DESIGN,
    ),
    "member_error_sd": Prior(
        "log_normal",
        {"median": 0.5, "log_sd": 0.6},
        "how much one member's figure moves from year to year around its own level, in spreads; never exactly 0",
        _DESIGN,
    ),
    "degrees_of_freedom": Prior(
        "gamma",
        {"shape": 2.0, "rate": 0.1},
        "tails of the figures' errors where the document says learned",
        "Juárez and Steel 2010",
    ),
    "overdispersion": Prior(
        "log_normal",
        {"median": 5.0, "log_sd": 0.8},
        "shape of the negative binomial: how much counts vary beyond Poisson",
        _DESIGN,
    ),
    "severity_sd": Prior(
        "half_normal",
        {"sd": 1.0},
        "how much raters differ in severity, in logits",
        "many-facet Rasch practice: severities within about 2 logits",
    ),
    "halo_sd": Prior(
        "half_normal",
        {"sd": 0.7},
        "what one rater's answers on one unit in one year share beyond the unit's state",
        "local dependence: without it the intervals were too narrow in prototypes",
    ),
    "drift_sd": Prior(
        "half_normal",
        {"sd": 0.3},
        "change of a rater's severity in a year, in logits, where the document lets severities drift",
        _DESIGN,
    ),
    "consistency_sd": Prior(
        "log_normal",
        {"median": 0.25, "log_sd": 0.5},
        "how much raters differ in log-discrimination, where it sits on the rater; never exactly 0",
        "hierarchical discriminations: Marquardt and Pemstein 2018",
    ),
    "group_sd": Prior(
        "half_normal",
        {"sd": 0.3},
        "how much the units of one country, region or sector have in common at entry, in base standard deviations",
        _DESIGN,
    ),
    "answer_share": Prior(
        "dirichlet",
        {"concentration": 2.0},
        "shares of the answer categories for an average unit and rater; no category is impossible",
        "induced Dirichlet prior: Betancourt 2019",
    ),
    "overall_slope": Prior(
        "log_normal",
        {"median": 1.5, "log_sd": 0.5},
        "how strongly the function shows in the peers' overall judgement, in logits",
        _DESIGN,
    ),
    "discrepancy_sd": Prior(
        "half_normal",
        {"sd": 0.5},
        "how far the peers' overall judgement of a unit stands from the function, shrunk towards 0",
        _DESIGN,
    ),
}
