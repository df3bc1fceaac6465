"""The general route: any linear program through HiGHS, cold, and certified in numpy before it is believed.

Programs are scaled here by powers of two and solved with the solver's own scaling and presolve off, so the result does
not depend on what was solved before. A solution whose certificate fails is refined (Gleixner, Steffy & Wolter 2016: the
residuals are magnified into a new program and the correction added), then tried with another algorithm, then refused.
"Infeasible" and "unbounded" are not taken on trust either: each is the optimum of another certified program.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from bench.errors import CertificateError, InfeasibleError, SolverError
from bench.lp.equilibrated import Scaled, largest
from bench.lp.program import (
    NO_CERTIFICATE,
    TOLERANCE,
    Certificate,
    Program,
    Scaling,
    Solution,
    Status,
    certify,
    equilibrate,
)
from bench.lp.quiet import solver as quiet_solver
from bench.typing import FloatArray

#: Programs per block in :func:`solve_many`; fixed, so that the work is split the same way for any number of workers.
BLOCK = 32
#: Simplex iterations allowed besides a hundred per row and column.
_ITERATIONS = 10_000
#: Feasibility tolerance asked of the solver, in scaled measures: the smallest it takes.
_SOLVER_TOLERANCE = 1e-10
_REFINEMENTS = 4
#: Largest magnification of a residual in one refinement.
_MAGNIFY = 2.0**26
#: Above this share of a program's terms, the least violation of its rows proves that it has no solution.
_INFEASIBLE_ABOVE = 1e-8

_ATTEMPTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("dual", {"solver": "simplex", "simplex_strategy": 1}),
    ("primal", {"solver": "simplex", "simplex_strategy": 4}),
    ("ipm", {"solver": "ipm", "run_crossover": "on"}),
    ("presolve", {"solver": "simplex", "presolve": "on"}),
)


def solve(program: Program, *, label: str = "", allow: Collection[Status] = ()) -> Solution:
    """Solve one program and prove the result.

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
        With a certificate of at most 1e-9 in every part.

    Raises
    ------
    InfeasibleError
        No x satisfies the rows.
    SolverError
        The objective is unbounded.
    CertificateError
        No algorithm gave a solution that passes its own proof.

    Examples
    --------
    >>> program = Program.build(c=[1.0, 1.0], A=[[1.0, 2.0]], row_upper=[4.0], column_upper=3.0, maximise=True)
    >>> solve(program).objective
    3.5
    """
    if program.integer is not None and program.integer.any():
        return _solve_integer(program, label, allow)
    found, doubt, worst = _attempt(program)
    if found is not None:
        return found
    if doubt:
        verdict = _diagnose(program, label)
        if verdict != "optimal":
            return _without_optimum(program, verdict, label, allow)
    raise CertificateError(f"{_named(label)}no algorithm gave a solution that passes its own proof; residuals {worst}")


def _attempt(program: Program) -> tuple[Solution | None, bool, Certificate | None]:
    """Return a proven solution; else whether the solver doubts that there is an optimum, and the last residuals."""
    scaled = Scaled.of(program)
    worst, doubt = None, False
    for name, options in _ATTEMPTS:
        status, x, y = _run(scaled.program, options)
        if status == "optimal":
            solution = _proven(scaled, x, y, f"highs:{name}")
            if solution.certificate.worst <= TOLERANCE:
                return solution, False, None
            worst = solution.certificate
        elif status != "failed":
            doubt = True
            if name == "primal":
                break
    return None, doubt, worst


def _sure(program: Program, label: str) -> Solution:
    """Solve a program that is known to have an optimum."""
    found, _, worst = _attempt(program)
    if found is None:
        raise CertificateError(f"{_named(label)}neither an optimum nor its absence could be proven; residuals {worst}")
    return found


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


def _proven(scaled: Scaled, x: FloatArray, y: FloatArray, route: str) -> Solution:
    """Return the solution in its own measures, refined until its certificate passes or the rounds are used up."""
    best = _solution(scaled, x, y, route)
    for round_ in range(1, _REFINEMENTS + 1):
        if best.certificate.worst <= TOLERANCE:
            break
        x, y = _refine(scaled.program, x, y)
        better = _solution(scaled, x, y, f"{route}+{round_}")
        if better.certificate.worst < best.certificate.worst:
            best = better
    return best


def _solution(scaled: Scaled, x: FloatArray, y: FloatArray, route: str) -> Solution:
    program = scaled.original
    own_x, own_y = scaled.back(x, _carried(scaled.program, y))
    return Solution(
        objective=float(program.c @ own_x),
        x=own_x,
        duals=own_y,
        reduced_costs=program.c - program.A.T @ own_y,
        certificate=certify(program, own_x, own_y, scaled.scaling),
        route=route,
    )


def _carried(program: Program, y: FloatArray) -> FloatArray:
    """Duals without the rounding noise of a sign that the row's bounds cannot carry."""
    noise = (np.isneginf(program.row_lower) & (y > 0)) | (np.isposinf(program.row_upper) & (y < 0))
    return np.where(noise & (np.abs(y) <= 1e-12 * np.max(np.abs(y), initial=0.0)), 0.0, y)


def _refine(program: Program, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Solve for the correction of x and y with their residuals magnified.

    Each row's activity is a column of its own here (``A x - s = 0``), so that a slack row with a price is seen too.
    """
    columns = program.shape[1]
    activity = program.A.times(x)
    point = np.concatenate([x, np.clip(activity, program.row_lower, program.row_upper)])
    lower = np.concatenate([program.column_lower, program.row_lower])
    upper = np.concatenate([program.column_upper, program.row_upper])
    point = np.clip(point, lower, upper)
    lack = point[columns:] - program.A.times(point[:columns])
    price = np.concatenate([program.c - program.A.transposed_times(y), y])
    up = _magnification(float(np.max(np.abs(lack), initial=0.0)))
    cost_up = _magnification(float(np.max(_mispriced(point, lower, upper, price), initial=0.0)))
    correction = Program(
        maximise=False,
        c=price * cost_up,
        A=program.A.with_activities(),
        row_lower=lack * up,
        row_upper=lack * up,
        column_lower=(lower - point) * up,
        column_upper=(upper - point) * up,
    )
    status, step, dy = _run(correction, _ATTEMPTS[0][1])
    if status != "optimal":
        return x, y
    return point[:columns] + step[:columns] / up, y + dy / cost_up


def _magnification(residual: float) -> float:
    return min(_MAGNIFY, float(2.0 ** np.floor(-np.log2(max(residual, 1e-300)))))


def _mispriced(point: FloatArray, lower: FloatArray, upper: FloatArray, price: FloatArray) -> FloatArray:
    """Prices that a point could still gain from."""
    down = np.where(point > lower, np.maximum(price, 0.0), 0.0)
    up = np.where(point < upper, np.maximum(-price, 0.0), 0.0)
    return np.maximum(down, up)


def _diagnose(program: Program, label: str) -> Status:
    """Tell infeasible, unbounded and solvable apart by two programs that always have an optimum."""
    rows, columns = program.shape
    scaling = equilibrate(program)
    relax = np.hstack([_dense(program), np.diag(1 / scaling.rows), -np.diag(1 / scaling.rows)])
    elastic = Program.build(
        c=np.concatenate([np.zeros(columns), np.ones(2 * rows)]),
        A=relax,
        row_lower=program.row_lower,
        row_upper=program.row_upper,
        column_lower=np.concatenate([program.column_lower, np.zeros(2 * rows)]),
        column_upper=np.concatenate([program.column_upper, np.full(2 * rows, np.inf)]),
    )
    if (program.column_lower > program.column_upper).any():
        return "infeasible"
    lack = _sure(elastic, label)
    size = max(largest(program.row_lower * scaling.rows), largest(program.row_upper * scaling.rows))
    size = max(size, largest(program.column_lower / scaling.columns), largest(program.column_upper / scaling.columns))
    if lack.objective > _INFEASIBLE_ABOVE * size:
        return "infeasible"
    gain = _sure(_recession(program, scaling), label)
    terms = float(np.abs(program.c) @ np.abs(gain.x))
    return "unbounded" if abs(gain.objective) > _INFEASIBLE_ABOVE * terms else "optimal"


def _recession(program: Program, scaling: Scaling) -> Program:
    """Directions in which one can go for ever, cut off at one in equilibrated measures."""
    return replace(
        program,
        row_lower=np.where(np.isfinite(program.row_lower), 0.0, -np.inf),
        row_upper=np.where(np.isfinite(program.row_upper), 0.0, np.inf),
        column_lower=np.where(np.isfinite(program.column_lower), 0.0, -scaling.columns),
        column_upper=np.where(np.isfinite(program.column_upper), 0.0, scaling.columns),
        integer=None,
    )


def _dense(program: Program) -> FloatArray:
    return np.asarray(program.A.toarray() if hasattr(program.A, "toarray") else program.A)


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
    """Branch and bound; then the linear program at the whole numbers found, which gives the exact rest.

    The gap is measured against the solver's own bound: there is no dual vector that proves a whole-number optimum.
    """
    scaled = Scaled.of(program)
    status, x, bound = _run_integer(scaled.program)
    if status != "optimal":
        relaxed = solve(replace(program, integer=None), label=label, allow=("infeasible", "unbounded"))
        verdict: Status = "unbounded" if relaxed.status == "unbounded" else "infeasible"
        return _without_optimum(program, verdict, label, allow)
    assert program.integer is not None
    whole = np.where(program.integer, np.round(x), 0.0)
    fixed = replace(
        program,
        column_lower=np.where(program.integer, whole, program.column_lower),
        column_upper=np.where(program.integer, whole, program.column_upper),
        integer=None,
    )
    solution = solve(fixed, label=label)
    sign = -1.0 if program.maximise else 1.0
    best = sign * bound / scaled.cost_factor
    terms = float(np.abs(solution.duals) @ np.where(np.isfinite(program.row_lower), np.abs(program.row_lower), 0.0))
    size = max(abs(solution.objective), abs(best), float(np.abs(program.c) @ np.abs(solution.x)), terms)
    gap = abs(solution.objective - best) / size if size > 0 else 0.0
    certificate = replace(solution.certificate, gap=max(gap, solution.certificate.gap))
    if certificate.worst > TOLERANCE:
        raise CertificateError(f"{_named(label)}the whole-number solution fails its own proof; residuals {certificate}")
    return replace(solution, certificate=certificate, route="highs:integer")


def _run(program: Program, options: dict[str, Any]) -> tuple[str, FloatArray, FloatArray]:
    import highspy

    solver = _loaded(program, options)
    status = solver.getModelStatus()
    known = highspy.HighsModelStatus
    if status == known.kOptimal:
        found = solver.getSolution()
        return "optimal", np.array(found.col_value), np.array(found.row_dual)
    verdict = {known.kInfeasible: "infeasible", known.kUnbounded: "unbounded", known.kUnboundedOrInfeasible: "unclear"}
    return verdict.get(status, "failed"), np.zeros(0), np.zeros(0)


def _run_integer(program: Program) -> tuple[str, FloatArray, float]:
    import highspy

    options = {"mip_rel_gap": 0.0, "mip_abs_gap": 0.0, "mip_feasibility_tolerance": _SOLVER_TOLERANCE}
    solver = _loaded(program, {**options, "presolve": "on"})
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return "failed", np.zeros(0), float("nan")
    return "optimal", np.array(solver.getSolution().col_value), float(solver.getInfo().mip_dual_bound)


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
    return solver


def _named(label: str) -> str:
    return f"{label}: " if label else ""
