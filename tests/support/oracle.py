"""A second opinion: every kind of rule by brute force, from the words of the pages.

Rules are given as a policy file writes them. What each setting means is written here once more,
without a look at the engine.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from itertools import pairwise

from oracle_law import (
    HALVES,
    School,
    Session,
    Story,
    could_attend,
    is_holiday_between,
    monday,
    of_compulsory_age,
)
from oracle_runs import Met, Runs, Setting, Told

__all__ = ["Oracle", "Told"]


@dataclass
class Oracle(Runs):
    """All findings of a register on a date, by brute force."""

    def findings(self) -> list[Told]:
        """Every finding, in the order `check` prints them."""
        policy = tomllib.loads(self.text) if isinstance(self.text, str) else self.text
        self.rules: dict[str, Setting] = {rule["name"]: rule for rule in policy["trigger"]}
        school = School(self.register, self.as_of, policy["provisional"]["school_days"])
        told: list[Told] = []
        for number, pupil in enumerate(self.register.pupils):
            marks = {
                (session.date, session.half): self.register.codes[row[number]]
                for session, row in zip(self.register.sessions, self.register.rows, strict=True)
            }
            for rule in self.rules.values():
                if rule.get("enabled", True) and not rule.get("part", False):
                    bound = rule.get("age_bound", False)
                    story = Story(school, pupil, marks, bound)
                    told += [self.told(rule, story, met) for met in self.met(rule, story)]
        return sorted(told, key=lambda each: (each.pupil_id, each.trigger, each.first, each.why))

    def met(self, rule: Setting, story: Story) -> Iterator[Met]:
        """Everything a rule finds of a pupil."""
        if not story.days:
            return iter(())
        kinds = {
            "run": self.runs_met,
            "window": self.windows_met,
            "rate": self.rate_met,
            "count": self.count_met,
            "comparison": self.comparison_met,
            "weekday": self.days_met,
            "term-edge": self.days_met,
            "any": self.any_met,
        }
        return kinds[rule["kind"]](rule, story)

    def told(self, rule: Setting, story: Story, met: Met) -> Told:
        """The finding."""
        school, born = story.school, story.pupil.date_of_birth
        on = met.counted[-1][0] if story.age_bound else self.as_of
        age = "unknown"
        if born is not None:
            age = "compulsory" if of_compulsory_age(born, on) else "outside"
        days = [day for day in story.days if day in met.period]
        return Told(
            story.pupil.pupil_id,
            rule["name"],
            "confirmed" if met.sure else "provisional",
            age,
            met.value,
            met.threshold,
            story.possible(days),
            met.counted[0][0],
            met.counted[-1][0],
            met.ended,
            met.least,
            met.most,
            tuple((day, half, story.code((day, half))) for day, half in met.counted),
            story.missing(days),
            tuple(
                (day, half, school.due(day))
                for day, half in met.counted
                if story.code((day, half)) == "N" and day in school.recent
            ),
            met.window or (met.period[0], met.period[-1]),
            met.parts,
            met.before,
        )

    # So many within weeks or days

    def windows_met(self, rule: Setting, story: Story) -> Iterator[Met]:
        """Scan forward; the sessions of a window are used up."""
        windows = self.windows(rule, story)
        sure = len(self.windows(rule, story.waiting()))
        for number, window in enumerate(windows):
            first, last = window[0][0], window[-1][0]
            near = [
                day
                for day in story.school.days
                if 0
                <= self.number(rule, story, last) - self.number(rule, story, day)
                < self.length(rule)
            ]
            yield Met(
                window,
                len(window),
                rule["threshold"],
                number < sure,
                len(window),
                len(window) + story.missing([day for day in near if day in story.days]),
                [day for day in story.school.days if first <= day <= last],
                window=(near[0], last),
            )

    def length(self, rule: Setting) -> int:
        """How many weeks or days a window has."""
        lengths = (rule.get("school_weeks"), rule.get("school_days"), rule.get("calendar_weeks"))
        return int(next(each for each in lengths if each))

    def number(self, rule: Setting, story: Story, day: date) -> int:
        """Which week, or day, it is."""
        school = story.school
        if rule.get("school_days"):
            return school.days.index(day)
        if rule.get("calendar_weeks"):
            return (monday(day) - date(2000, 1, 3)).days // 7
        least = rule.get("good_week_sessions", 1)
        key = (day, "good", least)
        if key not in school.numbers:
            weeks = Counter(monday(each) for each in school.days)
            good = [week for week, days in weeks.items() if 2 * days >= least]
            school.numbers[key] = sum(week <= monday(day) for week in good)
        return school.numbers[key]

    def windows(self, rule: Setting, story: Story) -> list[list[Session]]:
        """The sessions of each window in turn."""
        counted = story.sessions(story.days, lambda s: self.counts(rule, story, s))
        numbers = {s: self.number(rule, story, s[0]) for s in counted}
        used: set[Session] = set()
        found: list[list[Session]] = []
        for now in counted:
            near = [
                each
                for each in counted
                if each <= now
                and each not in used
                and numbers[now] - numbers[each] < self.length(rule)
            ]
            if len(near) >= rule["threshold"]:
                found.append(near)
                used.update(near)
        return found

    # A share of a time

    def time(self, rule: Setting, story: Story) -> list[list[date]]:
        """The school's days that a rule judged as of a day looks at."""
        school = story.school
        if rule.get("school_weeks"):
            return [school.last_weeks(rule["school_weeks"])]
        if rule.get("period") == "half-term":
            return school.half_terms()
        if rule.get("period") == "today":
            return [[self.as_of]] if self.as_of in school.days else []
        return [school.this_year]

    def absent(self, rule: Setting, story: Story, days: list[date]) -> list[Session]:
        """The absences of some of the pupil's days."""
        mine = [day for day in days if day in story.days]

        def is_absence(s: Session) -> bool:
            return self.counts(rule, story, s) and could_attend(story.code(s), s[0])

        return story.sessions(mine, is_absence)

    def rate_met(self, rule: Setting, story: Story) -> Iterator[Met]:
        """Absences over possible sessions, unrounded."""
        days = ([*self.time(rule, story)] or [[]])[-1]
        share = Fraction(*rule["rate"])

        def enough(absent: int, possible: int) -> bool:
            if rule.get("boundary") == "more-than":
                return absent > share * possible
            return absent >= share * possible

        def met(of: Story) -> bool:
            absent = len(self.absent(rule, of, days))
            possible = of.possible([day for day in days if day in of.days])
            few = possible < rule.get("min_possible", 1)
            return absent > 0 and not few and enough(absent, possible)

        if not met(story):
            return
        absent = self.absent(rule, story, days)
        possible = story.possible([day for day in days if day in story.days])
        yield Met(
            absent,
            len(absent),
            next(n for n in range(possible + 2) if enough(n, possible)),
            met(story.waiting()),
            len(absent),
            len(absent) + story.missing([day for day in days if day in story.days]),
            days,
        )

    def comparison_met(self, rule: Setting, story: Story) -> Iterator[Met]:
        """Attendance of the last weeks beside that of the weeks before."""
        weeks = rule["school_weeks"]
        now = story.school.last_weeks(weeks)
        then = story.school.last_weeks(rule["before_school_weeks"], before=weeks)

        def sums(of: Story, days: list[date]) -> tuple[int, int]:
            return len(self.absent(rule, of, days)), of.possible(
                [day for day in days if day in of.days]
            )

        def fell(absent: int, possible: int, before: tuple[int, int]) -> bool:
            enough = possible >= rule.get("min_possible", 1)
            if not enough or before[1] < rule.get("min_possible_before", 1) or not absent:
                return False
            fall = Fraction(absent, possible) - Fraction(*before)
            return fall * 100 >= int(rule["points"])

        before = sums(story, then)
        absent, possible = sums(story, now)
        if not fell(absent, possible, before):
            return
        yield Met(
            self.absent(rule, story, now),
            absent,
            next(n for n in range(1, possible + 1) if fell(n, possible, before)),
            fell(*sums(story.waiting(), now), sums(story.waiting(), then)),
            absent,
            absent + story.missing([day for day in now if day in story.days]),
            now,
            before=before,
        )

    # So many of a kind

    def count_met(self, rule: Setting, story: Story) -> Iterator[Met]:
        """In each of the stretches of time by itself."""
        days = story.school.days
        old = days[: max(0, len(days) - rule.get("older_than", 0))]
        for time in self.time(rule, story):
            here = [day for day in time if day in old]
            mine = [day for day in here if day in story.days]
            counted, value = self.counted_in(rule, story, mine)
            if value < rule["threshold"]:
                continue
            blanks = sum(not story.code(s) for s in counted)
            gaps = [s for s in story.sessions(mine, story.unknown) if s not in counted]
            most = value + len(gaps)
            in_days = rule.get("of") == "days"
            if in_days:
                most = self.counted_in(rule, story.filled(self.one_of(rule)), mine)[1]
            yield Met(
                counted,
                value,
                rule["threshold"],
                self.counted_in(rule, story.waiting(), mine)[1] >= rule["threshold"],
                value - blanks,
                most,
                here,
                surely=[s for s in counted if story.code(s)],
                most_sessions=len(counted) + story.missing(mine) if in_days else None,
            )

    def counted_in(
        self, rule: Setting, story: Story, days: list[date]
    ) -> tuple[list[Session], int]:
        """The counted sessions of some days, and the number the rule asks for."""

        def wanted(s: Session) -> bool:
            asked = rule.get("no_mark", False) and not story.code(s) and s in story.school.taken
            return asked or self.counts(rule, story, s)

        if rule.get("of", "sessions") == "sessions" and rule["kind"] == "count":
            counted = story.sessions(days, wanted)
            return counted, len(counted)
        need = 2 if rule.get("whole_days") else 1
        held = [day for day in days if len(story.sessions([day], wanted)) >= need]
        return story.sessions(held, wanted), len(held)

    def days_met(self, rule: Setting, story: Story) -> Iterator[Met]:
        """On so many of the last of certain days."""
        for days in self.certain_days(rule, story):
            asked = [
                day
                for day in days
                if day in story.days
                and any(
                    story.unknown((day, half))
                    or could_attend(story.code((day, half)), day)
                    or self.counts(rule, story, (day, half))
                    for half in HALVES
                )
            ]
            last = asked[-rule["last"] :]
            counted, value = self.counted_in(rule, story, last)
            if value < rule["threshold"]:
                continue
            yield Met(
                counted,
                value,
                rule["threshold"],
                self.counted_in(rule, story.waiting(), last)[1] >= rule["threshold"],
                value,
                self.counted_in(rule, story.filled(self.one_of(rule)), last)[1],
                [day for day in story.school.days if last[0] <= day <= last[-1]],
                most_sessions=len(counted) + story.missing(last),
            )

    def certain_days(self, rule: Setting, story: Story) -> list[list[date]]:
        """Each day of the week, or the days that touch a holiday."""
        days = story.school.days
        if rule["kind"] == "weekday":
            return [
                [day for day in days if day.strftime("%A") == name] for name in rule["weekdays"]
            ]
        sides = rule.get("sides", ["before", "after"])
        least = rule.get("holiday_weekdays", 5)
        gaps = [(a, b) for a, b in pairwise(days) if is_holiday_between(a, b, least)]
        edges = {a for a, _ in gaps if "before" in sides} | {b for _, b in gaps if "after" in sides}
        return [sorted(edges)]

    # Any of several

    def any_met(self, rule: Setting, story: Story) -> Iterator[Met]:
        """What each part finds, in sessions; or one of all that reaches into this year."""
        found: list[Met] = []
        for name in rule["any_of"]:
            part = self.rules[name]
            if part.get("enabled", True):
                bound = rule.get("age_bound", False) or part.get("age_bound", False)
                seen = replace(story, age_bound=bound)
                found += [self.in_sessions(part, met) for met in self.met(part, seen)]
        if rule.get("findings", "each") == "each":
            for n, met in enumerate(found):
                mine = set(met.counted)
                wider = any(mine < set(other.counted) for other in found)
                again = any(mine == set(other.counted) for other in found[:n])
                if not wider and not again:
                    yield met
            return
        year = story.school.this_year
        now = [met for met in found if year and met.counted[-1][0] >= year[0]]
        if not now:
            return
        counted = sorted({session for met in now for session in met.counted})
        start = min(year[0], counted[0][0])
        period = [day for day in story.school.days if day >= start]
        mine_days = [day for day in story.days if day in period]
        yield Met(
            counted,
            len(counted),
            max(met.threshold for met in now),
            any(met.sure for met in now),
            len({s for met in now for s in (met.counted if met.surely is None else met.surely)}),
            len(counted) + story.missing(mine_days),
            period,
            parts=tuple(dict.fromkeys(name for met in now for name in met.parts)),
        )

    def in_sessions(self, part: Setting, met: Met) -> Met:
        """The same in sessions; a threshold of days is that of the first so many days."""
        threshold = met.threshold
        in_days = (
            part["kind"] in ("weekday", "term-edge")
            or part.get("of", "days" if part["kind"] == "run" else "sessions") == "days"
        )
        if part["kind"] in ("run", "count", "weekday", "term-edge") and in_days:
            days = sorted({day for day, _ in met.counted})[:threshold]
            threshold = sum(day in days for day, _ in met.counted)
        return replace(
            met,
            value=len(met.counted),
            threshold=threshold,
            least=len(met.counted if met.surely is None else met.surely),
            most=met.most if met.most_sessions is None else met.most_sessions,
            parts=(part["name"],),
        )
