"""What a school does first, where no register was read yet: join, be confirmed, then read."""

from __future__ import annotations

from linkwork.errors import Refused
from linkwork_agent.store import base, registers
from linkwork_agent.store.base import Db

#: The commands are completed by `Config.typable`.
_JOIN = 'linkwork-agent join STRING --released-by "NAME OF THE HEAD"'
NOT_JOINED = f"Not joined yet. Ask the authority for a join string and run: {_JOIN}"

#: What stands between a school and its authority, by the state of the joining.
STATES = {
    "waiting": "The hub has not looked at this school's enrolment yet; the agent keeps asking.",
    "pending": (
        "The authority has not confirmed this school yet: compare the six words with them by "
        "telephone. Until then nothing about a pupil is read or sent."
    ),
    "revoked": (
        "The authority has revoked this agent: it sends nothing and keeps what it holds. "
        f"To start again, ask for a new join string and run: {_JOIN}"
    ),
    "refused": f"The authority refused the join string: ask for a new one and run: {_JOIN}",
}
_READ, _CALL = "linkwork-agent once --job collect", "linkwork-agent once --job instruct"


def refuse(db: Db | None) -> None:
    """Raise Refused, with what to do first, before a register was read. `db` None: no store yet."""
    if db is None or registers.first_run(db) is None:
        raise Refused(no_register(db))


def no_register(db: Db | None) -> str:
    """That no register was read here yet, and what to do first."""
    return f"No register was read here yet. {_first(db, 'Read it', _READ)}"


def no_policy(db: Db | None) -> str:
    """That the authority has not sent its policy yet, and what to do first."""
    return f"The authority has not sent its policy yet. {_first(db, 'Call it', _CALL)}"


def _first(db: Db | None, act: str, command: str) -> str:
    state = None if db is None else base.text(db, "state")
    before = NOT_JOINED if state is None else STATES.get(state)
    if before is None:
        return f"{act}: {command}"
    return f"{before} Once the authority has confirmed the school, {act.lower()}: {command}"
