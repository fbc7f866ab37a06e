"""From an empty folder to a hub with three schools joined: the same commands a person types."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import httpx

from demo import systems
from demo.accounts import write_accounts
from demo.programs import ProgramFailed, Programs, Tool, free_port, wait_until
from demo.world import OFFICER, PEOPLE, SCHOOL, Person, School, World

PROFILE = "reading"
HEAD = "Aldith Penhallow, head teacher"
Say = Callable[[str], None]
Given = TypeVar("Given")
Made = TypeVar("Made")


def at_once(do: Callable[[Given], Made], each: Sequence[Given]) -> list[Made]:
    """Do it for each, side by side: most of a command's time goes into starting it."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        return list(pool.map(do, each))


class Stage:
    """The programs and tools of one demonstration."""

    def __init__(self, world: World, port: int) -> None:
        self.world, self.port = world, port
        self.base = f"http://127.0.0.1:{port}"
        self.hub = Tool("linkwork_hub", world.hub)
        self.programs = Programs(world.logs)

    def agent(self, school: School) -> Tool:
        """The agent's command for one school."""
        return Tool("linkwork_agent", self.world.agent(school))

    def start_hub(self) -> float:
        """Start the hub and wait until it answers; the seconds it took."""
        self.programs.start("hub", self.hub.command("serve", "--port", str(self.port)))
        return wait_until("the hub answering", self._hub_answers)

    def start_school_systems(self) -> None:
        """Start the stand-in of each school's system that is a program of its own."""
        for school in self.world.schools:
            if school.mis == "arbor":
                self.programs.start(
                    "arbor",
                    (
                        *(sys.executable, "-m", "demo.fakes.arbor", "--urn", school.urn),
                        *("--today", self.world.today.isoformat()),
                        *("--port", str(self.arbor_port)),
                    ),
                )

    @property
    def arbor_port(self) -> int:
        """Where the stand-in for Arbor listens."""
        return self.world.arbor_port(free_port)

    def start_agents(self) -> None:
        """Start one agent process a school, once its school system answers."""
        wait_until("the school systems answering", self.systems_answer)
        for school in self.world.schools:
            self.programs.start(f"agent-{school.urn}", self.agent(school).command("run"))

    def systems_answer(self) -> bool:
        """Whether every school's system can be asked."""
        self.programs.check_alive()
        if all(school.mis != "arbor" for school in self.world.schools):
            return True
        try:
            # Refused without its user name and token, which is an answer.
            at = f"http://127.0.0.1:{self.arbor_port}/rest-v2/students"
            return httpx.get(at, timeout=2, trust_env=False).status_code == 401
        except httpx.TransportError:
            return False

    def _hub_answers(self) -> bool:
        self.programs.check_alive()
        try:
            return httpx.get(f"{self.base}/healthz", timeout=2, trust_env=False).is_success
        except httpx.TransportError:
            return False


def make_registers(world: World, say: Say) -> int:
    """Generate the schools' registers; how many marks they hold."""
    marks = 0
    for school in world.schools:
        begun = time.monotonic()
        made = world.make_school(school)
        count = sum(len(row) - row.count(0) for row in made.register.rows)
        marks += count
        say(
            f"  {school.name}: {school.pupils} pupils, {count:,} marks "
            f"({time.monotonic() - begun:.1f} s)"
        )
    return marks


def set_up_hub(stage: Stage) -> None:
    """Make the hub's home, import what an authority has, and let the people in."""
    hub, world = stage.hub, stage.world
    hub.run("init", "--profile", PROFILE)
    write_accounts(hub.home / "authority.toml")
    passwords = world.passwords()
    world.write_imports()
    for kind in ("staff", "schools"):
        hub.run("import", kind, str(world.imports(kind)))

    def let_in(person: Person) -> None:
        reach = ("--school", world.visited.urn) if person is SCHOOL else ()
        who = ("add", person.email, "--name", person.name, "--role", person.role, *reach)
        # The officer is known from the staff file already.
        call = ("password", person.email) if person is OFFICER else who
        hub.run("user", *call, "--password-stdin", stdin=passwords[person.email])

    def bring_in(kind: str) -> None:
        hub.run("import", kind, str(world.imports(kind)))

    at_once(let_in, PEOPLE)
    at_once(bring_in, ("terms", "cases"))


def configure_agent(stage: Stage, school: School) -> None:
    """What a technician does first: say where the register lies and how often to look."""
    agent = stage.agent(school)
    if school.mis == "arbor":
        wait_until("the school systems answering", stage.systems_answer)
    words, secrets = systems.SYSTEMS[school.mis](stage.world.data(school), stage.arbor_port)
    agent.run(
        "setup", school.mis, "--urn", school.urn, "--name", school.name, *words, stdin=secrets
    )
    quicken(agent.home / "agent.toml")


def quicken(config: Path) -> None:
    """Look every few seconds instead of a few times a day, so that a person sees it happen."""
    config.write_text(
        re.sub(r"\n\[schedule\][^\[]*", "\n", config.read_text(encoding="utf-8")).rstrip()
        + '\n\n[schedule]\ncollect = { times = ["04:30"] }\ndeliver = { every = 3 }\n'
        + "instruct = { every = 3 }\n",
        encoding="utf-8",
    )


def join_string(stage: Stage, school: School) -> str:
    """Ask the hub for a school's one-time join string."""
    said = stage.hub.run("feeds", "join", school.urn)
    found = re.search(r"\bLW1\.\S+", said)
    if found is None:
        raise ProgramFailed(f"the hub gave no join string for {school.name}: {said}")
    return found.group()


def join(stage: Stage, school: School, string: str) -> str:
    """Join one school with its head's standing release, confirm it; the six words."""
    said = stage.agent(school).run(
        *("join", string, "--urn", school.urn, "--released-by", HEAD),
        *("--release", "return,meeting-list"),
    )
    shown = stage.hub.run("feeds", "confirm", school.urn, "--yes")
    words = re.search(r"\b([a-z]+(?:[ -][a-z]+){5})\b", shown)
    six = words.group() if words else ""
    if not six or six not in said:
        raise ProgramFailed(f"{school.name}: agent and hub show different words:\n{said}\n{shown}")
    return six


def show_sign_ins(stage: Stage, say: Say) -> None:
    """The last thing a newcomer reads: where to look and as whom."""
    passwords = stage.world.passwords()
    say(f"\nLinkwork is running: {stage.base}\n\nSign in as")
    for person in PEOPLE:
        say(f"  {person.email:<22} {passwords[person.email]:<14} {person.what_for}")
    say("\nAt a school, in another terminal:")
    home = stage.world.agent(stage.world.visited)
    venv = Path(sys.executable).with_name("linkwork-agent")
    for command in ("status", "sent", "requests", "actions"):
        say(f"  {venv} --home {home} {command}")
