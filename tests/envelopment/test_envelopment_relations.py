"""Audit programs, cross-efficiency, ladder, mergers, networks, groups, capacity."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pulp
import pytest
from pulp_oracle import Model, data, phi, theta

import bench
from bench.envelopment.economic.mergers import merger_gains
from bench.envelopment.measures.capacity_use import capacity_use
from bench.envelopment.measures.efficiency_ladder import efficiency_ladder
from bench.envelopment.measures.metafrontier import metafrontier
from bench.envelopment.multipliers.audit_lp import unit_program, write_unit_lp
from bench.envelopment.multipliers.cross_efficiency import cross_efficiency
from bench.envelopment.networks.two_stage import two_stage
from bench.errors import DataError, OptionError
from bench.lp.highs import solve
from bench.lp.pulp_model import solve_pulp

RTS = ["crs", "vrs", "drs", "irs", "fdh", "add"]


@pytest.mark.parametrize("rts", RTS)
@pytest.mark.parametrize("side", ["input", "output"])
def test_audit_program_gives_the_score(rts: str, side: str) -> None:
    X, Y = data(1, n=6)
    units = bench.Units.from_arrays(X, Y, names=["Nord", "Sør", "Øst", "Vest", "Midt by", "3"])
    for k, unit in enumerate(units.names):
        program = unit_program(units, unit, rts=rts, orientation=side)
        expected = (theta if side == "input" else phi)(X, Y, rts, X[k], Y[k])
        assert solve(program).objective == pytest.approx(expected, rel=1e-8)
        assert solve_pulp(program).objective == pytest.approx(expected, rel=1e-8)


def test_audit_file_is_readable_and_solvable_elsewhere(tmp_path) -> None:
    import highspy

    X, Y = data(1, n=6)
    units = bench.Units.from_arrays(X, Y, names=["Nord", "Sør", "Øst", "Vest", "Midt by", "3"])
    path = write_unit_lp(units, "Øst", tmp_path / "ost.lp", rts="irs", orientation="input", super_efficiency=True)
    text = path.read_text()
    assert "sum_of_intensities" in text
    assert "Midt_by" in text
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.readModel(str(path))
    solver.run()
    assert solver.getInfo().objective_function_value == pytest.approx(theta(X, Y, "irs", X[2], Y[2], skip=2), rel=1e-7)
    with pytest.raises(OptionError, match="Øst"):
        unit_program(units, "Øs", rts="vrs", orientation="input")


@pytest.mark.parametrize("goal", ["aggressive", "benevolent"])
def test_cross_efficiency_weights_are_pulps(goal: str) -> None:
    X, Y = data(2, n=9)
    found = cross_efficiency(bench.Units.from_arrays(X, Y), goal=goal).values
    for d in range(9):
        own = theta(X, Y, "crs", X[d], Y[d])
        assert found.own[d] == pytest.approx(own, rel=1e-8)
        problem = pulp.LpProblem("d", pulp.LpMaximize if goal == "benevolent" else pulp.LpMinimize)
        v = [problem.add_variable(f"v{i}", 0) for i in range(3)]
        u = [problem.add_variable(f"u{r}", 0) for r in range(2)]

        def worth(w, values):
            return pulp.lpSum(float(value) * weight for value, weight in zip(values, w, strict=True))

        for j in range(9):
            problem += worth(u, Y[j]) <= worth(v, X[j])
        problem += worth(u, Y[d]) == own * worth(v, X[d])
        problem += worth(v, X.sum(0) - X[d]) == 1
        problem.setObjective(worth(u, Y.sum(0) - Y[d]))
        problem.solve(pulp.HiGHS(msg=False, threads=1))
        assert found.u[d] @ (Y.sum(0) - Y[d]) == pytest.approx(pulp.value(problem.objective), rel=1e-6)
        np.testing.assert_allclose(found.matrix[d], (Y @ found.u[d]) / (X @ found.v[d]), rtol=1e-7)


def test_cross_efficiency_is_bounded_and_ordered() -> None:
    X, Y = data(3, n=15)
    units = bench.Units.from_arrays(X, Y)
    harsh, kind = cross_efficiency(units), cross_efficiency(units, goal="benevolent")
    for found in (harsh, kind):
        assert (found.values.matrix <= 1 + 1e-9).all()
        assert (found.efficiency <= found["own"] + 1e-9).all()
        assert (found["maverick"] >= -1e-9).all()
    assert harsh.efficiency.mean() < kind.efficiency.mean()
    with pytest.raises(DataError, match="two units"):
        cross_efficiency(bench.Units.from_arrays([[1.0]], [[1.0]]))


@pytest.mark.parametrize("side", ["input", "output"])
def test_ladder_by_trying_every_peer(side: str) -> None:
    X, Y = data(4, n=12)
    units = bench.Units.from_arrays(X, Y)
    one = theta if side == "input" else phi
    worst = int(np.argmin([theta(X, Y, "vrs", X[k], Y[k]) for k in range(12)]))
    found = efficiency_ladder(units, units.names[worst], rts="vrs", orientation=side)
    left = list(range(12))
    for score, name in zip(found["score"], found["removed"], strict=True):
        assert score == pytest.approx(one(X[left], Y[left], "vrs", X[worst], Y[worst]), rel=1e-8)
        gone = units.names.index(name)
        if gone != worst:
            trials = {
                j: one(X[rest], Y[rest], "vrs", X[worst], Y[worst])
                for j in left
                if j != worst
                for rest in [[i for i in left if i != j]]
            }
            best = max(trials.values()) if side == "input" else min(trials.values())
            assert trials[gone] == pytest.approx(best, rel=1e-8)
        left.remove(gone)
    assert found.efficiency.iloc[-1] == pytest.approx(1)
    assert found.efficiency.is_monotonic_increasing


def test_reference_ladder(public, expected) -> None:
    """R Benchmarking 0.33, ``eladder(k, X, Y, RTS, "in")``: every step's score at 1e-8 relative."""
    table = expected("eladder")
    for (name, call, rts), part in table.groupby(["dataset", "call", "rts"]):
        row = int(call.removeprefix("eladder(").removesuffix(")")) - 1
        units = public[name]
        found = efficiency_ladder(units, units.names[row], rts=rts)
        wide = part.pivot(index="unit", columns="quantity", values="value").astype(float)
        wide = wide.loc[[f"step{k + 1}" for k in range(len(wide))]]
        np.testing.assert_allclose(found["score"], wide["eff"], rtol=1e-8)
        removed = [units.names.index(unit) + 1 for unit in found["removed"]]
        assert removed == wide["peer_row"].astype(int).tolist()


@pytest.mark.parametrize("side", ["input", "output"])
def test_merger_parts(side: str) -> None:
    X, Y = data(5, n=12)
    units = bench.Units.from_arrays(X, Y)
    one = theta if side == "input" else phi
    found = merger_gains(units, {"a": ["1", "2"], "b": ["3", "4", "5"]}, rts="crs", orientation=side)
    for merger, group in (("a", [0, 1]), ("b", [2, 3, 4])):
        row = found.frame.loc[merger]
        own = [one(X, Y, "crs", X[k], Y[k]) for k in group]
        x, y = X[group].sum(0), Y[group].sum(0)
        lx = (X[group].T * own).sum(1) if side == "input" else x
        ly = y if side == "input" else (Y[group].T * own).sum(1)
        assert row["overall"] == pytest.approx(one(X, Y, "crs", x, y), rel=1e-8)
        assert row["corrected"] == pytest.approx(one(X, Y, "crs", lx, ly), rel=1e-8)
        assert row["harmony"] == pytest.approx(one(X, Y, "crs", lx / len(group), ly / len(group)), rel=1e-8)
        assert row["size"] == pytest.approx(1, rel=1e-8)
        assert row["overall"] == pytest.approx(row["learning"] * row["harmony"] * row["size"])


def test_merger_beyond_all_is_marked() -> None:
    units = bench.Units.from_arrays(*data(5, n=6))
    found = merger_gains(units, {"alle": units.names}, rts="vrs")
    assert found.issues[0].unit == "alle"
    with pytest.raises(OptionError, match="two different"):
        merger_gains(units, {"a": ["1", "1"]}, rts="vrs")
    with pytest.raises(OptionError, match="no unit"):
        merger_gains(units, {"a": ["1", "x"]}, rts="vrs")


def test_two_stage_is_pulps() -> None:
    """Kao & Hwang 2008, multiplier program as printed."""
    rng = np.random.default_rng(6)
    X, Z, Y = rng.uniform(1, 9, (10, 2)), rng.uniform(1, 9, (10, 2)), rng.uniform(1, 9, (10, 2))
    table = pd.DataFrame(np.hstack([X, Z, Y]), columns=["x1", "x2", "z1", "z2", "y1", "y2"])
    table.insert(0, "unit", [str(k) for k in range(10)])
    units = bench.Units.from_frame(table, id="unit", inputs=["x1", "x2"], outputs=["y1", "y2"], extra=["z1", "z2"])
    found = two_stage(units, intermediate=["z1", "z2"])

    def program(k, *, stage=None, score=None):
        problem = pulp.LpProblem("k", pulp.LpMinimize if stage == "low" else pulp.LpMaximize)
        v, w, u = ([problem.add_variable(f"{name}{i}", 0) for i in range(2)] for name in "vwu")

        def worth(weights, values):
            return pulp.lpSum(float(values[i]) * weights[i] for i in range(2))

        for j in range(10):
            problem += worth(w, Z[j]) <= worth(v, X[j])
            problem += worth(u, Y[j]) <= worth(w, Z[j])
        problem += worth(v, X[k]) == 1
        if stage:
            problem += worth(u, Y[k]) >= score * (1 - 1e-10)
        problem.setObjective(worth(w, Z[k]) if stage else worth(u, Y[k]))
        problem.solve(pulp.HiGHS(msg=False, threads=1))
        return pulp.value(problem.objective)

    for k in range(10):
        score = program(k)
        assert found.efficiency.iloc[k] == pytest.approx(score, rel=1e-7)
        assert found["first_low"].iloc[k] == pytest.approx(program(k, stage="low", score=score), rel=1e-5)
        assert found["first_high"].iloc[k] == pytest.approx(program(k, stage="high", score=score), rel=1e-5)
        assert found["first_alone"].iloc[k] == pytest.approx(theta(X, Z, "crs", X[k], Z[k]), rel=1e-8)
    assert (found["first_high"] <= found["first_alone"] + 1e-8).all()
    np.testing.assert_allclose(found["first_high"] * found["second_low"], found.efficiency, rtol=1e-9)
    with pytest.raises(OptionError, match="extra"):
        two_stage(units, intermediate=["y1"])


@pytest.mark.parametrize("rts", ["crs", "vrs", "fdh"])
def test_metafrontier(rts: str) -> None:
    X, Y = data(7, n=12)
    group = np.array(["a"] * 5 + ["b"] * 7)
    found = metafrontier(bench.Units.from_arrays(X, Y), group=group.tolist(), rts=rts)
    for k in range(12):
        own = group == group[k]
        assert found.efficiency.iloc[k] == pytest.approx(theta(X, Y, rts, X[k], Y[k]), rel=1e-8)
        assert found["group_efficiency"].iloc[k] == pytest.approx(theta(X[own], Y[own], rts, X[k], Y[k]), rel=1e-8)
    assert (found["technology_gap"] <= 1 + 1e-9).all()
    with pytest.raises(DataError, match="one name per row"):
        metafrontier(bench.Units.from_arrays(X, Y), group=["a"], rts="vrs")


def test_capacity_is_pulps() -> None:
    X, Y = data(8, n=10)
    found = capacity_use(bench.Units.from_arrays(X, Y), fixed=["x1", "x3"], rts="vrs")
    for k in range(10):
        model = Model(X, Y, "vrs", maximise=True)
        factor = model.var("phi")
        for i in (0, 2):
            model.add(model.input(i) <= X[k, i])
        for r in range(2):
            model.add(model.output(r) >= Y[k, r] * factor)
        whole = model.solve(1.0 * factor)
        assert found["capacity_factor"].iloc[k] == pytest.approx(whole, rel=1e-8)
        assert found["capacity_use"].iloc[k] == pytest.approx(phi(X, Y, "vrs", X[k], Y[k]) / whole, rel=1e-8)
    assert list(found.frame.columns)[-1] == "at capacity x2"
    with pytest.raises(OptionError, match="fixed"):
        capacity_use(bench.Units.from_arrays(X, Y), fixed=["y1"], rts="vrs")
