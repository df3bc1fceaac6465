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
