"""How each number of a run came about: its rule, done again on its inputs, down to cells and stated values.

A rule that is arithmetic is done again here on the numbers it names; where that does not give the number (a price
class, a cap, a transition moved it), the tree does not claim it, and lists what the number was made from instead.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from bench.errors import OptionError, nearest
from bench.modelfile import Model
from bench.results import RunResult
from bench.trace import arithmetic, asked, plans
from bench.trace.places import Places
from bench.trace.tree import OPERATIONS, Node

#: Columns that say what a row is of; every other column of a frame is a number or a word about it.
KEYS = (
    *("scheme", "unit", "year", "service", "price_class", "period", "month", "party", "correction"),
    *("peer", "peer_year", "column", "role", "source", "variant", "test", "round"),
)

#: Identities of the settlement: each holds in every run, and is done again.
_SETTLEMENT: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "result": ("difference", ("income", "cost")),
    "income": ("sum", ("activity_income", "block_income", "refund", "corrections")),
    "returned_to_payer": ("difference", ("result", "kept", "carried")),
}

#: Sections of the model that decide the numbers of a frame.
_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "efficiency": ("frontier.",),
    "peers": ("frontier.",),
    "multipliers": ("frontier.",),
    "norms": ("norm.", "frontier."),
    "benchmark_prices": ("benchmark.", "norm.", "frontier."),
    "requirements": ("requirement.", "norm.", "frontier."),
    "follow_up": ("purchaser.",),
    "purchaser": ("purchaser.",),
}


Row = Mapping[str, Any]


@dataclass(slots=True)
class Rows:
    """The rows of a frame, found by what they are of without looking through the frame again."""

    columns: frozenset[str]
    rows: list[Row]
    _by: dict[tuple[str, ...], dict[tuple[Any, ...], list[Row]]] = field(default_factory=dict)

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Rows:
        """Take the rows of a frame."""
        rows: list[Row] = [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]
        return cls(frozenset(map(str, frame.columns)), rows)

    def where(self, at: Mapping[str, Any]) -> list[Row]:
        """Return the rows that are of all that is said; what the frame has no column for is not asked."""
        keys = tuple(key for key, wanted in at.items() if key in self.columns and wanted is not None)
        if keys not in self._by:
            found: dict[tuple[Any, ...], list[Row]] = {}
            for row in self.rows:
                found.setdefault(tuple(row[key] for key in keys), []).append(row)
            self._by[keys] = found
        return self._by[keys].get(tuple(at[key] for key in keys), [])


@dataclass(slots=True)
class Numbers:
    """The numbers of one run, each with the tree it grew from."""

    result: RunResult
    places: Places
    _made: dict[Any, Node] = field(default_factory=dict)
    _frames: dict[str, Rows] = field(default_factory=dict)
    _members: dict[Any, list[str]] = field(default_factory=dict)

    @property
    def model(self) -> Model:
        """The model that ran."""
        return self.places.model

    # -- any number of any frame ---------------------------------------------------------------------------

    def number(self, frame: str, column: str, at: Mapping[str, Any]) -> Node:
        """Return the tree of a number, by its frame, its column and what it is of."""
        rows = self.rows(frame, at)
        if len(rows) > 1:
            parts = tuple(self.one(frame, column, row) for row in rows)
            return Node(f"{frame}.{column}", None, at, rule=f"{len(parts)} rows", inputs=parts)
        if not rows:
            raise OptionError(f"{frame} has no row of {', '.join(map(str, at.values()))}")
        return self.one(frame, column, rows[0])

    def one(self, frame: str, column: str, row: Mapping[str, Any]) -> Node:
        """Return the tree of a number in a row of a frame."""
        at = {key: row[key] for key in KEYS if key in row and row[key] == row[key]}
        key = (frame, column, *at.items())
        if key not in self._made:  # a price stands in every line of a settlement
            self._made[key] = self._fresh(f"{frame}.{column}", frame, column, at, row)
        return self._made[key]

    def _fresh(self, name: str, frame: str, column: str, at: Mapping[str, Any], row: Mapping[str, Any]) -> Node:
        value = row[column]
        rule = _RULES.get(name)
        if frame == "settlement" and column in _SETTLEMENT:
            operation, parts = _SETTLEMENT[column]
            found = [self.number(frame, part, at) for part in parts]
            return self.done(name, value, at, operation, found)
        return rule(self, name, value, at, row) if rule is not None else self.listed(name, value, at)

    def cost(self, unit: str, year: Any) -> Node:
        """Return the cost of a unit in a year, from its cells."""
        return self.places.cell(self.model.data.cost, unit, year)

    def years(self) -> list[int]:
        """Return the years of the accounts."""
        units = self.result.units
        return [] if units.period is None else sorted(set(units.frame[units.period]))

    def rows(self, frame: str, at: Mapping[str, Any]) -> list[Row]:
        """Return the rows of a frame that are of all that is said."""
        if frame not in self._frames:
            self._frames[frame] = Rows.of(getattr(self.result, frame))
        return self._frames[frame].where(at)

    def done(
        self,
        name: str,
        value: Any,
        at: Mapping[str, Any],
        operation: str,
        inputs: list[Node],
        rule: str = "",
        *,
        least: float = 1e-9,
    ) -> Node:
        """Return a number whose rule is arithmetic, if doing it again gives the number; else what it was made of."""
        rounding = self.model.rounding.price if name == "prices.price" else self.model.rounding.amount
        again = _again(operation, inputs)
        step = 0.0 if rounding == "none" or name.startswith(("norms", "requirements", "efficiency")) else 0.5
        slack = max(step if "krone" in rounding else step / 100, 1e-9 * abs(float(value or 0.0)), least)
        if math.isnan(again) or abs(again - float(value)) > slack * 1.02:
            text = rule or "by the rules of the model, which moved it beyond this"
            return Node(name, value, at, rule=text, inputs=tuple(inputs))
        exact = abs(again - float(value)) <= 1e-9 * max(1.0, abs(float(value)))
        return Node(name, value, at, rule, operation, "" if exact else rounding, tuple(inputs))

    def within(self, name: str, value: Any, at: Mapping[str, Any], moved: tuple[Node, ...], row: Row) -> Node:
        """Return what a unit keeps or carries where the stated cap binds: a share of its income, of the year alone."""
        key = f"scheme.{at['scheme']}.settlement"
        caps = [self.places.parameter(f"{key}.{one}", at["year"]) for one in ("cap", "cap_surplus", "cap_deficit")]
        income = self.one("settlement", "income", row)
        for cap in caps:
            if isinstance(cap.value, (int, float)):
                least = arithmetic.worked("at most", "product", [cap, income], at)
                whole = arithmetic.worked("share", "product", list(moved), at)
                if float(value) < 0.0:
                    least = arithmetic.worked("at least", "product", [arithmetic.number(-1.0), least], at)
                operation = "least" if float(value) > 0.0 else "largest"
                made = self.done(name, value, at, operation, [whole, least], "within the model's limits")
                if made.operation:
                    return made
        return Node(name, value, at, rule="within the model's limits", inputs=(*moved, *self.places.parameters(key)))

    def listed(self, name: str, value: Any, at: Mapping[str, Any], rule: str = "") -> Node:
        """Return a number with every cell and every stated value it can have been made from."""
        frame = name.split(".")[0]
        scheme, unit, year = at.get("scheme"), at.get("unit"), at.get("year")
        inputs = self.cells(scheme, unit, year)
        prefixes = _PARAMETERS.get(frame, (f"scheme.{scheme}.",)) if scheme else _PARAMETERS.get(frame, ("purchaser.",))
        inputs += self.places.parameters(*prefixes, year=year)
        return Node(name, value, at, rule=rule or f"by the rules of the model for {name}", inputs=tuple(inputs))

    def cells(self, scheme: Any, unit: Any, year: Any) -> list[Node]:
        """Return the cells of a unit in a year, or the costs of a whole scheme."""
        columns = [self.model.data.cost, *(self._columns(scheme) if scheme in self.model.scheme_ids else [])]
        if unit is not None:
            known = self._years(unit)
            when = year if year in known else max(known, default=year)
            columns += [name for name in self.result.units.environment if name not in columns]
            return [self.places.cell(name, unit, when) for name in columns if name in self.result.units.frame.columns]
        if scheme is None:
            return []
        return [self.places.cell(self.model.data.cost, one, year) for one in self.members(scheme, year)]

    # -- who and what ----------------------------------------------------------------------------------------

    def _columns(self, scheme: str) -> list[str]:
        return [service.column for service in self.model.find_scheme(scheme).service]

    def _years(self, unit: str) -> list[Any]:
        return self.places.years(unit)

    def members(self, scheme: str, year: Any) -> list[str]:
        """Return the units of a scheme in a year."""
        if (scheme, year) not in self._members:
            units, at = self.result.units, {"scheme": scheme}
            known = {row["unit"] for frame in ("settlement", "norms") for row in self.rows(frame, at)}
            frame = units.frame if units.period is None else units.frame[units.frame[units.period] == year]
            found = [unit for unit in frame[units.id] if unit in known or len(self.model.scheme) == 1]
            self._members[scheme, year] = found
        return self._members[scheme, year]


def _again(operation: str, inputs: list[Node]) -> float:
    try:
        return OPERATIONS[operation]([float(one.value) for one in inputs])
    except (TypeError, ValueError, IndexError):
        return math.nan


# -- the settlement ------------------------------------------------------------------------------------------


def _cost(self: Numbers, name: str, value: Any, at: Mapping[str, Any], row: Mapping[str, Any]) -> Node:
    return self.done(
        name, value, at, "same", [self.places.cell(self.model.data.cost, at["unit"], at["year"])], "the unit's cost"
    )


def _activity(self: Numbers, name: str, value: Any, at: Mapping[str, Any], row: Mapping[str, Any]) -> Node:
    lines = self.rows("settlement_lines", {key: at[key] for key in ("scheme", "unit", "year")})
    parts = [self.one("settlement_lines", "income", line) for line in lines]
    if not lines and not value:
        parts = [self.places.stated(f"scheme.{at['scheme']}.service", "service", 0.0, "the scheme pays for none", at)]
    return self.done(name, value, at, "sum", parts) if parts else self.listed(name, value, at)


def _line_income(self: Numbers, name: str, value: Any, at: Mapping[str, Any], row: Mapping[str, Any]) -> Node:
    volume = self.one("settlement_lines", "volume", row)
    parts = [volume, self.one("settlement_lines", "price", row)]
    if row.get("activity_share", 1.0) != 1.0:
        parts.append(self.one("settlement_lines", "activity_share", row))
    return self.done(name, value, at, "product", parts)


def _volume(self: Numbers, name: str, value: Any, at: Mapping[str, Any], row: Mapping[str, Any]) -> Node:
    service = next(one for one in self.model.find_scheme(at["scheme"]).service if one.id == at["service"])
    cells = [
        self.places.cell(column, at["unit"], at["year"])
        for column in dict.fromkeys([service.column, *service.columns])
        if column in self.result.units.frame.columns
    ]
    same = next((cell for cell in cells if cell.value == value), None)
    if same is not None:
        return self.done(name, value, at, "same", [same], f"{row['volume_basis']} volume")
    rules = self.places.parameters(f"scheme.{at['scheme']}.volume.", year=at["year"])
    return Node(name, value, at, rule=f"{row['volume_basis']} volume", inputs=(*cells, *rules))


def _line_price(self: Numbers, name: str, value: Any, at: Mapping[str, Any], row: Mapping[str, Any]) -> Node:
    where = {key: at[key] for key in ("scheme", "service", "year")} | {"price_class": row.get("price_class")}
    made = self.rows("prices", where)
    if len(made) != 1:
        if not value:
            none = self.places.stated(f"scheme.{at['scheme']}.mix.activity", "price", 0.0, "activity is not paid", at)
            return self.done(name, value, at, "same", [none])
        return self.listed(name, value, at)
    return self.done(name, value, at, "same", [self.one("prices", "price", made[0])])


def _activity_share(self: Numbers, name: str, value: Any, at: Mapping[str, Any], row: Mapping[str, Any]) -> Node:
    key = f"scheme.{at['scheme']}.mix.activity"
    made = self.done(name, value, at, "same", [arithmetic.stated(self, key, at["year"], 1.0)])
    return made if made.operation else self.listed(name, value, at)


def _corrections(self: Numbers, name: str, value: Any, at: Mapping[str, Any], row: Mapping[str, Any]) -> Node:
    lines = self.rows("corrections", {key: at[key] for key in ("scheme", "unit", "year")})
    if not len(lines):
        rule = self.places.stated(f"scheme.{at['scheme']}.correction", "correction", 0.0, "the model has none", at)
        return self.done(name, value, at, "same", [rule])
    parts = [self.one("corrections", "amount", line) for line in lines]
    return self.done(name, value, at, "sum", parts)


def _share(side: str, parameter: str) -> Callable[..., Node]:
    """Return the rule of what a unit keeps of a surplus or carries of a deficit."""

    def rule(self: Numbers, name: str, value: Any, at: Mapping[str, Any], row: Mapping[str, Any]) -> Node:
        result = self.one("settlement", "result", row)
        if (row["result"] > 0) != (side == "surplus"):
            rule = self.places.stated(f"scheme.{at['scheme']}.settlement", side, 0.0, f"there is no {side}", at)
            return self.done(name, value, at, "same", [rule])
        share = self.places.parameter(f"scheme.{at['scheme']}.settlement.{parameter}", at["year"])
        if share.value is None:
            share = self.places.stated(share.name, share.name, 1.0, "the model's default")
        moved = self.done(name, value, at, "product", [result, share], "within the model's limits")
        return moved if moved.operation else self.within(name, value, at, moved.inputs, row)

    return rule


def _opening(self: Numbers, name: str, value: Any, at: Mapping[str, Any], row: Mapping[str, Any]) -> Node:
    before = self.rows("settlement", {**at, "year": at["year"] - 1})
    if len(before):
        return self.done(name, value, at, "same", [self.one("settlement", "closing_balance", before[0])])
    return _settled(self, name, value, at, row)


def _closing(self: Numbers, name: str, value: Any, at: Mapping[str, Any], row: Mapping[str, Any]) -> Node:
    columns = ["opening_balance", "kept", "carried", "dispensation", "interest", "lapsed"]
    parts = [self.one("settlement", column, row) for column in columns if row.get(column)]
    if not parts:
        parts = [self.one("settlement", "opening_balance", row)]
    return self.done(name, value, at, "sum", parts)


def _settled(self: Numbers, name: str, value: Any, at: Mapping[str, Any], row: Mapping[str, Any]) -> Node:
    stated = self.places.parameters(f"scheme.{at['scheme']}.settlement.", year=at["year"])
    if not value:
        rule = self.places.stated(f"scheme.{at['scheme']}.settlement", name.split(".")[1], 0.0, "none this year", at)
        return Node(name, value, at, "by [scheme.settlement]", "same", "", (rule,))
    cells = self.cells(at["scheme"], at["unit"], at["year"])
    return Node(name, value, at, rule="by [scheme.settlement]", inputs=(*cells, *stated))


# -- prices --------------------------------------------------------------------------------------------------


def _price(self: Numbers, name: str, value: Any, at: Mapping[str, Any], row: Mapping[str, Any]) -> Node:
    key = f"scheme.{at['scheme']}.price."
    weight = _weight(self, at, row)
    level = self.one("prices", "price_level", row)
    made = self.done(name, value, at, "product", [weight, level], str(row["source"]))
    if made.operation:
        return made
    return Node(
        name,
        value,
        at,
        rule=f"{row['source']}: {row['formula']}",
        rounding=self.model.rounding.price,
        inputs=(*made.inputs, *self.places.parameters(key, f"{key[:-6]}service.", year=at["year"])),
    )


def _weight(self: Numbers, at: Mapping[str, Any], row: Mapping[str, Any]) -> Node:
    """Return the weight a price is made with: the cost weight, times a policy factor where there is one."""
    weight = _cost_weight(self, at, row)
    if row["policy_factor"] == 1.0:
        return weight
    service = f"scheme.{at['scheme']}.service.{at['service']}."
    stated = tuple(one for one in self.places.parameters(service, year=at["year"]) if one.name not in weight.name)
    factor = Node("policy_factor", row["policy_factor"], at, rule="policy factors of the service", inputs=stated)
    return Node("price_weight", row["price_weight"], at, "", "product", "", (weight, factor))


def _cost_weight(self: Numbers, at: Mapping[str, Any], row: Mapping[str, Any]) -> Node:
    key = f"scheme.{at['scheme']}.service.{at['service']}.weight"
    stated = self.places.parameter(key, row.get("cost_year") or at["year"])
    if isinstance(stated.value, (int, float)) and float(stated.value) == row["cost_weight"]:
        return stated
    inputs = self.places.parameters(key, f"scheme.{at['scheme']}.service.{at['service']}.", year=at["year"])
    if not inputs:
        return self.places.stated(key, key, row["cost_weight"], "weights by the model's rule", at)
    if any(one.name == f"{key}_rule" for one in inputs):
        inputs += _first_base(self, at)
    return Node("weight", row["cost_weight"], at, rule="weights by the model's rule", inputs=tuple(inputs))


def _first_base(self: Numbers, at: Mapping[str, Any]) -> list[Node]:
    """Return costs and volumes of the first accounts, from which weights by a rule are worked out."""
    rows = self.rows("prices", {"scheme": at["scheme"]})
    years = [int(row["cost_year"]) for row in rows if row["cost_year"] == row["cost_year"] and row["cost_year"]]
    if not years:
        return []
    column = next(one.column for one in self.model.find_scheme(at["scheme"]).service if one.id == at["service"])
    units = self.members(at["scheme"], min(years))
    return [self.places.cell(name, unit, min(years)) for name in (self.model.data.cost, column) for unit in units]


def _level(self: Numbers, name: str, value: Any, at: Mapping[str, Any], row: Mapping[str, Any]) -> Node:
    stated = self.places.parameters(f"scheme.{at['scheme']}.price.", year=at["year"])
    where = {"scheme": at["scheme"], "year": at["year"]}
    if not row["cost_base"] or row["cost_year"] != row["cost_year"] or row["cost_year"] is None:
        return Node(name, value, where, rule=str(row["formula"]), inputs=(*stated, _index(self, at, row)))
    base = [_growth(self, at, row), _cost_base(self, at, row)]
    average = math.prod(float(one.value) for one in base) / float(row["weighted_volume"] or math.nan)
    volume = _weighted_volume(self, at, row)
    if abs(average - value) <= 1e-9 * abs(value):
        product = Node("cost at the year's prices", math.prod(float(one.value) for one in base), where, "", "product",
                       inputs=tuple(base))  # fmt: skip
        return Node(name, value, where, str(row["formula"]), "quotient", "", (product, volume))
    return Node(name, value, where, rule=str(row["formula"]), inputs=(*base, volume, *stated))


def _index(self: Numbers, at: Mapping[str, Any], row: Mapping[str, Any]) -> Node:
    year, start = int(at["year"]), row.get("cost_year")
    since = int(start) if start == start and start is not None else year - 1
    inputs = [cell for one in range(since + 1, year + 1) for cell in self.places.table_cells("index", one)]
    inputs += self.places.parameters("indexation.", year=year)
    if not inputs:
        return self.places.stated("indexation", "deflator", float(row["deflator"]), "the model's default: no growth")
    rule = f"growth from the prices of {since} to those of {year}"
    return Node("deflator", float(row["deflator"]), {"year": year}, rule=rule, inputs=tuple(inputs))


def _cost_base(self: Numbers, at: Mapping[str, Any], row: Mapping[str, Any]) -> Node:
    scheme, year = at["scheme"], int(row["cost_year"])
    cells = [self.places.cell(self.model.data.cost, unit, year) for unit in self.members(scheme, year)]
    made = self.done("cost_base", row["cost_base"], {"scheme": scheme, "year": year}, "sum", cells)
    if made.operation:
        return made
    settled = self.places.parameters(f"scheme.{scheme}.price.", f"scheme.{scheme}.settlement.", year=at["year"])
    return Node(
        "cost_base", row["cost_base"], made.at, rule="costs as the price rule takes them", inputs=(*cells, *settled)
    )


def _weighted_volume(self: Numbers, at: Mapping[str, Any], row: Mapping[str, Any]) -> Node:
    scheme, year = at["scheme"], int(row["cost_year"])
    where = {"scheme": scheme, "year": at["year"], "price_class": at.get("price_class")}
    parts = []
    for service in self.rows("prices", where):
        column = next(s.column for s in self.model.find_scheme(scheme).service if s.id == service["service"])
        cells = [self.places.cell(column, unit, year) for unit in self.members(scheme, year)]
        of = {"scheme": scheme, "service": service["service"], "year": year}
        total = self.done("volume", float(service["volume"]), of, "sum", cells)
        weight = _weight(self, {**at, **of, "year": at["year"]}, service)
        product = float(service["price_weight"]) * float(service["volume"])
        parts.append(Node("weighted volume", product, of, "", "product", "", (weight, total)))
    return self.done("weighted_volume", row["weighted_volume"], {"scheme": scheme, "year": year}, "sum", parts)


# -- norms and requirements ----------------------------------------------------------------------------------


def _norm_product(self: Numbers, name: str, value: Any, at: Mapping[str, Any], row: Mapping[str, Any]) -> Node:
    cost = self.places.cell(self.model.data.cost, at["unit"], at["year"])
    return self.done(name, value, at, "product", [self.one("norms", "efficiency", row), cost])


def _potential(self: Numbers, name: str, value: Any, at: Mapping[str, Any], row: Mapping[str, Any]) -> Node:
    cost = self.places.cell(self.model.data.cost, at["unit"], at["year"])
    return self.done(name, value, at, "difference", [cost, self.one("norms", "norm", row)])


def _efficiency(self: Numbers, name: str, value: Any, at: Mapping[str, Any], row: Mapping[str, Any]) -> Node:
    made = arithmetic.efficiency(self, name, value, at, row)
    if made is not None:
        return made
    own = self.cells(at["scheme"], at["unit"], at["year"])
    peers = [
        Node(
            "peer",
            peer["intensity"],
            {"unit": peer["peer"], "year": peer["peer_year"]},
            rule="intensity in the reference",
            inputs=tuple(self.cells(at["scheme"], peer["peer"], peer["peer_year"])),
        )
        for peer in self.rows("peers", {key: at[key] for key in ("scheme", "unit", "year")})
    ]
    stated = self.places.parameters("frontier.", year=at["year"])
    method = ", ".join(self.model.frontier.method)
    return Node(name, value, at, rule=f"frontier, method {method}", inputs=(*own, *peers, *stated))


def _allowed(self: Numbers, name: str, value: Any, at: Mapping[str, Any], row: Mapping[str, Any]) -> Node:
    before = self.rows("requirements", {**at, "year": at["year"] - 1})
    first = (
        self.one("requirements", "allowed_cost", before[0])
        if len(before)
        else self.one("requirements", "base_cost", row)
    )
    return self.done(name, value, at, "difference", [first, self.one("requirements", "requirement_nok", row)])


def _through(make: Callable[..., Node]) -> Callable[..., Node]:
    """Return the rule of a number whose tree is made for the price above it as well."""

    def rule(self: Numbers, name: str, value: Any, at: Mapping[str, Any], row: Mapping[str, Any]) -> Node:
        found = make(self, at, row)
        if found.value is None or not math.isclose(float(found.value), float(value), rel_tol=1e-9):
            return self.listed(name, value, at)
        return Node(name, value, at, found.rule, "same", "", (found,))

    return rule


def _growth(self: Numbers, at: Mapping[str, Any], row: Mapping[str, Any]) -> Node:
    """Return the deflator of a price: each year's growth multiplied, where that gives it."""
    start = row.get("cost_year")
    if start is None or start != start:
        return _index(self, at, row)
    made = arithmetic.price_index(self, int(start), int(at["year"]))
    return made if math.isclose(float(made.value), float(row["deflator"]), rel_tol=1e-9) else _index(self, at, row)


def _dated(make: Callable[..., Node]) -> Callable[..., Node]:
    """Return a maker that needs the year of the accounts, and knows nothing without one."""

    def found(self: Numbers, at: Mapping[str, Any], row: Mapping[str, Any]) -> Node:
        year = row.get("cost_year")
        return Node("", None) if year is None or year != year else make(self, at, row)

    return found


_RULES: Mapping[str, Callable[..., Node]] = {
    **arithmetic.RULES,
    **asked.RULES,
    **plans.RULES,
    "settlement.cost": _cost,
    "norms.cost": _cost,
    "settlement.activity_income": _activity,
    "settlement_lines.income": _line_income,
    "settlement_lines.volume": _volume,
    "settlement_lines.price": _line_price,
    "settlement_lines.activity_share": _activity_share,
    "settlement.corrections": _corrections,
    "settlement.kept": _share("surplus", "keep_surplus"),
    "settlement.carried": _share("deficit", "carry_deficit"),
    "settlement.opening_balance": _opening,
    "settlement.closing_balance": _closing,
    "settlement.dispensation": _settled,
    "settlement.interest": _settled,
    "settlement.lapsed": _settled,
    "prices.price": _price,
    "prices.price_level": _level,
    "prices.deflator": _through(_growth),
    "prices.price_weight": _through(_weight),
    "prices.cost_weight": _through(_cost_weight),
    "prices.cost_base": _through(_dated(_cost_base)),
    "prices.weighted_volume": _through(_dated(_weighted_volume)),
    "norms.dea_norm": _norm_product,
    "norms.potential": _potential,
    "norms.efficiency": _efficiency,
    "efficiency.efficiency": _efficiency,
    "efficiency.score": _efficiency,
    "requirements.allowed_cost": _allowed,
}


def known_numbers(result: RunResult) -> list[str]:
    """Return every ``frame.column`` that holds numbers of this run."""
    found = []
    for name, frame in result.frames().items():
        if name in ("assumptions", "checks"):
            continue
        found += [f"{name}.{column}" for column in frame.select_dtypes("number").columns if column not in KEYS]
    return found


def refuse_unknown(word: str, known: list[str], what: str) -> None:
    """Refuse a word that is not among those known, with the nearest and all of them.

    Raises
    ------
    OptionError
    """
    if word not in known:
        raise OptionError(f"no {what} {word!r}{nearest(word, known)}; there are: {', '.join(map(str, known))}")
