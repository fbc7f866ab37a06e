"""A finding made of what a judge found: the same of every rule, and done thousands of times."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date

from linkwork.age import AgeWord
from linkwork.codes import CodeClass
from linkwork.findings import Finding, Waiting
from linkwork.judging import (
    POSSIBLE,
    Bench,
    Evidence,
    Judged,
    counted_in,
    unknown_in,
    without_mark,
)
from linkwork.policy import InForce, Rule
from linkwork.register import Pupil
from linkwork.sheet import WAITS, Lines
from linkwork.stays import clipped

ON_SITE, ELSEWHERE = "s", "."


class Telling:
    """What a rule found, told as findings."""

    def __init__(self, at: Bench, applied: InForce) -> None:
        self._at, rule = at, applied.rule
        # Kept apart from the rule: to ask a model for its field takes ten times as long.
        self._name, self._audience, self._statutory = rule.name, rule.audience, rule.statutory
        self._unit, self._age_bound, self._priority = rule.unit, rule.age_bound, rule.priority
        self._on_site = _on_site(at, (applied.rule, *applied.parts))

    def finding(self, judged: Judged, found: Evidence) -> Finding:
        """The finding that `found` proves."""
        at, index, pupil = self._at, judged.index, judged.pupil
        days, counted, ended, over = at.sheet.days, found.counted, found.ended, found.over
        first, last = days[counted[0] // 2], days[counted[-1] // 2]
        low, high = found.window or found.period
        line, inside = at.possible.of(index), clipped(judged.spans, found.period)
        open_ones = unknown_in(line, inside)
        blank = without_mark(at, index, inside) if open_ones else 0
        # In the order of a finding's fields, for naming so many takes longer than the rest.
        return Finding(
            pupil.pupil_id,
            self._name,
            self._audience,
            self._statutory,
            "provisional" if found.provisional else "confirmed",
            self._age(pupil),
            found.value,
            found.threshold,
            self._unit,
            counted_in(line, POSSIBLE, inside),
            first,
            last,
            None if ended is None else days[ended],
            found.at_least,
            found.at_most,
            at.told(index, counted),
            blank,
            self._seen(index, counted),
            (days[low], days[high - 1]),
            self._waiting(index, counted),
            first_for(pupil, self._priority) if self._priority else (),
            found.parts,
            found.before,
            None,
            None if over is None else days[over],
            open_ones - blank,
        )

    def _age(self, pupil: Pupil) -> AgeWord:
        """On the day judged; of a rule bound to the age, on the days it looked at."""
        if self._age_bound and pupil.date_of_birth is not None:
            return "compulsory"
        return self._at.age(pupil, self._at.sheet.as_of)

    def _seen(self, index: int, places: Sequence[int]) -> tuple[date, ...]:
        """The days of these sessions on which the pupil was on site: came, but late."""
        if self._on_site is None:
            return ()
        line = self._on_site.of(index)
        if line.find(ON_SITE, places[0], places[-1] + 1) < 0:
            return ()
        days = self._at.sheet.days
        return tuple({days[place // 2]: None for place in places if line[place] == ON_SITE})

    def _waiting(self, index: int, places: Sequence[int]) -> tuple[Waiting, ...]:
        """Those of these sessions whose code says that the reason is not known yet."""
        sheet = self._at.sheet
        if not sheet.waits(index) or places[-1] < 2 * sheet.recent:
            return ()
        line = sheet.waiting.of(index)
        late = places[bisect_left(places, 2 * sheet.recent) :]
        return tuple(
            Waiting(*sheet.session(place), sheet.due(place // 2))
            for place in late
            if line[place] == WAITS
        )


def _on_site(at: Bench, rules: Sequence[Rule]) -> Lines | None:
    """Where a code that one of the rules counts says the pupil was on site; None: nowhere.

    Read anew for each rule, since of most codes a rule counts none is, and lines without any
    need not be read.
    """

    def read(known: CodeClass | None) -> str:
        counts = known is not None and known.on_site and any(r.counted(known) for r in rules)
        return ON_SITE if counts else ELSEWHERE

    lines = at.sheet.read(read)
    return lines if lines.has(ON_SITE) else None


def first_for(pupil: Pupil, priority: Sequence[str]) -> tuple[str, ...]:
    """Of a rule's reasons to see a child first, those that hold for this one."""
    return tuple(reason for reason in priority if comes_first(pupil, reason))


def comes_first(pupil: Pupil, reason: str) -> bool:
    """Whether a child is of those an authority wants to see first; what is not known is not."""
    return {
        "social-worker": pupil.social_worker is True,
        # E: education, health and care plan. Source: school census, SEN provision.
        "ehcp": pupil.sen == "E",
        "looked-after": pupil.looked_after is True,
        "youth-justice-worker": pupil.youth_justice_worker is True,
    }[reason]
