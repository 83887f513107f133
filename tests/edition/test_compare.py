"""Two editions published one after the other from files: compared by what each recorded, and neither is touched."""

import json
from typing import Any

import pytest

from clusterscore.posterior import store
from clusterscore.vocabulary import Exit
from tests.command import Command
from tests.edition.whole import CRAFT, EDITION, LAND, REGIONS, Whole, published, send_a_year_of_regions
from tests.observations.association import snapshot

NEXT = EDITION + 2
DATA = {"ledger head", "observations", "evidence"}
METHOD = {"function document", "version of the function", "seed"}


@pytest.fixture(scope="module")
def two(whole: Whole, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """Return a workspace in which a later edition of the regions was published as well."""
    own = whole.copied(tmp_path_factory.mktemp("two") / "workspace")
    return published(send_a_year_of_regions(own, NEXT).workspace.root)


def test_new_figures_change_data_and_results_and_no_method(two: Whole, command: Command) -> None:
    """With the same document, seed, code and software; each side is what that edition's posterior recorded."""
    said = _compared(two, command)
    runs = [store.current_run(two.workspace, LAND, year) for year in (EDITION, NEXT)]
    assert set(said) == {("data", what) for what in DATA} | {("results", "scores whose intervals are apart")} | {
        ("results", "verdicts that changed")
    }
    figures = tuple(f"figures {run.design['figures']}" for run in runs)
    assert said["data", "evidence"] == figures
    assert figures[0] != figures[1]


def test_every_region_is_listed_with_both_scores(two: Whole, command: Command) -> None:
    """The one whose score changed most comes first."""
    _, output, _ = command("compare", EDITION, NEXT, "--function", LAND, "--workspace", two.workspace.root, "--json")
    rows = json.loads(output)["scores"]
    assert {row["unit"] for row in rows} == set(REGIONS)
    far = [abs(row["after"] - row["before"]) for row in rows]
    assert far == sorted(far, reverse=True)
    assert far[0] > 0


def test_a_changed_document_is_method_and_the_old_edition_stays(
    two: Whole, command: Command, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The newer edition is made again by another document and seed; the older one is the same to the byte."""
    own = two.copied(tmp_path_factory.mktemp("changed") / "workspace")
    root, before = own.workspace.root, snapshot(own.pages)
    document = own.workspace.functions / f"{LAND}.yml"
    document.write_text(document.read_text(encoding="utf-8").replace("version: 1", "version: 2"), encoding="utf-8")
    words = ["--function", LAND, "--edition", NEXT, "--workspace", root]
    assert command("fit", *words, "--seed", 2)[0] == 0
    assert command("publish", *words)[0] == 0
    said = _compared(own, command)
    assert {what for part, what in said if part == "method"} == METHOD
    assert said["method", "version of the function"] == ("1", "2")
    assert said["method", "seed"] == ("1", "2")
    assert {what for part, what in said if part == "data"} == DATA
    assert snapshot(own.pages) == before


def test_an_edition_of_another_function_is_not_compared(two: Whole, command: Command) -> None:
    """The clusters have one edition only: that is said, by the name of the function."""
    code, output, messages = command("compare", EDITION, NEXT, "--function", CRAFT, "--workspace", two.workspace.root)
    assert (code, output) == (Exit.REFUSED, "")
    assert CRAFT in messages


def _compared(whole: Whole, command: Command) -> dict[tuple[str, str], tuple[str, str]]:
    """Return what the command says, by part and what it is about."""
    words: list[Any] = ["compare", NEXT, EDITION, "--function", LAND, "--workspace", whole.workspace.root]
    code, output, _ = command(*words)
    assert code == 0
    told = [
        line.partition("  ") for line in output.splitlines() if line.split("  ")[0] in {"data", "method", "results"}
    ]
    return {(part, what.partition(": ")[0]): _sides(what.partition(": ")[2]) for part, _, what in told}


def _sides(text: str) -> tuple[str, str]:
    before, _, after = text.partition(" -> ")
    return before, after
