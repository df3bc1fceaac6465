"""Money from others, computed by hand: fees, refunds and earmarked grants in the run and in simulated years."""

from __future__ import annotations

import pandas as pd
import pytest

import bench
from bench.errors import ModelError
from bench.modelfile import load_model, parse_model
from bench.stykkpris import settle
from bench.stykkpris.cases import case_units
from bench.stykkpris.rules.receipts import earmarked
from bench.stykkpris.simulation import Outlook, simulate
from bench.units import Units

MODEL = """
[meta]
name = "fees"
title = { nb = "Egenandeler", en = "Fees" }
[data]
id = "unit"
period = "year"
cost = "cost"
[frontier]
method = "none"
[indexation]
source = "values"
deflator = 0.10
[rounding]
price = "none"
amount = "ore-half-up"
[[scheme]]
id = "s"
label = { nb = "S", en = "S" }
[scheme.price]
source = "previous"
start = "previous-year"
[[scheme.service]]
id = "visits"
label = { nb = "Besøk", en = "Visits" }
measure = { nb = "besøk", en = "visit" }
weight = 1.0
[scheme.settlement]
keep_surplus = 1.0
carry_deficit = 1.0
[[scheme.receipt]]
name = { nb = "Egenandel", en = "Fee" }
column = "visits_with_fee"
rate = 100
paid_by = "users"
follows = "volume"
[[scheme.receipt]]
name = { nb = "Tilskudd", en = "Grant" }
column = "wages"
rate = 0.5
threshold = 1000
paid_by = "state"
follows = "prices"
[scheme.receipt.earmark]
purpose = { nb = "Administrasjon", en = "Administration" }
cap = 400
column = "administration"
"""

TABLE = pd.DataFrame(
    {
        "unit": ["A", "B"] * 2,
        "year": [2024, 2024, 2025, 2025],
        "cost": [10_000.0, 20_000.0] * 2,
        "visits": [100.0, 200.0] * 2,
        "visits_with_fee": [50.0, 0.0] * 2,
        "wages": [3_000.0, 500.0] * 2,
        "administration": [300.0, 900.0] * 2,
    }
)


def fees():
    return parse_model(MODEL), Units.from_frame(
        TABLE,
        id="unit",
        period="year",
        inputs=["cost"],
        outputs=["visits"],
        extra=["visits_with_fee", "wages", "administration"],
    )


def test_the_run_has_a_row_for_every_receipt_and_every_purse() -> None:
    """The municipality of Vestvågøy's text, made-up amounts: each row is the source's formula done by hand."""
    model = load_model("municipal-care")
    case = next(case for case in model.case if case.name == "a-municipality")
    run = bench.run(*case_units(model, case))
    rows = run.receipts.set_index(["unit", "receipt"])["amount"]
    assert rows["Hjemmetjenesten", "User fee for practical help"] == 20_000 * 150
    assert rows["Sykehjemmet", "Payment by income in nursing homes"] == 0.75 * (56_700_000 - 189 * 10_000)
    assert rows["Helsestasjonen", "Refund for midwives"] == 900 * 300
    grant = 0.8 * (6_000_000 - 3 * 1_360_000)
    assert rows["Hjemmetjenesten", "Earmarked grant for resource-intensive services"] == grant == 1_536_000
    aside = run.receipts.set_index(["unit", "receipt"])["earmarked"]
    assert aside["Hjemmetjenesten", "Earmarked grant for resource-intensive services"] == grant
    assert aside.sum() == grant
    purses = run.payers.set_index(["scheme", "paid_by"])["net"]
    assert purses["egne", "users"] == 3_000_000 + 41_107_500
    assert purses["egne", "state"] == 270_000 + 1_536_000
    assert purses["egne", "holder"] == 288_000_000 - 44_107_500 - 1_806_000
    assert purses["kjopte", "holder"] == 11_000_000  # 5.5 per cent of 200 places, bought at a million each


def test_what_is_set_aside_is_the_least_of_money_ceiling_and_spending() -> None:
    model, units = fees()
    done = settle(model, units)
    rows = done.receipts.set_index(["unit", "year", "receipt"])
    assert rows.loc[("A", 2025, "Grant"), ["amount", "earmarked"]].tolist() == [1_000.0, 300.0]
    assert rows.loc[("B", 2025, "Grant"), ["amount", "earmarked"]].tolist() == [0.0, 0.0]
    assert earmarked(TABLE["wages"].to_numpy()[:2], 400.0, None).tolist() == [400.0, 400.0]
    assert earmarked(TABLE["wages"].to_numpy()[:2] - 2_000.0, None, TABLE["wages"].to_numpy()[:2]).tolist() == [1000, 0]


def test_the_trial_lets_half_a_million_of_the_supplement_go_to_its_own_running() -> None:
    """4 per cent of 10 million is 400,000, all within the half million; 4 per cent of 100 million is 4 million."""
    model = load_model("sio-a-rates")
    case = next(case for case in model.case if any(e.column == "earmarked" for e in case.expect))
    changed, units = case_units(model, case)
    names = {"indexation.deflator": 0.0}
    for base, expected in ((10e6, (400_000.0, 400_000.0)), (100e6, (4_000_000.0, 500_000.0))):
        frame = units.frame.assign(paaslagsgrunnlag=base)
        found = bench.run(changed.with_values(names), type(units).from_frame(frame, **_roles(units))).corrections
        row = found[found["correction"] == "Income supplement"].iloc[0]
        assert (row["amount"], row["earmarked"]) == expected


def _roles(units):
    return {
        "id": units.id, "period": units.period, "scheme": units.scheme, "inputs": list(units.inputs),
        "outputs": list(units.outputs), "extra": list(units.extra), "accept": ["no-output"],
    }  # fmt: skip


def test_fees_follow_volume_and_wages_follow_prices_in_simulated_years() -> None:
    """Need grows 20 % a year, costs 10 %: A's 50 visits with a fee become 60 and 72, its wages 3 300 and 3 630."""
    model, units = fees()
    world = Outlook.certain(demand_growth=0.2, cost_growth=0.1)
    played = simulate(model, units, years=[2026, 2027], seed=1, draws=2, behaviour="neutral", outlook=world)
    rows = played.frame("receipts").set_index(["receipt", "year"])["mean"]
    assert rows["Fee", 2026] == pytest.approx(60 * 100)
    assert rows["Fee", 2027] == pytest.approx(72 * 100)
    assert rows["Grant", 2026] == pytest.approx(0.5 * (3_300 - 1_000))
    assert rows["Grant", 2027] == pytest.approx(0.5 * (3_630 - 1_000))
    payer = played.frame("payer").set_index(["measure", "year"])["mean"]
    paid = payer["expenditure", 2027]
    assert paid == pytest.approx(33_000 * 1.44 * 1.21)  # the price of 2025 is last year's cost grown by a tenth
    assert payer["net_expenditure", 2027] == pytest.approx(paid - 7_200 - 1_315)


def test_a_fee_the_users_pay_the_unit_is_no_expenditure_of_the_holder_in_simulated_years() -> None:
    """The same settled and simulated: what the run says of the year after goes on in a world that stands still."""
    raw = MODEL.replace("weight = 1.0\n", 'weight = 1.0\npaid_by = "users"\n')
    _, units = fees()
    model = parse_model(raw)
    settled = settle(model, units).payers.set_index(["year", "paid_by"])
    assert settled.loc[(2025, "users"), ["income", "receipts"]].tolist() == [33_000.0, 5_000.0]
    played = simulate(model, units, years=[2026], seed=1, behaviour="neutral", outlook=Outlook.certain(cost_growth=0.1))
    payer = played.frame("payer").set_index("measure")["mean"]
    assert payer["net_expenditure"] == pytest.approx(-5_000.0 - 0.5 * (3_300 - 1_000))


def test_an_earmark_without_a_bound_is_refused() -> None:
    with pytest.raises(ModelError, match="an earmark needs cap, column or both"):
        parse_model(MODEL.replace("cap = 400\n", "").replace('column = "administration"\n', ""))
