"""The register: append-only, chained, decided by named persons, and nothing in it contradicts what stands before."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from clusterscore.advice import register as book
from clusterscore.advice.conditions import Condition, Holds
from clusterscore.advice.levels import Levels
from clusterscore.advice.register import Case, Entry, Register, Said, Standing, Step
from clusterscore.errors import LedgerBroken, NotEligible, RegisterRefused

ORIGIN = {"association": "A", "country": "MD", "level": "one", "until": "soon", "evidence": "a letter"}


def words(day: str = "2024-03-31", who: str = "Ana Pop", reason: str = "seen on site") -> Said:
    """Return who says something, when and why."""
    return Said(who, f"{day}T10:00:00+00:00", reason)


def case(levels: Levels, *failing: str, level: str = "advanced") -> Case:
    """Return a case in which some conditions do not hold."""
    names = ("score", "coverage", "raters", "validation", "members", "member_types", "staff")
    conditions = tuple(
        Condition(name, Holds.NO if name in failing else Holds.YES, "1", ">= 2", "why", "source") for name in names
    )
    return Case(levels.level(level), conditions, {"name": "Cluster A"})


@pytest.fixture
def empty(tmp_path: Path) -> Register:
    """Return an empty register."""
    return Register(tmp_path / "register")


@pytest.fixture
def given(empty: Register, levels: Levels) -> tuple[Register, Entry]:
    """Return a register with one level that was given, and the decision."""
    asked = book.apply(empty, "CL-A", levels.level("advanced"), words("2024-03-01"))
    return empty, book.decide(empty, asked.number, case(levels), words(), give=True)


def test_an_application_decides_nothing(empty: Register, levels: Levels) -> None:
    """However good the cluster, it waits for a person; a second application is refused meanwhile."""
    asked = book.apply(empty, "CL-A", levels.level("advanced"), words())
    assert book.granted(empty.read(), "CL-A") is None
    with pytest.raises(RegisterRefused, match=r"E-REG-WAITING.*number 1 waits"):
        book.apply(empty, "CL-A", levels.level("recognised"), words())
    assert (asked.number, asked.step) == (1, Step.APPLY)


def test_a_decision_holds_conditions_person_reason_and_span(given: tuple[Register, Entry]) -> None:
    """Two years from the day, as the levels say."""
    _, decision = given
    assert (decision.who, decision.reason, decision.about) == ("Ana Pop", "seen on site", 1)
    assert (decision.data["since"], decision.data["until"]) == ("2024-03-31", "2026-03-31")
    assert len(decision.data["conditions"]) == 7
    assert decision.data["override"] is None


def test_a_level_whose_conditions_do_not_hold_is_refused_and_nothing_recorded(empty: Register, levels: Levels) -> None:
    """The message tells which; the register stays as it was."""
    asked = book.apply(empty, "CL-A", levels.level("advanced"), words())
    head = empty.head()
    for override in (None, "", "   "):
        with pytest.raises(NotEligible) as refused:
            book.decide(empty, asked.number, case(levels, "score", "staff"), words(), give=True, override=override)
    assert [one["name"] for one in refused.value.record()["conditions"]] == ["score", "staff"]
    assert empty.head() == head


def test_a_person_may_override_with_a_reason_that_stays(empty: Register, levels: Levels) -> None:
    """The exception and the conditions that did not hold are in the record."""
    asked = book.apply(empty, "CL-A", levels.level("advanced"), words())
    found = book.decide(empty, asked.number, case(levels, "staff"), words(), give=True, override="hires in May")
    assert found.data["override"] == "hires in May"
    assert [one["name"] for one in found.data["conditions"] if one["holds"] == "no"] == ["staff"]


def test_a_refusal_needs_no_condition_and_gives_nothing(empty: Register, levels: Levels) -> None:
    """A person may refuse what a cluster fulfils; then it may apply again."""
    asked = book.apply(empty, "CL-A", levels.level("advanced"), words())
    refused = book.decide(empty, asked.number, case(levels), words(), give=False)
    assert not refused.data["given"]
    assert book.granted(empty.read(), "CL-A") is None
    with pytest.raises(RegisterRefused, match="E-REG-DECISION"):
        book.decision_of(empty.read(), refused.number)
    assert book.apply(empty, "CL-A", levels.level("advanced"), words()).number == 3


def test_an_application_is_decided_once(given: tuple[Register, Entry], levels: Levels) -> None:
    """And only an application can be decided."""
    held, decision = given
    with pytest.raises(RegisterRefused, match="E-REG-DECIDED"):
        book.decide(held, 1, case(levels), words(), give=False)
    with pytest.raises(RegisterRefused, match="E-REG-APPLICATION"):
        book.decide(held, decision.number, case(levels), words(), give=True)


@pytest.mark.parametrize("who", ["", "Ana", "root", "Ana\nPop", "A" * 500 + " B"])
def test_nobody_decides_without_a_name(who: str) -> None:
    """A user of the machine is no person; control characters are no name."""
    with pytest.raises(RegisterRefused, match="E-REG-PERSON"):
        words(who=who)


@pytest.mark.parametrize("reason", ["", "  ", "a\x1b[2Jb", "x" * 401])
def test_nothing_is_recorded_without_a_reason(reason: str) -> None:
    """It must be said in a line that a terminal shows as it is."""
    with pytest.raises(RegisterRefused, match="E-REG-REASON"):
        words(reason=reason)


@pytest.mark.parametrize(
    ("day", "taken", "until"),
    [
        ("2025-09-29", False, ""),
        ("2025-09-30", True, "2029-03-31"),
        ("2027-03-31", True, "2030-03-31"),
        ("2027-04-01", False, ""),
    ],
)
def test_renewal_is_possible_from_six_months_before_the_end_until_a_year_after(
    given: tuple[Register, Entry], levels: Levels, day: str, *, taken: bool, until: str
) -> None:
    """Three years more: from the old end, or from the day where that is past."""
    held, _ = given
    if not taken:
        with pytest.raises(RegisterRefused, match="E-REG-RENEWAL"):
            book.renew(held, levels, "CL-A", words(day))
        return
    asked = book.renew(held, levels, "CL-A", words(day))
    renewed = book.decide(held, asked.number, case(levels), words(day), give=True)
    assert renewed.data["until"] == until


def test_a_level_is_valid_until_its_end_unless_it_ends_before(given: tuple[Register, Entry], levels: Levels) -> None:
    """Withdrawn with a reason; then it cannot be withdrawn again, nor renewed."""
    held, decision = given
    assert book.standing(held.read(), decision, date(2026, 3, 31)) is Standing.VALID
    assert book.standing(held.read(), decision, date(2026, 4, 1)) is Standing.EXPIRED
    book.end(held, decision.number, words("2025-01-01", reason="closed"))
    assert book.standing(held.read(), decision, date(2025, 1, 2)) is Standing.WITHDRAWN
    with pytest.raises(RegisterRefused, match="E-REG-ENDED"):
        book.end(held, decision.number, words("2025-01-03"))
    with pytest.raises(RegisterRefused, match="E-REG-NOTHING"):
        book.renew(held, levels, "CL-A", words("2026-01-01"))


def test_a_cluster_may_come_from_and_go_to_another_association(empty: Register, levels: Levels) -> None:
    """What it held there, by what evidence; and to whom it goes."""
    asked = book.apply(empty, "CL-A", levels.level("recognised"), words(), ORIGIN)
    assert (asked.step, asked.data["origin"]) == (Step.TRANSFER, ORIGIN)
    decision = book.decide(empty, asked.number, case(levels, level="recognised"), words(), give=True)
    gone = book.end(empty, decision.number, words("2025-01-01"), to="Another association")
    assert (gone.step, gone.data["to"]) == (Step.LEAVE, "Another association")
    assert book.standing(empty.read(), decision, date(2025, 1, 2)) is Standing.LEFT


@pytest.mark.parametrize("name", list(ORIGIN))
def test_a_level_held_elsewhere_needs_all_that_can_be_checked(empty: Register, levels: Levels, name: str) -> None:
    """Association, country, level, end and evidence."""
    with pytest.raises(RegisterRefused, match=f"E-REG-ORIGIN.*{name}"):
        book.apply(empty, "CL-A", levels.level("recognised"), words(), ORIGIN | {name: " "})


def test_every_change_of_a_byte_shows(given: tuple[Register, Entry]) -> None:
    """No record can be rewritten, cut out or exchanged unseen; a cut tail shows against a published head."""
    held, _ = given
    head = held.head()
    segments = sorted(held.folder.glob("*.jsonl"))
    for segment in segments:
        content = segment.read_bytes()
        for place in range(0, len(content), 7):
            segment.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
            with pytest.raises(LedgerBroken):
                Register(held.folder).verify(head)
        segment.write_bytes(content)
    segments[-1].unlink()
    with pytest.raises(LedgerBroken, match="E-LEDGER-HEAD"):
        Register(held.folder).verify(head)


def test_months_end_where_the_month_does() -> None:
    """Half a year before the end of March is the end of September; a leap day has no twin."""
    assert book.months_after(date(2026, 3, 31), -6) == date(2025, 9, 30)
    assert book.months_after(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert book.months_after(date(2024, 11, 30), 3) == date(2025, 2, 28)


def test_a_record_keeps_what_was_said(given: tuple[Register, Entry]) -> None:
    """Read again from the disk, it is the same."""
    held, decision = given
    assert Register(held.folder).read()[decision.number - 1] == decision
    assert replace(decision, reason="x").body() != decision.body()
