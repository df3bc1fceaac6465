"""Formulas that know their value: each is written once, as the text of a cell and as the number it gives now.

An :class:`Expr` holds a piece of a spreadsheet formula and its value. Arithmetic on expressions makes longer ones, so a
sheet shows the right numbers before any program has calculated it, and the same code tells what the sheet gives when
an input is another number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from bench.report.words.numbers import half_even, half_up

#: How tightly the parts of a formula bind: comparison, sum, product, and what stands alone.
_COMPARE, _SUM, _PRODUCT, ALONE = 4, 6, 7, 9

#: Decimals that clear the noise of adding floats: amounts are exact to the øre, and far below a milliard kroner.
CLEAN = 6

#: Decimals of the amounts a rounding rule leaves.
_DIGITS = {"ore": 2, "ten-ore": 1, "krone": 0, "ten-kroner": -1}

#: Relative noise of a product of a few floats, with room: nearer to a half than this is a half.
_NOISE = "1E-14"


class Expr:
    """A piece of a formula and what it is worth now.

    Examples
    --------
    >>> volume, price = Expr("B2", 10.0), Expr("C2", 2.5)
    >>> income = volume * price - 5
    >>> income.text, income.value
    ('B2*C2-5', 20.0)
    """

    __slots__ = ("level", "text", "value")

    def __init__(self, text: str, value: Any, level: int = ALONE):
        self.text, self.value, self.level = text, value, level

    def at(self, level: int) -> str:
        """Return the text in brackets where it binds more loosely than ``level``."""
        return self.text if self.level >= level else f"({self.text})"

    def __add__(self, other: Number) -> Expr:
        o = expr(other)
        return Expr(f"{self.at(_SUM)}+{o.at(_SUM)}", self.value + o.value, _SUM)

    def __radd__(self, other: Number) -> Expr:
        return expr(other) + self

    def __sub__(self, other: Number) -> Expr:
        o = expr(other)
        return Expr(f"{self.at(_SUM)}-{o.at(_PRODUCT)}", self.value - o.value, _SUM)

    def __rsub__(self, other: Number) -> Expr:
        return expr(other) - self

    def __mul__(self, other: Number) -> Expr:
        o = expr(other)
        return Expr(f"{self.at(_PRODUCT)}*{o.at(_PRODUCT)}", self.value * o.value, _PRODUCT)

    def __rmul__(self, other: Number) -> Expr:
        return expr(other) * self

    def __truediv__(self, other: Number) -> Expr:
        o = expr(other)
        value = self.value / o.value if o.value else math.nan
        return Expr(f"{self.at(_PRODUCT)}/{o.at(ALONE)}", value, _PRODUCT)

    def __rtruediv__(self, other: Number) -> Expr:
        return expr(other) / self

    def __pow__(self, other: Number) -> Expr:
        o = expr(other)
        return Expr(f"{self.at(ALONE)}^{o.at(ALONE)}", self.value**o.value, _PRODUCT)

    def __neg__(self) -> Expr:
        # A spreadsheet's sign binds tighter than its power: −(a^2) needs the brackets.
        return Expr(f"-{self.at(ALONE)}", -self.value, _SUM)

    def _compared(self, sign: str, other: Number, holds: bool) -> Expr:
        return Expr(f"{self.at(_SUM)}{sign}{expr(other).at(_SUM)}", holds, _COMPARE)

    def __gt__(self, other: Number) -> Expr:
        return self._compared(">", other, self.value > expr(other).value)

    def __lt__(self, other: Number) -> Expr:
        return self._compared("<", other, self.value < expr(other).value)

    def __ge__(self, other: Number) -> Expr:
        return self._compared(">=", other, self.value >= expr(other).value)

    def __le__(self, other: Number) -> Expr:
        return self._compared("<=", other, self.value <= expr(other).value)

    def equals(self, other: Number) -> Expr:
        """Compare; ``==`` keeps its meaning in Python."""
        return self._compared("=", other, self.value == expr(other).value)


Number = Expr | float | int


def expr(value: Number) -> Expr:
    """Return a number as an expression, an expression as it is."""
    if isinstance(value, Expr):
        return value
    number = float(value)
    text = str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    return Expr(text.replace("e", "E"), number, _SUM if number < 0 else ALONE)


class Span:
    """Neighbouring cells in one row or column: ``text`` is their range, ``cells`` what they are worth."""

    __slots__ = ("cells", "text")

    def __init__(self, text: str, cells: Sequence[Expr]):
        self.text, self.cells = text, cells

    @property
    def values(self) -> list[float]:
        """Their values; a text counts as nothing, as in a spreadsheet."""
        return [float(cell.value) if isinstance(cell.value, int | float) else 0.0 for cell in self.cells]


def function(name: str, value: Any, *parts: Number | Span) -> Expr:
    """A spreadsheet function of numbers and ranges, with the value it has."""
    return _call(name, value, *(part if isinstance(part, Span) else expr(part) for part in parts))


def _call(name: str, value: Any, *parts: Expr | Span) -> Expr:
    return Expr(f"{name}({','.join(part.text for part in parts)})", value)


def maximum(*parts: Number) -> Expr:
    """The largest."""
    found = [expr(part) for part in parts]
    return _call("MAX", max(part.value for part in found), *found)


def minimum(*parts: Number) -> Expr:
    """The smallest."""
    found = [expr(part) for part in parts]
    return _call("MIN", min(part.value for part in found), *found)


def when(condition: Expr, yes: Number, no: Number) -> Expr:
    """One of two numbers."""
    a, b = expr(yes), expr(no)
    return _call("IF", a.value if condition.value else b.value, condition, a, b)


class Formulas:
    """Cells, as the arithmetic of :mod:`bench.stykkpris.rules.steps` and :mod:`bench.stykkpris.rules.sources`."""

    minimum = staticmethod(minimum)
    maximum = staticmethod(maximum)

    @staticmethod
    def unless(value: Number, neutral: float, plain: Number, moved: Number) -> Expr:
        """``plain`` where the value is the neutral one, else ``moved``."""
        return when(expr(value).equals(neutral), plain, moved)

    @staticmethod
    def smallest(costs: Span, k: int) -> Expr:
        """The k-th smallest number of a range."""
        return smallest(costs, k)

    @staticmethod
    def quantile(costs: Span, share: Number) -> Expr:
        """A quantile of the numbers of a range."""
        return percentile(costs, expr(share))

    @staticmethod
    def mean(costs: Span) -> Expr:
        """The mean of the numbers of a range; texts do not count."""
        numbers = [cell.value for cell in costs.cells if isinstance(cell.value, int | float)]
        return _call("AVERAGE", math.fsum(numbers) / len(numbers), costs)


def total(part: Span) -> Expr:
    """The sum of neighbouring cells."""
    return _call("SUM", math.fsum(part.values), part)


def added(parts: Sequence[Number]) -> Expr:
    """The sum of single cells; zero where there are none."""
    made = expr(0)
    for position, part in enumerate(parts):
        made = expr(part) if position == 0 else made + part
    return made


def products(left: Span, right: Span) -> Expr:
    """The sum of products of two ranges of one shape."""
    value = math.fsum(a * b for a, b in zip(left.values, right.values, strict=True))
    return _call("SUMPRODUCT", value, left, right)


def smallest(part: Span, k: int) -> Expr:
    """The k-th smallest number of a range; texts do not count."""
    numbers = sorted(cell.value for cell in part.cells if isinstance(cell.value, int | float))
    return _call("SMALL", numbers[min(k, len(numbers)) - 1], part, expr(k))


def percentile(part: Span, share: Expr) -> Expr:
    """A quantile with linear interpolation between numbers (type 7 of Hyndman and Fan 1996)."""
    numbers = sorted(cell.value for cell in part.cells if isinstance(cell.value, int | float))
    place = share.value * (len(numbers) - 1)
    low = math.floor(place)
    high = min(low + 1, len(numbers) - 1)
    return _call("PERCENTILE", numbers[low] + (place - low) * (numbers[high] - numbers[low]), part, share)


def clean(part: Expr, digits: int = CLEAN) -> Expr:
    """A sum of amounts without the noise of adding floats, so that a later rounding sees a tie as a tie."""
    return _call("ROUND", float(half_up(part.value, digits)), part, expr(digits))


def rounded(part: Expr, rule: str) -> Expr:
    """An amount rounded by a named rule of the model.

    Spreadsheets have no rounding half to even. An amount is a tie when twice its steps is an odd whole number, but for
    the noise of floating point; a tie goes to twice the rounded half of its steps, which is even.

    Examples
    --------
    >>> product = Expr("A1", 0.5) * Expr("B1", 0.25)
    >>> rounded(product, "ore-half-up").text, rounded(product, "none").text
    ('ROUND(A1*B1,2)', 'A1*B1')
    >>> rounded(Expr("A1", 2.5), "krone-half-even").text
    'IF(AND(ISODD(ROUND((A1)*2,0)),ABS((A1)*2-ROUND((A1)*2,0))<=ABS(A1)*1E-14),ROUND((A1)/2,0)*2,ROUND(A1,0))'
    """
    step = rule.removesuffix("-half-up").removesuffix("-half-even")
    if step not in _DIGITS:
        return part
    digits = _DIGITS[step]
    even = rule.endswith("-half-even")
    value = float((half_even if even else half_up)(part.value, digits))
    plain = f"ROUND({part.text},{digits})"
    if not even:
        return Expr(plain, value)
    size = 10**digits
    twice = f"({part.text})*{2 * size}"
    half = f"({part.text})/2" if size == 1 else f"({part.text})*{size // 2}"
    noise = _NOISE if size == 1 else f"{size}*{_NOISE}"
    tie = f"AND(ISODD(ROUND({twice},0)),ABS({twice}-ROUND({twice},0))<=ABS({part.text})*{noise})"
    made = f"ROUND({half},0)*2" if size == 1 else f"ROUND({half},0)*2/{size}"
    return Expr(f"IF({tie},{made},{plain})", value)
