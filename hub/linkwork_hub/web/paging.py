"""Which part of a long list a page shows."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request

SIZE = 50


@dataclass(frozen=True, slots=True)
class Paging:
    """Page `number` (from 1) of `total` rows; `query` keeps the address's other parts."""

    number: int
    total: int
    query: tuple[tuple[str, str], ...] = ()
    size: int = SIZE

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.size))

    @property
    def offset(self) -> int:
        """How many rows come before this page: SQL's OFFSET; `size` is its LIMIT."""
        return (self.number - 1) * self.size

    @property
    def first(self) -> int:
        """The number of the first row shown, from 1; 0 when there is none."""
        return self.offset + 1 if self.total else 0

    @property
    def last(self) -> int:
        """The number of the last row shown."""
        return min(self.offset + self.size, self.total)

    def href(self, number: int) -> str:
        """The address of another page of the same list."""
        return "?" + urlencode([*self.query, ("page", str(number))])


def paging(request: Request, total: int, size: int = SIZE) -> Paging:
    """The page the address asks for, kept between the first and the last."""
    asked = request.query_params.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1
    query = tuple((k, v) for k, v in request.query_params.multi_items() if k != "page")
    last = max(1, -(-total // size))
    return Paging(min(max(number, 1), last), total, query, size)
