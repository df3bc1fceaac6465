"""The law of vintage over every source of a price with every way of moving it: later accounts change no decision.

Each combination that a model file may state is run on one table; then one unit's accounts of the last year are halved,
all volumes of that year are raised, and the year is taken out. No price up to the year itself, and no settlement before
it, moves by a bit. What a combination does not look at is said: it is refused, or it never moves.
"""

from __future__ import annotations

import typing
from itertools import product

import pandas as pd
import pytest
from pipeline.laws.test_chain_laws import MODEL, table, units  # noqa: F401  (the table is a fixture)

import bench
from bench.errors import ModelError
from bench.modelfile import parse_model
from bench.modelfile.sections.pricing import FIXED_SOURCES, Price, PriceSource

SOURCES = typing.get_args(PriceSource)
UPDATES = typing.get_args(Price.model_fields["update"].annotation)
#: What a source cannot do without.
NEEDS = {
    "best-practice": "k = 2",
    "frontier": "",
    "previous": "start = 'stated'\nstart_level = 500.0",
}
UPDATE = {"multipliers": 'multiplier_source = "dea"'}
#: A part of the frontier's level in a price from somewhere else, and the other years accounts may be of.
FURTHER = (
    'frontier_share = 0.5\nfrontier_reference = "norm"',
    "frontier_share = 0.5\nk = 1",
    "lag = 2",
    "lag = 2\ngain = 0.5",
    "own_excluded = true",
    "own_excluded = true\ncalibrate = true",
    "requirement = 0.01",
    "corridor = 0.02",
)


def text(source: str, update: str, more: str) -> str:
    lines = [f'source = "{source}"', f'update = "{update}"', UPDATE.get(update, ""), more]
    if "k = " not in more:
        lines.append(NEEDS.get(source, ""))
    body = MODEL.format(frontier='periods = "known"', rts="crs", price="\n".join(filter(None, lines)), service="")
    if source in FIXED_SOURCES:
        body = body.replace("weight = 1.0", "weight = 1.0\nprice = 620.0")
        body = body.replace("weight = 0.3", "weight = 0.3\nprice = 186.0")
    if update == "cost-keys":
        body = body.replace("weight = 1.0", "weight = 1.0\ncost_key = 0.7")
        body = body.replace("weight = 0.3", "weight = 0.3\ncost_key = 0.3")
    return body


def stated(source: str, update: str, more: str) -> bench.modelfile.Model | None:
    try:
        return parse_model(text(source, update, more), "lover.toml")
    except ModelError:
        return None


CASES = [(s, u, "") for s, u in product(SOURCES, UPDATES)]
CASES += [(s, "scalar", more) for s, more in product(("average-cost", "best-practice", "frontier"), FURTHER)]
ALLOWED = [case for case in CASES if stated(*case) is not None]


def spread(cases: list[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
    """A part of the cases in which every source, every update and every further key still stands, one of each new."""
    kept: set[tuple[str, str, str]] = set()
    seen: set[tuple[int, str]] = set()
    for case in cases:
        new = {(place, part) for place, part in enumerate(case)} - seen
        if new:
            kept.add(case)
            seen |= new
    return kept


#: All of them take a minute of CPU: the gate runs the spread, and the slow run the rest.
IN_GATE = spread(sorted(ALLOWED, key=lambda case: (not case[2], case[0] not in ("frontier", "best-practice"), case)))
TRIED = [case if case in IN_GATE else pytest.param(*case, marks=pytest.mark.slow) for case in ALLOWED]


def decided(result: bench.RunResult, name: str, last: int) -> pd.DataFrame:
    frame = result.frames()[name]
    return frame[frame["year"] <= last].reset_index(drop=True)


@pytest.mark.parametrize(("source", "update", "more"), TRIED)
def test_no_source_and_no_update_looks_ahead(table, source, update, more):  # noqa: F811
    rules = stated(source, update, more)
    whole = bench.run(rules, units(table))
    late = table["aar"] == 2006
    other = table.copy()
    other.loc[late & (other["enhet"] == "E4"), "kostnad"] *= 0.5
    other.loc[late, "timer"] += 100
    changed = bench.run(rules, units(other))
    for again in (changed, bench.run(rules, units(table[~late]))):
        for name, last in (("prices", 2006), ("settlement", 2005), ("settlement_lines", 2005), ("schemes", 2005)):
            one, two = decided(whole, name, last), decided(again, name, last)
            drop = [c for c in ("next_price_level", "level") if name == "schemes" and c in one.columns]
            pd.testing.assert_frame_equal(one.drop(columns=drop), two.drop(columns=drop), check_exact=True, obj=name)
    moved = not whole.prices.reset_index(drop=True).equals(changed.prices.reset_index(drop=True))
    looks = source not in FIXED_SOURCES and source not in ("none", "previous")
    assert not looks or moved or "lag = 2" in more


def test_what_is_tried_is_all_that_may_be_stated():
    """Every source and every update is tried with something; stated prices take no other move than the index."""
    assert {source for source, _, _ in ALLOWED} == set(SOURCES)
    assert {update for _, update, _ in ALLOWED} == set(UPDATES)
    assert len(ALLOWED) > 30
    for place in range(3):
        assert {case[place] for case in IN_GATE} == {case[place] for case in ALLOWED}
    for case in sorted(set(CASES) - set(ALLOWED)):
        with pytest.raises(ModelError) as caught:
            parse_model(text(*case), "lover.toml")
        assert caught.value.key.startswith("scheme[1].price")
        assert caught.value.line is not None
