"""What README.md tells people to type exists."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from clusterscore.cli import app

BLOCK = re.compile(r"^```console\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def commands(root: Path) -> list[list[str]]:
    """Return the words of every command of README.md; a line that ends with a backslash goes on."""
    blocks = "".join(BLOCK.findall((root / "README.md").read_text(encoding="utf-8"))).replace("\\\n", " ")
    lines = [line.removeprefix("$ ") for line in blocks.splitlines() if line.startswith("$ ")]
    return [shlex.split(line, comments=True) for line in lines]


def test_the_readme_shows_both_ways_to_start(commands: list[list[str]]) -> None:
    """The tests below have something to look at."""
    assert {"make", "clusterscore"} <= {_program(words) for words in commands}


def test_every_make_target_of_the_readme_exists(root: Path, commands: list[list[str]]) -> None:
    """A target may be renamed only together with the README."""
    targets = set(re.findall(r"^([\w-]+):", (root / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    used = {word for words in commands if _program(words) == "make" for word in words[1:] if "=" not in word}
    assert used - targets == set()


def test_every_verb_of_the_readme_exists_with_its_options(commands: list[list[str]]) -> None:
    """A verb or an option may be renamed only together with the README."""
    assert [problem for words in commands if _program(words) == "clusterscore" for problem in _problems(words)] == []


def _problems(words: list[str]) -> list[str]:
    command: Any = typer.main.get_command(app)
    if len(words) > 1 and not words[1].startswith("-"):
        known = command.commands
        if words[1] not in known:
            return [f"{shlex.join(words)}: no verb {words[1]!r}"]
        command = known[words[1]]
    options = {"--help"} | {name for parameter in command.params for name in parameter.opts + parameter.secondary_opts}
    used = [word.partition("=")[0] for word in words[1:] if word.startswith("-")]
    return [f"{shlex.join(words)}: no option {option}" for option in used if option not in options]


def _program(words: list[str]) -> str:
    return Path(words[0]).name
