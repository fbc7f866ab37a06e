"""The nouns of papers with a family: what is written, its versions, who signed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Said(StrEnum):
    """What a party said to a version."""

    SIGNED = "signed"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Signatory:
    """Somebody who is asked to sign: which party, and their name."""

    party: str
    name: str


@dataclass(frozen=True, slots=True)
class Content:
    """What one version says. `texts` by section.

    `consulted` is who of the school was consulted on which day where it is written on the school's
    behalf, else None.
    """

    texts: dict[str, str]
    signatories: tuple[Signatory, ...]
    review: date | None
    consulted: tuple[str, date] | None


@dataclass(frozen=True, slots=True)
class Signature:
    """What a signatory of a version said, on which day, and who wrote that down."""

    signatory: int
    said: Said
    on: date
    note: str
    recorded_by: str


@dataclass(frozen=True, slots=True)
class Version:
    """One version as it was written; `signatures` are those that stand, by signatory."""

    number: int
    content: Content
    written_by: str
    written: datetime
    digest: str
    signatures: dict[int, Signature]

    @property
    def missing(self) -> tuple[Signatory, ...]:
        """Who has not signed it, in order."""
        return tuple(
            one
            for place, one in enumerate(self.content.signatories)
            if place not in self.signatures or self.signatures[place].said is not Said.SIGNED
        )


@dataclass(frozen=True, slots=True)
class Form:
    """One paper of a case with its versions, the latest first. `ended` with what came of it."""

    id: str
    number: str
    case_id: str
    kind: str
    versions: tuple[Version, ...]
    ended: date | None
    ended_how: str

    @property
    def latest(self) -> Version:
        """The version that stands."""
        return self.versions[0]

    def overdue(self, today: date) -> bool:
        """Whether its review should have been held by now."""
        review = self.latest.content.review
        return self.ended is None and review is not None and review < today
