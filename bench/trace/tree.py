"""`Node`: a number with the rule that made it and the numbers it was made from."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

#: What a rule does with its inputs, for those rules that are arithmetic.
OPERATIONS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "sum": math.fsum,
    "product": math.prod,
    "difference": lambda values: values[0] - math.fsum(values[1:]),
    "quotient": lambda values: values[0] / values[1] if values[1] else math.nan,
    "same": lambda values: values[0],
    "largest": max,
    "least": min,
    "power": lambda values: values[0] ** values[1],
}

_SIGNS = {
    "sum": " + ",
    "product": " × ",
    "difference": " − ",
    "quotient": " / ",
    "same": "",
    "largest": "",
    "least": "",
    "power": " ^ ",
}

#: So many inputs are named in a rule's own line; the rest stand below it anyway.
_NAMED = 6


@dataclass(frozen=True, slots=True)
class Node:
    """A number, what made it, and what it was made from.

    Attributes
    ----------
    name : str
        Column of a frame, or of the client's file, or key of the model.
    value : float, str or None
    at : Mapping of str to Any
        Scheme, unit, year, service: what the number is of.
    rule : str
        How it was made, in words or as a formula.
    operation : str
        One of :data:`OPERATIONS` when the rule is arithmetic on the inputs; it has then been done again.
    rounding : str
        Name of the rounding rule, where the number was rounded.
    inputs : tuple of Node
    cell : Mapping of str to str, optional
        Of a leaf: file, sheet, cell, column and the text that stands there.
    source : Mapping of str to Any, optional
        Of a leaf: key, date, status, source, file and line of a parameter.
    """

    name: str
    value: Any
    at: Mapping[str, Any] = field(default_factory=dict)
    rule: str = ""
    operation: str = ""
    rounding: str = ""
    inputs: tuple[Node, ...] = ()
    cell: Mapping[str, str] | None = None
    source: Mapping[str, Any] | None = None

    @property
    def is_leaf(self) -> bool:
        """Whether the number is a cell or a stated value."""
        return self.cell is not None or self.source is not None

    def leaves(self) -> Iterator[Node]:
        """Yield the cells and stated values it all comes from."""
        if not self.inputs:
            yield self
        for one in self.inputs:
            yield from one.leaves()

    def again(self) -> float:
        """Return the rule's outcome on the inputs, before rounding; NaN when the rule is no arithmetic on them."""
        if not self.operation:
            return math.nan
        return OPERATIONS[self.operation]([float(one.value) for one in self.inputs])

    def to_dict(self) -> dict[str, Any]:
        """Return the tree as plain JSON values."""
        made: dict[str, Any] = {"name": self.name, "value": _plain(self.value)}
        for key in ("at", "rule", "operation", "rounding", "cell", "source"):
            value = getattr(self, key)
            if value:
                made[key] = (
                    {name: _plain(part) for name, part in value.items()} if isinstance(value, Mapping) else value
                )
        if self.inputs:
            made["inputs"] = [one.to_dict() for one in self.inputs]
        return made

    def to_text(self, say: Callable[[str], str] = str) -> str:
        """Return the tree as indented lines; ``say`` gives its words, but no frame, column or key, in a language."""
        return "\n".join(self._lines("", say))

    def _lines(self, indent: str, say: Callable[[str], str]) -> Iterator[str]:
        yield f"{indent}{self._line(say)}"
        for one in self.inputs:
            yield from one._lines(f"{indent}  ", say)

    def _line(self, say: Callable[[str], str]) -> str:
        what = " ".join(str(part) for key, part in self.at.items() if part not in ("", None))
        name = self.name if self.cell is not None else say(self.name)
        text = f"{name}{f' [{what}]' if what else ''}: {_shown(self.value)}"
        if self.cell is not None:
            place = " ".join(part for part in (self.cell["file"], self.cell["sheet"], self.cell["cell"]) if part)
            return f"{text}  ← {place}, {say('column')} {self.cell['column']!r}, {say('reads')} {self.cell['text']!r}"
        if self.source is not None:
            said = [say(str(self.source[key])) for key in ("from", "status", "source") if self.source.get(key)]
            line = f", {say('line')} {self.source['line']}" if self.source.get("line") else ""
            return f"{text}  ← {say(self.source['file'])}{line}: {'; '.join(said)}"
        parts = [one.name if one.cell is not None else say(one.name) for one in self.inputs]
        sign = _SIGNS.get(self.operation, "")
        if sign and 1 < len(parts) <= _NAMED and len(set(parts)) == len(parts):
            text += f"  = {sign.join(parts)}"
        elif self.operation == "sum":
            text += f"  = {say('sum of')} {len(parts)}"
        rounded = f", {say('rounded')} {say(self.rounding)}" if self.rounding and self.rounding != "none" else ""
        return f"{text}{f'  ({say(self.rule)}{rounded})' if self.rule or rounded else ''}"


def _plain(value: Any) -> Any:
    """Return a value as JSON has it; what is no number is null."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, (bool, int, float, str)) or value is None else str(value)


def _shown(value: Any) -> str:
    plain = _plain(value)
    if plain is None:
        return "–"
    if isinstance(plain, float):
        return f"{plain:,.15g}".replace(",", " ") if abs(plain) >= 1e4 else f"{plain:.15g}"
    return str(plain)
