"""What a school says beside its marks: kept, used on every judging, told, ended, taken back."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from command import agent
from live_hub import LiveHub
from school_desk import SchoolDesk

from linkwork import wire
from linkwork.errors import Refused, WrongUse
from linkwork_agent import declare, explain
from linkwork_agent.declare import Said
from linkwork_agent.source import ConfiguredSchool
from linkwork_hub.db import Scope
from linkwork_hub.referrals import store as referrals

SYSTEM = Scope.system()
OUT_OF_SCHOOL = "No lessons at home, and the family will not talk to us."


def say(school: SchoolDesk, what: str, whom: str = "P2", **more: Any) -> str:
    """Declare something, and say what the command printed."""
    fields = {"first": None, "last": None, "reason": "", "by": "A. Reed"} | more
    with school.open() as store:
        return declare.declare(store, Said(what, whom, **fields), lambda: school.now)


def change(school: SchoolDesk, verb: str, given: str = "1", last: str | None = None) -> str:
    """End it or take it back."""
    with school.open() as store:
        return declare.change(store, verb, given, last, "B. Lamb", lambda: school.now)


def rows(school: SchoolDesk) -> list[dict[str, Any]]:
    """What the command lists."""
    return declare.listed(school.place.config, school.place.school)


def told(school: SchoolDesk, trigger: str) -> list[tuple[str, str, bool]]:
    """Everything told of a rule: the kind of message, the event, and whether it was named."""
    return [
        (m.kind, n.event, n.sealed_identity is not None)
        for m in school.messages()
        for n in getattr(m, "notices", ())
        if n.trigger == trigger
    ]


def explained(school: SchoolDesk, pupil: str = "P2") -> dict[str, Any]:
    """What `explain PUPIL --format json` prints."""
    out = io.StringIO()
    explain.run_explain(pupil, ConfiguredSchool(school.place), fmt="json", out=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def read_once(school: SchoolDesk, story: str, *release: str) -> SchoolDesk:
    """A school that has read P2's story once."""
    school.grow().stories["P2"] = story
    school.joined(*release).run("collect")
    return school


def test_irregular_attendance_is_returned_by_name_with_its_reason(
    school: SchoolDesk, live: LiveHub
) -> None:
    read_once(school, "/*36 O*2 /*2", "return")
    assert told(school, "irregular") == []
    assert "irregular is declared" in say(school, "irregular", reason=OUT_OF_SCHOOL)
    school.run("collect")
    assert told(school, "irregular") == [("return", "opened", True)]
    (notice,) = [
        n for m in school.messages() if isinstance(m, wire.Return) for n in m.notices
    ]  # fmt: skip
    assert notice.declared is not None
    assert notice.declared.why == OUT_OF_SCHOOL
    assert (notice.value, len(notice.why)) == (4, 4)
    # Nothing new at the next read; the reason left with the return and nowhere else.
    school.run("collect")
    assert len(told(school, "irregular")) == 1
    bodies = [m.to_bytes().decode() for m in school.messages()]
    assert [OUT_OF_SCHOOL in body for body in bodies].count(True) == 1
    assert school.run("deliver").exit_code == 0
    assert any(OUT_OF_SCHOOL in line["words"] for line in school.sent())
    live.work()
    with live.db.read() as db:
        (one,) = referrals.candidates(
            SYSTEM, db, referrals.Filter("all", school.school_id), limit=9
        )
        (spell,) = referrals.episodes(SYSTEM, db, one.id)
    assert one.weight.statutory
    assert one.reason.startswith("Does not attend regularly: declared by the school on 27 February")
    assert spell.declared_why == OUT_OF_SCHOOL


def test_the_reason_leaves_also_where_the_marks_give_another_ground(school: SchoolDesk) -> None:
    read_once(school, "/*40", "return")
    say(school, "irregular", reason=OUT_OF_SCHOOL)
    school.stories["P2"] = "/*30 O*10"
    school.write()
    school.run("collect")
    made = [m for m in school.messages() if isinstance(m, wire.Return)][-1]
    said = {n.trigger: n.declared.why if n.declared else "" for n in made.notices}
    assert said == {"continuous-unauthorised": "", "irregular": OUT_OF_SCHOOL}
    assert len({n.pseudonym for n in made.notices}) == 1


def test_a_declaration_taken_back_is_withdrawn_and_one_that_ends_has_ended(
    school: SchoolDesk,
) -> None:
    read_once(school, "/*36 O*2 /*2", "return")
    say(school, "irregular", reason=OUT_OF_SCHOOL)
    school.run("collect")
    change(school, "withdraw")
    school.run("collect")
    assert told(school, "irregular")[1:] == [("summary", "withdrawn", False)]
    say(school, "irregular", reason=OUT_OF_SCHOOL, first="2026-02-20")
    school.run("collect")
    change(school, "end", "2", "2026-02-26")
    school.run("collect")
    assert told(school, "irregular")[-1] == ("summary", "ended", False)
    assert [(r["id"], r["state"], r["last"]) for r in rows(school)] == [
        (2, "stands", "2026-02-26"),
        (1, "withdrawn", None),
    ]


def test_fifteen_days_expected_are_returned_before_there_is_one(school: SchoolDesk) -> None:
    read_once(school, "/*40", "return")
    said = say(school, "sickness", reason="An operation on 2 March.")
    assert "The reason leaves with the return, as you wrote it." in said
    school.run("collect")
    assert told(school, "sickness") == [("sickness-return", "opened", True)]
    # When the marks come it is the same illness, told once.
    school.stories["P2"] = "/*25 I*15"
    school.write()
    school.run("collect")
    assert [event for _, event, named in told(school, "sickness") if named] == ["opened"]


def test_a_return_made_elsewhere_is_not_made_again(school: SchoolDesk) -> None:
    school.grow().stories["P2"] = "/*25 I*14 /"
    school.joined("return").run("collect")
    say(school, "sickness-return", first="2026-02-09")
    school.stories["P2"] = "/*25 I*15"
    school.write()
    school.run("collect")
    assert told(school, "sickness") == []
    # Said by mistake: then it is owed after all.
    change(school, "withdraw")
    school.run("collect")
    assert told(school, "sickness") == [("sickness-return", "opened", True)]


def test_granted_leave_and_the_return_made_excuse_a_child_who_is_not_seen(
    school: SchoolDesk,
) -> None:
    school.grow().stories |= {"P2": "/*30 C*10", "P3": "/*30 I*10", "P4": "/*30 C*10"}
    school.joined("return")
    school.run("collect")
    assert len(told(school, "not-seen")) == 3
    say(school, "leave", first="2026-02-16", last="2026-02-27", reason="A funeral abroad.")
    say(school, "sickness-return", "P3", first="2026-02-16")
    school.run("collect")
    ended = told(school, "not-seen")[3:]
    assert ended == [("summary", "ended", False)] * 2
    # The control: of the third nobody said anything, and it stands.
    trigger = {each["trigger"] for each in explained(school, "P4")["findings"]}
    assert "not-seen" in trigger
    assert "not-seen" not in {each["trigger"] for each in explained(school)["findings"]}


def test_ten_days_after_stated_leave_are_watched_whatever_its_code_was(
    school: SchoolDesk,
) -> None:
    read_once(school, "/*25 I*5 O*10", "return")
    assert told(school, "deletion-watch") == []
    say(school, "leave", first="2026-02-09", last="2026-02-13", reason="A wedding abroad.")
    school.run("collect")
    assert told(school, "deletion-watch") == [("summary", "opened", False)]


def test_explain_shows_what_was_said_and_the_finding_it_makes(school: SchoolDesk) -> None:
    read_once(school, "/*36 O*2 /*2")
    say(school, "irregular", reason=OUT_OF_SCHOOL)
    found = explained(school)
    assert found["said_by_the_school"] == [
        f"1  irregular is declared, from 2026-02-27, said by A. Reed: {OUT_OF_SCHOOL}"
    ]
    (one,) = [each for each in found["findings"] if each["trigger"] == "irregular"]
    assert one["declared"] == "2026-02-27"
    assert one["words"][0].startswith("declared by the school on Fri 27 Feb 2026; so far 4")
    out = io.StringIO()
    explain.run_explain("P2", ConfiguredSchool(school.place), out=out)
    assert "SAID BY THE SCHOOL" in out.getvalue()


@pytest.mark.parametrize(
    ("what", "whom", "more", "remedy"),
    [
        ("irregular", "P2", {}, "--reason"),
        ("leave", "P2", {"reason": "a wedding"}, "--until"),
        ("leave", "P2", {"first": "2026-03-02", "last": "2026-03-01"}, "lies before --from"),
        ("leave", "P2", {"last": "1 March"}, "is not a date"),
        ("penalty-window", "P2", {"reason": "x"}, "irregular, sickness, leave"),
        ("irregular", "P99", {"reason": "x"}, "No pupil 'P99'"),
    ],
)
def test_what_cannot_be_said_is_refused_with_the_remedy(
    school: SchoolDesk, what: str, whom: str, more: dict[str, str], remedy: str
) -> None:
    read_once(school, "/*40")
    with pytest.raises(WrongUse, match=remedy.replace("(", "\\(")):
        say(school, what, whom, **more)
    assert rows(school) == []


def test_the_same_is_not_said_twice_and_nothing_before_the_first_read(school: SchoolDesk) -> None:
    school.joined()
    with pytest.raises(Refused, match="once --job collect"):
        say(school, "other-school")
    school.run("collect")
    say(school, "other-school", "Quill2 Thornapple2")
    with pytest.raises(Refused, match="as number 1"):
        say(school, "other-school")
    with pytest.raises(WrongUse, match="declare withdraw 1"):
        change(school, "end", last="2026-01-01")
    with pytest.raises(WrongUse, match="has the number 7"):
        change(school, "end", "7")
    change(school, "withdraw")
    with pytest.raises(Refused, match="taken back"):
        change(school, "end")


def test_the_command_says_it_lists_it_and_takes_it_back(school: SchoolDesk) -> None:
    """As typed: this machine's clock is years off the school's, so the days are given."""
    read_once(school, "/*36 O*2 /*2")
    config = school.home / "agent.toml"
    config.write_text(
        f'[[school]]\nurn = "{school.urn}"\nname = "Fernhill Primary"\nmis = "csv"\n'
        f'[school.settings]\npath = "{school.register}"\n',
        encoding="utf-8",
    )
    at = ("--home", school.home, "declare")
    assert agent(*at).out == "Nothing is said beside the marks.\n"
    days = ("--from", "2026-02-16", "--until", "2026-02-20")
    said = agent(*at, "leave", "P2", *days, "--reason", "A wedding.", "--by", "A. Reed")
    assert said.code == 0, said.err
    assert "1: Quill2 Thornapple2: leave was granted, with an end, from 2026-02-16" in said.words
    (row,) = agent(*at, "--format", "json").json
    assert row == {
        "id": 1,
        "what": "leave",
        "mis_id": "P2",
        "name": "Quill2 Thornapple2",
        "first": "2026-02-16",
        "last": "2026-02-20",
        "state": "stands",
        "reason": "A wedding.",
        "by": "A. Reed",
        "at": row["at"],
        "withdrawn_by": None,
        "urn": school.urn,
    }
    assert agent(*at, "withdraw", "1", "--by", "B. Lamb").code == 0
    assert "withdrawn" in agent(*at).out
    refused = agent(*at, "leave")
    assert refused.code == 2
    assert "declare leave PUPIL" in refused.err


LEAVE = (
    '[school.leave]\nhead = "Aldith Penhallow"\n'
    'requirements = ["asked for in writing", "two weeks before its first day"]\n'
)


def configured(school: SchoolDesk, more: str = "") -> tuple[object, ...]:
    """The school's agent.toml with something more in it; the command's first words."""
    (school.home / "agent.toml").write_text(
        f'[[school]]\nurn = "{school.urn}"\nname = "Fernhill Primary"\nmis = "csv"\n'
        f'[school.settings]\npath = "{school.register}"\n{more}',
        encoding="utf-8",
    )
    return ("--home", school.home, "declare")


@pytest.mark.serves("I40")
def test_leave_is_granted_by_the_head_alone_for_a_reason_under_what_the_governors_ask_for(
    school: SchoolDesk,
) -> None:
    read_once(school, "/*36 O*2 /*2")
    at = configured(school, LEAVE)
    leave = (*at, "leave", "P2", "--from", "2026-02-16", "--until", "2026-02-20")
    other = agent(*leave, "--reason", "A wedding.", "--by", "A. Reed")
    assert other.code == 2
    assert "granted here by Aldith Penhallow alone, not by A. Reed" in other.err
    assert "asks for: asked for in writing; two weeks before its first day." in other.err
    unexplained = agent(*leave, "--by", "Aldith Penhallow")
    assert unexplained.code == 2
    assert "exceptional circumstances only: say which, with --reason" in unexplained.err
    assert rows(school) == []
    assert agent(*leave, "--reason", "A funeral abroad.", "--by", "aldith penhallow").code == 0
    (row,) = rows(school)
    assert (row["what"], row["reason"], row["by"]) == (
        "leave",
        "A funeral abroad.",
        "aldith penhallow",
    )
    # What is no leave is said by whoever knows it.
    assert agent(*at, "other-school", "P1", "--by", "A. Reed").code == 0


@pytest.mark.parametrize(
    ("table", "wrong"),
    [
        ("[school.leave]\n", "school.leave.head is missing"),
        ('[school.leave]\nhead = "A"\nwho = "B"\n', "unknown key school.leave.who"),
        ('[school.leave]\nhead = "A"\nrequirements = "x"\n', "requirements is not a list"),
    ],
)
def test_rules_of_leave_that_cannot_be_read_are_named_by_key(
    school: SchoolDesk, table: str, wrong: str
) -> None:
    refused = agent(*configured(school, table))
    assert refused.code == 2
    assert wrong in refused.err
