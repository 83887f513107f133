"""A foreign cluster from its application to its certificate, by the command line, in a small workspace."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from clusterscore import accrediting, audit, steps
from clusterscore.advice import tables as written
from clusterscore.errors import CheckFailed, NotFitted
from clusterscore.model.function import Function
from clusterscore.paths import Workspace
from clusterscore.posterior import store
from clusterscore.report import paper
from tests.advice.cohort import ROOT
from tests.command import Command
from tests.report import handmade

FOREIGN, EDITION = "A-42", handmade.EDITION
OTHERS = tuple(f"B-{number:02d}" for number in range(1, 9))
RATERS = tuple(f"R-{number:02d}" for number in range(1, 7))
NAME = "Clusterul <b>Software</b> & Torvelia"
ORIGIN = (
    *("--association", "Asociația clusterelor din altă țară", "--country", "MD", "--held", "cluster acreditat"),
    *("--until", "the end of the year", "--evidence", "letter 12"),
)
ANA = ("--who", "Ana Pop", "--reason", "seen on site")
TYPES = ("firm",) * 14 + ("research", "authority")


def _file(path: Path, header: str, rows: list[tuple[Any, ...]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header.split(","), *rows])
    return path


def _sent(folder: Path, function: Function) -> list[Path]:
    """Write what the association sent: the foreign cluster in full, the others in part."""
    units = [(FOREIGN, NAME, "cluster", "", "MD", "software", "")]
    units += [(unit, f"Clusterul {unit}", "cluster", "", "RO", "software", "") for unit in OTHERS]
    units += [(f"{FOREIGN}-M{n:02d}", f"Membru {n}", "member", FOREIGN, "MD", "", t) for n, t in enumerate(TYPES, 1)]
    units += [(f"{FOREIGN}-T", "Echipa", "team", FOREIGN, "MD", "", "")]
    own = [part for part in function.indicators if part.of == "unit" and part.derived is None]
    typical = {part.id: 5 if part.transform == "count" else part.typical for part in own}
    figures = [
        (unit, year, name, value)
        for unit in (FOREIGN, *OTHERS)
        for year in handmade.YEARS
        for name, value in typical.items()
    ]
    answers = [
        (unit, EDITION, rater, item.id, 1 + place % item_size)
        for unit in (FOREIGN, *OTHERS)
        for item, item_size in [(item, function.categories(item)) for item in function.items]
        for place, rater in enumerate(RATERS)
    ]
    return [
        _file(folder / "units.csv", "unit,name,kind,parent,country,sector,member_type", units),
        _file(folder / "raters.csv", "rater,affiliation", [(rater, "") for rater in RATERS]),
        _file(folder / "figures.csv", "unit,year,indicator,value", figures),
        _file(folder / "answers.csv", "unit,year,rater,item,answer", answers),
    ]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace with the shipped documents and a posterior made by hand, in which the foreign one leads."""
    root = tmp_path_factory.mktemp("foreign") / "workspace"
    for name in ("competitiveness", "management"):
        (root / "functions").mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / "functions" / f"{name}.yml", root / "functions" / f"{name}.yml")
    shutil.copytree(ROOT / "catalogue", root / "catalogue")
    workspace = Workspace.find(root)
    function = steps.function_of(workspace, "competitiveness")
    steps.ingest(workspace, _sent(root.parent / "sent", function), who="a tester", demonstration=True)
    store.save(workspace, handmade.posterior(workspace, "competitiveness"))
    steps.score(workspace, "competitiveness", EDITION)
    return root


@pytest.fixture
def place(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Return a workspace of its own, on a machine without a browser."""
    shutil.copytree(made, tmp_path / "workspace")
    monkeypatch.setattr(paper, "chromium", lambda: None)
    monkeypatch.setenv("CLUSTERSCORE_WORKSPACE", str(tmp_path / "workspace"))
    return Workspace.find(tmp_path / "workspace")


def _staff(place: Workspace) -> None:
    """Let the team say that it has staff."""
    path = _file(
        place.root.parent / "figures-t.csv", "unit,year,indicator,value", [(f"{FOREIGN}-T", EDITION, "team_staff", 2)]
    )
    steps.ingest(place, [path], who="a tester", demonstration=True)


def test_from_application_to_certificate_and_back(place: Workspace, command: Command, tmp_path: Path) -> None:
    """It applies, is refused for want of staff, sends the figure, is accredited, and its certificate is verified."""
    code, output, _ = command("levels", "--cluster", FOREIGN)
    assert (code, "staff not recorded, needed >= 0.5" in output) == (0, True)

    code, output, _ = command("apply", "--cluster", FOREIGN, "--level", "recognised", "--who", "Ion Popa", *ORIGIN)
    assert (code, output.splitlines()[0].split("  ")[:3]) == (
        0,
        ["1", "application with a level held elsewhere", FOREIGN],
    )
    code, output, messages = command("decide", "--application", 1, "--give", *ANA)
    assert (code, output) == (2, "")
    assert "E-LEVEL-CONDITIONS: 1 conditions" in messages
    assert "staff: not recorded; needed >= 0.5" in messages

    _staff(place)
    code, output, _ = command("decide", "--application", 1, "--give", *ANA)
    assert (code, output.splitlines()[0]) == (0, f"2  decision  {FOREIGN}  recognised  given  Ana Pop: seen on site")

    code, output, _ = command("certificate", 2, "--who", "Ana Pop")
    assert code == 0
    assert [line.split("  ")[0] for line in output.splitlines()[:2]] == [
        "data/register/certificates/A-000002-en.html",
        "data/register/certificates/A-000002-ro.html",
    ]
    assert output.splitlines()[2].startswith("no PDF: there is no Chromium here")

    for language in ("en", "ro"):
        page = place.register / "certificates" / f"A-000002-{language}.html"
        assert "Software&lt;/b&gt; &amp; Torvelia" in page.read_text(encoding="utf-8")
        code, output, _ = command("verify", page)
        assert (code, f"A-000002  {FOREIGN}  recognised  valid" in output) == (0, True)
        assert "made again, it is the same" in output

    forged = tmp_path / "A-000002-en.html"
    forged.write_text(page.read_text(encoding="utf-8").replace("recunoscut", "remarcabil"), encoding="utf-8")
    code, _, messages = command("verify", forged)
    assert (code, "E-CERT-UNKNOWN" in messages) == (2, True)

    code, output, _ = command("register")
    rows, head = output.splitlines()[:-1], output.splitlines()[-1].removeprefix("register head ")
    assert [row.split("  ")[0] for row in rows] == ["1", "2", "3"]
    assert "valid until" in rows[1]
    assert command("register", "--head", head)[0] == 0
    assert command("withdraw", "--decision", 2, "--to", "Another association", *ANA)[0] == 0
    assert "transferred" in command("verify", page)[1]
    assert command("register", "--head", head)[0] == 0
    assert "register: 4 records" in "\n".join(audit.check(place))


def test_an_exception_stands_on_the_certificate(place: Workspace, command: Command) -> None:
    """The person gives it without staff, and says why; the register and both pages say so."""
    command("apply", "--cluster", FOREIGN, "--level", "recognised", "--who", "Ion Popa")
    code, output, _ = command("decide", "--application", 1, "--give", *ANA, "--override", "hires in May", "--json")
    assert (code, json.loads(output)["data"]["override"]) == (0, "hires in May")
    command("certificate", 2, "--who", "Ana Pop")
    page = (place.register / "certificates" / "A-000002-en.html").read_text(encoding="utf-8")
    assert "Given by way of exception" in page
    assert "hires in May" in page
    assert "by way of exception" in command("register")[1]


def test_a_certificate_is_issued_once_and_made_again_the_same(place: Workspace, command: Command) -> None:
    """A second call records nothing new."""
    _staff(place)
    command("apply", "--cluster", FOREIGN, "--level", "recognised", "--who", "Ion Popa")
    command("decide", "--application", 1, "--give", *ANA)
    first = command("certificate", 2, "--who", "Ana Pop")[1]
    head = accrediting.listed(place)[1]
    assert command("certificate", 2, "--who", "Ana Pop")[1] == first
    assert accrediting.listed(place)[1] == head


def test_a_stray_certificate_fails_the_check(place: Workspace) -> None:
    """What lies among the certificates must have been issued."""
    stray = place.register / "certificates" / "A-000009-en.html"
    stray.parent.mkdir(parents=True)
    stray.write_text("not ours", encoding="utf-8")
    with pytest.raises(CheckFailed, match=r"A-000009-en\.html is not one that was issued"):
        audit.check(place)


@pytest.mark.parametrize("unit", ["NOSUCH", f"{FOREIGN}-M01"])
def test_only_a_recorded_cluster_applies(place: Workspace, command: Command, unit: str) -> None:
    """Nothing is recorded of others; a member is no cluster."""
    code, _, messages = command("apply", "--cluster", unit, "--level", "recognised", "--who", "Ion Popa")
    assert (code, "E-REG-UNIT" in messages) == (2, True)
    assert accrediting.listed(place)[0] == []


def test_a_broken_head_and_an_unknown_level_are_refused(place: Workspace, command: Command) -> None:
    """With what there is, and without a traceback."""
    assert command("register", "--head", "rubbish")[0] == 2
    code, _, messages = command("apply", "--cluster", FOREIGN, "--level", "gold", "--who", "Ion Popa")
    assert (code, "outstanding" in messages) == (2, True)
    assert command("levels", "--cluster", "NOSUCH")[0] == 2
    assert not place.register.exists() or accrediting.listed(place)[0] == []


def test_advice_is_written_with_its_digests(place: Workspace, command: Command) -> None:
    """Every documented table; a changed one is refused, and the check finds it."""
    with pytest.raises(NotFitted, match="clusterscore advise"):
        written.read(place, "competitiveness", EDITION, "levels")
    code, output, _ = command("advise")
    assert code == 0
    assert {Path(line.split("  ")[0]).stem for line in output.splitlines()} == {*written.TABLES, "network"}
    for name, columns in written.TABLES.items():
        table = written.read(place, "competitiveness", EDITION, name)
        assert list(table.columns)[: len(columns)] == list(columns)
    assert f"advice: competitiveness {EDITION}" in audit.check(place)
    manifest = json.loads((place.advice("competitiveness", EDITION) / written.MANIFEST).read_text())
    assert manifest["demonstration"] is True
    path = place.advice("competitiveness", EDITION) / "levels.json"
    path.write_text(path.read_text().replace("A-42", "A-43"), encoding="utf-8")
    with pytest.raises(CheckFailed, match=r"levels\.json"):
        written.read(place, "competitiveness", EDITION, "levels")
    with pytest.raises(CheckFailed):
        audit.check(place)


def test_a_new_workspace_gets_the_catalogue(tmp_path: Path) -> None:
    """Beside the function that it is made with."""
    made = steps.new(tmp_path / "new", ROOT / "functions" / "competitiveness.yml")
    assert {path.name for path in made.catalogue.iterdir()} == {
        *("crosswalk.yml", "levels.yml", "peers.yml", "recommendations.yml")
    }
