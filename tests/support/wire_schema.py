"""What crosses the network as JSON Schema, for a reader who has none of our code.

python3 tests/support/wire_schema.py > docs/wire-schema.json
"""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from linkwork.wire import (
    Answer,
    DownlinkItem,
    Header,
    Identity,
    Keyset,
    LinkworkRecord,
    Message,
)

#: Each document of docs/wire.md and the model that it is.
DOCUMENTS: dict[str, type[BaseModel]] = {
    "header": Header,
    "answer": Answer,
    "keyset": Keyset,
    "identity": Identity,
    "record": LinkworkRecord,
}
UNIONS: dict[str, TypeAdapter[Any]] = {
    "message": TypeAdapter(Message),
    "item": TypeAdapter(DownlinkItem),
}


READ: Literal["validation"] = "validation"


def schema() -> str:
    """The file, as it should stand."""
    models, told = models_json_schema(
        [(model, READ) for model in DOCUMENTS.values()], ref_template="#/$defs/{model}"
    )
    shapes, more = TypeAdapter.json_schemas(
        [(name, READ, adapter) for name, adapter in UNIONS.items()],
        ref_template="#/$defs/{model}",
    )
    documents = {
        **{name: models[model, READ] for name, model in DOCUMENTS.items()},
        **{name: shapes[name, READ] for name in UNIONS},
    }
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What crosses the network: see wire.md",
        "properties": documents,
        "$defs": {**told["$defs"], **more["$defs"]},
    }
    return json.dumps(whole, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(schema(), end="")
