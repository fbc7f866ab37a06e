"""The authority's profile: one readable TOML file, loaded whole or refused with the place."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from linkwork import toml_text
from linkwork.errors import BadInput, WrongUse


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Authority(_Part):
    """The body this hub belongs to. A provider gets no statutory return and no legal step."""

    body: Literal["authority", "provider"]
    name: str = Field(min_length=1)
    service: str = Field(min_length=1)
    prefix: str = Field(pattern="^[A-Z]{2,5}$")
    nation: Literal["england", "wales"]
    source: str = ""


class PolicyChoice(_Part):
    """Which rule pack holds, and what this authority sets differently in it."""

    name: str = Field(min_length=1)
    overrides: dict[str, Any] = Field(default_factory=dict)


class Profile(_Part):
    """A profile. The sections below the first two belong to the domains that read them."""

    authority: Authority
    policy: PolicyChoice
    pathway: dict[str, Any] = Field(default_factory=dict)
    referral: dict[str, Any] = Field(default_factory=dict)
    health_needs: dict[str, Any] = Field(default_factory=dict)
    strategies: dict[str, Any] = Field(default_factory=dict)
    meetings: dict[str, Any] = Field(default_factory=dict)
    letters: dict[str, Any] = Field(default_factory=dict)
    yearly: dict[str, Any] = Field(default_factory=dict)
    forms: dict[str, Any] = Field(default_factory=dict)
    tariff: dict[str, Any] = Field(default_factory=dict)
    roles: dict[str, Any] = Field(default_factory=dict)

    @property
    def name(self) -> str:
        """The body's name."""
        return self.authority.name

    @property
    def service(self) -> str:
        """The team's name."""
        return self.authority.service

    @property
    def prefix(self) -> str:
        """What references begin with."""
        return self.authority.prefix

    @property
    def takes_legal_steps(self) -> bool:
        """Whether it is an authority: a provider sends requests to the pupil's own."""
        return self.authority.body == "authority"

    @property
    def nation(self) -> str:
        """England or Wales, in small letters."""
        return self.authority.nation

    def section(self, name: str) -> Mapping[str, Any]:
        """One section as written. KeyError for a section no profile can have."""
        sections: dict[str, dict[str, Any]] = {
            "policy": self.policy.model_dump(),
            "pathway": self.pathway,
            "referral": self.referral,
            "health_needs": self.health_needs,
            "strategies": self.strategies,
            "meetings": self.meetings,
            "letters": self.letters,
            "yearly": self.yearly,
            "forms": self.forms,
            "tariff": self.tariff,
            "roles": self.roles,
        }
        return sections[name]


def names() -> list[str]:
    """The profiles that come with the hub."""
    folder = resources.files("linkwork_hub") / "authorities"
    return sorted(
        entry.name.removesuffix(".toml")
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    )


def builtin_text(name: str) -> str:
    """The text of a profile that comes with the hub. Raises WrongUse naming those there are."""
    if name not in names():
        raise WrongUse(f"There is no profile {name!r}. There are: {', '.join(names())}.")
    folder = resources.files("linkwork_hub") / "authorities"
    return (folder / f"{name}.toml").read_text(encoding="utf-8")


def load(path: Path) -> Profile:
    """Read a profile file. Raises WrongUse or BadInput naming the file, the place, the remedy."""
    if not path.is_file():
        raise WrongUse(f"{path} is missing. Copy a profile there, or run init again.")
    try:
        return loads(path.read_text(encoding="utf-8"), str(path))
    except UnicodeDecodeError as error:
        raise BadInput(
            f"byte {error.start} is not UTF-8", remedy="Save the file as UTF-8", file=str(path)
        ) from error


def loads(text: str, file: str) -> Profile:
    """A profile from its text; `file` is named in errors."""
    try:
        return Profile.model_validate(toml_text.loads(text))
    except toml_text.NotToml as error:
        raise BadInput(str(error), remedy="Correct the TOML there", file=file) from error
    except ValidationError as error:
        raise _placed(error, file) from error


def refused(table: str, error: ValidationError, file: str) -> BadInput:
    """A mistake in a table of the profile, with its place (`table.list[1].key`) and the remedy.

    The first of several; a setting nobody reads before one that is missing: it may be that one,
    misspelt.
    """
    first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    where = table + "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]
    )
    problem = f"{where}: {first['msg'].removeprefix('Value error, ')}"
    return BadInput(problem, file=file, remedy=f"Correct the table [{table}] there")


def _placed(error: ValidationError, file: str) -> BadInput:
    """The first mistake in words; a setting nobody reads before one that is missing."""
    mistakes = sorted(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    place = ".".join(str(part) for part in mistakes[0]["loc"])
    if mistakes[0]["type"] == "extra_forbidden":
        return BadInput(f"{place}: nothing reads this", remedy="Correct its name", file=file)
    if mistakes[0]["type"] == "missing":
        return BadInput(f"{place} is missing", remedy="Add it", file=file)
    problem = f"{place}: {mistakes[0]['msg']}"
    return BadInput(problem, remedy="Correct this setting", file=file)
