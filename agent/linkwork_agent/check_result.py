"""What `check` found out, before it is shown in one of the three formats."""

from __future__ import annotations

from dataclasses import dataclass

from linkwork.completeness import Wholeness
from linkwork.policy import PolicySeries
from linkwork.register import Register
from linkwork.sheet import Sheet
from linkwork.tally import Tally
from linkwork.triggers import Finding


@dataclass(frozen=True)
class Result:
    """Everything the three formats show."""

    sheet: Sheet
    series: PolicySeries
    findings: list[Finding]
    tally: Tally
    unknown: dict[str, int]
    off_roll: int
    as_of_given: bool
    whole: Wholeness

    @property
    def register(self) -> Register:
        """The register that was judged."""
        return self.sheet.register
