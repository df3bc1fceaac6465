"""The one way from a seed to random numbers: same seed, same bytes, whatever the number of workers."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from bench.errors import OptionError


def sequence(seed: Any, spawn_key: Sequence[int] = ()) -> np.random.SeedSequence:
    """Return the stream of a seed.

    Parameters
    ----------
    seed : int
        At least zero.
    spawn_key : sequence of int
        The child's place, where a stream of its own is wanted for each of many.

    Raises
    ------
    OptionError
        When the seed is no whole number of at least zero.

    Examples
    --------
    >>> int(np.random.default_rng(sequence(1)).integers(1000)) == int(np.random.default_rng(1).integers(1000))
    True
    """
    try:
        number = -1 if isinstance(seed, bool) else operator.index(seed)
    except TypeError:
        number = -1
    if number < 0:
        raise OptionError(f"seed must be a whole number of at least 0; got {seed!r}")
    return np.random.SeedSequence(number, spawn_key=tuple(spawn_key))
