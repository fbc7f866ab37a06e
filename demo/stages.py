"""The first stages: registers, checks, a hub, schools that join and are read."""

from __future__ import annotations

from collections import Counter
from typing import Any

from demo import setting_up
from demo.walking import Walk, hold
from demo.world import School


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
