"""The nouns of a diary: half-days, officers, schools, meetings, and what a plan says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

WEEKDAY_CODES = ("mon", "tue", "wed", "thu", "fri")


class Session(StrEnum):
    """A half of a day. A person meets at most once in a half-day, so travel never clashes."""

    AM = "am"
    PM = "pm"


#: The code of each half of each weekday; Saturday and Sunday have none.
_CODES = (*((f"{day}-am", f"{day}-pm") for day in WEEKDAY_CODES), ("", ""), ("", ""))


class Status(StrEnum):
    """Where a meeting stands."""

    PLANNED = "planned"
    HELD = "held"
    CANCELLED = "cancelled"
    NOT_DELIVERED = "not delivered"


@dataclass(frozen=True, order=True)
class HalfDay:
    """One morning or afternoon."""

    day: date
    session: Session

    def __hash__(self) -> int:
        # A plan looks half-days up by the million; the generated hash is four times slower.
        return self.day.toordinal() * 2 + (self.session is Session.PM)

    @property
    def code(self) -> str:
        """`tue-am`, as working patterns write it; Saturday and Sunday have none."""
        return _CODES[self.day.weekday()][self.session is Session.PM]


@dataclass(frozen=True)
class Window:
    """The days in which one meeting of a cadence falls, both ends inside."""

    first: date
    last: date

    def holds(self, day: date) -> bool:
        """Whether `day` lies inside; both ends do."""
        return self.first <= day <= self.last


@dataclass(frozen=True)
class Place:
    """Where something is, in degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True)
class Visit:
    """A meeting that stands in an officer's diary: it weighs on what is planned beside it."""

    half_day: HalfDay
    place: Place | None = None
    online: bool = False


@dataclass(frozen=True)
class OfficerDiary:
    """When an officer works (`mon-am` codes) and which half-days are already taken.

    `visits` are those of the taken half-days that are meetings with schools.
    """

    person_id: str
    email: str
    name: str
    works: frozenset[str]
    busy: frozenset[HalfDay] = frozenset()
    visits: frozenset[Visit] = frozenset()


@dataclass(frozen=True)
class SchoolDiary:
    """When a school is open, which half-days it wishes for, and which are taken.

    `open_days` are its school days: no weekend, holiday, INSET day or closure among them.
    `wishes` are `mon-am` codes it likes best, empty means any; `never` are those it cannot be
    visited on. `people` are the ids of those who must be there: their taken half-days are in
    `busy`, and no two schools may need one of them at once.
    """

    school_id: str
    urn: str
    name: str
    open_days: frozenset[date]
    wishes: frozenset[str] = frozenset()
    busy: frozenset[HalfDay] = frozenset()
    never: frozenset[str] = frozenset()
    place: Place | None = None
    online: bool = False
    people: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Slot:
    """One possible meeting: a half-day, its hours by the clock on the wall, and why it fits.

    `own` is the part of the reason that no other slot of the same offer has.
    """

    half_day: HalfDay
    start: time
    end: time
    reason: str
    own: str = ""

    @property
    def shared(self) -> str:
        """The rest of the reason: what was weighed for every slot of the offer."""
        return self.reason.removesuffix(self.own).rstrip()


@dataclass(frozen=True)
class Need:
    """One meeting a plan should hold. `officer` is None when the school has no link officer.

    `target` is the day it should be near; without one the middle of its window.
    """

    school: SchoolDiary
    officer: OfficerDiary | None
    window: Window
    target: date | None = None


@dataclass(frozen=True)
class Placed:
    """A need and the slot it was given; `cost` is its own: wishes missed and weeks off."""

    need: Need
    officer: OfficerDiary
    slot: Slot
    cost: int


@dataclass(frozen=True)
class Unplaced:
    """A need that could not be met, and why."""

    need: Need
    reason: str


@dataclass(frozen=True)
class Plan:
    """What a plan found. `cost` counts what `[meetings.planning]` weighs, over what is placed.

    `bound` is a proven lower limit of that cost over the columns generated, for the same
    meetings. A plan whose cost equals its bound cannot be bettered.
    """

    placed: tuple[Placed, ...]
    unplaced: tuple[Unplaced, ...]
    cost: int
    bound: int


class Beside(StrEnum):
    """What a row beside another meeting adds to it: one more officer, or one more school."""

    NOTHING = ""
    OFFICER = "officer"
    SCHOOL = "school"


@dataclass(frozen=True)
class Meeting:
    """One meeting in the diary. `sequence` rises with every change an invitation must carry.

    A meeting of several officers or schools has a row for each further one: `main_id` is the
    meeting it stands beside, `part` what a further officer does there, such as the chair.
    """

    meeting_id: str
    school_id: str
    officer_id: str
    kind: str
    half_day: HalfDay
    start: time
    end: time
    status: Status
    sequence: int
    reason: str
    changed_at: datetime
    locked: bool = False
    online: bool = False
    room: str = ""
    main_id: str = ""
    beside: Beside = Beside.NOTHING
    part: str = ""


class Side(StrEnum):
    """Who caused a change."""

    SCHOOL = "school"
    SERVICE = "service"


@dataclass(frozen=True)
class Change:
    """What became of a planned meeting: `what` is moved, covered, cancelled or not delivered.

    `notice` is the time from the change to the start it had; negative once it had begun.
    """

    what: str
    side: Side
    by: str
    at: datetime
    notice: timedelta
    before: tuple[HalfDay, str]
    after: tuple[HalfDay, str] | None
    why: str


@dataclass(frozen=True)
class Lost:
    """A visit that did not take place: the facts a bill may need, and nobody's words.

    `attempts` counts tries to reach the school about it; `reached` whether one of them did.
    """

    meeting_id: str
    school_id: str
    kind: str
    half_day: HalfDay
    status: Status
    side: Side
    notice: timedelta
    attempts: int
    reached: bool


@dataclass(frozen=True)
class Attempt:
    """One try to reach a school."""

    at: datetime
    by: str
    channel: str
    reached: bool


@dataclass(frozen=True)
class Busy:
    """A stretch of time in which somebody cannot meet, from a diary; moments with their zone."""

    starts: datetime
    ends: datetime


@dataclass(frozen=True)
class VisitWishes:
    """How a school is visited: `never` half-days, online or in a room, and how often.

    `cadence` is "" for the profile's own, else one a kind of meeting can have.
    """

    never: frozenset[str] = frozenset()
    online: bool = False
    room: str = ""
    cadence: str = ""


@dataclass(frozen=True)
class ListedPupil:
    """A pupil on the list for a meeting: sessions absent and possible, and which rates that met."""

    pseudonym: str
    met: tuple[str, ...]
    absent: int
    unauthorised: int
    possible: int
    year_group: str


@dataclass(frozen=True)
class MeetingList:
    """The list a school released for one meeting. `year` is the first day of its school year."""

    as_of: date
    year: date
    released_by: str
    standing: bool
    received: datetime
    pupils: tuple[ListedPupil, ...]


@dataclass(frozen=True)
class Note:
    """One version of a meeting's record: text by heading. A change is a new version."""

    version: int
    texts: dict[str, str]
    written_by: str
    written_at: datetime


@dataclass(frozen=True)
class Section:
    """One heading of a record: a part of the agenda, or a category of advice."""

    section: str
    title: str
    about: str
    advice: bool = False


@dataclass(frozen=True)
class Entry:
    """A text as somebody saved it under one heading; `over` are the numbers it was written over."""

    number: int
    over: tuple[int, ...]
    text: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Agreed:
    """One agreed version of a record: its very bytes, their digest and the hub's signature.

    `confirmed` says for each side who confirmed it, when, and where ("page" or "agent").
    """

    version: int
    body: str
    digest: str
    signature: str
    key_id: str
    written_by: str
    written_at: datetime
    confirmed: dict[Side, tuple[str, datetime, str]]


@dataclass(frozen=True)
class Attendee:
    """One part of a meeting, who filled it, and whether they came."""

    part: str
    name: str
    present: bool
