"""What `doctor` and `setup` show: each list with whether it can be read, and how many pupils."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from linkwork import wording
from linkwork.errors import LinkworkError, NotTheSource
from linkwork.plugin import Check
from linkwork_arbor.client.source import Source
from linkwork_arbor.entities import (
    DEMOGRAPHICS,
    ELSEWHERE,
    ENTITIES,
    NEEDED,
    RECORDS,
    WANTED,
    Entity,
)
from linkwork_arbor.mapping import institutions, marks
from linkwork_arbor.options import Options

ASK = "Allow the application to read it in Arbor, and run this again"


def look(source: Source, why: str, options: Options, urn: str, today: date) -> Iterator[Check]:
    """One Check a thing. One row of a list is asked for, but of the few marks and schools all."""
    yield Check("interface", True, f"{source.name}{f': {why}' if why else ''}")
    yield from (_whose(source, urn), _pupils(source))
    yield from _marks(source, today)
    entities = [RECORDS, *(ENTITIES[name] for name in (*NEEDED, *WANTED))]
    entities += [ENTITIES[each] for name in options.demographics for each in DEMOGRAPHICS[name]]
    yield from (_readable(source, entity) for entity in entities)
    yield Check("contacts", True, "asked for one pupil at a time, when one is needed")


def _readable(source: Source, entity: Entity) -> Check:
    try:
        if source.gaps(entity) == [entity.name]:
            return Check(entity.name, False, "this Arbor has none", ASK)
        rows = source.few(entity)
    except LinkworkError as error:
        return Check(entity.name, False, "cannot be read", str(error))
    gaps = [gap for gap in source.gaps(entity) if gap not in ELSEWHERE]
    if gaps:
        return Check(entity.name, False, f"can be read without {', '.join(gaps)}", ASK)
    if not rows and entity.name in (RECORDS.name, *NEEDED):
        return Check(entity.name, False, "is empty", ASK)
    return Check(entity.name, True, "can be read" if rows else "is empty")


def _whose(source: Source, urn: str) -> Check:
    entity = ENTITIES["EducationalInstitution"]
    try:
        named = [row for page in source.pages(entity) for row in page]
        own, count = institutions.own(named, urn)
    except NotTheSource as error:
        return Check("school", False, "another school's Arbor", str(error))
    except LinkworkError as error:
        return Check("school", False, "not verified", str(error))
    if own is None:
        return Check("school", True, "Arbor gives no URN: not verified")
    others = f", with {wording.number(count - 1, 'other school')}" if count > 1 else ""
    return Check("school", True, f"URN {urn}{others}")


def _pupils(source: Source) -> Check:
    try:
        count = source.count(ENTITIES["Student"])
    except LinkworkError as error:
        return Check("pupils", False, "cannot be counted", str(error))
    remedy = "" if count else ASK
    return Check("pupils", not remedy, f"{count:,} in Arbor, left ones too", remedy, count)


def _marks(source: Source, today: date) -> Iterator[Check]:
    entity = ENTITIES["AttendanceMark"]
    try:
        rows = [row for page in source.pages(entity) for row in page]
    except LinkworkError:
        return  # said where the list is looked at
    known = sorted(set(marks.codes(rows).values()))
    yield Check("marks", True, f"{len(known)} signs: {' '.join(known)}")
    for words in marks.disagreements(rows, today):
        yield Check("marks", True, f"{words}: it is counted as by law")
