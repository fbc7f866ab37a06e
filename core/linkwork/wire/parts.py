"""What messages are made of: marks, notices, totals; names stand in `Identity` alone."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from linkwork.vocabulary import (
    CodeThatLeaves,
    CountsAs,
    Groups,
    KeptBack,
    UnknownCodes,
    YearGroup,
)
from linkwork.wire.base import Wire

# A field named date would hide the type from the fields after it.
Day = date


class Mark(Wire):
    """One counted session: its code where it is G, N, O or U, else only the code's class."""

    date: date
    half: Literal["AM", "PM"]
    code: CodeThatLeaves | None = None
    counts_as: CountsAs = ""


class Correction(Wire):
    """A session a notice counted before, and the mark that stands there now."""

    was: Mark
    now: Mark


class Unsettled(Wire):
    """A counted session whose mark may not stand: no legal paper can rest on it yet.

    "changed": another mark stood there until the read of the day `on`; "waits": the school system
    says another one since then, and a person has not decided; "gone": it gives none since then.
    """

    date: date
    half: Literal["AM", "PM"]
    why: Literal["changed", "waits", "gone"]
    on: Day


class Address(Wire):
    """An address as the school holds it."""

    lines: tuple[str, ...] = ()
    postcode: str | None = None


class ContactOnReturn(Wire):
    """A parent or carer named on a return or referral."""

    name: str
    relationship: str | None = None
    parental_responsibility: bool | None = None
    lives_with: bool | None = None
    address: Address | None = None
    phones: tuple[str, ...] = ()
    email: str | None = None
    language: str | None = None
    do_not_contact: bool | None = None
    address_confidential: bool | None = None


class Identity(Wire):
    """Who a pseudonym is. Sealed to the identity key; leaves only with a basis."""

    pupil_id: str
    upn: str | None = None
    surname: str | None = None
    forename: str | None = None
    date_of_birth: date | None = None
    address: Address | None = None
    contacts: tuple[ContactOnReturn, ...] = ()
    contacts_unavailable: bool = False


class Declared(Wire):
    """That a school declared what its marks do not show, or not yet: when, and why.

    `why` is the school's own sentence; it leaves on a return and is empty everywhere else.
    """

    on: date
    why: str = ""


class Notice(Wire):
    """One event of an authority-audience episode, about a pseudonym.

    `declared` is set where the school declared it; its `why` may then hold no session at all.
    `corrected` are marks it counted that are other ones now, when it is withdrawn or got smaller.
    `unsettled` are counted sessions whose mark may not stand; a session coded N says so itself.
    `sealed_identity` is base64 and present only where a basis allows a name (a return).
    """

    episode: str
    event: Literal["opened", "continued", "confirmed", "withdrawn", "ended"]
    pseudonym: str
    trigger: str
    statutory: bool
    status: Literal["confirmed", "provisional"]
    age: Literal["compulsory", "outside", "unknown"]
    value: int
    threshold: int
    unit: Literal["school days", "sessions"]
    possible: int
    first: date
    last: date
    ended: date | None = None
    at_least: int
    at_most: int
    year_group: YearGroup | None = None
    why: tuple[Mark, ...] = ()
    corrected: tuple[Correction, ...] = ()
    declared: Declared | None = None
    unsettled: tuple[Unsettled, ...] = ()
    sealed_identity: str | None = None


class Totals(Wire):
    """Whole-school sums, in sessions; `groups` are e.g. {"year_group": {"7": {...}}}."""

    pupils: int
    possible: int
    present: int
    authorised: int
    unauthorised: int
    unmarked: int
    persistent: int
    severe: int
    groups: Groups = Field(default_factory=dict)


class Completeness(Wire):
    """How whole the register was when it was read: days and counts, no form and no pupil.

    `kept_back` counts pupils who are not judged, by reason.
    """

    last_marked_day: date | None
    last_full_day: date | None = None
    sessions_expected: int
    sessions_marked: int
    missing_days: tuple[date, ...] = ()
    unknown_codes: UnknownCodes = Field(default_factory=dict)
    registers_expected: int = 0
    registers_missing: int = 0
    forms_never_marked: int = 0
    leaver_questions: int = 0
    thin_sessions: int = 0
    roll_changes: int = 0
    kept_back: KeptBack = Field(default_factory=dict)
