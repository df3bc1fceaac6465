"""Works the formulas of a graph out again with other inputs: what the page's script does, here for tables."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench.report.words.numbers import half_up

_SIGNS: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b if b else math.nan,
    "^": lambda a, b: a**b,
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}


def worked_out(
    nodes: Sequence[Any], patterns: Sequence[Sequence[str | float]], lists: Sequence[Sequence[int]],
    moved: Mapping[int, float],
) -> list[Any]:  # fmt: skip
    """Return the value of every node, with some inputs at another number.

    Examples
    --------
    >>> worked_out([2.0, 5.0, [0, 0, 1]], [["$", "$", "*"]], [], {0: 3.0})[2]
    15.0
    """
    values: list[Any] = []
    for at, node in enumerate(nodes):
        if at in moved:
            values.append(moved[at])
        elif isinstance(node, list):
            values.append(_applied(patterns[node[0]], node[1:], lists, values))
        else:
            values.append(node)
    return values


def _applied(
    words: Sequence[str | float], taken: Sequence[int], lists: Sequence[Sequence[int]], values: Sequence[Any]
) -> Any:
    stack: list[Any] = []
    slots = iter(taken)
    for word in words:
        if not isinstance(word, str):
            stack.append(word)
        elif word == "$":
            stack.append(values[next(slots)])
        elif word == "@":
            stack.append([values[k] for k in lists[next(slots)]])
        elif word == "NEG":
            stack.append(_each(stack.pop(), -1.0, _SIGNS["*"]))
        elif word in _SIGNS:
            b, a = stack.pop(), stack.pop()
            stack.append(_each(a, b, _SIGNS[word]))
        elif word.startswith('"'):
            stack.append(word[1:-1])
        else:
            name, _, count = word.partition("/")
            parts = stack[len(stack) - int(count) :]
            del stack[len(stack) - int(count) :]
            stack.append(_FUNCTIONS[name](*parts))
    return stack[0]


def _each(a: Any, b: Any, sign: Callable[[Any, Any], Any]) -> Any:
    if isinstance(a, list):
        return [sign(x, b[k] if isinstance(b, list) else b) for k, x in enumerate(a)]
    return [sign(a, y) for y in b] if isinstance(b, list) else sign(a, b)


def _flat(parts: Sequence[Any]) -> list[float]:
    found = [x for part in parts for x in (part if isinstance(part, list) else [part])]
    return [float(x) for x in found if not isinstance(x, str)]


def _one(part: Any, change: Callable[[Any], Any]) -> Any:
    return [change(x) for x in part] if isinstance(part, list) else change(part)


def _rounded(value: Any, digits: float) -> float:
    return float(half_up(value, int(digits))) if math.isfinite(value) else float(value)


def _products(*parts: Any) -> float:
    made = parts[0]
    for part in parts[1:]:
        made = _each(made, part, _SIGNS["*"])
    return math.fsum(_flat([made]))


def _percentile(part: Any, share: float) -> float:
    known = sorted(_flat([part]))
    place = share * (len(known) - 1)
    low = math.floor(place)
    return known[low] + (place - low) * (known[min(low + 1, len(known) - 1)] - known[low])


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "MAX": lambda *v: max(_flat(v)),
    "MIN": lambda *v: min(_flat(v)),
    "SUM": lambda *v: math.fsum(_flat(v)),
    "SUMPRODUCT": _products,
    "IF": lambda c, a, b=0.0: a if c else b,
    "ROUND": lambda x, d: _one(x, lambda y: _rounded(y, d)),
    "INT": lambda x: _one(x, math.floor),
    "ABS": lambda x: _one(x, abs),
    "AND": lambda *v: all(_flat(v)),
    "OR": lambda *v: any(_flat(v)),
    "NOT": lambda x: not x,
    "ISODD": lambda x: int(abs(x)) % 2 == 1,
    "SMALL": lambda v, k: sorted(_flat([v]))[int(k) - 1],
    "PERCENTILE": _percentile,
    "INDEX": lambda v, k: v[int(k) - 1],
    "MATCH": lambda x, v, *_: v.index(x) + 1,
    "AVERAGE": lambda *v: math.fsum(_flat(v)) / len(_flat(v)),
    "COUNT": lambda *v: len(_flat(v)),
    "EXP": lambda x: _one(x, math.exp),
    "LN": lambda x: _one(x, math.log),
    "SQRT": lambda x: _one(x, math.sqrt),
}
