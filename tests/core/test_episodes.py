"""A spell of absence keeps its identity, is told once, and only a different mark undoes it."""

from __future__ import annotations

from datetime import date
from itertools import count

import pytest
from registers import MONDAY, Marks, marks, only, pupil, register, weekdays

from linkwork import episodes, used, wording
from linkwork import policy as policies
from linkwork.episodes import Episode, EpisodeEvent, reconcile
from linkwork.register import Pupil, Register
from linkwork.rereading import NOTHING_KNOWN, LastKnown, reread

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

    def __init__(
        self, policy: policies.Policy = RUNS, *, keep_vanished: bool = True, pinned: bool = True
    ) -> None:
        self.policy, self.keep_vanished, self.pinned = policy, keep_vanished, pinned
        self.take_back, self.rules_changed = True, False
        self.known: list[Episode] = []
        self.last = NOTHING_KNOWN
        self.ids = count(1)
        self.keys: dict[str, str] = {}

    def read(self, *stories: Marks | str, pupils: tuple[Pupil, ...] = ()) -> list[EpisodeEvent]:
        """What one night's read tells."""
        return self.judge(register(*stories, pupils=pupils))

    def judge(self, held: Register) -> list[EpisodeEvent]:
        """What judging a register tells; as of its last session."""
        if self.keep_vanished:
            held = self.whole(held)
        as_of = held.sessions[-1].date
        self.known, events = reconcile(
            self.known,
            used.evaluate(
                held,
                self.policy,
                as_of,
                known=self.known if self.pinned else [],
                key_of=self.key,
            ),
            as_of,
            register=held,
            policy=self.policy,
            key_of=self.key,
            new_id=lambda _found: f"e{next(self.ids)}",
            rules_changed=self.rules_changed,
            take_back=self.take_back,
        )
        return events

    def whole(self, held: Register) -> Register:
        """The read with all that was known before."""
        keys = [self.key(pupil.pupil_id) for pupil in held.pupils]
        asked = (held.sessions[0].date, held.sessions[-1].date)
        found = reread(self.last, held, keys, asked=asked, keep_from=date(2024, 8, 19))
        self.last = LastKnown(found.whole, found.keys, found.gone)
        self.keys |= {p.pupil_id: k for p, k in zip(found.whole.pupils, found.keys, strict=True)}
        return found.whole

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
    [longer] = school.read("O*20")
    [ended] = school.read("O*20 /")
    assert [longer.kind, ended.kind] == ["continued", "ended"]
    assert opened.episode.id == longer.episode.id == ended.episode.id
    assert (longer.episode.value, ended.episode.state) == (20, "ended")
    assert school.read("O*20 / /") == []


def told_day_by_day(school: School, days: int) -> dict[int, list[str]]:
    """What each of so many days of one run tells, by the number of the day."""
    told = {day: kinds(school.read(f"O*{day}")) for day in range(1, days + 1)}
    return {day: what for day, what in told.items() if what}


@pytest.mark.parametrize(
    ("which", "words"),
    [
        (pupil(on_roll=[(None, weekdays(MONDAY, 10)[-1])]), "has left"),
        # Sixteen, and past the last Friday of June of that year.
        (pupil(born=date(2010, 8, 15)), "past the age"),
    ],
    ids=["has left", "past the age"],
)
def test_a_run_that_nothing_broke_is_over_when_the_pupil_is_no_longer_the_rules_matter(
    which: Pupil, words: str
) -> None:
    school = School()
    days = weekdays(MONDAY, 12) if words == "has left" else weekdays(date(2026, 6, 15), 12)
    first = register(marks("O*10", days[:10]), pupils=(which,))
    [opened] = school.judge(first)
    [over] = school.judge(register(marks("O*10 /*2", days), pupils=(which,)))
    assert [opened.kind, over.kind, over.episode.state] == ["opened", "ended", "ended"]
    found = over.episode.finding
    assert (found.ended, found.over) == (None, days[10])
    rule = RUNS.triggers[0]
    assert "no longer on roll, or of the age" in wording.what(found, rule)
    assert "Ends with" not in wording.change(found, rule)
    assert Episode.from_json(over.episode.to_json()) == over.episode


def test_a_run_is_told_on_its_tenth_day_and_again_only_when_it_is_twice_as_long() -> None:
    assert told_day_by_day(School(), 32) == {10: ["opened"], 20: ["continued"], 30: ["continued"]}


def test_an_engine_that_tells_every_day_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(episodes, "_marked", lambda found: (found.value, found.status))
    assert told_day_by_day(School(), 32) != {
        10: ["opened"],
        20: ["continued"],
        30: ["continued"],
    }


def test_the_numbers_are_kept_though_they_are_not_told() -> None:
    school = School()
    school.read("O*10")
    school.read("O*14")
    assert [each.value for each in school.known] == [14]


def test_a_spell_that_a_correction_starts_earlier_is_told_again_with_its_new_start() -> None:
    school = School()
    school.read("/ O*10")
    [event] = school.read("O*11")
    assert (event.kind, event.episode.first) == ("continued", MONDAY)


def test_a_run_whose_ending_was_a_wrong_mark_opens_again_under_its_id() -> None:
    school = School()
    [opened] = school.read("O*10 /")
    [again] = school.read("O*11 O")
    assert (again.kind, again.episode.id, again.why) == (
        "opened",
        opened.episode.id,
        "it is met again",
    )


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
    [event] = school.read("/*20", "O*20")
    assert (event.kind, event.episode.id) == ("continued", opened.episode.id)


def test_an_engine_that_opens_anew_under_a_changed_id_is_caught() -> None:
    school = School(keep_vanished=False)
    [opened] = school.read("O*10")
    school.keys = {"P1": "birch", "P2": "key of P2, not of P1"}
    [event] = school.read("/*20", "O*20")
    assert (event.kind, event.episode.id) != ("continued", opened.episode.id)


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
    [absorbed] = [event for event in events if event.kind == "withdrawn"]
    assert absorbed.why == "it is one spell with that from 2026-01-05"
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


def test_a_spell_whose_first_marks_are_no_longer_kept_is_not_taken_back() -> None:
    school = School(keep_vanished=False)
    school.read("O*15", "/*15")
    later = weekdays(MONDAY, 16)[4:]
    assert school.read(marks("O*5", later[:5]), marks("/*5", later[:5])) == []
    [ended] = school.read(marks("O*11 /", later), marks("/*12", later))
    assert (ended.kind, ended.episode.value) == ("ended", 15)


def test_what_other_rules_find_no_longer_has_ended_and_was_not_withdrawn() -> None:
    school = School()
    school.read("O*12")
    longer = policies.loads(RUNS.text.replace("threshold = 10", "threshold = 15", 1))
    school.policy = only(longer, "continuous-unauthorised")
    school.rules_changed = True
    [event] = school.read("O*12")
    assert (event.kind, event.why) == (
        "ended",
        "the rules are others now, and by them it is not met",
    )


def test_while_a_person_is_waited_for_nothing_is_taken_back_and_openings_go_out() -> None:
    school = School()
    school.read("O*14", "/*14")
    school.take_back = False
    before = list(school.known)
    assert kinds(school.read("/*7 O*7", "O*10 /*4")) == ["opened"]
    assert school.known[:1] == before
    school.take_back = True
    assert kinds(school.read("/*7 O*7", "O*10 /*4")) == ["withdrawn"]


def test_while_a_person_is_waited_for_a_spell_gets_longer_and_never_shorter() -> None:
    school = School()
    school.read("/ O*12")
    school.take_back = False
    assert school.read("/*2 O*11") == []
    assert [each.value for each in school.known] == [12]
    assert kinds(school.read("O*20")) == ["continued"]


# Penalty windows: what a told one counted is not counted for another.

WINDOWS = only(ENGLAND, "penalty-window")


def counted(school: School) -> list[set[tuple[date, str]]]:
    """The sessions of each standing window."""
    standing = [each for each in school.known if each.state != "withdrawn"]
    return [{(one.date, one.half) for one in each.finding.why} for each in standing]


def test_a_corrected_early_mark_moves_no_window_that_was_told() -> None:
    school = School(WINDOWS)
    school.read("O*10")
    first, second = counted(school)
    # Two more sessions, and the first session of all was a mistake.
    [event] = school.read("/+O O*10")
    assert (event.kind, event.episode.id) == ("continued", school.known[0].id)
    assert [one.was.code for one in event.corrected] == ["O"]
    assert counted(school)[1] == second
    third = counted(school)[0]
    assert third & first == first - {min(first)}
    assert not third & second


def test_an_absence_entered_late_before_a_told_window_moves_it_not() -> None:
    school = School(WINDOWS)
    school.read("/ O*5")
    [told] = counted(school)
    assert school.read("O O*5") == []
    assert school.read("O O*5 O*3") == []
    [opened] = school.read("O O*5 O*4")
    assert opened.kind == "opened"
    assert counted(school)[0] == told
    assert not counted(school)[1] & told


def test_a_window_that_lost_a_session_and_has_no_other_is_withdrawn() -> None:
    school = School(WINDOWS)
    school.read("O*10")
    second = counted(school)[1]
    [event] = school.read("/+O O*9")
    assert (event.kind, event.episode.id) == ("withdrawn", school.known[0].id)
    assert counted(school) == [second]
    assert school.read("/+O O*9") == []


def test_a_window_waiting_for_a_reason_is_confirmed_where_it_stands() -> None:
    school = School(WINDOWS)
    school.read("/ O*3 N*2")
    [told] = counted(school)
    events = school.read("O O*3 O*2")
    assert kinds(events) == ["confirmed"]
    assert counted(school) == [told]


def test_scanning_afresh_would_tell_sessions_twice() -> None:
    school = School(WINDOWS, pinned=False)
    school.read("O*10")
    second = counted(school)[1]
    school.read("/+O O*10")
    assert counted(school)[0] & second
