"""Every model file that ships: it loads, its cases hold, it runs through the whole pipeline, and its money adds up."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
import pytest

import bench
from bench import pipeline, resources
from bench.errors import ModelError, ResourceError
from bench.modelfile import diff, parse_model
from bench.modelfile.model import build
from bench.modelfile.showing import example_case, on_bundled_data
from bench.stykkpris import run_cases
from bench.stykkpris.cases import case_units

NAMES = [name for name in resources.model_names() if bench.load_model(name).meta.name != "average-cost"]

#: The systems of 003_d89321ded97a3ce6.txt, ch. 2–4, that can all be put on the same accounts.
MUNICIPAL = ["kristiansand-2002", "stavanger", "asker-2002", "asker-2006", "moss", "drammen", "hamar", "sorum"]
IDEAL = ["cost-refund", "incremental-block", "criteria-block", "unit-price", "blended", "user-choice", "self-cost"]
STATE = [
    "sio-a", "sio-a-rates", "sio-b", "resource-intensive", "abe-reform", "isf", "gp-capitation", "gp-salary",
    "bodo-dea", "hospital-sharing", "legevakt", "municipal-care",
]  # fmt: skip


@pytest.fixture(scope="module")
def runs():
    """Every bundled model, run on what it is shown on."""
    return {name: bench.run(bench.load_model(name)) for name in NAMES}


def test_every_system_has_its_file():
    assert {*MUNICIPAL, *IDEAL, *STATE, "kristiansand", "average-cost"} <= set(resources.model_names())


@pytest.mark.parametrize("name", NAMES)
def test_cases_hold(name):
    """A case without data of its own is about the bundled data set, which only some models have."""
    model = bench.load_model(name)
    assert model.case
    report = pipeline.run_cases(model)
    assert report.ok, report.failures().to_string()
    assert len(report.frame) or model.meta.dataset


@pytest.mark.parametrize("name", NAMES)
def test_texts_are_in_both_languages_and_every_assumption_says_why(name):
    model = bench.load_model(name)
    assert model.meta.description is not None
    texts = [model.meta.title, model.meta.description, *(case.title for case in model.case)]
    texts += [scheme.label for scheme in model.scheme]
    assert all(text.nb and text.en for text in texts)
    assert model.meta.sources
    stated = model.assumptions()
    numbers = stated[stated["value"].map(lambda value: isinstance(value, float))]
    bare = numbers[numbers["source"].isin(["", "plain value in the model file"])]
    assert bare.empty, bare[["key", "value"]].to_string()


@pytest.mark.parametrize("name", NAMES)
def test_money_in_is_money_out(runs, name):
    run = runs[name]
    if run.model.meta.stage == "norms":
        assert len(run.norms)
        return
    s = run.settlement
    parts = s["activity_income"] + s["block_income"] + s["refund"] + s["corrections"]
    assert len(s)
    assert (parts - s["income"]).abs().max() < 0.01
    assert (s["income"] - s["cost"] - s["result"]).abs().max() < 0.01
    assert (s["kept"] + s["carried"] + s["returned_to_payer"] - s["result"]).abs().max() < 0.01
    moved = s["opening_balance"] + s["interest"] + s["kept"] + s["carried"] + s["dispensation"] - s["lapsed"]
    assert (moved - s["closing_balance"]).abs().max() < 0.01
    assert run.checks["holds"].all() if "holds" in run.checks else len(run.checks)


@pytest.mark.parametrize("name", MUNICIPAL)
def test_a_municipality_is_shown_on_a_case_of_its_own(runs, name):
    """Not on Kristiansand's accounts, which do not carry what makes the system itself."""
    run = runs[name]
    assert run.model.meta.dataset is None
    model = bench.load_model(name)
    assert model.meta.data_case in [case.name for case in model.case]
    assert run.synthetic


@pytest.mark.parametrize("name", [*IDEAL, "abe-reform", "isf"])
def test_rules_on_the_data_of_another_say_so(runs, name):
    raw = bench.load_model(name).raw
    raw["meta"].pop("dataset")
    run, accounts = (
        bench.run(build(raw | {"meta": raw["meta"] | {"data_of": "kristiansand"}}, "x.toml", {})),
        runs["kristiansand"],
    )
    assert run.synthetic
    assert run.model.meta.dataset == "kristiansand"
    assert name in run.model.meta.note[0].en
    assert run.model.title("nb").endswith("på dataene til Kristiansand")
    assert run.efficiency.empty
    keys = ["scheme", "unit", "year"]
    assert run.settlement.set_index(keys)["cost"].to_dict() == accounts.settlement.set_index(keys)["cost"].to_dict()


@pytest.mark.parametrize("name", NAMES)
def test_no_system_is_shown_on_anothers_accounts(runs, name):
    """Every bundled model has data of its own: a data set, or the situation of one of its cases."""
    meta = bench.load_model(name).meta
    assert meta.data_of is None
    assert (meta.dataset is None) != (meta.data_case is None)
    if name != "kristiansand":
        assert meta.dataset != "kristiansand"
        assert not runs[name].model.requirement or bench.load_model(name).requirement


def test_ideal_types_share_risk_as_the_source_says(runs):
    """003_d89321ded97a3ce6.txt, ch. 2.4: refund leaves the provider no risk, a grant all of it, a price the cost's."""
    spread = {name: runs[name].settlement["result"].abs().sum() for name in IDEAL}
    assert spread["cost-refund"] == 0
    assert min(value for name, value in spread.items() if name != "cost-refund") > 0
    volume = runs["unit-price"].settlement.set_index(["scheme", "unit", "year"])["activity_income"]
    assert (volume == runs["unit-price"].settlement.set_index(["scheme", "unit", "year"])["income"]).all()
    assert (runs["criteria-block"].settlement["activity_income"] == 0).all()


def test_criteria_move_money_between_units_but_not_into_the_scheme(runs):
    """Drammen's total is the cost of 2002, indexed; Hamar's is half of that and half of last year's accounts."""
    index = pd.read_csv(resources.dataset("kristiansand").folder / "indeks.csv", sep=";", decimal=",")
    growth = index.set_index("aar")["kostnadsvekst"]
    frame = runs["kristiansand"].units.frame
    costs = frame.groupby(["ordning", "aar"])["driftskostnad"].sum()
    kristiansand = bench.load_model("kristiansand")
    drammen, hamar = (bench.run(bench.load_model(name).applied_to(kristiansand)) for name in ("drammen", "hamar"))
    blocks = drammen.settlement.groupby(["scheme", "year"])["block_income"].sum()
    history = hamar.settlement.groupby(["scheme", "year"])["income"].sum()
    for (scheme, year), paid in blocks.items():
        total = costs[scheme, 2002] * (1.0 + growth[growth.index <= year]).prod()
        assert paid == pytest.approx(total, abs=1.0)
        if scheme == "omsorg":
            mixed = 0.5 * total + 0.5 * costs[scheme, year - 1] * (1.0 + growth[year])
            assert history[scheme, year] == pytest.approx(mixed, abs=1.0)
    units = drammen.settlement.set_index(["scheme", "unit", "year"])["income"]
    other = hamar.settlement.set_index(["scheme", "unit", "year"])["income"]
    assert (units - other).abs().max() > 1e5


def test_the_fee_fund_is_the_units_balance(runs):
    """Self-cost: what was paid too much stands in the fund and nowhere else."""
    s = runs["self-cost"].settlement
    balance = s[s["year"] == s["year"].max()].groupby("scheme")["closing_balance"].sum()
    interest = s.groupby("scheme")["interest"].sum()
    assert (s.groupby("scheme")["result"].sum() + interest - balance).abs().max() < 0.05


def test_the_key_of_bodo_is_the_frontier(runs):
    run = runs["bodo-dea"]
    case = run.model.case[0]
    norms = run.norms.set_index("unit")["norm"]
    assert norms.to_numpy() == pytest.approx(list(case.norm), rel=1e-9)
    income = run.settlement.set_index("unit")["income"]
    assert (income / income.sum() - norms / norms.sum()).abs().max() < 1e-8


def test_norms_of_a_case_need_one_value_per_row():
    model = bench.load_model("bodo-dea")
    raw = model.raw
    raw["case"][0]["norm"] = [1.0]
    failed = run_cases(build(raw, "b.toml", {})).failures()
    assert failed["message"].str.contains("one value per row").all()
    assert len(failed)


@pytest.mark.parametrize("language", ["nb", "en"])
def test_any_two_models_differ_in_words(language):
    models = [bench.load_model(name) for name in resources.model_names()]
    for one, other in pairwise([*models, models[0]]):
        table = diff(one, other, language)
        assert list(table.columns[:2]) == (["nøkkel", "betydning"] if language == "nb" else ["key", "meaning"])
        assert len(table) > 3
        assert (table["betydning" if language == "nb" else "meaning"].str.len() > 0).all()


# -- thresholds that do not agree --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("alternative", "refund"),
    [("vestvagoy", (1536000, 1536000)), ("2020-kept", (1368000, 1368000)), ("2021-note", (1440000, 1440000))],
)
def test_the_user_chooses_among_thresholds(alternative, refund):
    model = bench.load_model(f"resource-intensive@{alternative}")
    chosen, units = case_units(model, model.case[0])
    run = bench.run(chosen, units)
    assert tuple(run.settlement.sort_values("year")["income"]) == refund
    rows = model.assumptions().set_index("key").loc[["scheme.kommuner.correction.refund.threshold"]]
    assert set(rows["status"]) == {"documented"}
    assert "kr" in model.meta.note[0].nb


def test_an_alternative_that_is_not_there():
    with pytest.raises(ModelError, match="vestvagoy"):
        bench.load_model("resource-intensive@vestvagy")
    with pytest.raises(ModelError, match="none"):
        bench.load_model("hamar@x")
    with pytest.raises(ResourceError):
        bench.load_model("no-such@x")


# -- what a model is shown on --------------------------------------------------------------------------------


def test_a_model_with_data_of_its_own_stays_as_it_is():
    model = bench.load_model("kristiansand")
    assert on_bundled_data(model) is model
    assert example_case(model) is None


def test_values_dated_later_than_the_data_hold_from_their_first_year():
    shown = bench.load_model("hamar").applied_to(bench.load_model("kristiansand"))
    assert shown.meta.first_year == 2003
    raw = bench.load_model("hamar").raw
    raw["scheme"][0]["settlement"]["keep_surplus"] = [{"from": pd.Timestamp("2004-01-01").date(), "value": 0.5}]
    dated = build(raw, "h.toml", {}).applied_to(bench.load_model("kristiansand"))
    assert dated.value("scheme.omsorg.settlement.keep_surplus", 2003) == 0.5
    assert any("dated later" in note.en for note in dated.meta.note)


def test_documented_choices_stay_documented_on_other_data():
    kristiansand = bench.load_model("kristiansand")
    shown = bench.load_model("hamar").applied_to(kristiansand)
    assert shown.basis_of("scheme.omsorg.block.kind")[0] == "documented"
    moss = bench.load_model("moss").applied_to(kristiansand)
    assert moss.basis_of("scheme.omsorg.volume.basis")[0] == "documented"
    assert moss.basis_of("scheme.omsorg.price.source")[0] == "assumed"  # replaced: Moss's prices are not known


def test_a_case_to_be_shown_must_have_data():
    text = (resources.model_path("sio-b")).read_text(encoding="utf-8").replace("a-municipality-2016", "another", 1)
    with pytest.raises(ModelError, match="no case 'another-2018'") as caught:
        bench.run(parse_model(text, "b.toml"))
    assert caught.value.key == "meta.data_case"
    assert caught.value.line is not None


def test_a_criterion_of_persons_is_a_share_times_inhabitants():
    """Two districts with the same share aged 80 and over, one twice as large: it gets twice the grant."""
    model = bench.load_model("criteria-block").with_values(
        {
            "scheme.omsorg.block.criterion.andel_80_pluss.weight": 1.0,
            "scheme.omsorg.block.criterion.innbyggere.weight": 0.0,
        }
    )
    case = next(case for case in model.case if case.name == "fewer-users-same-grant")
    data = case.data | {"innbyggere": [10000, 20000] * 2, "andel_80_pluss": [0.05] * 4}
    changed, units = case_units(model, case.model_copy(update={"data": data}))
    income = bench.run(changed, units).settlement.query("year == 2004").set_index("unit")["income"]
    assert income["B"] == pytest.approx(2 * income["A"], abs=0.02)


def test_amounts_in_prices_of_before_the_accounts_can_be_played_forward():
    """The withdrawal of sio-a-rates is in 2015 prices, its accounts begin in 2021: the index reaches back."""
    played = bench.simulate("sio-a-rates", years=range(2026, 2028), seed=1, draws=4)
    assert played.schemes[0].scheme.id == "kommuner"


@pytest.mark.parametrize("name", [*MUNICIPAL, *IDEAL, "abe-reform", "isf", "hospital-sharing", "bodo-dea"])
def test_every_system_can_be_set_beside_kristiansand(name):
    table = bench.compare(["kristiansand", name], years=range(2007, 2009), draws=4)
    assert table.names == ("kristiansand", name)
    assert table.to_frame().notna().any(axis=None)
