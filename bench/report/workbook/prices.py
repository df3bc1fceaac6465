"""The price sheet: cost base and volume give the level, the level gives the prices; one formula per column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.modelfile.sections.blocks import FIXED_SOURCES
from bench.report.workbook.expressions import (
    Expr,
    Formulas,
    Number,
    added,
    expr,
    products,
    rounded,
    total,
    when,
)
from bench.report.workbook.requirements import AskedSheet, asked_total
from bench.report.workbook.scheme import SchemeBook
from bench.report.workbook.sheet import TOP, Book, Cell, Sheet, span
from bench.stykkpris.rules.sources import AT_YARDSTICK, SOURCES, source_seen
from bench.stykkpris.rules.steps import STEPS

#: Relative difference below which a formula gives the engine's own number.
SAME = 1e-9

_LEVEL = (
    *("year", "cost_year", "cost_base", "weighted_volume", "next_deflator", "unit_cost", "frontier_level", "target"),
    *("indexed_level", "price_level", "fund", "lowered_level"),
)


@dataclass(slots=True)
class PriceSheet:
    """Writes the prices of every scheme below each other on one sheet."""

    book: Book
    sheet: Sheet
    asked: AskedSheet
    row: int = TOP

    @classmethod
    def start(cls, book: Book, asked: AskedSheet) -> PriceSheet:
        """Begin the sheet."""
        t = book.edition.t
        sheet = book.sheet("prices", t("sheet.prices"), t("note.prices"))
        sheet.ws.set_column(0, 0, 30)
        sheet.ws.set_column(1, 40, 17)
        return cls(book, sheet, asked)

    def add(self, part: SchemeBook) -> None:
        """Write one scheme: volumes by year, weights, levels and prices."""
        if part.prices:
            self.row = _Prices(self.book, self.sheet, self.asked, part, self.row).write()


class _Prices:
    """The rows of one scheme; ``top`` is where they begin."""

    def __init__(self, book: Book, sheet: Sheet, asked: AskedSheet, part: SchemeBook, top: int):
        self.book, self.sheet, self.asked, self.part, self.top = book, sheet, asked, part, top
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
        #: Factors on the standard price that are a unit's own, and that of units without accounts in the cost year.
        self.own: dict[tuple[str, int], Expr] = {}
        self.absent: dict[int, Expr] = {}

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
        """What prices are proportional to: what a service costs, times what the payer wants to reward in it."""
        made = self._cost_weight(year, k, service)
        if not _rewarded(service):
            return made
        return made * self.part.at(f"service.{service.id}.policy_factor", service.policy_factor, year)

    def _cost_weight(self, year: int, k: int, service: Any) -> Expr:
        part = self.part
        path = f"service.{service.id}"
        if part.scheme.price.update == "multipliers":
            return part.cells["benchmark", part.scheme.price.multiplier_source, service.id].fixed
        if service.weight is not None:
            return part.at(f"{path}.weight", service.weight, year)
        if service.weight_rule is not None:
            ruled = sum(s.weight_rule is not None for s in self.services)
            first = self._cost_year(self.years[0])
            base = first if first is not None else part.years[0]
            return part.columns.total(base, part.model.cost_column) / (ruled * self.volumes[base][k])
        if service.price is not None:
            entry = service.price.entries[0]
            return part.parameters.number(f"scheme.{part.id}.{path}.price", entry.from_, entry.value, part.id, entry)
        return expr(1)

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
            start: int | None = max((self._begins(year, s) for s in self.services), default=year)
        elif price.update in ("cost-keys", "revenue-keys"):
            prices, start = self._keyed(row, year, cost_year), cost_year
        if prices is not None:
            factor = self._less_asked(year, cost_year, start, prices)
            made = [price_now if factor is None else price_now * factor for price_now in prices]
            plain = [sheet.formula(self.plain_top + k, 2 + s, price_now, "weight") for s, price_now in enumerate(made)]
            level = self._level_of(plain, year, cost_year)
        elif str(part.prices[year][0]["source"]) == "stated":
            level = part.at("price.start_level", self._stated_level(), year) * self._markup(year)
        elif cost_year is None:
            level = self._indexed(row, year)
            factor = self._less_asked(year, None, year - 1, [level * weight for weight in self.weights[year]])
            level = level if factor is None else level * factor
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
        start = self._begins(year, service)
        path = f"service.{service.id}"
        value = part.at(f"{path}.price", service.price, year)
        if price.index and start != year:
            value = value * part.index.chain(start, year)
        if part.says("price.requirement"):
            for later in range(start + 1, year + 1):
                value = value * (1 - part.at("price.requirement", price.requirement, later))
        if _rewarded(service):
            value = value * part.at(f"{path}.policy_factor", service.policy_factor, year)
        return value

    def _begins(self, year: int, service: Any) -> int:
        """Year from which a stated price is moved on."""
        entry = service.price.entry_at(year)
        return self.years[0] if entry is not None and entry.from_ is None else int(service.price.since(year))

    def _keyed(self, row: int, year: int, cost_year: int | None) -> list[Expr]:
        part, price = self.part, self.part.scheme.price
        assert cost_year is not None
        cost = self._cost_base(row, cost_year)
        target = cost * self._deflator(row, cost_year, year)
        first = year == self.years[0]
        target = self._lowered(target, cost_year, year)
        if first:
            target = target * self._markup(year)
        volumes = self.volumes[cost_year]
        if price.update == "cost-keys":
            keys = [
                part.at(f"service.{s.id}.cost_key", s.cost_key, year) for s in self.services if s.cost_key is not None
            ]
            if any(_rewarded(service) for service in self.services):
                keys = self._rewarded_keys(keys, year)
            return [target * key / volume for key, volume in zip(keys, volumes, strict=True)]
        before = self.weights[year] if first else self.plain[year - 1]
        revenue = products(span(before), span(volumes))
        return [target * (p.fixed * v / revenue) / v for p, v in zip(before, volumes, strict=True)]

    def _rewarded_keys(self, keys: list[Expr], year: int) -> list[Expr]:
        """Cost keys times policy factors, made to sum to one again."""
        made = [
            key * self.part.at(f"service.{s.id}.policy_factor", s.policy_factor, year) if _rewarded(s) else key
            for key, s in zip(keys, self.services, strict=True)
        ]
        whole = added(made)
        return [key / Expr(f"({whole.text})", whole.value) for key in made]

    def _lowered(self, target: Expr, start: int, year: int) -> Expr:
        """A target after the price's own requirement of the years after its accounts; the first price has none."""
        if self.part.says("price.requirement"):
            for later in range(max(start, self.years[0]) + 1, year + 1):
                target = target * (1 - self.part.at("price.requirement", self.part.scheme.price.requirement, later))
        return target

    def _known_year(self, year: int) -> int:
        """The newest year with accounts when a year's price is decided; the first where there are none."""
        before = year - max(self.part.scheme.price.lag, 1)
        return max((y for y in self.part.years if y <= before), default=self.part.years[0])

    def _level_of(self, prices: list[Cell], year: int, cost_year: int | None) -> Expr:
        """Level of prices that are not made from one: their value at the volumes over the weighted volume."""
        base = cost_year if cost_year is not None else self._known_year(year)
        weighted = products(span(self.weights[year]), span(self.volumes[base]))
        return when(weighted > 0, products(span(prices), span(self.volumes[base])) / weighted, 1)

    def _indexed(self, row: int, year: int) -> Expr:
        part, price = self.part, self.part.scheme.price
        volumes = self.volumes[self._known_year(year)]
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
        cost = self._cost_base(row, cost_year)
        weighted_now = products(span(self.weights[year]), span(self.volumes[cost_year]))
        weighted = sheet.formula(row, 4, weighted_now, "money")
        deflator = self._deflator(row, cost_year, year)
        average = sheet.formula(row, 6, cost / weighted, "level")
        target: Expr = average
        target, theta, frontier = self._blended(row, year, cost_year, average, weighted)
        target = target * deflator
        correction = self._true_up(year, cost_year)
        if correction is not None:
            target = target + correction
        fund = max((y for y in self.fund if y <= year - max(price.lag, 1)), default=None)
        if price.fund_years is not None and fund is not None:
            target = target - self.fund[fund] / part.at("price.fund_years", price.fund_years, year) / weighted
        aim: Expr = sheet.formula(row, 8, target, "level")
        if price.own_excluded:
            self._own_excluded(year, cost_year, cost, weighted)
        if part.feeds("price", "unit-price"):
            asked = self._asked_of_accounts(year, cost_year, theta, frontier)
            if part.feeds("price"):
                paid = self._paid_volume(year, cost_year, weighted)
                aim = aim - asked_total(asked) / Expr(f"({paid.text})", paid.value)
            else:
                made = sheet.formula(row, 10, self._moved(row, year, cost_year, aim), "level")
                incomes = self._incomes(year, cost_year, [made.fixed * weight for weight in self.weights[year]])
                self._own_prices(year, incomes, asked)
        return self._moved(row, year, cost_year, aim)

    def _asked_of_accounts(self, year: int, cost_year: int, theta: Number, frontier: Cell | None) -> dict[str, Cell]:
        """What the requirement asks of the accounts, on what a frontier in the price leaves of the gap."""
        share, at = self._activity(year), None
        if frontier is not None:
            _, volumes, _ = self._unit_block(year, cost_year, self.weights[year])
            at = {unit: frontier.fixed * volume for unit, volume in volumes.items()}
        plain = not isinstance(share, Expr) and share == 1.0
        return self.asked.year(self.part, year, cost_year, taken=theta if plain else theta * share, frontier=at)

    def _blended(
        self, row: int, year: int, cost_year: int, average: Cell, weighted: Cell
    ) -> tuple[Expr, Number, Cell | None]:
        """Return the level aimed at in prices of the accounts, the frontier's share in it, and the frontier's level."""
        part, price = self.part, self.part.scheme.price
        only = price.source in AT_YARDSTICK
        stated = any(entry.value for entry in price.frontier_share.entries)
        if not (only or stated):
            return average, 0.0, None
        frontier = self.sheet.formula(row, 7, self._frontier(year, cost_year, weighted), "level")
        if only:
            return frontier, 1.0, frontier
        theta = part.at("price.frontier_share", price.frontier_share, year)
        blend = (1 - theta) * average + theta * frontier
        return Expr(f"({blend.text})", blend.value), theta, frontier

    def _moved(self, row: int, year: int, cost_year: int, aim: Expr) -> Expr:
        """Return the level from what the rule aims at: requirement, the steps of the rule, markup."""
        part, price = self.part, self.part.scheme.price
        first = year == self.years[0]
        lowered = self._lowered(aim, cost_year, year)
        level: Expr = lowered if isinstance(lowered, Cell) else self.sheet.formula(row, 12, lowered, "level")
        indexed: Cell | None = None
        for step in STEPS:
            key, value = f"price.{step.key}", getattr(price, step.key)
            if value is None or not (step.neutral is None or part.says(key)):
                continue
            if step.from_last_year and (first or year - 1 not in self.level):
                continue
            if step.from_last_year and indexed is None:
                before = self._before(year, self.volumes[cost_year]) * (1 + part.index.growth(year))
                indexed = self.sheet.formula(row, 9, before, "level")
            level = step.move(Formulas, level, part.at(key, value, year), indexed)
        return level * self._markup(year) if first and part.says("price.start_markup") else level

    def _own_excluded(self, year: int, cost_year: int, cost: Cell, weighted: Cell) -> None:
        """Write each unit's factor on the price when its own cost and volume are left out."""
        part = self.part
        first, volumes, _ = self._unit_block(year, cost_year, self.weights[year])
        units = list(volumes)
        levels = []
        for k, unit in enumerate(units):
            own_cost = part.cells["cost_base", unit, cost_year]
            level = (cost.fixed - own_cost) / (weighted.fixed - volumes[unit])
            levels.append(self.sheet.formula(first + k, 3, level, "level"))
        scale: Number = 1.0
        if part.scheme.price.calibrate:
            scale = cost.fixed / products(span(levels), span(list(volumes.values())))
            self.absent[year] = Expr(f"({scale.text})", scale.value)
        for k, unit in enumerate(units):
            factor = levels[k] * scale / (cost.fixed / weighted.fixed)
            self.own[unit, year] = self.sheet.formula(first + k, 4, factor, "level")

    # -- what a requirement takes --------------------------------------------------------------------------

    def _factors(self) -> bool:
        """Whether units have factors of their own on the standard price."""
        return bool(self.part.scheme.price.class_) or self.part.unit_named

    def _unit_factor(self, unit: str, year: int) -> Number:
        """Each unit's factor on the standard price, before what a requirement takes: class, own cost excluded."""
        group = self.part.price_class(unit)
        factor: Number = self.own.get((unit, year), self.absent.get(year, 1.0))
        if group is None:
            return factor
        return factor * self.part.at(f"price.class.{group.name}.factor", group.factor, year)

    def _activity(self, year: int) -> Number:
        return self.part.stated("mix.activity", self.part.scheme.mix.activity, year, 1.0)

    def _paid_volume(self, year: int, cost_year: int, weighted: Cell) -> Expr:
        """The weighted volume of the accounts that the price is paid for."""
        share = self._activity(year)
        if not self._factors():
            return expr(share * weighted)
        first, volumes, _ = self._unit_block(year, cost_year, self.weights[year])
        paid = [
            self.sheet.formula(first + k, 3, volume * self._unit_factor(unit, year), "money")
            for k, (unit, volume) in enumerate(volumes.items())
        ]
        return expr(share * total(span(paid)))

    def _less_asked(self, year: int, cost_year: int | None, start: int | None, prices: list[Expr]) -> Expr | None:
        """Take a requirement out of prices that are made: return the factor on all, or lower each unit's own."""
        part = self.part
        if not part.feeds("price", "unit-price"):
            return None
        seen = cost_year if cost_year is not None else self._known_year(year)
        asked = self.asked.year(part, year, seen, start=start)
        incomes = self._incomes(year, seen, prices)
        if part.feeds("unit-price"):
            self._own_prices(year, incomes, asked)
            return None
        whole = total(span(list(incomes.values())))
        factor = 1 - asked_total(asked) / whole
        return self.sheet.formula(next(iter(incomes.values())).row - 1, 4, factor, "level").fixed

    def _incomes(self, year: int, seen: int, prices: list[Expr]) -> dict[str, Cell]:
        """Write what each unit earns by the prices before the requirement, at the volumes of the accounts."""
        part, sheet, row = self.part, self.sheet, self.units_at + 1
        names = [self.book.edition.labels.service(part.id, service.id) for service in self.services]
        sheet.titles(row - 1, [f"{self.t('part.before_requirement')} {year}", "", self.t("col.activity_income")])
        sheet.titles(row - 1, [self.t("col.kept_factor"), self.t("col.kept_factor"), *names], start=3, right=0)
        before = [sheet.formula(row, 5 + k, price, "weight") for k, price in enumerate(prices)]
        share, made = self._activity(year), {}
        for unit in part.columns.units(seen):
            row += 1
            sheet.text(row, 0, unit)
            volumes = [expr(part.paid[unit, seen, service.id]) for service in self.services]
            earned = added([v * p.fixed for v, p in zip(volumes, before, strict=True)])
            income = share * self._unit_factor(unit, year) * Expr(f"({earned.text})", earned.value)
            made[unit] = sheet.formula(row, 2, income, "money")
        self.units_at = row + 2
        return made

    def _own_prices(self, year: int, incomes: dict[str, Cell], asked: dict[str, Cell]) -> None:
        """Lower each unit's own price by what is asked of it."""
        for unit, income in incomes.items():
            text = when(income > 0, 1 - asked[unit] / income, 1)
            kept = self.sheet.formula(income.row, 3, text, "level")
            before = self.own.get((unit, year))
            made = kept if before is None else self.sheet.formula(income.row, 4, before * kept, "level")
            self.own[unit, year] = made

    def _frontier(self, year: int, cost_year: int, weighted: Cell) -> Expr:
        part, price = self.part, self.part.scheme.price
        source = source_seen(price.source, price.frontier_reference)
        if source is None:
            norms = [part.norms[unit, cost_year] for unit in part.columns.units(cost_year)]
            cells = [norm for norm in norms if isinstance(norm, Cell)]
            return total(span(cells)) / weighted
        rewarded = any(_rewarded(service) for service in self.services)
        weights: list[Any] = self.weights[year]
        if rewarded:
            weights = [self._cost_weight(year, k, service) for k, service in enumerate(self.services)]
        _, volumes, costs = self._unit_block(year, cost_year, weights)
        found = {key: getattr(price, key) for key in SOURCES[source].keys}
        stated = {
            key: value if isinstance(value, int) else part.at(f"price.{key}", value, year)
            for key, value in found.items()
            if value is not None
        }
        level: Expr = SOURCES[source].level(Formulas, span(costs), stated)
        return level * total(span(list(volumes.values()))) / weighted if rewarded else level

    def _unit_block(
        self, year: int, cost_year: int, weights: Sequence[Expr]
    ) -> tuple[int, dict[str, Cell], list[Cell]]:
        """Write each unit's weighted volume and its cost per weighted unit, below the scheme's rows.

        A unit without volume has no unit cost. Returned are the first row, the volumes and the unit costs.
        """
        part, row = self.part, self.units_at + 1
        titles = [f"{self.t('part.unit_costs')} {cost_year} → {year}", self.t("col.weighted_volume")]
        self.sheet.titles(row - 1, [*titles, self.t("col.unit_cost")])
        first, costs, volumes = row, [], {}
        for unit in part.columns.units(cost_year):
            self.sheet.text(row, 0, unit)
            counted = [expr(part.paid[unit, cost_year, service.id]) for service in self.services]
            pairs = zip(counted, weights, strict=True)
            weighted = added([v * (w.fixed if isinstance(w, Cell) else w) for v, w in pairs])
            volumes[unit] = volume = self.sheet.formula(row, 1, weighted, "money")
            ratio = part.cells["cost_base", unit, cost_year] / volume
            text = Expr(f'IF({volume.text}>0,{ratio.text},"")', ratio.value if volume.value > 0 else "")
            costs.append(self.sheet.formula(row, 2, text, "level"))
            row += 1
        self.units_at = row + 1
        return first, volumes, costs

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
        fees: Expr = products(span(self.plain[year]), span(self.volumes[year]))
        if self._factors():
            fees = self._fees(year)
        base = total(span([part.cells["cost_base", unit, year] for unit in part.columns.units(year)]))
        made = fees - base
        if self.fund:
            before: Expr = self.fund[max(self.fund)]
            if part.says("price.fund_interest"):
                before = before * (1 + part.at("price.fund_interest", price.fund_interest, year))
            made = before + made
        self.fund[year] = self.sheet.formula(row, 11, made, "money")

    def _fees(self, year: int) -> Expr:
        """What units earn by their own prices, at the year's volumes."""
        part, row = self.part, self.units_at + 1
        self.sheet.titles(row - 1, [f"{self.t('col.activity_income')} {year}", "", self.t("col.activity_income")])
        made = []
        for unit in part.columns.units(year):
            self.sheet.text(row, 0, unit)
            volumes = [expr(part.paid[unit, year, service.id]) for service in self.services]
            earned = added([v * p.fixed for v, p in zip(volumes, self.plain[year], strict=True)])
            income = self._unit_factor(unit, year) * Expr(f"({earned.text})", earned.value)
            made.append(self.sheet.formula(row, 2, income, "money"))
            row += 1
        self.units_at = row + 1
        return total(span(made))

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
        if part.unit_named:
            factor = self._unit_factor(name, year)
            return factor if isinstance(factor, Expr) else None
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


def _rewarded(service: Any) -> bool:
    """Whether the model states what the payer wants to reward in a service."""
    return bool(service.policy_factor.entries != type(service).model_fields["policy_factor"].default.entries)
