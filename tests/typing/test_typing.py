"""The package's types as someone outside sees them: checked by the type checker, and run so that they are true.

``assert_type`` says nothing when the file is run; the type checker fails where a public name has become ``Any`` or
another type. The gate checks this folder as it checks the package.
"""

from __future__ import annotations

import ast
from importlib import resources
from typing import assert_type

import numpy as np
import pandas as pd
import pytest

import bench
from bench.envelopment import DeaResult, MethodResult
from bench.stochastic import SfaResult


def _units() -> bench.Units:
    return bench.Units.from_arrays([[2.0], [4.0], [3.0]], [[1.0], [1.0], [2.0]], names=["A", "B", "C"])


def test_dea_is_typed() -> None:
    result = bench.dea(_units(), rts="crs", orientation="input")
    assert_type(result, DeaResult)
    assert_type(result.efficiency, "pd.Series[float]")
    assert_type(result.peers(), pd.DataFrame)
    assert isinstance(result, DeaResult)
    assert result.efficiency.iloc[2] == pytest.approx(1.0)


def test_a_method_of_the_library_is_typed() -> None:
    result = bench.envelopment.sbm(_units(), rts="crs", orientation="input")
    assert_type(result, MethodResult)
    assert isinstance(result, MethodResult)


def test_sfa_is_typed() -> None:
    rng = np.random.default_rng(7)
    output = rng.lognormal(size=(60, 1))
    cost = output * np.exp(rng.normal(0, 0.1, (60, 1)) + np.abs(rng.normal(0, 0.3, (60, 1))))
    result = bench.sfa(bench.Units.from_arrays(cost, output))
    assert_type(result, SfaResult)
    assert isinstance(result, SfaResult)


def test_errors_are_classes_one_can_catch() -> None:
    assert_type(bench.DataError, type[bench.DataError])
    with pytest.raises(bench.BenchError):
        bench.load_model("no-such-model")


def test_a_run_is_typed() -> None:
    model = bench.load_model("average-cost")
    assert_type(model.name, str)
    assert model.name == "average-cost"


def test_the_stub_names_what_the_package_names() -> None:
    stub = ast.parse((resources.files("bench") / "__init__.pyi").read_text(encoding="utf-8"))
    named = {
        f"{node.module}.{alias.name}" for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    public = {f"{module}.{name}" for name, module in vars(bench)["_PUBLIC"].items()}
    assert public <= named
    for other in named - public:
        assert getattr(bench, other.rsplit(".", 1)[1]), f"{other} is in the stub and not in the package"
