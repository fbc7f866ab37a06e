"""The stages of the bill: its sum, its paper, and who never sees a pupil."""

from __future__ import annotations

from demo.returning import name_of
from demo.walking import Walk, hold
from demo.world import FINANCE, OLD_CASES

#: Reading's published prices, written here a second time: base by type, price of a case, pounds.
BASE = {("LA", 210): 800, ("academy", 1050): 1400, ("LA", 1480): 1200}
A_CASE = {"LA": 180, "academy": 200}


def billed_year(walk: Walk) -> str:
    """The financial year of today, as `--year` names it."""
    today = walk.stage.world.today
    start = today.year if (today.month, today.day) >= (4, 1) else today.year - 1
    return f"{start}-{(start + 1) % 100:02}"


def bill(walk: Walk) -> str:
    """Base by roll and type, and each case of the academic year before, against our own sum."""
    rows = walk.stage.hub.json("billing", "preview", "--year", billed_year(walk))
    total = 0
    for number, school in enumerate(walk.stage.world.schools):
        row = next(one for one in rows if one["urn"] == school.urn)
        cases = sum(1 for case in OLD_CASES if case[0] == number)
        ought = 100 * (BASE[school.kind, school.pupils] + cases * A_CASE[school.kind])
        hold(row["total_pence"] == ought, f"{school.name}: {row['total_pence']}, not {ought} pence")
        parts = [part["amount_pence"] for part in row["instalments"]]
        hold(sum(parts) == ought, f"{school.name}: the instalments do not add up")
        total += ought
    return f"{len(rows)} schools, {total // 100:,} pounds {total % 100:02} pence"


def bill_issued(walk: Walk) -> str:
    """What is due in the year becomes documents, once; a second run asks for nothing."""
    year = billed_year(walk)
    words = ("billing", "issue", "--year", year, "--up-to", f"{int(year[:4]) + 1}-03-31")
    first = walk.stage.hub.json(*words)
    due = sum(
        part["amount_pence"]
        for school in first
        for part in school["instalments"] or ()
        if part["due"]
    )
    made = {one["number"]: one["net_pence"] for school in first for one in school["documents"]}
    hold(sum(made.values()) == due, f"{sum(made.values())} pence issued, {due} due")
    again = walk.stage.hub.json(*words)
    hold(not any(school["documents"] for school in again), "a second run issued something")
    return f"{len(made)} documents, {due // 100:,} pounds {due % 100:02} pence, once"


def bill_on_paper(walk: Walk) -> str:
    """Finance opens the bill and its PDF."""
    finance = walk.person(FINANCE)
    found = finance.open(f"/billing?year={billed_year(walk)}").links_under("/billing/sch_")
    page = next(one for link in found if walk.school.name in (one := finance.open(link)).text)
    paper = next(link for link, _ in page.links if link.endswith(".pdf"))
    data = finance.download(paper)
    hold(data.startswith(b"%PDF"), "not a PDF")
    return f"{len(data):,} bytes of PDF"


def finance_sees_no_pupil(walk: Walk) -> str:
    """Pages of pupils do not exist for finance, and its own pages name none."""
    finance = walk.person(FINANCE)
    closed = ("/pupils", f"/pupils/{walk.candidate}", walk.referral, "/returns")
    for path in closed:
        finance.open(path, expect=404)
    home = finance.open("/").text
    pupils = walk.made[walk.school.urn].register.pupils
    hold(not any(name_of(pupil) in home for pupil in pupils), "finance's home names a pupil")
    return f"{len(closed)} pages of pupils not found, as they should be"
