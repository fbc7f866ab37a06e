"""The stages of the returns: exactly whom the law asks for, and nobody else by name."""

from __future__ import annotations

from typing import Any

from demo import setting_up
from demo.pages import WalkFailed
from demo.programs import wait_until
from demo.walking import Walk, hold
from demo.world import OFFICER, School

#: The rules whose findings stand on a return; the first is the one to follow when there is one.
RETURNED = ("continuous-unauthorised", "irregular")


def returnable(walk: Walk, school: School) -> set[str]:
    """The pupils a first return must name: days in a row that go on, or irregular up to now."""
    found = walk.findings(school)
    today = max(one["window"]["last"] for one in found)
    return {
        one["pupil_id"]
        for one in found
        if (one["trigger"] == "continuous-unauthorised" and one["ended"] is None)
        or (one["trigger"] == "irregular" and one["last"] == today)
    }


def ill(walk: Walk, school: School) -> set[str]:
    """The pupils whom a sickness return must name."""
    return {one["pupil_id"] for one in walk.findings(school) if one["trigger"] == "sickness"}


def returns_are_right(walk: Walk) -> str:
    """Every school's return names exactly the pupils whom the law asks for now."""
    officer, named, nil = walk.person(OFFICER), 0, 0
    schools = len(walk.stage.world.schools)

    def listed() -> list[str]:
        return officer.open("/returns").links_under("/returns/ret")

    # A receipt says that the hub holds it for good; its worker takes it in a moment later.
    wait_until("a return of every school on the page", lambda: len(listed()) >= schools)
    pages = [officer.open(link) for link in listed()]
    hold(len(pages) == schools, f"{len(pages)} returns, not one a school")
    for school in walk.stage.world.schools:
        page = next((one for one in pages if school.name in one.text), None)
        if page is None:
            raise WalkFailed(f"no return of {school.name}")
        ought = returnable(walk, school)
        names = {pupil.pupil_id: name_of(pupil) for pupil in walk.made[school.urn].register.pupils}
        missing = [one for one in ought if names[one] not in page.text]
        hold(not missing, f"{school.name}: {missing} not on the return")
        rows = page.html.count('role="rowheader"')
        hold(rows == len(ought), f"{school.name}: {rows} pupils returned, not {len(ought)}")
        named, nil = named + len(ought), nil + (not ought)
    return f"{named} pupils named by {len(pages)} schools, {nil} of them nil returns"


def name_of(pupil: Any) -> str:
    """A pupil's name as a page shows it."""
    return f"{pupil.forename} {pupil.surname}"


SENT = ("sent", "--format", "json")


def nothing_else_left(walk: Walk) -> str:
    """`sent` tells every name that left: just those of the returns."""
    told = 0
    schools = walk.stage.world.schools
    said = setting_up.at_once(lambda school: walk.stage.agent(school).run(*SENT), schools)
    for school, words in zip(schools, said, strict=True):
        ought = returnable(walk, school) | ill(walk, school)
        pupils = walk.made[school.urn].register.pupils
        left = {pupil.pupil_id for pupil in pupils if name_of(pupil) in words}
        namesakes = {name_of(pupil) for pupil in pupils if pupil.pupil_id in ought}
        strangers = [p.pupil_id for p in pupils if p.pupil_id in left - ought]
        hold(
            all(name_of(p) in namesakes for p in pupils if p.pupil_id in strangers),
            f"{school.name}: {strangers} left by name without a basis",
        )
        hold(ought <= left, f"{school.name}: the log of what left misses {ought - left}")
        told += len(ought)
    pupils_in_all = sum(school.pupils for school in schools)
    return f"{told} names of {pupils_in_all:,} pupils, each told to its school in plain words"
