"""New keys for a simulated hub, and the next keyset, signed by its root."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from linkwork import seal
from linkwork.seal.keyset import Purpose
from linkwork.wire import HubKey
from linkwork_hub.feeds import keys as key_files

_ROTATED: tuple[Purpose, ...] = ("seal", "receipt", "issue", "identity")


def rotate(folder: Path, now: datetime, random: Callable[[int], bytes]) -> None:
    """Make the next key of each purpose; the keys of before are retiring and still known."""
    data = (folder / key_files.KEYSET).read_bytes()
    root = seal.Signer((folder / key_files.ROOT).read_bytes())
    before = seal.verify_keyset(data, seal.root_fingerprint(root.public))
    version = before.version + 1
    keys = [key.model_copy(update={"status": "retiring"}) for key in before.keys]
    for purpose in _ROTATED:
        seed = random(32)
        path = folder / f"{purpose}-{version}.key"
        path.touch(mode=0o600)
        path.write_bytes(seed)
        signs = purpose in ("receipt", "issue")
        key: seal.Signer | seal.Opener = seal.Signer(seed) if signs else seal.Opener(seed)
        keys.append(
            HubKey(
                key_id=key.key_id,
                purpose=purpose,
                suite="ed25519" if signs else seal.SUITE,
                public=base64.b64encode(key.public).decode(),
                not_before=now,
            )
        )
    newer = before.model_copy(update={"version": version, "issued": now, "keys": tuple(keys)})
    (folder / key_files.KEYSET).write_bytes(seal.sign_keyset(newer, root))
