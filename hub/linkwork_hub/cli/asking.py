"""Passphrases, asked for at the terminal or read from standard input."""

from __future__ import annotations

import getpass
import sys
from typing import Annotated

import typer

from linkwork.errors import WrongUse

FromStdin = Annotated[
    bool,
    typer.Option("--passphrase-stdin", help="Read passphrases from standard input, one a line."),
]


def passphrase(what: str, *, from_stdin: bool, new: bool = False) -> str:
    """The passphrase of `what`; a new one is asked for twice. Raises WrongUse without a terminal.

    From standard input each call takes the next line.
    """
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise WrongUse("There is no terminal to ask for a passphrase. Use --passphrase-stdin.")
    given = getpass.getpass(f"Passphrase of {what}: ")
    if new and getpass.getpass("Once more: ") != given:
        raise WrongUse("The two passphrases differ. Run the command again.")
    return given
