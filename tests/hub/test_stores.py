"""No question without a scope: the signatures of everything that speaks SQL."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable, Iterator
from importlib import import_module
from types import ModuleType
from typing import Any, get_type_hints

import pytest

import linkwork_hub
from linkwork_hub.db import Scope, Tx


def is_store(name: str) -> bool:
    """A module called store, one that ends so, or a part of a package called store."""
    return any(part == "store" or part.endswith("_store") for part in name.split("."))


def stores() -> list[ModuleType]:
    """Every store module of the hub."""
    found = pkgutil.walk_packages(linkwork_hub.__path__, "linkwork_hub.")
    return [import_module(one.name) for one in found if is_store(one.name)]


def functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every public function that a store module defines."""
    for module in stores():
        for name, value in vars(module).items():
            own = inspect.isfunction(value) and value.__module__ == module.__name__
            if own and not name.startswith("_"):
                yield f"{module.__name__}.{name}", value


def takes_scope_and_transaction(function: Callable[..., Any]) -> bool:
    """Whether the first two parameters are a Scope called scope and a Tx called db."""
    hints = get_type_hints(function)
    first = list(inspect.signature(function).parameters)[:2]
    return first == ["scope", "db"] and [hints[name] for name in first] == [Scope, Tx]


def test_every_domain_with_tables_has_a_store() -> None:
    domains = {module.__name__.split(".")[1] for module in stores()}
    wanted = {"access", "feeds", "referrals", "cases", "actions", "meetings", "billing"}
    assert wanted <= domains


@pytest.mark.parametrize("name_and_function", list(functions()), ids=lambda pair: pair[0])
def test_a_store_function_takes_whose_question_it_is_first(
    name_and_function: tuple[str, Callable[..., Any]],
) -> None:
    assert takes_scope_and_transaction(name_and_function[1])


def test_a_function_without_a_scope_is_noticed() -> None:
    def schools(db: Tx, scope: Scope) -> None: ...
    def people(scope: str, db: Tx) -> None: ...

    assert not takes_scope_and_transaction(schools)
    assert not takes_scope_and_transaction(people)
