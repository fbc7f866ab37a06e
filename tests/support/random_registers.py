"""Registers nobody would write by hand: every code, gap, enrolment and calendar shape."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import strategies as st

from linkwork.facts import Fact
from linkwork.policy.rules import FactKind
from linkwork.register import Enrolment, Pupil, Register, RegisterBuilder
from linkwork.terms import Entry

#: Codes as they come; the doubled ones make runs and windows likely.
# fmt: off
CODES = (
    "/", "\\", "L", "K", "V", "P", "W", "B", "C", "C1", "C2", "E", "I", "J1", "M", "R", "S", "T",
    "G", "N", "O", "U", "D", "Q", "X", "Y1", "Y2", "Y3", "Y4", "Y5", "Y6", "Y7", "Z", "#",
    "J", "H", "Y", "-", "??", "O", "O", "O", "N", "N", "U", "G", "I",
)
# fmt: on
#: Around the change of codes, of the school year, of the calendar year, and of 53-week years.
STARTS = (date(2024, 6, 24), date(2025, 9, 1), date(2025, 12, 8), date(2026, 6, 8))
#: How a pupil is enrolled: mostly here alone, now and then at two schools or as a guest.
_MODES = st.sampled_from(["C", "C", "C", "C", "M", "S", "G", "F"])


@st.composite
def registers(draw: st.DrawFn, *, groups: bool = False) -> tuple[Register, date]:
    """A register of one to three pupils over some weeks, and a date to judge it on.

    With `groups` a terms file may shut a year group alone, whose marks then still stand there.
    """
    days = draw(_days())
    into = RegisterBuilder(source="random")
    for number in range(draw(st.integers(1, 3))):
        into.add_pupil(draw(_pupil(f"P{number}", days)))
        for day, (morning, afternoon) in zip(days, draw(_story(len(days))), strict=True):
            into.add(f"P{number}", day, "AM", morning)
            into.add(f"P{number}", day, "PM", afternoon)
    calendar = draw(st.integers(0, 3))
    if calendar == 0:
        into.calendar(day for day in days if draw(st.integers(0, 9)))
    elif calendar == 1 or groups:
        into.terms(draw(_terms(days, groups=groups)))
    as_of = draw(st.sampled_from([days[-1], days[-1], draw(st.sampled_from(days))]))
    return into.build(), as_of + timedelta(days=draw(st.sampled_from([0, 0, 0, 2, 60])))


@st.composite
def _days(draw: st.DrawFn) -> list[date]:
    """Weekdays and now and then a Saturday, with holidays of any length between."""
    day = draw(st.sampled_from(STARTS))
    days: list[date] = []
    for length, holiday in draw(
        st.lists(st.tuples(st.integers(1, 18), st.integers(1, 50)), min_size=1, max_size=5)
    ):
        term = (day + timedelta(days=n) for n in range(length + length // 5 * 2))
        days += [each for each in term if each.weekday() < 5 or draw(st.integers(0, 30)) == 0]
        day += timedelta(days=length + length // 5 * 2 + holiday)
    return days or [day]


@st.composite
def _story(draw: st.DrawFn, length: int) -> list[tuple[str, str]]:
    """Stretches of one pair of codes, since alternating ones never make a run."""
    code = st.sampled_from(["", *CODES])
    story: list[tuple[str, str]] = []
    while len(story) < length:
        morning = draw(code)
        same = draw(st.booleans())
        story += [(morning, morning if same else draw(code))] * draw(st.integers(1, 14))
    return story[:length]


@st.composite
def _pupil(draw: st.DrawFn, pupil_id: str, days: list[date]) -> Pupil:
    """On roll always, in part, or twice; of compulsory age, never, or for a part of it."""
    some = st.sampled_from(days)
    shape = draw(st.integers(0, 4))
    enrolments: tuple[Enrolment, ...] = (Enrolment(),)
    if shape == 0:
        enrolments = (Enrolment(draw(some)), Enrolment(None, draw(some)))
    elif shape == 1:
        first, last = sorted([draw(some), draw(some)])
        enrolments = (Enrolment(first, last),)
    elif shape == 2:
        a, b, c = sorted([draw(some), draw(some), draw(some)])
        enrolments = (Enrolment(None, a), Enrolment(b, c))
    if draw(st.integers(0, 2)) == 0:
        enrolments = tuple(replace(each, mode=draw(_MODES)) for each in enrolments)
    born = draw(
        st.one_of(
            st.none(),
            st.just(date(2014, 5, 17)),
            st.dates(date(2007, 8, 1), date(2010, 12, 31)),
            st.dates(date(2019, 1, 1), date(2021, 6, 30)),
        )
    )
    group = draw(st.sampled_from([None, "7", "8"]))
    return Pupil(pupil_id, date_of_birth=born, year_group=group, enrolments=enrolments)


@st.composite
def _terms(draw: st.DrawFn, days: list[date], *, groups: bool) -> list[Entry]:
    """One to three terms over most of the days, holidays and closures in and beside them."""
    some = st.sampled_from(days)
    entries: list[Entry] = []
    edges = sorted(draw(st.lists(some, min_size=1, max_size=3, unique=True)))
    starts = [days[0] - timedelta(days=3), *edges] if draw(st.integers(0, 4)) else []
    for number, (first, after) in enumerate(pairwise([*starts, days[-1] + timedelta(days=30)])):
        if first < after:
            entries.append(Entry(f"Term {number}", first, after - timedelta(days=1), "term"))
    kinds = st.sampled_from(["half-term", "inset", "closure"])
    for _ in range(draw(st.integers(0, 3))):
        first = draw(some)
        last = first + timedelta(days=draw(st.sampled_from([0, 0, 4, 9])))
        kind = draw(kinds)
        group = draw(st.sampled_from(["", "7", "8"])) if groups and kind != "half-term" else ""
        entries.append(Entry("Shut", first, last, kind, year_group=group))
    return entries


@st.composite
def facts_about(draw: st.DrawFn, register: Register) -> dict[str, list[Fact]]:
    """What a school might have stated about some of the pupils."""
    days = sorted({session.date for session in register.sessions}) or [date(2026, 1, 5)]
    kinds: st.SearchStrategy[FactKind] = st.sampled_from(
        ["leave-with-an-end", "sickness-return", "at-the-other-school"]
    )
    facts: dict[str, list[Fact]] = {}
    for pupil in register.pupils:
        for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
            first, last = sorted([draw(st.sampled_from(days)), draw(st.sampled_from(days))])
            facts.setdefault(pupil.pupil_id, []).append(Fact(draw(kinds), first, last))
    return facts
