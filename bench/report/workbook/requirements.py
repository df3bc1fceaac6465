"""Requirements by formula: each unit's path, and what it takes out of prices and grants."""

from __future__ import annotations

from typing import Any

from bench.report.facts import Row, rows
from bench.report.workbook.expressions import Expr, Number, added, expr, maximum, minimum, total, when
from bench.report.workbook.grid import InputGrid
from bench.report.workbook.scheme import ORE, SchemeBook
from bench.report.workbook.sheet import TOP, Book, Cell, Sheet, span

#: Columns of a unit's path in one year.
_YEARLY = ("individual", "general", "requirement", "requirement_nok", "allowed_cost")
#: A gap this small is none: 1 − 0.98 is a hair above 0.02 in binary.
_HAIR = 1e-12


class RequirementSheet:
    """Writes the requirements: one row per unit, the years of the path beside each other."""

    def __init__(self, book: Book, grid: InputGrid, parts: list[SchemeBook]):
        t = book.edition.t
        self.book, self.grid = book, grid
        self.sheet = book.sheet("requirements", t("sheet.requirements"), t("note.requirements"))
        self.sheet.ws.set_column(0, 0, 30)
        self.sheet.ws.set_column(1, 60, 16)
        self.row = TOP
        found: dict[str, dict[str, list[Row]]] = {}
        for row in sorted(rows(book.edition.facts.run.requirements), key=lambda r: (str(r["unit"]), r["year"])):
            found.setdefault(str(row["scheme"]), {}).setdefault(str(row["unit"]), []).append(row)
        self.shifts = self._shifts(parts, found)
        for part in parts:
            if part.id in found:
                self._scheme(part, found[part.id])

    def _shifts(self, parts: list[SchemeBook], found: dict[str, dict[str, list[Row]]]) -> dict[str, Cell]:
        """Write what the frontier itself moves a year, as it was measured, where the requirement adds it."""
        t = self.book.edition.t
        rule: Any = parts[0].model.requirement
        if rule.frontier_shift == "none":
            return {}
        made = {}
        self.grid.section(t("part.shift"), [t("col.scheme"), t("col.year"), t("col.frontier_shift")], t("note.scores"))
        for part in parts:
            if part.id in found:
                path = next(iter(found[part.id].values()))
                stated = rule.general.at(path[0]["year"])
                shift = 1 - (1 - path[0]["general"]) / (1 - stated)
                row = self.grid.line(part.label, path[0]["base_year"])
                made[part.id] = self.grid.put(("shift", part.id), row, 2, shift, "share")
        self.grid.end()
        return made

    def _scheme(self, part: SchemeBook, by_unit: dict[str, list[Row]]) -> None:
        """Write one scheme's path."""
        sheet, t = self.sheet, self.book.edition.t
        first = next(iter(by_unit.values()))
        years, base_year = [int(row["year"]) for row in first], int(first[0]["base_year"])
        head = [part.label, t("col.year"), t("col.base_cost"), t("col.norm"), t("col.influenceable"), t("col.gap")]
        head += [f"{t(f'col.{name}')} {year}" for year in years for name in _YEARLY]
        head += [
            f"{t('col.engine')}: {t(f'col.{n}')} {year}" for year in years for n in ("requirement", "allowed_cost")
        ]
        sheet.titles(self.row, head, right=1)
        names = (("requirement", "percent", 1e-9), ("allowed_cost", "money", 0.01))
        beside: dict[tuple[str, str, int], Cell] = {}
        part.required_years.update(years)
        general = [self._general(part, year) for year in years]
        engine_at = 6 + len(_YEARLY) * len(years)
        for unit, path in by_unit.items():
            self.row += 1
            self._unit(part, unit, base_year, years, general)
            for k, year in enumerate(years):
                for j, (name, kind, _) in enumerate(names):
                    at = engine_at + 2 * k + j
                    beside[name, unit, year] = sheet.number(self.row, at, path[k][name], kind, "engine")
        # Year by year, so that what is compared stands below each other.
        keys = [(unit, year) for year in years for unit in by_unit]
        for name, _, tolerance in names:
            ours = [part.cells[name, unit, year] for unit, year in keys]
            theirs = [beside[name, unit, year] for unit, year in keys]
            self.book.compare(f"{t(f'col.{name}')}: {part.label}", ours, theirs, tolerance)
        self.row += 3

    def _general(self, part: SchemeBook, year: int) -> Expr:
        """The general requirement of a year, with what the frontier itself moves."""
        rule: Any = part.model.requirement
        stated = expr(0)
        if "general" in rule.model_fields_set:
            stated = part.parameters.at("requirement.general", rule.general, year)
        if part.id not in self.shifts:
            return stated
        return 1 - (1 - stated) * (1 - self.shifts[part.id].fixed)

    def _unit(self, part: SchemeBook, unit: str, base_year: int, years: list[int], general: list[Expr]) -> None:
        """Write one row: the gap, and year by year what is asked and what is left."""
        rule: Any = part.model.requirement
        sheet, row = self.sheet, self.row
        sheet.text(row, 0, unit)
        sheet.number(row, 1, base_year, "year")
        cost = sheet.formula(row, 2, expr(part.columns.at(unit, base_year, part.cost_column)), "money")
        chosen = part.cells.get(("evidence", unit, base_year)) or part.norms[unit, base_year]
        norm = sheet.formula(row, 3, _same(expr(chosen)), "money")
        bites = expr(1)
        if rule.cost is not None:
            bites = minimum(expr(part.columns.at(unit, base_year, rule.cost)) / cost, 1)
        bites_on = sheet.formula(row, 4, bites, "percent")
        exempt = any(e.unit == unit and e.covers(years[0]) for e in rule.exemption)
        gap = sheet.formula(row, 5, expr(0) if exempt else self._gap(part, cost, norm, years), "percent")
        allowed: Cell = cost
        left: Expr = expr(1)
        for k, year in enumerate(years):
            at = 6 + len(_YEARLY) * k
            rests = self._rests(part, unit, year)
            own, common = self._individual(part, gap, k, years), general[k]
            individual = sheet.formula(row, at, own if rests is None else when(rests, 0, own), "percent")
            rate = sheet.formula(row, at + 1, common if rests is None else when(rests, 0, common), "percent")
            both: Expr = 1 - (1 - individual) * (1 - rate)
            if "least" in rule.model_fields_set and not exempt:
                both = maximum(both, part.parameters.at("requirement.least", rule.least, years[0]))
                both = both if rests is None else when(rests, 0, both)
            asked = sheet.formula(row, at + 2, both, "percent")
            left = (1 - asked) if k == 0 else left * (1 - asked)
            now: Expr = allowed * (1 - asked)
            if rule.cost is not None:
                now = cost * (1 - bites_on + bites_on * left)
            after = sheet.formula(row, at + 4, now, "money")
            sheet.formula(row, at + 3, allowed - after, "money")
            allowed = after
            for name, cell in (("individual", individual), ("general", rate), ("requirement", asked)):
                part.cells[name, unit, year] = cell
            part.cells["allowed", unit, year] = part.cells["allowed_cost", unit, year] = after

    def _rests(self, part: SchemeBook, unit: str, year: int) -> Expr | None:
        """Whether a unit's requirement rests in a year: its quality fell in the accounts the year is decided on."""
        rule = part.model.quality
        if rule is None or not rule.rest:
            return None
        seen = year - max(part.scheme.price.lag, 1)
        now, before = (part.columns.cells.get((unit, y, rule.column)) for y in (seen, seen - 1))
        if now is None or before is None:
            return None
        fall = before - now if rule.better == "higher" else now - before
        return fall > part.parameters.at("quality.fall", rule.fall, year)

    def _gap(self, part: SchemeBook, cost: Cell, norm: Cell, years: list[int]) -> Expr:
        rule: Any = part.model.requirement
        share = 1 - norm / cost
        gap: Expr = when(share > _HAIR, share, 0)
        if "floor" in rule.model_fields_set:
            gap = minimum(gap, 1 - part.parameters.at("requirement.floor", rule.floor, years[0]))
        if "individual_share" not in rule.model_fields_set:
            return gap
        return gap * part.parameters.at("requirement.individual_share", rule.individual_share, years[0])

    def _individual(self, part: SchemeBook, gap: Cell, k: int, years: list[int]) -> Expr:
        """What is taken in year ``k`` of what was allowed before it, at most the corridor."""
        rule: Any = part.model.requirement
        n = len(years)
        if rule.path == "compound":
            made = 1 - (1 - gap) ** Expr(f"(1/{n})", 1 / n)
        else:
            made = 1 - self._remaining(part, gap, k + 1, years) / self._remaining(part, gap, k, years)
        if rule.corridor is not None:
            made = minimum(made, part.parameters.at("requirement.corridor", rule.corridor, years[0]))
        return made

    def _remaining(self, part: SchemeBook, gap: Cell, k: int, years: list[int]) -> Expr:
        rule: Any = part.model.requirement
        if k == 0:
            return expr(1)
        if rule.path != "glide":
            return Expr(f"(1-{gap.text}*{k}/{len(years)})", 1 - gap.value * k / len(years))
        glide = part.parameters.at("requirement.glide", rule.glide, years[0])
        removed = 1 - (1 - glide) ** k
        return Expr(f"({(1 - gap * removed).text})", 1 - gap.value * removed.value)


class AskedSheet:
    """Writes what a requirement takes out of a year's price or grant: one row per unit, block below block."""

    COLUMNS = ("cost", "individual", "general", "frontier_cost", "individual_nok", "general_nok", "required_nok")

    def __init__(self, book: Book):
        self.book = book
        self.sheet: Sheet | None = None
        self.row = TOP
        found = rows(book.edition.facts.run.requirement_effect)
        self.engine = {(str(r["scheme"]), str(r["unit"]), int(r["year"])): r for r in found}

    def _place(self) -> Sheet:
        if self.sheet is None:
            t = self.book.edition.t
            self.sheet = self.book.sheet("asked", t("sheet.asked"), t("note.asked"))
            self.sheet.ws.set_column(0, 0, 30)
            self.sheet.ws.set_column(1, 40, 17)
        return self.sheet

    def year(
        self,
        part: SchemeBook,
        year: int,
        cost_year: int,
        *,
        start: int | None = None,
        taken: Number = 0.0,
        frontier: dict[str, Expr] | None = None,
    ) -> dict[str, Cell]:
        """Write a block and return what is asked of each unit with accounts in the cost year, in the year's prices.

        Parameters
        ----------
        start : int, optional
            Last year whose requirement is in what the decision moves already; the cost year when left out.
        taken : number
            Share of the gap a frontier in the price takes.
        frontier : dict of unit to expression, optional
            Cost of each unit's volume at that frontier.
        """
        sheet, t = self._place(), self.book.edition.t
        units = part.columns.units(cost_year)
        begin = cost_year if start is None else start
        years = [later for later in range(begin + 1, year + 1) if later in part.required_years]
        title = f"{part.label} {cost_year} → {year}"
        engine = ("individual_nok", "general_nok", "required_nok")
        beside = [f"{t('col.engine')}: {t(f'col.{name}')}" for name in engine]
        sheet.titles(self.row, [title, t("col.year"), *(t(f"col.{n}") for n in self.COLUMNS), *beside], right=1)
        factor = part.index.chain(cost_year, year)
        # The individual part acts on what a frontier in the price has left of the gap.
        looks = isinstance(taken, Expr) or taken != 0.0
        rest = 1 - expr(taken)
        made: dict[str, Cell] = {}
        ours: dict[str, list[Cell]] = {name: [] for name in engine}
        theirs: dict[str, list[Cell]] = {name: [] for name in engine}
        for unit in units:
            self.row += 1
            row = self.row
            sheet.text(row, 0, unit)
            sheet.number(row, 1, year, "year")
            cost = sheet.formula(row, 2, expr(part.columns.at(unit, cost_year, part.model.cost_column)), "money")
            own, common = (
                sheet.formula(row, 3 + k, _compounded(part, name, unit, years), "percent")
                for k, name in enumerate(("individual", "general"))
            )
            at = sheet.formula(row, 5, frontier[unit] if frontier is not None else expr(0), "money")
            kept: Expr = rest * cost + taken * at if looks else cost
            asked = {
                "individual_nok": (rest * own if looks else own) * cost * (1 - common) * factor,
                "general_nok": common * Expr(f"({kept.text})", kept.value) * factor,
            }
            cells = {name: sheet.formula(row, 6 + k, value, "money") for k, (name, value) in enumerate(asked.items())}
            cells["required_nok"] = sheet.formula(row, 8, added(list(cells.values())), "money")
            made[unit] = part.cells["asked", unit, year] = cells["required_nok"]
            found = self.engine.get((part.id, unit, year))
            for k, name in enumerate(engine):
                if found is not None:
                    ours[name].append(cells[name])
                    theirs[name].append(sheet.number(row, 9 + k, found[name], "money", "engine"))
        for name in engine:
            self.book.compare(f"{t(f'col.{name}')}: {part.label} {year}", ours[name], theirs[name], ORE)
        self.row += 2
        return made


def asked_total(asked: dict[str, Cell]) -> Expr:
    """What is asked of all units of a block together."""
    return total(span(list(asked.values())))


def _compounded(part: SchemeBook, name: str, unit: str, years: list[int]) -> Expr:
    """``1 − Π (1 − x)`` over the years; a unit without a row has no individual part, and the common general one."""
    parts = [part.required(name, unit, year) for year in years]
    if not parts:
        return expr(0)
    left = 1 - parts[0]
    for one in parts[1:]:
        left = left * (1 - one)
    return 1 - left if len(parts) > 1 else _same(parts[0])


def _same(cell: Expr) -> Expr:
    return Expr(cell.text, cell.value, cell.level)
