"""Run one job of an agent and die without warning at a named point: for tests only.

Beside the agent's own jobs there are designs that are wrong on purpose, so that the tests can be
seen to fail.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from datetime import datetime
from pathlib import Path

from school_desk import SchoolDesk

from linkwork.join import parse
from linkwork_agent import joining, judge, post, reading, telling, work
from linkwork_agent.collect import collect, keep
from linkwork_agent.config import Config, School
from linkwork_agent.deliver import deliver
from linkwork_agent.hub_client import HubClient
from linkwork_agent.instruct import instruct
from linkwork_agent.ports import At
from linkwork_agent.post import Desk
from linkwork_agent.store import outbox
from linkwork_agent.work import Place

# A server that has the heavy parts loaded and forks: each death costs little, and the processes
# that die share nothing with this one.
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(
    ["linkwork_agent.collect", "linkwork_agent.hub_client", "linkwork_agent.instruct"]
)


def run(school: SchoolDesk, design: str, point: str = "none") -> int | None:
    """Run a design in a process of its own, which kills itself at the point; its exit code."""
    arguments = (str(school.home), school.urn, school.now.isoformat(), design, point)
    child = processes.Process(target=main, args=arguments)
    child.start()
    child.join(60)
    return child.exitcode


def main(home: str, urn: str, now: str, design: str, point: str) -> None:
    """Run the design; SIGKILL when it reaches the point."""

    def at(reached: str) -> None:
        if reached == point:
            os.kill(os.getpid(), signal.SIGKILL)

    settings = {"path": "register.csv", "contacts": "contacts.csv"}
    school = School(urn, "Fernhill Primary", "csv", settings)
    config = Config(Path(home), (school,), {})
    place = Place(config, school, lambda: datetime.fromisoformat(now), os.urandom)
    with place.store() as store:
        DESIGNS[design](place, work.desk_of(place, store), at)


def _collect(place: Place, desk: Desk, at: At) -> None:
    collect(desk, lambda: work.mis_of(place), at)


def _deliver(_place: Place, desk: Desk, at: At) -> None:
    with work.hub_of(desk.store) as hub:
        deliver(desk, hub, at)


def _instruct(_place: Place, desk: Desk, at: At) -> None:
    with work.hub_of(desk.store) as hub:
        instruct(desk, hub, at)


def _mark_then_send(_place: Place, desk: Desk, at: At) -> None:
    """Wrong: a message counts as delivered before it is."""
    with work.hub_of(desk.store) as hub:
        for row in outbox.waiting(desk.store.read):
            with desk.store.write() as tx:
                outbox.acked(tx, row, desk.clock())
            at("marked")
            hub.post(row.envelope)


def _number_at_sending(_place: Place, desk: Desk, at: At) -> None:
    """Wrong: each sending makes a new message, so a repetition looks like news."""
    with work.hub_of(desk.store) as hub:
        for row in outbox.waiting(desk.store.read):
            with desk.store.write() as tx:
                post.start_over(tx, desk)
            (fresh,) = [r for r in outbox.waiting(desk.store.read) if r.kind == row.kind]
            hub.post(fresh.envelope)
            at("sent")
            with desk.store.write() as tx:
                outbox.acked(tx, fresh, desk.clock())


def _remember_then_tell(place: Place, desk: Desk, at: At) -> None:
    """Wrong: what was read is kept in one transaction, what is to be told in another."""
    rules, memory = reading.rules(desk), reading.remember(desk.store.read)
    mis = work.mis_of(place)
    judged = judge.judge(reading.read(mis, desk, rules, memory), memory, rules, desk)
    told = telling.tell(desk.store.read, judged, rules)
    named = telling.name(told, mis, desk, judged)
    with desk.store.write() as tx:
        keep(tx, desk, memory, judged, rules)
    at("remembered")
    with desk.store.write() as tx:
        telling.send(tx, desk, judged, told, named)


def _join(place: Place, desk: Desk, at: At) -> None:
    """Join once more with the join string in the file beside the register."""
    string = parse((place.config.home / "string").read_text(encoding="utf-8"))
    office = work.office_of(place, desk.store)
    with HubClient(string.url) as hub:
        joining.begin(office, hub, string, "a-machine", joining.Release(("return",), "A."), at)
        while joining.ask(office, hub, at).state == "waiting":
            time.sleep(0.05)


def _key_files_first(place: Place, desk: Desk, at: At) -> None:
    """Wrong: new keys take the place of those in use before the hub has said anything."""
    for name in (joining.SIGN_KEY, joining.SEAL_KEY):
        place.keys.new_seed(name, place.random)
    at("files swapped")
    _join(place, desk, at)


DESIGNS = {
    "collect": _collect,
    "deliver": _deliver,
    "instruct": _instruct,
    "join": _join,
    "join, key files first": _key_files_first,
    "mark-then-send": _mark_then_send,
    "number-at-sending": _number_at_sending,
    "remember-then-tell": _remember_then_tell,
}
