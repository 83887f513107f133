"""Rules that need more than one cell: other rows, the function documents, what is recorded."""

import pytest

from tests.observations.association import Association, places

FIGURE = "unit,year,indicator,value"
ANSWER = "unit,year,rater,item,answer"
UNIT = "unit,name,kind,parent"
RATER = "rater,affiliation,ties"

REFUSED = {
    "I01 unknown unit": ("figures.csv", FIGURE, "CL-10,2024,turnover,1", "unit", "E-ID-UNKNOWN"),
    "unknown indicator": ("figures.csv", FIGURE, "CL-01,2024,turnovers,1", "indicator", "E-IND-UNKNOWN"),
    "an item is no indicator": ("figures.csv", FIGURE, "CL-01,2024,cooperation,1", "indicator", "E-IND-UNKNOWN"),
    "no indicator of members": ("figures.csv", FIGURE, "CL-01-M1,2024,turnover,1", "indicator", "E-IND-UNKNOWN"),
    "money in persons": ("figures.csv", FIGURE + ",measure", "CL-01,2024,turnover,1,persons", "measure", "E-MEASURE"),
    "N14 negative turnover": ("figures.csv", FIGURE, "CL-01,2024,turnover,-1", "value", "E-DOM-NEGATIVE"),
    "no turnover at all": ("figures.csv", FIGURE, "CL-01,2024,turnover,0", "value", "E-NUM-RANGE"),
    "N16 half a person": ("figures.csv", FIGURE, "CL-01,2024,employees,12.5", "value", "E-DOM-INTEGER"),
    "N16 fewer than nobody": ("figures.csv", FIGURE, "CL-01,2024,employees,-1", "value", "E-DOM-NEGATIVE"),
    "N08 a share in percent": ("figures.csv", FIGURE, "CL-01,2024,export_share,12", "value", "E-NUM-RANGE"),
    "a share just above 1": ("figures.csv", FIGURE, "CL-01,2024,export_share,1.0000001", "value", "E-NUM-RANGE"),
    "a negative share": ("figures.csv", FIGURE, "CL-01,2024,export_share,-0.1", "value", "E-DOM-NEGATIVE"),
    "above the maximum": ("figures.csv", FIGURE, "CL-01,2024,balance,4.01", "value", "E-NUM-RANGE"),
    "below a negative minimum": ("figures.csv", FIGURE, "CL-01,2024,balance,-4.01", "value", "E-NUM-RANGE"),
    "answer on an unknown unit": ("answers.csv", ANSWER, "CL-10,2024,R-01,cooperation,3", "unit", "E-ID-UNKNOWN"),
    "R08 unknown rater": ("answers.csv", ANSWER, "CL-01,2024,R-77,cooperation,3", "rater", "E-RATER-UNKNOWN"),
    "unknown item": ("answers.csv", ANSWER, "CL-01,2024,R-01,cooperatoin,3", "item", "E-ITEM-UNKNOWN"),
    "R01 answer 0": ("answers.csv", ANSWER, "CL-01,2024,R-01,cooperation,0", "answer", "E-RAT-RANGE"),
    "R01 answer 6": ("answers.csv", ANSWER, "CL-01,2024,R-01,cooperation,6", "answer", "E-RAT-RANGE"),
    "R03 answer on another scale": ("answers.csv", ANSWER, "CL-01,2024,R-01,cooperation,10", "answer", "E-RAT-RANGE"),
    "unknown parent": ("units.csv", UNIT, "CL-09-M1,A member,member,CL-09", "parent", "E-ID-UNKNOWN"),
    "member without a cluster": ("units.csv", UNIT, "M-09,A member,member,", "parent", "E-PARENT"),
    "team without a cluster": ("units.csv", UNIT, "T-09,A team,team,", "parent", "E-PARENT"),
    "member of a member": ("units.csv", UNIT, "M-09,A member,member,CL-01-M1", "parent", "E-PARENT"),
    "unknown affiliation": ("raters.csv", RATER, "R-09,CL-10,", "affiliation", "E-ID-UNKNOWN"),
    "unknown tie": ("raters.csv", RATER, "R-09,CL-01,CL-02;CL-10", "ties", "E-ID-UNKNOWN"),
}

ACCEPTED = {
    "nobody employed": "CL-01,2024,employees,0",
    "whole number written as a decimal": "CL-01,2024,employees,12.0",
    "no exports": "CL-01,2024,export_share,0",
    "exports only": "CL-01,2024,export_share,1",
    "the maximum itself": "CL-01,2024,balance,4",
    "the minimum itself": "CL-01,2024,balance,-4",
    "hardly any turnover": "CL-01,2024,turnover,0.0001",
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_row_that_breaks_a_rule_is_refused_with_its_code_at_its_place(association: Association, case: str) -> None:
    """A row must fit what is recorded and what the function documents say."""
    name, header, row, column, code = REFUSED[case]
    assert places(association.faults({name: f"{header}\n{row}\n"})) == [(name, 2, column, code)]


def test_a_new_unit_is_not_its_own_parent(association: Association) -> None:
    """A unit belongs to another one."""
    (fault,) = association.faults({"units.csv": f"{UNIT}\nCL-09,Ninth,cluster,CL-09\n"})
    assert (fault.row, fault.column) == (2, "parent")


@pytest.mark.parametrize("case", ACCEPTED)
def test_a_value_at_its_limit_is_taken(association: Association, case: str) -> None:
    """Limits belong to what is allowed, but for the zero of a logarithm."""
    (taken,), _ = association.take({"figures.csv": f"{FIGURE}\n{ACCEPTED[case]}\n"})
    assert taken.new == 1


@pytest.mark.parametrize(
    ("name", "content", "nearest"),
    [
        ("figures.csv", f"{FIGURE}\nCL-011,2024,turnover,1\n", "'CL-01'"),
        ("figures.csv", f"{FIGURE}\nCL-01,2024,turnovr,1\n", "'turnover'"),
        ("answers.csv", f"{ANSWER}\nCL-01,2024,R-001,cooperation,1\n", "'R-01'"),
        ("answers.csv", f"{ANSWER}\nCL-01,2024,R-01,cooperate,1\n", "'cooperation'"),
        ("raters.csv", f"{RATER}\nR-09,CL-2,\n", "'CL-02'"),
    ],
    ids=["unit", "indicator", "rater", "item", "affiliation"],
)
def test_an_unknown_name_comes_with_the_nearest_known_one(
    association: Association, name: str, content: str, nearest: str
) -> None:
    """I01: most unknown names are misspelt."""
    (fault,) = association.faults({name: content})
    assert fault.expected == f"a known one; nearest is {nearest}"


def test_an_unknown_name_among_none_says_so(empty_association: Association) -> None:
    """Who sends figures first learns that units come first."""
    (fault,) = empty_association.faults({"figures.csv": f"{FIGURE}\nCL-01,2024,turnover,1\n"})
    assert fault.expected == "a known one; none is recorded yet"
