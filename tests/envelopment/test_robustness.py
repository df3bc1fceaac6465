"""Ordinary client data of every awkward kind, on every method: an answer, a marked result or an error that explains."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import bench
from bench.envelopment import (
    MethodResult,
    Ratio,
    additive,
    capacity_use,
    cost_efficiency,
    cross_efficiency,
    directional,
    efficiency_ladder,
    graph_efficiency,
    mea,
    metafrontier,
    non_discretionary,
    outlier_screen,
    range_directional,
    russell,
    sbm,
    scale_efficiency,
    super_efficiency,
    weak_disposability,
    weight_restricted,
)
from bench.errors import DataError, OptionError

Method = Callable[[bench.Units], MethodResult]


METHODS: dict[str, Method] = {
    "directional": lambda u: directional(u, rts="vrs"),
    "directional, optimal": lambda u: directional(u, rts="vrs", direction="optimal"),
    "range": lambda u: range_directional(u),
    "mea": lambda u: mea(u, rts="vrs", orientation="both"),
    "ram": lambda u: additive(u, rts="vrs", weights="ram"),
    "bam": lambda u: additive(u, rts="crs", weights="bam"),
    "sbm": lambda u: sbm(u, rts="vrs", super_efficiency=True),
    "sbm, input": lambda u: sbm(u, rts="crs", orientation="input", super_efficiency=True),
    "russell": lambda u: russell(u, rts="vrs"),
    "russell graph": lambda u: russell(u, rts="vrs", orientation="graph"),
    "graph": lambda u: graph_efficiency(u, rts="vrs"),
    "super": lambda u: super_efficiency(u, rts="vrs"),
    "cost": lambda u: cost_efficiency(u, rts="vrs", prices=1 / np.abs(u.X).sum(0)),
    "scale": lambda u: scale_efficiency(u, elasticity=True),
    "fixed": lambda u: non_discretionary(u, fixed=["x2"], rts="vrs"),
    "weak": lambda u: weak_disposability(u, weak=["y1"], rts="crs"),
    "cross": lambda u: cross_efficiency(u),
    "ladder": lambda u: efficiency_ladder(u, u.names[0], rts="vrs"),
    "outliers": lambda u: outlier_screen(u, rts="vrs"),
    "capacity": lambda u: capacity_use(u, fixed=["x1"], rts="vrs"),
    "meta": lambda u: metafrontier(u, group=["a", "b"] * (len(u) // 2) + ["a"] * (len(u) % 2), rts="crs"),
}


#: Methods whose answers are one number per unit that measures and order must not change.
INVARIANT = [name for name in METHODS if name not in ("ladder", "cross")]


def awkward() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(1)
    X, Y = rng.uniform(1, 9, (12, 3)), rng.uniform(1, 9, (12, 2))
    zero_x, zero_y = X.copy(), Y.copy()
    zero_x[2, 1], zero_y[3, 0], zero_y[5, 1] = 0, 0, 0
    return {
        "from 1e-6 to 1e9": (X * [1e-6, 1, 1e9], Y * [1e9, 1e-6]),
        "one unit a millionth of the others": (np.vstack([X, X[:1] / 1e6]), np.vstack([Y, Y[:1] / 1e6])),
        "duplicates": (np.vstack([X, X]), np.vstack([Y, Y])),
        "ties": (rng.integers(1, 4, (15, 3)) * 1.0, rng.integers(1, 4, (15, 2)) * 1.0),
        "zeros": (zero_x, zero_y),
        "collinear": (np.c_[X, 2 * X[:, :1]], np.c_[Y, Y.sum(1)]),
        "one unit": (X[:1], Y[:1]),
        "two units": (X[:2], Y[:2]),
        "more measures than units": (rng.uniform(1, 9, (4, 6)), rng.uniform(1, 9, (4, 5))),
        "no variation": (np.ones((5, 2)), np.ones((5, 1))),
    }


@pytest.mark.parametrize("kind", list(awkward()))
@pytest.mark.parametrize("name", list(METHODS))
def test_awkward_data(name: str, kind: str) -> None:
    X, Y = awkward()[kind]
    units = bench.Units.from_arrays(X, Y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            found = METHODS[name](units)
        except (DataError, OptionError) as refused:
            if kind not in ("zeros", "one unit"):
                pytest.fail(f"refused ordinary data: {refused}")
            return
    if name not in ("ladder",):
        assert len(found.frame) == len(units)
    values = found.frame[found.measure].to_numpy(dtype=float)
    assert not np.isinf(values).any()
    if np.isnan(values).any():
        assert found.issues or name == "outliers"


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.sampled_from(INVARIANT))
@example(30738, "scale")  # a slack of 7e-10 is the score's own rounding
def test_measures_and_order_do_not_matter(seed: int, name: str) -> None:
    rng = np.random.default_rng(seed)
    X, Y = rng.uniform(1, 9, (8, 3)), rng.uniform(1, 9, (8, 2))
    names = [f"u{k}" for k in range(8)]
    plain = METHODS[name](bench.Units.from_arrays(X, Y, names=names))
    scaled = METHODS[name](
        bench.Units.from_arrays(X * 10.0 ** rng.uniform(-4, 4, 3), Y * 10.0 ** rng.uniform(-4, 4, 2))
    )
    np.testing.assert_allclose(
        scaled.frame[scaled.measure].to_numpy(), plain.frame[plain.measure].to_numpy(), rtol=1e-6, atol=1e-7
    )
    if name == "meta":
        return
    order = rng.permutation(8)
    moved = METHODS[name](bench.Units.from_arrays(X[order], Y[order], names=[names[k] for k in order]))
    np.testing.assert_allclose(
        moved.frame[moved.measure].loc[names].to_numpy(),
        plain.frame[plain.measure].to_numpy(),
        rtol=1e-7,
        atol=1e-8,
    )


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6))
def test_sets_are_nested(seed: int) -> None:
    rng = np.random.default_rng(seed)
    units = bench.Units.from_arrays(rng.uniform(1, 9, (7, 2)), rng.uniform(1, 9, (7, 2)))
    beta = {rts: directional(units, rts=rts)["beta"].to_numpy() for rts in ("fdh", "vrs", "drs", "irs", "crs", "add")}
    for smaller, larger in (
        ("fdh", "vrs"), ("vrs", "drs"), ("vrs", "irs"), ("drs", "crs"), ("irs", "crs"), ("fdh", "add"), ("add", "crs"),
    ):  # fmt: skip
        assert (beta[smaller] <= beta[larger] + 1e-9).all()
    with_more = bench.Units.from_arrays(np.vstack([units.X, [[1.0, 1.0]]]), np.vstack([units.Y, [[9.0, 9.0]]]))
    assert (directional(units, rts="vrs", reference=with_more)["beta"] >= beta["vrs"] - 1e-9).all()


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6))
def test_free_weights_are_the_dual_of_the_radial_score(seed: int) -> None:
    rng = np.random.default_rng(seed)
    units = bench.Units.from_arrays(rng.uniform(1, 9, (9, 2)), rng.uniform(1, 9, (9, 2)))
    for rts in ("crs", "vrs", "drs", "irs"):
        free = weight_restricted(units, restrictions=[], rts=rts)
        radial = 1 - directional(units, rts=rts, direction="inputs")["beta"]
        np.testing.assert_allclose(free["score"], radial, rtol=1e-8)
        tight = weight_restricted(units, restrictions=[Ratio("y1", "y2", 0.5, 2.0)], rts=rts)
        assert (tight["score"] <= free["score"] + 1e-9).all()


def test_negative_data_are_refused_where_they_have_no_meaning() -> None:
    units = bench.Units.from_arrays([[1.0, 1.0], [2.0, -1.0]], [[1.0], [2.0]], accept=["negative-value"])
    for name in ("sbm", "russell", "graph", "super", "cost", "scale", "fixed", "cross", "outliers", "capacity"):
        with pytest.raises(DataError, match="range_directional"):
            METHODS[name](units)


def test_a_negative_value_on_the_side_that_is_only_compared_is_a_note() -> None:
    """By the definition: of the units with at least the output, the one with the least input."""
    X, Y = [[1.0], [2.0], [4.0]], [[-3.0], [1.0], [-1.0]]
    units = bench.Units.from_arrays(X, Y, names=["A", "B", "C"], accept=["negative-value"])
    hull = bench.dea(units, "fdh")
    assert hull.efficiency.tolist() == [1.0, 1.0, 0.5]
    # A mix with weight 1/2 on each makes −1 from 1.5.
    assert bench.dea(units, "vrs").efficiency.tolist() == pytest.approx([1.0, 1.0, 1.5 / 4])
    assert [(note.unit, note.column, note.severity) for note in hull.issues] == [
        ("A", "y1", "warning"), ("C", "y1", "warning"),
    ]  # fmt: skip
    assert [note.unit for note in russell(units, rts="vrs").issues] == ["A", "C"]
    with pytest.raises(DataError, match="y1"):
        bench.dea(units, "vrs", "output")
    mirrored = bench.Units.from_arrays([[3.0], [-1.0], [1.0]], [[4.0], [2.0], [1.0]], accept=["negative-value"])
    assert bench.dea(mirrored, "fdh", "output").score.tolist() == [1.0, 1.0, 2.0]


def test_same_bytes_for_any_number_of_workers() -> None:
    rng = np.random.default_rng(0)
    units = bench.Units.from_arrays(rng.uniform(1, 9, (150, 3)), rng.uniform(1, 9, (150, 2)))
    for method in (
        lambda w: directional(units, rts="vrs", workers=w),
        lambda w: sbm(units, rts="vrs", workers=w),
        lambda w: weight_restricted(units, restrictions=[Ratio("y1", "y2", 0.5, 2.0)], rts="vrs", workers=w),
    ):
        one, two = method(1).frame.to_numpy(), method(2).frame.to_numpy()
        assert one.tobytes() == two.tobytes()
