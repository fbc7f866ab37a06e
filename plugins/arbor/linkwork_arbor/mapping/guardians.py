"""A pupil's guardians, telephones and addresses to contacts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from linkwork.plugin import Contact, PupilContacts
from linkwork.register import Enrolment
from linkwork_arbor.mapping.values import Item, day, label, reference, text

#: Numbers and addresses in the order Arbor ranks them; more than these are not read.
MOST_PHONES = 4


@dataclass(frozen=True, slots=True)
class Household:
    """What was asked of one person: phones, e-mail addresses, occupancies with their address."""

    person: Item
    phones: Sequence[Item] = ()
    emails: Sequence[Item] = ()
    occupancies: Sequence[Item] = ()
    addresses: Mapping[str, Item] | None = None


def contacts(
    pupil_id: str,
    own: Household,
    relations: Iterable[tuple[Item, Item, Household]],
    siblings: Iterable[str],
    as_of: date,
) -> PupilContacts:
    """One pupil's contacts; `relations` are (relationship, its type, the guardian's household).

    Arbor does not say of a guardian whether not to be contacted: that stays unknown.
    """
    home = _address(own, as_of)
    found = [_contact(*each, home=home, as_of=as_of) for each in relations]
    found.sort(key=lambda each: (each.priority is None, each.priority or 0))
    return PupilContacts(
        pupil_id,
        tuple(found),
        address=home[1] if home else (),
        postcode=home[2] if home else None,
        siblings=tuple(sorted(siblings)),
    )


#: An address's own id, its lines, its postcode.
_Place = tuple[str, tuple[str, ...], str | None]


def _contact(
    relation: Item, kind: Item, of: Household, *, home: _Place | None, as_of: date
) -> Contact:
    place = _address(of, as_of)
    legal = relation.get("isLegalGuardian")
    phones = sorted(of.phones, key=lambda each: _rank(each.get("telephoneNumberRanking")))
    numbers = [number for number in (text(each.get("number")) for each in phones) if number]
    emails = [found for found in (text(e.get("emailAddress")) for e in of.emails) if found]
    return Contact(
        reference(relation.get("guardian")) or "",
        title=_titled(of.person.get("title")),
        forename=label(of.person, "legalFirstName", "preferredFirstName"),
        surname=label(of.person, "legalLastName", "preferredLastName"),
        relationship=label(kind, "relationshipName", "shortName", "displayName"),
        parental_responsibility=legal if isinstance(legal, bool) else None,
        lives_with=place[0] == home[0] if place and home else None,
        address=place[1] if place else (),
        postcode=place[2] if place else None,
        phones=tuple(dict.fromkeys(numbers))[:MOST_PHONES],
        email=emails[0] if emails else None,
        priority=_number(relation.get("emergencyContactPriority")),
    )


def _titled(value: object) -> str | None:
    if isinstance(value, Mapping):
        return label(value, "shortName", "displayName", "code")
    return text(value)


def _rank(value: object) -> int:
    return found if (found := _number(value)) is not None else 1000


def _number(value: object) -> int | None:
    usable = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1000
    return int(str(value)) if usable else None


def _address(of: Household, as_of: date) -> _Place | None:
    """Where someone lives on `as_of`: the address for letters before others, the newest first."""

    def order(each: Item) -> tuple[bool, date]:
        return each.get("isCorrespondenceAddress") is True, day(
            each.get("effectiveDate")
        ) or date.min

    for each in sorted(of.occupancies, key=order, reverse=True):
        at = reference(each.get("postalAddress"))
        spell = Enrolment(day(each.get("effectiveDate")), day(each.get("endDate")))
        place = (of.addresses or {}).get(at or "")
        if at is None or place is None or not spell.covers(as_of):
            continue
        names = ("address1", "address2", "address3", "postalTown")
        lines = tuple(line for line in (text(place.get(name)) for name in names) if line)
        return at, lines, text(place.get("postalCode"))
    return None
