"""Write what follows from the tables of the package: the stubs that a type checker reads, and pages of the guide.

``python tests/written.py`` from the repository writes them anew; ``tests/test_written.py`` fails where one is not what
the tables say.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPO))

from bench.catalogue import METHODS, methods_with  # noqa: E402
from bench.modelfile import Analysis, json_schema  # noqa: E402
from bench.modelfile.methods.keys import METHOD_KEYS  # noqa: E402
from bench.reading.files.other_formats import KINDS  # noqa: E402


def stub(room: str) -> Callable[[str], str]:
    """Return what writes the stub of a room: every public name where it is defined."""

    def write(_: str) -> str:
        homes: Mapping[str, str] = import_module(f"bench.{room}")._PUBLIC
        lines = [f"from {home} import {name} as {name}" for name, home in homes.items()]
        # In the order that the linter sorts them.
        lines.sort(key=lambda line: (line.split()[1], *_alike(line.split()[3])))
        return "# Written by tests/written.py: each public name where it is defined.\n" + "\n".join(lines) + "\n"

    return write


def _alike(name: str) -> tuple[int, str]:
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def page(text: str) -> str:
    """Return the page of methods with its tables made anew."""
    for name, table in (("methods", methods_table()), ("keys", keys_table())):
        text = re.sub(rf"<!-- {name} -->\n.*?<!-- end -->", f"<!-- {name} -->\n{table}\n<!-- end -->", text, flags=re.S)
    return text


def listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def methods_table() -> str:
    lines = ["| method | what | needs | may have | variant | page |", "| --- | --- | --- | --- | --- | --- |"]
    for name, spec in METHODS.items():
        use = "yes" if spec.score else "years" if spec.panel else ""
        lines.append(f"| `{name}` | {spec.en} | {listed(spec.needs)} | {listed(spec.takes)} | {use} | {spec.topic} |")
    return "\n".join(lines)


def values(schema: Mapping[str, Any]) -> str:
    """Return the words or range of a key, from the schema that editors are given."""
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
    schema = json_schema()["$defs"]["Analysis"]["properties"]
    lines = ["| key | meaning | values | methods |", "| --- | --- | --- | --- |"]
    for key in METHOD_KEYS:
        names = methods_with(key)
        shown = listed(names) if len(names) <= 8 else f"{len(names)} methods"
        lines.append(f"| `{key}` | {Analysis.model_fields[key].description} | {values(schema[key])} | {shown} |")
    return "\n".join(lines)


def kinds_of_file(text: str) -> str:
    """Return the page of reading with every kind of file that is read."""
    names = ", ".join(kind.name for kind in KINDS)
    row = f"| kind of file | CSV, xlsx, xlsb, xls, ods, JSON-stat 1 and 2, {names}, Markdown, a `DataFrame` |"
    return re.sub(r"\| kind of file \|[^|]*\|", row, text)


#: File under the repository -> its text made anew from what it is now.
WRITTEN: Mapping[str, Callable[[str], str]] = {
    "bench/envelopment/__init__.pyi": stub("envelopment"),
    "bench/stochastic/__init__.pyi": stub("stochastic"),
    "bench/guide/analyses.md": page,
    "bench/guide/reading.md": kinds_of_file,
}


def main() -> None:
    for name, write in WRITTEN.items():
        path = REPO / name
        path.write_text(write(path.read_text(encoding="utf-8") if path.exists() else ""), encoding="utf-8")


if __name__ == "__main__":
    main()
