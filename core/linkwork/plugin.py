"""The whole plugin API: one hook, what it must return, and the names both sides use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol, runtime_checkable

import pluggy

from linkwork.register import RegisterBuilder

#: The entry-point group a plugin registers in; the entry's name is the `mis` of the config.
GROUP = "linkwork.mis"

hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing `Mis.check()` looked at. `remedy` is empty when `ok`.

    `count` is how many pupils the MIS holds, on the one check that counted them: `doctor` puts it
    beside how many were read.
    """

    name: str
    ok: bool
    seen: str
    remedy: str = ""
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One thing `linkwork-agent setup` asks a person for, when the command line did not say it.

    `name` is that of the setting or, when `secret`, of the secret: then what is typed is not shown
    and goes into a key file, never into the configuration. An empty answer leaves it out.
    """

    name: str
    ask: str
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Contact:
    """A parent or carer. None means the source does not say."""

    contact_id: str
    title: str | None = None
    forename: str | None = None
    surname: str | None = None
    relationship: str | None = None
    parental_responsibility: bool | None = None
    lives_with: bool | None = None
    address: tuple[str, ...] = ()
    postcode: str | None = None
    phones: tuple[str, ...] = ()
    email: str | None = None
    language: str | None = None
    priority: int | None = None
    do_not_contact: bool | None = None
    address_confidential: bool | None = None


@dataclass(frozen=True, slots=True)
class PupilContacts:
    """What `Mis.contacts` gives of one pupil: its contacts, its own address, its siblings."""

    pupil_id: str
    contacts: tuple[Contact, ...] = ()
    address: tuple[str, ...] = ()
    postcode: str | None = None
    siblings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SchoolAction:
    """An action that school and authority agreed, as `receive_actions` is given it.

    `state` is open, started, done, declined or withdrawn. Of an action about one pupil `what` is
    empty: who it is and what is to be done stand in `linkwork-agent actions` alone.
    """

    action_id: str
    what: str
    who: str
    due: date
    agreed_on: date
    state: str
    about_a_pupil: bool = False
    meeting: str | None = None


@dataclass(frozen=True, slots=True)
class MisSettings:
    """What the agent hands to `open_mis`: the school and the plugin's own settings.

    `options` is the `[school.settings]` table of the agent's configuration. `secrets` holds
    values read from the credential store; they never stand in the configuration file.
    """

    urn: str
    options: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)


class Person(Protocol):
    """Whoever sets a source up: at a terminal, or a script with its answers ready."""

    def say(self, words: str) -> None:
        """Show some lines."""

    def ask(self, key: str, words: str, choices: Mapping[str, str], default: str = "") -> str:
        """The answer to a question: one of `choices` (answer to meaning), or any text for none.

        `key` names the question for a script. An empty answer is the default. Raises WrongUse
        when nobody answers; then nothing must have been kept.
        """


@dataclass(frozen=True, slots=True)
class FileSetup:
    """What `setup` was given to understand: files, the folder for profiles, a profile's name.

    `urn` is the school's, where it is known already.
    """

    files: tuple[str, ...]
    profiles: str
    name: str
    urn: str = ""


@dataclass(frozen=True, slots=True)
class Understanding:
    """What came of it: settings for the school, and its own codes with those they stand for."""

    settings: Mapping[str, str | Sequence[str]]
    codes: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class Mis(Protocol):
    """An open school system."""

    def check(self) -> Sequence[Check]:
        """What it can see, and which permission or column is missing. Reads no marks in bulk."""

    def read(self, first: date, last: date, into: RegisterBuilder) -> None:
        """Stream pupils, calendar and marks of `first`..`last` (inclusive) into the builder.

        Raises a MisError or BadInput; never returns half a register in silence.
        """

    def contacts(self, pupil_ids: Sequence[str]) -> Sequence[PupilContacts]:
        """Contacts of just these pupils. Raises ContactsUnavailable when the source has none."""


class Hooks(Protocol):
    """The hook specification. Arguments may be added in later versions, never removed.

    Only `open_mis` must be there.
    """

    @hookspec(firstresult=True)
    def open_mis(self, settings: MisSettings) -> Mis:
        """Open the school system named in the settings. Raises a MisError or WrongUse."""

    @hookspec(firstresult=True)
    def understand_files(self, given: FileSetup, person: Person) -> Understanding:
        """Understand files with a person's help and keep what was understood as a profile.

        Optional. Raises BadInput or WrongUse, having kept nothing.
        """

    @hookspec(firstresult=True)
    def questions(self) -> Sequence[Question]:
        """What `setup` asks for this system, in order. Without this hook it asks nothing."""

    @hookspec(firstresult=True)
    def read_calendar(self, path: str, first: date, last: date, into: RegisterBuilder) -> bool:
        """Read a school's own calendar file into the builder, and return True.

        Optional, and called of the csv plugin: a school on any system may name such a file.
        Raises BadInput.
        """

    @hookspec
    def receive_actions(self, settings: MisSettings, actions: Sequence[SchoolAction]) -> None:
        """Optional: show the school's actions where it works, in its own system.

        Called with all of them whenever any has changed, and again until it returns without an
        error: keep each by its id. No pupil is named. Raises a MisError.
        """
