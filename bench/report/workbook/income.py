"""The income sheet: paid volume, cost base, and every part of a unit's income by formula."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bench.report.workbook.expressions import (
    Expr,
    Number,
    added,
    clean,
    expr,
    maximum,
    minimum,
    products,
    rounded,
    total,
    when,
)
from bench.report.workbook.requirements import AskedSheet
from bench.report.workbook.scheme import ORE, SchemeBook
from bench.report.workbook.sheet import TOP, Book, Cell, Sheet, span
from bench.stykkpris.rules.corrections import ON_INCOME
from bench.stykkpris.rules.volume import COLUMN_BASES


@dataclass(slots=True)
class BaseSheet:
    """Writes what the prices are built on where the data alone do not say it: paid volume and cost base."""

    book: Book
    sheet: Sheet | None = None
    row: int = TOP

    def add(self, part: SchemeBook) -> None:
        """Find or write the paid volume and the cost base of every unit and year."""
        self._volumes(part)
        if part.prices:
            self._costs(part)

    def _place(self) -> Sheet:
        if self.sheet is None:
            t = self.book.edition.t
            self.sheet = self.book.sheet("base", t("sheet.base"), t("note.base"))
            self.sheet.ws.set_column(0, 0, 30)
            self.sheet.ws.set_column(1, 40, 17)
        return self.sheet

    def _volumes(self, part: SchemeBook) -> None:
        rule, columns = part.scheme.volume, part.columns
        plain = rule.basis in COLUMN_BASES or rule.basis == "performed"
        if plain and not rule.planned:
            for year in part.years:
                for unit in columns.units(year):
                    for service in part.scheme.service:
                        name = service.column if rule.basis in COLUMN_BASES else service.performed
                        part.paid[unit, year, service.id] = columns.at(unit, year, str(name))
            return
        sheet, labels, t = self._place(), self.book.edition.labels, self.book.edition.t
        names = [labels.service(part.id, service.id) for service in part.scheme.service]
        sheet.titles(self.row, [f"{t('part.paid')}: {part.label}", t("col.year"), *names], right=1)
        for year in part.years:
            for unit in columns.units(year):
                self.row += 1
                sheet.text(self.row, 0, unit)
                sheet.number(self.row, 1, year, "year")
                for k, service in enumerate(part.scheme.service, start=2):
                    made = self._paid(part, unit, year, service)
                    part.paid[unit, year, service.id] = sheet.formula(self.row, k, made, "volume")
        self.row += 3

    def _paid(self, part: SchemeBook, unit: str, year: int, service: Any) -> Expr:
        """Return what is paid for: what was decided or done, and less or more than the plan at its own rates."""
        rule, at = part.scheme.volume, part.columns.at
        allocated = expr(at(unit, year, service.column))
        if rule.basis in COLUMN_BASES:
            volume = allocated
        else:
            performed = expr(at(unit, year, str(service.performed)))
            volume = performed if rule.basis == "performed" else minimum(performed, allocated)
        if not rule.planned:
            return volume
        plan = expr(at(unit, year, str(service.planned)))
        gap = volume - plan
        below = part.stated("volume.marginal_below", rule.marginal_below, year, 1.0)
        above = part.stated("volume.marginal_above", rule.marginal_above, year, 1.0)
        paid = plan + below * minimum(gap, 0) + above * maximum(gap, 0)
        if rule.cap is not None:
            paid = minimum(paid, part.at("volume.cap", rule.cap, year) * plan)
        if rule.floor is not None:
            paid = maximum(paid, part.at("volume.floor", rule.floor, year) * plan)
        return paid

    def _costs(self, part: SchemeBook) -> None:
        price, columns = part.scheme.price, part.columns
        column = price.estimate_column if price.accounts == "estimate" else None
        column = column or part.model.cost_column
        outside = price.reserve_column if price.reserves == "outside" else None
        taken = [c for c in part.scheme.mix.component if c.treatment in ("refund", "block")]
        if not (taken or outside or part.funded()):
            for year in part.years:
                for unit in columns.units(year):
                    part.cells["cost_base", unit, year] = columns.cells[unit, year, column]
            return
        sheet, t = self._place(), self.book.edition.t
        head = [f"{t('part.cost_base')}: {part.label}", t("col.year"), t("col.cost"), t("col.cost_base")]
        sheet.titles(self.row, head, right=1)
        for year in part.years:
            for unit in columns.units(year):
                self.row += 1
                sheet.text(self.row, 0, unit)
                sheet.number(self.row, 1, year, "year")
                cost = sheet.formula(self.row, 2, expr(columns.at(unit, year, column)), "money")
                made = without_components(part, unit, year, cost)
                if outside:
                    made = made - columns.at(unit, year, outside)
                for rule in part.funded():
                    made = made - part.correction(rule, unit, year, 0.0)
                part.cells["cost_base", unit, year] = sheet.formula(self.row, 3, made, "money")
        self.row += 3


def without_components(part: SchemeBook, unit: str, year: int, cost: Expr) -> Expr:
    """Return a unit's cost less the components that are refunded or have a grant of their own."""
    made = cost
    for component in part.scheme.mix.component:
        if component.treatment == "price":
            continue
        share = component_share(part, component, year) if component.treatment == "refund" else expr(1)
        made = made - part.columns.at(unit, year, component.column) * share
    return made


def component_share(part: SchemeBook, component: Any, year: int) -> Expr:
    """Return the share of a cost component that is refunded."""
    from bench.modelfile.keys import label_of

    if "share" not in component.model_fields_set:
        return expr(component.share.at(year))
    return part.at(f"mix.component.{label_of(component, 0)}.share", component.share, year)


class IncomeSheet:
    """Writes income, unit by unit and year by year, scheme below scheme."""

    def __init__(self, book: Book, asked: AskedSheet):
        t = book.edition.t
        self.book, self.asked = book, asked
        self.sheet = book.sheet("income", t("sheet.income"), t("note.income"))
        self.sheet.ws.set_column(0, 0, 30)
        self.sheet.ws.set_column(1, 60, 17)
        self.row = TOP

    def begin(self, part: SchemeBook) -> IncomeRows:
        """Reserve a scheme's rows; they are written year by year, together with the settlement."""
        rows = IncomeRows(self.book, self.sheet, self.asked, part, self.row)
        self.row = rows.end
        return rows


class IncomeRows:
    """The rows of one scheme on the income sheet."""

    def __init__(self, book: Book, sheet: Sheet, asked: AskedSheet, part: SchemeBook, top: int):
        self.book, self.sheet, self.asked, self.part, self.top = book, sheet, asked, part, top
        t, labels = book.edition.t, book.edition.labels
        services = [labels.service(part.id, s.id) for s in part.scheme.service] if part.prices else []
        rule = part.scheme.transition
        self.moves = "phase_in" in rule.model_fields_set or rule.hold_harmless is not None or rule.cap is not None
        self.splits = part.scheme.block.kind in ("criteria", "historic-share", "norm-share", "lump-sum")
        blocks = ["split_weight", "split_floor"] if self.splits else []
        blocks += ["whole_block", "grant_fall"] if part.feeds("block") else []
        names = [labels.correction(part.id, c.name.en) for c in part.scheme.correction]
        titles = [
            *(part.label, t("col.year"), *services, t("col.activity_income")),
            *(t(f"col.{name}") for name in (*blocks, "block_income", "refund")),
            *names,
            *((t("correction.transition"),) if self.moves else ()),
            *(t("col.corrections"), t("col.income")),
        ]
        sheet.titles(top, titles, right=1)
        self.engine_at = len(titles)
        self.compared = ("activity_income", "block_income", "refund", "corrections", "income")
        engine = [f"{t('col.engine')}: {t(f'col.{name}')}" for name in self.compared]
        sheet.titles(top, engine, right=0, start=self.engine_at)
        self.rows = {key: top + 1 + k for k, key in enumerate((u, y) for y in part.settled for u in part.rows(y))}
        self.end = top + len(self.rows) + 3
        self.totals: dict[int, Expr] = {}

    # -- one year ------------------------------------------------------------------------------------------

    def year(self, year: int) -> None:
        """Write every unit's income in a year."""
        units = self.part.rows(year)
        if not units:
            return
        column = 2
        activity, column = self._activity(units, year, column)
        block, column = self._block(units, year, column)
        for unit in units:
            self._rest(unit, year, column, activity[unit], block[unit])

    def _put(self, unit: str, year: int, column: int, name: str, made: Expr, kind: str = "money") -> Cell:
        cell = self.sheet.formula(self.rows[unit, year], column, made, kind)
        self.part.cells[name, unit, year] = cell
        return cell

    def _activity(self, units: list[str], year: int, column: int) -> tuple[dict[str, Cell], int]:
        part = self.part
        services = part.scheme.service if part.prices else ()
        share = part.stated("mix.activity", part.scheme.mix.activity, year, 1.0)
        made = {}
        for unit in units:
            self.sheet.text(self.rows[unit, year], 0, unit)
            self.sheet.number(self.rows[unit, year], 1, year, "year")
            lines = []
            for k, service in enumerate(services):
                line = self._line(unit, year, service, share)
                lines.append(self._put(unit, year, column + k, f"line.{service.id}", line))
            income = clean(total(span(lines, fixed=False))) if lines else expr(0)
            made[unit] = self._put(unit, year, column + len(services), "activity_income", income)
        return made, column + len(services) + 1

    def _line(self, unit: str, year: int, service: Any, share: Number) -> Expr:
        part = self.part
        price = part.cells.get(("price", year, part.class_of(unit), service.id))
        if price is None:
            return expr(0)
        amount = expr(part.volume(unit, year, service)) * price.fixed
        return rounded(amount if not isinstance(share, Expr) and share == 1.0 else amount * share, part.amount_rule)

    # -- block grant ---------------------------------------------------------------------------------------

    def _year_before(self, year: int) -> int:
        """Year whose accounts stand for last year's."""
        return year - 1 if year - 1 in self.part.years else year

    def _block(self, units: list[str], year: int, column: int) -> tuple[dict[str, Cell], int]:
        kind = self.part.scheme.block.kind
        components = {unit: self._component(unit, year) for unit in units}
        made: dict[str, Expr] = {}
        if kind == "incremental":
            for unit in units:
                made[unit] = self._with(components[unit], self._incremental(unit, year))
        elif self.splits:
            grants = self._split_grant(units, year, column)
            made = {unit: self._with(components[unit], grants[unit]) for unit in units}
            column += 2
        else:
            made = {unit: components[unit] or expr(0) for unit in units}
        if self.part.feeds("block"):
            made = self._less_asked(units, year, column, made)
            column += 2
        return {unit: self._put(unit, year, column, "block_income", made[unit]) for unit in units}, column + 1

    def _less_asked(self, units: list[str], year: int, column: int, whole: dict[str, Expr]) -> dict[str, Expr]:
        """Take the requirement out of the grant, from the accounts the grant goes on from."""
        part, rule = self.part, self.part.scheme.block
        if rule.kind == "incremental":
            base = self._year_before(year)
        elif rule.total is None:
            base = self._base_year(year)
        else:
            base = max(min(min(part.required_years) - 1, year - 1), part.years[0])
        costs = {unit: expr(part.columns.at(unit, base, part.model.cost_column)) for unit in part.columns.units(base)}
        share = part.stated("mix.activity", part.scheme.mix.activity, year, 1.0)
        taken = part.frontier_share(year)
        taken = taken * share if isinstance(taken, Expr) or taken else 0.0
        asked = self.asked.year(part, year, base, taken=taken, frontier=costs if taken != 0.0 else None)
        made = {}
        for unit in units:
            before = self._put(unit, year, column, "whole_block", whole[unit])
            here = (unit, year, part.model.cost_column) in part.columns.cells
            amount = rounded(_same(asked[unit]), part.amount_rule) if here and unit in asked else expr(0)
            made[unit] = before - self._put(unit, year, column + 1, "grant_fall", amount)
        return made

    def _with(self, component: Expr | None, grant: Expr) -> Expr:
        return grant if component is None else component + grant

    def _component(self, unit: str, year: int) -> Expr | None:
        """Components paid as a block: last year's amount, indexed."""
        part = self.part
        found = [c for c in part.scheme.mix.component if c.treatment == "block"]
        if not found or not part.columns.cells.get((unit, year, part.model.cost_column)):
            return None
        base = self._year_before(year)
        moved = part.index.chain(base, year)
        return rounded(added([part.columns.at(unit, base, c.column) * moved for c in found]), part.amount_rule)

    def _incremental(self, unit: str, year: int) -> Expr:
        part, rule = self.part, self.part.scheme.block
        if (unit, year, part.model.cost_column) not in part.columns.cells:
            return expr(0)
        base_year = self._year_before(year)
        base = self._granted_cost(unit, base_year)
        share = part.stated("mix.block", part.scheme.mix.block, year, 0.0)
        if isinstance(share, Expr):
            base = base * when(share.equals(0), 1, share)
        elif share not in (0.0, 1.0):
            base = base * share
        last = part.cells.get(("block_income", unit, year - 1))
        if rule.base == "budget" and last is not None:
            base = when(last > 0, last, base)
        made = base if base_year == year else base * part.index.chain(base_year, year)
        if part.says("block.need"):
            made = made * (1 + part.at("block.need", rule.need, year))
        result = part.cells.get(("result", unit, year - 1))
        if part.says("block.carry") and result is not None:
            made = made + part.at("block.carry", rule.carry, year) * result
        return rounded(made, part.amount_rule)

    def _split_grant(self, units: list[str], year: int, column: int) -> dict[str, Expr]:
        """Split the scheme's grant by shares, to the øre: whole øre first, the rest to the largest remainders."""
        part = self.part
        weights = {
            unit: self._put(unit, year, column, "split_weight", w, "weight") for unit, w in self._shares(units, year)
        }
        grant = self._total(year)
        steps = rounded(grant, part.amount_rule) * 100
        return split_rows(self.sheet, [self.rows[u, year] for u in units], column + 1, steps, list(weights.items()))

    def _shares(self, units: list[str], year: int) -> list[tuple[str, Expr]]:
        part, rule, columns = self.part, self.part.scheme.block, self.part.columns
        cost = part.model.cost_column
        if rule.kind == "criteria":
            made: dict[str, list[Expr]] = {unit: [] for unit in units}
            for criterion in rule.criterion:
                values = {u: self._criterion(u, year, criterion.columns) for u in units}
                if len(criterion.columns) == 1:
                    whole = columns.total(year, criterion.column)
                else:
                    one, other = (columns.of_year(year, name) for name in criterion.columns)
                    whole = products(span(one), span(other))
                weight = part.at(f"block.criterion.{criterion.column}.weight", criterion.weight, year)
                for unit in units:
                    made[unit].append(weight * values[unit] / whole)
            return [(unit, added(made[unit])) for unit in units]
        if rule.kind in ("historic-share", "norm-share"):
            of = self._year_before(year) if rule.kind == "norm-share" else self._base_year(year)
            base = rule.share_year if rule.share_year is not None else of
            here = set(columns.units(year))
            if rule.kind == "norm-share":
                return [(u, expr(part.norms.get((u, base), 0.0)) if u in here else expr(0)) for u in units]
            return [(u, self._granted_cost(u, base) if u in here else expr(0)) for u in units]
        return [(unit, expr(1 if (unit, year, cost) in columns.cells else 0)) for unit in units]

    def _granted_cost(self, unit: str, year: int) -> Expr:
        """Accounts a grant goes on from: what is paid in its own way is not in the grant too."""
        return without_components(
            self.part, unit, year, expr(self.part.columns.at(unit, year, self.part.model.cost_column))
        )

    def _criterion(self, unit: str, year: int, names: tuple[str, ...]) -> Expr:
        made = expr(self.part.columns.at(unit, year, names[0]))
        for name in names[1:]:
            made = made * self.part.columns.at(unit, year, name)
        return made

    def _base_year(self, year: int) -> int:
        """Year whose accounts total and shares are of: last year's, or those before the system."""
        if self.part.scheme.block.base == "accounts":
            return self._year_before(year)
        first = self.part.first_year
        return first - 1 if first - 1 in self.part.years else first

    def _total(self, year: int) -> Expr:
        part, rule = self.part, self.part.scheme.block
        if rule.total is not None:
            base = year if rule.indexed_from is None else rule.indexed_from
            made = part.at("block.total", rule.total, year)
        else:
            assert rule.total_share is not None
            base = self._base_year(year)
            whole = part.columns.total(base, part.model.cost_column)
            if any(component.treatment != "price" for component in part.scheme.mix.component):
                whole = added([self._granted_cost(unit, base) for unit in part.columns.units(base)])
            made = part.at("block.total_share", rule.total_share, year) * whole
        if base != year:
            made = made * part.index.chain(base, year)
        if part.says("block.need"):
            for later in range(base + 1, year + 1):
                made = made * (1 + part.at("block.need", rule.need, later))
        return made

    # -- refund, corrections, transition -------------------------------------------------------------------

    def _rest(self, unit: str, year: int, column: int, activity: Cell, block: Cell) -> None:
        part = self.part
        here = (unit, year, part.model.cost_column) in part.columns.cells
        refund = self._put(unit, year, column, "refund", self._refund(unit, year) if here else expr(0))
        column += 1
        parts: list[Expr] = []
        for k, rule in enumerate(part.scheme.correction):
            made = expr(0)
            if here:
                amount = part.correction(rule, unit, year, activity if rule.kind in ON_INCOME else 0.0)
                made = rounded(amount, part.amount_rule)
            parts.append(self._put(unit, year, column, f"correction.{k}", made))
            column += 1
        if self.moves:
            before = added([activity, block, refund, *parts])
            made = self._transition(unit, year, before) if here else expr(0)
            parts.append(self._put(unit, year, column, "transition", made))
            column += 1
        whole = clean(total(span(parts, fixed=False))) if parts else expr(0)  # type: ignore[arg-type]
        corrections = self._put(unit, year, column, "corrections", whole)
        income = clean(added([activity, block, refund, corrections]))
        self._put(unit, year, column + 1, "income", income)
        row = part.settlement[unit, year]
        for k, name in enumerate(self.compared):
            engine = self.sheet.number(self.rows[unit, year], self.engine_at + k, row[name] or 0.0, "money", "engine")
            part.cells[f"engine.{name}", unit, year] = engine

    def _refund(self, unit: str, year: int) -> Expr:
        part, mix = self.part, self.part.scheme.mix
        found = [c for c in mix.component if c.treatment == "refund"]
        parts = [part.columns.at(unit, year, c.column) * component_share(part, c, year) for c in found]
        share = part.stated("mix.refund", mix.refund, year, 0.0)
        made = added(parts)
        if isinstance(share, Expr) or share:
            priced = expr(part.columns.at(unit, year, part.model.cost_column))
            made = share * (priced - made if parts else priced) + made if parts else share * priced
        return rounded(made, part.amount_rule) if (parts or isinstance(share, Expr)) else expr(0)

    def _transition(self, unit: str, year: int, income: Expr) -> Expr:
        part, rule = self.part, self.part.scheme.transition
        growth = part.index.chain(year - 1, year)
        cost = expr(part.columns.at(unit, year - 1, part.model.cost_column)) * growth
        settled_before = any(y == year - 1 for y in part.settled)
        last = part.cells.get(("income", unit, year - 1))
        earned = (expr(0) if last is None else last * growth) if settled_before else cost
        old = earned if rule.reference == "last-income" else cost
        moved = income
        if part.says("transition.phase_in"):
            weight = part.at("transition.phase_in", rule.phase_in, year)
            moved = weight * income + (1 - weight) * old
        if rule.hold_harmless is not None:
            moved = maximum(moved, part.at("transition.hold_harmless", rule.hold_harmless, year) * earned)
        if rule.cap is not None:
            moved = minimum(moved, part.at("transition.cap", rule.cap, year) * earned)
        return rounded(moved - income, part.amount_rule)

    def compare(self) -> None:
        """Note what must equal the engine's numbers."""
        for name in self.compared:
            self.book.compare(
                f"{self.book.edition.t(f'col.{name}')}: {self.part.label}",
                [self.part.cells[name, unit, year] for unit, year in self.rows],
                [self.part.cells[f"engine.{name}", unit, year] for unit, year in self.rows],
                ORE,
            )


def split_rows(
    sheet: Sheet, rows: list[int], column: int, steps: Expr, weights: list[tuple[str, Cell]]
) -> dict[str, Expr]:
    """Split whole øre by weights: write each part's whole øre, and return the parts with the rest handed out.

    The rest goes one øre each to the largest remainders, the first by name where they are alike.
    """
    cells = [cell for _, cell in weights]
    whole = total(span(cells))
    exact = [steps * cell / whole for cell in cells]
    if not whole.value:
        exact = [steps / len(cells) for _ in cells]
    floors = [
        sheet.formula(row, column, Expr(f"INT({part.text}+0.0000001)", float(int(part.value + 1e-7))), "number")
        for row, part in zip(rows, exact, strict=True)
    ]
    given = total(span(floors))
    left = Expr(f"{steps.at(6)}-{given.text}", steps.value - given.value, 6)
    remainders = [part.value - floor.value for part, floor in zip(exact, floors, strict=True)]
    order = sorted(range(len(cells)), key=lambda k: (-round(remainders[k], 6), k))
    gets = set(order[: round(left.value)])
    made = {}
    steps_text, weight_span, floor_span = steps.at(7), span(cells).text, span(floors).text
    others = f"ROUND({steps_text}*{weight_span}/SUM({weight_span})-{floor_span},6)"
    rows_span = f"ROW({weight_span})"
    for k, (name, cell) in enumerate(weights):
        own = f"ROUND({exact[k].text}-{floors[k].text},6)"
        rank = f"SUMPRODUCT(({others}>{own})+({others}={own})*({rows_span}<ROW({cell.text})))"
        value = (floors[k].value + (1 if k in gets else 0)) / 100
        made[name] = Expr(f"({floors[k].text}+IF({rank}<ROUND({left.text},0),1,0))/100", value, 7)
    return made


def _same(cell: Expr) -> Expr:
    return Expr(cell.text, cell.value, cell.level)
