"""The hook, and a school whose SIMS gives its register as a report."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from linkwork.errors import ContactsUnavailable, EmptyRegister, WrongUse
from linkwork.plugin import Check, Mis, MisSettings, PupilContacts, hookimpl
from linkwork.register import RegisterBuilder
from linkwork_sims import discovery, looking
from linkwork_sims.captions import CODE_CAPTIONS, Columns
from linkwork_sims.client import CommandReporter, Drop, Source
from linkwork_sims.mapping import ReportReader
from linkwork_sims.options import Options, own_codes
from linkwork_sims.report_xml import each_record


@dataclass(frozen=True)
class SimsMis:
    """A school on SIMS, read from its reports. `environment` is where its program is looked for."""

    options: Options
    urn: str = ""
    password: str = ""
    environment: Mapping[str, str] | None = None
    today: Callable[[], date] = looking.today_here

    def check(self) -> Sequence[Check]:
        """What it sees on the way to the marks, and what is missing; no mark is kept."""
        seen = looking.at(self.options, self.urn, self.source, self.local_codes, self.today())
        return list(seen)

    def read(self, first: date, last: date, into: RegisterBuilder) -> None:
        """Stream the reports of these dates into the builder. Raises a MisError or BadInput."""
        source = self.source()
        local = self.local_codes(source)
        reader = ReportReader(into, first, last, self.options.columns, local, self.urn)
        with source.reports(first, last) as files:
            for path in files:
                # What the program wrote is gone when anyone reads of it: its report is named.
                called = "" if self.options.path else f'the report "{self.options.report}"'
                field = reader.open(str(path) if self.options.path else self.options.report)
                each_record(path, field, reader.take, encoding=self.options.encoding, called=called)
        reader.finish()
        if reader.marks == 0:
            raise EmptyRegister(
                f"SIMS gave no marks from {first.isoformat()} to {last.isoformat()}",
                remedy="Check the report's date parameter, and that it ran lately",
            )

    def contacts(self, pupil_ids: Sequence[str]) -> list[PupilContacts]:
        """A marks report holds no contacts. Raises ContactsUnavailable."""
        raise ContactsUnavailable(
            "the SIMS report holds no contacts", remedy="The school desk asks the person once"
        )

    def source(self) -> Source:
        """Where reports come from. Raises WrongUse where there is nothing to run them with."""
        options = self.options
        if options.path is not None:
            return Drop(options.path, options.codes_report)
        environment = os.environ if self.environment is None else self.environment
        program, looked = options.program, list[str]()
        if program is None:
            program, looked = discovery.find(environment, Path.cwd())
        if program is None:
            places = "; ".join(looked) or "no sims.ini, no Program Files"
            raise WrongUse(
                f"There is no {discovery.PROGRAM} on this machine (looked in: {places}). Name it "
                f"in the setting program. {discovery.HOSTED}"
            )
        if not program.is_file():
            raise WrongUse(
                f"The setting program names {program}, which is not there. Correct it. "
                f"{discovery.HOSTED}"
            )
        return CommandReporter(program, options, self.password)

    def local_codes(self, source: Source) -> dict[str, str]:
        """The school's own codes, as SIMS's list of codes has them.

        Raises a MisError or BadInput for a report that cannot be read.
        """
        found: dict[str, str] = {}

        def note(record: dict[str, str], _number: int) -> None:
            if record.get("own") and record.get("stands") not in {None, record["own"]}:
                found.update(own_codes({record["own"]: record["stands"]}))

        with source.codes() as path:
            if path is not None:
                columns = Columns({}, CODE_CAPTIONS)
                each_record(
                    path,
                    columns.field,
                    note,
                    encoding=self.options.encoding,
                    called=f'the report of codes "{self.options.codes_report}"',
                )
        return found


@hookimpl
def open_mis(settings: MisSettings) -> Mis:
    """A school on SIMS; its settings are those of `Options`. Raises WrongUse."""
    options = Options.of(settings.options)
    password = settings.secrets.get("password", "")
    if options.user and not password:
        raise WrongUse(
            f"sims signs in as the SIMS user {options.user} and has no password. Write it alone "
            "into schools/URN/keys/mis-password, readable only by the agent's account; or leave "
            "user out, and the agent's own Windows account is used"
        )
    return SimsMis(options, settings.urn, password)
