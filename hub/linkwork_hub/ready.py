"""Statements made ready once: SQLAlchemy's words and types, without its work at every execution.

What SQLAlchemy does for each execution costs several times what SQLite then takes. Of a statement
that is built once (a constant of a store's module) all of that is the same each time: the words,
the order of the values, how each is brought into the driver's form and back.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Dialect, Executable, Row
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.schema import ScalarElementColumnDefault

#: A statement seen so often is one that was built once.
_OFTEN = 3
_MISSING = object()
_Process = Callable[[Any], Any] | None
#: One value of a statement: the name it is given by, what it is otherwise, and its form.
_Value = tuple[str, Any, _Process]


class Ready:
    """One statement for values of one set of names, ready for SQLite's own driver."""

    __slots__ = ("_about", "_forms", "_names", "_values", "sql")

    def __init__(self, compiled: SQLCompiler, values: tuple[_Value, ...]) -> None:
        self.sql, self._values = compiled.string, values
        columns = compiled._result_columns
        forms = [each.type._cached_result_processor(compiled.dialect, None) for each in columns]
        self._forms = forms if any(forms) else None
        self._about = SimpleResultMetaData([each.keyname for each in columns])
        self._names = self._about._key_to_index

    def run(self, conn: Connection, given: Mapping[str, Any]) -> sqlite3.Cursor:
        """Run it. Raises what SQLAlchemy raises, and as it does without a value in the words."""
        bound = self._bound(given)
        cursor: sqlite3.Cursor = conn.connection.cursor()  # type: ignore[assignment]
        try:
            return cursor.execute(self.sql, bound)
        except sqlite3.Error as problem:
            raise DBAPIError.instance(
                self.sql, None, problem, sqlite3.Error, hide_parameters=True
            ) from problem

    def row(self, data: tuple[Any, ...]) -> Row[Any]:
        """What came back, as SQLAlchemy has it."""
        return Row(self._about, self._forms, self._names, data)

    def _bound(self, given: Mapping[str, Any]) -> list[Any]:
        bound = []
        for name, otherwise, form in self._values:
            value = given.get(name, otherwise)
            if value is _MISSING:
                words = f"A value is required for bind parameter {name!r}"
                raise StatementError(words, self.sql, None, None, True)
            try:
                bound.append(value if form is None else form(value))
            except Exception as problem:
                words = f"({type(problem).__name__}) {problem}"
                raise StatementError(words, self.sql, None, problem, True) from problem
        return bound


class Shelf:
    """The statements made ready for one dialect; the rest goes SQLAlchemy's own way."""

    def __init__(self) -> None:
        self._seen: WeakKeyDictionary[Executable, int] = WeakKeyDictionary()
        self._ready: WeakKeyDictionary[Executable, dict[Any, Ready | None]] = WeakKeyDictionary()

    def known(self) -> int:
        """How many statements are kept ready or counted."""
        return len(self._seen)

    def find(
        self, conn: Connection, statement: Executable, given: Mapping[str, Any]
    ) -> Ready | None:
        """The statement made ready; None while it is new, or when that cannot be done."""
        if conn.dialect.name != "sqlite" or conn._has_events or conn.engine._has_events:
            # Another driver; or somebody listens, who must hear every statement.
            return None
        known = self._ready.get(statement)
        if known is None:
            seen = self._seen[statement] = self._seen.get(statement, 0) + 1
            if seen < _OFTEN:
                return None
            known = self._ready[statement] = {}
        names = tuple(given)
        try:
            return known[names]
        except KeyError:
            found = known[names] = _made(statement, names, conn.dialect)
            return found


def _made(statement: Executable, names: tuple[str, ...], dialect: Dialect) -> Ready | None:
    compiled = statement.compile(dialect=dialect, column_keys=sorted(names))  # type: ignore[attr-defined]
    if not isinstance(compiled, SQLCompiler) or compiled.positiontup is None:
        return None
    asks = bool(compiled._result_columns)
    if (
        compiled.post_compile_params
        or compiled.literal_execute_params
        or compiled._textual_ordered_columns
        or (asks and not compiled._ordered_columns)
        or (compiled.effective_returning and not getattr(statement, "_returning", True))
    ):
        return None
    fixed = {}
    for column in (*(compiled.insert_prefetch or ()), *(compiled.update_prefetch or ())):
        default = column.default
        if not isinstance(default, ScalarElementColumnDefault):
            return None
        fixed[column.key] = default.arg
    values = tuple(_value(compiled, place, fixed) for place in compiled.positiontup)
    return Ready(compiled, values)


def _value(compiled: SQLCompiler, place: str, fixed: Mapping[str, Any]) -> _Value:
    bind = compiled.binds[place]
    otherwise = fixed.get(bind.key, _MISSING if bind.required else bind.effective_value)
    form: Any = compiled._bind_processors.get(place)
    return bind.key, otherwise, form
