"""Reasons and dates in the words an officer would use. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from linkwork import pseudonyms, wording
from linkwork.wire import Declared, Mark, Notice
from linkwork_hub.referrals.models import Episode, EpisodeState, SicknessReturn

#: What a sentence about a spell is made from: the spell as kept, or the notice that told of it.
Told = Episode | Notice

#: How a referral came, by what it asks for.
CAME = {
    "referral": "Referred by the school",
    "penalty-notice-request": "Penalty notice asked for by the school",
}
#: What each trigger is called on a page.
TRIGGERS = {
    "continuous-unauthorised": "Continuous absence without leave",
    "irregular": "Does not attend regularly",
    "penalty-window": "Unauthorised absence within 10 school weeks",
    "severe-absence": "Severe absence",
    "persistent-absence": "Persistent absence",
    "sickness": "15 days of sickness",
    "not-seen": "Not seen for 10 school days",
    "referral": "Referred by the school",
    "deletion-watch": "At the limit for removal from the register",
}

#: What the four codes that leave the school mean, and the classes of all others.
CODES = {
    "G": "holiday not agreed by the school",
    "N": "reason not yet known",
    "O": "absent without leave, no good reason",
    "U": "arrived after the register closed",
}
#: The signs of the wire's classes on the strip, where the code itself stays at the school.
CLASS_SIGN = {"authorised": "a", "unauthorised": "x"}
NOT_COUNTED = "Not counted"
CLASS_WORDS = {
    "authorised": "Authorised absence",
    "unauthorised": "Unauthorised absence",
    "present": "Attended",
    "activity": "Educated elsewhere",
    "not-possible": "No session for this pupil",
    "administrative": "No session for this pupil",
}


def counted(marks: Sequence[Mark]) -> str:
    """The sessions a request counts, with their codes: 10 sessions coded G, from ... to ..."""
    codes = ", ".join(dict.fromkeys(mark.code or mark.counts_as for mark in marks))
    of = wording.number(len(marks), "session")
    return f"{of} coded {codes}, {span(marks[0].date, marks[-1].date)}"


def day(value: date) -> str:
    """A date as it is read aloud: 3 November 2026."""
    return f"{value.day} {value:%B} {value.year}"


def span(first: date, last: date) -> str:
    """Two dates without saying anything twice: 2 to 13 November 2026."""
    if first == last:
        return day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {day(last)}"
    if first.year == last.year:
        return f"{first.day} {first:%B} to {day(last)}"
    return f"{day(first)} to {day(last)}"


def count(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: 1 session, 2 sessions."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def sessions(number: int) -> str:
    """Sessions with the days they come to: 10 sessions (5 days)."""
    days = f"{number // 2}" if number % 2 == 0 else f"{number / 2:.1f}"
    return f"{count(number, 'session')} ({days} {'day' if number == 2 else 'days'})"


def percent(part: int, whole: int) -> str:
    """A share to one decimal, rounded down so that 49.96 % never reads as half."""
    if whole <= 0:
        return "no possible sessions"
    return wording.percent(part, whole)


def trigger_name(trigger: str) -> str:
    """What a trigger is called; one this hub does not know keeps its own word."""
    return TRIGGERS.get(trigger, trigger.replace("-", " ").capitalize())


def short_pupil(pseudonym: str) -> str:
    """A pseudonym short enough to read over the telephone: Pupil K3QX 7M2A."""
    return f"Pupil {pseudonyms.short(pseudonym)}".rstrip()


def _ending(spell: Told) -> str:
    if spell.ended is not None:
        return f"ended on {day(spell.ended)}"
    return "still absent"


def _declared(spell: Told) -> str:
    """What the school said that its marks do not show, or not yet."""
    if isinstance(spell.declared, Declared):
        on = spell.declared.on
    else:
        on = spell.declared or spell.first
    so_far = f", {sessions(spell.value)} so far" if spell.value else ""
    return f"{trigger_name(spell.trigger)}: declared by the school on {day(on)}{so_far}"


def reason(spell: Told) -> str:
    """Why this pupil is here, in one sentence with its dates."""
    dates = span(spell.first, spell.last)
    if spell.declared is not None and spell.value < spell.threshold:
        return _declared(spell)
    match spell.trigger:
        case "continuous-unauthorised":
            days = count(spell.value, "school day")
            text = f"{days} in a row without leave, {dates}, {_ending(spell)}"
        case "not-seen":
            text = f"Not seen for {count(spell.value, 'school day')} in a row, {dates}"
        case "penalty-window":
            text = (
                f"{sessions(spell.value)} of unauthorised absence within 10 school weeks, {dates}"
            )
        case "severe-absence" | "persistent-absence":
            share = percent(spell.value, spell.possible)
            text = (
                f"Absent for {spell.value} of {spell.possible} possible sessions "
                f"this school year ({share}), {dates}"
            )
        case _:
            amount = (
                sessions(spell.value)
                if spell.unit == "sessions"
                else count(spell.value, "school day")
            )
            text = f"{trigger_name(spell.trigger)}: {amount}, {dates}"
    return f"{text} (provisional)" if spell.status == "provisional" else text


def sick(one: SicknessReturn) -> str:
    """Why a sickness return was made, and how it stands."""
    if one.declared is not None and one.value < one.threshold:
        so_far = f"{sessions(one.value)} so far" if one.value else "no sickness in the register yet"
        text = f"Fifteen days are to be expected, said on {day(one.declared)}; {so_far}"
    else:
        text = f"{sessions(one.value)} of sickness, {span(one.first, one.last)}"
    over = {EpisodeState.ENDED: "; over", EpisodeState.WITHDRAWN: "; taken back by the school"}
    return text + over.get(one.standing, "")


def reasons(leading: Episode, largest: Episode) -> str:
    """Why a pupil is here: the spell that comes first, and the one whose sessions are listed."""
    first = reason(leading)
    if largest is leading:
        return first
    more = reason(largest)
    return f"{first}; also {more[:1].lower()}{more[1:]}"


def bounds(spell: Told) -> str:
    """What is not known: how small and how large the value could still turn out."""
    unit = "session" if spell.unit == "sessions" else "school day"
    if spell.at_least == spell.at_most:
        return f"Exactly {count(spell.value, unit)}: no register is missing."
    return (
        f"At least {spell.at_least}, at most {count(spell.at_most, unit)}, "
        f"once the missing marks and reasons are known."
    )


def provisional_note(spell: Told) -> str:
    """What "provisional" means for the reader, or nothing when the spell is confirmed."""
    if spell.status != "provisional":
        return ""
    return (
        "Provisional: the limit is met only with sessions of the last 5 school days whose reason "
        "is not yet known (code N). If the school enters a reason, this can fall away. "
        "No penalty notice, warning letter or court paper can rest on it yet."
    )


def age_note(age: str) -> str:
    """What the reader must know of the pupil's age, or nothing."""
    if age == "unknown":
        return (
            "The school gave no date of birth: judged as of compulsory school age. "
            "Ask the school to confirm it."
        )
    if age == "outside":
        return "Outside compulsory school age: no legal step can rest on this."
    return ""


def mark_words(mark: Mark) -> str:
    """One counted session in words: N, reason not yet known."""
    if mark.code is not None:
        return f"{mark.code}: {CODES.get(mark.code, 'unauthorised absence')}"
    return CLASS_WORDS.get(mark.counts_as, "Absence")
