"""Students, what is assigned to them and when they were on roll, to pupils."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from linkwork import upn as upns
from linkwork import vocabulary
from linkwork.register import Enrolment, Pupil
from linkwork_arbor.mapping import demographics
from linkwork_arbor.mapping.demographics import Groups
from linkwork_arbor.mapping.values import Item, Lists, day, label, reference, text

MODES = ("C", "M", "S", "G", "F")


@dataclass(frozen=True, slots=True)
class Scope:
    """Which pupils of this Arbor are the school's: all, one institution's, or some years'."""

    as_of: date
    institution: str | None = None
    year_groups: frozenset[str] = frozenset()


@dataclass(slots=True)
class Roll:
    """The school's pupils; how many were left to other schools, and how many are held.

    Held: of a shared Arbor, a pupil who cannot be told to be ours or not.
    """

    pupils: list[Pupil] = field(default_factory=list)
    others: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)

    @property
    def doubled(self) -> int:
        """How many UPNs stand on more than one pupil."""
        given = Counter(pupil.upn for pupil in self.pupils if pupil.upn)
        return sum(1 for count in given.values() if count > 1)


def roll(lists: Lists, scope: Scope, wanted: Iterable[str] = ()) -> Roll:
    """Every pupil, in Arbor's order. `lists` by entity; one that was not given is empty.

    `wanted` names demographics. Raises ShapeChanged for a date that cannot be read.
    """
    of = _Of(lists, scope.as_of)
    groups = demographics.known(lists, scope.as_of, wanted)
    found = Roll()
    for student in of.list("Student"):
        at = reference(student)
        if at is None:
            continue
        where = of.whose(at, scope)
        if where != "ours":
            (found.held if where == "held" else found.others).add(at)
            continue
        person = of.persons.get(reference(student.get("person")), {})
        found.pupils.append(_pupil(student, at, person, of, groups))
    return found


class _Of:
    """What is assigned to each student, by the student's id."""

    def __init__(self, lists: Lists, as_of: date) -> None:
        self._lists = lists
        self.persons = {reference(each): each for each in self.list("Person")}
        self.genders = {
            reference(each): label(each, "code", "shortName") for each in self.list("Gender")
        }
        self.numbers = _open_first(self.list("UkDfe_UpnAssignment"))
        self.enrolments = list(self.list("EducationalInstitutionEnrolment"))
        self.modes = _modes(self)
        self.years = _labels(self, "AcademicLevel", as_of)
        self.forms = _labels(self, "RegistrationForm", as_of)
        self.spells: dict[str, list[tuple[Enrolment, str | None]]] = {}
        for each in self.enrolments:
            at = reference(each.get("student"))
            if at:
                spell = Enrolment(day(each.get("entryDate")), day(each.get("leavingDate")))
                where = reference(each.get("educationalInstitution"))
                self.spells.setdefault(at, []).append((spell, where))

    def list(self, name: str) -> Sequence[Item]:
        return self._lists.get(name, ())

    def whose(self, at: str, scope: Scope) -> str:
        """ "ours", "others" or "held"."""
        if scope.institution is not None:
            places = {where for _, where in self.spells.get(at, ())}
            if scope.institution in places:
                return "ours"
            return "others" if places - {None} else "held"
        if scope.year_groups:
            year = year_group(self.years.get(at))
            if year is None:
                return "held"
            return "ours" if year in scope.year_groups else "others"
        return "ours"

    def on_roll(self, at: str) -> tuple[Enrolment, ...]:
        """Every time on roll in order, cut where the mode of enrolment changes."""
        spells = [spell for spell, _ in self.spells.get(at, ())] or [Enrolment()]
        spells.sort(key=lambda each: each.start or date.min)
        return tuple(part for spell in spells for part in _cut(spell, self.modes.get(at, ())))


def _pupil(student: Item, at: str, person: Item, of: _Of, groups: Groups) -> Pupil:
    number = str(of.numbers.get(at, {}).get("upn") or "").strip().upper() or None
    whole = {**person, **{name: value for name, value in student.items() if value is not None}}
    by_person = reference(student.get("person")) or ""
    sen, ethnicity = groups["sen"].get(at), groups["ethnicity"]
    kept = ethnicity.get(reference(student.get("ethnicity")) or "")
    return Pupil(
        at,
        upn=number,
        upn_temporary=_is_temporary(number, of.numbers.get(at, {})),
        surname=text(whole.get("legalLastName")),
        forename=text(whole.get("legalFirstName")),
        date_of_birth=day(whole.get("dateOfBirth")),
        sex=_sex(person.get("gender"), of.genders),
        year_group=year_group(of.years.get(at)),
        form=of.forms.get(at),
        sen=str(sen) if sen is not None else None,
        ethnicity=str(kept) if kept is not None else None,
        fsm=_yes(groups["fsm"].get(by_person)),
        pupil_premium=_yes(groups["pupil_premium"].get(at)),
        looked_after=_yes(groups["looked_after"].get(at)),
        enrolments=of.on_roll(at),
    )


def _yes(value: str | bool | None) -> bool | None:
    return value if isinstance(value, bool) else None


def year_group(words: str | None) -> str | None:
    """A year group's usual name; what is no year group is for the school's eyes only."""
    if not words:
        return None
    return vocabulary.year_group(words) or " ".join(words.split())


def _sex(value: object, genders: Mapping[str | None, str | None]) -> str | None:
    if isinstance(value, Mapping):
        at = reference(value)
        named = label(value, "code", "shortName", "displayName") or genders.get(at) or at
    else:
        named = text(value)
    return (vocabulary.sex(named) or named[:1].upper()) if named else None


def _is_temporary(number: str | None, assignment: Item) -> bool:
    if number is None:
        return False
    said = assignment.get("isTemporary")
    return (
        said if isinstance(said, bool) else not upns.problem(number) and upns.is_temporary(number)
    )


def _open_first(items: Iterable[Item]) -> dict[str, Item]:
    """One assignment a student: an open one, of several the last begun."""

    def rank(item: Item) -> tuple[bool, date]:
        return not item.get("endDatetime"), day(item.get("startDatetime")) or date.min

    found: dict[str, Item] = {}
    for item in items:
        at = reference(item.get("student"))
        if at and (at not in found or rank(item) >= rank(found[at])):
            found[at] = item
    return found


def _modes(of: _Of) -> dict[str, list[Enrolment]]:
    """When each student was enrolled in which mode, in order."""
    codes = {
        reference(each): (label(each, "exportCode") or label(each, "code") or "").upper()
        for each in of.list("EnrolmentMode")
    }
    students = {
        reference(each): reference(each.get("student")) for each in of.list("AcademicYearEnrolment")
    }
    found: dict[str, list[Enrolment]] = {}
    for each in of.list("EnrolmentModeAssignment"):
        at = students.get(reference(each.get("academicYearEnrolment")))
        mode = codes.get(reference(each.get("enrolmentMode")), "")
        if at and mode in MODES:
            spell = Enrolment(day(each.get("startDate")), day(each.get("endDate")), mode)
            found.setdefault(at, []).append(spell)
    for spells in found.values():
        spells.sort(key=lambda each: each.start or date.min)
    return found


def _cut(spell: Enrolment, modes: Sequence[Enrolment]) -> list[Enrolment]:
    """A time on roll in parts of one mode each; C where no mode is assigned."""
    end = spell.end or date.max
    parts: list[Enrolment] = []
    at = spell.start or date.min
    for each in modes:
        first, last = max(at, each.start or date.min), min(end, each.end or date.max)
        if first > last:
            continue
        if first > at:
            _join(parts, at, first - timedelta(days=1), "C")
        _join(parts, first, last, each.mode)
        if last == date.max:
            at = date.max
            break
        at = last + timedelta(days=1)
    if not parts or (at <= end and parts[-1].end not in (end, date.max)):
        _join(parts, at, end, "C")
    return [
        Enrolment(
            None if part.start == date.min else part.start,
            None if part.end == date.max else part.end,
            part.mode,
        )
        for part in parts
    ]


def _join(parts: list[Enrolment], first: date, last: date, mode: str) -> None:
    """Add a part; one that only continues the mode before lengthens it."""
    if parts and parts[-1].mode == mode:
        parts[-1] = Enrolment(parts[-1].start, last, mode)
    else:
        parts.append(Enrolment(first, last, mode))


def _labels(of: _Of, group: str, as_of: date) -> dict[str, str]:
    """The name of the group each student is in on `as_of`, or was in last."""
    link = group[0].lower() + group[1:]
    names = {
        reference(each): label(each, "shortName", f"{link}Name", "code") for each in of.list(group)
    }
    best: dict[str, tuple[date, str]] = {}
    for each in of.list(f"{group}Membership"):
        at, start = reference(each.get("student")), day(each.get("startDate")) or date.min
        name = names.get(reference(each.get(link)))
        if at and name and start <= as_of:
            best[at] = max(best.get(at, (date.min, name)), (start, name))
    return {at: name for at, (_, name) in best.items()}
