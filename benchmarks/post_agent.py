"""The agent at rest and asked: its supervisor's memory and `status`, beside a bare Python.

    python3 run.py bench post_agent [--rounds 5] [--seconds 8]

Memory is what the kernel counts as resident once the supervisor has nothing to do; times are whole
processes, best of the rounds. Linux alone: it reads /proc.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BAR = 4.0
CONFIG = """[[school]]
urn = "100001"
name = "Ashby Vale Primary"
mis = "csv"
[school.settings]
path = "register.csv"
"""


def resident(command: list[str], seconds: float) -> int:
    """Kilobytes in memory of a process that has been left alone for so long."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(seconds)
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    finally:
        process.terminate()
        process.wait(30)
    (found,) = [line for line in lines if line.startswith("VmRSS:")]
    return int(found.split()[1])


def timed(command: list[str], rounds: int) -> float:
    """The shortest of some runs, in seconds. It must succeed."""
    best = float("inf")
    for _ in range(rounds):
        begun = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        best = min(best, time.perf_counter() - begun)
    return best


def main() -> int:
    """Measure and print; 1 when a bar is not met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=8.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        (home / "agent.toml").write_text(CONFIG)
        (home / "register.csv").write_text("pupil_id,date,session,code\n")
        agent = [sys.executable, "-m", "linkwork_agent", "--home", str(home)]
        # As `run` leaves it: every slot of the day done, or refused because nothing has joined.
        subprocess.run([*agent, "run", "--until-idle"], check=False, capture_output=True)
        bare = resident([sys.executable, "-c", "import time; time.sleep(60)"], 1.0)
        rests = resident([*agent, "run"], given.seconds)
        start = timed([sys.executable, "-c", "pass"], given.rounds)
        status = timed([*agent, "status"], given.rounds)
    print(f"supervisor at rest {rests / 1024:.1f} MB, bare Python {bare / 1024:.1f} MB: ", end="")
    print(f"{rests / bare:.1f} x (bar {BAR:.0f})")
    print(f"status {status * 1000:.0f} ms, bare start {start * 1000:.0f} ms: ", end="")
    print(f"{status / start:.1f} x (bar {BAR:.0f})")
    return 0 if rests <= BAR * bare and status <= BAR * start else 1


if __name__ == "__main__":
    sys.exit(main())
