"""The id of a posterior: another question has another id, the same question has the same one."""

import shutil
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterscore.model.function import Function, plain
from clusterscore.observations.ledger import Head
from clusterscore.observations.observed import Observations
from clusterscore.posterior import identity
from clusterscore.posterior.identity import Sampler, code_digest, identify
from tests.observations.association import ANSWERS, FIGURES, RATERS, UNITS, Association
from tests.posterior.tiny import EDITION


@pytest.fixture
def before(document: Function, invented: Observations) -> str:
    """Return the id before anything is changed."""
    return identify(document, invented, EDITION, Sampler())


@pytest.fixture
def copied_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the package's source that the code digest reads instead."""
    copy = tmp_path / "clusterscore"
    shutil.copytree(identity._ROOT, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(identity, "_ROOT", copy)
    return copy


def test_an_id_is_sixteen_hexadecimal_digits(before: str) -> None:
    """It is the name of a folder."""
    assert len(before) == 16
    assert int(before, 16) >= 0


def test_the_same_question_has_the_same_id(document: Function, invented: Observations, before: str) -> None:
    """However often it is asked."""
    assert identify(document, invented, EDITION, Sampler()) == before


@pytest.mark.parametrize("setting", [field.name for field in fields(Sampler)])
def test_another_setting_of_the_sampler_is_another_id(
    document: Function, invented: Observations, before: str, setting: str
) -> None:
    """The seed above all."""
    other = "laplace" if setting == "method" else getattr(Sampler(), setting) * 1.01 + 1
    changed = replace(Sampler(), **{setting: other})
    assert identify(document, invented, EDITION, changed) != before


def test_a_model_of_ones_own_is_another_id(document: Function, invented: Observations, before: str) -> None:
    """So that a posterior drawn from it is never taken for the package's."""
    assert identify(document, invented, EDITION, Sampler(), model="a" * 64) != before


def test_another_edition_is_another_id(document: Function, invented: Observations, before: str) -> None:
    """Even where it saw the same observations."""
    assert identify(document, invented, EDITION + 1, Sampler()) != before


@pytest.mark.parametrize(
    "change", [{"version": 2}, {"weights": {"concentration": 21, "why": "another", "source": "made for tests"}}]
)
def test_another_function_document_is_another_id(
    document: Function, invented: Observations, before: str, change: dict[str, object]
) -> None:
    """Any part of its content counts."""
    changed = Function.model_validate(plain(document) | change)
    assert identify(changed, invented, EDITION, Sampler()) != before


def test_the_layout_of_the_function_document_does_not_change_the_id(
    root: Path, tmp_path: Path, invented: Observations, before: str
) -> None:
    """A comment is not a question."""
    path = tmp_path / "tiny.yml"
    content = (root / "tests" / "posterior" / "tiny.yml").read_text(encoding="utf-8")
    path.write_text("# a comment\n" + content + "\n# another\n", encoding="utf-8")
    assert identify(Function.read(path), invented, EDITION, Sampler()) == before


@pytest.mark.parametrize(
    ("table", "column", "value"), [("figures", "value", 123.0), ("answers", "answer", 6), ("answers", "tied", True)]
)
def test_one_cell_changed_is_another_id(
    document: Function, invented: Observations, before: str, table: str, column: str, value: object
) -> None:
    """A figure, an answer, or who is tied to whom."""
    frame = getattr(invented, table).copy()
    frame.loc[frame.index[-1], column] = value
    assert identify(document, replace(invented, **{table: frame}), EDITION, Sampler()) != before


@given(data=st.data())
def test_every_row_counts(document: Function, invented: Observations, data: st.DataObject) -> None:
    """A figure withdrawn is another question."""
    row = data.draw(st.sampled_from(list(invented.figures.index)))
    without = replace(invented, figures=invented.figures.drop(index=row))
    assert identify(document, without, EDITION, Sampler()) != identify(document, invented, EDITION, Sampler())


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(0, 10**6))
def test_numbers_of_records_and_the_ledgers_head_do_not_change_the_id(
    document: Function, invented: Observations, seed: int, count: int
) -> None:
    """Where something stands in the ledger says nothing about what was observed."""
    rng = np.random.default_rng(seed)
    moved = replace(
        invented,
        figures=invented.figures.assign(record=rng.permutation(len(invented.figures))),
        answers=invented.answers.assign(record=rng.permutation(len(invented.answers))),
        head=Head(count, "a" * 64),
    )
    assert identify(document, moved, EDITION, Sampler()) == identify(document, invented, EDITION, Sampler())


def test_the_order_of_arrival_does_not_change_the_id(
    document: Function, make_association: Callable[[str], Association]
) -> None:
    """The same rows, taken in one by one from the last to the first, are the same question."""
    at_once, one_by_one = make_association("at-once"), make_association("one-by-one")
    at_once.take({"units.csv": UNITS, "raters.csv": RATERS, "figures.csv": FIGURES, "answers.csv": ANSWERS})
    header, *rows = UNITS.splitlines(keepends=True)
    one_by_one.take({"units.csv": header + "".join(rows)})
    one_by_one.take({"raters.csv": RATERS})
    one_by_one.take({"answers.csv": ANSWERS})
    header, *rows = FIGURES.splitlines(keepends=True)
    for number, row in enumerate(reversed(rows)):
        one_by_one.take({f"figures-{number}.csv": header + row})
    seen = [association.observed() for association in (at_once, one_by_one)]
    assert seen[0].head != seen[1].head
    assert len({identify(document, part, EDITION, Sampler()) for part in seen}) == 1


@pytest.mark.parametrize("room", ["model", "posterior", "observations"])
def test_an_edited_byte_of_the_code_that_draws_is_another_id(
    document: Function, invented: Observations, before: str, copied_source: Path, room: str
) -> None:
    """A comment is enough: what it changes is not for the program to judge."""
    assert identify(document, invented, EDITION, Sampler()) == before
    path = max((copied_source / room).glob("*.py"))
    path.write_bytes(path.read_bytes() + b"#")
    assert identify(document, invented, EDITION, Sampler()) != before


def test_a_file_renamed_is_another_code(copied_source: Path) -> None:
    """The names of modules count as well."""
    before = code_digest()
    (copied_source / "model" / "slopes.py").rename(copied_source / "model" / "slopes_2.py")
    assert code_digest() != before


@pytest.mark.parametrize("room", ["raw", "scores", "report"])
def test_code_that_only_reads_or_reports_does_not_change_the_id(copied_source: Path, room: str) -> None:
    """Another sentence on a page asks for no new draws."""
    before = code_digest()
    path = max((copied_source / room).glob("*.py"))
    path.write_bytes(path.read_bytes() + b"#")
    assert code_digest() == before


def test_another_version_of_a_package_that_draws_is_another_id(
    document: Function, invented: Observations, before: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Draws of another sampler are other draws."""
    newer = identity.versions() | {"nutpie": "99.0"}
    monkeypatch.setattr(identity, "versions", lambda: newer)
    assert identify(document, invented, EDITION, Sampler()) != before
