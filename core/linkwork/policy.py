"""Policies: versioned packs of rules, each with its source, read from TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from linkwork import codes
from linkwork.codes import Category, CodeSet
from linkwork.errors import BadInput, WrongUse
from linkwork.school_year import AgeRule

#: The policy `check` uses for England when none is named.
DEFAULT = "england-2024"


class _Data(BaseModel):
    """Frozen, and strict about settings it does not know: a misspelt one must not be ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class _Rule(_Data):
    """What every rule has. `audience` says how far a finding may go (school, meeting, authority).

    `on_return` puts it on the statutory return; `age_bound` counts only days on which the pupil
    is of compulsory school age; `enabled` false keeps a rule in the file without applying it.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    title: str
    audience: Literal["school", "meeting", "authority"]
    source: str = Field(min_length=1)
    version: str = Field(min_length=1)
    on_return: bool = False
    statutory: bool = False
    age_bound: bool = False
    enabled: bool = True
    to_do: str = ""
    doubt: str = ""


class RunRule(_Rule):
    """So many school days in a row on which a session counts and none was attended."""

    kind: Literal["run"]
    threshold: int = Field(ge=1)
    counts: tuple[str, ...] = Field(min_length=1)
    u_breaks_run: bool = False
    mixed_day: Literal["counts", "ends"] = "counts"
    authorised_day: Literal["ends", "pauses"] = "ends"
    skips: tuple[str, ...] = ()

    @property
    def unit(self) -> Literal["school days"]:
        """What a value of this rule is a number of."""
        return "school days"


class WindowRule(_Rule):
    """So many counted sessions within so many consecutive school weeks; each is used once."""

    kind: Literal["window"]
    threshold: int = Field(ge=1)
    school_weeks: int = Field(ge=1)
    counts: tuple[str, ...] = Field(min_length=1)

    @property
    def unit(self) -> Literal["sessions"]:
        """What a value of this rule is a number of."""
        return "sessions"


class RateRule(_Rule):
    """Absent for a share of the pupil's own possible sessions of the current school year."""

    kind: Literal["rate"]
    rate: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]
    boundary: Literal["at-least", "more-than"] = "at-least"
    counts: tuple[Category, ...] = Field(min_length=1)
    min_possible: int = Field(ge=1, default=1)

    @property
    def unit(self) -> Literal["sessions"]:
        """What a value of this rule is a number of."""
        return "sessions"

    def threshold(self, possible: int) -> int:
        """The least whole number of absences that meets the rate over `possible` sessions."""
        part, whole = self.rate
        if self.boundary == "at-least":
            return -(-possible * part // whole)
        return possible * part // whole + 1

    def met(self, absent: int, possible: int) -> bool:
        """Whether `absent` of `possible` sessions meet the rate; never without an absence."""
        enough = possible >= self.min_possible and absent > 0
        return enough and absent >= self.threshold(possible)


TriggerRule = Annotated[RunRule | WindowRule | RateRule, Field(discriminator="kind")]


class Provisional(_Data):
    """For how many school days an N is still waiting for its reason."""

    school_days: int = Field(ge=0)
    source: str


class Rereading(_Data):
    """How far back a register is read again, and when its changes wait for a person.

    `days` of the past are read every night, the year once in `whole_every_days`. When more than
    `wait_above_percent` of the marks read twice are other marks now, nothing is withdrawn until a
    person has looked.
    """

    days: int = Field(default=28, ge=28)
    whole_every_days: int = Field(default=7, ge=1, le=31)
    wait_above_percent: int = Field(default=2, ge=0, le=100)
    source: str = "Linkwork's own choice"


class ReturnInterval(_Data):
    """The interval agreed for returns, at the end of which each school owes one, nil or not."""

    interval: Literal["week", "month"] = "month"
    source: str = "Working together to improve school attendance: at least once a calendar month"


def _month_day(text: Any) -> tuple[int, int]:
    try:
        day = date.fromisoformat(f"2000-{text}")
    except ValueError as error:
        raise ValueError(f"{text!r} is not a month and day: write MM-DD, as 08-31") from error
    return day.month, day.day


_MonthDay = Annotated[tuple[int, int], BeforeValidator(_month_day)]
# Written out: the calendar module's names change with the machine's language.
# fmt: off
_MONTHS = ["January", "February", "March", "April", "May", "June",
           "July", "August", "September", "October", "November", "December"]
# fmt: on
_WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


class Age(_Data):
    """When compulsory school age starts and ends, as an author writes it."""

    starts_at: int
    start_days: tuple[_MonthDay, ...] = Field(min_length=1)
    ends_at: int
    leaving_day: str = Field(
        pattern=rf"^last ({'|'.join(_WEEKDAYS)}) of ({'|'.join(_MONTHS[:11])})$"
    )
    year_starts: _MonthDay
    source: str

    def rule(self) -> AgeRule:
        """The same as the rule the arithmetic uses."""
        _, weekday, _, month = self.leaving_day.split()
        return AgeRule(
            starts_at=self.starts_at,
            start_days=self.start_days,
            ends_at=self.ends_at,
            leaving_month=_MONTHS.index(month) + 1,
            leaving_weekday=_WEEKDAYS.index(weekday),
            year_starts=self.year_starts,
            source=self.source,
        )


class Policy(_Data):
    """A rule pack. `text` is the TOML it was read from, as it travels to a school."""

    name: str = Field(min_length=1)
    title: str
    nation: Literal["England", "Wales"]
    version: str
    valid_from: date
    valid_to: date | None = None
    source: str
    doubt: str = ""
    code_set_names: tuple[str, ...] = Field(min_length=1, alias="code_sets")
    provisional: Provisional
    rereading: Rereading = Rereading()
    returning: ReturnInterval = Field(default=ReturnInterval(), alias="return")
    age: Age
    triggers: tuple[TriggerRule, ...] = Field(alias="trigger")
    text: str = Field(default="", repr=False)

    @property
    def code_sets(self) -> list[CodeSet]:
        """The code sets this policy reads marks with; each date uses the one in force."""
        return [codes.builtin(name) for name in self.code_set_names]

    def codes_on(self, day: date) -> CodeSet:
        """The code set in force on `day`. Raises BadInput when none of this policy's is."""
        return codes.choose(self.code_sets, day)

    def trigger(self, name: str) -> RunRule | WindowRule | RateRule:
        """The rule named `name`. KeyError when the policy has none."""
        return {rule.name: rule for rule in self.triggers}[name]

    @property
    def enabled(self) -> tuple[RunRule | WindowRule | RateRule, ...]:
        """The rules that are applied."""
        return tuple(rule for rule in self.triggers if rule.enabled)


def load(name_or_path: str | Path) -> Policy:
    """A policy shipped with Linkwork by name, or one in a TOML file by path.

    Raises WrongUse when there is neither, BadInput when the file is not a policy.
    """
    if str(name_or_path) in names():
        return builtin(str(name_or_path))
    path = Path(name_or_path)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadInput("the file is not UTF-8 text", remedy="Save it so", file=str(path)) from error
    except OSError as error:
        raise WrongUse(
            f"There is no policy {str(name_or_path)!r}. "
            f"Use one of: {', '.join(names())}; or the path of a policy file"
        ) from error
    return loads(text, file=str(path))


def loads(text: str, *, file: str | None = None) -> Policy:
    """The policy written in `text`. Raises BadInput naming the setting and the remedy."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"not TOML: {error}", remedy="Correct that line", file=file) from error
    return _from_data(data, text, file)


@cache
def builtin(name: str) -> Policy:
    """A policy shipped with Linkwork. Raises WrongUse for a name it does not know."""
    if name not in names():
        raise WrongUse(f"There is no policy named {name!r}. Use one of: {', '.join(names())}")
    return loads((_folder() / f"{name}.toml").read_text(encoding="utf-8"), file=name)


@cache
def names() -> tuple[str, ...]:
    """The names of the policies shipped with Linkwork."""
    found = (entry.name for entry in _folder().iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


def _folder() -> Any:
    return resources.files("linkwork") / "policies"


def _from_data(data: Mapping[str, Any], text: str, file: str | None) -> Policy:
    try:
        policy = Policy.model_validate({**data, "text": text})
    except ValidationError as error:
        raise _in_words(error, data, file) from error
    _refuse_unknown_names(policy, file)
    return policy


def _in_words(error: ValidationError, data: Mapping[str, Any], file: str | None) -> BadInput:
    # A misspelt setting is both missing and unknown: the unknown name says more.
    first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
    place = [part for part in first["loc"] if part not in ("run", "window", "rate")]
    if len(place) > 1 and place[0] == "trigger" and isinstance(place[1], int):
        rule = data["trigger"][place[1]]
        place[:2] = [f"trigger {rule.get('name', place[1] + 1)}"]
    problem = first["msg"].removeprefix("Value error, ")
    setting = ", ".join(str(part) for part in place) or "the whole file"
    remedies = {
        "missing": "Add it",
        "extra_forbidden": "Remove it, or correct its spelling",
    }
    return BadInput(
        f"setting {setting}: {problem[:1].lower()}{problem[1:]}",
        remedy=remedies.get(first["type"], "Compare it with the policies shipped with Linkwork"),
        file=file,
    )


def _refuse_unknown_names(policy: Policy, file: str | None) -> None:
    """A rule that counts a code which no code set knows would never find anything."""
    for name in policy.code_set_names:
        if name not in codes.names():
            raise BadInput(
                f"setting code_sets: there is no code set {name!r}",
                remedy=f"Use one of: {', '.join(codes.names())}",
                file=file,
            )
    known = {code for code_set in policy.code_sets for code in code_set.codes}
    for rule in policy.triggers:
        if isinstance(rule, RateRule):
            continue
        skipped = rule.skips if isinstance(rule, RunRule) else ()
        for code in (*rule.counts, *skipped):
            if code not in known:
                raise BadInput(
                    f"trigger {rule.name} names code {code!r}, which no code set of the policy has",
                    remedy="Correct the code",
                    file=file,
                )
