"""The whole engine on bundled and unseen data, from memory and from files, and made again from saved sources."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest

import bench
from bench.pipeline import run_file
from bench.results import COLUMNS
from bench.verification import verify

#: Frames of what this model does not do: parties that share, a requirement that lowers a price or grant, screens,
#: resampling, corrections, formulas.
UNUSED = (
    "receipts",
    "sharing",
    "requirement_effect",
    "screens",
    "inference",
    "ranks",
    "full_cost",
    "decision_error",
    "decision_tradeoff",
    "cost_adjustments",
    "over_recording",
    "published_peers",
    "conditions",
    "coefficients",
    "composites",
    "loadings",
    "figures",
    "analyses",
)


@pytest.fixture(scope="module")
def kristiansand():
    return bench.run(bench.load_model("kristiansand"))


@pytest.fixture(scope="module")
def saved(kristiansand, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "resultat"
    kristiansand.save(folder)
    return folder


def test_every_frame_has_its_columns(kristiansand):
    for name, frame in kristiansand.frames().items():
        assert list(frame.columns[: len(COLUMNS[name])]) == list(COLUMNS[name]), name
        assert len(frame) or name in UNUSED, name


def test_price_identity_and_money_in_equals_money_out(kristiansand):
    checks = kristiansand.checks
    assert (checks["difference"].abs() <= checks["tolerance"]).all()
    settled = kristiansand.settlement
    parts = settled[["activity_income", "block_income", "refund", "corrections"]].sum(axis=1)
    assert np.allclose(parts, settled["income"], atol=0.005)
    assert np.allclose(settled["income"] - settled["cost"], settled["result"], atol=0.005)


def test_the_sources_story(kristiansand):
    """003_d89321ded97a3ce6.txt, ch. 4.3: the price fell sharply in year 2 and rose in year 3."""
    level = kristiansand.schemes.query("scheme == 'omsorg'").set_index("year")["price_level"]
    real = level / (1 + 0.03) ** (level.index - 2003)
    assert real[2004] < 0.96 * real[2003]
    assert level[2005] > level[2004]


def test_norms_are_consistent_with_efficiency(kristiansand):
    norms = kristiansand.norms
    assert np.allclose(norms["dea_norm"], norms["efficiency"] * norms["cost"])
    average = norms.groupby(["scheme", "year"])[["cost", "average_norm"]].sum()
    assert np.allclose(average["cost"], average["average_norm"])
    assert (norms["best_practice_norm"] <= norms["cost"] * (1 + 1e-12)).all()


def test_the_frontier_finds_the_true_efficiencies(kristiansand):
    """The data are made from known efficiencies (fasit.csv): the frontier ranks the units much as they are."""
    from bench import resources
    from bench.reading import read_table

    truth = read_table(resources.dataset("kristiansand").path("fasit")).to_frame()
    truth = truth.set_index(["enhet", "aar"])["effektivitet"].str.replace(",", ".").astype(float)
    found = kristiansand.efficiency.copy()
    found["truth"] = [truth[unit, str(year)] for unit, year in zip(found["unit"], found["year"], strict=True)]
    for scheme, part in found.groupby("scheme"):
        assert np.corrcoef(part["efficiency"], part["truth"])[0, 1] > 0.8, scheme
    largest = found[(found["year"] == 2006) & (found["scheme"] == "omsorg")].nsmallest(3, "efficiency")
    assert set(largest["unit"]) == {"Solhaug", "Strandveien", "Vestlia"}


def test_benchmark_prices_buy_the_schemes_cost(kristiansand):
    prices = kristiansand.benchmark_prices
    cost = kristiansand.norms.groupby(["scheme", "year"])["cost"].sum()
    frame = kristiansand.units.frame
    for (scheme, source, year), part in prices.groupby(["scheme", "source", "year"]):
        rows = frame[(frame["ordning"] == scheme) & (frame["aar"] == year)]
        volumes = np.array([rows[service].sum() for service in part["service"]])
        assert volumes @ part["calibrated_price"] == pytest.approx(cost[scheme, year], rel=1e-9), (scheme, source, year)
        assert np.allclose(part["calibrated_price"], part["price"] * part["scale"], rtol=1e-12), (scheme, source)


def test_requirements_start_from_the_last_years_cost(kristiansand):
    required = kristiansand.requirements
    first = required[required["year"] == required["year"].min()].set_index("unit")
    last = kristiansand.norms[kristiansand.norms["year"] == 2006].set_index("unit")
    assert np.allclose(first["base_cost"], last.loc[first.index, "cost"])
    assert np.allclose(first["base_cost"] - first["requirement_nok"], first["allowed_cost"])


def test_unit_order_does_not_move_a_number(kristiansand):
    units = kristiansand.units
    shuffled = units.take(np.random.default_rng(5).permutation(len(units)))
    again = bench.run(bench.load_model("kristiansand"), shuffled, tables=_tables())
    keys = ["scheme", "unit", "year"]
    for name in ("settlement", "norms"):
        one, two = (r.frames()[name].set_index(keys).sort_index() for r in (kristiansand, again))
        numbers = one.select_dtypes("number").columns
        assert np.allclose(one[numbers], two[numbers], rtol=1e-9, atol=1e-9, equal_nan=True)


def _tables():
    from bench import resources
    from bench.pipeline.further import read_further

    data = resources.dataset("kristiansand")
    files = bench.load_model("kristiansand").data.tables.model_dump()
    return {name: read_further(name, data.folder / file).frame for name, file in files.items() if file}


def test_saved_result_verifies(saved):
    found = verify(saved)
    assert found.ok, found.summary()


def test_verification_sees_a_changed_table(saved, tmp_path):
    copy = shutil.copytree(saved, tmp_path / "resultat")
    table = next((copy / "tabeller").glob("*prices*"), None) or next((copy / "tabeller").iterdir())
    table.write_bytes(table.read_bytes() + b" ")
    name = table.relative_to(copy).as_posix()
    found = verify(copy)
    assert not found.ok
    assert found.stored[name] == "changed"
    assert found.remade[name] == "differs"


def test_verification_refuses_changed_sources(saved, tmp_path):
    copy = shutil.copytree(saved, tmp_path / "resultat")
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    source = copy / "kilder" / manifest["sources"]["data"]["name"]
    source.write_bytes(source.read_bytes().replace(b"2003", b"2013", 1))
    with pytest.raises(bench.ResourceError, match="changed after the run"):
        verify(copy)


def test_public_file_never_seen(reference, tmp_path):
    """Charnes, Cooper & Rhodes (1981): 70 sites; cost is taken to be the first input."""
    roles = {"id": "firm", "cost": "x1", "inputs": ["x1"], "outputs": ["y1", "y2", "y3"]}
    result = run_file("average-cost", reference / "dea" / "charnes1981.csv", roles=roles)
    assert len(result.settlement) == 70
    frame = result.units.frame
    prices = result.prices[result.prices["year"] == result.prices["year"].max()].set_index("service")["price"]
    worth = sum(frame[name].sum() * price for name, price in prices.items())
    assert worth == pytest.approx(frame["x1"].sum(), rel=1e-9)
    result.save(tmp_path / "ut", language="en")
    assert verify(tmp_path / "ut").ok


def test_several_years_from_memory_verify_too(tmp_path):
    rng = np.random.default_rng(3)
    rows = [
        {"home": f"H{i}", "year": 2020 + t, "cost": 1e6 * (1 + i / 10) * rng.uniform(0.9, 1.1), "days": 900.0 + 50 * i}
        for i in range(8)
        for t in range(3)
    ]
    units = bench.Units.from_frame(pd.DataFrame(rows), id="home", period="year", inputs=["cost"], outputs=["days"])
    model = bench.load_model("average-cost").with_roles(id="home", period="year", cost="cost", outputs=["days"])
    result = bench.run(model, units)
    yearly = units.frame.groupby("year")[["cost", "days"]].sum()
    prices = result.prices.set_index("year")["price"]
    assert prices[2021] == pytest.approx(yearly.loc[2020, "cost"] / yearly.loc[2020, "days"])
    result.save(tmp_path / "ut")
    assert verify(tmp_path / "ut").ok
