"""The first page of every role: real figures that lead on."""

from __future__ import annotations

import re
from datetime import date

import pytest
from casework import Casework, notice, severe

from linkwork_hub.cases import store as cases
from linkwork_hub.db import Role, Scope
from linkwork_hub.insight import rules
from linkwork_hub.insight.models import Casework as Counted
from linkwork_hub.insight.models import Feeds, HealthNeeds

SYSTEM = Scope.system()


def figures(page: str) -> dict[str, int]:
    """The cards of a first page: what each is called, and its figure."""
    cards = re.findall(
        r'<a class="govuk-link" href="[^"]+">([^<]+)</a></h2>\s*<p class="lw-card__figure">(\d+)',
        page,
    )
    return {name: int(figure) for name, figure in cards}


def test_an_officer_starts_with_what_waits_at_their_schools(work: Casework) -> None:
    work.tell(severe())
    work.officer.post("/cases/none/actions")
    work.accepted()
    assert figures(work.officer.get("/").text) == {
        "Pupils to consider": 1,
        "Referrals": 0,
        "Overdue cases": 0,
        "Your cases": 1,
        "Asked of schools": 0,
        "Actions": 0,
    }


def test_a_figure_counts_only_the_persons_own_schools(work: Casework) -> None:
    work.tell(notice(), severe())
    stranger = work.hub.sign_in(Role.OFFICER, schools=(work.hub.add_school("900009", "Elsewhere"),))
    assert figures(work.officer.get("/").text)["Pupils to consider"] == 2
    assert figures(stranger.get("/").text)["Pupils to consider"] == 0


def test_every_figure_leads_to_a_page_the_role_may_open(work: Casework) -> None:
    for role in (Role.OFFICER, Role.MANAGER, Role.HUB_TEAM, Role.SCHOOL, Role.FINANCE):
        schools = (work.school_id,) if role in {Role.OFFICER, Role.SCHOOL} else ()
        browser = work.hub.sign_in(role, schools=schools)
        main = browser.get("/").text.partition("<main")[2]
        links = set(re.findall(r'href="(/[^"]*)"', main))
        assert links, role
        for link in links:
            assert browser.get(link.replace("&amp;", "&")).status_code == 200, (role, link)


def test_a_manager_sees_who_carries_what(work: Casework) -> None:
    work.accepted()
    page = work.hub.sign_in(Role.MANAGER).get("/").text
    assert figures(page)["Cases"] == 1
    row = re.search(r"Test Officer</th>((?:<td[^>]*>\d+</td>)+)", page)
    assert row is not None
    assert re.findall(r">(\d+)<", row[1]) == ["1", "1", "0"]


def test_a_case_that_nobody_carries_stands_in_a_row_of_its_own(work: Casework) -> None:
    work.accepted()
    manager = work.hub.sign_in(Role.MANAGER)
    assert "No officer" not in manager.get("/").text
    with work.hub.db.write() as db:
        cases.add_imported(SYSTEM, db, work.school_id, "OLD-1", date(2026, 1, 29), None)
    page = manager.get("/").text
    assert figures(page)["Cases"] == 2
    row = re.search(r"No officer</th>((?:<td[^>]*>\d+</td>)+)", page)
    assert row is not None
    assert re.findall(r">(\d+)<", row[1]) == ["0", "1", "0"]


def test_a_school_sees_what_it_is_asked(work: Casework) -> None:
    work.tell(notice())
    work.officer.post(f"{work.pupil()}/decide", {"choice": "ask-school", "reason": "Why?"})
    own = work.hub.sign_in(Role.SCHOOL, schools=(work.school_id,))
    assert figures(own.get("/").text) == {
        "Requests of the authority": 1,
        "Actions": 0,
        "Your referrals": 0,
    }


def test_the_hub_team_sees_feeds_and_no_casework(work: Casework) -> None:
    found = figures(work.hub.sign_in(Role.HUB_TEAM).get("/").text)
    assert set(found) == {"School feeds", "Schools to connect"}


@pytest.mark.parametrize(
    ("consider", "statutory", "words"),
    [
        (4, 0, "to consider"),
        (1, 1, "to consider, which must be returned by law"),
        (233, 12, "to consider, 12 of them must be returned by law"),
    ],
)
def test_the_figure_of_pupils_says_what_the_law_asks(
    consider: int, statutory: int, words: str
) -> None:
    counted = Counted(consider, statutory, 0, 0, 0, 0, 0, 0, 0)
    assert rules.officer_cards(counted)[0].words == words


@pytest.mark.parametrize("overdue", [0, 2])
def test_only_what_waits_is_marked_as_waiting(overdue: int) -> None:
    counted = Counted(0, 0, 0, 0, 5, 5, overdue, 3, 0)
    cards = {
        card.link: card.now
        for card in rules.manager_cards(counted, Feeds(1, 1, 0), HealthNeeds(0, 2))
    }
    assert cards["Overdue cases"] == bool(overdue)
    waiting = rules.manager_cards(counted, Feeds(1, 1, 0), HealthNeeds(1, 0))
    assert {card.link: card.now for card in waiting}["Health needs"]
    assert not any(now for link, now in cards.items() if link != "Overdue cases")
