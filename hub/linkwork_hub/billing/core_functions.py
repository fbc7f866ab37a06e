"""A doubt to raise while a tariff is written: does it charge for what the law makes free?"""

from __future__ import annotations

import tomllib
from datetime import date
from importlib import resources

from pydantic import Field

from linkwork_hub.billing.fields import Data, Dated
from linkwork_hub.billing.price_book import Item
from linkwork_hub.billing.tariff import Method, Tariff
from linkwork_hub.documents.words import long_date


class _Function(Data):
    id: str
    name: str
    words: list[str]


class _Functions(Data):
    source: str
    start: date = Field(alias="from")
    nation: str
    functions: list[_Function]


def doubts(tariff: Tariff, *, nation: str, body: str) -> list[str]:
    """Sentences about what this tariff charges for that must be free, each with its source.

    `nation` and `body` are the profile's; elsewhere than at an English authority there is none.
    What is only in force before the guidance began raises no doubt.
    """
    law = _read()
    if body != "authority" or nation != law.nation:
        return []
    found = []
    for method in tariff.methods:
        if method.annual and _reaches(method, law.start):
            found += _of_method(method, law)
    for item in tariff.items:
        if _reaches(item, law.start) and _charged(item, tariff):
            named = f"item {item.id} ({item.name})"
            found += [_charges(named, one, law) for one in law.functions if _is(item, one)]
    return found


def _of_method(method: Method, law: _Functions) -> list[str]:
    named = f"method {method.version}"
    if not method.covers:
        said = (
            f"{named} does not say what its annual charge covers. From {long_date(law.start)} "
            "core functions are free: write covers = [...] with what is charged. "
            f"Source: {law.source}"
        )
        return [said]
    return [_charges(named, one, law) for one in law.functions if one.id in method.covers]


def _charges(named: str, function: _Function, law: _Functions) -> str:
    return (
        f"{named} charges for {function.name}, which is a core function, free to all schools from "
        f"{long_date(law.start)}. Source: {law.source}"
    )


def _is(item: Item, function: _Function) -> bool:
    said = f"{item.id.replace('-', ' ')} {item.name}".casefold()
    return function.id in item.covers or any(word in said for word in function.words)


def _charged(item: Item, tariff: Tariff) -> bool:
    """Whether it costs anything: its own price, that of the days it is bought in, or agreed."""
    if item.in_days_of is not None:
        return any(one.id == item.in_days_of and one.priced for one in tariff.items)
    return item.priced or (item.pence is None and not item.prices)


def _reaches(dated: Dated, day: date) -> bool:
    return dated.valid_to is None or dated.valid_to >= day


def _read() -> _Functions:
    text = (resources.files("linkwork_hub.billing") / "core_functions.toml").read_text("utf-8")
    return _Functions.model_validate(tomllib.loads(text))
