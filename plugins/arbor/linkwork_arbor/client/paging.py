"""Page after page of a list, for a server whose paging nobody has published."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from linkwork.errors import PartialData

Item = dict[str, Any]
Page = list[Item]
MOST_PAGES = 10_000


def every(name: str, ask: Callable[[int], Page], *, sure: bool = False) -> Iterator[Page]:
    """Pages 0, 1, 2, … of `ask` until an empty one; a short page is no end.

    With `sure` an empty page is the end only when the next one is empty too. Raises PartialData
    when a page comes again, when pages go on after an empty one, or when they never end.
    """
    met: set[int] = set()
    for number in range(MOST_PAGES):
        page = ask(number)
        if not page:
            if sure and ask(number + 1):
                raise _partial(f"Arbor's {name} has an empty page {number} before its end")
            return
        if (sign := signature(page)) in met:
            raise _partial(f"Arbor's {name} gave a page again instead of page {number}")
        met.add(sign)
        yield page
    raise _partial(f"Arbor's {name} did not end after {MOST_PAGES} pages")


def signature(page: Page) -> int:
    """What tells a page from another: which objects it holds."""
    return hash(frozenset(str(row.get("href") or row.get("id") or row) for row in page))


def _partial(problem: str) -> PartialData:
    return PartialData(
        problem, remedy="Nothing was used; update the plugin if it happens every time"
    )
