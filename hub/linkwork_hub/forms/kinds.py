"""The profile's `[forms]` table: kinds of paper, their sections, and who signs them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from linkwork.errors import NotAllowed
from linkwork_hub.access.profile import refused

_ID = r"^[a-z][a-z-]*$"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Section(_Part):
    """One heading of a paper; without `needed` it may stay empty."""

    id: str = Field(pattern=_ID)
    title: str = Field(min_length=1)
    about: str = ""
    needed: bool = True


class Party(_Part):
    """Who signs: one person, or `several`; without `needed` there may be none."""

    id: str = Field(pattern=_ID)
    name: str = Field(min_length=1)
    several: bool = False
    needed: bool = True


class FormKind(_Part):
    """One kind of paper. `for_school`: it may be written on the school's behalf, consulting it.

    With `review_weeks` each version has a day of review, so many weeks ahead unless another one
    is written.
    """

    id: str = Field(pattern=_ID)
    name: str = Field(min_length=1)
    about: str = ""
    for_school: bool = False
    review_weeks: int | None = Field(default=None, ge=1, le=52)
    sections: tuple[Section, ...] = Field(min_length=1)
    parties: tuple[Party, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        for what, ids in (
            ("sections", [one.id for one in self.sections]),
            ("parties", [one.id for one in self.parties]),
        ):
            if len(ids) != len(set(ids)):
                raise ValueError(f"two {what} have one id; give each its own")
        return self


class FormRules(_Part):
    """The whole `[forms]` table."""

    source: str = ""
    kinds: tuple[FormKind, ...] = ()

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        ids = [kind.id for kind in self.kinds]
        if len(ids) != len(set(ids)):
            raise ValueError("two kinds of paper have one id; give each its own")
        return self

    def kind(self, kind_id: str) -> FormKind:
        """The kind with this id. Raises NotAllowed for one the profile does not have."""
        for kind in self.kinds:
            if kind.id == kind_id:
                return kind
        raise NotAllowed("The profile has no such kind of paper. Choose from the case's page.")


def read_forms(raw: Mapping[str, Any], *, file: str) -> FormRules:
    """The profile's `[forms]` table. Raises BadInput with the place and the remedy."""
    try:
        return FormRules.model_validate(dict(raw))
    except ValidationError as error:
        raise refused("forms", error, file) from error
