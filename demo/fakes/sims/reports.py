"""A made-up school as the report files that SIMS would write of it."""

from __future__ import annotations

from collections.abc import Mapping
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


def write_codes(path: Path, own: Mapping[str, str] | None = None) -> Path:
    """Write a report of attendance codes, the school's `own` with what each stands for."""
    codes = {"/": "/", "O": "O"} | dict(own or {"7": "I", "9": "Y"})
    with path.open("w", encoding="utf-8") as file:
        file.write("<SuperStarReport>\n")
        for display, stands in codes.items():
            row = {"SIMS_x0020_Display_x0020_Code": display, "Statutory_Return_Code": stands}
            file.write(f"<Record>{_fields(row)}</Record>\n")
        file.write("</SuperStarReport>\n")
    return path
