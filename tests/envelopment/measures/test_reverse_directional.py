"""Reverse directional: the directional distance along each direction is the measure, targets lie on the frontier."""

from __future__ import annotations

import numpy as np
import pytest
from pulp_oracle import data, phi, ray, theta

import bench
from bench.envelopment import additive, directional, holder, reverse_directional, russell, sbm
from bench.envelopment.measures.reverse_directional import MEASURES
from bench.errors import OptionError


@pytest.mark.parametrize("side", ["both", "input", "output"])
@pytest.mark.parametrize("measure", MEASURES)
def test_the_distance_along_the_direction_is_the_measure(measure: str, side: str) -> None:
    X, Y = data(31, n=9)
    units = bench.Units.from_arrays(X, Y)
    found = reverse_directional(units, rts="vrs", measure=measure, orientation=side)
    g = found.frame.filter(like="direction").to_numpy()
    assert (g >= 0).all()
    again = directional(units, rts="vrs", direction=g)["beta"]
    np.testing.assert_allclose(again, found["beta"], atol=1e-8)
    # And by another solver, for two units.
    for k in np.flatnonzero(found["beta"] > 1e-6)[:2]:
        beta = ray(X, Y, "vrs", X[k], Y[k], g[k, :3], g[k, 3:])
        assert beta == pytest.approx(found["beta"].iloc[k], abs=1e-7)
    target = found.frame.filter(like="target").to_numpy()
    moved = np.hstack([X - target[:, :3], target[:, 3:] - Y])
    short = found["beta"].to_numpy() > 1e-8
    np.testing.assert_allclose(moved[short], g[short] * found["beta"].to_numpy()[short, None], atol=1e-9)


def test_the_inefficiency_is_each_measures_own() -> None:
    X, Y = data(32, n=9)
    units = bench.Units.from_arrays(X, Y)

    def beta(measure: str, side: str, **more: str) -> np.ndarray:
        return reverse_directional(units, rts="vrs", measure=measure, orientation=side, **more)["beta"].to_numpy()

    for side in ("input", "output", "both"):
        tone = sbm(units, rts="vrs", orientation=side).efficiency
        np.testing.assert_allclose(beta("sbm", side), 1 - tone, atol=1e-12)
        for norm in ("sum", "largest"):
            np.testing.assert_allclose(
                beta("holder", side, norm=norm), holder(units, rts="vrs", norm=norm, orientation=side)["distance"]
            )
    np.testing.assert_allclose(beta("russell", "both"), 1 - russell(units, rts="vrs", orientation="graph").efficiency)
    factor = 1 / russell(units, rts="vrs", orientation="output").efficiency
    np.testing.assert_allclose(beta("russell", "output"), factor - 1, atol=1e-12)
    for weights in ("mip", "ram", "raw", "normalised"):
        slack = additive(units, rts="vrs", weights=weights)["inefficiency"]
        np.testing.assert_allclose(beta("additive", "both", weights=weights), slack, atol=1e-12)
    # Farrell's scores by another solver.
    for k in range(9):
        assert beta("directional", "input")[k] == pytest.approx(1 - theta(X, Y, "vrs", X[k], Y[k]), abs=1e-8)
        assert beta("directional", "output")[k] == pytest.approx(phi(X, Y, "vrs", X[k], Y[k]) - 1, abs=1e-8)


def test_sides_are_mirrors_under_constant_returns() -> None:
    """One input, one output: 1 − 1/φ on one side is θ's on the other."""
    units = bench.Units.from_arrays([[1.0], [2.0], [5.0]], [[4.0], [5.0], [5.0]])
    saved = reverse_directional(units, rts="crs", orientation="input")["beta"]
    made = reverse_directional(units, rts="crs", orientation="output")["beta"]
    np.testing.assert_allclose(saved, made, atol=1e-12)
    assert saved.tolist() == pytest.approx([0.0, 0.375, 0.75])


def test_what_has_no_value_is_named() -> None:
    units = bench.Units.from_arrays([[2.0], [4.0]], [[1.0], [0.0]], names=["A", "B"], accept=["no-output"])
    found = reverse_directional(units, rts="vrs", orientation="output")
    assert [(issue.unit, issue.rule) for issue in found.issues] == [("B", "undefined")]
    assert found.frame.loc["B"].filter(like="direction").isna().all()
    with pytest.raises(OptionError, match="measure must be one of"):
        reverse_directional(units, rts="vrs", measure="ray")
    with pytest.raises(OptionError, match="weights must be one of"):
        reverse_directional(units, rts="vrs", measure="additive", weights="bam")
