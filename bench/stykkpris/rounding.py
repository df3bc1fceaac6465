"""Named rounding rules on exact decimals. Nothing in the settlement is rounded without naming one.

| rule | step | ties |
| --- | --- | --- |
| ``none`` | – | – |
| ``ore-half-up`` | 0.01 | away from zero |
| ``ore-half-even`` | 0.01 | to the even øre |
| ``ten-ore-half-up`` | 0.10 | away from zero |
| ``krone-half-up`` | 1 | away from zero |
| ``krone-half-even`` | 1 | to the even krone |
| ``ten-kroner-half-up`` | 10 | away from zero |
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.errors import OptionError, nearest

#: Array of :class:`decimal.Decimal`.
Money = npt.NDArray[Any]

#: Rule -> step and mode.
RULES: dict[str, tuple[Decimal | None, str]] = {
    "none": (None, ""),
    "ore-half-up": (Decimal("0.01"), ROUND_HALF_UP),
    "ore-half-even": (Decimal("0.01"), ROUND_HALF_EVEN),
    "ten-ore-half-up": (Decimal("0.1"), ROUND_HALF_UP),
    "krone-half-up": (Decimal(1), ROUND_HALF_UP),
    "krone-half-even": (Decimal(1), ROUND_HALF_EVEN),
    "ten-kroner-half-up": (Decimal(10), ROUND_HALF_UP),
}

#: Digits in every decimal operation. A volume times a price times shares and interest over many years has far fewer,
#: so that nothing is rounded but by a rule.
PRECISION = 100

_CONTEXT = Context(prec=PRECISION)


def exact() -> AbstractContextManager[Context]:
    """Return a context in which decimal arithmetic is exact for amounts; for a ``with`` statement."""
    return localcontext(_CONTEXT)


def decimal(value: float | Decimal | str) -> Decimal:
    """Return a number as the decimal it is written as, so 0.1 is one tenth.

    A float has fifteen digits that can be trusted. What a product leaves behind them is noise, and with it an amount of
    exactly half an øre would be rounded down, which no named rule says.

    Examples
    --------
    >>> decimal(0.1) * 3 == decimal("0.3")
    True
    >>> decimal(0.285 * 100)
    Decimal('28.5')
    """
    if isinstance(value, Decimal):
        return value
    return Decimal(value) if isinstance(value, str) else Decimal(f"{float(value):.15g}")


def decimals(values: npt.ArrayLike) -> Money:
    """Return an array of numbers as an object array of decimals."""
    array = np.asarray(values)
    made = np.empty(array.shape, dtype=object)
    made.ravel()[:] = [decimal(value) for value in array.ravel().tolist()]
    return made


def floats(values: Money) -> npt.NDArray[np.float64]:
    """Return decimals as float64."""
    return np.asarray(values, dtype=object).astype(np.float64)


def times(left: Decimal, right: Decimal) -> Decimal:
    """Return an exact product."""
    return _CONTEXT.multiply(left, right)


def round_amount(value: Decimal, rule: str) -> Decimal:
    """Return an amount rounded by a named rule.

    Raises
    ------
    OptionError
        When there is no such rule.

    Examples
    --------
    >>> round_amount(Decimal("0.125"), "ore-half-up"), round_amount(Decimal("0.125"), "ore-half-even")
    (Decimal('0.13'), Decimal('0.12'))
    """
    if rule not in RULES:
        raise OptionError(f"no rounding rule {rule!r}; there are {', '.join(RULES)}{nearest(rule, RULES)}")
    step, mode = RULES[rule]
    if step is None:
        return value
    count = _CONTEXT.divide(value, step).quantize(Decimal(1), rounding=mode, context=_CONTEXT)
    return _CONTEXT.plus(_CONTEXT.multiply(count, step))  # plus turns −0 into 0


def rounder(rule: str) -> Callable[[Money], Money]:
    """Return a function that rounds an array of decimals by a named rule."""

    def apply(values: Money) -> Money:
        made = np.empty(np.shape(values), dtype=object)
        made.ravel()[:] = [round_amount(decimal(value), rule) for value in np.asarray(values, dtype=object).ravel()]
        return made

    return apply


def half_step(rule: str) -> float:
    """Return half the step of a rule: the largest error of one rounding."""
    step = RULES[rule][0]
    return 0.0 if step is None else float(step) / 2


def split(
    total: Decimal, shares: Sequence[float] | npt.NDArray[np.float64], step: Decimal = Decimal("0.01")
) -> list[Decimal]:
    """Split an amount by shares into parts that sum to it exactly (largest remainder).

    Parameters
    ----------
    total : Decimal
    shares : sequence
        Not negative; need not sum to one.
    step : Decimal
        Size the parts are whole multiples of; what the total has beyond it goes to the first part.

    Examples
    --------
    >>> split(Decimal("100.00"), [1, 1, 1])
    [Decimal('33.34'), Decimal('33.33'), Decimal('33.33')]
    """
    weights = [decimal(float(share)) for share in shares]
    whole = sum(weights, Decimal(0))
    if whole == 0:
        weights = [Decimal(1)] * len(weights)
        whole = Decimal(len(weights))
    counts = _CONTEXT.divide(total, step)
    steps = counts.quantize(Decimal(1), rounding=ROUND_FLOOR, context=_CONTEXT)
    exact = [_CONTEXT.divide(_CONTEXT.multiply(steps, weight), whole) for weight in weights]
    parts = [value.quantize(Decimal(1), rounding=ROUND_FLOOR, context=_CONTEXT) for value in exact]
    left = int(steps - sum(parts, Decimal(0)))
    order = sorted(range(len(parts)), key=lambda k: (parts[k] - exact[k], k))
    for k in order[:left]:
        parts[k] += 1
    made = [part * step for part in parts]
    if made:
        made[0] += total - steps * step
    return made
