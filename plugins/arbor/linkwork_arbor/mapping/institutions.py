"""Whose Arbor this is: the schools it names, beside the one that is configured."""

from __future__ import annotations

from collections.abc import Iterable

from linkwork.errors import NotTheSource
from linkwork_arbor.mapping.values import Item, reference


def own(institutions: Iterable[Item], urn: str) -> tuple[str | None, int]:
    """The school's own record by its URN, and how many schools this Arbor serves.

    None, 0 where this Arbor names no URN or none is configured: it could not be verified.
    Raises NotTheSource when it names schools and ours is not among them.
    """
    named = ((str(each.get("urn") or "").strip(), reference(each)) for each in institutions)
    by_urn = {number: at for number, at in named if number.isdigit()}
    if not by_urn or not urn:
        return None, 0
    if urn not in by_urn:
        raise NotTheSource(
            f"this Arbor is of URN {', '.join(sorted(by_urn)[:5])}, not of {urn}",
            remedy="Correct the school's subdomain or URN in the agent's configuration",
        )
    return by_urn[urn], len(by_urn)
