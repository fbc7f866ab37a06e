"""The stages of the link meeting: planned, its agenda written, an action agreed and done."""

from __future__ import annotations

import io
import zipfile
from datetime import date, timedelta
from typing import Any

from demo.programs import wait_until
from demo.walking import Walk, hold
from demo.world import OFFICER, SCHOOL, school_year_start
from linkwork.sample import school_calendar

OFFERED = 3
AGENDA = (
    "1. General Preventative",
    "2. Early Intervention",
    "3. New Referrals",
    "4. Reviewing Cases",
)
#: The half days the visited school asks for; the officer never works on Friday afternoons.
LIKED = ("tue-pm", "thu-pm", "fri-pm")


def meeting_planned(walk: Walk) -> str:
    """The first slot offered is taken: every one is a school day, liked by both."""
    officer = walk.person(OFFICER)
    school = officer.open("/schools").links_under("/schools/sch")
    here = next(link for link in school if walk.school.name in officer.open(link).text)
    school_id = here.split("/")[-1]
    officer.submit(officer.open(here), "/preferences", slot=list(LIKED))
    offer = officer.open(f"/meetings/plan/{school_id}")
    field, slots = next(iter(offer.form(f"/plan/{school_id}").choices.items()))
    hold(len(slots) == OFFERED, f"{len(slots)} slots offered, not {OFFERED}")
    for slot in slots:
        day, half = date.fromisoformat(slot[:10]), slot[11:]
        school_days = school_calendar(school_year_start(day)).days
        hold(day in school_days, f"{slot} is no school day")
        hold(f"{day:%a}-{half}".lower() in LIKED[:2], f"{slot} suits the school or officer badly")
    page = officer.submit(offer, f"/plan/{school_id}", **{field: slots[0]})
    walk.meeting = page.url.split("/")[-1]
    again = officer.open(f"/meetings/plan/{school_id}")
    left = next(iter(again.form(f"/plan/{school_id}").choices.values()))
    hold(slots[0] not in left, "the taken slot is offered again")
    return f"{len(slots)} slots offered, each a school day that suits both; {slots[0]} taken"


def agenda(walk: Walk) -> str:
    """Four parts in their order, filled: the whole school's figures, and the case of this walk."""
    page = walk.person(OFFICER).open(f"/meetings/{walk.meeting}")
    parts = page.html.split('id="part-')[1:]
    titles = [part.split(">", 1)[1].split("<", 1)[0].strip() for part in parts]
    hold(titles == list(AGENDA), f"the agenda's parts are {titles}")
    hold(f"{walk.school.pupils:,}" in parts[0] or str(walk.school.pupils) in parts[0], "no totals")
    hold(walk.case in parts[3], "the open case is not under the cases to review")
    return f"{len(parts)} parts, the school's totals and the open case in their places"


def invitation(walk: Walk) -> str:
    """The invitation opens as a calendar and names no pupil."""
    text = walk.person(OFFICER).download(f"/meetings/{walk.meeting}.ics").decode()
    hold("BEGIN:VEVENT" in text and "Europe/London" in text, "not an invitation")
    for made in walk.made.values():
        for pupil in made.register.pupils:
            hold(str(pupil.surname) not in text, "the invitation holds a surname")
            hold(pupil.upn is None or pupil.upn not in text, "the invitation holds a UPN")
    return f"{len(text.splitlines())} lines, none with a pupil's name or number"


def names_released(walk: Walk) -> str:
    """The head's release of lists holds for this meeting: its pack has the names, a file none."""
    officer, agent = walk.person(OFFICER), walk.stage.agent(walk.school)
    address = f"/meetings/{walk.meeting}/pack"
    hold("released no list" in officer.open(address).text, "a list stands there unreleased")

    def known() -> bool:
        return any(one["id"] == walk.meeting for one in agent.json("meetings"))

    wait_until("the meeting at the school", known)
    agent.run("once")

    def listed() -> bool:
        return "released this list, as every list" in officer.open(address).text

    took = wait_until("the list in the pack", listed)
    told = next(one for one in agent.json("sent") if one["kind"] == "meeting-list")
    page, names = officer.open(address).text, told["named"]
    hold(bool(names) or "Nobody stands on the list" in page, "an empty list is not said to be")
    # The page folds a long list, and what is folded is on the page all the same.
    hold(all(name in page for name in names), "a name that was released is not in the pack")
    text = officer.download(f"{address}.docx")
    with zipfile.ZipFile(io.BytesIO(text)) as file:
        words = file.read("word/document.xml").decode()
    hold(not any(name in words for name in names), "the Word file of the pack holds a name")
    return f"{len(names)} names after {took:.1f} s, none of them in the Word file"


def action_agreed(walk: Walk) -> str:
    """Recorded in the meeting: what, who, when; the school's agent lists it."""
    officer = walk.person(OFFICER)
    page = officer.open(f"/meetings/{walk.meeting}")
    due = (walk.stage.world.today + timedelta(days=14)).isoformat()
    what = "Head of year meets the parents and agrees a way back"
    who = page.form("/actions").choices["who"]
    party = next(one for one in who if one)
    officer.submit(page, "/actions", what=what, who=party, due=due)
    took = wait_until("the action at the school", lambda: bool(actions_at_school(walk)))
    walk.action = actions_at_school(walk)[0]["id"]
    return f"listed by the school's agent after {took:.1f} s"


def actions_at_school(walk: Walk) -> list[dict[str, Any]]:
    """What the visited school's agent lists as agreed."""
    rows: list[dict[str, Any]] = walk.stage.agent(walk.school).json("actions")
    return rows


def action_done(walk: Walk) -> str:
    """Done at the school, seen done by the officer."""
    agent = walk.stage.agent(walk.school)
    agent.run("actions", "done", walk.action, "--note", "Met on Tuesday.", "--by", SCHOOL.name)

    def seen() -> bool:
        rows = walk.stage.hub.json("actions")
        return any(row["id"] == walk.action and row["state"] == "done" for row in rows)

    took = wait_until("the action seen done", seen)
    hold("Done" in walk.person(OFFICER).open("/actions").text, "the page does not say done")
    return f"seen done after {took:.1f} s"
