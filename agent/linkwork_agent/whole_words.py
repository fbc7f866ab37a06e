"""What is missing of a register, in sentences and as data: questions to the school."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from linkwork import wording
from linkwork.completeness import MissingRegister, Wholeness
from linkwork.wire import Completeness

#: So many of one kind are said in words; JSON has every one.
MOST = 8


def sentences(whole: Wholeness) -> Iterator[str]:
    """What to look at before relying on an answer, most telling first."""
    for form in whole.silent_forms:
        yield (
            f"Form {form.form} ({wording.number(form.pupils, 'pupil')}) has no mark in any "
            "session. Its registers are not in this export: correct what is exported."
        )
    yield from _registers(whole.registers_missing)
    for thin in whole.thin_sessions[:MOST]:
        yield (
            f"{wording.day(thin.session.date)} {thin.session.half}: {thin.marked} of "
            f"{wording.number(thin.pupils, 'pupil')} have a mark. Was the school open then?"
        )
    yield from _more(len(whole.thin_sessions), "half day like that", "half days like that")
    for leaver in whole.leaver_questions[:MOST]:
        since = (
            f"since {wording.day(leaver.last_marked)}" if leaver.last_marked else "in this register"
        )
        yield (
            f"Has {leaver.pupil_id} left? No mark {since}, while others have "
            f"{wording.number(leaver.sessions, 'session')} marked. If so, enter the leaving date."
        )
    yield from _more(len(whole.leaver_questions), "such pupil", "such pupils")
    for change in whole.roll_changes[:MOST]:
        yield (
            f"{wording.day(change.day)}: {change.after} pupils on roll, {change.before} the school "
            "day before. Are the dates of joining and leaving right?"
        )
    yield from _more(len(whole.roll_changes), "day like that", "days like that")


def data(whole: Wholeness) -> dict[str, Any]:
    """The same as JSON data. Keys are only ever added."""
    return {
        "sessions_expected": whole.sessions_expected,
        "sessions_marked": whole.sessions_marked,
        "last_full_day": whole.last_full_day.isoformat() if whole.last_full_day else None,
        "registers_expected": whole.registers_expected,
        "registers_missing": [
            {
                "form": each.form,
                "date": each.session.date.isoformat(),
                "session": each.session.half,
                "pupils": each.pupils,
            }
            for each in whole.registers_missing
        ],
        "forms_never_marked": [
            {"form": each.form, "pupils": each.pupils} for each in whole.silent_forms
        ],
        "perhaps_left": [
            {
                "pupil_id": each.pupil_id,
                "last_marked": each.last_marked.isoformat() if each.last_marked else None,
                "sessions": each.sessions,
            }
            for each in whole.leaver_questions
        ],
        "thin_sessions": [
            {
                "date": each.session.date.isoformat(),
                "session": each.session.half,
                "marked": each.marked,
                "pupils": each.pupils,
            }
            for each in whole.thin_sessions
        ],
        "roll_changes": [
            {"date": each.day.isoformat(), "before": each.before, "after": each.after}
            for each in whole.roll_changes
        ],
    }


def kept(whole: Completeness) -> str:
    """What the store keeps of a read for `status` and `doctor`, as JSON: the counts and words."""
    counted = (
        (whole.registers_missing, "register missing", "registers missing"),
        (whole.forms_never_marked, "form without any mark", "forms without any mark"),
        (whole.leaver_questions, "pupil who may have left", "pupils who may have left"),
        (whole.thin_sessions, "half day with few marks", "half days with few marks"),
        (whole.roll_changes, "sudden change of the roll", "sudden changes of the roll"),
    )
    look = [f"{count:,} {one if count == 1 else many}" for count, one, many in counted if count]
    words = {"words": _share(whole), "to_look_at": ", ".join(look)}
    return json.dumps(whole.model_dump(mode="json") | words)


def _share(whole: Completeness) -> str:
    if not whole.sessions_expected:
        return "no session is expected of anybody"
    share = wording.percent(whole.sessions_marked, whole.sessions_expected)
    day = whole.last_full_day
    full = f"last whole day {wording.day(day)}" if day else "no day on which all are marked"
    return f"{share} of {wording.number(whole.sessions_expected, 'session')} marked, {full}"


def _registers(missing: Sequence[MissingRegister]) -> Iterator[str]:
    for each in missing[:MOST]:
        yield (
            f"{each.form} has no marks on {wording.day(each.session.date)} {each.session.half}, "
            f"{wording.number(each.pupils, 'pupil')}: the register is missing."
        )
    yield from _more(len(missing), "register missing", "registers missing")


def _more(count: int, one: str, many: str) -> Iterator[str]:
    left = count - MOST
    if left > 0:
        yield f"And {left:,} more {one if left == 1 else many}: --format json names every one."
