"""The check sheet: what was changed, whether formulas and engine agree, and what must hold whatever is changed."""

from __future__ import annotations

from bench.report.facts import rows
from bench.report.tables.assumptions import value_text
from bench.report.workbook.expressions import Expr
from bench.report.workbook.inputs import Parameters
from bench.report.workbook.scheme import SchemeBook
from bench.report.workbook.sheet import TOP, Book, Cell, Compared, Sheet, span


def checks_sheet(book: Book, parameters: Parameters, columns: list[list[Cell]], parts: list[SchemeBook]) -> Cell:
    """Write the checks; return the cell that says in one word how they stand."""
    t = book.edition.t
    sheet = book.sheet("checks", t("sheet.checks"), t("note.checks"), colour="#8A3A3A")
    sheet.ws.set_column(0, 0, 70)
    sheet.ws.set_column(1, 6, 18)
    row = TOP
    sheet.text(row, 0, t("check.changed"), "part")
    changed = sheet.formula(row, 1, _changes(book, parameters, columns), "number", "part")
    head = row + 3
    columns_of = [t(f"check.{name}") for name in ("cells", "differ", "largest", "verdict")]
    sheet.titles(head, [t("check.engine"), *columns_of], right=1)
    first = row = head + 1
    for item in book.compared:
        _compared_row(book, sheet, row, item, changed)
        row += 1
    last = max(first, row - 1)
    row += 1
    sheet.titles(row, [t("check.always"), *columns_of], right=1)
    always = row = row + 1
    for part in parts:
        if part.settled:
            row = _identities(book, sheet, row, part)
    end = max(always, row - 1)
    errors = " + ".join(
        f'COUNTIF(E{a + 1}:E{b + 1},"{t("check.error")}")' for a, b in ((first, last), (always, end))
    ).replace(" ", "")
    sheet.text(TOP + 1, 0, t("check.errors"), "part")
    verdict = sheet.formula(TOP + 1, 1, Expr(errors, 0), "number", "part")
    book.name("check_errors", verdict.fixed)
    book.name("check_changed", changed.fixed)
    _log(book, sheet, row + 2)
    return verdict


def _changes(book: Book, parameters: Parameters, columns: list[list[Cell]]) -> Expr:
    """Count changed parameters, and columns of data whose sums are no longer those of the run."""
    parameter_changes = parameters.changes()
    texts, value = [parameter_changes.text], parameter_changes.value
    row = TOP
    sums = [cells for cells in columns if cells]
    singles = [[cell] for key, cell in book.inputs.items() if key[0] in ("index", "budget", "efficiency")]
    hidden = book.sheet("adopted", book.edition.t("sheet.adopted"), book.edition.t("note.adopted"))
    hidden.ws.hide()
    for cells in (*sums, *singles):
        where = span(cells).text
        adopted = [sum(cell.adopted for cell in cells), sum(cell.adopted * (cell.row + 1) for cell in cells)]
        now = (f"SUM({where})", f"SUMPRODUCT({where},ROW({where}))")
        moved = any(cell.adopted != cell.value for cell in cells)
        tests = []
        for column, (number, text) in enumerate(zip(adopted, now, strict=True)):
            kept = hidden.number(row, column, number, "weight").text.replace(hidden.prefix, "")
            tests.append(f"ABS({text}-{kept})<=1E-9*(1+ABS({kept}))")
        hidden.formula(row, 2, Expr(f"IF(AND({tests[0]},{tests[1]}),0,1)", int(moved)), "number")
        value += moved
        row += 1
    if row > TOP:
        texts.append(f"SUM({hidden.prefix}$C${TOP + 1}:$C${row})")
    return Expr("+".join(texts), value, 6)


def _compared_row(book: Book, sheet: Sheet, row: int, item: Compared, changed: Cell) -> None:
    t = book.edition.t
    pairs, tolerance = list(zip(item.formulas, item.engine, strict=True)), item.tolerance
    blocks = _blocks(pairs)
    differ = "+".join(f"SUMPRODUCT(--(ABS({a.text}-{b.text})>{tolerance:.12g}))" for a, b in blocks)
    largest = ",".join(f"SUMPRODUCT(MAX(ABS({a.text}-{b.text})))" for a, b in blocks)
    off = sum(abs(a.value - b.value) > tolerance for a, b in pairs)
    sheet.text(row, 0, item.what)
    sheet.number(row, 1, len(pairs), "number")
    count = sheet.formula(row, 2, Expr(differ, off), "number")
    sheet.formula(row, 3, Expr(f"MAX({largest})", max(abs(a.value - b.value) for a, b in pairs)), "level")
    ok, moved, error = t("check.ok"), t("check.moved"), t("check.error")
    text = f'IF({count.text}=0,"{ok}",IF({changed.fixed.text}>0,"{moved}","{error}"))'
    sheet.formula(row, 4, Expr(text, ok if not off else moved if changed.value else error), "text")


def _blocks(pairs: list[tuple[Cell, Cell]]) -> list[tuple[Expr, Expr]]:
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
    return [
        (Expr(span([a for a, _ in block]).text, None), Expr(span([b for _, b in block]).text, None)) for block in made
    ]


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


def _log(book: Book, sheet: Sheet, row: int) -> None:
    """Leave lines to write down who changed what and why."""
    t = book.edition.t
    sheet.text(row, 0, t("check.log"), "part")
    sheet.titles(row + 1, [t("check.log_what"), t("check.log_date"), t("check.log_who"), t("check.log_why")])
    for line in range(row + 2, row + 12):
        for column in range(4):
            sheet.ws.write_blank(line, column, None, book.format("text", "input"))


def locked_numbers(book: Book, parameters: Parameters) -> None:
    """List below the assumptions what no formula uses: numbers of the frontier and choices of rule."""
    edition = book.edition
    t = edition.t
    used = {str(key[1]) for key in parameters.used}
    found = [row for row in rows(edition.facts.run.assumptions) if str(row["key"]) not in used]
    if not found:
        return
    sheet, row = parameters.sheet, parameters.row + 2
    sheet.text(row, 0, t("workbook.locked"), "part")
    sheet.text(row + 1, 0, t("workbook.locked_text"), "note")
    sheet.titles(row + 2, [t(f"col.{name}") for name in ("parameter", "scheme", "from", "value")])
    for offset, item in enumerate(found, start=row + 3):
        sheet.text(offset, 0, edition.labels.parameter(item["key"]), "wrap")
        sheet.text(offset, 1, edition.labels.scheme(item["scheme"]) if item["scheme"] else t("page.all_schemes"))
        sheet.text(offset, 2, edition.n.date(item["from"]) if item["from"] is not None else t("page.always"))
        sheet.text(offset, 3, value_text(edition, item["key"], item["value"]), "wrap")
        if isinstance(item["value"], int | float) and not isinstance(item["value"], bool):
            book.locked[str(item["key"]), str(item["from"])] = edition.labels.parameter(item["key"])
