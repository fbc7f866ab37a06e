"""Runs and windows of the whole answer in polars: rules about order in time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from _peers_reading import AS_MARKED, FORGOTTEN, IF_ABSENT, IF_ATTENDED, Frame, Read, Reading

from linkwork import runs, windows
from linkwork.policy import RunRule, WindowRule
from linkwork.stays import Span


class Spells(Reading):
    """Rules about order in time."""

    def days(self, rule: RunRule, stay: str) -> Frame:
        """As below, of everyone as it is marked; rules that differ in length alone share them."""
        letters = tuple(self.letters(runs.reading(rule)))
        ends = rule.whole_days, rule.mixed_day, rule.authorised_day, rule.unknown_day
        alike = letters, ends, stay
        make = partial(self.days_of, rule, self.frame.lazy(), stay, AS_MARKED)
        return self.kept(alike, make).lazy()

    def days_of(self, rule: RunRule, frame: Frame, stay: str, how: Read) -> Frame:
        """The days that count in a run or end one, each with the number of its run."""
        pl = self.pl
        is_ = partial(self.marked, self.letters(runs.reading(rule)), how=how)
        counted, other = pl.col("counted"), pl.col("other")
        if rule.whole_days:
            counts_day = (counted == 2) & ~pl.col("attended")
            ends = other & pl.lit(value=rule.authorised_day == "ends")
        else:
            both = other & (counted > 0) & pl.lit(value=rule.mixed_day == "ends")
            counts_day = (counted > 0) & ~pl.col("attended") & ~both
            ends = both | (other & (counted == 0) & pl.lit(value=rule.authorised_day == "ends"))
        ends |= pl.col("attended")
        if rule.unknown_day == "ends":
            ends |= pl.col("unknown") == 2
        same = (pl.col("pupil") == pl.col("pupil").shift(-1)) & (
            pl.col(stay) == pl.col(stay).shift(-1)
        )
        return (
            self.inside(frame, stay)
            .group_by("pupil", stay, "day", maintain_order=True)
            .agg(
                counted=is_("c").sum(),
                attended=is_("p").any(),
                other=is_("af").any(),
                followed=is_("f").any(),
                unknown=is_("?").sum(),
            )
            .with_columns(counts=counts_day)
            .with_columns(ends=ends & ~pl.col("counts"))
            .filter(pl.col("counts") | pl.col("ends"))
            .with_columns(
                run=pl.struct("pupil", stay, "ends").rle_id(),
                next=pl.when(same).then(pl.col("day").shift(-1)),
                after=pl.when(same.shift(1)).then(pl.col("followed").shift(1)),
            )
        )

    def spells(self, rule: RunRule, days: Frame, stay: str) -> Frame:
        """The runs of some days: a row each."""
        pl = self.pl
        found = (
            days.filter("counts")
            .group_by("run", maintain_order=True)
            .agg(
                pl.col("pupil", stay).first(),
                first=pl.col("day").first(),
                last=pl.col("day").last(),
                value=pl.len(),
                sessions=pl.col("counted").sum(),
                enough=pl.col("day").slice(rule.threshold - 1, 1).first(),
                ended=pl.col("next").last(),
                after=pl.col("after").first(),
            )
        )
        return found.filter(pl.col("after").fill_null(value=False)) if rule.follows else found

    def runs(self, rule: RunRule, frame: Frame, stay: str) -> Frame:
        """Those that are long enough, with the longest that each might be, or was before."""
        pl = self.pl
        hits = self.spells(rule, self.days(rule, stay), stay)
        hits = hits.filter(pl.col("value") >= rule.threshold).collect().lazy()
        who = hits.select("pupil").unique()
        some = frame.join(who, on="pupil", how="semi", maintain_order="left").collect().lazy()
        found = hits
        for how, name in ((FORGOTTEN, "sure"), (IF_ATTENDED, "least"), (IF_ABSENT, "most")):
            others = self.spells(rule, self.days_of(rule, some, stay, how), stay).select(
                "pupil", stay, "value", "sessions", a="first", b="last"
            )
            overlapping = (
                hits.select("run", "pupil", stay, "first", "last")
                .join(others, on=["pupil", stay])
                .filter((pl.col("a") <= pl.col("last")) & (pl.col("b") >= pl.col("first")))
                .group_by("run")
                .agg(
                    pl.col("value").max().alias(name),
                    pl.col("sessions").get(pl.col("value").arg_max()).alias(f"{name}_sessions"),
                )
            )
            found = found.join(overlapping, on="run", how="left")
        counted = self.inside(some, stay).filter(self.marked(self.letters(runs.reading(rule)), "c"))
        why = (
            self.days(rule, stay)
            .filter("counts")
            .select("pupil", "day")
            .join(counted, on=["pupil", "day"], maintain_order="left_right")
            .select("pupil", "day", "place", "mark")
        )
        marks = (
            found.select("run", "pupil", "first", "last", "enough")
            .join(why, on="pupil", maintain_order="left_right")
            .filter(pl.col("day").is_between(pl.col("first"), pl.col("last")))
            .group_by("run", maintain_order=True)
            .agg(
                places=pl.col("place").sort(),
                marks=pl.col("mark").sort_by("place"),
                asked=(pl.col("day") <= pl.col("enough")).sum(),
            )
        )
        told = found.join(marks, on="run").with_columns(
            threshold=pl.lit(rule.threshold),
            at_least=pl.col("least").fill_null(0),
            at_most=pl.max_horizontal("value", pl.col("most").fill_null(0)),
            provisional=pl.col("sure").fill_null(0) < rule.threshold,
            doubtful=pl.col("sessions") - pl.col("least_sessions").fill_null(0),
            most_sessions=pl.max_horizontal("sessions", pl.col("most_sessions").fill_null(0)),
        )
        return self.with_possible(told, stay)

    def windows(self, rule: WindowRule, frame: Frame, stay: str) -> Frame:
        """Those of ten counted sessions close enough; which ones are used, a loop says."""
        pl = self.pl
        letters = self.letters(windows.reading(rule))
        some = self.inside(frame, stay)
        wanted = ("pupil", "place", "mark", "week")
        back = rule.threshold - 1
        counted = some.filter(self.marked(letters, "c")).select(wanted)
        near = (pl.col("pupil") == pl.col("pupil").shift(back)) & (
            pl.col("week") - pl.col("week").shift(back) < rule.length
        )
        who = counted.filter(near).select("pupil").unique()
        lines, sure = pl.collect_all(
            [
                each.join(who, on="pupil", how="semi", maintain_order="left")
                .group_by("pupil", maintain_order=True)
                .agg("place", "mark", "week")
                for each in (
                    counted,
                    some.filter(self.marked(letters, "c", FORGOTTEN)).select(wanted),
                )
            ]
        )
        certain = {p: len(_scan(w, rule)) for p, _, _, w in sure.iter_rows()}
        rows = [
            (pupil, places[a:b], marks[a:b], number >= certain.get(pupil, 0), weeks[b - 1])
            for pupil, places, marks, weeks in lines.iter_rows()
            for number, (a, b) in enumerate(_scan(weeks, rule))
        ]
        told = self.used(rows, rule).with_row_index("window")
        around = (
            told.select("window", "pupil", "newest")
            .join(self.daily(stay), on="pupil")
            .filter(
                (pl.col("week") <= pl.col("newest"))
                & (pl.col("week") > pl.col("newest") - rule.length)
            )
            .group_by("window")
            .agg(unknown=pl.col("u").sum())
        )
        told = told.join(around, on="window").with_columns(
            at_most=pl.col("value") + pl.col("unknown"),
            most_sessions=pl.col("value") + pl.col("unknown"),
        )
        return self.with_possible(told, stay)

    def used(self, rows: Sequence[tuple[object, ...]], rule: WindowRule) -> Frame:
        """The windows as a frame, with what needs no look at the other sessions."""
        pl = self.pl
        return pl.LazyFrame(
            rows,
            schema={
                "pupil": pl.UInt32,
                "places": pl.List(pl.Int16),
                "marks": pl.List(pl.UInt8),
                "provisional": pl.Boolean,
                "newest": pl.Int16,
            },
            orient="row",
        ).with_columns(
            value=pl.lit(rule.threshold),
            threshold=pl.lit(rule.threshold),
            at_least=pl.lit(rule.threshold),
            first=pl.col("places").list.first() // 2,
            last=pl.col("places").list.last() // 2,
            ended=pl.lit(None),
            doubtful=pl.lit(0),
        )


def _scan(weeks: Sequence[int], rule: WindowRule) -> list[Span]:
    """The windows of one pupil's counted sessions: each session is used once."""
    found, first = [], 0
    for last in range(rule.threshold - 1, len(weeks)):
        start = last - rule.threshold + 1
        if start >= first and weeks[last] - weeks[start] < rule.length:
            first = last + 1
            found.append((start, first))
    return found
