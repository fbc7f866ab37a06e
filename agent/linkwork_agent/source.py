"""Where a register comes from: files in hand, or the configured school's own system and memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from linkwork.errors import WrongUse
from linkwork.facts import Facts
from linkwork.local_codes import LocalCodes
from linkwork.plugin import PupilContacts
from linkwork.policy import PolicySeries
from linkwork.readying import in_national_codes, ready
from linkwork.register import Register
from linkwork.rereading import reread
from linkwork.results import YearResult
from linkwork_agent import check, reading, rereads, stating
from linkwork_agent.ports import fresh_id
from linkwork_agent.store import base, changes, inbox, outbox, registers, results
from linkwork_agent.store.base import open_existing
from linkwork_agent.store.changes import Changed
from linkwork_agent.store.stated import Stated
from linkwork_agent.work import Place, mis_of


class Source(Protocol):
    """A register and what is known beside it. `urn` is the school's, None when not known."""

    urn: str | None

    def policy(self) -> PolicySeries:
        """The policy to judge by when none is named."""

    def whole(self, policy: PolicySeries) -> Register:
        """The register with everybody in it, in the nation's codes. Raises as `register` does."""

    def register(self, policy: PolicySeries) -> Register:
        """The register as it is judged. Raises BadInput, WrongUse or a MisError."""

    def pseudonyms(self) -> Mapping[str, str]:
        """The pseudonym of each pupil that has one, by MIS id."""

    def with_what_stands(self, register: Register) -> Register:
        """The register with marks that findings rest on and the source lost."""

    def kept_results(self, pupil_id: str) -> Sequence[YearResult]:
        """Results of school years kept from earlier reads."""

    def key_of(self, pupil_id: str) -> str:
        """What tells a pupil from every other, whatever the MIS calls it."""

    def taken_over(self, since: date) -> Sequence[Changed] | None:
        """Marks that became other ones from that day on; None where nobody kept them."""

    def said(self, as_of: date | None) -> Sequence[Stated]:
        """What the school has said beside its marks and holds on a day (None: today)."""

    def facts(self, said: Sequence[Stated], keys: Mapping[str, str]) -> Facts:
        """The facts in it, and sickness returns that were sent; `keys` by pupil id."""


@dataclass(frozen=True, slots=True)
class InHand:
    """Register files, and what `check` takes beside them: see its options of these names."""

    files: Sequence[str] = ()
    calendar: str | None = None
    urn: str | None = None
    codes: str | None = None
    profile: str | None = None


class Files:
    """Register files, without hub or configuration."""

    def __init__(self, given: InHand) -> None:
        self._given, self.urn = given, given.urn

    def policy(self) -> PolicySeries:
        """England's, as `check` has it."""
        return check.chosen(None)

    def whole(self, policy: PolicySeries) -> Register:
        """The register in the files."""
        own = check.codes_of(self._given.codes, self._given.profile)
        return in_national_codes(self._read(), policy.code_sets, own)

    def register(self, policy: PolicySeries) -> Register:
        """The register in the files, as `check` judges it."""
        own = check.codes_of(self._given.codes, self._given.profile)
        return ready(self._read(), policy.code_sets, own)

    def _read(self) -> Register:
        given = self._given
        return check.read(given.files, given.calendar, given.urn, given.profile)

    def pseudonyms(self) -> Mapping[str, str]:
        """None: they are made with the authority's key."""
        return {}

    def with_what_stands(self, register: Register) -> Register:
        """The register as it is."""
        return register

    def kept_results(self, pupil_id: str) -> Sequence[YearResult]:
        """None."""
        return ()

    def key_of(self, pupil_id: str) -> str:
        """The id itself."""
        return pupil_id

    def taken_over(self, since: date) -> Sequence[Changed] | None:
        """Not known: it is kept at a configured school."""
        return None

    def said(self, as_of: date | None) -> Sequence[Stated]:
        """Nothing: it is kept at a configured school."""
        return ()

    def facts(self, said: Sequence[Stated], keys: Mapping[str, str]) -> Facts:
        """None."""
        return {}


class ConfiguredSchool:
    """A school in agent.toml: its plugin's register, and the agent's store when there is one."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self.urn: str | None = place.school.urn
        self._known: dict[str, registers.Known] = {}
        self._memory: reading.Memory | None = None
        self._policy: PolicySeries | None = None
        self._kept: dict[str, list[YearResult]] = {}
        store = open_existing(place.folder / "agent.db")
        if store is not None:
            with store:
                text = base.text(store.read, "policy_toml")
                self._policy = reading.kept_policies(store.read) if text else None
                self._memory = reading.remember(store.read)
                self._known = {known.mis_id: known for known in self._memory.pupils}
                self._kept = results.kept(store.read)

    def policy(self) -> PolicySeries:
        """The authority's, once it has sent one; until then England's."""
        return self._policy or check.chosen(None)

    def whole(self, policy: PolicySeries) -> Register:
        """The register as the school's system gives it today."""
        return in_national_codes(self._read(policy), policy.code_sets, self._own_codes())

    def register(self, policy: PolicySeries) -> Register:
        """The register as the school's system gives it today, as the service judges it."""
        return ready(self._read(policy), policy.code_sets, self._own_codes())

    def _own_codes(self) -> LocalCodes:
        return self._place.config.own_codes(self._place.school)

    def _read(self, policy: PolicySeries) -> Register:
        school, today = self._place.school, self._place.clock().astimezone().date()
        asked = rereads.whole(today, policy)
        return reading.read_school(mis_of(self._place), school.mis, school.urn, asked)

    def pseudonyms(self) -> Mapping[str, str]:
        """Of every pupil the agent has met."""
        return {mis_id: known.pseudonym for mis_id, known in self._known.items()}

    def with_what_stands(self, register: Register) -> Register:
        """As the service judges it: a mark that vanished corrects nothing."""
        if self._memory is None:
            return register
        asked = register.sessions[0].date, self._place.clock().astimezone().date()
        keys = [self.key_of(pupil.pupil_id) for pupil in register.pupils]
        known = self._memory.known
        return reread(known, register, keys, asked=asked, keep_from=asked[0]).whole

    def kept_results(self, pupil_id: str) -> Sequence[YearResult]:
        """What the store keeps of this pupil."""
        return [
            replace(each, pupil_id=pupil_id) for each in self._kept.get(self.key_of(pupil_id), ())
        ]

    def pupils_in_hand(self) -> tuple[str, ...]:
        """MIS ids of the pupils in a return that waits for its release or in an open request.

        Contacts are read of these pupils and of no others.
        """
        store = open_existing(self._place.folder / "agent.db")
        if store is None:
            return ()
        with store:
            keys = {held.pupil_key for held in registers.held(store.read)}
            asked = {each.pseudonym for each in inbox.requests(store.read) if each.state == "open"}
        return tuple(
            sorted(
                known.mis_id
                for known in self._known.values()
                if known.pupil_key in keys or known.pseudonym in asked
            )
        )

    def contacts(self, mis_ids: Sequence[str]) -> list[PupilContacts]:
        """Contacts of just these pupils, from the school's system. Raises a MisError."""
        return list(mis_of(self._place).contacts(mis_ids))

    def record(self, words: str) -> None:
        """Put a line into what `sent` shows: names went from the system into a file."""
        now = self._place.clock()
        line = outbox.Line(fresh_id(self._place.random, "x"), "export", words, {})
        with self._place.store() as store:
            outbox.leaving(store, line, now)
            with store.write() as tx:
                outbox.received(tx, line, now)

    def taken_over(self, since: date) -> Sequence[Changed] | None:
        """What the store keeps of them, the oldest first; None before the first collection."""
        store = open_existing(self._place.folder / "agent.db")
        if store is None:
            return None
        with store:
            if registers.last_run(store.read) is None:
                return None
            return [mark for _, mark in changes.taken_over(store.read, since.isoformat())]

    def said(self, as_of: date | None) -> Sequence[Stated]:
        """What the store keeps of it."""
        today = self._place.clock().astimezone().date()
        return stating.standing(self._memory.said if self._memory else (), as_of or today)

    def facts(self, said: Sequence[Stated], keys: Mapping[str, str]) -> Facts:
        """As the service judges by them."""
        if self._memory is None:
            return {}
        return stating.facts(said, keys, self._memory.episodes, self._memory.sick)

    def key_of(self, pupil_id: str) -> str:
        """The agent's own key, once it has met the pupil."""
        known = self._known.get(pupil_id)
        return known.pupil_key if known else f"not met: {pupil_id}"


def source_of(given: InHand, place: Callable[[], Place]) -> Source:
    """The files named, or else the configured school of `place`.

    Raises WrongUse for what belongs to files without any, or for a configuration that is none.
    """
    if given.files:
        return Files(given)
    for option, what in (
        ("calendar", "The calendar of a configured school stands"),
        ("codes", "The own codes of a configured school stand"),
        ("profile", "The profile of a configured school stands"),
    ):
        if getattr(given, option):
            raise WrongUse(f"--{option} goes with register files. {what} in agent.toml")
    return ConfiguredSchool(place())
