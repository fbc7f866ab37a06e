"""A register as a source gave it, made ready to be judged: the one place where that happens.

The school's own codes are read as the nation's, pupils whose record is wrong are kept back, and
the sessions of a year group that was sent home are closed for its pupils alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from linkwork import local_codes, terms, upn
from linkwork.codes import CLOSED, CodeSet
from linkwork.errors import BadInput
from linkwork.local_codes import LocalCodes
from linkwork.register import HALVES, NO_MARK, KeptBack, Pupil, Register, Session
from linkwork.school_days import declared_days, last_held_day
from linkwork.vocabulary import KEPT_BACK, year_group

#: Nobody stays at a school beyond this age, an education, health and care plan or not: an older
#: pupil's date of birth is a slip, which would take the child out of compulsory school age unseen.
OLDEST = 25
#: The one reason of `vocabulary.KEPT_BACK` that several pupils have together.
SAME_UPN = "same-upn"


def ready(
    register: Register, sets: Sequence[CodeSet], own: LocalCodes = local_codes.NONE
) -> Register:
    """The register as it is judged. What was changed stands in its warnings and `kept_back`.

    `sets` are the policy's code sets, `own` what the school's own codes mean. Raises WrongUse for
    a meaning that makes no sense, and BadInput for a calendar of other days than the register's
    and when no pupil is left to judge.
    """
    return judgeable(in_national_codes(register, sets, own))


def judgeable(whole: Register) -> Register:
    """What is left of `in_national_codes` to judge: nobody kept back, and groups that were shut.

    Raises BadInput when no pupil is left.
    """
    return with_groups_closed(without(whole, kept_back(whole)))


def in_national_codes(
    register: Register, sets: Sequence[CodeSet], own: LocalCodes = local_codes.NONE
) -> Register:
    """The register before anything is taken out of it: whole, in the nation's codes.

    Raises WrongUse and BadInput as `ready` does, which goes on from here.
    """
    local_codes.refuse_senseless(own, sets)
    _refuse_another_calendar(register)
    return local_codes.nationally(register, own, sets)


def kept_back(register: Register) -> tuple[KeptBack, ...]:
    """The pupils whose record cannot be right, each with the first reason of `vocabulary`."""
    last = last_held_day(register)
    reasons: dict[str, str] = {}
    for pupil in register.pupils:
        if any(e.start and e.end and e.end < e.start for e in pupil.enrolments):
            reasons[pupil.pupil_id] = "left-before-entry"
        if pupil.date_of_birth and last and pupil.date_of_birth > last:
            reasons[pupil.pupil_id] = "born-later"
        elif pupil.date_of_birth and last and last.year - pupil.date_of_birth.year > OLDEST + 1:
            reasons[pupil.pupil_id] = "too-old"
    for ids in same_upn(register.pupils):
        reasons |= dict.fromkeys(ids, SAME_UPN)
    return tuple(
        KeptBack(pupil.pupil_id, reasons[pupil.pupil_id])
        for pupil in register.pupils
        if pupil.pupil_id in reasons
    )


def same_upn(pupils: Iterable[Pupil]) -> list[tuple[str, ...]]:
    """The ids of pupils who share a well-formed UPN: which of them it belongs to, nobody can say.

    A number that is none, such as a placeholder, says nothing about anybody.
    """
    holders: defaultdict[str, list[str]] = defaultdict(list)
    for pupil in pupils:
        number = (pupil.upn or "").strip().upper()
        if number and not upn.problem(number):
            holders[number].append(pupil.pupil_id)
    return [tuple(ids) for ids in holders.values() if len(ids) > 1]


def without(register: Register, kept: Sequence[KeptBack]) -> Register:
    """The register without these pupils, who stand in its `kept_back` and its warnings."""
    if not kept:
        return register
    gone = {each.pupil_id for each in kept}
    stay = [place for place, p in enumerate(register.pupils) if p.pupil_id not in gone]
    if not stay:
        raise BadInput(
            f"no pupil can be judged: {'; '.join(not_judged(register, kept))}",
            remedy="Correct the records in the school system and export again",
            file=register.source or None,
        )
    return replace(
        register.only(stay),
        kept_back=(*register.kept_back, *kept),
        warnings=(*register.warnings, *not_judged(register, kept)),
    )


def not_judged(register: Register, kept: Sequence[KeptBack]) -> Iterator[str]:
    """One sentence a reason, and one a number that is shared; with ids and without names.

    `register` still holds the pupils.
    """
    for ids, words in _reasons(register, kept):
        who = f"pupil {ids[0]} is" if len(ids) == 1 else f"pupils {_and(ids)} are"
        yield f"{who} not judged: {words}. Correct the record in the school system"


def kept_back_with(register: Register, pupil_id: str) -> Iterator[str]:
    """Why a pupil of the whole register is not judged, and together with whom; else nothing."""
    kept = kept_back(register)
    shares = KeptBack(pupil_id, SAME_UPN) in kept
    for ids, words in _reasons(register, kept):
        if pupil_id in ids:
            others = [each for each in ids if each != pupil_id] if shares else []
            beside = f" (with {_and(others)})" if others else ""
            yield f"pupil {pupil_id} is kept back, and no rule judges it: {words}{beside}"


def _reasons(register: Register, kept: Sequence[KeptBack]) -> Iterator[tuple[Sequence[str], str]]:
    """Those kept back for one reason, and each group that shares a number by itself."""
    shared = same_upn(register.pupils)
    for reason, words in KEPT_BACK.items():
        ids = [each.pupil_id for each in kept if each.reason == reason]
        # Who shares a number with whom is what has to be put right.
        groups = [each for each in shared if set(each) <= set(ids)] if reason == SAME_UPN else []
        for group in groups:
            yield group, words.replace("two", str(len(group))) if len(group) > 2 else words
        alone = [each for each in ids if not any(each in group for group in groups)]
        if alone:
            yield alone, words


def _and(ids: Sequence[str]) -> str:
    return f"{', '.join(ids[:-1])} and {ids[-1]}" if len(ids) > 1 else ids[0]


def _refuse_another_calendar(register: Register) -> None:
    """A calendar of another year would make every mark count for nothing."""
    declared = declared_days(register)
    marked = {s.date for s, row in zip(register.sessions, register.rows, strict=True) if any(row)}
    if declared is None or not marked or marked & declared:
        return
    holds = f"it holds {_span(declared)}" if declared else "it holds no school day"
    raise BadInput(
        f"the calendar has none of the days on which the register has marks, {_span(marked)}; "
        f"{holds}",
        remedy="Give the calendar of the same school year, or none",
        file=register.calendar_from or register.source or None,
    )


def _span(days: Iterable[date]) -> str:
    return f"{min(days).isoformat()} to {max(days).isoformat()}"


def with_groups_closed(register: Register) -> Register:
    """Sessions of a year group that was shut are closures for its pupils, whatever was marked."""
    shut = _shut(register)
    if not shut or not register.sessions:
        return register
    codes = register.codes if CLOSED in register.codes else (*register.codes, CLOSED)
    closed = codes.index(CLOSED)
    rows = dict(zip(register.sessions, register.rows, strict=True))
    overruled: defaultdict[str, int] = defaultdict(int)
    first, last = (register.sessions[place].date for place in (0, -1))
    # Days too that the source holds no session of: unmarked there, the group was shut all the same.
    for day in sorted(day for day in shut if first <= day <= last):
        for group, places in shut.get(day, {}).items():
            for half in HALVES:
                row = bytearray(rows.get(Session(day, half), bytes(len(register.pupils))))
                for place in places:
                    overruled[group] += row[place] not in (NO_MARK, closed)
                    row[place] = closed
                rows[Session(day, half)] = row
    said = tuple(
        f"{count:,} marks of year {group} on days it was shut by the calendar count for nothing"
        for group, count in sorted(overruled.items())
        if count
    )
    return replace(register.with_rows(rows, codes), warnings=(*register.warnings, *said))


def _shut(register: Register) -> Mapping[date, Mapping[str, list[int]]]:
    """By day, the year groups that are shut and where their pupils stand in the register."""
    members: defaultdict[str, list[int]] = defaultdict(list)
    for place, pupil in enumerate(register.pupils):
        group = year_group(pupil.year_group or "")
        if group:
            members[group].append(place)
    found: defaultdict[date, dict[str, list[int]]] = defaultdict(dict)
    for group in {entry.year_group for entry in register.terms if entry.year_group}:
        for day in terms.closed_days(register.terms, group):
            found[day][group] = members[group]
    return found
