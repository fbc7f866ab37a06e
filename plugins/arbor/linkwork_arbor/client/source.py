"""The interface a school is read through: GraphQL where it suffices, else REST."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from linkwork.errors import PermissionMissing, ShapeChanged
from linkwork_arbor.client.exchange import Exchange
from linkwork_arbor.client.graphql import Between, GraphQl, introspect
from linkwork_arbor.client.paging import Page
from linkwork_arbor.client.refusals import UPDATE
from linkwork_arbor.client.rest import Rest
from linkwork_arbor.entities import ENTITIES, NEEDED, RECORDS, Entity
from linkwork_arbor.options import Options


class Source(Protocol):
    """Lists by entity. `key` names what a reference holds: "id" or "href"."""

    name: str
    key: str

    def gaps(self, entity: Entity) -> list[str]:
        """Properties that are absent here or were found closed."""

    def few(self, entity: Entity) -> Page:
        """One row. Raises a MisError."""

    def pages(self, entity: Entity, between: Between | None = None) -> Iterator[Page]:
        """Every row, page after page. Raises a MisError."""

    def count(self, entity: Entity) -> int:
        """How many rows there are."""

    def unfiltered(self, entity: Entity, between: Between) -> bool:
        """Whether all days are read because some cannot be asked for alone."""


def open_source(exchange: Exchange, options: Options) -> tuple[Source, str]:
    """The interface, and in words why it is REST; "" for GraphQL or where REST was chosen.

    Raises ShapeChanged when `api` is "graphql" and it does not suffice, and whatever else goes
    wrong on the way: only a GraphQL that is not there, or not whole, is a reason for REST.
    """
    rest = Rest(exchange, options.page_size)
    if options.api == "rest":
        return rest, ""
    try:
        return _graphql(exchange, options), ""
    except (ShapeChanged, PermissionMissing) as problem:
        if options.api == "graphql":
            raise
        return rest, problem.problem


def _graphql(exchange: Exchange, options: Options) -> GraphQl:
    schema = introspect(exchange)
    lacking = schema.lacks([RECORDS, *(ENTITIES[name] for name in NEEDED)])
    if lacking:
        raise ShapeChanged(f"Arbor's GraphQL has no {', '.join(lacking)}", remedy=UPDATE)
    return GraphQl(exchange, schema, options.page_size)
