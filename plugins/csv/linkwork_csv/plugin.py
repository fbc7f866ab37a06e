"""The hook, and a school whose register is one or more CSV files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from linkwork.errors import BadInput, ContactsUnavailable, EmptyRegister, LinkworkError
from linkwork.plugin import Check, Mis, MisSettings, PupilContacts, hookimpl
from linkwork.register import RegisterBuilder
from linkwork_csv import calendar_file, contacts, files
from linkwork_csv.mapping import COLUMNS, REQUIRED, Counts, RegisterFile, Wanted
from linkwork_csv.options import Options
from linkwork_csv.pupils import PupilDetails

#: Columns that few schools need: nobody is told that they are missing.
_EXTRA = ("urn", "mode")


class CsvMis:
    """A school read from canonical CSV files. Files are looked for anew on every call."""

    def __init__(self, options: Options) -> None:
        self._options = options

    def check(self) -> list[Check]:
        """Each file with what its header holds or lacks; no marks are read."""
        try:
            found = self._options.files()
        except LinkworkError as error:
            return [Check("files", False, "none", str(error))]
        checks = [_look_at(path, COLUMNS, REQUIRED) for path in found.registers]
        if found.calendar:
            checks.append(_look_at_calendar(found.calendar))
        if found.contacts:
            checks.append(_look_at(found.contacts, contacts.COLUMNS, contacts.REQUIRED))
        else:
            checks.append(Check("contacts", True, "no contacts.csv: the school is asked instead"))
        return checks

    def read(self, first: date, last: date, into: RegisterBuilder) -> None:
        """Stream every file into the builder. Raises BadInput or EmptyRegister."""
        found = self._options.files()
        wanted = Wanted(first, last, self._options.urn)
        pupils = PupilDetails(into)
        counts = [_read_one(path, wanted, pupils, into) for path in found.registers]
        into.urn = wanted.urn
        _refuse_nothing(sum(each.used for each in counts), wanted, found.registers)
        pupils.warn()
        for sentence in _left_out(counts, wanted):
            into.warn(sentence)
        if found.calendar:
            calendar_file.read(found.calendar, first, last, into)

    def contacts(self, pupil_ids: Sequence[str]) -> list[PupilContacts]:
        """Contacts of these pupils from contacts.csv. Raises ContactsUnavailable, BadInput."""
        path = self._options.files().contacts
        if path is None:
            raise ContactsUnavailable(
                "there is no contacts.csv", remedy="Export one beside the register, or ask once"
            )
        return contacts.read(path, pupil_ids)


@hookimpl
def open_mis(settings: MisSettings) -> Mis:
    """A school on CSV files; its settings are those of `Options`. Raises WrongUse."""
    return CsvMis(Options.of(settings.options, settings.urn))


def _read_one(path: Path, wanted: Wanted, pupils: PupilDetails, into: RegisterBuilder) -> Counts:
    with files.opened(path) as file:
        place = files.columns(file.header, COLUMNS, REQUIRED, path)
        return RegisterFile(str(path), place, wanted, pupils, into).read(file)


def _refuse_nothing(used: int, wanted: Wanted, registers: tuple[Path, ...]) -> None:
    """No marks at all is never read as 'everyone is absent'."""
    if used:
        return
    names = ", ".join(str(path) for path in registers[:3])
    if wanted.named and wanted.urns_met - {wanted.urn}:
        others = ", ".join(sorted(wanted.urns_met)[:10])
        raise BadInput(
            f"there is no row of school {wanted.urn}; the URNs there are {others}",
            remedy="Correct the school's urn, or export the right school",
            file=names,
            column="urn",
        )
    raise EmptyRegister(
        f"{names}: no marks from {wanted.first.isoformat()} to {wanted.last.isoformat()}",
        remedy="Check the dates of the export, then export again",
    )


def _left_out(counts: list[Counts], wanted: Wanted) -> Iterator[str]:
    """What was not read, in sentences without a name."""
    ignored = sum(each.minutes_ignored for each in counts)
    if ignored:
        yield f"minutes_late is left out on {_rows(ignored)} whose code is neither L nor U"
    outside = sum(each.outside for each in counts)
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


def _look_at_calendar(path: Path) -> Check:
    try:
        with files.opened(path) as file:
            known, needed = calendar_file.columns_of(file.header)
    except BadInput as error:
        return Check(str(path), False, error.problem, error.remedy)
    return _look_at(path, known, needed)


def _look_at(path: Path, known: tuple[str, ...], required: tuple[str, ...]) -> Check:
    try:
        with files.opened(path) as file:
            place = files.columns(file.header, known, required, path)
            empty = next(file.rows, None) is None
    except BadInput as error:
        return Check(str(path), False, error.problem, error.remedy)
    lacking = [name for name in known if name not in place and name not in _EXTRA]
    seen = "every column" if not lacking else f"no column {', '.join(lacking)}"
    if empty:
        return Check(str(path), False, "a header and no rows", "Export it again")
    return Check(str(path), True, seen)
