"""A register and its contacts as canonical CSV files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from linkwork.plugin import Contact, PupilContacts
from linkwork.register import Pupil, Register

REGISTER = (
    "pupil_id,upn,surname,forename,date_of_birth,sex,year_group,form,entry_date,leaving_date,"
    "date,session,code,minutes_late"
)
CONTACTS = (
    *("pupil_id", "contact_id", "title", "forename", "surname", "relationship"),
    *("parental_responsibility", "lives_with", "address1", "address2", "address3", "town"),
    *("postcode", "phone1", "phone2", "email", "language", "priority"),
    *("do_not_contact", "address_confidential"),
)


def register(held: Register, path: Path) -> Path:
    """Write `held` to `path`, one row a pupil and session on roll. `path` again."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(REGISTER + "\n")
        for place, pupil in enumerate(held.pupils):
            file.writelines(_rows(held, place, pupil))
    return path


def contacts(held: Mapping[str, PupilContacts], path: Path) -> Path:
    """Write contacts to `path`, one row a pupil and contact. `path` again."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(CONTACTS)
        for pupil in held.values():
            writer.writerows(_contact(pupil.pupil_id, one) for one in pupil.contacts)
    return path


def _rows(held: Register, place: int, pupil: Pupil) -> Iterator[str]:
    # The details are the same on every row of a pupil: quoted once, then only joined.
    start = _details(pupil)
    on_roll = {day: pupil.on_roll(day) for day in dict.fromkeys(s.date for s in held.sessions)}
    for at, (session, code) in enumerate(held.marks(place)):
        if code is None and not on_roll[session.date]:
            continue
        minutes = held.minutes_late.get((at, place), "")
        yield f"{start},{session.date.isoformat()},{session.half},{code or ''},{minutes}\n"


def _details(pupil: Pupil) -> str:
    enrolment = pupil.enrolments[0]
    cells = (
        *(pupil.pupil_id, pupil.upn, pupil.surname, pupil.forename, pupil.date_of_birth),
        *(pupil.sex, pupil.year_group, pupil.form, enrolment.start, enrolment.end),
    )
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow("" if cell is None else cell for cell in cells)
    return text.getvalue()


def _contact(pupil_id: str, one: Contact) -> list[str]:
    lines = [*one.address[:-1], "", "", ""][:3] if one.address else ["", "", ""]
    phones = [*one.phones, "", ""][:2]
    cells = (
        *(pupil_id, one.contact_id, one.title, one.forename, one.surname, one.relationship),
        *(one.parental_responsibility, one.lives_with, *lines),
        *(one.address[-1] if one.address else "", one.postcode, *phones),
        *(one.email, one.language, one.priority),
        *(one.do_not_contact, one.address_confidential),
    )
    return [_cell(cell) for cell in cells]


def _cell(value: str | int | bool | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Y" if value else "N"
    return str(value)
