"""Error of a decision in NOK: by hand, and on the made-up scheme whose truth is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bench
from bench import resources
from bench.errors import OptionError
from bench.norms.known_truth import DecisionError, decision_error, dominated


def test_by_hand():
    """A is efficient and asked for 5; B could give 40 and is asked for 30; C could give 10 and is asked for 25."""
    found = decision_error(np.array([100.0, 200.0, 50.0]), np.array([1.0, 0.8, 0.8]), np.array([5.0, 30.0, 25.0]))
    assert found == DecisionError(1, 60.0, 5.0, pytest.approx(5.0 + 15.0), pytest.approx(50.0), pytest.approx(10.0))
    with pytest.raises(OptionError, match="at most 1"):
        decision_error(np.ones(1), np.array([1.2]), np.zeros(1))


def test_a_choice_is_dominated_when_another_errs_less_both_ways():
    one = decision_error(np.array([100.0, 100.0]), np.array([1.0, 0.5]), np.array([10.0, 20.0]))
    both = decision_error(np.array([100.0, 100.0]), np.array([1.0, 0.5]), np.array([5.0, 30.0]))
    softer = decision_error(np.array([100.0, 100.0]), np.array([1.0, 0.5]), np.array([5.0, 10.0]))
    errors = {"one": one, "both": both, "softer": softer}
    assert dominated(errors, "one") == ["both"]
    assert dominated(errors, "both") == []
    assert dominated(errors, "softer") == ["both"]


@pytest.fixture(scope="module")
def flagship():
    return bench.run("stykkpris-malestokk")


def test_the_run_says_what_its_requirement_costs_in_error(flagship):
    """The frame against the truth in the data set's own file, worked out again with pandas."""
    truth = pd.read_csv(resources.dataset("malestokk").path("fasit"), sep=";", decimal=",")
    frame = flagship.requirements
    base = int(frame["base_year"].iloc[0])
    known = truth[truth["aar"] == base].set_index("enhet")["effektivitet"]
    kept = frame.assign(left=1.0 - frame["individual"]).groupby("unit")["left"].prod()
    cost = frame.groupby("unit")["base_cost"].first()
    asked = (1.0 - kept) * cost
    row = flagship.decision_error.iloc[0]
    assert row["base_year"] == base
    assert row["efficient"] == (known > 0.999).sum() == 9
    assert row["required_of_efficient"] == pytest.approx(asked[known[asked.index] > 0.999].sum())
    potential = (1.0 - known[cost.index]) * cost
    assert row["potential"] == pytest.approx(potential.sum())
    assert row["not_required"] == pytest.approx((potential - asked).clip(lower=0).sum())
    assert row["required"] == pytest.approx(asked.sum())
    page = "".join(body.decode() for _, path, body in flagship.files("nb") if path.endswith(".html"))
    assert "Kravets feil i kroner" in page


def test_the_shipped_default_is_not_dominated(flagship):
    """Evidence and the share that is asked for, one step to each side: none errs less in both directions."""
    model = bench.load_model("stykkpris-malestokk")
    errors = {"shipped": flagship.decision_error}
    for name, values in {
        "plain": {"requirement.evidence": "plain"},
        "all of it": {"requirement.individual_share": 0.9},
        "a quarter": {"requirement.individual_share": 0.25},
    }.items():
        errors[name] = bench.run(model.with_values(values)).decision_error
    found = {
        name: DecisionError(*(frame.iloc[0][part] for part in DecisionError.__slots__))
        for name, frame in errors.items()
    }
    assert dominated(found, "shipped") == []
    assert found["plain"].required_of_efficient > found["shipped"].required_of_efficient
    assert found["a quarter"].not_required > found["shipped"].not_required > found["all of it"].not_required


@pytest.fixture(scope="module")
def truth() -> pd.Series:
    frame = pd.read_csv(resources.dataset("malestokk").path("fasit"), sep=";", decimal=",")
    return frame[frame["aar"] == 2023].set_index("enhet")["effektivitet"]


def _by_hand(run, truth, theta, scores):
    """Both errors of one choice from scores, with pandas: half of the gap, all of it paid less by volume."""
    rows = run.efficiency[run.efficiency["year"] == 2023].set_index("unit")
    norms = run.norms[run.norms["year"] == 2023].set_index("unit")
    cost = norms["cost"]
    score = scores(rows)
    norm = cost * score  # a unit that the others alone measure keeps its lead over them
    base = np.minimum(np.maximum(1.0 - norm / cost, 0.0), 0.3)
    volume = run.units.frame.query("aar == 2023").set_index("enhet").loc[cost.index]
    weighted = volume["timer"] + 0.28 * volume["besok"] + 4.1 * volume["dogn"]
    asked = ((1 - theta) * (0.5 * base * cost).sum() + theta * (cost - norm).sum()) * weighted / weighted.sum()
    known = truth[cost.index]
    return asked[known > 0.999].sum(), ((1 - known) * cost - asked).clip(lower=0).sum()


@pytest.mark.parametrize(
    ("combination", "scores"),
    [
        ("max", lambda rows: rows[["efficiency_dea", "efficiency_sfa"]].max(axis=1)),
        ("mean", lambda rows: rows[["efficiency_dea", "efficiency_sfa"]].mean(axis=1)),
        ("min", lambda rows: rows[["efficiency_dea", "efficiency_sfa"]].min(axis=1)),
    ],
)
@pytest.mark.parametrize("theta", [0.0, 0.3333, 1.0])
def test_the_trade_off_is_worked_out_from_the_truth(flagship, truth, combination, scores, theta):
    frame = flagship.decision_tradeoff
    row = frame[(frame["combination"] == combination) & (frame["evidence"] == "plain")]
    row = row[row["frontier_share"] == theta].iloc[0]
    efficient, untaken = _by_hand(flagship, truth, theta, scores)
    assert row["required_of_efficient"] == pytest.approx(efficient, rel=1e-9)
    assert row["not_required"] == pytest.approx(untaken, rel=1e-9)


def test_no_share_evidence_or_combination_beats_the_shipped_choice_both_ways(flagship):
    """What a price takes is taken of everybody by volume, so a choice that asks efficient units for less takes less."""
    frame = flagship.decision_tradeoff
    assert len(frame) == 3 * 2 * 3
    shipped = frame[frame["stated"]]
    assert shipped[["combination", "evidence", "frontier_share"]].to_numpy().tolist() == [["mean", "interval", 0.3333]]
    assert (shipped["dominated_by"] == "").all()
    soft, harsh = (frame.set_index(["combination", "evidence", "frontier_share"]).loc[key] for key in (
        ("max", "interval", 0.0), ("min", "plain", 1.0)))  # fmt: skip
    assert soft["required_of_efficient"] == frame["required_of_efficient"].min()
    assert harsh["not_required"] == frame["not_required"].min()
    page = "".join(body.decode() for _, path, body in flagship.files("en") if path.endswith(".html"))
    assert "both errors of every choice" in page.lower()


def test_where_each_unit_is_asked_for_its_own_a_share_in_the_price_is_beaten(flagship):
    """A share of the frontier in a price for all hits the efficient too: the table says what beats it."""
    model = bench.load_model("stykkpris-malestokk").with_values({"requirement.feeds": "unit-price"})
    frame = bench.run(model).decision_tradeoff
    shipped = frame[frame["stated"]].iloc[0]
    assert "min, plain, 0" in shipped["dominated_by"]
    better = frame.query("combination == 'min' and evidence == 'plain' and frontier_share == 0").iloc[0]
    assert better["required_of_efficient"] < shipped["required_of_efficient"]
    assert better["not_required"] < shipped["not_required"]
