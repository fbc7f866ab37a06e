"""The page of what is on offer: the profile's catalogue, and for how many pupils of each school."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from linkwork_hub.access import store as access
from linkwork_hub.access.models import School
from linkwork_hub.referrals import store, words
from linkwork_hub.referrals.strategies import Strategy, for_groups, read_strategies
from linkwork_hub.web import Context


@dataclass(frozen=True, slots=True)
class Group:
    """The pupils of one school for whom one strategy is suggested."""

    school: School
    strategy: Strategy
    pupils: int


def catalogue(ctx: Context) -> tuple[Strategy, ...]:
    """What the profile says is on offer; nothing where it says nothing."""
    return read_strategies(ctx.profile.section("strategies"), file="authority.toml")


def on_offer(ctx: Context) -> Response:
    """What is on offer, and the groups of pupils for whom it is suggested."""
    offers = catalogue(ctx)
    with ctx.db.read() as db:
        numbers = for_groups(offers, store.standing(ctx.scope, db))
        schools = sorted(access.schools(ctx.scope, db), key=lambda school: school.name)
    groups = [
        Group(school, one, numbers[school.id, one.id])
        for school in schools
        for one in offers
        if (school.id, one.id) in numbers
    ]
    paging = ctx.paging(len(groups))
    return ctx.render(
        "referrals/on-offer.html",
        title="What is on offer",
        offers=offers,
        groups=groups[paging.offset : paging.offset + paging.size],
        paging=paging,
        trigger_name=words.trigger_name,
    )
