"""Sickness on its own route: what the marks say, what a school expects, and who never sees it."""

from __future__ import annotations

from demo.programs import wait_until
from demo.returning import ill, name_of
from demo.walking import Walk, hold
from demo.world import HEALTH, OFFICER, SCHOOL

WHY = "An operation next week, and a long recovery."


def sickness_returned(walk: Walk) -> str:
    """Each school's long illnesses stand under health needs, and in no list of an officer."""
    page = walk.person(HEALTH).open("/health-needs")
    rows = walk.stage.hub.json("candidates", "--route", "health-needs")
    for school in walk.stage.world.schools:
        told, ought = [row for row in rows if row["urn"] == school.urn], ill(walk, school)
        hold(len(told) == len(ought), f"{school.name}: {len(told)} told, {len(ought)} ill for long")
    listed = walk.stage.hub.json("candidates", "--all")
    hold("sickness" not in {row["trigger"] for row in listed}, "sickness among the candidates")
    if rows:
        hold(bool(page.links_under("/health-needs/")), "the list of health needs is empty")
    return f"{len(rows)} sickness returns, none among {len(listed)} candidates"


def sickness_expected(walk: Walk) -> str:
    """A school declares what no mark says yet; it is there, by name, with the school's reason."""
    found = {one["pupil_id"] for one in walk.findings(walk.school)}
    well = next(
        pupil
        for pupil in walk.made[walk.school.urn].register.pupils
        if pupil.pupil_id not in found and pupil.year_group in {"3", "4", "5", "8", "9"}
    )
    agent = walk.stage.agent(walk.school)
    who = ("--reason", WHY, "--by", SCHOOL.name)
    agent.run("declare", "sickness", well.pupil_id, *who)
    agent.run("once", "--job", "collect")
    person, expected = walk.person(HEALTH), "Fifteen days are to be expected"
    ours: list[str] = []

    def shown() -> bool:
        rows = walk.stage.hub.json("candidates", "--route", "health-needs")
        ours[:] = [row["id"] for row in rows if row["reason"].startswith(expected)]
        return bool(ours)

    took = wait_until("the declared sickness at the hub", shown)
    page = person.open(f"/health-needs/{ours[0]}")
    hold(name_of(well) in page.text, "the declared sickness has no name")
    hold(WHY in page.text, "the school's reason is not on the page")
    done = person.submit(page, "/step", choice="acknowledge")
    hold("Acknowledged" in done.text, "it cannot be acknowledged")
    walk.person(OFFICER).open("/health-needs", expect=404)
    return f"there after {took:.1f} s, acknowledged; an officer has no such page"
