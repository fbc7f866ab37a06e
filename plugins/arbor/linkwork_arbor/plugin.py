"""The hook, and a school read from its Arbor."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from linkwork.errors import (
    ContactsUnavailable,
    EmptyRegister,
    LinkworkError,
    NotTheSource,
    PermissionMissing,
    WrongUse,
)
from linkwork.plugin import Check, Mis, MisSettings, PupilContacts, hookimpl
from linkwork.register import RegisterBuilder
from linkwork_arbor import mapping
from linkwork_arbor.client import PAGE_SIZE, ArborClient, Item
from linkwork_arbor.mapping import Details, Lookup

_SETTINGS = ("subdomain", "ca_file", "page_size", "base_url")
_SUBDOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LOOPBACK = re.compile(r"http://(?:127\.0\.0\.1|localhost|\[::1\]):\d{1,5}")
LARGEST_PAGE = 5000
RECORDS = ("attendance-roll-call-records", "attendanceRollCallRecords")
#: Without these there is no register.
NEEDED = {
    "students": "students",
    "attendance-marks": "attendanceMarks",
    "attendance-roll-calls": "attendanceRollCalls",
    "attendance-register-types": "attendanceRegisterTypes",
}
#: Without one of these the register is read, and what it would say is unknown.
WANTED = {
    "persons": "persons",
    "uk-dfe_upn-assignments": "ukDfe_UpnAssignments",
    "educational-institutions": "educationalInstitutions",
    "educational-institution-enrolments": "educationalInstitutionEnrolments",
    "academic-levels": "academicLevels",
    "academic-level-memberships": "academicLevelMemberships",
    "registration-forms": "registrationForms",
    "registration-form-memberships": "registrationFormMemberships",
}


@dataclass(frozen=True, slots=True)
class Options:
    """`[school.settings]` of a school on Arbor, and the two secrets from the credential store.

    `subdomain`: the part before `.uk.arbor.sc`. `ca_file`: the certificate of a filter that
    inspects traffic. `page_size`: rows a request. `base_url`: a server on this computer, for
    tests. Secrets: `username` and `password` (the application's user name and token).
    """

    base_url: str
    user: str
    password: str
    ca_file: str | None
    page_size: int

    @classmethod
    def of(cls, given: Mapping[str, Any], secrets: Mapping[str, str]) -> Options:
        """Check the settings. Raises WrongUse naming the setting that is wrong."""
        for name in given:
            if name not in _SETTINGS:
                raise WrongUse(f"arbor knows no setting {name!r}. It knows {', '.join(_SETTINGS)}")
        size = str(given.get("page_size", PAGE_SIZE))
        if not size.isdecimal() or not 1 <= int(size[:5]) <= LARGEST_PAGE:
            raise WrongUse(f"page_size must be a whole number from 1 to {LARGEST_PAGE}")
        for name in ("username", "password"):
            if not secrets.get(name):
                raise WrongUse(
                    f"arbor needs the secret {name}. Write it alone into the file "
                    f"schools/URN/keys/mis-{name} of the agent's folder"
                )
        ca_file = given.get("ca_file")
        return cls(
            _base_url(given), secrets["username"], secrets["password"], ca_file or None, int(size)
        )

    def client(self) -> ArborClient:
        """A client for this school. Raises WrongUse when `ca_file` cannot be read."""
        try:
            tls = ssl.create_default_context(cafile=self.ca_file) if self.ca_file else True
        except (OSError, ssl.SSLError) as error:
            raise WrongUse(
                f"ca_file {Path(str(self.ca_file)).name} is no certificate that can be read"
            ) from error
        return ArborClient(
            self.base_url, self.user, self.password, tls=tls, page_size=self.page_size
        )


def _base_url(given: Mapping[str, Any]) -> str:
    """Built from the subdomain alone: a free address could send the token to anybody."""
    local = given.get("base_url")
    if local is not None:
        if not _LOOPBACK.fullmatch(str(local)):
            raise WrongUse("base_url may only name a server on this computer; set subdomain")
        return str(local)
    subdomain = str(given.get("subdomain", "")).lower()
    if not _SUBDOMAIN.fullmatch(subdomain):
        raise WrongUse(
            "arbor needs the setting subdomain: only the part of the school's address before "
            ".uk.arbor.sc"
        )
    return f"https://{subdomain}.uk.arbor.sc"


class ArborMis:
    """A school on Arbor. Every call opens its own connection; one request at a time."""

    def __init__(self, options: Options, urn: str) -> None:
        self._options, self._urn = options, urn

    def check(self) -> list[Check]:
        """Each list with whether it can be read; one row of each is asked for, no more."""
        checks = []
        with self._options.client() as arbor:
            for path, root in (RECORDS, *NEEDED.items(), *WANTED.items()):
                try:
                    rows = arbor.first(path, root)
                except LinkworkError as error:
                    checks.append(Check(path, False, "cannot be read", str(error)))
                else:
                    checks.append(Check(path, True, "can be read" if rows else "is empty"))
        checks.append(Check("contacts", True, "not read from Arbor: the school is asked instead"))
        return checks

    def read(self, first: date, last: date, into: RegisterBuilder) -> None:
        """Stream pupils and roll-call records into the builder. Raises a MisError."""
        into.database = self._options.base_url
        with self._options.client() as arbor:
            needed = {path: list(arbor.every(path, root)) for path, root in NEEDED.items()}
            details = self._details(arbor, last, into)
            for pupil in mapping.pupils(needed["students"], details):
                into.add_pupil(pupil)
            lookup = Lookup(
                mapping.codes(needed["attendance-marks"]),
                mapping.halves(
                    needed["attendance-roll-calls"], needed["attendance-register-types"]
                ),
            )
            marks = _Marks(first, last, into, lookup, shared=details.institution is not None)
            for record in arbor.every(*RECORDS, _between(first, last)):
                marks.add(record)
        marks.finish()

    def contacts(self, pupil_ids: Sequence[str]) -> list[PupilContacts]:
        """Not read from Arbor. Raises ContactsUnavailable."""
        raise ContactsUnavailable(
            "contacts are not read from Arbor", remedy="The school desk asks the person once"
        )

    def _details(self, arbor: ArborClient, as_of: date, into: RegisterBuilder) -> Details:
        lists: dict[str, list[Item]] = {}
        for path, root in WANTED.items():
            try:
                lists[path] = list(arbor.every(path, root))
            except PermissionMissing:
                into.warn(f"Arbor gives no permission to read {path}: what it says is unknown")
                lists[path] = []
        return Details(
            persons=lists["persons"],
            upns=lists["uk-dfe_upn-assignments"],
            enrolments=lists["educational-institution-enrolments"],
            levels=lists["academic-levels"],
            level_memberships=lists["academic-level-memberships"],
            forms=lists["registration-forms"],
            form_memberships=lists["registration-form-memberships"],
            institution=self._institution(lists["educational-institutions"]),
            as_of=as_of,
        )

    def _institution(self, institutions: list[Item]) -> str | None:
        """The school's own record where this Arbor serves several; None where it is alone.

        Raises NotTheSource when this Arbor names schools and ours is not among them.
        """
        by_urn = {str(each["urn"]): each for each in institutions if each.get("urn")}
        if not by_urn or not self._urn:
            return None
        if self._urn not in by_urn:
            raise NotTheSource(
                f"this Arbor is of URN {', '.join(sorted(by_urn)[:5])}, not of {self._urn}",
                remedy="Correct the school's subdomain or URN in the agent's configuration",
            )
        return mapping.reference(by_urn[self._urn]) if len(by_urn) > 1 else None


class _Marks:
    """Records on their way into a builder."""

    def __init__(
        self, first: date, last: date, into: RegisterBuilder, lookup: Lookup, *, shared: bool
    ) -> None:
        self._first, self._last, self._into, self._lookup = first, last, into, lookup
        self._shared = shared
        self._count = 0
        self._unlisted: set[str] = set()

    def add(self, record: Item) -> None:
        """One record. Of an Arbor that serves several schools, other schools' are left out."""
        mark = mapping.mark(record, self._lookup)
        if mark is None or not self._first <= mark.day <= self._last:
            return
        if not self._into.has_pupil(mark.pupil_id):
            if self._shared:
                return
            self._unlisted.add(mark.pupil_id)
        self._into.add(mark.pupil_id, mark.day, mark.half, mark.code, mark.minutes_late)
        self._count += 1

    def finish(self) -> None:
        """Raises EmptyRegister when no record gave a mark."""
        if self._unlisted:
            count = len(self._unlisted)
            who = "1 pupil with marks is" if count == 1 else f"{count} pupils with marks are"
            self._into.warn(f"{who} not in Arbor's list of students: names and ages are unknown")
        if not self._count:
            raise EmptyRegister(
                f"Arbor gave no marks from {self._first.isoformat()} to {self._last.isoformat()}",
                remedy="Check the dates, and that the application may read roll-call records",
            )


def _between(first: date, last: date) -> dict[str, str]:
    """A day more on each side: whether Arbor counts the ends in is not published."""
    return {
        "recordDate.from": (first - timedelta(days=1)).isoformat() if first > date.min else "",
        "recordDate.to": (last + timedelta(days=1)).isoformat() if last < date.max else "",
    }


@hookimpl
def open_mis(settings: MisSettings) -> Mis:
    """A school on Arbor; its settings are those of `Options`. Raises WrongUse."""
    return ArborMis(Options.of(settings.options, settings.secrets), settings.urn)
