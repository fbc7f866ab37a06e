"""The JSON schema of a policy file, made from the models; editors check a file against it."""

from __future__ import annotations

import json
from typing import Any

from linkwork.policy.pack import Policy

#: Where it stands among the shipped policies.
FILE = "policy.schema.json"


def schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of what an author writes."""
    made = Policy.model_json_schema(by_alias=True)
    # The text a policy was read from is ours; an author never writes it.
    del made["properties"]["text"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **made,
        "title": "A Linkwork policy",
    }


def schema_text() -> str:
    """The same as the file holds it."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"
