"""The hub's answer LR1: signed, not sealed; only a verified one counts as an answer."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import ValidationError

from linkwork.errors import NotTheHub
from linkwork.seal import signed
from linkwork.seal.keys import KEY_ID_BYTES, Signer
from linkwork.wire import Answer

MAX_ANSWER = 4 << 20
_FORM = signed.Form(b"LR1\0", b"linkwork/answer/v1\0", KEY_ID_BYTES, MAX_ANSWER)


def sign_answer(answer: Answer, signer: Signer) -> bytes:
    """The answer as bytes, signed with the hub's receipt key."""
    return signed.write(_FORM, bytes.fromhex(signer.key_id), answer.to_bytes(), signer)


def answer_key(data: bytes) -> str | None:
    """The receipt key these bytes name, when they have an answer's shape; nothing is proven."""
    key = signed.named_key(_FORM, data)
    return key.hex() if key is not None else None


def verify_answer(data: bytes, public_of: Callable[[str], bytes | None]) -> Answer:
    """The answer these bytes are. `public_of` gives the receipt key of a key id, or None.

    Raises NotTheHub on anything else: a block page, a cut or changed answer, an unknown key.
    """
    key = signed.named_key(_FORM, data)
    if key is None:
        raise NotTheHub(
            "What came back is not an answer of the hub: a filter or sign-in page may have "
            "answered in its place. Everything is kept; ask for the hub's address to be allowed."
        )
    public = public_of(key.hex())
    body = signed.read(_FORM, data, public) if public is not None else None
    if body is None:
        raise NotTheHub(
            f"The answer is not signed by a receipt key of this hub (it names {key.hex()}). "
            "Everything is kept; tell the authority if this stays so."
        )
    try:
        return Answer.model_validate_json(body)
    except ValidationError as error:
        raise NotTheHub(
            f"The hub's answer is of a newer form ({error.error_count()} unknown parts). "
            "Everything is kept; update the agent."
        ) from None
