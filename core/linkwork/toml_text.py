"""A settings file's text, so that every mistake in it has the same sentence."""

from __future__ import annotations

import tomllib
from typing import Any

#: What is raised for text that is not TOML; its words name line and column where there is one.
NotToml = tomllib.TOMLDecodeError


def loads(text: str | bytes) -> dict[str, Any]:
    """The tables of a file. Raises NotToml, of other bytes than UTF-8 and endless nesting too."""
    try:
        text = text if isinstance(text, str) else text.decode()
        # A byte order mark is what an editor on Windows puts before it.
        return tomllib.loads(text.removeprefix("\ufeff"))
    except UnicodeDecodeError as error:
        raise NotToml(f"byte {error.start + 1} is not UTF-8, so save it as UTF-8") from None
    except RecursionError:
        raise NotToml("lists or tables are nested without end") from None
