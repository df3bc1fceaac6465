"""The check sheet: what was changed, whether formulas and engine agree, and what must hold whatever is changed."""

from __future__ import annotations

from typing import Any

from bench.report.workbook.expressions import Expr, Span, added
from bench.report.workbook.grid import SCENARIO, InputGrid
from bench.report.workbook.inputs import IndexSheet, Parameters, pairs_changed
from bench.report.workbook.scheme import SchemeBook
from bench.report.workbook.sheet import TOP, Book, Cell, Compared, Sheet, span
from bench.report.workbook.writer import column_name


def checks_sheet(
    book: Book,
    parameters: Parameters,
    index: IndexSheet,
    grid: InputGrid,
    parts: list[SchemeBook],
    identities: list[tuple[str, Cell, Cell, float]],
) -> Cell:
    """Write the checks; return the cell that says in one word how they stand."""
    t = book.edition.t
    counted = grid.finish()
    sheet = book.sheet("checks", t("sheet.checks"), t("note.checks"), colour="#8A3A3A")
    sheet.ws.set_column(0, 0, 70)
    sheet.ws.set_column(1, 6, 18)
    row = TOP
    sheet.text(row, 0, t("check.changed"), "part")
    found = [parameters.changes(), pairs_changed(index.rows), grid.changes()]
    changed = sheet.formula(row, 1, added(found), "number", "part")
    head = row + 3
    columns_of = [t(f"check.{name}") for name in ("cells", "differ", "largest", "verdict")]
    sheet.titles(head, [t("check.engine"), *columns_of], right=1)
    first = row = head + 1
    for item in book.compared:
        blocks = _blocks(list(zip(item.formulas, item.engine, strict=True)))
        for start in range(0, len(blocks), _TOGETHER):
            _compared_row(book, sheet, row, item, blocks[start : start + _TOGETHER], changed)
            row += 1
    last = max(first, row - 1)
    row += 1
    sheet.titles(row, [t("check.always"), *columns_of], right=1)
    always = row = row + 1
    for part in parts:
        if part.settled:
            row = _identities(book, sheet, row, part)
    for name, left, right, tolerance in identities:
        row = _identity(book, sheet, row, name, left, right, tolerance)
    end = max(always, row - 1)
    errors = " + ".join(
        f'COUNTIF(E{a + 1}:E{b + 1},"{t("check.error")}")' for a, b in ((first, last), (always, end))
    ).replace(" ", "")
    sheet.text(TOP + 1, 0, t("check.errors"), "part")
    verdict = sheet.formula(TOP + 1, 1, Expr(errors, 0), "number", "part")
    book.name("check_errors", verdict.fixed)
    book.name("check_changed", changed.fixed)
    row = _changed_rows(book, sheet, row + 2, grid, counted)
    _log(book, sheet, row + 2)
    return verdict


#: So many ranges are compared in one formula; a spreadsheet takes 8,192 characters.
_TOGETHER = 40


def _compared_row(
    book: Book, sheet: Sheet, row: int, item: Compared, blocks: list[list[tuple[Cell, Cell]]], changed: Cell
) -> None:
    t, tolerance = book.edition.t, item.tolerance
    pairs = [pair for block in blocks for pair in block]
    ranges = [(span([a for a, _ in block]).text, span([b for _, b in block]).text) for block in blocks]
    differ = "+".join(f"SUMPRODUCT(--(ABS({a}-{b})>{tolerance:.12g}))" for a, b in ranges)
    largest = ",".join(f"SUMPRODUCT(MAX(ABS({a}-{b})))" for a, b in ranges)
    off = sum(abs(a.value - b.value) > tolerance for a, b in pairs)
    sheet.text(row, 0, item.what)
    sheet.number(row, 1, len(pairs), "number")
    count = sheet.formula(row, 2, Expr(differ, off), "number")
    sheet.formula(row, 3, Expr(f"MAX({largest})", max(abs(a.value - b.value) for a, b in pairs)), "level")
    ok, moved, error = t("check.ok"), t("check.moved"), t("check.error")
    # As adopted nothing may differ, whatever stands in the yellow cells.
    switch = book.inputs["switch",]
    counts = f"AND({switch.fixed.text}={SCENARIO},{changed.fixed.text}>0)"
    text = f'IF({count.text}=0,"{ok}",IF({counts},"{moved}","{error}"))'
    legitimate = switch.value == SCENARIO and changed.value
    sheet.formula(row, 4, Expr(text, ok if not off else moved if legitimate else error), "text")


def _blocks(pairs: list[tuple[Cell, Cell]]) -> list[list[tuple[Cell, Cell]]]:
    """Put neighbouring pairs together: cells below each other on both sides, or beside each other."""
    made: list[list[tuple[Cell, Cell]]] = []
    for pair in pairs:
        step = None
        if made:
            last = made[-1][-1]
            step = tuple((pair[k].row - last[k].row, pair[k].column - last[k].column) for k in (0, 1))
        known = None
        if made and len(made[-1]) > 1:
            known = made[-1][1][0].row - made[-1][0][0].row, made[-1][1][0].column - made[-1][0][0].column
        fits = step is not None and step[0] == step[1] and step[0] in ((1, 0), (0, 1)) and known in (None, step[0])
        if fits:
            made[-1].append(pair)
        else:
            made.append([pair])
    return made


def _identity(book: Book, sheet: Sheet, row: int, name: str, left: Cell, right: Cell, tolerance: float) -> int:
    """Write an identity of the model file: two numbers that must be alike."""
    t = book.edition.t
    sheet.text(row, 0, name)
    sheet.number(row, 1, 1, "number")
    sides = [side.fixed.text for side in (left, right)]
    off = abs(left.value - right.value) > tolerance * max(abs(left.value), abs(right.value))
    apart = f"ABS({sides[0]}-{sides[1]})"
    text = f"IF({apart}>{tolerance:.12g}*MAX(ABS({sides[0]}),ABS({sides[1]})),1,0)"
    count = sheet.formula(row, 2, Expr(text, int(off)), "number")
    sheet.formula(row, 3, Expr(apart, abs(left.value - right.value)), "level")
    verdict = f'IF({count.text}=0,"{t("check.ok")}","{t("check.error")}")'
    sheet.formula(row, 4, Expr(verdict, t("check.error" if off else "check.ok")), "text")
    return row + 1


def _identities(book: Book, sheet: Sheet, row: int, part: SchemeBook) -> int:
    """Result = kept + carried + returned; nothing both kept and carried; balances follow from what moves them."""
    t = book.edition.t
    keys = [(unit, year) for year in part.settled for unit in part.rows(year)]

    def column(name: str) -> str:
        return span([part.cells[f"settled.{name}", unit, year] for unit, year in keys]).text

    left = f"{column('result')}-{column('kept')}-{column('carried')}-{column('returned_to_payer')}"
    tests = {
        "shared": f"SUMPRODUCT(--(ABS({left})>0.005))",
        "either": f"SUMPRODUCT(({column('kept')}>0.005)*({column('carried')}<-0.005))",
        "balance": (
            f"SUMPRODUCT(--(ABS({column('opening_balance')}+{column('interest')}+{column('kept')}+{column('carried')}"
            f"+{column('dispensation')}-{column('lapsed')}-{column('closing_balance')})>0.005))"
        ),
    }
    for name, text in tests.items():
        sheet.text(row, 0, f"{t(f'check.{name}')}: {part.label}")
        sheet.number(row, 1, len(keys), "number")
        count = sheet.formula(row, 2, Expr(text, 0), "number")
        verdict = f'IF({count.text}=0,"{t("check.ok")}","{t("check.error")}")'
        sheet.formula(row, 4, Expr(verdict, t("check.ok")), "text")
        row += 1
    return row


#: So many changed rows of data are listed.
_LISTED = 20


def _changed_rows(book: Book, sheet: Sheet, row: int, grid: InputGrid, counted: tuple[Span, int] | None) -> int:
    """List the rows of data with a changed cell: whose, how many, and the first of them before and after."""
    if counted is None:
        return row
    t, (so_far, first) = book.edition.t, counted
    sheet.text(row, 0, t("check.rows"), "part")
    names = ("unit", "year", "changed_cells", "as_adopted", "changed_to")
    sheet.titles(row + 1, [t(f"col.{name}") for name in names], right=1)
    moved: dict[int, list[int]] = {}
    for (at, column), key in grid.keys.items():
        cell = book.inputs[key]
        if cell.adopted != cell.value:
            moved.setdefault(at, []).append(column)
    listed = sorted(moved)
    last, used = max(grid.row, TOP + 1), grid.used.prefix

    def whole(prefix: str, column: int) -> str:
        return f"{prefix}${column_name(column)}${TOP + 1}:${column_name(column)}${last}"

    area = f"$A${TOP + 1}:${column_name(grid.width - 1)}${last}"
    for k in range(_LISTED):
        at = row + 2 + k
        here = listed[k] if k < len(listed) else None
        place = f"MATCH({k + 1},{so_far.text},0)"
        where = f"INDEX({whole(used, first)},{place})"
        whose: tuple[str, Any] = ("", "") if here is None else grid.names[here]
        first_cell = None if here is None else book.inputs[grid.keys[here, min(moved[here])]]
        shown: list[tuple[str, Any, str]] = [
            (f"INDEX({whole(used, 0)},{place})", whose[0], "text"),
            (f"INDEX({whole(used, 1)},{place})", "" if whose[1] is None else whose[1], "year"),
            (f"INDEX({whole(used, first - 2)},{place})", "" if here is None else len(moved[here]), "number"),
            (
                f"INDEX({grid.adopted.prefix}{area},{place},{where})",
                "" if first_cell is None else first_cell.adopted,
                "volume",
            ),
            (
                f"INDEX({grid.changed.prefix}{area},{place},{where})",
                "" if first_cell is None else first_cell.value,
                "volume",
            ),
        ]
        for j, (text, value, kind) in enumerate(shown):
            sheet.formula(at, j, Expr(f'IFERROR({text},"")', value), kind)
    return row + 2 + _LISTED


def _log(book: Book, sheet: Sheet, row: int) -> None:
    """Leave lines to write down who changed what and why."""
    t = book.edition.t
    sheet.text(row, 0, t("check.log"), "part")
    sheet.titles(row + 1, [t("check.log_what"), t("check.log_date"), t("check.log_who"), t("check.log_why")])
    for line in range(row + 2, row + 12):
        for column in range(4):
            sheet.ws.write_blank(line, column, None, book.format("text", "input"))
