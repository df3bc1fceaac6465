"""Cost and given amounts of the workbook: the data, the list of corrections, and the grants."""

from __future__ import annotations

from bench.report.facts import Row, rows
from bench.report.workbook.money import Key, Money, spans_of
from bench.report.workbook.sheet import TOP, Sheet

#: Amounts are exact to the øre.
ORE = 0.005


def data_sheet(money: Money) -> None:
    """Write cost and given amounts per unit and year."""
    book, t = money.book, money.book.edition.t
    if not money.settlement:
        return
    sheet = book.sheet(t("sheet.data"), t("sheet.data"), t("note.data"))
    names = ("cost", "block_income", "refund", "corrections", "dispensation")
    sheet.head(
        TOP,
        [(t("col.scheme"), 34), (t("col.unit"), 26), (t("col.year"), 8), *((t(f"col.{n}"), 20) for n in names)],
        right=3,
    )
    _corrections_sheet(money)
    for offset, row in enumerate(money.settlement, start=TOP + 1):
        sheet.text(offset, 0, book.edition.labels.scheme(row["scheme"]))
        sheet.text(offset, 1, row["unit"])
        sheet.number(offset, 2, row["year"], "year")
        for column, name in enumerate(names, start=3):
            key, amount = (name, row["unit"], row["year"]), row[name] or 0.0
            listed = money.cells.get(("corrections_sum", row["unit"], row["year"])) if name == "corrections" else None
            if listed is not None:
                money.cells[key] = sheet.formula(offset, column, listed, amount, "money")
            else:
                money.cells[key] = sheet.number(offset, column, amount, "money", "input")
    for (scheme, year), span in spans_of((r["scheme"], r["year"]) for r in money.settlement).items():
        money.cells["costs", scheme, year] = sheet.span(TOP + 1 + span[0], TOP + 1 + span[1], 3)


def _corrections_sheet(money: Money) -> None:
    """Write every correction of every unit and year as an input cell; the data refer to their sums."""
    book, t = money.book, money.book.edition.t
    order = {(row["unit"], row["year"]): k for k, row in enumerate(money.settlement)}
    found = [row for row in rows(book.edition.facts.run.corrections) if (row["unit"], row["year"]) in order]
    if not found:
        return
    found.sort(key=lambda row: order[row["unit"], row["year"]])
    sheet = book.sheet(t("sheet.corrections"), t("sheet.corrections"), t("note.corrections"))
    widths = (("scheme", 34), ("unit", 26), ("year", 8), ("correction", 44), ("amount", 20))
    sheet.head(TOP, [(t(f"col.{name}"), width) for name, width in widths], right=4)
    for offset, row in enumerate(found, start=TOP + 1):
        sheet.text(offset, 0, book.edition.labels.scheme(row["scheme"]))
        sheet.text(offset, 1, row["unit"])
        sheet.number(offset, 2, row["year"], "year")
        sheet.text(offset, 3, book.edition.labels.correction(row["scheme"], row["correction"]))
        sheet.number(offset, 4, row["amount"], "money", "input")
    sums: dict[Key, float] = {}
    for row in found:
        sums[row["unit"], row["year"]] = sums.get((row["unit"], row["year"]), 0.0) + row["amount"]
    spans = spans_of((row["unit"], row["year"]) for row in found)
    for settled in money.settlement:
        key = settled["unit"], settled["year"]
        if key in spans and abs(sums[key] - (settled["corrections"] or 0.0)) < ORE:
            first, last = spans[key]
            money.cells[("corrections_sum", *key)] = f"SUM({sheet.span(TOP + 1 + first, TOP + 1 + last, 4)})"


def grants_sheet(money: Money) -> None:
    """Write the grants of schemes that have one: each unit's, its share of the scheme's, and how it moves."""
    book, t = money.book, money.book.edition.t
    granted = {row["scheme"] for row in money.settlement if row["block_income"]}
    found = [row for row in money.settlement if row["scheme"] in granted]
    if not found:
        return
    sheet = book.sheet(t("sheet.grants"), t("sheet.grants"), t("note.grants"))
    names = ("block_income", "grant_share", "change", "cost", "cost_covered")
    sheet.head(
        TOP,
        [(t("col.scheme"), 34), (t("col.unit"), 26), (t("col.year"), 8), *((t(f"col.{n}"), 20) for n in names)],
        right=3,
    )
    spans = spans_of((row["scheme"], row["year"]) for row in found)
    totals: dict[Key, float] = {}
    for row in found:
        key = row["scheme"], row["year"]
        totals[key] = totals.get(key, 0.0) + (row["block_income"] or 0.0)
    before = {(row["unit"], row["year"]): row for row in found}
    for offset, row in enumerate(found, start=TOP + 1):
        first, last = spans[row["scheme"], row["year"]]
        whole = f"SUM({sheet.span(TOP + 1 + first, TOP + 1 + last, 3)})"
        _grant_row(money, sheet, offset, row, (whole, totals[row["scheme"], row["year"]]), before)


def _grant_row(
    money: Money, sheet: Sheet, offset: int, row: Row, whole: tuple[str, float], before: dict[Key, Row]
) -> None:
    """Write one unit's year; ``whole`` is the scheme's grant, as a formula and as it is now."""
    unit, year, grant, cost = row["unit"], row["year"], row["block_income"] or 0.0, row["cost"] or 0.0
    sheet.text(offset, 0, money.book.edition.labels.scheme(row["scheme"]))
    sheet.text(offset, 1, unit)
    sheet.number(offset, 2, year, "year")
    made = sheet.formula(offset, 3, money.cells["block_income", unit, year], grant, "money")
    if whole[1]:
        sheet.formula(offset, 4, f"{made}/{whole[0]}", grant / whole[1], "percent")
    earlier = before.get((unit, year - 1)) if isinstance(year, int) else None
    if earlier is not None and earlier["block_income"]:
        last = money.cells["block_income", unit, year - 1]
        sheet.formula(offset, 5, f"{made}/{last}-1", grant / earlier["block_income"] - 1.0, "percent")
    spent = sheet.formula(offset, 6, money.cells["cost", unit, year], cost, "money")
    if cost:
        sheet.formula(offset, 7, f"{made}/{spent}", grant / cost, "percent")
