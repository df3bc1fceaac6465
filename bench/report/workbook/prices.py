"""The price sheet: the level from cost and volume, the product prices from the level."""

from __future__ import annotations

from typing import Any

from bench.report.facts import Row
from bench.report.workbook.money import SAME, Money, cost_base, product_of, spans_of
from bench.report.workbook.sheet import TOP, Sheet, rounded

_LEVEL = (
    *("scheme", "year", "price_level", "cost", "cost_outside", "cost_base", "weighted_volume", "unit_cost"),
    *("next_deflator", "rule_factor", "next_price_level"),
)
_PRODUCT = ("scheme", "year", "service", "price_class", "weight", "class_factor", "volume", "price", "change")


def reserve_prices(money: Money, sheet: Sheet) -> None:
    """Fix where prices and levels will stand, because volumes and prices refer to each other."""
    first = _product_top(money)
    for offset, price in enumerate(money.prices):
        money.cells[("price", *product_of(price), price["year"])] = sheet.ref(first + offset, 7)
    for offset, (scheme, year) in enumerate(_level_keys(money)):
        money.cells["level", scheme, year] = sheet.ref(TOP + 2 + offset, 2)
        money.cells["next", scheme, year] = sheet.ref(TOP + 2 + offset, 10)


def _level_keys(money: Money) -> list[tuple[Any, Any]]:
    """Scheme and year of every level: the settled years and the year they give the price of."""
    found = [(row["scheme"], row["year"]) for row in money.levels if row["price_level"] is not None]
    return list(
        dict.fromkeys(
            key
            for scheme in dict.fromkeys(scheme for scheme, _ in found)
            for key in (
                *(pair for pair in found if pair[0] == scheme),
                *(
                    (scheme, row["year"] + 1)
                    for row in money.levels
                    if row["scheme"] == scheme and row["next_price_level"] and row is _last_level(money, scheme)
                ),
            )
        )
    )


def _last_level(money: Money, scheme: Any) -> Row | None:
    return max((r for r in money.levels if r["scheme"] == scheme), key=lambda r: r["year"], default=None)


def _product_top(money: Money) -> int:
    return TOP + 2 + len(_level_keys(money)) + 4


def prices_sheet(money: Money, sheet: Sheet) -> None:
    """Write levels and product prices by formula."""
    t = money.book.edition.t
    sheet.text(TOP, 0, t("part.levels"), "part")
    sheet.head(
        TOP + 1,
        [(t(f"col.{name}"), {"scheme": 34, "year": 8, "price_level": 36}.get(name, 20)) for name in _LEVEL],
        right=2,
        freeze=False,
    )
    spans = spans_of((p["scheme"], p["year"]) for p in money.prices)
    first = _product_top(money)
    for offset, (scheme, year) in enumerate(_level_keys(money)):
        span = spans.get((scheme, year))
        place = None if span is None else (first + span[0], first + span[1])
        _level_row(money, sheet, TOP + 2 + offset, scheme, year, place)
    sheet.text(first - 2, 0, t("part.products"), "part")
    sheet.titles(first - 1, [t(f"col.{name}") for name in _PRODUCT], right=4)
    for offset, price in enumerate(money.prices):
        _product_row(money, sheet, first + offset, price)


def _level_row(money: Money, sheet: Sheet, row: int, scheme: Any, year: Any, place: tuple[int, int] | None) -> None:
    book, cells = money.book, money.cells
    sheet.text(row, 0, book.edition.labels.scheme(scheme))
    sheet.number(row, 1, year, "year")
    value = money.price_level(scheme, year)
    _level_cell(money, sheet, row, scheme, year, value)
    now = money.level(scheme, year)
    if now is None or ("deflator", scheme, year) not in cells or ("costs", scheme, year) not in cells or place is None:
        return
    what = f"{book.edition.labels.scheme(scheme)} {year}"
    base = cost_base(now)
    costs = sum(r["cost"] for r in money.year_rows(scheme, year))
    cost = sheet.formula(row, 3, f"SUM({cells['costs', scheme, year]})", costs, "money")
    outside = sheet.formula(row, 4, cells["cost_outside", scheme, year], base - costs, "money")
    total = sheet.formula(row, 5, f"{cost}+{outside}", base, "money")
    weights, factors = sheet.span(*place, 4), sheet.span(*place, 6)
    volume = sheet.formula(
        row,
        6,
        f"SUMPRODUCT({weights},{factors})+{cells['volume_outside', scheme, year]}",
        now["weighted_volume"],
        "money",
    )
    unit_cost = sheet.formula(row, 7, f"{total}/{volume}", base / now["weighted_volume"], "level")
    deflator = sheet.formula(row, 8, cells["deflator", scheme, year], now["deflator"], "level")
    factor = sheet.formula(row, 9, cells["rule_factor", scheme, year], 1.0, "level")
    following = sheet.formula(row, 10, f"{deflator}*{unit_cost}*{factor}", now["next_price_level"], "level")
    book.check(f"{book.edition.t('col.weighted_volume')}: {what}", volume, now["weighted_volume"], 1e-3)
    book.check(f"{book.edition.t('col.next_price_level')}: {what}", following, now["next_price_level"], 1e-9)


def _level_cell(money: Money, sheet: Sheet, row: int, scheme: Any, year: Any, value: float | None) -> None:
    """The level is last year's result where that gives the engine's number, else the start value or the engine's."""
    cells = money.cells
    before = money.level(scheme, year - 1) if isinstance(year, int) else None
    follows = (
        before is not None
        and before["next_price_level"] is not None
        and value is not None
        and ("deflator", scheme, year - 1) in cells
        and abs(before["next_price_level"] - value) <= SAME * abs(value)
    )
    if follows:
        sheet.formula(row, 2, cells["next", scheme, year - 1], value, "level")
    elif before is None and ("start", scheme) in cells:
        sheet.formula(row, 2, cells["start", scheme], value, "level")
    else:
        sheet.number(row, 2, value, "level", "engine")


def _product_row(money: Money, sheet: Sheet, row: int, price: Row) -> None:
    book, cells = money.book, money.cells
    labels, t = book.edition.labels, book.edition.t
    product = product_of(price)
    name = labels.service(price["scheme"], price["service"])
    sheet.text(row, 0, labels.scheme(price["scheme"]))
    sheet.number(row, 1, price["year"], "year")
    sheet.text(row, 2, name)
    sheet.text(row, 3, labels.price_class(price["price_class"]))
    volumes = cells.get(("volumes", *product, price["year"]))
    if volumes:
        sheet.formula(row, 6, f"SUM({volumes})", money.volume(price), "volume")
    weight, level = money.weight(price), cells.get(("level", price["scheme"], price["year"]))
    if weight is None or level is None:
        sheet.number(row, 7, price["price"], "money", "engine")
    else:
        factor = money.class_factor(price)
        base = sheet.formula(row, 4, cells[("weight", *product[:2], price["year"])], weight, "weight")
        share = sheet.number(row, 5, factor, "level", "input" if factor != 1.0 else "plain")
        made = sheet.formula(row, 7, rounded(f"{level}*{base}*{share}", money.price_rule), price["price"], "money")
        what = f"{t('col.price')}: {name}, {labels.price_class(price['price_class'])}, {price['year']}"
        book.check(what, made, price["price"], 1e-6)
    earlier = cells.get(("price", *product, price["year"] - 1)) if isinstance(price["year"], int) else None
    if earlier and price["change"] is not None:
        sheet.formula(row, 8, f"{cells[('price', *product, price['year'])]}/{earlier}-1", price["change"], "percent")
