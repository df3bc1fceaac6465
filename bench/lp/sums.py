"""Batches of ``max w·(Pλ), Pλ ≥ b``: slacks, additive measures, least cost, most revenue."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bench.lp.batch import HIGHS, OPTIMAL, Batch, Progress, label_of, mask, matrix, positions
from bench.lp.certificate import dual_residual, primal_residual, relative, sign_residual, used_columns
from bench.lp.general import solve_sum


def maximise_sum(
    columns: npt.ArrayLike,
    points: npt.ArrayLike,
    weights: npt.ArrayLike,
    *,
    constrained: npt.ArrayLike | None = None,
    equality: npt.ArrayLike | None = None,
    rays: npt.ArrayLike | None = None,
    normal: npt.ArrayLike | None = None,
    exclude: npt.ArrayLike | None = None,
    labels: Sequence[str] = (),
    workers: int = 1,
    progress: Progress | None = None,
) -> Batch:
    """Solve ``max w_o·(Pλ) subject to Pλ ≥ b_o + t r_o, a_o·(Pλ) = 1, λ ≥ 0, t ≥ 0`` for many programs.

    Parameters
    ----------
    columns : array (n, d)
        The common columns, one per row.
    points : array (k, d)
        b of each program.
    weights : array (k, d) or (d,)
        w of each program.
    constrained : array (d,) of bool, optional
        Rows with a constraint; the others enter the objective and the normalisation only. All by default.
    equality : array (d,) of bool, optional
        Constrained rows that hold with equality.
    rays : array (k, d) or (d,), optional
        r; without it there is no t.
    normal : array (k, d) or (d,), optional
        a; without it there is no normalisation.
    exclude : array (k,) of int, optional
        Column that this program may not use, −1 for none.
    labels, workers, progress
        As in :func:`maximise_ray`.

    Returns
    -------
    Batch
        ``value`` is the objective, ``ray`` is t (NaN without ``rays``), ``dual`` the prices of the constrained rows.

    Raises
    ------
    CertificateError
        When no solver gives an answer that passes its own proof; the message names the program.

    Examples
    --------
    The cheapest way to make at least 1 when the first coordinate is −x and costs 3 a piece:

    >>> maximise_sum([[-2.0, 1.0], [-4.0, 1.0]], [[0.0, 1.0]], [3.0, 0.0], constrained=[False, True]).value
    array([-6.])
    """
    P = matrix(columns, None, "columns")
    d = P.shape[1]
    b = matrix(points, d, "points")
    k = len(b)
    w = matrix(weights, d, "weights", rows=k)
    kept = mask(constrained, d, True, "constrained")
    fixed = mask(equality, d, False, "equality") & kept
    r = None if rays is None else matrix(rays, d, "rays", rows=k)
    a = None if normal is None else matrix(normal, d, "normal", rows=k)
    left_out = positions(exclude, k, len(P), "exclude")
    batch = Batch.empty(k, d, d + 2)
    zero = np.zeros(d)
    for program in range(k):
        answer = solve_sum(
            P, b[program], w[program], kept, fixed, None if r is None else r[program],
            None if a is None else a[program], int(left_out[program]), label_of(labels, program),
        )  # fmt: skip
        batch.status[program], batch.route[program] = answer.status, HIGHS
        batch.value[program], batch.ray[program] = answer.value, answer.ray
        if answer.status != OPTIMAL or answer.column is None or answer.dual is None or answer.weight is None:
            continue
        width = min(len(answer.column), d + 2)
        batch.column[program, :width] = answer.column[:width]
        batch.weight[program, :width] = answer.weight[:width]
        batch.dual[program] = answer.dual
        free = np.where(kept, batch.dual[program], 0.0)
        along = np.nan_to_num(answer.ray)
        direction = zero if r is None else r[program]
        scale = -float(free @ b[program])
        price = w[program] + free
        if a is not None:
            # The normalisation's own price is what is left of the objective: value = −q·b + price of the normalisation.
            price = price - (answer.value - scale) * a[program]
        gap = (
            answer.value - scale if a is None else float(w[program] @ (answer.weight @ P[answer.column])) - answer.value
        )
        batch.residual[program] = (
            primal_residual(
                used_columns(np.where(kept, P, 0.0), batch.column[program : program + 1]), np.where(kept, b[program : program + 1], 0.0), np.where(kept, direction, 0.0)[None],
                np.array([along]), batch.weight[program : program + 1], fixed,
            )[0],
            max(
                dual_residual(price[None], P, left_out[program : program + 1])[0],
                sign_residual(free[None], fixed | ~kept)[0],
            ),
            relative(np.array([gap]), np.array([answer.value, scale]))[0],
        )  # fmt: skip
    if progress is not None:
        progress("solve", k, k)
    return batch.freeze()
