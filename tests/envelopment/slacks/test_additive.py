"""Additive: known answers, another solver, and what is refused."""

from __future__ import annotations

import numpy as np
import pulp
import pytest
from pulp_oracle import Model, data, slack_sum

import bench
from bench.envelopment.slacks.additive import additive
from bench.errors import OptionError


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
    shares = additive(units, rts="vrs", weights="mip")
    assert shares["inefficiency"].tolist() == [0.0, 0.0]
    assert [(issue.unit, issue.column) for issue in shares.issues] == [("1", "y1")]
    with pytest.raises(OptionError):
        additive(units, rts="vrs", weights=[-1.0, 1.0, 1.0])
    with pytest.raises(OptionError, match="bam"):
        additive(units, rts="add", weights="bam")


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


@pytest.mark.parametrize("rts", ["crs", "vrs", "drs", "irs", "fdh", "add"])
def test_slacks_with_upper_limits_are_pulps(rts: str) -> None:
    X, Y = data(4, n=8)
    units = bench.Units.from_arrays(X, Y)
    per_unit = 0.05 * Y[:, 1]
    found = additive(units, rts=rts, weights="ram", slack_limits={"x1": 1.5, "y2": per_unit})
    free = additive(units, rts=rts, weights="ram")
    for k in range(8):
        wx, wy = weights("ram", X, Y, k)
        model = Model(X, Y, rts, maximise=True)
        sx, sy = [model.var(f"sx{i}", 0) for i in range(3)], [model.var(f"sy{r}", 0) for r in range(2)]
        for i in range(3):
            model.add(model.input(i) + sx[i] == X[k, i])
        for r in range(2):
            model.add(model.output(r) - sy[r] == Y[k, r])
        model.add(sx[0] <= 1.5)
        model.add(sy[1] <= per_unit[k])
        total = pulp.lpSum(w * v for w, v in zip([*wx, *wy], [*sx, *sy], strict=True))
        assert found["inefficiency"].iloc[k] == pytest.approx(model.solve(total), abs=1e-8)
    assert (found["slack x1"] <= 1.5 + 1e-9).all()
    assert (found["slack y2"] <= per_unit + 1e-9).all()
    assert (found["inefficiency"] <= free["inefficiency"] + 1e-12).all()
    assert found["inefficiency"].sum() < free["inefficiency"].sum()
    loose = additive(units, rts=rts, weights="ram", slack_limits={"x1": 1e6, "y2": 1e6})
    np.testing.assert_allclose(loose["inefficiency"], free["inefficiency"], atol=1e-9)


def test_slack_limits_in_the_bounded_measure_per_period_and_what_they_refuse() -> None:
    X, Y = data(5, n=6)
    units = bench.Units.from_arrays(X, Y)
    bam = additive(units, rts="crs", weights="bam")
    assert (additive(units, rts="crs", weights="bam", slack_limits={"x2": 0.0})["slack x2"] == 0).all()
    wide = additive(units, rts="crs", weights="bam", slack_limits={"x2": 1e9})
    np.testing.assert_allclose(wide["inefficiency"], bam["inefficiency"], atol=1e-12)
    assert (
        additive(units, rts="vrs", slack_limits=dict.fromkeys((*units.inputs, *units.outputs), 0.0))[
            "inefficiency"
        ].tolist()
        == [0.0] * 6
    )
    for wrong in (-1.0, np.nan, np.inf, [1.0, 2.0]):
        with pytest.raises(OptionError, match="slack_limits: 'x1' takes one number or one per unit"):
            additive(units, rts="vrs", slack_limits={"x1": wrong})
    with pytest.raises(OptionError, match="no input or output 'x9'"):
        additive(units, rts="vrs", slack_limits={"x9": 1.0})
    frame = units.frame.assign(unit=list("abcabc"), year=[1, 1, 1, 2, 2, 2])
    panel = bench.Units.from_frame(frame, id="unit", period="year", inputs=units.inputs, outputs=units.outputs)
    most = np.arange(6.0) / 4
    whole = additive(panel, rts="vrs", periods="separate", slack_limits={"x1": most, "y1": 2.0})
    for year, rows in ((1, slice(0, 3)), (2, slice(3, 6))):
        alone = additive(panel.for_period(year), rts="vrs", slack_limits={"x1": most[rows], "y1": 2.0})
        np.testing.assert_array_equal(whole["inefficiency"].to_numpy()[rows], alone["inefficiency"].to_numpy())
