"""`setup csv FILE`: shows what was understood, lets a person correct it, keeps it as a profile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

from linkwork import codes as national
from linkwork import wording
from linkwork.errors import BadInput, WrongUse
from linkwork.plugin import FileSetup, Person, Understanding
from linkwork.register import HALVES, Register, RegisterBuilder, Session
from linkwork_csv import detect, exports, header, names, profiles
from linkwork_csv.layout import Layout, Question, Seen, Table, Understood
from linkwork_csv.mapping import SeveralSchools, Wanted
from linkwork_csv.options import Options
from linkwork_csv.pupils import PupilDetails

#: How many pupils and codes are shown.
PUPILS, CODES = 5, 40
#: How many rows are shown where the header has to be found by a person.
ROWS = 12
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
    """Understand files with a person's help; keep their layout as a profile.

    Nothing is kept unless all of the files were read as a person agreed. Raises BadInput, WrongUse.
    """
    setting_up = _SettingUp(given, person)
    seen = setting_up.look()
    while True:
        person.say("\n".join(["Understood:", *seen.evidence, "", *grid(seen.register), ""]))
        _ask_codes(seen.register, setting_up.own, person)
        end = person.ask("right", "Is this right?", seen.ends, "yes")
        if end == "yes":
            return setting_up.kept(seen)
        if end == "no":
            raise WrongUse("Nothing was saved.")
        seen = setting_up.corrected(end, seen)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the files come to as they are understood now; `layout` None where none is to be kept."""

    layout: Layout | None
    evidence: list[str]
    register: Register

    @property
    def ends(self) -> dict[str, str]:
        """How it may go on; a file that says itself what its columns are has none to correct."""
        said = self.layout is None or self.layout.shape == "ctf"
        without = {"columns", "dates"} if said else set()
        return {end: words for end, words in _END.items() if end not in without}


class _SettingUp:
    """The files, and what the person has said of them so far."""

    def __init__(self, given: FileSetup, person: Person) -> None:
        self._given, self._person = given, person
        self._paths = _files_in(given.files)
        self._answers: dict[str, str] = {}
        self._school = {"urn": given.urn} if given.urn else {}
        self.own: dict[str, str] = {}
        #: What the first file said of itself when it was last read.
        self._seen: tuple[Seen, ...] = ()

    def look(self, *, again: bool = False) -> _Seen:
        """Understand the files, asking what they do not say. Raises BadInput, WrongUse.

        `again`: it was understood before, and no column is asked for that a correction took away.
        """
        kinds = {path: exports.kind_of(path) for path in self._paths}
        beside = {path for path in self._paths if exports.beside_marks(path)}
        path = next((one for one in self._paths if one not in beside), self._paths[0])
        if kinds[path] == "canonical":
            return _Seen(None, ["  a canonical file: it says all itself"], self._read(None))
        if kinds[path] == "ctf":
            register = self._read(None)
            evidence = ["  a Common Transfer File", *_words(self._seen)]
            return _Seen(Layout("ctf", {}), evidence, register)
        understood = _complete(path, self._answers, self._person, again=again)
        evidence = _words(understood.seen)
        if beside:
            names = ", ".join(sorted(one.name for one in beside))
            return _Seen(None, [*evidence, f"  beside the marks: {names}"], self._read(None))
        layout = detect.refuse_open(understood)
        return _Seen(layout, evidence, self._read(layout))

    def corrected(self, end: str, before: _Seen) -> _Seen:
        """What the files come to after a correction; as before where it leaves no register."""
        answers = dict(self._answers)
        _correct(end, self._paths[0], self._answers, self.own, before.register, self._person)
        try:
            return self.look(again=True)
        except BadInput as error:
            self._answers.clear()
            self._answers.update(answers)
            self._person.say(f"So it cannot be read, and is left as it was: {error}\n")
            return before

    def kept(self, seen: _Seen) -> Understanding:
        """The settings, after the profile was saved where there is one to keep."""
        files = self._given.files
        settings: dict[str, str | Sequence[str]] = {
            "path": files[0] if len(files) == 1 else files,
            "settle": SETTLE,
        }
        settings |= {name: value for name, value in self._school.items() if name != "urn"}
        if seen.layout is not None:
            to = Path(self._given.profiles) / f"{self._given.name}.toml"
            profiles.save(replace(seen.layout, codes=self.own), to)
            settings["profile"] = str(to)
        return Understanding(settings, self.own)

    def _read(self, layout: Layout | None) -> Register:
        """All of the files, so that nothing is kept that could not be read."""
        while True:
            into = RegisterBuilder(self._given.files[0])
            wanted = Wanted(
                date.min,
                date.max,
                self._school.get("urn"),
                self._school.get("laestab"),
                self._school.get("application_id"),
            )
            try:
                done = exports.read_all(
                    self._paths, layout, exports.Into(wanted, PupilDetails(into), into)
                )
            except BadInput as error:
                several = _several(error)
                if several is None or several.column is None or several.column in self._school:
                    raise
                self._school[several.column] = self._which(several.column, layout)
            else:
                self._seen = done[0].seen if done else ()
                return into.build()

    def _which(self, column: str, layout: Layout | None) -> str:
        """Which of several schools in the files is meant, by the column that tells them apart."""
        rows = Counter(
            text
            for path in self._paths
            for text in exports.schools_in(path, column, layout, self._answers)
        )
        ways = {school: f"{count:,} rows" for school, count in sorted(rows.items())}
        words = f"The export holds {len(rows)} schools by their {column}. Which one is this?"
        return self._person.ask(column, words, ways)


def _words(seen: Sequence[Seen]) -> list[str]:
    """The evidence, a line each."""
    return [f"  {one.what}: {one.read_as} ({one.because})" for one in seen]


def _several(error: BaseException) -> SeveralSchools | None:
    """What told that there are several schools, where that is why a read ended."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, SeveralSchools):
        cause = cause.__cause__
    return cause


def _files_in(given: Sequence[str]) -> list[Path]:
    """The files, each folder as the register files in it. Raises BadInput for an empty one."""
    return list(Options(tuple(given)).files().registers)


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
        f"{wording.number(len(register.pupils), 'pupil')}, {dates}.",
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


def _complete(path: Path, answers: dict[str, str], person: Person, *, again: bool) -> Understood:
    """What the file says, with the person's answers to what it does not say."""
    asked = again
    while True:
        try:
            understood = exports.understand(path, None, answers)
        except BadInput:
            missing = [] if asked else _missing(path, answers) or _by_row(path, person)
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


def _by_row(path: Path, person: Person) -> list[Question]:
    """Questions for the columns of a row that a person says is the header; none for no such row.

    For a file none of whose rows names two columns by a listed name.
    """
    widest = max((_sample(table) for table in exports.tables(path)), key=_width)
    rows = [(n, row) for n, row in enumerate(widest, 1) if len([1 for c in row if c.strip()]) > 2]
    if not rows:
        return []
    ways = {str(n): " | ".join(cell[:14] for cell in row[:6]) for n, row in rows[:ROWS]}
    words = "No row has the names of a register's columns. Which row names them?"
    chosen = person.ask("header", words, ways | {"none": "no row does"})
    if chosen == "none":
        return []
    titles = dict(_titles(widest[int(chosen) - 1]))
    return [
        Question(f"column {name}", f"Which column is the {name.replace('_', ' ')}?", titles)
        for name in ("pupil_id", "date", "session", "code")
    ]


def _width(rows: Sequence[Sequence[str]]) -> int:
    return max((len(row) for row in rows), default=0)


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


def _unknown(register: Register) -> list[str]:
    known = _known_codes()
    return [code for code in register.codes[1:] if code not in known][:CODES]


def _ask_codes(register: Register, own: dict[str, str], person: Person) -> None:
    """What codes that no nation knows stand for; "unknown" where nobody can tell."""
    for code in _unknown(register):
        if code not in own:
            words = f"The code {code} is in no list. Which national code does it stand for?"
            own[code] = _national(f"code {code}", words, person)


def _national(key: str, words: str, person: Person) -> str:
    """A national code, or "unknown". Raises WrongUse after five answers that are neither."""
    for _ in range(5):
        given = person.ask(key, words, {}, "unknown").strip()
        if given.lower() == "unknown":
            return "unknown"
        if given.upper() in _known_codes():
            return given.upper()
        person.say(f"{given[:20]!r} is no national code. Write one, such as I or C1, or unknown.")
    raise WrongUse("No answer was a national code. Nothing was saved.")


def _known_codes() -> set[str]:
    return set().union(*(national.builtin(name).codes for name in national.names()))


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
        titles = list(exports.understand(path, None, answers).header.titles)
        # Of columns with one title none can be named by it: the halves under a row of dates.
        ways = {t: at for t, at in _titles(titles) if titles.count(t) == 1}
        ways["none"] = "no column has it"
        chosen = person.ask(f"column {meaning}", "Which column has it?", ways)
        answers[f"column {meaning}"] = "" if chosen == "none" else chosen
    else:
        ways = dict.fromkeys(register.codes[1:], "")
        code = person.ask("code", "Which code?", ways)
        own[code] = _national(f"code {code}", "Which national code?", person)
        person.say(f"{code} will be read as {own[code]}; below it stands as it is in the file.")
