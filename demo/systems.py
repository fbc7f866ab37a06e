"""What the agent is told of each school's information system."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from demo.fakes.sims import install as sims


def csv_files(data: Path) -> list[str]:
    """The files of a school that exports them."""
    return ["--path", str(data / "register.csv"), "--contacts", str(data / "contacts.csv")]


def sims_program(data: Path) -> list[str]:
    """A school whose SIMS is on the same machine."""
    settings = {
        "program": str(data / "CommandReporter.exe"),
        "report": sims.MARKS,
        "codes_report": sims.CODES,
    }
    return [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]


#: By the plugin's name: from the folder with the school's data to the words of `setup`.
SYSTEMS: Mapping[str, Callable[[Path], list[str]]] = {"csv": csv_files, "sims": sims_program}
