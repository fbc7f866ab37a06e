"""CommandReporter, as far as its callers can tell: its switches, its words, its ways to fail.

What it knows stands in the JSON file that `install` wrote beside it:

- `databases`: by name, the reports of each by name, as files of one record a line
- `users`: SIMS users with their passwords; `trusted`: whether Windows sign-in is let in
- `server`: the server's name, "" for any; `form`: how dates stand in the parameters,
  "iso", "english" or "" for a report without parameters
- `fault`: one of `faults.FAULTS`, "" for none; `notes`: a file for the ids of its processes
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from demo.fakes.sims import faults

_BANNER = (
    "SIMS.net Command Line Reporting Utility 7.214\n"
    "Copyright (C) Education Software Solutions. All rights reserved.\n"
)
_DATE = re.compile(r"<MarkDate>(\d{4}-\d\d-\d\d)")
_FORMS = {"iso": "%Y-%m-%dT%H:%M:%S", "english": "%d/%m/%Y %H:%M:%S"}
_SWITCHES = (
    *("user", "password", "trusted", "servername", "databasename", "report", "output", "quiet"),
    *("paramdef", "params", "paramfile"),
)


class Failed(Exception):
    """What SIMS says instead of a report."""


@dataclass(frozen=True)
class Call:
    """One command line, its switches without their case."""

    given: dict[str, str]
    knows: dict[str, Any]

    @classmethod
    def of(cls, arguments: Sequence[str], knows: dict[str, Any]) -> Call:
        """Take the switches apart. Raises Failed for one that does not exist."""
        given = {}
        for argument in arguments:
            name, _, value = argument.removeprefix("/").partition(":")
            if not argument.startswith("/") or name.lower() not in _SWITCHES:
                raise Failed(f"Unknown switch {argument}")
            given[name.lower()] = value.strip('"')
        return cls(given, knows)

    def signed_in(self) -> None:
        """Raises Failed unless the account may sign in."""
        if "trusted" in self.given:
            if not self.knows["trusted"]:
                raise Failed("Login failed for the current Windows user")
        elif self.knows["users"].get(self.given.get("user")) != self.given.get("password"):
            raise Failed("Login failed")

    def report(self) -> Path:
        """The report's records. Raises Failed for a server, database or report there is not."""
        if self.knows["server"] not in {"", self.given.get("servername")}:
            raise Failed("A network-related error occurred while connecting to the server")
        name = self.given.get("databasename") or next(iter(self.knows["databases"]))
        if name not in self.knows["databases"]:
            raise Failed(f"Cannot open database {name} requested by the login")
        reports = self.knows["databases"][name]
        if self.given.get("report") not in reports:
            raise Failed("Report not found")
        return Path(reports[self.given["report"]])

    def dates(self) -> tuple[date, date] | None:
        """The range of dates it was asked for; None when it was given no parameters."""
        text = self.given.get("params", "")
        if "paramfile" in self.given:
            text = Path(self.given["paramfile"]).read_text(encoding="utf-8")
        ends = [re.search(rf"<{name}>([^<]+)<", text) for name in ("Start", "End")]
        if not all(ends):
            return None
        form = _FORMS[self.knows["form"]]
        first, last = (datetime.strptime(end[1], form).date() for end in ends if end)  # noqa: DTZ007
        return first, last

    def records(self) -> Iterator[str]:
        """The report's lines for the dates asked for, root and all."""
        asked = self.dates()
        if self.knows["fault"] == "ignores dates":
            asked = None
        with self.report().open(encoding="utf-8") as lines:
            for line in lines:
                found = _DATE.search(line) if asked else None
                if asked and found and not asked[0] <= date.fromisoformat(found[1]) <= asked[1]:
                    continue
                yield line

    def parameters(self) -> str:
        """What /PARAMDEF writes: nothing for a report without parameters."""
        form = _FORMS.get(self.knows["form"])
        if form is None:
            return ""
        start, end = datetime(2020, 9, 1, 9, 30), datetime(2020, 9, 8, 9, 30)  # noqa: DTZ001
        return (
            "<ReportParameters>\r\n"
            "  <Parameter id='EffectiveDate' subreportfilter='FALSE' bypass='TRUE'>"
            f"<Name>EffectiveDate</Name><Type>Date</Type><Values><Date>{start:{form}}</Date>"
            "</Values></Parameter>\r\n"
            "  <Parameter id='Marks' subreportfilter='FALSE' bypass='FALSE'><Name>Marks</Name>"
            f"<Type>DateRange</Type><Values><Start>{start:{form}}</Start><End>{end:{form}}</End>"
            "</Values></Parameter>\r\n</ReportParameters>\r\n"
        )


def main(arguments: Sequence[str], knowledge: Path) -> int:
    """Run one command line. The exit code is 0 whatever happens, as it is with SIMS."""
    knows = json.loads(knowledge.read_text(encoding="utf-8"))
    fault = knows["fault"]
    output = None
    try:
        call = Call.of(arguments, knows)
        output = call.given.get("output")
        if "quiet" not in call.given:
            sys.stdout.write(_BANNER)
        faults.before(fault, knows)
        call.signed_in()
        call.report()
        if "paramdef" in call.given:
            _write([call.parameters()], output)
            return 0
        faults.write(fault, call.records(), output, knows)
    except Failed as problem:
        sys.stdout.write(f"<CommandReporterError>{problem}</CommandReporterError>\n")
    except faults.Said as words:
        sys.stdout.write(f"{words}\n")
    return 0


def _write(pieces: Sequence[str], output: str | None) -> None:
    text = "".join(pieces)
    if output and text:
        Path(output).write_text(text, encoding="utf-8")
    elif not output:
        sys.stdout.write(text)
