"""The decisions of a school's year: which year it is, and when a plan is overdue. Pure."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date

from linkwork.school_year import school_year
from linkwork_hub.yearly.models import PlanStanding, PlanVersion


def year_label(day: date) -> str:
    """The school year that holds a day: 2025-26."""
    first, last = school_year(day)
    return f"{first.year}-{last.year % 100:02d}"


def later(day: date, months: int) -> date:
    """The same day so many months on, or the month's last where it has no such day."""
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def plan_standing(versions: Sequence[PlanVersion], review_months: int, today: date) -> PlanStanding:
    """How a plan stands; `versions` of every meeting that made one, the latest meeting first.

    A version that the school did not confirm agrees nothing: the one before it stands.
    """
    current = next((one for one in versions if one.agreed is not None), None)
    newest = versions[0] if versions else None
    waiting = newest if newest is not None and newest.agreed is None else None
    review = later(current.agreed, review_months) if current and current.agreed else None
    return PlanStanding(current, waiting, review, review is not None and today > review)
