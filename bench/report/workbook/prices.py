"""The price sheet: cost base and volume give the level, the level gives the prices; one formula per column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bench.modelfile.blocks import FIXED_SOURCES
from bench.report.workbook.expressions import (
    Expr,
    Number,
    added,
    expr,
    maximum,
    minimum,
    percentile,
    products,
    rounded,
    smallest,
    total,
    when,
)
from bench.report.workbook.scheme import SchemeBook
from bench.report.workbook.sheet import TOP, Book, Cell, Sheet, span

#: Relative difference below which a formula gives the engine's own number.
SAME = 1e-9

_LEVEL = (
    *("year", "cost_year", "cost_base", "weighted_volume", "next_deflator", "unit_cost", "frontier_level", "target"),
    *("indexed_level", "price_level", "fund"),
)


@dataclass(slots=True)
class PriceSheet:
    """Writes the prices of every scheme below each other on one sheet."""

    book: Book
    sheet: Sheet
    row: int = TOP

    @classmethod
    def start(cls, book: Book) -> PriceSheet:
        """Begin the sheet."""
        t = book.edition.t
        sheet = book.sheet("prices", t("sheet.prices"), t("note.prices"))
        sheet.ws.set_column(0, 0, 30)
        sheet.ws.set_column(1, 40, 17)
        return cls(book, sheet)

    def add(self, part: SchemeBook) -> None:
        """Write one scheme: volumes by year, weights, levels and prices."""
        if part.prices:
            self.row = _Prices(self.book, self.sheet, part, self.row).write()


class _Prices:
    """The rows of one scheme; ``top`` is where they begin."""

    def __init__(self, book: Book, sheet: Sheet, part: SchemeBook, top: int):
        self.book, self.sheet, self.part, self.top = book, sheet, part, top
        self.t = book.edition.t
        self.services = part.scheme.service
        self.years = sorted(part.prices)
        self.classes = list(dict.fromkeys(str(row["price_class"]) for rows in part.prices.values() for row in rows))
        data_rows, price_rows = len(part.years), len(self.years)
        self.volume_top = top + 2
        self.weight_top = self.volume_top + data_rows + 2
        self.level_top = self.weight_top + price_rows + 2
        self.plain_top = self.level_top + price_rows + 2
        self.price_top = self.plain_top + price_rows + 2
        self.end = self.price_top + price_rows * len(self.classes) + 2
        self.volumes: dict[int, list[Cell]] = {}
        self.weights: dict[int, list[Cell]] = {}
        self.plain: dict[int, list[Cell]] = {}
        self.level: dict[int, Cell] = {}
        self.fund: dict[int, Cell] = {}
        self.units_at = self.end
        self.own_volumes: list[Cell] = []
        self.own: dict[tuple[str, int], Cell] = {}

    def write(self) -> int:
        """Write everything and return the next free row."""
        sheet, t = self.sheet, self.t
        sheet.text(self.top, 0, self.part.label, "part")
        names = [self.book.edition.labels.service(self.part.id, service.id) for service in self.services]
        sheet.titles(self.volume_top - 1, [t("part.volumes"), t("col.year"), *names], right=1)
        sheet.titles(self.weight_top - 1, [t("part.weights"), t("col.year"), *names], right=1)
        sheet.titles(self.level_top - 1, [t("part.levels"), *(t(f"col.{name}") for name in _LEVEL)], right=1)
        sheet.titles(self.plain_top - 1, [t("part.unrounded"), t("col.year"), *names], right=1)
        head = [t("part.products"), t("col.year"), t("col.class_factor"), *names]
        sheet.titles(self.price_top - 1, [*head, *(f"{t('col.engine')}: {name}" for name in names)], right=1)
        for k, year in enumerate(self.part.years):
            self._volumes(self.volume_top + k, year)
        for k, year in enumerate(self.years):
            self._weights(self.weight_top + k, year)
            self._year(k, year)
        self._compare()
        return self.units_at + 1

    # -- volumes and weights -------------------------------------------------------------------------------

    def _volumes(self, row: int, year: int) -> None:
        part = self.part
        self.sheet.number(row, 1, year, "year")
        self.volumes[year] = []
        for k, service in enumerate(self.services):
            found = [part.paid[unit, year, service.id] for unit in part.columns.units(year)]
            cells = [cell for cell in found if isinstance(cell, Cell)]
            made = total(span(cells)) if cells else added(found)
            self.volumes[year].append(self.sheet.formula(row, 2 + k, made, "volume"))

    def _weights(self, row: int, year: int) -> None:
        self.sheet.number(row, 1, year, "year")
        made = [self._weight(year, k, service) for k, service in enumerate(self.services)]
        self.weights[year] = [self.sheet.formula(row, 2 + k, weight, "weight") for k, weight in enumerate(made)]

    def _weight(self, year: int, k: int, service: Any) -> Expr:
        part = self.part
        path = f"service.{service.id}"
        if part.scheme.price.update == "multipliers":
            source = part.scheme.price.multiplier_source
            row = part.prices[year][k]
            key = f"benchmark.{part.id}.{service.id}.{source}"
            return part.parameters.number(key, None, float(row["weight"]), part.id)
        if service.weight is not None:
            weight = part.at(f"{path}.weight", service.weight, year)
        elif service.weight_rule is not None:
            ruled = sum(s.weight_rule is not None for s in self.services)
            base = self._base_year(year)
            cost = part.columns.total(base, part.model.cost_column)
            weight = cost / (ruled * self.volumes[base][k])
        elif service.price is not None:
            entry = service.price.entries[0]
            weight = part.parameters.number(f"scheme.{part.id}.{path}.price", entry.from_, entry.value, part.id, entry)
        else:
            weight = expr(1)
        if service.policy_factor.entries == type(service).model_fields["policy_factor"].default.entries:
            return weight
        return weight * part.at(f"{path}.policy_factor", service.policy_factor, year)

    def _base_year(self, year: int) -> int:
        """Year whose volumes give weights by rule: the cost year of the first price, fixed from then on."""
        first = self._cost_year(self.years[0])
        if first is not None and year != self.years[0]:
            return first
        own = self._cost_year(year)
        return own if own is not None else self.part.years[0]

    def _cost_year(self, year: int) -> int | None:
        value = self.part.prices[year][0]["cost_year"]
        return None if value is None else int(value)

    # -- level ---------------------------------------------------------------------------------------------

    def _year(self, k: int, year: int) -> None:
        """Write level, unrounded and rounded prices of one year."""
        part, price = self.part, self.part.scheme.price
        row, sheet = self.level_top + k, self.sheet
        sheet.number(row, 1, year, "year")
        cost_year = self._cost_year(year)
        prices: list[Expr] | None = None
        if price.source in FIXED_SOURCES:
            prices = [self._stated_price(year, s) for s in range(len(self.services))]
        elif price.update in ("cost-keys", "revenue-keys"):
            prices = self._keyed(row, year, cost_year)
        if prices is not None:
            plain = [sheet.formula(self.plain_top + k, 2 + s, made, "weight") for s, made in enumerate(prices)]
            level = self._level_of(plain, year, cost_year)
        elif str(part.prices[year][0]["source"]) == "stated":
            level = part.at("price.start_level", self._stated_level(), year) * self._markup(year)
        elif cost_year is None:
            level = self._indexed(row, year)
        else:
            level = self._from_accounts(row, year, cost_year)
        self.level[year] = sheet.formula(row, 10, level, "level")
        part.cells["level", year] = self.level[year]
        if prices is None:
            plain = [
                sheet.formula(self.plain_top + k, 2 + s, self.level[year].fixed * weight, "weight")
                for s, weight in enumerate(self.weights[year])
            ]
        self.plain[year] = plain
        for service, cell in zip(self.services, plain, strict=True):
            part.cells["plain", year, service.id] = cell
        sheet.number(self.plain_top + k, 1, year, "year")
        self._classes(k, year)
        if price.fund_years is not None and year in part.years:
            self._move_fund(row, year)

    def _stated_level(self) -> Any:
        level = self.part.scheme.price.start_level
        assert level is not None
        return level

    def _markup(self, year: int) -> Number:
        if not self.part.says("price.start_markup"):
            return 1.0
        return 1 + self.part.at("price.start_markup", self.part.scheme.price.start_markup, year)

    def _stated_price(self, year: int, k: int) -> Expr:
        part, price, service = self.part, self.part.scheme.price, self.services[k]
        assert service.price is not None
        entry = service.price.entry_at(year)
        start = self.years[0] if entry is not None and entry.from_ is None else service.price.since(year)
        path = f"service.{service.id}"
        value = part.at(f"{path}.price", service.price, year)
        if price.index and start != year:
            value = value * part.index.chain(start, year)
        if part.says("price.requirement"):
            for later in range(start + 1, year + 1):
                value = value * (1 - part.at("price.requirement", price.requirement, later))
        if service.policy_factor.entries != type(service).model_fields["policy_factor"].default.entries:
            value = value * part.at(f"{path}.policy_factor", service.policy_factor, year)
        return value

    def _keyed(self, row: int, year: int, cost_year: int | None) -> list[Expr]:
        part, price = self.part, self.part.scheme.price
        assert cost_year is not None
        cost = self._cost_base(row, cost_year)
        target = cost * self._deflator(row, cost_year, year)
        first = year == self.years[0]
        if not first and part.says("price.requirement"):
            target = target * (1 - part.at("price.requirement", price.requirement, year))
        if first:
            target = target * self._markup(year)
        volumes = self.volumes[cost_year]
        if price.update == "cost-keys":
            keys = [
                part.at(f"service.{s.id}.cost_key", s.cost_key, year) for s in self.services if s.cost_key is not None
            ]
            return [target * key / volume for key, volume in zip(keys, volumes, strict=True)]
        before = self.weights[year] if first else self.plain[year - 1]
        revenue = products(span(before), span(volumes))
        return [target * (p.fixed * v / revenue) / v for p, v in zip(before, volumes, strict=True)]

    def _level_of(self, prices: list[Cell], year: int, cost_year: int | None) -> Expr:
        """Level of prices that are not made from one: their value at the volumes over the weighted volume."""
        base = cost_year if cost_year is not None else (year if year in self.volumes else self.part.years[-1])
        weighted = products(span(self.weights[year]), span(self.volumes[base]))
        return when(weighted > 0, products(span(prices), span(self.volumes[base])) / weighted, 1)

    def _indexed(self, row: int, year: int) -> Expr:
        part, price = self.part, self.part.scheme.price
        volumes = self.volumes.get(year - 1, self.volumes[part.years[-1]])
        growth = self.sheet.formula(row, 5, 1 + part.index.growth(year), "level")
        indexed = self.sheet.formula(row, 9, self._before(year, volumes) * growth, "level")
        if not part.says("price.requirement"):
            return indexed
        return indexed * (1 - part.at("price.requirement", price.requirement, year))

    def _before(self, year: int, volumes: list[Cell]) -> Expr:
        """Last year's level; at the new weights where these have changed."""
        old, new = self.weights[year - 1], self.weights[year]
        same = all(a.value == b.value for a, b in zip(old, new, strict=True))
        if same and not self._weights_dated(year):
            return self.level[year - 1]
        return products(span(self.plain[year - 1]), span(volumes)) / products(span(new), span(volumes))

    def _weights_dated(self, year: int) -> bool:
        """Tell whether another entry of a weight is in force than the year before."""
        for service in self.services:
            for dated in (service.weight, service.policy_factor):
                if dated is not None and dated.entry_at(year) is not dated.entry_at(year - 1):
                    return True
        return False

    def _cost_base(self, row: int, cost_year: int) -> Cell:
        cells = [self.part.cells["cost_base", unit, cost_year] for unit in self.part.columns.units(cost_year)]
        self.sheet.number(row, 2, cost_year, "year")
        return self.sheet.formula(row, 3, total(span(cells)), "money")

    def _deflator(self, row: int, cost_year: int, year: int) -> Cell:
        return self.sheet.formula(row, 5, self.part.index.chain(cost_year, year), "level")

    def _from_accounts(self, row: int, year: int, cost_year: int) -> Expr:
        part, price, sheet = self.part, self.part.scheme.price, self.sheet
        first = year == self.years[0]
        cost = self._cost_base(row, cost_year)
        weighted_now = products(span(self.weights[year]), span(self.volumes[cost_year]))
        weighted = sheet.formula(row, 4, weighted_now, "money")
        deflator = self._deflator(row, cost_year, year)
        average = sheet.formula(row, 6, cost / weighted, "level")
        target: Expr = average
        only = price.source in ("best-practice", "frontier")
        if only or any(entry.value for entry in price.frontier_share.entries):
            frontier = sheet.formula(row, 7, self._frontier(year, cost_year, weighted), "level")
            if only:
                target = frontier
            else:
                theta = part.at("price.frontier_share", price.frontier_share, year)
                target = (1 - theta) * average + theta * frontier
        target = target * deflator
        correction = self._true_up(year, cost_year)
        if correction is not None:
            target = target + correction
        if price.fund_years is not None and year - 1 in self.fund:
            target = target - self.fund[year - 1] / part.at("price.fund_years", price.fund_years, year) / weighted
        if not first and part.says("price.requirement"):
            target = target * (1 - part.at("price.requirement", price.requirement, year))
        level: Expr = sheet.formula(row, 8, target, "level")
        known = not first and cost_year != year and year - 1 in self.level
        if known and (part.says("price.gain") or price.corridor is not None):
            level = self._moved(row, year, cost_year, level)
        for name, choose in (("floor", maximum), ("cap", minimum)):
            bound = getattr(price, name)
            if bound is not None:
                level = choose(level, part.at(f"price.{name}", bound, year))
        if first and part.says("price.start_markup"):
            level = level * self._markup(year)
        if price.own_excluded:
            self._own_excluded(year, cost_year, cost, weighted)
        return level

    def _own_excluded(self, year: int, cost_year: int, cost: Cell, weighted: Cell) -> None:
        """Write each unit's factor on the price when its own cost and volume are left out."""
        part = self.part
        self._unit_costs(year, cost_year)
        units = part.columns.units(cost_year)
        first = self.units_at - 1 - len(units)
        levels = []
        for k, unit in enumerate(units):
            own_volume, own_cost = (
                Cell(self.sheet, first + k, 1, self.own_volumes[k].value),
                part.cells["cost_base", unit, cost_year],
            )
            level = (cost.fixed - own_cost) / (weighted.fixed - own_volume)
            levels.append(self.sheet.formula(first + k, 3, level, "level"))
        scale: Number = 1.0
        if part.scheme.price.calibrate:
            scale = cost.fixed / products(span(levels), span(self.own_volumes))
        for k, unit in enumerate(units):
            factor = levels[k] * scale / (cost.fixed / weighted.fixed)
            self.own[unit, year] = self.sheet.formula(first + k, 4, factor, "level")

    def _moved(self, row: int, year: int, cost_year: int, target: Expr) -> Expr:
        """Close a share of the gap to the target, within the corridor around last year's indexed level."""
        part, price = self.part, self.part.scheme.price
        before = self._before(year, self.volumes[cost_year]) * (1 + part.index.growth(year))
        indexed = self.sheet.formula(row, 9, before, "level")
        level = target
        if part.says("price.gain"):
            gain = part.at("price.gain", price.gain, year)
            level = when(gain.equals(1), level, indexed + gain * (level - indexed))
        if price.corridor is not None:
            width = part.at("price.corridor", price.corridor, year)
            level = minimum(maximum(level, indexed * (1 - width)), indexed * (1 + width))
        return level

    def _frontier(self, year: int, cost_year: int, weighted: Cell) -> Expr:
        part, price = self.part, self.part.scheme.price
        best = price.source == "best-practice" or (
            price.source != "frontier" and price.frontier_reference == "best-practice"
        )
        if not best:
            norms = [part.norms[unit, cost_year] for unit in part.columns.units(cost_year)]
            cells = [norm for norm in norms if isinstance(norm, Cell)]
            return total(span(cells)) / weighted
        costs = self._unit_costs(year, cost_year)
        if price.k is not None:
            return smallest(span(costs), price.k)
        assert price.quantile is not None
        return percentile(span(costs), part.at("price.quantile", price.quantile, year))

    def _unit_costs(self, year: int, cost_year: int) -> list[Cell]:
        """Write each unit's cost per weighted unit, below the scheme's rows; a unit without volume has none."""
        part, row = self.part, self.units_at + 1
        self.sheet.titles(row - 1, [f"{self.t('part.unit_costs')} {cost_year} → {year}", "", self.t("col.unit_cost")])
        made = []
        self.own_volumes = []
        for unit in part.columns.units(cost_year):
            self.sheet.text(row, 0, unit)
            volumes = [expr(part.paid[unit, cost_year, service.id]) for service in self.services]
            weighted = added([v * w.fixed for v, w in zip(volumes, self.weights[year], strict=True)])
            volume = self.sheet.formula(row, 1, weighted, "money")
            self.own_volumes.append(volume)
            cost = part.cells["cost_base", unit, cost_year]
            ratio = cost / volume
            value = ratio.value if volume.value > 0 else ""
            text = Expr(f'IF({volume.text}>0,{ratio.text},"")', value)
            made.append(self.sheet.formula(row, 2, text, "level"))
            row += 1
        self.units_at = row + 1
        return made

    def _true_up(self, year: int, cost_year: int) -> Expr | None:
        part, price = self.part, self.part.scheme.price
        before = year - price.lag - 1
        if not (price.true_up and price.estimate_column) or year - 1 not in self.level or before not in part.years:
            return None
        if self._cost_year(year - 1) != before:
            return None
        error = part.columns.total(before, part.model.cost_column) - part.columns.total(before, price.estimate_column)
        made = error / products(span(self.weights[year]), span(self.volumes[before]))
        if part.says("price.true_up_interest"):
            made = made * (1 + part.at("price.true_up_interest", price.true_up_interest, year))
        return made * part.index.chain(before, year)

    def _move_fund(self, row: int, year: int) -> None:
        part, price = self.part, self.part.scheme.price
        fees = products(span(self.plain[year]), span(self.volumes[year]))
        base = total(span([part.cells["cost_base", unit, year] for unit in part.columns.units(year)]))
        made = fees - base
        if year - 1 in self.fund:
            before: Expr = self.fund[year - 1]
            if part.says("price.fund_interest"):
                before = before * (1 + part.at("price.fund_interest", price.fund_interest, year))
            made = before + made
        self.fund[year] = self.sheet.formula(row, 11, made, "money")

    # -- prices --------------------------------------------------------------------------------------------

    def _classes(self, k: int, year: int) -> None:
        """Write the rounded prices of every price class in a year, and the engine's beside them."""
        part, count = self.part, len(self.services)
        for position, name in enumerate(self.classes):
            row = self.price_top + k * len(self.classes) + position
            group = next((g for g in part.scheme.price.class_ if g.name == name), None)
            self.sheet.text(row, 0, self.book.edition.labels.price_class(name))
            self.sheet.number(row, 1, year, "year")
            factor = self._factor(name, group, year)
            written = None if factor is None else self.sheet.formula(row, 2, factor, "level")
            rows = {str(r["service"]): r for r in part.prices[year] if str(r["price_class"]) == name}
            for s, service in enumerate(self.services):
                plain: Expr = self.plain[year][s]
                made = rounded(plain if written is None else written * plain, part.price_rule)
                cell = self.sheet.formula(row, 3 + s, made, "money")
                part.cells["price", year, name, service.id] = cell
                engine = self.sheet.number(row, 3 + count + s, rows[service.id]["price"], "money", "engine")
                part.cells["engine_price", year, name, service.id] = engine

    def _factor(self, name: str, group: Any, year: int) -> Expr | None:
        """Return a class's factor on the price: its own, or what leaving the unit's own cost out gives."""
        part = self.part
        if (name, year) in self.own:
            group = part.price_class(name)
            own: Expr = self.own[name, year]
            return own if group is None else own * part.at(f"price.class.{group.name}.factor", group.factor, year)
        return None if group is None else part.at(f"price.class.{group.name}.factor", group.factor, year)

    def _compare(self) -> None:
        labels = self.book.edition.labels
        keys = [key for key in self.part.cells if key[0] == "price"]
        self.book.compare(
            f"{self.t('col.price')}: {labels.scheme(self.part.id)}",
            [self.part.cells[key] for key in keys],
            [self.part.cells[("engine_price", *key[1:])] for key in keys],
            1e-6,
        )
