"""Publication looks back: the edition before is fitted as it was known then, shown as such, and never written again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from clusterscore import audit, publishing
from clusterscore.model.function import Function
from clusterscore.model.simulate import Plan, simulate
from clusterscore.observations.ledger import Head, Ledger
from clusterscore.paths import Workspace
from clusterscore.posterior import store
from clusterscore.scores import tables
from tests.edition.whole import FIGURES, HERE, LAND, REGIONS, command, published, take_in, write
from tests.observations.association import snapshot

YEARS = range(2018, 2024)
BEFORE, EDITION = 2021, 2023


@pytest.fixture(scope="module")
def figures() -> pd.DataFrame:
    """Return six years of figures on regions."""
    return simulate(Function.read(HERE / f"{LAND}.yml"), Plan(dict.fromkeys(REGIONS, YEARS[0]), YEARS, ()), 3).figures


@pytest.fixture(scope="module")
def looked(figures: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace published once, of which the last edition's figures had come in a file of their own."""
    folder = tmp_path_factory.mktemp("looked")
    root = folder / "workspace"
    command("new", root, "--function", HERE / f"{LAND}.yml")
    units = write(folder / "units.csv", ["unit", "name", "kind"], [(u, n, "region") for u, n in REGIONS.items()])
    take_in(root, units, _sent(folder / "figures-1.csv", figures[figures["year"] <= BEFORE]), "--source", "statistics")
    take_in(root, _sent(folder / "figures-2.csv", figures[figures["year"] > BEFORE]), "--source", "statistics")
    return published(root).workspace


def _sent(path: Path, rows: pd.DataFrame) -> Path:
    return write(path, FIGURES, rows[list(FIGURES)].itertuples(index=False))


def test_the_edition_before_rests_on_what_had_come_then(looked: Workspace, figures: pd.DataFrame) -> None:
    """Its posterior stands at an earlier head of the ledger, and none of the later figures is in it."""
    then, now = (store.current_run(looked, LAND, year) for year in (BEFORE, EDITION))
    assert then.design["figures"] == int((figures["year"] <= BEFORE).sum())
    assert now.design["figures"] == len(figures)
    Ledger(looked.ledger).verify(Head.parse(then.head))
    assert Head.parse(then.head).count < Head.parse(now.head).count
    assert tables.manifest(looked, LAND, EDITION)["before"] == then.id


def test_it_is_no_published_edition_and_the_workspace_is_whole(looked: Workspace) -> None:
    """Pages of one edition only; every digest is right."""
    assert sorted(path.name for path in looked.editions.iterdir() if not path.name.startswith(".")) == [str(EDITION)]
    audit.check(looked)


def test_the_first_edition_of_all_is_not_looked_back_on(figures: pd.DataFrame, tmp_path: Path) -> None:
    """What was known after one edition is little, and sampling it may take minutes for nothing."""
    root, years = tmp_path / "workspace", figures["year"]
    command("new", root, "--function", HERE / f"{LAND}.yml")
    units = write(tmp_path / "units.csv", ["unit", "name", "kind"], [(u, n, "region") for u, n in REGIONS.items()])
    first = _sent(tmp_path / "figures-1.csv", figures[years.between(BEFORE - 1, BEFORE)])
    take_in(root, units, first, "--source", "statistics")
    take_in(root, _sent(tmp_path / "figures-2.csv", figures[years > BEFORE]), "--source", "statistics")
    workspace = Workspace.find(root)
    publishing.look_back(workspace, LAND, EDITION)
    assert not workspace.posterior(LAND, BEFORE).exists()


@pytest.mark.parametrize(
    ("page", "phrases"),
    [
        ("regions.html", ("Then: from the first", f"scores of {BEFORE}", f"what edition {BEFORE} knew")),
        ("ro/regions.html", ("Atunci: din primele", f"scoruri pentru {BEFORE}", f"din ce știa ediția {BEFORE}")),
    ],
)
def test_pages_hold_it_to_account(looked: Workspace, page: str, phrases: tuple[str, ...]) -> None:
    """Scores then and now, and figures foretold afterwards, in both languages."""
    shown = (looked.edition(EDITION) / page).read_text(encoding="utf-8")
    assert [phrase for phrase in phrases if phrase not in shown] == []


def test_every_figure_that_came_is_held_against_what_was_known(looked: Workspace, figures: pd.DataFrame) -> None:
    """By the posterior of then and by the simple rivals; nothing is claimed from it, and nothing was recorded."""
    scores = tables.read(looked, LAND, EDITION)
    ours = scores.hindsight[scores.hindsight["forecaster"] == "posterior"]
    assert len(ours) == int((figures["year"] > BEFORE).sum())
    assert set(ours["edition"]) == {BEFORE}
    assert (len(scores.forecasts), len(scores.gains)) == (0, 0)


def test_publishing_again_touches_nothing(looked: Workspace) -> None:
    """Neither the tables of then nor those of now."""
    before = snapshot(looked.root)
    assert " 0 rendered now " in published(looked.root).output
    assert snapshot(looked.root) == before


def test_the_next_edition_leaves_the_earlier_ones_as_they_are(looked: Workspace, tmp_path: Path) -> None:
    """It looks back on the one that was published, whatever has come late for its years."""
    own = Workspace.find(Path(shutil.copytree(looked.root, tmp_path / "own")))
    kept = [own.scores(LAND, BEFORE), own.scores(LAND, EDITION), own.edition(EDITION)]
    before = [snapshot(folder) for folder in kept]
    rows = [(unit, EDITION + 2, "soil_index", place / 3 - 1) for place, unit in enumerate(REGIONS)]
    take_in(own.root, write(tmp_path / "figures-3.csv", FIGURES, rows), "--source", "statistics")
    published(own.root)
    assert [snapshot(folder) for folder in kept] == before
    manifest = tables.manifest(own, LAND, EDITION + 2)
    assert manifest["before"] == tables.manifest(own, LAND, EDITION)["posterior"]
