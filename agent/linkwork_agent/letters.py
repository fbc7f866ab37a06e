"""`letters`: letters home that a run of absence asks for: listed, written, noted as sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import resources
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

from linkwork import wording
from linkwork.errors import BadInput, Refused, WrongUse
from linkwork.findings import Finding
from linkwork.policy import PolicySeries, RunRule
from linkwork.register import HALVES, Pupil
from linkwork.school_days import last_held_day
from linkwork.school_year import school_year
from linkwork.sheet import lay_out
from linkwork.triggers import evaluate
from linkwork_agent import contacted, meant, reading, stating, who
from linkwork_agent.config import Config, School
from linkwork_agent.keys import new_private_file
from linkwork_agent.ports import Clock
from linkwork_agent.store import contacts, registers
from linkwork_agent.store.base import Db, Store, open_existing

Facts = dict[str, Any]

#: Due while the run goes on or ended a few school days ago; after that it was missed.
DUE, MISSED = "due", "missed"
#: What a template may have in braces, in the order of `Letter.text`.
FIELDS = ("school", "date", "pupil", "forename", "form", "days", "first", "last", "dates")
_FIELD = re.compile(r"\{([a-z_]*)\}")
_HALF = dict(zip(HALVES, ("morning", "afternoon"), strict=True))
NOTE = "The letter about this absence"


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that was not sent: to whose family, by which rule, and the run that asks for it."""

    key: str
    pupil: Pupil
    found: Finding
    state: str
    template: Template

    def text(self, school: str, today: date) -> str:
        """The letter itself. Raises BadInput for a field that its template cannot have."""
        found, name = self.found, who.full_name(self.pupil)
        dates = "\n".join(
            f"- {wording.day(on)}: {' and '.join(_HALF[each.half] for each in of_day)}"
            for on, of_day in groupby(found.why, key=lambda each: each.date)
        )
        values = (
            school,
            wording.day(today),
            name or "your child",
            self.pupil.forename or "your child",
            self.pupil.form or "",
            wording.amount(found.value, found.unit),
            wording.day(found.first),
            wording.day(found.last),
            dates,
        )
        return self.template.filled(dict(zip(FIELDS, values, strict=True)))

    @property
    def file_name(self) -> str:
        """A name of its own for the letter's file, whatever the school system's id holds."""
        one = quote(self.pupil.pupil_id, safe="")
        return f"{one}-{self.found.trigger}-{self.found.first.isoformat()}.md"


@dataclass(frozen=True, slots=True)
class Template:
    """A letter's text with fields in braces; `place` is the file, for messages."""

    text: str
    place: str

    def filled(self, fields: Mapping[str, str]) -> str:
        """The text with its fields. Raises BadInput by row for one that there is not."""
        for row, line in enumerate(self.text.splitlines(), 1):
            for name in _FIELD.findall(line):
                if name not in fields:
                    raise BadInput(
                        f"there is no field {{{name}}}",
                        remedy=f"Write one of: {', '.join(f'{{{each}}}' for each in fields)}",
                        file=self.place,
                        row=row,
                    )
        return _FIELD.sub(lambda found: fields[found[1]], self.text)


def shipped() -> dict[str, Template]:
    """The texts that come with the agent, by the rule they are for."""
    root = resources.files("linkwork_agent") / "letter_texts"
    return {
        entry.name.removesuffix(".md"): Template(entry.read_text(encoding="utf-8"), entry.name)
        for entry in root.iterdir()
        if entry.name.endswith(".md")
    }


def templates(folder: Path, policy: PolicySeries) -> dict[str, Template]:
    """The texts for rules of the policy that count in a row; the school's own before the shipped.

    Raises BadInput for a file of the school's that is named after no such rule, is no text, or has
    a field that there is not: at once, for on the day a letter is due it is too late.
    """
    rules = [rule.name for rule in policy.policies[-1].enabled if isinstance(rule, RunRule)]
    found = {name: each for name, each in shipped().items() if name in rules}
    for path in sorted(folder.glob("*.md")):
        if path.stem not in rules:
            raise BadInput(
                "the file is named after no rule of the policy that counts days in a row",
                remedy=f"Name it after one of: {', '.join(rules)}",
                file=str(path),
            )
        try:
            found[path.stem] = Template(path.read_text(encoding="utf-8"), str(path))
        except UnicodeDecodeError as error:
            raise BadInput(
                "it is no text in UTF-8", remedy="Save it anew", file=str(path)
            ) from error
        found[path.stem].filled(dict.fromkeys(FIELDS, ""))
    return found


def unsent(db: Db, folder: Path, today: date) -> list[Letter]:
    """Every letter that a run of this school year asks for and that is not noted as sent.

    Runs that were over before the first collection are left out. The newest first.
    """
    memory, first = reading.remember(db), registers.first_run(db)
    register, day = memory.known.register, last_held_day(memory.known.register)
    if first is None or day is None:
        return []
    policies = reading.kept_rules(db, today).policies
    keys = {p.pupil_id: key for p, key in zip(register.pupils, memory.known.keys, strict=True)}
    said = stating.standing(memory.said, today)
    facts = stating.facts(said, keys, memory.episodes, memory.sick)
    since = max(school_year(day)[0], date.fromisoformat(first.as_of))
    sheet = lay_out(register, policies, day)
    recent = sheet.days[sheet.recent] if sheet.days else day
    sent = contacts.standing(contacts.every(db))
    found: list[Letter] = []
    for name, template in templates(folder, policies).items():
        for each in evaluate(register, policies.only(name), day, facts=facts):
            key = keys[each.pupil_id]
            if (each.end or each.last) >= since and not _noted(sent, key, each):
                state = DUE if each.end is None or each.end >= recent else MISSED
                pupil = register.pupils[register.pupil_index(each.pupil_id)]
                found.append(Letter(key, pupil, each, state, template))
    return sorted(found, key=lambda each: (each.found.last, each.pupil.pupil_id), reverse=True)


def _noted(sent: Sequence[contacts.Contact], key: str, found: Finding) -> bool:
    """Whether a letter was sent for any day of this run, whatever its first and last are now."""
    return any(
        (line.how, line.rule, line.pupil_key) == (contacted.LETTER, found.trigger, key)
        and line.run_first <= found.last.isoformat()
        and line.run_last >= found.first.isoformat()
        for line in sent
    )


def own_texts(config: Config, school: School) -> Path:
    """The folder in which a school may have texts of its own, each named after its rule."""
    return config.folder(school) / "letters"


def listed(
    config: Config, school: School, *, today: date, write: Path | None = None
) -> list[Facts]:
    """One school's letters that were not sent; with `write`, those due as files in that folder.

    Names are for the school's own screen. Raises BadInput for a template that cannot be filled.
    """
    store = open_existing(config.folder(school) / "agent.db")
    if store is None:
        return []
    with store:
        found = unsent(store.read, own_texts(config, school), today)
    files = dict(_written(found, school, today, write)) if write is not None else {}
    return [_row(each, school.urn) | {"file": files.get(each.file_name)} for each in found]


def _row(of: Letter, urn: str) -> Facts:
    found = of.found
    return {
        "mis_id": of.pupil.pupil_id,
        "name": who.full_name(of.pupil) or None,
        "form": of.pupil.form,
        "rule": found.trigger,
        "first": found.first.isoformat(),
        "last": found.last.isoformat(),
        "ended": found.end.isoformat() if found.end else None,
        "days": found.value,
        "status": found.status,
        "state": of.state,
        "urn": urn,
    }


def _written(
    letters: Sequence[Letter], school: School, today: date, folder: Path
) -> Iterator[tuple[str, str]]:
    """Write each letter that is due, unless it stands there already; its name and its path."""
    texts = [(each, each.text(school.name, today)) for each in letters if each.state == DUE]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for each, text in texts:
        path = folder / each.file_name
        if not path.exists():
            with new_private_file(path) as file:
                file.write(text)
        yield each.file_name, str(path)


@dataclass(frozen=True, slots=True)
class Sent:
    """What a person says was sent: `first` is the first day of the run, where there are several."""

    whom: str
    by: str
    first: str | None = None
    at: str = ""
    note: str = ""


def note_sent(store: Store, school: tuple[Config, School], said: Sent, clock: Clock) -> str:
    """Note that a letter was sent, among the contacts; what was noted, in words.

    Raises WrongUse for an unknown pupil, a time that is none or lies before the absence, or when
    several letters might be meant; Refused when none is to be sent.
    """
    now = clock().astimezone()
    at = contacted.moment(said.at, now)
    with store.write() as tx:
        key, name = meant.pupil(tx, said.whom)
        letter = _meant(unsent(tx, own_texts(*school), now.date()), key, name, said.first)
        run = letter.found
        if at[:10] < run.first.isoformat():
            raise WrongUse(f"--at {at} lies before the absence, which began on {run.first}")
        new = contacts.Contact(
            id=0,
            pupil_key=key,
            at=at,
            with_whom=contacted.PARENT,
            how=contacted.LETTER,
            note=said.note.strip() or NOTE,
            by_whom=said.by,
            noted_at=now.isoformat(timespec="seconds"),
            rule=run.trigger,
            run_first=run.first.isoformat(),
            run_last=run.last.isoformat(),
        )
        number = contacts.add(tx, new)
    return f"{number}: {name}: letter about the absence from {run.first}, sent by {said.by}."


def _meant(letters: Sequence[Letter], key: str, name: str, first: str | None) -> Letter:
    mine = [each for each in letters if each.key == key]
    if not mine:
        raise Refused(
            f"No letter is to be sent for {name}: none is due, or it was noted already. See: "
            "linkwork-agent contacted"
        )
    found = [each for each in mine if first in (None, each.found.first.isoformat())]
    if len(found) != 1:
        days = ", ".join(each.found.first.isoformat() for each in mine)
        raise WrongUse(f"Say which letter for {name} with --from, the first day away: {days}")
    return found[0]
