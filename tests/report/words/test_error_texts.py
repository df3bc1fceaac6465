"""Every error text that a reader of the command line may meet is said in bokmål too.

The texts are read from the source: what an error is raised with, and the sentences of a model file's validation. What
only a call of the library can raise (its arguments have English names) is not asked for.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import bench
from bench.report.words.findings import in_language

ROOT = Path(bench.__file__).parent
#: What a command runs through, from a file to the folder.
ROOMS = (
    "cli",
    "mapping",
    "reading",
    "modelfile",
    "pipeline",
    "norms",
    "stykkpris",
    "manifest",
    "trace",
    "verification",
)
RAISED = ("ModelError", "OptionError", "ResourceError", "BadParameter", "UsageError", "ClickException")


def sentence(node: ast.expr) -> str | None:
    """Return a text with its holes numbered; None for what is no text."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        holes = iter(range(len(node.values)))
        return "".join(
            part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else f"{{{next(holes)}}}"
            for part in node.values
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = sentence(node.left), sentence(node.right)
        return None if None in parts else "".join(part for part in parts if part is not None)
    return None


def numbered(text: str) -> str:
    names: list[str] = []

    def number(hole: re.Match[str]) -> str:
        if hole[1] not in names:
            names.append(hole[1])
        return f"{{{names.index(hole[1])}}}"

    return re.sub(r"\{(\w+)\}", number, text)


def texts() -> Iterator[str]:
    for path in (path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            place = 1 if name == "PydanticCustomError" else 0 if name in RAISED else None
            if place is None or len(node.args) <= place:
                continue
            text = sentence(node.args[place])
            # What has hardly a word of its own is put together elsewhere.
            if text is not None and len(re.sub(r"\{\w+\}|[^a-z]", "", text)) >= 6:
                # What was given is told behind many of them, by one sentence of its own.
                yield re.sub(r"; got \{\d\}$", "", numbered(text))


@pytest.mark.parametrize("text", sorted(set(texts())))
def test_an_error_text_is_said_in_bokmaal(text: str) -> None:
    said = in_language(text, "nb")
    assert said != text
    assert sorted(set(re.findall(r"\{\d\}", said))) == sorted(set(re.findall(r"\{\d\}", text)))
