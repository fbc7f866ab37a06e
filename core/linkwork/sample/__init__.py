"""Made-up schools whose registers look real, for trying things out and for tests.

`make_school(seed, ...)` gives a `SampleSchool`: a register, a list of planted cases that its
register must be found to hold, and contacts. Everything in it is invented.
"""

from linkwork.sample.planted import Planted
from linkwork.sample.school import SampleSchool, make_school
from linkwork.sample.terms import Period, SchoolCalendar, school_calendar

__all__ = [
    "Period",
    "Planted",
    "SampleSchool",
    "SchoolCalendar",
    "make_school",
    "school_calendar",
]
