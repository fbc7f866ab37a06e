"""The GraphQL side: as much of the language as one list with a selection and its schema need."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from demo.fakes.arbor.model import MODEL, PLAIN, Ref

if TYPE_CHECKING:
    from demo.fakes.arbor.peer import FakeArbor

Row = dict[str, Any]
_TOKEN = re.compile(r'\s*(?:([A-Za-z_]\w*)|("(?:[^"\\]|\\.)*"|-?\d+)|([{}():,\[\]]))')


@dataclass
class Node:
    """One asked field: what it is called in the answer, its arguments, what is asked of it."""

    name: str
    alias: str
    arguments: dict[str, Any] = field(default_factory=dict)
    inside: list[Node] = field(default_factory=list)


class Refused(Exception):
    """The query is not one this server answers; the message is the vendor's."""


def answer(fake: FakeArbor, query: str) -> Row:
    """`data`, and `errors` where something was refused."""
    try:
        nodes = _selection(_Tokens(query))
        return {"data": {node.alias: _root(fake, node) for node in nodes}}
    except Refused as refusal:
        return {"data": None, "errors": [{"message": line} for line in str(refusal).split("\n")]}


class _Tokens:
    def __init__(self, text: str) -> None:
        self._all = [match.group().strip() for match in _TOKEN.finditer(text)]
        self._at = 0

    def peek(self) -> str:
        return self._all[self._at] if self._at < len(self._all) else ""

    def take(self, expected: str | None = None) -> str:
        token = self.peek()
        if not token or (expected and token != expected):
            raise Refused(f"Syntax Error: Unexpected {token or '<EOF>'}.")
        self._at += 1
        return token


def _selection(tokens: _Tokens) -> list[Node]:
    tokens.take("{")
    found = []
    while tokens.peek() != "}":
        name = alias = tokens.take()
        if tokens.peek() == ":":
            tokens.take()
            name = tokens.take()
        node = Node(name, alias)
        if tokens.peek() == "(":
            node.arguments = dict(_arguments(tokens))
        if tokens.peek() == "{":
            node.inside = _selection(tokens)
        found.append(node)
    tokens.take("}")
    return found


def _arguments(tokens: _Tokens) -> Iterator[tuple[str, Any]]:
    tokens.take("(")
    while tokens.peek() != ")":
        name = tokens.take()
        tokens.take(":")
        yield name, json.loads(tokens.take())
        if tokens.peek() == ",":
            tokens.take()
    tokens.take(")")


def _root(fake: FakeArbor, node: Node) -> Any:
    if node.name == "__schema":
        return _shaped({"queryType": {"fields": list(_queries(fake))}}, node)
    if node.name == "__type":
        fields = _fields(fake).get(node.arguments["name"])
        return None if fields is None else _shaped({"fields": _described(fields)}, node)
    if node.name not in _fields(fake):
        raise Refused(f'Cannot query field "{node.name}" on type "Query".')
    _refuse(fake, node.name, node)
    return [_object(fake, node.name, row, node) for row in _rows(fake, node)]


def _rows(fake: FakeArbor, node: Node) -> list[Row]:
    given = node.arguments
    known = _arguments_of(fake, node.name)
    for name in given:
        if name not in known:
            raise Refused(f'Unknown argument "{name}" on field "{node.name}".')
    size = min(int(given.get("page_size", 3000)), fake.cap)
    start = 0 if fake.faults.get(node.name) == "repeat" else int(given.get("page_num", 0)) * size
    # After and before leave the day itself out.
    first = _moved(given.get("recordDate_after"), 1, "")
    last = _moved(given.get("recordDate_before"), -1, "9")
    return fake.select(node.name, start, size, (first, last), {})


def _moved(day: str | None, by: int, otherwise: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=by)).isoformat() if day else otherwise


def _refuse(fake: FakeArbor, entity: str, node: Node) -> None:
    """Everything asked for that this server lacks, or that the application may not see."""
    wrong = []
    fields = _fields(fake)[entity]
    for each in node.inside:
        if each.name != "id" and each.name not in fields:
            wrong.append(f'Cannot query field "{each.name}" on type "{entity}".')
        elif f"{entity}.{each.name}" in fake.closed_fields:
            wrong.append(f"You do not have access to `{entity}.{each.name}`.")
        elif each.inside:
            _refuse(fake, fields[each.name], each)
        elif each.name != "id" and fields[each.name] not in PLAIN:
            wrong.append(f'Field "{each.name}" must have a selection of subfields.')
    if entity in fake.closed_lists:
        wrong.append(f"You do not have access to `{entity}`.")
    if wrong:
        raise Refused("\n".join(wrong))


def _object(fake: FakeArbor, entity: str, row: Row, node: Node) -> Row:
    shown: Row = {}
    for each in node.inside:
        value = row.get(each.name)
        if isinstance(value, Ref):
            only_id = len(each.inside) == 1 and each.inside[0].name == "id"
            target = {"id": value.id} if only_id else fake.object(value.entity, value.id)
            value = None if target is None else _object(fake, value.entity, target, each)
        elif isinstance(value, date):
            value = value.isoformat()
        shown[each.alias] = value
    return shown


def _fields(fake: FakeArbor) -> dict[str, dict[str, str]]:
    return {
        entity: {
            name: kind for name, kind in fields.items() if f"{entity}.{name}" not in fake.absent
        }
        for entity, fields in MODEL.items()
        if entity not in fake.absent
    }


def _arguments_of(fake: FakeArbor, entity: str) -> list[str]:
    dates = [n for n, kind in MODEL[entity].items() if kind in ("Date", "DateTime")]
    filters = [f"{name}_{end}" for name in dates for end in ("after", "before")]
    names = ["page_size", "page_num", *filters]
    return [name for name in names if f"{entity}.{name}" not in fake.absent]


def _queries(fake: FakeArbor) -> Iterator[Row]:
    for entity in _fields(fake):
        yield {"name": entity, "args": [{"name": name} for name in _arguments_of(fake, entity)]}


def _described(fields: dict[str, str]) -> list[Row]:
    rows = [{"name": "id", "type": {"kind": "SCALAR", "name": "ID"}}]
    for name, kind in fields.items():
        plain = kind in PLAIN
        rows.append({"name": name, "type": {"kind": "SCALAR" if plain else "OBJECT", "name": kind}})
    return rows


def _shaped(value: Any, node: Node) -> Any:
    """Only what was asked for."""
    if isinstance(value, list):
        return [_shaped(each, node) for each in value]
    if not isinstance(value, dict) or not node.inside:
        return value
    return {each.alias: _shaped(value.get(each.name), each) for each in node.inside}
