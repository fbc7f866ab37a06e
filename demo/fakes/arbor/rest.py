"""The REST side: lists with pages and filters, objects by address, the changelog's place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from demo.fakes.arbor.model import BY_PATH, MODEL, ROOTS, Ref, href

if TYPE_CHECKING:
    from demo.fakes.arbor.peer import FakeArbor

Row = dict[str, Any]
#: Status and JSON value.
Reply = tuple[int, Any]


def answer(fake: FakeArbor, path: str, asked: Mapping[str, str]) -> Reply:
    """A list's page, or one object."""
    place, _, identity = path.removeprefix("/rest-v2/").partition("/")
    entity = BY_PATH.get(place)
    if entity is None or entity in fake.closed_lists:
        return (404, error(404, "Not Found")) if entity is None else (200, {})
    if identity:
        row = fake.object(entity, identity)
        if row is None:
            return 404, error(404, "Not Found")
        return 200, {entity[0].lower() + entity[1:]: _object(fake, entity, row)}
    return 200, {ROOTS[entity]: _page(fake, entity, asked)}


def error(code: int, reason: str) -> Row:
    """Arbor's own way to say that something is wrong."""
    return {"response": {"code": code, "reason": reason}}


def _page(fake: FakeArbor, entity: str, asked: Mapping[str, str]) -> list[Row]:
    fault = fake.faults.get(entity)
    size = min(int(asked.get("page-size", "100")), fake.cap)
    number = int(asked.get("page-number", fake.first_page))
    start = 0 if fault == "repeat" else max(number - fake.first_page, 0) * size
    dates = (
        asked.get("filters.recordDate.from", ""),
        asked.get("filters.recordDate.to", "9"),
    )
    equal = {
        name.removeprefix("filters.").removesuffix(".equals"): value
        for name, value in asked.items()
        if name.startswith("filters.") and name.endswith(".equals")
    }
    rows = fake.select(entity, start, size, dates, {} if fault == "no-filter" else equal)
    if fault == "links":
        return [{"entityType": entity, "href": href(entity, row["id"])} for row in rows]
    return [_object(fake, entity, row) for row in rows]


def _object(fake: FakeArbor, entity: str, row: Row) -> Row:
    # Names of a student stand on the person here; only GraphQL shows them on the student too.
    hidden = {"legalFirstName", "legalLastName", "dateOfBirth"} if entity == "Student" else set()
    shown = {"entityType": entity, "href": href(entity, row["id"])}
    for field in MODEL[entity]:
        if field not in hidden and f"{entity}.{field}" not in fake.closed_fields:
            shown[field] = _value(row.get(field))
    return shown


def _value(value: Any) -> Any:
    if isinstance(value, Ref):
        return {"entityType": value.entity, "href": href(value.entity, value.id)}
    if isinstance(value, date):
        return {"entityType": "date", "date": f"{value.isoformat()} 00:00:00"}
    return value
