"""The decision memo's numbers and sentences, every one computed from the run."""

from __future__ import annotations

from dataclasses import dataclass

from bench.report.edition import Edition
from bench.report.facts import UnitFacts, rows
from bench.report.whatif.tornado import Swing, tornado
from bench.report.words.remarks import risks
from bench.stykkpris.rules.indexation import Index
from bench.stykkpris.tables import extra_tables

#: How many units each list names, and how many risks are said.
_NAMED, _SAID = 4, 5

#: How many assumptions the tornado shows, and an interval of efficiency that is wide.
_SWINGS, WIDE = 3, 0.10


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
    ``budget`` is what the new bill is held against; None where the budget says nothing of the year.
    """

    new: float
    old: float
    indexed: float
    growth: float
    budgeted: bool
    budget: float | None = None


@dataclass(frozen=True, slots=True)
class Memo:
    """One page for those who decide."""

    resolution: list[str]
    bill: Bill | None
    most: list[Effect]
    least: list[Effect]
    risks: list[str]
    swings: list[Swing]
    interval: str = ""


def memo(edition: Edition) -> Memo:
    """Return the memo of a run."""
    found = effects(edition)
    most = sorted(found, key=lambda e: (-e.room, e.unit.key))[:_NAMED]
    least = sorted(found, key=lambda e: (e.room, e.unit.key))[:_NAMED]
    swings = tornado(edition)[:_SWINGS]
    return Memo(_resolution(edition), bill(edition), most, least, risks(edition)[:_SAID], swings, _interval(edition))


def _interval(edition: Edition) -> str:
    """Say how many scores have a wide interval; nothing where none was computed."""
    frame = edition.facts.run.inference
    if not len(frame) or not {"lower", "upper"} <= set(frame.columns):
        return ""
    last = frame[frame["year"] == frame["year"].max()]
    wide = last.assign(width=last["upper"] - last["lower"]).groupby("unit")["width"].max().dropna()
    if not len(wide):
        return ""
    count = int((wide > WIDE).sum())
    total, width = len(wide), edition.n.points(WIDE, 0)
    if not count:
        return edition.t("memo.interval_none", total=total, width=width)
    return edition.t("memo.interval", count=count, total=total, width=width)


def bill(edition: Edition) -> Bill | None:
    """Return next year's bill at standard prices, or None where no price has a price of the year before."""
    facts = edition.facts
    if facts.price_year is None:
        return None
    growth = 1.0 + _index(edition).growth(facts.price_year)
    new = old = indexed = 0.0
    lines = [row for row in rows(facts.run.bill) if row["year"] == facts.price_year]
    for row in lines:
        if row["previous_price"] is None:
            continue
        before = row["volume"] * row["previous_price"]
        new += row["amount"]
        old += before
        indexed += before * growth
    budgets = [row["budget"] for row in lines]
    budget = sum(amount for amount in budgets if amount is not None) if any(x is not None for x in budgets) else None
    budgeted = any(row["basis"] != "last-year" for row in lines)
    return Bill(new, old, indexed, indexed / old - 1.0, budgeted, budget) if old else None


def _index(edition: Edition) -> Index:
    """The run's growth of prices: a price's own deflator may span several years, or be none where it is stated."""
    run = edition.facts.run
    return Index(run.model.indexation, extra_tables(run.tables).index)


def effects(edition: Edition) -> list[Effect]:
    """Return, for every unit with prices, income at the new prices less its own cost moved by the same growth."""
    facts = edition.facts
    new = {
        (str(row["scheme"]), str(row["service"]), str(row["price_class"])): row
        for scheme in facts.schemes
        for row in scheme.prices
    }
    if facts.price_year is None or facts.year is None:  # all settled years may be held back
        return []
    growth = _index(edition).chain(facts.year, facts.price_year)
    made = []
    for unit in facts.units:
        lines = [row for row in unit.lines if row["year"] == facts.year]
        priced = [(row, new.get((unit.scheme, str(row["service"]), str(row["price_class"])))) for row in lines]
        if not unit.settlement or not unit.settlement["activity_income"] or not all(p for _, p in priced):
            continue
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
    if facts.run.holds_back:  # the sums below are over the units that are shown
        held = facts.run.withheld
        return [*made, t("lead.withheld", count=len(held.units) if held else 0, shown=len(facts.units))]
    last = [row for row in rows(facts.run.settlement) if row["year"] == facts.year]
    if last:
        total = sum(row["result"] for row in last)
        returned = sum(row["returned_to_payer"] for row in last)
        made.append(
            t(
                "memo.resolve.settle" if returned >= 0 else "memo.resolve.settle_borne",
                year=facts.year,
                amount=n.money(abs(total)),
                kind=t("memo.surplus" if total >= 0 else "memo.deficit"),
                returned=n.money(abs(returned)),
            )
        )
    required = [unit for unit in facts.units if unit.requirements]
    if required:
        years = sorted({row["year"] for unit in required for row in unit.requirements})
        amount = sum(unit.required_total or 0.0 for unit in required)
        base = required[0].requirements[0].get("base_year") or facts.year
        made.append(t("memo.resolve.require", start=years[0], end=years[-1], amount=n.money(amount), base=base))
    return made
