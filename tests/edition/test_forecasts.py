"""From a forecast to the page: recorded before the figures come, scored when they came, said in one sentence."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from clusterscore import audit, steps
from clusterscore.observations.ledger import Ledger
from clusterscore.observations.observed import observe
from clusterscore.paths import Workspace
from clusterscore.posterior import store
from clusterscore.posterior.forecast import forecast as predict
from tests.command import Command
from tests.edition.whole import EDITION, LAND, REGIONS, Whole, published, send_a_year_of_regions
from tests.observations.association import Association, snapshot

NEXT = EDITION + 1
REACH = 3 * 2  # years that the first forecast of a function looks ahead: three editions of two years


@pytest.fixture
def foretold(own: Whole, command: Command) -> Whole:
    """Return a published workspace after ``clusterscore forecast``."""
    assert command("forecast", "--function", LAND, "--workspace", own.workspace.root)[0] == 0
    return own


def test_a_forecast_of_every_unit_and_year_is_recorded_once(own: Whole, command: Command) -> None:
    """A line of how many, and the head; the observations stay as they were, and a second call adds nothing."""
    root, ledger = own.workspace.root, Ledger(own.workspace.ledger)
    before, count = observe(ledger).digest, len(REGIONS) * REACH
    code, output, _ = command("forecast", "--function", LAND, "--workspace", root)
    first, last = output.splitlines()
    assert code == 0
    assert first.startswith(f"forecasts of {LAND}, {NEXT} to {EDITION + REACH}, by posterior ")
    assert first.endswith(f": {count} new, 0 known")
    assert last == f"ledger head {ledger.head()}"
    assert observe(ledger).digest == before
    again = command("forecast", "--function", LAND, "--workspace", root, "--json")[1]
    said = json.loads(again)
    assert (said["new"], len(said["forecasts"]), said["head"]) == (0, count, str(ledger.head()))
    assert all(row["q05"] < row["median"] < row["q95"] for row in said["forecasts"])
    audit.check(own.workspace)


def test_a_forecast_after_the_figures_ends_in_code_2(own: Whole, command: Command) -> None:
    """B7: next year's figures are there already; the message names one, and nothing is recorded."""
    send_a_year_of_regions(own, NEXT)
    before = snapshot(own.workspace.ledger)
    options = ("--edition", EDITION, "--workspace", own.workspace.root)
    code, output, message = command("forecast", "--function", LAND, *options)
    assert (code, output) == (2, "")
    assert f"RG-1 {NEXT} soil_index" in message
    assert snapshot(own.workspace.ledger) == before


def test_publishing_again_after_a_forecast_changes_no_page(foretold: Whole) -> None:
    """The head on the pages is that under which the posterior was drawn."""
    before = snapshot(foretold.pages)
    assert snapshot(published(foretold.workspace.root).pages) == before


def test_the_next_edition_says_how_the_forecasts_did(foretold: Whole, command: Command) -> None:
    """On the terminal, in the published tables and on the overview: with numbers, and without a claim too many."""
    root = foretold.workspace.root
    code, output, _ = command("skill", "--function", LAND, "--workspace", root)
    assert (code, output.splitlines()[0].split("; ")[1]) == (0, f"{len(REGIONS) * REACH} forecasts wait")
    send_a_year_of_regions(foretold, NEXT)
    published(root)
    said = json.loads(command("skill", "--function", LAND, "--workspace", root, "--json")[1])
    assert {row["baseline"] for row in said["gains"]} == {"unit mean", "last value", "average"}
    assert "is updated with each observation: that it corrects itself is not shown" in said["sentence"]
    folder = foretold.workspace.scores(LAND, NEXT)
    gains = pd.read_csv(folder / "gains.csv")
    assert list(gains["mean_gain"]) == pytest.approx([row["mean_gain"] for row in said["gains"]], abs=1e-5)
    recorded, afterwards = (pd.read_csv(folder / f"{name}.csv") for name in ("forecasts", "hindsight"))
    pd.testing.assert_frame_equal(recorded, afterwards, atol=1e-5)  # the same posterior says the same
    page = (foretold.workspace.edition(NEXT) / "regions.html").read_text(encoding="utf-8")
    assert "is updated with each observation" in page
    assert "corrects itself is not shown" in page
    _is_as_wide_as_the_forecasts_before_taught(foretold, command)


def _is_as_wide_as_the_forecasts_before_taught(own: Whole, command: Command) -> None:
    """The next forecast is the posterior's, its scale times what is told beside it."""
    options = ("--function", LAND, "--workspace", own.workspace.root)
    told = json.loads(command("forecast", *options, "--json")[1])
    (width,) = told["widths"].values()
    assert width != pytest.approx(1.0, abs=1e-3)
    assert f"soil_index: {width:.2f} times as wide as the posterior says" in command("forecast", *options)[1]
    function, posterior = steps.function_of(own.workspace, LAND), store.load(own.workspace, LAND, NEXT)
    plain = predict(function, posterior, range(NEXT + 1, told["through"] + 1)).set_index(["unit", "year"])
    issued = pd.DataFrame(told["forecasts"]).set_index(["unit", "year"])
    assert list(issued["scale"]) == pytest.approx(list(width * plain["scale"]))
    assert list(issued["location"]) == pytest.approx(list(plain["location"]))


def test_pages_without_forecasts_say_nothing_of_them(whole: Whole) -> None:
    """Neither that it is updated nor that it corrects itself."""
    assert "corrects itself" not in (whole.pages / "regions.html").read_text(encoding="utf-8")


def test_without_a_posterior_nothing_is_predicted(association: Association, command: Command) -> None:
    """The message says what to do first."""
    code, _, message = command("forecast", "--function", "small", "--workspace", association.workspace.root)
    assert code == 2
    assert "clusterscore fit --function small" in message


def test_without_forecasts_skill_says_so(association: Association, command: Command) -> None:
    """Code 0: there is nothing wrong with a workspace that has none."""
    workspace: Workspace = association.workspace
    code, output, _ = command("skill", "--function", "small", "--workspace", workspace.root)
    assert code == 0
    assert "no recorded forecast can be compared with its figure yet" in output
