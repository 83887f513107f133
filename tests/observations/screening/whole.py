"""An association with everything that screening looks at: money, people, shares, members, raters, waves."""

from __future__ import annotations

from pathlib import Path

from tests.observations.association import Association

ITEMS = [f"item_{number}" for number in range(1, 11)]
FUNCTION = (
    """
function: whole
version: 1
kind: cluster
title: {en: A function, ro: O funcție}
question: {en: How is it?, ro: Cum este?}
reconstruction: &why Made for tests.
edition: {every: 1, why: *why}
pillars:
  - id: economy
    title: &title {en: Economy, ro: Economie}
    why: *why
    source: *why
    indicators:
      - {id: turnover, title: *title, measure: EUR, transform: log, typical: 1000000, spread: 1,
         why: *why, source: *why}
      - {id: exports, title: *title, measure: EUR, transform: log1p, typical: 300000, spread: 1,
         why: *why, source: *why}
      - {id: research, title: *title, measure: EUR, transform: log1p, typical: 30000, spread: 1,
         why: *why, source: *why}
      - {id: employees, title: *title, measure: persons, transform: count, typical: 50, spread: 1,
         why: *why, source: *why}
      - {id: export_share, title: *title, measure: share, transform: logit, typical: 0.3, spread: 1, resolution: 0.001,
         why: *why, source: *why}
      - {id: growth, title: *title, measure: share per year, transform: identity, typical: 0.04, spread: 0.1,
         minimum: -1, maximum: 20, why: *why, source: *why}
      - {id: firm_turnover, title: *title, measure: EUR, transform: log, of: members, typical: 500000, spread: 1,
         why: *why, source: *why}
    items:
"""
    + "".join(
        f"      - {{id: {item}, direction: {-1 if item == 'item_10' else 1}, text: *title, why: *why, source: *why}}\n"
        for item in ITEMS
    )
    + """
questionnaire: {categories: 5, why: *why}
errors: {degrees_of_freedom: 4, why: *why}
weights: {concentration: 50, why: *why, source: *why}
validation: {why: *why}
checks:
  - {figure: exports, relation: part_of, to: turnover, why: *why}
  - {figure: export_share, relation: part_of, to: turnover, why: *why}
  - {figure: research, relation: seldom_above, to: turnover, why: *why}
  - {figure: turnover, relation: needs, to: employees, why: *why}
  - {figure: turnover, relation: per, to: employees, why: *why}
  - {figure: turnover, relation: total_of, to: firm_turnover, why: *why}
waves:
  - {year: 2023, opens: 2023-10-01, closes: 2023-11-30}
  - {year: 2024, opens: 2024-10-01, closes: 2024-11-30}
"""
)
CLUSTERS = [f"CL-{number:02d}" for number in range(1, 11)]
UNITS = (
    "unit,name,kind,parent,country,sector,tax_code\n"
    + "".join(f"{unit},Cluster {unit},cluster,,RO,furniture,\n" for unit in CLUSTERS)
    + "CL-01-M1,First Firm SRL,member,CL-01,RO,furniture,18547290\n"
    + "CL-01-M2,Second Firm SRL,member,CL-01,RO,furniture,\n"
)
RATERS = "rater,affiliation,ties\n" + "".join(f"R-{number:02d},,\n" for number in range(1, 8)) + "R-08,CL-02,CL-03\n"
FIGURE = "unit,year,indicator,value\n"
FIGURES = FIGURE + "".join(
    f"{unit},{year},turnover,{1000000 + 40000 * place + 10000 * (year - 2020)}\n{unit},{year},employees,{50 + place}\n"
    for place, unit in enumerate(CLUSTERS)
    for year in (2021, 2022)
)
ANSWER = "unit,year,rater,item,answer\n"
ANSWERS = ANSWER + "".join(
    f"{unit},2023,R-{rater:02d},{item},{min(5, (7 * place + 3 * number) % 5 + 1 + (rater == 3))}\n"
    for place, unit in enumerate(CLUSTERS[:4])
    for rater in range(1, 6)
    for number, item in enumerate(ITEMS)
)


def made(folder: Path, *, answers: bool = True) -> Association:
    """Return an association in which everything usual is known, perhaps but for answers."""
    functions = folder / "workspace" / "functions"
    functions.mkdir(parents=True)
    (functions / "whole.yml").write_text(FUNCTION, encoding="utf-8")
    association = Association(folder)
    sent = {"units.csv": UNITS, "raters.csv": RATERS, "figures.csv": FIGURES}
    association.take(sent | ({"answers.csv": ANSWERS} if answers else {}))
    return association
