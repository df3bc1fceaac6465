"""The guide's table of systems is what the engine computes; run as a script, this file writes it."""

from __future__ import annotations

from pathlib import Path

import bench
from bench import resources
from bench.citations import citations
from bench.modelfile import load_model
from bench.pipeline.jobs import file_job
from bench.stykkpris.simulation.advising.arguments import KINDS, kind_of
from bench.stykkpris.simulation.criterion_values import activity_risk, cost_risk, power, system_of
from bench.stykkpris.simulation.simulate import prepare, simulate

PAGE = Path(bench.__file__).parent / "guide" / "systems.md"
MARK = "<!-- made: systems -->"

SYSTEMS = [
    "cost-refund", "incremental-block", "criteria-block", "criteria-block@follows-accounts", "unit-price",
    "average-cost", "blended", "user-choice", "self-cost", "kristiansand-2002", "kristiansand", "stavanger",
    "drammen", "hamar", "sorum",
]  # fmt: skip


def made_table() -> str:
    """Kind, incentive power and the two risks of every system on Kristiansand's accounts."""
    job = file_job("run", ["kristiansand"], None)
    rows = ["| model | kind | keeps of its own saving | cost risk | activity risk |", "| --- | --- | --- | --- | --- |"]
    for name in SYSTEMS:
        model = load_model(name)
        shaped = job.model if name == "kristiansand" else model.applied_to(job.model)
        years = range(2007, 2009)
        prepared = prepare(shaped, job.units, years, tables=job.tables)
        played = simulate(shaped, job.units, years=years, seed=1, draws=2, behaviour="neutral", tables=job.tables)
        system = system_of(prepared, played)
        numbers = [f"{100 * abs(value):.0f} %" for value in (power(system), cost_risk(system), activity_risk(system))]
        rows.append(f"| `{name}` | {KINDS[kind_of(model)][1]} | {' | '.join(numbers)} |")
    return "\n".join(rows)


def with_table(text: str, table: str) -> str:
    """Put the table after its mark, in place of the one there."""
    before, _, after = text.partition(MARK)
    rest = after.lstrip("\n").split("\n")
    while rest and rest[0].startswith("|"):
        rest.pop(0)
    return f"{before}{MARK}\n\n{table}\n\n" + "\n".join(rest).lstrip("\n")


def test_the_guides_table_is_what_the_engine_computes() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert with_table(text, made_table()) == text


def test_every_settling_model_is_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    told = [name for name in resources.model_names() if any(citations(s) for s in load_model(name).meta.sources)]
    assert len(told) > 20
    assert [name for name in told if f"`{name}`" not in text] == []


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), made_table()), encoding="utf-8")
