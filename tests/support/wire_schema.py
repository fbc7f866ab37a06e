"""What crosses the network as JSON Schema, for a reader who has none of our code.

python3 tests/support/wire_schema.py > docs/wire-schema.json
"""

from __future__ import annotations

import json

from pydantic import TypeAdapter
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
DOCUMENTS = {
    "header": Header,
    "answer": Answer,
    "keyset": Keyset,
    "identity": Identity,
    "record": LinkworkRecord,
}
UNIONS = {"message": TypeAdapter(Message), "item": TypeAdapter(DownlinkItem)}


def schema() -> str:
    """The file, as it should stand."""
    models, told = models_json_schema(
        [(model, "validation") for model in DOCUMENTS.values()], ref_template="#/$defs/{model}"
    )
    shapes, more = TypeAdapter.json_schemas(
        [(name, "validation", adapter) for name, adapter in UNIONS.items()],
        ref_template="#/$defs/{model}",
    )
    documents = {
        **{name: models[model, "validation"] for name, model in DOCUMENTS.items()},
        **{name: shapes[name, "validation"] for name in UNIONS},
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
