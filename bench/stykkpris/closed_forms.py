"""What can be proved about self-adjusting unit prices, as formulas.

``Q = Σ w_k V_k`` is weighted volume, ``λ`` the price level, ``c = C/Q`` unit cost, ``S = R − C`` the result, ``d`` the
index. Amounts are real unless ``d`` is written. The engine is tested against these formulas and reports use them.
Derivations: guide page *stykkpris*.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from bench.typing import FloatArray


def next_level(level: float, income: float, cost: float, index: float = 1.0) -> float:
    """Return next year's level, ``d·λ·(1 − S/R)``: the price moves by the index times the cost-recovery ratio.

    Examples
    --------
    >>> next_level(100.0, 1000.0, 900.0, 1.03)
    92.7
    """
    return index * level * (1.0 - (income - cost) / income)


def margin(unit_cost: float, last_unit_cost: float, index: float = 1.0) -> float:
    """Return ``S/R = 1 − (c/c')/d``: the scheme's margin is the year's real fall in unit cost, nothing else."""
    return 1.0 - unit_cost / last_unit_cost / index


def kept_saving(volume: float, saving: float, lag: int = 1) -> float:
    """Return the cumulative surplus of a permanent saving per weighted unit, ``Q·Δ·L``: kept for the lag, then gone."""
    return volume * saving * lag


def incentive_power(
    share: float,
    *,
    keep: float = 1.0,
    discount: float = 0.95,
    lag: int = 1,
    frontier_share: float = 0.0,
    gain: float = 1.0,
    activity: float = 1.0,
    refund: float = 0.0,
    accounts_block: float = 0.0,
    own_excluded: bool = False,
) -> float:
    """Return the share of the present value of its own permanent saving that a unit keeps.

    For the pure rule this is ``k·(1 − δ^L·σ)``. In general the unit loses the refunded share ``ρ`` at once, the share
    of the price that follows its own cost, ``a·(1 − θ)·σ``, from the lag on and at the speed of the gain, and a block
    built on last year's accounts after one year:
    ``k·(1 − ρ − a(1 − θ)σ·δ^L·g/(1 − δ(1 − g)) − b·δ)``.

    Parameters
    ----------
    share : float
        The unit's share of the scheme's volume, ``σ``.
    keep : float
        Share of a result that stays with the unit.
    discount : float
        Discount factor per year, ``δ``; below 1.
    lag : int
        Years from accounts to price.
    frontier_share, gain, activity, refund, accounts_block : float
    own_excluded : bool
        The unit's own cost is left out of its price.

    Examples
    --------
    >>> round(incentive_power(1 / 13, keep=0.9), 4), round(incentive_power(1 / 3, keep=0.9), 4)
    (0.8342, 0.615)
    """
    own = 0.0 if own_excluded else share
    speed = discount**lag * gain / (1.0 - discount * (1.0 - gain))
    lost = activity * (1.0 - frontier_share) * own * speed + accounts_block * discount
    return keep * (1.0 - refund - lost)


def rule_matrix(
    *, gain: float = 1.0, spending: float = 0.0, lag: int = 1, frontier_share: float = 0.0, inside: bool = True
) -> FloatArray:
    """Return the linearised rule as a matrix on ``(p_t, c_t, …, c_{t−L+1})``, deviations from the fixed point.

    ``p_{t+1} = (1 − g)·p_t + g(1 − θ)·c_{t+1−L}`` and ``c_{t+1} = κ·(p_t − c_t)``: units spend a share ``κ`` of last
    year's result. Held outside the cost base the spending never reaches the price.

    Returns
    -------
    array (L + 1, L + 1)
    """
    size = lag + 1
    matrix = np.zeros((size, size))
    matrix[0, 0] = 1.0 - gain
    if inside:
        matrix[0, lag] += gain * (1.0 - frontier_share)
    matrix[1, 0], matrix[1, 1] = spending, -spending
    for row in range(2, size):
        matrix[row, row - 1] = 1.0
    return matrix


def roots(matrix: FloatArray) -> npt.NDArray[np.complex128]:
    """Return the roots of a linearised rule, the largest first.

    Examples
    --------
    >>> roots(rule_matrix(spending=0.9)).real.round(9).tolist()
    [-1.5, 0.6]
    """
    found = np.linalg.eigvals(matrix).astype(np.complex128)
    return np.asarray(found[np.argsort(-np.abs(found), kind="stable")])


def spectral_radius(matrix: FloatArray) -> float:
    """Return the size of the largest root; below 1 the price settles."""
    return float(np.max(np.abs(np.linalg.eigvals(matrix))))


def largest_safe_spending(gain: float = 1.0, lag: int = 1, frontier_share: float = 0.0) -> float:
    """Return the share of last year's result that units may spend before the price path explodes.

    With lag 1, ``1 − g/2``. With the full gain and lag L: ½ for odd L, ``1/(2cos(π/(L + 2)))`` for even L. Otherwise,
    and with a share of the frontier in the price, by bisection on the spectral radius. Never above 1: a price that does
    not follow the spending lets units swing by themselves only when they spend more than the whole result.

    Examples
    --------
    >>> largest_safe_spending(), round(largest_safe_spending(lag=2), 4)
    (0.5, 0.7071)
    """
    if lag == 1 and frontier_share == 0.0:
        return 1.0 - gain / 2.0
    if gain == 1.0 and frontier_share == 0.0:
        return 0.5 if lag % 2 else 1.0 / (2.0 * math.cos(math.pi / (lag + 2)))
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2.0
        matrix = rule_matrix(gain=gain, spending=middle, lag=lag, frontier_share=frontier_share)
        stable = spectral_radius(matrix) < 1.0
        low, high = (middle, high) if stable else (low, middle)
    return low


def safe_spending_asymmetric(keep: float, carry: float) -> float:
    """Return the propensity to spend at which a two-year swing no longer dies out, ``1/(k⁺ + k⁻)``.

    Examples
    --------
    >>> round(safe_spending_asymmetric(0.9, 1.0), 4)
    0.5263
    """
    return 1.0 / (keep + carry)


def swing_path(
    start: float,
    years: int,
    *,
    spending: float,
    keep: float = 1.0,
    carry: float = 1.0,
    gain: float = 1.0,
    cost: float = 1.0,
) -> tuple[FloatArray, FloatArray]:
    """Return prices and unit costs when units spend a share of what they keep or carry of last year's result.

    ``c_t = c̄ + s·k^±·S_{t−1}`` and ``p_{t+1} = p_t − g·S_t`` per unit of volume.

    Returns
    -------
    prices, costs : array (years,)

    Examples
    --------
    >>> swing_path(1.08, 4, spending=0.3, keep=0.9)[0].round(4).tolist()
    [1.08, 1.0, 1.0216, 0.9935]
    """
    prices, costs = np.empty(years), np.empty(years)
    price, unit_cost = start, cost
    for t in range(years):
        prices[t], costs[t] = price, unit_cost
        result = price - unit_cost
        price = price - gain * result
        unit_cost = cost + spending * (keep if result > 0 else carry) * result
    return prices, costs


def requirement_margin(requirement: float) -> float:
    """Return the margin of a scheme that does not respond, ``−x/(1 − x)``, the same every year.

    Examples
    --------
    >>> round(requirement_margin(0.02), 4)
    -0.0204
    """
    return -requirement / (1.0 - requirement)


def glide_half_life(frontier_share: float, response: float = 1.0) -> float:
    """Return years until half the distance to the frontier is gone, ``ln ½ / ln(1 − aθ)``."""
    return math.log(0.5) / math.log(1.0 - response * frontier_share)


def corridor_years(target: float, start: float, corridor: float) -> int:
    """Return the years a falling price needs to its target inside ``±b``, ``⌈ln(target/start)/ln(1 − b)⌉``."""
    return math.ceil(math.log(target / start) / math.log(1.0 - corridor) - 1e-12)


def index_error_margin(inflation: float, index: float) -> float:
    """Return the yearly margin when cost grows by π and the index is δ, ``1 − (1 + π)/(1 + δ)``; it does not add up."""
    return 1.0 - (1.0 + inflation) / (1.0 + index)


def fixed_cost_overpaid(fixed_cost: float, volume: float, last_volume: float) -> float:
    """Return what an average-cost price pays too much when volume grows, ``F·(Q/Q' − 1)``."""
    return fixed_cost * (volume / last_volume - 1.0)


def fixed_money_price(money: float, fixed_cost: float, marginal_cost: float) -> tuple[float, float]:
    """Return the price and volume a purchaser with fixed money ends at: ``p* = mB/(B − F)``, ``V* = (B − F)/m``.

    The price converges at the rate ``F/B``.

    Raises
    ------
    ValueError
        When ``F ≥ B``: the price grows without end.
    """
    if fixed_cost >= money:
        raise ValueError("the fixed cost exceeds the money: the price has no fixed point")
    return marginal_cost * money / (money - fixed_cost), (money - fixed_cost) / marginal_cost


def small_unit_result(fixed_cost: float, volume: FloatArray) -> FloatArray:
    """Return each unit's result when all have the same fixed cost, ``F·(v_i/v̄ − 1)``."""
    return np.asarray(fixed_cost * (volume / np.mean(volume) - 1.0))


def keyed_price_is_stable(elasticity: float) -> bool:
    """Return whether a price from fixed cost keys settles: the map is ``ln p' = η·ln p``, stable below 1."""
    return abs(elasticity) < 1.0


def norm_mix_power(norm_share: float, discount: float, lag: int = 2) -> float:
    """Return the share of an own saving that a cap ``(1 − ρ)·C + ρ·C*`` lets a unit keep, ``1 − δ^L(1 − ρ)``."""
    return 1.0 - discount**lag * (1.0 - norm_share)
