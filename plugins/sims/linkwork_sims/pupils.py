"""What a record says of a pupil, and what two records say together. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import date
from typing import TypeVar

from linkwork import upn
from linkwork.register import Enrolment, Pupil
from linkwork_sims import values

T = TypeVar("T")


class BadField(Exception):
    """A field that cannot be read: its name among ours, and what is wrong, never what it says."""

    def __init__(self, name: str, problem: str) -> None:
        self.name, self.problem = name, problem
        super().__init__(problem)


def pupil(pupil_id: str, record: Mapping[str, str]) -> Pupil:
    """A pupil from our field names to the report's text. Raises BadField."""
    number = record.get("upn", "").upper()
    sex = record.get("sex", "")[:1].upper()
    year = record.get("year_group", "")
    return Pupil(
        pupil_id,
        upn=number or None,
        upn_temporary=bool(number) and not upn.problem(number) and upn.is_temporary(number),
        surname=record.get("surname"),
        forename=record.get("forename"),
        date_of_birth=optional(record, "date_of_birth", values.day),
        sex=sex or None,
        year_group=values.year_group(year) if year else None,
        form=record.get("form"),
        sen=record.get("sen"),
        fsm=optional(record, "fsm", values.yes_or_no),
        pupil_premium=optional(record, "pupil_premium", values.yes_or_no),
        ethnicity=record.get("ethnicity"),
        looked_after=optional(record, "looked_after", values.yes_or_no),
        enrolments=(
            Enrolment(
                optional(record, "entry_date", values.day),
                optional(record, "leaving_date", values.day),
                values.mode(record.get("mode", "")),
            ),
        ),
    )


def merged(before: Pupil, now: Pupil) -> Pupil:
    """What two records say of one pupil; a field absent in one is taken from the other.

    Raises BadField where no child can have both.
    """
    for name in ("upn", "date_of_birth"):
        one, other = getattr(before, name), getattr(now, name)
        if one and other and one != other:
            raise BadField(name, f"pupil {now.pupil_id} has another {name} here than before")
    spells = {each.start: each for each in before.enrolments}
    for each in now.enrolments:
        known = spells.get(each.start)
        spells[each.start] = each if known is None or each.end else known
    silent = {
        each.name: getattr(before, each.name)
        for each in fields(Pupil)
        if getattr(now, each.name) is None
    }
    return replace(
        now,
        **silent,
        upn_temporary=now.upn_temporary if now.upn else before.upn_temporary,
        enrolments=tuple(sorted(spells.values(), key=lambda each: each.start or date.min)),
    )


def optional(record: Mapping[str, str], name: str, parse: Callable[[str], T]) -> T | None:
    """A field that a record may leave out. Raises BadField for one that cannot be read."""
    return parsed(name, record[name], parse) if name in record else None


def parsed(name: str, text: str, parse: Callable[[str], T]) -> T:
    """A field's text as what it must be. Raises BadField."""
    try:
        return parse(text)
    except ValueError as error:
        raise BadField(name, str(error)) from error
