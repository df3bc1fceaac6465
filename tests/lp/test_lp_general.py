"""The general route: exact optima, verdicts and the PuLP models."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_array

from bench.errors import CertificateError, InfeasibleError, SolverError
from bench.lp.program import TOLERANCE, Program, certify, equilibrate
from bench.lp.solvers import highs, rational
from bench.lp.solvers.highs import solve, solve_many
from bench.lp.solvers.pulp_model import safe_names, solve_pulp, solve_status, to_pulp, write_lp


def random_program(seed: int, *, bounded: bool = True, spread: float = 3.0) -> Program:
    rng = np.random.default_rng(seed)
    rows, columns = int(rng.integers(1, 10)), int(rng.integers(1, 25))
    A = rng.normal(size=(rows, columns)) * (rng.random((rows, columns)) < 0.7)
    A = A * 10.0 ** rng.uniform(-spread, spread, size=(rows, 1))
    inside = rng.random(columns) * (rng.random(columns) < 0.5)
    upper = A @ inside
    lower = np.where(rng.random(rows) < 0.3, upper, -np.inf)
    return Program.build(
        c=rng.normal(size=columns),
        A=A,
        row_lower=lower,
        row_upper=upper,
        column_upper=np.where(rng.random(columns) < 0.5, 5.0, 50.0 if bounded else np.inf),
        maximise=bool(rng.random() < 0.5),
    )


def whole_program(seed: int) -> Program:
    """A program whose rows hold exactly at some point: all numbers are whole ones of a few bits times powers of two."""
    rng = np.random.default_rng(seed)
    rows, columns = int(rng.integers(1, 10)), int(rng.integers(1, 25))
    A = np.round(16 * rng.normal(size=(rows, columns)) * (rng.random((rows, columns)) < 0.7))
    A = A * 2.0 ** np.round(rng.uniform(-10, 10, size=(rows, 1)))
    inside = np.round(8 * rng.random(columns) * (rng.random(columns) < 0.5)) / 8
    upper = A @ inside
    lower = np.where(rng.random(rows) < 0.3, upper, -np.inf)
    return Program.build(
        c=rng.normal(size=columns), A=A, row_lower=lower, row_upper=upper,
        column_lower=np.where(rng.random(columns) < 0.1, -np.inf, 0.0),
        column_upper=np.where(rng.random(columns) < 0.5, 5.0, 50.0 if seed % 2 else np.inf),
        maximise=bool(rng.random() < 0.5),
    )  # fmt: skip


def by_scipy(program: Program):
    equal = program.row_lower == program.row_upper
    return linprog(
        (-1 if program.maximise else 1) * program.c,
        A_ub=program.A[~equal],
        b_ub=program.row_upper[~equal],
        A_eq=program.A[equal],
        b_eq=program.row_upper[equal],
        bounds=np.column_stack([program.column_lower, program.column_upper]),
    )


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10**6))
def test_proven_optimum_is_scipys(seed: int) -> None:
    program = random_program(seed)
    solution = solve(program)
    assert solution.certificate.worst <= TOLERANCE
    expected = by_scipy(program)
    sign = -1 if program.maximise else 1
    assert solution.objective == pytest.approx(sign * expected.fun, rel=1e-7, abs=1e-7)
    np.testing.assert_allclose(solution.reduced_costs, program.c - program.A.T @ solution.duals, atol=1e-12)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6))
def test_verdict_is_scipys(seed: int) -> None:
    program = random_program(seed, bounded=False, spread=0.5)
    verdict = {0: "optimal", 2: "infeasible", 3: "unbounded"}
    assert solve(program, allow=("infeasible", "unbounded")).status == verdict[by_scipy(program).status]


def test_certificate_sees_each_kind_of_error() -> None:
    program = Program.build(c=[1.0, 1.0], A=[[1.0, 2.0]], row_upper=[4.0], column_upper=3.0, maximise=True)
    x, y = np.array([3.0, 0.5]), np.array([0.5])
    assert certify(program, x, y).worst == 0
    assert certify(program, np.array([3.0, 0.6]), y).primal > 1e-3
    assert certify(program, np.array([3.1, 0.45]), y).primal > 1e-3
    assert certify(program, x, np.array([-0.5])).dual > 1e-3
    assert certify(program, np.array([2.0, 1.0]), y).gap > 1e-3
    unbounded_above = Program.build(c=[1.0, 1.0], A=[[1.0, 2.0]], row_upper=[4.0], maximise=True)
    assert certify(unbounded_above, x, y).dual > 1e-3


def test_certificate_does_not_depend_on_measures() -> None:
    program = random_program(5)
    solution = solve(program)
    r, s = 2.0 ** np.arange(program.shape[0]), 2.0 ** -np.arange(program.shape[1], dtype=float)
    other = Program.build(
        c=program.c * s,
        A=program.A * r[:, None] * s,
        row_lower=program.row_lower * r,
        row_upper=program.row_upper * r,
        column_upper=program.column_upper / s,
        maximise=program.maximise,
    )
    wrong = solution.x * 1.01
    assert certify(other, wrong / s, solution.duals / r).primal == pytest.approx(
        certify(program, wrong, solution.duals).primal, rel=1e-9
    )


def test_columns_from_1e_minus_6_to_1e9() -> None:
    rng = np.random.default_rng(3)
    measure = 10.0 ** np.linspace(-6, 9, 8)
    X = (rng.random((60, 8)) + 0.1) * measure
    for k in range(20):
        A = np.vstack([np.hstack([X[k][:, None], -X.T]), np.r_[0.0, np.ones(60)]])
        program = Program.build(c=np.r_[1.0, np.zeros(60)], A=A, row_lower=np.r_[np.zeros(8), 1.0])
        plain = Program.build(
            c=np.r_[1.0, np.zeros(60)],
            A=np.vstack([A[:8] / measure[:, None], A[8]]),
            row_lower=np.r_[np.zeros(8), 1.0],
        )
        assert solve(program).objective == pytest.approx(solve(plain).objective, rel=1e-10)


@pytest.mark.parametrize("seed", range(12))
def test_any_basis_ends_at_the_exact_optimum(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A solver that ends anywhere, or nowhere, costs pivots and changes nothing."""
    program = random_program(seed)
    right = solve(program)
    rng = np.random.default_rng(seed)
    monkeypatch.setattr(highs, "_basis", lambda p: rng.integers(0, 4, sum(p.shape)).tolist())
    anywhere = solve(program)
    monkeypatch.setattr(highs, "_basis", lambda p: None)
    assert solve(program).objective == anywhere.objective == right.objective
    monkeypatch.setattr(highs, "_basis", lambda p: [rational.LOWER] * p.shape[1] + [rational.BASIC] * p.shape[0])
    cold = solve(program)
    assert cold.objective == right.objective
    assert cold.route != "highs"


@pytest.mark.parametrize("seed", range(40))
def test_optimum_proves_itself_in_fractions(seed: int) -> None:
    """Primal and dual values are equal as fractions, and every row, bound and price holds to the last digit."""
    program = whole_program(seed)
    found = rational.optimum(program)
    if found.status != "optimal":
        assert by_scipy(program).status == {"infeasible": 2, "unbounded": 3}[found.status]
        return
    sign = -1 if program.maximise else 1
    A = [[Fraction(value) for value in row] for row in program.A.tolist()]
    activity = [sum((a * x for a, x in zip(row, found.x, strict=True)), Fraction(0)) for row in A]
    bound = Fraction(0)
    prices = [Fraction(value) for value in program.c.tolist()]
    for j, price in enumerate(prices):
        prices[j] = price - sum((row[j] * y for row, y in zip(A, found.duals, strict=True)), Fraction(0))
        assert found.reduced[j] == pytest.approx(float(prices[j]), rel=1e-9)
    for price, value, low, high in (
        *zip(prices, found.x, program.column_lower.tolist(), program.column_upper.tolist(), strict=True),
        *zip(found.duals, activity, program.row_lower.tolist(), program.row_upper.tolist(), strict=True),
    ):
        assert low == -np.inf or value >= Fraction(low)
        assert high == np.inf or value <= Fraction(high)
        if price:
            bound += price * Fraction(low if sign * price > 0 else high)
    assert bound == found.value == sum((Fraction(c) * x for c, x in zip(program.c.tolist(), found.x, strict=True)))


def test_pivots_come_to_an_end_where_simplex_rules_cycle() -> None:
    """Beale's example (1955), on which the rule of the largest gain goes round for ever."""
    program = Program.build(
        c=[-0.75, 150.0, -0.02, 6.0],
        A=[[0.25, -60.0, -0.04, 9.0], [0.5, -90.0, -0.02, 3.0], [0.0, 0.0, 1.0, 0.0]],
        row_upper=[0.0, 0.0, 1.0],
    )
    assert float(rational.optimum(program).value) == pytest.approx(-0.05, rel=1e-15)


def test_what_rounding_puts_outside_by_a_hair_is_inside() -> None:
    """0.1 + 0.2 is 0.30000000000000004: no x of at most 0.3 reaches it, but for a share of 1e-12."""
    near = Program.build(c=[1.0], A=[[1.0]], row_lower=[0.1 + 0.2], column_upper=0.3)
    far = Program.build(c=[1.0], A=[[1.0]], row_lower=[0.3 + 1e-9], column_upper=0.3)
    assert solve(near).objective == pytest.approx(0.3, rel=2e-12)
    assert solve(far, allow=("infeasible",)).status == "infeasible"


def test_a_value_that_is_no_double_is_refused_by_name() -> None:
    program = Program.build(c=[1e300], A=[[1e-300]], row_lower=[1e300])
    with pytest.raises(CertificateError, match=r"Nordre.*other units"):
        solve(program, label="Nordre")


def test_infeasible_and_unbounded_are_told_apart() -> None:
    infeasible = Program.build(c=[1.0], A=[[1.0]], row_upper=[-1.0])
    unbounded = Program.build(c=[1.0], A=[[-1.0]], row_upper=[0.0], maximise=True)
    both = Program.build(c=[1.0, 0.0], A=[[0.0, 1.0]], row_upper=[-1.0], maximise=True)
    with pytest.raises(InfeasibleError, match="Østre"):
        solve(infeasible, label="Østre")
    with pytest.raises(SolverError, match="unbounded"):
        solve(unbounded)
    assert solve(both, allow=("infeasible",)).status == "infeasible"
    assert np.isnan(solve(unbounded, allow=("unbounded",)).objective)


def test_sparse_and_dense_agree_to_the_bit() -> None:
    program = random_program(21)
    sparse = Program.build(
        c=program.c,
        A=csr_array(program.A),
        row_lower=program.row_lower,
        row_upper=program.row_upper,
        column_upper=program.column_upper,
        maximise=program.maximise,
    )
    np.testing.assert_array_equal(solve(program).x, solve(sparse).x)


def test_same_bytes_for_any_number_of_workers() -> None:
    programs = [random_program(seed) for seed in range(80)]
    one, two = solve_many(programs), solve_many(programs, workers=2)
    assert all(
        a.x.tobytes() == b.x.tobytes() and a.duals.tobytes() == b.duals.tobytes() for a, b in zip(one, two, strict=True)
    )


def test_progress_and_labels() -> None:
    seen = []
    programs = [random_program(seed) for seed in range(40)]
    solve_many(programs.__getitem__, 40, progress=lambda *step: seen.append(step))
    assert seen == [("solve", 32, 40), ("solve", 40, 40)]
    with pytest.raises(InfeasibleError, match="B: "):
        solve_many([programs[0], Program.build(c=[1.0], A=[[1.0]], row_upper=[-1.0])], labels=["A", "B"])


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6))
def test_whole_numbers_agree_with_pulp(seed: int) -> None:
    rng = np.random.default_rng(seed)
    columns = int(rng.integers(2, 7))
    weight = rng.integers(1, 20, size=(2, columns)).astype(float)
    program = Program.build(
        c=rng.integers(1, 20, size=columns).astype(float),
        A=weight,
        row_upper=rng.integers(20, 60, size=2),
        maximise=True,
        integer=np.arange(columns) < columns - 1,
    )
    solution = solve(program)
    assert solution.certificate.worst <= TOLERANCE
    # CBC takes a number within 1e-6 of a whole one for whole, and its objective is off by as much.
    assert solution.objective == pytest.approx(solve_pulp(program).objective, rel=1e-6)
    assert (solution.x[:-1] == np.round(solution.x[:-1])).all()


def test_scaling_is_powers_of_two() -> None:
    scaling = equilibrate(random_program(7))
    assert (np.mod(np.log2(np.r_[scaling.rows, scaling.columns]), 1) == 0).all()


def test_shapes_are_checked() -> None:
    with pytest.raises(ValueError, match="columns"):
        Program.build(c=[1.0, 2.0], A=[[1.0]])
    with pytest.raises(ValueError, match="finite"):
        Program.build(c=[1.0], A=[[np.nan]])


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6))
def test_pulp_is_the_same_program(seed: int) -> None:
    program = random_program(seed)
    assert solve_pulp(program).objective == pytest.approx(solve(program).objective, rel=1e-8, abs=1e-8)


def test_pulp_verdicts() -> None:
    assert solve_pulp(Program.build(c=[1.0], A=[[1.0]], row_upper=[-1.0])).status == "infeasible"
    assert solve_pulp(Program.build(c=[-1.0], A=[[-1.0]], row_upper=[0.0])).status == "unbounded"


@pytest.mark.parametrize("before", [0, 1, 3])
def test_whoever_used_the_solver_before_with_other_threads(before: int) -> None:
    """HiGHS refuses another number of threads than its first user in the process chose: no route asks for one."""
    code = (
        "import highspy, numpy as np\n"
        "from bench.lp.program import Program\n"
        "from bench.lp.solvers import highs, pulp_model\n"
        "first = highspy.Highs()\n"
        "first.setOptionValue('output_flag', False)\n"
        f"first.setOptionValue('threads', {before})\n"
        "first.addVar(0.0, 1.0)\n"
        "first.run()\n"
        "program = Program.build(c=[1.0], A=[[2.0]], row_upper=[4.0], maximise=True)\n"
        "print(pulp_model.solve_pulp(program).objective, highs.solve(program).route)\n"
        "whole = Program.build(c=[3.0, 2.0], A=[[2.0, 1.0]], row_upper=[3.5], maximise=True, integer=[True, True])\n"
        "found = highs._run_integer(highs.Scaled.of(whole).program)\n"
        "print(pulp_model.solve_pulp(whole).objective, highs.solve(whole).x.tolist(), found is not None)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[-3:-1] == ["2.0 highs", "6.0 [0.0, 3.0] True"]


def test_pulp_four_status_object_is_understood() -> None:
    import enum
    from types import SimpleNamespace

    kinds = enum.Enum("LpSolveStatus", ["OPTIMAL", "INFEASIBLE", "UNBOUNDED", "TIME_LIMIT"])
    assert solve_status(SimpleNamespace(status=kinds.INFEASIBLE)) == "infeasible"
    with pytest.raises(SolverError, match="TIME_LIMIT"):
        solve_status(SimpleNamespace(status=kinds.TIME_LIMIT))


def test_lp_file_reads_back(tmp_path) -> None:
    import highspy

    program = Program.build(
        c=[1.0, 1.0],
        A=[[1.0, 2.0], [1.0, -1.0]],
        row_upper=[4.0, 1.0],
        row_lower=[-np.inf, -1.0],
        maximise=True,
        row_names=["årsverk", "forskjell i bruk"],
        column_names=["Sør-Fron", "Nord Øst"],
    )
    path = write_lp(program, tmp_path / "unit.lp")
    text = path.read_text()
    assert "Soer_Fron" in text
    assert "forskjell_i_bruk_low" in text
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.readModel(str(path))
    solver.run()
    assert solver.getInfo().objective_function_value == pytest.approx(solve(program).objective)


def test_names_are_distinct_and_safe() -> None:
    names = safe_names(["Å", "aa", "aa", "", "3.5", "x y", "x-y"], 7, "c")
    assert len({name.lower() for name in names}) == 7
    assert all(name[0].isalpha() and name.replace("_", "").isalnum() for name in names)
    assert len(to_pulp(random_program(1)).variables()) >= 1
