"""What `explain` found out about one pupil, before it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from linkwork.findings import Finding
from linkwork.policy import Rule
from linkwork.results import YearResult
from linkwork.sheet import Sheet
from linkwork.standing import Standing
from linkwork.tally import Tally


@dataclass(frozen=True)
class Explained:
    """One pupil in front of every rule. `results` are this school year's and earlier ones.

    `said` is what the school has said of the pupil, in sentences.
    `list_year` starts the school year whose rate the lists for targeting go by on this date.
    """

    sheet: Sheet
    index: int
    as_of_given: bool
    rules: tuple[Rule, ...]
    findings: tuple[Finding, ...]
    standings: tuple[Standing, ...]
    tally: Tally
    results: tuple[YearResult, ...]
    list_year: date
    put_back: int = 0
    said: tuple[str, ...] = ()
