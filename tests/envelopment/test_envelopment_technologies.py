"""Fixed, bounded, categorical and undesirable measures, weak disposability, weight restrictions, peer rules."""

from __future__ import annotations

import numpy as np
import pulp
import pytest
from pulp_oracle import Model, data, phi, ray, theta

import bench
from bench.envelopment.measures.disposability import undesirable, weak_disposability
from bench.envelopment.measures.non_discretionary import bounded, categorical, non_discretionary
from bench.envelopment.measures.peer_rules import with_peer_rules
from bench.envelopment.multipliers.weight_restrictions import Bound, Ratio, Share, TradeOff, weight_restricted
from bench.errors import DataError, InfeasibleError, OptionError


@pytest.mark.parametrize("rts", ["crs", "vrs", "fdh", "add"])
def test_fixed_measures_are_pulps(rts: str) -> None:
    X, Y = data(1, n=7)
    units = bench.Units.from_arrays(X, Y)
    into = non_discretionary(units, fixed=["x2", "y1"], rts=rts)
    out = non_discretionary(units, fixed=["x2", "y1"], rts=rts, orientation="output")
    for k in range(7):
        g = np.r_[X[k], Y[k]] * [1, 0, 1, 0, 1]
        assert into["score"].iloc[k] == pytest.approx(1 - ray(X, Y, rts, X[k], Y[k], g[:3], 0 * Y[k]), abs=1e-8)
        assert out["score"].iloc[k] == pytest.approx(1 + ray(X, Y, rts, X[k], Y[k], 0 * X[k], g[3:]), abs=1e-8)
    with pytest.raises(OptionError, match="at least one"):
        non_discretionary(units, fixed=["x1", "x2", "x3"], rts="vrs")
    with pytest.raises(OptionError, match="x1"):
        non_discretionary(units, fixed=["x11"], rts="vrs")


@pytest.mark.parametrize("rts", ["crs", "drs", "irs"])
def test_fixed_averages_are_pulps(rts: str) -> None:
    X, Y = data(1, n=8)
    units = bench.Units.from_arrays(X, Y)
    found = non_discretionary(units, fixed=["x2", "y1"], rts=rts, fixed_as="average")
    total = non_discretionary(units, fixed=["x2", "y1"], rts=rts)
    for k in range(8):
        model = Model(X, Y, rts, maximise=False)
        factor = model.var("theta")
        for i in (0, 2):
            model.add(model.input(i) <= X[k, i] * factor)
        model.add(model.output(1) >= Y[k, 1])
        intensity = pulp.lpSum(model.lam)
        model.add(model.input(1) <= X[k, 1] * intensity)
        model.add(model.output(0) >= Y[k, 0] * intensity)
        assert found["score"].iloc[k] == pytest.approx(model.solve(1.0 * factor), abs=1e-8)
        column, weight = found.values.column[k], found.values.weight[k]
        average = weight[column >= 0] @ X[column[column >= 0], 1] / weight.sum()
        assert found["target x2"].iloc[k] == pytest.approx(average, abs=1e-8)
    assert (np.abs(found["score"] - total["score"]) > 1e-3).any()


def test_fixed_averages_and_totals_are_the_same_where_intensities_sum_to_one() -> None:
    units = bench.Units.from_arrays(*data(1, n=8))
    total = non_discretionary(units, fixed=["x2"], rts="vrs", orientation="output").to_frame()
    average = non_discretionary(units, fixed=["x2"], rts="vrs", orientation="output", fixed_as="average").to_frame()
    np.testing.assert_allclose(average["score"], total["score"], rtol=1e-9)
    with pytest.raises(OptionError, match="fdh"):
        non_discretionary(units, fixed=["x2"], rts="fdh", fixed_as="average")
    with pytest.raises(OptionError, match="fixed_as"):
        non_discretionary(units, fixed=["x2"], rts="crs", fixed_as="mean")


@pytest.mark.parametrize("rts", ["crs", "vrs", "drs"])
def test_bounds_are_pulps(rts: str) -> None:
    X, Y = data(2, n=9)
    low, high = 0.8 * X[:, 1], 1.1 * X[:, 1]
    units = bench.Units.from_arrays(X, Y)
    found = bounded(units, bounds={"x2": (low, high), "y1": (Y[:, 0], Y[:, 0] * 1.5)}, rts=rts)
    for k in range(9):
        model = Model(X, Y, rts, maximise=False)
        factor = model.var("theta")
        for i in (0, 2):
            model.add(model.input(i) <= X[k, i] * factor)
        model.add(model.input(1) >= low[k])
        model.add(model.input(1) <= high[k])
        model.add(model.output(0) >= Y[k, 0])
        model.add(model.output(0) <= 1.5 * Y[k, 0])
        model.add(model.output(1) >= Y[k, 1])
        assert found["score"].iloc[k] == pytest.approx(model.solve(1.0 * factor), abs=1e-8)
        assert low[k] - 1e-8 <= found["target x2"].iloc[k] <= high[k] + 1e-8
    with pytest.raises(DataError, match="above"):
        bounded(units, bounds={"x2": (2.0, 1.0)}, rts="vrs")
    marked = bounded(units, bounds={"x2": (0.0, 0.01)}, rts="vrs")
    assert len(marked.issues) == 9


def test_categories() -> None:
    X, Y = data(3, n=10)
    level = np.array([1, 1, 1, 2, 2, 2, 3, 3, 3, 3])
    found = categorical(bench.Units.from_arrays(X, Y), category=level, rts="vrs", orientation="output")
    for k in range(10):
        allowed = level <= level[k]
        assert found["score"].iloc[k] == pytest.approx(phi(X[allowed], Y[allowed], "vrs", X[k], Y[k]), rel=1e-8)
        peers = found.values.column[k][found.values.weight[k] > 1e-9]
        assert (level[peers] <= level[k]).all()
        np.testing.assert_allclose(
            found.values.weight[k][found.values.column[k] >= 0]
            @ X[found.values.column[k][found.values.column[k] >= 0]],
            found.values.input_target[k],
            atol=1e-8,
        )
    with pytest.raises(DataError, match="one number per unit"):
        categorical(bench.Units.from_arrays(X, Y), category=[1.0], rts="vrs")


def test_weak_outputs_under_constant_returns() -> None:
    X, Y = data(4, n=9)
    found = weak_disposability(bench.Units.from_arrays(X, Y), weak=["y2"], rts="crs")
    for k in range(9):
        model = Model(X, Y, "crs", maximise=True)
        factor = model.var("phi")
        for i in range(3):
            model.add(model.input(i) <= X[k, i])
        model.add(model.output(0) >= Y[k, 0] * factor)
        model.add(model.output(1) == Y[k, 1] * factor)
        assert found["score"].iloc[k] == pytest.approx(model.solve(1.0 * factor), rel=1e-8)
    assert (found["congestion"] <= 1 + 1e-9).all()


def test_weak_outputs_with_own_abatement() -> None:
    """Kuosmanen 2005, as printed: intensities z (active) and μ (idle)."""
    X, Y = data(5, n=9)
    found = weak_disposability(bench.Units.from_arrays(X, Y), weak=["y2"], rts="vrs")
    for k in range(9):
        problem = pulp.LpProblem("k", pulp.LpMaximize)
        z = [problem.add_variable(f"z{j}", 0) for j in range(9)]
        mu = [problem.add_variable(f"m{j}", 0) for j in range(9)]
        factor = problem.add_variable("phi")
        for i in range(3):
            problem += pulp.lpSum(X[j, i] * (z[j] + mu[j]) for j in range(9)) <= X[k, i]
        problem += pulp.lpSum(Y[j, 0] * z[j] for j in range(9)) >= Y[k, 0] * factor
        problem += pulp.lpSum(Y[j, 1] * z[j] for j in range(9)) == Y[k, 1] * factor
        problem += pulp.lpSum(z) + pulp.lpSum(mu) == 1
        problem.setObjective(1.0 * factor)
        problem.solve(pulp.HiGHS(msg=False, threads=1))
        assert found["score"].iloc[k] == pytest.approx(factor.varValue, rel=1e-7)


@pytest.mark.parametrize("treatment", ["weak", "input"])
def test_undesirable_is_pulps(treatment: str) -> None:
    X, Y = data(6, n=9)
    found = undesirable(bench.Units.from_arrays(X, Y), bad=["y2"], rts="crs", treatment=treatment)
    for k in range(9):
        model = Model(X, Y, "crs", maximise=True)
        beta = model.var("beta")
        for i in range(3):
            model.add(model.input(i) <= X[k, i])
        model.add(model.output(0) >= Y[k, 0] * (1 + beta))
        wanted = Y[k, 1] * (1 - beta)
        model.add(model.output(1) == wanted if treatment == "weak" else model.output(1) <= wanted)
        assert found["beta"].iloc[k] == pytest.approx(model.solve(1.0 * beta), abs=1e-8)
        np.testing.assert_allclose(found["target y2"].iloc[k], Y[k, 1] * (1 - found["beta"].iloc[k]))


def test_translation_keeps_who_is_efficient_and_the_measures() -> None:
    X, Y = data(7, n=12)
    found = undesirable(bench.Units.from_arrays(X, Y), bad=["y2"], rts="vrs", treatment="translation")
    scaled = undesirable(bench.Units.from_arrays(X, Y * [1, 1e5]), bad=["y2"], rts="vrs", treatment="translation")
    np.testing.assert_allclose(found.efficiency, scaled.efficiency, atol=1e-9)
    assert (found["target y2"] <= Y[:, 1] + 1e-9).all()
    with pytest.raises(OptionError, match="translation"):
        undesirable(bench.Units.from_arrays(X, Y), bad=["y2"], rts="crs", treatment="translation")
    with pytest.raises(OptionError, match="bad"):
        undesirable(bench.Units.from_arrays(X, Y), bad=["y1", "y2"], rts="vrs")


def multipliers(X, Y, rts, k, side, extra):
    """The textbook multiplier program with whatever rows a test adds."""
    m, s = X.shape[1], Y.shape[1]
    problem = pulp.LpProblem("w", pulp.LpMaximize if side == "input" else pulp.LpMinimize)
    v = [problem.add_variable(f"v{i}", 0) for i in range(m)]
    u = [problem.add_variable(f"u{r}", 0) for r in range(s)]
    low, high = {"crs": (0, 0), "vrs": (None, None), "drs": (None, 0), "irs": (0, None)}[rts]
    free = problem.add_variable("u0", low, high)
    vx = [pulp.lpSum(X[j, i] * v[i] for i in range(m)) for j in range(len(X))]
    uy = [pulp.lpSum(Y[j, r] * u[r] for r in range(s)) for j in range(len(X))]
    for j in range(len(X)):
        problem += uy[j] + free <= vx[j]
    problem += (vx[k] if side == "input" else uy[k]) == 1
    for row in extra(v, u):
        problem += row
    problem.setObjective(uy[k] + free if side == "input" else vx[k] - free)
    problem.solve(pulp.HiGHS(msg=False, threads=1))
    return pulp.value(problem.objective)


CASES = {
    "region I": (
        [Ratio("y1", "y2", 0.5, 2.0), Ratio("x1", "x3", high=1.5)],
        lambda X, Y, k: lambda v, u: [u[0] >= 0.5 * u[1], u[0] <= 2 * u[1], v[0] <= 1.5 * v[2]],
    ),
    "region II": ([Ratio("y1", "x1", low=0.1)], lambda X, Y, k: lambda v, u: [u[0] >= 0.1 * v[0]]),
    "share": (
        [Share("y1", 0.3, 0.8), Share("x2", high=0.5)],
        lambda X, Y, k: (
            lambda v, u: [
                Y[k, 0] * u[0] >= 0.3 * (Y[k, 0] * u[0] + Y[k, 1] * u[1]),
                Y[k, 0] * u[0] <= 0.8 * (Y[k, 0] * u[0] + Y[k, 1] * u[1]),
                X[k, 1] * v[1] <= 0.5 * (X[k, 0] * v[0] + X[k, 1] * v[1] + X[k, 2] * v[2]),
            ]
        ),
    ),
    "bound": ([Bound("y2", low=0.01, high=0.2)], lambda X, Y, k: lambda v, u: [u[1] >= 0.01, u[1] <= 0.2]),
    "trade-off": ([TradeOff({"y1": -1.0, "y2": 0.5})], lambda X, Y, k: lambda v, u: [0.5 * u[1] - u[0] <= 0]),
}


@pytest.mark.parametrize("name", list(CASES))
@pytest.mark.parametrize("rts", ["crs", "vrs", "drs", "irs"])
@pytest.mark.parametrize("side", ["input", "output"])
def test_restrictions_are_pulps(name: str, rts: str, side: str) -> None:
    X, Y = data(8, n=6)
    restrictions, rows = CASES[name]
    found = weight_restricted(bench.Units.from_arrays(X, Y), restrictions=restrictions, rts=rts, orientation=side)
    for k in range(6):
        assert found["score"].iloc[k] == pytest.approx(multipliers(X, Y, rts, k, side, rows(X, Y, k)), rel=1e-7)


def test_restrictions_can_only_lower_efficiency_and_are_obeyed() -> None:
    X, Y = data(9, n=15)
    units = bench.Units.from_arrays(X, Y)
    free = weight_restricted(units, restrictions=[], rts="vrs")
    tight = weight_restricted(units, restrictions=[Ratio("y1", "y2", 0.9, 1.1)], rts="vrs")
    for k in range(15):
        assert free["score"].iloc[k] == pytest.approx(theta(X, Y, "vrs", X[k], Y[k]), rel=1e-8)
    assert (tight.efficiency <= free.efficiency + 1e-9).all()
    first, second = tight["weight y1"], tight["weight y2"]
    assert (second > 0).any()
    assert ((first >= 0.9 * second - 1e-9) & (first <= 1.1 * second + 1e-9)).all()


def test_contradictions_are_named() -> None:
    X, Y = data(9, n=5)
    units = bench.Units.from_arrays(X, Y, names=["Nord", "Sør", "Øst", "Vest", "Midt"])
    with pytest.raises(OptionError, match=r"contradict each other.*outputs"):
        weight_restricted(units, restrictions=[Ratio("y1", "y2", low=2.0), Ratio("y2", "y1", low=2.0)], rts="crs")
    with pytest.raises(OptionError, match="contradict each other at unit 'Nord'"):
        weight_restricted(units, restrictions=[Share("y1", low=0.7), Share("y2", low=0.7)], rts="crs")
    with pytest.raises(OptionError, match="'y1' contradict"):
        weight_restricted(units, restrictions=[Bound("y1", low=2.0), Bound("y1", high=1.0)], rts="crs")
    with pytest.raises(InfeasibleError, match="Nord"):
        weight_restricted(units, restrictions=[Bound("x1", low=100.0)], rts="crs")
    with pytest.raises(OptionError, match="every weight of the outputs zero"):
        weight_restricted(units, restrictions=[TradeOff({"y1": 1.0, "y2": 1.0})], rts="crs")
    for wrong in (Ratio("y1", "y2"), Ratio("y1", "y2", -1.0), Ratio("y1", "y2", 2.0, 1.0), Ratio("y1", "z", 1.0), "x"):
        with pytest.raises(OptionError):
            weight_restricted(units, restrictions=[wrong], rts="crs")  # type: ignore[list-item]


def test_peer_rules() -> None:
    X, Y = data(10, n=10)
    names = [f"u{k}" for k in range(10)]
    units = bench.Units.from_arrays(X, Y, names=names)
    found = with_peer_rules(units, rts="vrs", never=["u0", "u1"], own_only=["u2", "u3"])
    common = np.arange(4, 10)
    for k in range(10):
        allowed = np.append(common, k) if k in (2, 3) else common
        expected = theta(X[allowed], Y[allowed], "vrs", X[k], Y[k])
        score = found["score"].iloc[k]
        assert np.isnan(score) if expected is None else score == pytest.approx(expected, rel=1e-8)
        peers = set(found.values.column[k][found.values.weight[k] > 0])
        assert peers <= set(allowed)
    assert (found.efficiency.iloc[2:4] <= 1 + 1e-12).all()
    with pytest.raises(OptionError, match="u9"):
        with_peer_rules(units, rts="vrs", never=["u99"])
    with pytest.raises(OptionError, match="two rules"):
        with_peer_rules(units, rts="vrs", never=["u1"], own_only=["u1"])
    with pytest.raises(DataError, match="nothing is left"):
        with_peer_rules(units, rts="vrs", never=names)
