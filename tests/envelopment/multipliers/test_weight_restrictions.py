"""Weight restrictions: known answers, another solver, and what is refused."""

from __future__ import annotations

import pulp
import pytest
from pulp_oracle import data, theta

import bench
from bench.envelopment.multipliers.weight_restrictions import Bound, Ratio, Share, TradeOff, weight_restricted
from bench.errors import InfeasibleError, OptionError


def multipliers(X, Y, rts, k, side, extra):
    """The textbook multiplier program with whatever rows a test adds."""
    m, s = X.shape[1], Y.shape[1]
    problem = pulp.LpProblem("w", pulp.LpMaximize if side == "input" else pulp.LpMinimize)
    v = [problem.add_variable(f"v{i}", 0) for i in range(m)]
    u = [problem.add_variable(f"u{r}", 0) for r in range(s)]
    low, high = {"crs": (0, 0), "vrs": (None, None), "drs": (None, 0), "irs": (0, None)}[rts]
    free = problem.add_variable("u0", low, high)
    vx = [pulp.lpSum(X[j, i] * v[i] for i in range(m)) for j in range(len(X))]
    uy = [pulp.lpSum(Y[j, r] * u[r] for r in range(s)) for j in range(len(X))]
    for j in range(len(X)):
        problem += uy[j] + free <= vx[j]
    problem += (vx[k] if side == "input" else uy[k]) == 1
    for row in extra(v, u):
        problem += row
    problem.setObjective(uy[k] + free if side == "input" else vx[k] - free)
    problem.solve(pulp.HiGHS(msg=False, parallel="off"))
    return pulp.value(problem.objective)


CASES = {
    "region I": (
        [Ratio("y1", "y2", 0.5, 2.0), Ratio("x1", "x3", high=1.5)],
        lambda X, Y, k: lambda v, u: [u[0] >= 0.5 * u[1], u[0] <= 2 * u[1], v[0] <= 1.5 * v[2]],
    ),
    "region II": ([Ratio("y1", "x1", low=0.1)], lambda X, Y, k: lambda v, u: [u[0] >= 0.1 * v[0]]),
    "share": (
        [Share("y1", 0.3, 0.8), Share("x2", high=0.5)],
        lambda X, Y, k: (
            lambda v, u: [
                Y[k, 0] * u[0] >= 0.3 * (Y[k, 0] * u[0] + Y[k, 1] * u[1]),
                Y[k, 0] * u[0] <= 0.8 * (Y[k, 0] * u[0] + Y[k, 1] * u[1]),
                X[k, 1] * v[1] <= 0.5 * (X[k, 0] * v[0] + X[k, 1] * v[1] + X[k, 2] * v[2]),
            ]
        ),
    ),
    "bound": ([Bound("y2", low=0.01, high=0.2)], lambda X, Y, k: lambda v, u: [u[1] >= 0.01, u[1] <= 0.2]),
    "trade-off": ([TradeOff({"y1": -1.0, "y2": 0.5})], lambda X, Y, k: lambda v, u: [0.5 * u[1] - u[0] <= 0]),
}


@pytest.mark.parametrize("name", list(CASES))
@pytest.mark.parametrize("rts", ["crs", "vrs", "drs", "irs"])
@pytest.mark.parametrize("side", ["input", "output"])
def test_restrictions_are_pulps(name: str, rts: str, side: str) -> None:
    X, Y = data(8, n=6)
    restrictions, rows = CASES[name]
    found = weight_restricted(bench.Units.from_arrays(X, Y), restrictions=restrictions, rts=rts, orientation=side)
    for k in range(6):
        assert found["score"].iloc[k] == pytest.approx(multipliers(X, Y, rts, k, side, rows(X, Y, k)), rel=1e-7)


def test_restrictions_can_only_lower_efficiency_and_are_obeyed() -> None:
    X, Y = data(9, n=15)
    units = bench.Units.from_arrays(X, Y)
    free = weight_restricted(units, restrictions=[], rts="vrs")
    tight = weight_restricted(units, restrictions=[Ratio("y1", "y2", 0.9, 1.1)], rts="vrs")
    for k in range(15):
        assert free["score"].iloc[k] == pytest.approx(theta(X, Y, "vrs", X[k], Y[k]), rel=1e-8)
    assert (tight.efficiency <= free.efficiency + 1e-9).all()
    first, second = tight["weight y1"], tight["weight y2"]
    assert (second > 0).any()
    assert ((first >= 0.9 * second - 1e-9) & (first <= 1.1 * second + 1e-9)).all()


def test_contradictions_are_named() -> None:
    X, Y = data(9, n=5)
    units = bench.Units.from_arrays(X, Y, names=["Nord", "Sør", "Øst", "Vest", "Midt"])
    with pytest.raises(OptionError, match=r"contradict each other.*outputs"):
        weight_restricted(units, restrictions=[Ratio("y1", "y2", low=2.0), Ratio("y2", "y1", low=2.0)], rts="crs")
    with pytest.raises(OptionError, match="contradict each other at unit 'Nord'"):
        weight_restricted(units, restrictions=[Share("y1", low=0.7), Share("y2", low=0.7)], rts="crs")
    with pytest.raises(OptionError, match="'y1' contradict"):
        weight_restricted(units, restrictions=[Bound("y1", low=2.0), Bound("y1", high=1.0)], rts="crs")
    with pytest.raises(InfeasibleError, match="Nord"):
        weight_restricted(units, restrictions=[Bound("x1", low=100.0)], rts="crs")
    with pytest.raises(OptionError, match="every weight of the outputs zero"):
        weight_restricted(units, restrictions=[TradeOff({"y1": 1.0, "y2": 1.0})], rts="crs")
    for wrong in (Ratio("y1", "y2"), Ratio("y1", "y2", -1.0), Ratio("y1", "y2", 2.0, 1.0), Ratio("y1", "z", 1.0), "x"):
        with pytest.raises(OptionError):
            weight_restricted(units, restrictions=[wrong], rts="crs")  # type: ignore[list-item]


@pytest.mark.parametrize("restriction", [Ratio("y1", "y2", 0.5, 2.0), Share("y1", 0.2, 0.8), Bound("y1", high=0.3)])
@pytest.mark.parametrize(("rts", "side"), [("crs", "input"), ("vrs", "output"), ("irs", "input")])
def test_a_reference_limits_the_weights_and_the_units_may_pass_one(restriction, rts, side) -> None:
    """Measured against themselves by name or not is one; against the others alone nobody scores less."""
    X, Y = data(5, n=12)
    units = bench.Units.from_arrays(X, Y)
    options = {"restrictions": [restriction], "rts": rts, "orientation": side}
    whole = weight_restricted(units, **options)
    again = weight_restricted(units, reference=units, **options)
    assert again.efficiency.to_numpy() == pytest.approx(whole.efficiency.to_numpy(), abs=1e-8)
    some, others = units.take(range(4)), units.take(range(4, 12))
    try:
        found = weight_restricted(some, reference=others, **options)
    except InfeasibleError:
        return  # nobody among the others makes as much
    assert (found.efficiency.to_numpy() >= whole.efficiency.to_numpy()[:4] - 1e-8).all()
    doubled = weight_restricted(some, reference=bench.Units.from_arrays(2.0 * X[4:], Y[4:]), **options)
    if rts == "crs" and not isinstance(restriction, Bound):
        assert doubled.efficiency.to_numpy() == pytest.approx(2.0 * found.efficiency.to_numpy(), rel=1e-7)
