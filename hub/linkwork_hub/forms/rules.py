"""The decisions of papers with a family: what a version needs, when it may be signed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from linkwork_hub.db import day_of
from linkwork_hub.forms.kinds import FormKind, Party
from linkwork_hub.forms.models import Content, Form, Said, Signatory

#: Beyond what anybody writes under one heading; a form of more was not typed.
LONGEST = 20_000


def content(kind: FormKind, form: Mapping[str, str], today: date) -> Content | dict[str, str]:
    """What a form says, or what is wrong with it by field."""
    texts = {one.id: _lines(form.get(f"text-{one.id}", "")) for one in kind.sections}
    signatories = [one for party in kind.parties for one in _named(party, form)]
    problems: dict[str, str] = {}
    for section in kind.sections:
        if section.needed and not texts[section.id]:
            problems[f"text-{section.id}"] = f"{section.title}: write what it says."
        if len(texts[section.id]) > LONGEST:
            problems[f"text-{section.id}"] = f"{section.title}: keep it to {LONGEST:,} characters."
    for party in kind.parties:
        if party.needed and not any(one.party == party.id for one in signatories):
            problems[f"party-{party.id}"] = f"{party.name}: write who signs."
    review = _day(form.get("review", "")) if kind.review_weeks else None
    if kind.review_weeks and (review is None or review <= today):
        problems["review"] = "Give the day of the review, later than today."
    consulted = None
    if kind.for_school and form.get("behalf", "") == "yes":
        who, on = form.get("consulted", "").strip(), _day(form.get("consulted-on", ""))
        if not who:
            problems["consulted"] = "Write who of the school was consulted."
        if on is None or on > today:
            problems["consulted-on"] = "Give the day the school was consulted, not a later one."
        consulted = (who, on) if who and on else None
    return problems or Content(texts, tuple(signatories), review, consulted)


def default_review(kind: FormKind, today: date) -> date | None:
    """The day of review a new version starts with."""
    return today + timedelta(weeks=kind.review_weeks) if kind.review_weeks else None


def signing_problems(one: Form, form: Mapping[str, str], today: date) -> dict[str, str]:
    """What is wrong with a signature as it was typed, by field; empty when it can be kept."""
    latest, on = one.latest, _day(form.get("on", ""))
    problems: dict[str, str] = {}
    if one.ended is not None:
        return {"signatory": f"{one.number} has ended: nobody signs it any more."}
    if form.get("version", "") != str(latest.number):
        return {"signatory": "Another version was written meanwhile. Read it, then record again."}
    if form.get("signatory", "") not in {str(n) for n in range(len(latest.content.signatories))}:
        problems["signatory"] = "Choose who it is."
    if form.get("said", "") not in {said.value for said in Said}:
        problems["said"] = "Choose what they said."
    if on is None or not day_of(latest.written) <= on <= today:
        problems["on"] = "Give the day: not before this version was written, and not after today."
    if form.get("said", "") == Said.DECLINED.value and not form.get("note", "").strip():
        problems["note"] = "Write why it is declined."
    return problems


def ending_problems(one: Form, on: str, how: str, today: date) -> dict[str, str]:
    """What is wrong with ending a paper, by field; empty when it can end so."""
    day = _day(on)
    if one.ended is not None:
        return {"ended": f"{one.number} has ended already."}
    problems = {}
    if day is None or not day_of(one.versions[-1].written) <= day <= today:
        problems["ended"] = "Give the day it ended: not before it was written, not after today."
    if not how.strip():
        problems["how"] = "Write what came of it."
    return problems


def _named(party: Party, form: Mapping[str, str]) -> list[Signatory]:
    typed = form.get(f"party-{party.id}", "")
    names = typed.splitlines() if party.several else [typed]
    return [Signatory(party.id, name.strip()) for name in names if name.strip()]


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
