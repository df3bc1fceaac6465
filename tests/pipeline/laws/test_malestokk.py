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
