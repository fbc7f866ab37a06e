"""The stages of the journey that should go well; each gives its figure."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from demo import setting_up
from demo.pages import Person, WalkFailed
from demo.programs import wait_until
from demo.world import OFFICER, SCHOOL, School
from demo.world import Person as Named
from linkwork.sample import SampleSchool


@dataclass
class Walk:
    """What the journey has found so far."""

    stage: setting_up.Stage
    made: dict[str, SampleSchool] = field(default_factory=dict)
    found: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    join_strings: dict[str, str] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    candidate: str = ""
    pupil_id: str = ""
    referral: str = ""
    case: str = ""
    meeting: str = ""
    action: str = ""

    @property
    def school(self) -> School:
        """The school the journey follows."""
        return self.stage.world.visited

    def person(self, who: Named) -> Person:
        """This person, signed in."""
        if who.email not in self.people:
            someone = Person(self.stage.base)
            someone.sign_in(who.email, self.stage.world.passwords()[who.email])
            self.people[who.email] = someone
        return self.people[who.email]

    def close(self) -> None:
        """Sign nobody out, but let go of every connection."""
        for someone in self.people.values():
            someone.close()

    def findings(self, school: School) -> list[dict[str, Any]]:
        """What `check` finds in the school's register file, which stays as it is: asked once."""
        if school.urn not in self.found:
            file = str(self.stage.world.data(school) / "register.csv")
            self.found[school.urn] = self.stage.agent(school).json("check", file)["findings"]
        return self.found[school.urn]


def hold(holds: bool, otherwise: str) -> None:
    """Raises WalkFailed with what is wrong unless it holds."""
    if not holds:
        raise WalkFailed(otherwise)


def registers_made(walk: Walk) -> str:
    """Three schools' registers and contacts in the canonical files."""
    marks = 0
    for school in walk.stage.world.schools:
        made = walk.stage.world.make_school(school)
        walk.made[school.urn] = made
        marks += sum(len(row) - row.count(0) for row in made.register.rows)
    return f"{len(walk.made)} schools, {marks:,} marks"


def check_needs_no_hub(walk: Walk) -> str:
    """`check` finds every planted case of every school and nothing planted as a near miss."""
    found_in_all = 0
    setting_up.at_once(walk.findings, walk.stage.world.schools)
    for school in walk.stage.world.schools:
        findings = {(one["pupil_id"], one["trigger"]) for one in walk.findings(school)}
        for planted in walk.made[school.urn].planted:
            here = (planted.pupil_id, planted.trigger) in findings
            hold(here == planted.found, f"{school.name}: {planted} was judged otherwise")
            found_in_all += here
    return f"{found_in_all} planted cases found, no near miss taken for one"


def hub_answers(walk: Walk) -> str:
    """Initialised, filled from import files, serving; the schools' systems start beside it."""
    walk.stage.start_school_systems()
    setting_up.set_up_hub(walk.stage)
    return f"after {walk.stage.start_hub():.1f} s of starting, at {walk.stage.base}"


def schools_join(walk: Walk) -> str:
    """Each school joins; both sides show the same six words; the hub team confirms."""

    def join(school: School) -> None:
        setting_up.configure_agent(walk.stage, school)
        walk.join_strings[school.urn] = setting_up.join_string(walk.stage, school)
        setting_up.join(walk.stage, school, walk.join_strings[school.urn])

    setting_up.at_once(join, walk.stage.world.schools)
    systems = ", ".join(school.mis for school in walk.stage.world.schools)
    return f"{len(walk.join_strings)} schools ({systems}), six words alike on both sides"


def registers_received(walk: Walk) -> str:
    """Three agent processes run; every message gets its receipt."""
    from demo.journey import wait_for_registers

    walk.stage.start_agents()
    wait_for_registers(walk.stage)
    rows = [row for school in walk.stage.world.schools for row in outbox(walk, school)]
    hold(all(row["acknowledged"] for row in rows), "a message has no receipt")
    kinds = Counter(row["kind"] for row in rows)
    return ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))


def outbox(walk: Walk, school: School) -> list[dict[str, Any]]:
    """The messages a school's agent has made."""
    rows: list[dict[str, Any]] = walk.stage.agent(school).json("outbox")
    return rows


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


def returns_are_right(walk: Walk) -> str:
    """Every school's return names exactly the pupils whom the law asks for now."""
    officer, named, nil = walk.person(OFFICER), 0, 0
    pages = [officer.open(link) for link in officer.open("/returns").links_under("/returns/ret")]
    hold(len(pages) == len(walk.stage.world.schools), f"{len(pages)} returns, not one a school")
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
        ought = returnable(walk, school)
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


def officer_considers(walk: Walk) -> str:
    """The pupils to consider, the statutory ones first; one of them is followed from here."""
    page = walk.person(OFFICER).open("/pupils")
    hold(bool(page.links_under("/pupils/")), "no pupil to consider")
    rows = walk.stage.hub.json("candidates")
    ought = returnable(walk, walk.school)
    ours = sorted(
        (
            row
            for row in rows
            if row["urn"] == walk.school.urn
            and row["trigger"] in RETURNED
            and row["status"] == "confirmed"
        ),
        key=lambda row: RETURNED.index(row["trigger"]),
    )
    hold(bool(ours) and bool(ought), "nobody to follow at the visited school")
    by_name = {
        name_of(pupil): pupil.pupil_id
        for pupil in walk.made[walk.school.urn].register.pupils
        if pupil.pupil_id in ought
    }
    for row in ours:
        page = walk.person(OFFICER).open(f"/pupils/{row['id']}")
        found = [pupil_id for name, pupil_id in by_name.items() if name in page.text]
        if found:
            walk.candidate, walk.pupil_id = row["id"], found[0]
            return f"{len(rows)} candidates of {len(walk.stage.world.schools)} schools"
    raise WalkFailed("no returned pupil among the pupils to consider")


def one_pupil(walk: Walk) -> str:
    """The page shows exactly the sessions `check` counted, and the strip has its words."""
    page = walk.person(OFFICER).open(f"/pupils/{walk.candidate}")
    finding = min(
        (
            one
            for one in walk.findings(walk.school)
            if one["pupil_id"] == walk.pupil_id and one["trigger"] in RETURNED
        ),
        key=lambda one: RETURNED.index(one["trigger"]),
    )
    strips = page.html.split("<svg")[1:]
    shown = [strip.count("lw-mark--counted") for strip in strips]
    hold(len(finding["why"]) in shown, f"{shown} sessions shown, {len(finding['why'])} counted")
    hold(all("<title" in strip for strip in strips), "a strip without words")
    return f"{finding['value']} {finding['unit']}, {len(finding['why'])} sessions on the strip"


def ask_for_referral(walk: Walk) -> str:
    """The officer asks; the school's agent lists the request."""
    officer = walk.person(OFFICER)
    page = officer.open(f"/pupils/{walk.candidate}")
    reason = "Please refer, with what you have tried so far."
    officer.submit(page, "/decide", choice="ask-referral", reason=reason)
    took = wait_until("the request at the school", lambda: bool(requests(walk)))
    return f"listed by the school's agent after {took:.1f} s"


def requests(walk: Walk) -> list[dict[str, Any]]:
    """What the visited school's agent lists as asked."""
    rows: list[dict[str, Any]] = walk.stage.agent(walk.school).json("requests")
    return rows


def school_refers(walk: Walk) -> str:
    """The school answers with its evidence list; the hub receives it."""
    request = requests(walk)[0]
    day = (walk.stage.world.today - timedelta(days=6)).isoformat()
    items = request["evidence"]
    given = [
        word for item in items for word in ("--evidence", f"{item}={day}:Sorrel Marchbank, lead")
    ]
    walk.stage.agent(walk.school).run(
        *("refer", request["id"], *given),
        *("--reason", "Ten days without leave; home visits met nobody.", "--by", SCHOOL.name),
    )
    officer = walk.person(OFFICER)

    def received() -> bool:
        found = officer.open("/referrals").links_under("/referrals/ref")
        walk.referral = found[0] if found else ""
        return bool(found)

    took = wait_until("the referral at the hub", received)
    return f"{len(items)} items of evidence, received after {took:.1f} s"


def becomes_a_case(walk: Walk) -> str:
    """Accepted: a case with a reference, a step and a clock."""
    officer = walk.person(OFFICER)
    case = officer.submit(officer.open(walk.referral), "/accept")
    walk.case = case.url.split("/")[-1]
    reference = re.search(r"\bRDG-\d{4}-\d{4}\b", case.text)
    hold(reference is not None, "the case has no reference")
    hold("First contact" in case.text, "the case has no first step")
    return f"{reference.group() if reference else ''}, first step with its due date"
