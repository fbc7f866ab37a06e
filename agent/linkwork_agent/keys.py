"""Key files: 32-byte seeds and MIS secrets, each readable only by the agent's own account."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TextIO

from linkwork.errors import WrongUse
from linkwork_agent.ports import Random

if TYPE_CHECKING:
    from linkwork_agent.protection import Protection

SEED_BYTES = 32
MIS_PREFIX = "mis-"


class Permissions(Protocol):
    """The platform's part: make a path private, and refuse one that is not."""

    def restrict(self, path: Path) -> None:
        """Give `path` to this account alone."""

    def refuse_wider(self, path: Path) -> None:
        """Raise WrongUse, with the remedy, when other accounts can read `path`."""


class PosixPermissions:
    """Files 0600 and folders 0700, as Linux and macOS keep them."""

    def restrict(self, path: Path) -> None:
        """Take every right from group and others."""
        path.chmod(0o700 if path.is_dir() else 0o600)

    def refuse_wider(self, path: Path) -> None:
        """Raise WrongUse when group or others have any right on `path`."""
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            narrow = "700" if path.is_dir() else "600"
            raise WrongUse(
                f"{path} can be read by other accounts (mode {mode:o}). "
                f"Close it with: chmod {narrow} '{path}'"
            )


class InheritedPermissions:
    """Where the folder's own access list rules, as on Windows: the installer sets it once.

    Not tested: the project has no such machine. `doctor` says so there.
    """

    def restrict(self, path: Path) -> None:
        """Nothing to do: new files take the folder's access list."""

    def refuse_wider(self, path: Path) -> None:
        """Nothing that can be told from file modes here."""


def permissions_here() -> Permissions:
    """The permissions of the platform this runs on."""
    return InheritedPermissions() if sys.platform == "win32" else PosixPermissions()


def new_private_file(path: Path) -> TextIO:
    """A new file of text for this account alone. Raises FileExistsError where one stands."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    permissions_here().restrict(path)
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="")


class KeyFolder:
    """One school's keys folder. Nothing in it is ever printed, logged or sent."""

    def __init__(
        self,
        folder: Path,
        permissions: Permissions | None = None,
        protection: Protection | None = None,
    ) -> None:
        # Whoever opens a store loads this module, and most commands touch no key.
        from linkwork_agent.protection import protection_here

        self.folder = folder
        self._permissions = permissions or permissions_here()
        self._protection = protection or protection_here(os.environ)

    def make(self) -> None:
        """Make the folder, private, when it is not there yet, and the school's folder it is in."""
        if not self.folder.parent.exists():
            self.folder.parent.mkdir(parents=True, mode=0o700)
            self._permissions.restrict(self.folder.parent)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._permissions.restrict(self.folder)

    def seed(self, name: str) -> bytes:
        """The 32 bytes of one key. Raises WrongUse when missing, damaged or readable by others."""
        path = self.folder / f"{name}.seed"
        data = self._protection.unwrap(name, self._read(path))
        if len(data) != SEED_BYTES:
            raise WrongUse(
                f"{path} holds {len(data)} bytes where a key has {SEED_BYTES}: it is damaged. "
                "Restore it from a backup, or join again with a new join string."
            )
        return data

    def has(self, name: str) -> bool:
        """Whether this key was made."""
        return (self.folder / f"{name}.seed").exists()

    def new_seed(self, name: str, random: Random) -> bytes:
        """Make and keep one key; any earlier one of this name is replaced."""
        self.make()
        seed = random(SEED_BYTES)
        self._write(self.folder / f"{name}.seed", self._protection.wrap(name, seed))
        return seed

    def keep_beside(self, name: str, key_id: str, seed: bytes) -> None:
        """Keep a key that is not in use yet beside the one that is."""
        self.make()
        self._write(self._beside(name, key_id), self._protection.wrap(name, seed))

    def seed_beside(self, name: str, key_id: str) -> bytes:
        """The 32 bytes of a key kept beside. Raises WrongUse when it is missing or exposed."""
        return self._protection.unwrap(name, self._read(self._beside(name, key_id)))

    def take(self, name: str, key_id: str) -> None:
        """Put the key kept beside into use, if it still is beside; the one before it is gone."""
        with suppress(FileNotFoundError):
            self._beside(name, key_id).replace(self.folder / f"{name}.seed")

    def drop_beside(self, but: Sequence[str] = ()) -> None:
        """Delete the keys kept beside, those with these ids excepted."""
        for path in self.folder.glob("*-*.seed"):
            if path.stem.partition("-")[2] not in but:
                path.unlink(missing_ok=True)

    def _beside(self, name: str, key_id: str) -> Path:
        return self.folder / f"{name}-{key_id}.seed"

    def secrets(self) -> dict[str, str]:
        """The MIS secrets kept here: file `mis-password` is the secret named "password"."""
        if not self.folder.is_dir():
            return {}
        return {
            path.name.removeprefix(MIS_PREFIX): self._read(path).decode().strip()
            for path in sorted(self.folder.glob(f"{MIS_PREFIX}*"))
        }

    def keep_secret(self, name: str, value: str) -> Path:
        """Keep one MIS secret, readable by this account alone; its file."""
        self.make()
        path = self.folder / f"{MIS_PREFIX}{name}"
        self._write(path, value.encode())
        return path

    def refuse_wider(self) -> None:
        """Raise WrongUse for the first file or folder other accounts can read."""
        if self.folder.is_dir():
            for path in (self.folder, *sorted(self.folder.iterdir())):
                self._permissions.refuse_wider(path)

    def _read(self, path: Path) -> bytes:
        try:
            self._permissions.refuse_wider(self.folder)
            self._permissions.refuse_wider(path)
            return path.read_bytes()
        except FileNotFoundError:
            raise WrongUse(
                f"{path} is missing. Join the authority first: linkwork-agent join STRING."
            ) from None

    def _write(self, path: Path, data: bytes) -> None:
        # Written beside and renamed: a cut in between leaves the old key or the new, never half.
        beside = path.with_suffix(".new")
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        self._permissions.restrict(beside)
        beside.replace(path)
        _sync(self.folder)


def _sync(folder: Path) -> None:
    """Make the names in a folder outlast a power cut, where a folder can be opened for that."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
