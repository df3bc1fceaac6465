"""How a unit's result came about: last year's result, what changed it, and what the settlement makes of it.

With :math:`R` the activity income, :math:`C` the cost and :math:`Q_t` this year's volumes at last year's prices:

* price: :math:`R_t - Q_t`
* volume: :math:`(Q_t - R_{t-1})(1 - C_{t-1}/R_{t-1})`, the margin on the change in volume at last year's cost coverage
* unit cost: :math:`-(C_t - C_{t-1} Q_t / R_{t-1})`, what the volumes cost beyond last year's cost level
* other: the change in block grant, refunds and corrections

The four add up to the change in result exactly. A unit without activity income in either year has no prices: what
changed its result is its grant, refund and corrections on one side and its cost on the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bench.report.facts import Row, UnitFacts

Kind = Literal["total", "step"]


@dataclass(frozen=True, slots=True)
class Step:
    """One bar: ``key`` names its text, ``amount`` is in NOK, ``start`` and ``end`` are where the bar lies."""

    key: str
    kind: Kind
    amount: float
    start: float
    end: float


def unit_waterfall(unit: UnitFacts) -> list[Step]:
    """Return the bars from last year's result to the closing balance; empty for a unit without settlement."""
    now = unit.settlement
    if now is None:
        return []
    parts: list[tuple[str, Kind, float]] = []
    before = next((row for row in unit.history if row["year"] == now["year"] - 1), None)
    causes = _causes(unit, before, now) if before is not None else []
    if before is not None and causes:
        parts.append(("previous_result", "total", before["result"]))
        parts += [(key, "step", amount) for key, amount in causes]
    parts.append(("result", "total", now["result"]))
    parts.append(("opening_balance", "step", now["opening_balance"]))
    parts.append(("returned_to_payer", "step", -now["returned_to_payer"]))
    forgiven = now["closing_balance"] - now["opening_balance"] - now["result"] + now["returned_to_payer"]
    parts.append(("forgiven", "step", forgiven))
    parts.append(("closing_balance", "total", now["closing_balance"]))
    return _placed([part for part in parts if part[1] == "total" or abs(part[2]) >= 0.005])


def waterfall_kind(steps: list[Step]) -> str:
    """Return which captions fit the bars: with prices, with grants alone, or with nothing before this year."""
    keys = {step.key for step in steps}
    if "previous_result" not in keys:
        return "waterfall-year"
    return "waterfall" if keys & {"price", "volume", "unit_cost"} else "waterfall-grant"


def _causes(unit: UnitFacts, before: Row, now: Row) -> list[tuple[str, float]]:
    other = sum(now[item] - before[item] for item in ("block_income", "refund", "corrections"))
    if not before["activity_income"]:
        # The first year with prices has no price to compare with: it starts from its own result.
        return [] if now["activity_income"] else [("other", other), ("cost", before["cost"] - now["cost"])]
    old_prices = {_line_key(row): row["price"] for row in unit.lines if row["year"] == before["year"]}
    # A service without a price last year has no price effect: its income is all volume.
    at_old = sum(
        row["volume"] * old_prices[_line_key(row)] if _line_key(row) in old_prices else row["income"]
        for row in unit.lines
        if row["year"] == now["year"]
    )
    income, old_income = now["activity_income"], before["activity_income"]
    coverage = before["cost"] / old_income
    return [
        ("price", income - at_old),
        ("volume", (at_old - old_income) * (1 - coverage)),
        ("unit_cost", -(now["cost"] - coverage * at_old)),
        ("other", other),
    ]


def _line_key(row: Row) -> tuple[str, str]:
    return str(row["service"]), str(row["price_class"] or "")


def _placed(parts: list[tuple[str, Kind, float]]) -> list[Step]:
    steps = []
    level = 0.0
    for key, kind, amount in parts:
        start = 0.0 if kind == "total" else level
        level = start + amount
        steps.append(Step(key, kind, amount, start, level))
    return steps
