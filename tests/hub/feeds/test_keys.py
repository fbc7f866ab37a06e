"""The hub's key files: closed to others, whole, and the root apart."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from linkwork import seal
from linkwork.errors import WrongUse
from linkwork_hub.feeds import keys

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    keys.make_keys(tmp_path / "keys", "Exampleshire", NOW, Random(7).randbytes)
    return tmp_path / "keys"


def test_every_key_file_is_closed_to_others(folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    private = list(folder.glob("*.key"))
    assert len(private) == 6
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}


def test_the_keyset_holds_one_public_key_a_purpose_and_no_private_one(folder: Path) -> None:
    loaded = keys.load_keys(folder)
    purposes = sorted(key.purpose for key in loaded.receiver.keyset.keys)
    assert purposes == ["identity", "issue", "receipt", "seal"]
    for path in folder.glob("*.key"):
        assert path.read_bytes() not in loaded.receiver.keyset_bytes


@pytest.mark.parametrize("name", ["seal-1.key", "root.key", "."])
def test_a_key_file_or_folder_others_can_read_is_refused_with_the_command_that_closes_it(
    folder: Path, name: str
) -> None:
    path = (folder / name).resolve()
    if name == "root.key":
        path.chmod(0o644)
        assert keys.load_keys(folder).root_fingerprint
        return
    path.chmod(0o750)
    with pytest.raises(WrongUse, match=r"chmod 0[67]00"):
        keys.load_keys(folder)


def test_a_hub_runs_with_its_root_key_carried_away(folder: Path) -> None:
    (folder / "root.key").unlink()
    assert keys.load_keys(folder).root_fingerprint


@pytest.mark.parametrize(
    "name",
    [
        "seal-1.key",
        "identity-1.key",
        "receipt-1.key",
        "issue-1.key",
        "pseudonyms.key",
        "keyset.lk1",
    ],
)
def test_a_missing_key_is_named_with_what_to_restore(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(WrongUse, match="Restore the keys folder from its backup"):
        keys.load_keys(folder)


def test_keys_are_never_overwritten(folder: Path) -> None:
    with pytest.raises(WrongUse, match="never overwritten"):
        keys.make_keys(folder, "Exampleshire", NOW, Random(8).randbytes)


def test_a_receiver_alone_needs_no_key_that_opens(folder: Path) -> None:
    for name in ("seal-1.key", "identity-1.key", "issue-1.key", "pseudonyms.key", "root.key"):
        (folder / name).unlink()
    receiver = keys.load_receiver_keys(folder)
    opener = seal.current_key(receiver.keyset, "seal", NOW)[0]
    assert receiver.seals(opener)
    assert not receiver.seals(receiver.receipt.key_id)
