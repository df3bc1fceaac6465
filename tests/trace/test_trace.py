"""Every number of a run leads back to cells and stated values; arithmetic is done again, addresses are looked up."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.cli import main
from bench.errors import OptionError
from bench.modelfile import load_model
from bench.pipeline.jobs import Job, file_job
from bench.pipeline.stages import ran
from bench.results import RunResult
from bench.trace import Node
from bench.trace.folder import traced
from bench.trace.numbers import Numbers, known_numbers
from bench.trace.places import Places

ROWS = """Enhet;År;Kostnad;Timer;Besøk
Bjørkelia;2023;1 200 000,50;3000;10
Åsheim;2023;900 000;2500;20
Bjørkelia;2024;1 250 000;3010;30
Åsheim;2024;930 000;2550;10
"""


@pytest.fixture(scope="module")
def bundled() -> tuple[RunResult, Job]:
    job = file_job("run", ["kristiansand"], None)
    return ran(job), job


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved run of a client's own file with two stated weights."""
    home = tmp_path_factory.mktemp("own")
    (home / "klient.csv").write_bytes(ROWS.encode("cp1252"))
    text = load_model("average-cost").source.decode()
    head, _, tail = text.partition("[[scheme.service]]")
    columns = 'id = "Enhet"\nperiod = "År"\ncost = "Kostnad"'
    head = head.replace('id = "unit"\ncost = "cost"', columns, 1).replace('price = "none"', 'price = "ore-half-up"', 1)
    services = "".join(
        f'[[scheme.service]]\nid = "{name}"\nlabel = {{ nb = "{name}", en = "{name}" }}\n'
        f'measure = {{ nb = "stk", en = "each" }}\nweight = {{ value = {weight}, status = "documented", '
        f'source = "vedtak 12/23, s. {weight}" }}\n'
        for name, weight in (("Timer", 300.0), ("Besøk", 100.0))
    )
    (home / "egen.toml").write_text(f"{head}{services}\n[purchaser]{tail.partition('[purchaser]')[2]}", "utf-8")
    out = home / "ut"
    done = CliRunner().invoke(main, ["run", str(home / "egen.toml"), str(home / "klient.csv"), "--out", str(out)])
    assert done.exit_code == 0, done.output
    return out


def nodes(node: Node, seen: set[int] | None = None) -> Iterator[Node]:
    """Yield every node once, however often it stands in the tree."""
    seen = set() if seen is None else seen
    if id(node) in seen:
        return
    seen.add(id(node))
    yield node
    for one in node.inputs:
        yield from nodes(one, seen)


def _is_sound(root: Node, result: RunResult, job: Job) -> None:
    sources = {one.title: one.data.decode("utf-8-sig") for one in job.record.sources.values()}
    for leaf in (node for node in nodes(root) if not node.inputs):
        assert leaf.is_leaf, (root.name, leaf.name, leaf.at)
        if leaf.cell is not None:
            text = sources[leaf.cell["file"]]
            sign = ";" if ";" in text.splitlines()[0] else ","
            rows = list(csv.reader(io.StringIO(text), delimiter=sign))
            letters, row = re.fullmatch(r"([A-Z]+)(\d+)", leaf.cell["cell"]).groups()  # type: ignore[union-attr]
            column = sum((ord(sign) - 64) * 26**k for k, sign in enumerate(reversed(letters))) - 1
            assert rows[0][column] == leaf.cell["column"]
            assert rows[int(row) - 1][column] == leaf.cell["text"]
            if "unit" in leaf.at:
                assert leaf.at["unit"] in rows[int(row) - 1]
                assert str(leaf.at["year"]) in rows[int(row) - 1]
        else:
            assert leaf.source is not None
            assert leaf.source["file"]
            assert leaf.source["source"]
    for node in nodes(root):
        if node.operation:
            slack = 0.0051 if node.rounding else 1e-9 * max(1.0, abs(float(node.value)))
            assert abs(node.again() - float(node.value)) <= slack, (node.name, node.at)


UNITS = ("Helse øst", "Strandveien")


@pytest.mark.parametrize("unit", UNITS)
def test_every_number_of_a_unit_ends_in_cells_and_stated_values(bundled: tuple[RunResult, Job], unit: str) -> None:
    result, job = bundled
    numbers = Numbers(result, Places(job, result.units, result.model, result.assumptions))
    for name in known_numbers(result):
        place, column = name.split(".")
        frame = result.frames()[place]
        if "unit" in frame.columns and unit in set(frame["unit"]):
            last = frame[frame["unit"] == unit].iloc[-1]
            _is_sound(numbers.number(place, column, {"unit": unit, "year": last["year"]}), result, job)


def test_every_price_is_done_again(bundled: tuple[RunResult, Job]) -> None:
    result, job = bundled
    for row in result.prices[result.prices["year"] == 2007].to_dict("records"):
        unit = result.settlement.query("scheme == @row['scheme']")["unit"].iloc[0]
        root = traced(result, job, unit, price=row["service"])
        _is_sound(root, result, job)
        assert root.operation == "product"
        assert root.value == row["price"]
        assert root.rounding == "ore-half-up"


def test_a_price_by_hand(folder: Path) -> None:
    """(1 250 000 + 930 000) / (300 · 5 560 + 100 · 40) = 1.303828, so an hour costs 391.15 NOK."""
    shown = CliRunner().invoke(main, ["trace", str(folder), "--unit", "Åsheim", "--price", "Timer", "--format", "json"])
    assert shown.exit_code == 0, shown.output
    tree = json.loads(shown.output)
    assert tree["value"] == round(300 * 2_180_000 / (300 * 5_560 + 100 * 40), 2) == 391.15
    assert tree["rounding"] == "ore-half-up"
    weight, level = tree["inputs"]
    assert weight["source"]["source"] == "vedtak 12/23, s. 300.0"
    assert weight["source"]["status"] == "documented"
    assert weight["source"]["line"] > 1
    assert level["value"] == pytest.approx(2_180_000 / 1_672_000, rel=1e-12)
    cells = {(cell["cell"], cell["text"]) for cell in _cells(tree)}
    assert cells == {("C4", "1 250 000"), ("C5", "930 000"), ("D4", "3010"), ("D5", "2550"), ("E4", "30"), ("E5", "10")}


def _cells(tree: dict) -> Iterator[dict]:  # type: ignore[type-arg]
    if "cell" in tree:
        yield tree["cell"]
    for one in tree.get("inputs", []):
        yield from _cells(one)


def test_the_result_as_text_names_cells_and_lines(folder: Path) -> None:
    shown = CliRunner().invoke(main, ["trace", str(folder), "--unit", "Åsheim"])
    assert shown.exit_code == 0, shown.output
    assert shown.output.startswith("settlement.result [all Åsheim 2024]: ")
    assert "← klient.csv C5, column 'Kostnad', reads '930 000'" in shown.output
    assert re.search(r"weight: 300  ← egen.toml, line \d+: documented; vedtak 12/23, s. 300.0", shown.output)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--unit", "Asheim"], "did you mean 'Åsheim'"),
        (["--unit", "Åsheim", "--price", "Time"], "did you mean 'Timer'"),
        (["--unit", "Åsheim", "--number", "settlement.incom"], "did you mean 'settlement.income'"),
        (["--unit", "Åsheim", "--year", "1999"], "there are [2023, 2024]"),
        (["--unit", "Åsheim", "--scheme", "omsorg"], "there are: all"),
        (["--unit", "Åsheim", "--price", "Timer", "--number", "settlement.income"], "not both"),
    ],
)
def test_what_is_not_there_is_refused_with_the_choices(folder: Path, arguments: list[str], says: str) -> None:
    shown = CliRunner().invoke(main, ["trace", str(folder), *arguments])
    assert shown.exit_code == 2
    assert says in shown.output


def test_a_rule_that_does_not_give_the_number_is_not_claimed(bundled: tuple[RunResult, Job]) -> None:
    result, job = bundled
    moved = result.settlement.assign(result=result.settlement["result"] + 5.0)
    from dataclasses import replace

    root = traced(replace(result, settlement=moved), job, "Helse øst")
    assert root.operation == ""
    assert "moved it" in root.rule


def test_a_unit_in_two_schemes_is_asked_about(bundled: tuple[RunResult, Job]) -> None:
    result, job = bundled
    from dataclasses import replace

    twice = result.norms.assign(scheme=result.norms["scheme"].where(result.norms["unit"] != "Helse øst", "omsorg"))
    with pytest.raises(OptionError, match="say which of helse, omsorg"):
        traced(replace(result, norms=twice), job, "Helse øst")
