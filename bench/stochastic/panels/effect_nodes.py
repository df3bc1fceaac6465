"""Quadrature over a unit's effect when its noise is small.

Each error must lie below the effect but for noise, so the integrand falls like a step, as wide as σv, at the unit's
largest error. Gauss-Hermite nodes do not see a step much narrower than inefficiency: panels of Gauss-Legendre
nodes are laid on both sides of it.
"""

from __future__ import annotations

import numpy as np

from bench.stochastic.likelihood.sfa_distributions import Distribution
from bench.stochastic.panels.groups import Groups
from bench.typing import FloatArray

#: ln(σv²/σu²) below which the step needs panels of its own (σv under 0.35 σu; Hermite is exact to 1e-8 above).
SMALL_NOISE = -2.1

#: Nodes in each panel, and how many σv the step reaches to either side.
COUNT, REACH = 20, 8.0

#: The same on the way to a maximum.
ROUGH_COUNT = 8


def has_step(law: Distribution, heads: list[FloatArray]) -> bool:
    """Whether the noise of some row is small beside its inefficiency; heads are e, v, u and m by row."""
    if law.free_of_scale:
        return False
    return bool(np.min(heads[1] - heads[2]) < SMALL_NOISE)


def step_panels(
    low: FloatArray, high: FloatArray, heads: list[FloatArray], part: Groups, own: float = 0.0, count: int = COUNT
) -> tuple[FloatArray, FloatArray]:
    """Return nodes and log weights (N, Q) on [low, high] with panels at each unit's step.

    Parameters
    ----------
    low, high : array (N,)
        Between them lies all of the integrand.
    heads : list of array (n,)
        e and v of the rows come first.
    part : Groups
        Rows of the N units.
    own : float
        Width of the effect's own step at zero (persistent inefficiency); zero when it has none.
    count : int
        Nodes in each panel.
    """
    top = np.maximum.reduceat(heads[0], part.starts)
    spread = np.exp(0.5 * np.maximum.reduceat(heads[1], part.starts))
    cuts = [top - REACH * spread, top, top + REACH * spread]
    far = np.maximum(cuts[-1], low)
    cuts.append(0.5 * (far + np.maximum(high, far)))
    if own > 0.0:
        cuts += [np.full_like(top, place * own) for place in (-6.0, 0.0, 7.0)]
    edges = np.sort(np.clip(np.column_stack([low, *cuts, high]), low[:, None], high[:, None]), axis=1)
    nodes, weights = np.polynomial.legendre.leggauss(count)
    half = 0.5 * np.diff(edges, axis=1)
    alpha = edges[:, :-1, None] + half[:, :, None] * (1.0 + nodes)
    log_weights = np.log(np.maximum(half, 1e-300))[:, :, None] + np.log(weights)
    return alpha.reshape(len(top), -1), log_weights.reshape(len(top), -1)
