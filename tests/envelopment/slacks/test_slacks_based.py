"""Slacks based: known answers, another solver, and what is refused."""

from __future__ import annotations

import numpy as np
import pulp
import pytest
from pulp_oracle import Model, data, theta

import bench
from bench.envelopment.slacks.additive_super import additive_super
from bench.envelopment.slacks.slacks_based import sbm
from bench.errors import OptionError


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


def test_a_zero_is_left_out_of_the_mean_on_both_sides_and_named() -> None:
    units = bench.Units.from_arrays([[2.0, 0.0], [4.0, 0.0]], [[1.0], [1.0]])
    assert sbm(units, rts="crs", orientation="input").efficiency.round(9).tolist() == [1.0, 0.5]
    zero = bench.Units.from_arrays([[2.0], [4.0]], [[1.0, 0.0], [1.0, 1.0]], names=["A", "B"])
    # B uses twice the input; A makes none of the second output and has nothing to gain from it.
    assert sbm(zero, rts="vrs").efficiency.tolist() == pytest.approx([1.0, 1.0])
    worse = bench.Units.from_arrays([[2.0], [4.0], [2.0]], [[1.0, 0.0], [1.0, 1.0], [0.5, 0.0]], names=["A", "B", "C"])
    found = sbm(worse, rts="crs", orientation="output")
    # C can make twice as much of the one output that it makes: 1/(1 + 1).
    assert found.efficiency.tolist() == pytest.approx([1.0, 1.0, 0.5])
    assert [(issue.unit, issue.column) for issue in found.issues] == [("A", "y2"), ("C", "y2")]
    empty = bench.Units.from_arrays([[2.0], [4.0]], [[1.0], [0.0]], names=["A", "B"], accept=["no-output"])
    nothing = sbm(empty, rts="crs", orientation="output")
    assert np.isnan(nothing.efficiency["B"])
    assert nothing.efficiency["A"] == 1.0
    assert nothing.issues[0].rule == "undefined"
    with pytest.raises(OptionError, match="reference"):
        sbm(units, rts="crs", orientation="input", super_efficiency=True, reference=units)


@pytest.mark.parametrize("rts", ["crs", "vrs", "fdh"])
def test_super_sbm_without_a_value_says_which_and_why(rts: str) -> None:
    """An input that a unit does not use cannot grow by a share: the limit of ever smaller inputs has no bound."""
    units = bench.Units.from_arrays([[1.0, 0.0], [1.0, 1.0], [2.0, 2.0]], [[1.0], [1.5], [1.0]], names=["A", "B", "C"])
    found = sbm(units, rts=rts, super_efficiency=True)
    assert np.isnan(found.efficiency["A"])
    (told,) = [issue for issue in found.issues if issue.rule == "infeasible"]
    assert told.unit == "A"
    assert "an input that it does not use" in told.message
    nearly = [
        sbm(
            bench.Units.from_arrays([[1.0, little], [1.0, 1.0], [2.0, 2.0]], [[1.0], [1.5], [1.0]]),
            rts=rts,
            super_efficiency=True,
        ).efficiency.iloc[0]
        for little in (1e-2, 1e-4)
    ]
    assert nearly[1] > 30 * nearly[0]
    both = additive_super(units, rts=rts, weights="ram")
    assert both["lead"].notna().all()


@pytest.mark.parametrize("rts", ["crs", "vrs", "fdh"])
def test_a_unit_without_outputs_is_measured_by_its_inputs(rts: str) -> None:
    """The denominator is one: what is left is the input side."""
    units = bench.Units.from_arrays([[2.0], [4.0]], [[1.0], [0.0]], names=["A", "B"], accept=["no-output"])
    found = sbm(units, rts=rts)
    assert found.efficiency["B"] == sbm(units, rts=rts, orientation="input").efficiency["B"]
    assert found.efficiency["B"] == (0.0 if rts == "crs" else 0.5)
    assert [(issue.unit, issue.rule) for issue in found.issues] == [("B", "zero-output")]
