"""The manual page of linkwork-agent, written from its own command line so that it cannot differ."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from linkwork_agent.cli import parser

HEAD = """.TH LINKWORK-AGENT 1 "" "linkwork-agent {version}" "Linkwork"
.SH NAME
linkwork-agent \\- the Linkwork service at a school
.SH SYNOPSIS
.B linkwork-agent
[\\fB\\-\\-home\\fR \\fIDIR\\fR] \\fICOMMAND\\fR ...
.SH DESCRIPTION
{description}
.PP
Installed as a service, the agent reads /etc/linkwork\\-agent/agent.toml and keeps its store and
keys in /var/lib/linkwork\\-agent. Run by root, the commands that touch these run as the service's
own account.
.SH COMMANDS
"""
FILES = """.SH FILES
.TP
/etc/linkwork\\-agent/agent.toml
Which schools, which plugin for each, and when. Holds no secret.
.TP
/var/lib/linkwork\\-agent
One folder a school: its keys, what was read and what was sent.
.SH EXIT STATUS
0 well, 1 not now, 2 wrong use or configuration, 3 bad input. After 2 the service is not started
again until somebody does.
.SH SEE ALSO
.BR systemctl (1),
.BR journalctl (1)
"""


def page(version: str) -> str:
    """The page as troff, without a date so that two builds are alike."""
    root = parser()
    head = HEAD.format(version=version, description=_plain(root.description or ""))
    return head + "".join(_commands(root)) + FILES


def _commands(root: argparse.ArgumentParser) -> Iterator[str]:
    for action in root._subparsers._group_actions if root._subparsers else ():  # noqa: SLF001
        for name, command in (action.choices or {}).items():  # type: ignore[attr-defined]
            yield f".TP\n.B {_plain(name)}\n{_plain(command.description or '')}.\n"
            for option in command._actions:  # noqa: SLF001
                shown = ", ".join(option.option_strings) or option.metavar or option.dest
                if option.help not in (None, argparse.SUPPRESS) and shown != "-h, --help":
                    yield f".RS\n.TP\n.B {_plain(str(shown))}\n{_plain(option.help or '')}\n.RE\n"


def _plain(text: str) -> str:
    text = " ".join(text.split()).replace("\\", "\\\\").replace("-", "\\-")
    return f"\\&{text}" if text.startswith((".", "'")) else text
