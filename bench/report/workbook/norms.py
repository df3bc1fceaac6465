"""Efficiency, norms and requirements by formula; the efficiencies are inputs, as the frontier found them."""

from __future__ import annotations

from typing import Any

from bench.report.facts import Row, rows
from bench.report.workbook.expressions import Expr, added, expr, maximum, minimum, percentile, smallest, total
from bench.report.workbook.scheme import SchemeBook
from bench.report.workbook.sheet import TOP, Book, Cell, span

_COLUMNS = ("weighted_volume", "unit_cost", "average_norm", "best_practice_norm", "efficiency", "norm", "potential")


class NormSheet:
    """Writes norms, scheme below scheme and year below year."""

    def __init__(self, book: Book):
        t = book.edition.t
        self.book = book
        self.sheet = book.sheet("norms", t("sheet.efficiency"), t("note.norms"), name=t("sheet.efficiency"))
        self.sheet.ws.set_column(0, 0, 30)
        self.sheet.ws.set_column(1, 40, 17)
        self.row = TOP
        run = book.edition.facts.run
        self.rows = {(r["scheme"], str(r["unit"]), r["year"]): r for r in rows(run.norms)}
        self.scores = {(r["scheme"], str(r["unit"]), r["year"]): r for r in rows(run.efficiency)}
        self.parts: list[SchemeBook] = []

    def add(self, part: SchemeBook) -> None:
        """Write one scheme's norms."""
        for year in part.years:
            units = [unit for unit in part.columns.units(year) if (part.id, unit, year) in self.rows]
            if units:
                self._year(part, year, units)

    def _year(self, part: SchemeBook, year: int, units: list[str]) -> None:
        sheet, t = self.sheet, self.book.edition.t
        engine = ("norm", "average_norm", "potential")
        titles = [part.label, t("col.year"), *(t(f"col.{name}") for name in _COLUMNS)]
        sheet.titles(self.row, [*titles, *(f"{t('col.engine')}: {t(f'col.{name}')}" for name in engine)], right=1)
        top = self.row + 1
        costs = part.columns.of_year(year, part.model.cost_column)
        weights = self._weights(part, year)
        volumes, ratios = [], []
        for k, unit in enumerate(units):
            sheet.text(top + k, 0, unit)
            sheet.number(top + k, 1, year, "year")
            found = [
                expr(part.columns.at(unit, year, s.column)) * w
                for s, w in zip(part.scheme.service, weights, strict=True)
            ]
            volumes.append(sheet.formula(top + k, 2, added(found), "money"))
            ratios.append(sheet.formula(top + k, 3, costs[k] / volumes[k], "level"))
        level = total(span(costs)) / total(span(volumes))
        best = self._best(part, year, ratios)
        cells: dict[str, list[Cell]] = {name: [] for name in engine}
        cells["average_norm"] = [sheet.formula(top + k, 4, volume * level, "money") for k, volume in enumerate(volumes)]
        practice = [sheet.formula(top + k, 5, volume * best, "money") for k, volume in enumerate(volumes)]
        simple = {"average": cells["average_norm"], "best-practice": practice}
        cells["norm"] = self._norms(part, year, units, costs, simple, top)
        for k, unit in enumerate(units):
            part.norms[unit, year] = part.cells["norm", unit, year] = cells["norm"][k]
            potential = maximum(costs[k] - cells["norm"][k], 0)
            cells["potential"].append(sheet.formula(top + k, 8, potential, "money"))
        for k, name in enumerate(engine):
            beside = [
                sheet.number(top + j, 9 + k, self.rows[part.id, unit, year][name], "money", "engine")
                for j, unit in enumerate(units)
            ]
            self.book.compare(f"{t(f'col.{name}')}: {part.label} {year}", cells[name], beside, 0.01)
        self.row = top + len(units) + 2

    def _weights(self, part: SchemeBook, year: int) -> list[Expr]:
        """Weights in force in a year; a rule that needs a cost base takes the scheme's first year."""
        made = []
        for service in part.scheme.service:
            path = f"service.{service.id}"
            if service.weight is not None:
                weight = part.at(f"{path}.weight", service.weight, year)
            elif service.weight_rule is not None:
                base = part.years[0]
                ruled = sum(s.weight_rule is not None for s in part.scheme.service)
                cost = part.columns.total(base, part.model.cost_column)
                weight = cost / (ruled * part.columns.total(base, service.column))
            elif service.price is not None:
                entry = service.price.entries[0]
                key = f"scheme.{part.id}.{path}.price"
                weight = part.parameters.number(key, entry.from_, entry.value, part.id, entry)
            else:
                weight = expr(1)
            if service.policy_factor.entries != type(service).model_fields["policy_factor"].default.entries:
                weight = weight * part.at(f"{path}.policy_factor", service.policy_factor, year)
            made.append(weight)
        return made

    def _best(self, part: SchemeBook, year: int, ratios: list[Cell]) -> Expr:
        rule = part.model.norm
        if rule.quantile is not None:
            return percentile(span(ratios), part.parameters.at("norm.quantile", rule.quantile, year))
        return smallest(span(ratios), rule.k if rule.k is not None else 1)

    def _norms(
        self, part: SchemeBook, year: int, units: list[str], costs: list[Cell], simple: dict[str, list[Cell]], top: int
    ) -> list[Cell]:
        """Write the norms: what the source gives, after floor, share of own cost, and calibration to a total."""
        rule = part.model.norm
        raw = [
            self._raw(part, year, unit, cost, simple, k, top + k)
            for k, (unit, cost) in enumerate(zip(units, costs, strict=True))
        ]
        if "own_cost_share" in rule.model_fields_set:
            share = part.parameters.at("norm.own_cost_share", rule.own_cost_share, year)
            raw = [share * cost + (1 - share) * made for cost, made in zip(costs, raw, strict=True)]
        if rule.calibrate == "none":
            return [self.sheet.formula(top + k, 7, made, "money") for k, made in enumerate(raw)]
        before = [self.sheet.formula(top + k, 12, made, "money") for k, made in enumerate(raw)]
        whole: Expr = total(span(costs))
        if rule.total is not None:
            everyone = [part.parameters.at("norm.total", rule.total, year) * whole / self._everyone(year)]
            whole = everyone[0]
        scaled = [cell * whole / total(span(before)) for cell in before]
        return [self.sheet.formula(top + k, 7, made, "money") for k, made in enumerate(scaled)]

    def _everyone(self, year: int) -> Expr:
        """The cost of all schemes in a year."""
        return added([part.columns.total(year, part.model.cost_column) for part in self.parts if year in part.years])

    def _raw(
        self, part: SchemeBook, year: int, unit: str, cost: Cell, simple: dict[str, list[Cell]], k: int, at: int
    ) -> Expr:
        rule, parameters = part.model.norm, part.parameters
        if rule.source in simple:
            made: Expr = simple[rule.source][k]
            if "floor" in rule.model_fields_set:
                made = maximum(made, parameters.at("norm.floor", rule.floor, year) * cost)
            return Expr(made.text, made.value, made.level)
        score = self.scores.get((part.id, unit, year), {})
        value = score.get("efficiency" if rule.source == "frontier" else f"efficiency_{rule.source}")
        key = ("efficiency", part.id, unit, year)
        if value is None:
            row = self.rows[part.id, unit, year]
            return cost * self.sheet.input(key, at, 6, row["norm"] / row["cost"], "share")
        made = self.sheet.input(key, at, 6, value, "share")
        tolerance: Expr | float = 1.0
        if "tolerance" in rule.model_fields_set:
            tolerance = parameters.at("norm.tolerance", rule.tolerance, year)
        made = minimum(made / tolerance, 1) if isinstance(tolerance, Expr) else minimum(made, 1)
        floors = [
            parameters.at(f"{name}.floor", section.floor, year)
            for name, section in (("frontier", part.model.frontier), ("norm", rule))
            if "floor" in section.model_fields_set
        ]
        return cost * (maximum(made, *floors) if floors else made)


class RequirementSheet:
    """Writes the requirements, one block per year of the path."""

    def __init__(self, book: Book):
        t = book.edition.t
        self.book = book
        self.sheet = book.sheet("requirements", t("sheet.requirements"), t("note.requirements"))
        self.sheet.ws.set_column(0, 0, 30)
        self.sheet.ws.set_column(1, 60, 16)
        self.row = TOP

    def add(self, part: SchemeBook, found: list[Row]) -> None:
        """Write one scheme's path."""
        if not found:
            return
        rule: Any = part.model.requirement
        years = sorted({row["year"] for row in found})
        by_unit: dict[str, list[Row]] = {}
        for row in sorted(found, key=lambda r: (str(r["unit"]), r["year"])):
            by_unit.setdefault(str(row["unit"]), []).append(row)
        sheet, t = self.sheet, self.book.edition.t
        names = ("individual", "general", "requirement", "requirement_nok", "allowed_cost")
        head = [part.label, t("col.base_cost"), t("col.gap")]
        head += [f"{t(f'col.{name}')} {year}" for year in years for name in names]
        engine = [f"{t('col.engine')}: {t('col.allowed_cost')} {year}" for year in years]
        sheet.titles(self.row, [*head, *engine], right=1)
        base_year = part.years[-1]
        stated = "general" in rule.model_fields_set
        general = [
            part.parameters.at("requirement.general", rule.general, year) if stated else expr(0) for year in years
        ]
        made: list[Cell] = []
        beside: list[Cell] = []
        for unit, path in by_unit.items():
            self.row += 1
            sheet.text(self.row, 0, unit)
            cost = sheet.formula(self.row, 1, expr(part.columns.at(unit, base_year, part.model.cost_column)), "money")
            gap = sheet.formula(self.row, 2, self._gap(part, unit, base_year, years, path), "percent")
            allowed: Cell = cost
            for k, year in enumerate(years):
                column = 3 + len(names) * k
                individual = sheet.formula(self.row, column, self._individual(part, gap, k, years), "percent")
                rate = sheet.formula(self.row, column + 1, general[k], "percent")
                both = sheet.formula(self.row, column + 2, 1 - (1 - individual) * (1 - rate), "percent")
                amount = sheet.formula(self.row, column + 3, allowed * both, "money")
                allowed = sheet.formula(self.row, column + 4, allowed - amount, "money")
                part.cells["requirement", unit, year] = both
                part.cells["allowed", unit, year] = allowed
                made.append(allowed)
                beside.append(
                    sheet.number(self.row, 3 + len(names) * len(years) + k, path[k]["allowed_cost"], "money", "engine")
                )
        self.book.compare(f"{t('col.allowed_cost')}: {part.label}", made, beside, 0.01)
        self.row += 3

    def _gap(self, part: SchemeBook, unit: str, base_year: int, years: list[int], path: list[Row]) -> Expr:
        rule: Any = part.model.requirement
        if any(e.unit == unit and e.covers(years[0]) for e in rule.exemption):
            return expr(0)
        cost = expr(part.columns.at(unit, base_year, part.model.cost_column))
        gap = maximum(1 - expr(part.norms[unit, base_year]) / cost, 0)
        if "floor" in rule.model_fields_set:
            gap = minimum(gap, 1 - part.parameters.at("requirement.floor", rule.floor, years[0]))
        if "individual_share" not in rule.model_fields_set:
            return gap
        return gap * part.parameters.at("requirement.individual_share", rule.individual_share, years[0])

    def _individual(self, part: SchemeBook, gap: Cell, k: int, years: list[int]) -> Expr:
        rule: Any = part.model.requirement
        length = len(years)
        if rule.path == "compound":
            made = 1 - (1 - gap) ** (1 / length)
        else:
            made = 1 - (1 - gap * (k + 1) / length) / (1 - gap * k / length if k else expr(1))
        if rule.corridor is not None:
            made = minimum(made, part.parameters.at("requirement.corridor", rule.corridor, years[0]))
        return made
