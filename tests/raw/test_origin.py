"""A raw file is never alone: its sidecar says what it is."""

import datetime
import hashlib
from pathlib import Path

import pytest

from clusterscore.errors import FunctionInvalid, OriginBroken
from clusterscore.raw.origin import Origin, read_origin, sidecar_of, write_origin

CONTENT = b"unit,name,kind\nCL-01,First,cluster\n"


def origin_of(content: bytes) -> Origin:
    """Return a sidecar's content for a file."""
    digest = hashlib.sha256(content).hexdigest()
    received = datetime.date(2024, 11, 30)
    return Origin(sha256=digest, source="Asociația <Exemplu>: anexa 'A'", received=received, note="# no")


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """Return a raw file with its sidecar."""
    path = tmp_path / "units.csv"
    path.write_bytes(CONTENT)
    write_origin(path, origin_of(CONTENT))
    return path


def test_a_sidecar_is_read_as_it_was_written(stored: Path) -> None:
    """Quotes, accents and marks of YAML survive."""
    assert read_origin(stored, CONTENT) == origin_of(CONTENT)


@pytest.mark.parametrize("content", [CONTENT + b"\n", CONTENT[:-1], CONTENT.replace(b"First", b"Worst"), b""])
def test_a_changed_file_is_refused(stored: Path, content: bytes) -> None:
    """Not one byte of a raw file may change."""
    with pytest.raises(OriginBroken, match="the file was changed"):
        read_origin(stored, content)


def test_a_file_without_its_sidecar_is_refused(stored: Path) -> None:
    """Who deletes the sidecar hides nothing."""
    sidecar_of(stored).unlink()
    with pytest.raises(OriginBroken, match=r"no sidecar units\.csv\.origin\.yml"):
        read_origin(stored, CONTENT)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("sha256: ", "sha256: X", "sha256"),
        ("source:", "sauce:", "unknown key 'sauce'; known keys: decisions, demonstration, encoding"),
        ("note:", "source:", "not a YAML document"),
        ("sha256: ", "sha256: !!python/object/apply:os.getcwd ", "not a YAML document"),
    ],
    ids=["digest", "unknown key", "key twice", "tag that runs code"],
)
def test_a_sidecar_that_breaks_its_schema_is_refused_with_the_reason(
    stored: Path, old: str, new: str, said: str
) -> None:
    """A sidecar is a document like any other: nothing unknown, nothing twice, no code."""
    sidecar = sidecar_of(stored)
    sidecar.write_text(sidecar.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(FunctionInvalid, match=said):
        read_origin(stored, CONTENT)
