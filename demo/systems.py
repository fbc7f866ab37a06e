"""What the agent is told of each school's information system."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from demo.fakes import arbor
from demo.fakes.sims import install as sims

#: The words of `setup`, and what it is told on its standard input: never a secret in the words.
Setup = tuple[list[str], str]


def csv_files(data: Path, _port: int) -> Setup:
    """The files of a school that exports them."""
    return ["--path", str(data / "register.csv"), "--contacts", str(data / "contacts.csv")], ""


def sims_program(data: Path, _port: int) -> Setup:
    """A school whose SIMS is on the same machine."""
    settings = {
        "program": str(data / "CommandReporter.exe"),
        "report": sims.MARKS,
        "codes_report": sims.CODES,
    }
    return [word for key, value in settings.items() for word in ("--set", f"{key}={value}")], ""


def arbor_server(_data: Path, port: int) -> Setup:
    """A school whose Arbor answers at `port` of this machine."""
    words = ["--secrets-stdin", "--set", f"base_url=http://127.0.0.1:{port}"]
    return words, f"username={arbor.USER}\npassword={arbor.TOKEN}\n"


#: By the plugin's name: from the folder with the school's data, and Arbor's port, to its set-up.
SYSTEMS: Mapping[str, Callable[[Path, int], Setup]] = {
    "csv": csv_files,
    "sims": sims_program,
    "arbor": arbor_server,
}
