"""What a programme of group work came to, by its measure: pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from linkwork.errors import Refused
from linkwork_hub.meetings.kinds import Measure
from linkwork_hub.meetings.work_models import GroupProgramme, GroupPupil


@dataclass(frozen=True)
class Outcome:
    """What a measure says of a programme; the means are exact, over those measured twice.

    `unmeasured` take part and lack one of the two figures: they count in neither mean.
    """

    measured: int
    unmeasured: int
    better: int
    same: int
    worse: int
    before: Fraction | None
    after: Fraction | None


def outcome(measure: Measure, pupils: Sequence[GroupPupil]) -> Outcome:
    """How many got better, stayed the same and got worse, and the means before and after."""
    pairs = [
        (one.before, one.after)
        for one in pupils
        if one.before is not None and one.after is not None
    ]
    sign = 1 if measure.better == "higher" else -1
    gains = [sign * (after - before) for before, after in pairs]
    count = len(pairs)
    return Outcome(
        measured=count,
        unmeasured=len(pupils) - count,
        better=sum(gain > 0 for gain in gains),
        same=sum(gain == 0 for gain in gains),
        worse=sum(gain < 0 for gain in gains),
        before=Fraction(sum(before for before, _ in pairs), count) if count else None,
        after=Fraction(sum(after for _, after in pairs), count) if count else None,
    )


def in_words(mean: Fraction | None, unit: str) -> str:
    """A mean with one decimal, halves up: `87.5 %`; "not known" without one."""
    if mean is None:
        return "not known"
    tenths = int(mean * 10 + Fraction(1, 2)) if mean >= 0 else -int(-mean * 10 + Fraction(1, 2))
    return f"{tenths / 10:.1f} {unit}"


def check_closing(programme: GroupProgramme, outcome_words: str) -> None:
    """Raises Refused while a programme lacks its sessions, its measure after, or its outcome."""
    if not programme.sessions:
        raise Refused("No session is recorded. Record those that were held first.")
    lacking = [one for one in programme.pupils if one.before is None or one.after is None]
    if lacking and len(lacking) == len(programme.pupils):
        raise Refused("Nobody is measured before and after. Write the measure first.")
    if not outcome_words:
        raise Refused("Write what came of it, also why somebody could not be measured.")


def figure(words: str, measure: Measure) -> int | None:
    """A typed figure: a whole number, empty for not known. Raises Refused for anything else."""
    if not words.strip():
        return None
    most = 100 if measure.unit == "%" else 10_000
    if not words.strip().isdigit() or int(words) > most:
        raise Refused(f"Write whole numbers from 0 to {most}, or leave the field empty.")
    return int(words)
