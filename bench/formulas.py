"""Formulas in a model file: arithmetic on columns, named numbers and other formulas, without running any code.

A formula is what a rule says in one line, ``opex * labour[cost_year] / labour + rab * wacc[cost_year]``. It is parsed
to a small tree of known parts; anything else is refused with the place. Names may hold dots (``ld_dep.sf``).
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from bench.errors import OptionError, nearest
from bench.typing import FloatArray

_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
#: Functions of numbers alone, with the least and the largest number of arguments.
PLAIN: Mapping[str, tuple[int, int, Callable[..., Any]]] = {
    "max": (2, 99, lambda *parts: _fold(np.maximum, parts)),
    "min": (2, 99, lambda *parts: _fold(np.minimum, parts)),
    "abs": (1, 1, np.abs),
    "sqrt": (1, 1, np.sqrt),
    "exp": (1, 1, np.exp),
    "ln": (1, 1, np.log),
    "where": (3, 3, np.where),
    "otherwise": (2, 2, lambda value, other: np.where(np.isnan(value), other, value)),
    "missing": (1, 1, np.isnan),
    "round_even": (1, 2, lambda value, digits=0: np.round(value, int(digits))),
}


def _fold(function: Callable[[Any, Any], Any], parts: tuple[Any, ...]) -> Any:
    found = parts[0]
    for part in parts[1:]:
        found = function(found, part)
    return found


class Setting(Protocol):
    """What a formula is worked out in: gives names their values and functions of rows their meaning."""

    def value(self, name: str) -> FloatArray | float:
        """Return the value of a name."""

    def value_in(self, name: str, year: int) -> FloatArray | float:
        """Return the value of a name in another year."""

    def call(self, function: str, arguments: list[Any]) -> Any:
        """Return a function of rows; ``arguments`` are worked out, texts stay texts."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A parsed formula.

    Attributes
    ----------
    text : str
    names : tuple of str
        Names it reads, in order of appearance.
    calls : tuple of str
        Functions of rows it calls.

    Examples
    --------
    >>> parse_formula("max(a.x, 2) * b", functions=()).names
    ('a.x', 'b')
    """

    text: str
    names: tuple[str, ...]
    calls: tuple[str, ...]
    _tree: ast.expr

    @property
    def tree(self) -> ast.expr:
        """The parsed formula: only the parts :func:`parse_formula` lets through."""
        return self._tree

    def work_out(self, setting: Setting) -> Any:
        """Return the formula's value in a setting."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return _value(self._tree, setting)


def parse_formula(text: str, *, functions: tuple[str, ...]) -> Formula:
    """Parse a formula.

    Parameters
    ----------
    text : str
    functions : tuple of str
        Functions of rows that are allowed besides those of numbers.

    Raises
    ------
    OptionError
        When it is no formula, or holds something that is not allowed; says what.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise OptionError(f"{text!r} is not a formula: {error.msg}") from None
    names: list[str] = []
    calls: list[str] = []
    _check(tree, text, functions, names, calls)
    return Formula(text, tuple(dict.fromkeys(names)), tuple(dict.fromkeys(calls)), tree)


def dotted_name(node: ast.expr) -> str | None:
    """Name with its dots, or None for something else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted_name(node.value)
        return None if before is None else f"{before}.{node.attr}"
    return None


def _check(node: ast.expr, text: str, functions: tuple[str, ...], names: list[str], calls: list[str]) -> None:
    def inside(part: ast.expr) -> None:
        _check(part, text, functions, names, calls)

    name = dotted_name(node)
    if name is not None:
        names.append(name)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        pass
    elif isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        inside(node.left)
        inside(node.right)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd | ast.Not):
        inside(node.operand)
    elif isinstance(node, ast.BoolOp):
        for part in node.values:
            inside(part)
    elif isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _COMPARE:
        inside(node.left)
        inside(node.comparators[0])
    elif isinstance(node, ast.Subscript) and dotted_name(node.value) is not None:
        inside(node.value)
        inside(node.slice)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        _check_call(node, node.func.id, text, functions, calls)
        for part in node.args:
            if not (isinstance(part, ast.Constant) and isinstance(part.value, str) and node.func.id in functions):
                inside(part)
    else:
        shown = ast.unparse(node)
        raise OptionError(
            f"{shown!r} in the formula {text!r} is not allowed: a formula has numbers, names, + - * / **, comparisons, "
            f"and, or, not, name[year] and the functions {', '.join([*PLAIN, *functions])}"
        )


def _check_call(node: ast.Call, name: str, text: str, functions: tuple[str, ...], calls: list[str]) -> None:
    known = [*PLAIN, *functions]
    if name not in known:
        raise OptionError(f"there is no function {name!r} in the formula {text!r}{nearest(name, known)}")
    if name in functions:
        calls.append(name)
        return
    low, high, _ = PLAIN[name]
    if not low <= len(node.args) <= high:
        wanted = str(low) if low == high else f"{low} or more" if high == 99 else f"{low} to {high}"
        raise OptionError(f"{name}() in the formula {text!r} takes {wanted} arguments, not {len(node.args)}")


def _value(node: ast.expr, setting: Setting) -> Any:
    name = dotted_name(node)
    if name is not None:
        return setting.value(name)
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else float(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.BinOp):
        return _BINARY[type(node.op)](_value(node.left, setting), _value(node.right, setting))
    if isinstance(node, ast.UnaryOp):
        found = _value(node.operand, setting)
        if isinstance(node.op, ast.Not):
            return np.logical_not(found)
        return found if isinstance(node.op, ast.UAdd) else -found
    if isinstance(node, ast.BoolOp):
        function = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
        return _fold(function, tuple(_value(part, setting) for part in node.values))
    if isinstance(node, ast.Compare):
        return _COMPARE[type(node.ops[0])](_value(node.left, setting), _value(node.comparators[0], setting))
    if isinstance(node, ast.Subscript):
        place = _value(node.slice, setting)
        if np.ndim(place) or float(place) != int(place):
            raise OptionError(f"the year in {ast.unparse(node)!r} must be one whole number")
        return setting.value_in(str(dotted_name(node.value)), int(place))
    assert isinstance(node, ast.Call)
    assert isinstance(node.func, ast.Name)
    arguments = [_value(part, setting) for part in node.args]
    if node.func.id in PLAIN:
        return PLAIN[node.func.id][2](*arguments)
    return setting.call(node.func.id, arguments)
