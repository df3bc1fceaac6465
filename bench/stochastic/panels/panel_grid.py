"""Where searches of panels start: corrected least squares over variance shares."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from bench.stochastic.likelihood import starts
from bench.stochastic.likelihood.standardised import Standardised
from bench.typing import FloatArray

#: Newton decrement of a nested model that only serves as a start.
NESTED = 1e-5


def grid(model: Standardised, likelihood: Any, heads: tuple[int, ...]) -> list[tuple[str, FloatArray]]:
    """Corrected least squares over shares and seeds, best two by log-likelihood."""
    found = []
    lift = -model.sign * model.standards[0].design.mean(axis=0)
    law = model.distribution
    for seed in law.seeds:
        for share in (0.1, 0.3, 0.6, 0.85):
            v, u, m, mean = starts.moment_point(law, share, seed)
            theta = np.zeros(likelihood.size)
            theta[likelihood.slices[0]] = model.ols.beta - lift * mean
            for head, value, design in zip(heads[1:], (v, u, m), [s.design for s in model.standards[1:]], strict=False):
                part = likelihood.slices[head]
                if part.stop > part.start:
                    theta[part] = design[:, : part.stop - part.start].mean(axis=0) * value
            found.append((f"grid, Var(u) share {share:g}, seed {seed:g}", theta, likelihood.value(theta)))
    ordered = sorted(found, key=lambda item: -item[2] if np.isfinite(item[2]) else math.inf)
    return [(label, theta) for label, theta, _ in ordered[: 2 if len(law.seeds) == 1 else 3]]
