"""Changes of the hub's keys: proposed here, signed where the root is, adopted here."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from linkwork import seal
from linkwork.errors import WrongUse
from linkwork.wire import HubKey, Keyset, Purpose
from linkwork_hub.feeds.keys import (
    KEYSET,
    PURPOSES,
    REQUEST,
    key_ids_of,
    make_seed,
    public_key,
    seed_files,
    write_whole,
)

#: How long a key that was followed by another is still good: three weeks offline and 60 days.
KEPT = timedelta(days=81)


@dataclass(frozen=True, slots=True)
class Change:
    """What a new keyset changes: the keys that come, and those that go a step."""

    version: int
    comes: tuple[HubKey, ...]
    goes: tuple[HubKey, ...]

    def lines(self) -> Iterator[str]:
        """What to read aloud before it is signed."""
        yield f"keyset version {self.version}"
        for word, keys in (("new", self.comes), ("now", self.goes)):
            for key in keys:
                yield f"{word}: {key.purpose} key {key.key_id} ({key.suite}), {key.status}"


def current(folder: Path) -> tuple[Keyset, str]:
    """The keyset in force and the fingerprint of its root. Raises WrongUse or NotTheHub."""
    path = folder / KEYSET
    if not path.is_file():
        raise WrongUse(f"{path} is missing. Restore the keys folder from its backup.")
    data = path.read_bytes()
    fingerprint = seal.root_fingerprint(seal.keyset_root(data))
    return seal.verify_keyset(data, fingerprint), fingerprint


def propose(
    folder: Path,
    purposes: Collection[Purpose],
    now: datetime,
    random: seal.Random,
    *,
    compromised: bool = False,
    beside: str = "",
) -> Change:
    """Make new keys of these purposes and write down the keyset that is to be signed.

    The keys they follow stay good for 81 days, or with `compromised` for no moment longer. With
    `beside`, a suite, the new keys stand beside the others, which stay as they are. Raises
    WrongUse while another change waits.
    """
    keyset, _ = current(folder)
    if (folder / REQUEST).exists():
        raise WrongUse(
            f"{folder / REQUEST} waits to be signed already. Sign and adopt it, or give it up "
            "with: linkwork-hub keys rotate --give-up"
        )
    new = []
    for purpose in PURPOSES:
        if purpose in purposes:
            number = max(seed_files(folder, purpose), default=0) + 1
            seed = make_seed(folder / f"{purpose}-{number}.key", random)
            new.append(public_key(purpose, seed, now, beside or seal.SUITE))
    followed = () if beside else purposes
    old = [_aged(key, followed, now, compromised=compromised) for key in keyset.keys]
    changed = keyset.model_copy(
        update={"version": keyset.version + 1, "issued": now, "keys": (*new, *old)}
    )
    write_whole(folder / REQUEST, changed.to_bytes())
    return change(keyset, changed)


def give_up(folder: Path) -> None:
    """Forget a change that waits to be signed, and the private keys made for it."""
    path = folder / REQUEST
    if not path.is_file():
        raise WrongUse("No change of keys waits to be signed.")
    keyset, _ = current(folder)
    path.unlink()
    known = {key.key_id for key in keyset.keys}
    for purpose in PURPOSES:
        for file in seed_files(folder, purpose).values():
            if not key_ids_of(purpose, file) & known:
                file.unlink()


def _aged(
    key: HubKey, followed: Collection[Purpose], now: datetime, *, compromised: bool
) -> HubKey:
    over = key.not_after is not None and key.not_after <= now
    if key.status == "retired" or over:
        return key.model_copy(update={"status": "retired"})
    if key.purpose not in followed:
        return key
    if compromised:
        return key.model_copy(update={"status": "retired", "not_after": now})
    return key.model_copy(update={"status": "retiring", "not_after": key.not_after or now + KEPT})


def read_request(data: bytes) -> Keyset:
    """A keyset that waits to be signed. Raises WrongUse."""
    try:
        return Keyset.model_validate_json(data)
    except ValidationError:
        raise WrongUse(
            f"This is no {REQUEST} of a hub of this version. Bring the file that keys rotate wrote."
        ) from None


def change(before: Keyset | None, after: Keyset) -> Change:
    """What `after` changes; without `before` everything is new."""
    had = {key.key_id: key for key in before.keys} if before else {}
    return Change(
        after.version,
        tuple(key for key in after.keys if key.key_id not in had),
        tuple(key for key in after.keys if key.key_id in had and key != had[key.key_id]),
    )


def adopt(folder: Path, data: bytes, fingerprint: str = "") -> Keyset:
    """Put a signed keyset into force.

    `fingerprint` is that of the root, needed for a hub's first keyset alone. Raises NotTheHub for
    another root, a change on the way or an older version, and WrongUse when a private key is
    missing here or the version is not the next.
    """
    before: Keyset | None = None
    if (folder / KEYSET).exists():
        before, fingerprint = current(folder)
    elif not re.fullmatch("[0-9A-Z]{24}", fingerprint):
        raise WrongUse(
            "Give the root's fingerprint for the first keyset, as it was written down when the "
            "root was made: --root FINGERPRINT"
        )
    keyset = seal.verify_keyset(data, fingerprint, at_least=before.version if before else 0)
    following = before.version + 1 if before else 1
    if keyset.version != following:
        raise WrongUse(
            f"The keyset is version {keyset.version}; the next one here is {following}. "
            f"Bring the one signed from this hub's {REQUEST}."
        )
    _all_here(folder, keyset)
    write_whole(folder / KEYSET, data)
    (folder / REQUEST).unlink(missing_ok=True)
    return keyset


def _all_here(folder: Path, keyset: Keyset) -> None:
    for purpose in PURPOSES:
        here: set[str] = set()
        for file in seed_files(folder, purpose).values():
            here |= key_ids_of(purpose, file)
        active = [key for key in keyset.keys if (key.purpose, key.status) == (purpose, "active")]
        missing = [key.key_id for key in active if key.key_id not in here]
        if missing or not active:
            raise WrongUse(
                f"The keyset's active {purpose} key {', '.join(missing) or '(none)'} is not in "
                f"{folder}: agents would seal to what nobody can open. Nothing was changed."
            )


def prune(folder: Path, waiting: int) -> list[str]:
    """Destroy the private keys that are retired; the names of their files.

    Raises WrongUse while `waiting` messages are not applied: one may need such a key.
    """
    if waiting:
        raise WrongUse(
            f"{waiting} messages wait to be applied and may need a retired key. Let the worker "
            "finish first: linkwork-hub feeds"
        )
    keyset, _ = current(folder)
    retired = {key.key_id for key in keyset.keys if key.status == "retired"}
    files = [
        file
        for purpose in PURPOSES
        for file in seed_files(folder, purpose).values()
        if key_ids_of(purpose, file) & retired
    ]
    for file in files:
        file.unlink()
    return sorted(file.name for file in files)
