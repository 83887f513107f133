"""Figures that are possible but unlikely: each held, flagged or refused with its code at its cell."""

from pathlib import Path

import pytest

from clusterscore import steps
from clusterscore.errors import FunctionInvalid
from clusterscore.model.function import Function
from tests.observations.association import Association, corrections, places
from tests.observations.screening.whole import CLUSTERS, FIGURE, FUNCTION

HELD = {
    "N17 sold by nobody": ("CL-01,2023,turnover,1010000\nCL-01,2023,employees,0\n", "W-DOM-NOEMP", 3),
    "N18 more research than sales": ("CL-01,2023,turnover,1010000\nCL-01,2023,research,1500000\n", "W-DOM-RATIO", 3),
    "N22 lei for euros": ("CL-01,2023,turnover,5069400\n", "W-UNIT-FX", 2),
    "N22 euros for lei": ("CL-01,2023,turnover,205000\n", "W-UNIT-FX", 2),
    "N22 Moldovan lei": ("CL-01,2023,turnover,20196000\n", "W-UNIT-FX", 2),
    "N23 old lei": ("CL-01,2023,turnover,10200000000\n", "W-UNIT-ROL", 2),
    "N24 thousands": ("CL-01,2023,turnover,1023.06\n", "W-UNIT-1000", 2),
    "N24 times a thousand": ("CL-01,2023,turnover,1023060000\n", "W-UNIT-1000", 2),
    "N24 exactly a thousand": ("CL-01,2023,turnover,1020000000\n", "W-UNIT-1000", 2),
    "N24 millions": ("CL-01,2023,turnover,1.02\n", "W-UNIT-1000", 2),
    "N24 people in thousands": ("CL-01,2023,employees,51000\n", "W-UNIT-1000", 2),
    "N25 a jump": ("CL-01,2023,turnover,35000000\n", "W-DOM-JUMP", 2),
    "N25 a fall": ("CL-01,2023,turnover,41000\n", "W-DOM-JUMP", 2),
    "N25 people": ("CL-01,2023,employees,1200\n", "W-DOM-JUMP", 2),
    "N27 above its members": (
        "CL-01,2023,turnover,1010000\nCL-01-M1,2023,firm_turnover,500000\nCL-01-M2,2023,firm_turnover,480000\n",
        "W-DOM-SUM",
        2,
    ),
    "N27 below its members": ("CL-01,2023,turnover,1010000\nCL-01-M1,2023,firm_turnover,1300000\n", "W-DOM-SUM", 2),
    "a percentage for a rate": ("CL-01,2023,growth,4.5\n", "W-UNIT-100", 2),
    "new, in thousands, by what is usual": ("CL-01-M1,2023,firm_turnover,550\n", "W-UNIT-1000", 2),
    "new, in thousands, by its peers": ("CL-01,2023,exports,300\n", "W-UNIT-1000", 2),
}
FLAGGED = {
    "N26 copied": ("CL-01,2023,turnover,1020000\n", "W-DOM-STALE", "value"),
    "N31 constant": (
        "".join(f"{unit},2023,growth,0.05\n" for unit in CLUSTERS[:6]),
        "W-IND-CONSTANT",
        "value",
    ),
    "N32 little is known": ("CL-01,2023,turnover,1030000\n", "W-COVERAGE", "unit"),
}
REFUSED = {
    "N14 negative": ("CL-01,2023,turnover,-3\n", "E-DOM-NEGATIVE", 2),
    "N15 exports above turnover": ("CL-01,2023,turnover,1000000\nCL-01,2023,exports,1200000\n", "E-DOM-EXPORTS", 3),
    "N15 as a share": ("CL-01,2023,export_share,1.2\n", "E-DOM-EXPORTS", 2),
    "N16 half a person": ("CL-01,2023,employees,12.5\n", "E-DOM-INTEGER", 2),
    "N16 less than nobody": ("CL-01,2023,employees,-1\n", "E-DOM-NEGATIVE", 2),
}
TOTAL = "CL-01,2023,turnover,1010000\n"
GOOD = {
    "a good year": "CL-01,2023,turnover,1400000\n",
    "exports of everything": "CL-01,2023,turnover,1000000\nCL-01,2023,exports,1000000\n",
    "research of everything": "CL-01,2023,turnover,1000000\nCL-01,2023,research,1000000\n",
    "members add up": f"{TOTAL}CL-01-M1,2023,firm_turnover,505000\nCL-01-M2,2023,firm_turnover,505000\n",
    "nearly": f"{TOTAL}CL-01-M1,2023,firm_turnover,505000\nCL-01-M2,2023,firm_turnover,500000\n",
    "one member has not reported": f"{TOTAL}CL-01-M1,2023,firm_turnover,505000\n",
    "all of it exported": "CL-01,2023,export_share,1\n",
    "one more employee": "CL-01,2023,employees,51\n",
    "no patents yet": "CL-01,2023,research,0\n",
}


@pytest.mark.parametrize("case", HELD)
def test_what_is_unlikely_is_held_at_its_cell(whole: Association, case: str) -> None:
    """A named person decides; one code for each cell, and the ledger stays as it was."""
    rows, code, row = HELD[case]
    head = whole.ledger.head()
    doubts = whole.doubts({"figures-2.csv": FIGURE + rows})
    assert places(tuple(doubt.fault for doubt in doubts)) == [("figures-2.csv", row, "value", code)]
    assert whole.ledger.head() == head


@pytest.mark.parametrize("case", FLAGGED)
def test_what_is_odd_is_flagged_and_recorded(whole: Association, case: str) -> None:
    """A flag stops nothing; it is said, and stands in the record of the file."""
    rows, code, column = FLAGGED[case]
    taken, _ = whole.take({"figures-2.csv": FIGURE + rows})
    assert (2, column, code) in [(flag.row, flag.column, flag.code) for flag in taken[0].flags]
    file = next(record for record in whole.ledger.read() if record.file == taken[0].sha256)
    assert (2, column, code) in [(flag["row"], flag["column"], flag["code"]) for flag in file.data["flags"]]


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused(whole: Association, case: str) -> None:
    """No decision makes it right."""
    rows, code, row = REFUSED[case]
    assert places(whole.faults({"figures-2.csv": FIGURE + rows})) == [("figures-2.csv", row, "value", code)]


@pytest.mark.parametrize("case", GOOD)
def test_what_is_usual_passes(whole: Association, case: str) -> None:
    """Growth, equality and incomplete lists are no doubts."""
    path = whole.send("figures-2.csv", FIGURE + GOOD[case])
    (taken,), _ = steps.ingest(whole.workspace, [path])
    assert taken.new == GOOD[case].count("\n")


def test_the_evidence_is_the_last_value_and_the_ratio(whole: Association) -> None:
    """Who decides sees what speaks against the value."""
    (doubt,) = whole.doubts({"figures-2.csv": FIGURE + "CL-01,2023,turnover,1023060000\n"})
    assert (doubt.evidence["ratio"], doubt.evidence["last value"], doubt.evidence["of"]) == ("1003", 1020000.0, 2022)
    assert "ratio 1003 to 1020000 of 2022" in doubt.fault.expected


def test_turnover_per_employee_of_its_sector_finds_thousands(whole: Association) -> None:
    """A cluster without a history is compared with the others of its sector."""
    units = "unit,name,kind,country,sector\nCL-11,Newcomers,cluster,RO,furniture\n"
    figures = FIGURE + "CL-11,2022,turnover,30000000\nCL-11,2022,employees,2\n"
    doubts = whole.doubts({"units.csv": units, "figures-2.csv": figures})
    per = [doubt for doubt in doubts if "turnover per employees" in doubt.fault.expected]
    assert {doubt.fault.code for doubt in per} == {"W-UNIT-1000"}


def test_a_return_to_what_was_usual_is_no_jump(whole: Association) -> None:
    """After one odd year that somebody accepted, the next is compared with the years before as well."""
    whole.take({"figures-2.csv": FIGURE + "CL-01,2023,turnover,35000000\n"})
    whole.send("figures-3.csv", FIGURE + "CL-01,2024,turnover,1050000\n")
    taken, _ = whole.take({"figures-3.csv": FIGURE + "CL-01,2024,turnover,1050000\n"})
    assert "decisions" not in next(one for one in whole.ledger.read() if one.file == taken[0].sha256).data


def test_a_correction_is_screened_as_well(whole: Association) -> None:
    """What somebody types into corrections.csv may be in the wrong unit too."""
    key = {"table": "figures", "unit": "CL-01", "year": "2022", "indicator": "turnover", "action": "correct"}
    (doubt,) = whole.doubts({"corrections.csv": corrections(key | {"expect": "1020000", "value": "1020"})})
    assert (doubt.fault.file, doubt.fault.row, doubt.fault.column) == ("corrections.csv", 2, "value")
    assert doubt.fault.code == "W-UNIT-1000"


def test_a_value_corrected_in_the_same_delivery_is_not_in_doubt(whole: Association) -> None:
    """What was noticed by its sender needs no decision."""
    key = {"table": "figures", "unit": "CL-01", "year": "2023", "indicator": "turnover", "action": "correct"}
    sent = {
        "figures-2.csv": FIGURE + "CL-01,2023,turnover,1030\n",
        "corrections.csv": corrections(key | {"expect": "1030", "value": "1030000"}),
    }
    taken, _ = whole.take(sent)
    assert all("decisions" not in one.data for one in whole.ledger.read() if one.file in {two.sha256 for two in taken})


BROKEN = {
    "unknown figure": (
        "figure: exports, relation: part_of",
        "figure: exporte, relation: part_of",
        "unknown figure 'exporte'",
    ),
    "another kind of unit": (
        "relation: needs, to: employees",
        "relation: needs, to: firm_turnover",
        "not of the same kind",
    ),
    "T06 waves overlap": ("opens: 2024-10-01", "opens: 2023-11-30", "E-WAVE-OVERLAP"),
    "T06 a year twice": ("year: 2024, opens", "year: 2023, opens", "E-WAVE-OVERLAP"),
    "closed before it opens": ("closes: 2024-11-30", "closes: 2024-09-30", "before it opens"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_document_with_impossible_checks_or_waves_is_refused(tmp_path: Path, case: str) -> None:
    """A misspelt figure would check nothing; an answer cannot belong to two waves."""
    old, new, message = BROKEN[case]
    assert old in FUNCTION
    path = tmp_path / "whole.yml"
    path.write_text(FUNCTION.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(FunctionInvalid, match=message):
        Function.read(path)


def test_checks_and_waves_make_no_other_posterior(tmp_path: Path) -> None:
    """What only the door asks does not outdate what was drawn."""
    path = tmp_path / "whole.yml"
    path.write_text(FUNCTION, encoding="utf-8")
    before = Function.read(path).digest
    path.write_text(FUNCTION.split("checks:")[0], encoding="utf-8")
    assert Function.read(path).digest == before
