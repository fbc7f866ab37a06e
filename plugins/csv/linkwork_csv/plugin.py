"""The hook, and a school whose register is one or more CSV files."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from linkwork.errors import BadInput, ContactsUnavailable, EmptyRegister, LinkworkError
from linkwork.plugin import (
    Check,
    FileSetup,
    Mis,
    MisSettings,
    Person,
    PupilContacts,
    Understanding,
    hookimpl,
)
from linkwork.register import RegisterBuilder
from linkwork_csv import (
    calendar_file,
    contacts,
    exports,
    looking,
    profiles,
    quarantine,
    watch,
    wizard,
)
from linkwork_csv.layout import Layout
from linkwork_csv.mapping import OF_SCHOOLS, Wanted
from linkwork_csv.options import Files, Options
from linkwork_csv.pupils import PupilDetails
from linkwork_csv.reading import Tally


@dataclass(frozen=True, slots=True)
class _Using:
    """What the files of one school are read with."""

    profile: Layout | None
    first: date
    last: date
    calendar: Path | None


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
        if self._options.quarantine:
            aside = quarantine.said(quarantine.standing(Path(self._options.quarantine)))
            checks += [Check("set aside", False, one.problem, one.remedy) for one in aside]
        for path in found.registers:
            into = self._into(RegisterBuilder(), date.min, date.max)
            checks += looking.at_register(path, profile, into)
        if found.calendar:
            checks.append(looking.at_calendar(found.calendar))
        if found.contacts:
            checks.append(looking.at_table(found.contacts, contacts.COLUMNS, contacts.REQUIRED))
        else:
            checks.append(Check("contacts", True, "no contacts.csv: the school is asked instead"))
        return checks

    def read(self, first: date, last: date, into: RegisterBuilder) -> None:
        """Stream every file into the builder.

        Raises BadInput, EmptyRegister, or SourceUnavailable for a file that is being written.
        """
        found = self._options.files()
        watch.settled(found.registers, self._options.settle, self._now, self._sleep)
        before = watch.state(found.registers) if self._options.settle else []
        using = _Using(self._profile(), first, last, found.calendar)
        damaged: dict[Path, BadInput] = {}
        try:
            self._fill(into, found.registers, using)
        except BadInput:
            damaged = self._damaged(found.registers, using)
            rest = tuple(path for path in found.registers if path not in damaged)
            if not damaged or not _goes_on(rest, found, newest_only=self._options.newest_only):
                raise
            into.begin_again()
            self._fill(into, rest, using)
        if before:
            watch.unchanged(found.registers, before)
        for sentence in found.said:
            into.warn(sentence)
        self._tidy(found, damaged, into)

    def _fill(self, into: RegisterBuilder, registers: tuple[Path, ...], using: _Using) -> None:
        """Everything these files say. Raises BadInput or EmptyRegister."""
        target = self._into(into, using.first, using.last)
        if using.calendar:
            calendar_file.read(using.calendar, using.first, using.last, into)
            if using.profile is not None and using.profile.days == "school-days":
                target = replace(target, school_days=_school_days(using.calendar))
        done = exports.read_all(registers, using.profile, target)
        into.urn = target.wanted.urn
        _refuse_nothing(sum(one.tally.used for one in done), target.wanted, registers)
        target.pupils.warn()
        for sentence in _left_out([one.tally for one in done], target.wanted):
            into.warn(sentence)

    def _damaged(self, registers: tuple[Path, ...], using: _Using) -> dict[Path, BadInput]:
        """The files to set aside; none without a place for them."""
        if not self._options.quarantine:
            return {}
        days = None
        if using.calendar and using.profile is not None and using.profile.days == "school-days":
            days = _school_days(using.calendar)

        def alone(path: Path) -> None:
            scratch = self._into(RegisterBuilder(), using.first, using.last)
            exports.read(path, using.profile, replace(scratch, school_days=days))

        return quarantine.damaged(registers, alone)

    def _tidy(self, found: Files, damaged: dict[Path, BadInput], into: RegisterBuilder) -> None:
        """Move what is damaged, what was replaced, and end what is old; say what is missing."""
        now = datetime.fromtimestamp(self._now(), UTC)
        days, missing = self._options.archive_days, False
        if self._options.quarantine:
            folder = Path(self._options.quarantine)
            read = [path for path in found.registers if path not in damaged]
            aside = quarantine.solve(
                quarantine.standing(folder), read, newest_only=self._options.newest_only
            )
            aside += quarantine.put_aside(damaged, folder, now)
            for file in quarantine.said(aside):
                into.set_aside(file)
            quarantine.end_old(folder, days, now.date())
            missing = bool(aside)
        # While a part of the newest is missing, what it replaces is kept where it was.
        if self._options.archive and not missing:
            watch.archive(found.replaced, Path(self._options.archive), days, now.date())

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


@hookimpl
def understand_files(given: FileSetup, person: Person) -> Understanding:
    """`setup csv FILE`. Raises BadInput or WrongUse, having kept nothing."""
    return wizard.understand_files(given, person)


@hookimpl
def read_calendar(path: str, first: date, last: date, into: RegisterBuilder) -> bool:
    """A calendar file of either form, for a school on any system. Raises BadInput."""
    calendar_file.read(Path(path), first, last, into)
    return True


def _school_days(path: Path) -> frozenset[date]:
    scratch = RegisterBuilder()
    calendar_file.read(path, date.min, date.max, scratch)
    return scratch.build().calendar or frozenset()


def _goes_on(rest: tuple[Path, ...], found: Files, *, newest_only: bool) -> bool:
    """Whether these files are enough to read without the others.

    Of dated exports one of the newest must be among them: an older set would undo what was told.
    """
    if newest_only and any(watch.kind_of(path.name)[0] for path in found.registers):
        return any(watch.kind_of(path.name)[0] for path in rest)
    return bool(rest)


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


def _left_out(done: Sequence[Tally], wanted: Wanted) -> Iterator[str]:
    """What was not read, in sentences without a name."""
    ignored = sum(each.minutes_ignored for each in done)
    if ignored:
        yield f"minutes_late is left out on {_rows(ignored)} whose code is neither L nor U"
    outside = sum(each.outside for each in done)
    if outside:
        yield (
            f"{_rows(outside)} of dates before {wanted.first.isoformat()} or after "
            f"{wanted.last.isoformat()} left out"
        )
    both = sorted(wanted.ids_here & wanted.ids_elsewhere)
    if both:
        shown = ", ".join(both[:10]) + (f" and {len(both) - 10} more" if len(both) > 10 else "")
        who, have = ("pupil", "has") if len(both) == 1 else ("pupils", "have")
        yield (
            f"{who} {shown} {have} rows of another school too: only those of {wanted.urn} are "
            "read. If it is not one child at two schools, two children have one pupil_id"
        )


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
