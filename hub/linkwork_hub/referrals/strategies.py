"""What is on offer to pupils, as data: the profile's `[strategies]`, and for whom each is. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from linkwork.errors import BadInput
from linkwork_hub.access.profile import refused

#: The trigger of a candidate that came by a referral without any spell of absence.
BY_REFERRAL = "referral"


class Strategy(BaseModel):
    """One thing on offer: its name, what it is, who does it.

    It is suggested for a pupil in whom one of `triggers` stands; without any it is only listed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    name: str = Field(min_length=1)
    about: str = Field(min_length=1)
    who: str = Field(min_length=1)
    triggers: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(self.triggers) != len(set(self.triggers)):
            raise ValueError("one of `triggers` stands there twice; write it once")
        return self


class _Catalogue(BaseModel):
    """The whole table; `source` says where the offer is printed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = Field(min_length=1)
    offers: tuple[Strategy, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        for ident, number in Counter(one.id for one in self.offers).items():
            if number > 1:
                raise ValueError(f"two of `offers` have the id {ident!r}; give each its own")
        return self


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A strategy, and the standing triggers for which it is suggested."""

    strategy: Strategy
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """The triggers that stand in one candidate of a school."""

    school_id: str
    candidate_id: str
    triggers: frozenset[str]


def read_strategies(
    raw: Mapping[str, Any], *, file: str, known: Collection[str] | None = None
) -> tuple[Strategy, ...]:
    """The profile's `[strategies]` table; nothing without one. `file` names it in errors.

    With `known`, every trigger must be one of these. Raises BadInput with place and remedy.
    """
    if not raw:
        return ()
    try:
        offers = _Catalogue.model_validate(dict(raw)).offers
    except ValidationError as error:
        raise refused("strategies", error, file) from error
    for number, one in enumerate(offers):
        for trigger in one.triggers:
            if known is not None and trigger not in known:
                where = f"strategies.offers[{number}].triggers"
                problem = f"{where}: by {trigger!r} no pupil comes to the hub under this policy"
                remedy = f"Write some of: {', '.join(sorted(known))}"
                raise BadInput(problem, file=file, remedy=remedy)
    return offers


def standing_triggers(came_by: str, open_spells: Iterable[str]) -> frozenset[str]:
    """The triggers that stand in a candidate: its open spells', and the referral it came by."""
    return frozenset(open_spells) | ({came_by} & {BY_REFERRAL})


def suggested(offers: Sequence[Strategy], triggers: Collection[str]) -> tuple[Suggestion, ...]:
    """What of the offers is suggested while these triggers stand, in the catalogue's order."""
    found = (Suggestion(one, tuple(t for t in one.triggers if t in triggers)) for one in offers)
    return tuple(each for each in found if each.because)


def for_groups(
    offers: Sequence[Strategy], pupils: Iterable[Standing]
) -> Mapping[tuple[str, str], int]:
    """For how many pupils of a school each strategy is suggested, by school's and strategy's id."""
    return Counter(
        (pupil.school_id, each.strategy.id)
        for pupil in pupils
        for each in suggested(offers, pupil.triggers)
    )
