"""What comes out of every result is text where it was text."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

import bench
from bench.envelopment.slacks.additive import additive
from bench.stochastic import stoned

EVIL = "=1+1"


@pytest.fixture(scope="module")
def units() -> bench.Units:
    rng = np.random.default_rng(4)
    volume = rng.uniform(50, 150, 30)
    cost = volume**0.9 * np.exp(rng.normal(0, 0.05, 30) + rng.exponential(0.15, 30))
    names = [EVIL, "=HYPERLINK(1)", "@SUM(A1)", "https://example.org", *(f"unit {k}" for k in range(26))]
    table = pd.DataFrame({"home": names, "cost": cost, "days": volume})
    return bench.Units.from_frame(table, id="home", inputs=["cost"], outputs=["days"])


@pytest.mark.parametrize("method", ["dea", "additive", "sfa", "stoned"])
def test_a_unit_called_like_a_formula_is_text_in_every_workbook(
    units: bench.Units, method: str, tmp_path: Path
) -> None:
    made: Any = {
        "dea": lambda: bench.dea(units, rts="vrs"),
        "additive": lambda: additive(units, rts="vrs"),
        "sfa": lambda: bench.sfa(units, kind="cost"),
        "stoned": lambda: stoned(units, kind="cost", rts="vrs"),
    }[method]()
    path = tmp_path / "result.xlsx"
    made.to_excel(path)
    cells = [c for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows() for c in row if c.value == EVIL]
    assert cells
    assert {cell.data_type for cell in cells} == {"s"}


#: What a notebook would run, and what a reader must see of it.
MARKUP = "<script>alert(1)</script>&"


@pytest.mark.parametrize("method", ["units", "dea", "additive", "sfa", "stoned", "run"])
def test_a_notebook_shows_such_names_as_the_text_they_are(method: str) -> None:
    rng = np.random.default_rng(5)
    volume = rng.uniform(50, 150, 12)
    names = [EVIL, MARKUP, *(f"unit {k}" for k in range(10))]
    table = pd.DataFrame({"home": names, "cost": volume**0.9 * rng.uniform(1.0, 1.4, 12), "days": volume})
    units = bench.Units.from_frame(table, id="home", inputs=["cost"], outputs=["days"])
    model = bench.load_model("average-cost").with_roles(id="home", cost="cost", outputs=["days"])
    made: Any = {
        "units": lambda: units,
        "dea": lambda: bench.dea(units, rts="vrs"),
        "additive": lambda: additive(units, rts="vrs"),
        "sfa": lambda: bench.sfa(units, kind="cost"),
        "stoned": lambda: stoned(units, kind="cost", rts="vrs"),
        "run": lambda: bench.run(model, units),
    }[method]()
    shown = made._repr_html_()
    assert "<script" not in shown
    assert f">{EVIL}</t" in shown
    assert escape(MARKUP) in shown
