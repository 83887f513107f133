"""Raters are known by a keyed digest, and the key by its owner alone."""

import os
import threading
from pathlib import Path

import pytest

from clusterscore.errors import KeyUnsafe
from clusterscore.observations.schema import RaterRow
from clusterscore.pseudonyms import KEY_VARIABLE, key_of, pseudonym

KEY = bytes(range(32))


def test_a_pseudonym_is_an_id_of_the_schema() -> None:
    """What is made is accepted as a rater, whatever the key."""
    for number in range(500):
        name = pseudonym(f"somebody-{number}@example.org", KEY)
        assert RaterRow(rater=name).rater == name
        assert len(name) == 10


def test_a_pseudonym_is_that_of_the_published_algorithm() -> None:
    """HMAC-SHA-256 of purpose and folded identity, 40 bits in base 32: by OpenSSL, not by us."""
    assert pseudonym("Ana.Pop@Example.org", KEY) == "R-3DOVR7PQ"


@pytest.mark.parametrize("other", ["  ANA.POP@EXAMPLE.ORG ", "ana.pop@example.org\n", "Ana.Pop@Example.ORG"])
def test_spelling_makes_no_other_person(other: str) -> None:
    """Capitals and spaces are nobody else."""
    assert pseudonym(other, KEY) == pseudonym("ana.pop@example.org", KEY)


def test_cedilla_and_comma_below_are_one_person() -> None:
    """Romanian names come in both letters."""
    assert pseudonym("Ioana  Ţepeş", KEY) == pseudonym("ioana țepeș", KEY)


def test_persons_and_keys_are_told_apart() -> None:
    """Another person or another key gives another pseudonym."""
    assert len({pseudonym("a@x.ro", KEY), pseudonym("b@x.ro", KEY), pseudonym("a@x.ro", KEY[::-1])}) == 3


@pytest.mark.parametrize("identity", ["", "  ", "\u00a0\t"])
def test_nobody_has_no_pseudonym(identity: str) -> None:
    """An empty cell is no rater."""
    with pytest.raises(ValueError, match="empty identity"):
        pseudonym(identity, KEY)


def test_a_short_key_is_refused() -> None:
    """A key that can be guessed protects nobody."""
    with pytest.raises(KeyUnsafe, match="bits"):
        pseudonym("a@x.ro", b"short")


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    """The first use makes it, unreadable for others; the second finds it."""
    place = tmp_path / "config" / "key"
    key = key_of(place)
    assert len(key) == 32
    assert place.stat().st_mode & 0o777 == 0o600
    assert key_of(place) == key
    assert [path.name for path in place.parent.iterdir()] == ["key"]


def test_the_variable_names_the_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An association may keep its key where it keeps its other secrets."""
    monkeypatch.setenv(KEY_VARIABLE, str(tmp_path / "elsewhere"))
    assert key_of() == key_of(tmp_path / "elsewhere")


def test_the_key_lies_at_home_unless_said_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a variable it is in the user's configuration."""
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    key_of()
    assert (tmp_path / ".config" / "clusterscore" / "key").is_file()


@pytest.mark.parametrize("mark", ["functions", ".git"])
def test_a_key_inside_a_workspace_or_repository_is_refused(tmp_path: Path, mark: str) -> None:
    """It would be published together with what it protects."""
    (tmp_path / mark).mkdir()
    with pytest.raises(KeyUnsafe, match="E-KEY-PLACE"):
        key_of(tmp_path / "secrets" / "key")
    assert not (tmp_path / "secrets").exists()


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    """Mode 600 or nothing."""
    key_of(tmp_path / "key")
    (tmp_path / "key").chmod(0o640)
    with pytest.raises(KeyUnsafe, match="E-KEY-MODE"):
        key_of(tmp_path / "key")


@pytest.mark.parametrize("content", [b"", b"abc", b"\x00" * 32, b"Z" * 64])
def test_what_is_no_key_is_refused_and_not_shown(tmp_path: Path, content: bytes) -> None:
    """A damaged key is never replaced: every pseudonym would change."""
    place = tmp_path / "key"
    place.write_bytes(content)
    place.chmod(0o600)
    with pytest.raises(KeyUnsafe, match="E-KEY-FORMAT") as caught:
        key_of(place)
    assert place.read_bytes() == content
    assert not content or content.decode("latin-1") not in str(caught.value)


def test_two_first_uses_at_once_find_one_key(tmp_path: Path) -> None:
    """Whoever comes second keeps the key of the first."""
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(key_of(tmp_path / "key"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
