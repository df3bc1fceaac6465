"""What amounts of money are: exact decimals rounded by the model's rules, or floats with a leading axis of draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from bench.modelfile import Rounding
from bench.stykkpris.rounding import Money, decimal, decimals, floats, round_amount, rounder, split, times
from bench.stykkpris.year.books import YearPrice
from bench.typing import BoolArray, FloatArray

#: Floats (..., n), or an object array (n,) of decimals.
Amounts = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Activity:
    """Income from activity: ``total`` (..., n), and where amounts are exact the prices and lines (n, K) behind it."""

    total: Amounts
    prices: Money | None = None
    lines: Money | None = None


class Arithmetic(Protocol):
    """What a year needs of numbers that are money."""

    def as_stated(self, values: FloatArray) -> Amounts:
        """Return numbers as amounts, rounded by nothing."""

    def rounded(self, values: Any) -> Amounts:
        """Return numbers or amounts as amounts, rounded by the model's rule."""

    def number(self, value: float) -> Any:
        """Return a number of a rule as amounts can be multiplied by."""

    def floats(self, amounts: Amounts) -> FloatArray:
        """Return amounts as floats."""

    def zeros(self, *shape: int) -> Amounts:
        """Return amounts of nothing."""

    def activity(self, volume: FloatArray, price: YearPrice | None, share: float) -> Activity:
        """Return volume (..., n, K) times price times the share of the price that is paid."""

    def split(self, total: Any, shares: FloatArray) -> Amounts:
        """Return an amount (...) split by shares (..., n) that sum to one."""

    def shared(self, total: Amounts, weights: Amounts) -> Amounts:
        """Return an amount (..., 1) split by weights (..., n)."""

    def after(self, income: Amounts, moved: FloatArray, present: BoolArray) -> tuple[Amounts, Amounts]:
        """Return the income after it was moved from what the floats say it was, and the change."""


@dataclass(frozen=True, slots=True)
class Exact:
    """Decimals, exact to the øre: every amount is rounded by the rule the model names.

    Parameters
    ----------
    price, amount : str
        Named rules of :mod:`bench.stykkpris.rounding`.
    """

    price: str
    amount: str

    @classmethod
    def of(cls, rules: Rounding) -> Exact:
        """Return the arithmetic of a model's rounding rules."""
        return cls(rules.price, rules.amount)

    def as_stated(self, values: FloatArray) -> Amounts:
        """Return the decimals the numbers are written as."""
        return decimals(values)

    def rounded(self, values: Any) -> Amounts:
        """Return decimals rounded by the rule for amounts."""
        return rounder(self.amount)(values)

    def number(self, value: float) -> Any:
        """Return the decimal a number is written as."""
        return decimal(value)

    def floats(self, amounts: Amounts) -> FloatArray:
        """Return decimals as floats."""
        return floats(amounts)

    def zeros(self, *shape: int) -> Amounts:
        """Return decimal zeros."""
        return np.full(shape, decimal("0"), dtype=object)

    def prices(self, price: YearPrice) -> Money:
        """Return every unit's prices, (n, K), rounded by the rule for prices."""
        return rounder(self.price)(price.unit_factor[:, None] * price.prices[None, :])

    def activity(self, volume: FloatArray, price: YearPrice | None, share: float) -> Activity:
        """Return prices, and lines of volume × price × share rounded one by one."""
        lines = self.zeros(*volume.shape)
        if price is None:
            return Activity(_summed(lines), lines, lines)
        prices, paid = self.prices(price), decimal(share)
        for i, k in np.ndindex(*volume.shape):
            line = times(times(decimal(float(volume[i, k])), prices.item(i, k)), paid)
            lines[i, k] = round_amount(line, self.amount)
        return Activity(_summed(lines), prices, lines)

    def split(self, total: Any, shares: FloatArray) -> Amounts:
        """Return parts that sum to the rounded total exactly (largest remainder)."""
        return _array(split(round_amount(decimal(float(total)), self.amount), shares))

    def shared(self, total: Amounts, weights: Amounts) -> Amounts:
        """Return parts that sum to the total exactly."""
        amount = total[0]
        parts = split(abs(amount), floats(weights))
        return _array([-part for part in parts] if amount < 0 else parts)

    def after(self, income: Amounts, moved: FloatArray, present: BoolArray) -> tuple[Amounts, Amounts]:
        """Return the income plus the rounded change."""
        change = np.where(present, self.rounded(moved - floats(income)), self.zeros(len(income)))
        return income + change, change


@dataclass(frozen=True, slots=True)
class Draws:
    """Floats (..., n), nothing rounded: one number per draw."""

    def as_stated(self, values: FloatArray) -> Amounts:
        """Return the numbers."""
        return values

    def rounded(self, values: Any) -> Amounts:
        """Return the numbers."""
        return np.asarray(values)

    def number(self, value: float) -> Any:
        """Return the number."""
        return value

    def floats(self, amounts: Amounts) -> FloatArray:
        """Return the numbers."""
        return amounts

    def zeros(self, *shape: int) -> Amounts:
        """Return zeros."""
        return np.zeros(shape)

    def activity(self, volume: FloatArray, price: YearPrice | None, share: float) -> Activity:
        """Return the sum over the services; nothing by service, which would take K times the room."""
        if price is None:
            return Activity(np.zeros(volume.shape[:-1]))
        return Activity(paid(volume, price.prices) * price.unit_factor * share)

    def split(self, total: Any, shares: FloatArray) -> Amounts:
        """Return the total times the shares."""
        return np.asarray(np.asarray(total)[..., None] * shares)

    def shared(self, total: Amounts, weights: Amounts) -> Amounts:
        """Return the total times each weight's share."""
        return np.asarray(total * (weights / weights.sum(axis=-1, keepdims=True)))

    def after(self, income: Amounts, moved: FloatArray, present: BoolArray) -> tuple[Amounts, Amounts]:
        """Return the moved income where a unit is there."""
        total = np.asarray(np.where(present, moved, income))
        return total, np.asarray(total - income)


def paid(volume: FloatArray, prices: FloatArray) -> FloatArray:
    """Return ``Σ_k V_ik p_k``, with prices (K,) or (B, K)."""
    if prices.ndim == 1:
        return np.asarray(volume @ prices)
    return np.asarray(np.matmul(volume, prices[..., None])[..., 0])


def _array(values: list[Any]) -> Amounts:
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made


def _summed(lines: Amounts) -> Amounts:
    """Sum over the services; zero where there are none."""
    if lines.shape[1] == 0:
        return np.full(lines.shape[0], decimal("0"), dtype=object)
    total: Any = np.add.reduce(lines, axis=1, dtype=object)
    return np.asarray(total, dtype=object)
