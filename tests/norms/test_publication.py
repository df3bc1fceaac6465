"""Publishable shares: what a stranger with all volumes and norms can work out of them, and what he cannot."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pipeline.model_text import template

import bench
from bench.errors import OptionError
from bench.modelfile import parse_model
from bench.norms import publishable_shares

TEXT = template(
    """
[frontier]
method = "dea"
rts = "crs"
periods = "separate"
[norm]
source = "dea"
[publication]
step = 0.1
protection = 0.2
""",
)


def test_by_hand():
    """At a step of 0.1 and a protection of 0.2 a share of 0.25 is told (0.05/0.25), and one above it is not."""
    found = publishable_shares([0.75, 0.25], ["A", "B"], step=0.1, protection=0.2)
    assert found.share.tolist() == pytest.approx([0.8, 0.3])
    assert found.named.tolist() == [False, False]  # 0.3 ± 0.05 is 0.25 to 0.35: a sixth to either side
    assert publishable_shares([0.2], ["B"], step=0.1, protection=0.2).named.tolist() == [True]
    # Two units with the same peer: 0.2 ± 0.05 of one and 0.23 of another tell more together.
    both = publishable_shares([0.16, 0.24], ["B", "B"], step=0.1, protection=0.2)
    assert both.named.tolist() == [True, False]
    with pytest.raises(OptionError):
        publishable_shares([0.5], ["A"], step=1.5)


@pytest.fixture(scope="module")
def run() -> bench.RunResult:
    rng, n = np.random.default_rng(4), 60
    frame = pd.DataFrame({"enhet": [f"E{k:02d}" for k in range(n)], "aar": 2024})
    frame["timer"], frame["besok"] = rng.uniform(5, 50, n), rng.uniform(5, 50, n)
    frame["kostnad"] = (10 * frame["timer"] + 4 * frame["besok"]) * np.exp(np.abs(rng.normal(0, 0.3, n)))
    units = bench.Units.from_frame(frame, id="enhet", period="aar", inputs=["kostnad"], outputs=["timer", "besok"])
    return bench.run(parse_model(TEXT.format(), "ut.toml"), units)


def test_a_stranger_with_all_volumes_and_norms_cannot_tell_a_cost(run):
    """The intensities come from the volumes alone (two equations, two peers); share times norm over it is the cost."""
    frame = run.units.frame.set_index("enhet")
    norm = run.norms.set_index("unit")["norm"]
    low, high = dict.fromkeys(frame.index, 0.0), dict.fromkeys(frame.index, np.inf)
    told = 0
    for unit, rows in run.peers.groupby("unit"):
        names = list(rows["peer"])
        known = frame.loc[names, ["timer", "besok"]].to_numpy().T
        intensity = np.linalg.lstsq(known, frame.loc[unit, ["timer", "besok"]].to_numpy(dtype=float), rcond=None)[0]
        said = run.published_peers[run.published_peers["unit"] == unit].set_index("peer")["norm_share"]
        for peer, weight in zip(names, intensity, strict=True):
            if peer in said.index:
                told += 1
                low[peer] = max(low[peer], (said[peer] - 0.05) * norm[unit] / weight)
                high[peer] = min(high[peer], (said[peer] + 0.05) * norm[unit] / weight)
    assert told >= 3
    for peer in frame.index:
        if np.isfinite(high[peer]):
            assert low[peer] <= frame.loc[peer, "kostnad"] * (1 + 1e-9)
            assert high[peer] >= frame.loc[peer, "kostnad"] * (1 - 1e-9)
            assert (high[peer] - low[peer]) / (high[peer] + low[peer]) >= 0.2 - 1e-9


def test_what_is_withheld_is_one_row_and_shares_add_up_to_the_rounding(run):
    found = run.published_peers
    assert set(found["unit"]) == set(run.peers["unit"])
    assert not found.duplicated(["unit", "peer"]).any()
    rows = found.groupby("unit")["norm_share"]
    assert ((rows.sum() - 1.0).abs() <= 0.05 * rows.size() + 1e-9).all()
    assert {"intensity", "share"}.isdisjoint(found.columns)
    assert (found["peer"] == "").any()
    assert (found.loc[found["peer"] == "", "peer_year"] == 0).all()


def test_finer_shares_tell_fewer_names(run):
    shares, peers = run.peers["norm_share"], list(run.peers["peer"])
    named = [publishable_shares(shares, peers, step=step, protection=0.2).named.sum() for step in (0.3, 0.1, 0.02)]
    assert named[0] > named[1] > named[2]
    assert bench.run("bodo-dea").published_peers.empty  # nothing is published unasked
