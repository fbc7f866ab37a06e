"""What an export says of itself: delimiter, header, shape, columns, dates; the rest is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice

from linkwork.errors import BadInput
from linkwork_csv import header as headers
from linkwork_csv.dates import STYLES, Styles
from linkwork_csv.layout import Header, Layout, Question, Seen, Table, Understood
from linkwork_csv.names import DATES, IDS, MEANINGS, OF_A_SHAPE, SHAPES, place_of, plain
from linkwork_csv.strings import days_of
from linkwork_csv.texts import DELIMITERS, MOST_COLUMNS

#: Rows looked at for the header, and at least so many for the dates.
SAMPLE, DATED = 200, 2000
#: How to answer a question without the wizard.
REMEDY = "Decide it once: linkwork-agent setup csv FILE asks, shows, and keeps the answer"
Answers = Mapping[str, str]

_SHAPE_WORDS = {
    "long": "one row a pupil and session",
    "day-wide": "one row a pupil and day, a column for the morning and one for the afternoon",
    "date-wide": "one row a pupil, a column for each date or session",
    "marks-string": "one row a pupil, all marks in one cell",
}


def understand(
    tables: Sequence[Table],
    answers: Answers | None = None,
    meanings: Mapping[str, str] = MEANINGS,
) -> Understood:
    """The one table that holds a register, as far as the file and `answers` say.

    Answers have the keys of the questions: `table`, `shape`, `dates`, `days`, and `column NAME` for
    the title of the column that means NAME ("" for none). `meanings` is what column names mean.
    Raises BadInput when no table of the
    file holds a register, or its header or dates are damaged.
    """
    answers = answers or {}
    found = _found(tables, _meanings(answers, meanings))
    if "table" in answers:
        found = [one for one in found if table_key(one[0]) == answers["table"]] or found
    table, header = found[0]
    if len(found) > 1:
        keys = {table_key(one): f"{at.width} columns named" for one, at in found}
        asked = Question("table", "Which of these holds the register?", keys)
        return Understood(table, header, None, table.seen, (asked,))
    return _understood(table, header, answers)


def with_profile(tables: Sequence[Table], profile: Layout) -> Understood:
    """The table that fits a profile. Raises BadInput naming the columns that are missing."""
    tables = [
        one
        for one in tables
        if profile.sheet in {"", one.sheet} and profile.delimiter in {"", one.delimiter}
    ] or list(tables)
    meanings = {plain(title): meaning for meaning, title in profile.columns.items()}
    fitting = [
        (table, header)
        for table, header in _found(tables, meanings, profile)
        if profile.shape in header.shapes and not set(profile.columns) - header.place.keys()
    ]
    if not fitting:
        raise _unfit(tables, profile)
    table, header = fitting[0]
    _refuse_doubles(table, header)
    seen = (*table.seen, *_columns_seen(table, header, profile.shape))
    return Understood(table, header, profile, seen, (), ())


def table_key(table: Table) -> str:
    """What a table is called in a question and its answer."""
    return table.sheet or DELIMITERS.get(table.delimiter, table.delimiter)


def refuse_open(understood: Understood) -> Layout:
    """The layout, when nothing is left to decide. Raises BadInput saying what and how."""
    if understood.layout is not None and not understood.questions:
        return understood.layout
    asked = understood.questions[0]
    choices = " or ".join(asked.choices)
    raise understood.table.refuse(
        f"{asked.words} The file does not say ({asked.key}: {choices})",
        f"{REMEDY}; a profile that you have is named with --profile",
        row=understood.header.row,
    )


def _meanings(answers: Answers, listed: Mapping[str, str]) -> dict[str, str]:
    """What column names mean: the listed ones, and what a person said."""
    meanings = dict(listed)
    for key, title in answers.items():
        if key.startswith("column "):
            meaning = key.removeprefix("column ")
            meanings = {name: of for name, of in meanings.items() if of != meaning}
            if title:
                meanings[plain(title)] = meaning
    return meanings


def _found(
    tables: Sequence[Table], meanings: Mapping[str, str], profile: Layout | None = None
) -> list[tuple[Table, Header]]:
    """The tables with a header in them. Raises BadInput when there is none."""
    found: list[tuple[Table, Header]] = []
    samples: list[tuple[Table, list[list[str]]]] = []
    damaged: list[BadInput] = []
    for table in tables:
        try:
            with table.rows() as rows:
                sample = list(islice(rows, SAMPLE))
        except BadInput as error:
            damaged.append(error)
            continue
        samples.append((table, sample))
        header = headers.find(sample, meanings)
        if header is not None and header.width > MOST_COLUMNS:
            raise table.refuse(
                f"the header has more than {MOST_COLUMNS} columns",
                "Export one school year at a time",
                row=header.row,
            )
        if header is not None:
            found.append((table, header))
    if found or profile is not None:
        return found
    raise _no_header(samples, damaged)


def _no_header(samples: list[tuple[Table, list[list[str]]]], damaged: list[BadInput]) -> BadInput:
    """What is missing, in the table that comes nearest to a register."""
    if not samples:
        return damaged[0]
    looked = [(table, headers.nearest(rows)) for table, rows in samples]
    table, (row, known, missing) = max(looked, key=lambda one: len(one[1][1]))
    if not known:
        if damaged:
            return damaged[0]
        return table.refuse(
            "no row among the first is the header of a register",
            f"A register needs columns such as pupil id, date, session and mark. {REMEDY}",
        )
    lacks = f"no column for {', '.join(missing)}" if missing else "nothing that says which day"
    return table.refuse(
        f"the header has {', '.join(known)} and {lacks}",
        f"Add the column to the export; if it is there under another name: {REMEDY}",
        row=row,
    )


def _unfit(tables: Sequence[Table], profile: Layout) -> BadInput:
    best: tuple[int, Table, int, list[str]] | None = None
    for table in tables:
        try:
            with table.rows() as rows:
                sample = list(islice(rows, headers.DEEPEST))
        except BadInput as error:
            if len(tables) == 1:
                return error
            continue
        for number, cells in enumerate(sample, 1):
            titles = {plain(title) for title in cells}
            missing = [name for name in profile.columns.values() if plain(name) not in titles]
            if best is None or len(missing) < best[0]:
                best = (len(missing), table, number, missing)
    if best is None:
        return tables[0].refuse("the file has no rows", "Export it again")
    count, table, row, missing = best
    if not count:
        return table.refuse(
            f"the columns of the profile are there, but not those of a {profile.shape} register",
            f"Look at the export, or make the profile anew. {REMEDY}",
            row=row,
        )
    columns = "column" if count == 1 else "columns"
    return table.refuse(
        f"the profile's {columns} {', '.join(missing)} {'is' if count == 1 else 'are'} missing",
        f"Export with the same columns as before, or make the profile anew. {REMEDY}",
        row=row,
    )


def _understood(table: Table, header: Header, answers: Answers) -> Understood:
    questions: list[Question] = []
    shape = _choose(answers.get("shape"), header.shapes)
    if shape is None:
        ways = {name: _SHAPE_WORDS[name] for name in header.shapes}
        asked = Question("shape", "How is the register laid out?", ways)
        return Understood(table, header, None, table.seen, (asked,))
    questions += _doubled(table, header, shape)
    styles = _styles(table, header, shape)
    dates = _dates(table, styles, answers, questions)
    _refuse_odd_sessions(table, header, shape, answers, questions)
    columns = {
        meaning: header.titles[at]
        for meaning, at in header.place.items()
        if _is_used(meaning, shape)
    }
    halves = "am-pm" if answers.get("halves") == "am-pm" else ""
    layout = Layout(shape, columns, dates or "iso", halves=halves, sheet=table.sheet)
    seen = [*table.seen, *_columns_seen(table, header, shape)]
    seen.append(Seen("dates", dates or "not decided", styles.why()))
    if shape == "marks-string" and dates:
        days, why = days_of(table, header, dates)
        days = answers.get("days", days or "")
        seen.append(Seen("days of the marks", days or "not decided", why))
        layout = replace(layout, days=days or "weekdays")
        if not days:
            questions.append(Question("days", "Which days do the marks go through?", _DAYS))
    warnings = ("dates are Excel's numbers of days: read as such",) if dates == "serial" else ()
    return Understood(table, header, layout, tuple(seen), tuple(questions), warnings)


_DAYS = {
    "weekdays": "Monday to Friday, also in holidays",
    "all": "every day, weekends too",
    "school-days": "only the school days of calendar.csv",
}


def _choose(given: str | None, ways: Sequence[str]) -> str | None:
    if given in ways:
        return given
    return ways[0] if len(ways) == 1 else None


def _is_used(meaning: str, shape: str) -> bool:
    """Whether a column of this meaning is read in this shape."""
    if meaning in OF_A_SHAPE:
        return meaning in SHAPES[shape]
    if meaning in {"am_minutes_late", "pm_minutes_late"}:
        return shape == "day-wide"
    if meaning == "minutes_late":
        return shape == "long"
    return meaning != "end_date" or shape == "marks-string"


def _doubled(table: Table, header: Header, shape: str) -> list[Question]:
    """A question for each meaning that two columns have. Raises BadInput for one title twice."""
    _refuse_doubles(table, header)
    return [
        Question(
            f"column {meaning}",
            f"Which column is the {meaning.replace('_', ' ')}?",
            {header.titles[at]: f"column {place_of(at)}" for at in columns},
        )
        for meaning, columns in header.doubles.items()
        if _is_used(meaning, shape)
    ]


def _refuse_doubles(table: Table, header: Header) -> None:
    for columns in header.doubles.values():
        names = [plain(header.titles[at]) for at in columns]
        if len(set(names)) < len(names):
            letters = " and ".join(place_of(at) for at in columns)
            raise table.refuse(
                f"the columns {letters} have the same name",
                "Keep one column of each name",
                row=header.row,
            )


def _styles(table: Table, header: Header, shape: str) -> Styles:
    """How the dates of the table are written, from as many rows as it takes."""
    named = Styles()
    # Of two header rows the dates stand in the upper one, the halves in the last.
    above = header.row - all(one.date not in header.titles for one in header.sessions)
    named.see_all((one.date, above) for one in header.sessions if shape == "date-wide")
    columns = {
        at: Styles()
        for meaning, at in header.place.items()
        if meaning in DATES and _is_used(meaning, shape)
    }
    with table.rows() as rows:
        for number, row in enumerate(islice(rows, header.row, None), header.row + 1):
            for at, style in columns.items():
                if at < len(row):
                    style.see(row[at], number)
            if number > header.row + DATED and _joined(named, columns.values()).decided:
                break
    return _joined(named, columns.values())


def _joined(first: Styles, others: object) -> Styles:
    whole = Styles()
    for one in (first, *others):  # type: ignore[misc]
        whole.join(one)
    return whole


def _dates(table: Table, styles: Styles, answers: Answers, questions: list[Question]) -> str | None:
    """The style of the dates; None after adding the question. Raises BadInput for damage."""
    damage = styles.damage()
    if damage is not None:
        raise table.refuse(
            damage[0],
            "Export again and do not open the file in Excel before it is read",
            row=damage[1],
        )
    if not styles.cells:
        raise table.refuse(
            "there is no date in the rows under the header", "Export again, with its rows"
        )
    given = answers.get("dates")
    if given in STYLES:
        if given not in styles.possible:
            raise table.refuse(
                f"the dates are not written {given}",
                "Choose another way to read them",
                row=styles.against.get(given),
            )
        return given
    if styles.decided is None:
        ways = {
            "day-first": "07/09/2026 is 7 September",
            "month-first": "07/09/2026 is 9 July",
        }
        questions.append(Question("dates", "Does the day or the month come first in dates?", ways))
    return styles.decided


def _refuse_odd_sessions(
    table: Table, header: Header, shape: str, answers: Answers, questions: list[Question]
) -> None:
    if shape != "date-wide":
        return
    halves = {one.half is None for one in header.sessions}
    bare = [one.date for one in header.sessions if one.half is None]
    if len(halves) == 2:
        odd = next(one for one in header.sessions if one.half is None)
        raise table.refuse(
            f"column {place_of(odd.column)} has a date and neither AM nor PM, as others do",
            "Give every column of marks its date and its half",
            row=header.row,
        )
    if len(set(bare)) < len(bare) and answers.get("halves") != "am-pm":
        questions.append(
            Question(
                "halves",
                "Each date has two columns without AM or PM. Is the first the morning?",
                {"am-pm": "yes, the morning stands first"},
            )
        )


def _columns_seen(table: Table, header: Header, shape: str) -> list[Seen]:
    """Delimiter, header and columns, as a technician checks them."""
    seen = []
    if not table.sheet:
        name = DELIMITERS.get(table.delimiter, table.delimiter)
        seen.append(Seen("delimiter", name, "with it the header's names are found"))
    else:
        seen.append(Seen("sheet", table.sheet, "the only one with a register's header"))
    seen.append(
        Seen("header", f"row {header.row}", "the first row that names a register's columns")
    )
    seen.append(Seen("shape", shape, _SHAPE_WORDS[shape]))
    for meaning, at in header.place.items():
        if _is_used(meaning, shape):
            title = header.titles[at]
            seen.append(Seen(meaning, f"column {place_of(at)}", f'its name is "{title[:40]}"'))
    the_id = next(name for name in IDS if name in header.place)
    seen.append(Seen("the pupil's id", the_id, "the first there is of pupil_id, adno and upn"))
    if header.sessions and shape == "date-wide":
        first, last = header.sessions[0], header.sessions[-1]
        places = f"columns {place_of(first.column)} to {place_of(last.column)}"
        seen.append(Seen("marks", places, f"{len(header.sessions)} columns are named by dates"))
    if header.unused:
        letters = ", ".join(place_of(at) for at in header.unused[:12])
        one = len(header.unused) == 1
        what = f"column {letters}" if one else f"columns {letters}"
        why = "its name is not on the list" if one else "their names are not on the list"
        seen.append(Seen("not read", what, why))
    return seen
