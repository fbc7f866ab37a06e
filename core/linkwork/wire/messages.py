"""The messages up and the items down: what leaves a school, and what comes back.

`names` appear in one place only, `Identity`, which is itself sealed to the authority's identity
key before it enters a message. What describes a pupil in clear comes from the closed lists of
`linkwork.vocabulary`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import Field, TypeAdapter, model_validator

from linkwork.vocabulary import (
    Pseudonym,
    YearGroup,
)
from linkwork.wire.base import WIRE_VERSION, Wire, parsed_from
from linkwork.wire.parts import (
    Completeness,
    Mark,
    Notice,
    Totals,
)


class Summary(Wire):
    """One collection: totals, completeness, and the notices that changed since the last.

    `standing` are spells told before of which only the numbers moved: as they are now, without
    being news (their event is "continued").
    """

    kind: Literal["summary"] = "summary"
    v: int = WIRE_VERSION
    urn: str
    as_of: date
    read_at: datetime
    policy: str
    mis: str
    totals: Totals
    completeness: Completeness
    notices: tuple[Notice, ...] = ()
    standing: tuple[Notice, ...] = ()


class Return(Wire):
    """The statutory return of one day; with no episodes it is the nil return."""

    kind: Literal["return"] = "return"
    v: int = WIRE_VERSION
    return_id: str
    urn: str
    first: date
    last: date
    policy: str
    released_by: str
    notices: tuple[Notice, ...] = ()


class SicknessReturn(Wire):
    """Sickness returns of one day, for those who arrange education: never the attendance queue.

    There is no nil return: the duty is one of each pupil. A notice of what follows (a return
    taken back, an end) carries no identity.
    """

    kind: Literal["sickness-return"] = "sickness-return"
    v: int = WIRE_VERSION
    return_id: str
    urn: str
    as_of: date
    policy: str
    released_by: str
    notices: tuple[Notice, ...]


class Evidence(Wire):
    """One item of a referral's evidence list: what, when it was done, by whom."""

    item: str
    done: date | None = None
    by: str | None = None
    note: str = ""


class Referral(Wire):
    """A referral the school makes, with its evidence; names have this as their basis.

    `door` says what is asked for: a case, or a penalty notice, which would count the sessions
    `counted`, as their marks stood on the day it was asked for.
    """

    kind: Literal["referral"] = "referral"
    v: int = WIRE_VERSION
    referral_id: str
    request_id: str | None = None
    urn: str
    pseudonym: str
    made_by: str
    reason: str
    evidence: tuple[Evidence, ...]
    sealed_identity: str
    extract: tuple[Mark, ...] = ()
    door: Literal["referral", "penalty-notice-request"] = "referral"
    counted: tuple[Mark, ...] = ()


class ActionProgress(Wire):
    """What the school says of an agreed action.

    `number` counts this school's words of this action from 1, so that they mean the same in
    whatever order they arrive; 0 is from an agent that does not count.
    """

    kind: Literal["action-progress"] = "action-progress"
    v: int = WIRE_VERSION
    action_id: str
    state: Literal["seen", "in-progress", "done", "declined"]
    on: date
    by: str
    note: str = ""
    number: int = Field(default=0, ge=0)
    evidence: tuple[Evidence, ...] = ()


class RecordConfirmed(Wire):
    """The school confirms a version of a linkwork record, named by the digest of its bytes."""

    kind: Literal["record-confirmed"] = "record-confirmed"
    v: int = WIRE_VERSION
    urn: str
    record_id: str
    version: int = Field(ge=1)
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    on: date
    by: str


class ListedPupil(Wire):
    """A pupil on the list for a meeting: how often absent, and which rates of the policy that met.

    Sessions are of the list's own school year. `sealed_identity` holds a forename and a surname.
    """

    pseudonym: Pseudonym
    met: tuple[str, ...]
    absent: int = Field(ge=0)
    unauthorised: int = Field(ge=0)
    possible: int = Field(ge=0)
    year_group: YearGroup | None = None
    sealed_identity: str


class MeetingList(Wire):
    """The pupils to talk about at one planned meeting, released by name for that meeting alone.

    `year` is the first day of the school year the rates are of: in the first half term last
    year's. `standing` says that the release is the head's standing one, else it was given for this
    meeting. A long list comes in several messages with one `list_id`; another `list_id` takes the
    place of the one before. `withdrawn` takes the list back, and then it names nobody.
    """

    kind: Literal["meeting-list"] = "meeting-list"
    v: int = WIRE_VERSION
    urn: str
    list_id: str
    meeting_id: str
    as_of: date
    year: date
    policy: str
    released_by: str
    standing: bool = False
    withdrawn: bool = False
    pupils: tuple[ListedPupil, ...] = ()

    @model_validator(mode="after")
    def _named_or_withdrawn(self) -> Self:
        if self.withdrawn and self.pupils:
            raise ValueError("a list that is taken back names pupils")
        return self


class SameChild(Wire):
    """A pupil known under a random pseudonym has a permanent UPN now, and with it the other one.

    Whatever the authority holds of this school's pupil `was` is of the pupil `now`.
    """

    kind: Literal["same-child"] = "same-child"
    v: int = WIRE_VERSION
    urn: str
    was: Pseudonym
    now: Pseudonym

    @model_validator(mode="after")
    def _two(self) -> Self:
        if self.was == self.now:
            raise ValueError("a pupil is linked to itself")
        return self


class Acknowledge(Wire):
    """Downlink items the agent has kept and acted on."""

    kind: Literal["acknowledge"] = "acknowledge"
    v: int = WIRE_VERSION
    items: tuple[str, ...]


class Heartbeat(Wire):
    """A sign of life, without pupil data; `epoch` and `next_seq` show the hub a lost tail.

    `audit_number` and `audit_head` are the newest entry of the hub's record that the hub signed
    for here before. `host` is the machine, so that a second one with the same keys is seen.
    `items` are the downlink items that are here, said only when one is not that the hub holds as
    acknowledged: it sends again what is not among them.
    """

    kind: Literal["heartbeat"] = "heartbeat"
    v: int = WIRE_VERSION
    urn: str
    agent_version: str
    mis: str
    next_seq: int
    waiting: int
    last_read: datetime | None = None
    problems: tuple[str, ...] = ()
    epoch: int = 0
    audit_number: int = 0
    audit_head: str = ""
    host: str = ""
    items: tuple[str, ...] | None = None


class Enrol(Wire):
    """What `join` sends, sealed: the one-time code and the agent's new public keys (base64)."""

    kind: Literal["enrol"] = "enrol"
    v: int = WIRE_VERSION
    code: str
    urn: str
    sign_key: str
    seal_key: str
    host: str
    agent_version: str
    mis: str


class Rekey(Wire):
    """An agent's new public keys (base64), in place of the key this is signed with.

    `proof` is the new signing key's signature, so that nobody hands over a key they do not hold.
    """

    kind: Literal["rekey"] = "rekey"
    v: int = WIRE_VERSION
    urn: str
    sign_key: str
    seal_key: str
    proof: str


Message = Annotated[
    Summary
    | Return
    | SicknessReturn
    | Referral
    | ActionProgress
    | RecordConfirmed
    | MeetingList
    | SameChild
    | Acknowledge
    | Heartbeat
    | Enrol
    | Rekey,
    Field(discriminator="kind"),
]
_message: TypeAdapter[Message] = TypeAdapter(Message)


def read_message(body: bytes) -> Message:
    """Parse one opened body. Raises pydantic.ValidationError; the body is not echoed in logs.

    Raises EnvelopeRefused("not-canonical") when it could be written in another way: a key twice
    is one thing to one reader and another to the next.
    """
    return parsed_from(body, _message.validate_json(body))
