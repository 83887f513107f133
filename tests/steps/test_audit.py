"""The audit: every raw file and every record is what it was."""

from collections.abc import Callable

import pytest

from clusterscore import audit
from clusterscore.durable import digest_of
from clusterscore.errors import CheckFailed
from clusterscore.raw.origin import sidecar_of
from clusterscore.raw.receive import stored_files
from tests.observations.association import Association


def _change_a_raw_file(association: Association) -> str:
    path = stored_files(association.workspace)[0]
    path.write_bytes(path.read_bytes() + b"\n")
    return path.name


def _change_a_sidecar(association: Association) -> str:
    path = sidecar_of(stored_files(association.workspace)[0])
    path.write_text(path.read_text(encoding="utf-8").replace("sha256: ", "sha256: 0"), encoding="utf-8")
    return path.name


def _delete_a_sidecar(association: Association) -> str:
    path = stored_files(association.workspace)[0]
    sidecar_of(path).unlink()
    return path.name


def _delete_a_recorded_file(association: Association) -> str:
    path = stored_files(association.workspace)[0]
    path.unlink()
    sidecar_of(path).unlink()
    return path.name


def _replace_a_recorded_file(association: Association) -> str:
    path = stored_files(association.workspace)[0]
    before = sidecar_of(path).read_text(encoding="utf-8")
    old = digest_of(path)
    path.write_bytes(path.read_bytes().replace(b"4", b"5"))
    sidecar_of(path).write_text(before.replace(old, digest_of(path)), encoding="utf-8")
    return path.name


def _change_a_record(association: Association) -> str:
    path = next(association.workspace.ledger.glob("*.jsonl"))
    path.write_bytes(path.read_bytes().replace(b"2000000", b"3000000"))
    return path.name


DAMAGES: tuple[Callable[[Association], str], ...] = (
    _change_a_raw_file,
    _change_a_sidecar,
    _delete_a_sidecar,
    _delete_a_recorded_file,
    _replace_a_recorded_file,
    _change_a_record,
)


def test_a_sound_workspace_passes(association: Association) -> None:
    """Nothing is found where nothing happened."""
    assert len(audit.check(association.workspace)) == 2


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__.replace("_", " ").strip())
def test_every_damage_is_found_and_named(association: Association, damage: Callable[[Association], str]) -> None:
    """The message names the file that is not what it was."""
    name = damage(association)
    with pytest.raises(CheckFailed) as failed:
        audit.check(association.workspace)
    assert name in str(failed.value)


def test_all_damages_are_named_at_once(association: Association) -> None:
    """One check is enough to know everything."""
    names = {_change_a_raw_file(association), _change_a_record(association)}
    with pytest.raises(CheckFailed) as failed:
        audit.check(association.workspace)
    assert [name for name in names if name not in str(failed.value)] == []
