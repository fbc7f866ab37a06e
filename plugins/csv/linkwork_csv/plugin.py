"""The hook, and a school whose register is one or more CSV files."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from linkwork.errors import BadInput, ContactsUnavailable, EmptyRegister, LinkworkError
from linkwork.plugin import Check, Mis, MisSettings, PupilContacts, hookimpl
from linkwork.register import RegisterBuilder
from linkwork_csv import calendar_file, contacts, exports, files, profiles, watch
from linkwork_csv.layout import Layout
from linkwork_csv.mapping import OF_SCHOOLS, Wanted
from linkwork_csv.options import Options
from linkwork_csv.pupils import PupilDetails


class CsvMis:
    """A school read from files. They are looked for anew on every call."""

    def __init__(
        self,
        options: Options,
        now: watch.Now = time.time,
        sleep: watch.Sleep = time.sleep,
    ) -> None:
        self._options, self._now, self._sleep = options, now, sleep

    def check(self) -> list[Check]:
        """Each file with its age, layout, evidence and rows. Marks are read and not kept."""
        try:
            found = self._options.files()
            profile = self._profile()
        except LinkworkError as error:
            return [Check("files", False, "none", str(error))]
        checks = [Check("newest", True, words) for words in found.said]
        for path in found.registers:
            checks += looked_at(path, profile, self._into(RegisterBuilder(), date.min, date.max))
        if found.calendar:
            checks.append(_table(found.calendar, calendar_file.COLUMNS, calendar_file.COLUMNS))
        if found.contacts:
            checks.append(_table(found.contacts, contacts.COLUMNS, contacts.REQUIRED))
        else:
            checks.append(Check("contacts", True, "no contacts.csv: the school is asked instead"))
        return checks

    def read(self, first: date, last: date, into: RegisterBuilder) -> None:
        """Stream every file into the builder.

        Raises BadInput, EmptyRegister, or SourceUnavailable for a file that is being written.
        """
        found = self._options.files()
        profile = self._profile()
        watch.settled(found.registers, self._options.settle, self._now, self._sleep)
        before = watch.state(found.registers) if self._options.settle else []
        target = self._into(into, first, last)
        if found.calendar:
            days = calendar_file.school_days(found.calendar)
            into.calendar(day for day in days if first <= day <= last)
            target = replace(target, school_days=frozenset(days))
        done = exports.read_all(found.registers, profile, target)
        if before:
            watch.unchanged(found.registers, before)
        into.urn = target.wanted.urn
        _refuse_nothing(sum(one.tally.used for one in done), target.wanted, found.registers)
        target.pupils.warn()
        _warn(done, found.said, into)
        if self._options.archive:
            today = datetime.fromtimestamp(self._now(), UTC).date()
            folder = Path(self._options.archive)
            watch.archive(found.replaced, folder, self._options.archive_days, today)

    def contacts(self, pupil_ids: Sequence[str]) -> list[PupilContacts]:
        """Contacts of these pupils from contacts.csv. Raises ContactsUnavailable, BadInput."""
        path = self._options.files().contacts
        if path is None:
            raise ContactsUnavailable(
                "there is no contacts.csv", remedy="Export one beside the register, or ask once"
            )
        return contacts.read(path, pupil_ids)

    def _profile(self) -> Layout | None:
        return profiles.load(Path(self._options.profile)) if self._options.profile else None

    def _into(self, into: RegisterBuilder, first: date, last: date) -> exports.Into:
        options = self._options
        wanted = Wanted(first, last, options.urn, options.laestab, options.application_id)
        return exports.Into(wanted, PupilDetails(into), into)


@hookimpl
def open_mis(settings: MisSettings) -> Mis:
    """A school on CSV files; its settings are those of `Options`. Raises WrongUse."""
    return CsvMis(Options.of(settings.options, settings.urn))


def looked_at(path: Path, profile: Layout | None, into: exports.Into) -> list[Check]:
    """What a technician should know of one register file: written when, laid out how, how full."""
    try:
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        done = exports.read(path, profile, into)
    except OSError:
        return [Check(str(path), False, "not there", "Check the path")]
    except BadInput as error:
        place = ", ".join(
            f"{name} {value}"
            for name, value in (("row", error.row), ("column", error.column))
            if value is not None
        )
        seen = f"{place}: {error.problem}" if place else error.problem
        return [Check(str(path), False, seen, error.remedy)]
    age = f"written {written:%Y-%m-%d %H:%M} UTC"
    evidence = "; ".join(f"{one.what} {one.read_as} ({one.because})" for one in done.seen)
    checks = [Check(str(path), True, f"{age}; {evidence}")]
    if not done.tally.rows:
        return [Check(str(path), False, "a header and no rows", "Export it again")]
    first = done.tally.first
    remedy = str(first) if first else ""
    return [*checks, Check(f"{path.name} rows", first is None, done.tally.words(), remedy)]


def _warn(done: Sequence[exports.Read], said: Sequence[str], into: RegisterBuilder) -> None:
    ignored = sum(one.tally.minutes_ignored for one in done)
    if ignored:
        rows = "1 row" if ignored == 1 else f"{ignored} rows"
        into.warn(f"minutes_late is left out on {rows} whose code is neither L nor U")
    for words in said:
        into.warn(words)


def _refuse_nothing(used: int, wanted: Wanted, registers: tuple[Path, ...]) -> None:
    """No marks at all is never read as 'everyone is absent'."""
    if used:
        return
    names = ", ".join(str(path) for path in registers[:3])
    for column in OF_SCHOOLS:
        others = wanted.met[column] - {getattr(wanted, column)}
        if column in wanted.named and others:
            there = "URNs" if column == "urn" else "schools"
            raise BadInput(
                f"there is no row of school {getattr(wanted, column)}; the {there} there are "
                f"{', '.join(sorted(others)[:10])}",
                remedy=f"Correct the school's {column}, or export the right school",
                file=names,
                column=column,
            )
    raise EmptyRegister(
        f"{names}: no marks from {wanted.first.isoformat()} to {wanted.last.isoformat()}",
        remedy="Check the dates of the export, then export again",
    )


def _table(path: Path, known: tuple[str, ...], required: tuple[str, ...]) -> Check:
    """A file beside the register: whether its columns are there and it has a row."""
    try:
        with files.opened(path) as file:
            place = files.columns(file.header, known, required, path)
            empty = next(file.rows, None) is None
    except BadInput as error:
        return Check(str(path), False, error.problem, error.remedy)
    lacking = [name for name in known if name not in place]
    if empty:
        return Check(str(path), False, "a header and no rows", "Export it again")
    seen = "every column" if not lacking else f"no column {', '.join(lacking)}"
    return Check(str(path), True, seen)
