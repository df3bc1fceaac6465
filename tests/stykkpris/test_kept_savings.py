"""What a unit keeps of a permanent saving of its own: the closed form against making the saving and settling it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from stykkpris.forward_data import scheme_of

import bench
from bench.stykkpris import settle
from bench.stykkpris.kept_savings import INTEREST, norm_mix_kept
from bench.stykkpris.simulation.incentives import incentive_power
from bench.stykkpris.simulation.simulate import prepare
from bench.stykkpris.year.books import Books, Ground
from bench.stykkpris.year.yardstick import Standing
from bench.typing import FloatArray

COSTS, VOLUMES = [100.0, 150.0, 90.0, 260.0], [10.0, 14.0, 10.0, 24.0]

RULES = {
    "pure": {},
    "lag-2": {"price.lag": 2},
    "keeps-half": {"settlement.keep_surplus": 0.5, "settlement.carry_deficit": 0.5},
    "gain": {"price.gain": 0.4},
    "half-paid": {"mix.activity": 0.5, "mix.block": 0.5, "block.kind": "incremental"},
    "accounts": {"mix.activity": 0.5, "mix.block": 0.5, "block.kind": "incremental", "block.base": "accounts"},
    "refund": {"mix.activity": 0.7, "mix.refund": 0.3},
    "own-excluded": {"price.own_excluded": True},
    "indexed": {"price.source": "previous"},
    "best-unit": {"price.source": "best-practice", "price.k": 1},
    "quantile": {"price.frontier_share": 0.5, "price.quantile": 0.4},
    "phase-in": {"transition.phase_in": 0.7},
    "lump-sum": {"mix.activity": 0.5, "mix.block": 0.5, "block.kind": "lump-sum", "block.total_share": 0.5,
                 "block.base": "accounts"},
}  # fmt: skip


@pytest.mark.parametrize("name", RULES)
def test_the_closed_form_is_what_settling_the_saving_gives(name: str) -> None:
    values = {f"scheme.all.{key}": value for key, value in RULES[name].items()}
    carry = {"scheme.all.settlement.carry_deficit": RULES[name].get("settlement.carry_deficit", 1.0),
             "scheme.all.settlement.keep_surplus": RULES[name].get("settlement.keep_surplus", 1.0)}  # fmt: skip
    model, units = scheme_of(COSTS, VOLUMES, years=(2022, 2023, 2024), **{**values, **carry})
    found = settle(model, units).kept_savings.set_index("unit")["kept_share"]
    prepared = prepare(model, units, [2025])
    made = incentive_power(
        prepared.settings[0], prepared.openings[0], discount=1.0 / (1.0 + INTEREST), saving=1e-4, horizon=200
    )
    assert found.loc[list(made.units)].to_numpy() == pytest.approx(made.power, abs=2e-4)


class Follows(Standing):
    """A frontier that is measured again: each norm is its peers' cost times the intensities."""

    intensities: FloatArray

    def norms(self, ground: Ground, books: Books, year: int) -> FloatArray:
        return np.asarray(books.cost[year] @ self.intensities.T)

    def level(self, ground: Ground, books: Books, year: int, weights: FloatArray) -> FloatArray:
        return np.asarray(self.norms(ground, books, year).sum(axis=-1) / (books.volume[year] @ weights).sum(axis=-1))


#: One output and constant returns: U03 (90 for 10) is everybody's peer, with the ratio of the volumes.
LAMBDA = np.array([[0, 0, v / 10.0, 0] for v in VOLUMES])
#: The same where each is measured by the others: U03's own peer is the second best, U01 with 100 for 10.
OTHERS = np.array([[0, 0, 1.0, 0], [0, 0, 1.4, 0], [1.0, 0, 0, 0], [0, 0, 2.4, 0]])


@pytest.mark.parametrize("own", ["included", "excluded"])
@pytest.mark.parametrize("theta", [0.3, 1.0])
def test_the_frontier_counts_the_units_own_weight_in_it(theta: float, own: str) -> None:
    """W is the sum of a unit's intensities in all norms; kept = 1 − δ((1 − θ)σ + θσW), and by rerun.

    With one peer for all W = Σ v/10 for it, 0 for the others; measured by the others the best has no weight in its own.
    """
    values = {"price.frontier_share": theta, "price.frontier_reference": "norm"}
    values = {f"scheme.all.{key}": value for key, value in values.items()}
    full = {"scheme.all.settlement.carry_deficit": 1.0, "scheme.all.settlement.keep_surplus": 1.0}
    model, units = scheme_of(COSTS, VOLUMES, years=(2023, 2024), **{**values, **full})
    model = model.with_values({"frontier.method": ["dea"], "frontier.rts": "crs", "norm.source": "dea",
                               "frontier.periods": "separate", "frontier.own": own,
                               "frontier.small_reason": "four units, for closed forms"})  # fmt: skip
    result = bench.run(model, units)
    kept = result.kept_savings.set_index("unit")
    share, delta = np.array(VOLUMES) / sum(VOLUMES), 1.0 / (1.0 + INTEREST)
    intensities = LAMBDA if own == "included" else OTHERS
    weight = intensities.sum(axis=0)
    expected = 1.0 - delta * ((1.0 - theta) * share + theta * share * weight)
    names = [f"U0{k}" for k in (1, 2, 3, 4)]
    assert kept.loc[names, "kept_share"].to_numpy() == pytest.approx(expected, rel=1e-9)
    assert kept.loc[names, "norm_weight"].to_numpy() == pytest.approx(weight, abs=1e-9)
    assert kept.loc[names, "benchmarked"].tolist() == [True, True, own == "excluded", True]
    prepared = prepare(model, units, [2025], norms=result.norms)
    setting = prepared.settings[0]
    assert isinstance(setting.yardstick, Standing)
    follows = Follows(setting.yardstick.given, setting.yardstick.base)
    object.__setattr__(follows, "intensities", intensities)
    again = replace(setting, yardstick=follows)
    made = incentive_power(again, prepared.openings[0], discount=delta, saving=1e-4, horizon=200)
    assert made.power == pytest.approx(expected, abs=1e-3)


def test_the_energy_regulators_norm() -> None:
    """Lag 2, ρ = 0.7, 5 %, five-year mean: 1 − 0.3/1.05² and less 0.7·mean(1.05^−2 … 1.05^−6)."""
    assert norm_mix_kept(0.7, 0.0, lag=2, years=5) == pytest.approx(1.0 - 0.3 / 1.05**2, rel=1e-14)
    tail = sum(1.05**-k for k in range(2, 7)) / 5.0
    assert norm_mix_kept(0.7, 1.0, lag=2, years=5) == pytest.approx(1.0 - 0.3 / 1.05**2 - 0.7 * tail, rel=1e-14)
    assert [round(norm_mix_kept(0.7, w, lag=2, years=5), 2) for w in (0.0, 1.0)] == [0.73, 0.15]


def test_every_run_says_it_and_checks_that_no_weight_is_uncounted() -> None:
    result = bench.run("kristiansand")
    assert len(result.kept_savings) == len(result.norms[result.norms["year"] == 2006])
    rows = result.checks[result.checks["check"] == "own weights in the price = 1"]
    assert rows["left"].tolist() == pytest.approx([1.0] * 3, rel=1e-12)
    assert isinstance(result.kept_savings, pd.DataFrame)
