"""The plugin's settings, and the files they point to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linkwork.errors import BadInput, WrongUse
from linkwork_csv import quarantine
from linkwork_csv.watch import newest

_KNOWN = (
    *("path", "contacts", "calendar", "urn", "laestab", "application_id", "profile"),
    *("settle", "newest_only", "archive", "archive_days", "quarantine"),
)
_SIGNS = frozenset("*?[")
#: What a register file in a folder may end in.
_ENDINGS = (".csv", ".txt", ".tsv", ".xml", ".xlsx")
_BESIDE = frozenset({"contacts.csv", "calendar.csv"})


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one school: at least one register; contacts and calendar where there are.

    `replaced` are older exports that the newest one stands for; `said` is what to know of them.
    """

    registers: tuple[Path, ...]
    contacts: Path | None
    calendar: Path | None
    replaced: tuple[Path, ...] = ()
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """`[school.settings]` of a school read from files.

    `path`: a file, a folder, a pattern such as "registers/*.csv", or a list of these.
    `contacts`, `calendar`: one file each. `urn`, `laestab`, `application_id`: which school of
    files that hold several. `profile`: how the export is laid out. `settle`: seconds for which no
    file may have changed before it is read. `newest_only`: of exports with a date in their names
    read just the newest complete set; `archive`: where to move those it replaced, kept for
    `archive_days`. `quarantine`: where to set a damaged file of several aside, so that the
    others are read.
    """

    paths: tuple[str, ...]
    contacts: str | None = None
    calendar: str | None = None
    urn: str | None = None
    laestab: str | None = None
    application_id: str | None = None
    profile: str | None = None
    settle: float = 0.0
    newest_only: bool = False
    archive: str | None = None
    archive_days: int = 30
    quarantine: str | None = None

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
        texts = {
            name: _text(given, name)
            for name in (
                *("contacts", "calendar", "laestab", "application_id", "profile", "archive"),
                "quarantine",
            )
        }
        newest_only = given.get("newest_only", False) in {True, "true", "yes"}
        if texts["archive"] and not newest_only:
            raise WrongUse(
                "The setting archive moves files that a newer export replaced, and only "
                "newest_only says which those are. Set newest_only = true, or take archive out"
            )
        settle = _number(given, "settle", 0.0)
        if texts["quarantine"] and not settle:
            raise WrongUse(
                "The setting quarantine moves damaged files, and a file half written looks like "
                "one. Set settle = 30, or take quarantine out"
            )
        return cls(
            tuple(str(one) for one in paths),
            urn=_text(given, "urn") or urn or None,
            settle=settle,
            newest_only=newest_only,
            archive_days=int(_number(given, "archive_days", 30)),
            **texts,
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
        aside: list[str] = []
        if self.quarantine:
            folder = Path(self.quarantine).absolute()
            unique = {key: path for key, path in unique.items() if folder not in key.parents}
            aside = [one.path.name for one in quarantine.standing(folder)]
            if not unique:
                raise BadInput(
                    "every file there is was set aside",
                    remedy="Put a corrected file in its old place; the reason is beside each",
                    file=self.quarantine,
                )
        found = tuple(unique[key] for key in sorted(unique))
        if not self.newest_only:
            return Files(found, contacts, calendar)
        chosen = newest(found, aside)
        return Files(chosen.files, contacts, calendar, chosen.replaced, chosen.said)


def _registers(path: Path, text: str) -> list[Path]:
    if path.is_dir():
        found = [
            one
            for one in path.iterdir()
            if one.suffix.lower() in _ENDINGS and one.name not in _BESIDE
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


def _number(given: Mapping[str, Any], name: str, default: float) -> float:
    try:
        number = float(given.get(name, default))
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number < 100_000:
        raise WrongUse(f"The setting {name} is no number. Write it as {name} = {default:g}")
    return number


def _text(given: Mapping[str, Any], name: str) -> str | None:
    value = given.get(name)
    return None if value is None or value == "" else str(value)
