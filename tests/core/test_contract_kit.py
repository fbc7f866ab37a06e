"""The contract kit passes a plugin that keeps its promises and fails one that breaks any."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from types import ModuleType

import pytest

from linkwork.errors import BadInput, EmptyRegister
from linkwork.plugin import Check, Mis, MisSettings, PupilContacts, hookimpl
from linkwork.register import Enrolment, Pupil, RegisterBuilder
from linkwork.testing import Expected, MisContract

MONDAY = date(2026, 9, 7)
FRIDAY = MONDAY + timedelta(days=4)


BACK_IN_MAY = (
    Enrolment(date(2025, 9, 1), date(2025, 12, 19)),
    Enrolment(date(2026, 5, 1), None, "M"),
)
LARKSPUR = Pupil("", surname="Larkspur", upn="M80120000500A", upn_temporary=True,
                 enrolments=BACK_IN_MAY)  # fmt: skip


@dataclass(frozen=True)
class FiveDays:
    """A source of two pupils and five days, whose behaviour a test can spoil."""

    checks: tuple[Check, ...] = (Check("register", True, "two pupils"),)
    code: str = "/"
    minds_dates: bool = True
    refuses_nothing: bool = True
    warning: str = ""
    ids: tuple[str, ...] = ("17", "18")
    others_contacts: bool = False
    reads: list[int] | None = None
    refusal: Exception | None = None
    details: Pupil = LARKSPUR

    def check(self) -> Sequence[Check]:
        return self.checks

    def read(self, first: date, last: date, into: RegisterBuilder) -> None:
        if self.refusal is not None:
            raise self.refusal
        code = self.code
        if self.reads is not None:
            self.reads.append(len(self.reads))
            code = "/" if len(self.reads) % 2 else "N"
        count = 0
        for pupil_id in self.ids:
            into.add_pupil(replace(self.details, pupil_id=pupil_id))
            for number in range(5):
                day = MONDAY + timedelta(days=number)
                if first <= day <= last or not self.minds_dates:
                    into.add(pupil_id, day, "AM", code)
                    count += 1
        if self.warning:
            into.warn(self.warning)
        if not count and self.refuses_nothing:
            raise EmptyRegister("no marks", remedy="Check the dates")

    def contacts(self, pupil_ids: Sequence[str]) -> Sequence[PupilContacts]:
        ids = ["99", *pupil_ids] if self.others_contacts else pupil_ids
        return [PupilContacts(pupil_id) for pupil_id in ids]


def contract(mis: Mis, **expected: object) -> MisContract:
    """The contract over one source."""
    plugin = ModuleType("made_up")

    @hookimpl
    def open_mis(settings: MisSettings) -> Mis:
        return mis

    plugin.__dict__["open_mis"] = open_mis

    class Contract(MisContract):
        def open(self) -> Mis:
            return mis

        def hostile(self) -> list[tuple[str, Mis]]:
            return [("hostile", mis)] if expected.get("hostile") else []

    made = Contract()
    made.plugin = plugin
    marks = {("17", MONDAY, "AM"): "/", ("17", MONDAY, "PM"): None}
    made.expected = Expected(
        MONDAY,
        FRIDAY,
        pupils=2,
        marks=marks,
        enrolments={"17": BACK_IN_MAY},
        silent=frozenset({"fsm", "date_of_birth"}),
    )
    return made


def every_promise(kit: MisContract) -> list[Callable[[], None]]:
    return [getattr(kit, name) for name in dir(kit) if name.startswith("test_")]


def test_a_plugin_that_keeps_its_promises_passes_every_test() -> None:
    promises = every_promise(contract(FiveDays()))
    assert len(promises) == 18
    for promise in promises:
        promise()


BROKEN: dict[str, FiveDays] = {
    "check_names": FiveDays(checks=()),
    "check_names_what_it_looked_at_and_gives_a_remedy": FiveDays(
        checks=(Check("register", False, "a column is missing"),)
    ),
    "every_pupil_comes_once": FiveDays(ids=("17", "18", "19")),
    "the_known_marks": FiveDays(code="O"),
    "every_pupil_has_times_on_roll": FiveDays(
        details=replace(LARKSPUR, enrolments=BACK_IN_MAY[::-1])
    ),
    "every_pupil_has_times_on_roll_in_order": FiveDays(
        details=replace(LARKSPUR, enrolments=(Enrolment(mode="Guest"),))
    ),
    "every_pupil_has_times_on_roll_in_order_each": FiveDays(
        details=replace(LARKSPUR, enrolments=())
    ),
    "the_known_enrolments": FiveDays(details=replace(LARKSPUR, enrolments=BACK_IN_MAY[1:])),
    "what_the_source_does_not_say": FiveDays(details=replace(LARKSPUR, fsm=False)),
    "a_temporary_upn": FiveDays(details=replace(LARKSPUR, upn_temporary=False)),
    "a_temporary_upn_is_called_so_and_none": FiveDays(details=replace(LARKSPUR, upn=None)),
    "codes_come_as_the_source_has_them": FiveDays(code="PRESENT"),
    "sessions_stand": FiveDays(minds_dates=False),
    "a_shorter_read": FiveDays(reads=[]),
    "reading_twice": FiveDays(reads=[]),
    "dates_without_marks": FiveDays(refuses_nothing=False),
    "warnings_never_hold_a_name": FiveDays(warning="Larkspur has no UPN"),
    "contacts_are_of_the_pupils_asked_for": FiveDays(others_contacts=True),
}


@pytest.mark.parametrize("promise", BROKEN)
def test_a_broken_promise_fails_its_own_test(promise: str) -> None:
    kit = contract(BROKEN[promise])
    [found] = [name for name in dir(kit) if name.startswith(f"test_{promise}")]
    with pytest.raises(AssertionError):
        getattr(kit, found)()


def test_a_hostile_source_that_is_read_or_refused_without_a_remedy_fails() -> None:
    name = "test_a_hostile_source_is_refused_with_a_remedy_and_nothing_else_is_raised"
    with pytest.raises(AssertionError, match="nothing was refused"):
        getattr(contract(FiveDays(), hostile=True), name)()
    wordless = replace(FiveDays(), refusal=BadInput("wrong", remedy="Mend it"))
    getattr(contract(wordless, hostile=True), name)()
    with pytest.raises(KeyError):
        getattr(contract(replace(wordless, refusal=KeyError("x")), hostile=True), name)()


def test_a_hook_of_another_shape_is_named() -> None:
    plugin = ModuleType("made_up")

    @hookimpl
    def open_mis(connection: str) -> None:
        del connection

    plugin.__dict__["open_mis"] = open_mis
    kit = contract(FiveDays())
    kit.plugin = plugin
    with pytest.raises(Exception, match="connection"):
        kit.test_the_hook_fits_the_specification()
