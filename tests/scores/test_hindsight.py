"""What the edition before knew: rows of one file are known together, and other functions do not count."""

from pathlib import Path

from clusterscore import steps
from clusterscore.model.function import Function
from clusterscore.scores.hindsight import known_until
from tests.observations.association import FUNCTION, Association

UNITS = "unit,name,kind,parent\nC-01,One,cluster,\nC-02,Two,cluster,\n"
HEADER = "unit,year,indicator,value\n"


def _known(association: Association, edition: int) -> int:
    return known_until(steps.function_of(association.workspace, "small"), association.ledger.read(), edition)


def test_an_edition_knew_all_that_came_before_the_first_file_on_later_years(empty_association: Association) -> None:
    """Late figures of its own years included, where they came in time; the file itself is not known yet."""
    empty_association.take({"units.csv": UNITS})
    empty_association.take({"figures.csv": HEADER + "C-01,2018,turnover,1000000\n"})
    empty_association.take({"figures-late.csv": HEADER + "C-02,2017,turnover,2000000\n"})
    before = empty_association.ledger.head().count
    assert _known(empty_association, 2018) == before
    mixed = "C-02,2018,turnover,2000000\nC-01,2019,turnover,1100000\n"
    empty_association.take({"figures-next.csv": HEADER + mixed})
    assert _known(empty_association, 2018) == before
    assert _known(empty_association, 2019) == empty_association.ledger.head().count


def test_what_is_measured_of_others_does_not_end_an_edition(empty_association: Association, tmp_path: Path) -> None:
    """An indicator that the function does not know may be as late as it likes."""
    document = tmp_path / "other.yml"
    document.write_text(FUNCTION.replace("id: balance", "id: trust"), encoding="utf-8")
    empty_association.take({"units.csv": UNITS})
    empty_association.take({"figures.csv": HEADER + "C-01,2018,turnover,1000000\n"})
    before = empty_association.ledger.head().count
    empty_association.take({"figures-next.csv": HEADER + "C-01,2021,balance,0.5\n"})
    records = empty_association.ledger.read()
    assert known_until(Function.read(document), records, 2018) == len(records) > before
    assert _known(empty_association, 2018) == before


def test_where_all_came_in_one_file_nothing_of_it_was_known(empty_association: Association) -> None:
    """Whatever the order of its rows."""
    empty_association.take({"units.csv": UNITS})
    before = empty_association.ledger.head().count
    empty_association.take({"figures.csv": HEADER + "C-01,2018,turnover,1000000\nC-01,2019,turnover,1000000\n"})
    assert _known(empty_association, 2018) == before
