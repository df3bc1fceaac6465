"""The page of methods and keys is the table the program goes by, word for word.

``python tests/pipeline/test_methods_page.py`` writes the tables of the page anew.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import bench
from bench.modelfile import Analysis, json_schema
from bench.modelfile.methods.keys import METHOD_KEYS
from bench.modelfile.methods.table import METHODS, methods_with

PAGE = Path(bench.__file__).parent / "guide" / "analyses.md"


def listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def methods_table() -> str:
    lines = ["| method | what | needs | may have | variant | page |", "| --- | --- | --- | --- | --- | --- |"]
    for name, spec in METHODS.items():
        use = "yes" if spec.score else "years" if spec.panel else ""
        lines.append(f"| `{name}` | {spec.en} | {listed(spec.needs)} | {listed(spec.takes)} | {use} | {spec.topic} |")
    return "\n".join(lines)


@cache
def _properties() -> dict[str, Any]:
    """Keys of an analysis as editors are given them."""
    found: dict[str, Any] = json_schema()["$defs"]["Analysis"]["properties"]
    return found


def values(key: str) -> str:
    """Words or range of a key, from the schema that editors are given."""
    schema = _properties()[key]
    for part in schema.get("anyOf", [schema]):
        if part.get("type") == "null":
            continue
        part = {**part, **part.get("items", {})}
        if "enum" in part:
            return " ".join(f"`{word}`" for word in part["enum"])
        low = part.get("minimum", part.get("exclusiveMinimum"))
        high = part.get("maximum", part.get("exclusiveMaximum"))
        if low is not None or high is not None:
            above = ">" if "exclusiveMinimum" in part else "≥"
            below = "<" if "exclusiveMaximum" in part else "≤"
            ends = [f"{sign} {end:g}" for sign, end in ((above, low), (below, high)) if end is not None]
            return ", ".join(ends)
    return ""


def keys_table() -> str:
    lines = ["| key | meaning | values | methods |", "| --- | --- | --- | --- |"]
    for key in METHOD_KEYS:
        names = methods_with(key)
        shown = listed(names) if len(names) <= 8 else f"{len(names)} methods"
        lines.append(f"| `{key}` | {Analysis.model_fields[key].description} | {values(key)} | {shown} |")
    return "\n".join(lines)


def page(text: str) -> str:
    """The page with its tables made anew."""
    for name, table in (("methods", methods_table()), ("keys", keys_table())):
        text = re.sub(rf"<!-- {name} -->\n.*?<!-- end -->", f"<!-- {name} -->\n{table}\n<!-- end -->", text, flags=re.S)
    return text


def test_the_page_lists_every_method_and_key():
    text = PAGE.read_text(encoding="utf-8")
    assert "| `fdh-plus` | Free disposal with scaling |  | `scaling` | yes | fdh_plus |" in text
    assert text == page(text), "write it anew: python tests/pipeline/test_methods_page.py"


def test_a_key_that_no_method_takes_is_no_key():
    assert all(methods_with(key) for key in METHOD_KEYS)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
