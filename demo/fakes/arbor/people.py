"""Parents and carers as Arbor's lists: how they are related, reached, and where they live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from demo.fakes.arbor.model import Ref
from linkwork.plugin import Contact, PupilContacts

Row = dict[str, Any]
_Homes = dict[tuple[tuple[str, ...], str | None], str]


def guardian_tables(
    contacts: Mapping[str, PupilContacts],
) -> tuple[list[Row], dict[str, list[Row]]]:
    """The guardians as persons, and the lists about them."""
    met: dict[str, Contact] = {}
    relations: list[Row] = []
    kinds: dict[str, str] = {}
    homes: _Homes = {}
    living: dict[str, str] = {}
    for pupil_id, of in contacts.items():
        if of.address:
            living[pupil_id] = homes.setdefault((of.address, of.postcode), str(len(homes) + 1))
        for one in of.contacts:
            met[one.contact_id] = one
            if one.address:
                place = (one.address, one.postcode)
                living[one.contact_id] = homes.setdefault(place, str(len(homes) + 1))
            kind = kinds.setdefault(one.relationship or "Other", str(len(kinds) + 1))
            relations.append(_relation(pupil_id, one, kind))
    return [_person(one) for one in met.values()], {
        "Guardian": [{"id": at, "person": Ref("Person", at)} for at in met],
        "GuardianRelationshipType": [
            {"id": at, "relationshipName": name, "shortName": name} for name, at in kinds.items()
        ],
        "StudentGuardianRelationship": relations,
        "TelephoneNumber": [
            {
                "id": f"{at}-{rank}",
                "numberOwner": Ref("Guardian", at),
                "number": number,
                "telephoneNumberRanking": rank,
            }
            for at, one in met.items()
            for rank, number in enumerate(one.phones, 1)
        ],
        "EmailAddress": [
            {"id": at, "emailAddressOwner": Ref("Guardian", at), "emailAddress": one.email}
            for at, one in met.items()
            if one.email
        ],
        "PostalAddress": [_address(at, *place) for place, at in homes.items()],
        "PostalAddressOccupancy": [
            {
                "id": who,
                "postalAddress": Ref("PostalAddress", at),
                "occupant": Ref("Person", who),
                "effectiveDate": None,
                "endDate": None,
                "isCorrespondenceAddress": True,
            }
            for who, at in living.items()
        ],
    }


def _person(one: Contact) -> Row:
    return {
        "id": one.contact_id,
        "title": one.title,
        "legalFirstName": one.forename,
        "legalLastName": one.surname,
        "dateOfBirth": None,
        "gender": None,
    }


def _relation(pupil_id: str, one: Contact, kind: str) -> Row:
    return {
        "id": f"{pupil_id}-{one.contact_id}",
        "student": Ref("Student", pupil_id),
        "guardian": Ref("Guardian", one.contact_id),
        "guardianRelationshipType": Ref("GuardianRelationshipType", kind),
        "isLegalGuardian": one.parental_responsibility,
        "isPrimaryGuardian": one.priority == 1,
        "emergencyContactPriority": one.priority,
    }


def _address(at: str, lines: tuple[str, ...], postcode: str | None) -> Row:
    *streets, town = lines
    streets += [""] * (3 - len(streets))
    names = dict(zip(("address1", "address2", "address3"), streets, strict=False))
    return {"id": at, **names, "postalTown": town, "postalCode": postcode}
