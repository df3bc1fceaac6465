"""Productivity: known answers, another solver, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pulp_oracle import phi, ray, theta

import bench
from bench.envelopment.productivity.malmquist import malmquist
from bench.envelopment.productivity.productivity import fare_primont, hicks_moorsteen, luenberger, window_analysis
from bench.errors import OptionError

N = 8


def panel(seed: int = 0, periods: int = 3) -> bench.Units:
    rng = np.random.default_rng(seed)
    frames = []
    for period in range(periods):
        table = pd.DataFrame(rng.uniform(2, 9, (N, 4)) * [1, 1, 1 + period / 5, 1], columns=["x1", "x2", "y1", "y2"])
        table.insert(0, "unit", [f"u{k}" for k in range(N)])
        table.insert(1, "year", 2020 + period)
        frames.append(table)
    return bench.Units.from_frame(
        pd.concat(frames), id="unit", period="year", inputs=["x1", "x2"], outputs=["y1", "y2"]
    )


@pytest.mark.parametrize("rts", ["crs", "vrs"])
def test_luenberger_is_pulps(rts: str) -> None:
    units = panel(5, periods=2)
    found = luenberger(units, rts=rts)
    a, b = units.for_period(2020), units.for_period(2021)
    for k in range(N):
        beta = [[ray(base.X, base.Y, rts, p.X[k], p.Y[k], p.X[k], p.Y[k]) for p in (a, b)] for base in (a, b)]
        expected = ((beta[0][0] - beta[0][1]) + (beta[1][0] - beta[1][1])) / 2
        row = found.frame.loc[(f"u{k}", 2021)]
        assert row["index"] == pytest.approx(expected, abs=1e-8)
        assert row["efficiency_change"] == pytest.approx(beta[0][0] - beta[1][1], abs=1e-8)
        assert row["index"] == pytest.approx(row["efficiency_change"] + row["technical_change"])


@pytest.mark.parametrize("rts", ["crs", "vrs"])
def test_hicks_moorsteen_is_pulps(rts: str) -> None:
    units = panel(6, periods=2)
    found = hicks_moorsteen(units, rts=rts)
    a, b = units.for_period(2020), units.for_period(2021)

    def out(base, x, y):
        return 1 / phi(base.X, base.Y, rts, x, y)

    def into(base, x, y):
        return 1 / theta(base.X, base.Y, rts, x, y)

    for k in range(N):
        x0, y0, x1, y1 = a.X[k], a.Y[k], b.X[k], b.Y[k]
        early = (out(a, x0, y1) / out(a, x0, y0)) / (into(a, x1, y0) / into(a, x0, y0))
        late = (out(b, x1, y1) / out(b, x1, y0)) / (into(b, x1, y1) / into(b, x0, y1))
        assert found["index"].loc[(f"u{k}", 2021)] == pytest.approx(np.sqrt(early * late), rel=1e-8)
    if rts == "crs":
        assert not found.issues


def test_hicks_moorsteen_has_output_over_input_growth() -> None:
    """When every input grows by a and every output by b from the same point, productivity grows by b / a."""
    units = panel(7, periods=1)
    later = units.frame.assign(year=2021)
    later[["x1", "x2"]] *= 1.2
    later[["y1", "y2"]] *= 1.5
    both = bench.Units.from_frame(
        pd.concat([units.frame, later]), id="unit", period="year", inputs=["x1", "x2"], outputs=["y1", "y2"]
    )
    np.testing.assert_allclose(hicks_moorsteen(both, rts="crs")["index"], 1.25, rtol=1e-9)
    np.testing.assert_allclose(malmquist(both)["index"], 1.25, rtol=1e-9)


def test_fare_primont_is_transitive_and_pulps() -> None:
    units = panel(8)
    found = fare_primont(units)
    x, y = units.X.mean(0), units.Y.mean(0)
    for k in range(0, len(units), 5):
        outputs = 1 / phi(units.X, units.Y, "vrs", x, units.Y[k])
        inputs = 1 / theta(units.X, units.Y, "vrs", units.X[k], y)
        assert found["productivity"].iloc[k] == pytest.approx(outputs / inputs, rel=1e-8)
    assert found.efficiency.groupby("period").max().tolist() == [1.0, 1.0, 1.0]


def test_windows_are_plain_comparisons() -> None:
    units = panel(9)
    found = window_analysis(units, width=2, rts="crs")
    assert len(found.frame) == 2 * 2 * N
    late = units.take(units.frame["year"].isin([2021, 2022]).to_numpy())
    for k in range(0, 2 * N, 3):
        label = ("2021–2022", *late.index[k])
        assert found.efficiency.loc[label] == pytest.approx(
            theta(late.X, late.Y, "crs", late.X[k], late.Y[k]), rel=1e-8
        )
    with pytest.raises(OptionError, match="width"):
        window_analysis(units, width=4, rts="crs")
