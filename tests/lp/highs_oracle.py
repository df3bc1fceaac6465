"""One program of a batch through HiGHS: what the kernel and the whole numbers are compared with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.errors import SolverError
from bench.lp.batch import INFEASIBLE, OPTIMAL, UNBOUNDED
from bench.lp.program import Program
from bench.lp.solvers import highs
from bench.typing import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """One program's answer: the fields of :class:`bench.lp.Batch` without the leading dimension."""

    status: int
    value: float = np.nan
    column: IntArray | None = None
    weight: FloatArray | None = None
    dual: FloatArray | None = None
    ray: float = np.nan


def solve_ray(
    columns: FloatArray, point: FloatArray, direction: FloatArray, equality: BoolArray, exclude: int, label: str
) -> Answer:
    """Solve ``max β, Pλ ≥ b + βg`` from scratch; raises with the label when nothing can be proven."""
    kept = np.arange(len(columns)) if exclude < 0 else np.delete(np.arange(len(columns)), exclude)
    program = Program.build(
        c=np.append(np.zeros(len(kept)), 1.0),
        A=np.vstack([columns[kept], -direction]).T,
        row_lower=point,
        row_upper=np.where(equality, point, np.inf),
        column_lower=np.append(np.zeros(len(kept)), -np.inf),
        maximise=True,
    )
    found = highs.solve(program, label=label, allow=("infeasible", "unbounded"))
    if found.status == "infeasible":
        return Answer(INFEASIBLE)
    if found.status == "unbounded":
        return Answer(UNBOUNDED)
    weights = found.x[:-1]
    used = np.flatnonzero(weights > 0)
    return Answer(OPTIMAL, float(found.x[-1]), kept[used], weights[used], -found.duals, float(found.x[-1]))


def solve_sum(
    columns: FloatArray,
    point: FloatArray,
    weights: FloatArray,
    constrained: BoolArray,
    equality: BoolArray,
    ray: FloatArray | None,
    normal: FloatArray | None,
    exclude: int,
    label: str,
) -> Answer:
    """Solve ``max w·(Pλ), Pλ ≥ b + t r, a·(Pλ) = 1`` from scratch; raises with the label when nothing can be proven."""
    kept = np.arange(len(columns)) if exclude < 0 else np.delete(np.arange(len(columns)), exclude)
    extra = 0 if ray is None else 1
    rows = [columns[kept][:, constrained].T]
    if ray is not None:
        rows = [np.hstack([rows[0], -ray[constrained][:, None]])]
    lower, upper = point[constrained], np.where(equality, point, np.inf)[constrained]
    if normal is not None:
        rows.append(np.append(columns[kept] @ normal, np.zeros(extra))[None, :])
        lower, upper = np.append(lower, 1.0), np.append(upper, 1.0)
    program = Program.build(
        c=np.append(columns[kept] @ weights, np.zeros(extra)),
        A=np.vstack(rows),
        row_lower=lower,
        row_upper=upper,
        maximise=True,
    )
    found = highs.solve(program, label=label, allow=("infeasible", "unbounded"))
    if found.status == "infeasible":
        return Answer(INFEASIBLE)
    if found.status == "unbounded":
        return Answer(UNBOUNDED)
    if not found.optimal:
        raise SolverError(f"{label}: HiGHS ended without an answer ({found.status})")
    levels = found.x[: len(kept)]
    used = np.flatnonzero(levels > 0)
    dual = np.zeros(len(point))
    dual[constrained] = -found.duals[: int(constrained.sum())]
    along = float(found.x[-1]) if extra else np.nan
    return Answer(OPTIMAL, float(found.objective), kept[used], levels[used], dual, along)
