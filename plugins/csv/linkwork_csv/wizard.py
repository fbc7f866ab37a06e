"""`setup csv FILE`: shows what was understood, lets a person correct it, keeps it as a profile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

from linkwork import codes as national
from linkwork.errors import BadInput, WrongUse
from linkwork.plugin import FileSetup, Person, Understanding
from linkwork.register import HALVES, Register, RegisterBuilder, Session
from linkwork_csv import detect, exports, header, names, profiles
from linkwork_csv.layout import Layout, Question, Table, Understood
from linkwork_csv.mapping import Wanted
from linkwork_csv.pupils import PupilDetails

#: How many pupils and codes are shown.
PUPILS, CODES = 5, 40
#: Seconds without a change before a dropped file is read.
SETTLE = "30"

_MEANINGS = {name: f"such as {titles[0]!r}" for name, titles in names.NAMES.items()}
_END = {
    "yes": "it is right: save it",
    "columns": "a column means something else",
    "dates": "the dates are read wrongly",
    "codes": "a code of the school's own means something else",
    "no": "stop; nothing is saved",
}


def understand_files(given: FileSetup, person: Person) -> Understanding:
    """Understand the first file with a person's help; keep its layout as a profile.

    Nothing is kept unless the whole file was read as a person agreed. Raises BadInput, WrongUse.
    """
    path = Path(given.files[0])
    settings = {"path": given.files[0], "settle": SETTLE}
    kind = exports.kind_of(path)
    answers: dict[str, str] = {}
    own: dict[str, str] = {}
    while True:
        if kind in {"canonical", "ctf"}:
            layout, evidence = Layout(kind, {}), []
            layout = replace(layout, shape="ctf") if kind == "ctf" else layout
            register = _read(path, None)
        else:
            understood = _complete(path, answers, person)
            layout = detect.refuse_open(understood)
            evidence = [f"  {one.what}: {one.read_as} ({one.because})" for one in understood.seen]
            register = _read(path, layout)
        person.say("\n".join(["Understood:", *evidence, "", *grid(register), ""]))
        _ask_codes(register, own, person)
        end = person.ask("right", "Is this right?", _END, "yes")
        if end == "yes":
            break
        if end == "no":
            raise WrongUse("Nothing was saved.")
        _correct(end, path, answers, own, register, person)
    if kind != "canonical":
        to = Path(given.profiles) / f"{given.name}.toml"
        profiles.save(replace(layout, codes=own), to)
        settings["profile"] = str(to)
    return Understanding(settings, own)


def grid(register: Register) -> list[str]:
    """The first pupils' first full week, by id: a row each, two signs a day."""
    held = [session.date for session, row in zip(register.sessions, register.rows, strict=True)
            if any(row)]  # fmt: skip
    if not held:
        return ["There is no mark in the file."]
    weeks = Counter(day - timedelta(day.weekday()) for day in dict.fromkeys(held))
    # The first whole week, or else the fullest.
    monday = max(weeks, key=lambda week: (min(weeks[week], 5), -week.toordinal()))
    days = [monday + timedelta(n) for n in range(5)]
    dates = f"{held[0].isoformat()} to {held[-1].isoformat()}"
    lines = [
        f"{len(register.pupils)} pupils, {dates}.",
        f"The week of {monday:%A %d %B %Y}; a dot is no mark:",
        f"  {'pupil':<16}" + "".join(f"{day:%a %d}  " for day in days),
    ]
    for pupil in register.pupils[:PUPILS]:
        cells = (f"{_cell(register, pupil.pupil_id, day):<8}" for day in days)
        lines.append(f"  {pupil.pupil_id[:15]:<16}" + "".join(cells).rstrip())
    if register.rejected_count:
        lines.append(f"Not read: {register.partial}; the first: {register.rejected[0]}")
    return lines


def _cell(register: Register, pupil_id: str, day: date) -> str:
    return " ".join(register.mark(pupil_id, Session(day, half)) or "." for half in HALVES)


def _complete(path: Path, answers: dict[str, str], person: Person) -> Understood:
    """What the file says, with the person's answers to what it does not say."""
    asked = False
    while True:
        try:
            understood = exports.understand(path, None, answers)
        except BadInput:
            missing = [] if asked else _missing(path, answers)
            if not missing:
                raise
            asked = True
            for question in missing:
                answers[question.key] = _asked(question, person)
            continue
        if not understood.questions:
            return understood
        for question in understood.questions:
            answers[question.key] = _asked(question, person)


def _asked(question: Question, person: Person) -> str:
    return person.ask(question.key, question.words, question.choices)


def _missing(path: Path, answers: Mapping[str, str]) -> list[Question]:
    """Questions for the columns that have a name nobody knows; none when no header is near."""
    best: tuple[int, list[str], list[Question]] = (1, [], [])
    for table in exports.tables(path):
        rows = _sample(table)
        row, known, missing = header.nearest(rows)
        if len(known) > best[0]:
            ways = dict(_titles(rows[row - 1]))
            questions = [
                Question(f"column {name}", f"Which column is the {name.replace('_', ' ')}?", ways)
                for name in missing
                if f"column {name}" not in answers
            ]
            best = (len(known), known, questions)
    return best[2]


def _sample(table: Table) -> list[list[str]]:
    try:
        with table.rows() as rows:
            return list(islice(rows, header.DEEPEST))
    except BadInput:
        return []


def _titles(row: list[str]) -> Iterator[tuple[str, str]]:
    for at, title in enumerate(row):
        if title.strip():
            yield title, f"column {names.place_of(at)}"


def _read(path: Path, layout: Layout | None) -> Register:
    """The whole file, so that nothing is kept that could not be read."""
    into = RegisterBuilder(str(path))
    wanted = Wanted(date.min, date.max)
    target = exports.Into(wanted, PupilDetails(into), into)
    exports.read_all([path], layout, target)
    return into.build()


def _unknown(register: Register) -> list[str]:
    known = set().union(*(national.builtin(name).codes for name in national.names()))
    return [code for code in register.codes[1:] if code not in known][:CODES]


def _ask_codes(register: Register, own: dict[str, str], person: Person) -> None:
    """What codes that no nation knows stand for; "unknown" where nobody can tell."""
    for code in _unknown(register):
        if code not in own:
            words = f"The code {code} is in no list. Which national code does it stand for?"
            own[code] = person.ask(f"code {code}", words, {}, "unknown").strip().upper()
            if own[code] == "UNKNOWN":
                own[code] = "unknown"


def _correct(
    end: str,
    path: Path,
    answers: dict[str, str],
    own: dict[str, str],
    register: Register,
    person: Person,
) -> None:
    if end == "dates":
        ways = {"day-first": "07/09/2026 is 7 September", "month-first": "07/09/2026 is 9 July"}
        answers["dates"] = person.ask("dates", "How are they to be read?", ways)
    elif end == "columns":
        meaning = person.ask("meaning", "Which meaning?", _MEANINGS)
        understood = exports.understand(path, None, answers)
        ways = dict(_titles(list(understood.header.titles))) | {"none": "no column has it"}
        chosen = person.ask(f"column {meaning}", "Which column has it?", ways)
        answers[f"column {meaning}"] = "" if chosen == "none" else chosen
    else:
        ways = dict.fromkeys(register.codes[1:], "")
        code = person.ask("code", "Which code?", ways)
        own[code] = person.ask(f"code {code}", "Which national code?", {}, "unknown").upper()
