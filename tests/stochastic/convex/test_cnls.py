"""CNLS against general solvers, its shape, its invariances, its environment and its errors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stochastic.convex.naive_cnls import log_program, quadratic_program

from bench import DataError, OptionError, Units
from bench.stochastic.convex import afriat
from bench.stochastic.convex.afriat_kernels import _live, add_columns, reduced_hessian
from bench.stochastic.convex.cnls import cnls, cnls_arrays

TECHNOLOGIES = ("vrs", "crs", "drs", "irs")
KINDS = ("production", "cost")


def sample(n, d, kind="production", seed=0, noise=0.15):
    rng = np.random.default_rng(seed)
    x = rng.uniform(1.0, 10.0, (n, d))
    core = np.prod(x ** (0.8 / d), axis=1) if kind == "production" else np.sum(x**1.3, axis=1)
    return core * np.exp(rng.normal(0.0, noise, n)), x, rng.normal(size=(n, 1))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rts", TECHNOLOGIES)
@pytest.mark.parametrize("with_z", [False, True])
def test_additive_fit_is_the_quadratic_programs(kind, rts, with_z):
    y, x, z = sample(16, 2, kind, seed=3)
    z = z if with_z else np.zeros((16, 0))
    fitted, delta, loss = quadratic_program(y, x, z, rts, kind)
    fit = cnls_arrays(y, x, z if with_z else None, rts=rts, kind=kind)
    assert 0.5 * float(fit.residuals @ fit.residuals) == pytest.approx(loss, rel=1e-6)
    assert fit.fitted.to_numpy() + z @ fit.frontier.delta == pytest.approx(fitted + z @ delta, abs=2e-4 * y.std())
    assert fit.certificate.worst < 1e-7


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rts", ["vrs", "crs", "drs"])
def test_multiplicative_fit_is_the_nonlinear_programs(kind, rts):
    y, x, z = sample(9, 1 if rts != "crs" else 2, kind, seed=5)
    fit = cnls_arrays(y, x, z, rts=rts, kind=kind, error="multiplicative")
    # From the additive fit, which is feasible and elsewhere.
    other = cnls_arrays(y, x, rts=rts, kind=kind)
    start = np.r_[other.frontier.fitted, other.frontier.slope.ravel(), 0.0]
    _, loss = log_program(y, x, z, rts, kind, start)
    mine = 0.5 * float(fit.residuals @ fit.residuals)
    assert mine == pytest.approx(loss, rel=1e-5)
    assert mine <= loss * (1 + 1e-8)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rts", TECHNOLOGIES)
@pytest.mark.parametrize("error", ["additive", "multiplicative"])
def test_every_fit_has_the_shape_it_was_asked_for(kind, rts, error):
    y, x, z = sample(160, 3, kind, seed=8)
    fit = cnls_arrays(y, x, z, rts=rts, kind=kind, error=error)
    sign = 1.0 if kind == "production" else -1.0
    slope, fitted = fit.slopes.to_numpy(), fit.fitted.to_numpy()
    planes = fit.intercepts.to_numpy()[:, None] + slope @ x.T
    tiny = 1e-8 * y.std()
    assert (sign * (planes - fitted[None, :])).min() >= -tiny
    assert slope.min() >= 0.0
    alpha = sign * (fitted - np.sum(slope * x, axis=1))
    if rts == "drs":
        assert alpha.min() >= -tiny
    if rts == "irs":
        assert alpha.max() <= tiny
    if rts == "crs":
        assert np.abs(alpha).max() <= tiny
    assert fit.certificate.worst < 5e-8
    assert fit.certificate.inequalities >= 160 * 159
    assert fit.predict(x) == pytest.approx(fitted, abs=tiny)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), scale=st.floats(-6, 6), unit=st.floats(-6, 6))
def test_the_fit_does_not_depend_on_measures_or_order(seed, scale, unit):
    y, x, z = sample(25, 2, seed=seed)
    base = cnls_arrays(y, x, z, rts="vrs")
    order = np.random.default_rng(seed).permutation(25)
    factors = np.array([10.0**scale, 1.0])
    other = cnls_arrays(y[order] * 10.0**unit, x[order] * factors, z[order], rts="vrs")
    assert other.fitted.to_numpy() / 10.0**unit == pytest.approx(base.fitted.to_numpy()[order], abs=1e-6)
    slope = other.slopes.to_numpy() * factors / 10.0**unit
    assert slope == pytest.approx(base.slopes.to_numpy()[order], abs=1e-4)


def test_monotone_data_on_a_concave_curve_are_kept_as_they_are():
    x = np.array([1.0, 2.0, 3.0, 5.0])
    fit = cnls_arrays(np.sqrt(x), x, rts="vrs")
    assert fit.fitted.to_numpy() == pytest.approx(np.sqrt(x), abs=1e-7)
    assert fit.r_squared == pytest.approx(1.0, abs=1e-9)


def test_one_dimension_has_a_closed_form():
    """Two crossing points must share a level; crs in one dimension is least squares through the origin."""
    fit = cnls_arrays([3.0, 1.0], [1.0, 2.0], rts="vrs")
    assert fit.fitted.to_numpy() == pytest.approx([2.0, 2.0], abs=1e-7)
    y, x = np.array([1.0, 3.0, 2.0]), np.array([1.0, 2.0, 3.0])
    ray = cnls_arrays(y, x, rts="crs")
    assert ray.slopes["x1"].to_numpy() == pytest.approx(np.full(3, x @ y / (x @ x)), rel=1e-7)
    log_ray = cnls_arrays(y, x, rts="crs", error="multiplicative")
    assert log_ray.slopes["x1"].to_numpy() == pytest.approx(np.full(3, np.exp(np.mean(np.log(y / x)))), rel=1e-7)


def test_duplicate_places_share_one_value_and_rays_one_slope():
    y = np.array([1.0, 2.0, 3.0, 5.0])
    x = np.array([[1.0, 1.0], [1.0, 1.0], [2.0, 3.0], [4.0, 6.0]])
    fit = cnls_arrays(y, x, rts="vrs")
    assert fit.fitted[0] == fit.fitted[1]
    assert np.isfinite(fit.slopes.to_numpy()).all()
    rays = cnls_arrays(y, x, rts="crs")
    assert rays.slopes.iloc[2].to_numpy() == pytest.approx(rays.slopes.iloc[3].to_numpy())


def test_zero_volumes_of_a_service_are_welcome():
    rng = np.random.default_rng(0)
    x = rng.uniform(0.0, 5.0, (60, 3)) * (rng.uniform(size=(60, 3)) > 0.3)
    x[x.sum(axis=1) == 0.0, 0] = 1.0
    cost = (x @ [2.0, 1.0, 3.0] + 1.0) * np.exp(0.1 * rng.normal(size=60))
    for rts in TECHNOLOGIES:
        fit = cnls_arrays(cost, x, rts=rts, kind="cost", error="multiplicative")
        assert fit.certificate.worst < 1e-7
        assert fit.fitted.min() > 0.0


def test_slope_range_holds_the_slope_and_ends_at_the_edge():
    y, x, _ = sample(30, 2, seed=2)
    fit = cnls_arrays(y, x, rts="vrs")
    bounds = fit.slope_range("x1")
    slope = fit.slopes["x1"]
    assert (bounds["least"] <= slope + 1e-6).all()
    assert (bounds["greatest"] >= slope - 1e-6).all()
    assert np.isinf(bounds["greatest"][int(np.argmin(x[:, 0]))])
    with pytest.raises(DataError, match="no regressor"):
        fit.slope_range("x9")


def test_environment_is_found_with_honest_standard_errors():
    """Monte Carlo: the mean of δ is 0.3 and its spread what the standard errors say (40 samples of 60)."""
    estimates, errors = [], []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        x, z = rng.uniform(1.0, 5.0, 60), rng.normal(size=60)
        y = np.sqrt(x) * np.exp(0.3 * z + 0.1 * rng.normal(size=60))
        fit = cnls_arrays(y, x, z, rts="vrs", error="multiplicative")
        estimates.append(fit.frontier.delta[0])
        errors.append(fit.environment()["std_error"].iloc[0])
    assert np.mean(estimates) == pytest.approx(0.3, abs=4 * 0.0135 / np.sqrt(40))
    assert np.std(estimates) / np.mean(errors) == pytest.approx(1.0, abs=0.35)
    robust = fit.environment(robust=True)["std_error"].iloc[0]
    assert robust == pytest.approx(errors[-1], rel=0.5)


def test_effective_dimension_counts_the_free_pieces():
    """On two linear pieces with little noise the dimension is near the three parameters of a broken line."""
    rng = np.random.default_rng(1)
    x = np.linspace(0.0, 2.0, 60)
    y = np.minimum(3.0 * x, 2.0 + x) + 1e-6 * rng.normal(size=60)
    fit = cnls_arrays(y, x, rts="vrs")
    assert 3.0 - 1e-3 <= fit.frontier.dimension < 12.0


def test_corrected_frontier_envelops_and_one_unit_is_best():
    for kind in KINDS:
        for error in ("additive", "multiplicative"):
            y, x, _ = sample(40, 2, kind, seed=4)
            value = cnls_arrays(y, x, rts="vrs", kind=kind, error=error).corrected()
            assert value.max() == pytest.approx(1.0)
            assert value.min() >= 0.0
            assert (value > 1.0 - 1e-9).sum() == 1


def test_table_in_table_out():
    y, x, _ = sample(20, 2, "cost")
    units = Units.from_arrays(y[:, None], x, names=[f"unit {k}" for k in range(20)])
    fit = cnls(units, rts="vrs", kind="cost")
    assert list(fit.to_frame().columns) == ["x1", "fitted", "residual", "intercept", "slope y1", "slope y2"]
    assert fit.fitted.index[0] == "unit 0"
    assert list(fit.multipliers().columns) == ["unit", "column", "multiplier"]
    text = str(fit.summary())
    assert "R²" in text
    assert "y2" in text
    assert "Afriat" not in repr(fit)
    assert fit._repr_html_().startswith("<table>")
    assert fit.plot().to_dict()["mark"]["type"] == "circle"


def test_table_with_environment_role():
    y, x, z = sample(30, 2, "cost")
    table = Units.from_arrays(y[:, None], x).frame.assign(distance=z[:, 0])
    units = Units.from_frame(
        table, id="unit", inputs=["x1"], outputs=["y1", "y2"], environment=["distance"], accept=["negative-value"]
    )
    assert list(cnls(units, rts="vrs", kind="cost").environment().index) == ["distance"]
    assert cnls(units, rts="vrs", kind="cost", environment=()).frontier.delta.shape == (0,)


def test_generated_pairs_reach_the_same_minimum_as_all_pairs(monkeypatch):
    y, x, _ = sample(110, 2, seed=6)
    everything = cnls_arrays(y, x, rts="vrs")
    monkeypatch.setattr(afriat, "ALL_PAIRS", 0)
    generated = cnls_arrays(y, x, rts="vrs")
    assert everything.frontier.rounds == 1
    assert generated.frontier.rounds > 1
    assert generated.fitted.to_numpy() == pytest.approx(everything.fitted.to_numpy(), abs=1e-6)


def test_compiled_and_array_routes_agree(monkeypatch):
    rng = np.random.default_rng(0)
    neighbours = np.array([[0, 1, 3], [1, 2, 0], [2, 0, 0], [3, 2, 1]])
    count = np.array([2, 1, 2, 2])
    neighbours[2] = [2, 0, 1]
    weight, half = rng.uniform(size=(4, 3)), rng.normal(size=(4, 3, 2))
    compiled = reduced_hessian(np.ones(4), weight, half, neighbours, count), add_columns(weight, neighbours, count)
    monkeypatch.setattr("bench.stochastic.convex.afriat_kernels.COMPILED", False)
    plain = reduced_hessian(np.ones(4), weight, half, neighbours, count), add_columns(weight, neighbours, count)
    assert plain[0] == pytest.approx(compiled[0])
    assert plain[1] == pytest.approx(compiled[1])
    assert _live(neighbours, count).sum() == count.sum()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"y": [1.0, np.nan, 2.0]}, "finite"),
        ({"x": [1.0, 2.0]}, "rows"),
        ({"y": [1.0, 0.0, 2.0], "error": "multiplicative"}, "positive"),
        ({"x": [1.0, -2.0, 3.0], "rts": "crs"}, "origin"),
        ({"x": [0.0, 2.0, 3.0], "rts": "drs"}, "all zero"),
        ({"z": [1.0, 1.0, 1.0]}, "constant"),
        ({"z": np.array([[1.0, 2.0], [2.0, 4.0], [0.5, 1.0]])}, "dependent"),
    ],
)
def test_bad_data_are_refused_with_a_remedy(change, words):
    arguments = {"y": [1.0, 2.0, 3.0], "x": [1.0, 2.0, 3.0], "rts": "vrs", **change}
    with pytest.raises(DataError, match=words):
        cnls_arrays(arguments.pop("y"), arguments.pop("x"), arguments.pop("z", None), **arguments)


def test_wrong_options_list_the_right_ones():
    with pytest.raises(OptionError, match="'vrs'"):
        cnls_arrays([1.0, 2.0], [1.0, 2.0], rts="fdh")
    with pytest.raises(OptionError, match="multiplicative"):
        cnls_arrays([1.0, 2.0], [1.0, 2.0], rts="vrs", error="log")
    two = Units.from_arrays([[1.0, 1.0]], [[1.0]])
    with pytest.raises(DataError, match="select"):
        cnls(two, rts="vrs", kind="cost")


def test_environment_that_the_frontier_can_replace_is_refused():
    x = np.array([1.0, 2.0, 3.0])
    with pytest.raises(DataError, match="not identified"):
        cnls_arrays([1.0, 2.0, 2.5], x, [0.1, 1.0, 0.3], rts="vrs")


@pytest.mark.parametrize("error", ["additive", "multiplicative"])
@pytest.mark.parametrize("distance", [1e-5, 1e-3])
@pytest.mark.parametrize("kind", KINDS)
def test_points_that_almost_coincide_still_have_a_fit(kind, distance, error):
    """Slopes between such points reach 1e5; where they let no step be computed, the points are taken as one."""
    taken_as_one = 0
    for seed in range(4):
        rng = np.random.default_rng(seed)
        x = np.exp(rng.normal(size=(9, 3)))
        x[5:] = x[rng.integers(0, 5, size=4)] * (1.0 + distance * rng.normal(size=(4, 3)))
        y = (x**1.3).sum(axis=1) * np.exp(0.3 * rng.normal(size=9))
        for rts in TECHNOLOGIES:
            fit = cnls_arrays(y, x, rts=rts, kind=kind, error=error)
            assert np.isfinite(fit.fitted).all()
            assert fit.certificate.primal < 1e-6
            taken_as_one += fit.frontier.same_point > 1e-6
            assert ("Points taken as one" in str(fit.summary())) == (fit.frontier.same_point > 1e-6)
            # Never worse than the straight line through the mean, which every technology but crs and drs allows.
            assert fit.r_squared > (-0.5 if rts in ("crs", "drs", "irs") else -1e-9)
    if kind == "cost" and distance == 1e-5:
        assert taken_as_one > 0


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rts", ["vrs", "crs"])
@pytest.mark.parametrize("error", ["additive", "multiplicative"])
def test_constant_data_have_their_mean_and_no_share_explained(kind, rts, error):
    """Every regressor alike: φ is the mean (of logs); every y alike: nothing varies that could be explained."""
    y = np.random.default_rng(1).uniform(1.0, 2.0, 20)
    fit = cnls_arrays(y, np.full((20, 1), 2.0), rts=rts, kind=kind, error=error)
    centre = np.exp(np.log(y).mean()) if error == "multiplicative" else y.mean()
    assert fit.fitted.to_numpy() == pytest.approx(np.full(20, centre), rel=1e-7)
    x = np.random.default_rng(2).uniform(1.0, 5.0, (20, 1))
    for regressors in (x, np.full((20, 1), 2.0)):
        level = cnls_arrays(np.full(20, 3.0), regressors, rts=rts, kind=kind, error=error)
        assert np.isnan(level.r_squared)
        assert "nan" in str(level.summary()).lower()
