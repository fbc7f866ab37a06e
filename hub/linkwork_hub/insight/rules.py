"""Which figures each role sees first. Pure."""

from __future__ import annotations

from linkwork_hub.insight.models import Card, Casework, Feeds, HealthNeeds


def _by_law(counted: Casework) -> str:
    """What a figure of pupils to consider says after its number."""
    match counted.consider, counted.statutory:
        case _, 0:
            return "to consider"
        case 1, _:
            return "to consider, which must be returned by law"
        case _:
            return f"to consider, {counted.statutory} of them must be returned by law"


def _pupils(counted: Casework) -> Card:
    return Card(
        counted.consider,
        _by_law(counted),
        "/pupils",
        "Pupils to consider",
        now=counted.statutory > 0,
    )


def _referrals(counted: Casework) -> Card:
    return Card(
        counted.to_decide,
        "waiting for your decision",
        "/referrals",
        "Referrals",
        now=counted.to_decide > 0,
    )


def _overdue(counted: Casework) -> Card:
    return Card(
        counted.overdue_cases,
        "whose next step is overdue",
        "/cases?group=overdue",
        "Overdue cases",
        now=counted.overdue_cases > 0,
    )


def _actions(counted: Casework) -> Card:
    return Card(
        counted.actions,
        f"to be done, {counted.overdue_actions} of them overdue",
        "/actions",
        "Actions",
        now=counted.overdue_actions > 0,
    )


def _feeds(feeds: Feeds) -> Card:
    return Card(
        feeds.troubled,
        f"with a problem, of {feeds.schools} ({feeds.connected} connected)",
        "/feeds",
        "School feeds",
        now=feeds.troubled > 0,
    )


def officer_cards(counted: Casework) -> list[Card]:
    """An officer starts with the pupils, then what waits for a decision."""
    mine = Card(counted.my_cases, "open and yours", "/cases?whose=mine", "Your cases")
    asked = Card(
        counted.asked, "asked and not answered yet", "/referrals?group=asked", "Asked of schools"
    )
    return [
        _pupils(counted),
        _referrals(counted),
        _overdue(counted),
        mine,
        asked,
        _actions(counted),
    ]


def _sick(needs: HealthNeeds) -> Card:
    return Card(
        needs.waiting,
        "to acknowledge or arrange",
        "/health-needs",
        "Health needs",
        now=needs.waiting > 0,
    )


def health_cards(needs: HealthNeeds) -> list[Card]:
    """Who arranges education for children who are ill sees just their returns."""
    arranged = Card(
        needs.arranged, "with education arranged", "/health-needs?group=arranged", "Arranged"
    )
    return [_sick(needs), arranged]


def manager_cards(counted: Casework, feeds: Feeds, needs: HealthNeeds) -> list[Card]:
    """A service manager starts with what is overdue anywhere."""
    everyone = Card(counted.open_cases, "open", "/cases", "Cases")
    return [
        _overdue(counted),
        _pupils(counted),
        _referrals(counted),
        everyone,
        _actions(counted),
        _sick(needs),
        _feeds(feeds),
    ]


def school_cards(counted: Casework) -> list[Card]:
    """A school sees what it is asked and what it agreed, and what it referred."""
    asked = Card(
        counted.asked,
        "for you to answer",
        "/referrals?group=asked",
        "Requests of the authority",
        now=counted.asked > 0,
    )
    sent = Card(
        counted.to_decide,
        "which the authority has not decided yet",
        "/referrals",
        "Your referrals",
    )
    return [asked, _actions(counted), sent]


def hub_cards(feeds: Feeds) -> list[Card]:
    """The hub team sees feeds alone."""
    away = feeds.schools - feeds.connected
    return [
        _feeds(feeds),
        Card(away, "not connected yet", "/feeds", "Schools to connect", now=False),
    ]
