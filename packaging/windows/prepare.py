"""What both installers do when files and service are there: `python.exe prepare.py HOME`.

Closes the data folder, says what follows a failure, and starts the service where it is set up.
A step that fails ends the installation: a half-installed service would be trusted.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

NAME = "LinkworkAgent"
SYSTEM, ADMINISTRATORS, SERVICE = "*S-1-5-18", "*S-1-5-32-544", rf"NT SERVICE\{NAME}"
WORDS = "Tells the authority what it must know of absence, and the school what was agreed."
#: In milliseconds after the first, second and each further failure; counted anew after a day.
AGAIN = "restart/60000/restart/300000/restart/900000"


def steps(home: Path) -> dict[str, Sequence[str]]:
    """Each command that must succeed, by what it does."""
    # Keys and names lie here: the system, administrators and the service's account, no one else.
    rights = [f"{SYSTEM}:(OI)(CI)F", f"{ADMINISTRATORS}:(OI)(CI)F", f"{SERVICE}:(OI)(CI)M"]
    return {
        "Closing the data folder": ["icacls", str(home), "/inheritance:r", "/grant:r", *rights],
        "Setting what follows a failure": [
            *("sc", "failure", NAME, "reset=", "86400", "actions=", AGAIN)
        ],
    }


def main(home: Path) -> int:
    """Do all of it; 1 with the reason in %TEMP%\\linkwork-agent-setup.log when a step fails."""
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return _failed("Making the data folder", error.errno or 1, str(error))
    for what, command in steps(home).items():
        code, said = _run(command)
        if code:
            return _failed(what, code, said)
    # Without these nothing is worse: words for the list of services, and a start after the others.
    _run(["sc", "description", NAME, WORDS])
    _run(["sc", "config", NAME, "start=", "delayed-auto"])
    if (home / "agent.toml").exists():
        _run(["sc", "start", NAME])
    return 0


def _failed(what: str, code: int, said: str) -> int:
    sentence = f"{what} failed ({code}): {said}"
    with (Path(tempfile.gettempdir()) / "linkwork-agent-setup.log").open(
        "a", encoding="utf-8"
    ) as file:
        file.write(f"{sentence}\n")
    print(sentence)
    return 1


def _run(command: Sequence[str]) -> tuple[int, str]:
    try:
        ran = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        return 1, str(error)
    return ran.returncode, " ".join(ran.stdout.split())


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
