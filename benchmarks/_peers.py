"""The same triggers in data frames and SQL: the best idioms we could write for each library.

Kind to them: they start from a long table, sorted by pupil and session and complete, with marks
already coded as one byte, and with the week, the roll and compulsory school age joined in
advance. The packed engine starts from the register and works all that out in its measured time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from _registers import LAST

from linkwork.judging import Bench, bench
from linkwork.policy import CountRule, Policy, RateRule, RunRule, WindowRule
from linkwork.register import Register
from linkwork.sheet import lay_out

#: For each rule by name, the positions of the pupils with a finding.
Flags = dict[str, set[int]]


@dataclass(frozen=True)
class Question:
    """What is asked of every engine: the rules, and for each what a code is, as numbers."""

    policy: Policy
    at: Bench

    @property
    def codes(self) -> list[Any]:
        """The class of each code number; None for no mark and unknown codes."""
        code_set = self.at.sheet.sets[0]
        return [code_set.classify(code) for code in self.at.sheet.register.codes]

    def counted(self, rule: Any) -> list[int]:
        """The code numbers that a rule counts."""
        skips = getattr(rule, "skips", ())
        return [
            n for n, k in enumerate(self.codes) if k and rule.counted(k) and k.code not in skips
        ]

    def possible(self) -> list[int]:
        """The code numbers of possible sessions."""
        return [n for n, known in enumerate(self.codes) if known and known.possible]

    def ends(self, rule: RunRule) -> list[int]:
        """The code numbers that end a run whatever they stand beside."""
        counted = self.counted(rule)
        return [
            n
            for n, known in enumerate(self.codes)
            if known and known.code not in rule.skips
            and (
                (known.present and n not in counted)
                or (rule.u_breaks_run and known.unauthorised and known.on_site)
            )
        ]  # fmt: skip

    def others(self, rule: RunRule) -> list[int]:
        """The code numbers of another absence, which ends a run on a day without a counted one."""
        counted = self.counted(rule)
        return [
            n
            for n, known in enumerate(self.codes)
            if known and known.absent and n not in counted and known.code not in rule.skips
        ]


def question(register: Register, policy: Policy) -> Question:
    """The question, on a register of one code set."""
    return Question(policy, bench(lay_out(register, policy, LAST)))


def long_table(asked: Question) -> dict[str, Any]:
    """The columns of the long table as arrays, a row for each pupil and session."""
    import numpy as np

    sheet, at = asked.at.sheet, asked.at
    pupils, days = len(sheet.register.pupils), len(sheet.days)
    marks = np.frombuffer(b"".join(bytes(row) for row in sheet.rows), dtype=np.uint8)
    inside = {"on_roll": at.on_roll, "of_age": at.of_age}
    columns: dict[str, Any] = {
        "pupil": np.repeat(np.arange(pupils, dtype=np.uint32), 2 * days),
        "day": np.tile(np.repeat(np.arange(days, dtype=np.int16), 2), pupils),
        "week": np.tile(np.repeat(np.array(sheet.weeks, dtype=np.int16), 2), pupils),
        "mark": marks.reshape(2 * days, pupils).T.ravel(),
    }
    for name, stays in inside.items():
        held = np.zeros((pupils, days), dtype=bool)
        for place in range(pupils):
            for first, last in stays[place]:
                held[place, first:last] = True
        columns[name] = np.repeat(held, 2, axis=1).ravel()
    return columns


def roll(rule: Any) -> str:
    """The column that says which sessions a rule may look at."""
    return "of_age" if rule.age_bound else "on_roll"


class Polars:
    """Lazy frames, one `collect_all`; days by taking every second row, runs by `rle`."""

    name = "polars, tuned"

    def __init__(self, asked: Question, table: dict[str, Any]) -> None:
        import polars as pl

        self.pl, self.asked = pl, asked
        self.frame = pl.DataFrame(table)

    def is_in(self, column: str, codes: Sequence[int]) -> Any:
        """Faster than `is_in` for a handful of bytes."""
        pl = self.pl
        found = pl.lit(value=False)
        for code in codes:
            found |= pl.col(column) == code
        return found

    def flags(self) -> Flags:
        """Who has a finding of each rule."""
        plans = self.plans(self.frame.lazy())
        found = self.pl.collect_all(list(plans.values()))
        return {name: set(each["pupil"].to_list()) for name, each in zip(plans, found, strict=True)}

    def evidence(self) -> dict[str, list[Any]]:
        """For each rule and flagged pupil, the days and marks it counts, as Python lists."""
        pl = self.pl
        frame = self.frame.lazy()
        told = {
            rule.name: frame.filter(
                self.is_in("mark", self.asked.counted(rule)) & pl.col(roll(rule))
            )
            .join(self.plan(rule, frame), on="pupil", how="semi")
            .group_by("pupil")
            .agg("day", "mark")
            for rule in self.asked.policy.enabled
        }
        found = pl.collect_all(list(told.values()))
        return {name: each.rows() for name, each in zip(told, found, strict=True)}

    def plans(self, frame: Any) -> dict[str, Any]:
        """A frame of the flagged pupils for each rule."""
        return {rule.name: self.plan(rule, frame) for rule in self.asked.policy.enabled}

    def plan(self, rule: Any, frame: Any) -> Any:
        """The pupils whom a rule flags, once each."""
        if isinstance(rule, RunRule):
            return self.run(rule, frame)
        if isinstance(rule, WindowRule):
            return self.window(rule, frame)
        return self.total(rule, frame)

    def run(self, rule: RunRule, frame: Any) -> Any:
        """Days by every second row; without the days that do nothing, a run is a run of values."""
        pl, asked = self.pl, self.asked

        def both(name: str) -> Any:
            return pl.col(name).gather_every(2) | pl.col(name).gather_every(2, 1)

        days = (
            frame.select(
                "pupil",
                roll(rule),
                counts=self.is_in("mark", asked.counted(rule)),
                ends=self.is_in("mark", asked.ends(rule)),
                other=self.is_in("mark", asked.others(rule)),
            )
            .select(
                pl.col("pupil").gather_every(2),
                here=pl.col(roll(rule)).gather_every(2),
                counts=both("counts"),
                ends=both("ends"),
                other=both("other"),
            )
            .select(
                "pupil",
                "counts",
                ends=~pl.col("here") | pl.col("ends") | (pl.col("other") & ~pl.col("counts")),
            )
            .filter(pl.col("counts") | pl.col("ends"))
        )
        value = pl.col("pupil") * 2 + (~pl.col("ends")).cast(pl.UInt32)
        return (
            days.select(run=value.rle())
            .unnest("run")
            .filter((pl.col("len") >= rule.threshold) & (pl.col("value") % 2 == 1))
            .select(pupil=pl.col("value") // 2)
            .unique()
        )

    def window(self, rule: WindowRule, frame: Any) -> Any:
        """Ten sessions lie in ten weeks when a session and the ninth before it do."""
        pl = self.pl
        back = rule.threshold - 1
        counted = frame.filter(self.is_in("mark", self.asked.counted(rule)) & pl.col(roll(rule)))
        near = (pl.col("pupil") == pl.col("pupil").shift(back)) & (
            pl.col("week") - pl.col("week").shift(back) < rule.length
        )
        return counted.filter(near).select("pupil").unique()

    def total(self, rule: RateRule | CountRule, frame: Any) -> Any:
        """Sums by pupil."""
        pl = self.pl
        sums = (
            frame.filter(pl.col(roll(rule)))
            .group_by("pupil")
            .agg(
                counted=self.is_in("mark", self.asked.counted(rule)).sum(),
                possible=self.is_in("mark", self.asked.possible()).sum(),
            )
        )
        if isinstance(rule, CountRule):
            return sums.filter(pl.col("counted") >= rule.threshold).select("pupil")
        part, whole = rule.rate
        met = (pl.col("counted") * whole >= pl.col("possible") * part) & (pl.col("counted") > 0)
        return sums.filter(met).select("pupil")


class PolarsFromRegister:
    """The tuned idiom with the work the others are spared: the table is made from the register."""

    name = "polars, tuned, table made in its time"

    def __init__(self, asked: Question, _: dict[str, Any]) -> None:
        self.asked = asked

    def flags(self) -> Flags:
        """The table anew, and who has a finding of each rule."""
        asked = question(self.asked.at.sheet.register, self.asked.policy)
        return Polars(asked, long_table(asked)).flags()


class PolarsPlain(Polars):
    """`group_by` to days, `rle_id` for runs, sums a week: asks nothing of the table but its rows.

    The idiom the bars are set against. The tuned one is no peer of it: it relies on a table that
    is sorted and has every session of every pupil, as the packed engine's register has too.
    """

    name = "polars, rle_id and group_by"

    def run(self, rule: RunRule, frame: Any) -> Any:
        """Group to days, give every run an id, count its days."""
        pl, asked = self.pl, self.asked
        days = (
            frame.group_by("pupil", "day", maintain_order=True)
            .agg(
                here=pl.col(roll(rule)).any(),
                counts=self.is_in("mark", asked.counted(rule)).any(),
                ends=self.is_in("mark", asked.ends(rule)).any(),
                other=self.is_in("mark", asked.others(rule)).any(),
            )
            .with_columns(
                ends=~pl.col("here") | pl.col("ends") | (pl.col("other") & ~pl.col("counts"))
            )
            .filter(pl.col("counts") | pl.col("ends"))
        )
        return (
            days.with_columns(run=pl.struct("pupil", "ends").rle_id())
            .filter(~pl.col("ends"))
            .group_by("run")
            .agg(pl.col("pupil").first(), days=pl.len())
            .filter(pl.col("days") >= rule.threshold)
            .select("pupil")
            .unique()
        )

    def window(self, rule: WindowRule, frame: Any) -> Any:
        """Sums a week, added up over so many weeks."""
        pl = self.pl
        return (
            frame.group_by("pupil", "week", maintain_order=True)
            .agg(n=(self.is_in("mark", self.asked.counted(rule)) & pl.col(roll(rule))).sum())
            .with_columns(
                n=pl.col("n").rolling_sum(rule.length, min_samples=1).over("pupil"),
            )
            .filter(pl.col("n") >= rule.threshold)
            .select("pupil")
            .unique()
        )


class DuckDB:
    """SQL: gaps and islands, and a look at the ninth counted session before."""

    name = "DuckDB"

    def __init__(self, asked: Question, table: dict[str, Any]) -> None:
        import duckdb
        import pandas as pd

        self.asked = asked
        self.db = duckdb.connect()
        self.db.register("arrived", pd.DataFrame(table))
        self.db.execute("create table marks as select * from arrived")
        self.db.unregister("arrived")

    def flags(self) -> Flags:
        """Who has a finding of each rule."""
        return {
            rule.name: {row[0] for row in self.db.execute(self.sql(rule)).fetchall()}
            for rule in self.asked.policy.enabled
        }

    def sql(self, rule: Any) -> str:
        """One statement a rule."""
        asked = self.asked
        counted, here = _in(asked.counted(rule)), roll(rule)
        if isinstance(rule, RunRule):
            ends, other = _in(asked.ends(rule)), _in(asked.others(rule))
            return f"""
                with days as (
                    select pupil, day, bool_or({counted}) as counts,
                        not bool_or({here}) or bool_or({ends})
                            or (bool_or({other}) and not bool_or({counted})) as ends
                    from marks group by pupil, day),
                islands as (
                    select pupil, ends, row_number() over (partition by pupil order by day)
                        - row_number() over (partition by pupil, ends order by day) as island
                    from days where counts or ends)
                select distinct pupil from islands where not ends
                group by pupil, island having count(*) >= {rule.threshold}"""
        if isinstance(rule, WindowRule):
            return f"""
                select distinct pupil from (
                    select pupil, week - lag(week, {rule.threshold - 1})
                        over (partition by pupil order by day, week) as span
                    from marks where {here} and {counted})
                where span < {rule.length}"""
        if isinstance(rule, CountRule):
            return f"""select pupil from marks where {here} group by pupil
                having count(*) filter ({counted}) >= {rule.threshold}"""
        part, whole = rule.rate
        return f"""select pupil from marks where {here} group by pupil
            having count(*) filter ({counted}) > 0 and count(*) filter ({counted}) * {whole}
                >= count(*) filter ({_in(asked.possible())}) * {part}"""


def _in(codes: Sequence[int]) -> str:
    return f"mark in ({', '.join(str(code) for code in codes)})" if codes else "false"


PEERS: tuple[Callable[[Question, dict[str, Any]], Any], ...] = (
    Polars,
    PolarsFromRegister,
    PolarsPlain,
    DuckDB,
)
