"""Who is on the roll, and when: pupils, their enrolments, and the two sessions of a school day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

HALVES = ("AM", "PM")
#: How a pupil is enrolled (Department for Education, CBDS, enrolment status): C at this school
#: alone, M here as the main and S as the other school of a dual registration, G a guest who is
#: registered elsewhere, F a pupil of a further education college.
MODES = ("C", "M", "S", "G", "F")
#: Registered elsewhere: the duties of the law are that school's.
GUEST_MODES = frozenset({"G", "F"})


class Session(NamedTuple):
    """Half a school day. `half` is "AM" or "PM", so sessions sort in time order."""

    date: date
    half: str


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A pupil's time on roll, both ends inclusive; None = open. `mode` is one of MODES.

    A `presumed` end is no source's word: the pupil is not in the register any more, which says
    nothing of why.
    """

    start: date | None = None
    end: date | None = None
    mode: str = "C"
    presumed: bool = False

    def covers(self, day: date) -> bool:
        """Whether `day` falls in this enrolment."""
        return (self.start is None or day >= self.start) and (self.end is None or day <= self.end)

    @property
    def registered(self) -> bool:
        """Whether the pupil is on this school's own roll, not a guest or a college's pupil."""
        return self.mode not in GUEST_MODES


@dataclass(frozen=True, slots=True)
class Pupil:
    """One pupil as the MIS gives it. None means the source does not say, never 'no'.

    The texts are for the school's eyes; of sex, year group, SEN and ethnicity only what
    `linkwork.vocabulary` lists leaves it.
    """

    pupil_id: str
    upn: str | None = None
    upn_temporary: bool = False
    surname: str | None = None
    forename: str | None = None
    date_of_birth: date | None = None
    sex: str | None = None
    year_group: str | None = None
    form: str | None = None
    sen: str | None = None
    fsm: bool | None = None
    pupil_premium: bool | None = None
    ethnicity: str | None = None
    looked_after: bool | None = None
    social_worker: bool | None = None
    youth_justice_worker: bool | None = None
    enrolments: tuple[Enrolment, ...] = (Enrolment(),)

    def on_roll(self, day: date) -> bool:
        """Whether any enrolment covers `day`."""
        return any(enrolment.covers(day) for enrolment in self.enrolments)


@dataclass(frozen=True, slots=True)
class KeptBack:
    """A pupil who is not judged while the record is wrong; `reason` is of vocabulary.KEPT_BACK."""

    pupil_id: str
    reason: str
