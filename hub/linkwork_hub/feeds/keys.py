"""The hub's private keys as files: made once, readable by the hub's account alone."""

from __future__ import annotations

import base64
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from linkwork import seal
from linkwork.errors import WrongUse
from linkwork.wire import HubKey, Keyset, Purpose
from linkwork_hub.feeds.models import IssueKeys

KEYSET, REQUEST = "keyset.lk1", "keyset.request"
ROOT, PSEUDONYMS = "root.key", "pseudonyms.key"
#: The public half of the key that opens backups, which is kept elsewhere.
BACKUP = "backup.public"
PURPOSES: tuple[Purpose, ...] = ("seal", "identity", "receipt", "issue")
_SIGNING: frozenset[Purpose] = frozenset({"receipt", "issue"})
_FILE = re.compile(r"(seal|identity|receipt|issue)-(\d{1,4})\.key")


@dataclass(frozen=True)
class ReceiverKeys:
    """All that a receiver holds: one signing key and public keys. It can open nothing."""

    receipt: seal.Signer
    keyset: Keyset
    keyset_bytes: bytes

    def seals(self, key_id: str) -> bool:
        """Whether this hub still opens what is sealed to the key."""
        return seal.lookup(self.keyset, "seal")(key_id) is not None


@dataclass(frozen=True)
class WorkKeys:
    """What opens: messages by `openers`, identities by `identities`, both by key id."""

    openers: Mapping[str, seal.Opener]
    identities: Mapping[str, seal.Opener]
    issuer: IssueKeys
    pseudonyms: bytes

    @property
    def suites(self) -> frozenset[str]:
        """The suites this hub opens: those of which an agent may have its own key."""
        return frozenset(opener.suite for opener in self.openers.values())


@dataclass(frozen=True)
class HubKeys:
    """Every key of a hub whose processes are one. `root_fingerprint` goes into join strings."""

    receiver: ReceiverKeys
    work: WorkKeys
    root_fingerprint: str

    @property
    def issuer(self) -> IssueKeys:
        """The key that `store.issue` needs."""
        return self.work.issuer


def make_keys(folder: Path, authority: str, now: datetime, random: seal.Random) -> HubKeys:
    """Make every key of a new hub and its keyset, version 1, in `folder`.

    `root.key` signs keysets only: once made it can be carried away from this machine.
    Raises WrongUse when the folder holds keys already.
    """
    keyset = make_without_root(folder, authority, now, random)
    root = seal.Signer(make_seed(folder / ROOT, random))
    write_whole(folder / KEYSET, seal.sign_keyset(keyset, root))
    (folder / REQUEST).unlink()
    return load_keys(folder)


def make_without_root(folder: Path, authority: str, now: datetime, random: seal.Random) -> Keyset:
    """Make a new hub's keys for a root that is elsewhere: the keyset waits to be signed by it.

    Raises WrongUse when the folder holds keys already.
    """
    if (folder / KEYSET).exists() or (folder / REQUEST).exists():
        raise WrongUse(f"{folder} holds a hub's keys already; they are never overwritten.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    make_seed(folder / PSEUDONYMS, random)
    keys = [public_key(use, make_seed(folder / f"{use}-1.key", random), now) for use in PURPOSES]
    keyset = Keyset(version=1, authority=authority, issued=now, keys=tuple(keys))
    write_whole(folder / REQUEST, keyset.to_bytes())
    return keyset


def load_keys(folder: Path) -> HubKeys:
    """The keys in `folder`; `root.key` is not read. Raises WrongUse naming file and remedy."""
    receiver, fingerprint = _receiver(folder)
    seeds = _seeds(folder)
    return HubKeys(
        receiver=receiver,
        work=WorkKeys(
            openers=_openers(folder, seeds, receiver.keyset, "seal"),
            identities=_openers(folder, seeds, receiver.keyset, "identity"),
            issuer=IssueKeys(_signer(folder, seeds, receiver.keyset, "issue")),
            pseudonyms=_read(folder / PSEUDONYMS),
        ),
        root_fingerprint=fingerprint,
    )


def load_receiver_keys(folder: Path) -> ReceiverKeys:
    """What a receiver alone needs: `keyset.lk1` and the `receipt` keys. Raises WrongUse."""
    return _receiver(folder)[0]


def _receiver(folder: Path) -> tuple[ReceiverKeys, str]:
    _refuse_wider(folder, "folder")
    path = folder / KEYSET
    if not path.is_file() and (folder / REQUEST).is_file():
        raise WrongUse(
            f"This hub's keys are not signed yet. Take {folder / REQUEST} to the authority's root "
            "(linkwork-hub keys root sign), then: linkwork-hub keys adopt FILE"
        )
    if not path.is_file():
        raise WrongUse(f"{path} is missing. Restore the keys folder from its backup.")
    data = path.read_bytes()
    fingerprint = seal.root_fingerprint(seal.keyset_root(data))
    keyset = seal.verify_keyset(data, fingerprint)
    receipt = _signer(folder, _seeds(folder, ("receipt",)), keyset, "receipt")
    return ReceiverKeys(receipt, keyset, data), fingerprint


def make_seed(path: Path, random: seal.Random) -> bytes:
    """A new private key in a new file, 0600. Raises FileExistsError."""
    seed = random(32)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(seed)
        file.flush()
        os.fsync(file.fileno())
    return seed


def write_whole(path: Path, data: bytes) -> None:
    """Write a file, 0600, so that a cut in between leaves the old one or the new, never half."""
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def public_key(purpose: Purpose, seed: bytes, now: datetime, suite: str = seal.SUITE) -> HubKey:
    """The public half of a new key, as it stands in a keyset; `suite` is of those that open."""
    key: seal.Signer | seal.Opener
    key = seal.Signer(seed) if purpose in _SIGNING else seal.Opener(seed, suite)
    return HubKey(
        key_id=key.key_id,
        purpose=purpose,
        suite="ed25519" if purpose in _SIGNING else suite,
        public=base64.b64encode(key.public).decode(),
        not_before=now,
    )


def seed_files(folder: Path, purpose: Purpose) -> dict[int, Path]:
    """The private key files of a purpose, by number."""
    named = ((_FILE.fullmatch(path.name), path) for path in folder.iterdir())
    return {int(match[2]): path for match, path in named if match and match[1] == purpose}


def key_ids_of(purpose: Purpose, path: Path) -> set[str]:
    """The ids a private key file may have in a keyset: one of each suite it can open."""
    seed = _read(path)
    if purpose in _SIGNING:
        return {seal.Signer(seed).key_id}
    return {seal.Opener(seed, suite).key_id for suite in seal.SUITES}


def _seeds(folder: Path, purposes: tuple[Purpose, ...] = PURPOSES) -> dict[str, list[bytes]]:
    """Seeds by purpose, the newest file first."""
    found = {use: seed_files(folder, use) for use in purposes}
    return {
        use: [_read(files[n]) for n in sorted(files, reverse=True)] for use, files in found.items()
    }


def _openers(
    folder: Path,
    seeds: Mapping[str, list[bytes]],
    keyset: Keyset,
    purpose: Literal["seal", "identity"],
) -> dict[str, seal.Opener]:
    suites = {key.key_id: key.suite for key in keyset.keys}
    made = [seal.Opener(seed, suite) for seed in seeds[purpose] for suite in seal.SUITES]
    # A key retired from the keyset opens what came before: it stays until its file is destroyed.
    openers = {one.key_id: one for one in made if suites.get(one.key_id) == one.suite}
    if not openers:
        raise WrongUse(
            f"{folder / purpose}-1.key is missing: without it nothing a school sends can be read. "
            "Restore the keys folder from its backup."
        )
    return openers


def _signer(
    folder: Path,
    seeds: Mapping[str, list[bytes]],
    keyset: Keyset,
    purpose: Literal["receipt", "issue"],
) -> seal.Signer:
    known = seal.lookup(keyset, purpose)
    for seed in seeds[purpose]:
        signer = seal.Signer(seed)
        if known(signer.key_id):
            return signer
    raise WrongUse(
        f"{folder} holds no {purpose} key of the keyset: agents would refuse every answer. "
        "Restore the keys folder from its backup."
    )


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise WrongUse(f"{path} is missing. Restore the keys folder from its backup.")
    _refuse_wider(path, "file")
    return path.read_bytes()


def _refuse_wider(path: Path, kind: Literal["file", "folder"]) -> None:
    # On Windows the mode bits say nothing; there the installer sets the access list.
    if os.name == "posix" and path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
        mode = "0600" if kind == "file" else "0700"
        raise WrongUse(
            f"The key {kind} {path} can be read by other accounts of this machine. "
            f"Close it with: chmod {mode} {path}"
        )
