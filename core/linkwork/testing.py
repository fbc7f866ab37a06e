"""The promises every plugin keeps, as tests to inherit: subclass `MisContract` and run pytest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import ModuleType
from typing import Any

import pluggy

from linkwork import upn
from linkwork.errors import ContactsUnavailable, LinkworkError
from linkwork.plugin import GROUP, Hooks, Mis, MisSettings
from linkwork.register import HALVES, MODES, Enrolment, Register, RegisterBuilder, Session


@dataclass(frozen=True, slots=True)
class Expected:
    """What is known of the source a contract is tested on.

    `first` and `last` are dates that hold marks; `pupils` how many pupils a read of them gives;
    `marks` some marks by (pupil_id, date, "AM" or "PM"), None where there must be no mark;
    `enrolments` every time on roll of some pupils by pupil_id, a pupil who left and came back among
    them where the source can tell; `silent` fields of a pupil that the source does not give.
    """

    first: date
    last: date
    pupils: int
    marks: Mapping[tuple[str, date, str], str | None] = field(default_factory=dict)
    enrolments: Mapping[str, tuple[Enrolment, ...]] = field(default_factory=dict)
    silent: frozenset[str] = frozenset()


def manager(plugin: ModuleType) -> pluggy.PluginManager:
    """A plugin manager with only this plugin, its hook checked against the specification."""
    plugins = pluggy.PluginManager(GROUP)
    plugins.add_hookspecs(Hooks)
    plugins.register(plugin)
    plugins.check_pending()
    return plugins


def open_mis(
    plugin: ModuleType,
    *,
    urn: str = "",
    secrets: Mapping[str, str] | None = None,
    **options: Any,
) -> Mis:
    """Open a school system as the agent does. `options` are the plugin's settings."""
    settings = MisSettings(urn, options, secrets or {})
    mis: Mis = manager(plugin).hook.open_mis(settings=settings)
    return mis


def read(mis: Mis, first: date, last: date) -> Register:
    """The register of `first`..`last`, both inclusive. Raises what `mis.read` raises."""
    into = RegisterBuilder(source="contract")
    mis.read(first, last, into)
    return into.build()


class MisContract:
    """Inherit this in a class named Test..., and say how to open the source and what it holds.

    ```
    class TestOurs(MisContract):
        plugin = linkwork_ours.plugin
        expected = Expected(date(2026, 9, 7), date(2026, 9, 11), pupils=3)

        def open(self) -> Mis:
            return open_mis(self.plugin, path="tests/data/three-pupils.csv")
    ```
    """

    plugin: ModuleType
    expected: Expected

    def open(self) -> Mis:
        """The source, opened anew on every call."""
        raise NotImplementedError("say how to open the source: def open(self) -> Mis")

    def hostile(self) -> Iterable[tuple[str, Mis]]:
        """Sources that must be refused, each with a word for what is wrong with it."""
        return ()

    def read(self, first: date | None = None, last: date | None = None) -> Register:
        """The register of the expected dates, or of others."""
        return read(self.open(), first or self.expected.first, last or self.expected.last)

    def test_the_hook_fits_the_specification(self) -> None:
        assert manager(self.plugin).hook.open_mis.get_hookimpls()

    def test_an_open_source_keeps_to_the_protocol(self) -> None:
        assert isinstance(self.open(), Mis)

    def test_check_names_what_it_looked_at_and_gives_a_remedy_where_something_is_wrong(
        self,
    ) -> None:
        checks = list(self.open().check())
        assert checks, "check() says nothing: a technician cannot tell what was seen"
        for check in checks:
            assert check.name
            assert check.seen
            assert check.ok or check.remedy, f"{check.name} is not well and has no remedy"

    def test_every_pupil_comes_once(self) -> None:
        ids = [pupil.pupil_id for pupil in self.read().pupils]
        assert len(ids) == len(set(ids)) == self.expected.pupils
        assert all(ids), "a pupil has an empty id"

    def test_the_known_marks_are_there(self) -> None:
        register = self.read()
        for (pupil_id, day, half), code in self.expected.marks.items():
            assert register.mark(pupil_id, Session(day, half)) == code, (pupil_id, day, half)

    def test_every_pupil_has_times_on_roll_in_order_each_of_a_known_mode(self) -> None:
        for pupil in self.read().pupils:
            spells = pupil.enrolments
            assert spells, f"{pupil.pupil_id} has no enrolment; one without dates is open"
            starts = [spell.start or date.min for spell in spells]
            assert starts == sorted(starts), f"{pupil.pupil_id}: enrolments are not in order"
            for spell in spells:
                assert spell.mode in MODES, f"{pupil.pupil_id}: no mode {spell.mode!r}"
                assert not (spell.start and spell.end and spell.end < spell.start), pupil.pupil_id

    def test_the_known_enrolments_are_there_and_coming_back_is_a_second_one(self) -> None:
        found = {pupil.pupil_id: pupil.enrolments for pupil in self.read().pupils}
        for pupil_id, spells in self.expected.enrolments.items():
            assert found[pupil_id] == spells, pupil_id

    def test_what_the_source_does_not_say_is_unknown_and_never_no(self) -> None:
        pupils = self.read().pupils
        for name in self.expected.silent:
            assert {getattr(pupil, name) for pupil in pupils} == {None}, name

    def test_a_temporary_upn_is_called_so_and_none_is_not(self) -> None:
        for pupil in self.read().pupils:
            if pupil.upn is None or not upn.problem(pupil.upn):
                lettered = pupil.upn is not None and upn.is_temporary(pupil.upn)
                assert pupil.upn_temporary or not lettered, f"{pupil.pupil_id}: temporary"
                assert pupil.upn or not pupil.upn_temporary, f"{pupil.pupil_id}: has no UPN"

    def test_no_mark_is_no_code(self) -> None:
        signs = set(self.read().codes[1:])
        assert not signs & {"", "-"}, "no mark stands among the codes"

    def test_codes_come_as_the_source_has_them_one_token_each(self) -> None:
        for code in self.read().codes[1:]:
            assert 1 <= len(code) <= 3, f"the code {code!r} is not one token"
            assert code == code.strip()

    def test_sessions_stand_in_time_order_within_the_dates_asked_for(self) -> None:
        day = self.expected.last
        sessions = self.read(day, day).sessions
        assert sessions, f"the last expected day, {day}, has no session"
        assert list(sessions) == sorted(sessions)
        assert all(session.date == day and session.half in HALVES for session in sessions)

    def test_a_shorter_read_gives_the_same_marks(self) -> None:
        day = self.expected.first
        whole, short = self.read(), self.read(day, day)
        for place, pupil in enumerate(short.pupils):
            for session, code in short.marks(place):
                assert whole.mark(pupil.pupil_id, session) == code

    def test_reading_twice_gives_the_same_register(self) -> None:
        first, second = self.read(), self.read()
        assert first.pupils == second.pupils
        assert first.sessions == second.sessions
        assert [list(first.marks(p)) for p in range(len(first.pupils))] == [
            list(second.marks(p)) for p in range(len(second.pupils))
        ]

    def test_dates_without_marks_are_an_error_never_an_empty_register(self) -> None:
        far = self.expected.last + timedelta(days=3650)
        message = _refusal_of(self.open(), far, far + timedelta(days=6))
        assert message, "an empty register was given without an error"

    def test_warnings_never_hold_a_name(self) -> None:
        register = self.read()
        names = {name for p in register.pupils for name in (p.surname, p.forename) if name}
        for warning in register.warnings:
            assert not names & set(warning.split()), "a pupil's name stands in a warning"

    def test_contacts_are_of_the_pupils_asked_for_and_nobody_else(self) -> None:
        asked = [pupil.pupil_id for pupil in self.read().pupils[:2]]
        try:
            found = self.open().contacts(asked)
        except ContactsUnavailable:
            return
        assert [one.pupil_id for one in found] == asked

    def test_a_hostile_source_is_refused_with_a_remedy_and_nothing_else_is_raised(self) -> None:
        for word, mis in self.hostile():
            message = _refusal_of(mis, self.expected.first, self.expected.last)
            assert message, f"{word}: nothing was refused"
            assert ". " in message, f"{word}: the message has no remedy after the problem"


def _refusal_of(mis: Mis, first: date, last: date) -> str | None:
    """What a read is refused with; None when it gave a register. Other errors are not caught."""
    try:
        read(mis, first, last)
    except LinkworkError as error:
        return str(error)
    return None
