"""Directional: known answers, another solver, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from pulp_oracle import data, ray, slack_sum, theta

import bench
from bench.envelopment.measures.directional import directional, range_directional
from bench.errors import OptionError

ALL = ["crs", "vrs", "drs", "irs", "fdh", "add"]


CALLS = {
    "dea(DIRECT=X)": "inputs",
    "dea(DIRECT=Y)": "outputs",
    "dea(DIRECT=cbind(X;Y))": "own",
    "dea(DIRECT=mean(X))": "mean-inputs",
    "dea(DIRECT=mean(Y))": "mean-outputs",
    "dea(DIRECT=c(mean(X);mean(Y)))": "mean",
}


@pytest.mark.parametrize("rts", ALL)
@pytest.mark.parametrize("direction", ["own", "inputs", "mean-outputs"])
def test_beta_is_pulps(rts: str, direction: str) -> None:
    X, Y = data(1, n=8)
    units = bench.Units.from_arrays(X, Y)
    found = directional(units, rts=rts, direction=direction)
    gx = {"own": X, "inputs": X, "mean-outputs": 0 * X}[direction]
    gy = {"own": Y, "inputs": 0 * Y, "mean-outputs": np.tile(Y.mean(0), (8, 1))}[direction]
    for k in range(8):
        assert found["beta"].iloc[k] == pytest.approx(ray(X, Y, rts, X[k], Y[k], gx[k], gy[k]), abs=1e-8)


@pytest.mark.parametrize("rts", ["crs", "vrs", "drs", "irs"])
def test_projected_point_is_efficient(rts: str) -> None:
    X, Y = data(2, n=15)
    found = directional(bench.Units.from_arrays(X, Y), rts=rts).values
    for k in range(15):
        target_x, target_y = found.input_target[k], found.output_target[k]
        assert slack_sum(X, Y, rts, target_x + 1e-9, target_y - 1e-9, np.ones(3), np.ones(2)) == pytest.approx(
            0, abs=1e-5
        )


@pytest.mark.parametrize("rts", ["crs", "vrs", "fdh"])
def test_optimal_direction_is_the_longest(rts: str) -> None:
    X, Y = data(3, n=10)
    units = bench.Units.from_arrays(X, Y)
    found = directional(units, rts=rts, direction="optimal").values
    mean = np.r_[X.mean(0), Y.mean(0)]
    rng = np.random.default_rng(0)
    for k in range(10):
        assert found.beta[k] == pytest.approx(slack_sum(X, Y, rts, X[k], Y[k], 1 / mean[:3], 1 / mean[3:]), abs=1e-8)
        if found.beta[k] > 1e-6:
            length = (np.r_[found.gx[k], found.gy[k]] / mean).sum()
            assert length == pytest.approx(1)
            assert ray(X, Y, rts, X[k], Y[k], found.gx[k], found.gy[k]) == pytest.approx(found.beta[k], rel=1e-7)
            other = rng.random(5)
            other *= mean / (other.sum())
            assert ray(X, Y, rts, X[k], Y[k], other[:3], other[3:]) <= found.beta[k] + 1e-9


def test_efficiency_in_own_direction_is_radial_under_constant_returns() -> None:
    X, Y = data(6)
    found = directional(bench.Units.from_arrays(X, Y), rts="crs").efficiency
    np.testing.assert_allclose(found, [theta(X, Y, "crs", X[k], Y[k]) for k in range(len(X))], rtol=1e-8)
    with pytest.raises(OptionError, match="efficiency"):
        _ = directional(bench.Units.from_arrays(X, Y), rts="crs", direction="mean").efficiency


def test_outside_the_reference_set_beta_is_negative() -> None:
    base = bench.Units.from_arrays([[4.0]], [[1.0]])
    better = bench.Units.from_arrays([[2.0]], [[1.0]])
    assert directional(better, rts="crs", direction="inputs", reference=base)["beta"].iloc[0] == pytest.approx(-1)


def test_unreachable_unit_is_marked_not_dropped() -> None:
    base = bench.Units.from_arrays([[4.0]], [[1.0]])
    large = bench.Units.from_arrays([[2.0], [5.0]], [[3.0], [1.0]], names=["Stor", "Liten"])
    found = directional(large, rts="vrs", direction="inputs", reference=base)
    assert np.isnan(found["beta"].iloc[0])
    assert found["beta"].iloc[1] == pytest.approx(0.2)
    assert [(issue.unit, issue.rule) for issue in found.issues] == [("Stor", "infeasible")]


def test_a_unit_without_a_direction_does_not_refuse_the_others() -> None:
    X, Y = [[1.0], [2.0], [4.0]], [[1.0, 1.0], [0.0, 0.0], [1.0, 0.5]]
    units = bench.Units.from_arrays(X, Y, names=["A", "B", "C"], accept=["no-output"])
    found = directional(units, rts="vrs", direction="outputs")
    assert found["beta"].isna().tolist() == [False, True, False]
    assert found.frame.loc["B"].isna().all()
    assert [(issue.unit, issue.rule) for issue in found.issues] == [("B", "no-direction")]
    alone = bench.Units.from_arrays([X[0], X[2]], [Y[0], Y[2]])
    np.testing.assert_allclose(
        found["beta"].dropna(), directional(alone, rts="vrs", direction="outputs")["beta"], atol=1e-12
    )
    negative = bench.Units.from_arrays(X, [[1.0], [-1.0], [0.5]], names=["A", "B", "C"], accept=["negative-value"])
    assert directional(negative, rts="vrs")["beta"].isna().tolist() == [False, True, False]
    with pytest.raises(OptionError, match="range_directional"):
        directional(negative.take([1]), rts="vrs")


def test_bad_directions_are_refused() -> None:
    units = bench.Units.from_arrays(*data(1))
    for wrong in ([1.0, 2.0], [0.0] * 5, [-1.0, 1, 1, 1, 1], "diagonal"):
        with pytest.raises(OptionError):
            directional(units, rts="vrs", direction=wrong)
    with pytest.raises(OptionError, match="the reference must have"):
        directional(units, rts="vrs", reference=bench.Units.from_arrays([[1.0]], [[1.0]]))


def test_reference_distances(public, expected) -> None:
    """R Benchmarking 0.33, ``dea(DIRECT=…)`` on charnes1981 and milkProd: 1e-8 relative."""
    table = expected("direct_mea")
    for (name, call, rts), part in table[table["call"].isin(list(CALLS))].groupby(["dataset", "call", "rts"]):
        found = directional(public[name], rts=rts, direction=CALLS[call])
        np.testing.assert_allclose(found["beta"], part["value"].astype(float), rtol=1e-8, atol=1e-10)


def test_surface(tmp_path) -> None:
    from python_calamine import CalamineWorkbook

    units = bench.Units.from_arrays([[2.0], [4.0]], [[1.0], [1.0]], names=["A", "B_1"])
    found = directional(units, rts="crs")
    text = str(found.summary())
    assert "Directional distance" in text
    assert "rts" in text
    assert "<table>" in found.summary()._repr_html_()
    assert r"\begin{tabular}" in found.summary().to_latex()
    assert "2 rows" in repr(found)
    assert list(found.to_frame().index) == ["A", "B_1"]
    assert found.plot().to_dict()["mark"]["type"] == "bar"
    book = CalamineWorkbook.from_path(found.to_excel(tmp_path / "directional.xlsx"))
    assert book.sheet_names == ["result", "options", "issues"]
    assert book.get_sheet_by_name("result").to_python()[2][0] == "B_1"
    assert found._repr_html_().startswith("<h4>")
    with pytest.raises(OptionError, match="beta"):
        found["betta"]


def test_summary_counts_units_by_band() -> None:
    units = bench.Units.from_arrays([[1.0], [1.0], [2.0], [10.0]], [[1.0]] * 4)
    rows = dict(range_directional(units).summary().sections)["Units by efficiency"]
    assert sum(int(count.split()[0]) for _, count in rows) == 4
    assert rows[-1] == ("E = 1", "2 (50.0 %)")
