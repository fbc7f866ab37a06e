"""What no mark can say and a school can: facts about a pupil for some days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from linkwork.policy import RunRule
from linkwork.policy.rules import FactKind


@dataclass(frozen=True, slots=True)
class Fact:
    """Leave granted until a day, a sickness return made, or marks at the other school.

    Both days are inclusive. Rules that name the kind in `excused_by` take these days out.
    """

    kind: FactKind
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Declaration:
    """That a rule is met, said by the school with its reason, whatever the marks say.

    It holds from the day `on` to the day `last`, both inclusive; None: until it is taken back.
    Only rules with `declarable` take one.
    """

    trigger: str
    on: date
    why: str
    last: date | None = None


#: What a school has declared, by pupil id.
Declarations = Mapping[str, Sequence[Declaration]]

#: The facts known, by pupil id.
Facts = Mapping[str, Sequence[Fact]]


def excused(facts: Facts, pupil_id: str, rule: RunRule) -> list[tuple[date, date]]:
    """The days, first to last inclusive, which facts about the pupil take out of a rule."""
    known = facts.get(pupil_id, ())
    return [(fact.first, fact.last) for fact in known if fact.kind in rule.excused_by]
