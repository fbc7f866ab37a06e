"""The stages that break something on purpose: nothing may be lost, doubled, guessed or told."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from demo.programs import wait_until
from demo.returning import name_of
from demo.setting_up import at_once
from demo.stages import outbox
from demo.walking import Walk, hold
from demo.world import School

MAX_ENVELOPE = 1 << 20


@dataclass(frozen=True)
class Damage:
    """One way a register file arrives broken, and what the message must name."""

    what: str
    change: Callable[[bytes], bytes]
    names: str


def _after_header(text: bytes, change: Callable[[list[bytes]], list[bytes]]) -> bytes:
    header, *rows = text.splitlines(keepends=True)
    return header + b"".join(change(rows[:400]))


DAMAGES = (
    Damage("column missing", lambda t: t.replace(b"session", b"half", 1), "session"),
    Damage(
        "bad date",
        lambda t: _after_header(t, lambda rows: [re.sub(rb"-\d\d,(AM|PM)", rb"-99,\1", rows[0])]),
        "row 2",
    ),
    Damage("wrong encoding", lambda t: _after_header(t, lambda r: [*r[:3], b"\xff\xfe"]), "UTF-8"),
    Damage("empty file", lambda _: b"", "register.csv"),
    Damage(
        "the same session twice",
        lambda t: _after_header(t, lambda r: [r[0], re.sub(rb",[^,]*,([^,]*)$", rb",O,\1", r[0])]),
        "two marks",
    ),
)


def damaged_register(walk: Walk) -> str:
    """Each damage is refused with its place and remedy, exit code 3, nothing on stdout."""
    whole = (walk.stage.world.data(walk.school) / "register.csv").read_bytes()

    def checked(damage: Damage) -> subprocess.CompletedProcess[str]:
        file = walk.stage.world.root / "damaged" / damage.what.replace(" ", "-") / "register.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(damage.change(whole))
        return walk.stage.agent(walk.school).attempt("check", str(file))

    for damage, ended in zip(DAMAGES, at_once(checked, DAMAGES), strict=True):
        said = ended.stderr.strip()
        hold(ended.returncode == 3, f"{damage.what}: exit {ended.returncode}: {said}")
        hold(damage.names in said, f"{damage.what}: the message does not say it: {said}")
        hold(not ended.stdout, f"{damage.what}: something was printed as a result")
    return f"{len(DAMAGES)} kinds of damage, each with its place and remedy"


def used_join_string(walk: Walk) -> str:
    """The same string joins nobody else."""
    string = walk.join_strings[walk.school.urn]
    intruder = walk.stage.agent(School("x", "x", "LA", "primary", 1, 1))
    intruder.home.mkdir(parents=True, exist_ok=True)
    data = walk.stage.world.data(walk.school) / "register.csv"
    intruder.run("setup", "csv", "--urn", walk.school.urn, "--name", "Copy", "--path", str(data))
    ended = intruder.attempt(
        *("join", string, "--urn", walk.school.urn, "--released-by", "Nobody"),
        *("--release", "return"),
    )
    hold(ended.returncode != 0, "a used join string was accepted")
    return "exit " + str(ended.returncode) + ": " + ended.stderr.strip().splitlines()[-1][:90]


def bad_envelopes(walk: Walk) -> str:
    """Bytes that are no envelope, an envelope of nobody, and one too large."""
    post = f"{walk.stage.base}/v1/post"
    # What the schools still have on its way would count as something applied.
    wait_until("the schools' post applied", lambda: applied(walk) == made_in_all(walk))
    before = applied(walk)
    bodies = {
        "not an envelope": b"hello",
        "a foreign envelope": b"LW1\0" + bytes(16) + b"\x00\x02\x00\x00\x00\x04{}" + bytes(68),
        "an oversized one": bytes(MAX_ENVELOPE + 1),
    }
    said = []
    for what, body in bodies.items():
        answer = httpx.post(post, content=body, timeout=20, trust_env=False)
        hold(answer.status_code in (400, 403, 413), f"{what} was answered {answer.status_code}")
        said.append(str(answer.status_code))
    hold(applied(walk) == before, "something was applied")
    return f"{len(bodies)} refused ({', '.join(said)}), nothing stored"


def applied(walk: Walk) -> int:
    """How many messages of the feeds the hub has applied, over all schools."""
    rows = walk.stage.hub.json("feeds")
    return sum(int(row["applied"]) for row in rows)


def made_in_all(walk: Walk) -> int:
    """How many messages of the feeds the schools have made."""
    return sum(len(outbox(walk, school)) for school in walk.stage.world.schools)


def hub_away(walk: Walk) -> str:
    """Stop the hub, collect once more: the messages wait, and `status` says why."""
    walk.stage.programs.stop("hub")
    agent = walk.stage.agent(walk.school)
    agent.attempt("once", "--job", "collect")
    agent.attempt("once", "--job", "deliver")
    status = agent.json("status")
    hold(status["waiting"] > 0, "nothing waits")
    hold(any("hub" in problem.lower() for problem in status["problems"]), "status is silent")
    walk.stage.start_hub()
    took = wait_until("the waiting messages delivered", lambda: not agent.json("status")["waiting"])
    return f"{status['waiting']} kept, delivered {took:.1f} s after the hub came back"


def killed(walk: Walk) -> str:
    """Kill agent and hub without warning, in turn and together, while messages travel."""
    agent, programs = walk.stage.agent(walk.school), walk.stage.programs
    name = f"agent-{walk.school.urn}"
    rounds = ((name,), ("hub",), (name, "hub"))
    for dying in rounds:
        agent.attempt("once", "--job", "collect")
        for one in dying:
            programs.kill(one)
        if name in dying:
            programs.start(name, agent.command("run"))
        if "hub" in dying:
            walk.stage.start_hub()
    wait_until("everything delivered", lambda: not agent.json("status")["waiting"])
    made = len(outbox(walk, walk.school))

    def whole() -> bool:
        rows = walk.stage.hub.json("feeds")
        row = next(one for one in rows if one["urn"] == walk.school.urn)
        return (row["applied"], row["refused"]) == (made, 0)

    wait_until("everything applied", whole)
    shown = walk.stage.hub.json("candidates")
    hold(len({row["id"] for row in shown}) == len(shown), "a candidate stands twice")
    pairs = [(row["urn"], row["pupil"]) for row in shown]
    hold(len(set(pairs)) == len(pairs), "a pupil stands twice among the pupils to consider")
    return f"{sum(map(len, rounds))} kills, {made} messages, all applied once and in order"


def no_name_in_logs(walk: Walk) -> str:
    """Nothing that was logged, on either side, holds a pupil's surname or UPN."""
    logs = list(walk.stage.world.logs.glob("*.log"))
    text = "\n".join(log.read_text(encoding="utf-8", errors="replace") for log in logs)
    looked = 0
    for made in walk.made.values():
        for pupil in made.register.pupils:
            hold(name_of(pupil) not in text, "a pupil's name is in a log")
            hold(pupil.upn is None or pupil.upn not in text, "a UPN is in a log")
            looked += 1
    return f"{looked:,} names and numbers sought in {len(logs)} logs, none found"
