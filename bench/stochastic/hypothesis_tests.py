"""Tests around a stochastic frontier: is there inefficiency at all, and which model is better."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bench.errors import DataError, Issue
from bench.presenting import PresentedTest
from bench.typing import FloatArray


@dataclass(frozen=True, slots=True)
class HypothesisTest(PresentedTest):
    """A test statistic with its p-value.

    Attributes
    ----------
    name : str
    statistic : float
    p_value : float
    reference : str
        Distribution under the hypothesis.
    warnings : tuple of Issue
        Why the p-value is missing, or how far it can be trusted.
    """

    name: str
    statistic: float
    p_value: float
    reference: str
    warnings: tuple[Issue, ...] = ()

    def __repr__(self) -> str:
        return f"{self.name}: {self.statistic:.4f}, p = {self.p_value:.4g} ({self.reference})"


def chi_square_tail(value: float, df: int) -> float:
    """P(χ²(df) > value); zero degrees of freedom put all mass at zero."""
    from scipy.special import gammaincc

    if df == 0:
        return 0.0 if value > 0.0 else 1.0
    return float(gammaincc(0.5 * df, 0.5 * max(value, 0.0)))


def likelihood_ratio(restricted: float, free: float, df: int, *, one_sided: int = 0) -> HypothesisTest:
    """Compare nested log-likelihoods, with a mixture of χ² when restrictions lie on a boundary.

    Parameters
    ----------
    restricted, free : float
        Log-likelihoods.
    df : int
        Number of restrictions.
    one_sided : int
        How many of them put a parameter on the boundary of its space (σu = 0): with one, the statistic is a half-half
        mixture of χ²(df − 1) and χ²(df) (Kodde & Palm 1986); with q, binomial weights.

    Examples
    --------
    >>> round(likelihood_ratio(-18.4468, -17.0272, 1, one_sided=1).p_value, 3)
    0.046
    """
    if df < 1 or not 0 <= one_sided <= df:
        raise DataError("a likelihood ratio test needs df >= 1 restrictions, of which 0 to df are one-sided")
    statistic = max(2.0 * (free - restricted), 0.0)
    weights = [math.comb(one_sided, j) / 2.0**one_sided for j in range(one_sided + 1)]
    p = sum(w * chi_square_tail(statistic, df - one_sided + j) for j, w in enumerate(weights))
    name = f"mixed χ²({df - one_sided}…{df}), Kodde & Palm" if one_sided else f"χ²({df})"
    return HypothesisTest("likelihood ratio", statistic, min(p, 1.0), name)


def chi_bar_square(statistic: float, weights: tuple[float, ...], name: str = "likelihood ratio") -> HypothesisTest:
    """Compare a statistic with a mixture of χ²(0), χ²(1), …, of the given weights (Kodde & Palm 1986).

    Examples
    --------
    >>> round(chi_bar_square(2.706, (0.5, 0.5)).p_value, 3)
    0.05
    """
    p = sum(weight * chi_square_tail(statistic, df) for df, weight in enumerate(weights))
    listed = " + ".join(f"{weight:.3g} χ²({df})" for df, weight in enumerate(weights))
    return HypothesisTest(name, statistic, 1.0 if statistic <= 0.0 else min(p, 1.0), f"{listed}, Kodde & Palm")


def skewness_test(residual: FloatArray, sign: float = 1.0) -> HypothesisTest:
    """Coelli's (1995) M3T test of no inefficiency: the third moment of least-squares residuals against zero.

    Inefficiency makes the statistic negative for production (``sign`` 1) and, after the sign is taken, for cost (−1).

    Examples
    --------
    >>> import numpy as np
    >>> skewness_test(np.array([-3.0, 0.5, 1.0, 1.5])).statistic < 0
    True
    """
    from scipy.special import ndtr

    centred = sign * (residual - residual.mean())
    m2 = float(np.mean(centred**2))
    statistic = float(np.mean(centred**3)) / math.sqrt(6.0 * m2**3 / len(residual))
    return HypothesisTest("third moment (M3T)", statistic, float(ndtr(statistic)), "N(0, 1), lower tail")


def wald(estimate: FloatArray, covariance: FloatArray, restrictions: FloatArray, values: FloatArray) -> HypothesisTest:
    """Wald test of R θ = r: ``restrictions`` (q, p) and ``values`` (q,).

    Examples
    --------
    >>> import numpy as np
    >>> round(wald(np.array([2.0]), np.eye(1), np.eye(1), np.zeros(1)).p_value, 4)
    0.0455
    """
    gap = restrictions @ estimate - values
    statistic = float(gap @ np.linalg.solve(restrictions @ covariance @ restrictions.T, gap))
    return HypothesisTest("Wald", statistic, chi_square_tail(statistic, len(gap)), f"χ²({len(gap)})")


def vuong(first: FloatArray, second: FloatArray, parameters: tuple[int, int] = (0, 0)) -> HypothesisTest:
    """Vuong's (1989) test of two models that are not nested, from log-densities per observation.

    A positive statistic favours the first. ``parameters`` are the numbers of coefficients, for Schwarz's correction.

    Examples
    --------
    >>> import numpy as np
    >>> vuong(np.array([0.0, 1.0, 2.0]), np.array([0.0, 0.5, 0.2])).statistic > 0
    True
    """
    from scipy.special import ndtr

    n = len(first)
    gap = first - second
    correction = 0.5 * (parameters[0] - parameters[1]) * math.log(n)
    statistic = (float(gap.sum()) - correction) / (math.sqrt(n) * float(gap.std()))
    return HypothesisTest("Vuong", statistic, 2.0 * float(ndtr(-abs(statistic))), "N(0, 1), two-sided")
