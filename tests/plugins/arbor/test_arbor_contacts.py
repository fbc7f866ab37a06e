"""Parents and carers are asked for one pupil at a time, never in bulk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from demo.fakes.arbor import FakeArbor
from linkwork.errors import ContactsUnavailable, SourceUnavailable
from linkwork.plugin import Mis, PupilContacts
from linkwork.sample import SampleSchool

Opening = Callable[..., Mis]


def as_arbor_tells(known: PupilContacts) -> PupilContacts:
    """What Arbor's model has no place for is unknown; homes are compared where both are known."""
    return replace(
        known,
        contacts=tuple(
            replace(
                one,
                language=None,
                do_not_contact=None,
                address_confidential=None,
                lives_with=one.address == known.address if one.address and known.address else None,
            )
            for one in known.contacts
        ),
    )


def test_contacts_are_those_of_the_pupils_asked_for(
    arbor: FakeArbor, arbor_school: SampleSchool, open_arbor: Opening
) -> None:
    ids = ["P00003", "P00001", "P00010"]
    found = open_arbor().contacts(ids)
    assert found == [as_arbor_tells(arbor_school.contacts[pupil_id]) for pupil_id in ids]
    targets = [one.target for one in arbor.asked]
    assert all("filters." in t for t in targets if t.partition("?")[0].count("/") == 2)
    asked_of = {t for t in targets if "filters.student.equals" in t}
    assert len(asked_of) == 3


def test_everybody_is_found_as_the_school_holds_them(
    arbor_school: SampleSchool, open_arbor: Opening
) -> None:
    ids = list(arbor_school.contacts)[:25]
    known = [as_arbor_tells(arbor_school.contacts[pupil_id]) for pupil_id in ids]
    assert open_arbor().contacts(ids) == known


def test_a_server_that_ignores_the_filter_gives_no_contacts_at_all(
    arbor: FakeArbor, open_arbor: Opening
) -> None:
    arbor.faults["StudentGuardianRelationship"] = "no-filter"
    with pytest.raises(ContactsUnavailable, match="did not limit"):
        open_arbor().contacts(["P00001"])


def test_without_permission_the_desk_is_pointed_to(arbor: FakeArbor, open_arbor: Opening) -> None:
    arbor.closed_lists.add("StudentGuardianRelationship")
    with pytest.raises(ContactsUnavailable, match="no permission to read student-guardian"):
        open_arbor().contacts(["P00001"])


def test_a_busy_arbor_is_not_a_school_without_contacts(
    arbor: FakeArbor, open_arbor: Opening
) -> None:
    arbor.faults["Guardian"] = 503
    with pytest.raises(SourceUnavailable):
        open_arbor().contacts(["P00001"])
