"""Where in a TOML text a setting stands, for pointing at it."""

from __future__ import annotations

import re
from collections.abc import Sequence

_HEADER = re.compile(r"^\s*(\[\[?)\s*([\w.-]+)\s*\]\]?\s*(?:#.*)?$")


def line_of(text: str, place: Sequence[str | int]) -> int | None:
    """The line (from 1) of a setting, or of its table when it is not there; None: neither.

    `place` is a path such as ("trigger", 2, "counts") or ("age", "leaving_day"). Good enough to
    point a finger: a text in many lines that looks like a header may mislead it.
    """
    tables = [part for part in place if isinstance(part, str)]
    wanted = next((part for part in place if isinstance(part, int)), 0)
    top = len(place) == 1
    inside, at, seen = top, None, -1
    for number, line in enumerate(text.splitlines(), 1):
        header = _HEADER.match(line)
        if header:
            is_it = bool(tables) and header[2] == tables[0] and not top
            seen += is_it and header[1] == "[["
            inside = is_it and (header[1] == "[" or seen == wanted)
            at = number if inside and at is None else at
        elif inside and tables and re.match(rf"\s*{re.escape(tables[-1])}\s*=", line):
            return number
    return at
