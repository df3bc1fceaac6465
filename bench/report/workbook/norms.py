"""Efficiency and norms by formula; the efficiencies are inputs, as the frontier found them."""

from __future__ import annotations

from typing import Any

from bench.modelfile.sections.analysis import CALIBRATION_WORDS
from bench.report.facts import Row, rows
from bench.report.workbook.expressions import Expr, Number, added, expr, maximum, minimum, percentile, smallest, total
from bench.report.workbook.grid import InputGrid
from bench.report.workbook.scheme import SchemeBook
from bench.report.workbook.sheet import TOP, Book, Cell, span

_COLUMNS = (
    *("weighted_volume", "unit_cost", "average_norm", "best_practice_norm", "efficiency", "uncalibrated_norm"),
    *("norm", "potential", "evidence_norm"),
)
_ENGINE = ("norm", "average_norm", "potential", "evidence_norm")
#: Sources that look at a frontier.
FRONTIER_SOURCES = ("frontier", "dea", "sfa", "stoned")
#: Unit rules that keep a unit from being measured by the frontier.
_UNMEASURED = ("out", "average", "own-history")


class ScoreRows:
    """Writes what the frontier found as inputs: scores, and the upper ends of their intervals where they count."""

    def __init__(self, grid: InputGrid, parts: list[SchemeBook]):
        self.grid = grid
        run = grid.book.edition.facts.run
        self.rows = {(r["scheme"], str(r["unit"]), int(r["year"])): r for r in rows(run.efficiency)}
        for part in parts:
            self._scheme(part)

    def _scheme(self, part: SchemeBook) -> None:
        t, rule = self.grid.book.edition.t, part.model.norm
        keys = sorted((key for key in self.rows if key[0] == part.id), key=lambda key: (key[2], key[1]))
        if rule.source not in FRONTIER_SOURCES or not keys:
            return
        upper = part.evidence and any(self.rows[key].get("upper") == self.rows[key].get("upper") for key in keys)
        names = ["efficiency", *(("upper",) if upper else ())]
        names += ["score"] if rule.source != "frontier" and part.asks_scores else []
        words = {"upper": "upper_end"}
        titles = [t("col.unit"), t("col.year"), *(t(f"col.{words.get(name, name)}") for name in names)]
        first = self.grid.section(f"{t('part.scores')}: {part.label}", titles, t("note.scores"))
        for _, unit, year in keys:
            found = self.rows[part.id, unit, year]
            row = self.grid.line(unit, year)
            for column, name in enumerate(names, start=2):
                value = found.get({"score": "efficiency"}.get(name, name))
                value = self._score(part, found) if name == "efficiency" else value
                if value is not None and value == value:
                    made = self.grid.put((name, part.id, unit, year), row, column, float(value), "share")
                    part.scores[name, unit, year] = made
        self.grid.limit(first, self.grid.row - 1, 2, "score")
        self.grid.end()

    def _score(self, part: SchemeBook, found: Row) -> Any:
        """The score the norm is made of: the combined one, that of a method, or what a unit rule says."""
        source = part.model.norm.source
        if source == "frontier" or found.get("rule") == "own-history":
            return found["efficiency"]
        variant = next((v.id for v in part.model.frontier.variants if v.method == source), source)
        return found.get(f"efficiency_{variant}")


class NormSheet:
    """Writes norms, scheme below scheme and year below year."""

    def __init__(self, book: Book, parts: list[SchemeBook]):
        t = book.edition.t
        self.book, self.parts = book, parts
        self.sheet = book.sheet("norms", t("sheet.efficiency"), t("note.norms"), name=t("sheet.efficiency"))
        self.sheet.ws.set_column(0, 0, 30)
        self.sheet.ws.set_column(1, 40, 17)
        self.row = TOP
        run = book.edition.facts.run
        self.rows = {(r["scheme"], str(r["unit"]), int(r["year"])): r for r in rows(run.norms)}
        self.kinds = {
            (r["scheme"], str(r["unit"]), int(r["year"])): str(r.get("rule") or "") for r in rows(run.efficiency)
        }
        self.others = {str(r["scheme"]) for r in rows(run.efficiency) if isinstance(r.get("own_rows"), str)}
        for part in parts:
            for year in part.years:
                units = [unit for unit in part.columns.units(year) if (part.id, unit, year) in self.rows]
                if units:
                    self._year(part, year, units)

    def _year(self, part: SchemeBook, year: int, units: list[str]) -> None:
        sheet, t = self.sheet, self.book.edition.t
        found = {unit: self.rows[part.id, unit, year] for unit in units}
        shown = _ENGINE if part.evidence else _ENGINE[:-1]
        engine = [n for n in shown if any(row[n] is not None and row[n] == row[n] for row in found.values())]
        titles = [part.label, t("col.year"), *(t(f"col.{name}") for name in _COLUMNS)]
        sheet.titles(self.row, [*titles, *(f"{t('col.engine')}: {t(f'col.{name}')}" for name in engine)], right=1)
        top = self.row + 1
        costs = [part.columns.cells[unit, year, part.cost_column] for unit in units]
        for k, unit in enumerate(units):
            sheet.text(top + k, 0, unit)
            sheet.number(top + k, 1, year, "year")
        simple = self._simple(part, year, units, costs, top) if part.weighted else {}
        kinds = [self.kinds.get((part.id, unit, year), "") for unit in units]
        cells: dict[str, list[Cell]] = dict(simple)
        cells["norm"], before = self._norms(part, year, units, costs, simple, kinds, top)
        for k, unit in enumerate(units):
            place = Cell(sheet, top + k, 0, unit)
            part.found["norm.unit", unit, year] = part.found["score.unit", unit, year] = place
            part.found["norm", unit, year] = cells["norm"][k]
            if cells["norm"][k].value == cells["norm"][k].value:
                part.norms[unit, year] = part.cells["norm", unit, year] = cells["norm"][k]
        if part.model.norm.source in FRONTIER_SOURCES:
            self._scores(part, year, units, top)
        cells["potential"] = [
            sheet.formula(top + k, 9, maximum(cost - norm, 0), "money")
            for k, (cost, norm) in enumerate(zip(costs, cells["norm"], strict=True))
        ]
        for k, unit in enumerate(units):
            for name in ("weighted_volume", "best_practice_norm"):
                if name in simple:
                    part.cells[f"normed.{name}", unit, year] = simple[name][k]
            for name, cell in (("cost", costs[k]), ("norm", cells["norm"][k]), ("potential", cells["potential"][k])):
                part.cells[f"normed.{name}", unit, year] = cell
        if part.evidence:
            cells["evidence_norm"] = self._evidence(part, year, units, costs, cells["norm"], before, top)
        for j, name in enumerate(engine):
            self._beside(part, year, name, cells, found, top, 11 + j)
        self.row = top + len(units) + 2

    def _beside(
        self,
        part: SchemeBook,
        year: int,
        name: str,
        cells: dict[str, list[Cell]],
        found: dict[str, Row],
        top: int,
        at: int,
    ) -> None:
        """Write the engine's own numbers, and note that the formulas must give them."""
        ours, theirs = [], []
        for k, row in enumerate(found.values()):
            value = row[name]
            if value is None or value != value:
                continue
            beside = self.sheet.number(top + k, at, value, "money", "engine")
            if name in cells and (name != "evidence_norm" or cells[name][k].value == cells[name][k].value):
                ours.append(cells[name][k])
                theirs.append(beside)
        self.book.compare(f"{self.book.edition.t(f'col.{name}')}: {part.label} {year}", ours, theirs, 0.01)

    def _scores(self, part: SchemeBook, year: int, units: list[str], top: int) -> None:
        """Write the score of every unit of the year, missing where it has none, for figures that ask for it."""
        at = 6
        if part.model.norm.source != "frontier" and part.asks_scores:
            at = 13 + len(_ENGINE)
            self.sheet.titles(top - 1, [self.book.edition.t("col.efficiency")], right=0, start=at)
        for k, unit in enumerate(units):
            cell = part.scores.get(("efficiency" if at == 6 else "score", unit, year))
            made = Expr("NA()", float("nan")) if cell is None else _same(cell)
            part.found["score", unit, year] = self.sheet.formula(top + k, at, made, "share")

    # -- what services weigh -------------------------------------------------------------------------------

    def _simple(
        self, part: SchemeBook, year: int, units: list[str], costs: list[Cell], top: int
    ) -> dict[str, list[Cell]]:
        """Write weighted volume, unit cost, and the norms that look at nothing else."""
        sheet, weights = self.sheet, norm_weights(part, year)
        volumes, ratios = [], []
        for k, unit in enumerate(units):
            counted = [
                expr(part.columns.at(unit, year, s.column)) * w
                for s, w in zip(part.scheme.service, weights, strict=True)
            ]
            volumes.append(sheet.formula(top + k, 2, added(counted), "money"))
            ratios.append(sheet.formula(top + k, 3, costs[k] / volumes[k], "level"))
        level = total(span(costs)) / total(span(volumes))
        best = self._best(part, year, ratios)
        return {
            "weighted_volume": volumes,
            "average_norm": [sheet.formula(top + k, 4, v * level, "money") for k, v in enumerate(volumes)],
            "best_practice_norm": [sheet.formula(top + k, 5, v * best, "money") for k, v in enumerate(volumes)],
        }

    def _best(self, part: SchemeBook, year: int, ratios: list[Cell]) -> Expr:
        rule = part.model.norm
        if rule.quantile is not None:
            return percentile(span(ratios), part.parameters.at("norm.quantile", rule.quantile, year))
        return smallest(span(ratios), rule.k if rule.k is not None else 1)

    # -- the norm ------------------------------------------------------------------------------------------

    def _norms(
        self,
        part: SchemeBook,
        year: int,
        units: list[str],
        costs: list[Cell],
        simple: dict[str, list[Cell]],
        kinds: list[str],
        top: int,
    ) -> tuple[list[Cell], list[Cell]]:
        """Write the norms: what the source gives, after floor, share of own cost, and calibration to a total.

        Returns
        -------
        list of Cell, list of Cell
            Norms, and what they were before calibration.
        """
        before = [
            self.sheet.formula(top + k, 7, self._raw(part, year, unit, cost, simple, kinds[k], k, top + k), "money")
            for k, (unit, cost) in enumerate(zip(units, costs, strict=True))
        ]
        if part.model.norm.calibrate == "none":
            return [self.sheet.formula(top + k, 8, _same(made), "money") for k, made in enumerate(before)], before
        here = [k for k, kind in enumerate(kinds) if kind not in _UNMEASURED]
        shared = self._added(part, year, units, costs, simple, before, here, top)
        return [
            self.sheet.formula(top + k, 8, shared.get(k, _same(made)), "money") for k, made in enumerate(before)
        ], before

    def _raw(
        self,
        part: SchemeBook,
        year: int,
        unit: str,
        cost: Cell,
        simple: dict[str, list[Cell]],
        kind: str,
        k: int,
        row: int,
    ) -> Expr:
        """Return the norm of a unit before calibration."""
        rule, parameters = part.model.norm, part.parameters
        if kind == "out":
            return Expr("NA()", float("nan"))
        if kind == "average":
            return _same(cost)
        if rule.source in ("average", "best-practice"):
            made: Expr = _same(simple[f"{rule.source.replace('-', '_')}_norm"][k])
            if "floor" in rule.model_fields_set:
                made = maximum(made, parameters.at("norm.floor", rule.floor, year) * cost)
        else:
            score = self.sheet.formula(row, 6, _same(part.scores["efficiency", unit, year]), "share")
            if kind == "own-history":
                return cost * score
            made = cost * self._counted(part, year, score)
        return self._mixed(part, year, cost, made)

    def _counted(self, part: SchemeBook, year: int, score: Expr) -> Expr:
        """Return the score that counts: after the tolerance, at most one, and not below the floors."""
        rule, parameters = part.model.norm, part.parameters
        made = self._capped(part, year, score, lead=part.id in self.others)
        floors = [
            parameters.at(f"{name}.floor", section.floor, year)
            for name, section in (("frontier", part.model.frontier), ("norm", rule))
            if "floor" in section.model_fields_set
        ]
        return maximum(made, *floors) if floors else maximum(made, 0)

    def _capped(self, part: SchemeBook, year: int, score: Expr, *, lead: bool) -> Expr:
        rule = part.model.norm
        made = _same(score)
        if "tolerance" in rule.model_fields_set:
            made = made / part.parameters.at("norm.tolerance", rule.tolerance, year)
        if rule.above_one:
            return made
        # A unit that the others alone are the yardstick for keeps its lead over them.
        return minimum(made, maximum(score, 1) if lead else 1)

    def _mixed(self, part: SchemeBook, year: int, cost: Cell, made: Expr) -> Expr:
        rule = part.model.norm
        if "own_cost_share" not in rule.model_fields_set:
            return made
        share = part.parameters.at("norm.own_cost_share", rule.own_cost_share, year)
        return share * cost + (1 - share) * made

    def _added(
        self,
        part: SchemeBook,
        year: int,
        units: list[str],
        costs: list[Cell],
        simple: dict[str, list[Cell]],
        before: list[Cell],
        here: list[int],
        top: int,
    ) -> dict[int, Expr]:
        """Return the norms of the units in the frontier, made to add to the total by the key; the others' stay.

        Two columns to the right hold the key and whether a unit shares: a sum must leave the others out.
        """
        rule, key, at = part.model.norm, part.model.norm_for(part.id).key, 11 + len(_ENGINE)
        t = self.book.edition.t
        self.sheet.titles(top - 1, [t("col.shares"), t("col.norm_key")], right=0, start=at)
        inside, weights = [], []
        for k, unit in enumerate(units):
            counts = k in here
            inside.append(self.sheet.number(top + k, at, float(counts), "number", "fixed"))
            made: Number = 1.0
            if key == "norm":
                made = before[k]
            elif key == "cost":
                made = costs[k]
            elif key == "volume":
                made = simple["weighted_volume"][k]
            elif key not in CALIBRATION_WORDS:
                made = part.columns.at(unit, year, key)
            weight = _same(expr(made)) if counts else expr(0)
            weights.append(self.sheet.formula(top + k, at + 1, weight, "money"))
        whole: Expr = _chosen(inside, costs)
        if rule.total is not None:
            own, everyone = part.columns.total(year, part.cost_column), self._everyone(year)
            whole = part.parameters.at("norm.total", rule.total, year) * own / everyone
        left = (whole - _chosen(inside, before)) / total(span(weights))
        return {k: before[k] + left * weights[k] for k in here}

    def _everyone(self, year: int) -> Expr:
        """The cost of all schemes in a year."""
        return added([part.columns.total(year, part.cost_column) for part in self.parts if year in part.years])

    def _evidence(
        self,
        part: SchemeBook,
        year: int,
        units: list[str],
        costs: list[Cell],
        norms: list[Cell],
        before: list[Cell],
        top: int,
    ) -> list[Cell]:
        """Write the norm by the upper end of each score's interval, never below the norm itself."""
        made = []
        for k, unit in enumerate(units):
            upper = part.scores.get(("upper", unit, year))
            if upper is None:
                made.append(self.sheet.formula(top + k, 10, _same(norms[k]), "money"))
                continue
            lenient = self._mixed(part, year, costs[k], self._capped(part, year, upper, lead=False) * costs[k])
            text = norms[k] + maximum(lenient - before[k], 0)
            made.append(self.sheet.formula(top + k, 10, text, "money"))
        for k, unit in enumerate(units):
            part.cells["evidence", unit, year] = made[k]
        return made


def norm_weights(part: SchemeBook, year: int) -> list[Expr]:
    """Return what a unit of each service costs relative to the others, in force in a year.

    A rule that needs a cost base takes the scheme's first year; policy factors enter prices only.
    """
    made = []
    for service in part.scheme.service:
        path = f"service.{service.id}"
        if service.weight is not None:
            made.append(part.at(f"{path}.weight", service.weight, year))
        elif service.weight_rule is not None:
            base = part.years[0]
            ruled = sum(s.weight_rule is not None for s in part.scheme.service)
            cost = part.columns.total(base, part.cost_column)
            made.append(cost / (ruled * part.columns.total(base, service.column)))
        elif service.price is not None:
            entry = service.price.entries[0]
            key = f"scheme.{part.id}.{path}.price"
            made.append(part.parameters.number(key, entry.from_, entry.value, part.id, entry))
        else:
            made.append(expr(1))
    return made


def _same(cell: Expr) -> Expr:
    return Expr(cell.text, cell.value, cell.level)


def _chosen(inside: list[Cell], cells: list[Cell]) -> Expr:
    """The sum of the cells of the units that share; the others may have no number."""
    value = sum(cell.value for flag, cell in zip(inside, cells, strict=True) if flag.value)
    return Expr(f"SUMIF({span(inside).text},1,{span(cells).text})", value)
