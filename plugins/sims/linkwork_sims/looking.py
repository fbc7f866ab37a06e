"""What `check()` sees on the way from a program or a file to marks, one line a thing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from linkwork.errors import EmptyRegister, LinkworkError, PermissionMissing
from linkwork.plugin import Check
from linkwork.register import RegisterBuilder
from linkwork_sims.captions import Columns
from linkwork_sims.client import CommandReporter, Drop, Source, private
from linkwork_sims.mapping import ReportReader, lacking_in
from linkwork_sims.options import Options
from linkwork_sims.report_xml import each_record

_LOOK_BACK = timedelta(days=14)
_NO_CONTACTS = Check("contacts", True, "not in a marks report: the school is asked instead")
#: What is lost without a column that a report can do without.
_WITHOUT = {
    "upn": "pupils are told apart by SIMS's number alone",
    "date_of_birth": "every pupil is judged as of compulsory school age",
    "entry_date": "sessions before a pupil joined count as possible",
    "leaving_date": "sessions after a pupil left count as possible",
    "mode": "pupils on two rolls count as single registrations",
}


def today_here() -> date:
    """Today on this machine."""
    return datetime.now().astimezone().date()


def at(
    options: Options,
    urn: str,
    source_of: Callable[[], Source],
    codes_of: Callable[[Source], dict[str, str]],
    today: date,
) -> Iterator[Check]:
    """Each thing looked at, up to the first that stops everything after it."""
    try:
        source = source_of()
        local = codes_of(source)
    except LinkworkError as error:
        yield Check("SIMS", False, "cannot be read", str(error))
        return
    if isinstance(source, CommandReporter):
        yield from _program(source)
    yield from _reports(options, urn, source, today)
    shown = ", ".join(f"{own} = {stands}" for own, stands in sorted(local.items()))
    yield Check("own codes", True, shown or "none named: every mark is read as it stands")
    yield _NO_CONTACTS


def _program(source: CommandReporter) -> Iterator[Check]:
    options = source.options
    yield Check("program", True, str(source.program))
    if options.user:
        seen = (
            f"as the SIMS user {options.user}; while a report runs, this machine's list of "
            "processes shows the password"
        )
    else:
        seen = "as the Windows account the agent runs under (/TRUSTED)"
    yield Check("sign-in", True, seen)
    database = options.database or "SIMS's own"
    yield Check("database", True, f"{database} on {options.server or 'the usual server'}")


def _reports(options: Options, urn: str, source: Source, today: date) -> Iterator[Check]:
    name = options.report or str(options.path)
    with ExitStack() as stack:
        try:
            if isinstance(source, CommandReporter):
                yield _dates(source, today)
            files = stack.enter_context(source.reports(today - _LOOK_BACK, today))
        except LinkworkError as error:
            yield Check(name, False, "no report", str(error))
            return
        for path in files:
            label = str(path) if isinstance(source, Drop) else f"report {options.report}"
            yield from _one(path, label, options, urn)


def _dates(source: CommandReporter, today: date) -> Check:
    with ExitStack() as stack:
        folder = stack.enter_context(private())
        found = source.parameters(folder, source.options.report, today - _LOOK_BACK, today)
    if found is not None and found.ranged:
        return Check("dates", True, "the report takes a range of dates")
    return Check(
        "dates",
        False,
        "the report takes no range of dates, so it gives what it was saved with",
        "Give the report a date-range parameter on the mark's date",
    )


def _one(path: Path, label: str, options: Options, urn: str) -> Iterator[Check]:
    """One report: its age, its records, and its columns."""
    columns, empty = Columns(options.columns), RegisterBuilder()
    reader = ReportReader(empty, date.max, date.max, options.columns, {}, urn)
    called = "" if options.path else f'the report "{options.report}"'
    try:
        field = reader.open(label)
        columns = reader.columns
        records = each_record(path, field, reader.take, encoding=options.encoding, called=called)
    except EmptyRegister as error:
        yield Check(label, False, "no records of the last fortnight", str(error))
        return
    except LinkworkError as error:
        yield Check(label, False, "not a whole report", str(error))
        return
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    seen = f"{records} records, written {written:%Y-%m-%d %H:%M} UTC"
    yield _whole(label, seen, reader)
    lost = [f"no {name}: {why}" for name, why in _WITHOUT.items() if name not in columns.met]
    yield Check("columns", True, "; ".join([", ".join(sorted(columns.met)), *lost]))


def _whole(label: str, seen: str, reader: ReportReader) -> Check:
    try:
        reader.finish()
    except PermissionMissing as error:
        return Check(label, False, f"{seen}; no pupil_id", str(error))
    except LinkworkError as error:
        lacking = lacking_in(reader.columns.met)
        return Check(label, False, f"{seen}; no {', '.join(lacking) or 'pupil_id'}", str(error))
    return Check(label, True, seen)
