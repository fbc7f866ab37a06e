"""Registers written down in a line: for tests that tell a pupil's story day by day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from linkwork.policy import Policy
from linkwork.register import Enrolment, Pupil, Register, RegisterBuilder

Marks = Mapping[tuple[date, str], str]

#: A Monday with twelve weeks of one school year after it.
MONDAY = date(2026, 1, 5)


def weekdays(first: date, count: int) -> list[date]:
    """`count` weekdays from `first` on."""
    days = (first + timedelta(days=n) for n in range(count * 2 + 7))
    return [day for day in days if day.weekday() < 5][:count]


def days(story: str) -> list[tuple[str, str]]:
    """Mornings and afternoons of a story: words are days, `M+O` two codes, `O*9` nine days.

    `/` is a whole day present, `-` a day without a mark.
    """
    told: list[tuple[str, str]] = []
    for word in story.split():
        codes, _, times = word.partition("*")
        morning, _, afternoon = codes.partition("+")
        afternoon = afternoon or {"/": "\\"}.get(morning, morning)
        pair = ("" if morning == "-" else morning, "" if afternoon == "-" else afternoon)
        told.extend([pair] * int(times or 1))
    return told


def marks(story: str, on: Sequence[date] | None = None) -> dict[tuple[date, str], str]:
    """The marks of a story told from MONDAY on, or on the given days."""
    told = days(story)
    dates = weekdays(MONDAY, len(told)) if on is None else on
    return {
        (day, half): code
        for day, pair in zip(dates, told, strict=True)
        for half, code in zip(("AM", "PM"), pair, strict=True)
    }


def register(
    *stories: Marks | str,
    pupils: Iterable[Pupil] = (),
    calendar: Iterable[date] | None = None,
) -> Register:
    """A register of one pupil a story, named P1, P2 and on; `pupils` gives details of some."""
    into = RegisterBuilder(source="register.csv")
    for pupil in pupils:
        into.add_pupil(pupil)
    for number, story in enumerate(stories, 1):
        told = marks(story) if isinstance(story, str) else story
        if not into.has_pupil(f"P{number}"):
            into.add_pupil(Pupil(f"P{number}"))
        for (day, half), code in told.items():
            into.add(f"P{number}", day, half, code)
    if calendar is not None:
        into.calendar(calendar)
    return into.build()


def only(policy: Policy, *names: str) -> Policy:
    """The policy with just these rules, and the parts they are made of."""
    wanted = {part.name for name in names for part in policy.parts_of(policy.trigger(name))}
    kept = tuple(rule for rule in policy.triggers if rule.name in wanted | set(names))
    return policy.model_copy(update={"triggers": kept})


def pupil(
    number: int = 1,
    *,
    born: date | None = None,
    on_roll: Sequence[tuple[date | None, date | None]] = ((None, None),),
) -> Pupil:
    """Pupil P<number> with its date of birth and its times on roll."""
    enrolments = tuple(Enrolment(start, end) for start, end in on_roll)
    return Pupil(f"P{number}", date_of_birth=born, enrolments=enrolments)
