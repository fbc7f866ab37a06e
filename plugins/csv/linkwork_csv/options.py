"""The plugin's settings, and the files they point to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linkwork.errors import BadInput, WrongUse

_KNOWN = ("path", "contacts", "calendar", "urn")
_SIGNS = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one school: at least one register; contacts and calendar where there are."""

    registers: tuple[Path, ...]
    contacts: Path | None
    calendar: Path | None


@dataclass(frozen=True, slots=True)
class Options:
    """`[school.settings]` of a school read from CSV.

    `path`: a file, a folder, a pattern such as "registers/*.csv", or a list of these.
    `contacts`, `calendar`: one file each. `urn`: which school of a file that holds several.
    """

    paths: tuple[str, ...]
    contacts: str | None
    calendar: str | None
    urn: str | None

    @classmethod
    def of(cls, given: Mapping[str, Any], urn: str) -> Options:
        """Check the settings. Raises WrongUse naming the setting that is wrong."""
        for name in given:
            if name not in _KNOWN:
                raise WrongUse(f"csv knows no setting {name!r}. It knows {', '.join(_KNOWN)}")
        path = given.get("path")
        paths = (path,) if isinstance(path, str | Path) else tuple(path or ())
        if not paths or not all(isinstance(one, str | Path) and str(one) for one in paths):
            raise WrongUse("csv needs the setting path: a file, a folder or a pattern")
        return cls(
            tuple(str(one) for one in paths),
            _text(given, "contacts"),
            _text(given, "calendar"),
            _text(given, "urn") or urn or None,
        )

    def files(self) -> Files:
        """Look for the files now. Raises BadInput when a path or pattern finds none."""
        registers: list[Path] = []
        contacts = Path(self.contacts) if self.contacts else None
        calendar = Path(self.calendar) if self.calendar else None
        for text in self.paths:
            path = Path(text)
            if path.is_dir():
                contacts = contacts or _if_file(path / "contacts.csv")
                calendar = calendar or _if_file(path / "calendar.csv")
            registers += _registers(path, text)
        beside = {path.absolute() for path in (contacts, calendar) if path}
        unique = {path.absolute(): path for path in registers if path.absolute() not in beside}
        return Files(tuple(unique[key] for key in sorted(unique)), contacts, calendar)


def _registers(path: Path, text: str) -> list[Path]:
    if path.is_dir():
        found = [
            one for one in path.glob("*.csv") if one.name not in {"contacts.csv", "calendar.csv"}
        ]
        problem = "the folder holds no register"
    elif _SIGNS & set(text) and not path.exists():
        found = list(Path(path.anchor or ".").glob(str(path.relative_to(path.anchor))))
        problem = "the pattern finds no file"
    else:
        return [path]
    if not found:
        raise BadInput(
            problem, remedy="Put register.csv there, or correct the setting path", file=text
        )
    return found


def _if_file(path: Path) -> Path | None:
    return path if path.is_file() else None


def _text(given: Mapping[str, Any], name: str) -> str | None:
    value = given.get(name)
    return None if value is None or value == "" else str(value)
