"""The hub's answer believed, also when the hub has keys since that are not known here yet."""

from __future__ import annotations

from contextlib import suppress

from linkwork import wire
from linkwork.errors import HubUnreachable, NotTheHub
from linkwork.seal import answer_key, lookup
from linkwork_agent import post
from linkwork_agent.ports import Hub
from linkwork_agent.post import Desk


def believe(desk: Desk, hub: Hub, data: bytes, message_id: str) -> wire.Answer:
    """The answer to one message. Raises NotTheHub for anything else.

    One that names a receipt key not known here makes the hub's keyset be fetched: the authority's
    root must have signed it, and it must be newer than the one that is kept.
    """
    known = post.keyset(desk.store.read)
    named = answer_key(data)
    if named is not None and lookup(known, "receipt")(named) is None:
        # Whatever goes wrong here, the answer is judged by the keys that are known.
        with suppress(NotTheHub, HubUnreachable):
            newer = hub.keyset()
            with desk.store.write() as tx:
                post.keep_keyset(tx, newer)
            known = post.keyset(desk.store.read)
    return post.believe(known, desk.urn, data, message_id)
