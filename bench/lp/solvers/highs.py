"""The general route: any linear program, its best basis found by HiGHS and solved exactly before it is believed.

Programs are scaled by powers of two and given to the solver with its own scaling and presolve off, so the result does
not depend on what was solved before. Of its answer only the basis is taken: :mod:`bench.lp.solvers.rational` solves
and prices that in whole numbers, and pivots on where it is not the best one. So an optimum, an infeasible and an
unbounded program are proofs whatever the span of the numbers, and values are right to the last digit of a double.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from math import isfinite
from typing import Any

import numpy as np

from bench.errors import CertificateError, InfeasibleError, SolverError
from bench.lp.equilibrated import Scaled
from bench.lp.program import NO_CERTIFICATE, TOLERANCE, Program, Solution, Status, certify
from bench.lp.solvers.quiet import solver as quiet_solver
from bench.lp.solvers.rational import Exact, in_double, optimum, places
from bench.lp.solvers.whole import best_whole
from bench.typing import FloatArray

#: Programs per block in :func:`solve_many`; fixed, so that the work is split the same way for any number of workers.
BLOCK = 32
#: Simplex iterations allowed besides a hundred per row and column.
_ITERATIONS = 10_000
#: Feasibility tolerance asked of the solver, in scaled measures: the smallest it takes.
_SOLVER_TOLERANCE = 1e-10
#: Share of itself by which a row's bound may be missed through rounding alone.
_HAIR = 1e-12


def solve(program: Program, *, label: str = "", allow: Collection[Status] = ()) -> Solution:
    """Solve one program and prove the result.

    Numbers are taken as they are, to the last digit. Only where nothing satisfies all rows, bounds of rows are let down
    by a share of 1e-12 first: a right-hand side that was computed lies outside by as much.

    Parameters
    ----------
    program : Program
    label : str
        Whose program it is; named in errors.
    allow : collection of {"infeasible", "unbounded"}
        Outcomes to return as a solution without values instead of raising.

    Returns
    -------
    Solution
        The exact optimum, each number rounded once.

    Raises
    ------
    InfeasibleError
        No x satisfies the rows.
    SolverError
        The objective is unbounded.
    CertificateError
        A value of the optimum is no double, or the search for whole numbers came to no proof.

    Examples
    --------
    >>> program = Program.build(c=[1.0, 1.0], A=[[1.0, 2.0]], row_upper=[4.0], column_upper=3.0, maximise=True)
    >>> solve(program).objective
    3.5
    """
    if program.integer is not None and program.integer.any():
        return _solve_integer(program, label, allow)
    found = exact(program)
    if found.status == "infeasible":
        found = exact(_loosened(program))
    if found.status != "optimal":
        return _without_optimum(program, found.status, label, allow)
    return _rounded(program, found, label, "highs" if not found.pivots else f"highs+{found.pivots}")


def exact(program: Program) -> Exact:
    """Return the exact optimum of a program without whole-number columns, from the basis that the solver ends with."""
    scaled = Scaled.of(program)
    if not scaled.faithful:
        return optimum(program)
    return scaled.exactly_back(optimum(scaled.program, _basis(scaled.program)))


def optimal_face(program: Program, solution: Solution) -> Program:
    """Return a program whose solutions are the optimal ones of this program, all of them and no others.

    A row with a price holds at its bound in every optimum, and a column with a reduced cost stays at its own
    (complementary slackness); an optimum of which this is true needs no value of the objective, which no double may
    be, to say so. A second goal is put on the face by replacing ``c``.

    Parameters
    ----------
    program : Program
    solution : Solution
        Of :func:`solve`: prices that are zero only where they are.

    Examples
    --------
    >>> first = Program.build(c=[1.0, 1.0], A=[[1.0, 1.0]], row_lower=[2.0])
    >>> face = optimal_face(first, solve(first))
    >>> solve(replace(face, c=np.array([1.0, 0.0]), maximise=True)).objective
    2.0
    """
    sign = -1.0 if program.maximise else 1.0
    row, column = sign * solution.duals, sign * solution.reduced_costs
    return replace(
        program,
        row_lower=np.where(row < 0, program.row_upper, program.row_lower),
        row_upper=np.where(row > 0, program.row_lower, program.row_upper),
        column_lower=np.where(column < 0, program.column_upper, program.column_lower),
        column_upper=np.where(column > 0, program.column_lower, program.column_upper),
    )


def _loosened(program: Program) -> Program:
    """Return a program whose rows may be missed by a hair."""
    low, high = program.row_lower, program.row_upper
    with np.errstate(invalid="ignore"):
        return replace(
            program,
            row_lower=np.where(np.isfinite(low), low - _HAIR * np.abs(low), low),
            row_upper=np.where(np.isfinite(high), high + _HAIR * np.abs(high), high),
        )


def _rounded(program: Program, found: Exact, label: str, route: str) -> Solution:
    """Return an exact optimum as doubles, each number rounded once."""
    x, duals = _doubles(found.x), _doubles(found.duals)
    objective = in_double(found.value)
    if not (isfinite(objective) and np.isfinite(np.concatenate([x, duals, found.reduced])).all()):
        raise CertificateError(
            f"{_named(label)}the optimum or a price of it is larger than any double (1.8e308); measure the columns in "
            "other units, such as thousands"
        )
    certificate = replace(certify(program, x, duals), gap=0.0)
    if not certificate.worst <= TOLERANCE:
        raise CertificateError(
            f"{_named(label)}the exact optimum is lost in rounding to doubles, residuals {certificate}; measure the "
            "columns in other units, so that they are of like size"
        )
    return Solution(objective, x, duals, found.reduced, certificate, route)


def _doubles(values: Sequence[Fraction]) -> FloatArray:
    return np.array([in_double(value) if value else 0.0 for value in values], dtype=np.float64)


def solve_many(
    programs: Sequence[Program] | Callable[[int], Program],
    count: int | None = None,
    *,
    labels: Sequence[str] = (),
    allow: Collection[Status] = (),
    workers: int = 1,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[Solution]:
    """Solve many programs, each from scratch, in fixed blocks.

    Parameters
    ----------
    programs : sequence of Program, or callable from a position to a Program
        A callable builds each program when it is needed, so that they do not all lie in memory.
    count : int
        How many, when ``programs`` is a callable.
    labels : sequence of str
        Names for errors.
    allow : collection of {"infeasible", "unbounded"}
    workers : int
        Threads; the result has the same bytes for any number.
    progress : callable, optional
        Called with ``("solve", done, total)``.

    Returns
    -------
    list of Solution
        In the order of the programs.
    """
    total = len(programs) if not callable(programs) else int(count or 0)
    build = programs if callable(programs) else programs.__getitem__
    names = list(labels) if len(labels) else [str(k + 1) for k in range(total)]

    def block(start: int) -> list[Solution]:
        return [solve(build(k), label=names[k], allow=allow) for k in range(start, min(start + BLOCK, total))]

    starts = range(0, total, BLOCK)
    results: list[Solution] = []
    for part in _blocks(block, starts, workers):
        results.extend(part)
        if progress is not None:
            progress("solve", len(results), total)
    return results


def _blocks(block: Callable[[int], list[Solution]], starts: Sequence[int], workers: int) -> Iterable[list[Solution]]:
    if workers == 1 or len(starts) <= 1:
        yield from map(block, starts)
        return
    from joblib import Parallel, delayed

    yield from Parallel(n_jobs=workers, prefer="threads", return_as="generator")(delayed(block)(s) for s in starts)


def _without_optimum(program: Program, verdict: Status, label: str, allow: Collection[Status]) -> Solution:
    if verdict not in allow:
        if verdict == "infeasible":
            raise InfeasibleError(f"{_named(label)}the linear program has no feasible solution")
        raise SolverError(f"{_named(label)}the linear program is unbounded")
    rows, columns = program.shape
    return Solution(
        objective=float("nan"),
        x=np.full(columns, np.nan),
        duals=np.full(rows, np.nan),
        reduced_costs=np.full(columns, np.nan),
        certificate=NO_CERTIFICATE,
        route="highs",
        status=verdict,
    )


def _solve_integer(program: Program, label: str, allow: Collection[Status]) -> Solution:
    """Take the solver's whole numbers for a first answer; then search exactly for a better one until there is none."""
    scaled = Scaled.of(program)
    if scaled.faithful:
        best = best_whole(scaled.program, _basis, _run_integer(scaled.program), label)
    else:
        best = best_whole(program, lambda part: None, None, label)
    if best.status != "optimal":
        return _without_optimum(program, best.status, label, allow)
    found = scaled.exactly_back(best.found) if scaled.faithful else best.found
    whole, counted = np.array([float(value) for value in found.x]), np.asarray(program.integer)
    fixed = replace(
        program,
        column_lower=np.where(counted, whole, program.column_lower),
        column_upper=np.where(counted, whole, program.column_upper),
    )
    return _rounded(fixed, found, label, "highs:integer")


def _basis(program: Program) -> list[int] | None:
    """Return the basis with which the solver ends, whatever it says of it; ``None`` when it has none."""
    import highspy

    found = _loaded(program, {"solver": "simplex", "simplex_strategy": 1}).getBasis()
    return places(found.col_status, found.row_status, highspy.HighsBasisStatus) if found.valid else None


def _run_integer(program: Program) -> FloatArray | None:
    """Return the solver's best whole-number solution, as it is, ``None`` when it has none."""
    import highspy

    options = {"mip_rel_gap": 0.0, "mip_abs_gap": 0.0, "mip_feasibility_tolerance": _SOLVER_TOLERANCE}
    solver = _loaded(program, {**options, "presolve": "on"})
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return np.array(solver.getSolution().col_value)


def _loaded(program: Program, options: dict[str, Any]) -> Any:
    """Run a solver that knows nothing of earlier programs on a scaled one, and return it."""
    import highspy

    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = program.shape
    model.col_cost_, model.col_lower_, model.col_upper_ = program.c, program.column_lower, program.column_upper
    model.row_lower_, model.row_upper_ = program.row_lower, program.row_upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = program.A.start.astype(np.int32)
    model.a_matrix_.index_ = program.A.row.astype(np.int32)
    model.a_matrix_.value_ = program.A.values
    if program.integer is not None:
        kinds = highspy.HighsVarType
        model.integrality_ = [kinds.kInteger if whole else kinds.kContinuous for whole in program.integer]
    solver = quiet_solver()
    settings = {
        "output_flag": False,
        "threads": 1,
        "presolve": "off",
        "simplex_scale_strategy": 0,
        # A program that cycles comes to an end, always the same one, and is taken for failed.
        "simplex_iteration_limit": _ITERATIONS + 100 * sum(program.shape),
        "primal_feasibility_tolerance": _SOLVER_TOLERANCE,
        "dual_feasibility_tolerance": _SOLVER_TOLERANCE,
        **options,
    }
    for name, value in settings.items():
        solver.setOptionValue(name, value)
    solver.passModel(model)
    solver.run()
    if solver.getModelStatus() == highspy.HighsModelStatus.kNotset:
        # A process has one pool of threads for HiGHS, as large as its first user wanted: another size is refused.
        solver.setOptionValue("threads", 0)
        solver.run()
    return solver


def _named(label: str) -> str:
    return f"{label}: " if label else ""
