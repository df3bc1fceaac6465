"""Assumptions and volumes of the workbook: what moves the prices when a cell is changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from bench.report.facts import Row, rows
from bench.report.tables.assumptions import key_scheme, source_text, value_text
from bench.report.workbook.sheet import TOP, Book, Sheet, rounded, rounded_value

#: Relative difference below which a formula counts as the engine's own.
SAME = 1e-9

Key = tuple[Any, ...]


@dataclass(slots=True)
class Money:
    """Rows in the order of the sheets, and where their cells are."""

    book: Book
    settlement: list[Row]
    lines: list[Row]
    levels: list[Row]
    prices: list[Row]
    price_rule: str
    amount_rule: str
    cells: dict[Key, str] = field(default_factory=dict)
    common: dict[Key, Row] = field(default_factory=dict)
    _level_rows: dict[Key, Row] = field(default_factory=dict)
    _settled: dict[Key, list[Row]] = field(default_factory=dict)
    _volumes: dict[Key, float] = field(default_factory=dict)
    _numbers: dict[str, list[tuple[str, float]]] = field(default_factory=dict)

    @classmethod
    def of(cls, book: Book) -> Money:
        """Sort the rows by scheme and year, so that every sum is over neighbouring cells."""
        facts = book.edition.facts
        order = {scheme.key: k for k, scheme in enumerate(facts.schemes)}
        position = {unit.key: unit.number for unit in facts.units}

        def by(row: Row) -> tuple[Any, ...]:
            return order.get(str(row["scheme"]), len(order)), row["year"]

        run = facts.run
        prices = sorted(rows(run.prices), key=by)
        services = {key: k for k, key in enumerate(dict.fromkeys(product_of(row) for row in prices))}
        lines = sorted(
            rows(run.settlement_lines),
            key=lambda row: (
                *by(row),
                services.get(product_of(row), len(services)),
                product_of(row),
                position[str(row["unit"])],
            ),
        )
        rounding = getattr(run.model, "rounding", None)
        return cls(
            book=book,
            settlement=sorted(rows(run.settlement), key=lambda row: (*by(row), position[str(row["unit"])])),
            lines=lines,
            levels=sorted(rows(run.schemes), key=by),
            prices=prices,
            price_rule=str(getattr(rounding, "price", "none")),
            amount_rule=str(getattr(rounding, "amount", "ore-half-up")),
        )

    def level(self, scheme: Any, year: Any) -> Row | None:
        """Return the row of a scheme and year."""
        return self._level_rows.get((scheme, year))

    def year_rows(self, scheme: Any, year: Any) -> list[Row]:
        """Return the settlement rows of a scheme and year."""
        return self._settled.get((scheme, year), [])

    def price_level(self, scheme: Any, year: Any) -> float | None:
        """Return the price level of a year; that of the year after the last follows from the last."""
        row = self.level(scheme, year)
        if row is not None:
            return None if row["price_level"] is None else float(row["price_level"])
        before = self.level(scheme, year - 1) if isinstance(year, int) else None
        return float(before["next_price_level"]) if before and before["next_price_level"] else None

    def priced_on(self, scheme: Any, year: Any) -> bool:
        """Tell whether the next year's price is built on this year's accounts."""
        following = [p for p in self.prices if (p["scheme"], p["year"]) == (scheme, year + 1)]
        return bool(following) and all(p["cost_year"] == year for p in following)

    def weight(self, row: Row) -> float | None:
        """Return a service's weight: the model's own where it gives the price, else the ratio of price and level."""
        common = self.common.get((row["scheme"], row["service"], row["year"]), row)
        level = self.price_level(row["scheme"], row["year"])
        if not level or common["price"] is None:
            return None
        key = f"scheme.{row['scheme']}.service.{row['service']}.weight"
        for stated in (common.get("weight"), *(value for _, value in self._numbers.get(key, []))):
            if stated is None:
                continue
            if abs(rounded_value(level * stated, self.price_rule) - common["price"]) <= SAME * abs(common["price"]):
                return float(stated)
        return float(common["price"] / level)

    def class_factor(self, row: Row) -> float:
        """Return a price's factor on the common price of its service: 1, except in a price class."""
        common = self.common.get((row["scheme"], row["service"], row["year"]), row)
        level, weight = self.price_level(row["scheme"], row["year"]), self.weight(row)
        if common is row or not level or not weight:
            return 1.0
        return float(row["price"] / (level * weight))

    def share(self, row: Row, name: str, gain: bool) -> float:
        """Return the share kept or carried in a settlement row: the model's, or what the row itself shows."""
        stated = self._numbers.get(f"scheme.{row['scheme']}.settlement.{name}", [])
        valid = [(start, value) for start, value in stated if start <= f"{row['year']}-01-01"]
        if valid:
            return max(valid)[1]
        for other in self.year_rows(row["scheme"], row["year"]):
            if other["result"] and (other["result"] > 0) is gain:
                return float((other["kept"] if gain else other["carried"]) / other["result"])
        return 1.0

    def volume(self, price: Row) -> float:
        """Return the paid volume of a price's service and class in its year."""
        return self._volumes.get((*product_of(price), price["year"]), 0.0)

    def __post_init__(self) -> None:
        self._level_rows = {(row["scheme"], row["year"]): row for row in self.levels}
        for row in self.settlement:
            self._settled.setdefault((row["scheme"], row["year"]), []).append(row)
        for row in self.lines:
            product = (*product_of(row), row["year"])
            self._volumes[product] = self._volumes.get(product, 0.0) + row["volume"]
        for row in self.prices:
            key = (row["scheme"], row["service"], row["year"])
            if not product_of(row)[2] or key not in self.common:
                self.common[key] = row
        for row in rows(self.book.edition.facts.run.assumptions):
            if isinstance(row["value"], int | float) and not isinstance(row["value"], bool):
                self._numbers.setdefault(str(row["key"]), []).append((str(row["from"] or ""), float(row["value"])))


def product_of(row: Row) -> tuple[str, str, str]:
    """Return scheme, service and price class; the class of all units is empty."""
    price_class = str(row["price_class"] or "")
    return str(row["scheme"]), str(row["service"]), "" if price_class == "standard" else price_class


def assumptions_sheet(money: Money) -> None:
    """Write parameters as input cells, one row per scheme and year, and the model's list below."""
    book, t = money.book, money.book.edition.t
    sheet = book.sheet(t("sheet.assumptions"), t("sheet.assumptions"), t("note.assumptions"))
    row = TOP
    if money.levels or money.settlement:
        row = _parameters(money, sheet, row)
    if money.prices:
        row = _weights(money, sheet, row)
    _listed(book, sheet, row)


def _parameters(money: Money, sheet: Sheet, row: int) -> int:
    t, labels = money.book.edition.t, money.book.edition.labels
    columns = (
        "scheme",
        "year",
        "start_level",
        "next_deflator",
        "keep",
        "carry",
        "cost_outside",
        "volume_outside",
        "rule_factor",
    )
    sheet.text(row, 0, t("part.parameters"), "part")
    sheet.head(
        row + 1, [(t(f"col.{name}"), 36 if k < 2 else 20) for k, name in enumerate(columns)], right=2, freeze=False
    )
    row += 2
    started: set[Any] = set()
    both = [(r["scheme"], r["year"]) for r in (*money.levels, *money.settlement)]
    for scheme, year in dict.fromkeys(both):
        sheet.text(row, 0, labels.scheme(scheme))
        sheet.number(row, 1, year, "year")
        level = money.level(scheme, year)
        if level is not None and level["price_level"] is not None:
            if scheme not in started:
                started.add(scheme)
                money.cells["start", scheme] = sheet.number(row, 2, level["price_level"], "level", "input")
            _level_parameters(money, sheet, row, level)
        example = next(iter(money.year_rows(scheme, year)), None)
        if example is not None:
            keep = money.share(example, "keep_surplus", True)
            carry = money.share(example, "carry_deficit", False)
            money.cells["keep", scheme, year] = sheet.number(row, 4, keep, "percent", "input")
            money.cells["carry", scheme, year] = sheet.number(row, 5, carry, "percent", "input")
        row += 1
    return row + 1


def _level_parameters(money: Money, sheet: Sheet, row: int, level: Row) -> None:
    """Deflator, and what the engine's cost base, volume and rule have beyond deflator × cost / volume of the data."""
    scheme, year = level["scheme"], level["year"]
    deflator, volume, following = level["deflator"], level["weighted_volume"], level["next_price_level"]
    if volume:
        own = sum(
            (money.weight(p) or 0.0) * money.volume(p)
            for p in money.prices
            if (p["scheme"], p["year"]) == (scheme, year)
        )
        outside = 0.0 if abs(volume - own) <= SAME * abs(volume) else volume - own
        money.cells["volume_outside", scheme, year] = sheet.number(row, 7, outside, "money", "input")
    if deflator and following and volume and money.priced_on(scheme, year):
        base = cost_base(level)
        outside = base - sum(r["cost"] for r in money.year_rows(scheme, year))
        outside = 0.0 if abs(outside) <= SAME * abs(base) else outside
        factor = following / (deflator * base / volume)
        factor = 1.0 if abs(factor - 1.0) <= SAME else factor
        money.cells["deflator", scheme, year] = sheet.number(row, 3, deflator, "level", "input")
        money.cells["cost_outside", scheme, year] = sheet.number(row, 6, outside, "money", "input")
        money.cells["rule_factor", scheme, year] = sheet.number(row, 8, factor, "level", "input")


def cost_base(level: Row) -> float:
    """Return the cost the next price is built on: the accounts, less what the model holds outside."""
    return float(level["cost"] if level.get("cost_base") is None else level["cost_base"])


def _weights(money: Money, sheet: Sheet, row: int) -> int:
    """One weight cell per service for as long as the weight stays the same."""
    t, labels = money.book.edition.t, money.book.edition.labels
    columns = ("scheme", "service", "from_year", "weight")
    sheet.text(row, 0, t("part.weights"), "part")
    sheet.titles(row + 1, [t(f"col.{name}") for name in columns], right=3)
    row += 2
    last: dict[Key, tuple[float, str]] = {}
    for price in money.prices:
        weight = money.weight(price)
        if weight is None:
            continue
        product = product_of(price)[:2]
        known = last.get(product)
        if known is None or abs(known[0] - weight) > SAME * abs(weight):
            sheet.text(row, 0, labels.scheme(price["scheme"]))
            sheet.text(row, 1, labels.service(price["scheme"], price["service"]))
            sheet.number(row, 2, price["year"], "year")
            known = weight, sheet.number(row, 3, weight, "weight", "input")
            last[product] = known
            row += 1
        money.cells[("weight", *product, price["year"])] = known[1]
    return row + 1


def _listed(book: Book, sheet: Sheet, row: int) -> None:
    edition = book.edition
    found = rows(edition.facts.run.assumptions)
    if not found:
        return
    t = edition.t
    sheet.text(row, 0, t("part.listed"), "part")
    sheet.titles(row + 1, [t(f"col.{name}") for name in ("parameter", "scheme", "from", "value", "status", "source")])
    for offset, item in enumerate(found, start=row + 2):
        sheet.text(offset, 0, edition.labels.parameter(item["key"]), "wrap")
        sheet.text(offset, 1, key_scheme(edition, item))
        sheet.text(offset, 2, edition.n.date(item["from"]) if item["from"] is not None else t("page.always"))
        sheet.text(offset, 3, value_text(edition, item["key"], item["value"]), "wrap")
        sheet.text(offset, 4, edition.labels.word("status", item["status"]))
        sheet.text(offset, 5, source_text(edition, item["source"]))


def lines_sheet(money: Money) -> None:
    """Write volumes as input cells, and their income by formula from the prices."""
    book, t = money.book, money.book.edition.t
    if not money.lines:
        return
    labels = book.edition.labels
    sheet = book.sheet(t("sheet.lines"), t("sheet.lines"), t("note.lines"))
    names = ("scheme", "unit", "year", "service", "price_class", "volume", "price", "line_factor", "income")
    widths = (34, 26, 8, 34, 14, 14, 16, 12, 18)
    sheet.head(TOP, [(t(f"col.{name}"), width) for name, width in zip(names, widths, strict=True)], right=5)
    prices = {(*product_of(price), price["year"]): price["price"] for price in money.prices}
    for offset, row in enumerate(money.lines, start=TOP + 1):
        sheet.text(offset, 0, labels.scheme(row["scheme"]))
        sheet.text(offset, 1, row["unit"])
        sheet.number(offset, 2, row["year"], "year")
        sheet.text(offset, 3, labels.service(row["scheme"], row["service"]))
        sheet.text(offset, 4, labels.price_class(row["price_class"]))
        volume = sheet.number(offset, 5, row["volume"], "volume", "input")
        product = (*product_of(row), row["year"])
        common = prices.get(product)
        if common is not None and abs(common - row["price"]) <= SAME * abs(common):
            price = sheet.formula(offset, 6, money.cells[("price", *product)], row["price"], "money")
        else:
            price = sheet.number(offset, 6, row["price"], "money", "engine")
        plain = rounded_value(row["volume"] * row["price"], money.amount_rule)
        factor = (
            1.0 if abs(plain - row["income"]) < 0.005 or not plain else row["income"] / (row["volume"] * row["price"])
        )
        share = sheet.number(offset, 7, factor, "share", "plain" if factor == 1.0 else "engine")
        text = rounded(f"{volume}*{price}*{share}", money.amount_rule)
        made = sheet.formula(offset, 8, text, row["income"], "money")
        money.cells[("income", row["unit"], row["year"], *product_of(row))] = made
    for key, (first, last) in spans_of((*product_of(r), r["year"]) for r in money.lines).items():
        money.cells[("volumes", *key)] = sheet.span(TOP + 1 + first, TOP + 1 + last, 5)


def spans_of(keys: Iterable[Key]) -> dict[Key, tuple[int, int]]:
    """Return first and last position of each key; equal keys are neighbours."""
    found: dict[Key, tuple[int, int]] = {}
    for position, key in enumerate(keys):
        found[key] = (found.get(key, (position, position))[0], position)
    return found
