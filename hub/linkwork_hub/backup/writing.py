"""Make a backup: sealed to a key that is not here, so that this hub cannot read it back."""

from __future__ import annotations

import hashlib
import os
import tarfile
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from linkwork import __version__, seal
from linkwork.errors import WrongUse
from linkwork_hub import migrations
from linkwork_hub.access.home import Home
from linkwork_hub.backup import dump
from linkwork_hub.backup.models import HOME_FILES, MANIFEST, SIGNATURE, Manifest
from linkwork_hub.feeds import keys as key_files

MANIFEST_TAG = b"linkwork/backup/v1\0"
_CHUNK = 1 << 20
_BLOCK = 512


def back_up(home: Home, out: Path, now: datetime, random: seal.Random) -> Manifest:
    """Write one sealed file, whole or not at all. `out` must not be there yet.

    Settings, profile, every key but the root's, and the database as of one moment. Raises
    WrongUse when no key of backups was made, or the database has not this version's shape.
    """
    folder = home.settings.keys_path
    recipient = _recipient(folder)
    if out.exists():
        raise WrongUse(f"{out} is there already and is never overwritten. Choose another name.")
    if not migrations.is_current(home.db.engine):
        raise WrongUse("The database has an older shape. Start the hub once: linkwork-hub serve")
    beside = out.with_name(f"{out.name}.part")
    with tempfile.TemporaryDirectory(dir=home.path, prefix=".backup-") as scratch:
        packing = _Packing(home, Path(scratch), now)
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                for part in seal.seal_parcel(packing.parts(), recipient, random):
                    file.write(part)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(out)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    return packing.manifest


def _recipient(folder: Path) -> bytes:
    path = folder / key_files.BACKUP
    if not path.is_file():
        raise WrongUse(
            "No key for backups was made yet. Make one, and carry its file away: "
            "linkwork-hub keys backup-key FILE"
        )
    return path.read_bytes()


class _Packing:
    """The parts of a tar archive, file after file; the manifest, known at last, comes last."""

    manifest: Manifest

    def __init__(self, home: Home, scratch: Path, now: datetime) -> None:
        self._home, self._scratch, self._now = home, scratch, now
        self._digests: dict[str, str] = {}

    def parts(self) -> Iterator[bytes]:
        """Everything, ended as a tar archive ends."""
        home = self._home
        folder = home.settings.keys_path
        hub_keys = key_files.load_keys(folder)
        for name in HOME_FILES:
            yield from self._file(name, home.path / name)
        for path in sorted(folder.iterdir()):
            # The root is never in a backup: who opens one must not be able to make keysets.
            if path.is_file() and path.name not in (key_files.ROOT, key_files.REQUEST):
                yield from self._file(f"keys/{path.name}", path)
        engine = home.db.engine
        revision = migrations.revision(engine) or ""
        rows: dict[str, int] = {}
        for name, path in dump.files_of(engine, self._scratch, rows):
            yield from self._file(name, path)
            path.unlink()
        self.manifest = Manifest(
            made=self._now,
            version=__version__,
            authority=hub_keys.receiver.keyset.authority,
            database="sqlite" if home.db.one_writer else "postgresql",
            revision=revision,
            files=self._digests,
            rows=rows,
            keyset=hub_keys.receiver.keyset.version,
            root=hub_keys.root_fingerprint,
        )
        body = self.manifest.model_dump_json().encode()
        yield from _member(MANIFEST, len(body), iter([body]))
        signature = hub_keys.issuer.signer.sign(MANIFEST_TAG + hashlib.sha512(body).digest())
        yield from _member(SIGNATURE, len(signature), iter([signature]))
        yield bytes(2 * _BLOCK)

    def _file(self, name: str, path: Path) -> Iterator[bytes]:
        digest = hashlib.sha256()

        def read() -> Iterator[bytes]:
            with path.open("rb") as file:
                while part := file.read(_CHUNK):
                    digest.update(part)
                    yield part

        yield from _member(name, path.stat().st_size, read())
        self._digests[name] = digest.hexdigest()


def _member(name: str, size: int, parts: Iterator[bytes]) -> Iterator[bytes]:
    info = tarfile.TarInfo(name)
    info.size = size
    yield info.tobuf(tarfile.PAX_FORMAT)
    written = 0
    for part in parts:
        written += len(part)
        yield part
    if written != size:
        raise WrongUse(f"{name} changed while it was backed up. Run the command again.")
    yield bytes(-size % _BLOCK)
