"""Pack the Windows tree: a setup program by NSIS and an .msi by wixl, both Debian packages."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from wxs import wxs


def pack_exe(root: Path, work: Path, tree: Path, number: str, epoch: int, into: Path) -> Path:
    """The setup program. Ends with one sentence when makensis is missing or fails."""
    made = into / f"linkwork-agent-{number}-setup.exe"
    defines = {"VERSION": number, "NUMBER": _four(number), "PROGRAM": str(tree), "OUT": str(made)}
    words = [f"-D{name}={value}" for name, value in defines.items()]
    script = root / "packaging" / "windows" / "linkwork-agent.nsi"
    _run(["makensis", "-V2", *words, str(script)], "nsis", work, epoch)
    return made


def pack_msi(root: Path, work: Path, tree: Path, number: str, epoch: int, into: Path) -> Path:
    """The .msi for Group Policy and Intune. Ends with one sentence when wixl is missing."""
    made = into / f"linkwork-agent-{number}-x64.msi"
    described = work / "agent.wxs"
    described.write_text(wxs(tree, _four(number)), encoding="utf-8")
    # wixl refuses absolute sources: it runs where the tree lies.
    _run(["wixl", "--arch", "x64", "-o", str(made), described.name], "wixl", work, epoch)
    return made


def _four(number: str) -> str:
    """0.1.0 or 0.1.0.dev3 as the four numbers that Windows wants."""
    digits = re.findall(r"\d+", number)[:4]
    return ".".join([*digits, *("0" for _ in range(4 - len(digits)))])


def _run(command: list[str], package: str, work: Path, epoch: int) -> None:
    if shutil.which(command[0]) is None:
        sys.exit(
            f"run.py package: there is no {command[0]} here; install it (Debian, Ubuntu: "
            f"apt-get install {package}) and run this again"
        )
    ran = subprocess.run(
        command,
        cwd=work,
        env=os.environ | {"SOURCE_DATE_EPOCH": str(epoch)},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        sys.exit(f"run.py package: {command[0]} failed:\n{(ran.stdout + ran.stderr)[-2000:]}")
