"""Linear programming with few rows, many common columns and many programs; it knows nothing about efficiency.

Two shapes of program are solved in batches by one compiled kernel. P holds the common columns p_1 … p_n, each of d
coordinates, and every program o has its own point b_o:

```text
maximise_ray:   max β              subject to  Pλ ≥ b_o + β g_o                          λ ≥ 0, β free
maximise_sum:   max w_o · (Pλ)     subject to  Pλ ≥ b_o + t r_o,  a_o · (Pλ) = 1         λ ≥ 0, t ≥ 0
```

Rows named in ``equality`` hold with equality; in :func:`maximise_sum`, rows not named in ``constrained`` are free and
only enter the objective, and the ray r_o and the normalisation a_o are optional. So one call covers

* scores and distances along a direction: ``maximise_ray(P, points, directions)``;
* most slack from a point (second stage, additive measures, slacks-based ones): ``maximise_sum(P, points, weights)``,
  where the slack sum is ``value − (weights * points).sum(1)``;
* least cost, most revenue or profit: coordinates −x (or +y) with their prices as weights and ``constrained`` leaving
  those rows out;
* fractional objectives after the Charnes-Cooper step: ``rays=points`` with zero ``points``, and ``normal``.

Arrays are (programs, coordinates); inputs enter as −x, outputs as +y, and a convexity row as a coordinate of ones.
Programs that exclude a column (``exclude``) and columns that only some programs need are ordinary. Every answer
is proven in numpy from the arrays passed in: enclosed to a share of 2e-10 of the score with every rounding counted, or
solved in whole numbers (:mod:`bench.lp.exact`), and ``route`` says so. Infeasible and unbounded programs are marked in
``status``.

:mod:`bench.lp.program` and :mod:`bench.lp.highs` solve any other linear program; :mod:`bench.lp.pulp_model`
writes it readably.

Examples
--------
One input and one output, constant returns: the second column needs twice the input of the first.

>>> import numpy as np
>>> from bench.lp import maximise_ray, maximise_sum
>>> P = np.array([[-2.0, 1.0], [-4.0, 1.0]])
>>> maximise_ray(P, points=P, directions=np.array([[2.0, 0.0], [4.0, 0.0]])).value
array([0. , 0.5])
>>> maximise_sum(P, points=P, weights=np.array([1.0, 0.0])).value
array([-2., -2.])
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

_PUBLIC = {
    "Batch": "bench.lp.batch",
    "maximise_ray": "bench.lp.rays",
    "maximise_ray_repeated": "bench.lp.repeated",
    "maximise_sum": "bench.lp.sums",
}

__all__ = ["Batch", "maximise_ray", "maximise_ray_repeated", "maximise_sum"]

if TYPE_CHECKING:
    from bench.lp.batch import Batch as Batch
    from bench.lp.rays import maximise_ray as maximise_ray
    from bench.lp.repeated import maximise_ray_repeated as maximise_ray_repeated
    from bench.lp.sums import maximise_sum as maximise_sum


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    if name in _PUBLIC:
        value = getattr(import_module(_PUBLIC[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'bench.lp' has no attribute {name!r}")
