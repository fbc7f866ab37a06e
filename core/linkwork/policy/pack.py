"""A policy: a versioned pack of rules, each with its source."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from linkwork import codes
from linkwork.age import AgeRule
from linkwork.codes import CodeSet
from linkwork.policy.rules import AnyRule, Data, Rule, Senseless, TriggerRule, Whole


class Provisional(Data):
    """For how many school days an N is still waiting for its reason."""

    school_days: Whole = Field(ge=0)
    source: str


class Rereading(Data):
    """How far back a register is read again, and when its changes wait for a person."""

    days: Whole = Field(default=28, ge=28)
    """So many days of the past are read every night."""
    whole_every_days: Whole = Field(default=7, ge=1, le=31)
    """The year is read once in so many days."""
    wait_above_percent: Whole = Field(default=2, ge=0, le=100)
    """When more of the marks read twice are other marks now, withdrawals wait for a person."""
    source: str = "Linkwork's own choice"


class ReturnInterval(Data):
    """The interval agreed for returns, at the end of which each school owes one, nil or not."""

    interval: Literal["week", "month"] = "month"
    source: str = "Working together to improve school attendance: at least once a calendar month"


def _month_day(text: Any) -> tuple[int, int]:
    try:
        day = date.fromisoformat(f"2000-{text}")
    except ValueError as error:
        raise Senseless(f"{text!r} is not a month and day", "Write MM-DD, as 08-31") from error
    return day.month, day.day


_MonthDay = Annotated[
    tuple[int, int],
    BeforeValidator(
        _month_day, json_schema_input_type=Annotated[str, Field(pattern=r"^\d\d-\d\d$")]
    ),
]
# Written out: the calendar module's names change with the machine's language.
# fmt: off
_MONTHS = ["January", "February", "March", "April", "May", "June",
           "July", "August", "September", "October", "November", "December"]
# fmt: on
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


class Age(Data):
    """When compulsory school age starts and ends, as an author writes it."""

    starts_at: Whole
    """The birthday from which it is reckoned."""
    start_days: tuple[_MonthDay, ...] = Field(min_length=1)
    """It starts on the birthday if that is one of these (MM-DD), else on the next of them."""
    ends_at: Whole
    """The birthday in whose school year it ends."""
    leaving_day: str = Field(
        pattern=rf"^last ({'|'.join(WEEKDAYS)}) of ({'|'.join(_MONTHS[:11])})$"
    )
    """The day it ends on, as "last Friday of June"."""
    year_starts: _MonthDay
    """The day (MM-DD) a school year is counted from for this."""
    source: str

    def rule(self) -> AgeRule:
        """The same as the rule the arithmetic uses."""
        _, weekday, _, month = self.leaving_day.split()
        return AgeRule(
            starts_at=self.starts_at,
            start_days=self.start_days,
            ends_at=self.ends_at,
            leaving_month=_MONTHS.index(month) + 1,
            leaving_weekday=WEEKDAYS.index(weekday),
            year_starts=self.year_starts,
            source=self.source,
        )


class NoticeTerms(Data):
    """What one penalty notice costs a parent, in pence, and by when it is to be paid."""

    amount_pence: Whole = Field(ge=1)
    due_days: Whole = Field(ge=1)
    """Calendar days from the day it is given."""
    reduced_pence: Whole | None = Field(ge=1, default=None)
    """The lower amount, where there is one, if paid within `reduced_days`."""
    reduced_days: Whole | None = Field(ge=1, default=None)

    @model_validator(mode="after")
    def _sound(self) -> NoticeTerms:
        if (self.reduced_pence is None) != (self.reduced_days is None):
            raise Senseless(
                "reduced_pence and reduced_days go together", "Write both of them, or neither"
            )
        if self.reduced_pence is not None and self.reduced_pence >= self.amount_pence:
            raise Senseless(
                f"reduced_pence {self.reduced_pence} is not less than amount_pence "
                f"{self.amount_pence}",
                "Write the lower amount, or leave reduced_pence and reduced_days out",
            )
        if self.reduced_days is not None and self.reduced_days > self.due_days:
            raise Senseless(
                f"reduced_days {self.reduced_days} is later than due_days {self.due_days}",
                "Write a day before the last one to pay",
            )
        return self


class Penalty(Data):
    """How many penalty notices one parent may be given for one child, and what each costs."""

    years: Whole = Field(ge=1)
    """No more notices than stand below are given within so many years."""
    notices: tuple[NoticeTerms, ...] = Field(min_length=1, alias="notice")
    """The first, the second and so on; there is no other after the last of them."""
    source: str
    version: str
    doubt: str = ""
    """What is not certain about the limit; shown with every answer that rests on it."""


class Policy(Data):
    """A rule pack. `text` is the TOML it was read from, as it travels to a school."""

    name: str = Field(min_length=1)
    """It stands in every answer made with the policy."""
    title: str
    nation: Literal["England", "Wales"]
    version: str
    valid_from: date
    """The first day it is in force."""
    valid_to: date | None = None
    """The last day it is in force; without it, still."""
    source: str
    doubt: str = ""
    code_set_names: tuple[str, ...] = Field(min_length=1, alias="code_sets")
    """The code sets marks are read with; each date uses the one in force on it."""
    provisional: Provisional
    rereading: Rereading = Rereading()
    """How registers are read again."""
    returning: ReturnInterval = Field(default=ReturnInterval(), alias="return")
    """How often a return is owed."""
    age: Age
    penalty: Penalty | None = None
    triggers: tuple[TriggerRule, ...] = Field(alias="trigger")
    text: str = Field(default="", repr=False)

    @model_validator(mode="after")
    def _sound(self) -> Policy:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise Senseless(
                f"valid_to {self.valid_to} is before valid_from {self.valid_from}",
                "Write the last day in force, or leave valid_to out while there is no next policy",
            )
        return self

    @property
    def code_sets(self) -> list[CodeSet]:
        """The code sets this policy reads marks with; each date uses the one in force."""
        return [codes.builtin(name) for name in self.code_set_names]

    def codes_on(self, day: date) -> CodeSet:
        """The code set in force on `day`. Raises BadInput when none of this policy's is."""
        return codes.choose(self.code_sets, day)

    def trigger(self, name: str) -> Rule:
        """The rule named `name`. KeyError when the policy has none."""
        return {rule.name: rule for rule in self.triggers}[name]

    @property
    def enabled(self) -> tuple[Rule, ...]:
        """The rules that are applied and have findings of their own."""
        return tuple(rule for rule in self.triggers if rule.enabled and not rule.part)

    def parts_of(self, rule: Rule) -> tuple[Rule, ...]:
        """The rules that make up an `any` rule and are enabled; of another rule, none."""
        if not isinstance(rule, AnyRule):
            return ()
        return tuple(part for name in rule.any_of if (part := self.trigger(name)).enabled)
