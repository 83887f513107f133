"""How people answer: reversed, straight, alike, too fast, too late, on themselves."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from clusterscore import steps
from clusterscore.observations.ingest import Taken
from tests.observations.association import Association, places
from tests.observations.screening.whole import ANSWER, ANSWERS, CLUSTERS, ITEMS, made

START = datetime(2023, 11, 3, 10, tzinfo=UTC)
TIMED = "unit,year,rater,item,answer,answered\n"


def take(whole: Association, content: str, name: str = "answers-2.csv") -> Taken:
    """Take one file of answers in."""
    (taken,), _ = steps.ingest(whole.workspace, [whole.send(name, content)])
    return taken


def codes(taken: Taken) -> set[str]:
    """Return the codes of all flags and notes."""
    return {flag.code for flag in taken.flags} | {note.code for note in taken.notes}


def answers(rater: str, unit: str, values: dict[str, int], time: str = "") -> str:
    """Return rows of one questionnaire."""
    end = f",{time}" if time else ""
    return "".join(f"{unit},2023,{rater},{item},{value}{end}\n" for item, value in values.items())


def of_first_rater(turn: bool = False) -> str:  # noqa: FBT001, FBT002 - a mirror or none
    """Return R-06's answers: those of R-01, or their mirror."""
    rows = [line.split(",") for line in ANSWERS.splitlines()[1:] if ",R-01," in line]
    return ANSWER + "".join(
        f"{unit},{year},R-06,{item},{6 - int(value) if turn else value}\n" for unit, year, _, item, value in rows
    )


def test_a_reversed_scale_is_held(whole: Association) -> None:
    """R04: somebody who took 1 for the best answers against all others."""
    (doubt,) = whole.doubts({"answers-2.csv": of_first_rater(turn=True)})
    assert places((doubt.fault,)) == [("answers-2.csv", 2, "rater", "W-RAT-REVERSED")]
    assert doubt.evidence["rank correlation"] <= -0.6


def test_an_answer_like_those_of_the_others_is_no_doubt(whole: Association) -> None:
    """Agreement is not reversal."""
    assert "W-RAT-REVERSED" not in codes(take(whole, of_first_rater()))


def test_few_answers_are_not_called_reversed(whole: Association) -> None:
    """Seven say too little."""
    rows = "".join(of_first_rater(turn=True).splitlines(keepends=True)[1:8])
    assert take(whole, ANSWER + rows).new == 7


def test_equal_answers_to_questions_of_both_directions_are_flagged(whole: Association) -> None:
    """Nobody agrees with a sentence and with its contrary."""
    assert "W-RAT-STRAIGHT" in codes(take(whole, ANSWER + answers("R-06", "CL-01", dict.fromkeys(ITEMS, 4))))


def test_one_answer_is_flagged_as_thin(whole: Association) -> None:
    """R10: how strict its rater is, the prior says."""
    assert "W-RATER-THIN" in codes(take(whole, ANSWER + "CL-01,2023,R-06,item_1,3\n"))


def test_twins_are_flagged(whole: Association) -> None:
    """Two raters of one file whose answers are all the same did not answer each for themselves."""
    values = {item: number % 4 + 1 for number, item in enumerate(ITEMS)}
    rows = "".join(answers(rater, unit, values) for rater in ("R-06", "R-07") for unit in CLUSTERS[:2])
    taken = take(whole, ANSWER + rows)
    assert [flag.got for flag in taken.flags if flag.code == "W-RAT-TWIN"] == ["R-07"]


@pytest.mark.parametrize(("step", "flagged"), [(0.2, True), (20, False)])
def test_speed_is_flagged(whole: Association, step: float, flagged: bool) -> None:  # noqa: FBT001 - of parametrize
    """R14: ten answers within three seconds were not read."""
    rows = "".join(
        answers(
            "R-06",
            "CL-01",
            {item: number % 5 + 1},
            f"2023-11-03T10:{int(step * number) // 60:02d}:{step * number % 60:09.6f}Z",
        )
        for number, item in enumerate(ITEMS)
    )
    assert ("W-RATER-SPEED" in codes(take(whole, TIMED + rows))) is flagged


def test_answers_on_ones_own_and_tied_units_are_noted(whole: Association) -> None:
    """R06, R07: stored, outside the likelihood, and said once for each questionnaire."""
    rows = "".join(answers("R-08", unit, dict.fromkeys(ITEMS[:3], 4)) for unit in ("CL-02", "CL-03", "CL-04"))
    taken = take(whole, ANSWER + rows)
    assert [(note.code, note.row) for note in taken.notes] == [("N-RAT-SELF", 2), ("N-RAT-TIE", 5)]
    tied = whole.observed().answers.set_index(["rater", "unit"]).loc["R-08", "tied"]
    assert (tied["CL-02"].all(), tied["CL-03"].all(), tied["CL-04"].any()) == (True, True, False)


def test_a_category_that_nobody_uses_is_flagged(tmp_path: Path) -> None:
    """R19: its cut rests on the prior alone."""
    rows = "".join(
        answers(f"R-{rater:02d}", unit, {"item_1": rater % 3 + 2, "item_2": rater % 5 + 1})
        for unit in CLUSTERS[:6]
        for rater in range(1, 7)
    )
    (taken,), _ = made(tmp_path, answers=False).take({"answers.csv": ANSWER + rows})
    assert [flag.got for flag in taken.flags if flag.code == "W-CATEGORY-EMPTY"] == ["item_1: 1, 5"]


def test_two_camps_are_flagged(whole: Association) -> None:
    """R16: a fit would refuse them; the door says it earlier."""
    taken = take(whole, ANSWER + answers("R-07", "CL-09", dict.fromkeys(ITEMS[:2], 3)))
    assert [flag.got for flag in taken.flags if flag.code == "W-DESIGN-DISCONNECTED"] == ["2 parts"]


REFUSED = {
    "R01 0": ("CL-01,2023,R-06,item_1,0,\n", "answer", "E-RAT-RANGE"),
    "R01 6": ("CL-01,2023,R-06,item_1,6,\n", "answer", "E-RAT-RANGE"),
    "R02 3.5": ("CL-01,2023,R-06,item_1,3.5,\n", "answer", "E-RAT-INTEGER"),
    "R02 stars": ("CL-01,2023,R-06,item_1,4 stele,\n", "answer", "E-RAT-INTEGER"),
    "R08": ("CL-01,2023,R-99,item_1,3,\n", "rater", "E-RATER-UNKNOWN"),
    "R09": ("CL-01,2023,R-01,item_1,5,\n", "answer", "E-DUP-CONFLICT"),
    "I01": ("CL-99,2023,R-01,item_1,5,\n", "unit", "E-ID-UNKNOWN"),
    "T01": ("CL-01,2023,R-06,item_1,3,2999-01-01T00:00:00Z\n", "answered", "E-TIME-FUTURE"),
    "T02 short": ("CL-01,202,R-06,item_1,3,\n", "year", "E-TIME-RANGE"),
    "T02 long": ("CL-01,20226,R-06,item_1,3,\n", "year", "E-TIME-RANGE"),
    "T02 old": ("CL-01,1899,R-06,item_1,3,\n", "year", "E-TIME-RANGE"),
    "T04": ("CL-01,2023,R-06,item_1,3,13/02/2023\n", "answered", "E-TIME-FORMAT"),
    "T04 no such day": ("CL-01,2023,R-06,item_1,3,2023-02-30T10:00:00Z\n", "answered", "E-TIME-FORMAT"),
    "T05": ("CL-01,2023,R-06,item_1,3,2023-10-29T03:30:00\n", "answered", "E-TIME-ZONE"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_answer_that_cannot_be_is_refused_at_its_cell(whole: Association, case: str) -> None:
    """No decision makes it right."""
    row, column, code = REFUSED[case]
    assert places(whole.faults({"answers-2.csv": TIMED + row})) == [("answers-2.csv", 2, column, code)]


def test_another_scale_is_called_so(whole: Association) -> None:
    """R03: answers from 0 to 10 among those from 1 to 5."""
    rows = "".join(f"CL-01,2024,R-06,{item},{value}\n" for item, value in zip(ITEMS, (7, 8, 3, 10), strict=False))
    found = places(whole.faults({"answers-2.csv": ANSWER + rows}))
    assert found == [("answers-2.csv", row, "answer", "E-RAT-SCALE") for row in (2, 3, 5)]


@pytest.mark.parametrize(
    ("moment", "late"),
    [
        ("2023-11-30T23:59:59Z", False),
        ("2023-12-01T00:30:00+02:00", False),
        ("2023-12-01T00:00:00Z", True),
        ("2023-09-30T12:00:00Z", True),
        ("2024-10-15T12:00:00Z", True),
    ],
)
def test_an_answer_outside_its_wave_is_held(whole: Association, moment: str, late: bool) -> None:  # noqa: FBT001
    """T08: days are those of UTC, whatever the zone of the clock."""
    row = f"CL-01,2023,R-06,item_1,3,{moment}\n"
    if late:
        (doubt,) = whole.doubts({"answers-2.csv": TIMED + row})
        assert places((doubt.fault,)) == [("answers-2.csv", 2, "answered", "W-WAVE-LATE")]
    else:
        assert take(whole, TIMED + row).new == 1
