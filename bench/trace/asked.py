"""Norms and individual requirements, done again: from a score to the norm, and from the gap to what each year asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bench.trace.arithmetic import At, node, number, stated, worked
from bench.trace.tree import Node


def norm(self: Any, name: str, value: Any, at: At, row: At) -> Node:
    """Return a norm: the share of own cost, and the rest by the norm's source with its tolerance and floor."""
    rule = self.model.norm
    cost = self.one("norms", "cost", row)
    if value is None or value != value:
        return node(self.listed(name, value, at))
    plain = self.done(name, value, at, "product", [self.one("norms", "efficiency", row), cost], "efficiency times cost")
    if plain.operation or rule.calibrate != "none":
        return node(plain if plain.operation else self.listed(name, value, at))
    year = at["year"]
    if rule.source in ("average", "best-practice"):
        column = {"average": "average_norm", "best-practice": "best_practice_norm"}[rule.source]
        whole = self.listed(f"norms.{column}", row[column], at)
        floor = worked("floor", "product", [stated(self, "norm.floor", year, 0.0), cost], at)
        counted = worked("at least the floor", "largest", [whole, floor], at)
    else:
        made_of = [self.one("norms", "efficiency", row), stated(self, "norm.tolerance", year, 1.0)]
        score = worked("tolerated score", "quotient", made_of, at)
        if not rule.above_one:
            score = worked("at most one", "least", [score, number(1.0)], at)
        floors = [stated(self, key, year, 0.0) for key in ("norm.floor", "frontier.floor")]
        counted = worked(
            "frontier norm", "product", [worked("at least the floor", "largest", [score, *floors]), cost], at
        )
    share = stated(self, "norm.own_cost_share", year, 0.0)
    rest = worked("share of the norm", "difference", [number(1.0), share])
    parts = [worked("own cost", "product", [share, cost], at), worked("by the norm", "product", [rest, counted], at)]
    made = self.done(name, value, at, "sum", parts, "by [norm]")
    return node(made if made.operation else self.listed(name, value, at))


def individual(self: Any, name: str, value: Any, at: At, row: At) -> Node:
    """Return a unit's own requirement of a year: what the path takes of the gap that is left after the year before."""
    rule = self.model.requirement
    if not value:
        none = self.places.stated("requirement", "individual", 0.0, "no gap, an exemption or a year of rest", at)
        return node(self.done(name, value, at, "same", [none]))
    base, k = row.get("base_year"), list(rule.year_list).index(at["year"]) + 1
    found = self.rows("norms", {"scheme": at["scheme"], "unit": at["unit"], "year": base})
    if not found:
        return node(self.listed(name, value, at))
    gap = _gap(self, rule, found[0], int(rule.year_list[0]), at)
    here, before = (_left(self, rule, gap, step, at) for step in (k, k - 1))
    own = worked(
        "asked of what is left", "difference", [number(1.0), worked("left", "quotient", [here, before], at)], at
    )
    limits = [] if rule.corridor is None else [stated(self, "requirement.corridor", rule.year_list[0])]
    made = self.done(name, value, at, "least", [own, *limits], f"by [requirement], path {rule.path}")
    return node(made if made.operation else self.listed(name, value, at))


def _gap(self: Any, rule: Any, row: At, first: int, at: At) -> Node:
    """The share of cost that is asked for over the whole period."""
    lenient = row.get("evidence_norm")
    column = "norm" if rule.evidence == "plain" or lenient is None or lenient != lenient else "evidence_norm"
    cost = self.one("norms", "cost", row)
    over = worked("cost less norm", "difference", [cost, self.one("norms", column, row)], at)
    share = worked("gap", "quotient", [worked("at least nothing", "largest", [over, number(0.0, "zero")]), cost], at)
    room = worked("largest gap", "difference", [number(1.0), stated(self, "requirement.floor", first, 0.0)])
    asked = worked("at most the largest", "least", [share, room], at)
    return worked(
        "asked over the period", "product", [stated(self, "requirement.individual_share", first, 1.0), asked], at
    )


def _left(self: Any, rule: Any, gap: Node, step: int, at: At) -> Node:
    """The share of the base cost that is allowed after so many years of the path."""
    if step == 0:
        return number(1.0)
    kept = worked("kept", "difference", [number(1.0), gap], at)
    years = number(float(rule.years), "years")
    part = worked("part of the period", "quotient", [number(float(step), "years so far"), years])
    if rule.path == "compound":
        return worked("allowed", "power", [kept, part], at)
    if rule.path == "glide":
        slow = worked("left of the gap each year", "difference",
                      [number(1.0), stated(self, "requirement.glide", rule.year_list[0])])  # fmt: skip
        part = worked(
            "taken", "difference", [number(1.0), worked("left of the gap", "power", [slow, number(float(step))])]
        )
    return worked("allowed", "difference", [number(1.0), worked("taken", "product", [gap, part], at)], at)


RULES: Mapping[str, Callable[..., Node]] = {"norms.norm": norm, "requirements.individual": individual}
