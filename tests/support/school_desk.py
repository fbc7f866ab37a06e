"""A school with an agent, in this process: register files, store, keys and a hub on a socket."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import registers
from live_hub import LiveHub

from linkwork import upn, wire
from linkwork.join import parse
from linkwork_agent import joining, post, show, work
from linkwork_agent.config import DEFAULT_SCHEDULE, Config, School
from linkwork_agent.hub_client import HubClient
from linkwork_agent.post import Desk
from linkwork_agent.store.base import Store
from linkwork_agent.work import Outcome, Place

#: Forty school days after registers.MONDAY, in the afternoon: a Friday.
FRIDAY = datetime(2026, 2, 27, 16, 0, tzinfo=UTC)
HEADER = "pupil_id,upn,surname,forename,date_of_birth,year_group,date,session,code"
CONTACTS_HEADER = (
    "pupil_id,contact_id,title,forename,surname,relationship,parental_responsibility,lives_with,"
    "address1,address2,address3,town,postcode,phone1,phone2,email,language,priority,"
    "do_not_contact,address_confidential"
)

#: Forty days of a pupil who always comes.
ALWAYS = "/*40"


def number(place: int) -> str:
    """A valid UPN of a fictional authority."""
    rest = f"999{place:09d}"
    return upn.check_letter(rest) + rest


@dataclass
class SchoolDesk:
    """One school. `stories` are its pupils' marks, by MIS id, told as in `registers.days`."""

    home: Path
    hub: LiveHub
    urn: str
    school_id: str
    stories: dict[str, str] = field(default_factory=lambda: {"P1": ALWAYS, "P2": ALWAYS})
    without_upn: set[str] = field(default_factory=set)
    codes: dict[str, str] = field(default_factory=dict)
    now: datetime = FRIDAY
    #: Which plugin reads it; the settings follow from it.
    mis: str = "csv"
    #: Settings of the source that are others than usual.
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def register(self) -> Path:
        """The register file."""
        return self.home / "register.csv"

    @property
    def place(self) -> Place:
        """The school as a job meets it."""
        settings = {
            "csv": {"path": "register.csv", "contacts": "contacts.csv"},
            "sims": {"path": "report.xml"},
        }[self.mis]
        school = School(
            self.urn, "Fernhill Primary", self.mis, settings | self.settings, self.codes
        )
        config = Config(self.home, (school,), DEFAULT_SCHEDULE)
        return Place(config, school, lambda: self.now, os.urandom)

    def write(self) -> None:
        """Write the register and a contact for every pupil."""
        with self.register.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(HEADER.split(","))
            for place, (pupil_id, story) in enumerate(self.stories.items(), 1):
                rows.writerows(self._rows(place, pupil_id, story))
        with (self.home / "contacts.csv").open("w", newline="", encoding="utf-8") as file:
            contacts = csv.DictWriter(file, CONTACTS_HEADER.split(","))
            contacts.writeheader()
            for pupil_id in self.stories:
                contacts.writerow(
                    {
                        "pupil_id": pupil_id,
                        "contact_id": f"C{pupil_id}",
                        "forename": "Parent",
                        "surname": f"Hawthorn{pupil_id}",
                        "relationship": "mother",
                        "address1": f"{pupil_id} Thistle Lane",
                        "postcode": "ZZ9 9ZZ",
                    }
                )

    def grow(self, by: int = 40) -> SchoolDesk:
        """So many more pupils who always come: one child's correction is then no mass change."""
        self.stories |= {f"Q{n}": ALWAYS for n in range(by)}
        return self

    def _rows(self, place: int, pupil_id: str, story: str) -> list[list[str]]:
        known = "" if pupil_id in self.without_upn else number(place)
        who = [pupil_id, known, f"Thornapple{place}", f"Quill{place}", "2016-03-04", "4"]
        marks = registers.marks(story)
        return [[*who, day.isoformat(), half, code] for (day, half), code in marks.items()]

    def join(self, *release: str) -> joining.Joined:
        """Enrol at the hub, as `join` does; the hub has not confirmed it yet."""
        string = parse(self.hub.join_string(self.school_id))
        with self.place.store() as store, HubClient(string.url) as hub:
            office = work.office_of(self.place, store)
            given = joining.Release(release, "A. Head")
            joining.begin(office, hub, string, "a-machine", given)
            # The hub's worker looks at it while the agent would be waiting.
            return joining.enrol(office, hub, sleep=lambda _seconds: self.hub.work())

    def joined(self, *release: str) -> SchoolDesk:
        """This school, enrolled, confirmed, with its policy."""
        self.write()
        self.join(*release)
        self.hub.confirm(self.school_id)
        assert self.run("instruct").exit_code == 0
        return self

    def run(self, job: str) -> Outcome:
        """Run one job as `once` does."""
        outcome = work.run_job(self.place, job)
        assert outcome is not None
        return outcome

    def status(self) -> dict[str, Any]:
        """What `status` shows."""
        return show.status(self.place.config, self.place.school)

    def sent(self) -> list[dict[str, Any]]:
        """What left the building, newest first."""
        return show.sent_rows(self.place.config, self.place.school, 100)

    def open(self) -> Store:
        """The school's store."""
        return self.place.store()

    def desk(self, store: Store) -> Desk:
        """The school's end of the post."""
        return work.desk_of(self.place, store)

    def say(self, action: str) -> None:
        """Put one more message into the outbox."""
        with self.open() as store, store.write() as tx:
            message = wire.ActionProgress(
                action_id=action, state="done", on=self.now.date(), by="A. Office"
            )
            post.enqueue(tx, self.desk(store), message, "a test")

    def later(self, **by: float) -> None:
        """Let time pass at the school and at the hub."""
        self.now += timedelta(**by)
        self.hub.clock.fixed = self.now

    def messages(self) -> list[wire.Message]:
        """The bodies of everything that was put into the outbox, oldest first."""
        with self.open() as store:
            rows = store.read.execute("SELECT body FROM outbox ORDER BY epoch, seq").fetchall()
        return [wire.read_message(row["body"]) for row in rows]

    def the_return(self) -> wire.Return:
        """The one return that was made."""
        (found,) = [each for each in self.messages() if isinstance(each, wire.Return)]
        return found
