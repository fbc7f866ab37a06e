"""What stands between a key and its file: nothing, a credential of systemd, or Windows itself."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from linkwork.errors import WrongUse
from linkwork_agent.ports import Random, system_random

#: Where systemd puts a service's credentials.
SYSTEMD = "CREDENTIALS_DIRECTORY"
#: The credential that protects key files; the package's LoadCredential puts "mis_" before it.
CREDENTIAL = "agent-keys"
_MAGIC = b"LA1\0"
_TAG = b"linkwork/agent-keys/v1\0"
_NONCE = 12
_LEAST = 16


class Protection(Protocol):
    """Makes a key's bytes fit to lie in a file. `name` is the key's, such as "sign"."""

    def wrap(self, name: str, seed: bytes) -> bytes:
        """What is written."""

    def unwrap(self, name: str, data: bytes) -> bytes:
        """The key again. Raises WrongUse when it does not open here."""


class Bare:
    """The key as it is: the file's own rights are what protects it."""

    def wrap(self, name: str, seed: bytes) -> bytes:
        """The key."""
        return seed

    def unwrap(self, name: str, data: bytes) -> bytes:
        """The key. Raises WrongUse for one that was written under a credential."""
        if data.startswith(_MAGIC):
            raise WrongUse(
                f"The {name} key is sealed under the credential {CREDENTIAL}, which this command "
                "was not given. Run it through the service's own command, or give the credential."
            )
        return data


class UnderCredential:
    """AES-256-GCM under a secret that systemd gives this service alone.

    With `LoadCredentialEncrypted` the secret is bound to the machine's TPM or host key, so that
    a copied disk opens nothing. A key written before there was one is read as it is.
    """

    def __init__(self, secret: bytes, random: Random) -> None:
        # Here, not above: `status` and the supervisor open a store and no key.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._aead = AESGCM(hashlib.sha256(_TAG + secret).digest())
        self._random = random

    def wrap(self, name: str, seed: bytes) -> bytes:
        """Magic, nonce, sealed key, bound to its name."""
        nonce = self._random(_NONCE)
        return _MAGIC + nonce + self._aead.encrypt(nonce, seed, name.encode())

    def unwrap(self, name: str, data: bytes) -> bytes:
        """The key. Raises WrongUse when the credential is another one."""
        from cryptography.exceptions import InvalidTag

        if not data.startswith(_MAGIC):
            return data
        start = len(_MAGIC) + _NONCE
        try:
            return self._aead.decrypt(data[len(_MAGIC) : start], data[start:], name.encode())
        except InvalidTag:
            raise WrongUse(
                f"The {name} key does not open with the credential {CREDENTIAL} given here. Put "
                "the credential back that was there, or join again with a new join string."
            ) from None


class Dpapi:
    """Windows' own protection of data, for the account of the service.

    Not tested: the project has no such machine. `call` is CryptProtectData or CryptUnprotectData
    over bytes, True to protect.
    """

    def __init__(self, call: Callable[[bytes, bool], bytes]) -> None:
        self._call = call

    def wrap(self, name: str, seed: bytes) -> bytes:
        """What Windows made of it."""
        return self._call(seed, True)

    def unwrap(self, name: str, data: bytes) -> bytes:
        """The key. Raises WrongUse when Windows does not give it back to this account."""
        try:
            return self._call(data, False)
        except OSError as error:
            raise WrongUse(
                f"Windows does not give the {name} key to this account ({error}). Run this as the "
                "service's account, or join again with a new join string."
            ) from None


def protection_here(environment: Mapping[str, str], random: Random = system_random) -> Protection:
    """The protection of this machine. Raises WrongUse for a credential too short to protect."""
    if sys.platform == "win32":
        return Dpapi(_crypt32)
    folder = environment.get(SYSTEMD)
    for name in (CREDENTIAL, f"mis_{CREDENTIAL}") if folder else ():
        path = Path(folder or "") / name
        if path.is_file():
            secret = path.read_bytes()
            if len(secret) < _LEAST:
                raise WrongUse(
                    f"The credential {name} has {len(secret)} bytes; it protects keys with "
                    f"{_LEAST} random ones or more: head -c 32 /dev/urandom"
                )
            return UnderCredential(secret, random)
    return Bare()


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    class _Blob(ctypes.Structure):
        _fields_ = (("size", wintypes.DWORD), ("data", ctypes.POINTER(ctypes.c_char)))

    def _crypt32(data: bytes, protect: bool) -> bytes:
        function = (
            ctypes.windll.crypt32.CryptProtectData
            if protect
            else ctypes.windll.crypt32.CryptUnprotectData
        )
        given, made = _Blob(len(data), ctypes.create_string_buffer(data, len(data))), _Blob()
        if not function(ctypes.byref(given), None, None, None, None, 0, ctypes.byref(made)):
            raise ctypes.WinError()
        try:
            return ctypes.string_at(made.data, made.size)
        finally:
            ctypes.windll.kernel32.LocalFree(made.data)
