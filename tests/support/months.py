"""Months of an agent's life: its real supervisor, jobs, store and register, on a clock of ours.

As a program it is the agent: each line of its input is a moment, and it runs what is due then and
answers with what it takes on disk and in memory. All in one process, which is harder than life:
there each job is a process of its own and gives everything back.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from linkwork_agent import log, work
from linkwork_agent.config import Config, file_of, load
from linkwork_agent.service import Supervisor
from linkwork_agent.store import outbox, schedule, upkeep

HEADER = "pupil_id,upn,surname,forename,date_of_birth,year_group,date,session,code"
#: After so many days a reason that was not known at first is.
LATER = 4


@dataclass(frozen=True)
class Ended:
    """A child that ran to its end before anybody looked."""

    pid: int = 0

    def poll(self) -> int:
        """It went well."""
        return 0


@dataclass
class InThisProcess:
    """Runs a job's child here and now, at the moment that was given."""

    config: Config
    now: datetime
    ended: list[str] = field(default_factory=list)

    def clock(self) -> datetime:
        """The moment."""
        return self.now

    def start(self, command: Sequence[str]) -> Any:
        """Run the job that a command line names."""
        given = dict(pairwise(command))
        (school,) = [each for each in self.config.schools if each.urn == given["--urn"]]
        place = work.Place(self.config, school, self.clock, os.urandom)
        outcome = work.run_job(place, given["--job"], given["--slot"])
        if outcome is not None and outcome.exit_code:
            self.ended.append(f"{outcome.job}: {outcome.sentence}")
        return Ended()

    def end(self, child: Any, grace: float = 0.0) -> None:
        """It has ended."""


def main(home: Path, *, prunes: bool) -> None:
    """Live through the moments of stdin."""
    if not prunes:
        outbox.KEPT_DAYS = schedule.SLOTS_KEPT = upkeep.COPIES_KEPT = 10_000
    config = load(home, file_of(home, {}))
    here = InThisProcess(config, datetime.fromisoformat("2026-01-01T00:00:00+00:00"))
    seconds = iter(range(10**9))
    supervisor = Supervisor(
        config, here, here.clock, lambda: float(next(seconds)), lambda s, j, t, _l: _line(s, j, t)
    )
    for line in sys.stdin:
        here.now = datetime.fromisoformat(line.strip())
        supervisor.tick()
        while not supervisor.is_idle():
            supervisor.tick()
        answer = {"disk": disk(home), "memory": memory(), "wrong": here.ended}
        print(json.dumps(answer), flush=True)
        here.ended.clear()


def _line(school: Any, job: str, slot: str) -> list[str]:
    return ["--urn", school.urn, "--job", job, "--slot", slot]


def memory() -> int:
    """Bytes of this process in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def disk(home: Path) -> int:
    """Bytes of everything under a home, but the register the school writes."""
    files = (path for path in home.rglob("*") if path.is_file())
    return sum(path.stat().st_size for path in files if path.name != "register.csv")


class Agent:
    """The agent of a home, as a process that is told what time it is."""

    def __init__(self, home: Path, *, prunes: bool = True) -> None:
        environment = os.environ | {
            "PYTHONPATH": str(Path(__file__).parent),
            log.FILE: str(home / "agent.log"),
            "TZ": "Europe/London",
        }
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(home), *([] if prunes else ["--hoards"])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def at(self, now: datetime) -> dict[str, Any]:
        """Run what is due at a moment: what it takes on disk and in memory, what went wrong."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{now.isoformat()}\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert isinstance(answer, dict)
        return answer

    def end(self) -> None:
        """No more moments."""
        self._process.communicate(timeout=30)


def write_register(path: Path, pupils: Sequence[str], first: date, today: date) -> None:
    """The register of a school up to a day, as it is known that day."""
    days = [first + timedelta(days=n) for n in range((today - first).days + 1)]
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(HEADER.split(","))
        for place, upn in enumerate(pupils):
            who = [f"P{place}", upn, f"Surname{place}", f"Forename{place}", "2014-03-04", "6"]
            for day in days:
                if day.weekday() < 5:
                    code = _code(place, day, today)
                    rows.writerow([*who, day.isoformat(), "AM", code])
                    rows.writerow([*who, day.isoformat(), "PM", code])


def _code(pupil: int, day: date, today: date) -> str:
    # A few pupils are away for weeks on end, others now and then.
    dice = Random(f"{pupil}/{day.isocalendar().week // (3 if pupil % 20 == 0 else 1)}").randrange(
        20
    )
    if dice < (8 if pupil % 20 == 0 else 1):
        return "N" if (today - day).days < LATER else "O"
    return "I" if dice == 19 else "/"


if __name__ == "__main__":
    main(Path(sys.argv[1]), prunes="--hoards" not in sys.argv)
