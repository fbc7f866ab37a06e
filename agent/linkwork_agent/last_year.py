"""Whom a list made in the first half term holds: those whose last year met a rate of the policy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from linkwork import wording
from linkwork.results import YearResult, last_years_rates, rates_met, year_rates
from linkwork.sheet import Sheet
from linkwork_agent.who import told


def sections(sheet: Sheet) -> Iterator[str]:
    """The list in words, highest rate first; none after the first half term."""
    found = _listed(sheet)
    if not found:
        return
    year = f"{found[0][0].year.year}-{(found[0][0].year.year + 1) % 100:02}"
    pupils = {pupil.pupil_id: pupil for pupil in sheet.register.pupils}
    lines = [
        f"PUPILS TO WORK WITH, BY LAST YEAR'S RATE: {wording.number(len(found), 'pupil')}",
        "  In the first half term this year's rate says little. Of those on roll, these met a",
        f"  rate in {year}:",
    ]
    for result, met in found:
        share = wording.percent(result.absent, result.possible)
        lines.append(
            f"  {share:>7}  {told(pupils[result.pupil_id])}: {result.absent} of {result.possible} "
            f"sessions, {result.unauthorised} without permission; {' and '.join(met)}"
        )
    yield "\n".join(lines)


def data(sheet: Sheet) -> list[dict[str, Any]]:
    """The same as JSON data; empty after the first half term. Keys are only ever added."""
    return [
        {
            "pupil_id": result.pupil_id,
            "possible": result.possible,
            "absent": result.absent,
            "authorised": result.authorised,
            "unauthorised": result.unauthorised,
            "met": list(met),
        }
        for result, met in _listed(sheet)
    ]


def _listed(sheet: Sheet) -> list[tuple[YearResult, tuple[str, ...]]]:
    rules = year_rates(sheet.policy)
    every = [(each, rates_met(each, rules)) for each in last_years_rates(sheet)]
    found = [(each, met) for each, met in every if met]
    return sorted(found, key=lambda each: (-each[0].absent / each[0].possible, each[0].pupil_id))
