"""Where the numbers of a page come from, in a form the page opens bit by bit: the trees of ``bench trace``, as a list.

What two trees share stands once. A node is a list of numbers into a list of texts, so that twenty units take a tenth
of a megabyte and not one.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.report.edition import Edition
from bench.report.tables.assumptions import source_text
from bench.report.tables.page import Of, Table
from bench.report.words.numbers import is_missing

#: Operations a rule may be, in the order of their signs in the page's script.
_OPERATIONS = ("", "sum", "product", "difference", "quotient", "same", "largest", "least", "power")

Tracer = Callable[[Any, Sequence[tuple[str, Mapping[str, Any]]]], list[Any]]


@dataclass(slots=True)
class Traces:
    """Trees of a page.

    Attributes
    ----------
    roots : mapping of what a cell is of to the number of its node
    data : str
        What the page's script reads, as JSON; empty where nothing is traced.
    """

    roots: dict[Of, int] = field(default_factory=dict)
    data: str = ""


def traces(edition: Edition, tables: Iterable[Table]) -> Traces:
    """Return the trees of every cell of some tables that says what it is of."""
    tracer: Tracer | None = getattr(edition.facts.run.face, "trace", None)
    wanted = list(dict.fromkeys(cell.of for table in tables for row in table.rows for cell in row if cell.of))
    if tracer is None or not wanted or edition.facts.run.is_large:
        return Traces()
    found = tracer(edition.facts.run, [(name, dict(at)) for name, at in wanted])
    listed = _Listed(edition)
    roots = {of: listed.number(node) for of, node in zip(wanted, found, strict=True) if node is not None}
    text = json.dumps({"texts": listed.texts, "nodes": listed.nodes}, ensure_ascii=False, separators=(",", ":"))
    safe = text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return Traces(roots, safe)


@dataclass(slots=True)
class _Listed:
    """Nodes in the order in which each stands after what it is made from."""

    edition: Edition
    texts: list[str] = field(default_factory=lambda: [""])
    nodes: list[list[Any]] = field(default_factory=list)
    _texts: dict[str, int] = field(default_factory=lambda: {"": 0})
    _numbers: dict[int, int] = field(default_factory=dict)
    _kept: list[Any] = field(default_factory=list)

    def number(self, node: Any) -> int:
        """Return the number of a node; inputs come first, and none is visited twice."""
        todo = [node]
        while todo:
            at = todo[-1]
            if id(at) in self._numbers:
                todo.pop()
                continue
            missing = [one for one in at.inputs if id(one) not in self._numbers]
            if missing:
                todo += missing
                continue
            todo.pop()
            self._kept.append(at)  # an id stays that node's own as long as the node lives
            self._numbers[id(at)] = len(self.nodes)
            self.nodes.append(self._written(at))
        return self._numbers[id(node)]

    def _written(self, node: Any) -> list[Any]:
        """Name, value, what it is of, operation, rule, rounding, inputs, cell or source; empty ends are left out."""
        of = " ".join(str(part) for part in node.at.values() if part not in ("", None))
        parts: list[Any] = [
            self._text(name_of(self.edition, node)),
            _plain(node.value),
            self._text(of),
            _OPERATIONS.index(node.operation),
            self._text(rule_of(self.edition, node.rule)),
            self._text(node.rounding if node.rounding != "none" else ""),
            [self._numbers[id(one)] for one in node.inputs],
            self._leaf(node),
        ]
        while parts and parts[-1] in (0, [], None):
            parts.pop()
        return parts

    def _leaf(self, node: Any) -> list[Any] | None:
        if node.cell is not None:
            return [0, *(self._text(str(node.cell[key])) for key in ("file", "sheet", "cell", "column", "text"))]
        if node.source is not None:
            said = [str(node.source[key]) for key in ("from", "status", "source") if node.source.get(key)]
            said = [self.edition.t.known("status", one) or source_text(self.edition, one) for one in said]
            # No line: a model that came from memory has none, and its page would differ from the one made of its file.
            return [1, self._text(str(node.source.get("file") or "")), self._text("; ".join(said))]
        return None

    def _text(self, text: str) -> int:
        if text not in self._texts:
            self._texts[text] = len(self.texts)
            self.texts.append(text)
        return self._texts[text]


def name_of(edition: Edition, node: Any) -> str:
    """Return the reader's name of a number with the engine's own behind it, which ``bench trace`` takes."""
    name = str(node.name)
    if node.cell is not None:
        return name
    if node.source is not None:
        label = edition.labels.parameter(name)
    else:
        label = edition.t.known("col", name.split(".")[-1]) or edition.t.known("trace", name)
    return f"{label} ({name})" if label and label != name else name


def rule_of(edition: Edition, rule: str) -> str:
    """Return a rule in the page's language; a star in front where it is the engine's own English."""
    if not rule or edition.language == "en":
        return rule
    said = edition.t.known("trace", rule)
    return said or f"*{rule}"


def _plain(value: Any) -> Any:
    if is_missing(value):
        return None
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if value.is_integer() and abs(value) < 1e15 else value
    return value if isinstance(value, (bool, int, str)) else str(value)
