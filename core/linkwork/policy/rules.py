"""The kinds of rule a policy is written in, as data: what counts, how much of it, in what time."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from linkwork.codes import CodeClass

SchoolDays = Literal["school days"]
Sessions = Literal["sessions"]
Weekday = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
#: Children an authority wants to see first; what each means stands in `linkwork.judging`.
Priority = Literal["social-worker", "ehcp", "looked-after", "youth-justice-worker"]
#: What the marks cannot say and a school can: see `linkwork.facts`.
FactKind = Literal["leave-with-an-end", "sickness-return", "at-the-other-school"]

_Selectors = Annotated[
    tuple[str, ...],
    Field(min_length=1, description="Codes, or what codes count as: unauthorised, present, ..."),
]


#: TOML tells "10" from 10, and so does a policy: a figure in quotation marks is a slip.
Whole = Annotated[int, Field(strict=True)]
Truth = Annotated[bool, Field(strict=True)]


class Senseless(ValueError):
    """Settings that cannot stand beside each other: what is wrong, and what to write instead."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.remedy = remedy


class Data(BaseModel):
    """Frozen, and strict about settings it does not know: a misspelt one must not be ignored."""

    # The text under a field is its description; `schema` reads it there, when it is asked to.
    model_config = ConfigDict(extra="forbid", frozen=True)


class BaseRule(Data):
    """What every rule has.

    `audience` says how far a finding may go (school, meeting, authority); `part` makes it only a
    part of `any` rules, never a finding of its own; `enabled` false keeps a rule in the file
    without applying it.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    """Lower case, digits and hyphens; it stays the same when figures change."""
    title: str
    """A few words for a person, without a full stop."""
    audience: Literal["school", "meeting", "authority"]
    """How far a finding may go: the desk only, a meeting's totals and list, or a notice."""
    source: str = Field(min_length=1)
    """Where the figure comes from."""
    version: str = Field(min_length=1)
    """Which version of the source."""
    on_return: Truth = False
    """It stands on the statutory return."""
    statutory: Truth = False
    """The authority must be told by law."""
    age_bound: Truth = False
    """Only days on which the pupil is of compulsory school age count."""
    enabled: Truth = True
    """False keeps the rule in the file without applying it."""
    part: Truth = False
    """It serves only inside rules of kind any."""
    route: Literal["attendance", "health-needs"] = "attendance"
    """Who works on a finding at the authority; health needs never reach the attendance queue."""
    declarable: Truth = False
    """A school may declare that it is met, with a reason, whatever the marks say."""
    priority: tuple[Priority, ...] = ()
    """Children who are shown first."""
    to_do: str = ""
    """What the reader of a finding should do."""
    doubt: str = ""
    """What is not certain about this rule; shown with every finding."""

    @property
    def named_codes(self) -> tuple[str, ...]:
        """Every code, or class of codes, that the rule names."""
        return tuple(getattr(self, "counts", ()))

    def counted(self, known: CodeClass) -> bool:
        """Whether a code is one the rule counts, by itself or by what it counts as."""
        counts: tuple[str, ...] = getattr(self, "counts", ())
        return known.code in counts or known.category in counts


class RunRule(BaseRule):
    """So many school days, or sessions, in a row that count, with none attended between."""

    kind: Literal["run"]
    threshold: Whole = Field(ge=1)
    """The least number of days (or sessions, see `of`) in a row."""
    counts: _Selectors
    of: Literal["days", "sessions"] = "days"
    """What is counted: school days, or single sessions."""
    whole_days: Truth = False
    """A day counts only when both of its sessions do."""
    u_breaks_run: Truth = False
    """A day on which the pupil came, after the register had closed, ends the run."""
    mixed_day: Literal["counts", "ends"] = "counts"
    """One session counts, the other was an absence that does not: counts, or ends the run."""
    authorised_day: Literal["ends", "pauses"] = "ends"
    """A day of only absence that does not count: ends the run, or is passed over."""
    unknown_day: Literal["passes", "ends"] = "passes"
    """A day without any mark: is passed over, or ends the run."""
    skips: tuple[str, ...] = ()
    """Codes that take a session out, besides those never possible that do not count."""
    follows: tuple[str, ...] = ()
    """The run must start right after a day with one of these codes."""
    excused_by: tuple[FactKind, ...] = ()
    """Facts that take the days they cover out; with `follows`, days the run may start after."""

    @property
    def unit(self) -> SchoolDays | Sessions:
        """What a value of this rule is a number of."""
        return "school days" if self.of == "days" else "sessions"

    @property
    def named_codes(self) -> tuple[str, ...]:
        """Every code, or class of codes, that the rule names."""
        return (*self.counts, *self.skips, *self.follows)

    @model_validator(mode="after")
    def _sound(self) -> RunRule:
        if self.follows and self.authorised_day == "pauses":
            raise Senseless(
                "follows needs authorised_day ends: a day that pauses is not before",
                'Write authorised_day = "ends", or leave follows out',
            )
        if self.of == "sessions" and (self.whole_days or self.mixed_day == "ends"):
            raise Senseless(
                "whole_days and mixed_day speak of days, and of is sessions",
                'Leave both out, or write of = "days"',
            )
        return self


class WindowRule(BaseRule):
    """So many counted sessions within so many weeks or school days; each is used once."""

    kind: Literal["window"]
    threshold: Whole = Field(ge=1)
    """The least number of sessions."""
    counts: _Selectors
    school_weeks: Whole | None = Field(ge=1, default=None)
    """Within so many consecutive weeks with school; weeks without any are not numbered."""
    school_days: Whole | None = Field(ge=1, default=None)
    """Within so many consecutive school days."""
    calendar_weeks: Whole | None = Field(ge=1, default=None)
    """Within so many consecutive weeks, Monday to Sunday, holidays included."""
    good_week_sessions: Whole = Field(ge=1, default=1)
    """A week of fewer sessions uses up no week of the window; its marks count all the same."""

    @property
    def unit(self) -> Sessions:
        """What a value of this rule is a number of."""
        return "sessions"

    @property
    def length(self) -> int:
        """How many weeks or days the window spans."""
        return self.school_weeks or self.school_days or self.calendar_weeks or 0

    @model_validator(mode="after")
    def _sound(self) -> WindowRule:
        lengths = (self.school_weeks, self.school_days, self.calendar_weeks)
        if sum(each is not None for each in lengths) != 1:
            raise Senseless(
                "a window needs one, and only one, of school_weeks, school_days, calendar_weeks",
                "Write one of them, as school_weeks = 10",
            )
        if self.good_week_sessions > 1 and self.school_weeks is None:
            raise Senseless(
                "good_week_sessions needs school_weeks",
                "Write school_weeks for the length, or leave good_week_sessions out",
            )
        return self


class RateRule(BaseRule):
    """Absent for a share of the pupil's own possible sessions of a time up to the day judged."""

    kind: Literal["rate"]
    rate: tuple[Annotated[Whole, Field(ge=1)], Annotated[Whole, Field(ge=1)]]
    """The share as two whole numbers: [1, 10] is a tenth."""
    boundary: Literal["at-least", "more-than"] = "at-least"
    """Whether exactly the share is in."""
    counts: _Selectors
    min_possible: Whole = Field(ge=1, default=1)
    """Below so many possible sessions nothing is said."""
    min_possible_listed: Whole = Field(ge=1, default=1)
    """Below so many a pupil stands in the findings, and in no list and no letter yet."""
    period: Literal["school-year", "half-term"] = "school-year"
    """The time the share is taken of, up to the day judged."""
    school_weeks: Whole | None = Field(ge=1, default=None)
    """Instead of `period`: the last so many school weeks."""

    @property
    def unit(self) -> Sessions:
        """What a value of this rule is a number of."""
        return "sessions"

    @model_validator(mode="after")
    def _sound(self) -> RateRule:
        part, whole = self.rate
        if part > whole:
            raise Senseless(
                f"rate [{part}, {whole}] is more than all sessions",
                f"Write the smaller first, as [{whole}, {part}]",
            )
        return self

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


class CountRule(BaseRule):
    """So many counted sessions or days in a time."""

    kind: Literal["count"]
    threshold: Whole = Field(ge=1)
    """The least number of sessions (or days, see `of`)."""
    counts: _Selectors
    of: Literal["days", "sessions"] = "sessions"
    """What is counted: single sessions, or school days."""
    whole_days: Truth = False
    """A day counts only when both of its sessions do."""
    period: Literal["school-year", "half-term", "today"] = "school-year"
    """The year so far, each half term of it, or the day judged alone."""
    school_weeks: Whole | None = Field(ge=1, default=None)
    """Instead of `period`: the last so many school weeks."""
    no_mark: Truth = False
    """A session without a mark counts too, once the school has begun to take that register."""
    older_than: Whole = Field(ge=0, default=0)
    """Only sessions before the last so many school days count."""

    @property
    def unit(self) -> SchoolDays | Sessions:
        """What a value of this rule is a number of."""
        return "school days" if self.of == "days" else "sessions"

    @model_validator(mode="after")
    def _sound(self) -> CountRule:
        if self.whole_days and self.of == "sessions":
            raise Senseless("whole_days needs of days", 'Write of = "days", or leave it out')
        if self.no_mark and self.of == "days":
            raise Senseless("no_mark needs of sessions", 'Leave of = "days" or no_mark out')
        return self


class ComparisonRule(BaseRule):
    """Attendance of the last weeks lies so many points below that of the weeks before."""

    kind: Literal["comparison"]
    counts: _Selectors
    points: Whole = Field(ge=1, le=100)
    """How many percentage points lower."""
    school_weeks: Whole = Field(ge=1)
    """The weeks looked at, up to the day judged."""
    before_school_weeks: Whole = Field(ge=1)
    """The weeks before, that they are compared with."""
    min_possible: Whole = Field(ge=1, default=1)
    """Below so many possible sessions in the last weeks nothing is said."""
    min_possible_before: Whole = Field(ge=1, default=1)
    """Below so many in the weeks before nothing is said."""

    @property
    def unit(self) -> Sessions:
        """What a value of this rule is a number of."""
        return "sessions"

    def threshold(self, possible: int, before: tuple[int, int]) -> int:
        """The least absences of `possible` sessions that meet it; `before`: absent, possible."""
        absent, of = before
        return max(1, -(-possible * (self.points * of + 100 * absent) // (100 * of)))

    def met(self, absent: int, possible: int, before: tuple[int, int]) -> bool:
        """Whether attendance fell by as much, from `before` (absent, possible sessions)."""
        enough = possible >= self.min_possible and before[1] >= self.min_possible_before
        return enough and absent >= self.threshold(possible, before)


class WeekdayRule(BaseRule):
    """Absent on so many of the last Mondays, or of another day of the week."""

    kind: Literal["weekday"]
    counts: _Selectors
    weekdays: tuple[Weekday, ...] = Field(min_length=1)
    """The days of the week, each judged by itself."""
    threshold: Whole = Field(ge=1)
    """On how many of them."""
    last: Whole = Field(ge=1)
    """Of the last so many on which the pupil could attend."""
    whole_days: Truth = False
    """A day counts only when both of its sessions do."""

    @property
    def unit(self) -> SchoolDays:
        """What a value of this rule is a number of."""
        return "school days"

    @model_validator(mode="after")
    def _sound(self) -> WeekdayRule:
        _refuse_more_than_last(self.threshold, self.last)
        return self


class TermEdgeRule(BaseRule):
    """Absent on so many of the last school days that touch a holiday."""

    kind: Literal["term-edge"]
    counts: _Selectors
    sides: tuple[Literal["before", "after"], ...] = ("before", "after")
    """The day before a holiday, the day after it, or both."""
    threshold: Whole = Field(ge=1)
    """On how many of them."""
    last: Whole = Field(ge=1)
    """Of the last so many on which the pupil could attend."""
    holiday_weekdays: Whole = Field(ge=1, default=5)
    """So many weekdays without school in a row are a holiday."""
    whole_days: Truth = False
    """A day counts only when both of its sessions do."""

    @property
    def unit(self) -> SchoolDays:
        """What a value of this rule is a number of."""
        return "school days"

    @model_validator(mode="after")
    def _sound(self) -> TermEdgeRule:
        _refuse_more_than_last(self.threshold, self.last)
        return self


class AnyRule(BaseRule):
    """One of several other rules of the policy is met."""

    kind: Literal["any"]
    any_of: tuple[str, ...] = Field(min_length=1)
    """The names of the rules, which stand in the same policy and are no `any` themselves."""
    findings: Literal["one", "each"] = "each"
    """Each part's findings, or one a pupil of everything they count in the school year."""

    @property
    def unit(self) -> Sessions:
        """What a value of this rule is a number of."""
        return "sessions"


TriggerRule = Annotated[
    RunRule
    | WindowRule
    | RateRule
    | CountRule
    | ComparisonRule
    | WeekdayRule
    | TermEdgeRule
    | AnyRule,
    Field(discriminator="kind"),
]
SimpleRule = (
    RunRule | WindowRule | RateRule | CountRule | ComparisonRule | WeekdayRule | TermEdgeRule
)
Rule = SimpleRule | AnyRule
KINDS = ("run", "window", "rate", "count", "comparison", "weekday", "term-edge", "any")


def _refuse_more_than_last(threshold: int, last: int) -> None:
    if threshold > last:
        raise Senseless(
            f"threshold {threshold} is more than last {last}",
            f"Write a threshold of at most {last}, or a larger last",
        )
