"""The JSON schema of a policy file, made from the models; editors check a file against it."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Iterator
from itertools import pairwise
from textwrap import dedent
from typing import Any, cast

from linkwork.policy.pack import Policy
from linkwork.policy.rules import Data

#: Where it stands among the shipped policies.
FILE = "policy.schema.json"


def schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of what an author writes."""
    made = Policy.model_json_schema(by_alias=True)
    for model in _models(Data):
        of = made if model is Policy else made["$defs"].get(model.__name__)
        for name, text in _texts(model) if of else ():
            key = model.model_fields[name].alias or name
            of["properties"].get(key, {}).setdefault("description", text)
    # The text a policy was read from is ours; an author never writes it.
    del made["properties"]["text"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **made,
        "title": "A Linkwork policy",
    }


def _models(model: type[Data]) -> Iterator[type[Data]]:
    yield model
    for each in model.__subclasses__():
        yield from _models(each)


def _texts(model: type[Data]) -> Iterator[tuple[str, str]]:
    """The fields of a model, and of those it is made of, with the text that stands under them.

    pydantic would read the source of every model at each start, to be asked for this here alone.
    """
    for each in model.__mro__:
        if not issubclass(each, Data) or each is Data:
            continue
        body = cast(ast.ClassDef, ast.parse(dedent(inspect.getsource(each))).body[0]).body
        for field, text in pairwise(body):
            if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
                name = cast(ast.Name, field.target).id
                yield name, inspect.cleandoc(str(cast(ast.Constant, text.value).value))


def schema_text() -> str:
    """The same as the file holds it."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"
