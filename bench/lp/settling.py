"""From a batch that was solved in doubles to one that is proven: what is doubtful is solved in whole numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite

import numpy as np

from bench.errors import CertificateError
from bench.lp.batch import EXACT, INFEASIBLE, OPTIMAL, UNBOUNDED, Batch, label_of
from bench.lp.solvers.exact import Optimum, with_tail
from bench.typing import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """An exact optimum as a batch holds it: prices and what the ray's variable is besides the optimum itself."""

    found: Optimum
    ray: Fraction
    prices: Sequence[Fraction]
    weights: Mapping[int, Fraction]


_STATUS = {"optimal": OPTIMAL, "infeasible": INFEASIBLE, "unbounded": UNBOUNDED}


def settle(
    batch: Batch,
    certify: Callable[[IntArray | None], tuple[FloatArray, IntArray]],
    solve: Callable[[int], Answer],
    labels: Sequence[str],
) -> Batch:
    """Prove a batch, solve exactly what is not proven, and return the batch read-only.

    Parameters
    ----------
    batch : Batch
    certify : callable (rows) -> (residual, doubtful)
        Proves these programs of the batch as it stands, all of them for ``None``.
    solve : callable (program) -> Answer
        Solves one program in whole numbers.
    labels : sequence of str

    Raises
    ------
    CertificateError
        When an optimum is no double; the message names the program.
    """
    batch.residual[:], doubtful = certify(None)
    if len(doubtful):
        for program in doubtful.tolist():
            _write(solve(program), batch, program, labels)
        batch.residual[doubtful], _ = certify(doubtful)
    return batch.freeze()


def _write(answer: Answer, batch: Batch, program: int, labels: Sequence[str]) -> None:
    """Put an exact answer, rounded once, in the place of one program of a batch."""
    found = answer.found
    batch.status[program], batch.route[program] = _STATUS[found.status], EXACT
    for name in ("value", "ray", "dual"):
        getattr(batch, name)[program] = np.nan
    batch.column[program], batch.weight[program], batch.tail[program] = -1, 0.0, 0.0
    if found.status != "optimal":
        return
    value, tail = with_tail(found.value)
    weights = {column: with_tail(weight)[0] for column, weight in sorted(answer.weights.items())}
    prices = [with_tail(price)[0] for price in answer.prices]
    if not all(map(isfinite, (value, *weights.values(), *prices))):
        raise CertificateError(
            f"{label_of(labels, program)}: the optimum, an intensity or a price is larger than any double (1.8e308); "
            "measure the columns in other units, such as thousands"
        )
    batch.value[program], batch.ray[program] = value, with_tail(answer.ray)[0]
    batch.tail[program], batch.slip[program] = tail, 0.0
    batch.column[program, : len(weights)] = list(weights)
    batch.weight[program, : len(weights)] = list(weights.values())
    batch.dual[program] = prices
