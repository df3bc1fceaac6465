"""Formulas of a model file as spreadsheet formulas, against numpy's own values and LibreOffice's."""

from __future__ import annotations

import ast
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from report.report_office import needs_soffice
from report.workbook.recalculated import recalculate

from bench.formulas import parse_formula
from bench.report.workbook.expressions import Expr
from bench.report.workbook.row_formulas import counted, written

_VALUES = {"a": 3.0, "b": -2.0, "none": math.nan, "zero": 0.0, "half": 2.5}
_TEXTS = (
    *("-a ** 2", "(-a) ** 2", "2 ** -b", "a - (b - 1)", "a / (b * 4)", "a - b + 1", "-(a + b)", "a / b / 2"),
    *("max(a, b, 1)", "min(a, none)", "abs(b)", "sqrt(a)", "exp(b)", "ln(a)", "round_even(half)"),
    *("round_even(a / 7, 2)", "round_even(1250, -2)", "where(a > b, a, b)", "otherwise(none, 7)", "otherwise(a, 7)"),
    *("missing(none)", "a == 3 and b < 0", "a == 3 or b > 0", "not a > 5", "none == 0", "none != 0", "none > a"),
    *("where(none > 1, 1, 2)", "max(0, none)", "where(zero == 0, 0, none)"),
)


class _Cells:
    """Names in the first row of a sheet."""

    def value(self, name: str, row: Any) -> Expr:
        place = "ABCDE"[list(_VALUES).index(name)]
        return Expr(f"{place}1", _VALUES[name])

    def value_in(self, name: str, year: int, row: Any) -> Expr:
        raise AssertionError

    def call(self, name: str, argument: ast.expr, row: Any) -> Expr:
        raise AssertionError

    def may_miss(self, node: ast.expr) -> bool:
        return any(isinstance(part, ast.Name) and part.id == "none" for part in ast.walk(node))

    # What the engine works formulas out in.
    class Engine:
        def value(self, name: str) -> float:
            return _VALUES[name]


@pytest.mark.parametrize("text", _TEXTS)
def test_a_formula_is_worth_what_the_engine_says(text: str) -> None:
    tree = parse_formula(text, functions=())
    made = counted(tree.tree, written(tree.tree, _Cells(), 0))
    expected = float(np.asarray(tree.work_out(_Cells.Engine()), dtype=np.float64))  # type: ignore[arg-type]
    assert made.value == pytest.approx(expected, rel=1e-12, nan_ok=True)


@pytest.mark.office
@needs_soffice
def test_a_spreadsheet_reads_it_the_same(tmp_path: Path) -> None:
    import io

    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet("F")
    for column, value in enumerate(_VALUES.values()):
        if math.isnan(value):
            sheet.write_formula(0, column, "=NA()")
        else:
            sheet.write_number(0, column, value)
    made = []
    for row, text in enumerate(_TEXTS, start=1):
        tree = parse_formula(text, functions=()).tree
        made.append(counted(tree, written(tree, _Cells(), 0)))
        sheet.write_formula(row, 0, f"={made[-1].text}")
    book.close()
    computed = recalculate({"formulas": buffer.getvalue()}, tmp_path)["formulas"]["F"]
    found = [row[0] for row in computed.iter_rows(min_row=2, max_col=1, values_only=True)]
    for text, formula, value in zip(_TEXTS, made, found, strict=True):
        if math.isnan(formula.value):
            assert value == "#N/A", (text, formula.text)
        else:
            assert value == pytest.approx(formula.value, rel=1e-12), (text, formula.text)
