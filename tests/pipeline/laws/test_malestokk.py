"""The flagship on the scheme whose truth is known: ranks, savings and what uncertainty is worth, against the truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bench
from bench import resources

SCENARIOS = {
    "interval": {},
    "plain": {"requirement.evidence": "plain"},
}


@pytest.fixture(scope="module")
def truth() -> pd.DataFrame:
    frame = pd.read_csv(resources.dataset("malestokk").path("fasit"), sep=";", decimal=",")
    return frame.set_index(["enhet", "aar"])


@pytest.fixture(scope="module")
def runs():
    model = bench.load_model("stykkpris-malestokk").with_values({"frontier.inference.replicates": 100})
    return {name: bench.run(model.with_values(values) if values else model) for name, values in SCENARIOS.items()}


def test_the_data_are_what_the_script_makes():
    import importlib.util

    folder = resources.dataset("malestokk").folder
    spec = importlib.util.spec_from_file_location("make_data", folder / "make_data.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, body in zip(("data", "fasit"), module.rows(np.random.default_rng(module.SEED)), strict=True):
        made = module.table(list(module.COLUMNS[name]), body)
        assert (folder / f"{name}.csv").read_bytes() == made


def test_scores_rank_units_as_they_truly_are(runs, truth):
    found = runs["interval"].efficiency
    last = found[found["year"] == 2024].set_index("unit")["efficiency"]
    known = truth.xs(2024, level="aar")["effektivitet"].loc[last.index]
    assert last.rank().corr(known.rank()) > 0.7  # measured: 0.75
    assert (last - known).abs().mean() < 0.05  # 0.040
    # The stochastic frontier takes travel into account and ranks better than the one that does not: 0.84 against 0.60.
    by = found[found["year"] == 2024].set_index("unit")
    ranks = {name: by[f"efficiency_{name}"].rank().corr(known.rank()) for name in ("dea", "sfa")}
    assert ranks["sfa"] > 0.8 > ranks["dea"]


def test_error_in_kroner_falls_with_evidence(runs, truth):
    """NOK required of truly efficient units is what nobody publishes; the interval takes a fifth of it away."""
    wrong = {}
    for name, run in runs.items():
        required = run.requirements[run.requirements["year"] == 2024].set_index("unit")
        base_year = int(run.requirements["base_year"].iloc[0])
        efficient = truth.xs(base_year, level="aar")["effektivitet"].loc[required.index] > 0.999
        individual = required["individual"] * required["base_cost"]
        wrong[name] = float(individual[efficient].sum())
        assert efficient.sum() == 9
    assert wrong["interval"] < 0.85 * wrong["plain"]  # 1.74 against 2.19 million NOK


def test_the_price_looks_at_the_norm_and_not_at_later_years(runs):
    run = runs["interval"]
    levels = run.schemes.set_index("year")["price_level"]
    plain = bench.run(
        bench.load_model("stykkpris-malestokk").with_values(
            {"scheme.*.price.frontier_share": 0.0, "requirement.feeds": "information"}
        )
    )
    average = plain.schemes.set_index("year")["price_level"]
    assert (levels < average).all()
    assert (levels > 0.9 * average).all()
    assert (run.efficiency["reference_to"] == run.efficiency["year"]).all()
    assert {"dea", "sfa", "average", "best-practice"} == set(run.benchmark_prices["source"])
    price = run.benchmark_prices.query("year == 2024 and service == 'timer'").set_index("source")["price"]
    assert price["best-practice"] < price["average"]


def test_kristiansand_with_an_anchor():
    """Each alternative lowers the price from the year its rule first holds, and no earlier price."""
    base = bench.run("kristiansand").schemes.set_index(["scheme", "year"])["price_level"]
    for name, first in (("frontier", 2004), ("requirement", 2005), ("norm-mix", 2004)):
        level = bench.run(bench.load_model(f"kristiansand@{name}")).schemes.set_index(["scheme", "year"])["price_level"]
        years = level.index.get_level_values("year")
        assert np.allclose(level[years < first], base[years < first])
        assert (level[years >= first] < base[years >= first]).all()


#: What the model file says, written out again.
THETA, GENERAL, GROWTH, MOST, PERIOD, HALF, CORRIDOR = 0.3333, 0.005, 1.046, 0.3, 4, 0.5, 0.05
WEIGHTS = {"timer": 1.0, "besok": 0.28, "dogn": 4.1}


def test_the_prices_of_a_year_by_pencil_from_printed_frames(runs):
    """Accounts of 2023 as in the file, scores and interval as printed: norm, requirement, price, income and balance.

    No function of the engine is called. The price of 2024 is the average of 2023 less a third of the distance to the
    norm, in prices of 2024; the requirement acts on what the price leaves of the gap, and on the whole by its general
    part; the level moves by at most the corridor; prices are rounded to øre, half up.
    """
    run = runs["interval"]
    data = pd.read_csv(resources.dataset("malestokk").path(), sep=";", decimal=",").set_index("enhet")
    then = data[data["aar"] == 2023]
    scores = run.efficiency[run.efficiency["year"] == 2023].set_index("unit").loc[then.index]
    cost = then["kostnad"]
    weighted = sum(weight * then[name] for name, weight in WEIGHTS.items())
    norm = cost * (scores["efficiency_dea"] + scores["efficiency_sfa"]) / 2
    frames = run.norms[run.norms["year"] == 2023].set_index("unit").loc[then.index]
    assert frames["norm"].to_numpy() == pytest.approx(norm.to_numpy(), rel=1e-12)

    softened = np.maximum(norm, cost * np.minimum(scores["upper"], 1.0))  # evidence only ever softens
    gap = np.clip(cost - softened, 0.0, MOST * cost)  # the allowed cost never falls below seven tenths
    individual = HALF * gap / PERIOD / cost
    average, frontier = cost.sum() / weighted.sum(), norm.sum() / weighted.sum()
    target = ((1 - THETA) * average + THETA * frontier) * GROWTH
    general = GENERAL * GROWTH * ((1 - THETA) * cost + THETA * frontier * weighted)
    own = individual * (1 - THETA) * (1 - GENERAL) * GROWTH * cost
    effect = run.requirement_effect[run.requirement_effect["year"] == 2024].set_index("unit").loc[then.index]
    assert effect["individual_nok"].to_numpy() == pytest.approx(own.to_numpy(), rel=1e-9, abs=1e-6)
    assert effect["general_nok"].to_numpy() == pytest.approx(general.to_numpy(), rel=1e-9)
    asked = target - (own + general).sum() / weighted.sum()
    before = run.schemes.set_index("year").loc[2023, "price_level"] * GROWTH
    level = min(max(asked, before * (1 - CORRIDOR)), before * (1 + CORRIDOR))
    printed = run.prices[run.prices["year"] == 2024].set_index("service")["price"]
    for name, weight in WEIGHTS.items():
        assert printed[name] == pytest.approx(np.floor(100 * level * weight + 0.5) / 100, abs=1e-9)

    now = data[data["aar"] == 2024]
    income = sum((np.floor(100 * printed[name] * now[name] + 0.5) / 100 for name in WEIGHTS), start=0.0)
    settled = run.settlement[run.settlement["year"] == 2024].set_index("unit").loc[now.index]
    assert settled["income"].to_numpy() == pytest.approx(income.to_numpy(), abs=0.02)
    result = income - now["kostnad"]
    moved = settled["closing_balance"] - settled["opening_balance"] - settled["interest"]
    assert moved.to_numpy() == pytest.approx(np.where(result > 0, 0.9 * result, result), abs=0.05)
    assert (result > 0).any()
    assert (result < 0).any()
