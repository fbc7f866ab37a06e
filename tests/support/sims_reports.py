"""A made-up school as the report file that SIMS would write of it."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

from linkwork.register import Pupil, Register


def write(register: Register, path: Path) -> Path:
    """Write one record a mark; `path` again."""
    with path.open("w", encoding="utf-8") as file:
        file.write("<SuperStarReport>\n")
        for place, pupil in enumerate(register.pupils):
            details = _fields(_details(pupil))
            for at, (session, code) in enumerate(register.marks(place)):
                if not pupil.on_roll(session.date):
                    continue
                late = register.minutes_late.get((at, place))
                marked = {
                    "MarkDate": f"{session.date.isoformat()}T00:00:00",
                    "Session": session.half,
                    "Mark": code or "-",
                    "MinutesLate": "" if late is None else str(late),
                }
                file.write(f"<Record>{details}{_fields(marked)}</Record>\n")
        file.write("</SuperStarReport>\n")
    return path


def _details(pupil: Pupil) -> dict[str, str]:
    enrolment = pupil.enrolments[0]
    year = pupil.year_group or ""
    return {
        "PersonID": pupil.pupil_id,
        "UPN": pupil.upn or "",
        "Legal_x0020_Surname": pupil.surname or "",
        "Forename": pupil.forename or "",
        "DOB": pupil.date_of_birth.strftime("%d/%m/%Y") if pupil.date_of_birth else "",
        "Gender": {"F": "Female", "M": "Male"}[pupil.sex or "F"],
        "Year": "Reception" if year == "R" else f"Year  {year}",
        "Reg": f"{pupil.form} ",
        "AdmissionDate": enrolment.start.strftime("%d/%m/%Y") if enrolment.start else "",
        "LeavingDate": enrolment.end.strftime("%d/%m/%Y") if enrolment.end else "",
    }


def _fields(values: dict[str, str]) -> str:
    """Elements in a report's way: an empty field is left out."""
    return "".join(f"<{name}>{escape(text)}</{name}>" for name, text in values.items() if text)
