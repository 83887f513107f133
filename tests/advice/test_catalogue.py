"""The catalogue of recommendations: complete, in two languages, read strictly."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clusterscore.advice.catalogue import Audience, Catalogue, Ground, read_catalogue
from clusterscore.advice.levels import Levels
from clusterscore.advice.sources import Source
from clusterscore.documents import dump_yaml, load_yaml
from clusterscore.errors import FunctionInvalid
from clusterscore.model.function import Function
from tests.advice.cohort import ROOT

Change = Callable[[Any], object]


def read_changed(folder: Path, shipped: dict[str, Function], change: Change) -> tuple[str, ...]:
    """Return the problems of the shipped catalogue after a change."""
    content = load_yaml(ROOT / "catalogue" / "recommendations.yml")
    change(content)
    (folder / "recommendations.yml").write_text(dump_yaml(content), encoding="utf-8")
    with pytest.raises(FunctionInvalid) as refused:
        read_catalogue(folder, shipped)
    return refused.value.problems


def test_every_pillar_of_both_functions_has_a_recommendation(
    catalogue: Catalogue, shipped: dict[str, Function]
) -> None:
    """Whatever a cluster or its team lacks, there is something to say; at least 25 rules in all."""
    assert len(catalogue.recommendations) >= 25
    for name in ("competitiveness", "management"):
        spoken = {rule.when.pillar for rule in catalogue.of(name)}
        assert {pillar.id for pillar in shipped[name].pillars} - spoken == set()


def test_everybody_is_spoken_to_with_money_and_without(catalogue: Catalogue) -> None:
    """Cluster, members, team and policy; financial instruments and others; every kind of ground."""
    rules = catalogue.recommendations
    assert {rule.audience for rule in rules} == set(Audience)
    assert {rule.financial for rule in rules} == {True, False}
    assert {rule.when.ground for rule in rules} == set(Ground)


def test_no_two_rules_say_the_same(catalogue: Catalogue) -> None:
    """Sentences differ in both languages, and the Romanian one is no copy of the English."""
    rules = catalogue.recommendations
    for language in ("en", "ro"):
        assert len({getattr(rule.text, language) for rule in rules}) == len(rules)
    assert not {rule.text.en for rule in rules} & {rule.text.ro for rule in rules}


def test_romanian_letters_have_commas_and_no_cedillas() -> None:
    """Cedillas are another language's letters."""
    for path in (ROOT / "catalogue").glob("*.yml"):
        assert not set("şţŞŢ") & set(path.read_text(encoding="utf-8"))


def test_all_unknown_names_come_at_once(tmp_path: Path, shipped: dict[str, Function]) -> None:
    """A pillar, an indicator that is a count and a function that the catalogue does not know: three problems."""

    def change(content: Any) -> None:
        rules = content["recommendations"]
        rules[0]["when"], rules[1]["when"] = {"pillar": "turnovr"}, {"indicator": "export_markets"}
        rules[2]["function"] = "nosuch"

    problems = read_changed(tmp_path, shipped, change)
    assert [
        name in problem for name, problem in zip(("turnovr", "export_markets", "nosuch"), problems, strict=True)
    ] == [
        True,
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda c: c["recommendations"][0].update(efort="low"), "efort"),
        (
            lambda c: c["recommendations"][0].update(when={"pillar": "exports", "indicator": "export_share"}),
            "exactly one",
        ),
        (lambda c: c["recommendations"].append(c["recommendations"][0]), "more than once"),
        (lambda c: c["because"]["pillar"].update(en="{aspect.__class__}"), "plain name"),
        (lambda c: c["because"]["pillar"].update(en="{aspect!r}"), "plain name"),
        (lambda c: c["because"]["pillar"].update(en="{secret}", ro="{secret}"), "unknown places"),
        (lambda c: c["because"]["pillar"].update(en="{gap} and no more"), "one language only"),
        (lambda c: c["gap"].pop("source"), "source"),
    ],
)
def test_what_breaks_the_schema_is_refused_by_name(
    tmp_path: Path, shipped: dict[str, Function], change: Change, word: str
) -> None:
    """Unknown keys, two grounds, the same id twice, braces that reach into objects, a place in one language."""
    assert any(word in problem for problem in read_changed(tmp_path, shipped, change))


def test_sources_name_no_unpublished_threshold(catalogue: Catalogue) -> None:
    """Each rule has a source, and says which part of it is ours."""
    for rule in catalogue.recommendations:
        assert "our proposal" in rule.source.en or rule.id == "hear_peers"


def test_every_source_that_pages_show_is_there_in_romanian(catalogue: Catalogue) -> None:
    """Of each rule, and of the conditions of each level."""
    assert [rule.id for rule in catalogue.recommendations if not rule.source.ro] == []
    levels = Levels.read(ROOT / "catalogue" / "levels.yml")
    asked = [levels.evidence.coverage, levels.evidence.raters, levels.evidence.validation]
    for level in levels.ladder:
        asked += [level.score, *(levels.needs(level, name) for name in ("members", "member_types", "staff"))]
    assert [one.source.en for one in asked if not one.source.ro] == []


def test_a_source_may_stand_in_english_alone(tmp_path: Path, shipped: dict[str, Function]) -> None:
    """A title of a book is no sentence; a page in Romanian marks it as English."""
    content = load_yaml(ROOT / "catalogue" / "recommendations.yml")
    content["recommendations"][0]["source"] = "a book"
    (tmp_path / "recommendations.yml").write_text(dump_yaml(content), encoding="utf-8")
    assert read_catalogue(tmp_path, shipped).recommendations[0].source == Source(en="a book")
