"""The same table in any library's frame gives the same bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import bench
from bench.errors import OptionError
from bench.native import as_pandas

CELLS: dict[str, list[Any]] = {
    "home": ["Åse", "Bø", "Åse", "Bø"],
    "year": [2023, 2023, 2024, 2024],
    "cost": [9.5e6, 8.25e6, 9.75e6, 8.5e6],
    "days": [9000, 8000, 9100, 8200],
}


def _frame(library: str) -> Any:
    if library == "pandas":
        return pd.DataFrame(CELLS)
    module = pytest.importorskip(library)
    if library == "polars":
        return module.DataFrame(CELLS)
    if library == "pyarrow":
        return module.table(CELLS)
    rows = ", ".join(str(row) for row in zip(*CELLS.values(), strict=True))
    return module.sql(f"select * from (values {rows}) as t({', '.join(CELLS)})")


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow", "duckdb"])
def test_any_frame_gives_the_same_bytes(library: str) -> None:
    roles = {"id": "home", "period": "year", "inputs": ["cost"], "outputs": ["days"]}
    units = bench.Units.from_frame(_frame(library), **roles)
    usual = bench.Units.from_frame(pd.DataFrame(CELLS), **roles)
    pd.testing.assert_frame_equal(units.frame, usual.frame)
    model = bench.load_model("average-cost").with_roles(id="home", period="year", cost="cost", outputs=["days"])
    assert bench.run(model, units).sources == bench.run(model, usual).sources


def test_a_lazy_frame_is_collected() -> None:
    polars = pytest.importorskip("polars")
    pd.testing.assert_frame_equal(as_pandas(polars.DataFrame(CELLS).lazy()), pd.DataFrame(CELLS), check_dtype=False)


def test_missing_numbers_are_missing() -> None:
    polars = pytest.importorskip("polars")
    made = as_pandas(polars.DataFrame({"a": [1, None], "b": ["x", None]}))
    assert np.isnan(made["a"][1])
    assert made["b"][1] is None


@pytest.mark.parametrize("thing", [[[1, 2]], np.ones((2, 2)), "klient.csv", None])
def test_what_is_no_frame_is_told_where_to_go(thing: Any) -> None:
    with pytest.raises(OptionError, match=r"from_arrays"):
        bench.Units.from_frame(thing, id="a", inputs=["b"], outputs=["c"])


@pytest.mark.parametrize("year", [2023, np.int64(2023), np.int32(2023)])
def test_a_year_of_numpy_is_a_year(year: Any) -> None:
    units = bench.Units.from_frame(pd.DataFrame(CELLS), id="home", period="year", inputs=["cost"], outputs=["days"])
    assert len(units.for_period(year)) == 2
    assert bench.load_model("kristiansand").value("scheme.omsorg.settlement.keep_surplus", np.int64(2004)) == 0.9
