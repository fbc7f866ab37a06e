"""Arbor's GraphQL: what it has is asked once, and only that is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from linkwork.errors import PermissionMissing, ShapeChanged
from linkwork_arbor.client import paging, refusals
from linkwork_arbor.client.exchange import Exchange, Item
from linkwork_arbor.client.paging import Page
from linkwork_arbor.client.refusals import UPDATE
from linkwork_arbor.entities import ENTITIES, RECORDS, Entity

#: Days asked for, both ends inclusive.
Between = tuple[date, date]
_TYPE = "kind name ofType{ kind name ofType{ kind name ofType{ kind name } } }"


@dataclass(frozen=True, slots=True)
class Schema:
    """What a server can be asked: arguments by entity, and whether a property is an object."""

    arguments: Mapping[str, frozenset[str]]
    objects: Mapping[str, Mapping[str, bool]]

    def absent(self, entity: Entity) -> list[str]:
        """Which of an entity's properties, or the entity itself, this server does not have."""
        if entity.name not in self.arguments:
            return [entity.name]
        has = self.objects.get(entity.name, {})
        return [f"{entity.name}.{field}" for field in entity.fields if field not in has]

    def lacks(self, entities: Iterable[Entity]) -> list[str]:
        """What is absent and there is no register without."""
        return [
            name
            for entity in entities
            for name in self.absent(entity)
            if name == entity.name or name.partition(".")[2] in entity.needed
        ]


def introspect(exchange: Exchange) -> Schema:
    """Ask the server what it has. Raises ShapeChanged when it does not say."""
    types = " ".join(
        f'{name}: __type(name:"{name}"){{ fields{{ name type{{ {_TYPE} }} }} }}'
        for name in ENTITIES
    )
    asked = f"{{ __schema{{ queryType{{ fields{{ name args{{ name }} }} }} }} {types} }}"
    data = _data(exchange.query(asked, "its schema"), "its schema")
    try:
        queries = data["__schema"]["queryType"]["fields"]
        return Schema(
            {each["name"]: frozenset(arg["name"] for arg in each["args"]) for each in queries},
            {
                name: {each["name"]: _is_object(each["type"]) for each in data[name]["fields"]}
                for name in ENTITIES
                if data.get(name)
            },
        )
    except (KeyError, TypeError):
        raise ShapeChanged("Arbor did not describe its GraphQL schema", remedy=UPDATE) from None


def _is_object(kind: Any) -> bool:
    while isinstance(kind, dict) and kind.get("ofType"):
        kind = kind["ofType"]
    return isinstance(kind, dict) and kind.get("kind") in {"OBJECT", "INTERFACE", "UNION"}


class GraphQl:
    """The bulk interface. `gaps` says, while reading, what is closed or absent."""

    name, key = "GraphQL", "id"

    def __init__(self, exchange: Exchange, schema: Schema, page_size: int) -> None:
        self._exchange, self._schema, self._page_size = exchange, schema, page_size
        self._closed: set[str] = set()

    def gaps(self, entity: Entity) -> list[str]:
        """Properties of `entity` that are absent here or were found closed."""
        closed = {f"{entity.name}.{field}" for field in entity.fields} & self._closed
        return sorted({*self._schema.absent(entity), *closed})

    def few(self, entity: Entity) -> Page:
        """One row, to see whether and what of an entity can be read. Raises a MisError."""
        return self._page(entity, {"page_size": "1", "page_num": "0"})

    def pages(self, entity: Entity, between: Between | None = None) -> Iterator[Page]:
        """Every row of an entity, page after page. Raises a MisError."""
        filters = self._filters(entity, between) if between else {}

        def ask(number: int) -> Page:
            size = {"page_size": str(self._page_size), "page_num": str(number)}
            return self._page(entity, size | filters)

        return paging.every(entity.name, ask, sure=entity is RECORDS)

    def count(self, entity: Entity) -> int:
        """How many rows an entity has. Only their ids are asked for."""
        bare = Entity(entity.name, {}, frozenset())
        return sum(len(page) for page in self.pages(bare))

    def unfiltered(self, entity: Entity, between: Between) -> bool:
        """Whether this server cannot be asked for some days only, so that all are read."""
        return len(self._filters(entity, between)) < 2

    def _filters(self, entity: Entity, between: Between) -> dict[str, str]:
        # Whether the ends count is not published: a day more each side, sorted out here.
        first, last = between
        wished = {
            "recordDate_after": (first - timedelta(days=1)).isoformat() if first > date.min else "",
            "recordDate_before": (last + timedelta(days=1)).isoformat() if last < date.max else "",
        }
        has = self._schema.arguments.get(entity.name, frozenset())
        return {name: json.dumps(value) for name, value in wished.items() if name in has and value}

    def _page(self, entity: Entity, arguments: Mapping[str, str]) -> Page:
        """One page, asked again without each property found closed that can be done without."""
        has = self._schema.arguments.get(entity.name)
        if has is None or "page_num" not in has:
            raise ShapeChanged(f"Arbor's GraphQL has no {entity.name} by pages", remedy=UPDATE)
        given = ", ".join(f"{name}: {value}" for name, value in arguments.items() if name in has)
        while True:
            asked = f"{{ {entity.name}({given}){{ {self._selection(entity)} }} }}"
            try:
                data = _data(self._exchange.query(asked, entity.name), entity.name)
            except PermissionMissing as problem:
                if not self._without(entity, problem.field.split(", ")):
                    raise
                continue
            return _rows(data.get(entity.name), entity.name)

    def _without(self, entity: Entity, closed: list[str]) -> bool:
        """Ask for these no more; False when one cannot be done without, or is asked no more."""
        can_go = {f"{entity.name}.{field}" for field in entity.fields.keys() - entity.needed}
        new = set(closed) - self._closed
        if not new or not new <= can_go:
            return False
        self._closed |= new
        return True

    def _selection(self, entity: Entity) -> str:
        has = self._schema.objects.get(entity.name, {})
        fields = [
            f"{field}{{ id }}" if has[field] else field
            for field in entity.fields
            if field in has and f"{entity.name}.{field}" not in self._closed
        ]
        return " ".join(["id", *fields])


def _data(answer: Item, about: str) -> Item:
    if answer.get("errors"):
        raise refusals.by_errors(answer["errors"], about)
    data = answer.get("data")
    if not isinstance(data, dict):
        # An object with nothing in it is also how a missing permission has been seen to answer.
        remedy = f"Look in Arbor whether the application may read {about}. If it may: {UPDATE}"
        raise ShapeChanged(f"Arbor's GraphQL answer about {about} has no data", remedy=remedy)
    return data


def _rows(rows: Any, name: str) -> Page:
    if rows is None:
        raise refusals.closed(name)
    if not isinstance(rows, list) or not all(type(row) is dict for row in rows):
        raise ShapeChanged(f"Arbor's {name} is not a list of objects", remedy=UPDATE)
    return rows
