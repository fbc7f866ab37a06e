"""An answer's bytes to data: bounded, decompressed with a limit, and strictly JSON."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain, compress, repeat
from operator import is_
from typing import Any, NoReturn

MOST_BYTES = 32 << 20
#: A number with more digits than this is no number of a school's.
MOST_DIGITS = 30


class TooLarge(ValueError):
    """The answer is, or unpacks to, more than `MOST_BYTES`."""


class NotJson(ValueError):
    """The answer is not strict JSON. The message never holds a part of it but a property's name."""


def unpacked(blocks: Iterable[bytes], encoding: str) -> bytes:
    """The body of an answer that is plain or gzip. Raises TooLarge, or NotJson for damage.

    Unpacking stops at the limit, so that a few kilobytes can never become gigabytes.
    """
    if encoding not in ("", "identity", "gzip"):
        raise NotJson(f"it is packed as {encoding[:20]!r}, which was not asked for")
    body = bytearray()
    for block in blocks if encoding != "gzip" else _gunzip(blocks):
        body += block
        if len(body) > MOST_BYTES:
            raise TooLarge
    return bytes(body)


def _gunzip(blocks: Iterable[bytes]) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        for block in blocks:
            while block:
                yield unpacker.decompress(block, 1 << 20)
                block = unpacker.unconsumed_tail
        yield unpacker.flush()
    except zlib.error:
        raise NotJson("its packing is damaged") from None
    if not unpacker.eof:
        raise NotJson("it ends before its packing does")


def decoded(body: bytes) -> Any:
    """The JSON value of `body`. Raises NotJson for anything but strict JSON.

    Refused besides what `json` refuses: NaN and infinities, a property given twice, and numbers
    too large to be true.
    """
    try:
        data = json.loads(body, parse_constant=_refuse, parse_float=_float)
        if not _each_once(body, data):
            # Something may stand twice, or only looks so: the slow and certain way decides.
            data = json.loads(
                body, parse_constant=_refuse, parse_float=_float, object_pairs_hook=_once
            )
    except NotJson:
        raise
    except RecursionError:
        raise NotJson("it is nested too deeply") from None
    except ValueError:
        raise NotJson("it is not JSON") from None
    return data


def _refuse(word: str) -> NoReturn:
    raise NotJson(f"it holds {word}, which is no number")


def _float(digits: str) -> float:
    value = float(digits)
    if len(digits) > MOST_DIGITS or value in (float("inf"), float("-inf")):
        raise NotJson("it holds a number too large to be true")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        shown = twice if twice.isidentifier() and len(twice) <= 40 else "a property"
        raise NotJson(f"it gives {shown} twice in one object")
    return found


def _each_once(body: bytes, data: Any) -> bool:
    """Whether every key in the text became one of the data: then none stood twice.

    A hook for every object would cost more than decoding. Every key ends in `":`; a text that
    holds one counts too many, and white space before a colon is counted nowhere, so that either
    sends the answer the slow way, never past it.
    """
    if b'" ' in body or any(blank in body for blank in (b"\t", b"\r", b"\n")):
        return False
    keys = 0
    objects, arrays = [data] if type(data) is dict else [], [data] if type(data) is list else []
    # No more brackets than met: nothing below needs to be looked into.
    left = body.count(b"{") + body.count(b"[")
    while objects or arrays:
        keys += sum(map(len, objects))
        left -= len(objects) + len(arrays)
        if not left:
            break
        inside = chain(chain.from_iterable(map(dict.values, objects)), chain.from_iterable(arrays))
        values = list(inside)
        kinds = list(map(type, values))
        objects = list(compress(values, map(is_, kinds, repeat(dict))))
        arrays = list(compress(values, map(is_, kinds, repeat(list))))
    return keys == body.count(b'":')
