"""The Windows packages under Wine: not Windows, but its service control, paths and registry.

Needs Wine and the mingw compiler, which makes the one DLL that Wine 8 lacks.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path


def can_run() -> bool:
    """Whether Wine, and what it lacks, can be had here."""
    return all(map(shutil.which, ("wine", "x86_64-w64-mingw32-gcc")))


@dataclass(frozen=True)
class Windows:
    """A fresh installation of Wine; `prefix` holds its drive C."""

    prefix: Path

    @property
    def program(self) -> Path:
        """`Program Files\\Linkwork Agent`, as seen from here."""
        return self.prefix / "drive_c" / "Program Files" / "Linkwork Agent"

    @property
    def state(self) -> Path:
        """`ProgramData\\Linkwork Agent`, as seen from here."""
        return self.prefix / "drive_c" / "ProgramData" / "Linkwork Agent"

    def run(self, *command: str, ok: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a program inside; with `ok` it must succeed. Its output is never a file: Python ends
        there on one under Wine.
        """
        ran = subprocess.run(
            ["wine", *command],
            env=os.environ | self.environment(),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=300,
            check=False,
            stdin=subprocess.DEVNULL,
            cwd=self.program if self.program.exists() else None,
        )
        assert not ok or ran.returncode == 0, f"{command}: {ran.stdout}{ran.stderr}"
        return ran

    def agent(self, *command: str, ok: bool = True) -> subprocess.CompletedProcess[str]:
        """`linkwork-agent COMMAND` as a technician types it, in the program's folder."""
        return self.run("cmd", "/c", "linkwork-agent.cmd", *command, ok=ok)

    def service(self) -> str:
        """What service control says of the agent: STOPPED, RUNNING, or nothing at all."""
        said = self.run("sc", "query", "LinkworkAgent", ok=False).stdout
        return next((line.split()[3] for line in said.splitlines() if "STATE" in line), "")

    def environment(self) -> dict[str, str]:
        """What Wine is started with: quiet, 64 bits, no window."""
        return {
            "WINEPREFIX": str(self.prefix),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            "DISPLAY": "",
        }

    def end(self) -> None:
        """End everything that runs inside."""
        subprocess.run(
            ["wineserver", "-k"], env=os.environ | self.environment(), check=False, timeout=60
        )


def make(root: Path, prefix: Path) -> Windows:
    """A fresh Windows 10 of Wine's."""
    made = Windows(prefix)
    environment = os.environ | made.environment()
    _quietly("wineboot", "-i", environment=environment)
    # Service control lives as long as Wine's server: it must outlast each single command, and
    # must not hold on to the output of the one that starts it.
    _quietly("wineserver", "-w", environment=environment)
    _quietly("wineserver", "-p", environment=environment)
    _quietly("wine", "cmd", "/c", "exit", environment=environment)
    source = root / "packaging" / "windows" / "wine" / "bcryptprimitives.c"
    target = prefix / "drive_c" / "windows" / "system32" / "bcryptprimitives.dll"
    compiler = ["x86_64-w64-mingw32-gcc", "-shared", "-o", str(target), str(source), "-ladvapi32"]
    subprocess.run(compiler, check=True, timeout=120)
    made.run("winecfg", "-v", "win10", ok=False)
    return made


def _quietly(*command: str, environment: dict[str, str]) -> None:
    subprocess.run(
        command,
        env=environment,
        check=True,
        timeout=180,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
