"""Write the package of a new plugin: complete, and passing its own tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath

from linkwork.errors import WrongUse

_NAME = re.compile(r"[a-z][a-z0-9]{1,29}")
#: The name that the template's own files go by.
TEMPLATE = "example"


def write(name: str, to: Path) -> Path:
    """Write the package `linkwork-NAME` as a folder in `to`; that folder.

    Raises WrongUse for a name that cannot be one, or a folder that is there already.
    """
    if not _NAME.fullmatch(name):
        raise WrongUse(
            f"{name!r} cannot be a plugin's name. Write two to thirty small letters and digits, "
            "a letter first"
        )
    folder = to / f"linkwork-{name}"
    if folder.exists():
        raise WrongUse(f"{folder} is there already. Choose another name, or another folder: --to")
    for place, text in files(name):
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def files(name: str) -> Iterator[tuple[PurePosixPath, str]]:
    """Each file of the package: its place and its text."""
    root = resources.files("linkwork_agent") / "template"
    for place, found in _walk(root, PurePosixPath()):
        text = found.read_text(encoding="utf-8")
        yield PurePosixPath(_named(str(place).removesuffix(".txt"), name)), _named(text, name)


def _walk(folder: Traversable, at: PurePosixPath) -> Iterator[tuple[PurePosixPath, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.is_dir():
            yield from _walk(entry, at / entry.name)
        elif entry.name.endswith(".txt"):
            yield at / entry.name, entry


def _named(text: str, name: str) -> str:
    return text.replace(TEMPLATE, name).replace(TEMPLATE.title(), name.title())
