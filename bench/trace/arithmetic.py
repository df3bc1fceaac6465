"""Rules of the model that are arithmetic, done again: grants, refunds, corrections, requirements, variances.

Each rule builds the tree that its formula says; :meth:`bench.trace.numbers.Numbers.done` compares the outcome with the
number and does not claim a tree that gives another.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench.modelfile import Correction
from bench.modelfile.sections.grants import Criterion
from bench.trace.tree import OPERATIONS, Node

At = Mapping[str, Any]


def node(made: Any) -> Node:
    """Return what a rule made, which is a node."""
    assert isinstance(made, Node)
    return made


def worked(name: str, operation: str, inputs: Sequence[Node], at: At | None = None, rule: str = "") -> Node:
    """Return a number that is worked out here, from numbers that are known."""
    values = [float(one.value) if one.value is not None else math.nan for one in inputs]
    return Node(name, OPERATIONS[operation](values), at or {}, rule, operation, "", tuple(inputs))


def number(value: float, name: str = "one") -> Node:
    """Return a number that stands in the formula itself."""
    said = {"key": "", "status": "rule", "source": "stands in the formula", "file": "the rule itself", "line": None}
    return Node(name, value, source=said)


def stated(self: Any, key: str, year: Any, default: float | None = None) -> Node:
    """Return a value the model states, or its default."""
    made: Node = self.places.parameter(key, year)
    if made.value is None and default is not None:
        made = self.places.stated(key, key, default, "the model's default")
    return made


def price_index(self: Any, start: int, end: int) -> Node:
    """Return the factor from the prices of one year to those of another: the product of one plus each year's growth."""
    return worked("index", "product", [_growth(self, year) for year in range(start + 1, end + 1)] or [number(1.0)])


def _growth(self: Any, year: int) -> Node:
    source = self.model.indexation.source
    if source == "table":
        cells = self.places.table_cells("index", year)
        grown = cells[0] if len(cells) == 1 else stated(self, "indexation.deflator", year)
    elif source == "wage-price":
        share = stated(self, "indexation.wage_share", year)
        rest = worked("price share", "difference", [number(1.0), share])
        parts = [(share, "wage"), (rest, "price")]
        weighted = [
            worked(f"{one} part", "product", [part, stated(self, f"indexation.{one}", year)]) for part, one in parts
        ]
        grown = worked("growth", "sum", weighted)
    else:
        grown = stated(self, "indexation.deflator", year, 0.0)
    return worked("one and growth", "sum", [number(1.0), grown], {"year": year})


# -- block grant and refund --------------------------------------------------------------------------------------


def refund(self: Any, name: str, value: Any, at: At, row: At) -> Node:
    """Return the refund: the stated share of the unit's own cost, and of each component that is refunded by itself."""
    scheme, year = self.model.find_scheme(at["scheme"]), at["year"]
    share = stated(self, f"scheme.{at['scheme']}.mix.refund", year, 0.0)
    if not value:
        return node(self.done(name, value, at, "product", [share, number(0.0, "nothing refunded")], "by [scheme.mix]"))
    parts = [
        worked(
            one.column, "product", [_component_share(self, at, one), self.places.cell(one.column, at["unit"], year)], at
        )
        for one in scheme.mix.component
        if one.treatment == "refund"
    ]
    cost = self.cost(at["unit"], year)
    if not parts:
        return node(self.done(name, value, at, "product", [share, cost], "by [scheme.mix]"))
    rest = worked("cost less components", "difference", [cost, *parts], at)
    whole = [*parts, worked("refund of the rest", "product", [share, rest], at)]
    return node(self.done(name, value, at, "sum", whole, "by [scheme.mix]"))


def _component_share(self: Any, at: At, component: Any) -> Node:
    key = f"scheme.{at['scheme']}.mix.component."
    named = [one for one in self.places.known_keys() if one.startswith(key) and one.endswith(".share")]
    value = component.share.at(at["year"])
    found = [one for name in named if (one := stated(self, name, at["year"])).value == value]
    return found[0] if found else number(value, f"share of {component.column}")


def block(self: Any, name: str, value: Any, at: At, row: At) -> Node:
    """Return the block grant by the rule of its kind, less what a requirement takes out of it."""
    taken = _taken(self, at)
    if taken is None:
        return _whole_block(self, name, value, at)
    before = float(value) + float(taken.value)
    whole = _whole_block(self, f"{name} before the requirement", before, at)
    return node(self.done(name, value, at, "difference", [whole, taken], "less what the requirement asks"))


def _taken(self: Any, at: At) -> Node | None:
    """What a requirement that feeds the grant takes of a unit in a year."""
    required = self.model.requirement
    if required is None or required.feeds != "block":
        return None
    rows = self.rows("requirement_effect", {key: at[key] for key in ("scheme", "unit", "year")})
    if len(rows) != 1:
        return None
    parts = [self.listed(f"requirement_effect.{one}", rows[0][one], at) for one in ("individual_nok", "general_nok")]
    return worked("required_nok", "sum", parts, at)


def _whole_block(self: Any, name: str, value: Any, at: At) -> Node:
    rule = self.model.find_scheme(at["scheme"]).block
    if rule.kind == "none":
        none = self.places.stated(f"scheme.{at['scheme']}.block", "block", 0.0, "the model has none", at)
        return node(self.done(name, value, at, "same", [none]))
    if rule.kind == "incremental":
        return _incremental(self, name, value, at)
    units = self.members(at["scheme"], at["year"])
    if rule.kind == "criteria":
        share = worked("share", "sum", [_criterion(self, at, one, units) for one in rule.criterion], at)
    elif rule.kind == "historic-share":
        seen = rule.share_year if rule.share_year is not None else _base_year(self, at)
        costs = [_granted_cost(self, at, unit, seen) for unit in units]
        own = _granted_cost(self, at, at["unit"], seen)
        share = worked("share", "quotient", [own, worked("cost", "sum", costs)], at)
    elif rule.kind == "norm-share":
        when = rule.share_year if rule.share_year is not None else _year_before(self, at)
        norms = {unit: self.number("norms", "norm", {**at, "unit": unit, "year": when}) for unit in units}
        share = worked("share", "quotient", [norms[at["unit"]], worked("norms", "sum", list(norms.values()))], at)
    else:
        share = worked("share", "quotient", [number(1.0), number(float(len(units)), "units")], at)
    return node(
        self.done(name, value, at, "product", [_total(self, at, units), share], "by [scheme.block]", least=0.0101)
    )


def _criterion(self: Any, at: At, criterion: Criterion, units: Sequence[str]) -> Node:
    key = f"scheme.{at['scheme']}.block.criterion.{criterion.column}.weight"
    weight = stated(self, key, at["year"], criterion.weight.at(at["year"]))
    columns = [criterion.column, *([criterion.times] if criterion.times else [])]

    def of(unit: str) -> Node:
        cells = [self.places.cell(column, unit, at["year"]) for column in columns]
        return cells[0] if len(cells) == 1 else worked("need", "product", cells, {"unit": unit, "year": at["year"]})

    cells, own = [of(unit) for unit in units], of(at["unit"])
    return worked("criterion", "product", [weight, worked("share", "quotient", [own, worked("all", "sum", cells)])], at)


def _base_year(self: Any, at: At) -> int:
    known = [year for year in self.years() if year < at["year"]]
    rule = self.model.find_scheme(at["scheme"]).block
    if not known:
        return int(at["year"])
    first = min(row["year"] for row in self.rows("settlement", {"scheme": at["scheme"]}))
    return int(max(known) if rule.base == "accounts" else max((year for year in known if year < first), default=first))


def _year_before(self: Any, at: At) -> int:
    return int(at["year"]) - 1 if int(at["year"]) - 1 in self.years() else int(at["year"])


def _total(self: Any, at: At, units: Sequence[str]) -> Node:
    rule, key, year = self.model.find_scheme(at["scheme"]).block, f"scheme.{at['scheme']}.block", int(at["year"])
    if rule.total is not None:
        base = year if rule.indexed_from is None else rule.indexed_from
        start = stated(self, f"{key}.total", year)
    else:
        base = _base_year(self, at)
        whole = worked("cost", "sum", [_granted_cost(self, at, unit, base) for unit in units])
        start = worked("total", "product", [stated(self, f"{key}.total_share", year), whole])
    need = [_needed(self, key, one) for one in range(base + 1, year + 1)]
    return worked("total", "product", [start, price_index(self, base, year), *need], at)


def _granted_cost(self: Any, at: At, unit: str, year: int) -> Node:
    """Return a unit's cost less the components that are refunded or have a grant of their own."""
    paid = [one for one in self.model.find_scheme(at["scheme"]).mix.component if one.treatment != "price"]
    cost: Node = self.cost(unit, year)
    if not paid:
        return cost
    less = [
        worked(one.column, "product", [number(-1.0), number(share), self.places.cell(one.column, unit, year)])
        for one in paid
        for share in [one.share.at(year) if one.treatment == "refund" else 1.0]
    ]
    return worked("cost less components", "sum", [cost, *less], {"unit": unit, "year": year})


def _needed(self: Any, key: str, year: int) -> Node:
    return worked("one and need", "sum", [number(1.0), stated(self, f"{key}.need", year, 0.0)], {"year": year})


def _incremental(self: Any, name: str, value: Any, at: At) -> Node:
    key, year = f"scheme.{at['scheme']}.block", int(at["year"])
    before = self.rows("settlement", {**at, "year": year - 1})
    rule = self.model.find_scheme(at["scheme"]).block
    seen = year - 1 if year - 1 in self.years() else year
    if before and rule.base == "budget" and before[0]["block_income"]:
        base, part = self.number("settlement", "block_income", {**at, "year": year - 1}), []
    else:
        base = _granted_cost(self, at, at["unit"], seen)
        part = [stated(self, f"scheme.{at['scheme']}.mix.block", year)]
    moved = [base, *(one for one in part if one.value), price_index(self, seen, year), _needed(self, key, year)]
    parts = [worked("moved", "product", moved, at)]
    if before and rule.carry.at(year):
        result = self.number("settlement", "result", {**at, "year": year - 1})
        parts.append(worked("carried in", "product", [stated(self, f"{key}.carry", year), result], at))
    return node(self.done(name, value, at, "sum", parts, "by [scheme.block]"))


# -- corrections ---------------------------------------------------------------------------------------------------


def correction(self: Any, name: str, value: Any, at: At, row: At) -> Node:
    """Return one correction by the formula of its kind."""
    stated_ones = self.model.find_scheme(at["scheme"]).correction
    rule = next((one for one in stated_ones if one.name.en == at["correction"]), None)
    if rule is None:  # a requirement or a gate that is shown among the corrections
        return node(self.listed(name, value, at, "by [scheme.correction]"))
    key = f"scheme.{at['scheme']}.correction"
    known = self.places.known_keys()
    found = next((one for one in known if one.startswith(f"{key}.") and _is_of(one, key, rule)), key)
    if rule.units and at["unit"] not in rule.units:
        return node(
            self.done(name, value, at, "same", [self.places.stated(key, "members", 0.0, "the unit is not named", at)])
        )
    parts = _KINDS.get(rule.kind)
    if parts is None:
        return node(self.listed(name, value, at, "by [scheme.correction]"))
    operation, inputs = parts(self, found, rule, at)
    return node(self.done(name, value, at, operation, inputs, f"by [scheme.correction], kind {rule.kind}"))


def _is_of(name: str, key: str, rule: Correction) -> bool:
    slug = rule.name.en.lower().replace(" ", "-").replace(".", "")
    return name.startswith(f"{key}.{slug}.")


def _index_of(self: Any, rule: Correction, at: At) -> list[Node]:
    if rule.indexed_from is None:
        return []
    year = int(at["year"])
    growth = [
        worked("one and growth", "sum", [number(1.0), number(rule.growth.at(one), "growth")])
        for one in range(rule.indexed_from + 1, year + 1)
    ]
    return [price_index(self, rule.indexed_from, year), *growth]


def _value(self: Any, rule: Correction, at: At) -> Node:
    made: Node = self.places.cell(rule.column, at["unit"], at["year"])
    return made


def _named(self: Any, found: str, what: str, dated: Any, at: At) -> Node:
    base = found.rpartition(".")[0]
    return stated(self, f"{base}.{what}", at["year"], dated.at(at["year"]) if dated is not None else None)


def _by_rate(self: Any, found: str, rule: Correction, at: At) -> tuple[str, list[Node]]:
    return "product", [_named(self, found, "rate", rule.rate, at), *_index_of(self, rule, at), _value(self, rule, at)]


def _by_amount(self: Any, found: str, rule: Correction, at: At) -> tuple[str, list[Node]]:
    return "product", [_named(self, found, "amount", rule.amount, at), *_index_of(self, rule, at)]


def _by_factor(self: Any, found: str, rule: Correction, at: At) -> tuple[str, list[Node]]:
    activity = self.number("settlement", "activity_income", {key: at[key] for key in ("scheme", "unit", "year")})
    return "product", [activity, worked("factor less one", "difference", [_value(self, rule, at), number(1.0)])]


def _by_size(self: Any, found: str, rule: Correction, at: At) -> tuple[str, list[Node]]:
    size = _value(self, rule, at)
    amount = [_named(self, found, "amount", rule.amount, at), *_index_of(self, rule, at)]
    if not size.value:
        return "product", [*amount, size]
    part = worked("part of the reference", "quotient", [size, _named(self, found, "reference", rule.reference, at)])
    short = worked("what is short", "difference", [number(1.0), part])
    return "product", [*amount, worked("at least nothing", "largest", [short, number(0.0, "zero")])]


def _by_excess(self: Any, found: str, rule: Correction, at: At) -> tuple[str, list[Node]]:
    limit = [_named(self, found, "threshold", rule.threshold, at), *_index_of(self, rule, at)]
    if rule.count_column:
        limit.append(self.places.cell(rule.count_column, at["unit"], at["year"]))
    over = worked("above the threshold", "difference", [_value(self, rule, at), worked("threshold", "product", limit)])
    return "product", [
        _named(self, found, "rate", rule.rate, at),
        worked("at least nothing", "largest", [over, number(0.0, "zero")]),
    ]


def _by_supplement(self: Any, found: str, rule: Correction, at: At) -> tuple[str, list[Node]]:
    asked = worked("rate", "product", [_named(self, found, "rate", rule.rate, at), _value(self, rule, at)])
    if rule.cap is not None:
        cap = worked("cap", "product", [_named(self, found, "cap", rule.cap, at), *_index_of(self, rule, at)])
        asked = worked("at most the cap", "least", [asked, cap])
    return "product", [_named(self, found, "reversal", rule.reversal, at), asked]


_KINDS: Mapping[str, Callable[..., tuple[str, list[Node]]]] = {
    "rate": _by_rate,
    "amount": _by_amount,
    "factor": _by_factor,
    "small-unit-topup": _by_size,
    "excess": _by_excess,
    "supplement": _by_supplement,
}


# -- requirements and the purchaser --------------------------------------------------------------------------------


def requirement(self: Any, name: str, value: Any, at: At, row: At) -> Node:
    """Return the whole requirement: ``1 − (1 − individual)·(1 − general)``."""
    parts = [self.one("requirements", column, row) for column in ("individual", "general")]
    left = [worked(f"left after {part.name}", "difference", [number(1.0), part]) for part in parts]
    kept = worked("left", "product", left, at)
    return node(self.done(name, value, at, "difference", [number(1.0), kept]))


def requirement_nok(self: Any, name: str, value: Any, at: At, row: At) -> Node:
    """Return the requirement in NOK: its share of what was allowed the year before."""
    before = self.rows("requirements", {**at, "year": at["year"] - 1})
    base = self.one("requirements", "allowed_cost", before[0]) if before else self.one("requirements", "base_cost", row)
    return node(self.done(name, value, at, "product", [self.one("requirements", "requirement", row), base]))


def general(self: Any, name: str, value: Any, at: At, row: At) -> Node:
    """Return the general requirement as the model states it."""
    made = self.done(name, value, at, "same", [stated(self, "requirement.general", at["year"], 0.0)])
    return node(made if made.operation else self.listed(name, value, at))


def base_cost(self: Any, name: str, value: Any, at: At, row: At) -> Node:
    """Return the cost that a requirement is a share of: the accounts it is decided on."""
    year = row.get("base_year")
    if year is None or year != year:
        return node(self.listed(name, value, at))
    return node(self.done(name, value, at, "same", [self.cost(at["unit"], int(year))]))


def from_columns(operation: str, *columns: str) -> Callable[..., Node]:
    """Return the rule of a number worked out from other columns of its row."""

    def rule(self: Any, name: str, value: Any, at: At, row: At) -> Node:
        frame = name.split(".")[0]
        return node(self.done(name, value, at, operation, [self.one(frame, column, row) for column in columns]))

    return rule


def volume_variance(self: Any, name: str, value: Any, at: At, row: At) -> Node:
    """Return what another volume than the budget's costs at the budget's price."""
    more = worked("more", "difference", [self.one("purchaser", c, row) for c in ("actual_volume", "budget_volume")])
    return node(self.done(name, value, at, "product", [more, self.one("purchaser", "budget_price", row)]))


def of_lines(column: str) -> Callable[..., Node]:
    """Return the rule of a purchaser's number that is the sum of the units' settlement lines."""

    def rule(self: Any, name: str, value: Any, at: At, row: At) -> Node:
        lines = self.rows("settlement_lines", {key: at[key] for key in ("scheme", "service", "year")})
        made = self.done(name, value, at, "sum", [self.one("settlement_lines", column, line) for line in lines])
        return node(made if made.operation else self.listed(name, value, at))

    return rule


def efficiency(self: Any, name: str, value: Any, at: At, row: At) -> Node | None:
    """Return a cost efficiency as the peers' cost, by their intensities, over the own cost; None where it is not."""
    parts = []
    for peer in self.rows("peers", {key: at[key] for key in ("scheme", "unit", "year")}):
        whose = {"unit": peer["peer"], "year": peer["peer_year"]}
        inputs = tuple(self.cells(at["scheme"], peer["peer"], peer["peer_year"]))
        intensity = Node("intensity", peer["intensity"], whose, "found by the frontier's linear program", inputs=inputs)
        parts.append(worked("peer's part", "product", [intensity, self.cost(peer["peer"], peer["peer_year"])], whose))
    if not parts:
        return None
    norm = worked("cost of the reference", "sum", parts, at)
    made: Node = self.done(
        name, value, at, "quotient", [norm, self.cost(at["unit"], at["year"])], "peers' cost over own cost"
    )
    return made if made.operation else None


#: By frame and column: rules that are arithmetic.
RULES: Mapping[str, Callable[..., Node]] = {
    "settlement.block_income": block,
    "settlement.refund": refund,
    "corrections.amount": correction,
    "requirements.requirement": requirement,
    "requirements.requirement_nok": requirement_nok,
    "requirements.general": general,
    "requirements.base_cost": base_cost,
    "purchaser.budget": from_columns("product", "budget_volume", "budget_price"),
    "purchaser.variance": from_columns("difference", "expenditure", "budget"),
    "purchaser.price_variance": from_columns("difference", "variance", "volume_variance"),
    "purchaser.mix_variance": from_columns("difference", "volume_variance", "pure_volume_variance"),
    "purchaser.variance_left": from_columns("difference", "variance", "supplement"),
    "purchaser.volume_variance": volume_variance,
    "purchaser.actual_volume": of_lines("volume"),
    "purchaser.expenditure": of_lines("income"),
}
