"""Stochastic metafrontier against a linear program, its own identities and simulated gaps."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from bench import DataError, OptionError, Units
from bench.stochastic.afterwards.stochastic_metafrontier import stochastic_metafrontier
from bench.stochastic.frontier.reading import frontier_value


def two_groups(kind="production", n=600, seed=0):
    rng = np.random.default_rng(seed)
    x = np.exp(rng.normal(size=(n, 2)))
    better = np.arange(n) < n // 2
    u, v = np.abs(0.2 * rng.normal(size=n)), 0.05 * rng.normal(size=n)
    core = x[:, 0] ** 0.4 * x[:, 1] ** 0.3
    labels = np.where(better, "A", "B")
    if kind == "production":
        return Units.from_arrays(x, core * np.exp(0.3 * better + v - u)), labels
    return Units.from_arrays(core * np.exp(-0.3 * better + v + u), x), labels


@pytest.mark.parametrize("kind", ["production", "cost"])
@pytest.mark.parametrize("method", ["stochastic", "linear", "quadratic"])
def test_the_gap_is_that_between_the_groups(kind, method):
    units, labels = two_groups(kind)
    meta = stochastic_metafrontier(units, labels, method=method, kind=kind, form="cobb-douglas")
    means = meta.to_frame().groupby("group")["technology_gap"].mean()
    assert means["A"] > 0.9
    assert means["B"] / means["A"] == pytest.approx(np.exp(-0.3), abs=0.08)
    assert meta.gap_ratio.max() <= 1.0
    frame = meta.to_frame()
    assert frame["efficiency"].to_numpy() == pytest.approx(
        (frame["group_efficiency"] * frame["technology_gap"]).to_numpy()
    )


def test_linear_envelope_is_the_linear_programs():
    units, labels = two_groups(n=120)
    meta = stochastic_metafrontier(units, labels, method="linear", form="translog")
    values = np.empty(120)
    for label, part in meta.groups.items():
        values[labels == label] = frontier_value(part)
    x = meta.groups["A"].design
    assert x.names == meta.names
    full = np.empty((120, len(meta.names)))
    for label, part in meta.groups.items():
        full[labels == label] = part.design.X
    answer = linprog(full.sum(axis=0), A_ub=-full, b_ub=-values, bounds=[(None, None)] * len(meta.names))
    assert (full @ meta.beta - values).min() > -1e-8
    assert full.sum(axis=0) @ meta.beta == pytest.approx(answer.fun, abs=1e-6)


def test_surface_and_errors():
    units, labels = two_groups(n=200)
    meta = stochastic_metafrontier(units, labels, form="cobb-douglas")
    assert "technology gap" in str(meta.summary())
    assert "2 groups" in repr(meta)
    assert meta.estimate is not None
    assert list(meta.params.index) == list(meta.names)
    with pytest.raises(DataError, match="length"):
        stochastic_metafrontier(units, labels[:-1])
    with pytest.raises(DataError, match="two groups"):
        stochastic_metafrontier(units, ["A"] * 200)
    with pytest.raises(DataError, match="group 'C'"):
        stochastic_metafrontier(units, ["C", "C", *labels[2:]], form="cobb-douglas")
    with pytest.raises(OptionError, match="ratio"):
        stochastic_metafrontier(units, labels, form="quadratic")
