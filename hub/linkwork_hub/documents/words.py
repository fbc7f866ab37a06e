"""Dates, hours and money as people in England write them; never by the machine's locale."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from functools import lru_cache

# Spelled out here because strftime's %B and %A follow the locale of whoever runs the process.
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


# A page of bills says the same days thousands of times.
@lru_cache(maxsize=4096)
def long_date(day: date) -> str:
    """`3 October 2024`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def weekday_date(day: date) -> str:
    """`Thursday 3 October 2024`."""
    return f"{WEEKDAYS[day.weekday()]} {long_date(day)}"


def clock(moment: time) -> str:
    """`9:30am`, `1pm`: the hour as it is said."""
    half = "am" if moment.hour < 12 else "pm"
    hour = moment.hour % 12 or 12
    return f"{hour}:{moment.minute:02d}{half}" if moment.minute else f"{hour}{half}"


def pounds(pence: int) -> str:
    """`£1,200.00` from integer pence; a credit is `-£50.00`."""
    sign, whole = ("-", -pence) if pence < 0 else ("", pence)
    return f"{sign}£{whole // 100:,}.{whole % 100:02d}"


def plain_number(value: Decimal) -> str:
    """A quantity without trailing noughts and never with an exponent: `1`, `0.5`, `100`."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
