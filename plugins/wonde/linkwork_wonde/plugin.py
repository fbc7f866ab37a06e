"""The hook, and a school read through Wonde."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta

from linkwork.errors import ContactsUnavailable, EmptyRegister, MisError, WrongUse
from linkwork.plugin import Check, Mis, MisSettings, PupilContacts, hookimpl
from linkwork.register import RegisterBuilder
from linkwork_wonde import mapping
from linkwork_wonde.client import SECONDS, Client

#: Where a region's schools are; another domain gives no data, and says nothing.
REGIONS = {
    "uk": "https://api.wonde.com",
    "anz": "https://api-ap-southeast-2.wonde.com",
    "za": "https://api-af-south-1.wonde.com",
}
SETTINGS = ("school", "region", "seconds", "address")
#: Leavers stand on lists of their own: without them their marks of this year would be lost.
_PUPILS = ("students", "students-leaver")
_MARKS = ("attendance/session", "attendance-leavers/session")
_SCHOOL = re.compile(r"[A-Za-z0-9]{4,20}")


@dataclass(frozen=True)
class WondeMis:
    """A school of Wonde's by its id. `seconds`: how long one answer may take."""

    address: str
    school: str
    token: str
    seconds: float = SECONDS

    def check(self) -> list[Check]:
        """What the token can see of a student, and what the school has not approved."""
        try:
            with closing(self._client()) as client:
                first = next(iter(client.rows(_PUPILS[0], **_INCLUDED)), None)
        except MisError as problem:
            return [Check("Wonde", False, "cannot be read", str(problem))]
        if first is None:
            remedy = "Check the settings school and region: another region's domain gives no data"
            return [Check("students", False, "none", remedy)]
        lacking = [name for name in mapping.WANTED if mapping.value(first, name) is None]
        if "id" in lacking:
            return [Check("students", False, "no id", "Have the school approve students in Wonde")]
        seen = f"not given: {', '.join(lacking)}" if lacking else "everything that is asked for"
        return [Check("students", True, seen), _NO_CONTACTS]

    def read(self, first: date, last: date, into: RegisterBuilder) -> None:
        """Stream students, leavers and their marks of first..last into the builder."""
        marks = 0
        # Asked for a day more: whether the date itself counts is not said.
        asked = {"attendance_date_after": first - timedelta(days=1)}
        with closing(self._client()) as client:
            for what in _PUPILS:
                for row in client.rows(what, **_INCLUDED):
                    into.add_pupil(mapping.pupil(row))
            for what in _MARKS:
                rows = client.rows(what, include="student,attendance_code", **asked)
                for number, row in enumerate(rows, 1):
                    mark = mapping.mark(row)
                    if first <= mark.day <= last:
                        into.add(*mark, row=number)
                        marks += mark.code != "-"
        if not marks:
            raise EmptyRegister(
                f"Wonde has no marks from {first} to {last}",
                remedy="Check the settings school and region, and that the school's data is "
                "up to date in Wonde",
            )

    def contacts(self, pupil_ids: Sequence[str]) -> list[PupilContacts]:
        """Not asked of Wonde. Raises ContactsUnavailable."""
        raise ContactsUnavailable(
            "contacts are not read through Wonde", remedy="The school desk asks the person once"
        )

    def _client(self) -> Client:
        return Client(f"{self.address}/v1.0/schools/{self.school}/", self.token, self.seconds)


_INCLUDED = {"include": "education_details,year"}
_NO_CONTACTS = Check("contacts", True, "not read through Wonde: the school is asked instead")


@hookimpl
def open_mis(settings: MisSettings) -> Mis:
    """One school of Wonde's. Raises WrongUse naming the setting that is wrong."""
    options = dict(settings.options)
    for name in options:
        if name not in SETTINGS:
            raise WrongUse(f"wonde knows no setting {name!r}. It knows {', '.join(SETTINGS)}")
    school, region = str(options.get("school", "")), str(options.get("region", "uk"))
    if not _SCHOOL.fullmatch(school):
        raise WrongUse("wonde needs the setting school: the school's id in Wonde. Write it as A123")
    if region not in REGIONS:
        raise WrongUse(f"region is {region!r}. Write one of {', '.join(REGIONS)}")
    address = str(options.get("address", REGIONS[region]))
    # A token goes to Wonde, or to a stand-in on this machine, and nowhere else.
    if address not in REGIONS.values() and not re.fullmatch(r"http://127\.0\.0\.1:\d+", address):
        raise WrongUse("address is for tests on this machine. Take it out, and set region")
    token = settings.secrets.get("token", "")
    if not token:
        raise WrongUse("wonde needs a token. Write it alone into schools/URN/keys/mis-token")
    return WondeMis(address, school, token, float(options.get("seconds", SECONDS)))
