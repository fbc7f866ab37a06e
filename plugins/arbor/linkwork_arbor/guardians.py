"""Contacts on demand: of just the pupils asked for, over REST, object by object."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from linkwork.errors import ContactsUnavailable, PermissionMissing, ShapeChanged
from linkwork.plugin import PupilContacts
from linkwork_arbor.client.exchange import Item
from linkwork_arbor.client.rest import Rest
from linkwork_arbor.mapping import guardians
from linkwork_arbor.mapping.guardians import Household
from linkwork_arbor.mapping.values import reference

_RELATIONS = ("student-guardian-relationships", "studentGuardianRelationships")
_PHONES = ("telephone-numbers", "telephoneNumbers", "numberOwner")
_EMAILS = ("email-addresses", "emailAddresses", "emailAddressOwner")
_HOMES = ("postal-address-occupancies", "postalAddressOccupancies", "occupant")


class Guardians:
    """Asks for one pupil after the other; what two share, such as a home, is asked once."""

    def __init__(self, rest: Rest, as_of: date) -> None:
        self._rest, self._as_of = rest, as_of
        self._met: dict[str, Item] = {}
        self._households: dict[str, Household] = {}

    def of(self, pupil_ids: Sequence[str]) -> list[PupilContacts]:
        """The contacts of these pupils, in order.

        Raises ContactsUnavailable when the application may not read them, or Arbor would only
        give everybody's.
        """
        try:
            return [self._one(pupil_id) for pupil_id in pupil_ids]
        except PermissionMissing as problem:
            raise ContactsUnavailable(problem.problem, remedy=problem.remedy) from None
        except ShapeChanged as problem:
            raise ContactsUnavailable(
                problem.problem, remedy="The school desk asks the person once"
            ) from None

    def _one(self, pupil_id: str) -> PupilContacts:
        address = f"/rest-v2/students/{pupil_id}"
        relations = self._rest.related(*_RELATIONS, "student", address)
        triples = []
        siblings: set[str] = set()
        for relation in relations:
            guardian_at = _address_in(relation, "guardian")
            guardian = self._get(guardian_at)
            kind = self._get(_address_in(relation, "guardianRelationshipType"), optional=True)
            triples.append((relation, kind, self._household(guardian_at, guardian)))
            siblings |= self._children(guardian_at)
        own = self._household(address, self._get(address), only_home=True)
        return guardians.contacts(pupil_id, own, triples, siblings - {pupil_id}, self._as_of)

    def _children(self, guardian_at: str) -> set[str]:
        """Every pupil a guardian is related to: siblings of each other at this school."""
        found = self._rest.related(*_RELATIONS, "guardian", guardian_at)
        return {at for at in (reference(each.get("student")) for each in found) if at}

    def _household(self, at: str, owner: Item, *, only_home: bool = False) -> Household:
        if at not in self._households:
            person_at = _address_in(owner, "person")
            person = self._get(person_at)
            homes = self._owned(_HOMES, at, person_at)
            addresses = {}
            for each in homes:
                place_at = _address_in(each, "postalAddress")
                addresses[reference(each.get("postalAddress")) or ""] = self._get(place_at)
            self._households[at] = Household(
                person,
                () if only_home else self._owned(_PHONES, at, person_at),
                () if only_home else self._owned(_EMAILS, at, person_at),
                homes,
                addresses,
            )
        return self._households[at]

    def _owned(self, what: tuple[str, str, str], *owners: str) -> list[Item]:
        """Whether a number's owner is the guardian or the person is not published: both."""
        return [row for owner in owners for row in self._rest.related(*what, owner)]

    def _get(self, address: str, *, optional: bool = False) -> Item:
        if not address:
            if optional:
                return {}
            raise ShapeChanged("Arbor names no person of a guardian", remedy="Update the plugin")
        if address not in self._met:
            self._met[address] = self._rest.one(address)
        return self._met[address]


def _address_in(item: Item, link: str) -> str:
    value = item.get(link)
    found = value.get("href") if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""
