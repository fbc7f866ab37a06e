"""A command of the agent as the shell would run it, in this process."""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

from linkwork_agent import cli


@dataclass(frozen=True)
class Said:
    """What a command wrote and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The output as JSON."""
        return json.loads(self.out)

    @property
    def words(self) -> str:
        """The output on one line, so that a sentence is found however it was wrapped."""
        return " ".join(self.out.split())


def agent(*arguments: object) -> Said:
    """Run `linkwork-agent` with these arguments."""
    out, err, hook = io.StringIO(), io.StringIO(), sys.excepthook
    with redirect_stdout(out), redirect_stderr(err):
        code = cli.main([str(each) for each in arguments])
    # The command line takes charge of crashes; the tests' own process keeps its way.
    sys.excepthook = hook
    return Said(code, out.getvalue(), err.getvalue())
