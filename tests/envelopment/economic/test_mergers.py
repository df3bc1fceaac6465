"""Mergers: known answers, another solver, and what is refused."""

from __future__ import annotations

import pytest
from pulp_oracle import data, phi, theta

import bench
from bench.envelopment.economic.mergers import merger_gains
from bench.errors import OptionError


@pytest.mark.parametrize("side", ["input", "output"])
def test_merger_parts(side: str) -> None:
    X, Y = data(5, n=12)
    units = bench.Units.from_arrays(X, Y)
    one = theta if side == "input" else phi
    found = merger_gains(units, {"a": ["1", "2"], "b": ["3", "4", "5"]}, rts="crs", orientation=side)
    for merger, group in (("a", [0, 1]), ("b", [2, 3, 4])):
        row = found.frame.loc[merger]
        own = [one(X, Y, "crs", X[k], Y[k]) for k in group]
        x, y = X[group].sum(0), Y[group].sum(0)
        lx = (X[group].T * own).sum(1) if side == "input" else x
        ly = y if side == "input" else (Y[group].T * own).sum(1)
        assert row["overall"] == pytest.approx(one(X, Y, "crs", x, y), rel=1e-8)
        assert row["corrected"] == pytest.approx(one(X, Y, "crs", lx, ly), rel=1e-8)
        assert row["harmony"] == pytest.approx(one(X, Y, "crs", lx / len(group), ly / len(group)), rel=1e-8)
        assert row["size"] == pytest.approx(1, rel=1e-8)
        assert row["overall"] == pytest.approx(row["learning"] * row["harmony"] * row["size"])


def test_merger_beyond_all_is_marked() -> None:
    units = bench.Units.from_arrays(*data(5, n=6))
    found = merger_gains(units, {"alle": units.names}, rts="vrs")
    assert found.issues[0].unit == "alle"
    with pytest.raises(OptionError, match="two different"):
        merger_gains(units, {"a": ["1", "1"]}, rts="vrs")
    with pytest.raises(OptionError, match="no unit"):
        merger_gains(units, {"a": ["1", "x"]}, rts="vrs")
