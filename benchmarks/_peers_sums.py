"""Rates, counts and comparisons of the whole answer in polars: rules about a number."""

from __future__ import annotations

from functools import partial
from typing import Any

from _peers_reading import COLUMNS, FORGOTTEN, Frame, Reading, among

from linkwork import counts, rates
from linkwork.policy import ComparisonRule, CountRule, RateRule


class Sums(Reading):
    """Rules about a number."""

    def totals(self, rule: RateRule | CountRule, frame: Frame, stay: str) -> Frame:
        """Sums by pupil, with the sessions that were counted."""
        pl = self.pl
        rate = isinstance(rule, RateRule)
        reading = rates.reading(rule) if isinstance(rule, RateRule) else counts.reading(rule)
        is_ = partial(self.marked, self.letters(reading))
        times = self.asked.at.time_of(rule)
        if not times:
            return self.frame.lazy().select(**{c: pl.lit(0) for c in COLUMNS}).head(0)
        time = times[-1]
        counted, blank = is_("c"), pl.lit(value=False)
        if isinstance(rule, CountRule):
            within = pl.col("day") < len(self.asked.at.sheet.days) - rule.older_than
            counted = counted & within
            if rule.no_mark:
                blank = (pl.col("mark") == 0) & within & pl.col("place").is_in(self.taken)
        unknown = is_("?")
        sums = (
            self.inside(frame, stay, time)
            .group_by("pupil", maintain_order=True)
            .agg(
                value=(counted | blank).sum(),
                blanks=blank.sum(),
                sure=(self.marked(self.letters(reading), "c", FORGOTTEN) | blank).sum(),
                sure_possible=self.marked(self.letters(reading), "cp", FORGOTTEN).sum(),
                possible=among(pl, self.asked.possible()).sum(),
                missing=unknown.sum(),
                places=pl.col("place").filter(counted | blank),
                marks=pl.col("mark").filter(counted | blank),
            )
        )
        if isinstance(rule, RateRule):
            threshold = partial(_share, rule)
            met = (
                (pl.col("value") >= threshold(pl.col("possible")))
                & (pl.col("value") > 0)
                & (pl.col("possible") >= rule.min_possible)
            )
            sure = (
                (pl.col("sure") >= threshold(pl.col("sure_possible")))
                & (pl.col("sure") > 0)
                & (pl.col("sure_possible") >= rule.min_possible)
            )
            asked = threshold(pl.col("possible"))
        else:
            met, sure = pl.col("value") >= rule.threshold, pl.col("sure") >= rule.threshold
            asked = pl.lit(rule.threshold)
        extra = pl.lit(0) if rate else pl.col("blanks")
        return _by_sums(pl, sums.filter(met), asked, ~sure, extra)

    def comparison(self, rule: ComparisonRule, frame: Frame, stay: str) -> Frame:
        """The last weeks beside those before."""
        pl, at = self.pl, self.asked.at
        now = at.last_weeks(rule.school_weeks)
        then = at.last_weeks(rule.before_school_weeks, before=rule.school_weeks)
        is_ = partial(self.marked, self.letters(rates.reading(rule)))
        new = pl.col("day").is_between(now[0], now[1] - 1)
        old = pl.col("day").is_between(then[0], then[1] - 1)
        sums = (
            self.inside(frame, stay, (min(now[0], then[0]), now[1]))
            .group_by("pupil", maintain_order=True)
            .agg(
                value=(is_("c") & new).sum(),
                possible=(is_("cp") & new).sum(),
                old=(is_("c") & old).sum(),
                old_possible=(is_("cp") & old).sum(),
                sure=(is_("c", FORGOTTEN) & new).sum(),
                sure_possible=(is_("cp", FORGOTTEN) & new).sum(),
                sure_old=(is_("c", FORGOTTEN) & old).sum(),
                sure_old_possible=(is_("cp", FORGOTTEN) & old).sum(),
                missing=(is_("?") & new).sum(),
                places=pl.col("place").filter(is_("c") & new),
                marks=pl.col("mark").filter(is_("c") & new),
            )
        )

        def met(start: str) -> Any:
            absent, of = pl.col(start + "old" if start else "old"), pl.col(start + "old_possible")
            possible = pl.col(start + "possible")
            here = pl.col("sure" if start else "value")
            least = _dropped(rule, possible, absent, of)
            return (
                (possible >= rule.min_possible) & (of >= rule.min_possible_before) & (here >= least)
            )

        asked = _dropped(rule, pl.col("possible"), pl.col("old"), pl.col("old_possible"))
        found = sums.filter((pl.col("value") > 0) & met(""))
        return _by_sums(pl, found, asked, ~met("sure_"), pl.lit(0))


def _share(rule: RateRule, possible: Any) -> Any:
    part, whole = rule.rate
    if rule.boundary == "at-least":
        return (possible * part + whole - 1) // whole
    return possible * part // whole + 1


def _dropped(rule: ComparisonRule, possible: Any, absent: Any, of: Any) -> Any:
    import polars as pl

    share = possible.cast(pl.Int64) * (rule.points * of.cast(pl.Int64) + 100 * absent)
    least = (share + 100 * of - 1) // (100 * of)
    return pl.max_horizontal(pl.lit(1), least)


def _by_sums(pl: Any, found: Frame, threshold: Any, provisional: Any, blanks: Any) -> Frame:
    return found.with_columns(
        threshold=threshold,
        at_least=pl.col("value") - blanks,
        at_most=pl.col("value") + pl.col("missing") - blanks,
        provisional=provisional,
        first=pl.col("places").list.first() // 2,
        last=pl.col("places").list.last() // 2,
        ended=pl.lit(None),
        doubtful=blanks,
        most_sessions=pl.col("value") + pl.col("missing") - blanks,
    )
