"""`check`: who in this register needs someone today? Needs no hub and no configuration."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TextIO

from linkwork import local_codes, toml_text
from linkwork import policy as policies
from linkwork.completeness import wholeness
from linkwork.declared import with_declared
from linkwork.errors import BadInput, EmptyRegister, MisError, WrongUse
from linkwork.facts import Declarations, Facts
from linkwork.local_codes import LocalCodes
from linkwork.plugin import MisSettings
from linkwork.policy import Policy, PolicySeries
from linkwork.readying import ready
from linkwork.register import YEARS, Register, RegisterBuilder
from linkwork.school_days import last_held_day
from linkwork.sheet import lay_out
from linkwork.tally import Tally, off_roll_marks, tallies, unknown_codes
from linkwork.triggers import evaluate
from linkwork_agent import by_group_render, check_render, since_render
from linkwork_agent.by_group import grouped
from linkwork_agent.check_result import Result
from linkwork_agent.plugins import open_mis
from linkwork_agent.since import compare
from linkwork_agent.unknown_code import unknown_code

#: When more than one mark in this many has a code nobody knows, the column holds no codes.
STRANGE = 20
#: How many rows that could not be read are named one by one.
SHOWN = 10


def run_check(
    files: Sequence[str],
    *,
    policy: str | Sequence[str] | None = None,
    calendar: str | None = None,
    as_of: str | None = None,
    urn: str | None = None,
    since: Sequence[str] = (),
    codes: str | None = None,
    profile: str | None = None,
    by: Sequence[str] = (),
    fmt: str = "table",
    out: TextIO,
    err: TextIO | None = None,
) -> int:
    """Judge the register in `files` and write the answer to `out`; returns 0.

    Raises WrongUse (exit 2) or BadInput (exit 3). Marks with an unknown code are judged as
    unknown and named on `err` (default: standard error) by file, row and column. With `since`, the
    files of an older export, the answer is what changed from those and what that changes. With
    `by`, names of `by_group.GROUPINGS`, it is the sums of each group.
    """
    if by and since:
        raise WrongUse("--by sums one export and --since compares two. Ask one after the other")
    day = date_of(as_of)
    series = chosen(policy)
    own = codes_of(codes, profile)
    register = read(files, calendar, urn, profile)
    result = judge(ready(register, series.code_sets, own), series, day, own)
    for line in rejections(register):
        print(line, file=err or sys.stderr)
    for line in _strange_codes(result):
        print(line, file=err or sys.stderr)
    if since:
        old = ready(read(since, calendar, urn, profile), series.code_sets, own)
        compared = compare(old, result.register, series, result.sheet.as_of)
        out.write(since_render.FORMATS[fmt](result, compared, list(since)))
    elif by:
        out.write(by_group_render.FORMATS[fmt](grouped(result, by)))
    else:
        out.write(check_render.FORMATS[fmt](result))
    return 0


def rejections(register: Register) -> Iterator[str]:
    """What of the files could not be read, one sentence a row; and how many more there are."""
    for one in register.rejected[:SHOWN]:
        yield f"linkwork-agent: {one}"
    more = register.rejected_count - SHOWN
    if more > 0:
        yield f"linkwork-agent: and {more:,} more like these. Correct the export and run it again"


def codes_of(codes: str | None, profile: str | None) -> LocalCodes:
    """What own codes mean: by the file of `--codes`, or else by the profile of `--profile`."""
    return own_codes(codes) if codes or not profile else _codes_of_profile(profile)


def _codes_of_profile(profile: str) -> LocalCodes:
    """The school's own codes, where its profile has any."""
    try:
        table = toml_text.loads(Path(profile).read_bytes()).get("codes")
    except (OSError, toml_text.NotToml):
        # The plugin says what is wrong with a profile, when it reads it.
        return local_codes.NONE
    return local_codes.read(table, f"{profile}: [codes]") if table else local_codes.NONE


def read(
    files: Sequence[str], calendar: str | None, urn: str | None, profile: str | None = None
) -> Register:
    """The register in the files, through the csv plugin. Raises BadInput or WrongUse."""
    options: dict[str, object] = {"path": list(files)}
    named = {"calendar": calendar, "urn": urn, "profile": profile}
    options |= {name: given for name, given in named.items() if given}
    into = RegisterBuilder(source=", ".join(files))
    try:
        open_mis("csv", MisSettings(urn=urn or "", options=options)).read(date.min, date.max, into)
    except EmptyRegister as error:
        raise _no_mark(into.source) from error
    except MisError as error:
        # To this command a source is a file, so whatever is wrong with it is bad input.
        raise BadInput(error.problem, remedy=error.remedy) from error
    return into.build()


def chosen(given: str | Sequence[str] | None) -> PolicySeries:
    """England's policies, or those named, each for its own dates."""
    if not given:
        return policies.of_nation("England")
    return policies.series([policies.load(each) for each in _each(given)])


def _each(given: str | Sequence[str]) -> Sequence[str]:
    return [given] if isinstance(given, str) else given


def own_codes(file: str | None) -> LocalCodes:
    """The `[codes]` table of a TOML file. Raises WrongUse for a file that has none."""
    if file is None:
        return local_codes.NONE
    try:
        raw = toml_text.loads(Path(file).read_bytes())
    except OSError as error:
        raise WrongUse(f"{file} cannot be read: {error.strerror}. Check the path.") from error
    except toml_text.NotToml as error:
        raise WrongUse(f"{file} is not valid TOML: {error}. Correct it there.") from error
    if "codes" not in raw:
        raise WrongUse(f"{file} has no table [codes]. Write one with a line for each code.")
    return local_codes.read(raw["codes"], f"{file}: [codes]")


def judge(
    register: Register,
    policy: Policy | PolicySeries,
    as_of: date | None,
    own: LocalCodes = local_codes.NONE,
    *,
    facts: Facts | None = None,
    declared: Declarations | None = None,
) -> Result:
    """Everything there is to say of a ready register on `as_of` (None: its last day with a mark).

    `own` tells the codes nobody can tell from those nobody has looked at yet; `facts` and
    `declared` are what the school has said beside its marks, by pupil id.
    """
    day = judged_on(register, as_of)
    sheet = lay_out(register, policy, day)
    result = Result(
        sheet=sheet,
        series=policies.as_series(policy),
        findings=with_declared(sheet, evaluate(register, policy, day, facts=facts), declared or {}),
        tally=Tally.total(tallies(sheet)),
        unknown=unknown_codes(sheet),
        off_roll=off_roll_marks(sheet),
        as_of_given=as_of is not None,
        whole=wholeness(sheet),
    )
    _refuse_no_codes(result, own)
    return result


def judged_on(register: Register, as_of: date | None) -> date:
    """The day a register is judged on: `as_of`, else its last with a mark.

    Raises WrongUse for a day before its first, BadInput where it holds no mark.
    """
    first, last = _marked(register)
    if as_of is not None and as_of < first:
        raise WrongUse(
            f"There is no mark up to {as_of.isoformat()}: the register starts on "
            f"{first.isoformat()}. Give a later --as-of"
        )
    return as_of or last


def _marked(register: Register) -> tuple[date, date]:
    last = last_held_day(register)
    if last is None:
        raise _no_mark(register.source)
    return register.sessions[0].date, last


def _no_mark(source: str) -> BadInput:
    return BadInput(
        "the register holds no mark",
        remedy="Export it again; an empty register is never read as 'everyone is absent'",
        file=source or None,
    )


def date_of(text: str | None) -> date | None:
    """The date that `--as-of` gives. Raises WrongUse for what is none."""
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise WrongUse(f"--as-of {text!r} is not a date. Write it as YYYY-MM-DD") from error
    if day.year not in YEARS:
        raise WrongUse(f"--as-of {text} is of no register. Give a day of {YEARS[0]} to {YEARS[-1]}")
    return day


def _refuse_no_codes(result: Result, own: LocalCodes) -> None:
    new = {c: count for c, count in result.unknown.items() if c not in own.declared_unknown}
    strange = sum(new.values())
    marks = result.tally.expected - result.tally.unmarked
    if strange * STRANGE > marks and strange > 1:
        code = max(new, key=lambda each: new[each])
        raise unknown_code(result.sheet, code, f"and {strange:,} of {marks:,} marks are like that")


def _strange_codes(result: Result) -> list[str]:
    """One sentence for each code nobody knows."""
    return [
        f"linkwork-agent: {unknown_code(result.sheet, code, _times(count))}"
        for code, count in result.unknown.items()
    ]


def _times(count: int) -> str:
    times = "once" if count == 1 else f"{count:,} times"
    return f"it stands there {times} and is judged as unknown, neither absence nor presence"
