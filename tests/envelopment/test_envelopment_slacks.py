"""Additive measures, slacks-based measure and its super-efficiency, Russell's measures."""

from __future__ import annotations

import numpy as np
import pulp
import pytest
from pulp_oracle import Model, data, slack_sum, theta

import bench
from bench.envelopment.measures.additive import additive
from bench.envelopment.measures.russell import russell
from bench.envelopment.measures.slacks_based import sbm
from bench.errors import DataError, OptionError


def weights(kind, X, Y, k):
    size = X.shape[1] + Y.shape[1]
    if kind == "raw":
        return np.ones(X.shape[1]), np.ones(Y.shape[1])
    if kind == "mip":
        return 1 / X[k], 1 / Y[k]
    if kind == "normalised":
        return 1 / X.std(0, ddof=1), 1 / Y.std(0, ddof=1)
    if kind == "ram":
        return 1 / np.ptp(X, 0) / size, 1 / np.ptp(Y, 0) / size
    with np.errstate(divide="ignore"):
        wx, wy = 1 / (X[k] - X.min(0)) / size, 1 / (Y.max(0) - Y[k]) / size
    return np.where(np.isfinite(wx), wx, 0), np.where(np.isfinite(wy), wy, 0)


@pytest.mark.parametrize("rts", ["crs", "vrs", "drs", "irs", "fdh", "add"])
@pytest.mark.parametrize("kind", ["raw", "mip", "normalised", "ram"])
def test_additive_is_pulps(rts: str, kind: str) -> None:
    X, Y = data(1, n=7)
    found = additive(bench.Units.from_arrays(X, Y), rts=rts, weights=kind)
    for k in range(7):
        expected = slack_sum(X, Y, rts, X[k], Y[k], *weights(kind, X, Y, k))
        assert found["inefficiency"].iloc[k] == pytest.approx(expected, abs=1e-7)


def test_bounded_adjusted_measure() -> None:
    X, Y = data(2, n=9)
    vrs = additive(bench.Units.from_arrays(X, Y), rts="vrs", weights="bam")
    crs = additive(bench.Units.from_arrays(X, Y), rts="crs", weights="bam")
    for k in range(9):
        wx, wy = weights("bam", X, Y, k)
        assert vrs["inefficiency"].iloc[k] == pytest.approx(slack_sum(X, Y, "vrs", X[k], Y[k], wx, wy), abs=1e-8)
        model = Model(X, Y, "crs", maximise=True)
        for i in range(3):
            model.add(model.input(i) <= X[k, i])
            model.add(model.input(i) >= X[:, i].min())
        for r in range(2):
            model.add(model.output(r) >= Y[k, r])
            model.add(model.output(r) <= Y[:, r].max())
        total = pulp.lpSum(wx[i] * (X[k, i] - model.input(i)) for i in range(3))
        total += pulp.lpSum(wy[r] * (model.output(r) - Y[k, r]) for r in range(2))
        assert crs["inefficiency"].iloc[k] == pytest.approx(model.solve(total), abs=1e-8)
        assert 0 <= crs.efficiency.iloc[k] <= vrs.efficiency.iloc[k] + 1e-9


def test_units_invariant_weightings() -> None:
    X, Y = data(3)
    for kind in ("mip", "normalised", "ram", "bam"):
        plain = additive(bench.Units.from_arrays(X, Y), rts="vrs", weights=kind)
        scaled = additive(bench.Units.from_arrays(X * [1e6, 1e-3, 7], Y * [1e4, 1e-5]), rts="vrs", weights=kind)
        np.testing.assert_allclose(scaled["inefficiency"], plain["inefficiency"], atol=1e-8)


def test_additive_refuses_what_has_no_meaning() -> None:
    units = bench.Units.from_arrays([[1.0], [2.0]], [[0.0, 1.0], [1.0, 1.0]])
    with pytest.raises(DataError, match="mip"):
        additive(units, rts="vrs", weights="mip")
    with pytest.raises(OptionError):
        additive(units, rts="vrs", weights=[-1.0, 1.0, 1.0])
    with pytest.raises(OptionError, match="bam"):
        additive(units, rts="add", weights="bam")


def tone(X, Y, rts, k, side):
    """Tone 2001 in the linear form of Charnes & Cooper, as printed."""
    m, s = X.shape[1], Y.shape[1]
    model = Model(X, Y, "crs", maximise=False)
    t = model.var("t", 0)
    sx = [model.var(f"sx{i}", 0) for i in range(m)]
    sy = [model.var(f"sy{r}", 0) for r in range(s)]
    for i in range(m):
        model.add(t * X[k, i] == model.input(i) + sx[i])
    for r in range(s):
        model.add(t * Y[k, r] == model.output(r) - sy[r])
    if rts == "vrs":
        model.add(pulp.lpSum(model.lam) == t)
    top = t - pulp.lpSum(sx[i] / X[k, i] for i in range(m)) / m
    bottom = t + pulp.lpSum(sy[r] / Y[k, r] for r in range(s)) / s
    if side == "output":
        model.add(t == 1)
        return 1 / (1 - model.solve(1 - pulp.lpSum(sy[r] / Y[k, r] for r in range(s)) / s) + 1)
    model.add((bottom if side == "both" else t) == 1)
    return model.solve(top)


@pytest.mark.parametrize("rts", ["crs", "vrs"])
@pytest.mark.parametrize("side", ["input", "output", "both"])
def test_sbm_is_pulps(rts: str, side: str) -> None:
    X, Y = data(4)
    found = sbm(bench.Units.from_arrays(X, Y), rts=rts, orientation=side)
    for k in range(len(X)):
        assert found.efficiency.iloc[k] == pytest.approx(tone(X, Y, rts, k, side), abs=1e-8)


@pytest.mark.parametrize("rts", ["crs", "vrs", "drs", "irs"])
def test_sbm_slacks_give_the_measure(rts: str) -> None:
    X, Y = data(5)
    found = sbm(bench.Units.from_arrays(X, Y), rts=rts)
    top = 1 - (found.values.x / X).mean(1)
    np.testing.assert_allclose(found.efficiency, top / (1 + (found.values.y / Y).mean(1)), atol=1e-9)


def test_sbm_never_exceeds_radial_and_fdh_never_falls_below() -> None:
    X, Y = data(6, n=20)
    units = bench.Units.from_arrays(X, Y)
    convex, hull = sbm(units, rts="vrs"), sbm(units, rts="fdh")
    radial = np.array([theta(X, Y, "vrs", X[k], Y[k]) for k in range(20)])
    assert (convex.efficiency.to_numpy() <= radial + 1e-8).all()
    assert (hull.efficiency.to_numpy() >= convex.efficiency.to_numpy() - 1e-9).all()


def super_tone(X, Y, rts, k, side):
    """Tone 2002, expanded or given-up quantities as in the paper, times t."""
    m, s = X.shape[1], Y.shape[1]
    model = Model(X, Y, "crs", maximise=side == "output", skip=k)
    t = model.var("t", 0)
    xs = [model.var(f"x{i}", 0) for i in range(m)]
    ys = [model.var(f"y{r}", 0) for r in range(s)]
    for i in range(m):
        model.add(xs[i] >= model.input(i))
        model.add(xs[i] >= t * X[k, i])
    for r in range(s):
        model.add(ys[r] <= model.output(r))
        model.add(ys[r] <= t * Y[k, r])
    if rts == "vrs":
        model.add(pulp.lpSum(model.lam) == t)
    up = pulp.lpSum(xs[i] / X[k, i] for i in range(m)) / m
    down = pulp.lpSum(ys[r] / Y[k, r] for r in range(s)) / s
    if side == "both":
        model.add(down == 1)
        return model.solve(up)
    model.add(t == 1)
    if side == "input":
        for r in range(s):
            model.add(ys[r] == Y[k, r])
        return model.solve(up)
    for i in range(m):
        model.add(xs[i] == X[k, i])
    best = model.solve(down)
    return None if best is None else 1 / best


@pytest.mark.parametrize("rts", ["crs", "vrs"])
@pytest.mark.parametrize("side", ["input", "output", "both"])
def test_super_sbm_is_pulps(rts: str, side: str) -> None:
    X, Y = data(7)
    units = bench.Units.from_arrays(X, Y)
    plain, beyond = sbm(units, rts=rts, orientation=side), sbm(units, rts=rts, orientation=side, super_efficiency=True)
    marked = {issue.unit for issue in beyond.issues}
    for k in range(len(X)):
        if plain.efficiency.iloc[k] < 1 - 1e-8:
            assert beyond.efficiency.iloc[k] == plain.efficiency.iloc[k]
            continue
        expected = super_tone(X, Y, rts, k, side)
        if expected is None:
            assert str(k + 1) in marked
        else:
            assert beyond.efficiency.iloc[k] == pytest.approx(expected, rel=1e-8)
            assert expected >= 1 - 1e-9


@pytest.mark.parametrize("side", ["input", "output", "both"])
def test_super_sbm_of_the_hull_by_hand(side: str) -> None:
    X, Y = data(7)
    units = bench.Units.from_arrays(X, Y)
    plain = sbm(units, rts="fdh", orientation=side)
    beyond = sbm(units, rts="fdh", orientation=side, super_efficiency=True)
    for k in range(len(X)):
        if plain.efficiency.iloc[k] < 1 - 1e-8:
            continue
        scores = []
        for j in range(len(X)):
            up, down = np.maximum(X[j], X[k]) / X[k], np.minimum(Y[j], Y[k]) / Y[k]
            fits = j != k and (side != "input" or (down == 1).all()) and (side != "output" or (up == 1).all())
            scores += [up.mean() / down.mean()] if fits else []
        value = beyond.efficiency.iloc[k]
        assert value == pytest.approx(min(scores)) if scores else np.isnan(value)


def test_russell_graph_of_the_hull_by_hand() -> None:
    X, Y = data(8, n=15)
    found = russell(bench.Units.from_arrays(X, Y), rts="fdh", orientation="graph")
    for k in range(15):
        covers = [j for j in range(15) if (X[j] <= X[k]).all() and (Y[j] >= Y[k]).all()]
        expected = min(((X[j] / X[k]).sum() + (Y[k] / Y[j]).sum()) / 5 for j in covers)
        assert found.efficiency.iloc[k] == pytest.approx(expected)


def test_zero_input_is_left_out_of_the_mean_and_zero_output_refused() -> None:
    units = bench.Units.from_arrays([[2.0, 0.0], [4.0, 0.0]], [[1.0], [1.0]])
    assert sbm(units, rts="crs", orientation="input").efficiency.round(9).tolist() == [1.0, 0.5]
    zero = bench.Units.from_arrays([[2.0], [4.0]], [[1.0, 0.0], [1.0, 1.0]], names=["A", "B"])
    with pytest.raises(DataError, match="'A'"):
        sbm(zero, rts="crs")
    with pytest.raises(OptionError, match="reference"):
        sbm(units, rts="crs", orientation="input", super_efficiency=True, reference=units)


def russell_by_factors(X, Y, rts, k, side):
    """Färe & Lovell 1978: factors as variables."""
    model = Model(X, Y, rts, maximise=side == "output")
    x = [model.var(f"t{i}", 0, 1) for i in range(X.shape[1])]
    y = [model.var(f"f{r}", 1) for r in range(Y.shape[1])]
    for i in range(X.shape[1]):
        model.add(model.input(i) <= X[k, i] * (x[i] if side == "input" else 1))
    for r in range(Y.shape[1]):
        model.add(model.output(r) >= Y[k, r] * (y[r] if side == "output" else 1))
    if side == "input":
        return model.solve(pulp.lpSum(x) / len(x))
    return 1 / model.solve(pulp.lpSum(y) / len(y))


@pytest.mark.parametrize("rts", ["crs", "vrs", "drs", "irs", "fdh"])
@pytest.mark.parametrize("side", ["input", "output"])
def test_russell_is_pulps(rts: str, side: str) -> None:
    X, Y = data(8, n=9)
    found = russell(bench.Units.from_arrays(X, Y), rts=rts, orientation=side)
    for k in range(9):
        assert found.efficiency.iloc[k] == pytest.approx(russell_by_factors(X, Y, rts, k, side), abs=1e-8)


@pytest.mark.parametrize("rts", ["crs", "vrs", "drs"])
def test_russell_graph_against_a_general_optimiser(rts: str) -> None:
    """The same convex program by SciPy's SLSQP from several starts, and never worse."""
    from scipy.optimize import minimize

    X, Y = data(9, n=7, m=2, s=2)
    found = russell(bench.Units.from_arrays(X, Y), rts=rts, orientation="graph")
    n = len(X)
    for k in range(n):
        constraints = [
            {"type": "ineq", "fun": lambda v, k=k: X[k] * v[n : n + 2] - v[:n] @ X},
            {"type": "ineq", "fun": lambda v, k=k: v[:n] @ Y - Y[k] * v[n + 2 :]},
        ]
        if rts != "crs":
            kind = "eq" if rts == "vrs" else "ineq"
            constraints.append({"type": kind, "fun": lambda v: 1 - v[:n].sum()})
        start = np.r_[np.eye(n)[k], np.ones(4)]
        best = minimize(
            lambda v: (v[n : n + 2].sum() + (1 / v[n + 2 :]).sum()) / 4,
            start,
            constraints=constraints,
            bounds=[(0, None)] * n + [(0, 1)] * 2 + [(1, None)] * 2,
            options={"ftol": 1e-14, "maxiter": 500},
        )
        if best.success:
            assert found.efficiency.iloc[k] == pytest.approx(best.fun, abs=2e-6)
        theta_, phi_ = found.values.theta[k], found.values.phi[k]
        assert found.efficiency.iloc[k] == pytest.approx((theta_.sum() + (1 / phi_).sum()) / 4, abs=1e-9)


def test_reference_additive(public, expected) -> None:
    """R Benchmarking 0.33, ``dea.add``: 1e-6. On milkProd that package maximises the mean-normalised sum and reports
    the raw one of that solution; the same is asked for here by weights of one over the means."""
    table = expected("additive")
    sums = table[table["quantity"] == "sum"]
    for (name, rts), part in sums.groupby(["dataset", "rts"]):
        value = part["value"].astype(float).to_numpy()
        raw = additive(public[name], rts=rts)["inefficiency"].to_numpy()
        if name == "charnes1981":
            np.testing.assert_allclose(raw, value, rtol=1e-6, atol=1e-6)
            continue
        units = public[name]
        mean = np.r_[units.X.mean(0), units.Y.mean(0)]
        normalised = additive(units, rts=rts, weights=1 / mean).values
        again = normalised.x.sum(1) + normalised.y.sum(1)
        np.testing.assert_allclose(again, value, rtol=1e-6, atol=1e-6 * mean.max())
        assert (raw >= value - 1e-6 * mean.max()).all()
