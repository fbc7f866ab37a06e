"""Who is who: a pupil's own key here, and the pseudonym that is all a notice carries."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from linkwork import seal, upn, wire
from linkwork.episodes import Episode
from linkwork.errors import ContactsUnavailable
from linkwork.plugin import Contact, Mis, PupilContacts
from linkwork.register import Pupil
from linkwork_agent.ports import Random, fresh_id
from linkwork_agent.store.registers import Known


def meet(
    pupils: Iterable[Pupil], known: Iterable[Known], pseudonym_key: bytes, random: Random
) -> dict[str, Known]:
    """Every pupil of a register by MIS id: recognised, or met for the first time.

    A permanent UPN decides; without one the MIS id does, and the pseudonym is random until the UPN
    arrives. A MIS id that now belongs to another UPN is another child.
    """
    known = list(known)
    by_upn = {each.upn: each for each in known if each.upn}
    by_mis = {each.mis_id: each for each in known}
    met: dict[str, Known] = {}
    taken: set[str] = set()
    for pupil in pupils:
        number = permanent_upn(pupil)
        found = (by_upn.get(number) if number else None) or by_mis.get(pupil.pupil_id)
        if found is not None and number and found.upn not in (None, number):
            found = None
        # One UPN on two records of one register: the second is nobody we know.
        if found is not None and found.pupil_key in taken:
            found, number = None, None
        if found is None:
            found = _new(pupil.pupil_id, number, pseudonym_key, random)
        taken.add(found.pupil_key)
        pseudonym = found.pseudonym
        if number and found.upn is None:
            pseudonym = seal.pseudonym(pseudonym_key, number)
        met[pupil.pupil_id] = Known(found.pupil_key, pupil.pupil_id, number or found.upn, pseudonym)
    return met


@dataclass(frozen=True, slots=True)
class SameChild:
    """A pupil known without a UPN who has one now: the key and pseudonym of before, and the new.

    The keys differ where the UPN is that of a pupil known already, whose record was made anew.
    """

    key_was: str
    key_now: str
    was: str
    now: str


def same_children(known: Iterable[Known], met: Mapping[str, Known]) -> tuple[SameChild, ...]:
    """Who of the pupils met turned out to be a pupil known before under a random pseudonym."""
    found = []
    for before in known:
        now = met.get(before.mis_id)
        if now is None or before.upn is not None or now.upn is None:
            continue
        if before.pseudonym != now.pseudonym:
            link = SameChild(before.pupil_key, now.pupil_key, before.pseudonym, now.pseudonym)
            found.append(link)
    return tuple(found)


def known_twice(same: Iterable[SameChild]) -> list[SameChild]:
    """Those of whom there were two keys here."""
    return [each for each in same if each.key_was != each.key_now]


def rekeyed(episodes: Iterable[Episode], same: Iterable[SameChild]) -> tuple[Episode, ...]:
    """The episodes, each under the key its pupil has now."""
    keys = {each.key_was: each.key_now for each in same}
    return tuple(
        replace(each, pupil_key=keys.get(each.pupil_key, each.pupil_key)) for each in episodes
    )


def permanent_upn(pupil: Pupil) -> str | None:
    """The pupil's UPN when it has one that stays; a mistyped one may be another child's."""
    number = (pupil.upn or "").strip().upper()
    if pupil.upn_temporary or upn.problem(number) or upn.is_temporary(number):
        return None
    return number


def _new(mis_id: str, number: str | None, pseudonym_key: bytes, random: Random) -> Known:
    if number:
        pseudonym = seal.pseudonym(pseudonym_key, number)
    else:
        pseudonym = "p_" + base64.b32encode(random(16)).decode().rstrip("=").lower()
    return Known(fresh_id(random, "k"), mis_id, number, pseudonym)


def contacts_of(mis: Mis, pupil_ids: Sequence[str]) -> dict[str, PupilContacts] | None:
    """Contacts of just these pupils, by MIS id; None when the source cannot give any."""
    if not pupil_ids:
        return {}
    try:
        return {each.pupil_id: each for each in mis.contacts(pupil_ids)}
    except ContactsUnavailable:
        return None


def identity(pupil: Pupil, contacts: dict[str, PupilContacts] | None) -> wire.Identity:
    """Who the pupil is, as a return or referral says it to the authority."""
    found = (contacts or {}).get(pupil.pupil_id)
    return wire.Identity(
        pupil_id=pupil.pupil_id,
        upn=pupil.upn,
        surname=pupil.surname,
        forename=pupil.forename,
        date_of_birth=pupil.date_of_birth,
        address=_address(found.address, found.postcode) if found else None,
        contacts=tuple(_contact(contact) for contact in found.contacts) if found else (),
        contacts_unavailable=contacts is None,
    )


def name_of(pupil: Pupil) -> str:
    """The pupil's name for a person at the school; the MIS id when there is no name."""
    return " ".join(part for part in (pupil.forename, pupil.surname) if part) or pupil.pupil_id


def _contact(contact: Contact) -> wire.ContactOnReturn:
    parts = (contact.title, contact.forename, contact.surname)
    return wire.ContactOnReturn(
        name=" ".join(part for part in parts if part) or "name not held",
        relationship=contact.relationship,
        parental_responsibility=contact.parental_responsibility,
        lives_with=contact.lives_with,
        address=_address(contact.address, contact.postcode),
        phones=contact.phones,
        email=contact.email,
        language=contact.language,
        do_not_contact=contact.do_not_contact,
        address_confidential=contact.address_confidential,
    )


def _address(lines: tuple[str, ...], postcode: str | None) -> wire.Address | None:
    return wire.Address(lines=lines, postcode=postcode) if lines or postcode else None
