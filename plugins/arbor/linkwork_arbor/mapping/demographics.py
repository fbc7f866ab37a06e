"""Special needs, free meals and the like: only what the school's policy needs, by pupil."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from linkwork.register import Enrolment
from linkwork_arbor.mapping.values import Item, Lists, day, label, reference

#: By name of the demographic: what is known, by student, person or ethnicity.
Groups = Mapping[str, Mapping[str, str | bool]]
NAMES = ("sen", "fsm", "pupil_premium", "looked_after", "ethnicity")
_FREE_MEALS = frozenset({"FSM", "FREE_SCHOOL_MEALS", "Free School Meals"})
_BY_LIST = {
    "pupil_premium": "UkDfe_PupilPremiumRecipient",
    "looked_after": "UkDfe_InCareStatusAssignment",
}


def known(lists: Lists, as_of: date, wanted: Iterable[str]) -> Groups:
    """What is known of each wanted demographic on `as_of`; the others are empty.

    Who does not stand in a list is known not to be of the group, unless nobody stands in it:
    Arbor shows an empty list to whoever may not read it.
    """
    students = [at for at in map(reference, lists.get("Student", ())) if at]
    found: dict[str, dict[str, str | bool]] = {name: {} for name in NAMES}
    for name in wanted:
        if name == "sen":
            found[name] = _sen(lists, as_of, students)
        elif name == "fsm":
            found[name] = _free_meals(lists, as_of)
        elif name == "ethnicity":
            found[name] = dict(_codes(lists.get("Ethnicity", ()), "dfesMainCode", "code"))
        elif items := lists.get(_BY_LIST[name]):
            found[name] = _all_but(students) | _open(items, "student", as_of)
    return found


def _all_but(those: Iterable[str]) -> dict[str, str | bool]:
    """Not of the group; who is, is put over it."""
    return dict.fromkeys(those, False)


def _sen(lists: Lists, as_of: date, students: Iterable[str]) -> dict[str, str | bool]:
    items = lists.get("SenStatusAssignment", ())
    codes = dict(_codes(lists.get("SenStatus", ()), "exportCode", "code"))
    nobody: dict[str, str | bool] = dict.fromkeys(students if items else (), "N")
    return nobody | {
        at: code
        for each in items
        if _covers(each, as_of)
        and (at := reference(each.get("student"))) is not None
        and (code := codes.get(reference(each.get("senStatus")) or "")) is not None
    }


def _free_meals(lists: Lists, as_of: date) -> dict[str, str | bool]:
    """By person: that is whom Arbor records an eligibility of."""
    free = {
        reference(each)
        for each in lists.get("Eligibility", ())
        if {label(each, "code"), label(each, "eligibilityName")} & _FREE_MEALS
    }
    items = lists.get("EligibilityRecord", ())
    if not free or not items:
        return {}
    persons = [at for s in lists.get("Student", ()) if (at := reference(s.get("person")))]
    records = [each for each in items if reference(each.get("eligibility")) in free]
    return _all_but(persons) | _open(records, "person", as_of)


def _covers(item: Item, as_of: date) -> bool:
    return Enrolment(day(item.get("startDate")), day(item.get("endDate"))).covers(as_of)


def _open(items: Iterable[Item], link: str, as_of: date) -> dict[str, str | bool]:
    return {
        at: True
        for each in items
        if _covers(each, as_of) and (at := reference(each.get(link))) is not None
    }


def _codes(items: Iterable[Item], *names: str) -> Iterable[tuple[str, str]]:
    for each in items:
        at, code = reference(each), label(each, *names)
        if at and code:
            yield at, code
