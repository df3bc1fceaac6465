"""Sentences worked out from the numbers: what could make the decision wrong, and what to ask a unit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from bench.errors import Issue
from bench.norms.requirements import requirement_path
from bench.report.edition import Edition
from bench.report.facts import UnitFacts
from bench.report.words.findings import in_language, is_known
from bench.tolerances import EFFICIENT

if TYPE_CHECKING:
    import pandas as pd

    from bench.modelfile import Requirement
    from bench.typing import FloatArray

#: A unit above this share of the scheme's cost moves its own price noticeably.
LARGE_SHARE = 0.25
#: A frontier needs about three units per input and output to tell units apart, a rule of thumb in the field; with one
#: input and two outputs, the smallest frontier of interest, that is nine.
FEW_UNITS = 9
#: Differences smaller than these are not worth a question.
COST_GAP, LOW_SCORE, VOLUME_FALL, HEAVY_REQUIREMENT = 0.03, 0.95, -0.05, 0.01
#: A norm too low by this share is the error whose effect is stated.
NORM_ERROR = 0.01
#: A result of this share of income with a score that says the opposite is pointed out; so are methods this far apart.
DISAGREE, APART = 0.05, 0.10


def risks(edition: Edition) -> list[str]:
    """Return what could make the prices, results or requirements wrong, most important first."""
    return [*_price_risks(edition), *_frontier_risks(edition), *_settlement_risks(edition)]


def _price_risks(edition: Edition) -> list[str]:
    facts, t, n = edition.facts, edition.t, edition.n
    found = []
    if facts.assumed:
        found.append(t("risk.assumed", count=len(facts.assumed), total=len(facts.numbers)))
    moved = forecast_effect(edition)
    if moved:
        found.append(t("risk.deflator", amount=n.money(moved), year=facts.price_year))
    for scheme in facts.schemes:
        costs = {u.key: u.settlement["cost"] for u in facts.in_scheme(scheme.key) if u.settlement}
        total = sum(costs.values())
        if scheme.level_change is None or len(costs) < 2 or not total or facts.run.holds_back:
            continue
        largest = max(costs, key=lambda key: costs[key])
        if costs[largest] / total > LARGE_SHARE:
            found.append(
                t(
                    "risk.large_unit",
                    scheme=edition.labels.scheme(scheme.key),
                    unit=largest,
                    share=n.percent(costs[largest] / total, 0),
                )
            )
    return found


def _frontier_risks(edition: Edition) -> list[str]:
    facts, t, n = edition.facts, edition.t, edition.n
    found = []
    for scheme in facts.schemes:
        scored = [unit for unit in facts.in_scheme(scheme.key) if unit.efficiency]
        scores = [unit.efficiency["efficiency"] for unit in scored if unit.efficiency]
        full = sum(score is not None and score >= 1 - EFFICIENT for score in scores)
        if scored and len(scored) < FEW_UNITS and not facts.run.holds_back:
            key = "risk.few_units" if full else "risk.few_units_none"
            key = "risk.one_unit" if len(scored) == 1 else key
            found.append(t(key, scheme=edition.labels.scheme(scheme.key), count=len(scored), full=full))
    effect = norm_effect(edition)
    if effect is not None:
        amount, more = effect
        found.append(
            t(
                "risk.requirement",
                methods=_methods(edition),
                share=n.percent(NORM_ERROR, 0),
                amount=n.money(amount),
                more=n.percent(more),
            )
        )
    return found


def forecast_effect(edition: Edition) -> float:
    """Return what a percentage point of price growth is worth next year, NOK, at the volumes of the prices."""
    return math.fsum(
        0.01 * row["price"] * row["volume"] / row["deflator"]
        for scheme in edition.facts.schemes
        for row in scheme.prices
        if row["volume"] and row["deflator"] and row["price_class"] in (None, "", "standard")
    )


def norm_effect(edition: Edition) -> tuple[float, float] | None:
    """Return what norms one per cent too low add to all requirements: in NOK, and as a share of them.

    The requirements' own path is walked again with the norms as they then should have been. Nothing is said where
    that path does not give the run's requirements: where single units are excused for a time or only part of their cost
    counts.
    """
    run = edition.facts.run
    rule = run.model.requirement
    if rule is None or run.holds_back or run.requirements.empty:  # of all requirements, only some may be shown
        return None
    more = whole = stated = 0.0
    for scheme, asked in run.requirements.groupby("scheme", sort=False):
        base = run.norms[(run.norms["scheme"] == scheme) & (run.norms["year"] == asked["base_year"].iloc[0])]
        base = base.set_index(base["unit"].astype(str)).loc[list(dict.fromkeys(asked["unit"].astype(str)))]
        norm = base["evidence_norm" if rule.evidence == "interval" else "norm"].to_numpy(dtype=np.float64)
        cost = base["cost"].to_numpy(dtype=np.float64)
        now, right = (_asked(rule, asked, cost, norm / factor) for factor in (1.0, 1.0 - NORM_ERROR))
        whole, more = whole + now, more + now - right
        stated += float(asked["requirement_nok"].sum())
    if abs(whole - stated) > 1e-6 * abs(stated) or not whole:
        return None
    return more, more / whole


def _asked(rule: Requirement, rows: pd.DataFrame, cost: FloatArray, norm: FloatArray) -> float:
    """What a scheme's requirements come to over the whole period, NOK, on given norms."""
    first, years = rule.year_list[0], len(rule.year_list)
    exempt = [any(one.unit == unit and one.covers(first) for one in rule.exemption) for unit in rows["unit"][::years]]
    path = requirement_path(
        cost,
        norm,
        years=rule.years,
        general=rows["general"].to_numpy(dtype=np.float64)[:years],
        path=rule.path,
        glide=None if rule.glide is None else rule.glide.at(first),
        individual_share=rule.individual_share.at(first),
        max_gap=1.0 - rule.floor.at(first),
        max_yearly=None if rule.corridor is None else rule.corridor.at(first),
        min_yearly=rule.least.at(first),
        exempt=np.array(exempt, dtype=bool),
    )
    return float(path.requirement_nok.sum())


def _methods(edition: Edition) -> str:
    """Name the methods the norms come from."""
    frame = edition.facts.run.efficiency
    named = [str(name).removeprefix("efficiency_") for name in frame.columns if str(name).startswith("efficiency_")]
    used = [edition.t.known("method", name) or name for name in named if frame[f"efficiency_{name}"].notna().any()]
    if not used:
        return edition.t("risk.requirement_average")
    return edition.t("word.and").join(used) if len(used) < 3 else ", ".join(used)


def _settlement_risks(edition: Edition) -> list[str]:
    facts, t, n = edition.facts, edition.t, edition.n
    found = []
    forgiven = [unit for unit in facts.units if unit.settlement and unit.settlement["dispensation"]]
    if forgiven:
        amount = sum(unit.settlement["dispensation"] for unit in forgiven if unit.settlement)
        found.append(
            t("risk.dispensation", units=", ".join(unit.key for unit in forgiven), amount=n.money(abs(amount)))
        )
    purchaser = facts.run.purchaser
    if len(purchaser):
        last = purchaser[purchaser["year"] == purchaser["year"].max()]
        over = float(last["variance"].sum())
        keys = ("risk.grown", "risk.grown_under") if _grown_budget(edition) else ("risk.volume", "risk.volume_under")
        key = keys[0 if over > 0 else 1]
        if abs(over) >= 1.0:
            found.append(t(key, amount=n.money(abs(over))))
    if facts.failed_checks:
        found.append(t("risk.checks", count=len(facts.failed_checks)))
    return found


def _grown_budget(edition: Edition) -> bool:
    """Tell whether the budget is last year's volumes grown, which nobody has decided."""
    purchaser = getattr(edition.facts.run.model, "purchaser", None)
    return getattr(purchaser, "budget", "table") == "growth"


def warning_text(edition: Edition, issue: Issue) -> str:
    """Return a warning in the report's language, with where it is; the engine's own words when the rule is unknown."""
    text = (
        edition.t.known("rule", issue.rule) or _own_note(edition, issue) or in_language(issue.message, edition.language)
    )
    place = ", ".join(
        part for part in (issue.unit, issue.period, issue.column and edition.labels.word("", issue.column)) if part
    )
    return f"{text} ({place})" if place else text


def warning_is_translated(edition: Edition, issue: Issue) -> bool:
    """Tell whether the warning is said in the report's language."""
    known = edition.t.known("rule", issue.rule) or _own_note(edition, issue)
    return bool(known) or is_known(issue.message, edition.language)


def _own_note(edition: Edition, issue: Issue) -> str:
    """Return what the model itself says in the report's language; the warning holds its English text."""
    notes = edition.facts.run.model.meta.note if issue.rule == "model-note" else ()
    return next((note.get(edition.language) for note in notes if note.en == issue.message), "")


def questions(edition: Edition, unit: UnitFacts) -> list[str]:
    """Return what a manager should ask about one unit; always at least one question."""
    found = [
        *_disagreements(edition, unit),
        *_cost_questions(edition, unit),
        *_result_questions(edition, unit),
        *_norm_questions(edition, unit),
    ]
    return found or [edition.t("ask.nothing")]


def _disagreements(edition: Edition, unit: UnitFacts) -> list[str]:
    """Say where score and settlement, or two methods, do not say the same about the unit."""
    t, n, found = edition.t, edition.n, []
    score, margin = (unit.efficiency or {}).get("efficiency"), unit.margin
    if score is not None and margin is not None:
        if score >= 1 - EFFICIENT and margin < -DISAGREE:
            found.append(t("ask.disagree_deficit", share=n.percent(-margin)))
        if score < LOW_SCORE and margin > DISAGREE:
            found.append(t("ask.disagree_surplus", score=n.percent(score), share=n.percent(margin)))
    scores = {
        t.known("method", name.removeprefix("efficiency_")) or name: value
        for name, value in (unit.efficiency or {}).items()
        if name.startswith("efficiency_") and value is not None
    }
    if len(scores) > 1:
        worst, best = min(scores, key=lambda k: scores[k]), max(scores, key=lambda k: scores[k])
        apart = scores[best] - scores[worst]
        if apart >= APART:
            low, high = n.percent(scores[worst]), n.percent(scores[best])
            points = t("word.points", number=n.number(100 * apart, 1))
            found.append(t("ask.methods", low=low, worst=worst, high=high, best=best, points=points))
    return found


def _cost_questions(edition: Edition, unit: UnitFacts) -> list[str]:
    scheme = edition.facts.scheme(unit.scheme)
    now = unit.settlement
    if not now or not now["activity_income"] or not scheme.cost or edition.facts.run.holds_back:
        return []
    relative = (now["cost"] / now["activity_income"]) / (scheme.cost / scheme.activity_income) - 1
    if relative > COST_GAP:
        return [edition.t("ask.cost_high", share=edition.n.percent(relative))]
    if relative < -COST_GAP:
        return [edition.t("ask.cost_low", share=edition.n.percent(-relative))]
    return []


def _result_questions(edition: Edition, unit: UnitFacts) -> list[str]:
    found = []
    results = [row["result"] for row in unit.history]
    if len(results) > 1 and results[-1] < 0 and results[-2] < 0:
        found.append(edition.t("ask.deficits", year=unit.history[-2]["year"]))
    if unit.settlement and unit.settlement["dispensation"]:
        found.append(edition.t("ask.dispensation", amount=edition.n.money(abs(unit.settlement["dispensation"]))))
    for service, change in _volume_changes(unit):
        if change < VOLUME_FALL:
            name = edition.labels.service(unit.scheme, service)
            found.append(edition.t("ask.volume", service=name, share=edition.n.percent(-change)))
    return found


def _volume_changes(unit: UnitFacts) -> list[tuple[str, float]]:
    if len(unit.history) < 2:
        return []
    years = [unit.history[-2]["year"], unit.history[-1]["year"]]
    volumes: dict[str, list[float]] = {}
    for row in unit.lines:
        if row["year"] in years:
            volumes.setdefault(str(row["service"]), [0.0, 0.0])[years.index(row["year"])] += row["volume"]
    return [(service, new / old - 1) for service, (old, new) in volumes.items() if old > 0]


def _norm_questions(edition: Edition, unit: UnitFacts) -> list[str]:
    found = []
    share = (unit.efficiency or {}).get("efficiency")
    others = [(peer, weight) for peer, weight in unit.peer_shares if peer not in (unit.key, "")]
    if share is not None and share < LOW_SCORE and others:
        named = ", ".join(f"{peer} ({edition.n.percent(weight, 0)})" for peer, weight in others[:3])
        found.append(edition.t("ask.peers", peers=named))
    if share is not None and share >= 1 - EFFICIENT:
        found.append(edition.t("ask.full"))
    if unit.required_share is not None and unit.required_share > HEAVY_REQUIREMENT:
        year = unit.requirements[0]["year"]
        found.append(edition.t("ask.requirement", share=edition.n.percent(unit.required_share, 2), year=year))
    return found
