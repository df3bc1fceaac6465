"""Users treated alike or apart, coverage by service, and what need that is not met does at another level: by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stykkpris.forward_data import scheme_of

import bench
from bench.pipeline.outlook.forward import compare
from bench.stykkpris.scheme_data import scheme_data
from bench.stykkpris.simulation import Outlook, simulate
from bench.stykkpris.simulation.behaviour import behaviour_of
from bench.stykkpris.simulation.delivered import delivered_of

STILL = Outlook.certain()
#: A and B share 150 equally; A needs 100, B 50, each at a krone.
GRANT = {
    "scheme.all.price.source": "none",
    "scheme.all.block.kind": "lump-sum",
    "scheme.all.block.total": 150.0,
    "scheme.all.settlement.keep_surplus": 1.0,
    "scheme.all.settlement.carry_deficit": 1.0,
    "indexation.deflator": 0.0,
}


def played(behaviour, outlook=STILL, years=(2025,), **values):
    model, units = scheme_of([100.0, 50.0], [100.0, 50.0], **(GRANT | values))
    return simulate(model, units, years=years, seed=1, behaviour=behaviour, outlook=outlook)


def of(result, frame: str, **where) -> float:
    found = result.frame(frame)
    for column, value in where.items():
        found = found[found[column] == value]
    assert len(found) == 1
    return float(found["mean"].iloc[0])


# -- users ---------------------------------------------------------------------------------------------------------


def test_who_rations_treats_its_users_apart() -> None:
    """A's grant leaves a quarter uncovered and it cuts 0.4 of that: its users get 90 of 100, B's all of 50."""
    result = played({"rationing": 0.4})
    assert of(result, "coverage", measure="coverage") == pytest.approx(140.0 / 150.0)
    spread = np.sqrt((2 / 3) * (1 / 3)) * 0.1  # two groups 0.1 apart, with two and one third of the users
    assert of(result, "coverage", measure="user_spread") == pytest.approx(spread)
    assert of(result, "schemes", measure="unmet_need") == pytest.approx(10.0 / 150.0)


def test_quality_counts_in_what_users_get_and_not_in_what_is_met() -> None:
    """A cuts a fifth of its gap of a quarter out of quality: all need is met, at 95 per cent of the quality."""
    result = played({"quality_cut": 0.2, "quality_floor": 0.5})
    assert of(result, "coverage", measure="coverage") == 1.0
    spread = np.sqrt((2 / 3) * (1 / 3)) * 0.05
    assert of(result, "coverage", measure="user_spread") == pytest.approx(spread)


def test_the_criteria_tell_a_price_from_a_grant() -> None:
    """A price follows A's users, so nobody is cut: criteria are measured in the same simulated years."""
    model, units = scheme_of([100.0, 50.0], [100.0, 50.0], **GRANT)
    price = model.with_values({"scheme.all.price.source": "previous", "scheme.all.block.kind": "none"})
    price = price.with_values({"scheme.all.price.start": "contemporaneous"})
    found = compare([model, price], units, years=[2025], draws=2, behaviour={"rationing": 0.4}, outlook=STILL)
    apart, least = (found.values[key] for key in ("users_apart", "least_covered"))
    assert [float(np.mean(v)) for v in apart] == pytest.approx([np.sqrt(2.0) / 30.0, 0.0])
    assert [float(np.mean(v)) for v in least] == pytest.approx([140.0 / 150.0, 1.0])
    assert np.isnan(found.values["other_level"]).all()  # nothing is assumed to move, so nothing is told


def test_more_than_needed_for_some_meets_nobody_elses_need() -> None:
    """A price that falls draws orders beyond need: no unmet need, and no criterion outside its range."""
    model, units = scheme_of([100.0, 50.0], [100.0, 50.0], **{"scheme.all.price.source": "average-cost"})
    values = {"scheme.all.price.start": "stated", "scheme.all.price.start_level": 1.5, "indexation.deflator": 0.0}
    found = compare([model.with_values(values)], units, years=range(2025, 2028), draws=2, outlook=STILL,
                    behaviour={"demand_elasticity": 1.0})  # fmt: skip
    for key, expected in (("unmet_need", 0.0), ("least_covered", 1.0), ("users_apart", 0.0)):
        assert float(np.mean(found.values[key][0])) == pytest.approx(expected)


@settings(max_examples=60, deadline=None)
@given(
    share=st.lists(st.floats(0.0, 1.0), min_size=2, max_size=12),
    need=st.lists(st.floats(1e-3, 1e6), min_size=12, max_size=12),
)
def test_the_spread_of_what_users_get_is_at_most_one_half(share, need) -> None:
    """Popoviciu: a number between 0 and 1 has a standard deviation of at most one half, whatever the weights."""
    from bench.stykkpris.simulation.result import user_spread

    weights = np.array(need[: len(share)])
    paths = {"needed": weights[None, None], "served": (weights * share)[None, None], "quality": np.ones(len(share))}
    found = float(user_spread(paths)[0, 0])
    mean = np.average(share, weights=weights)
    assert found == pytest.approx(np.sqrt(np.average((np.array(share) - mean) ** 2, weights=weights)), abs=1e-12)
    assert 0.0 <= found <= 0.5 + 1e-12


PERFORMED = """
[meta]
name = "performed"
title = { nb = "Utført", en = "Performed" }
[data]
id = "unit"
period = "year"
cost = "cost"
[indexation]
source = "values"
deflator = 0.0
[rounding]
price = "none"
amount = "none"
[[scheme]]
id = "s"
label = { nb = "Hjemmetjenesten", en = "Home services" }
[scheme.price]
source = "average-cost"
[scheme.volume]
basis = "performed"
[[scheme.service]]
id = "help"
allocated = "help_decided"
performed = "help_done"
label = { nb = "Praktisk bistand", en = "Practical help" }
measure = { nb = "time", en = "hour" }
weight = 1.0
[scheme.settlement]
keep_surplus = 1.0
carry_deficit = 1.0
"""


def test_what_users_got_of_what_was_decided_is_measured_in_the_accounts(tmp_path: Path) -> None:
    """300 of 400 hours in A, 600 of 600 in B: nine tenths in all, and users 0.1225 apart."""
    frame = pd.DataFrame(
        [("A", 2023, 90.0, 400, 300), ("B", 2023, 110.0, 600, 600), ("A", 2024, 90.0, 400, 300),
         ("B", 2024, 110.0, 600, 600)],
        columns=["unit", "year", "cost", "help_decided", "help_done"],
    )  # fmt: skip
    path, model = tmp_path / "accounts.csv", tmp_path / "model.toml"
    frame.to_csv(path, sep=";", index=False)
    model.write_text(PERFORMED, encoding="utf-8")
    found = bench.advise(path, model, systems=["cost-refund"], draws=2, years=range(2025, 2027))
    (row,) = found.frames()["users"].to_dict("records")
    assert (row["decided"], row["delivered"]) == (1000.0, 900.0)
    assert [row[key] for key in ("share", "lowest", "highest")] == [0.9, 0.75, 1.0]
    assert row["spread"] == pytest.approx(np.sqrt(0.4 * 0.15**2 + 0.6 * 0.1**2))
    assert "Practical help" in found.summary("en")
    assert "90.0" in found.summary("en")
    # Paid for what is decided, the same file does not say what was done; the advice says so.
    other = bench.load_model(model).with_values({"scheme.s.volume.basis": "allocated"})
    (silent,) = delivered_of(scheme_data(other, bench.Units.from_frame(frame, **other.read_options()))[0])
    assert silent.how == "unknown"
    assert np.isnan(silent.share)


# -- levels --------------------------------------------------------------------------------------------------------


def test_need_that_is_not_met_is_another_levels_cost_and_half_of_it_comes_back() -> None:
    """The year after, A needs what came back beside its own; played by hand next to the engine."""
    spill, back, ration, ratio = 0.5, 0.4, 0.4, 2.0
    result = played(
        {"rationing": ration, "spillover": spill, "comes_back": back},
        Outlook.certain(other_level_cost=ratio),
        years=range(2025, 2029),
    )
    again = 0.0
    for year in result.years:
        need = 100.0 + again
        unmet = need * ration * max(1.0 - 75.0 / need, 0.0)
        spent = spill * ratio * unmet
        assert of(result, "payer", year=year, measure="other_level") == pytest.approx(spent)
        assert of(result, "payer", year=year, measure="both_levels") == pytest.approx(150.0 + spent)
        assert of(result, "schemes", year=year, measure="unmet_need") == pytest.approx(unmet / (need + 50.0))
        again = spill * back * unmet
    assert again > 0.0


def test_total_responsibility_pays_for_what_it_moves_and_a_third_party_does_not() -> None:
    """The letter's two ends: the holder pays all of the other level's cost, or nothing; both levels pay the same."""
    ways = {}
    for share in (0.0, 0.2, 1.0):
        result = played({"rationing": 0.4, "spillover": 1.0}, **{"purchaser.copayment": share})
        assert of(result, "payer", measure="copayment") == pytest.approx(share * 10.0)
        ways[share] = of(result, "payer", measure="both_levels")
        if share:
            assert of(result, "payer", measure="net_expenditure") == pytest.approx(150.0 + share * 10.0)
    assert set(np.round(list(ways.values()), 9)) == {160.0}


def test_a_purchaser_who_pays_the_other_level_takes_less_back() -> None:
    """Where it pays half of what spills over at the same cost, a krone saved is half a krone: half as much is cut."""
    cuts = {}
    for share in (0.0, 0.5, 1.0):
        model, units = scheme_of([100.0], **{"purchaser.copayment": share})
        result = simulate(model, units, years=[2025], seed=1, outlook=Outlook.certain(demand_growth=0.1),
                          behaviour={"budget_hold": 0.5, "spillover": 1.0})  # fmt: skip
        cuts[share] = of(result, "schemes", measure="unmet_need")
    assert cuts[0.0] == pytest.approx(0.5 * 0.1 / 1.1)
    assert cuts[0.5] == pytest.approx(0.5 * cuts[0.0])
    assert cuts[1.0] == 0.0


def test_earlier_discharge_is_growth_of_need_here() -> None:
    result = played({"discharge": 0.03, "rationing": 0.0}, years=range(2025, 2028))
    need = result.schemes[0]["need"][0, :, 0]
    assert need.tolist() == pytest.approx([150.0 * 1.03**t for t in (1, 2, 3)])


def test_a_preset_lets_need_move_between_levels_and_says_that_its_numbers_are_assumed() -> None:
    """``levels`` is ``assumed`` and three numbers more, those the guide names."""
    found, base = (behaviour_of(name).active() for name in ("levels", "assumed"))
    moved = {"spillover": 0.2, "comes_back": 0.3, "discharge": 0.005}
    assert found == base | moved
    result = played("levels", Outlook.certain(), years=range(2025, 2028))
    assert of(result, "payer", year=2025, measure="other_level") > 0.0
    table = result.frame("assumptions").set_index("key")
    for name, value in moved.items():
        assert table.loc[f"behaviour.{name}", "value"] == value
        assert table.loc[f"behaviour.{name}", "status"] == "assumed"
