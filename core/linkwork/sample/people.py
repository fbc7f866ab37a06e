"""The pupils of a made-up school, in families, with their parents and carers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from linkwork import upn
from linkwork.plugin import Contact, PupilContacts
from linkwork.register import Enrolment, Pupil
from linkwork.sample import names
from linkwork.sample.dice import Dice

#: How likely a pupil is to live in the home of a pupil made before.
SIBLINGS = 0.2
#: Numbers and postcodes that nobody has: Ofcom keeps these for drama, and ZZ99 is no district.
LANDLINE, MOBILE, POSTCODE = "01632 960{:03}", "07700 900{:03}", "ZZ99 {}{}"


@dataclass(frozen=True, slots=True)
class Cohort:
    """One year group: its label, its place after Reception (0), and its size."""

    label: str
    place: int
    size: int


def cohorts(phase: str, pupils: int) -> list[Cohort]:
    """Year groups of a school: Reception to 6, 7 to 11, or from 1,200 pupils on 7 to 13."""
    if phase == "primary":
        shares = dict.fromkeys(range(7), 1.0)
    else:
        shares = dict.fromkeys(range(7, 12), 1.0)
        if pupils >= 1200:
            shares |= {12: 0.6, 13: 0.5}
    whole = sum(shares.values())
    sizes = {place: int(pupils * share / whole) for place, share in shares.items()}
    for place in list(sizes)[: pupils - sum(sizes.values())]:
        sizes[place] += 1
    return [Cohort("R" if place == 0 else str(place), place, n) for place, n in sizes.items()]


@dataclass(frozen=True, slots=True)
class Address:
    """Where a family lives; `confidential` when even the other parent may not learn it."""

    lines: tuple[str, ...]
    postcode: str
    confidential: bool


class People:
    """Makes pupils and their contacts. `year` is the school year's first calendar year."""

    def __init__(self, seed: int, urn: str, la_code: str, phase: str, year: int) -> None:
        self._dice = Dice(seed, f"people {urn}")
        self._phase, self._year = phase, year
        self._la = la_code
        self._school = int(urn) % 1000
        self._homes: list[list[Pupil]] = []
        self._serials: dict[tuple[int, int], int] = {}

    def pupils(self, cohort: Cohort, number: int) -> list[Pupil]:
        """The pupils of one year group; ids count on from `number`."""
        return [self._pupil(cohort, number + place) for place in range(cohort.size)]

    def contacts(self) -> dict[str, PupilContacts]:
        """Everybody's contacts; siblings have the same home and the same contacts."""
        found: dict[str, PupilContacts] = {}
        for number, home in enumerate(self._homes, 1):
            self._contacts_of(number, home, found)
        return found

    def _pupil(self, cohort: Cohort, number: int) -> Pupil:
        dice = self._dice
        joins = bool(self._homes) and dice.chance(SIBLINGS)
        home: list[Pupil] = dice.pick(self._homes) if joins else []
        surname = home[0].surname if home else dice.pick(names.SURNAMES)
        at_eleven = self._year - cohort.place + 7
        start = {"primary": self._year - cohort.place, "secondary": at_eleven}[self._phase]
        pupil = Pupil(
            f"P{number:05}",
            upn=self._upn(self._year - cohort.place),
            surname=surname,
            forename=dice.pick(names.FORENAMES),
            date_of_birth=self._birthday(cohort.place),
            sex=dice.pick("FM"),
            year_group=cohort.label,
            form=self._form(cohort, number),
            enrolments=(Enrolment(date(start, 9, 1)),),
        )
        home.append(pupil)
        if len(home) == 1:
            self._homes.append(home)
        return pupil

    def _form(self, cohort: Cohort, number: int) -> str:
        forms = names.FORMS[: max(1, min(len(names.FORMS), cohort.size // 30))]
        return f"{cohort.label} {forms[number % len(forms)]}"

    def _birthday(self, place: int) -> date:
        """Reception turns five between this September and next August."""
        return date(self._year - 5 - place, 9, 1) + timedelta(days=self._dice.below(365))

    def _upn(self, issued: int) -> str:
        """A UPN as a primary school gives it: authority, school, year of issue, number."""
        feeder = 0 if self._phase == "primary" else 1 + self._dice.below(9)
        serial = self._serials[issued, feeder] = self._serials.get((issued, feeder), 0) + 1
        rest = f"{self._la}{self._school:03}{feeder}{issued % 100:02}{serial:03}"
        return upn.check_letter(rest) + rest

    def _contacts_of(self, number: int, home: list[Pupil], found: dict[str, PupilContacts]) -> None:
        dice = self._dice
        lines = (f"{dice.between(1, 180)} {dice.pick(names.STREETS)}", dice.pick(names.TOWNS))
        postcode = POSTCODE.format(dice.between(1, 9), dice.pick(("AB", "LN", "QR", "WZ")))
        address = Address(lines, postcode, confidential=dice.chance(0.004))
        language = dice.pick(names.LANGUAGES)
        people = tuple(
            self._contact(f"C{number:05}{'ab'[place]}", home[0], place, address, language)
            for place in range(2 if dice.chance(0.7) else 1)
        )
        hidden = address.confidential
        ids = [pupil.pupil_id for pupil in home]
        for pupil_id in ids:
            others = tuple(sorted(other for other in ids if other != pupil_id))
            found[pupil_id] = PupilContacts(
                pupil_id,
                people,
                address=() if hidden else address.lines,
                postcode=None if hidden else address.postcode,
                siblings=others,
            )

    def _contact(
        self, contact_id: str, pupil: Pupil, place: int, address: Address, language: str
    ) -> Contact:
        dice = self._dice
        home = place == 0 or dice.chance(0.7)
        same_name = dice.chance(0.8)
        phones = [MOBILE.format(dice.below(1000))]
        if dice.chance(0.3):
            phones.append(LANDLINE.format(dice.below(1000)))
        title, forename = dice.pick(names.TITLES), dice.pick(names.FORENAMES)
        surname = pupil.surname if same_name else dice.pick(names.SURNAMES)
        relationship = dice.pick(names.RELATIONSHIPS)
        return Contact(
            contact_id,
            title=names.TITLES_FOR.get((relationship, title), title),
            forename=forename,
            surname=surname,
            relationship=relationship,
            parental_responsibility=place == 0 or dice.chance(0.8),
            lives_with=home,
            address=address.lines if home else (),
            postcode=address.postcode if home else None,
            phones=tuple(phones),
            email=f"{contact_id.lower()}@family.example" if dice.chance(0.8) else None,
            language=language,
            priority=place + 1,
            do_not_contact=place == 1 and dice.chance(0.02),
            address_confidential=home and address.confidential,
        )
