"""What a column may be called. Exact names, listed; nothing is matched because it looks alike."""

from __future__ import annotations

from collections.abc import Mapping

#: Each meaning with every name it is known by. Capitals, underscores and doubled spaces do not
#: count; anything else does. `docs/reading-exports.md` prints this list, and a test compares.
NAMES: Mapping[str, tuple[str, ...]] = {
    "pupil_id": (
        *("pupil id", "pupilid", "student id", "studentid", "person id", "personid", "mis id"),
        *("primary id", "pupil number", "student number"),
    ),
    "adno": (
        *("adno", "adm no", "admno", "admission no", "admission no.", "admission number"),
        *("adm number",),
    ),
    "upn": ("upn", "unique pupil number"),
    "surname": ("surname", "legal surname", "last name", "legal last name", "family name"),
    "forename": ("forename", "legal forename", "first name", "legal first name", "given name"),
    "full_name": ("name", "full name", "pupil name", "student name", "pupil", "student"),
    "date_of_birth": ("date of birth", "dob", "birth date"),
    "sex": ("sex", "gender", "legal sex"),
    "year_group": (
        *("year group", "year", "yr", "nc year", "ncy", "national curriculum year"),
        *("year taught in", "current year group"),
    ),
    "form": (
        *("form", "reg", "reg group", "reg form", "registration group", "registration form"),
        *("class", "tutor group", "current registration group"),
    ),
    "entry_date": ("entry date", "admission date", "date of admission", "date of entry", "doa"),
    "leaving_date": ("leaving date", "date of leaving", "leave date", "dol"),
    "mode": ("mode", "enrolment mode", "enrolment status"),
    "sen": ("sen", "sen status", "sen code", "sen provision", "current sen status"),
    "fsm": ("fsm", "fsm eligible", "eligible for fsm", "free school meals", "current fsm"),
    "pupil_premium": ("pupil premium", "pp", "pupil premium indicator"),
    "ethnicity": ("ethnicity", "ethnicity code", "ethnic code"),
    "looked_after": ("looked after", "in care", "lac", "child looked after", "looked after child"),
    "date": ("date", "mark date", "markdate", "session date", "attendance date"),
    "session": ("session", "session name", "am/pm", "ampm", "am pm", "half day", "period"),
    "code": (
        *("code", "mark", "attendance mark", "attendance code", "session mark", "raw mark"),
        *("register mark", "mark code"),
    ),
    "minutes_late": ("minutes late", "mins late", "late minutes", "late mins", "minuteslate"),
    "am": ("am", "am mark", "am code", "mark am", "morning", "morning mark"),
    "pm": ("pm", "pm mark", "pm code", "mark pm", "afternoon", "afternoon mark"),
    "am_minutes_late": ("am minutes late", "am mins late", "minutes late am"),
    "pm_minutes_late": ("pm minutes late", "pm mins late", "minutes late pm"),
    "start_date": (
        *("start date", "attendance start date", "marks start date", "from", "date from"),
        *("week commencing", "week beginning", "w/c"),
    ),
    "end_date": ("end date", "attendance end date", "marks end date", "to", "date to"),
    "marks": ("marks", "attendance marks", "attendancemarks", "session marks", "marks string"),
    "urn": ("urn", "school urn"),
    "application_id": ("application id",),
    "laestab": ("laestab", "la estab", "la/estab", "dfe number", "dfe no"),
}

#: Meanings that say who a row is of, the first of them that a file has being the pupil's id.
IDS = ("pupil_id", "adno", "upn")
#: Details of a pupil that the register keeps.
DETAILS = (
    *("upn", "surname", "forename", "full_name", "date_of_birth", "sex", "year_group", "form"),
    *("entry_date", "leaving_date", "mode"),
    *("sen", "fsm", "pupil_premium", "ethnicity", "looked_after"),
)
#: Meanings whose cells are dates.
DATES = ("date", "start_date", "end_date", "date_of_birth", "entry_date", "leaving_date")
#: What each shape needs beside an id; a shape without a fixed list has its own rule.
SHAPES: Mapping[str, tuple[str, ...]] = {
    "long": ("date", "session", "code"),
    "day-wide": ("date", "am", "pm"),
    "date-wide": (),
    "marks-string": ("start_date", "marks"),
}
#: Columns that lay out a long or day-wide register; beside dates in the header they say nothing.
OF_A_SHAPE = frozenset(name for needs in SHAPES.values() for name in needs)


def plain(title: str) -> str:
    """A column's name without what does not count: capitals, underscores, doubled spaces."""
    return " ".join(title.lower().replace("_", " ").replace("\ufeff", "").split())


#: The meaning of each listed name.
MEANINGS: Mapping[str, str] = {name: meaning for meaning, all_ in NAMES.items() for name in all_}


def place_of(column: int) -> str:
    """A column, counted from 0, as spreadsheets name it: A, B, ... Z, AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name
