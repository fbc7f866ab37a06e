"""`export`: the register as canonical files, which every tool can read and check judges alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from linkwork import vocabulary, wording
from linkwork.canonical import calendar_lines, contact_lines, register_lines, stays, terms_lines
from linkwork.errors import BadInput, MisError, WrongUse
from linkwork.readying import kept_back, not_judged, with_groups_closed
from linkwork.register import Pupil, Register
from linkwork_agent import check
from linkwork_agent.keys import new_private_file
from linkwork_agent.source import ConfiguredSchool, Source

if TYPE_CHECKING:
    from linkwork.plugin import PupilContacts


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be written. `reason` goes with `contacts` and says why they are needed."""

    folder: Path
    force: bool = False
    contacts: bool = False
    reason: str = ""


def run_export(source: Source, wanted: Wanted, out: TextIO) -> int:
    """Write register.csv, calendar.csv where the source has one, and asked contacts; returns 0.

    Everybody the source has is in it, those too whom `check` keeps back. Each file is written
    beside its place, read again and compared, and only then takes it: what stands there is judged
    to the same findings, and what cannot stand there is said. Raises WrongUse when a file is in
    the way, BadInput for what no canonical file can say, and what the source raises.
    """
    contacts = _contacts_of(source, wanted)
    read = source.whole(source.policy())
    read = replace(read, urn=read.urn or source.urn)
    register = _sayable(read)
    calendar = _calendar(register)
    names = ["register.csv", *(["calendar.csv"] if calendar else [])]
    names += ["contacts.csv"] if wanted.contacts else []
    _refuse_what_stands(wanted, names)
    wanted.folder.mkdir(parents=True, exist_ok=True)
    made = {name: wanted.folder / f".{name}.new" for name in names}
    try:
        _write(made["register.csv"], register_lines(_plain(register), register.urn))
        if calendar:
            _write(made["calendar.csv"], calendar)
        _refuse_another_reading(register, made)
        if wanted.contacts:
            _write(made["contacts.csv"], contact_lines(contacts.read(wanted)))
        for name, path in made.items():
            path.replace(wanted.folder / name)
    finally:
        for path in made.values():
            path.unlink(missing_ok=True)
    for line in (
        *_written(register, wanted, names, len(contacts.mis_ids)),
        *_not_carried(read, register),
        "These files name pupils: only this account can read them. Delete them when done.",
    ):
        print(line, file=out)
    return 0


@dataclass(frozen=True, slots=True)
class _Contacts:
    """The pupils whose contacts may be read: those somebody waits for, and nobody else."""

    school: ConfiguredSchool | None
    mis_ids: tuple[str, ...] = ()

    def read(self, wanted: Wanted) -> list[PupilContacts]:
        """Their contacts; that they were written, and why, is put on record first."""
        if self.school is None:
            return []
        found = self.school.contacts(self.mis_ids)
        self.school.record(
            f"Contacts of {wording.number(len(found), 'pupil')} written to a file on this machine "
            f"with export: {wanted.reason}"
        )
        return found


def _contacts_of(source: Source, wanted: Wanted) -> _Contacts:
    if not wanted.contacts:
        if wanted.reason:
            raise WrongUse("--reason goes with --contacts")
        return _Contacts(None)
    if not isinstance(source, ConfiguredSchool):
        raise WrongUse(
            "--contacts needs a configured school: from files alone nobody can say which pupils "
            "are in a return or a request, and contacts are read of no others"
        )
    if not wanted.reason.strip():
        raise WrongUse('--contacts needs a reason, which is kept: --reason "WHY"')
    ids = source.pupils_in_hand()
    if not ids:
        raise WrongUse(
            "No pupil is in a return that waits or a request of the authority, so no contacts are "
            "read. Without --contacts the register is written"
        )
    return _Contacts(source, ids)


def _refuse_what_stands(wanted: Wanted, names: Iterable[str]) -> None:
    there = [name for name in names if (wanted.folder / name).exists()]
    if there and not wanted.force:
        raise WrongUse(
            f"{wanted.folder} already holds {' and '.join(there)}. "
            "Give another --out, or --force to replace"
        )


def _write(path: Path, lines: Iterator[str]) -> None:
    path.unlink(missing_ok=True)
    with new_private_file(path) as file:
        file.writelines(lines)


def _sayable(read: Register) -> Register:
    """The register without what no canonical file can hold: `_not_carried` says it all."""
    gone = {each.pupil_id for each in kept_back(read) if each.reason == "left-before-entry"}
    stay = [place for place, p in enumerate(read.pupils) if p.pupil_id not in gone]
    register = read.only(stay) if gone else read
    if register.calendar is not None and register.terms:
        # One file is days or terms. The days are kept, a year group's closures as marks.
        register = replace(with_groups_closed(register), terms=())
    return register


def _calendar(register: Register) -> Iterator[str] | None:
    """calendar.csv in the form the source has it; None where it has none."""
    if register.calendar is not None:
        return calendar_lines(register.calendar)
    return terms_lines(register.terms) if register.terms else None


def _plain(register: Register) -> Register:
    """The register with year groups and sexes in the closed lists the file has for them."""
    return replace(register, pupils=tuple(_listed(pupil) for pupil in register.pupils))


def _listed(pupil: Pupil) -> Pupil:
    return replace(
        pupil,
        sex=vocabulary.listed("sex", pupil.sex) if pupil.sex else None,
        year_group=vocabulary.listed("year_group", pupil.year_group) if pupil.year_group else None,
    )


def _refuse_another_reading(register: Register, made: dict[str, Path]) -> None:
    """Read the files again: what they say is what was read, or nothing is kept."""
    path, calendar = made["register.csv"], made.get("calendar.csv")
    try:
        again = check.read([str(path)], str(calendar) if calendar else None, register.urn)
    except (BadInput, MisError) as error:
        raise BadInput(
            f"a canonical file cannot say what was read: {error.problem}",
            remedy="Correct it in the school system; nothing was written",
            column=getattr(error, "column", None),
        ) from error
    there = {pupil.pupil_id: (n, pupil) for n, pupil in enumerate(again.pupils)}
    first = register.sessions[0].date
    for place, pupil in enumerate(register.pupils):
        number, found = there.get(pupil.pupil_id, (-1, None))
        if found is None or _facts(found, first) != _facts(pupil, first):
            raise _unlike(f"pupil {pupil.pupil_id}", _FACTS)
        marks = {session: code for session, code in again.marks(number) if code}
        if marks != {session: code for session, code in register.marks(place) if code}:
            raise _unlike(f"pupil {pupil.pupil_id}", "its marks")
    if set(kept_back(again)) != set(kept_back(register)):
        raise _unlike("the register", "which records cannot be right")
    if (again.calendar, again.terms) != (register.calendar, register.terms):
        raise _unlike("the calendar", "its days or terms")


_FACTS = "its id, UPN, date of birth, year group, or dates on roll and how it is enrolled"


def _facts(pupil: Pupil, first: date) -> tuple[object, ...]:
    group = vocabulary.year_group(pupil.year_group or "")
    return pupil.upn and pupil.upn.upper(), pupil.date_of_birth, group, stays(pupil, first)


def _unlike(who: str, what: str) -> BadInput:
    return BadInput(
        f"{who}: a canonical file cannot say {what} as the source has them",
        remedy="Look at it in the school system; nothing was written",
    )


def _written(register: Register, wanted: Wanted, names: list[str], pupils: int) -> Iterator[str]:
    first, last = register.sessions[0].date, register.sessions[-1].date
    yield (
        f"Wrote {wanted.folder / names[0]}: {wording.number(len(register.pupils), 'pupil')}, "
        f"{wording.day(first)} to {wording.day(last)}."
    )
    if register.partial:
        yield f"Partial: {register.partial}. The first: {register.first_unread}"
    if "calendar.csv" in names:
        held = "the school days" if register.calendar is not None else "the terms and closures"
        yield f"Wrote {wanted.folder / 'calendar.csv'}: {held}. Give both to check."
    if "contacts.csv" in names:
        yield (
            f"Wrote {wanted.folder / 'contacts.csv'}: contacts of {wording.number(pupils, 'pupil')}"
            " in a return or a request. The reason is on record: linkwork-agent sent"
        )


def _not_carried(read: Register, register: Register) -> Iterator[str]:
    """What the source has and the files cannot say, and whom `check` will not judge."""
    kept = kept_back(read)
    lost = [each for each in kept if each.reason == "left-before-entry"]
    if lost:
        ids = ", ".join(each.pupil_id for each in lost)
        yield f"Not in it: {ids}. An enrolment ends before it begins, which no such file can say."
    here = tuple(each for each in kept if each not in lost)
    yield from (f"In it, and check says so too: {each}." for each in not_judged(read, here))
    first = register.sessions[0].date
    others = sum(set(stays(p, first)) != set(p.enrolments) for p in register.pupils)
    if others:
        yield (
            f"Times on roll of {wording.number(others, 'pupil')} stand otherwise: those that "
            "overlap are one, and one without an entry date starts on the first day."
        )
    if read.calendar is not None and read.terms:
        yield "Not in it: the names of terms and half terms. calendar.csv holds the school days."
    if held := [words for field, words in _NO_COLUMN.items() if _any(register, field)]:
        yield (
            f"Not in it, for want of a column: {', '.join(held)}. Where a rule puts children first "
            "for one of these, check of the files cannot."
        )


#: What a source may tell of a pupil and register.csv has no column for.
_NO_COLUMN = {
    "sen": "special educational needs",
    "fsm": "free school meals",
    "pupil_premium": "pupil premium",
    "ethnicity": "ethnicity",
    "looked_after": "who is looked after",
    "social_worker": "who has a social worker",
    "youth_justice_worker": "who has a youth justice worker",
}


def _any(register: Register, field: str) -> bool:
    return any(getattr(pupil, field) is not None for pupil in register.pupils)
