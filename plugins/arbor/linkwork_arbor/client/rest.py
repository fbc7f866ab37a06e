"""Arbor's REST interface: the fall-back, whose paging and silences are met with care."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from linkwork.errors import ShapeChanged
from linkwork_arbor.client import paging, refusals
from linkwork_arbor.client.exchange import Exchange, Item
from linkwork_arbor.client.graphql import Between
from linkwork_arbor.client.paging import Page
from linkwork_arbor.client.refusals import UPDATE
from linkwork_arbor.entities import RECORDS, Entity

#: What any object may carry; an object with nothing else must be asked for by its address.
_IDENTITY = frozenset({"entityType", "href", "displayName", "userTags", "id"})


class Rest:
    """List after list. One GET a page, and one GET an object where a list holds only addresses."""

    name, key = "REST", "href"

    def __init__(self, exchange: Exchange, page_size: int) -> None:
        self._exchange, self._page_size = exchange, page_size

    def gaps(self, entity: Entity) -> list[str]:
        """REST says nothing of what it leaves out."""
        return []

    def few(self, entity: Entity) -> Page:
        """A page of one, to see whether the list can be read. Raises a MisError."""
        page = self._page(entity, {"page-size": "1"})
        return [self._whole(row) for row in page[:1]]

    def pages(self, entity: Entity, between: Between | None = None) -> Iterator[Page]:
        """Every object of a list, page after page. Raises a MisError."""
        for page in self._addresses(entity, _filters(between) if between else {}):
            yield [self._whole(row) for row in page]

    def count(self, entity: Entity) -> int:
        """How many objects a list has; none is asked for by itself."""
        return sum(len(page) for page in self._addresses(entity, {}))

    def unfiltered(self, entity: Entity, between: Between) -> bool:
        """A REST server that does not know a filter does not say so."""
        return False

    def related(self, path: str, root: str, link: str, address: str) -> Page:
        """The objects of a list whose `link` is the object at `address`, whole.

        Raises ShapeChanged when the server also gives others: then the filter did nothing, and
        what was asked for a few pupils would be read of all.
        """
        asked = {f"filters.{link}.equals": address, "page-size": str(self._page_size)}
        body = self._exchange.get(path, asked)
        rows = [self._whole(row) for row in _rows(body, root, path)[: self._page_size]]
        for row in rows:
            at = row.get(link)
            if not isinstance(at, dict) or at.get("href") != address:
                raise ShapeChanged(f"Arbor did not limit {path} to what was asked", remedy=UPDATE)
        return rows

    def one(self, address: str) -> Item:
        """The object at an address of Arbor's own. Raises a MisError."""
        if not address.startswith("/rest-v2/") or "//" in address or ".." in address:
            raise ShapeChanged(
                "Arbor listed an object without an address of its own", remedy=UPDATE
            )
        body = self._exchange.get(address, {})
        found = next((each for each in body.values() if isinstance(each, dict)), None)
        if found is None:
            raise refusals.closed(address.rsplit("/", 1)[0])
        return found

    def _addresses(self, entity: Entity, filters: Mapping[str, str]) -> Iterator[Page]:
        """Neither the number of the first page nor the largest page size is published.

        So the first request names no page; where pages count from 1, page 1 is that page again.
        """
        asked = {**filters, "page-size": str(self._page_size)}
        first, shift = 0, 0

        def ask(number: int) -> Page:
            nonlocal first, shift
            if number == 0:
                page = self._page(entity, asked)
                first = paging.signature(page)
                return page
            page = self._page(entity, asked | {"page-number": str(number + shift)})
            if number == 1 and page and paging.signature(page) == first:
                shift = 1
                page = self._page(entity, asked | {"page-number": "2"})
            return page

        return paging.every(entity.path, ask, sure=entity is RECORDS)

    def _page(self, entity: Entity, asked: Mapping[str, str]) -> Page:
        return _rows(self._exchange.get(entity.path, asked), entity.root, entity.path)

    def _whole(self, item: Item) -> Item:
        """The object itself, for a list that gives only where each one is."""
        if not item.keys() <= _IDENTITY:
            return item
        return self.one(str(item.get("href", "")))


def _filters(between: Between) -> dict[str, str]:
    """A day more on each side: whether Arbor counts the ends in is not published."""
    first, last = between
    wished = {
        "filters.recordDate.from": first - timedelta(days=1) if first > date.min else None,
        "filters.recordDate.to": last + timedelta(days=1) if last < date.max else None,
    }
    return {name: day.isoformat() for name, day in wished.items() if day is not None}


def _rows(body: Item, root: str, path: str) -> Page:
    """The rows of a list. Without its root Arbor says 'no permission', never 'none'."""
    rows = body.get(root)
    if rows is None:
        raise refusals.closed(path)
    if not isinstance(rows, list) or not all(type(row) is dict for row in rows):
        raise ShapeChanged(f"Arbor's {path} is not a list of objects", remedy=UPDATE)
    return rows
