"""The synthetic Kristiansand data meet every fact of their source; facts are listed in dataset.toml.

Figures are those of 003_d89321ded97a3ce6.txt, ch. 4.2 (Tables 4.1 and 4.2), 4.3 and 5.
"""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location

import numpy as np
import pandas as pd
import pytest

from bench import Units, dea
from bench.resources import dataset

DATA = dataset("kristiansand")
SERVICES = pd.DataFrame(DATA.about["service"]).set_index("column")
HOME = ("hjemmehjelp", "hjemmesykepleie")
BEDS = ["langtidsdogn", "korttidsdogn", "sterkdogn"]
DAYS = pd.Series({2002: 365, 2003: 365, 2004: 366, 2005: 365, 2006: 365})


def read(table):
    return pd.read_csv(DATA.path(table), sep=";", decimal=",", na_values=".")


@pytest.fixture(scope="module")
def data():
    return read("data")


@pytest.fixture(scope="module")
def care(data):
    return data[data["ordning"] == "omsorg"]


@pytest.fixture(scope="module")
def growth():
    return read("indeks").set_index("aar")["kostnadsvekst"]


@pytest.fixture(scope="module")
def truth():
    return read("fasit")


def weighted(data):
    return data[list(SERVICES.index)].fillna(0.0) @ SERVICES["weight"]


def levels(data, growth, scheme):
    """Price level by year: the stated start price, then last year's average cost times general cost growth."""
    part = data[data["ordning"] == scheme]
    by_year = part.groupby("aar")
    unit_cost = by_year["driftskostnad"].sum() / weighted(part).groupby(part["aar"]).sum()
    prices = {2003: DATA.about["start_price"][scheme]}
    prices |= {year: unit_cost[year - 1] * (1 + growth[year]) for year in range(2004, 2008)}
    return pd.Series(prices), unit_cost


def results(data, growth, scheme):
    part = data[(data["ordning"] == scheme) & (data["aar"] > 2002)].copy()
    prices, _ = levels(data, growth, scheme)
    part["inntekt"] = weighted(part) * part["aar"].map(prices)
    part["resultat"] = part["inntekt"] - part["driftskostnad"]
    return part


def monthly():
    table = read("maaned")
    table["gruppe"] = table["tjeneste"].str.split("_").str[0]
    return table


# -- the files -------------------------------------------------------------------------------------------------


def test_files_are_those_published_and_say_they_are_synthetic():
    DATA.verify()
    assert DATA.synthetic
    assert "syntetisk" in DATA.title["nb"]
    assert "synthetic" in DATA.title["en"]


def test_generator_gives_the_same_bytes(tmp_path):
    spec = spec_from_file_location("kristiansand_make_data", DATA.folder / "make_data.py")
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    module.main(tmp_path)
    for table in DATA.tables.values():
        assert (tmp_path / table.file).read_bytes() == (DATA.folder / table.file).read_bytes(), table.file
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(table.file for table in DATA.tables.values())
    assert {s: w for services in module.WEIGHTS.values() for s, w in services.items()} == SERVICES["weight"].to_dict()


@pytest.mark.parametrize("table", DATA.tables)
def test_header_is_documented(table):
    header = DATA.path(table).read_text(encoding="utf-8").splitlines()[0]
    assert header.split(";") == [column.name for column in DATA.tables[table].columns]


def test_every_documented_fact_has_a_test():
    names = {name.removeprefix("test_fact_") for name in globals() if name.startswith("test_fact_")}
    assert names == {fact["id"] for fact in DATA.about["fact"]}


def test_columns_apply_in_their_own_scheme_only(data):
    for column, scheme in SERVICES["scheme"].items():
        inside = data["ordning"] == scheme
        assert data.loc[inside, column].gt(0).all()
        assert data.loc[~inside, column].isna().all()


def test_units_accept_the_data(data):
    roles = {
        role: list(value) if isinstance(value, tuple) else value for role, value in DATA.tables["data"].roles.items()
    }
    units = Units.from_frame(data, **roles)
    assert units.schemes == ["omsorg", "utviklingshemmede", "helse"]
    assert units.for_scheme("helse").outputs == ("psykiatri_timer", "psykiatri_besok", "psykiatri_brukere")
    assert len(units.for_scheme("omsorg").for_period(2004)) == 13


def test_months_add_up_to_the_year_and_budgets_to_the_budget(data):
    months = monthly().groupby(["aar", "tjeneste"])[["vedtatt_volum", "budsjettert_volum"]].sum()
    for (year, service), row in months.iterrows():
        assert row["vedtatt_volum"] == data.loc[data["aar"] == year, service].sum()
    budget = read("budsjett").set_index(["aar", "tjeneste"])["budsjettert_volum"]
    assert months["budsjettert_volum"].to_dict() == budget.to_dict()
    assert len(monthly()) == 4 * 12 * 15


def test_weights_are_the_average_cost_of_2002(data, growth):
    for scheme in ("omsorg", "utviklingshemmede", "helse"):
        _, unit_cost = levels(data, growth, scheme)
        assert unit_cost[2002] == pytest.approx(1.0, abs=1e-6)


def test_start_price_is_above_the_cost_of_2003(data, growth):
    for scheme, gap in {"omsorg": 0.08, "utviklingshemmede": 0.05, "helse": 0.04}.items():
        prices, unit_cost = levels(data, growth, scheme)
        assert prices[2003] / unit_cost[2003] - 1 == pytest.approx(gap, abs=1e-4)


def test_unit_cost_follows_the_mechanism_with_30_per_cent_of_the_carried_result_spent(data, growth):
    """Real prices 1.08, 1.0000, 1.0216, 0.9935 and costs 1.0000, 1.0216, 0.9935, 1.0076 (kept 0.9, carried 1.0)."""
    _, unit_cost = levels(data, growth, "omsorg")
    index = (1 + growth.loc[:2006]).cumprod()
    real = unit_cost.loc[2003:] / index
    expected = [1.0, 1.0216, 0.99352, 1.00758]
    np.testing.assert_allclose((real / real[2003]).to_numpy(), expected, atol=2e-5)


def test_truth_reproduces_the_cost(data, truth):
    merged = data.merge(truth, on=["enhet", "aar", "ordning"], validate="one_to_one")
    cost = merged["frontkostnad"] * merged["aarsfaktor"] * merged["stoy"] / merged["effektivitet"]
    np.testing.assert_allclose(cost, merged["driftskostnad"], rtol=2e-7)
    assert merged.groupby("ordning")["effektivitet"].max().eq(1.0).all()
    assert merged.loc[merged["aar"] == 2002, "aarsfaktor"].eq(1.0).all()


def test_documented_truth_is_the_frontier_of_the_data(data, truth, growth):
    """level × index × (fixed cost + Σ marginal cost × volume), with travel, is the frontier cost of fasit.csv."""
    about = DATA.about["truth"]
    index = pd.concat([pd.Series({2002: 1.0}), (1 + growth).cumprod()])
    visits = data[[column for column in SERVICES.index if column.endswith("besok")]].sum(axis=1)
    travel = about["travel_minute"] * (data["reisetid"].fillna(0.0) - about["mean_travel"]) * visits
    cost = (weighted(data) + data["ordning"].map(about["fixed_cost"]) + travel) * data["aar"].map(index)
    np.testing.assert_allclose(cost * data["ordning"].map(about["level"]), truth["frontkostnad"], rtol=1e-4)


# -- the facts -------------------------------------------------------------------------------------------------


def test_fact_inhabitants(care):
    assert care.loc[care["aar"] == 2004, "innbyggere"].sum() == 76_000


def elderly(care):
    now = care[care["aar"] == 2004]
    return (now["innbyggere"] * now["andel_80_pluss"]).sum()


def test_fact_net_cost_per_person_80(data, care):
    total = data.loc[data["aar"] == 2004, "driftskostnad"].sum()
    assert total / elderly(care) == pytest.approx(201_000, rel=0.005)
    assert elderly(care) / 76_000 == pytest.approx(0.044, abs=0.0005)


def test_fact_net_cost_per_user(data):
    """The 3,450 persons 195,000 NOK a user implies lie between the largest service and the sum of all services."""
    now = data[data["aar"] == 2004]
    persons = now["driftskostnad"].sum() / 195_000
    users = now[["hjemmehjelp_brukere", "hjemmesykepleie_brukere", "uh_brukere", "psykiatri_brukere"]].sum() / 12
    beds = now["sykehjemsplasser"].sum()
    assert users.max() + beds + users["uh_brukere"] < persons < users.sum() + beds


def test_fact_travel(data):
    now = data[data["aar"] == 2004]
    for scheme, columns in {
        "omsorg": ["hjemmehjelp_besok", "hjemmesykepleie_besok"],
        "helse": ["psykiatri_besok"],
    }.items():
        part = now[now["ordning"] == scheme]
        assert np.average(part["reisetid"], weights=part[columns].sum(axis=1)) == pytest.approx(7.4, abs=0.05)


def test_fact_schemes(data):
    for year in range(2002, 2007):
        counts = data[data["aar"] == year].groupby("ordning")["enhet"].nunique()
        assert counts.to_dict() == {"omsorg": 13, "utviklingshemmede": 4, "helse": 3}
    assert DATA.about["start_price"]["year"] == 2003
    assert read("budsjett")["aar"].min() == 2003


def test_fact_size(care):
    assert care["aarsverk"].min() == 25.0
    assert care["aarsverk"].max() == 115.0


def test_fact_integrated(care):
    assert care["sykehjemsplasser"].gt(0).all()
    assert care[["hjemmehjelp_timer", "hjemmesykepleie_timer"]].gt(0).all(axis=None)


def test_fact_services(data):
    assert set(SERVICES.index) <= set(data.columns)
    groups = {name.split("_")[0] for name in SERVICES.index}
    assert groups == {"hjemmehjelp", "hjemmesykepleie", *BEDS, "dagavdeling", "uh", "psykiatri"}
    places = data.groupby("enhet")["sykehjemsplasser"].first().dropna()
    assert 0 < (places < 30).sum() < 4, "a top-up for small nursing homes needs some, and few, small homes"


def test_fact_indicators(data):
    now = data[data["aar"] == 2004]
    for group in (*HOME, "psykiatri"):
        assert {f"{group}_{kind}" for kind in ("timer", "besok", "brukere")} <= set(SERVICES.index)
    visits_per_day = now["hjemmesykepleie_besok"].sum() / (now["hjemmesykepleie_brukere"].sum() / 12) / 366
    assert visits_per_day > 1


def test_fact_short_stay_dearer():
    weight = SERVICES["weight"]
    assert weight["langtidsdogn"] < weight["korttidsdogn"] < weight["sterkdogn"]


def test_fact_price_falls_in_year_2(data, growth):
    part = results(data, growth, "omsorg")
    first = part[part["aar"] == 2003]
    assert first["resultat"].sum() / first["inntekt"].sum() == pytest.approx(0.08 / 1.08, abs=1e-4)
    prices, _ = levels(data, growth, "omsorg")
    real = prices[2004] / (1 + growth[2004]) / prices[2003] - 1
    assert real == pytest.approx(-0.08 / 1.08, abs=1e-4)
    assert prices[2004] < 0.96 * prices[2003], "sharply, also before cost growth is taken out"


def test_fact_price_rises_in_year_3(data, growth):
    part = results(data, growth, "omsorg")
    second = part[part["aar"] == 2004]
    margin = second["resultat"].sum() / second["inntekt"].sum()
    assert margin == pytest.approx(-0.0216, abs=1e-4)
    prices, _ = levels(data, growth, "omsorg")
    assert prices[2005] / prices[2004] == pytest.approx((1 + growth[2005]) * (1 - margin), rel=1e-9)
    assert prices[2005] / (1 + growth[2005]) > 1.02 * prices[2004]
    fall = prices[2004] / (1 + growth[2004]) / prices[2003] - 1
    assert prices[2005] / (1 + growth[2005]) / prices[2004] - 1 < -fall, "somewhat: less than it fell"


def test_fact_price_too_low_now(data, growth):
    for scheme in ("omsorg", "utviklingshemmede", "helse"):
        part = results(data, growth, scheme)
        assert part.loc[part["aar"] == 2006, "resultat"].sum() < 0


def test_fact_large_units_lose(data, growth):
    part = results(data, growth, "omsorg")
    largest = list(part.groupby("enhet")["aarsverk"].mean().nlargest(3).index)
    second = part[part["aar"] == 2004].set_index("enhet")
    assert set(second["resultat"].nsmallest(3).index) == set(largest)
    assert (second.loc[largest, "resultat"] < -2_500_000).all()
    assert (second.loc[largest, "resultat"] / second.loc[largest, "inntekt"] < -0.06).all()
    assert (second["resultat"].drop(largest) > -1_300_000).all()
    over_time = part[part["aar"] > 2003].groupby("enhet")["resultat"].sum()
    assert set(over_time.nsmallest(3).index) == set(largest)


def variances(data, growth, year):
    """Decided minus budgeted volume at the year's prices, by service, NOK."""
    budget = read("budsjett")
    budget = budget[budget["aar"] == year].set_index("tjeneste")["budsjettert_volum"]
    decided = data[data["aar"] == year][list(SERVICES.index)].sum()
    prices = {scheme: levels(data, growth, scheme)[0][year] for scheme in SERVICES["scheme"].unique()}
    return (decided - budget) * SERVICES["weight"] * SERVICES["scheme"].map(prices)


def test_fact_shortfall_2004(data, growth):
    missed = variances(data, growth, 2004)
    assert missed.sum() == pytest.approx(6_000_000, abs=20_000)
    assert missed[[name for name in missed.index if name.startswith(HOME)]].sum() > 4_000_000
    for year in (2003, 2005, 2006):
        assert abs(variances(data, growth, year).sum()) < 1_000_000


def test_fact_shortfall_seen_early(data, growth):
    """January to April 2004 against the same months of the budget, times three, gives about 6 million too."""
    part = monthly()
    part = part[(part["aar"] == 2004) & (part["maaned"] <= 4)].groupby("tjeneste")
    missed = part["vedtatt_volum"].sum() - part["budsjettert_volum"].sum()
    prices = {scheme: levels(data, growth, scheme)[0][2004] for scheme in SERVICES["scheme"].unique()}
    value = missed * SERVICES["weight"] * SERVICES["scheme"].map(prices)
    assert 3 * value.sum() == pytest.approx(6_000_000, rel=0.05)


def test_fact_homes_full(care):
    occupancy = care[BEDS].sum(axis=1) / (care["sykehjemsplasser"] * care["aar"].map(DAYS))
    assert occupancy.between(0.985, 1.0).all()
    assert care.groupby("enhet")["sykehjemsplasser"].nunique().eq(1).all()


def swing(data, columns):
    """Spread of the units' yearly growth in a volume."""
    volume = data.assign(volum=data[columns].sum(axis=1, min_count=1)).dropna(subset="volum")
    table = volume.pivot(index="enhet", columns="aar", values="volum")
    return np.log(table).diff(axis=1).iloc[:, 1:].to_numpy().std()


def monthly_swing(group):
    part = monthly()
    part = part[part["gruppe"].isin(group) & ~part["tjeneste"].str.endswith(("besok", "brukere"))]
    by_month = part.groupby(["aar", "maaned"])["vedtatt_volum"].sum()
    starts = pd.to_datetime([f"{year}-{month:02d}-01" for year, month in by_month.index])
    per_day = by_month / starts.days_in_month.to_numpy()
    return (per_day / per_day.groupby("aar").transform("mean")).std()


def test_fact_swings(data):
    homes = swing(data, BEDS)
    practical, somatic, psychiatric = (
        swing(data, [f"{name}_timer"]) for name in ("hjemmehjelp", "hjemmesykepleie", "psykiatri")
    )
    assert homes < 0.01
    assert 2 * homes < practical < psychiatric < somatic
    months = [monthly_swing(group) for group in (BEDS, ["hjemmehjelp"], ["psykiatri"], ["hjemmesykepleie"])]
    assert months == sorted(months)


def test_fact_new_users(data):
    users = data.groupby("aar")["psykiatri_brukere"].sum()
    assert users.is_monotonic_increasing
    assert users[2006] > 1.15 * users[2002]


def test_fact_efficiency_steady(truth):
    assert truth.groupby("enhet")["effektivitet"].nunique().eq(1).all()


def test_readme_shows_the_price_levels(data, growth):
    text = (DATA.folder.parent / "README.md").read_text(encoding="utf-8")
    for scheme in ("omsorg", "utviklingshemmede", "helse"):
        prices, _ = levels(data, growth, scheme)
        shown = " | ".join(f"{prices[year]:.4f}" for year in range(2003, 2007))
        assert f"| `{scheme}` | {shown} |" in text


def test_frontier_finds_the_truth_only_with_the_right_scale_assumption(care, growth, truth):
    """The guide page's trap: the largest units are the inefficient ones, so vrs has nothing to compare them with."""
    index = pd.concat([pd.Series({2002: 1.0}), (1 + growth).cumprod()])
    table = care[["enhet", "aar"]].assign(kostnad=care["driftskostnad"] / care["aar"].map(index))
    for group, start in {"hjelp": "hjemmehjelp", "sykepleie": "hjemmesykepleie"}.items():
        table[group] = weighted(care[["enhet"]].join(care.filter(like=f"{start}_")).reindex(columns=care.columns))
    table["sykehjem"] = weighted(care) - table["hjelp"] - table["sykepleie"]
    units = Units.from_frame(
        table, id="enhet", period="aar", inputs=["kostnad"], outputs=["hjelp", "sykepleie", "sykehjem"]
    )
    true = truth.loc[truth["ordning"] == "omsorg", "effektivitet"].to_numpy()
    agreement = {
        rts: np.corrcoef(dea(units, rts=rts, orientation="input", periods="pooled").efficiency, true)[0, 1]
        for rts in ("crs", "irs", "vrs")
    }
    assert agreement["crs"] > 0.7
    assert agreement["irs"] > 0.75
    assert agreement["vrs"] < 0.2
