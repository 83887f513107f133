"""Who is who: ids, names and tax codes."""

import pytest

from clusterscore import steps
from clusterscore.observations.screening.taxcodes import is_tax_code
from tests.observations.association import Association, places

UNIT = "unit,name,kind,parent,country,tax_code\n"
RIGHT = {"18547290": "RO", "RO18547290": "RO", "1008600038413": "MD"}

REFUSED = {
    "I03": ("1e5,Name,cluster,,,\n", "unit", "E-ID-FORMAT"),
    "I04 NA": ("NA,Name,cluster,,,\n", "unit", "E-ID-FORMAT"),
    "I04 None": ("None,Name,cluster,,,\n", "unit", "E-ID-FORMAT"),
    "I08 up": ("../x,Name,cluster,,,\n", "unit", "E-ID-FORMAT"),
    "I08 absolute": ("/abs,Name,cluster,,,\n", "unit", "E-ID-FORMAT"),
    "I09 CON": ("CON,Name,cluster,,,\n", "unit", "E-ID-FORMAT"),
    "I09 long": (f"{'A' * 300},Name,cluster,,,\n", "unit", "E-ID-FORMAT"),
    "I11": (",Name,cluster,,,\n", "unit", "E-ID-EMPTY"),
    "I18": ("https://evil.example/x,Name,cluster,,,\n", "unit", "E-ID-FORMAT"),
    "I20 last digit": ("CL-01-M3,Third,member,CL-01,RO,18547291\n", "tax_code", "E-MEMBER-TAXID"),
    "I20 of its cluster's country": ("CL-01-M3,Third,member,CL-01,,18547291\n", "tax_code", "E-MEMBER-TAXID"),
    "I20 Moldovan": ("CL-01-M3,Third,member,CL-01,MD,1008600038412\n", "tax_code", "E-MEMBER-TAXID"),
    "I20 a person's": ("CL-01-M3,Third,member,CL-01,RO,1008600038413\n", "tax_code", "E-MEMBER-TAXID"),
    "I20 no code": ("CL-01-M3,Third,member,CL-01,RO,=1+1\n", "tax_code", "E-MEMBER-TAXID"),
}
HELD = {
    "I14 two ids, one name": ("CL-77,cluster  cl-01,cluster,,,\n", 2, "name", "W-NAME-CLASH"),
    "I14 one id, two names": ("CL-77,One,cluster,,,\nCL-77,Two,cluster,,,\n", 3, "name", "W-NAME-CLASH"),
    "I14 without accents": ("CL-77,Brașov,cluster,,,\nCL-78,Brasov,cluster,,,\n", 2, "name", "W-NAME-CLASH"),
    "I19 a firm in two clusters": ("CL-02-M1,Other,member,CL-02,RO,RO18547290\n", 2, "tax_code", "W-MEMBER-SHARED"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_at_its_cell(whole: Association, case: str) -> None:
    """Ids by allow-list, check digits by arithmetic."""
    rows, column, code = REFUSED[case]
    assert places(whole.faults({"units-2.csv": UNIT + rows})) == [("units-2.csv", 2, column, code)]


@pytest.mark.parametrize("case", HELD)
def test_who_may_be_another_is_held(whole: Association, case: str) -> None:
    """A person knows whether two names are one firm."""
    rows, row, column, code = HELD[case]
    found = places(tuple(doubt.fault for doubt in whole.doubts({"units-2.csv": UNIT + rows})))
    assert ("units-2.csv", row, column, code) in found
    assert {place[3] for place in found} == {code}


def test_the_first_name_stays_where_two_are_accepted(whole: Association) -> None:
    """A decision makes one unit of two rows."""
    whole.take({"units-2.csv": UNIT + "CL-77,One,cluster,,,\nCL-77,Two,cluster,,,\n"})
    units = whole.observed().units.set_index("unit")
    assert units.loc["CL-77", "name"] == "One"


def test_markup_in_a_name_is_flagged_and_stored(whole: Association) -> None:
    """I16: it is only ever shown as text."""
    (taken,), _ = steps.ingest(
        whole.workspace, [whole.send("units-2.csv", UNIT + "CL-77,<img onerror=x>,cluster,,,\n")]
    )
    assert [flag.code for flag in taken.flags] == ["W-TXT-MARKUP"]
    assert "<img onerror=x>" in set(whole.observed().units["name"])


def test_a_trimmed_id_is_noted(whole: Association) -> None:
    """I05: the log says what was taken away."""
    (taken,), _ = steps.ingest(whole.workspace, [whole.send("units-2.csv", UNIT + "CL-77\u00a0,Name,cluster,,,\n")])
    assert [(note.code, note.row, note.column) for note in taken.notes] == [("N-ID-TRIM", 2, "unit")]


def test_tax_codes_reach_no_table_of_observations(whole: Association) -> None:
    """They tell firms apart at the door and are published nowhere."""
    observed = whole.observed()
    for frame in (observed.units, observed.raters, observed.figures, observed.answers):
        assert "18547290" not in frame.to_csv()


@pytest.mark.parametrize(("code", "country"), RIGHT.items())
def test_one_wrong_digit_is_always_found(code: str, country: str) -> None:
    """Both keys catch nearly every change of one digit; the right code passes."""
    assert is_tax_code(code, country)
    digits = [place for place, mark in enumerate(code) if mark.isdigit()]
    changed = [
        f"{code[:place]}{digit}{code[place + 1 :]}"
        for place in digits
        for digit in "0123456789"
        if digit != code[place]
    ]
    missed = [one for one in changed if is_tax_code(one, country)]
    assert len(missed) <= 0.1 * len(changed)  # a remainder of 10 counts as 0


def test_codes_of_other_countries_are_not_judged() -> None:
    """What we do not know we do not refuse."""
    assert is_tax_code("HU12345678", "HU")
    assert not is_tax_code("12345678", None)
    assert is_tax_code("18547290", None)
