"""The items down: what comes back to a school, sealed to its agent."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, TypeAdapter, model_validator

from linkwork.wire.base import Wire, parsed_from


class PolicyItem(Wire):
    """Downlink: the policy in force, as TOML, and the key that makes pseudonyms (base64)."""

    kind: Literal["policy"] = "policy"
    policy_name: str
    policy_toml: str
    pseudonym_key: str
    evidence: tuple[str, ...] = ()


class RequestItem(Wire):
    """Downlink: the authority asks the school, today for a referral."""

    kind: Literal["request"] = "request"
    request_id: str
    asks: Literal["referral", "question"]
    pseudonym: str
    trigger: str
    message: str
    asked_by: str
    asked_on: date
    due: date | None = None
    evidence: tuple[str, ...] = ()


class ActionItem(Wire):
    """Downlink: an agreed action. `pseudonym` only when it concerns one pupil.

    `version` rises with each change, so that an older one that arrives later changes nothing;
    `carried` counts how often it was given a later day, `escalated_to` is who it was taken to.
    """

    kind: Literal["action"] = "action"
    action_id: str
    what: str
    who: str
    due: date
    state: Literal["open", "withdrawn"] = "open"
    pseudonym: str | None = None
    agreed_on: date
    meeting: str | None = None
    why_withdrawn: str = ""
    version: int = Field(default=0, ge=0)
    carried: int = Field(default=0, ge=0)
    escalated_to: str = ""


class RecordItem(Wire):
    """Downlink: the school's copy of a linkwork record, `body` being its canonical JSON.

    `signature` (base64) is that of the hub's key `key_id` over `body`. It comes again with who
    confirmed it for the school when that was said on the hub's own page.
    """

    kind: Literal["record"] = "record"
    record_id: str
    version: int = Field(ge=1)
    body: str
    signature: str
    key_id: str
    confirmed_by: str = ""
    confirmed_on: date | None = None


#: Names may be asked for at most so long before a meeting, and stand as long after it.
_AROUND = timedelta(days=90)


class MeetingItem(Wire):
    """Downlink: a meeting is planned, moved or called off. A list of names may be for it alone.

    The names may leave, and be read, from `names_from` to `names_through`: ten school days before
    its day to twenty after, as the hub counts them. `version` rises with each change.
    """

    kind: Literal["meeting"] = "meeting"
    meeting_id: str
    meeting: str
    day: date
    names_from: date
    names_through: date
    state: Literal["planned", "called-off"] = "planned"
    version: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _around_its_day(self) -> Self:
        # A school need not believe a hub that asks for names at any time.
        if not self.day - _AROUND <= self.names_from <= self.day:
            raise ValueError("names_from is not shortly before the meeting")
        if not self.day <= self.names_through <= self.day + _AROUND:
            raise ValueError("names_through is not shortly after the meeting")
        return self


class KeysetItem(Wire):
    """Downlink: a newer signed keyset (base64)."""

    kind: Literal["keyset"] = "keyset"
    keyset: str


DownlinkItem = Annotated[
    PolicyItem | RequestItem | ActionItem | RecordItem | MeetingItem | KeysetItem,
    Field(discriminator="kind"),
]
_item: TypeAdapter[DownlinkItem] = TypeAdapter(DownlinkItem)


def read_item(body: bytes) -> DownlinkItem:
    """Parse one opened downlink item. Raises as `read_message`."""
    return parsed_from(body, _item.validate_json(body))
