"""The note on cost drivers: what each candidate says of cost beside the others, and what it adds to the comparison.

A driver that moves with the others says little of its own and takes much of the frontier's power to tell units apart:
its inflation factor is high, and leaving it out loses little. How many drivers a sample can carry is a rule of thumb
(Cooper, Seiford & Tone 2007, *Data Envelopment Analysis*, p. 116): units ≥ max(m·s, 3(m + s)).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from bench.envelopment.core.technology import Technology
from bench.typing import FloatArray

#: A score that moves by less has not moved.
_MOVED = 0.01


def cost_drivers(
    X: FloatArray, Y: FloatArray, names: Sequence[str], candidates: Sequence[bool], rts: str
) -> pd.DataFrame:
    """Return one row per candidate driver.

    Parameters
    ----------
    X : array (n, m)
        Inputs; cost is their sum where there are several.
    Y : array (n, s)
        Drivers: outputs of the frontier, and candidates that are none.
    names : sequence of str, length s
    candidates : sequence of bool, length s
        Which of them the frontier does not use.
    rts : str
        Returns of the frontier they are tried in.

    Returns
    -------
    DataFrame
        ``driver, used, correlation`` (with cost), ``inflation`` (1/(1 − R²) on the other drivers, by least squares),
        ``alone`` (share of the variance of cost it explains by itself), ``adds`` (share that is lost without it, of
        those used beside it), ``score_adds`` (rise of the mean score by having it), ``moved`` (units whose score it
        moves by a point or more), ``units, needed`` (units, and the least the rule asks for with it in use).

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> days, noise = rng.uniform(1, 9, 40), rng.uniform(1, 9, 40)
    >>> both = np.stack([days, noise], axis=1)
    >>> found = cost_drivers(3 * days[:, None], both, ["days", "noise"], [False, True], "crs")
    >>> found["adds"].round(6).tolist()
    [1.0, 0.0]
    """
    cost = X.sum(axis=1)
    n, free = len(cost), np.asarray(candidates, dtype=bool)
    base = np.flatnonzero(~free)
    rows = []
    for at, name in enumerate(names):
        beside = np.array([k for k in base if k != at], dtype=np.int64)
        whole = np.append(beside, at)
        with_it, without = _scores(X, Y[:, whole], rts), _scores(X, Y[:, beside], rts)
        others = np.array([k for k in range(len(names)) if k != at], dtype=np.int64)
        explained = _explained(Y[:, at], Y[:, others])
        rise = with_it - without
        m, s = X.shape[1], len(whole)
        rows.append(
            {
                "driver": name,
                "used": not free[at],
                "correlation": _correlation(Y[:, at], cost),
                "inflation": np.inf if explained >= 1.0 - 1e-12 else 1.0 / (1.0 - explained),
                "alone": _explained(cost, Y[:, [at]]),
                "adds": _explained(cost, Y[:, whole]) - _explained(cost, Y[:, beside]),
                "score_adds": float(np.nanmean(rise)) if np.isfinite(rise).any() else np.nan,
                "moved": int((np.abs(np.nan_to_num(rise)) >= _MOVED).sum()),
                "units": n,
                "needed": max(m * s, 3 * (m + s)),
            }
        )
    return pd.DataFrame(rows)


def _correlation(one: FloatArray, two: FloatArray) -> float:
    if np.ptp(one) == 0.0 or np.ptp(two) == 0.0:
        return float("nan")
    return float(np.corrcoef(one, two)[0, 1])


def _explained(y: FloatArray, X: FloatArray) -> float:
    """Share of the variance of y that a least-squares fit with a constant explains."""
    away = y - y.mean()
    total = float(away @ away)
    if total == 0.0 or not X.shape[1]:
        return 0.0
    design = X - X.mean(axis=0)
    size = np.sqrt((design**2).sum(axis=0))
    design = design[:, size > 0.0] / size[size > 0.0]
    if not design.shape[1]:
        return 0.0
    left = away - design @ np.linalg.lstsq(design, away, rcond=None)[0]
    return 1.0 - float(left @ left) / total


def _scores(X: FloatArray, Y: FloatArray, rts: str) -> FloatArray:
    """Input efficiency of all units, missing for those without any of the outputs."""
    found = np.full(len(X), np.nan)
    kept = np.flatnonzero(Y.any(axis=1)) if Y.shape[1] else np.zeros(0, dtype=np.int64)
    if kept.size:
        technology = Technology.of(X[kept], Y[kept], rts)
        points, along = technology.points(X[kept], Y[kept]), technology.along(X[kept], Y[kept], "input")
        found[kept] = technology.ray(points, along).score("input")
    return found
