"""The oracle's findings, and its reading of a run, from the words of the pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

from oracle_law import HALVES, ONE_OF, Session, Story, class_of

from linkwork.facts import Fact
from linkwork.register import Register

Setting = Mapping[str, Any]


@dataclass(frozen=True)
class Told:
    """A finding in the oracle's words; compared with the engine's field by field."""

    pupil_id: str
    trigger: str
    status: str
    age: str
    value: int
    threshold: int
    possible: int
    first: date
    last: date
    ended: date | None
    at_least: int
    at_most: int
    why: tuple[tuple[date, str, str], ...]
    missing: int
    waiting: tuple[tuple[date, str, date], ...] = ()
    window: tuple[date, date] | None = None
    parts: tuple[str, ...] = ()
    before: tuple[int, int] | None = None


@dataclass(frozen=True)
class Met:
    """A rule met by a pupil: what was counted, and every number there is about it."""

    counted: list[Session]
    value: int
    threshold: int
    sure: bool
    least: int
    most: int
    period: list[date]
    ended: date | None = None
    window: tuple[date, date] | None = None
    surely: list[Session] | None = None
    most_sessions: int | None = None
    parts: tuple[str, ...] = ()
    before: tuple[int, int] | None = None


@dataclass
class Runs:
    """What runs find, and what every rule needs: which marks it counts."""

    register: Register
    as_of: date
    text: str | Mapping[str, Any]
    facts: Mapping[str, Sequence[Fact]] = field(default_factory=dict)

    def one_of(self, rule: Setting) -> str:
        """A code the rule counts, to fill a gap with."""
        first = str(rule["counts"][0])
        return ONE_OF.get(first, first)

    def counts(self, rule: Setting, story: Story, session: Session) -> bool:
        """Whether the session's mark is one the rule counts."""
        code = story.code(session)
        what = class_of(code, session[0])
        return what != "unknown" and (code in rule["counts"] or what in rule["counts"])

    def runs_met(self, rule: Setting, story: Story) -> Iterator[Met]:
        """Every stretch, as long as it goes, of at least the threshold."""
        story = self.excused(rule, story)
        for number, stay in enumerate(story.stays):

            def overlapping(other: Story, units: list[Any], number: int = number) -> list[Any]:
                found = [
                    each
                    for each, _ in self.stretches(rule, other, other.stays[number])
                    if each[0] <= units[-1] and each[-1] >= units[0]
                ]
                return max(found, key=len, default=[])

            for units, ended in self.stretches(rule, story, stay):
                if len(units) < rule["threshold"]:
                    continue
                counted = self.in_units(rule, story, units)
                attended, absent = story.filled("/"), story.filled(self.one_of(rule))
                least, most = overlapping(attended, units), overlapping(absent, units)
                first, last = counted[0][0], counted[-1][0]
                yield Met(
                    counted,
                    len(units),
                    rule["threshold"],
                    len(overlapping(story.waiting(), units)) >= rule["threshold"],
                    len(least),
                    max(len(units), len(most)),
                    [day for day in story.school.days if first <= day <= last],
                    ended,
                    None,
                    self.in_units(rule, attended, least),
                    max(len(counted), len(self.in_units(rule, absent, most))),
                )

    def stretches(
        self, rule: Setting, story: Story, stay: list[date]
    ) -> list[tuple[list[Any], date | None]]:
        """What counts between two ends, for every pair of ends with none between."""
        units: list[Any] = list(stay)
        if rule.get("of", "days") == "sessions":
            units = [(day, half) for day in stay for half in HALVES]
        does = {unit: self.does(rule, story, unit) for unit in units}
        ends = [None, *(unit for unit in units if does[unit] == "ends"), None]
        found: list[tuple[list[Any], date | None]] = []
        for before, after in pairwise(ends):
            counted = [
                unit
                for unit in units
                if does[unit] == "counts"
                and (before is None or unit > before)
                and (after is None or unit < after)
            ]
            if counted and self.follows(rule, story, before):
                ended = after[0] if isinstance(after, tuple) else after
                found.append((counted, ended))
        return found

    def follows(self, rule: Setting, story: Story, before: Any) -> bool:
        """Whether the day before the stretch is one the rule wants there."""
        wanted = rule.get("follows", [])
        if not wanted:
            return True
        if before is None:
            return False
        sessions = [before] if isinstance(before, tuple) else [(before, half) for half in HALVES]
        return any(story.code(s) in wanted and not self.counts(rule, story, s) for s in sessions)

    def does(self, rule: Setting, story: Story, unit: Any) -> str:
        """counts, ends or passes."""
        sessions = [unit] if isinstance(unit, tuple) else [(unit, half) for half in HALVES]
        is_ = [self.session_is(rule, story, session) for session in sessions]
        if "attended" in is_:
            return "ends"
        whole = rule.get("whole_days", False)
        if all(each == "counted" for each in is_):
            return "counts"
        if "counted" in is_ and not whole:
            mixed = "other" in is_ and rule.get("mixed_day", "counts") == "ends"
            return "ends" if mixed else "counts"
        if "other" in is_ and rule.get("authorised_day", "ends") == "ends":
            return "ends"
        all_unknown = all(each == "unknown" for each in is_)
        return "ends" if all_unknown and rule.get("unknown_day") == "ends" else "passes"

    def session_is(self, rule: Setting, story: Story, session: Session) -> str:
        """counted, attended, other (an absence that does not count), out or unknown."""
        code = story.code(session)
        what = class_of(code, session[0])
        if what == "unknown":
            return "unknown"
        if code in rule.get("skips", []):
            return "out"
        if code == "U" and rule.get("u_breaks_run", False):
            return "attended"
        if self.counts(rule, story, session):
            return "counted"
        if what in ("present", "activity"):
            return "attended"
        return "other" if what in ("authorised", "unauthorised") else "out"

    def in_units(self, rule: Setting, story: Story, units: list[Any]) -> list[Session]:
        """The counted sessions of some days, or the sessions themselves."""
        if units and isinstance(units[0], tuple):
            return list(units)
        return story.sessions(units, lambda s: self.session_is(rule, story, s) == "counted")

    def excused(self, rule: Setting, story: Story) -> Story:
        """Without the days that facts about the pupil take out."""
        facts = [
            fact
            for fact in self.facts.get(story.pupil.pupil_id, ())
            if fact.kind in rule.get("excused_by", [])
        ]
        if not facts:
            return story

        # Days that are excused are out; a run that must follow something may follow them.
        instead = rule["follows"][0] if rule.get("follows") else "#"

        def out(session: Session, code: str) -> str:
            return instead if any(f.first <= session[0] <= f.last for f in facts) else code

        return story.but(out)
