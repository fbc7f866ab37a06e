"""Bills: 600 previewed, and a print run of 500 invoices beside one by one and beside weasyprint.

    python3 run.py bench billing

The hub is made up: 600 schools, 6,000 cases, three costs and an order here and there. Ratios are
within this run. weasyprint is no dependency of the project: where it is not installed (it needs
Pango on the system) that row is left out and said so.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from linkwork_hub import app
from linkwork_hub.access import store as access
from linkwork_hub.access.models import SchoolFacts, Term
from linkwork_hub.access.profile import builtin_text, loads
from linkwork_hub.billing import papers, rules, shapes, store
from linkwork_hub.billing.ledger import Charge, Customer, Document, DocumentKind
from linkwork_hub.billing.models import Cause, Kind, NewCost
from linkwork_hub.billing.pages import DOCUMENT
from linkwork_hub.billing.tariff import Tariff, read_tariff
from linkwork_hub.box import Box
from linkwork_hub.cases import store as cases
from linkwork_hub.db import Database, Scope, metadata, open_engine
from linkwork_hub.documents.render import render_pdf
from linkwork_hub.documents.words import long_date

SCHOOLS, CASES, PAPERS, BY_ONE = 600, 6_000, 500, 40
#: The cases of a school in this made-up hub, and of one with many.
USUAL, HEAVY = 10, 43
SYSTEM = Scope.system()
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
YEAR = "2025-26"
PREVIEW_SECONDS, RUN_TIMES, PEER_TIMES = 2.0, 4.0, 5.0


def main() -> int:
    """Measure, print, and fail when a bar is missed."""
    print(f"declared by {app.__name__}: {len(metadata.tables)} tables")
    misses = preview()
    misses += print_run()
    for miss in misses:
        print(f"MISSED  {miss}")
    return 1 if misses else 0


def preview() -> list[str]:
    """600 bills, from the database to the JSON that is printed."""
    tariff = read_tariff(loads(builtin_text("reading"), "reading").section("tariff"), file="x")
    assert tariff is not None
    with tempfile.TemporaryDirectory() as folder:
        database = filled(Path(folder))

        def once() -> None:
            with database.read() as db:
                year = rules.contract_year(tariff, YEAR)
                made = [shapes.as_json(one) for one in store.bills(SYSTEM, db, tariff, year)]
            assert len(made) == SCHOOLS

        seconds = median(once, 5)
        check_total(database, tariff)
        database.close()
    print(f"preview of {SCHOOLS} bills: {seconds:.2f} s (bar {PREVIEW_SECONDS:.0f} s)")
    return [] if seconds <= PREVIEW_SECONDS else [f"the preview took {seconds:.2f} s"]


def check_total(database: Database, tariff: Tariff) -> None:
    """The one-school path gives the same bill as the path for all."""
    with database.read() as db:
        year = rules.contract_year(tariff, YEAR)
        some = store.bills(SYSTEM, db, tariff, year)[::97]
        assert all(
            store.bill_of(SYSTEM, db, tariff, one.facts.school_id, year) == one for one in some
        )


def filled(folder: Path) -> Database:
    """A hub's database with schools, terms, cases and costs."""
    chance = random.Random(600)
    engine = open_engine(f"sqlite:///{folder / 'hub.db'}")
    metadata.create_all(engine)
    database = Database(engine, Box(b"k" * 32, chance.randbytes), lambda: NOW, chance.randbytes)
    with database.write() as db:
        for name, first, last in (
            ("Summer", date(2025, 4, 22), date(2025, 7, 22)),
            ("Autumn", date(2025, 9, 2), date(2025, 12, 19)),
        ):
            access.add_term(SYSTEM, db, Term("", name, "term", first, last))
        ids = [access.add_school(SYSTEM, db, facts(number, chance)) for number in range(SCHOOLS)]
        for number in range(CASES):
            opened = date.fromordinal(date(2024, 3, 1).toordinal() + chance.randrange(700))
            cases.add_imported(SYSTEM, db, chance.choice(ids), f"B-{number:05}", opened, None)
        for school in ids[::3]:
            cost = NewCost(date(2025, 11, 4), Kind.ADHOC, "An assembly", Decimal(1), 12_000)
            store.add_cost(SYSTEM, db, school, cost, "bench")
    return database


def facts(number: int, chance: random.Random) -> SchoolFacts:
    """A made-up school."""
    return SchoolFacts(
        "",
        date(2020, 9, 1),
        str(900_000 + number),
        f"School {number}",
        "LA" if number % 3 else "academy",
        "primary",
        roll=chance.randrange(90, 1500),
        roll_date=date(2024, 10, 3),
    )


def print_run() -> list[str]:
    """500 invoices as one document, beside one by one, beside weasyprint.

    Every invoice is laid out once: typst remembers what it laid out before, so the same one
    measured again would cost next to nothing. The bar is that of the heavy ones.
    """
    numbers = count()
    misses = []
    for many, name in ((USUAL, "usual"), (HEAVY, "heavy")):
        times, each = runs(numbers, many)
        print(
            f"print run of {PAPERS} {name} invoices ({many} cases): {each * PAPERS:.2f} s, "
            f"{each * 1000:.1f} ms each; one by one {times * 1000:.1f} ms, {times / each:.1f} x"
        )
    if times / each < RUN_TIMES:
        misses = [f"the run is {times / each:.1f} x one by one (bar {RUN_TIMES:.0f} x)"]
    peer = weasyprint_seconds([invoice(next(numbers)) for _ in range(5)])
    if peer is None:
        print("weasyprint: not installed here, so not measured (pip install weasyprint, and Pango)")
        return misses
    print(
        f"weasyprint: {peer * 1000:.0f} ms a heavy invoice; the run is {peer / each:.1f} x faster "
        f"(bar {PEER_TIMES:.0f} x), one by one {peer / times:.1f} x"
    )
    slow = peer / each < PEER_TIMES
    return misses + ([f"the run is {peer / each:.1f} x weasyprint"] if slow else [])


def runs(numbers: Iterator[int], cases: int) -> tuple[float, float]:
    """Seconds for an invoice alone, and for one of a print run."""

    def fresh(many: int) -> list[dict[str, Any]]:
        return [invoice(next(numbers), cases) for _ in range(many)]

    one_by_one(fresh(1)[0])
    alone = [one_by_one(one) for one in fresh(BY_ONE // 2)]
    made = fresh(PAPERS)
    start = time.perf_counter()
    render_pdf(DOCUMENT, papers.print_run(made, "Bench", "Bench"), on=NOW.date())
    together = time.perf_counter() - start
    # Half before and half after, so that a machine that slows down slows both.
    alone += [one_by_one(one) for one in fresh(BY_ONE // 2)]
    return statistics.median(alone), together / PAPERS


def one_by_one(made: dict[str, Any]) -> float:
    """Seconds for one invoice as a file of its own."""
    start = time.perf_counter()
    render_pdf(DOCUMENT, papers.print_run([made], "Bench", "Bench"), on=NOW.date())
    return time.perf_counter() - start


def invoice(number: int, cases: int = HEAVY) -> dict[str, Any]:
    """An invoice of two lines and so many causes of its own, which no other one repeats.

    43 of them, as a large school has, fill two pages.
    """
    charges = [charge(number, "base", Kind.BASE, 40_000)]
    charges += [
        charge(number, f"case:B-{number:03}{n:02}", Kind.CASES, 9_000) for n in range(cases)
    ]
    net = sum(one.amount_pence for one in charges)
    document = Document(
        id=f"doc_{number}",
        letters="INV",
        serial=number + 1,
        kind=DocumentKind.INVOICE,
        customer=Customer(f"C{number}", f"Customer {number}", "academy", "PO-1"),
        year=YEAR,
        part="1",
        what="First half, end of the summer term",
        issued=NOW.date(),
        due=NOW.date(),
        corrects=None,
        reason="",
        net_pence=net,
        vat_pence=0,
    )
    return papers.for_paper(document, charges, {f"sch_{number}": f"School {number}"}, "")


def charge(number: int, unit: str, kind: Kind, pence: int) -> Charge:
    """One charge with its cause."""
    opened = long_date(date(2024, 9, 1) + timedelta(days=(number * 7 + len(unit)) % 330))
    cause = (Cause(unit.removeprefix("case:"), f"opened {opened}, still open"),)
    what = "Base rate" if kind is Kind.BASE else "Cases open in the year"
    return Charge(
        f"sch_{number}", YEAR, "1", unit, f"C{number}", kind, "", what, cause, pence, "OS", 0
    )


def weasyprint_seconds(made: list[dict[str, Any]]) -> float | None:
    """Seconds for one of these invoices as HTML by weasyprint; None where it does not run."""
    try:
        from weasyprint import HTML
    except (ImportError, OSError):
        return None
    pages = [as_html(one) for one in made]
    HTML(string=pages[0]).write_pdf()
    return median(lambda: HTML(string=pages[0]).write_pdf(), 5)


def as_html(document: dict[str, Any]) -> str:
    """The same words in the same tables."""

    def table(rows: list[list[str]]) -> str:
        cells = ("".join(f"<td>{cell}</td>" for cell in row) for row in rows)
        return "<table>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table>"

    lines = [[line["what"], line["vat"], line["amount"]] for line in document["lines"]]
    causes = "".join(f"<h3>{x['what']}</h3>{table(x['cause'])}" for x in document["lines"])
    return (
        "<html><style>@page{size:A4;margin:22mm}td{border-bottom:1px solid #aaa}</style>"
        f"<h1>{document['title']}</h1>{table(document['details'])}{table(lines)}{causes}</html>"
    )


def median(work: Callable[[], object], times: int) -> float:
    """The median of so many runs, in seconds."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


if __name__ == "__main__":
    sys.exit(main())
