"""The trigger engine beside data frames and SQL, and beside the limits of the machine.

    python3 run.py bench triggers [--pupils 1500 60000] [--million 1000000] [--rounds 7]

One run, medians of rounds that take turns; every engine must first name the same pupils, or
nothing is printed. The libraries compared with are no dependency of Linkwork: see `PEERS`.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import importlib.util
import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from _registers import DIFFERENT, LAST, authority, school

from linkwork import policy as policies
from linkwork.policy import Policy
from linkwork.register import Register
from linkwork.triggers import evaluate, evaluate_plainly, flags

ROOT = Path(__file__).resolve().parent.parent
#: Where the peers are kept: apart, since some of Linkwork's libraries load pandas when they see it.
PEERS = ROOT / ".venv" / "peers"
#: Of the libraries of the benches, those this one compares with.
USED = frozenset({"duckdb", "pandas", "polars"})
FIVE = (
    "continuous-unauthorised",
    "sickness",
    "persistent-absence",
    "severe-absence",
    "penalty-window",
    "not-seen",
)
ENGLAND = policies.builtin("england-2024")
Timed = dict[str, float]
#: Where Linux lets a process forget how much memory it has used at most.
KERNEL = Path("/proc/self/clear_refs")


def main() -> int:
    """Measure and print; 1 when a bar is not met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pupils", type=int, nargs="+", default=[1500, 60_000])
    parser.add_argument("--million", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--registers", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(CHILDREN[given.child](given)))
        return 0
    missing = _missing()
    if missing:
        print(f"Without {', '.join(missing)}, which is not installed; to compare with it: {_pip()}")
    with tempfile.TemporaryDirectory() as name:
        schools = Path(name) / "schools"
        made = [school(seed) for seed in range(1, DIFFERENT + 1)]
        schools.write_bytes(pickle.dumps(made))
        one = Path(name) / "one"
        one.write_bytes(pickle.dumps(made[0]))
        bars: list[tuple[str, bool]] = []
        for pupils in given.pupils:
            bars += _show_compared(pupils, _child("compare", given, schools, pupils))
        if KERNEL.exists():
            bars += _show_memory(_child("memory", given, one, 0))
            bars += _show_many(_child("many", given, schools, given.million))
        else:
            print("Memory and the many pupils are not measured: only Linux says how much was used.")
    print()
    for what, met in bars:
        print(f"{'met    ' if met else 'NOT MET'}  {what}")
    return 0 if all(met for _, met in bars) else 1


def _missing() -> list[str]:
    """The names of the peers that are not installed."""
    sys.path.append(str(PEERS))
    names = [each for each in _peers() if importlib.util.find_spec(each) is None]
    sys.path.remove(str(PEERS))
    return names


def _peers() -> list[str]:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    extra: list[str] = tomllib.loads(text)["project"]["optional-dependencies"]["bench"]
    names = [each.split(">")[0] for each in extra]
    return [name for name in names if name in USED]


def _pip() -> str:
    folder = PEERS.relative_to(ROOT)
    return f"{Path(sys.executable).relative_to(ROOT)} -m pip install --target {folder} " + " ".join(
        _peers()
    )


# What is measured, each in a process of its own


def _child(name: str, given: argparse.Namespace, schools: Path, pupils: int) -> Any:
    """Run one measurement in a fresh process, so that none finds another's memory or modules."""
    # These settings slow down numpy, the peers' foundation, and mean nothing to us.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS")}
    command = [sys.executable, __file__, "--child", name, "--registers", str(schools)]
    command += ["--pupils", str(pupils), "--rounds", str(given.rounds)]
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment)
    return json.loads(ran.stdout)


def _register(given: argparse.Namespace, pupils: int) -> Register:
    schools: list[Register] = pickle.loads(given.registers.read_bytes())  # noqa: S301 -- our own
    if pupils <= len(schools[0].pupils):
        return authority(pupils, schools[:1])
    return authority(pupils, schools)


def compare(given: argparse.Namespace) -> dict[str, Any]:
    """Every engine on the same register: agreement first, then rounds that take turns."""
    sys.path.append(str(PEERS))
    [pupils] = given.pupils
    register = _register(given, pupils)
    five = _only(FIVE)
    ours = {name: _places(marked) for name, marked in flags(register, five, LAST).items()}
    _refuse_other(ours, _plainly(register, five) if pupils <= 1500 else ours, "the judges")
    joined = b"".join(bytes(row) for row in register.rows)
    table = bytes(range(256))
    engines: dict[str, Callable[[], object]] = {
        "one bytes.translate": partial(joined.translate, table),
        "packed, five triggers": partial(flags, register, five, LAST),
        "packed, five triggers, with evidence": partial(evaluate, register, five, LAST),
        "packed, all triggers": partial(flags, register, ENGLAND, LAST),
        "packed, all triggers, with evidence": partial(evaluate, register, ENGLAND, LAST),
    }
    for peer in _installed(register, five):
        _refuse_other(ours, peer.flags(), peer.name)
        engines[f"{peer.name}, five triggers"] = peer.flags
        if hasattr(peer, "evidence"):
            engines[f"{peer.name}, five triggers, with evidence"] = peer.evidence
    if not _missing():
        engines |= _whole_answer(register, agreed=pupils <= 1500)
    rounds = given.rounds if pupils <= 1500 else min(3, given.rounds)
    return {"marks": len(joined), "seconds": _rounds(engines, rounds)}


def memory(given: argparse.Namespace) -> dict[str, float]:
    """How much memory one school's flags need beyond the process that holds the register."""
    register: Register = pickle.loads(given.registers.read_bytes())  # noqa: S301 -- our own
    five = _only(FIVE)
    # Everything is imported and read once, so that what follows is the engine's memory alone.
    flags(authority(40, [register]), five, LAST)
    before = _from_here()
    flags(register, five, LAST)
    needed = _status("VmHWM") - before
    flags(register, ENGLAND, LAST)
    return {"before": before, "five": needed, "all": _status("VmHWM") - before}


def many(given: argparse.Namespace) -> dict[str, float]:
    """The rate at sixty thousand pupils and at a great many, beside a copy of the same bytes."""
    five = _only(FIVE)
    answer: dict[str, float] = {}
    for name, pupils in (("few", 60_000), ("many", given.pupils[0])):
        register = _register(given, min(pupils, given.pupils[0]))
        before = _from_here()
        took = _seconds(partial(flags, register, five, LAST), 3)
        answer[f"{name}_memory"] = _status("VmHWM") - before
        copied = _seconds(partial(copy, register.rows), 3)
        marks = len(register.pupils) * len(register.rows)
        answer |= {f"{name}_rate": marks / took, f"{name}_copy": marks / copied}
        answer |= {f"{name}_marks": marks, f"{name}_seconds": took}
        del register
    return answer


def copy(rows: Sequence[bytearray]) -> list[bytes]:
    """The same bytes once more: the least that reading them can cost."""
    return [bytes(row) for row in rows]


CHILDREN: dict[str, Callable[[argparse.Namespace], Any]] = {
    "compare": compare,
    "memory": memory,
    "many": many,
}


def _only(names: Sequence[str]) -> Policy:
    rules = tuple(rule for rule in ENGLAND.triggers if rule.name in names)
    return ENGLAND.model_copy(update={"triggers": rules})


def _places(marked: bytes) -> set[int]:
    return {place for place, met in enumerate(marked) if met}


def _plainly(register: Register, policy: Policy) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {rule.name: set() for rule in policy.enabled}
    for each in evaluate_plainly(register, policy, LAST):
        found[each.trigger].add(register.pupil_index(each.pupil_id))
    return found


def _refuse_other(ours: dict[str, set[int]], theirs: dict[str, set[int]], who: str) -> None:
    """Engines that disagree must not be timed."""
    for name, places in ours.items():
        if theirs[name] != places:
            some = sorted(theirs[name] ^ places)[:5]
            raise SystemExit(f"{who} and the packed engine disagree on {name}, pupils {some}")


def _installed(register: Register, policy: Policy) -> list[Any]:
    import _peers as peers
    from _peers_pandas import Pandas

    if _missing():
        return []
    asked = peers.question(register, policy)
    table = peers.long_table(asked)
    return [peer(asked, table) for peer in (*peers.PEERS, Pandas)]


def _whole_answer(register: Register, *, agreed: bool) -> dict[str, Callable[[], object]]:
    """The peer that says what `evaluate` says, of all triggers; `agreed`: finding by finding."""
    import _peers as peers
    import _peers_findings as whole

    asked = peers.question(register, ENGLAND)
    peer = whole.Findings(asked, peers.long_table(asked))
    if agreed:
        ours = whole.rows_of(asked, evaluate(register, ENGLAND, LAST))
        for name, rows in peer.findings().items():
            theirs = [(*row[:-2], tuple(row[-2]), tuple(row[-1])) for row in rows]
            other = set(theirs) ^ set(ours.get(name, ()))
            if other or len(theirs) != len(ours.get(name, ())):
                some = sorted({row[0] for row in other})[:5]
                raise SystemExit(f"{whole.NAME} and evaluate disagree on {name}, pupils {some}")
    return {f"{whole.NAME}, all triggers, with evidence": peer.findings}


def _rounds(engines: dict[str, Callable[[], object]], rounds: int) -> Timed:
    """The median seconds of each engine; they take turns, so that a slow minute hits all.

    Each has the machine to itself for a moment, and a first go that is not counted: what the one
    before left in the caches, and its threads that still wait for work, are not its own.
    """
    took: dict[str, list[float]] = {name: [] for name in engines}
    for _ in range(rounds):
        for name, engine in engines.items():
            time.sleep(0.05)
            first = _seconds(engine, 1)
            # What takes a second by itself has long forgotten the one before.
            took[name].append(first if first > 1 else _seconds(engine, 3))
    return {name: median(each) for name, each in took.items()}


def _seconds(engine: Callable[[], object], times: int) -> float:
    """The median seconds of a few goes."""
    took = []
    for _ in range(times):
        started = time.perf_counter()
        engine()
        took.append(time.perf_counter() - started)
    return median(took)


def _from_here() -> float:
    """Forget the highest memory so far, give back what is free, and say what is in use, in MB."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    KERNEL.write_text("5", encoding="ascii")
    return _status("VmRSS")


def _status(field: str) -> float:
    """A figure of this process from the kernel, in MB."""
    text = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in text.splitlines() if line.startswith(field))
    return int(line.split()[1]) / 1024


# What is printed


def _show_compared(pupils: int, found: Any) -> list[tuple[str, bool]]:
    seconds, marks = found["seconds"], found["marks"]
    ours = seconds["packed, five triggers"]
    print(f"\n{pupils:,} pupils, {marks:,} marks")
    print(f"{'':53}{'ms':>10}{'M marks/s':>12}{'x packed':>10}")
    for name, took in seconds.items():
        print(f"{name:53}{took * 1e3:10.2f}{marks / took / 1e6:12.1f}{took / ours:10.1f}")
    where = f"at {pupils:,} pupils"
    floor = ours / seconds["one bytes.translate"]
    bars = [(f"{floor:.1f} x one bytes.translate {where} (at most 12)", floor <= 12)]
    beside = []
    for name, took in seconds.items():
        if name.startswith("polars, tuned"):
            own = seconds["packed, five triggers" + ", with evidence" * name.endswith("evidence")]
            beside.append(f"{took / own:.1f} x {name}")
        elif name.startswith("polars"):
            evidence = name.endswith("evidence")
            rules = "all" if "all triggers" in name else "five"
            own = seconds[f"packed, {rules} triggers" + ", with evidence" * evidence]
            ratio, least = took / own, 10 if evidence else 15
            bars.append((f"{ratio:.1f} x {name}, {where} (at least {least})", ratio >= least))
    if beside:
        print("Beside the bars: " + "; ".join(beside))
    return bars


def _show_memory(found: Any) -> list[tuple[str, bool]]:
    print(
        f"\nOne school: {found['before']:.1f} MB before, +{found['five']:.1f} MB for five triggers,"
    )
    print(f"+{found['all']:.1f} MB for all")
    return [(f"+{found['five']:.1f} MB for one school (at most 2)", found["five"] <= 2)]


def _show_many(found: Any) -> list[tuple[str, bool]]:
    print()
    for name in ("few", "many"):
        print(
            f"{found[name + '_marks']:,.0f} marks in {found[name + '_seconds']:.2f} s: "
            f"{found[name + '_rate'] / 1e6:.0f} M marks/s, +{found[name + '_memory']:.0f} MB; "
            f"a copy of the same bytes {found[name + '_copy'] / 1e6:,.0f} M marks/s"
        )
    ratio = found["few_rate"] / found["many_rate"]
    return [(f"{ratio:.2f} x as long a mark at many pupils (at most 1.5)", ratio <= 1.5)]


if __name__ == "__main__":
    sys.exit(main())
