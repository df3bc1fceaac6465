"""The workbook's other sheets: requirements, purchaser, efficiency, price book and one sheet per unit."""

from __future__ import annotations

from bench.report.facts import Row, UnitFacts, rows
from bench.report.tables.page import peers_text, valid_period, year_text
from bench.report.workbook.money import SAME, Money, product_of
from bench.report.workbook.sheet import TOP, Book, Sheet


def requirements_sheet(money: Money) -> None:
    """Write requirements: both parts together, and the allowed cost year by year."""
    book, t = money.book, money.book.edition.t
    units = [unit for unit in book.edition.facts.units if unit.requirements]
    if not units:
        return
    sheet = book.sheet(t("sheet.requirements"), t("sheet.requirements"), t("note.requirements"))
    names = (
        "scheme",
        "unit",
        "year",
        "base_cost",
        "individual",
        "general",
        "requirement",
        "requirement_nok",
        "allowed_cost",
    )
    sheet.head(
        TOP, [(t(f"col.{name}"), {"scheme": 34, "unit": 26, "year": 8}.get(name, 18)) for name in names], right=3
    )
    row = TOP + 1
    for unit in units:
        before, last = "", float(unit.requirements[0]["base_cost"])
        for item in unit.requirements:
            before, last = _requirement_row(money, sheet, row, unit, item, before, last)
            row += 1


def _requirement_row(
    money: Money, sheet: Sheet, row: int, unit: UnitFacts, item: Row, before: str, last: float
) -> tuple[str, float]:
    book = money.book
    sheet.text(row, 0, book.edition.labels.scheme(unit.scheme))
    sheet.text(row, 1, unit.key)
    sheet.number(row, 2, item["year"], "year")
    if not before:
        before = sheet.number(row, 3, item["base_cost"], "money", "input")
    individual = sheet.number(row, 4, item["individual"], "percent", "input")
    general = sheet.number(row, 5, item["general"], "percent", "input")
    together = 1 - (1 - item["individual"]) * (1 - item["general"])
    if abs(together - item["requirement"]) <= SAME:
        total = sheet.formula(row, 6, f"1-(1-{individual})*(1-{general})", item["requirement"], "percent")
    else:
        total = sheet.number(row, 6, item["requirement"], "percent", "engine")
    amount = sheet.formula(row, 7, f"{before}*{total}", item["requirement_nok"], "money")
    if abs(last * (1 - item["requirement"]) - item["allowed_cost"]) < 0.01:
        allowed = sheet.formula(row, 8, f"{before}-{amount}", item["allowed_cost"], "money")
    else:
        allowed = sheet.number(row, 8, item["allowed_cost"], "money", "engine")
    what = f"{unit.key} {item['year']}"
    book.check(f"{book.edition.t('col.requirement_nok')}: {what}", amount, item["requirement_nok"], 0.01)
    book.check(f"{book.edition.t('col.allowed_cost')}: {what}", allowed, item["allowed_cost"], 0.01)
    money.cells["requirement", unit.key, item["year"]] = total
    money.cells["allowed", unit.key, item["year"]] = allowed
    return allowed, float(item["allowed_cost"])


def purchaser_sheet(money: Money) -> None:
    """Write the purchaser's budget and the split of its variance."""
    book, t = money.book, money.book.edition.t
    found = rows(book.edition.facts.run.purchaser)
    if not found:
        return
    sheet = book.sheet(t("sheet.purchaser"), t("section.purchaser"), t("note.purchaser"))
    names = (
        *("budget_volume", "actual_volume", "budget_price", "budget", "expenditure", "variance"),
        *("volume_variance", "price_variance"),
        *(("supplement", "variance_left") if "supplement" in found[0] else ()),
    )
    sheet.head(
        TOP,
        [
            (t("col.year"), 8),
            (t("col.scheme"), 34),
            (t("col.service"), 34),
            *((t(f"col.{name}"), 18) for name in names),
        ],
    )
    for offset, row in enumerate(found, start=TOP + 1):
        _purchaser_row(book, sheet, offset, row)


def _purchaser_row(book: Book, sheet: Sheet, offset: int, row: Row) -> None:
    labels, t = book.edition.labels, book.edition.t
    sheet.number(offset, 0, row["year"], "year")
    sheet.text(offset, 1, labels.scheme(row["scheme"]))
    name = labels.service(row["scheme"], row["service"])
    sheet.text(offset, 2, name)
    planned = sheet.number(offset, 3, row["budget_volume"], "volume", "input")
    actual = sheet.number(offset, 4, row["actual_volume"], "volume", "input")
    price = sheet.number(offset, 5, row["budget_price"], "money", "input")
    budget = sheet.formula(offset, 6, f"ROUND({planned}*{price},2)", row["budget"], "money")
    spent = sheet.number(offset, 7, row["expenditure"], "money", "input")
    variance = sheet.formula(offset, 8, f"{spent}-{budget}", row["variance"], "money")
    volume = sheet.formula(offset, 9, f"ROUND(({actual}-{planned})*{price},2)", row["volume_variance"], "money")
    rest = sheet.formula(offset, 10, f"{variance}-{volume}", row["price_variance"], "money")
    items = {"budget": budget, "variance": variance, "volume_variance": volume, "price_variance": rest}
    if "supplement" in row:
        added = sheet.number(offset, 11, row["supplement"], "money", "input")
        items["variance_left"] = sheet.formula(offset, 12, f"{variance}-{added}", row["variance_left"], "money")
    for key, ref in items.items():
        book.check(f"{t(f'col.{key}')}: {name} {row['year']}", ref, row[key], 0.01)


def efficiency_sheet(book: Book) -> None:
    """Write efficiencies, norms and peers as the engine found them."""
    edition, t = book.edition, book.edition.t
    if not any(unit.efficiency or unit.norm for unit in edition.facts.units):
        return
    sheet = book.sheet(t("sheet.efficiency"), t("section.efficiency"), t("note.efficiency"))
    asked = ("super_efficiency", "scale_efficiency")
    scores = [
        "efficiency",
        *(name for name in asked if any((u.efficiency or {}).get(name) for u in edition.facts.units)),
    ]
    norms = ("cost", "average_norm", "best_practice_norm", "dea_norm", "norm", "potential")
    titles = [(t("col.scheme"), 34.0), (t("col.unit"), 26.0), *((t(f"col.{name}"), 18.0) for name in (*scores, *norms))]
    sheet.head(TOP, [*titles, (t("col.peers"), 60)])
    for offset, unit in enumerate(edition.facts.units, start=TOP + 1):
        sheet.text(offset, 0, edition.labels.scheme(unit.scheme))
        sheet.text(offset, 1, unit.key)
        for column, name in enumerate(scores, start=2):
            sheet.number(offset, column, (unit.efficiency or {}).get(name), "percent", "engine")
        for column, name in enumerate(norms, start=2 + len(scores)):
            sheet.number(offset, column, (unit.norm or {}).get(name), "money", "engine")
        sheet.text(offset, 2 + len(scores) + len(norms), peers_text(edition, unit))


def price_book_sheet(money: Money) -> None:
    """Write the price book; prices are references to the price sheet."""
    book, edition = money.book, money.book.edition
    t, labels = edition.t, edition.labels
    found = [row for scheme in edition.facts.schemes for row in scheme.prices]
    if not found:
        return
    sheet = book.sheet(t("section.book"), t("book.title", year=edition.facts.price_year), t("intro.book"))
    names = (
        *("scheme", "service", "price_class", "price", "per", "valid", "previous_price", "change"),
        *("price_source", "accounts"),
    )
    sheet.head(TOP, [(t(f"col.{name}"), 34 if name in ("scheme", "service") else 20) for name in names])
    for offset, row in enumerate(found, start=TOP + 1):
        sheet.text(offset, 0, labels.scheme(row["scheme"]))
        sheet.text(offset, 1, labels.service(row["scheme"], row["service"]))
        sheet.text(offset, 2, labels.price_class(row["price_class"]))
        now = money.cells[("price", *product_of(row), row["year"])]
        price = sheet.formula(offset, 3, now, row["price"], "money")
        sheet.text(offset, 4, labels.measure(row["scheme"], row["service"], row["measure"]))
        sheet.text(offset, 5, valid_period(edition, row["year"]))
        earlier = (
            money.cells.get(("price", *product_of(row), row["year"] - 1)) if isinstance(row["year"], int) else None
        )
        if earlier and row["previous_price"] is not None:
            before = sheet.formula(offset, 6, earlier, row["previous_price"], "money")
            sheet.formula(offset, 7, f"{price}/{before}-1", row["change"], "percent")
        sheet.text(offset, 8, labels.word("source", row["source"]))
        sheet.text(offset, 9, year_text(row["cost_year"]))


def unit_sheets(money: Money) -> None:
    """Write one sheet per unit, by reference to the other sheets."""
    for unit in money.book.edition.facts.units:
        if unit.history or unit.requirements or unit.norm:
            _unit_sheet(money, unit)


def _unit_sheet(money: Money, unit: UnitFacts) -> None:
    book, t = money.book, money.book.edition.t
    sheet = book.sheet(unit.key, unit.key, book.edition.labels.scheme(unit.scheme))
    sheet.ws.set_column(0, 0, 36)
    sheet.ws.set_column(1, 12, 17)
    row = TOP
    if unit.history:
        row = _unit_settlement(money, sheet, unit, row)
        row = _unit_products(money, sheet, unit, row)
    if unit.requirements:
        sheet.text(row, 0, t("table.requirements"), "part")
        sheet.titles(row + 1, ["", *(year_text(item["year"]) for item in unit.requirements)], right=1)
        for line, (name, kind, source) in enumerate(
            (("requirement", "percent", "requirement"), ("allowed_cost", "money", "allowed")), start=row + 2
        ):
            sheet.text(line, 0, t(f"col.{name}"))
            for column, item in enumerate(unit.requirements, start=1):
                sheet.formula(line, column, money.cells[source, unit.key, item["year"]], item[name], kind)
        row += 5
    if unit.peers:
        sheet.text(row, 0, t("table.peers"), "part")
        sheet.titles(row + 1, [t("col.peer"), t("col.share")], right=1)
        for line, item in enumerate(unit.peers, start=row + 2):
            sheet.text(line, 0, item["peer"])
            sheet.number(line, 1, item["norm_share"], "percent", "engine")


def _unit_settlement(money: Money, sheet: Sheet, unit: UnitFacts, row: int) -> int:
    t = money.book.edition.t
    names = (
        *("activity_income", "block_income", "refund", "corrections", "income", "cost", "result"),
        *("opening_balance", "kept", "carried", "returned_to_payer", "dispensation", "closing_balance"),
    )
    sheet.text(row, 0, t("table.settlement"), "part")
    sheet.titles(row + 1, ["", *(year_text(item["year"]) for item in unit.history)], right=1)
    for line, name in enumerate(names, start=row + 2):
        strong = "total" if name in ("income", "result", "closing_balance") else "plain"
        sheet.text(line, 0, t(f"col.{name}"), strong)
        for column, item in enumerate(unit.history, start=1):
            ref = money.cells[(f"settled_{name}", unit.key, item["year"])]
            sheet.formula(line, column, ref, item[name] or 0.0, "money", strong)
    return row + len(names) + 3


def _unit_products(money: Money, sheet: Sheet, unit: UnitFacts, row: int) -> int:
    t, labels = money.book.edition.t, money.book.edition.labels
    year = unit.history[-1]["year"]
    found = [line for line in unit.lines if line["year"] == year]
    if not found:
        return row
    sheet.text(row, 0, t("table.products", year=year), "part")
    sheet.titles(row + 1, [t("col.service"), t("col.income"), t("col.income_share")], right=1)
    total = money.cells["settled_activity_income", unit.key, year]
    income = sum(line["income"] for line in found) or 1.0
    for position, line in enumerate(found, start=row + 2):
        sheet.text(position, 0, labels.service(unit.scheme, line["service"]))
        ref = money.cells[("income", unit.key, year, *product_of(line))]
        amount = sheet.formula(position, 1, ref, line["income"], "money")
        sheet.formula(position, 2, f"IF({total}=0,0,{amount}/{total})", line["income"] / income, "percent")
    return row + len(found) + 3
