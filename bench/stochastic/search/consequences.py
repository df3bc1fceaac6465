"""What follows from a solution on each edge of a stochastic frontier, in words for its reader."""

from __future__ import annotations

#: What follows from a solution on each boundary.
CONSEQUENCES = {
    "sigma_u = 0": "no inefficiency: the frontier is least squares and every efficiency is one",
    "sigma_v = 0": "no noise: a deterministic frontier, where the whole distance counts as inefficiency and "
    "standard errors do not exist",
    "sigma_u = 0 beside mu": "inefficiency is its mean, max(mu, 0), and nothing else: a regression with a kink in the "
    "covariates of mu, whose standard errors do not exist",
    "sigma_v = 0 at some rows": "the covariates of v single out rows without noise: a coefficient of v grows without "
    "bound, and the value is where the search ended; leave the covariate out or merge its classes",
    "sigma_u = 0 at some rows": "the covariates of u single out rows without inefficiency: a coefficient of u grows "
    "without bound, and the value is where the search ended; leave the covariate out or merge its classes",
    "coefficients of inefficiency without bound": "the likelihood rises as coefficients of mu or u grow, and the value "
    "is where the search ended: they cannot be told apart in this sample; take fewer covariates, or put them in u of "
    "an exponential or half-normal",
    "shape -> infinity": "the shape grows without bound and the distribution narrows around its mean, which cannot be "
    "told from the intercept: use a distribution without a shape",
    "shape -> 0": "the shape falls without bound: nearly all units are efficient and a few very inefficient; look for "
    "outliers, or use the exponential",
    "ln u without spread": "all units have the same inefficiency, which cannot be told from the intercept: no "
    "inefficiency is found",
    "ln u without bound": "the spread of ln u grows without bound: a few units have all of the inefficiency; look for "
    "outliers, or use another distribution",
    "path without bound": "inefficiency is in some periods only: the path's coefficients grow without bound, and the "
    "value is where the search ended; use panel='lee-schmidt', or fit the two spans of time apart",
    "path -> step": "inefficiency is whole in some periods and absent in the others: b and c grow without bound, so "
    "their values say nothing; use panel='lee-schmidt', or fit the two spans of time apart",
    "shape without bound": "the shape grows without bound, and the value is where the search ended: use a distribution "
    "with fewer coefficients",
    "sigma_w = 0": "no unit effect beside persistent inefficiency: all lasting differences count as inefficiency",
    "sigma_h = 0": "no persistent inefficiency: the model is true random effects",
    "mu -> -infinity": "a supremum that is not attained: the distribution tends to the exponential, use that",
}


def consequence(name: str) -> str:
    """Return what follows from an edge; from each of them when two meet (``"sigma_w = 0 and sigma_v = 0"``).

    Examples
    --------
    >>> consequence("sigma_h = 0")
    'no persistent inefficiency: the model is true random effects'
    """
    return "; ".join(CONSEQUENCES[part] for part in name.split(" and "))
