"""The least the hub needs: totals, completeness, and notices without a name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date

from linkwork.completeness import wholeness
from linkwork.episodes import Correction as Corrected
from linkwork.episodes import EpisodeEvent
from linkwork.findings import Counted
from linkwork.policy import Policy, PolicySeries, RateRule, as_series
from linkwork.register import HALVES, Pupil, Register
from linkwork.school_year import school_year
from linkwork.sheet import lay_out
from linkwork.tally import Tally, tallies, unknown_codes
from linkwork.vocabulary import CODES_THAT_LEAVE, key_stage, listed, unknown_code
from linkwork.wire import Completeness, Correction, Declared, Mark, Notice, Totals, Unsettled

#: Groups of fewer pupils than this are never shown by ethnicity.
SMALL = 10

_GROUPS: Mapping[str, Callable[[Pupil], str | bool | None]] = {
    "year_group": lambda pupil: pupil.year_group,
    "sex": lambda pupil: pupil.sex,
    "sen": lambda pupil: pupil.sen,
    "fsm": lambda pupil: pupil.fsm,
}

_Counts = dict[str, int]
_Members = list[tuple[Pupil, Tally]]


def totals(register: Register, policy: Policy | PolicySeries, as_of: date) -> Totals:
    """Sums over the school year so far, whole school and by group. Units are sessions, pupils.

    A group has a name of `vocabulary.GROUPS`, "other" for text that is none: no text of the
    register leaves. By year group, sex, SEN and free school meals the sums are true. By ethnicity
    a group of fewer than ten pupils is left out, and with it as many others as keep the rest from
    being worked out from the whole.
    """
    everyone, policy = _everyone(register, policy, as_of), as_series(policy).in_force(as_of)
    return Totals(**_sums(everyone, policy), groups=_groups(everyone, policy))


def groups(
    register: Register, policy: Policy | PolicySeries, as_of: date
) -> dict[str, dict[str, dict[str, int]]]:
    """The sums of `totals` by group, for the school's own eyes: with key stages as well.

    England's key stages come from the year groups. Small ethnic groups are left out as there.
    """
    everyone, policy = _everyone(register, policy, as_of), as_series(policy).in_force(as_of)
    found = _groups(everyone, policy)
    if "year_group" in found:
        members: dict[str, _Members] = {}
        for pupil, tally in everyone:
            stage = key_stage(listed("year_group", pupil.year_group))
            members.setdefault(stage, []).append((pupil, tally))
        found["key_stage"] = {name: _sums(members[name], policy) for name in sorted(members)}
    return found


def completeness(register: Register, policy: Policy | PolicySeries, as_of: date) -> Completeness:
    """How whole the register of the school year so far is, up to `as_of`."""
    sheet = lay_out(register, policy, as_of)
    first = school_year(as_of)[0]
    whole = wholeness(sheet, first)
    days = [session.date for session in register.sessions if session.date <= as_of]
    held = [day for day, row in zip(days, register.rows, strict=False) if any(row)]
    strange: Counter[str] = Counter()
    for code, times in unknown_codes(sheet).items():
        strange[unknown_code(code)] += times
    return Completeness(
        last_marked_day=held[-1] if held else None,
        last_full_day=whole.last_full_day,
        sessions_expected=whole.sessions_expected,
        sessions_marked=whole.sessions_marked,
        missing_days=tuple(day for day in sheet.school.gaps if day >= first),
        unknown_codes=dict(sorted(strange.items())),
        registers_expected=whole.registers_expected,
        registers_missing=len(whole.registers_missing),
        forms_never_marked=len(whole.silent_forms),
        leaver_questions=len(whole.leaver_questions),
        thin_sessions=len(whole.thin_sessions),
        roll_changes=len(whole.roll_changes),
        kept_back=dict(sorted(Counter(each.reason for each in register.kept_back).items())),
    )


def notice(
    event: EpisodeEvent,
    pseudonym: str,
    policy: Policy | PolicySeries,
    *,
    year_group: str | None = None,
    unsettled: tuple[Unsettled, ...] = (),
    sealed_identity: str | None = None,
) -> Notice:
    """What leaves the school of one event of an episode. `sealed_identity` only with a basis."""
    found = event.episode.finding
    return Notice(
        episode=event.episode.id,
        event=event.kind,
        pseudonym=pseudonym,
        trigger=found.trigger,
        statutory=found.statutory,
        status=found.status,
        age=found.age,
        value=found.value,
        threshold=found.threshold,
        unit=found.unit,
        possible=found.possible,
        first=found.first,
        last=found.last,
        ended=found.end,
        at_least=found.at_least,
        at_most=found.at_most,
        year_group=None if year_group is None else listed("year_group", year_group),
        why=tuple(mark(counted, policy) for counted in found.why),
        corrected=tuple(_correction(each, policy) for each in event.corrected),
        declared=None if found.declared is None else Declared(on=found.declared),
        unsettled=unsettled,
        sealed_identity=sealed_identity,
    )


def _correction(each: Corrected, policy: Policy | PolicySeries) -> Correction:
    now = Counted(each.was.date, each.was.half, each.now)
    return Correction(was=mark(each.was, policy), now=mark(now, policy))


def mark(counted: Counted, policy: Policy | PolicySeries) -> Mark:
    """One counted session as it may leave: its code, or only what the code counts as."""
    known = policy.codes_on(counted.date).classify(counted.code)
    return Mark(
        date=counted.date,
        half="AM" if counted.half == HALVES[0] else "PM",
        code=counted.code if counted.code in CODES_THAT_LEAVE else None,
        counts_as=known.category.value if known else "unknown",
    )


def _everyone(register: Register, policy: Policy | PolicySeries, as_of: date) -> _Members:
    """Every pupil with the sessions of this school year so far."""
    counted = tallies(lay_out(register, policy, as_of), school_year(as_of)[0])
    return list(zip(register.pupils, counted, strict=True))


def _groups(everyone: _Members, policy: Policy) -> dict[str, dict[str, _Counts]]:
    """The sums by every group that the register knows of somebody."""
    found = {
        name: _by(everyone, name, key, policy)
        for name, key in _GROUPS.items()
        if any(key(pupil) is not None for pupil, _ in everyone)
    }
    if any(pupil.ethnicity for pupil, _ in everyone):
        by = _by(everyone, "ethnicity", lambda pupil: pupil.ethnicity, policy)
        if ethnicity := _without_small(by):
            found["ethnicity"] = ethnicity
    return found


def _by(
    everyone: _Members,
    group: str,
    key: Callable[[Pupil], str | bool | None],
    policy: Policy,
) -> dict[str, _Counts]:
    members: dict[str, _Members] = {}
    for pupil, tally in everyone:
        members.setdefault(listed(group, key(pupil)), []).append((pupil, tally))
    return {name: _sums(members[name], policy) for name in sorted(members)}


def _sums(members: _Members, policy: Policy) -> _Counts:
    whole = Tally.total([tally for _, tally in members])
    return {
        "pupils": sum(tally.expected > 0 for _, tally in members),
        "possible": whole.possible,
        "present": whole.present,
        "authorised": whole.authorised,
        "unauthorised": whole.unauthorised,
        "unmarked": whole.unmarked,
        "persistent": _meeting("persistent-absence", members, policy),
        "severe": _meeting("severe-absence", members, policy),
    }


def _meeting(name: str, members: _Members, policy: Policy) -> int:
    """How many pupils meet the policy's rate `name`; 0 when it has no such rule."""
    rule = next((rule for rule in policy.enabled if rule.name == name), None)
    if not isinstance(rule, RateRule):
        return 0
    return sum(rule.met(tally.absent, tally.possible) for _, tally in members)


def _without_small(groups: dict[str, _Counts]) -> dict[str, _Counts]:
    """The groups without the small ones, and without what would give these away."""
    by_size = sorted(groups, key=lambda name: groups[name]["pupils"])
    left_out = [name for name in by_size if groups[name]["pupils"] < SMALL]
    shown = by_size[len(left_out) :]
    # The whole less the groups shown is what is left out: that too must be no small group.
    while left_out and shown and sum(groups[name]["pupils"] for name in left_out) < SMALL:
        left_out.append(shown.pop(0))
    return {name: groups[name] for name in sorted(shown)}
