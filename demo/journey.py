"""The whole journey without a person: real programs, real HTTP, one line a stage."""

from __future__ import annotations

import time
from collections.abc import Callable

from demo import faults, health, meeting, money, referring, returning, stages
from demo.pages import WalkFailed
from demo.programs import ProgramFailed, wait_until
from demo.setting_up import Say, Stage
from demo.walking import Walk


def walk(stage: Stage, say: Say) -> int:
    """Every stage in order; 0 only when each held. The first that does not is named."""
    going = Walk(stage)
    begun = time.monotonic()
    try:
        for name, step in STAGES:
            started = time.monotonic()
            try:
                figure = step(going)
            except (ProgramFailed, WalkFailed) as problem:
                say(f"FAILED  {name}: {problem}")
                return 1
            say(f"ok  {name}: {figure}  [{time.monotonic() - started:.1f} s]")
    finally:
        going.close()
    say(f"\nAll {len(STAGES)} stages held in {time.monotonic() - begun:.0f} s.")
    return 0


def wait_for_registers(stage: Stage) -> int:
    """Wait until every school's register has been received; how many schools."""

    def received() -> bool:
        stage.programs.check_alive()
        states = [stage.agent(school).json("status") for school in stage.world.schools]
        return all(one["last_receipt"] and one["last_read"] for one in states) and not any(
            one["waiting"] for one in states
        )

    wait_until("every school's register received", received, seconds=120)
    return len(stage.world.schools)


STAGES: tuple[tuple[str, Callable[[Walk], str]], ...] = (
    ("registers made", stages.registers_made),
    ("check names who needs someone, without a hub", stages.check_needs_no_hub),
    ("a damaged register is named and nothing is sent", faults.damaged_register),
    ("the hub is set up and answers", stages.hub_answers),
    ("schools join with a one-time string", stages.schools_join),
    ("a used join string is refused", faults.used_join_string),
    ("registers read, sealed, sent, received", stages.registers_received),
    ("the returns name exactly whom the law asks for", returning.returns_are_right),
    ("nothing else left the building by name", returning.nothing_else_left),
    ("sickness goes to health needs and to no officer", health.sickness_returned),
    ("a school declares what no mark says yet", health.sickness_expected),
    ("an officer signs in and considers pupils", referring.officer_considers),
    ("one pupil, mark by mark", referring.one_pupil),
    ("the school is asked for a referral", referring.ask_for_referral),
    ("the school refers, with its evidence", referring.school_refers),
    ("the referral becomes a case with a next step", referring.becomes_a_case),
    ("the next link meeting stands in the diary", meeting.meeting_planned),
    ("its agenda is written, in four parts", meeting.agenda),
    ("its invitation holds no name", meeting.invitation),
    ("the names the head released for this meeting", meeting.names_released),
    ("an action agreed in the meeting", meeting.action_agreed),
    ("the school's agent lists it, and does it", meeting.action_done),
    ("the bill, to the penny", money.bill),
    ("what is due is issued, once", money.bill_issued),
    ("the bill on paper", money.bill_on_paper),
    ("finance never sees a pupil", money.finance_sees_no_pupil),
    ("tampered, foreign and oversized envelopes are refused", faults.bad_envelopes),
    ("the hub away: everything is kept, and said", faults.hub_away),
    ("hub and agent killed: nothing lost, nothing doubled", faults.killed),
    ("no name in any log", faults.no_name_in_logs),
)
