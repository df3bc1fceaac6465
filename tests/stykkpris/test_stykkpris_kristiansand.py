"""The Kristiansand model on its own data tells the story of 003_d89321ded97a3ce6.txt, ch. 4.3."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd
import pytest

import bench
from bench.pipeline.further import read_further
from bench.results import COLUMNS
from bench.stykkpris import run_cases, settle

FOLDER = Path(__file__).resolve().parents[2] / "datasets" / "kristiansand"


@cache
def situation():
    model = bench.load_model("kristiansand")
    frame = pd.read_csv(FOLDER / "data.csv", sep=";", decimal=",", na_values=["."])
    units = bench.Units.from_frame(frame, **model.read_options())
    files = {"budget": "budsjett.csv", "months": "maaned.csv", "index": "indeks.csv"}
    return model, units, {name: read_further(name, FOLDER / file).frame for name, file in files.items()}


@cache
def settled():
    model, units, tables = situation()
    return settle(model, units, tables=tables)


def test_three_schemes_every_year_and_the_price_of_the_next():
    result = settled()
    units = result.settlement.groupby("scheme")["unit"].nunique().to_dict()
    assert units == {"omsorg": 13, "utviklingshemmede": 4, "helse": 3}
    assert sorted(set(result.settlement["year"])) == [2003, 2004, 2005, 2006]
    assert sorted(set(result.prices["year"])) == [2003, 2004, 2005, 2006, 2007]
    assert result.prices["price"].notna().all()


def test_frames_have_the_columns_of_the_contract():
    for name in ("prices", "schemes", "settlement", "settlement_lines", "purchaser", "assumptions", "checks"):
        frame = getattr(settled(), name)
        assert tuple(frame.columns[: len(COLUMNS[name])]) == COLUMNS[name]
        assert len(frame) > 0


@pytest.mark.parametrize("scheme", ["omsorg", "utviklingshemmede", "helse"])
def test_the_price_is_last_years_average_cost_indexed(scheme):
    result = settled()
    rows = result.schemes[result.schemes["scheme"] == scheme].set_index("year")
    growth = {2004: 0.035, 2005: 0.030, 2006: 0.035, 2007: 0.040}
    for year, rate in growth.items():
        last = rows.loc[year - 1]
        expected = (1 + rate) * last["cost_base"] / last["weighted_volume"]
        assert last["next_price_level"] == pytest.approx(expected, rel=1e-9)
    assert rows["cost_base"].to_numpy() == pytest.approx(
        rows["cost"].to_numpy() - (0 if scheme != "omsorg" else top_up().to_numpy()), rel=1e-9
    )


def top_up() -> pd.Series:
    rows = settled().corrections
    return rows[rows["scheme"] == "omsorg"].groupby("year")["amount"].sum()


def test_the_price_falls_sharply_in_year_2_and_rises_in_year_3():
    """In the index's own terms: falls by more than 5 per cent real, rises after a deficit."""
    for scheme, rows in settled().schemes.groupby("scheme"):
        level = rows.set_index("year")["price_level"]
        nominal_2004, nominal_2005 = level[2004] / level[2003], level[2005] / level[2004]
        result = rows.set_index("year")["result"]
        assert nominal_2004 / 1.035 < (0.95 if scheme == "omsorg" else 0.98)
        assert nominal_2005 / 1.030 > 1.0
        assert result[2003] > 0 > result[2004]


def test_a_surplus_in_one_scheme_moves_no_other_schemes_price():
    model, units, tables = situation()
    frame = units.frame.copy()
    care = frame["ordning"] == "omsorg"
    frame.loc[care, "driftskostnad"] *= 0.9
    moved = settle(model, bench.Units.from_frame(frame, **model.read_options()), tables=tables).prices
    before = settled().prices
    same = before["scheme"] != "omsorg"
    assert (moved[same]["price"] == before[same]["price"]).all()
    later = ~same & (before["year"] > 2003)
    assert (moved[later]["price"] < before[later]["price"]).all()


def test_keep_ninety_carry_hundred_and_the_largest_units_get_dispensation():
    rows = settled().settlement
    gains, losses = rows[rows["result"] > 0], rows[rows["result"] < 0]
    assert gains["kept"].to_numpy() == pytest.approx(0.9 * gains["result"].to_numpy(), abs=0.0051)
    assert losses["carried"].to_numpy() == pytest.approx(losses["result"].to_numpy(), abs=0.0051)
    helped = rows[rows["dispensation"] > 0]
    assert set(helped["dispensation_payer"]) == {"municipality"}
    care = helped[helped["scheme"] == "omsorg"]["unit"]
    assert set(care) <= {"Solhaug", "Strandveien", "Vestlia"}
    assert len(care) > 0


def test_the_shortfall_of_2004_is_about_six_million_and_found_in_the_first_third():
    result = settled()
    year = result.purchaser[result.purchaser["year"] == 2004]
    assert year["variance"].sum() == pytest.approx(6.0e6, rel=0.02)
    seen = result.follow_up[(result.follow_up["scheme"] == "") & (result.follow_up["year"] == 2004)]
    reported = seen[seen["reported"]]
    assert reported["month"].iloc[0] == 4
    assert reported["shortfall"].iloc[0] == pytest.approx(6.0e6, rel=0.05)
    assert 0 < reported["cut_volume"].iloc[0] < reported["cut_volume"].iloc[1] < 0.05


def test_small_nursing_homes_get_a_top_up_out_of_the_scheme():
    rows = settled().corrections
    helped = rows[rows["amount"] > 0]
    assert set(helped["unit"]) == {"Askelunden", "Bjørkelia"}
    first = helped[(helped["unit"] == "Askelunden") & (helped["year"] == 2003)]["amount"].iloc[0]
    assert first == pytest.approx(400_000 * (1 - 15 / 30))


def test_the_models_own_cases_hold():
    model, units, tables = situation()
    report = run_cases(model, units, tables=tables)
    assert set(report.frame["case"]) == {case.name for case in model.case}
    assert report.ok, report.failures().to_string()


def test_other_rules_on_the_same_data():
    model, units, tables = situation()
    other = bench.load_model("average-cost").applied_to(model)
    result = settle(other, units, tables=tables)
    assert sorted(set(result.settlement["year"])) == [2003, 2004, 2005, 2006]
    first = result.schemes.set_index(["scheme", "year"])["result"].xs(2003, level="year")
    assert first.abs().max() < 1.0  # contemporaneous first price
    assert result.prices["price"].notna().all()


def test_assumptions_list_what_the_source_is_silent_on():
    table = settled().assumptions.set_index("key")
    for key in (
        "scheme.omsorg.price.start_level",
        "scheme.omsorg.price.accounts",
        "scheme.omsorg.price.reserves",
        "scheme.omsorg.settlement.dispensation_rule.payer",
        "scheme.omsorg.service.langtidsdogn.weight",
        "scheme.omsorg.correction.top-up-for-small-nursing-homes.amount",
    ):
        assert table.loc[key, "status"] == "assumed"
    assert table.loc["scheme.omsorg.settlement.keep_surplus", "status"] == "documented"
    assert table.loc["scheme.omsorg.price.source", "status"] == "documented"


def test_the_supplementary_grant_of_2004_is_booked():
    """003_d89321ded97a3ce6.txt, ch. 4.3: about 6 million short in 2004; the politicians added money."""
    result = settled()
    booked = result.purchaser.groupby("year")["supplement"].sum()
    assert booked[2004] == pytest.approx(6_000_000.0, abs=1e-6)
    assert (booked.drop(2004) == 0.0).all()
    year = result.purchaser[result.purchaser["year"] == 2004]
    over = year["variance"].clip(lower=0.0)
    assert year["supplement"].to_numpy() == pytest.approx(6_000_000.0 * (over / over.sum()).to_numpy(), abs=0.011)
    assert (year["variance"] - year["supplement"]).to_numpy() == pytest.approx(year["variance_left"].to_numpy())
    exact = result.checks[result.checks["check"].str.contains("supplementary grant")]
    assert len(exact) == 2 * result.purchaser["year"].nunique()
    assert (exact["difference"] == 0.0).all()
