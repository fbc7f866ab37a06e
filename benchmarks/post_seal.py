"""Sealing and opening a message beside the bare HPKE and Ed25519 calls inside it.

    python3 run.py bench post_seal [--bytes 2048] [--rounds 7] [--calls 200]

Both sides work on the same bytes in the same process, in turns; the best of the rounds counts. The
whole: canonical header, compression, padding, sealing, signing; then verifying, parsing the
header, opening, unpadding, decompressing. The bar is half the speed of the bare calls, for a
message of 2 KB as most are; of one of 200 KB nearly all the time is compression.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from linkwork import seal
from linkwork.seal.padding import compress, pad
from linkwork.seal.suites import SEALINGS
from linkwork.wire import Header

BAR = 0.5


class Rates(NamedTuple):
    """Calls a second: the whole, the bare calls, and their ratio."""

    whole: float
    bare: float

    @property
    def ratio(self) -> float:
        """How much of the bare calls' speed the whole keeps."""
        return self.whole / self.bare


def a_body(size: int) -> bytes:
    """JSON of about this size, as compressible as a summary with notices is."""
    random, parts = Random(size), bytearray(b'{"notices":[')
    while len(parts) < size:
        parts += b'{"pseudonym":"p_%s","trigger":"not-seen","value":%d,"first":"2026-0%d-02"},' % (
            random.randbytes(13).hex().encode(),
            random.randrange(40),
            random.randrange(1, 8),
        )
    return bytes(parts)


def rates(
    whole: Callable[[], object], bare: Callable[[], object], rounds: int, calls: int
) -> Rates:
    """Both measured in turns, the best round of each."""
    best = [0.0, 0.0]
    for _ in range(rounds):
        for place, function in enumerate((whole, bare)):
            started = time.perf_counter()
            for _ in range(calls):
                function()
            best[place] = max(best[place], calls / (time.perf_counter() - started))
    return Rates(*best)


def seal_and_open(size: int = 2048, rounds: int = 7, calls: int = 200) -> dict[str, Rates]:
    """The rates of sealing and of opening one message of `size` bytes."""
    signer, opener = seal.Signer(bytes(range(32))), seal.Opener(bytes(range(32, 64)))
    body = a_body(size)
    header = Header(
        urn="900001",
        stream="feed",
        epoch=1,
        seq=7,
        message_id="m_" + "0" * 32,
        recipient=opener.key_id,
        suite=seal.SUITE,
        kind="message",
        time=datetime(2026, 11, 25, 9, 30, tzinfo=UTC),
    )
    known = {signer.key_id: signer.public}.get
    envelope = seal.seal(body, header, signer, opener.public)
    verified = seal.verify(envelope, known)
    assert seal.open_verified(verified, opener) == body
    padded, digest = pad(compress(body)), hashlib.sha512(envelope[:-64]).digest()
    said = b"linkwork/sig/v1\0" + digest

    def whole_seal() -> bytes:
        return seal.seal(body, header, signer, opener.public)

    # Key objects made beforehand: nothing but the four calls of the library.
    sealing = SEALINGS[seal.SUITE]
    private, _ = sealing.private(bytes(range(32, 64)))
    public = sealing.public(opener.public)
    signing = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    checking = signing.public_key()

    def bare_seal() -> bytes:
        return sealing.hpke.encrypt(padded, public, info=verified.info) + signing.sign(said)

    def whole_open() -> bytes:
        return seal.open_verified(seal.verify(envelope, known), opener)

    def bare_open() -> bytes:
        checking.verify(envelope[-64:], said)
        return sealing.hpke.decrypt(verified.ciphertext, private, info=verified.info)

    return {
        "seal": rates(whole_seal, bare_seal, rounds, calls),
        "open": rates(whole_open, bare_open, rounds, calls),
    }


def main() -> int:
    """Measure and print; 1 when one is below the bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bytes", type=int, default=2048)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--calls", type=int, default=200)
    given = parser.parse_args()
    found = seal_and_open(given.bytes, given.rounds, given.calls)
    for name, rate in found.items():
        print(
            f"{name} {given.bytes} bytes: {rate.whole:,.0f}/s, bare calls {rate.bare:,.0f}/s, "
            f"{rate.ratio:.0%} (bar {BAR:.0%})"
        )
    return 0 if all(rate.ratio >= BAR for rate in found.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
