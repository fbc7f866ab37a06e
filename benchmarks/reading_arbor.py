"""Reading a school's year from Arbor: pages to a register, beside decoding and downloading alone.

    python3 run.py bench reading_arbor [--pupils 1500] [--rounds 3]

Pages: the pages of a year's roll-call records, already fetched, to a register, beside `json.loads`
of the same bytes. Whole: a school read over HTTP from a server in a process of its own, beside
httpx downloading the same pages and leaving them be. Medians; 1 when one costs more than it may.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

import httpx

# The server stands with the demonstration, which is beside this folder and installed nowhere.
sys.path.insert(0, str(Path(__file__).parent.parent))

from demo.fakes.arbor import TOKEN, USER, FakeArbor, school_tables
from demo.fakes.arbor.peer import Asked, basic
from demo.fakes.arbor.server import server
from linkwork.register import RegisterBuilder
from linkwork.sample import SampleSchool, make_school
from linkwork.testing import open_mis, read
from linkwork_arbor import plugin
from linkwork_arbor.client import payload
from linkwork_arbor.filling import Filling
from linkwork_arbor.mapping import marks
from linkwork_arbor.mapping.marks import Lookup, Sorter

FIRST, LAST = date(2025, 9, 1), date(2026, 7, 17)
PAGE = 1000
MOST_DECODING, MOST_DOWNLOAD, MOST_MEGABYTES = 2.0, 3.0, 60
RECORD = "AttendanceRollCallRecord"
FIELDS = "id recordDate student{ id } attendanceRollCall{ id } attendanceMark{ id } minutesLate"


def took(run: Callable[[], object], rounds: int) -> float:
    """The median of some runs, in seconds of this process's own time: all of it is computing."""
    times = []
    for _ in range(rounds):
        gc.collect()
        started = time.process_time()
        run()
        times.append(time.process_time() - started)
    return median(times)


def pages(fake: FakeArbor, api: str) -> Iterator[bytes]:
    """Every page of the records as the server sends it."""
    headers = {"Authorization": basic()}
    for number in range(10_000):
        if api == "graphql":
            query = f"{{ {RECORD}(page_size: {PAGE}, page_num: {number}){{ {FIELDS} }} }}"
            asked = Asked("POST", "/graphql/query", json.dumps({"query": query}).encode(), headers)
        else:
            paging = f"page-size={PAGE}&page-number={number + 1}"
            target = f"/rest-v2/attendance-roll-call-records?{paging}"
            asked = Asked("GET", target, b"", headers)
        body = fake.answer(asked).body
        if body.count(b'"student"') == 0:
            return
        yield body


def mapped(bodies: list[bytes], api: str, school: SampleSchool, fake: FakeArbor) -> int:
    """Pages into a register by the plugin's own parts; how many marks."""
    into = RegisterBuilder("Arbor")
    for pupil in school.register.pupils:
        into.add_pupil(pupil)
    lookup = Lookup(
        marks.codes(fake.tables["AttendanceMark"]),
        {"1": "AM", "2": "PM"},
    )
    sorter = Sorter(lookup, FIRST, LAST, "id" if api == "graphql" else "href")
    filling = Filling(into, set())
    for body in bodies:
        data = payload.decoded(body)
        rows = data["data"][RECORD] if api == "graphql" else data["attendanceRollCallRecords"]
        filling.take(sorter.page(rows))
    into.build()
    return sorter.marks


def parts(school: SampleSchool, rounds: int) -> bool:
    """Pages to a register beside decoding them; whether both interfaces keep the bar."""
    well = True
    for api in ("graphql", "rest"):
        fake = FakeArbor(*school_tables(school), remembers=False)
        bodies = list(pages(fake, api))
        count = mapped(bodies, api, school, fake)
        floor = took(lambda: [json.loads(body) for body in bodies], rounds)  # noqa: B023
        ours = took(lambda: mapped(bodies, api, school, fake), rounds)  # noqa: B023
        well &= ours <= MOST_DECODING * floor
        size = sum(map(len, bodies)) >> 20
        print(
            f"{api}: {count:,} marks in {len(bodies)} pages, {size} MB: register {ours:.2f} s, "
            f"json.loads alone {floor:.2f} s, ratio {ours / floor:.2f} (at most {MOST_DECODING})"
        )
    return well


def _serve(pupils: int, ready: Connection) -> None:
    school = make_school(3, pupils=pupils, first=FIRST, last=LAST)
    made = server(FakeArbor(*school_tables(school), remembers=False))
    ready.send((made.server_address[1], school.urn))
    made.serve_forever()


@contextmanager
def serving(pupils: int) -> Iterator[tuple[str, str]]:
    """The school behind a server in a process of its own: its address and URN."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(pupils, there), daemon=True)
    process.start()
    try:
        port, urn = here.recv()
        yield f"http://127.0.0.1:{port}", urn
    finally:
        process.terminate()
        process.join()


def download(address: str) -> int:
    """The pages of the records and nothing else; how many bytes."""
    got = 0
    with httpx.Client(base_url=address, auth=(USER, TOKEN), timeout=120, trust_env=False) as http:
        for number in range(10_000):
            query = f"{{ {RECORD}(page_size: {PAGE}, page_num: {number}){{ {FIELDS} }} }}"
            body = http.post("/graphql/query", json={"query": query}).content
            got += len(body)
            if len(body) < 1000:
                return got
    return got


def whole(pupils: int) -> bool:
    """A school over HTTP beside a bare download, and the memory it takes beyond the register."""
    with serving(pupils) as (address, urn):
        started = time.perf_counter()
        size = download(address)
        floor = time.perf_counter() - started
        options = {"base_url": address, "api": "graphql", "page_size": PAGE}
        mis = open_mis(plugin, urn=urn, secrets={"username": USER, "password": TOKEN}, **options)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.perf_counter()
        register = read(mis, FIRST, LAST)
        ours = time.perf_counter() - started
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    count = sum(len(row) - row.count(0) for row in register.rows)
    print(
        f"whole: {len(register.pupils):,} pupils, {count:,} marks over HTTP in {ours:.1f} s; "
        f"a bare httpx download of {size >> 20} MB {floor:.1f} s, ratio {ours / floor:.2f} "
        f"(at most {MOST_DOWNLOAD}); RSS +{grown:.0f} MB (at most +{MOST_MEGABYTES})"
    )
    return ours <= MOST_DOWNLOAD * floor and grown <= MOST_MEGABYTES


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; 1 when something costs more than it may."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pupils", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args(arguments)
    # First, before anything large was in this process: it is this process's memory that is read.
    well = whole(given.pupils)
    well &= parts(make_school(3, pupils=given.pupils, first=FIRST, last=LAST), given.rounds)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
