"""Importing diaries: who is away, how schools are visited, and calendars."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from linkwork.errors import BadInput
from linkwork_hub.access import store as access
from linkwork_hub.access.csv_files import CsvRow, read_csv
from linkwork_hub.access.import_plan import Plan, Reading, Step, make_plan
from linkwork_hub.access.import_schools import urn_of
from linkwork_hub.access.models import SLOTS, Person
from linkwork_hub.db import Scope, Tx
from linkwork_hub.meetings import diary_store
from linkwork_hub.meetings.ical_files import MAX_BYTES, read_busy
from linkwork_hub.meetings.models import Busy, VisitWishes

AWAY_COLUMNS = ("email", "kind", "first", "last", "half")
VISIT_COLUMNS = ("urn", "prefer", "never", "online", "room", "cadence")
HALVES, CADENCES = ("day", "am", "pm"), ("half-term", "term", "as-needed")
#: How far ahead a calendar is read, in days.
AHEAD = 400
_HERE = ZoneInfo("Europe/London")
_NOON = time(12)


def plan_away(scope: Scope, db: Tx, path: Path) -> Plan:
    """What importing this file of leave, sickness and other absences would do."""

    def one(row: CsvRow) -> list[Step]:
        person, kind, busy = _absence(scope, db, row)
        words = f"{person.name} is away {_dates(busy)}"

        def add(scope: Scope, db: Tx) -> None:
            diary_store.add_entry(scope, db, person.id, kind, busy)

        known = diary_store.entries(scope, db, [person.id], busy.starts, busy.ends)[person.id]
        there = any(e.busy == busy and e.kind == kind and not e.source for e in known)
        return [] if there else [Step(words, add)]

    return make_plan(read_csv(path, AWAY_COLUMNS), one)


def plan_visits(scope: Scope, db: Tx, path: Path) -> Plan:
    """What importing this file of how schools are visited would do."""
    seen: dict[str, int] = {}

    def one(row: CsvRow) -> list[Step]:
        reading = Reading()
        urn = reading.part(lambda: urn_of(row, "urn"), "")
        prefer = reading.part(lambda: _codes(row, "prefer"), frozenset())
        never = reading.part(lambda: _codes(row, "never"), frozenset())
        online = reading.part(
            lambda: row.text("online") and row.one_of("online", ("yes", "no")), ""
        )
        cadence = reading.part(lambda: row.text("cadence") and row.one_of("cadence", CADENCES), "")
        reading.done()
        school = access.school_by_urn(scope, db, urn)
        if school is None:
            raise row.wrong("urn", f"no school has URN {urn}", "Import schools first")
        if urn in seen:
            raise row.wrong("urn", f"{urn} stands in row {seen[urn]} too", "Keep one of them")
        seen[urn] = row.number
        both = sorted(prefer & never)
        if both:
            raise row.wrong("never", f"{both[0]} is preferred too", "Keep it in one of the two")
        wishes = VisitWishes(never, online == "yes", row.text("room"), cadence)
        if (wishes, prefer) == (
            diary_store.wishes_of(scope, db, school.id),
            access.preferences(scope, db, school.id),
        ):
            return []
        return [Step(f"visits of {school.name}", _visit_setter(school.id, wishes, prefer))]

    return make_plan(read_csv(path, VISIT_COLUMNS), one)


def plan_calendar(scope: Scope, db: Tx, person: Person, path: Path) -> Plan:
    """What reading this calendar file into somebody's diary would do. Raises BadInput."""
    if not path.is_file():
        raise BadInput("there is no such file", remedy="Check the path", file=str(path))
    if path.stat().st_size > MAX_BYTES:
        raise BadInput("the file is larger than 8 MiB", remedy="Export fewer years", file=path.name)
    last = db.today + timedelta(days=AHEAD)
    busy = read_busy(path.read_bytes(), db.today, last, file=path.name)
    words = f"{person.name} is busy {len(busy)} times until {last}"

    def write(scope: Scope, db: Tx) -> None:
        diary_store.replace_entries(scope, db, person.id, f"file {path.name}", busy)

    return Plan((Step(words, write),))


def whole_days(first: date, last: date, half: str = "day") -> Busy:
    """From the start of one day to the end of another; `half` am or pm is that half alone."""
    start = datetime.combine(first, _NOON if half == "pm" else time(), tzinfo=_HERE)
    end = (
        datetime.combine(last, _NOON, tzinfo=_HERE)
        if half == "am"
        else datetime.combine(last + timedelta(days=1), time(), tzinfo=_HERE)
    )
    return Busy(start, end)


def _absence(scope: Scope, db: Tx, row: CsvRow) -> tuple[Person, str, Busy]:
    reading = Reading()
    email = reading.part(lambda: row.needed("email", "whose diary it is").lower(), "")
    kind = reading.part(lambda: row.one_of("kind", diary_store.AWAY_KINDS), "other")
    first = reading.part(lambda: row.needed_day("first"), date.min)
    last = reading.part(lambda: row.needed_day("last"), date.min)
    half = reading.part(lambda: row.one_of("half", HALVES), "day")
    reading.done()
    person = access.person_by_email(scope, db, email)
    if person is None:
        raise row.wrong("email", f"nobody here has the address {email}", "Import staff first")
    if last < first:
        raise row.wrong("last", f"{last} is before {first}", "Correct one of the dates")
    if half != "day" and first != last:
        raise row.wrong("half", "half a day is of one day", "Write one row for each day")
    return person, kind, whole_days(first, last, half)


def _codes(row: CsvRow, column: str) -> frozenset[str]:
    for code in row.text(column).split():
        if code not in SLOTS:
            raise row.wrong(
                column, f"{code!r} is not a half day", f"Write words such as {SLOTS[0]} {SLOTS[1]}"
            )
    return frozenset(row.text(column).split())


def _visit_setter(
    school_id: str, wishes: VisitWishes, prefer: frozenset[str]
) -> Callable[[Scope, Tx], None]:
    def write(scope: Scope, db: Tx) -> None:
        diary_store.set_wishes(scope, db, school_id, wishes)
        access.set_preferences(scope, db, school_id, prefer)

    return write


def _dates(busy: Busy) -> str:
    return f"{busy.starts:%Y-%m-%d %H:%M} to {busy.ends:%Y-%m-%d %H:%M}"
