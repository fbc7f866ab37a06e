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
from linkwork.policy import Policy, WindowRule
from linkwork.register import Register, Session
from linkwork.sheet import lay_out

#: Counted sessions of a pupil, each window's as one set.
Windows = list[frozenset[Session]]


def evaluate(
    register: Register,
    policy: Policy,
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
    for rule in policy.enabled:
        if isinstance(rule, WindowRule):
            found = _with_told(found, rule, _One(register, policy, as_of), known, key_of)
    if declared:
        found = with_declared(lay_out(register, policy, as_of), found, declared)
    return found


def _with_told(
    found: list[Finding],
    rule: WindowRule,
    one: _One,
    known: Sequence[Episode],
    key_of: Callable[[str], str],
) -> list[Finding]:
    told = _told(rule, one.register, one.policy, known, key_of)
    scanned: dict[str, Windows] = {}
    for each in found:
        if each.trigger == rule.name:
            scanned.setdefault(each.pupil_id, []).append(_sessions(each.why))
    # The common case: whatever was told is what the scan finds.
    moved = {
        pupil: windows
        for pupil, windows in told.items()
        if not set(windows) <= set(scanned.get(pupil, ()))
    }
    if not moved:
        return found
    kept = [each for each in found if each.trigger != rule.name or each.pupil_id not in moved]
    again = kept + one.by_turns(rule, moved)
    return sorted(again, key=lambda each: (each.pupil_id, each.trigger, each.first, each.why))


def _told(
    rule: WindowRule,
    register: Register,
    policy: Policy,
    known: Sequence[Episode],
    key_of: Callable[[str], str],
) -> dict[str, Windows]:
    """The told windows whose sessions all count still, by pupil id, the earliest first."""
    ids = {key_of(pupil.pupil_id): pupil.pupil_id for pupil in register.pupils}
    standing = [
        (ids[each.pupil_key], _sessions(each.finding.why))
        for each in known
        if each.trigger == rule.name and each.state != "withdrawn" and each.pupil_key in ids
    ]
    told: dict[str, Windows] = {}
    for pupil, sessions in standing:
        if len(sessions) == rule.threshold and all(
            _counts(rule, policy, session.date, register.mark(pupil, session))
            for session in sessions
        ):
            told.setdefault(pupil, []).append(sessions)
    return {pupil: sorted(windows, key=min) for pupil, windows in told.items()}


def _counts(rule: WindowRule, policy: Policy, day: date, code: str | None) -> bool:
    known = policy.codes_on(day).classify(code or "")
    return known is not None and rule.counted(known)


def _sessions(why: Iterable[Counted]) -> frozenset[Session]:
    return frozenset(Session(counted.date, counted.half) for counted in why)


class _One:
    """One rule over one register, with some counted marks of some pupils taken out of sight."""

    def __init__(self, register: Register, policy: Policy, as_of: date) -> None:
        self.register, self.policy, self.as_of = register, policy, as_of

    def by_turns(self, rule: WindowRule, told: Mapping[str, Windows]) -> list[Finding]:
        """Each told window judged alone, and then what no told window uses."""
        found: list[Finding] = []
        for turn in range(max(map(len, told.values()))):
            alone = {pupil: all_of[turn] for pupil, all_of in told.items() if turn < len(all_of)}
            found += self._judge(rule, alone, shown=True)
        used = {pupil: frozenset[Session]().union(*all_of) for pupil, all_of in told.items()}
        return found + self._judge(rule, used, shown=False)

    def _judge(
        self,
        rule: WindowRule,
        of: Mapping[str, frozenset[Session]],
        *,
        shown: bool,
    ) -> list[Finding]:
        """The rule's findings of the pupils in `of`, counting just these sessions or all others."""
        register = self._hiding(rule, of, shown)
        only = self.policy.model_copy(update={"triggers": (rule,)})
        found = triggers.evaluate(register, only, self.as_of)
        return [each for each in found if each.pupil_id in of]

    def _hiding(
        self,
        rule: WindowRule,
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
                and _counts(rule, self.policy, session.date, self.register.codes[row[i]])
            ]
            if hide:
                # A mark of presence, not none: the day stays a school day, the week a school week.
                row = bytearray(row)
                attended = codes.setdefault(self._attended(rule, session.date), len(codes))
                for i in hide:
                    row[i] = attended
            rows.append(row)
        return replace(self.register, codes=tuple(codes), rows=rows)

    def _attended(self, rule: WindowRule, day: date) -> str:
        codes = self.policy.codes_on(day).codes
        return next(
            code for code, known in codes.items() if known.present and not rule.counted(known)
        )
