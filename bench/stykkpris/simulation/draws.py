"""Random numbers in fixed blocks: the same for every system, and for any number of workers.

Each block of draws has its own streams, keyed by the seed, the block, the scheme and what is drawn. A system that
uses fewer streams than another does not move the others, so two systems on the same data meet the same world.
"""

from __future__ import annotations

from zlib import crc32

import numpy as np

from bench.seeds import sequence

#: Draws per block: large enough to fill NumPy's loops, small enough to stay in the processor's cache.
BLOCK = 50


def blocks(draws: int) -> list[tuple[int, int, int]]:
    """Return ``(number, first, end)`` of every block.

    Examples
    --------
    >>> blocks(120)
    [(0, 0, 50), (1, 50, 100), (2, 100, 120)]
    """
    return [(k, start, min(start + BLOCK, draws)) for k, start in enumerate(range(0, draws, BLOCK))]


def stream(seed: int, block: int, scheme: str, what: str) -> np.random.Generator:
    """Return the generator of one stream.

    Examples
    --------
    >>> one, two = stream(1, 0, "care", "need"), stream(1, 0, "care", "need")
    >>> bool(one.standard_normal() == two.standard_normal())
    True
    """
    key = (block, crc32(scheme.encode()), crc32(what.encode()))
    return np.random.Generator(np.random.PCG64(sequence(seed, key)))
