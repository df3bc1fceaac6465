"""The decision memo's numbers and sentences, every one computed from the run."""

from __future__ import annotations

from dataclasses import dataclass

from bench.report.edition import Edition
from bench.report.facts import UnitFacts, rows
from bench.report.words.remarks import risks

#: How many units each list names, and how many risks are said.
_NAMED, _SAID = 4, 5


@dataclass(frozen=True, slots=True)
class Effect:
    """What the new prices and the first requirement mean to a unit, NOK."""

    unit: UnitFacts
    room: float
    required: float | None


@dataclass(frozen=True, slots=True)
class Bill:
    """What the decided volumes cost, NOK, at the new prices, at last year's, and at last year's with price growth.

    ``budgeted`` tells whether the volumes are those of the budget for the new year; else they are last year's.
    """

    new: float
    old: float
    indexed: float
    growth: float
    budgeted: bool


@dataclass(frozen=True, slots=True)
class Memo:
    """One page for those who decide."""

    resolution: list[str]
    bill: Bill | None
    most: list[Effect]
    least: list[Effect]
    risks: list[str]


def memo(edition: Edition) -> Memo:
    """Return the memo of a run."""
    found = effects(edition)
    most = sorted(found, key=lambda e: (-e.room, e.unit.key))[:_NAMED]
    least = sorted(found, key=lambda e: (e.room, e.unit.key))[:_NAMED]
    return Memo(_resolution(edition), bill(edition), most, least, risks(edition)[:_SAID])


def bill(edition: Edition) -> Bill | None:
    """Return next year's bill at standard prices, or None where no price has a price of the year before."""
    facts = edition.facts
    if facts.price_year is None:
        return None
    budget = _budget(edition)
    new = old = indexed = 0.0
    for scheme in facts.schemes:
        for row in scheme.prices:
            if row["previous_price"] is None or row["price_class"] not in (None, "", "standard"):
                continue
            key = (int(facts.price_year), scheme.key, str(row["service"]))
            volume = budget.get(key) if budget else _paid(edition, scheme.key, str(row["service"]))
            volume = volume or 0.0
            growth = row["deflator"] if row["deflator"] else 1.0
            new += volume * row["price"]
            old += volume * row["previous_price"]
            indexed += volume * row["previous_price"] * growth
    return Bill(new, old, indexed, indexed / old - 1.0, bool(budget)) if old else None


def _budget(edition: Edition) -> dict[tuple[int, str, str], float]:
    """Budgeted volumes of the price year; empty where the budget says nothing of it."""
    from bench.stykkpris.tables import extra_tables

    found = extra_tables(edition.facts.run.tables).budget
    return {key: volume for key, volume in found.items() if key[0] == edition.facts.price_year}


def _paid(edition: Edition, scheme: str, service: str) -> float:
    frame = edition.facts.run.settlement_lines
    part = frame[(frame["scheme"] == scheme) & (frame["service"] == service) & (frame["year"] == edition.facts.year)]
    return float(part["volume"].sum())


def effects(edition: Edition) -> list[Effect]:
    """Return, for every unit with prices, income at the new prices less its own cost moved by the same growth."""
    facts = edition.facts
    new = {
        (str(row["scheme"]), str(row["service"]), str(row["price_class"])): row
        for scheme in facts.schemes
        for row in scheme.prices
    }
    made = []
    for unit in facts.units:
        lines = [row for row in unit.lines if row["year"] == facts.year]
        priced = [(row, new.get((unit.scheme, str(row["service"]), str(row["price_class"])))) for row in lines]
        if not unit.settlement or not unit.settlement["activity_income"] or not all(p for _, p in priced):
            continue
        deflators = [price["deflator"] for _, price in priced if price and price["deflator"]]
        growth = deflators[0] if deflators else 1.0
        share = unit.settlement["activity_income"] / (sum(row["volume"] * row["price"] for row in lines) or 1.0)
        income = sum(row["volume"] * price["price"] for row, price in priced if price) * share
        other = unit.settlement["income"] - unit.settlement["activity_income"]
        cost = unit.settlement["cost"] * growth
        required = unit.requirements[0]["requirement_nok"] if unit.requirements else None
        made.append(Effect(unit, income + other * growth - cost, required))
    return made


def _resolution(edition: Edition) -> list[str]:
    facts, t, n = edition.facts, edition.t, edition.n
    made = []
    if any(scheme.prices for scheme in facts.schemes):
        made.append(t("memo.resolve.prices", year=facts.price_year))
    last = [row for row in rows(facts.run.settlement) if row["year"] == facts.year]
    if last:
        total = sum(row["result"] for row in last)
        returned = sum(row["returned_to_payer"] for row in last)
        made.append(
            t(
                "memo.resolve.settle",
                year=facts.year,
                amount=n.money(abs(total)),
                kind=t("memo.surplus" if total >= 0 else "memo.deficit"),
                returned=n.money(returned),
            )
        )
    required = [unit for unit in facts.units if unit.requirements]
    if required:
        years = sorted({row["year"] for unit in required for row in unit.requirements})
        amount = sum(unit.required_total or 0.0 for unit in required)
        base = next((unit.norm["year"] for unit in required if unit.norm), facts.year)
        made.append(t("memo.resolve.require", start=years[0], end=years[-1], amount=n.money(amount), base=base))
    return made
