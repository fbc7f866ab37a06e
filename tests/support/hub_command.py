"""A command of the hub as the shell would run it, in this process."""

from __future__ import annotations

import io
import logging
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from linkwork_hub.cli import main


@dataclass
class Said:
    """How a command ended."""

    code: int
    out: str
    err: str


class Command:
    """`linkwork-hub` with one home, run in this process as a person types it."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.home, self._capsys = home, capsys

    def __call__(self, *arguments: str, stdin: str = "") -> Said:
        """Run to the end."""
        argv, typed, mask = sys.argv, sys.stdin, os.umask(0o022)
        root = logging.getLogger()
        handlers, level = list(root.handlers), root.level
        sys.argv = ["linkwork-hub", "--home", str(self.home), *arguments]
        sys.stdin = io.StringIO(stdin)
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
        finally:
            sys.argv, sys.stdin = argv, typed
            os.umask(mask)
            # Each command sets up its own log, as a process does; this process has one already.
            root.handlers[:] = handlers
            root.setLevel(level)
            structlog.reset_defaults()
        out, err = self._capsys.readouterr()
        return Said(code, out, err)
