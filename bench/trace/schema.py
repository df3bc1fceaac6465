"""The JSON schema of a trace, for programs that read ``bench trace --format json``."""

from __future__ import annotations

from typing import Any

from bench.trace.tree import OPERATIONS


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of a tree: a number, its rule and its inputs, down to cells and stated values.

    Returns
    -------
    dict
        JSON Schema, draft 2020-12.

    Examples
    --------
    >>> json_schema()["$ref"]
    '#/$defs/number'
    """
    text = {"type": "string"}
    value = {"type": ["number", "string", "boolean", "null"]}
    cell = _whole(
        "A cell of a file",
        {"file": text, "sheet": text, "cell": text, "column": text, "text": {**text, "description": "as it stands"}},
    )
    source = _whole(
        "A value that the model states, or that stands in a rule",
        {
            "key": text,
            "from": {**text, "description": "the first day it holds; empty where it always does"},
            "status": text,
            "source": text,
            "file": text,
            "line": {"type": ["integer", "null"]},
        },
        optional=("from",),
    )
    number = {
        "type": "object",
        "description": "A number: with cell or source it is a leaf, and else inputs are what it was made from",
        "properties": {
            "name": {**text, "description": "frame.column, column of a file, key of the model, or a step of the rule"},
            "value": value,
            "at": {"type": "object", "description": "scheme, unit, year, service …", "additionalProperties": value},
            "rule": {**text, "description": "how it was made, in words or as a formula"},
            "operation": {
                "enum": list(OPERATIONS),
                "description": "what was done to the inputs, in their order; it gives the value, but for the rounding",
            },
            "rounding": {**text, "description": "the rounding between the operation and the value"},
            "cell": cell,
            "source": source,
            "inputs": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/number"}},
        },
        "required": ["name", "value"],
        "additionalProperties": False,
        "oneOf": [{"required": ["cell"]}, {"required": ["source"]}, {"required": ["inputs"]}],
        "dependentRequired": {"operation": ["inputs"]},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Trace of a number",
        "$ref": "#/$defs/number",
        "$defs": {"number": number},
    }


def _whole(said: str, properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "type": "object",
        "description": said,
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }
