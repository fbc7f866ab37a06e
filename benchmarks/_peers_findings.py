"""The whole answer in polars: every finding of a policy with its numbers, bounds and marks.

The other peers say of whom; this one says what `evaluate` says, and is held against it finding by
finding: value, bounds, whether it is provisional, first, last and ending day, possible and missing
sessions, and each session counted with its code. It is spared what no frame is needed for: words,
ages, priorities, and the classes of the codes.

Written as one who knows the library writes it: `group_by` to days, `rle_id` for runs, lazy plans;
what several rules need (days, spells, sums of a day) is collected once for all, and the three other
readings of a run are made only of pupils who have one. It knows what England's policy
is made of: no run of single sessions, no count of days, no day of the week.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

import _peers as peers
from _peers_reading import COLUMNS, NAME, Frame
from _peers_spells import Spells
from _peers_sums import Sums

from linkwork.findings import Finding
from linkwork.policy import AnyRule, ComparisonRule, RunRule, WindowRule
from linkwork.register import Session

__all__ = ["COLUMNS", "NAME", "Findings", "rows_of"]


def rows_of(asked: peers.Question, found: Sequence[Finding]) -> dict[str, list[tuple[Any, ...]]]:
    """What `evaluate` found, as rows of `COLUMNS`, the sessions and marks as tuples."""
    sheet = asked.at.sheet
    pupils = {pupil.pupil_id: place for place, pupil in enumerate(sheet.register.pupils)}
    days: dict[date | None, int | None] = {day: place for place, day in enumerate(sheet.days)}
    codes = {code: number for number, code in enumerate(sheet.register.codes)}
    at = {sheet.session(place): place for place in range(2 * len(sheet.days))}
    rows: dict[str, list[tuple[Any, ...]]] = {}
    for each in found:
        told = (each.first, each.last, each.ended)
        rows.setdefault(each.trigger, []).append(
            (
                pupils[each.pupil_id],
                *(each.value, each.threshold, each.at_least, each.at_most),
                each.status == "provisional",
                *(days.get(day) for day in told),
                *(each.possible, each.missing),
                tuple(at[Session(one.date, one.half)] for one in each.why),
                tuple(codes[one.code] for one in each.why),
            )
        )
    return rows


class Findings(Spells, Sums):
    """Lazy frames, `group_by` and `rle_id`, for every finding of every rule."""

    def findings(self) -> dict[str, list[tuple[Any, ...]]]:
        """For each rule, a row of `COLUMNS` for every finding."""
        self._kept.clear()
        found: dict[str, list[tuple[Any, ...]]] = {}
        for rule in self.asked.policy.enabled:
            if not isinstance(rule, AnyRule):
                found[rule.name] = self.of(rule, peers.roll(rule)).select(COLUMNS).rows()
            elif rule.findings == "one":
                found[rule.name] = self.one(rule).select(COLUMNS).collect().rows()
            else:
                found[rule.name] = self.widest(rule)
        return found

    def of(self, rule: Any, stay: str) -> Frame:
        """The findings of a rule that is no `any`, with their bounds in sessions."""
        return self.kept((rule.name, stay), partial(self._of, rule, self.frame.lazy(), stay))

    def _of(self, rule: Any, frame: Frame, stay: str) -> Frame:
        if isinstance(rule, RunRule):
            return self.runs(rule, frame, stay)
        if isinstance(rule, WindowRule):
            return self.windows(rule, frame, stay)
        if isinstance(rule, ComparisonRule):
            return self.comparison(rule, frame, stay)
        return self.totals(rule, frame, stay)

    def parts(self, rule: AnyRule) -> list[Frame]:
        """The findings of each part, with every number in sessions."""
        pl = self.pl
        found = []
        for part in self.asked.policy.parts_of(rule):
            stay = "of_age" if rule.age_bound or part.age_bound else "on_roll"
            told = self.of(part, stay).lazy()
            if isinstance(part, RunRule):
                told = told.with_columns(
                    value=pl.col("sessions"),
                    threshold=pl.col("asked"),
                    at_least=pl.col("sessions") - pl.col("doubtful"),
                    at_most=pl.col("most_sessions"),
                )
            found.append(told.select(*COLUMNS, "doubtful"))
        return found

    def one(self, rule: AnyRule) -> Frame:
        """One finding of everything the parts counted."""
        pl = self.pl
        stay, year = peers.roll(rule), self.asked.at.year
        plain = {
            "value": pl.Int64, "threshold": pl.Int64, "doubtful": pl.Int64, "at_least": pl.Int64,
            "at_most": pl.Int64, "possible": pl.Int64, "missing": pl.Int64, "ended": pl.Int64,
            "first": pl.Int64, "last": pl.Int64,
        }  # fmt: skip
        every = pl.concat([told.cast(plain) for told in self.parts(rule)]).filter(
            pl.col("last") >= year[0]
        )
        who = every.group_by("pupil", maintain_order=True).agg(
            threshold=pl.col("threshold").max(),
            provisional=pl.col("provisional").all(),
            doubtful=pl.col("doubtful").sum(),
            sure=pl.col("places").list.len().filter(pl.col("doubtful") == 0).max(),
        )
        sessions = (
            every.select("pupil", "places", "marks")
            .explode("places", "marks")
            .unique()
            .sort("pupil", "places")
            .group_by("pupil", maintain_order=True)
            .agg("places", "marks", value=pl.len())
        )
        told = who.join(sessions, on="pupil").with_columns(
            begun=pl.col("places").list.first() // 2,
            over=pl.col("places").list.last() // 2,
            first=pl.min_horizontal(pl.lit(year[0]), pl.col("places").list.first() // 2),
            last=pl.lit(year[1] - 1),
            # What a part counts without a doubt is certain, whatever another part doubts of it.
            at_least=pl.when(pl.col("sure") == pl.col("value"))
            .then(pl.col("value").cast(pl.Int64))
            .otherwise(pl.col("value").cast(pl.Int64) - pl.col("doubtful")),
            ended=pl.lit(None),
        )
        return self.with_possible(told, stay).with_columns(
            first=pl.col("begun"), last=pl.col("over"), at_most=pl.col("value") + pl.col("missing")
        )

    def widest(self, rule: AnyRule) -> list[tuple[Any, ...]]:
        """Each part's findings, without those whose sessions all stand in another's."""
        told = [part.select(COLUMNS) for part in self.parts(rule)]
        rows = [row for each in self.pl.collect_all(told) for row in each.rows()]
        sets = [(row[0], frozenset(row[-2])) for row in rows]
        return [
            row
            for n, row in enumerate(rows)
            if not any(
                sets[n][0] == who and (sets[n][1] < other or (sets[n][1] == other and m < n))
                for m, (who, other) in enumerate(sets)
                if m != n
            )
        ]
