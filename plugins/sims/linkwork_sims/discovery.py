"""Where CommandReporter is on this machine, as SIMS's own settings say it."""

from __future__ import annotations

import configparser
from collections.abc import Iterator, Mapping
from pathlib import Path

PROGRAM = "CommandReporter.exe"
_SETTINGS = "sims.ini"
_USUAL = ("SIMS/SIMS .net",)

#: What a school without a local SIMS is told.
HOSTED = (
    "If SIMS is hosted and opens through a remote desktop, nothing on this machine can run its "
    "reports: have a scheduled report write its XML to a folder here, and set path to that folder"
)


def find(environment: Mapping[str, str], here: Path) -> tuple[Path | None, list[str]]:
    """The program, or None; and the places looked in, in words.

    Looked in: the folder that `sims.ini` names (`[Setup]`, `SIMSDotNetDirectory`), found in the
    current folder `here` or the Windows folder; then the usual folders under Program Files.
    """
    looked: list[str] = []
    for folder, why in (*_named(environment, here), *_usual(environment)):
        if (folder / PROGRAM).is_file():
            return folder / PROGRAM, looked
        looked.append(f"{folder} ({why})")
    return None, looked


def _named(environment: Mapping[str, str], here: Path) -> Iterator[tuple[Path, str]]:
    lower = {name.lower(): value for name, value in environment.items()}
    folders = [here, *(Path(lower[name]) for name in ("windir", "systemroot") if name in lower)]
    for path in dict.fromkeys(folder / _SETTINGS for folder in folders):
        named = _directory(path)
        if named:
            yield Path(named), f"named by {path}"


def _directory(path: Path) -> str:
    """`SIMSDotNetDirectory` of a sims.ini; nothing for a file that is not there or not one."""
    settings = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    try:
        settings.read_string(path.read_text(encoding="cp1252", errors="replace"))
    except (OSError, configparser.Error):
        return ""
    # The section's name is compared without its case, as Windows does.
    for section in settings.sections():
        if section.lower() == "setup":
            return (settings[section].get("SIMSDotNetDirectory") or "").strip().strip('"')
    return ""


def _usual(environment: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    lower = {name.lower(): value for name, value in environment.items()}
    for variable in ("programfiles(x86)", "programfiles"):
        if variable in lower:
            for folder in _USUAL:
                yield Path(lower[variable]) / folder, "where it usually is"
