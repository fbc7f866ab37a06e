"""Papers with a family, as a person fills them in on the pages of a whole hub."""

from __future__ import annotations

import re

from casework import Casework

CONTRACT = {
    "text-expectations": "Every day until Easter.",
    "text-actions": "Testina: at the gate at 8.40.\nSchool: breakfast club.",
    "text-responsibilities": "The parents ring before nine.",
    "party-pupil": "Testina Example",
    "party-parent": "Parent Example\nOther Parent",
    "party-school": "H. Teacher",
    "party-officer": "O. Officer",
    "review": "2026-04-13",
}


def words(page: str) -> str:
    """A page's text below its head, a space between its pieces."""
    return " ".join(re.sub(r"<[^>]*>", " ", page.partition("<main")[2]).split())


def contract(work: Casework, case_id: str, **changes: str) -> str:
    """An attendance contract written on a case; the address of its page."""
    made = work.officer.post(f"/cases/{case_id}/forms/attendance-contract", CONTRACT | changes)
    assert made.status_code == 303, made.text
    return str(made.headers["location"])


def sign(work: Casework, page: str, signatory: int, **changes: str) -> None:
    """Record that somebody signed a paper's first version today."""
    form = {"version": "1", "signatory": str(signatory), "said": "signed", "on": "2026-03-02"}
    made = work.officer.post(f"{page}/sign", form | changes)
    assert made.status_code == 303, made.text
