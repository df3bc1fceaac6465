"""A formula of the model file as a spreadsheet formula, for one row of the table or for the whole of it."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np

from bench.formulas import dotted_name
from bench.modelfile.sections.chain import NORM_FUNCTIONS, ROW_FUNCTIONS
from bench.report.workbook.expressions import Expr, expr, function, maximum, minimum, rounded, when

_BINARY: Mapping[type[ast.operator], Callable[[Expr, Expr], Expr]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}
_COMPARE: Mapping[type[ast.cmpop], tuple[str, Callable[[Any, Any], bool]]] = {
    ast.Lt: ("<", lambda a, b: bool(a < b)),
    ast.LtE: ("<=", lambda a, b: bool(a <= b)),
    ast.Gt: (">", lambda a, b: bool(a > b)),
    ast.GtE: (">=", lambda a, b: bool(a >= b)),
    ast.Eq: ("=", lambda a, b: bool(a == b)),
    ast.NotEq: ("<>", lambda a, b: bool(a != b)),
}
#: How a comparison and a sum bind, as in :mod:`bench.report.workbook.expressions`.
_COMPARED, _SUMMED = 4, 6


class Place(Protocol):
    """What a formula is written in: gives names their cells in a row, or in the whole table (row None)."""

    def value(self, name: str, row: Any) -> Expr:
        """Return the cell of a name."""

    def value_in(self, name: str, year: int, row: Any) -> Expr:
        """Return the cell of a name in another year."""

    def call(self, name: str, argument: ast.expr, row: Any) -> Expr:
        """Return a function of rows."""

    def may_miss(self, node: ast.expr) -> bool:
        """Tell whether a part of a formula can have no value."""


def written(node: ast.expr, place: Place, row: Any) -> Expr:
    """Return a part of a formula as it is written in a row."""
    name = dotted_name(node)
    if name is not None:
        return place.value(name, row)
    if isinstance(node, ast.Constant):
        return expr(float(node.value))  # type: ignore[arg-type]
    if isinstance(node, ast.BinOp):
        return _clean(_BINARY[type(node.op)](written(node.left, place, row), written(node.right, place, row)))
    if isinstance(node, ast.UnaryOp):
        found = written(node.operand, place, row)
        if isinstance(node.op, ast.Not):
            return Expr(f"NOT({found.text})", not found.value)
        return found if isinstance(node.op, ast.UAdd) else -found
    if isinstance(node, ast.BoolOp):
        parts = [written(part, place, row) for part in node.values]
        both = isinstance(node.op, ast.And)
        value = all(bool(part.value) for part in parts) if both else any(bool(part.value) for part in parts)
        return Expr(f"{'AND' if both else 'OR'}({','.join(part.text for part in parts)})", value)
    if isinstance(node, ast.Compare):
        return _compared(node, place, row)
    if isinstance(node, ast.Subscript):
        year = written(node.slice, place, row).value
        return place.value_in(str(dotted_name(node.value)), int(year), row)
    assert isinstance(node, ast.Call)
    assert isinstance(node.func, ast.Name)
    if node.func.id in (*ROW_FUNCTIONS, *NORM_FUNCTIONS):
        return place.call(node.func.id, node.args[0], row)
    return _plain(node.func.id, [written(part, place, row) for part in node.args])


def is_condition(node: ast.expr) -> bool:
    """Tell whether a formula says yes or no: as a number that is one or nothing."""
    if isinstance(node, ast.Compare | ast.BoolOp):
        return True
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.Not)
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("every", "some", "missing")


def counted(node: ast.expr, made: Expr) -> Expr:
    """Return a formula as a number, also where it says yes or no."""
    if not is_condition(node):
        return made
    return Expr(f"IF({made.text},1,0)", float(bool(made.value)))


def _compared(node: ast.Compare, place: Place, row: Any) -> Expr:
    """A comparison; of something missing nothing holds but that it differs."""
    sign, holds = _COMPARE[type(node.ops[0])]
    left, right = written(node.left, place, row), written(node.comparators[0], place, row)
    value = holds(left.value, right.value)
    text = f"{left.at(_SUMMED)}{sign}{right.at(_SUMMED)}"
    if place.may_miss(node.left) or place.may_miss(node.comparators[0]):
        return Expr(f"IFERROR({text},{'TRUE' if sign == '<>' else 'FALSE'})", value)
    return Expr(text, value, _COMPARED)


def _clean(made: Expr) -> Expr:
    """A number that overflowed or was divided by nothing is missing, as in a spreadsheet."""
    value = made.value
    if isinstance(value, complex) or (isinstance(value, float) and math.isinf(value)):
        return Expr(made.text, math.nan, made.level)
    return made


def _plain(name: str, parts: list[Expr]) -> Expr:
    """A function of numbers alone."""
    values = [part.value for part in parts]
    missing = any(isinstance(v, float) and math.isnan(v) for v in values)
    if name in ("max", "min"):
        made = (maximum if name == "max" else minimum)(*parts)
        return Expr(made.text, math.nan if missing else made.value)
    if name == "where":
        return when(*parts)
    if name == "otherwise":
        gone = isinstance(values[0], float) and math.isnan(values[0])
        return function("IFERROR", values[1] if gone else values[0], *parts)
    if name == "missing":
        return function("ISERROR", missing, *parts)
    if name == "round_even":
        digits = 0 if len(parts) == 1 else int(values[1])
        if missing:
            return Expr(f"ROUND({parts[0].text},{digits})", math.nan)
        if digits == 0:
            return rounded(parts[0], "krone-half-even")
        scale = 10 ** abs(digits)
        up, down = (parts[0] * scale, 1 / scale) if digits > 0 else (parts[0] / scale, float(scale))
        return rounded(Expr(f"({up.text})", up.value), "krone-half-even") * down
    spreadsheet = {"abs": "ABS", "sqrt": "SQRT", "exp": "EXP", "ln": "LN"}[name]
    with np.errstate(all="ignore"):
        value = float({"abs": np.abs, "sqrt": np.sqrt, "exp": np.exp, "ln": np.log}[name](values[0]))
    return function(spreadsheet, math.nan if math.isinf(value) else value, parts[0])
