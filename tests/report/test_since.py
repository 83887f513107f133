"""What is said of the edition before: errors of forecasts, and severities as distributions of at least five raters."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from clusterscore.paths import Workspace
from clusterscore.report import since
from clusterscore.report.display import Html, Picture, Table
from clusterscore.report.language import ROMANIAN, speaking
from clusterscore.report.pages import EditionData, load_edition
from clusterscore.report.since import Earlier
from clusterscore.scores.baselines import Baseline
from clusterscore.scores.prequential import UPDATED
from tests.report.handmade import EDITION

BEFORE = EDITION - 2


@pytest.fixture
def data(scored_workspace: Workspace) -> EditionData:
    """Return the edition made by hand."""
    return load_edition(scored_workspace.root, "small", EDITION)


def _rated(data: EditionData, severities: list[float]) -> EditionData:
    raters = pd.DataFrame({"rater": [f"R-{n}" for n in range(len(severities))], "severity_mean": severities})
    return replace(data, scores=replace(data.scores, raters=raters.assign(severity_sd=0.1, n_answers=9)))


def _foretold(data: EditionData, places: list[float], table: str = "forecasts") -> EditionData:
    rows = [
        {"unit": "C-01", "indicator": "turnover", "forecaster": who, "edition": BEFORE, "place": place, "crps": crps}
        for place in places
        for who, crps in ((UPDATED, 0.5), (Baseline.AVERAGE, 0.75), (Baseline.LAST_VALUE, 0.625))
    ]
    return replace(data, scores=replace(data.scores, **{table: pd.DataFrame(rows)}))


def test_severities_are_shown_in_groups_of_at_least_five(data: EditionData, monkeypatch: pytest.MonkeyPatch) -> None:
    """Means of neighbours now and in the edition before; no rater's own value stands anywhere."""
    values = [0.1 * number**2 for number in range(14)]
    then = _rated(data, [10.0 * value for value in values[:11]]).scores
    monkeypatch.setattr(since, "before", lambda _: Earlier(BEFORE, 40, then.scores, then.raters))
    shown = since.severities(_rated(data, values[::-1]))
    assert isinstance(shown, Picture)
    groups = [np.mean(values[:7]), np.mean(values[7:])]
    assert [row[0] for row in shown.numbers.rows] == [str(EDITION), str(BEFORE)]
    assert shown.numbers.rows[0][1:] == (f"{groups[0]:+.2f}", f"{np.mean(groups):+.2f}", f"{groups[1]:+.2f}", "2")
    assert shown.numbers.rows[1][-1] == "2"
    assert f"in edition {BEFORE}" in shown.alt
    assert "R-" not in str(shown.numbers._repr_html_())


@pytest.mark.parametrize("n", [1, 5, 9])
def test_severities_of_fewer_than_ten_raters_are_not_shown(data: EditionData, n: int) -> None:
    """One group is no distribution, and a group of four is known too well."""
    shown = since.severities(_rated(data, [float(number) for number in range(n)]))
    assert isinstance(shown, Html)
    assert "at least 10" in str(shown.markup)


def test_what_was_foretold_is_held_against_what_came(data: EditionData) -> None:
    """How many lie within their interval, how far off on average, and how far the best rival was."""
    shown = since.foretold(_foretold(data, [0.01, 0.5, 0.94, 0.99]))
    assert isinstance(shown, Table)
    assert "2 of 4 lie in" in shown.caption
    assert "(50\N{NO-BREAK SPACE}%; 90\N{NO-BREAK SPACE}% were to be expected)" in shown.caption
    assert list(shown.rows) == [("Turnover", "2 of 4", "0.50", "0.62 (last value)")]


def test_it_is_said_in_romanian_with_a_comma(data: EditionData) -> None:
    """Names, rivals and numbers."""
    with speaking(ROMANIAN):
        shown = since.foretold(_foretold(data, [0.5]))
        assert isinstance(shown, Table)
        assert list(shown.rows) == [("Cifra de afaceri", "1 din 1", "0,50", "0,62 (ultima valoare)")]


def test_where_no_figure_came_nothing_is_foretold(data: EditionData) -> None:
    """It is said instead of an empty table."""
    shown = since.foretold(data)
    assert isinstance(shown, Html)
    assert "No figure has come" in str(shown.markup)


def test_what_was_worked_out_afterwards_is_said_to_be(data: EditionData) -> None:
    """Where nothing was recorded before; what was recorded comes first, and then nothing else is shown."""
    shown = since.foretold(_foretold(data, [0.5, 0.99], "hindsight"))
    assert isinstance(shown, Html)
    assert f"worked out afterwards from what edition {BEFORE} knew" in str(shown.markup)
    assert "1 of 2 lie in" in str(shown.markup)
    both = since.foretold(_foretold(_foretold(data, [0.5, 0.99], "hindsight"), [0.5]))
    assert isinstance(both, Table)
    assert "1 of 1 lie in" in both.caption


def test_what_was_known_then_is_held_against_what_is_believed_now(
    data: EditionData, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The largest difference first; of a unit that is no longer there nothing is said."""
    now = data.scores.scores[data.scores.scores["year"] == BEFORE]
    far, lost, *others = now["unit"]
    shift = now["unit"].map({far: 30.0}).fillna(0.0)
    then = now.assign(**{name: now[name] - shift for name in ("score_median", "q05", "q95")})
    then = then.assign(unit=then["unit"].replace({lost: "C-99"}))
    monkeypatch.setattr(since, "before", lambda _: Earlier(BEFORE, 12345, then, pd.DataFrame()))
    shown = since.corrected(data)
    assert isinstance(shown, Picture)
    assert [row[0] for row in shown.numbers.rows] == [data.names[unit] for unit in (far, *sorted(others))]
    assert [row[3] for row in shown.numbers.rows] == ["+30", *["0"] * len(others)]
    assert f"Of {len(now) - 1} scores of {BEFORE}, {len(others)} are now within" in shown.alt
    assert "12,345 records" in shown.caption
    assert since.held(data) == [
        f"Of {len(now) - 1} scores of {BEFORE}, {len(others)} are now within the interval of then."
    ]


def test_without_an_edition_before_nothing_is_held_to_account(data: EditionData) -> None:
    """It is said instead of an empty figure."""
    shown = since.corrected(data)
    assert isinstance(shown, Html)
    assert "No earlier edition can be held to account" in str(shown.markup)
    assert since.held(data) == []
