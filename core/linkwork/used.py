"""Windows that were told keep their sessions: none of these is counted for another window."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from linkwork import triggers
from linkwork.declared import with_declared
from linkwork.episodes import Episode
from linkwork.facts import Declarations, Facts
from linkwork.findings import Counted, Finding
from linkwork.policy import Policy, PolicySeries, WindowRule, as_series
from linkwork.register import Register, Session
from linkwork.sheet import lay_out

#: Counted sessions of a pupil, each window's as one set.
Windows = list[frozenset[Session]]


def evaluate(
    register: Register,
    policy: Policy | PolicySeries,
    as_of: date,
    *,
    known: Sequence[Episode],
    key_of: Callable[[str], str],
    facts: Facts | None = None,
    declared: Declarations | None = None,
) -> list[Finding]:
    """What `triggers.evaluate` finds, with the windows of standing episodes kept as they were.

    `facts` and `declared` are what the school has stated beside its marks, by pupil id.

    Windows are found by scanning forward, so a corrected early mark would move every later one
    by a session. A window that was told stands for as long as each of its sessions still
    counts; those of a window that lost one are free again. What is free is scanned as the law
    says. `key_of` gives the pupil key of a pupil id.
    """
    found = triggers.evaluate(register, policy, as_of, facts=facts)
    series = as_series(policy)
    # One name may have had several figures, each in force for its own dates.
    figures: dict[str, list[WindowRule]] = {}
    for each in series.rules(as_of):
        if isinstance(each.rule, WindowRule):
            figures.setdefault(each.rule.name, []).append(each.rule)
    for name, rules in figures.items():
        one = _One(register, series.only(name), as_of, name, tuple(rules))
        found = _with_told(found, one, known, key_of)
    if declared:
        found = with_declared(lay_out(register, policy, as_of), found, declared)
    return found


def _with_told(
    found: list[Finding],
    one: _One,
    known: Sequence[Episode],
    key_of: Callable[[str], str],
) -> list[Finding]:
    told = _told(one, known, key_of)
    scanned: dict[str, Windows] = {}
    for each in found:
        if each.trigger == one.name:
            scanned.setdefault(each.pupil_id, []).append(_sessions(each.why))
    # The common case: whatever was told is what the scan finds.
    moved = {
        pupil: windows
        for pupil, windows in told.items()
        if not set(windows) <= set(scanned.get(pupil, ()))
    }
    if not moved:
        return found
    kept = [each for each in found if each.trigger != one.name or each.pupil_id not in moved]
    again = kept + one.by_turns(moved)
    return sorted(again, key=lambda each: (each.pupil_id, each.trigger, each.first, each.why))


def _told(one: _One, known: Sequence[Episode], key_of: Callable[[str], str]) -> dict[str, Windows]:
    """The told windows whose sessions all count still, by pupil id, the earliest first."""
    ids = {key_of(pupil.pupil_id): pupil.pupil_id for pupil in one.register.pupils}
    standing = [
        (ids[each.pupil_key], _sessions(each.finding.why))
        for each in known
        if each.trigger == one.name and each.state != "withdrawn" and each.pupil_key in ids
    ]
    told: dict[str, Windows] = {}
    for pupil, sessions in standing:
        full = any(len(sessions) == rule.threshold for rule in one.rules)
        if full and all(
            one.counts(session.date, one.register.mark(pupil, session)) for session in sessions
        ):
            told.setdefault(pupil, []).append(sessions)
    return {pupil: sorted(windows, key=min) for pupil, windows in told.items()}


def _sessions(why: Iterable[Counted]) -> frozenset[Session]:
    return frozenset(Session(counted.date, counted.half) for counted in why)


class _One:
    """One rule over one register, with some counted marks of some pupils taken out of sight.

    `rules` are its figures, `policy` has no other rule.
    """

    def __init__(
        self,
        register: Register,
        policy: PolicySeries,
        as_of: date,
        name: str,
        rules: Sequence[WindowRule],
    ) -> None:
        self.register, self.policy, self.as_of = register, policy, as_of
        self.name, self.rules = name, rules

    def counts(self, day: date, code: str | None) -> bool:
        """Whether the rule counts a mark of this day."""
        known = self.policy.codes_on(day).classify(code or "")
        return known is not None and any(rule.counted(known) for rule in self.rules)

    def by_turns(self, told: Mapping[str, Windows]) -> list[Finding]:
        """Each told window judged alone, and then what no told window uses."""
        found: list[Finding] = []
        for turn in range(max(map(len, told.values()))):
            alone = {pupil: all_of[turn] for pupil, all_of in told.items() if turn < len(all_of)}
            found += self._judge(alone, shown=True)
        used = {pupil: frozenset[Session]().union(*all_of) for pupil, all_of in told.items()}
        return found + self._judge(used, shown=False)

    def _judge(
        self,
        of: Mapping[str, frozenset[Session]],
        *,
        shown: bool,
    ) -> list[Finding]:
        """The rule's findings of the pupils in `of`, counting just these sessions or all others."""
        register = self._hiding(of, shown)
        found = triggers.evaluate(register, self.policy, self.as_of)
        return [each for each in found if each.pupil_id in of]

    def _hiding(
        self,
        of: Mapping[str, frozenset[Session]],
        shown: bool,
    ) -> Register:
        codes = {code: i for i, code in enumerate(self.register.codes)}
        places = [(all_of, self.register.pupil_index(pupil)) for pupil, all_of in of.items()]
        rows = []
        for session, row in zip(self.register.sessions, self.register.rows, strict=True):
            hide = [
                i
                for those, i in places
                if (session in those) is not shown
                and self.counts(session.date, self.register.codes[row[i]])
            ]
            if hide:
                # A mark of presence, not none: the day stays a school day, the week a school week.
                row = bytearray(row)
                attended = codes.setdefault(self._attended(session.date), len(codes))
                for i in hide:
                    row[i] = attended
            rows.append(row)
        return replace(self.register, codes=tuple(codes), rows=rows)

    def _attended(self, day: date) -> str:
        codes = self.policy.codes_on(day).codes
        return next(
            code for code, known in codes.items() if known.present and not self.counts(day, code)
        )
