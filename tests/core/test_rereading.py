"""A read put together with what was known: only a different mark corrects a mark."""

from __future__ import annotations

from datetime import date

import pytest
from registers import MONDAY, Marks, marks, pupil, register, weekdays

from linkwork.errors import BadInput
from linkwork.register import Pupil, Register, RegisterBuilder, Session
from linkwork.rereading import NOTHING_KNOWN, Change, LastKnown, Reread, accepted, reread, until

EVER = (date(2026, 1, 1), date(2026, 12, 31))
LONG_AGO = date(2025, 8, 1)


def keys(held: Register) -> list[str]:
    """A key for each pupil, made of its id."""
    return [f"key of {pupil.pupil_id}" for pupil in held.pupils]


def merged(
    known: LastKnown,
    *stories: Marks | str,
    asked: tuple[date, date] = EVER,
    keep_from: date = LONG_AGO,
) -> Reread:
    """One read of these stories over what is known."""
    held = register(*stories)
    return reread(known, held, keys(held), asked=asked, keep_from=keep_from)


def known(*stories: Marks | str) -> LastKnown:
    """What a first read of these stories leaves."""
    first = merged(NOTHING_KNOWN, *stories)
    return LastKnown(first.whole, first.keys)


def story(found: Reread, key: str = "key of P1") -> str:
    """A pupil's morning marks as one word; a dot for none."""
    place = found.keys.index(key)
    return "".join(
        code or "." for session, code in found.whole.marks(place) if session.half == "AM"
    )


def test_a_different_mark_corrects_and_is_reported_with_both() -> None:
    found = merged(known("O*4 /"), "O*3 I /")
    assert story(found) == "OOOI/"
    afternoon = Session(date(2026, 1, 8), "PM")
    assert found.changes[1] == ("key of P1", afternoon, "O", "I")
    assert (len(found.changes), found.compared) == (2, 10)


@pytest.mark.parametrize("gap", ["O - O O /", "-*5", "O O O"])
def test_a_mark_that_disappears_stays_and_is_tagged(gap: str) -> None:
    before = known("O*4 /", "/*5")
    found = merged(before, gap, "/*5")
    assert story(found) == "OOOO/"
    assert found.changes == ()
    tagged = {session.date for session, row in found.gone.items() if row[0]}
    assert tagged == {day for (day, _), code in marks("O*5").items() if code} - {
        day for (day, half), code in marks(gap).items() if code and half == "AM"
    }


def test_a_mark_that_comes_back_is_tagged_no_more() -> None:
    without = merged(known("O*4 /", "/*5"), "O - O O /", "/*5")
    assert without.gone
    again = merged(LastKnown(without.whole, without.keys, without.gone), "O*4 /", "/*5")
    assert again.gone == {}


def test_days_nobody_asked_for_keep_their_marks_and_lose_none() -> None:
    later = weekdays(MONDAY, 5)[3:]
    found = merged(known("O*5", "/*5"), marks("O I", later), asked=(later[0], later[1]))
    assert story(found) == "OOOOI"
    assert story(found, "key of P2") == "/////"
    assert {session.date for session in found.gone} == set(later)
    assert found.vanished == {"key of P2"}


def test_a_source_may_give_more_than_was_asked() -> None:
    found = merged(known("O*5"), "I O*4", asked=(date(2026, 1, 9), date(2026, 1, 9)))
    assert story(found) == "IOOOO"
    assert len(found.changes) == 2


def test_a_pupil_who_is_gone_stays_on_roll_up_to_the_last_known_mark() -> None:
    found = merged(known("O*5", "/*9"), marks("/*9"))
    assert found.vanished == {"key of P2"}
    only_p2 = merged(known("/*9", "O*5"), "/*9")
    [gone] = [p for p in only_p2.whole.pupils if p.pupil_id == "P2"]
    assert gone.on_roll(date(2026, 1, 9))
    assert not gone.on_roll(date(2026, 1, 12))
    assert story(only_p2, "key of P2") == "OOOOO...."


def test_a_pupil_who_left_the_roll_has_not_disappeared() -> None:
    leaver = pupil(2, on_roll=[(None, date(2026, 1, 9))])
    first = register("/*9", "O*5", pupils=(leaver,))
    found = reread(
        LastKnown(first, tuple(keys(first))),
        register("/*9"),
        ["key of P1"],
        asked=EVER,
        keep_from=LONG_AGO,
    )
    assert (found.vanished, found.gone) == (frozenset(), {})
    assert story(found, "key of P2") == "OOOOO...."


def test_who_left_before_the_days_asked_for_has_not_disappeared() -> None:
    days = weekdays(MONDAY, 10)
    found = merged(known("/*5", "O*5"), marks("/*5", days[5:]), asked=(days[5], days[9]))
    assert found.vanished == frozenset()


def test_an_id_given_to_another_child_leaves_the_first_with_a_name_of_its_own() -> None:
    held = register("/*5")
    found = reread(known("O*5"), held, ["somebody else"], asked=EVER,
                   keep_from=LONG_AGO)  # fmt: skip
    assert [pupil.pupil_id for pupil in found.whole.pupils] == ["P1", "gone:key of P1"]
    assert (story(found, "somebody else"), story(found)) == ("/////", "OOOOO")
    assert found.changes == ()


def test_a_changed_id_of_a_known_child_changes_no_mark() -> None:
    held = register("O*5")
    renamed = Register((Pupil("X9"),), held.sessions, held.codes, held.rows)
    found = reread(known("O*5"), renamed, ["key of P1"], asked=EVER,
                   keep_from=LONG_AGO)  # fmt: skip
    assert [pupil.pupil_id for pupil in found.whole.pupils] == ["X9"]
    assert (found.changes, found.vanished) == ((), frozenset())


def test_marks_older_than_are_kept_are_dropped_with_pupils_who_have_no_other() -> None:
    found = merged(known("O*9", "O*2"), "O*9", keep_from=date(2026, 1, 12))
    assert found.keys == ("key of P1",)
    assert found.whole.sessions[0].date == date(2026, 1, 12)


def test_a_rejected_mark_is_not_asked_about_again_until_the_source_says_another() -> None:
    spot = ("key of P1", Session(date(2026, 1, 5), "AM"))
    refused = LastKnown(known("O*5").register, ("key of P1",), rejected={spot: "I"})
    again = merged(refused, "I+O O*4")
    assert (story(again), again.changes, again.settled) == ("OOOOO", (), frozenset())
    other = merged(refused, "M+O O*4")
    assert (story(other), set(other.settled)) == ("MOOOO", {spot})
    assert [change.new for change in other.changes] == ["M"]
    back = merged(refused, "O*5")
    assert (back.changes, set(back.settled)) == ((), {spot})


def test_a_mark_that_waits_is_judged_though_the_read_did_not_reach_it() -> None:
    spot = ("key of P1", Session(date(2026, 1, 5), "AM"))
    before = LastKnown(known("O*5").register, ("key of P1",), waiting={spot: "I"})
    later = date(2026, 1, 9)
    found = merged(before, marks("O", [later]), asked=(later, later))
    assert story(found) == "IOOOO"
    assert accepted(found.whole, found.keys, [Change(*spot, "O", "I")]).mark(0, spot[1]) == "O"


def test_more_than_two_in_a_hundred_is_more_and_two_is_not() -> None:
    before = known("/*50")
    assert not merged(before, "I /*49").more_than(2, {})
    found = merged(before, "I I+\\ /*48")
    assert found.more_than(2, {})
    assert not found.more_than(2, {change.spot: change.new for change in found.changes})


def test_marks_of_today_are_still_being_made() -> None:
    today = date(2026, 1, 9)
    found = merged(known("/*4 N"), "/*4 L", asked=(MONDAY, today))
    assert found.changes == ()
    assert [change.new for change in found.changed_today] == ["L", "L"]


def test_the_calendar_keeps_the_days_it_declared_before() -> None:
    days = weekdays(MONDAY, 10)
    first = register("/*10", calendar=days)
    before = LastKnown(first, tuple(keys(first)))
    second = register(marks("/*5", days[5:]), calendar=days[5:])
    found = reread(before, second, keys(second), asked=(days[5], days[9]),
                   keep_from=LONG_AGO)  # fmt: skip
    assert found.whole.calendar == frozenset(days)


def test_more_codes_than_a_register_can_hold_are_refused_in_words() -> None:
    def of(first: int) -> Register:
        into = RegisterBuilder("register.csv")
        for n in range(first, first + 130):
            into.add(f"P{n}", MONDAY, "AM", f"c{n}")
        return into.build()

    before = LastKnown(of(0), tuple(keys(of(0))))
    with pytest.raises(BadInput, match="more than 255 different codes in two school years"):
        reread(before, of(130), keys(of(130)), asked=EVER, keep_from=LONG_AGO)


def test_a_pupil_whose_only_time_began_later_is_on_roll_to_the_last_mark() -> None:
    assert until(Pupil("P1"), MONDAY).enrolments[0].end == MONDAY
