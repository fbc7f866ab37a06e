"""Which of a report's columns is which of our fields. Pure; the list is the documentation."""

from __future__ import annotations

from collections.abc import Mapping

from linkwork.errors import ShapeChanged

#: The captions each field may stand under, in capitals without spaces and signs; a school's
#: report may use others through the setting `columns`. `docs/connecting-sims.md` shows them.
CAPTIONS: Mapping[str, tuple[str, ...]] = {
    "pupil_id": ("PERSONID", "PRIMARYID", "ID"),
    "upn": ("UPN",),
    "surname": ("SURNAME", "LEGALSURNAME"),
    "forename": ("FORENAME", "LEGALFORENAME"),
    "date_of_birth": ("DOB", "DATEOFBIRTH"),
    "sex": ("SEX", "GENDER"),
    "year_group": ("YEARTAUGHTIN", "YEAR", "YEARGROUP"),
    "form": ("REG", "REGGROUP", "REGISTRATIONGROUP"),
    "entry_date": ("ADMISSIONDATE", "DATEOFADMISSION"),
    "leaving_date": ("LEAVINGDATE", "DATEOFLEAVING"),
    "mode": ("ENROLMENTSTATUS",),
    "sen": ("SENSTATUS",),
    "fsm": ("FSM", "FSMELIGIBLE"),
    "pupil_premium": ("PUPILPREMIUM",),
    "ethnicity": ("ETHNICITY", "ETHNICITYCODE"),
    "looked_after": ("INCARE", "LOOKEDAFTER"),
    "urn": ("URN", "SCHOOLURN"),
    "date": ("MARKDATE", "SESSIONDATE", "DATE", "ATTENDANCEDATE"),
    "session": ("SESSION", "SESSIONNAME"),
    "code": ("MARK", "ATTENDANCEMARK"),
    "sub_code": ("SUBCODE", "ATTENDANCESUBCODE"),
    "am": ("AM", "AMMARK"),
    "pm": ("PM", "PMMARK"),
    "minutes_late": ("MINUTESLATE", "MINSLATE"),
}
#: The two columns of a report of attendance codes, from SIMS's own list of them.
CODE_CAPTIONS: Mapping[str, tuple[str, ...]] = {
    "own": ("SIMSDISPLAYCODE", "DISPLAYCODE", "CODE"),
    "stands": ("STATUTORYRETURNCODE", "STATUTORYCODE"),
}


class Columns:
    """The columns of one report, met one at a time.

    `own` are the school's captions, field to caption; they take the place of the known ones.
    """

    def __init__(
        self,
        own: Mapping[str, str] | None = None,
        known: Mapping[str, tuple[str, ...]] = CAPTIONS,
    ) -> None:
        own = own or {}
        found = {each: name for name, ways in known.items() for each in ways}
        named = {plain(caption): name for name, caption in own.items()}
        self._fields = {each: name for each, name in found.items() if name not in own} | named
        #: The captions met, by field.
        self.met: dict[str, str] = {}

    def field(self, caption: str) -> str | None:
        """The field a caption is of; None for a column that is not read.

        Raises ShapeChanged for a second column of one field: which is meant is not ours to say.
        """
        name = self._fields.get(plain(caption))
        if name is None:
            return None
        if self.met.setdefault(name, caption) != caption:
            raise ShapeChanged(
                f"the report has two columns for {name}: {self.met[name]} and {caption}",
                remedy=f"Take one out of the report, or name the right one in columns.{name}",
            )
        return name


def plain(caption: str) -> str:
    """A caption without spaces and signs, in capitals: reports are typed by hand."""
    return "".join(sign for sign in caption.upper() if sign.isalnum())
