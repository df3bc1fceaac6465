"""Every number of every unit sheet is worked out again from cells and stated values, in several financing systems.

The unit sheet shows income line by line, the settlement, the norm and the requirements. A tree that claims an operation
is computed here from its leaves alone, so a node that only repeats the engine's number is found out.
"""

from __future__ import annotations

import math

import pytest

from bench.pipeline.jobs import file_job
from bench.pipeline.stages import ran
from bench.trace import Node
from bench.trace.numbers import Numbers
from bench.trace.places import Places
from bench.trace.tree import OPERATIONS

#: What a unit sheet shows of money.
SHEET = {
    "settlement": (
        "activity_income", "block_income", "refund", "corrections", "income", "cost", "result", "opening_balance",
        "kept", "carried", "returned_to_payer", "closing_balance",
    ),
    "settlement_lines": ("volume", "price", "income", "activity_share"),
    "corrections": ("amount",),
    "requirements": ("base_cost", "general", "requirement", "requirement_nok", "allowed_cost"),
    "norms": ("cost", "potential"),
}  # fmt: skip
PURCHASER = ("budget", "expenditure", "variance", "volume_variance", "price_variance", "mix_variance", "variance_left")

MODELS = ("kristiansand", "incremental-block", "criteria-block", "cost-refund", "resource-intensive", "legevakt")


def from_leaves(node: Node, seen: dict[int, float]) -> float:
    """The value of a node by its leaves alone; a rounded one is a step from its rule and taken as rounded."""
    if id(node) not in seen:
        if not node.operation:
            seen[id(node)] = float(node.value) if node.value is not None else math.nan
        else:
            again = OPERATIONS[node.operation]([from_leaves(one, seen) for one in node.inputs])
            slack = 0.0102 if node.name.startswith(("settlement", "corrections", "purchaser", "prices.price")) else 0.0
            close = abs(again - float(node.value)) <= max(slack, 1e-8 * max(1.0, abs(again)))
            assert close, (node.name, dict(node.at), node.value, again)
            seen[id(node)] = float(node.value)
    return seen[id(node)]


def every(node: Node, seen: dict[int, Node]) -> dict[int, Node]:
    if id(node) not in seen:
        seen[id(node)] = node
        for one in node.inputs:
            every(one, seen)
    return seen


@pytest.fixture(scope="module", params=MODELS)
def traced(request: pytest.FixtureRequest) -> tuple[str, Numbers]:
    job = file_job("run", [request.param], None)
    result = ran(job)
    return request.param, Numbers(result, Places(job, result.units, result.model, result.assumptions))


def test_every_number_of_every_unit_sheet_is_done_again(traced: tuple[str, Numbers]) -> None:
    _, numbers = traced
    claimed, known, done = 0, {}, {}
    for frame, columns in SHEET.items():
        rows = getattr(numbers.result, frame)
        last = rows[rows["year"] == rows["year"].max()] if len(rows) else rows
        for row in last.to_dict("records"):
            for column in columns:
                if column not in row or row[column] is None or row[column] != row[column]:
                    continue
                node = numbers.one(frame, column, {str(key): part for key, part in row.items()})
                every(node, known)
                from_leaves(node, done)
                assert node.operation or node.inputs, (frame, column)
                claimed += bool(node.operation)
    assert claimed > 10
    for leaf in (node for node in known.values() if not node.inputs):
        assert leaf.is_leaf, (leaf.name, leaf.at)


def test_income_is_never_only_listed(traced: tuple[str, Numbers]) -> None:
    name, numbers = traced
    rows = numbers.result.settlement
    for row in rows[rows["year"] == rows["year"].max()].to_dict("records"):
        for column in ("activity_income", "block_income", "refund", "corrections", "income", "cost", "result"):
            node = numbers.one("settlement", column, {str(key): part for key, part in row.items()})
            assert node.operation, (name, column, row["unit"], node.rule)


def test_the_purchasers_account_is_done_again(traced: tuple[str, Numbers]) -> None:
    name, numbers = traced
    done: dict[int, float] = {}
    for row in numbers.result.purchaser.tail(8).to_dict("records"):
        for column in PURCHASER:
            if column in row and row[column] == row[column]:
                node = numbers.one("purchaser", column, {str(key): part for key, part in row.items()})
                assert node.operation, (name, column, node.rule)
                from_leaves(node, done)


def test_a_grant_by_hand() -> None:
    """Last year's grant, 3 % growth and 1 % need, less half of last year's result: the model's own figures."""
    job = file_job("run", ["incremental-block"], None)
    result = ran(job)
    numbers = Numbers(result, Places(job, result.units, result.model, result.assumptions))
    settled = result.settlement.set_index(["unit", "year"])
    before = settled.loc[("Nord", 2022)]
    last = before["block_income"] * 1.03 * 1.01 - 0.5 * before["result"]
    node = numbers.number("settlement", "block_income", {"scheme": "alle", "unit": "Nord", "year": 2023})
    assert settled.loc[("Nord", 2023), "block_income"] == pytest.approx(last, abs=0.01)
    assert node.again() == pytest.approx(last, rel=1e-12)
