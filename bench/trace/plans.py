"""Budget, bill and follow-up, done again: plans are cells of the further tables, months are added month by month."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench.stykkpris.tables import named_services
from bench.stykkpris.year.pricing import STANDARD
from bench.trace.arithmetic import At, number, price_index, stated, worked
from bench.trace.tree import Node

_MONTHS = range(1, 13)


def _plan(self: Any, quantity: str, at: At, month: int | None = None) -> list[Node]:
    """Cells of a budget or of months that speak of a year, a scheme and a service."""
    names = named_services(self.model.find_scheme(at["scheme"]))
    table = "budget" if month is None else "months"
    return [
        Node(
            quantity,
            one.value,
            {"year": one.year, "service": at["service"], **({"unit": one.unit} if one.unit else {})},
            cell={
                "file": one.place.file,
                "sheet": one.place.sheet,
                "cell": one.place.cell,
                "column": one.place.column,
                "text": one.place.value,
            },
        )
        for one in self.places.job.planned
        if (one.table, one.quantity, one.year) == (table, quantity, at["year"]) and month in (None, one.month)
        if one.scheme in ("", at["scheme"]) and names.get(one.service) == at["service"]
    ]


def _summed(name: str, cells: Sequence[Node], at: At) -> Node:
    return cells[0] if len(cells) == 1 else worked(name, "sum", cells, at)


def _done_before(self: Any, at: At) -> list[Node]:
    """Volumes of the service in the accounts of the year before, unit by unit."""
    year = int(at["year"]) - 1
    lines = self.rows("settlement_lines", {"scheme": at["scheme"], "service": at["service"], "year": year})
    if lines:
        return [self.one("settlement_lines", "volume", line) for line in lines]
    column = next(one.column for one in self.model.find_scheme(at["scheme"]).service if one.id == at["service"])
    return [self.places.cell(column, unit, year) for unit in self.members(at["scheme"], year)]


def _activity(self: Any, at: At, year: int) -> Node:
    made: Node = stated(self, f"scheme.{at['scheme']}.mix.activity", year, 1.0)
    return made


def _paid_price(self: Any, at: At, year: int) -> list[Node]:
    """Price of a year with the share that activity pays, as factors."""
    rows = _standard(self, at, year)
    if len(rows) != 1:
        return []
    share = _activity(self, at, year)
    price = self.one("prices", "price", rows[0])
    return [price] if share.value == 1.0 else [price, share]


def _standard(self: Any, at: At, year: int) -> list[At]:
    """The row of a service's price in a year; of several classes that of units without another price."""
    rows: list[At] = self.rows("prices", {"scheme": at["scheme"], "service": at["service"], "year": year})
    return rows if len(rows) == 1 else [row for row in rows if row.get("price_class") == STANDARD]


def _unrounded_price(self: Any, at: At, year: int) -> list[Node]:
    """Price before it is rounded, as factors: what a month is counted with."""
    rows = _standard(self, at, year)
    if self.model.rounding.price == "none" or len(rows) != 1:
        return _paid_price(self, at, year)
    share = _activity(self, at, year)
    made = [self.one("prices", column, rows[0]) for column in ("price_weight", "price_level")]
    return made if share.value == 1.0 else [*made, share]


def _or_listed(self: Any, name: str, value: Any, at: At, operation: str, inputs: list[Node], rule: str = "") -> Node:
    """Return a number done again, or with everything it may have been made from where that does not give it."""
    made = self.done(name, value, at, operation, inputs, rule) if inputs else None
    found: Node = made if made is not None and made.operation else self.listed(name, value, at)
    return found


# -- the bill and the purchaser ----------------------------------------------------------------------------------


def bill_volume(self: Any, name: str, value: Any, at: At, row: At) -> Node:
    """Return a volume of the bill: the cells that order or budget it, or what was done the year before."""
    cells = {"ordered": "ordered_volume", "budget": "budget_volume"}
    basis = str(row["basis"])
    inputs = _plan(self, cells[basis], at) if basis in cells else _done_before(self, at)
    return _or_listed(self, name, value, at, "sum", inputs, f"{basis} volume")


def bill_price(self: Any, name: str, value: Any, at: At, row: At) -> Node:
    """Return a price of the bill: that of the year, as far as activity pays it."""
    return _or_listed(self, name, value, at, "product", _paid_price(self, at, int(at["year"])))


def bill_before(self: Any, name: str, value: Any, at: At, row: At) -> Node:
    """Return the price of the year before the bill's."""
    year = int(at["year"])
    found = _paid_price(self, at, year - 1)
    return _or_listed(self, name, value, at, "product", found)


def bill_budget(self: Any, name: str, value: Any, at: At, row: At) -> Node:
    """Return a budget of the bill: its cells, or its volume at the price it was made with."""
    cells = _plan(self, "budget_amount", at)
    if cells and any(cell.value == cell.value for cell in cells):
        return _or_listed(self, name, value, at, "sum", cells)
    volume = _plan(self, "budget_volume", at)
    if not volume:
        return _or_listed(self, name, value, at, "sum", [])
    return _or_listed(
        self, name, value, at, "product", [_summed("budget_volume", volume, at), *_budget_price(self, at)]
    )


def _budget_price(self: Any, at: At) -> list[Node]:
    year = int(at["year"])
    before = _paid_price(self, at, year - 1)
    rules = self.model.purchaser
    if rules is not None and rules.budget_price == "previous-indexed" and before:
        return [before[0], price_index(self, year - 1, year), *before[1:]]
    return _paid_price(self, at, year)


def budget_price(self: Any, name: str, value: Any, at: At, row: At) -> Node:
    """Return the price a budget was made with: last year's with the year's growth, or the year's own."""
    return _or_listed(self, name, value, at, "product", _budget_price(self, at))


def budget_volume(self: Any, name: str, value: Any, at: At, row: At) -> Node:
    """Return a budget's volume: its cells, or last year's volume with growth in population and need."""
    if self.model.purchaser.budget == "table":
        return _or_listed(self, name, value, at, "sum", _plan(self, "budget_volume", at))
    year = int(at["year"])
    grown = [
        worked("one and growth", "sum", [number(1.0), stated(self, f"purchaser.{key}", year, 0.0)], {"year": year})
        for key in ("demography", "need")
    ]
    last = _summed("volume", _done_before(self, at), {**at, "year": year - 1})
    return _or_listed(self, name, value, at, "product", [last, *grown])


def pure_volume_variance(self: Any, name: str, value: Any, at: At, row: At) -> Node:
    """Return what the growth of the service's whole group costs: its budget times the growth less one."""
    services = self.model.find_scheme(at["scheme"]).service
    own = next(one for one in services if one.id == at["service"])
    group = [
        one.id for one in services if (one.group or one.id, one.measure.en) == (own.group or own.id, own.measure.en)
    ]
    rows = [
        line for one in group for line in self.rows("purchaser", {**at, "service": one})
    ]  # the services of a group are counted in one measure
    sums = [
        worked(column, "sum", [self.one("purchaser", column, line) for line in rows], at)
        for column in ("actual_volume", "budget_volume")
    ]
    if not sums[1].value:
        return _or_listed(self, name, value, at, "sum", [])
    more = worked("growth", "difference", [worked("growth of the group", "quotient", sums), number(1.0)], at)
    return _or_listed(self, name, value, at, "product", [self.one("purchaser", "budget", row), more])


# -- follow-up ---------------------------------------------------------------------------------------------------


def _month(self: Any, at: At, month: int, what: str) -> Node:
    """Budget or expenditure of one month: each service's price times its volume of the month."""
    of = {"scheme": at["scheme"], "year": at["year"], "month": month}
    parts = []
    for service in self.model.find_scheme(at["scheme"]).service:
        here = {"scheme": at["scheme"], "year": at["year"], "service": service.id}
        if what == "expenditure":
            done = _plan(self, "volume", here, month)
            factors = [*_unrounded_price(self, here, int(at["year"])), _summed("volume", done, of)] if done else []
        else:
            (row,) = self.rows("purchaser", here)
            factors = [self.one("purchaser", one, row) for one in ("budget_price", "budget_volume")]
            factors.append(_part_of_year(self, here, month))
        if factors:
            parts.append(worked(service.id, "product", factors, of))
    return worked(f"{what} of the month", "sum", parts or [number(0.0, "none")], of)


def _part_of_year(self: Any, at: At, month: int) -> Node:
    planned = {one: _plan(self, "budget_volume", at, one) for one in _MONTHS}
    cells = [cell for found in planned.values() for cell in found]
    if not cells or not sum(cell.value for cell in cells):
        return worked("part of the year", "quotient", [number(1.0), number(12.0, "months")], at)
    whole = worked("planned", "sum", cells, at)
    here = planned[month] or [number(0.0, "none planned")]
    return worked("part of the year", "quotient", [_summed("planned", here, at), whole], at)


def _to_date(what: str, *, whole: bool = False) -> Callable[..., Node]:
    """Return the rule of a sum over the months so far, or over the year; of all schemes where the row is of none."""

    def rule(self: Any, name: str, value: Any, at: At, row: At) -> Node:
        column = name.split(".")[1]
        if not at["scheme"]:
            rows = [one for one in self.rows("follow_up", {"year": at["year"], "month": at["month"]}) if one["scheme"]]
            return _or_listed(self, name, value, at, "sum", [self.one("follow_up", column, one) for one in rows])
        last = 12 if whole else int(at["month"])
        return _or_listed(self, name, value, at, "sum", [_month(self, at, m, what) for m in range(1, last + 1)])

    return rule


def forecast(self: Any, name: str, value: Any, at: At, row: At) -> Node:
    """Return the year's budget times the growth seen so far."""
    seen = [self.one("follow_up", column, row) for column in ("expenditure_to_date", "budget_to_date")]
    if not row["budget_to_date"]:
        return _or_listed(self, name, value, at, "same", seen[:1])
    growth = worked("growth seen so far", "quotient", seen, at)
    return _or_listed(self, name, value, at, "product", [self.one("follow_up", "budget", row), growth])


def cut(self: Any, name: str, value: Any, at: At, row: At) -> Node:
    """Return the share of what is left of the year that would hold the budget, from none to all of it."""
    if not value:
        none = number(0.0, "nothing to cut: no shortfall, or no month left")
        return _or_listed(self, name, value, at, "same", [none])
    left = worked("left of the year", "difference",
                  [self.one("follow_up", one, row) for one in ("forecast", "expenditure_to_date")], at)  # fmt: skip
    share = worked("share", "quotient", [self.one("follow_up", "shortfall", row), left], at)
    return _or_listed(self, name, value, at, "least", [share, number(1.0)])


def add_money(self: Any, name: str, value: Any, at: At, row: At) -> Node:
    """Return the money that holds volume and quality: the shortfall, where there is one."""
    return _or_listed(
        self, name, value, at, "largest", [self.one("follow_up", "shortfall", row), number(0.0, "no shortfall")]
    )


def _columns(operation: str, *columns: str) -> Callable[..., Node]:
    def rule(self: Any, name: str, value: Any, at: At, row: At) -> Node:
        frame = name.split(".")[0]
        return _or_listed(self, name, value, at, operation, [self.one(frame, column, row) for column in columns])

    return rule


RULES: Mapping[str, Callable[..., Node]] = {
    "bill.volume": bill_volume,
    "bill.price": bill_price,
    "bill.previous_price": bill_before,
    "bill.amount": _columns("product", "volume", "price"),
    "bill.budget": bill_budget,
    "bill.difference": _columns("difference", "amount", "budget"),
    "purchaser.budget_volume": budget_volume,
    "purchaser.budget_price": budget_price,
    "purchaser.price": _columns("quotient", "expenditure", "actual_volume"),
    "purchaser.pure_volume_variance": pure_volume_variance,
    "follow_up.budget_to_date": _to_date("budget"),
    "follow_up.expenditure_to_date": _to_date("expenditure"),
    "follow_up.budget": _to_date("budget", whole=True),
    "follow_up.forecast": forecast,
    "follow_up.shortfall": _columns("difference", "forecast", "budget"),
    "follow_up.cut_volume": cut,
    "follow_up.cut_quality": cut,
    "follow_up.add_money": add_money,
}
