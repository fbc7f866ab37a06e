"""`python3 run.py fuzz`: damage sources at random, for a time, and keep what breaks a reader.

Each case has a seed of its own, printed with a find; `--seed SEED --cases 1 --only TARGET` runs it
again. What is found is kept in tests/data/fuzz-finds, where a test reads it from then on.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections import Counter
from pathlib import Path
from random import Random, SystemRandom

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from fuzzing import TARGETS, Target, damaged  # noqa: E402 -- its folder was just added

FINDS = ROOT / "tests" / "data" / "fuzz-finds"
_EVERY = 60.0


def attempt(target: Target, seed: int, keep: Path | None) -> str:
    """One case: "read", "refused" or "find"; a find is printed and kept."""
    random = Random(seed)
    inputs = target.inputs()
    number = random.randrange(len(inputs))
    content = damaged(inputs[number], random)
    try:
        return target.run(number, content)
    except Exception as problem:  # noqa: BLE001 -- whatever breaks a reader is what is looked for
        where = traceback.extract_tb(problem.__traceback__)[-1]
        print(f"FIND {target.name} seed {seed}: {problem!r} at {where.filename}:{where.lineno}")
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            (keep / f"{target.name}.{number}.{seed}.bin").write_bytes(content)
        return "find"


def fuzz(minutes: float, seed: int, only: list[str], cases: int, keep: Path | None) -> int:
    """Run cases in turn over the targets until the time is up; how many finds there were."""
    print(f"seed {seed}: {', '.join(only)}", flush=True)
    # A read of a server takes as long as many of a file: each has its share of the time.
    turns = [name for name in only for _ in range(1 if TARGETS[name].is_slow else 10)]
    counts: Counter[tuple[str, str]] = Counter()
    started = told = time.monotonic()
    done = 0
    while (not cases or done < cases) and time.monotonic() - started < minutes * 60:
        target = TARGETS[turns[done % len(turns)]]
        counts[target.name, attempt(target, seed + done, keep)] += 1
        done += 1
        if time.monotonic() - told >= _EVERY:
            told = time.monotonic()
            print(f"{(told - started) / 60:.0f} min, {done:,} cases", flush=True)
    for name in only:
        words = ", ".join(f"{counts[name, end]:,} {end}" for end in ("read", "refused", "find"))
        print(f"{name:14} {words}")
    finds = sum(count for (_, end), count in counts.items() if end == "find")
    print(f"{done:,} cases in {(time.monotonic() - started) / 60:.1f} min; {finds} finds")
    return finds


def main() -> int:
    """Read the command line and run; 1 when something was found."""
    parser = argparse.ArgumentParser(prog="run.py fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, help="of the first case; each next one is one more")
    parser.add_argument("--cases", type=int, default=0, help="stop after so many")
    parser.add_argument("--only", nargs="+", choices=list(TARGETS), default=list(TARGETS))
    given = parser.parse_args()
    seed = SystemRandom().randrange(1 << 40) if given.seed is None else given.seed
    return 1 if fuzz(given.minutes, seed, given.only, given.cases, FINDS) else 0


if __name__ == "__main__":
    sys.exit(main())
