"""The source itself changes: another school system, another machine, another policy."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from changing import ABSENT, correct, decide, listed, told
from live_hub import LiveHub
from school_desk import ALWAYS, SchoolDesk

import linkwork_csv.plugin
from demo.fakes.sims import reports as sims_reports
from linkwork import testing
from linkwork.errors import Refused
from linkwork.register import RegisterBuilder
from linkwork_agent import reading
from linkwork_agent.config import Config
from linkwork_agent.store import base, registers
from linkwork_agent.work import mis_of


def swap(school: SchoolDesk, renumber: Callable[[str], str] = lambda ident: f"S{ident}") -> None:
    """The school changes to SIMS: the same children and marks under other ids."""
    held = testing.read(
        testing.open_mis(linkwork_csv.plugin, path=school.home / "register.csv"),
        date(2025, 9, 1),
        date(2026, 7, 31),
    )
    pupils = tuple(replace(each, pupil_id=renumber(each.pupil_id)) for each in held.pupils)
    sims_reports.write(replace(held, pupils=pupils), school.home / "report.xml")
    school.mis = "sims"


def test_another_school_system_tells_nothing_again(absent: SchoolDesk) -> None:
    swap(absent)
    assert "notices: 0" in absent.run("collect").sentence
    assert listed(absent)["waiting"] == 0
    assert told(absent) == ["opened"]


def test_whatever_another_school_system_would_take_back_waits(absent: SchoolDesk) -> None:
    # One day more that is an attendance in the new system: far from 2 % of the marks.
    absent.grow()
    correct(absent)
    absent.stories["P3"] = "/*30 O*4 / O*5"
    absent.write()
    swap(absent)
    absent.run("collect")
    (one,) = [each for each in listed(absent)["changes"] if each["state"] == "waiting"]
    assert one["why"] == "the register comes from another source: sims, and before from csv"
    assert told(absent) == ["opened"]
    decide(absent, "accept")
    absent.run("collect")
    assert told(absent) == ["opened", "withdrawn"]


def test_another_source_without_a_different_mark_waits_for_what_it_would_take_back(
    absent: SchoolDesk,
) -> None:
    # The new system gives P3 a date of birth by which no law asks for a return.
    text = absent.register.read_text().replace("Thornapple3,Quill3,2016", "Thornapple3,Quill3,2006")
    absent.register.write_text(text)
    swap(absent)
    absent.run("collect")
    (one,) = listed(absent)["changes"]
    assert (one["state"], one["marks"]) == ("waiting", [])
    assert "the register comes from another source" in absent.status()["problems"][0]
    with pytest.raises(Refused, match="No mark differs"):
        decide(absent, "reject")
    for _ in range(2):
        absent.run("collect")
    assert told(absent) == ["opened"]
    decide(absent, "accept")
    absent.run("collect")
    assert told(absent) == ["opened", "withdrawn"]


def test_in_another_system_a_childs_number_may_be_another_childs(school: SchoolDesk) -> None:
    school.stories = {"P1": ABSENT, "P2": ALWAYS}
    school.without_upn = {"P1", "P2"}
    school.joined("return").run("collect")
    other = {"P1": "P2", "P2": "P1"}
    swap(school, other.__getitem__)
    school.run("collect")
    # Nobody can say who is who: the absent child is told as one not met before.
    assert told(school) == ["opened", "opened"]
    with school.open() as store:
        known = registers.known_pupils(store.read)
    assert len(known) == 4


def test_a_store_moved_to_another_machine_tells_nothing_again(
    absent: SchoolDesk, tmp_path: Path, live: LiveHub
) -> None:
    moved = tmp_path / "another-machine"
    shutil.copytree(absent.home, moved)
    there = SchoolDesk(moved, live, absent.urn, absent.school_id, absent.stories)
    assert "notices: 0" in there.run("collect").sentence
    assert told(there) == ["opened"]


def test_a_policy_of_a_new_version_tells_nothing_again(absent: SchoolDesk) -> None:
    with absent.open() as store, store.write() as tx:
        text = base.text(tx, "policy_toml") or ""
        changed = text.replace('version = "1"', 'version = "2"', 1)
        assert changed != text
        base.put(tx, policy_toml=changed)
    assert "notices: 0" in absent.run("collect").sentence
    assert told(absent) == ["opened"]


def test_a_policy_past_its_last_day_is_kept_to_until_the_authority_sends_another(
    school: SchoolDesk,
) -> None:
    school.stories["P3"] = ABSENT
    school.joined("return")
    with school.open() as store, store.write() as tx:
        text = base.text(tx, "policy_toml") or ""
        ended = text.replace(
            "valid_from = 2024-08-19", "valid_from = 2024-08-19\nvalid_to = 2025-12-31"
        )
        base.put(tx, policy_toml=ended)
    assert ended != text
    assert school.run("collect").exit_code == 0
    assert told(school) == ["opened"]


def test_what_was_told_before_the_marks_were_kept_is_not_told_again(absent: SchoolDesk) -> None:
    """A store of an earlier version holds episodes and no marks."""
    with absent.open() as store, store.write() as tx:
        tx.execute("DELETE FROM known_marks")
        tx.execute("UPDATE pupils SET place = NULL, details = NULL")
        base.put(tx, last_whole_read=None, source=None)
    assert "notices: 0" in absent.run("collect").sentence


def test_a_plugin_is_asked_for_just_the_days_it_should_give(absent: SchoolDesk) -> None:
    asked = []

    class Watched:
        """The school's own system, noting what it is asked for."""

        def __init__(self, config: Config) -> None:
            self.mis = mis_of(absent.place)

        def read(self, first: date, last: date, into: RegisterBuilder) -> None:
            asked.append((first, last))
            self.mis.read(first, last, into)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.mis, name)

    with absent.open() as store:
        desk = absent.desk(store)
        rules = reading.rules(desk)
        memory = reading.remember(store.read)
        reading.read(Watched(absent.place.config), desk, rules, memory)
        reading.read(Watched(absent.place.config), desk, rules, replace(memory, last_whole=None))
    assert asked == [
        (date(2026, 1, 30), date(2026, 2, 27)),
        (date(2025, 8, 1), date(2026, 2, 27)),
    ]
