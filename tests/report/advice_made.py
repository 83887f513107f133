"""Advice on a handmade workspace, written by hand: every text that people may write is the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from clusterscore.advice import tables
from clusterscore.paths import Workspace
from clusterscore.posterior import store
from tests.report.handmade import EDITION

UNIT, PARTNER, OTHER = "C-01", "C-04", "C-05"
SHIPPED = Path(__file__).parents[2] / "catalogue" / "levels.yml"
RULES = 7


def write(workspace: Workspace, text: str = "Do something.", rules: int = RULES, without: Sequence[str] = ()) -> None:
    """Write the levels' document and the tables of the function ``small``, all or without some."""
    workspace.catalogue.mkdir(exist_ok=True)
    levels = SHIPPED.read_text(encoding="utf-8").replace("function: competitiveness", "function: small")
    (workspace.catalogue / "levels.yml").write_text(levels, encoding="utf-8")
    made = {
        "recommendations": pd.DataFrame([_rule(number, text) for number in range(1, rules + 1)]),
        "whatif": pd.DataFrame(
            [_point(kind, about, point) for kind, about in _GRID for point in range(1, 8)],
        ),
        "levels": pd.DataFrame([_LEVEL | {"said_en": f"between {text}", "said_ro": f"între {text}"}]),
        "conditions": pd.DataFrame(
            [
                {"unit": UNIT, "level": level, "condition": name, "holds": holds, "found": text, "needed": ">= 2"}
                | {"source": text, "source_ro": text}
                for level in ("recognised", "advanced", "outstanding")
                for name, holds in (("score", "yes"), ("member_types", "not recorded"))
            ]
        ),
        "partners": pd.DataFrame([_partner(UNIT, PARTNER, text), _partner(PARTNER, OTHER, text)]),
        "places": pd.DataFrame(columns=list(tables.TABLES["places"])),
    }
    made["recommendations"] = made["recommendations"].reindex(columns=list(tables.TABLES["recommendations"]))
    for name in without:
        del made[name]
        (workspace.advice("small", EDITION) / f"{name}.json").unlink(missing_ok=True)
    tables.write(workspace, store.current_run(workspace, "small", EDITION), made, {"nodes": [], "edges": []}, {})


_GRID = (("pillar", "exports"), ("indicator", "export_value"))
_LEVEL = {
    "unit": UNIT,
    "firm": False,
    "low": "recognised",
    "high": "advanced",
    "probability": 0.9,
    "p_recognised": 0.97,
    "p_advanced": 0.41,
    "p_outstanding": 0.001,
}


def _rule(number: int, text: str) -> dict[str, object]:
    return {
        "unit": UNIT,
        "place": number,
        "rule": f"rule_{number}",
        "audience": "cluster",
        "financial": number % 2 == 0,
        "effort": "low",
        "horizon_months": 12,
        "ground": "pillar",
        "about": "exports",
        "n_group": 5,
        "group_en": text,
        "group_ro": text,
        "probability": 0.87,
        "gain_mean": 4.2,
        "gain_q05": 1.0,
        "gain_q95": 8.0,
        "next_level": "advanced",
        "p_next_now": 0.41,
        "p_next_then": 0.66,
        "text_en": text,
        "text_ro": text,
        "because_en": text,
        "because_ro": text,
        "source": text,
        "source_ro": text,
    }


def _point(kind: str, about: str, point: int) -> dict[str, object]:
    sure = not (kind == "indicator" and point == 1)
    return {
        "unit": UNIT,
        "kind": kind,
        "about": about,
        "point": point,
        "x": 10.0 * point,
        "now": 33.0,
        "mean": 40.0 + point,
        "q05": 30.0 + point,
        "q95": 50.0 + point,
        "p_next": point / 10.0,
        "next_level": "advanced",
        "reliable": sure,
    }


def _partner(unit: str, partner: str, text: str) -> dict[str, object]:
    return {
        "unit": unit,
        "place": 1,
        "partner": partner,
        "gains": "exports",
        "p_gains": 0.9,
        "gives": "sales",
        "p_gives": 0.9,
        "strength": 1.5,
        "sector_distance": 0,
        "region_distance": 0,
        "shared_members": 0,
        "because_en": text,
        "because_ro": text,
    }
