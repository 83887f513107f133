"""`clusterscore map`: certain columns are proposed, doubtful ones asked, and none is settled silently."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from clusterscore import exchange, steps
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.paths import Workspace
from clusterscore.reading.grids import Grid
from clusterscore.reading.mapping import Mapping, read_mappings
from clusterscore.reading.proposal import Known, propose
from tests.command import Command
from tests.reading import exports
from tests.reading.exports import EN, RO


def _file(tmp_path: Path, rows: list[list[object]], name: str = "export.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(exports.as_csv(rows))
    return path


def _forms(function: Function, language: str = "ro") -> list[list[object]]:
    words = RO if language == "ro" else EN
    return exports.google(function, [["R-001", "13/11/2024 10:00:00", words[3], words[1], words[4]]], language=language)


def _held(workspace: Workspace, path: Path, function: str | None = "competitiveness") -> dict[str, str]:
    proposal = exchange.proposal(workspace, path, exchange.candidates(workspace, function))
    return {
        guess.header: (guess.column.item or guess.column.indicator or guess.column.holds) if guess.column else "?"
        for guess in proposal.guesses
        if guess.certain
    }


@pytest.mark.parametrize("language", ["en", "ro"])
def test_a_form_is_recognised_whole(asked: Workspace, function: Function, tmp_path: Path, language: str) -> None:
    """Every statement, the moment and the code, without a question."""
    path = _file(tmp_path, _forms(function, language))
    found = _held(asked, path)
    text = exports.texts(function, language)
    assert {header: item for header, item in found.items() if header in text.values()} == {
        words: item for item, words in text.items()
    }
    assert "submitted" in found.values()


def test_words_changed_a_little_are_doubtful_or_right(asked: Workspace, function: Function, tmp_path: Path) -> None:
    """A word left out or put in never leads to another item."""
    rows = _forms(function, "en")
    text = exports.texts(function, "en")
    words = {header: item for item, header in text.items()}
    changed = {header: " ".join(str(header).split()[:-1]) + " nowadays" for header in rows[0] if header in words}
    path = _file(tmp_path, [[changed.get(header, header) for header in rows[0]], *rows[1:]])
    proposal = exchange.proposal(asked, path, exchange.candidates(asked, "competitiveness"))
    back = {new: words[old] for old, new in changed.items()}
    for guess in proposal.guesses:
        if guess.header in back and guess.certain and guess.column is not None:
            assert guess.column.item == back[guess.header]


def test_a_question_of_another_survey_is_unknown(asked: Workspace, function: Function, tmp_path: Path) -> None:
    """What nothing comes near stays out."""
    rows = [[*row, cell] for row, cell in zip(_forms(function), ("Câți ani aveți?", "45"), strict=True)]
    assert "Câți ani aveți?" not in _held(asked, _file(tmp_path, rows))


def test_two_columns_for_one_item_are_both_doubtful(asked: Workspace, function: Function, tmp_path: Path) -> None:
    """Nobody but a person can say which is meant."""
    words = exports.texts(function, "ro")["suppliers_near"]
    rows = [[*row, cell] for row, cell in zip(_forms(function), (f"{words} (bis)", RO[0]), strict=True)]
    assert "suppliers_near" not in _held(asked, _file(tmp_path, rows)).values()


def test_an_address_of_a_person_is_an_identity(asked: Workspace, function: Function, tmp_path: Path) -> None:
    """A name beside it is dropped."""
    rows = exports.microsoft(function, [["R-001", "2024-11-03 10:00:00", *EN[:3]]])
    found = _held(asked, _file(tmp_path, rows))
    assert (found["Email"], found["Name"], found["ID"]) == ("identity", "personal", "ignored")


def test_figures_are_recognised(asked: Workspace, tmp_path: Path) -> None:
    """A row a unit, told by its name, a column an indicator by its title."""
    text = "Cluster,Total turnover of member firms,Numărul de angajați ai tuturor firmelor membre\nCL-A,1,2\n"
    path = tmp_path / "figures of spring.csv"
    path.write_text(text, encoding="utf-8")
    assert sorted(_held(asked, path).values()) == ["employees", "turnover_total", "unit"]


@pytest.mark.parametrize(
    ("moment", "order"), [("13/11/2024 10:00", "day first"), ("11/13/2024 10:00", "month first"), ("11/12/2024", None)]
)
def test_the_order_of_day_and_month_is_proven_or_open(
    asked: Workspace, function: Function, tmp_path: Path, moment: str, order: str | None
) -> None:
    """A day above 12 tells; two small numbers tell nothing."""
    path = _file(tmp_path, exports.google(function, [["R-001", moment, *RO[:3]]]))
    assert exchange.proposal(asked, path, exchange.candidates(asked, "competitiveness")).dates == order


def test_map_writes_what_is_certain_and_the_file_is_read_by_it(
    asked: Workspace, function: Function, tmp_path: Path, command: Command, observed_now: Callable[[], Observations]
) -> None:
    """From an export to recorded answers in two commands."""
    (asked.mappings / "competitiveness-2024-cl-a.yml").unlink()
    path = _file(tmp_path, _forms(function))
    options = ["--name", "spring", "--function", "competitiveness", "--edition", "2024", "--cluster", "CL-A", "--yes"]
    code, output, _ = command("map", path, *options, "--workspace", asked.root)
    assert code == 0, output
    assert "spring.yml  28 columns" in output
    steps.ingest(asked, [path], who="test")
    assert len(observed_now().answers) == 3


def test_yes_leaves_the_doubtful_out_and_the_file_is_refused(
    asked: Workspace, function: Function, tmp_path: Path, command: Command
) -> None:
    """Never guessed: the column is named, and until somebody says what it holds no file with it gets in."""
    rows = [[*row, cell] for row, cell in zip(_forms(function), ("Câți ani aveți?", "45"), strict=True)]
    path = _file(tmp_path, rows)
    options = ["--name", "spring", "--function", "competitiveness", "--edition", "2024", "--cluster", "CL-A", "--yes"]
    code, output, _ = command("map", path, *options, "--workspace", asked.root)
    assert code == 0
    assert "left out" in output
    code, _, messages = command("ingest", path, "--mapping", "spring", "--workspace", asked.root)
    assert (code, "E-MAP-UNKNOWNCOL" in messages, "Câți ani aveți?" in messages) == (2, True, True)


@pytest.mark.parametrize(("answer", "held"), [("ignored", "ignored"), ("nonsense\nignored", "ignored"), ("no", None)])
def test_map_asks_about_the_doubtful(
    asked: Workspace,
    function: Function,
    tmp_path: Path,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    held: str | None,
) -> None:
    """By name; what is no name is asked again."""
    rows = [[*row, cell] for row, cell in zip(_forms(function), ("Câți ani aveți?", "45"), strict=True)]
    path = _file(tmp_path, rows)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{answer}\n"))
    options = ["--name", "spring", "--function", "competitiveness", "--edition", "2024", "--cluster", "CL-A"]
    code, output, messages = command("map", path, *options, "--workspace", asked.root)
    assert code == 0, output + messages
    made = read_mappings(asked.mappings)["spring"]
    found = {column.header[0]: column.holds for column in made.columns}
    assert found.get("Câți ani aveți?") == held


def test_map_says_what_is_missing(asked: Workspace, function: Function, tmp_path: Path, command: Command) -> None:
    """All of it, and writes nothing."""
    path = _file(tmp_path, _forms(function))
    code, _, messages = command("map", path, "--name", "spring", "--yes", "--workspace", asked.root)
    assert code == 2
    assert "no year" in messages
    assert "no unit" in messages
    assert not (asked.mappings / "spring.yml").exists()


def test_map_overwrites_no_mapping(asked: Workspace, function: Function, tmp_path: Path, command: Command) -> None:
    """A clerk's work is not lost."""
    path = asked.mappings / "competitiveness-2024-cl-a.yml"
    before = path.read_bytes()
    code, _, _ = command(
        "map", _file(tmp_path, _forms(function)), "--name", path.stem, "--yes", "--workspace", asked.root
    )
    assert (code, path.read_bytes()) == (2, before)


def test_words_that_are_no_answers_are_told(
    asked: Workspace, function: Function, tmp_path: Path, command: Command
) -> None:
    """They would be refused one by one."""
    path = _file(tmp_path, exports.google(function, [["R-001", "13/11/2024 10:00", "cam da", RO[1], RO[2]]]))
    options = ["--name", "spring", "--function", "competitiveness", "--edition", "2024", "--cluster", "CL-A", "--yes"]
    _, output, _ = command("map", path, *options, "--workspace", asked.root)
    assert "'cam da'" in output


def test_a_name_for_terminals_is_not_obeyed(
    asked: Workspace, function: Function, tmp_path: Path, command: Command
) -> None:
    """A header may hold what a terminal would take for a command."""
    rows = [[*row, cell] for row, cell in zip(_forms(function), ("\x1b[2J evil", "45"), strict=True)]
    options = ["--name", "spring", "--function", "competitiveness", "--edition", "2024", "--cluster", "CL-A", "--yes"]
    _, output, _ = command("map", _file(tmp_path, rows), *options, "--workspace", asked.root)
    assert "\x1b" not in output


def test_a_proposal_is_a_document(asked: Workspace, function: Function, tmp_path: Path) -> None:
    """What is written is read again as the same mapping."""
    path = _file(tmp_path, _forms(function))
    made = exchange.proposal(asked, path, exchange.candidates(asked, "competitiveness"))
    written = exchange.write_mapping(asked, made, "spring", 2024, "CL-A")
    assert Mapping.read(written) == made.mapping("spring", 2024, "CL-A")


def test_a_header_between_two_items_is_doubtful_and_names_both() -> None:
    """Nearly the right words for one are nearly the right words for the other."""
    scale = {"yes": 2, "no": 1}
    near = Known("item", "suppliers_near", ("Members find the suppliers they need within one hour.",), scale)
    far = Known("item", "suppliers_far", ("Members find the suppliers they need within one day.",), scale)
    header = "Members find the suppliers they need within one"
    grid = Grid("f.csv", "", (("Code", header), ("R-001", "yes")))
    guess = propose([grid], [near, far], {}).guesses[1]
    assert guess.column is not None
    assert {guess.column.item, *guess.others} == {"suppliers_near", "suppliers_far"}
    assert not guess.certain


def test_the_right_words_are_certain_however_near_another_item_is() -> None:
    """Word for word is word for word."""
    scale = {"yes": 2, "no": 1}
    near = Known("item", "suppliers_near", ("Members find the suppliers they need within one hour.",), scale)
    far = Known("item", "suppliers_far", ("Members find the suppliers they need within one day.",), scale)
    grid = Grid("f.csv", "", (("Code", far.texts[0]), ("R-001", "yes")))
    guess = propose([grid], [near, far], {}).guesses[1]
    assert guess.certain
    assert guess.column is not None
    assert guess.column.item == "suppliers_far"
