"""From a pupil to consider to a case: an officer asks, the school refers."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from demo.pages import WalkFailed
from demo.programs import wait_until
from demo.returning import RETURNED, name_of, returnable
from demo.walking import Walk, hold
from demo.world import OFFICER, SCHOOL


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
