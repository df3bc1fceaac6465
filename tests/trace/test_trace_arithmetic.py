"""Every number of every unit sheet is worked out again from cells and stated values, in several financing systems.

The unit sheet shows income line by line, the settlement, the norm and the requirements. A tree that claims an operation
is computed here from its leaves alone, so a node that only repeats the engine's number is found out.
"""

from __future__ import annotations

import json
import math

import pytest
from click.testing import CliRunner

from bench.cli import main
from bench.modelfile import load_model
from bench.modelfile.showing import example_case
from bench.pipeline.jobs import file_job
from bench.pipeline.stages import ran
from bench.resources import model_names
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
    "requirements": ("base_cost", "individual", "general", "requirement", "requirement_nok", "allowed_cost"),
    "norms": ("cost", "norm", "efficiency", "potential"),
    "bill": ("volume", "price", "previous_price", "amount", "budget", "difference"),
    "purchaser": (
        "budget_volume", "actual_volume", "budget_price", "price", "budget", "expenditure", "variance",
        "volume_variance", "price_variance", "pure_volume_variance", "mix_variance",
    ),
    "follow_up": (
        "budget_to_date", "expenditure_to_date", "budget", "forecast", "shortfall", "cut_volume", "cut_quality",
        "add_money",
    ),
}  # fmt: skip
#: Numbers that come out of no arithmetic on cells: of a program, of an estimate, or of a rule that rounds on its way.
#: Their trees list every cell and stated value they can have come from.
LISTED = {
    "bnetza-best-of-four": {"norms.efficiency"},
    "bnetza-higher-of-two-means": {"norms.efficiency"},
    "dur-best-of-two": {"norms.efficiency"},
    "hamar": {"corrections.amount"},
    "kommune-sektor": {"norms.cost", "norms.efficiency", "norms.potential"},
    "kristiansand": {"norms.efficiency"},
    "nhs-tariff": {"settlement_lines.volume"},
    "nve-yardstick": {"norms.cost", "norms.norm", "norms.efficiency", "norms.potential"},
    "sio-a": {"settlement.cost"},
    "sio-a-rates": {"corrections.amount"},
    "stykkpris-malestokk": {"norms.efficiency", "norms.potential"},
}
PURCHASER = ("budget", "expenditure", "variance", "volume_variance", "price_variance", "mix_variance", "variance_left")

MODELS = ("kristiansand", "incremental-block", "criteria-block", "cost-refund", "resource-intensive", "legevakt")


def from_leaves(node: Node, seen: dict[int, float]) -> float:
    """The value of a node by its leaves alone; a rounded one is a step from its rule and taken as rounded."""
    if id(node) not in seen:
        if not node.operation:
            seen[id(node)] = float(node.value) if node.value is not None else math.nan
        else:
            again = OPERATIONS[node.operation]([from_leaves(one, seen) for one in node.inputs])
            money = ("settlement", "corrections", "purchaser", "prices.price", "bill", "follow_up")
            step = 0.51 if "krone" in node.rounding else 0.0102  # a rounded number lies within a step of its rule
            slack = step if node.name.startswith(money) else 0.0
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
    return request.param, numbers_of(request.param)


def numbers_of(name: str) -> Numbers:
    job = file_job("run", [name], None)
    result = ran(job)
    return Numbers(result, Places(job, result.units, result.model, result.assumptions))


def try_every(name: str, numbers: Numbers) -> None:
    """Work out every number of the last year from its leaves; each leaf is a cell or a stated value."""
    claimed, known, done = 0, {}, {}
    listed = set()
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
                listed |= set() if node.operation else {f"{frame}.{column}"}
    assert claimed > 5
    assert listed == LISTED.get(name, set())
    for leaf in (node for node in known.values() if not node.inputs):
        assert leaf.is_leaf, (leaf.name, leaf.at)
        assert (leaf.cell or leaf.source or {}).get("file"), (leaf.name, leaf.at)


def test_every_number_of_every_unit_sheet_is_done_again(traced: tuple[str, Numbers]) -> None:
    try_every(*traced)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in model_names() if name not in MODELS])
def test_every_number_of_every_bundled_model_is_done_again(name: str) -> None:
    if load_model(name).meta.dataset is None and example_case(load_model(name)) is None:
        pytest.skip("no data of its own")
    try_every(name, numbers_of(name))


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


def test_the_schema_says_what_a_trace_holds(traced: tuple[str, Numbers]) -> None:
    """By another program: jsonschema takes every tree of the last year's settlement, and refuses a tree with a hole."""
    jsonschema = pytest.importorskip("jsonschema")
    name, numbers = traced
    printed = CliRunner().invoke(main, ["trace", "--schema"])
    assert printed.exit_code == 0
    schema = json.loads(printed.output)
    jsonschema.Draft202012Validator.check_schema(schema)
    check = jsonschema.Draft202012Validator(schema)
    rows = numbers.result.settlement
    for row in rows[rows["year"] == rows["year"].max()].head(2).to_dict("records"):
        for column in ("income", "result", "closing_balance"):
            tree = numbers.one("settlement", column, {str(key): part for key, part in row.items()}).to_dict()
            check.validate(json.loads(json.dumps(tree)))
    for wrong in ({"name": "x"}, {"name": "x", "value": 1}, {**tree, "operation": "guess"}, {**tree, "inputs": []}):
        assert not check.is_valid(wrong), (name, wrong)
