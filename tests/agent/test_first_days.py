"""The first days of an absence: whom to ring today, what became of it, and whom to write to."""

from __future__ import annotations

import re
from pathlib import Path

from command import agent
from registers import MONDAY, marks, weekdays

from linkwork import policy

DAYS = weekdays(MONDAY, 20)


def file(folder: Path, *pupils: str | tuple[str, str], name: str = "register.csv") -> Path:
    """A register of one pupil a story, of form 7A or the form given with it."""
    lines = ["pupil_id,surname,form,date_of_birth,date,session,code"]
    for number, each in enumerate(pupils, 1):
        form, story = ("7A", each) if isinstance(each, str) else each
        for (day, half), code in marks(story).items():
            lines.append(f"P{number},Ash{number},{form},2014-05-01,{day},{half},{code}")
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def part(said: str, title: str) -> list[str]:
    """The lines of one part of the table."""
    return said[said.index(title) :].split("\n\n", maxsplit=1)[0].splitlines()


CALLS = "NO MARK, OR NO REASON, TODAY"
#: The first day: P1 and P3 gave no reason, P2 did, P4 went home at noon, 7B took no register.
FIRST_DAY: tuple[str | tuple[str, str], ...] = (
    "/*9 N", "/*9 I", "/*9 N", "/*9 /+-", "/*8 N /", *[("7B", "/*9 -")] * 4, "/*9 L+\\",
)  # fmt: skip


def test_the_list_of_first_day_calls_names_who_gave_no_reason_and_shows_every_gap(
    tmp_path: Path,
) -> None:
    found = part(agent("check", file(tmp_path, *FIRST_DAY)).out, CALLS)
    assert found == [
        "NO MARK, OR NO REASON, TODAY: 7 pupils",
        "  Take the missing registers, then ring the families that have given no reason.",
        "  P1  Ash1, 7A: N AM, N PM",
        "  P3  Ash3, 7A: N AM, N PM",
        "  P4  Ash4, 7A: no mark PM",
        "  7B: the register is missing, 4 pupils without a mark.",
    ]


def test_what_a_call_found_out_is_seen_and_a_call_that_found_nothing_stays(tmp_path: Path) -> None:
    old = file(tmp_path, *FIRST_DAY, name="old.csv")
    # On the next day P1's family has said why; nobody has of P3, who is back.
    told: tuple[str | tuple[str, str], ...] = (
        "/*9 I /",
        "/*9 I I",
        "/*9 N /",
        "/*9 /+O /",
        "/*8 N / /",
        *[("7B", "/*11")] * 4,
    )
    new = file(tmp_path, *told, "/*9 L+\\ /", name="new.csv")
    said = agent("check", new)
    assert CALLS not in said.out
    chased = "\n".join(part(said.out, "NO REASON YET, BY AGE"))
    assert "1 school day old (Fri 16 Jan 2026)" in chased
    assert "P3  Ash3, 7A: AM, PM" in chased
    assert "P1" not in chased
    became = agent("check", new, "--since", old, "--format", "csv").out.splitlines()
    assert f"mark changed,P1,,{DAYS[9]},AM,N,I," in became
    assert not any(",P3," in line and ",N,I," in line for line in became)


def test_on_the_third_day_without_permission_the_family_is_to_be_written_to(
    tmp_path: Path,
) -> None:
    path = file(
        tmp_path,
        "/*7 O*3",  # Wednesday to Friday
        "/*4 O # O*2 /*2",  # a closure is no school day: three days, and over again
        "/*8 O*2",  # two days
        "/*6 O*2 /+\\ O",  # in school between
        "/*7 O I O",  # illness between
        "/*7 U*3",  # late three times after the register closed
    )  # fmt: skip
    title = "THREE SCHOOL DAYS IN A ROW WITHOUT PERMISSION"
    found = part(agent("check", path).out, title)
    assert found[:2] == [f"{title}: 3 pupils", "  Write to the family, and ring again."]
    assert [line.split()[0] for line in found[2:] if line.startswith("  P")] == ["P1", "P6"]
    # A day earlier it is nobody's third day; what stood before that is over.
    day_before = part(agent("check", path, "--as-of", DAYS[8]).out, title)
    assert day_before[0] == f"{title}: 1 pupil"
    assert [line.split()[0] for line in day_before[2:]] == ["1"]
    assert "1 earlier spell" in day_before[2].lower()


def example(root: Path) -> str:
    """The rule as the page on writing a policy has it."""
    page = (root / "docs" / "writing-a-policy.md").read_text(encoding="utf-8")
    [found] = [
        block
        for block in re.findall(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
        if "third-day-of-any-absence" in block
    ]
    return str(found)


def test_a_policy_can_say_third_day_of_any_absence(tmp_path: Path, root: Path) -> None:
    own = tmp_path / "own.toml"
    head = policy.builtin("england-2024").text.partition("[[trigger]]")[0]
    own.write_text(head.replace("england-2024", "own", 1) + example(root), encoding="utf-8")
    path = file(
        tmp_path,
        "/*7 I O N",  # three days, three reasons
        "/*4 I*2 # I /*2",  # three school days, a closure among them
        "/*3 I*3 /*4",  # a Thursday, a Friday and the Monday after
        "/*8 I*2",  # two days
        "/*5 I*2 /+I I*2",  # in school on a morning between
        "/*7 I*2 Y1",  # the transport did not run: not possible, so not absent
        "/*10",
    )  # fmt: skip
    found = agent("check", path, "--policy", own, "--format", "json").json["findings"]
    assert {(each["pupil_id"], each["value"]) for each in found} == {
        ("P1", 3),
        ("P2", 3),
        ("P3", 3),
    }
    assert {each["audience"] for each in found} == {"school"}
    day_before = agent("check", path, "--policy", own, "--as-of", DAYS[8], "--format", "json").json
    assert {each["pupil_id"] for each in day_before["findings"]} == {"P2", "P3"}
