from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from report.report_office import needs_soffice
from report.workbook.recalculated import differing, recalculate
from report.workbook.rules import RULES, few, small_run
from report.workbook.what_if import FAMILIES, MODELS, SLOW, Case, binding, compared, kinds, moved
from stykkpris.price_steps import CASES, SOURCE_CASES, SourceCase

import bench
from bench.errors import BenchError
from bench.report.workbook.build import open_book
from bench.results import RunResult
from bench.stykkpris.rules.steps import STEPS

_CASES: dict[str, Case] = {}


def case(name: str) -> Case:
    if name not in _CASES:
        _CASES[name] = Case.of(name)
    return _CASES[name]


QUICK = [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in MODELS]
MOVED = [name if name in FAMILIES else pytest.param(name, marks=pytest.mark.slow) for name in MODELS]


@pytest.mark.parametrize("name", QUICK)
def test_formulas_give_the_engines_numbers_as_long_as_nothing_is_changed(name: str) -> None:
    book = case(name).book
    assert compared(book, book) == []
    assert sum(len(item.formulas) for item in book.compared) > 3


@pytest.mark.parametrize("name", QUICK)
def test_no_cost_volume_price_index_share_or_requirement_is_locked(name: str) -> None:
    """What is locked acts through the frontier, or is no number on a date: how many years, which unit."""
    book = case(name).book
    locked = sorted({key for key, _ in book.locked})
    print(f"{name}: locked {', '.join(locked) or 'nothing'}")
    last = {key: key.rsplit(".", 1)[-1] for key in locked}
    allowed = {"lag", "first_year", "years", "indexed_from", "window", "value", "k", "transition_years"}
    closed = [key for key in locked if not key.startswith("frontier.") and last[key] not in allowed]
    assert set(closed) <= {"parameter.ld_smallest", "parameter.rd_smallest", "parameter.rd_smallest_peer"}, closed
    kinds_of = {str(key[0]) for key in book.inputs}
    assert "data" in kinds_of


@pytest.mark.parametrize("name", MOVED)
def test_a_change_of_every_kind_of_input_gives_what_the_engine_gives(name: str) -> None:
    """One cell of each kind at once: they meet in the same results, so that no formula leaves one out."""
    book = case(name).book
    first = [keys[len(keys) // 2] for keys in kinds(book).values()]
    changes = moved(book, first)
    assert changes
    assert case(name).differences(changes) == []


def test_as_adopted_nothing_of_the_yellow_cells_counts() -> None:
    """The switch holds for costs, volumes, scores and prices, not for parameters alone."""
    found = case("kristiansand@requirement")
    changes = moved(found.book, [keys[0] for keys in kinds(found.book).values()])
    assert {"data", "efficiency", "index", "budget", "parameter"} <= {key[0] for key in changes}
    adopted = open_book(found.edition, {**changes, ("switch",): 1})
    assert compared(adopted, adopted) == []
    scenario = open_book(found.edition, changes)
    assert len(compared(scenario, scenario)) > 100


@pytest.mark.parametrize("name", [name for name in MOVED if name not in SLOW])
def test_costs_that_move_a_binding_rule(name: str) -> None:
    """Where a cap, a dispensation or a transition binds, the cost falls and rises by a fifth."""
    found = case(name)
    cost = found.run.model.cost_column
    bound = binding(found.run) if len(found.run.settlement) else set()
    keys = [k for k in found.book.inputs if k[0] == "data" and k[4] == cost and (k[2], k[3]) in bound]
    for factor in (0.8, 1.2) if keys else ():
        changes = {key: round(found.book.inputs[key].value * factor, 2) for key in keys}
        assert found.differences(changes) == []


_QUICK_RULES = (
    *("own prices", "glide, least and exemption", "what the frontier moves", "incremental grant"),
    "payments by third, follow-up by month",
)


@pytest.mark.parametrize("name", [n if n in _QUICK_RULES else pytest.param(n, marks=pytest.mark.slow) for n in RULES])
def test_every_rule_of_the_requirement_and_its_price(name: str) -> None:
    """Rules no bundled model shows: how a requirement runs, and where it is taken out."""
    found = Case.of(lambda: small_run(RULES[name]()))
    assert compared(found.book, found.book) == []
    for position in (0, -1):
        changes = moved(found.book, [keys[position] for keys in kinds(found.book).values()])
        assert found.differences(changes) == [], name


@pytest.mark.parametrize("key", [step.key for step in STEPS])
def test_every_step_of_the_price_level(key: str) -> None:
    """The check sheet agrees with the engine where the step binds, and so does a change of its own cell."""
    value = CASES[key].in_run
    found = Case.of(lambda: small_run(bench.load_model("kristiansand").with_values({f"scheme.*.price.{key}": value})))
    plain = small_run(bench.load_model("kristiansand")).prices["price"]
    assert (found.run.prices["price"].to_numpy() != plain.to_numpy()).any(), "the step binds nowhere"
    assert compared(found.book, found.book) == []
    own = [name for name in found.book.inputs if name[0] == "parameter" and name[1].endswith(f".price.{key}")]
    assert found.differences(moved(found.book, own[:1])) == []


@pytest.mark.parametrize(("source", "stated"), [(name, case) for name in SOURCE_CASES for case in SOURCE_CASES[name]])
def test_every_source_of_the_price_level(source: str, stated: SourceCase) -> None:
    """The check sheet agrees with the engine, and so does a change of a cost, with the source whole and in part."""
    keys = {f"scheme.*.price.{key}": value for key, value in stated.stated.items()}
    part = {"scheme.*.price.frontier_share": 0.5, "scheme.*.price.frontier_reference": source}
    for more in ({"scheme.*.price.source": source}, part):
        found = Case.of(lambda more=more: small_run(bench.load_model("kristiansand").with_values({**keys, **more})))
        assert compared(found.book, found.book) == []
        costs = [name for name in found.book.inputs if name[0] == "data" and name[4] == found.run.model.cost_column]
        assert found.differences(moved(found.book, costs[:3])) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_every_kind_of_input_alone(name: str) -> None:
    found = case(name)
    for kind, keys in kinds(found.book).items():
        for key in {keys[0], keys[-1]}:
            changes = moved(found.book, [key])
            try:
                assert found.differences(changes) == [], kind
            except BenchError as error:
                pytest.fail(f"{kind}: the engine refuses {changes}: {error}")


#: Those of them whose books are small; all of them when asked.
COMPUTED = tuple(name for name in FAMILIES if name not in ("blended", "criteria-block", "self-cost"))


def _computed(names: tuple[str, ...], folder: Path) -> None:
    books = {}
    for name in names:
        found = case(name)
        book = open_book(found.edition, moved(found.book, [keys[0] for keys in kinds(found.book).values()]))
        books[name] = book.close()
    computed = recalculate(books, folder)
    for name in names:
        assert differing(books[name], computed[name]) == [], name


@pytest.mark.office
@needs_soffice
def test_libreoffice_computes_every_cell_as_it_was_written(tmp_path: Path) -> None:
    """Changed inputs, no values in the file: what stands in every cell of every sheet is LibreOffice's own."""
    _computed(COMPUTED, tmp_path)


@pytest.mark.slow
@pytest.mark.office
@needs_soffice
def test_libreoffice_computes_every_model(tmp_path: Path) -> None:
    _computed(MODELS, tmp_path)


@pytest.mark.parametrize("price", ["valid", "previous-indexed"])
def test_next_bill_against_a_budget_of_volumes_and_amounts(price: str) -> None:
    """What is ordered, budgeted and set aside of the price year are inputs; the rest of the bill is formula."""

    def made() -> RunResult:
        units, tables = few()
        model = bench.load_model("kristiansand").with_values({"purchaser.budget_price": price})
        keys = sorted({(row["scheme"], row["service"]) for row in tables["budget"].to_dict("records")})
        rows = [
            {"year": 2007, "scheme": scheme, "service": service, "budget_volume": 900.0 + 10 * k}
            for k, (scheme, service) in enumerate(keys)
        ]
        for k, row in enumerate(rows):
            row["ordered_volume"] = 1000.5 + k if k % 2 else None
            row["budget_amount"] = 250_000.0 if k == 2 else None
        budget = pd.concat([tables["budget"], pd.DataFrame(rows)], ignore_index=True)
        return bench.run(model, units, tables={**tables, "budget": budget})

    found = Case.of(made)
    kinds_of = {key[0] for key in found.book.inputs}
    assert {"ordered", "budget", "budget_amount"} <= kinds_of
    assert compared(found.book, found.book) == []
    mine = [key for key in found.book.inputs if key[0] in ("ordered", "budget", "budget_amount") and 2007 in key]
    assert found.differences(moved(found.book, mine)) == []
