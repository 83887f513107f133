"""The command line: a line per artefact, an exit code that says how it ended, no traceback for what was foreseen."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clusterscore import cli_running
from tests.command import Command
from tests.observations.association import EVERYTHING, FIGURES, Association

MORE = "unit,year,indicator,value\nCL-01,2024,turnover,1100000\n"
BAD = "unit,year,indicator,value\nCL-01,2024,turnover,-5\nCL-10,20,turnover,12%\n"
MODULES = """
import sys
from clusterscore.cli import main
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""


def test_what_was_taken_in_is_a_line_per_file(association: Association, command: Command) -> None:
    """Name, table, rows and digest of each file, then the ledger's new head; exit code 0."""
    path = association.send("figures-2.csv", FIGURES + "CL-01,2024,turnover,1100000\n")
    code, output, messages = command("ingest", path, "--workspace", association.workspace.root)
    first, last = output.splitlines()
    assert (code, messages) == (0, "")
    assert first.startswith("figures-2.csv  figures: 1 new, 2 known  sha256 ")
    assert last == f"ledger head {association.ledger.head()}"


def test_refused_files_end_in_code_2_and_every_fault_among_the_messages(
    association: Association, command: Command
) -> None:
    """Nothing is printed where results go; no traceback; then what each code means."""
    path = association.send("figures-2.csv", BAD)
    code, output, messages = command("ingest", path, "--workspace", association.workspace.root)
    assert (code, output) == (2, "")
    faults, _, meanings = messages.partition("what this means, and what to do:\n")
    assert [line.split(":")[0].strip() for line in meanings.splitlines()] == [
        "E-DOM-NEGATIVE",
        "E-NUM-PERCENT",
        "E-TIME-RANGE",
    ]
    assert [line.partition("; ")[0] for line in faults.splitlines()] == [
        "clusterscore: 3 faults found",
        "  figures-2.csv, row 2, column value: E-DOM-NEGATIVE: got '-5.0'",
        "  figures-2.csv, row 3, column value: E-NUM-PERCENT: got '12%'",
        "  figures-2.csv, row 3, column year: E-TIME-RANGE: got '20'",
    ]


def test_the_executable_itself_ends_in_code_2(association: Association) -> None:
    """What a shell sees is what the function returns."""
    path = association.send("figures-2.csv", BAD)
    program, root = Path(sys.executable).with_name("clusterscore"), association.workspace.root
    done = subprocess.run([program, "ingest", path, "--workspace", root], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("figures-2.csv, row") == 3
    assert "Traceback" not in done.stderr


def test_json_says_what_was_taken_in(association: Association, command: Command) -> None:
    """The same as the lines, for programs."""
    path = association.send("figures-2.csv", MORE)
    code, output, _ = command("ingest", path, "--workspace", association.workspace.root, "--json")
    said = json.loads(output)
    assert (code, said["head"]) == (0, str(association.ledger.head()))
    (file,) = said["taken"]
    assert (file["name"], file["table"], file["new"], file["known"]) == ("figures-2.csv", "figures", 1, 0)


def test_json_holds_every_fault(association: Association, command: Command) -> None:
    """File, row, column, code, what was found and what was expected, with the same exit code."""
    path = association.send("figures-2.csv", BAD)
    code, output, _ = command("ingest", path, "--workspace", association.workspace.root, "--json")
    said = json.loads(output)
    assert (code, said["error"]) == (2, "InputRefused")
    assert [(fault["row"], fault["column"], fault["code"]) for fault in said["faults"]] == [
        (2, "value", "E-DOM-NEGATIVE"),
        (3, "value", "E-NUM-PERCENT"),
        (3, "year", "E-TIME-RANGE"),
    ]
    assert all({"file", "got", "expected"} < set(fault) for fault in said["faults"])


def test_options_say_who_and_from_where(association: Association, command: Command) -> None:
    """They stand in the record and in the sidecar."""
    path = association.send("figures-2.csv", MORE)
    options = ["--who", "Ana Pop", "--source", "ministry", "--demonstration"]
    assert command("ingest", path, *options, "--workspace", association.workspace.root)[0] == 0
    file, figure = association.ledger.read()[-2:]
    assert (figure.who, file.data["source"], file.data["demonstration"]) == ("Ana Pop", "ministry", True)


def test_the_workspace_may_be_named_by_the_environment(
    association: Association, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session on one workspace need not repeat its name."""
    monkeypatch.setenv("CLUSTERSCORE_WORKSPACE", str(association.workspace.root))
    assert command("ingest", association.send("figures-2.csv", MORE))[0] == 0


def test_without_files_those_in_data_raw_are_taken_in(association: Association, command: Command) -> None:
    """All of them are known; nothing is new."""
    code, output, _ = command("ingest", "--workspace", association.workspace.root)
    assert (code, output.count(": 0 new, "), output.count(" new, ")) == (0, len(EVERYTHING), len(EVERYTHING))


def test_a_name_that_cannot_be_written_ends_in_code_2(association: Association, command: Command) -> None:
    """Who takes files in is text; nothing is left behind in ``data/raw``."""
    before = association.raw_files()
    path = association.send("figures-2.csv", MORE)
    assert command("ingest", path, "--who", "P\udcbaun", "--workspace", association.workspace.root)[0] == 2
    assert association.raw_files() == before


@pytest.mark.parametrize("option", [("--source", "../x"), ("--source", ""), ("--source", "A B")])
def test_a_bad_source_ends_in_code_2(association: Association, command: Command, option: tuple[str, str]) -> None:
    """A path is not a source."""
    path = association.send("figures-2.csv", MORE)
    code, _, messages = command("ingest", path, *option, "--workspace", association.workspace.root)
    assert code == 2
    assert "E-SOURCE" in messages


@pytest.mark.parametrize(
    "what", ["no workspace", "changed raw file", "broken ledger", "broken function", "absent file"]
)
def test_what_cannot_be_taken_in_ends_in_code_2_and_one_message(
    association: Association, command: Command, what: str
) -> None:
    """Each is foreseen: a message names the culprit, without a traceback."""
    root, sent = association.workspace.root, association.send("figures-2.csv", MORE)
    arguments: list[object] = [sent, *association.workspace.raw.rglob("figures.csv"), "--workspace", root]
    match what:
        case "no workspace":
            arguments[-1] = culprit = association.folder
        case "changed raw file":
            culprit = next(association.workspace.raw.rglob("figures.csv"))
            culprit.write_text(MORE, encoding="utf-8")
        case "broken ledger":
            culprit = next(association.workspace.ledger.glob("*.jsonl"))
            culprit.write_bytes(culprit.read_bytes()[:-10])
        case "broken function":
            culprit = next(association.workspace.functions.glob("*.yml"))
            culprit.write_text("function: small\nfunktion: small\n", encoding="utf-8")
        case "absent file":
            culprit = arguments[0] = root / "none.csv"
    code, output, messages = command("ingest", *arguments)
    assert (code, output) == (2, "")
    assert Path(culprit).name in messages


def test_a_full_disk_ends_in_one_message(
    association: Association, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E2: a clear error, not a traceback."""

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = association.send("figures-2.csv", MORE)
    monkeypatch.setattr(os, "fsync", full)
    code, _, messages = command("ingest", path, "--workspace", association.workspace.root)
    assert code != 0
    assert "No space left on device" in messages


def test_new_makes_a_workspace_that_takes_files_in(association: Association, command: Command) -> None:
    """The next command is printed and works."""
    folder = association.folder / "new"
    code, output, _ = command("new", folder, "--function", association.workspace.functions / "small.yml")
    assert (code, output.split("  ")[0]) == (0, str(folder.resolve()))
    paths = [association.send(name, content) for name, content in EVERYTHING.items()]
    assert command("ingest", *paths, "--workspace", folder)[0] == 0


def test_new_touches_no_existing_workspace(association: Association, command: Command) -> None:
    """A workspace is made once."""
    document = association.workspace.functions / "small.yml"
    assert command("new", association.workspace.root, "--function", document)[0] == 2


@pytest.mark.parametrize("name", ["nosuch", "nosuch.yml"])
def test_new_with_an_unknown_function_ends_in_code_2(association: Association, command: Command, name: str) -> None:
    """The message names it; no folder is made."""
    folder, shipped = association.folder / "new", association.workspace.root
    code, _, messages = command("new", folder, "--function", name, "--workspace", shipped)
    assert code == 2
    assert "nosuch" in messages
    assert not folder.exists()


def test_check_says_what_was_verified(association: Association, command: Command) -> None:
    """Raw files and ledger, a line each."""
    code, output, _ = command("check", "--workspace", association.workspace.root)
    assert code == 0
    assert output.splitlines() == [
        "raw: 4 files match their sidecars",
        f"ledger: 14 records, head {association.ledger.head()}",
    ]


@pytest.mark.parametrize("arguments", [("--help",), ("ingest", "--help"), ()], ids=["app", "ingest", "nothing"])
def test_help_is_answered_without_the_heavy_packages(arguments: tuple[str, ...]) -> None:
    """Whoever asks how it works does not wait."""
    done = subprocess.run([sys.executable, "-c", MODULES, *arguments], capture_output=True, text=True, check=False)
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert "ingest" in done.stdout or "FILES" in done.stdout
    assert loaded & {"pymc", "pytensor", "nutpie", "numba", "arviz", "pandas", "numpy", "matplotlib"} == set()
    assert done.returncode == (0 if arguments else 2)


def test_of_many_new_units_a_few_are_named() -> None:
    """And the others counted; those that moved stand above them."""
    moved = pd.DataFrame({"unit": list("ABCDE"), "before": [0.1, *[np.nan] * 4], "after": 0.2, "sd": 0.3, "shift": 1.0})
    assert cli_running._moved(moved) == [
        "  A  standing +0.10 -> +0.20 (sd 0.30), +1.00 sd",
        *(f"  {unit}  is new: standing +0.20 (sd 0.30)" for unit in "BCD"),
        "  and 1 more that are new",
    ]
