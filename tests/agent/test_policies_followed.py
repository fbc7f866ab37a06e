"""Policies that follow one another: the service judges each date by its own."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from changing import configured, correct, printed
from live_hub import LiveHub, live_hub
from school_desk import FRIDAY, SchoolDesk

from linkwork import policy as policies
from linkwork import wire
from linkwork.errors import WrongUse
from linkwork.join import parse
from linkwork_agent import joining, rekeying, work
from linkwork_agent.hub_client import HubClient
from linkwork_agent.store import base, followed

ENGLAND = policies.builtin("england-2024")
RUN = "continuous-unauthorised"
#: From here on six days in a row are told, and no longer ten.
CHANGE = "2026-02-16"
#: Eight days in a row before the change; seven after it; eight on either side of it together.
BEFORE, AFTER, ACROSS = "/*10 O*8 /*22", "/*33 O*7", "/*26 O*8 /*6"


def six_days(first: str = CHANGE, figure: int = 6) -> str:
    """England's policy from a day on, with another figure for the return."""
    head, own = ENGLAND.text.split(f'[[trigger]]\nname = "{RUN}"\n')
    head = head.replace("valid_from = 2024-08-19", f"valid_from = {first}")
    head = head.replace('name = "england-2024"', f'name = "of-{first}"', 1)
    own = own.replace("threshold = 10", f"threshold = {figure}", 1)
    return f'{head}[[trigger]]\nname = "{RUN}"\n{own}'


def send(school: SchoolDesk, live: LiveHub, text: str, item_id: str) -> None:
    """The authority sends a policy, and the school asks for it."""
    with school.open() as store:
        key = base.text(store.read, "pseudonym_key") or ""
    name = policies.loads(text).name
    item = wire.PolicyItem(policy_name=name, policy_toml=text, pseudonym_key=key)
    live.issue(school.school_id, item, f"{item_id}-{school.urn}")
    assert school.run("instruct").exit_code == 0


def told(school: SchoolDesk) -> list[tuple[str, int, str]]:
    """Of each run told of: its first day, how many days, and the event; by first day."""
    found = [m for m in school.messages() if isinstance(m, wire.Return | wire.Summary)]
    return sorted(
        (n.first.isoformat(), n.value, n.event)
        for message in found
        for n in message.notices
        if n.trigger == RUN
    )


@pytest.fixture
def changed(school: SchoolDesk, live: LiveHub) -> SchoolDesk:
    """A school whose authority has changed its policy in the course of the year."""
    school.grow()
    school.stories |= {"P1": BEFORE, "P2": AFTER}
    school.joined("return")
    send(school, live, six_days(), "policy-2")
    return school


def test_a_date_is_judged_by_the_policy_of_its_time(changed: SchoolDesk) -> None:
    changed.run("collect")
    # Eight days in January are no ten; seven in February are six.
    assert told(changed) == [("2026-02-19", 7, "opened")]
    summary = next(m for m in changed.messages() if isinstance(m, wire.Summary))
    assert summary.policy == f"of-{CHANGE}"


def test_without_the_policy_of_before_the_earlier_dates_would_be_judged_wrongly(
    changed: SchoolDesk,
) -> None:
    with changed.open() as store, store.write() as tx:
        followed.forget(tx)
    changed.run("collect")
    assert ("2026-01-19", 8, "opened") in told(changed)


def test_a_run_across_the_change_counts_its_days_of_before(
    changed: SchoolDesk,
) -> None:
    correct(changed, P2=ACROSS)
    assert told(changed) == [("2026-02-10", 8, "opened")]


def test_what_was_told_under_the_policy_of_before_goes_on_under_the_new_one(
    school: SchoolDesk, live: LiveHub
) -> None:
    school.grow().stories |= {"P1": "/*15 O*12 /*13", "P2": "/*28 O*12"}
    school.joined("return").run("collect")
    before = [("2026-01-26", 12, "opened"), ("2026-02-12", 12, "opened")]
    assert told(school) == before
    send(school, live, six_days(figure=14), "policy-2")
    school.run("collect")
    # Twelve days in January were ten, and stay as they were told. Those since the change are no
    # fourteen: by the new figure it is over, and nothing was corrected.
    assert told(school) == [before[0], ("2026-02-12", 12, "ended"), before[1]]


def test_a_policy_that_begins_later_waits_for_its_day(school: SchoolDesk, live: LiveHub) -> None:
    school.grow().stories["P2"] = "/*32 O*8"
    school.joined("return")
    send(school, live, six_days("2026-03-02"), "policy-2")
    school.run("collect")
    assert told(school) == []
    summary = next(m for m in school.messages() if isinstance(m, wire.Summary))
    assert summary.policy == "england-2024"
    school.later(days=3)
    pupils = {pupil: "/*41" for pupil in school.stories if pupil != "P2"}
    correct(school, P2="/*32 O*9", **pupils)
    assert told(school) == [("2026-02-18", 9, "opened")]


def test_a_policy_sent_again_for_the_same_dates_takes_the_place_of_the_first(
    changed: SchoolDesk, live: LiveHub
) -> None:
    send(changed, live, six_days(figure=9), "policy-3")
    changed.run("collect")
    assert told(changed) == []
    with changed.open() as store:
        assert len(followed.texts(store.read)) == 2


def test_the_policies_outlast_new_keys_and_a_store_that_was_put_back(
    changed: SchoolDesk, live: LiveHub
) -> None:
    file = changed.place.folder / "agent.db"
    changed.run("collect")
    changed.run("deliver")
    earlier = file.read_bytes()
    changed.later(days=3)
    pupils = dict.fromkeys(changed.stories, "/*41")
    correct(changed, **(pupils | {"P1": BEFORE + " /", "P2": AFTER + " /"}))
    changed.run("deliver")
    with changed.open() as store, HubClient(live.url) as hub:
        office = work.office_of(changed.place, store)
        rekeying.step(office, hub)
        live.work()
        rekeying.step(office, hub)
    file.write_bytes(earlier)
    changed.run("instruct")
    with changed.open() as store:
        assert len(followed.texts(store.read)) == 2
    changed.run("collect")
    assert {first for first, _, _ in told(changed)} == {"2026-02-19"}


def test_a_store_of_before_keeps_the_policy_it_has(school: SchoolDesk, live: LiveHub) -> None:
    school.joined("return")
    file = school.place.folder / "agent.db"
    with closing(sqlite3.connect(file)) as older:
        older.execute("DROP TABLE policies")
        older.execute("DELETE FROM _sqlite_migrations WHERE name = 'policies_of_before'")
        older.execute("PRAGMA user_version = 8")
        older.commit()
    send(school, live, six_days(), "policy-2")
    with school.open() as store:
        names = [policies.loads(text).name for text in followed.texts(store.read)]
    assert names == ["england-2024", f"of-{CHANGE}"]


def test_another_authority_is_followed_by_its_own_policies_alone(
    changed: SchoolDesk, tmp_path: Path
) -> None:
    changed.run("collect")
    with live_hub(tmp_path / "other", seed=8) as other:
        other.clock.fixed = FRIDAY
        there = replace(changed, hub=other, school_id=other.add_school(changed.urn))
        string = parse(other.join_string(there.school_id))
        with there.place.store() as store, HubClient(string.url) as hub:
            office = work.office_of(there.place, store)
            joining.begin(office, hub, string, "a-machine", joining.Release((), "A. Head"))
            joining.enrol(office, hub, sleep=lambda _seconds: other.work())
        # It begins later than any of before, which its own first day therefore does not replace.
        other.confirm(there.school_id, six_days("2026-02-23"))
        assert there.run("instruct").exit_code == 0
        with there.open() as store:
            names = [policies.loads(text).name for text in followed.texts(store.read)]
    assert names == ["of-2026-02-23"]


def test_explain_judges_as_the_service_does(changed: SchoolDesk) -> None:
    changed.run("collect")
    configured(changed)
    home = ("--home", str(changed.home))
    found = json.loads(printed(*home, "explain", "P1", "--format", "json"))
    assert RUN not in [each["trigger"] for each in found["findings"]]
    found = json.loads(printed(*home, "explain", "P2", "--format", "json"))
    assert RUN in [each["trigger"] for each in found["findings"]]


def test_policies_are_followed_by_their_first_days_and_the_last_goes_on() -> None:
    first, second = ENGLAND, policies.loads(six_days())
    series = policies.followed([first, second])
    assert [(each.name, each.valid_to) for each in series.policies] == [
        ("england-2024", date(2026, 2, 15)),
        (f"of-{CHANGE}", None),
    ]
    assert [each.name for each in policies.followed([second, first]).policies] == ["england-2024"]
    wales = policies.builtin("wales-2010")
    assert [each.name for each in policies.followed([wales, second]).policies] == [f"of-{CHANGE}"]
    with pytest.raises(WrongUse, match="No policy was sent"):
        policies.followed([])
