"""An enrolment on its way: kept beside the connection that works until the hub has accepted it."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass

from linkwork import wire
from linkwork.seal import verify_keyset
from linkwork_agent.store import base
from linkwork_agent.store.base import Db, Tx

_KEY = "joining"


@dataclass(frozen=True, slots=True)
class Candidacy:
    """All that becomes ours in one step when the hub accepts: where, whose keys, which of ours.

    `keyset` and `envelope` are base64; the seeds of `sign_key` and `seal_key` (ids) stand beside
    the keys in use. `what` and `by` are the head's release, given at `began`.
    """

    url: str
    root_fingerprint: str
    keyset: str
    message_id: str
    envelope: str
    sign_key: str
    seal_key: str
    words: str
    what: tuple[str, ...]
    by: str
    began: str

    @property
    def key_ids(self) -> tuple[str, str]:
        """The ids of our two new keys."""
        return self.sign_key, self.seal_key

    @property
    def envelope_bytes(self) -> bytes:
        """The enrolment as it is sent, the same bytes every time."""
        return base64.b64decode(self.envelope)

    @property
    def keyset_bytes(self) -> bytes:
        """The hub's keyset as it came."""
        return base64.b64decode(self.keyset)

    def hub_keys(self) -> wire.Keyset:
        """The hub's keys. Raises NotTheHub unless the join string's root signed them."""
        return verify_keyset(self.keyset_bytes, self.root_fingerprint)


def underway(db: Db) -> Candidacy | None:
    """The enrolment the hub has not decided yet, if there is one."""
    kept = base.text(db, _KEY)
    if kept is None:
        return None
    fields = json.loads(kept)
    return Candidacy(**(fields | {"what": tuple(fields["what"])}))


def keep(tx: Tx, candidacy: Candidacy) -> None:
    """Keep an enrolment; one that was on its way is given up for it."""
    base.put(tx, **{_KEY: json.dumps(asdict(candidacy))})


def forget(tx: Tx, candidacy: Candidacy) -> bool:
    """It is decided. False when another process has decided it, or a newer one took its place."""
    if underway(tx) != candidacy:
        return False
    base.put(tx, **{_KEY: None})
    return True
