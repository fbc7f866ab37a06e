"""The `join` command: ask what is missing, enrol, and show the six words to compare."""

from __future__ import annotations

import socket
from argparse import Namespace
from typing import TextIO

from linkwork.errors import WrongUse
from linkwork.join import parse
from linkwork_agent import joining
from linkwork_agent.config import Config, School
from linkwork_agent.hub_client import HubClient
from linkwork_agent.joining import RELEASES, Release
from linkwork_agent.ports import system_random, utc_now
from linkwork_agent.store import base, registers
from linkwork_agent.work import Place, office_of


def join_school(
    config: Config, school: School, given: Namespace, answers: TextIO, out: TextIO
) -> int:
    """Enrol one school, or without a join string only renew what may leave by itself.

    Raises JoinRefused, NotTheHub, HubUnreachable or WrongUse; nothing of ours was sent when the
    hub's root key was not the one the join string names, and a connection that worked still does.
    """
    place = Place(config, school, utc_now, system_random)
    release = _release(given, answers, out)
    if given.string is None:
        return _renew(place, release, out)
    return _enrol(place, _string(given.string, answers, out), given.again, release, out)


def _string(given: str, answers: TextIO, out: TextIO) -> str:
    if given != "-":
        return given
    # What logs commands, as sudo does, then holds no join string.
    if answers.isatty():
        print("The join string:", end=" ", file=out, flush=True)
    return answers.readline().strip()


def _release(given: Namespace, answers: TextIO, out: TextIO) -> Release:
    what, who = given.release, given.released_by
    if what is None:
        what = _asked(
            "What may leave by itself, as the head decides? return: the statutory return with "
            "names; meeting-list: the list for a planned meeting; none. [return,meeting-list]",
            "--release return,meeting-list",
            answers,
            out,
        )
    names = tuple(name.strip() for name in what.split(",") if name.strip() not in ("", "none"))
    for name in names:
        if name not in RELEASES:
            raise WrongUse(
                f"--release {name!r} is not known. Write one or more of {', '.join(RELEASES)} "
                "with commas between, or none."
            )
    if who is None:
        who = _asked("Who decides this (name of the head)?", '--released-by "NAME"', answers, out)
    if not who.strip():
        raise WrongUse('A release needs the name of who gives it: --released-by "NAME".')
    return Release(names, who.strip())


def _asked(question: str, flag: str, answers: TextIO, out: TextIO) -> str:
    if not answers.isatty():
        raise WrongUse(f"Nobody is here to ask. Say it on the command line: {flag}")
    print(question, file=out, flush=True)
    return answers.readline().strip()


def _renew(place: Place, release: Release, out: TextIO) -> int:
    with place.store() as store, store.write() as tx:
        if base.text(tx, "state") is None:
            raise WrongUse(
                "This school has not joined yet: give the join string the authority gave you, "
                "linkwork-agent join STRING."
            )
        registers.set_releases(tx, release.what, release.by, place.clock())
    print(_released(release), file=out)
    return 0


def _enrol(place: Place, string: str, again: bool, release: Release, out: TextIO) -> int:
    join = parse(string)
    school = place.school
    with place.store() as store, HubClient(join.url, way=place.config.network) as hub:
        state = base.text(store.read, "state")
        if state in ("waiting", "pending", "active") and not again:
            raise WrongUse(
                f"{school.name} has joined already (state {state}). To enrol it once more with "
                "new keys, add --again."
            )
        office = office_of(place, store)
        joining.begin(office, hub, join, socket.gethostname(), release)
        joined = joining.enrol(office, hub)
        kept = joined.state == "waiting" and joining.connected(store.read)
    print(_released(release), file=out)
    print(f"Enrolled {school.name} ({school.urn}) at {join.url}: {joined.state}.", file=out)
    print(f"Compare these six words with the authority: {joined.words}", file=out)
    if joined.state == "waiting":
        print("The hub has not looked at it yet; see later with: linkwork-agent status", file=out)
    if kept:
        print("Until it has, what was in use before goes on working.", file=out)
    return 0


def _released(release: Release) -> str:
    if not release.what:
        return f"{release.by} releases nothing: returns are held here until that changes."
    return f"{release.by} releases: {', '.join(release.what)}."
