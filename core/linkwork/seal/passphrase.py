"""A secret under a passphrase, LP1: scrypt makes the key, AES-256-GCM seals."""

from __future__ import annotations

import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from linkwork.errors import WrongUse
from linkwork.seal.keys import Random

MAGIC = b"LP1\0"
#: As few letters as may protect what is written down for years.
SHORTEST = 12
#: 128 MiB and about half a second a try. Source: RFC 7914; the OWASP password storage cheat sheet.
LOG_N, _R, _P = 17, 8, 1
#: A file may ask for no more memory than this many doublings: 1 GiB.
_MOST_LOG_N = 20
_HEAD = struct.Struct(">4s16sB16s12s")


def lock_secret(
    secret: bytes, what: str, passphrase: str, random: Random, log_n: int = LOG_N
) -> bytes:
    """`secret` sealed under `passphrase`; `what` says in a word of up to 16 letters what it is.

    Raises WrongUse for a passphrase of under 12 characters.
    """
    if len(passphrase) < SHORTEST:
        raise WrongUse(
            f"The passphrase has {len(passphrase)} characters; use {SHORTEST} or more, such as "
            "five words that nobody would put together."
        )
    head = _HEAD.pack(MAGIC, what.encode(), log_n, random(16), random(12))
    key = _key(passphrase, head)
    return head + AESGCM(key).encrypt(head[-12:], secret, head)


def unlock_secret(data: bytes, what: str, passphrase: str) -> bytes:
    """What `lock_secret` was given. Raises WrongUse for another kind of file, or passphrase."""
    if len(data) < _HEAD.size + 16 or data[:4] != MAGIC:
        raise WrongUse("This is no file sealed under a passphrase (LP1), or it is cut.")
    head = data[: _HEAD.size]
    _magic, named, log_n, _salt, nonce = _HEAD.unpack(head)
    if named.rstrip(b"\0") != what.encode() or not 1 <= log_n <= _MOST_LOG_N:
        raise WrongUse(f"This file does not hold a {what}. Give the right file.")
    try:
        return AESGCM(_key(passphrase, head)).decrypt(nonce, data[_HEAD.size :], head)
    except InvalidTag:
        raise WrongUse(
            "The passphrase is wrong, or the file was changed. Nothing was opened."
        ) from None


def _key(passphrase: str, head: bytes) -> bytes:
    _magic, _what, log_n, salt, _nonce = _HEAD.unpack(head)
    return Scrypt(salt=salt, length=32, n=1 << log_n, r=_R, p=_P).derive(passphrase.encode())
