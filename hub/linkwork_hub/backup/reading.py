"""Open a backup into an empty folder, and look at all of it before saying that it is good."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tarfile
from collections.abc import Iterator
from io import RawIOBase
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy import select

from linkwork import seal
from linkwork.errors import EnvelopeRefused, LinkworkError, WrongUse
from linkwork.seal.keys import signature_is_good
from linkwork_hub import migrations
from linkwork_hub.access import store as access
from linkwork_hub.access.home import Home
from linkwork_hub.backup import dump
from linkwork_hub.backup.models import (
    HOME_FILES,
    MANIFEST,
    SIGNATURE,
    SQLITE,
    TABLES,
    Manifest,
    Seen,
)
from linkwork_hub.backup.writing import MANIFEST_TAG
from linkwork_hub.db import Database, Scope, SealedText, metadata, row_id
from linkwork_hub.feeds import keys as key_files

_CHUNK = 1 << 20
_NAME = re.compile(r"keys/[\w.-]+|tables/\w+")
_MOST_MANIFEST = 1 << 20
_SYSTEM = Scope.system()


def restore(file: Path, into: Path, opener: seal.Opener, database: str = "") -> Seen:
    """Unpack a backup into the empty folder `into`, bring it up to date and look at all of it.

    `database` is the address of an empty PostgreSQL database, for a backup of one. Raises
    WrongUse or EnvelopeRefused: nothing usable is left behind then.
    """
    if into.exists() and any(into.iterdir()):
        raise WrongUse(f"{into} is not empty: nothing is ever restored over something.")
    into.mkdir(parents=True, exist_ok=True, mode=0o700)
    into.chmod(0o700)
    try:
        return _restored(file, into, opener, database)
    except BaseException:
        # It was empty before: half a hub is worse than none.
        shutil.rmtree(into)
        raise


def _restored(file: Path, into: Path, opener: seal.Opener, database: str) -> Seen:
    manifest = _unpack(file, into, opener)
    home = Home(into)
    if manifest.database == "postgresql":
        _name_database(home, database)
    elif database:
        raise WrongUse("This backup is of SQLite: its database goes into the home folder.")
    try:
        if database:
            _fill(home, manifest)
        before = dump.counts(home.db.engine)
        migrations.upgrade(home.db.engine)
        return _look(home, manifest, file.stat().st_size, before)
    finally:
        home.db.close()


def _unpack(file: Path, into: Path, opener: seal.Opener) -> Manifest:
    digests: dict[str, str] = {}
    said: dict[str, bytes] = {}
    with file.open("rb") as sealed:
        stream = _Stream(seal.open_parcel(iter(lambda: sealed.read(_CHUNK), b""), opener))
        try:
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                for member in archive:
                    source = archive.extractfile(member)
                    if source is None or not member.isreg():
                        raise _foreign(member.name)
                    if member.name in (MANIFEST, SIGNATURE):
                        said[member.name] = source.read(_MOST_MANIFEST)
                    else:
                        parts = iter(lambda source=source: source.read(_CHUNK), b"")  # type: ignore[misc]
                        digests[member.name] = _write(into, member.name, parts)
            # Nothing may be missing behind the end of the archive either.
            while stream.read(_CHUNK):
                pass
        except tarfile.TarError:
            raise WrongUse(f"{file} opens and holds no backup of a hub.") from None
    return _believed(file, into, digests, said)


def _write(into: Path, name: str, parts: Iterator[bytes]) -> str:
    if name not in (*HOME_FILES, SQLITE) and not _NAME.fullmatch(name):
        raise _foreign(name)
    path = into / name
    path.parent.mkdir(exist_ok=True, mode=0o700)
    digest = hashlib.sha256()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        for part in parts:
            digest.update(part)
            file.write(part)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _believed(file: Path, into: Path, digests: dict[str, str], said: dict[str, bytes]) -> Manifest:
    """The manifest, when the hub's issue key signed it and every file is as it says."""
    body, signature = said.get(MANIFEST, b""), said.get(SIGNATURE, b"")
    try:
        manifest = Manifest.model_validate_json(body)
    except ValidationError:
        raise WrongUse(f"{file} opens, and what it says of itself is not known here.") from None
    keyset = seal.verify_keyset((into / "keys" / key_files.KEYSET).read_bytes(), manifest.root)
    digest = MANIFEST_TAG + hashlib.sha512(body).digest()
    known = seal.lookup(keyset, "issue")
    publics = (known(key.key_id) for key in keyset.keys if key.purpose == "issue")
    if not any(public and signature_is_good(public, signature, digest) for public in publics):
        raise WrongUse(f"{file} was not made by the hub whose keys are in it. Do not use it.")
    wrong = sorted(digests.items() ^ manifest.files.items())
    if wrong:
        raise WrongUse(f"{file}: {wrong[0][0]} is not the file that was backed up. Do not use it.")
    return manifest


def _name_database(home: Home, database: str) -> None:
    """Write where the restored database is into the restored settings."""
    if not database:
        raise WrongUse(
            "This backup is of PostgreSQL. Make an empty database and name it: "
            "--database postgresql+psycopg://…"
        )
    path = home.path / HOME_FILES[0]
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith("database")]
    path.write_text("\n".join([*kept, f"database = {json.dumps(database)}", ""]), encoding="utf-8")


def _fill(home: Home, manifest: Manifest) -> None:
    folder = home.path / TABLES
    dump.load(home.db.engine, manifest.revision, folder)
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()


def _look(home: Home, manifest: Manifest, size: int, rows: dict[str, int]) -> Seen:
    wrong = [
        f"{table} has {rows.get(table, 0)} rows, {count} were backed up"
        for table, count in manifest.rows.items()
        if rows.get(table, 0) != count
    ]
    # Every private key is read, and told by the keyset that it is the one agents seal to.
    hub_keys = key_files.load_keys(home.settings.keys_path)
    if hub_keys.receiver.keyset.version != manifest.keyset:
        wrong.append("the keyset is another than the one that was backed up")
    with home.db.read() as db:
        broken = access.audit_break(_SYSTEM, db)
        audit = access.audit_size(_SYSTEM, db)
    if broken is not None:
        wrong.append(f"entry {broken} of the record of views was changed or is missing")
    sealed, opened = _open_columns(home.db)
    if opened != sealed:
        wrong.append(f"{sealed - opened} of {sealed} sealed values do not open")
    return Seen(manifest, size, rows, audit, sealed, opened, tuple(wrong))


def _open_columns(database: Database) -> tuple[int, int]:
    """How many sealed values there are, and how many open; what they say goes nowhere."""
    sealed = opened = 0
    with database.read() as db:
        for table in metadata.sorted_tables:
            columns = [column for column in table.c if isinstance(column.type, SealedText)]
            if not columns:
                continue
            keys = list(table.primary_key)
            for row in db.execute(select(*keys, *columns)):
                ident = row_id(*tuple(row)[: len(keys)])
                for column, value in zip(columns, tuple(row)[len(keys) :], strict=True):
                    if value is None:
                        continue
                    sealed += 1
                    try:
                        db.opened(column, ident, value)
                        opened += 1
                    except LinkworkError:
                        continue
    return sealed, opened


class _Stream(RawIOBase):
    """What `tarfile` reads: the opened parts of a parcel."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts, self._held = parts, bytearray()

    def read(self, size: int = -1) -> bytes:
        """So many bytes, fewer only at the end."""
        while size < 0 or len(self._held) < size:
            part = next(self._parts, None)
            if part is None:
                break
            self._held += part
        taken = bytes(self._held) if size < 0 else bytes(self._held[:size])
        del self._held[: len(taken)]
        return taken


def _foreign(name: str) -> EnvelopeRefused:
    return EnvelopeRefused("foreign", f"The backup holds {name[:80]!r}, which no hub puts there.")
