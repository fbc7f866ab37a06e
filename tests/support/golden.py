"""How `tests/core/data/golden-kept.json` was made. Run once; a golden file is never made again.

    python3 tests/support/golden.py > tests/core/data/golden-NAME.json

A later form gets a file of its own and a test that opens it; those before stay and stay open.
"""

from __future__ import annotations

import base64
import json
import os
from datetime import UTC, datetime
from typing import Any

from linkwork import __version__, seal
from linkwork.wire import Header, Heartbeat

SCHOOL, HUB, SECOND = bytes(range(32)), bytes(range(32, 64)), bytes(range(96, 128))
PASSPHRASE = "larkspur ferry anvil quiet moth"
BODY = Heartbeat(urn="900001", agent_version="0.1.0", mis="csv", next_seq=8, waiting=0).to_bytes()


def envelope(opener: seal.Opener, second: seal.SecondSigner | None) -> tuple[str, Any]:
    """An envelope in base64, and its header as JSON data."""
    header = Header(
        urn="900001",
        stream="control",
        epoch=1,
        seq=0,
        message_id="m-8",
        recipient=opener.key_id,
        suite=opener.suite,
        kind="heartbeat",
        time=datetime(2026, 11, 25, 9, 30, tzinfo=UTC),
        also_signed=seal.SECOND_SUITE if second else None,
    )
    made = seal.seal(BODY, header, seal.Signer(SCHOOL), opener.public, second)
    return base64.b64encode(made).decode(), json.loads(header.to_bytes())


def main() -> None:
    """Print one new golden file."""
    opener, secret = seal.Opener(HUB), bytes(range(64, 96))
    classical, classical_header = envelope(seal.Opener(HUB, seal.CLASSICAL), None)
    twice, twice_header = envelope(opener, seal.SecondSigner(SECOND))
    locked = seal.lock_secret(secret, "root", PASSPHRASE, os.urandom, log_n=12)
    parcel = b"".join(seal.seal_parcel([BODY], opener.public, os.urandom))
    kept = {
        "made_by": f"linkwork {__version__}, tests/support/golden.py; never changed",
        "school_seed": SCHOOL.hex(),
        "hub_seed": HUB.hex(),
        "second_seed": SECOND.hex(),
        "body": BODY.decode(),
        "classical": classical,
        "classical_header": classical_header,
        "twice": twice,
        "twice_header": twice_header,
        "secret": secret.hex(),
        "passphrase": PASSPHRASE,
        "locked": base64.b64encode(locked).decode(),
        "shares": [share.text() for share in seal.split_secret(secret, os.urandom)],
        "parcel": base64.b64encode(parcel).decode(),
    }
    print(json.dumps(kept, indent=1))


if __name__ == "__main__":
    main()
