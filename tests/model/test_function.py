"""Function documents: what is refused, and what the shipped ones say."""

import copy
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from clusterscore.documents import dump_yaml, load_yaml
from clusterscore.errors import FunctionInvalid, UnknownName
from clusterscore.model.codebook import make_codebook
from clusterscore.model.function import Function, plain, read_functions
from clusterscore.model.priors import DEFAULT_PRIORS, PARAMETERS, Prior

SHIPPED = ["competitiveness", "management", "member", "regional"]
Content = dict[str, Any]
Write = Callable[[Any], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return what writes content, or text as it stands, as the small function's document."""

    def written(content: Any) -> Path:
        path = tmp_path / "small.yml"
        path.write_text(content if isinstance(content, str) else dump_yaml(content), encoding="utf-8")
        return path

    return written


@pytest.fixture
def content(root: Path) -> Content:
    """Return the small function's document as plain data, to be spoiled."""
    return load_yaml(root / "tests" / "model" / "small.yml")


@pytest.fixture(scope="module")
def text(root: Path) -> str:
    """Return the small function's document as it is written."""
    return (root / "tests" / "model" / "small.yml").read_text(encoding="utf-8")


def places(content: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every mapping whose keys the schema names."""
    if isinstance(content, dict):
        if place[:1] != ("priors",) or len(place) == 2:
            yield place
        for key, value in content.items():
            yield from places(value, (*place, key))
    elif isinstance(content, list):
        for number, value in enumerate(content):
            yield from places(value, (*place, number))


def at(content: Any, place: tuple[Any, ...]) -> Any:
    """Return what stands at a place."""
    for step in place:
        content = content[step]
    return content


# The shipped documents -------------------------------------------------------------------------------------------


def test_four_documents_are_shipped_and_valid(functions: dict[str, Function]) -> None:
    """For clusters, for their teams, for their members and for their regions."""
    assert sorted(functions) == SHIPPED
    assert sorted(function.kind for function in functions.values()) == ["cluster", "member", "region", "team"]


@pytest.mark.parametrize("name", SHIPPED)
def test_every_part_speaks_both_languages(functions: dict[str, Function], name: str) -> None:
    """Titles and questions in English and in Romanian, and the Romanian is not the English."""
    function = functions[name]
    texts = [function.title, function.question, *(pillar.title for pillar in function.pillars)]
    texts += [part.title for part in function.indicators] + [item.text for item in function.items]
    assert [text for text in texts if not text.en.strip() or not text.ro.strip()] == []
    assert [text.en for text in texts if text.en == text.ro and len(text.en.split()) > 1] == []


@pytest.mark.parametrize("name", SHIPPED)
def test_every_default_has_a_reason_and_a_source(functions: dict[str, Function], name: str) -> None:
    """Whoever wants to change a number reads first why it is what it is."""
    function = functions[name]
    parts = [*function.pillars, *function.indicators, *function.items, function.weights, *function.priors.values()]
    assert [part for part in parts if len(part.why.split()) < 3 or len(part.source.split()) < 2] == []


def test_every_default_prior_has_a_reason_and_a_source() -> None:
    """Beliefs that no document states are stated in the code, with why."""
    assert [name for name, prior in DEFAULT_PRIORS.items() if len(prior.why.split()) < 3 or not prior.source] == []


@pytest.mark.parametrize("name", SHIPPED)
def test_no_document_claims_to_be_the_original(functions: dict[str, Function], name: str) -> None:
    """The formula is not public; every document says that it is a reconstruction."""
    assert "documented reconstruction" in functions[name].reconstruction.lower()


def test_competitiveness_has_the_nine_aspects(functions: dict[str, Function]) -> None:
    """Four by three indicators of the cluster, five by five items, an overall item, equal agreed weights; and two more.

    A figure of the members speaks about turnover, and location quotients about concentration.
    """
    function = functions["competitiveness"]
    others = {part.id for part in function.indicators if part.of == "members" or part.derived}
    assert others == {"firm_value_added_per_employee", "location_quotient"}
    sent = {pillar.id: [part for part in pillar.indicators if part.id not in others] for pillar in function.pillars}
    assert [(pillar.id, len(sent[pillar.id]), len(pillar.items)) for pillar in function.pillars] == [
        *((name, 3, 0) for name in ("turnover", "exports", "employment", "innovation")),
        *((name, 0, 5) for name in ("geographical_concentration", "labour_force", "strategy", "internationalisation")),
        ("cooperation", 0, 5),
    ]
    assert len(function.overall) == 1
    assert list(function.agreed_weights.values()) == pytest.approx([1 / 9] * 9)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_document_survives_being_written(functions: dict[str, Function], name: str, tmp_path: Path) -> None:
    """Plain data, written and read again, are the same function."""
    path = tmp_path / f"{name}.yml"
    path.write_text(dump_yaml(plain(functions[name])), encoding="utf-8")
    assert Function.read(path).digest == functions[name].digest


def test_the_codebook_knows_every_figure_and_question(functions: dict[str, Function]) -> None:
    """What the door admits is what the documents ask for."""
    book = make_codebook(functions)
    for function in functions.values():
        for part in function.indicators:
            assert (part.id in book.figures[function.kind_of(part)]) == (part.derived is None)
        assert all(book.answers[function.kind][item.id] == function.categories(item) for item in function.items)


# The digest ------------------------------------------------------------------------------------------------------


def test_the_digest_does_not_see_the_layout(content: Content, write: Write, small: Function) -> None:
    """Keys in another order, other quotes, comments gone: the same function."""

    def turned(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: turned(part[key]) for key in reversed(part)}
        return [turned(one) for one in part] if isinstance(part, list) else part

    path = write(turned(content))
    assert hashlib.sha256(path.read_bytes()).hexdigest() != small.digest
    assert Function.read(path).digest == small.digest


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c["pillars"][0].update(weight=3),
        lambda c: c["pillars"].reverse(),
        lambda c: c["pillars"][0]["indicators"][0].update(spread=1.2),
        lambda c: c["validation"].update(why="another reason"),
        lambda c: c.update(priors={"halo_sd": {"parameters": {"sd": 0.6}, "why": "a test", "source": "a test"}}),
    ],
    ids=["weight", "order of pillars", "spread", "reason", "prior"],
)
def test_the_digest_sees_every_change(
    content: Content, write: Write, small: Function, change: Callable[[Content], None]
) -> None:
    """A changed decision, or a changed reason for it, is another function."""
    change(content)
    assert Function.read(write(content)).digest != small.digest


# What is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*SHIPPED, "small"])
def test_an_unknown_key_is_refused_wherever_it_stands(root: Path, name: str) -> None:
    """In every mapping of a document: the key is named, and so are the known ones beside it."""
    path = root / "tests" / "model" / "small.yml" if name == "small" else root / "functions" / f"{name}.yml"
    original = load_yaml(path)
    for place in places(original):
        spoiled = copy.deepcopy(original)
        at(spoiled, place)["colour"] = 1
        with pytest.raises(ValidationError) as refused:
            Function.model_validate(spoiled)
        (fault,) = [fault for fault in refused.value.errors() if "unknown key 'colour'" in fault["msg"]]
        assert fault["loc"] == place
        assert set(at(original, place)) <= set(fault["msg"].split("known keys: ")[1].split(", "))


def test_an_unknown_key_is_named_with_its_file_and_place(content: Content, write: Write) -> None:
    """As a person reads it."""
    content["pillars"][2]["items"][0]["colour"] = "red"
    known = "categories, direction, id, source, text, why"
    with pytest.raises(
        FunctionInvalid, match=rf"small\.yml:\n  pillars\.2\.items\.0: unknown key 'colour'; known keys: {known}$"
    ):
        Function.read(write(content))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda c: c["pillars"][1].update(id="sales"), "ids used more than once: sales"),
        (lambda c: c["pillars"][1]["indicators"][0].update(id="turnover"), "ids used more than once: turnover"),
        (lambda c: c["overall"][0].update(id="accredited"), "ids used more than once: accredited"),
        (lambda c: c.pop("questionnaire"), "items need a questionnaire section"),
        (
            lambda c: c["pillars"][3]["indicators"][0].update(exposure="people_employed"),
            "patents: unknown exposure 'people_employed'; known: cost_share, employees, markets, patents",
        ),
        (lambda c: c["pillars"][0]["indicators"][0].update(exposure="employees"), "only a count has an exposure"),
        (lambda c: c["pillars"][0].update(indicators=[]), "a pillar needs at least one indicator or item"),
        (lambda c: c.update(pillars=[]), "pillars"),
        (lambda c: c["pillars"][0]["indicators"][0].update(typical=0), "transform log needs typical > 0"),
        (lambda c: c["pillars"][0]["indicators"][1].update(typical=1), "strictly between 0 and 1"),
        (lambda c: c["pillars"][0]["indicators"][1].pop("resolution"), "has a resolution, nothing else has"),
        (lambda c: c["pillars"][0]["indicators"][0].update(resolution=0.1), "has a resolution, nothing else has"),
        (lambda c: c["pillars"][1]["indicators"][0].update(minimum=1, maximum=0), "minimum must be below maximum"),
        (lambda c: c["pillars"][0]["indicators"][0].update(direction=0), "direction"),
        (lambda c: c["pillars"][0]["indicators"][0].update(transform="sqrt"), "transform"),
        (lambda c: c["pillars"][0].update(weight=0), "weight"),
        (lambda c: c["pillars"][4]["items"][2].update(categories=1), "categories"),
        (lambda c: c["pillars"][4]["items"][2].update(categories=22), "categories"),
        (
            lambda c: c["questionnaire"].update(labels={"en": ["a"] * 4, "ro": ["a"] * 5}),
            "en: 4 labels for 5 categories",
        ),
        (lambda c: c["errors"].update(degrees_of_freedom=2), "degrees_of_freedom"),
        (lambda c: c["validation"].update(probability=0.5), "validation.probability"),
        (lambda c: c.update(function="Small"), "function"),
        (lambda c: c.update(kind="club"), "kind"),
        (lambda c: c["title"].pop("ro"), "title.ro"),
        (lambda c: c["pillars"][0].pop("why"), "pillars.0.why"),
        (lambda c: c["pillars"][0]["indicators"][0].pop("source"), "pillars.0.indicators.0.source"),
    ],
)
def test_a_document_that_cannot_be_meant_is_refused(
    content: Content, write: Write, change: Callable[[Content], None], problem: str
) -> None:
    """The message names the culprit and its place."""
    change(content)
    with pytest.raises(FunctionInvalid) as refused:
        Function.read(write(content))
    assert problem in str(refused.value)


def test_every_problem_is_listed_at_once(content: Content, write: Write) -> None:
    """Nobody mends a document fault by fault."""
    content["kind"] = "club"
    content["pillars"][0]["weight"] = -1
    content["pillars"][1].pop("why")
    with pytest.raises(FunctionInvalid) as refused:
        Function.read(write(content))
    assert len(refused.value.problems) == 3


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
@pytest.mark.parametrize(
    "place",
    [
        ("pillars", 1, "indicators", 0, "typical"),
        ("pillars", 1, "indicators", 0, "minimum"),
        ("errors", "degrees_of_freedom"),
    ],
)
def test_what_is_no_number_is_refused(content: Content, write: Write, place: tuple[Any, ...], number: float) -> None:
    """Neither `.nan` nor `.inf` is typical, a bound or a number of degrees of freedom."""
    at(content, place[:-1])[place[-1]] = number
    with pytest.raises(FunctionInvalid):
        Function.read(write(content))


# Priors ----------------------------------------------------------------------------------------------------------


def test_a_document_overrides_a_prior(content: Content, write: Write) -> None:
    """Its parameters, reason and source stand; parameters that it leaves out, and the family, stay."""
    content["priors"] = {"error_sd": {"parameters": {"median": 0.1}, "why": "a test", "source": "our own"}}
    prior = Function.read(write(content)).prior("error_sd")
    assert prior == Prior("log_normal", {"median": 0.1, "log_sd": 0.6}, "a test", "our own")


def test_a_prior_that_no_document_mentions_is_the_default(small: Function) -> None:
    """One default, one place."""
    assert small.prior("halo_sd") is DEFAULT_PRIORS["halo_sd"]


def test_an_unknown_prior_is_refused_with_the_known_ones(content: Content, write: Write) -> None:
    """In a document."""
    content["priors"] = {"halo": {"parameters": {"sd": 1.0}, "why": "a test", "source": "our own"}}
    with pytest.raises(FunctionInvalid, match=r"unknown name 'halo'; known: .*halo_sd") as refused:
        Function.read(write(content))
    assert all(name in str(refused.value) for name in DEFAULT_PRIORS)


def test_an_unknown_prior_is_unknown_to_the_engine_too(small: Function) -> None:
    """In the code."""
    with pytest.raises(UnknownName) as refused:
        small.prior("halo")
    assert refused.value.known == tuple(sorted(DEFAULT_PRIORS))


@pytest.mark.parametrize("parameters", [{"sigma": 1.0}, {"sd": -1.0}, {"sd": 0.0}], ids=["unknown", "negative", "zero"])
def test_a_prior_that_is_no_distribution_is_refused(
    content: Content, write: Write, parameters: dict[str, float]
) -> None:
    """When the document is read, not when the model is built: an unknown parameter, a spread that is not positive."""
    content["priors"] = {"halo_sd": {"parameters": parameters, "why": "a test", "source": "our own"}}
    with pytest.raises(FunctionInvalid, match="halo_sd"):
        Function.read(write(content))


@pytest.mark.parametrize("family", PARAMETERS)
def test_a_prior_has_the_parameters_of_its_family(family: Any) -> None:
    """No more, no fewer."""
    with pytest.raises(ValueError, match=family):
        Prior(family, {"width": 1.0}, "a test", "a test")


# Folders ---------------------------------------------------------------------------------------------------------


def test_a_file_is_named_after_its_function(root: Path, tmp_path: Path) -> None:
    """So that one function has one document."""
    (tmp_path / "other.yml").write_bytes((root / "functions" / "regional.yml").read_bytes())
    with pytest.raises(FunctionInvalid, match=r"name it regional\.yml"):
        read_functions(tmp_path)


def test_two_functions_of_one_kind_share_no_id(tmp_path: Path, write: Write, content: Content) -> None:
    """A recorded figure belongs to one function."""
    write(content)
    content["function"] = "twin"
    (tmp_path / "twin.yml").write_text(dump_yaml(content), encoding="utf-8")
    with pytest.raises(FunctionInvalid, match=r"ids already used .* in small\.yml: accredited, cost_share"):
        read_functions(tmp_path)


# YAML ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["NO", "off", "yes", "on", "12:30"])
def test_a_word_stays_a_word(text: str, write: Write, word: str) -> None:
    """Norway is a country, off is a word, and half past twelve is not 750."""
    assert Function.read(write(text.replace("measure: EUR", f"measure: {word}"))).indicators[0].measure == word


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text + "version: 2\n",
        lambda text: text.replace("weight: 2", "weight: 2\n    weight: 3"),
        lambda text: text.replace("version: 1", "version: !!python/object/apply:os.getcwd []"),
        lambda text: text.replace("version: 1", "version: !!python/name:os.getcwd"),
        lambda text: text.replace("version: 1", "version: !mine 1"),
        lambda text: text.replace("version: 1", "version: 2020-13-45"),
        lambda text: text.replace("version: 1", "version: [1"),
        lambda text: text.replace("version: 1", "version: \x00"),
        lambda text: text.replace("version: 1", "version: &a [*a]"),
        lambda _text: "",
        lambda _text: "- small",
        lambda _text: "small",
    ],
    ids=[
        *(
            "twice",
            "twice inside",
            "runs code",
            "names code",
            "own tag",
            "no date",
            "open bracket",
            "null byte",
            "endless",
        ),
        *("empty", "list", "word"),
    ],
)
def test_a_file_that_is_no_document_is_refused(text: str, write: Write, spoil: Callable[[str], str]) -> None:
    """With its name, as an error that a person can act upon."""
    with pytest.raises(FunctionInvalid, match=r"small\.yml"):
        Function.read(write(spoil(text)))


def test_a_file_that_is_not_text_is_refused(write: Write) -> None:
    """Bytes that are no UTF-8."""
    path = write("")
    path.write_bytes(b"function: \xff\xfe")
    with pytest.raises(FunctionInvalid, match="not a YAML document"):
        Function.read(path)
