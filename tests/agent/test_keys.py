"""Key files: for the agent's own account, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest

from linkwork.errors import WrongUse
from linkwork_agent.keys import KeyFolder
from linkwork_agent.protection import Bare, UnderCredential, protection_here


@pytest.fixture
def keys(tmp_path: Path) -> KeyFolder:
    folder = KeyFolder(tmp_path / "keys")
    folder.new_seed("sign", Random(3).randbytes)
    return folder


def test_a_key_is_readable_by_its_account_alone(keys: KeyFolder) -> None:
    assert (keys.folder.stat().st_mode & 0o777) == 0o700
    assert ((keys.folder / "sign.seed").stat().st_mode & 0o777) == 0o600
    assert keys.seed("sign") == Random(3).randbytes(32)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_others_can_read_is_refused_with_the_remedy(keys: KeyFolder, mode: int) -> None:
    (keys.folder / "sign.seed").chmod(mode)
    with pytest.raises(WrongUse, match=f"mode {mode:o}.*chmod 600"):
        keys.seed("sign")


def test_a_folder_others_can_enter_is_refused(keys: KeyFolder) -> None:
    keys.folder.chmod(0o755)
    with pytest.raises(WrongUse, match="chmod 700"):
        keys.seed("sign")
    with pytest.raises(WrongUse, match="chmod 700"):
        keys.refuse_wider()


def test_a_damaged_key_is_named(keys: KeyFolder) -> None:
    (keys.folder / "sign.seed").write_bytes(b"short")
    with pytest.raises(WrongUse, match="holds 5 bytes where a key has 32"):
        keys.seed("sign")


def test_a_missing_key_says_to_join(keys: KeyFolder) -> None:
    with pytest.raises(WrongUse, match="Join the authority first"):
        keys.seed("seal")


def test_a_new_key_replaces_the_old_and_leaves_nothing_beside(keys: KeyFolder) -> None:
    keys.new_seed("sign", Random(4).randbytes)
    assert keys.seed("sign") == Random(4).randbytes(32)
    assert [path.name for path in keys.folder.iterdir()] == ["sign.seed"]


def test_secrets_of_the_school_system_are_files_beside_the_keys(keys: KeyFolder) -> None:
    secret = keys.folder / "mis-password"
    secret.write_text("quiet moon\n")
    secret.chmod(0o600)
    assert keys.secrets() == {"password": "quiet moon"}
    secret.chmod(0o644)
    with pytest.raises(WrongUse, match="can be read by other accounts"):
        keys.secrets()


SECRET = b"a secret of this machine, 32 byte"


def under(folder: Path, secret: bytes = SECRET) -> KeyFolder:
    return KeyFolder(folder, protection=UnderCredential(secret, os.urandom))


def test_under_a_credential_a_key_file_alone_gives_no_key(tmp_path: Path) -> None:
    keys = under(tmp_path / "keys")
    seed = keys.new_seed("sign", os.urandom)
    keys.keep_beside("seal", "k2", b"s" * 32)
    written = [path.read_bytes() for path in (tmp_path / "keys").iterdir()]
    assert all(seed not in data and b"s" * 32 not in data for data in written)
    assert under(tmp_path / "keys").seed("sign") == seed
    keys.take("seal", "k2")
    assert keys.seed("seal") == b"s" * 32


def test_a_key_under_another_credential_or_none_or_another_name_is_refused(tmp_path: Path) -> None:
    keys = under(tmp_path / "keys")
    keys.new_seed("sign", os.urandom)
    with pytest.raises(WrongUse, match="does not open with the credential"):
        under(tmp_path / "keys", b"another secret of a machine").seed("sign")
    with pytest.raises(WrongUse, match="was not given"):
        KeyFolder(tmp_path / "keys", protection=Bare()).seed("sign")
    (tmp_path / "keys" / "sign.seed").rename(tmp_path / "keys" / "seal.seed")
    with pytest.raises(WrongUse, match="does not open"):
        keys.seed("seal")


def test_a_key_from_before_there_was_a_credential_is_still_read(tmp_path: Path) -> None:
    seed = KeyFolder(tmp_path / "keys", protection=Bare()).new_seed("sign", os.urandom)
    assert under(tmp_path / "keys").seed("sign") == seed


@pytest.mark.parametrize("name", ["agent-keys", "mis_agent-keys"])
def test_the_credential_is_found_where_systemd_puts_it(tmp_path: Path, name: str) -> None:
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert isinstance(protection_here(environment), Bare)
    (tmp_path / name).write_bytes(SECRET)
    assert isinstance(protection_here(environment), UnderCredential)
    (tmp_path / name).write_bytes(b"short")
    with pytest.raises(WrongUse, match="has 5 bytes"):
        protection_here(environment)
