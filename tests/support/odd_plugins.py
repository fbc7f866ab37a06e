"""Installs plugins that misbehave, as distributions in a folder on the path: for tests."""

from __future__ import annotations

from pathlib import Path

CODE = '''"""A plugin that misbehaves."""

import os
import subprocess
import sys
import time

from linkwork.plugin import hookimpl
from linkwork.register import Pupil


class Odd:
    def __init__(self, settings):
        self.settings = settings

    def check(self):
        return []

    def contacts(self, pupil_ids):
        return []

    def read(self, first, last, into):
        {read}


@hookimpl
def open_mis(settings):
    return Odd(settings)
'''

#: Starts a process of its own, notes both ids where the settings say, and never comes back.
HANGING = """
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        with open(self.settings.options["notes"], "w") as notes:
            notes.write(f"{os.getpid()} {child.pid}")
        time.sleep(600)
"""

#: Fails in a way nobody foresaw, with a pupil's name in the error.
CRASHING = 'raise KeyError("Thornapple, Quill")'


def install(folder: Path, name: str, read: str) -> None:
    """Put the plugin `name`, whose `read` is this code, into a folder for PYTHONPATH."""
    (folder / f"odd_{name}.py").write_text(CODE.replace("{read}", read.strip()), encoding="utf-8")
    info = folder / f"odd_{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: odd-{name}\nVersion: 1.0\n", encoding="utf-8"
    )
    (info / "entry_points.txt").write_text(
        f"[linkwork.mis]\n{name} = odd_{name}\n", encoding="utf-8"
    )
