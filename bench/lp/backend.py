"""Which batched solver there is on this machine, and the way from its answers back to the caller's measures."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

import numpy as np

from bench.lp.batch import INFEASIBLE, OPTIMAL, UNBOUNDED, Batch
from bench.lp.scaling import Scaled, power_of_two
from bench.lp.task import Task
from bench.typing import FloatArray, IntArray, Progress

_log = logging.getLogger(__name__)

#: Codes in a basis: the variable β, and the program's own extra column.
_BETA, _EXTRA = -1, -1000


@cache
def compiled_engine() -> Any:
    """Return the module that drives the compiled kernel; ``None`` where there is none or it is switched off."""
    from bench.lp import boundary, engine

    try:
        boundary.kernel()
    except (ImportError, OSError) as missing:
        _log.warning("the compiled kernel is not available (%s); using batched numpy", missing)
        return None
    return engine


def run_backend(
    scaled: Scaled,
    task: Task,
    own: IntArray,
    *,
    reducible: bool,
    workers: int = 1,
    progress: Progress | None = None,
) -> Any:
    """Solve a batch by the compiled kernel, or by batched numpy where numba cannot be imported."""
    engine = compiled_engine()
    if engine is None:
        from bench.lp.solvers.lockstep import solve as solve_in_numpy

        return solve_in_numpy(scaled, task)
    return engine.solve(scaled, task, own, reducible=reducible, workers=workers, progress=progress)


def scaled_extra(scaled: Scaled, extra: FloatArray, rows: int) -> tuple[FloatArray, FloatArray]:
    """Return extra columns in the kernel's measures, padded, and the factor of each."""
    out = np.zeros((len(extra), scaled.size))
    out[:, :rows] = extra * scaled.row
    factor = power_of_two(np.abs(out).max(axis=1, initial=0.0))
    return out * factor[:, None], factor


def unscaled(scaled: Scaled, answers: Any, rows: int, task: Task | None = None) -> Batch:
    """Return the kernel's answers in the caller's measures; what is unsure is marked as unproven by NaN prices."""
    k, n = len(answers.value), len(scaled.column)
    basis, basic = _columns_first(answers.basis, answers.basic, rows)
    taken, codes = basis >= 0, basis
    factor = scaled.column.take(basis, mode="clip")
    if task is not None and task.extra_factor is not None:
        is_extra = basis == _EXTRA
        taken |= is_extra
        codes = np.where(is_extra, n, basis)
        factor = np.where(is_extra, task.extra_factor[:, None], factor)
    found, sure = answers.status == 0, answers.status != 2
    if not found.all():
        taken &= found[:, None]
    factor *= np.maximum(basic, 0.0)
    factor /= scaled.program[:, None]
    dual = answers.prices[:, :rows] * scaled.row
    dual *= scaled.program[:, None]
    dual[~sure] = np.nan
    value = np.where(found, answers.value + 0.0, np.nan)
    return Batch(
        value=value,
        column=np.where(taken, codes, -1),
        weight=np.where(taken, factor, 0.0),
        dual=dual,
        ray=value.copy(),
        status=np.where(found, OPTIMAL, np.where(sure, INFEASIBLE, UNBOUNDED)).astype(np.int8),
        route=np.zeros(k, dtype=np.int8),
        residual=np.full((k, 3), np.nan),
        tail=np.zeros(k),
        slip=answers.slip,
    )


def _columns_first(basis: IntArray, basic: FloatArray, rows: int) -> tuple[IntArray, FloatArray]:
    """Return codes and values of the basis without the places that hold no column, arrays (k, rows)."""
    if basis.shape[1] == rows + 1 and (basis[:, 0] == _BETA).all():
        return basis[:, 1:], basic[:, 1:]
    order = np.argsort((basis < 0) & (basis != _EXTRA), axis=1, kind="stable")[:, :rows]
    return np.take_along_axis(basis, order, 1), np.take_along_axis(basic, order, 1)
