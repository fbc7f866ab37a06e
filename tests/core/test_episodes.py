"""A spell of absence keeps its identity, is told once, and only a different mark undoes it."""

from __future__ import annotations

from datetime import date
from itertools import count

import pytest
from registers import MONDAY, Marks, marks, only, pupil, register, weekdays

from linkwork import policy as policies
from linkwork.episodes import Episode, EpisodeEvent, put_back, reconcile
from linkwork.register import Pupil, Register
from linkwork.triggers import evaluate

ENGLAND = only(
    policies.builtin("england-2024"),
    "continuous-unauthorised",
    "penalty-window",
    "severe-absence",
    "persistent-absence",
)
RUNS = only(ENGLAND, "continuous-unauthorised")


class School:
    """A school read night after night: the register may change, what is known is kept."""

    def __init__(self, policy: policies.Policy = RUNS, *, keep_vanished: bool = True) -> None:
        self.policy, self.keep_vanished = policy, keep_vanished
        self.known: list[Episode] = []
        self.ids = count(1)
        self.keys: dict[str, str] = {}

    def read(self, *stories: Marks | str, pupils: tuple[Pupil, ...] = ()) -> list[EpisodeEvent]:
        """What one night's read tells."""
        return self.judge(register(*stories, pupils=pupils))

    def judge(self, held: Register) -> list[EpisodeEvent]:
        """What judging a register tells; as of its last session."""
        if self.keep_vanished:
            held = put_back(held, self.known, self.key)
        as_of = held.sessions[-1].date
        self.known, events = reconcile(
            self.known,
            evaluate(held, self.policy, as_of),
            as_of,
            register=held,
            policy=self.policy,
            key_of=self.key,
            new_id=lambda: f"e{next(self.ids)}",
        )
        return events

    def key(self, pupil_id: str) -> str:
        """The stable key of a pupil id."""
        return self.keys.get(pupil_id, f"key of {pupil_id}")


def kinds(events: list[EpisodeEvent]) -> list[str]:
    """What happened, in order."""
    return [event.kind for event in events]


def test_a_spell_is_told_once_and_not_again_while_nothing_changes() -> None:
    school = School()
    assert kinds(school.read("O*10")) == ["opened"]
    assert school.read("O*10") == []
    assert school.read("O*10 -") == []


def test_a_longer_spell_continues_under_the_same_id_and_ends_once() -> None:
    school = School()
    [opened] = school.read("O*10")
    [longer] = school.read("O*12")
    [ended] = school.read("O*12 /")
    assert [longer.kind, ended.kind] == ["continued", "ended"]
    assert opened.episode.id == longer.episode.id == ended.episode.id
    assert (longer.episode.value, ended.episode.state) == (12, "ended")
    assert school.read("O*12 / /") == []


def test_a_spell_already_over_when_first_read_is_told_once() -> None:
    school = School()
    [event] = school.read("O*10 / /")
    assert (event.kind, event.episode.state) == ("opened", "ended")
    assert school.read("O*10 / / /") == []


def test_a_provisional_spell_is_confirmed_when_it_no_longer_waits_for_a_reason() -> None:
    school = School()
    [opened] = school.read("O*5 N*5")
    [confirmed] = school.read("O*10")
    assert (opened.episode.status, confirmed.kind) == ("provisional", "confirmed")


@pytest.mark.serves("C93")
def test_a_corrected_mark_withdraws_a_spell_and_says_which() -> None:
    school = School()
    school.read("O*10 /")
    [withdrawn] = school.read("O*4 I O*5 /")
    assert withdrawn.kind == "withdrawn"
    assert withdrawn.episode.state == "withdrawn"
    assert withdrawn.why == "2026-01-09 AM was O and is now I and 1 more"
    assert school.read("O*4 I O*5 /") == []


def test_a_correction_taken_back_reopens_the_same_spell() -> None:
    school = School()
    [first] = school.read("O*10 /")
    school.read("O*4 I O*5 /")
    [again] = school.read("O*10 /")
    assert (again.kind, again.episode.id) == ("opened", first.episode.id)


@pytest.mark.parametrize("gap", ["O*6 - O*3", "O*8 -*2", "-*10", "O*9 O+-"])
def test_marks_that_disappear_change_nothing(gap: str) -> None:
    school = School()
    [opened] = school.read("O*10", "/*10")
    assert school.read(gap, "/*10") == []
    [episode] = school.known
    assert episode == opened.episode


def test_an_engine_that_lets_a_vanished_mark_withdraw_is_caught() -> None:
    forgetful = School(keep_vanished=False)
    forgetful.read("O*10", "/*10")
    assert kinds(forgetful.read("O*8 -*2", "/*10")) == ["withdrawn"]


def test_a_pupil_who_disappears_from_the_register_keeps_the_spell() -> None:
    school = School()
    school.keys = {"P1": "ash", "P2": "birch"}
    school.read("O*10", "/*10")
    school.keys = {"P1": "birch"}
    assert school.read("/*10") == []
    assert [episode.state for episode in school.known] == ["open"]


def test_a_changed_id_in_the_school_system_keeps_the_spell() -> None:
    school = School()
    school.keys = {"P1": "ash"}
    [opened] = school.read("O*10")
    school.keys = {"P1": "birch", "P2": "ash"}
    [event] = school.read("/*11", "O*11")
    assert (event.kind, event.episode.id) == ("continued", opened.episode.id)


def test_putting_marks_back_leaves_the_register_given_alone() -> None:
    school = School()
    school.read("O*10", "/*10")
    held = register("O*5 -*5", "/*10")
    before = [bytes(row) for row in held.rows]
    restored = put_back(held, school.known, school.key)
    assert [bytes(row) for row in held.rows] == before
    assert [code for _, code in restored.marks(0)] == ["O"] * 20
    assert put_back(restored, school.known, school.key) is restored


def test_a_mark_put_back_never_covers_a_different_one() -> None:
    school = School()
    school.read("O*10", "/*10")
    restored = put_back(register("I*5 -*5", "/*10"), school.known, school.key)
    assert [code for _, code in restored.marks(0)] == ["I"] * 10 + ["O"] * 10


def test_a_split_spell_keeps_its_id_on_the_larger_part() -> None:
    school = School()
    [opened] = school.read("O*24")
    events = school.read("O*10 / O*13")
    assert sorted(kinds(events)) == ["continued", "opened"]
    kept = next(each for each in school.known if each.id == opened.episode.id)
    assert kept.value == 13


def test_two_spells_joined_by_a_correction_leave_one() -> None:
    school = School()
    school.read("O*10 / O*12")
    events = school.read("O*23")
    assert sorted(kinds(events)) == ["continued", "withdrawn"]
    assert [each.value for each in school.known if each.state == "open"] == [23]


def test_windows_that_touch_on_one_day_keep_apart() -> None:
    school = School(ENGLAND)
    school.read("O+\\ O*4 O+O O*4 O+\\ /*3")
    before = {each.id: each.finding for each in school.known}
    assert school.read("O+\\ O*4 O+O O*4 O+\\ /*3") == []
    assert {each.id: each.finding for each in school.known} == before


def test_a_rate_that_falls_again_ends_and_a_recoded_one_is_withdrawn() -> None:
    school = School(ENGLAND)
    assert kinds(school.read("I /*9")) == ["opened"]
    assert kinds(school.read("I /*10")) == ["ended"]
    assert school.known[0].state == "ended"
    other = School(ENGLAND)
    other.read("I /*9")
    [event] = other.read("/*10")
    assert (event.kind, event.why) == ("withdrawn", "2026-01-05 AM was I and is now / and 1 more")


def test_a_new_reason_for_an_absence_leaves_a_rate_standing() -> None:
    school = School(ENGLAND)
    [opened] = school.read("N /*9")
    assert kinds(school.read("I /*9")) == []
    assert school.known[0].id == opened.episode.id


def test_a_new_school_year_ends_last_years_rate() -> None:
    school = School(ENGLAND)
    summer, autumn = weekdays(date(2026, 7, 6), 5), weekdays(date(2026, 9, 7), 5)
    school.read(marks("I /*4", summer))
    [event] = school.read({**marks("I /*4", summer), **marks("/*5", autumn)})
    assert (event.kind, event.why) == ("ended", "a new school year started")


def test_a_register_that_starts_later_leaves_earlier_spells_alone() -> None:
    school = School()
    school.read("O*10 /*10")
    assert school.read(marks("/*5", weekdays(MONDAY, 20)[15:])) == []


def test_a_rule_that_is_no_longer_applied_ends_its_spells() -> None:
    school = School()
    school.read("O*10")
    school.policy = only(ENGLAND, "penalty-window")
    ended = [event for event in school.read("O*10") if event.kind == "ended"]
    assert [event.why for event in ended] == ["this is no longer looked for"]


def test_a_corrected_date_of_birth_withdraws_a_spell() -> None:
    school = School()
    school.read("O*10")
    [event] = school.read("O*10", pupils=(pupil(born=date(2008, 1, 1)),))
    assert event.kind == "withdrawn"
    assert "dates" in event.why


def test_an_episode_is_kept_as_json_and_comes_back_the_same() -> None:
    school = School(ENGLAND)
    school.read("O*5 - U+N*5 / /", "I /*9")
    assert school.known
    assert [Episode.from_json(each.to_json()) for each in school.known] == school.known
