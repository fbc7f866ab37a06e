"""The same triggers in pandas, from the same table as the other peers."""

from __future__ import annotations

from typing import Any

from _peers import Flags, Question, roll

from linkwork.policy import CountRule, RunRule, WindowRule


class Pandas:
    """As an analyst writes it: `groupby`, `cumsum`, `shift`."""

    name = "pandas"

    def __init__(self, asked: Question, table: dict[str, Any]) -> None:
        import pandas as pd

        self.asked = asked
        self.frame = pd.DataFrame(table)

    def flags(self) -> Flags:
        """Who has a finding of each rule."""
        return {rule.name: set(self.pupils(rule)) for rule in self.asked.policy.enabled}

    def pupils(self, rule: Any) -> Any:
        """The pupils whom a rule flags."""
        asked = self.asked
        inside = self.frame[self.frame[roll(rule)]]
        counted = inside["mark"].isin(asked.counted(rule))
        if isinstance(rule, RunRule):
            return self.run(rule)
        if isinstance(rule, WindowRule):
            rows = inside[counted]
            back = rows.groupby("pupil")["week"].shift(rule.threshold - 1)
            return rows["pupil"][rows["week"] - back < rule.length]
        sums = counted.groupby(inside["pupil"]).sum()
        if isinstance(rule, CountRule):
            return sums.index[sums >= rule.threshold]
        part, whole = rule.rate
        possible = inside["mark"].isin(asked.possible()).groupby(inside["pupil"]).sum()
        return sums.index[(sums * whole >= possible * part) & (sums > 0)]

    def run(self, rule: RunRule) -> Any:
        """Days, then runs numbered by where the value changes."""
        frame, asked = self.frame, self.asked
        marked = frame[["pupil", "day"]].assign(
            here=frame[roll(rule)],
            counts=frame["mark"].isin(asked.counted(rule)),
            ends=frame["mark"].isin(asked.ends(rule)),
            other=frame["mark"].isin(asked.others(rule)),
        )
        days = marked.groupby(["pupil", "day"], sort=False).any().reset_index()
        days["ends"] = ~days["here"] | days["ends"] | (days["other"] & ~days["counts"])
        days = days[days["counts"] | days["ends"]]
        change = (days["pupil"] != days["pupil"].shift()) | (days["ends"] != days["ends"].shift())
        days = days.assign(run=change.cumsum())[~days["ends"]]
        length = days.groupby("run")["pupil"].agg(["first", "size"])
        return length["first"][length["size"] >= rule.threshold]
