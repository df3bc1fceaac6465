"""`Task`: what a batch of programs has beyond points and directions."""

from __future__ import annotations

from bench.typing import FloatArray, IntArray

#: Above this many columns the dominated ones are left out first.
REDUCE_ABOVE = 15_000


class Task:
    """What programs have beyond points and directions, in the kernel's measures.

    Attributes
    ----------
    left_out : array (k,) of int
        Column that a program may not use, −1 for none.
    extras : array (k, N) or None
        Each program's own extra column, and ``extra_factor`` (k,) it was multiplied by.
    mixes : array (k, c, N) or None
        Weights of rows that are sums of the others, and ``mixed`` (c,) where these rows stand.
    """

    __slots__ = ("extra_factor", "extras", "left_out", "mixed", "mixes")

    def __init__(
        self,
        left_out: IntArray,
        extra: tuple[FloatArray, FloatArray] | None = None,
        mixes: FloatArray | None = None,
        mixed: IntArray | None = None,
    ):
        self.left_out = left_out
        self.extras: FloatArray | None = None if extra is None else extra[0]
        self.extra_factor: FloatArray | None = None if extra is None else extra[1]
        self.mixes, self.mixed = mixes, mixed
